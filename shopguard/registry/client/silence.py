"""Why the registry gave no answer: one plain sentence for each cause, the same every time, quoting nothing."""

from collections.abc import Mapping
from enum import StrEnum

from shopguard.errors import ShopGuardError
from shopguard.registry.refusals import Refusal


class Silence(StrEnum):
    """What keeps an answer away, beside a refusal."""

    UNREACHABLE = "unreachable"  # no connection, or one that broke before the answer was there
    TIMED_OUT = "timed_out"
    NOT_SECURE = "not_secure"  # the other end does not prove that it is the address asked
    BUSY = "busy"  # said by what stands before the registry: it signs nothing
    NOT_THE_REGISTRY = "not_the_registry"  # an answer without a signature
    FORGED = "forged"  # signed by nobody we know, or in answer to something else
    DAMAGED = "damaged"  # signed, but it says what no answer to this question can say
    RESTING = "resting"  # it failed several times in a row: nobody asks for a while
    REFUSED = "refused"  # for a reason that this version does not know
    FAULT = "fault"  # of ours


class NoAnswer(ShopGuardError):
    """The registry did not answer what was asked; the message says why.

    ``retry_after_s`` is None where nobody said when to ask again. ``said``: the registry's own words, if it had any.
    """

    def __init__(self, code: Silence | Refusal, retry_after_s: float | None = None, said: str = "") -> None:
        super().__init__(_SENTENCES[code])
        self.code, self.retry_after_s, self.said = code, retry_after_s, said

    @property
    def is_outage(self) -> bool:
        """Whether something is broken, so that the next question will hardly fare better."""
        return self.code is Refusal.UNAVAILABLE or self.code in _OUTAGES


_OUTAGES = frozenset(Silence) - {Silence.REFUSED}
_UPDATE = "update ShopGuard"
_OURS = f"the registry could not make sense of the question; {_UPDATE}"
_OFFICE = "ask the registry's office"
_SENTENCES: Mapping[str, str] = {
    Silence.UNREACHABLE: "the registry cannot be reached",
    Silence.TIMED_OUT: "the registry did not answer in time",
    Silence.NOT_SECURE: "the registry's address is not secured by a certificate that this machine trusts",
    Silence.BUSY: "the registry is overloaded or being restarted",
    Silence.NOT_THE_REGISTRY: "what answered at the registry's address is no registry; check registry.url",
    Silence.FORGED: "the answer is not signed by the registry; check registry.answer_keys",
    Silence.DAMAGED: f"the registry's answer cannot be read; {_UPDATE}",
    Silence.RESTING: "the registry failed several times in a row and is asked again within a minute",
    Silence.REFUSED: f"the registry refused for a reason that this version does not know; {_UPDATE}",
    Silence.FAULT: "asking the registry failed inside ShopGuard; its log says where",
    Refusal.UNREADABLE: _OURS,
    Refusal.TOO_MANY_TOKENS: _OURS,
    Refusal.WRONG_CLASS: _OURS,
    Refusal.NOT_AUTHENTICATED: f"the registry does not know this shop's key; {_OFFICE}",
    Refusal.CLOCK: "this machine's clock and the registry's differ by more than five minutes; set the clock",
    Refusal.REPLAYED: "the registry took the question for a repeat",
    Refusal.OTHER_MEMBER: "the registry knows this shop's key under another member; check registry.member",
    Refusal.SUSPENDED: f"this shop may not ask the registry at present; {_OFFICE}",
    Refusal.FORBIDDEN: f"this shop may not ask that of the registry; {_OFFICE}",
    Refusal.EPOCH: "the registry has just changed its keys",
    Refusal.PROFILE: f"the registry's entries follow other rules of spelling than this version; {_UPDATE}",
    Refusal.STATE: "what was asked is not possible (any more) as things stand at the registry",
    Refusal.RULES: "the registry's rules do not allow it",
    Refusal.ASKED_OTHERWISE: "the registry has already answered other questions about this order",
    Refusal.SLOW_DOWN: "the registry answers this shop slowly for now, as it has asked unusually much",
    Refusal.BUDGET_SPENT: f"this shop has asked the registry more than it may; {_OFFICE}",
    Refusal.SEARCHES_SPENT: "this shop has searched as often as it may for now; a few searches come back each day",
    Refusal.REPORTS_SPENT: "no more reports of this shop are looked at today; go on after midnight in Japan",
    Refusal.TOO_LARGE: _OURS,
    Refusal.NOT_FOUND: "what answered at the registry's address is no registry of this version; check registry.url",
    Refusal.METHOD: _OURS,
    Refusal.UNAVAILABLE: "a part of the registry is away",
}
