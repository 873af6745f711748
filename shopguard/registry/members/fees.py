"""What membership costs, as rows of invoices: once for joining, then for each month in Japan that has begun."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa

from shopguard.registry.calendar import add_months, day_of
from shopguard.registry.members.model import Member
from shopguard.registry.members.service import Members
from shopguard.registry.refusals import Refusal, Refused
from shopguard.storage.columns import NUMBER
from shopguard.storage.engine import reading, writing

CURRENCY = "JPY"


@dataclass(frozen=True, slots=True)
class Rate:
    """The fees from a day on, in yen; 0: none. Until the first rate membership costs nothing."""

    since: date
    joining: Decimal
    monthly: Decimal


class What(StrEnum):
    """What a row is for."""

    JOINING = "joining"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """Something that a member owes, or has paid. ``month`` is ``2026-11``; moments are Unix seconds."""

    number: int
    member: str
    what: What
    month: str
    amount: Decimal
    currency: str
    issued_at: float
    paid_at: float | None


class Fees:
    """The invoices of one registry. They name a member by its id alone, and stay after it has left: books are kept.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, vault: sa.Engine, members: Members, rates: Sequence[Rate], clock: Callable[[], float]) -> None:
        self._vault, self._members, self._clock = vault, members, clock
        self._rates = sorted(rates, key=lambda rate: rate.since)

    def issue(self) -> int:
        """Write every row that is due and not there, and return how many those were; may be done at any time."""
        if not self._rates:
            return 0
        now = self._clock()
        due = [row for member in self._members.all() if member.pays for row in self._due(member, now)]
        with writing(self._vault) as connection:
            columns = (invoice_row.c.member, invoice_row.c.what, invoice_row.c.month)
            there = {tuple(row) for row in connection.execute(sa.select(*columns))}
            missing = [row for row in due if (row["member"], row["what"], row["month"]) not in there]
            if missing:
                connection.execute(_ADD, missing)
        return len(missing)

    def rows(self, member: str | None = None, month: str | None = None, unpaid: bool = False) -> Sequence[InvoiceRow]:
        """Return invoice rows, the oldest first; of one member, of one month, or those still to be paid."""
        query = sa.select(invoice_row).order_by(invoice_row.c.month, invoice_row.c.member, invoice_row.c.number)
        for column, wanted in ((invoice_row.c.member, member), (invoice_row.c.month, month)):
            query = query if wanted is None else query.where(column == wanted)
        if unpaid:
            query = query.where(invoice_row.c.paid_at.is_(None))
        with reading(self._vault) as connection:
            return [_row(row) for row in connection.execute(query)]

    def paid(self, number: int, by: str) -> InvoiceRow:
        """Keep that a row was paid, as of now; ``Refused`` if there is none, or it was paid before."""
        with writing(self._vault) as connection:
            is_open = (invoice_row.c.number == number) & invoice_row.c.paid_at.is_(None)
            changed = connection.execute(sa.update(invoice_row).where(is_open).values(paid_at=self._clock())).rowcount
            row = connection.execute(sa.select(invoice_row).where(invoice_row.c.number == number)).first()
        if row is None:
            raise Refused(Refusal.NOT_FOUND, f"{number}: there is no invoice row of this number")
        if not changed:
            raise Refused(Refusal.FORBIDDEN, f"{number}: was paid on {day_of(row.paid_at)} already")
        self._members.remark(row.member, f"paid {row.amount} {row.currency}: {row.what} {row.month}", by)
        return _row(row)

    def _due(self, member: Member, now: float) -> Iterator[dict[str, object]]:
        joined_on, today = day_of(member.created_at), day_of(now)
        rate = self._rate(joined_on)
        if rate is not None and rate.joining:
            yield _made(member, What.JOINING, joined_on, rate.joining, now)
        for month in _months(joined_on, today):
            rate = self._rate(max(month, joined_on))
            if rate is not None and rate.monthly:
                yield _made(member, What.MONTHLY, month, rate.monthly, now)

    def _rate(self, on: date) -> Rate | None:
        return next((rate for rate in reversed(self._rates) if rate.since <= on), None)


def _months(first: date, last: date) -> Iterator[date]:
    """Yield the first day of each month from that of ``first`` to that of ``last``."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = add_months(month, 1)


def _made(member: Member, what: What, on: date, amount: Decimal, now: float) -> dict[str, object]:
    return {
        "member": member.id,
        "what": what.value,
        "month": f"{on:%Y-%m}",
        "amount": str(amount),
        "currency": CURRENCY,
        "issued_at": now,
    }


def _row(row: sa.Row[*tuple[object, ...]]) -> InvoiceRow:
    return InvoiceRow(
        row.number,
        row.member,
        What(row.what),
        row.month,
        Decimal(row.amount),
        row.currency,
        row.issued_at,
        row.paid_at,
    )


invoice_row = sa.table(
    "invoice_row",
    sa.column("number", NUMBER),
    sa.column("member", sa.String),
    sa.column("what", sa.String),
    sa.column("month", sa.String),
    sa.column("amount", sa.String),
    sa.column("currency", sa.String),
    sa.column("issued_at", sa.Float),
    sa.column("paid_at", sa.Float),
)
_ADD = sa.text(
    "INSERT INTO invoice_row (member, what, month, amount, currency, issued_at)"
    " VALUES (:member, :what, :month, :amount, :currency, :issued_at) ON CONFLICT DO NOTHING"
)
