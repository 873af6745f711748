"""When a report may be filed: facts about one order, each shown by evidence, nothing about who the buyer is. Pure.

Sources: the four tests of CIFAS, a British fraud prevention service; what the French and Spanish data protection
authorities ask of lists of unpaid debts (read 2026-11). Every period and amount is one of ``Limits``.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from shopguard.config.periods import USUAL, Periods
from shopguard.model import Category, PaymentKind
from shopguard.registry.entries.rules import ends_on
from shopguard.registry.reports import hints
from shopguard.registry.reports.model import Mark, ReportContent
from shopguard.registry.reports.wording import QUESTIONS, Fault, FaultCode, fault, names
from shopguard.registry.reports.words import forbidden

__all__ = ["Fault", "FaultCode", "History", "Limits", "completeness", "faults", "left_to_pay", "marks"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a registry asks of reports.

    Args:
        due_days: since payment was due. ``reminders``: on different days after it.
        floors: the least that must be left to pay, by currency; no other currency is taken.
        retaliation_days: before filing, in which a complaint of the buyer is pointed out to the office.
        mall_orders: whether orders of malls are taken; the operator has read the malls' terms.
        periods: how long entries live: what would have ended already is not taken.
        a_day: how often a member may have reports looked at, see ``allowance``.
    """

    due_days: int = 14
    reminders: int = 2
    floors: Mapping[str, Decimal] = field(default_factory=lambda: {"JPY": Decimal(1_000)})
    retaliation_days: int = 30
    mall_orders: bool = False
    periods: Periods = USUAL
    a_day: int = 25_000


@dataclass(frozen=True, slots=True)
class History:
    """What the registry knows beside the report itself.

    Args:
        own_order_reports: other reports of this member on the same order that were not withdrawn or rejected.
        is_own_person: the buyer resembles an owner or worker of the reporting shop.
        is_member_person: ... of another member shop.
    """

    own_order_reports: int = 0
    is_own_person: bool = False
    is_member_person: bool = False


def faults(
    content: ReportContent,
    history: History,
    today: date,
    files: Collection[str] | None = None,
    limits: Limits | None = None,
) -> Sequence[Fault]:
    """Return everything that keeps the report from being filed; nothing: it may be.

    Args:
        today: the day in Japan.
        files: the names of those that are attached; None: whatever the answers name is taken to be there.
    """
    limits = limits or Limits()
    of_category = _OF_CATEGORY.get(content.category, _others)
    return [
        *_reportable(content, history, limits),
        *_sound(content, today),
        *_recent(content, today, limits),
        *_answered(content, files),
        *_identified(content),
        *of_category(content, today, limits),
    ]


def marks(content: ReportContent, filed_on: date, limits: Limits | None = None) -> Sequence[Mark]:
    """Return what the report itself calls the office's attention to."""
    found = []
    complained = content.complained_on
    days = (limits or Limits()).retaliation_days
    if complained is not None and filed_on - timedelta(days=days) <= complained <= filed_on:
        found.append(Mark.RETALIATION)
    if hints.perhaps_young(_told(content)):
        found.append(Mark.AGE_DOUBT)
    return found


def completeness(content: ReportContent, files: Collection[str]) -> int:
    """Return how much of what a report of this category can be shown by is there, 0 to 100.

    Args:
        files: the names of those that are attached.
    """
    answered = [getattr(content.answers, name) for name in QUESTIONS]
    shown = [_is_shown(content, name, files) for name in QUESTIONS]
    there = [bool(value) for value in (*answered, *shown, *_worth_having(content))]
    return round(100 * sum(there) / len(there))


def left_to_pay(content: ReportContent) -> Decimal:
    """Return what is left after the payments so far, in the report's currency; negative where too much was paid."""
    return content.amount - sum((part.amount for part in content.payments), Decimal(0))


def _worth_having(content: ReportContent) -> Sequence[object]:
    party = content.party
    always: list[object] = [
        party.name or party.family or party.company,
        party.lines,
        party.phones,
        party.emails,
        content.items,
        content.amount,
    ]
    delivery = [content.shipped_on, content.carrier, content.tracking]
    match content.category:
        case Category.UNPAID:
            return [*always, *delivery, content.delivered_on, content.due_on, content.reminders, content.warned_on]
        case Category.COD_REFUSED:
            return [*always, *delivery, content.refused_on, content.return_reason]
        case Category.MALICIOUS_CLAIM:
            return [*always, *delivery, content.delivered_on, content.replies]
    return [*always, content.note]


# Whom and what may be reported at all


def _reportable(content: ReportContent, history: History, limits: Limits) -> Iterator[Fault]:
    for field_name, text in _texts(content).items():
        for finding in forbidden(text):
            kind_ja, kind_en = finding.kind.names
            yield fault(FaultCode.FORBIDDEN, field_name, kind_ja=kind_ja, kind_en=kind_en, at=finding.at)
    told = _told(content)
    if content.age_doubt or hints.weak_person(told, content.ordered_on):
        yield fault(FaultCode.AGE, "age_doubt")
    if history.is_own_person:
        yield fault(FaultCode.OWN_PERSON, "party")
    elif history.is_member_person:
        yield fault(FaultCode.MEMBER_PERSON, "party")
    if history.own_order_reports:
        yield fault(FaultCode.SAME_ORDER, "order_id")
    if content.mall and not limits.mall_orders:
        yield fault(FaultCode.MALL, "mall")
    yield from _no_ground(content, told)


def _no_ground(content: ReportContent, told: Sequence[str]) -> Iterator[Fault]:
    """What shops are tempted to report and must not."""
    reasons = (content.answers.ground, content.answers.fits)
    if hints.credit_check(reasons):
        yield fault(FaultCode.CREDIT_CHECK, "answers.ground")
    if content.category is Category.UNPAID and hints.explained_inability(told):
        yield fault(FaultCode.CANNOT_PAY, "replies")
    if content.category is not Category.UNPAID and hints.allowed_return(told):
        yield fault(FaultCode.RETURN, "answers.ground")
    if hints.bad_review(reasons):
        yield fault(FaultCode.REVIEW, "answers.ground")


def _texts(content: ReportContent) -> Mapping[str, str]:
    """What is free text, by its place."""
    answers = {f"answers.{name}": getattr(content.answers, name) for name in QUESTIONS}
    return {
        "items": content.items,
        "return_reason": content.return_reason,
        "replies": content.replies,
        "note": content.note,
        **answers,
    }


def _told(content: ReportContent) -> Sequence[str]:
    """What is told of the buyer; goods are for children or students without their buyer being one."""
    return [text for place, text in _texts(content).items() if place != "items"]


# Whether it can be so at all


def _sound(content: ReportContent, today: date) -> Iterator[Fault]:
    days = _days(content)
    for place, on in days.items():
        if on > today and place != "due_on":
            yield fault(FaultCode.FUTURE, place)
    for later, earlier in _IN_ORDER:
        before, after = days.get(earlier), days.get(later)
        if before is not None and after is not None and after < before:
            ja, en = names(earlier)
            yield fault(FaultCode.OUT_OF_ORDER, later, ja=ja, en=en)
    for place, on in days.items():
        if place.startswith(("reminders", "payments")) and on < content.ordered_on:
            ja, en = names("ordered_on")
            yield fault(FaultCode.OUT_OF_ORDER, place, ja=ja, en=en)


def _recent(content: ReportContent, today: date, limits: Limits) -> Iterator[Fault]:
    last = ends_on(content.category, content.happened_on, limits.periods)
    if today > last:
        yield fault(FaultCode.TOO_OLD, last=last.isoformat())


_IN_ORDER = (
    ("shipped_on", "ordered_on"),
    ("delivered_on", "shipped_on"),
    ("refused_on", "shipped_on"),
    ("due_on", "ordered_on"),
    ("warned_on", "ordered_on"),
)
"""What is never before what."""


def _days(content: ReportContent) -> Mapping[str, date]:
    single = {
        name: getattr(content, name)
        for name in (
            "ordered_on",
            "shipped_on",
            "delivered_on",
            "due_on",
            "refused_on",
            "warned_on",
            "complained_on",
        )
    }
    reminders = {f"reminders[{number}].on": reminder.on for number, reminder in enumerate(content.reminders)}
    payments = {f"payments[{number}].on": payment.on for number, payment in enumerate(content.payments)}
    return {place: on for place, on in {**single, **reminders, **payments}.items() if on is not None}


# Whether it is shown


def _answered(content: ReportContent, files: Collection[str] | None) -> Iterator[Fault]:
    for name, (ja, en) in QUESTIONS.items():
        if not getattr(content.answers, name).strip():
            yield fault(FaultCode.UNANSWERED, f"answers.{name}", ja=ja, en=en)
        if not _is_shown(content, name, files):
            yield fault(FaultCode.NO_EVIDENCE, f"answers.evidence.{name}", ja=ja, en=en)


def _is_shown(content: ReportContent, question: str, files: Collection[str] | None) -> bool:
    named = content.answers.evidence.get(question, ())
    return bool(named) and (files is None or any(id_ in files for id_ in named))


def _identified(content: ReportContent) -> Iterator[Fault]:
    party = content.party
    has_address = bool(party.lines or party.postal_code)
    if not (has_address or party.phones or party.emails):
        yield fault(FaultCode.NO_IDENTIFIER, "party")


def _unpaid(content: ReportContent, today: date, limits: Limits) -> Iterator[Fault]:
    if content.payment in (PaymentKind.PAY_LATER_PROVIDER, PaymentKind.CARD, PaymentKind.WALLET):
        yield fault(FaultCode.PROVIDERS_DEBT, "payment")
    elif content.payment in (PaymentKind.BANK_TRANSFER, PaymentKind.PREPAID) and content.shipped_on is None:
        yield fault(FaultCode.NO_DEBT, "payment")
    if content.shipped_on is None or content.delivered_on is None:
        yield fault(FaultCode.NOT_SHIPPED, "delivered_on")
    yield from _undisputed(content)
    yield from _left(content, limits)
    yield from _reminded(content, today, limits)
    if content.warned_on is None:
        yield fault(FaultCode.NOT_WARNED, "warned_on")


def _left(content: ReportContent, limits: Limits) -> Iterator[Fault]:
    left, floor = left_to_pay(content), limits.floors.get(content.currency)
    if floor is None:
        yield fault(FaultCode.NO_FLOOR, "currency", words=", ".join(limits.floors))
    elif content.amount and left <= 0:
        yield fault(FaultCode.PAID, "payments")
    elif left < floor:
        yield fault(FaultCode.BELOW_FLOOR, "amount", floor=f"{floor:,} {content.currency}")


def _reminded(content: ReportContent, today: date, limits: Limits) -> Iterator[Fault]:
    due = content.due_on
    if due is None:
        yield fault(FaultCode.MISSING, "due_on")
        return
    if today - due < timedelta(days=limits.due_days):
        yield fault(FaultCode.NOT_DUE, "due_on", days=limits.due_days)
    after = [reminder for reminder in content.reminders if due < reminder.on <= today]
    if len({reminder.on for reminder in after}) < limits.reminders:
        yield fault(FaultCode.TOO_FEW_REMINDERS, "reminders", count=limits.reminders)
    if not any(reminder.by_person for reminder in after):
        yield fault(FaultCode.NO_PERSON, "reminders")


def _cod_refused(content: ReportContent, _today: date, _limits: Limits) -> Iterator[Fault]:
    if content.payment is not PaymentKind.COD:
        yield fault(FaultCode.NOT_COD, "payment")
    for name in ("shipped_on", "refused_on", "return_reason"):
        if not getattr(content, name):
            yield fault(FaultCode.MISSING, name)
    if hints.carriers_fault(content.return_reason):
        yield fault(FaultCode.CARRIERS_FAULT, "return_reason")
    yield from _undisputed(content)


def _undisputed(content: ReportContent) -> Iterator[Fault]:
    """Who says that they never ordered may be the victim of somebody who used their name."""
    if content.disputed or hints.contested(_told(content)):
        yield fault(FaultCode.DISPUTED, "disputed")


def _prank(content: ReportContent, _today: date, _limits: Limits) -> Iterator[Fault]:
    if not (content.party.phones or content.party.emails):
        yield fault(FaultCode.NO_CONTACT, "party")


def _malicious_claim(content: ReportContent, _today: date, _limits: Limits) -> Iterator[Fault]:
    for name in ("delivered_on", "replies"):
        if not getattr(content, name):
            yield fault(FaultCode.MISSING, name)


def _others(content: ReportContent, _today: date, _limits: Limits) -> Iterator[Fault]:
    if not (content.items or content.note):
        yield fault(FaultCode.MISSING, "note")


_OF_CATEGORY = {
    Category.UNPAID: _unpaid,
    Category.COD_REFUSED: _cod_refused,
    Category.PRANK_ORDER: _prank,
    Category.MALICIOUS_CLAIM: _malicious_claim,
}
