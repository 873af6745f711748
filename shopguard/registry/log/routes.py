"""What members may ask of the log: its head, its leaves, and proofs. Nothing in it tells of a person."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from shopguard.registry.desk import Asked, Route
from shopguard.registry.log.shapes import (
    LOG_CONSISTENCY,
    LOG_HEAD,
    LOG_INCLUSION,
    LOG_LEAVES,
    Consistency,
    HeadShape,
    Inclusion,
    Leaves,
)
from shopguard.registry.log.signing import Heads
from shopguard.registry.log.store import Log
from shopguard.registry.refusals import Refusal, Refused

_MOST_DIGITS = 18
_NUMBER: Mapping[str, Any] = {"type": "integer", "minimum": 0, "maximum": 10**_MOST_DIGITS - 1}
Proof = TypeVar("Proof")


def log_routes(log: Log, heads: Heads) -> Sequence[Route]:
    """Return the addresses of the log, open to every key of a member that may ask at all."""

    def newest(_asked: Asked) -> msgspec.Struct:
        return HeadShape(heads.newest())

    def leaves(asked: Asked) -> msgspec.Struct:
        first = _numbers(asked, "first")["first"]
        return Leaves(first, tuple(log.leaves(first)))

    def inclusion(asked: Asked) -> msgspec.Struct:
        of = _numbers(asked, "leaf", "size")
        return _proof(lambda: log.inclusion(of["leaf"], of["size"]))

    def consistency(asked: Asked) -> msgspec.Struct:
        of = _numbers(asked, "old", "new")
        return _proof(lambda: log.consistency(of["old"], of["new"]))

    return (
        Route("GET", LOG_HEAD, None, newest, "The newest signed head of the log", answers=HeadShape),
        Route("GET", LOG_LEAVES, None, leaves, "Leaves from a number on", answers=Leaves, query={"first": _NUMBER}),
        Route(
            "GET",
            LOG_INCLUSION,
            None,
            inclusion,
            "The proof that a leaf stands among the first so many",
            answers=Inclusion,
            query={"leaf": _NUMBER, "size": _NUMBER},
        ),
        Route(
            "GET",
            LOG_CONSISTENCY,
            None,
            consistency,
            "The proof that the log only grew",
            answers=Consistency,
            query={"old": _NUMBER, "new": _NUMBER},
        ),
    )


def _numbers(asked: Asked, *names: str) -> Mapping[str, int]:
    """The whole numbers that were asked, each once and no others."""
    found = dict(parse_qsl(asked.query, keep_blank_values=True))
    if set(found) != set(names) or asked.query.count("=") != len(names) or not all(map(_is_number, found.values())):
        raise Refused(Refusal.UNREADABLE, f"say a whole number for each of: {', '.join(names)}")
    return {name: int(text) for name, text in found.items()}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS


def _proof(make: Callable[[], Proof]) -> Proof:
    try:
        return make()
    except ValueError as error:  # its text tells of numbers alone
        raise Refused(Refusal.NOT_FOUND, str(error)) from None
