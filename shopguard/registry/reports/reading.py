"""Reading a report as people write it: days of either calendar, amounts with 円 and commas, words of both languages.

Everything that cannot be read is said at once, each with its place and remedy. What is read may still not be filed:
that is for ``rules``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from shopguard import wire
from shopguard.errors import PayloadInvalid
from shopguard.model import Party
from shopguard.registry.reports.model import Answers, PartPayment, Reminder, ReportContent
from shopguard.registry.reports.values import (
    Odd,
    category,
    channel,
    currency,
    day,
    money,
    named_currency,
    payment,
    text,
    yes,
)
from shopguard.registry.reports.wording import QUESTIONS, Fault, FaultCode, fault

_LONG, _MIDDLE, _SHORT = 4_000, 1_000, 200  # characters
_MOST = 50  # reminders, part payments
_MOST_OF_PARTY = 10  # phones, mails, lines of an address
_NAME = re.compile(r"[a-z]{2,12}(?:_[a-z]{2,12}){0,2}")
_NO_HINT = {"hint_ja": "", "hint_en": ""}


class ContentInvalid(PayloadInvalid):
    """A report that cannot be read. ``faults``: all that is wrong with it; the message quotes nothing of it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


def read_content(raw: bytes | Mapping[str, Any]) -> ReportContent:
    """Return the report that ``raw`` (a JSON object, or one decoded) states; else ``ContentInvalid``."""
    if not isinstance(raw, Mapping):
        raw = _decoded(raw)
    faults: list[Fault] = []
    values = _object(_REPORT, required=("order_id", "category", "party", "ordered_on"))(raw, "", faults)
    if faults:
        raise ContentInvalid(faults)
    return _in_one_currency(ReportContent(**values), raw)


def _decoded(raw: bytes) -> Mapping[str, Any]:
    try:
        return wire.decode(raw, dict[str, Any])
    except PayloadInvalid:
        raise ContentInvalid([fault(FaultCode.NOT_JSON)]) from None


def _in_one_currency(content: ReportContent, raw: Mapping[str, Any]) -> ReportContent:
    """Refuse amounts that name another currency than the report does, and parts of a yen."""
    amounts = {"amount": (raw.get("amount", 0), content.amount)}
    written = raw.get("payments") or ()
    for number, (part, read) in enumerate(zip(written, content.payments, strict=True)):
        amounts[f"payments[{number}].amount"] = (part["amount"], read.amount)
    faults = []
    for field, (as_written, amount) in amounts.items():
        told = currency(as_written)
        if told not in (None, content.currency):
            faults.append(fault(FaultCode.FOREIGN, field))
        elif content.currency == "JPY" and amount != amount.to_integral_value():
            faults.append(fault(FaultCode.FRACTION, field))
    if faults:
        raise ContentInvalid(faults)
    return content


_Reader = Callable[[Any, str, list[Fault]], Any]
"""Reads what stands at a place; what is wrong is added to the faults, and then the value is of no use."""


def _leaf(read: Callable[[Any], Any]) -> _Reader:
    def reader(value: Any, place: str, faults: list[Fault]) -> Any:
        try:
            return read(value)
        except Odd as odd:
            faults.append(fault(odd.code, place, **odd.values))
            return None

    return reader


def _or_none(read: Callable[[Any], Any]) -> _Reader:
    return _leaf(lambda value: None if value is None or value == "" else read(value))


def _text(limit: int, lines: bool = False) -> _Reader:
    return _leaf(lambda value: text(value, limit, lines))


def _list(reader: _Reader, most: int) -> _Reader:
    def read(value: Any, place: str, faults: list[Fault]) -> Any:
        if isinstance(value, str) or not isinstance(value, Sequence):
            faults.append(fault(FaultCode.UNREADABLE, place, ja="一覧（配列）で書いてください。", en="give a list."))
            return ()
        if len(value) > most:
            faults.append(fault(FaultCode.TOO_MANY, place, limit=most))
            return ()
        return tuple(reader(item, f"{place}[{number}]", faults) for number, item in enumerate(value))

    return read


def _object(
    readers: Mapping[str, _Reader], required: Sequence[str] = (), shape: Callable[..., Any] = dict
) -> _Reader:
    def read(value: Any, place: str, faults: list[Fault]) -> Any:
        before = len(faults)
        if not isinstance(value, Mapping):
            faults.append(fault(FaultCode.UNREADABLE, place, ja="項目の組で書いてください。", en="give an object."))
            return None
        found = {}
        absent = [name for name in required if value.get(name) in (None, "")]
        for name, item in value.items():
            if name in absent:
                continue  # said once, below
            if name in readers:
                found[name] = readers[name](item, _at(place, name), faults)
            else:
                faults.append(_unknown(name, place, readers))
        faults.extend(fault(FaultCode.MISSING, _at(place, name)) for name in absent)
        return shape(**found) if len(faults) == before else None

    return read


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _unknown(name: str, place: str, known: Mapping[str, object]) -> Fault:
    """A name is repeated where it can only be a field's: anything else may be a person's."""
    near = get_close_matches(name, known, n=1)
    hint = {"hint_ja": f"{near[0]} のことですか。", "hint_en": f"Did you mean {near[0]}?"} if near else _NO_HINT
    return fault(FaultCode.UNKNOWN_FIELD, _at(place, name) if _NAME.fullmatch(name) else place, **hint)


def _party(value: Any, place: str, faults: list[Fault]) -> Party | None:
    read = _object(_PARTY)(value, place, faults)
    if read is None:
        return None
    return Party(**{name: _without_gaps(found) for name, found in read.items() if found})


def _without_gaps(value: Any) -> Any:
    return tuple(item for item in value if item) if isinstance(value, tuple) else value


def _evidence(value: Any, place: str, faults: list[Fault]) -> dict[str, tuple[str, ...]]:
    read = _object({name: _list(_text(_SHORT), _MOST) for name in QUESTIONS})(value, place, faults)
    return {} if read is None else read


_LISTS_OF_PARTY = ("lines", "phones", "emails")
_PARTY: dict[str, _Reader] = {
    field.name: _list(_text(_SHORT), _MOST_OF_PARTY)
    if field.name in _LISTS_OF_PARTY
    else _leaf(lambda value: None if value is None else text(value, _SHORT))
    for field in fields(Party)
}
_REMINDER = {"on": _leaf(day), "channel": _leaf(channel), "by_person": _leaf(yes)}
_PART_PAYMENT = {"on": _leaf(day), "amount": _leaf(money)}
_ANSWERS = {**{name: _text(_LONG, lines=True) for name in QUESTIONS}, "evidence": _evidence}
_REPORT: dict[str, _Reader] = {
    "order_id": _text(_SHORT),
    "category": _leaf(category),
    "party": _party,
    "ordered_on": _leaf(day),
    "payment": _leaf(payment),
    "order_number": _text(_SHORT),
    "items": _text(_MIDDLE, lines=True),
    "amount": _leaf(money),
    "currency": _leaf(named_currency),
    "shipped_on": _or_none(day),
    "carrier": _text(_SHORT),
    "tracking": _text(_SHORT),
    "delivered_on": _or_none(day),
    "due_on": _or_none(day),
    "refused_on": _or_none(day),
    "return_reason": _text(_MIDDLE, lines=True),
    "reminders": _list(_object(_REMINDER, ("on", "channel"), Reminder), _MOST),
    "warned_on": _or_none(day),
    "replies": _text(_LONG, lines=True),
    "payments": _list(_object(_PART_PAYMENT, ("on", "amount"), PartPayment), _MOST),
    "complained_on": _or_none(day),
    "disputed": _leaf(yes),
    "age_doubt": _leaf(yes),
    "mall": _leaf(yes),
    "answers": _object(_ANSWERS, shape=Answers),
    "note": _text(_LONG, lines=True),
}
