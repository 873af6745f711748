"""What a shop states in a report, line by line, as the office reads and compares it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from shopguard.identity.one_line import address_line, name_line
from shopguard.model import Party, PaymentKind
from shopguard.registry.reports.model import Channel, Reminder, ReportContent
from shopguard.registry.reports.wording import names
from shopguard.web import formats
from shopguard.web.bilingual import of_two
from shopguard.web.language import gettext as _
from shopguard.web.language import later
from shopguard.web.office.words import word


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: what it is called, and what the shop wrote, as text."""

    field: str
    label: str
    text: str


def party_facts(party: Party) -> Sequence[Fact]:
    """Return what a shop says of a buyer. Personal data."""
    said = {
        "party.name": name_line(party),
        "party.kana": party.kana or "",
        "party.company": party.company or "",
        "party.lines": " ".join(filter(None, (party.postal_code, address_line(party)))),
        "party.phones": ", ".join(party.phones),
        "party.emails": ", ".join(party.emails),
    }
    return [_fact(field, text) for field, text in said.items() if text]


def order_facts(content: ReportContent) -> Sequence[Fact]:
    """Return what a shop says of the order and of what it did, in the order in which it happened."""
    return [_fact(field, text) for field, text in _told(content) if text]


def beside(*columns: Sequence[Fact]) -> Sequence[tuple[str, Sequence[str]]]:
    """Return the lines of several columns with one label each; what a column does not say is empty."""
    labels: dict[str, str] = {}
    for column in columns:
        labels |= {fact.field: fact.label for fact in column}
    said: list[Mapping[str, str]] = [{fact.field: fact.text for fact in column} for column in columns]
    return [(label, [one.get(field, "") for one in said]) for field, label in labels.items()]


def _told(content: ReportContent) -> Iterator[tuple[str, str]]:
    yield "order_number", content.order_number
    yield "order_id", content.order_id
    for field in _FIELDS:
        yield field, _text(getattr(content, field), content.currency)
    yield "reminders", "\n".join(map(_reminder, content.reminders))
    yield (
        "payments",
        "\n".join(_line(paid.on, formats.money(paid.amount, content.currency)) for paid in content.payments),
    )


def _reminder(reminder: Reminder) -> str:
    by = _("by a person") if reminder.by_person else _("by a machine")
    return _line(reminder.on, f"{_(_CHANNELS[reminder.channel])} ({by})")


def _line(on: date, text: str) -> str:
    return f"{formats.day(on)}: {text}"


def _text(value: Any, currency: str) -> str:
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, Decimal):
        return formats.money(value, currency) if value else ""
    if isinstance(value, PaymentKind):
        return _(_PAYMENTS[value])
    if isinstance(value, bool):
        return _("yes") if value else ""
    return word(value) if value else ""


def _fact(field: str, text: str) -> Fact:
    return Fact(field, of_two(*names(field)), text)


_FIELDS = (
    "payment",
    "items",
    "amount",
    "ordered_on",
    "shipped_on",
    "carrier",
    "tracking",
    "delivered_on",
    "due_on",
    "refused_on",
    "return_reason",
    "warned_on",
    "replies",
    "complained_on",
    "disputed",
    "age_doubt",
    "mall",
    "note",
)
_CHANNELS = {
    Channel.MAIL: later("by mail"),
    Channel.LETTER: later("by letter"),
    Channel.REGISTERED: later("by registered letter"),
    Channel.PHONE: later("by phone"),
    Channel.MESSAGE: later("by message"),
}
_PAYMENTS = {
    PaymentKind.COD: later("Cash on delivery"),
    PaymentKind.PAY_LATER: later("The shop's own invoice"),
    PaymentKind.PAY_LATER_PROVIDER: later("Invoice of a provider"),
    PaymentKind.BANK_TRANSFER: later("Bank transfer"),
    PaymentKind.PREPAID: later("Paid in advance"),
    PaymentKind.CARD: later("By card"),
    PaymentKind.WALLET: later("Paid by wallet"),
    PaymentKind.OTHER: later("Paid otherwise"),
}
