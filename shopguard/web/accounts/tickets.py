"""What a browser carries while somebody signs in: a sealed cookie, so that visitors leave nothing behind here."""

import hmac
import secrets
from collections.abc import Callable
from typing import Any

import msgspec
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response as AnyResponse

from shopguard.crypto import Keyring
from shopguard.errors import ConfigError

COOKIE = "shopguard-signing-in"
LIFE_S = 12 * 3600.0
STEP_S = 10 * 60.0
"""For how long a half-done sign-in is good: a password that was right, a visit to the company's own page."""


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sign-in that is half done.

    Args:
        account: whose password was right.
        state, nonce, verifier: what an answer of the company's sign-in must fit.
        then: where to go after it.
        link: the account that is to be linked to whoever comes back; None: somebody signs in.
    """

    until: float
    account: int | None = None
    state: str = ""
    nonce: str = ""
    verifier: str = ""
    then: str = ""
    link: int | None = None


class Ticket(msgspec.Struct, frozen=True, omit_defaults=True):
    """``key`` is what the forms of this browser's sign-in pages carry, and what a passkey signs is made of it."""

    key: str
    until: float
    step: Step | None = None


class Tickets:
    """``clock`` is Unix seconds."""

    def __init__(self, keyring: Keyring, clock: Callable[[], float]) -> None:
        self._keyring, self._clock = keyring, clock

    def of(self, request: Request) -> Ticket | None:
        """Return what this browser carries; None if it is too old, or not ours."""
        try:
            ticket = msgspec.json.decode(self._keyring.open(request.cookies[COOKIE].encode()), type=Ticket)
        except (KeyError, ConfigError, msgspec.DecodeError, UnicodeError):
            return None
        return ticket if ticket.until >= self._clock() else None

    def step(self, ticket: Ticket | None) -> Step | None:
        """Return what is half done, unless it was left for too long."""
        step = ticket.step if ticket else None
        return step if step and step.until >= self._clock() else None

    def new(self) -> Ticket:
        return Ticket(secrets.token_urlsafe(24), self._clock() + LIFE_S)

    def began(self, ticket: Ticket, **step: Any) -> Ticket:
        """Return ``ticket`` with something half done."""
        return msgspec.structs.replace(ticket, step=Step(self._clock() + STEP_S, **step))

    def give(self, answer: AnyResponse, ticket: Ticket, secure: bool) -> None:
        """Let a browser carry ``ticket`` from now on."""
        sealed = self._keyring.seal(msgspec.json.encode(ticket)).decode()
        answer.set_cookie(COOKIE, sealed, httponly=True, secure=secure, samesite="Lax", path="/console/sign-in")

    def take(self, answer: AnyResponse) -> None:
        """Let a browser carry nothing any more."""
        answer.delete_cookie(COOKIE, path="/console/sign-in")

    # --- what a form carries along until it is sent ---

    def sealed(self, text: str, account: int) -> str:
        """Return ``text`` for a hidden field of a form of ``account``, which nobody else can make or read."""
        return self._keyring.seal(msgspec.json.encode((text, account, self._clock() + STEP_S))).decode()

    def opened(self, sealed: str, account: int) -> str | None:
        """Return what was sealed for a form of ``account``; None if that was too long ago, or it was not."""
        try:
            clear = self._keyring.open(sealed.encode())
            text, owner, until = msgspec.json.decode(clear, type=tuple[str, int, float])
        except (ConfigError, UnicodeError, msgspec.DecodeError):
            return None
        return text if owner == account and until >= self._clock() else None


def fits(ticket: Ticket | None, key: str) -> bool:
    """Whether a form belongs to the browser that carries ``ticket``."""
    return ticket is not None and hmac.compare_digest(ticket.key.encode(), key.encode("utf-8", "replace"))
