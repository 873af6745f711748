"""What listed persons ask, where that stands, and what they are answered. Pure."""

from datetime import date
from enum import StrEnum

import msgspec

from shopguard.model import Category, Party
from shopguard.registry.entries.model import LifeState
from shopguard.registry.log import Inclusion


class RequestKind(StrEnum):
    """What a person asks for."""

    ACCESS = "access"  # a copy of everything that is held, and who looked
    CONTEST = "contest"  # it is not so
    CORRECT = "correct"  # a fact is wrong
    STOP = "stop"  # not to be used any more
    ERASE = "erase"
    MISUSE = "misuse"  # somebody else ordered under this name

    @property
    def unserves(self) -> bool:
        """Whether the entry is served no more from the moment this is asked."""
        return self is not RequestKind.ACCESS

    @property
    def protects(self) -> bool:
        """Whether a note that protects the person may follow."""
        return self is RequestKind.MISUSE


class RequestState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    ANSWERED = "answered"
    FORGOTTEN = "forgotten"  # answered long ago: nothing is left of it but that it was


class Outcome(StrEnum):
    """How a request was answered."""

    DISCLOSED = "disclosed"
    PARTLY = "partly"  # disclosed without what ``Withheld`` names
    UPHELD = "upheld"  # the entry was shown to be right, and stands
    CORRECTED = "corrected"
    ERASED = "erased"
    PROTECTED = "protected"  # the entry is gone; shops are asked to confirm orders under this name
    NOTHING_HELD = "nothing_held"
    NOT_SHOWN = "not_shown"  # whether it is the person's own could not be shown


class Withheld(StrEnum):
    """Why a part is not disclosed: the codes of a partial answer.

    Source: Act on the Protection of Personal Information art. 33(2) (read 2026-11).
    """

    OTHERS = "others"  # it would harm the rights of another person (33(2)(i))
    OPERATIONS = "operations"  # it would seriously disturb the office's work (33(2)(ii))
    LAW = "law"  # another law forbids it (33(2)(iii))


class Proof(StrEnum):
    """How it was shown that a request comes from the person it is about. No document is ever kept."""

    NONE = "none"
    FACTS = "facts"  # knew two things that only the buyer and the shop know
    LETTER = "letter"  # typed in what was sent to the recorded address
    SEEN = "seen"  # the office saw, and kept nothing


class Fact(StrEnum):
    """What only the buyer and the shop know of an order; nothing that stands on the letter with the code."""

    ORDER_NUMBER = "order_number"
    AMOUNT = "amount"
    PHONE_END = "phone_end"  # the last four digits
    EMAIL = "email"


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where answers go, as the person wants it. Personal data."""

    name: str = ""
    email: str = ""
    address: str = ""
    phone: str = ""

    @property
    def is_reachable(self) -> bool:
        return bool(self.email.strip() or self.address.strip())

    def __repr__(self) -> str:
        return "Contact(***)"


NOWHERE = Contact()


class Answer(msgspec.Struct, frozen=True):
    """What was answered, when (Unix seconds) and by whom. ``reason`` is what the person is told."""

    outcome: Outcome
    at: float
    by: str
    reason: str = ""
    withheld: tuple[Withheld, ...] = ()


class Request(msgspec.Struct, frozen=True):
    """One request as the vault keeps it, sealed. Moments are Unix seconds.

    Args:
        number: its record; ``id``: what the office calls it (``Q-`` and letters).
        entry: the record it is about; None where the person had no code and the office has not found one yet.
        code: that of the entry, which finds it also where it goes on in another; empty without an entry.
        receipt: by this code the person asks how it stands.
        due_on: the last day on which it is answered. ``extended``: it was given its one extension.
        proof: how the person showed who they are; ``tries``: how often facts or a letter's code were wrong.
        letter_digest: of the code that was sent to the recorded address, if one was.
    """

    number: int
    id: str
    kind: RequestKind
    state: RequestState
    entry: int | None
    code: str
    receipt: str
    text: str
    contact: Contact
    opened_at: float
    due_on: date
    extended: bool = False
    proof: Proof = Proof.NONE
    tries: int = 0
    letter_digest: bytes | None = None
    answer: Answer | None = None

    @property
    def is_open(self) -> bool:
        return self.state is RequestState.OPEN

    def __repr__(self) -> str:
        return f"Request(id={self.id!r}, kind={self.kind.value}, state={self.state.value})"


class Recorded(msgspec.Struct, frozen=True):
    """What whoever has the code of an entry is told of it: nothing that says whom it is about.

    Args:
        category: in words, Japanese and English; so ``state`` and ``rights``.
        shops: of what kind the shops are that reported.
        first, last: the months of the orders.
        amount: of all orders in all, in a broad band.
        served: whether members are told of it at present.
        answer_until: until when the person may answer before a report counts; None: it is not known yet, or is over.
        decided_until: until when an objection is decided; None where there is none.
        gone_on: when it ends by itself at the latest; of an erased one, when that was.
        may_ask: what can be asked with this code.
        proofs: which facts prove who asks; fewer than two: only by a letter to the recorded address.
    """

    state: LifeState
    state_text: str
    category: Category
    category_text: str
    shops: str
    reports: int
    first: str
    last: str
    amount: str
    served: bool
    answer_until: date | None
    decided_until: date | None
    gone_on: date | None
    rights: str
    may_ask: tuple[RequestKind, ...]
    proofs: tuple[Fact, ...]


class Opened(msgspec.Struct, frozen=True):
    """What a person is told at once: ``receipt`` asks later how it stands; ``served`` is whether members are told."""

    request: str
    receipt: str
    kind: RequestKind
    due_on: date
    served: bool
    text: str


class Status(msgspec.Struct, frozen=True):
    """How a request stands, for whoever has its receipt.

    Args:
        log: the proofs that the log holds, for good, that it was received, and then that it was decided.
    """

    request: str
    kind: RequestKind
    state: RequestState
    opened_on: date
    due_on: date
    proven: bool
    proofs: tuple[Fact, ...]
    outcome: Outcome | None
    text: str
    log: tuple[Inclusion, ...] = ()


class Protection(msgspec.Struct, frozen=True):
    """A person whose name was misused: shops are asked to confirm orders, and nothing is said against anybody.

    Args:
        entry_id: under which it stands in the index.
        party: what belongs to that person, and nothing of whoever misused it.
    """

    number: int
    entry_id: str
    party: Party
    since: float
    until: date

    def __repr__(self) -> str:
        return f"Protection(number={self.number})"
