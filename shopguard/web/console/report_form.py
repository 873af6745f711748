"""The form of a report: what an order fills in, what was typed, and both as what the registry reads."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from shopguard.model import Order, PaymentKind
from shopguard.registry.client.evidence import names_to_send
from shopguard.registry.reports.model import Channel
from shopguard.registry.reports.prefill import prefilled
from shopguard.registry.reports.wording import QUESTIONS, names
from shopguard.web.bilingual import of_two
from shopguard.web.categories import CATEGORIES
from shopguard.web.language import gettext, later

REMINDERS, PAYMENTS = 4, 2
"""How many the form has room for."""

_LISTS = ("party.lines", "party.phones", "party.emails")
_TICKS = ("disputed", "age_doubt", "mall")
_SINGLE = (
    *("order_id", "order_number", "category", "ordered_on", "payment", "items", "amount", "currency", "shipped_on"),
    *("carrier", "tracking", "delivered_on", "due_on", "refused_on", "return_reason", "warned_on", "replies"),
    *("complained_on", "note"),
)
_PARTY = ("name", "family", "given", "kana", "company", "country", "postal_code", "region", "city")
_PAYMENTS = {
    PaymentKind.COD: later("Cash on delivery"),
    PaymentKind.PAY_LATER: later("The shop's own invoice"),
    PaymentKind.PAY_LATER_PROVIDER: later("Pay later through a provider"),
    PaymentKind.BANK_TRANSFER: later("Bank transfer"),
    PaymentKind.PREPAID: later("Paid in advance"),
    PaymentKind.CARD: later("Card"),
    PaymentKind.WALLET: later("Wallet"),
    PaymentKind.OTHER: later("Another way to pay"),
}
_CHANNELS = {
    Channel.MAIL: later("Mail"),
    Channel.LETTER: later("By letter"),
    Channel.REGISTERED: later("By registered letter"),
    Channel.PHONE: later("By phone"),
    Channel.MESSAGE: later("By message"),
}

Typed = Mapping[str, str]
"""What stands in the fields, by the paths of a report: ``party.name``, ``reminders[0].on``."""

Files = Mapping[str, bytes]


def from_order(order: Order) -> Typed:
    """Return the form as an order fills it in."""
    typed: dict[str, str] = {}
    _flatten(prefilled(order), "", typed)
    return typed


def typed_in(form: MultiDict[str, str]) -> Typed:
    """Return what somebody typed, to show it again."""
    return {name: value.replace("\r\n", "\n") for name, value in form.items()}


def raw_report(typed: Typed, evidence: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
    """Return the report that was typed, as ``read_content`` reads it.

    Args:
        evidence: which files show which answer.
    """
    party: dict[str, Any] = {name: typed[f"party.{name}"] for name in _PARTY if typed.get(f"party.{name}")}
    for name in _LISTS:
        rows = [row.strip() for row in typed.get(name, "").split("\n")]
        party[name.removeprefix("party.")] = [row for row in rows if row]
    raw: dict[str, Any] = {name: typed.get(name, "").strip() for name in _SINGLE}
    raw["currency"] = raw["currency"] or "JPY"
    raw["amount"] = raw["amount"] or 0
    return {
        **raw,
        "party": party,
        **{name: name in typed for name in _TICKS},
        "reminders": _rows(typed, "reminders", REMINDERS, ("on", "channel"), ("by_person",)),
        "payments": _rows(typed, "payments", PAYMENTS, ("on", "amount")),
        "answers": {**{name: typed.get(f"answers.{name}", "") for name in QUESTIONS}, "evidence": evidence},
    }


def files_in(uploads: MultiDict[str, FileStorage]) -> tuple[Files, Mapping[str, Sequence[str]]]:
    """Return the files by the names that they are sent under, and which of them show which answer.

    Files given for all questions show every answer.
    """
    given = [
        (question, upload) for question in ("all", *QUESTIONS) for upload in uploads.getlist(f"files.{question}")
    ]
    there = [(question, upload) for question, upload in given if upload.filename]
    sent = names_to_send(upload.filename or "" for _, upload in there)
    named = list(zip(sent, there, strict=True))
    evidence = {
        question: [name for name, (shows, _) in named if shows in ("all", question)] for question in QUESTIONS
    }
    return {name: upload.read() for name, (_, upload) in named}, evidence


def label(field: str) -> str:
    """Return what people call a field of a report."""
    return of_two(*names(field))


def choices() -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return what can be chosen in a field, with its words."""
    kinds: Mapping[str, Mapping[Any, str]] = {"category": CATEGORIES, "payment": _PAYMENTS, "channel": _CHANNELS}
    return {name: [(kind.value, gettext(said)) for kind, said in words.items()] for name, words in kinds.items()}


def field_of(place: str) -> str:
    """Return the field of the form that a fault is about; empty: none, it is about all of it."""
    if place.startswith("answers.evidence"):
        return "files." + (place.rpartition(".")[2] if place.count(".") > 1 else "all")
    if place == "files":
        return "files.all"
    if place == "party":
        return "party.lines"
    return re.sub(r"(party\.(?:lines|phones|emails))\[\d+\]", r"\1", place)


def _rows(
    typed: Typed, name: str, most: int, fields: Sequence[str], ticks: Sequence[str] = ()
) -> Sequence[Mapping[str, Any]]:
    """The rows in which anything stands; the first field says whether one does."""
    rows = []
    for number in range(most):
        row = f"{name}[{number}]"
        if typed.get(f"{row}.{fields[0]}", "").strip():
            values = {field: typed.get(f"{row}.{field}", "").strip() for field in fields}
            rows.append({**values, **{tick: f"{row}.{tick}" in typed for tick in ticks}})
    return rows


def _flatten(value: Any, place: str, into: dict[str, str]) -> None:
    if isinstance(value, Mapping):
        for name, item in value.items():
            _flatten(item, f"{place}.{name}" if place else name, into)
    elif isinstance(value, list | tuple):
        if place in _LISTS:
            into[place] = "\n".join(map(str, value))
    elif value not in (None, False):
        into[place] = str(value)
