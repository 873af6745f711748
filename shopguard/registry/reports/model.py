"""What a shop reports: one order that went wrong, as the shop states it, and where the report stands. Pure."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from shopguard.model import Category, Party, PaymentKind


class ReportState(StrEnum):
    """Where a report stands."""

    DRAFT = "draft"  # the shop is still writing it
    SUBMITTED = "submitted"  # waits for the office
    RETURNED = "returned"  # the office wants more evidence
    CHECKED = "checked"  # accepted: part of an entry
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"  # by the shop, or because it was paid


class Channel(StrEnum):
    """How a reminder reached the buyer."""

    MAIL = "mail"
    LETTER = "letter"
    REGISTERED = "registered"  # 内容証明, 簡易書留 and the like
    PHONE = "phone"
    MESSAGE = "message"


class Reminder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shop reminded the buyer. ``by_person``: somebody wrote it, or signed it off."""

    on: date
    channel: Channel
    by_person: bool = False


class PartPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    on: date
    amount: Decimal


class Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The four questions, each answered in words; empty is unanswered. By which files, ``evidence`` of each says.

    Source: the four tests of CIFAS, a British fraud prevention service (read 2026-11).
    """

    ground: str = ""  # what gives reasonable ground to believe it
    clear: str = ""  # what shows clearly that it is about this very order
    fits: str = ""  # why it is of this category
    acted: str = ""  # what the shop itself did
    evidence: dict[str, tuple[str, ...]] = {}
    """By the name of the question, the ids of the files that show it."""


class ReportContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the shop states of one order. Days are days in Japan; money is in the main unit of ``currency``.

    Args:
        party: the buyer as the shop knows them.
        due_on: when it was to be paid. ``refused_on``: when the parcel came back or was refused.
        return_reason: what the carrier wrote on the returned parcel.
        warned_on: when the buyer was told that the case may be recorded.
        complained_on: when the buyer last complained to the shop, if they did.
        disputed: the buyer contests the claim, and that is open.
        age_doubt: there is reason to think that the buyer is under 18, or cannot act for themselves.
        mall: the order came through a mall whose terms may forbid any other use of its data.
    """

    order_id: str
    category: Category
    party: Party
    ordered_on: date
    payment: PaymentKind = PaymentKind.OTHER
    order_number: str = ""
    items: str = ""
    amount: Decimal = Decimal(0)
    currency: str = "JPY"
    shipped_on: date | None = None
    carrier: str = ""
    tracking: str = ""
    delivered_on: date | None = None
    due_on: date | None = None
    refused_on: date | None = None
    return_reason: str = ""
    reminders: tuple[Reminder, ...] = ()
    warned_on: date | None = None
    replies: str = ""
    payments: tuple[PartPayment, ...] = ()
    complained_on: date | None = None
    disputed: bool = False
    age_doubt: bool = False
    mall: bool = False
    answers: Answers = Answers()
    note: str = ""

    @property
    def happened_on(self) -> date:
        """The day that stands for the case: when it was due, refused, or else ordered."""
        return self.due_on or self.refused_on or self.ordered_on

    def __repr__(self) -> str:
        return f"ReportContent(category={self.category.value})"


class Mark(StrEnum):
    """What the office is to look at before it decides."""

    RETALIATION = "retaliation"  # the buyer complained to the shop in the 30 days before
    PROTECTED = "protected"  # resembles somebody whose name was misused
    CONFLICT = "conflict"  # resembles a person of a member shop
    DOUBLE_CHECK = "double_check"  # of a reporter whose reports were overturned too often
    AGE_DOUBT = "age_doubt"


class Report(msgspec.Struct, frozen=True):
    """A report as the vault keeps it. Moments are Unix seconds.

    Args:
        number: its record; ``id``: what the shop and the office call it (``R-`` and letters).
        completeness: how much of what its category can be shown by is there, 0 to 100.
        entry: the number of the entry that it is part of, once it is checked.
        checked_by: accounts at the office that accepted it.
        reason: why it was returned or rejected, in the words of the office.
        confirmed_at: when the shop last said that it still holds.
    """

    number: int
    id: str
    member: str
    state: ReportState
    content: ReportContent
    filed_at: float
    changed_at: float
    completeness: int = 0
    marks: tuple[Mark, ...] = ()
    entry: int | None = None
    checked_by: tuple[str, ...] = ()
    reason: str = ""
    confirmed_at: float | None = None

    def __repr__(self) -> str:
        return f"Report(id={self.id!r}, state={self.state.value})"
