"""Where notices go, and what one says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shopguard.errors import ShopGuardError


class Kind(StrEnum):
    """The ways out. The comment says what an address holds."""

    MAIL = "mail"  # host, port, user, password, sender, to
    CHAT = "chat"  # url: an incoming webhook as Slack, Mattermost and Google Chat have it
    WEBHOOK = "webhook"  # url, secret: signed as Standard Webhooks
    LINE = "line"  # token, to: of the Messaging API


SECRETS = frozenset({"password", "url", "secret", "token"})
"""Parts of an address that are never shown again. The address of a chat is a secret: who knows it may write there."""


class NoticeRefused(ShopGuardError):
    """Where a notice should go cannot be: says which part of the address is wrong.

    Args:
        part: its name.
    """

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


class NotDelivered(ShopGuardError):
    """A notice did not get there; says why in Japanese and English, without the address."""

    def __init__(self, ja: str, en: str) -> None:
        super().__init__(f"{ja} / {en}")


@dataclass(frozen=True, slots=True)
class Target:
    """Somewhere that notices go.

    Args:
        shops: what it is told of; None: of all shops.
        at_once: whether it hears of holds near shipping, and of shops that cannot be heard, within a minute.
        digest_hour: of the day in Japan at which it gets a summary; None: none.
        told_until, digest_at: up to when it was told, in Unix seconds.
        paused_at: since when it gets nothing.
    """

    id: int
    label: str
    kind: Kind
    address: Mapping[str, str] = field(repr=False)
    shops: frozenset[str] | None = None
    at_once: bool = True
    digest_hour: int | None = None
    told_until: float = 0.0
    digest_at: float = 0.0
    last_error: str | None = None
    paused_at: float | None = None

    def hears_of(self, shop: str) -> bool:
        """Whether it is told of a shop."""
        return self.shops is None or shop in self.shops


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: neutral, without anybody's name. ``id`` is the same however often it is sent."""

    id: str
    subject: str
    text: str
