"""Why a request is refused: one code each, the same over a socket, over HTTP and in a client's reason."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from shopguard.errors import ShopGuardError


class Refusal(StrEnum):
    """What is wrong with a request to the registry. ``status`` is the HTTP status it is answered with."""

    UNREADABLE = "unreadable"  # no JSON of the right shape, a token or commitment of a wrong length or form
    TOO_MANY_TOKENS = "too_many_tokens"  # in all, or of one class
    WRONG_CLASS = "wrong_class"  # the class named is not that of the token's own bytes
    NOT_AUTHENTICATED = "not_authenticated"  # unknown member or key, or a signature that does not fit: never which
    CLOCK = "clock"  # signed too long ago, or in the future
    REPLAYED = "replayed"  # this very request was answered before; a retry is signed anew
    OTHER_MEMBER = "other_member"  # the batch says it is of another member than the one who signed
    SUSPENDED = "suspended"  # the member may not ask at present
    FORBIDDEN = "forbidden"  # this member may not do this at all
    EPOCH = "epoch"  # the epoch is not (or no longer) served
    PROFILE = "profile"  # the tokens follow other rules of identity than the entries of this epoch
    STATE = "state"  # what it is asked of is not in a state for it: look again
    RULES = "rules"  # a report against the rules: the message says which, and what would help
    ASKED_OTHERWISE = "asked_otherwise"  # another batch was answered for this order, party and revision
    SLOW_DOWN = "slow_down"  # the budget runs low: one batch now and then
    BUDGET_SPENT = "budget_spent"  # stopped until a person at the office has looked
    SEARCHES_SPENT = "searches_spent"  # a person searched as often as a member may for now
    REPORTS_SPENT = "reports_spent"  # as many reports of the member were looked at as may be in a day
    TOO_LARGE = "too_large"
    NOT_FOUND = "not_found"
    METHOD = "method"
    UNAVAILABLE = "unavailable"  # a part of the registry is away: ask again

    @property
    def status(self) -> int:
        return _STATUS[self]

    @property
    def is_passing(self) -> bool:
        """Whether the same question may be answered later without anybody having done anything."""
        return self in _PASSING


_STATUS = {
    Refusal.UNREADABLE: 400,
    Refusal.TOO_MANY_TOKENS: 400,
    Refusal.WRONG_CLASS: 400,
    Refusal.NOT_AUTHENTICATED: 401,
    Refusal.CLOCK: 401,
    Refusal.REPLAYED: 401,
    Refusal.OTHER_MEMBER: 403,
    Refusal.SUSPENDED: 403,
    Refusal.FORBIDDEN: 403,
    Refusal.NOT_FOUND: 404,
    Refusal.METHOD: 405,
    Refusal.EPOCH: 409,
    Refusal.PROFILE: 409,
    Refusal.STATE: 409,
    Refusal.ASKED_OTHERWISE: 409,
    Refusal.TOO_LARGE: 413,
    Refusal.RULES: 422,
    Refusal.SLOW_DOWN: 429,
    Refusal.BUDGET_SPENT: 429,
    Refusal.SEARCHES_SPENT: 429,
    Refusal.REPORTS_SPENT: 429,
    Refusal.UNAVAILABLE: 503,
}

_PASSING = frozenset({Refusal.SLOW_DOWN, Refusal.SEARCHES_SPENT, Refusal.REPORTS_SPENT, Refusal.UNAVAILABLE})


class Refused(ShopGuardError):
    """The registry does not do what was asked; the message says why and what to do, and quotes nothing of it.

    ``retry_after_s`` is None where asking again is of no use before a person has done something.
    """

    def __init__(self, code: Refusal, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.code, self.retry_after_s = code, retry_after_s


@contextmanager
def unless_missing() -> Iterator[None]:
    """Leave the block where something it asks for is not there, or no more."""
    try:
        yield
    except Refused as refused:
        if refused.code is not Refusal.NOT_FOUND:
            raise
