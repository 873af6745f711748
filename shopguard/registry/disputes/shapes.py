"""What persons and members exchange with the desk as JSON, and at which addresses."""

from datetime import datetime

import msgspec

from shopguard.registry.disputes.letters import Template, Wording
from shopguard.registry.disputes.model import NOWHERE, Contact, Fact, RequestKind

PERSONS = "/registry/v1/persons"
LOOK, REQUESTS, STATUS, PROOF = (
    f"{PERSONS}/{name}" for name in ("look", "requests", "requests/status", "requests/proof")
)
LETTERS = "/registry/v1/letters"


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code of a letter."""

    code: str


class NewRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person asks. ``code`` None: there is none, and the office looks which entry is meant."""

    kind: RequestKind
    code: str | None = None
    text: str = ""
    contact: Contact = NOWHERE


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code that a request was answered with."""

    receipt: str


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How somebody shows who they are: two facts of the order, or the code of a letter to the recorded address."""

    receipt: str
    facts: dict[Fact, str] = {}
    letter_code: str = ""


class Refusing(msgspec.Struct, frozen=True):
    """Why something is not done, in Japanese and English."""

    code: str
    message: str
    retry_after_s: float | None = None


class MemberLetter(msgspec.Struct, frozen=True):
    """One letter of the office to a member, in Japanese and English."""

    number: int
    what: Template
    drafted_at: datetime
    ja: Wording
    en: Wording


class MemberLetters(msgspec.Struct, frozen=True):
    letters: tuple[MemberLetter, ...]
