"""The member's side of the registry: asking it, and what it told before for when it cannot be asked."""

from shopguard.registry.client.breaker import BreakerSettings
from shopguard.registry.client.cache import AnswerCache, KeptAnswer, NoCache
from shopguard.registry.client.client import RegistryClient
from shopguard.registry.client.silence import NoAnswer, Silence
from shopguard.registry.client.transport import Http, InProcess, Transport

__all__ = [
    "AnswerCache",
    "BreakerSettings",
    "Http",
    "InProcess",
    "KeptAnswer",
    "NoAnswer",
    "NoCache",
    "RegistryClient",
    "Silence",
    "Transport",
]
