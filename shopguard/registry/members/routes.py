"""What a member may ask about its membership, as addresses and shapes of the signed API."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from shopguard.registry.desk import Asked, Role, Route
from shopguard.registry.members.fees import Fees, InvoiceRow

MY_FEES = "/registry/v1/me/fees"


class FeeShape(msgspec.Struct, frozen=True):
    """One row of an invoice. ``amount`` is a decimal text; ``month`` is ``2026-11``; ``paid_at`` null: still owed."""

    number: int
    what: str
    month: str
    amount: str
    currency: str
    issued_at: datetime
    paid_at: datetime | None


class FeeList(msgspec.Struct, frozen=True):
    """Everything the member was ever invoiced, the oldest first."""

    fees: tuple[FeeShape, ...]


def fee_routes(fees: Fees) -> Sequence[Route]:
    """Return the routes on what a member owes."""

    def of_caller(asked: Asked) -> FeeList:
        return FeeList(tuple(map(_shape, fees.rows(asked.caller.member))))

    return (Route("GET", MY_FEES, Role.ADMIN, of_caller, "What this member was invoiced", answers=FeeList),)


def _shape(row: InvoiceRow) -> FeeShape:
    paid_at = None if row.paid_at is None else _moment(row.paid_at)
    return FeeShape(
        row.number, row.what.value, row.month, str(row.amount), row.currency, _moment(row.issued_at), paid_at
    )


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
