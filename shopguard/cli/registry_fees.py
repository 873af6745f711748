"""What members owe, at the command line: registry members fees list, issue, paid."""

from collections.abc import Sequence
from typing import Any

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, show_json, show_table
from shopguard.cli.running import opened, operator, own_registry
from shopguard.registry.calendar import day_of
from shopguard.registry.members.fees import InvoiceRow


@click.group()
def fees() -> None:
    """What members owe, as rows of invoices; the amounts are `registry.fees` in config.yaml."""


@fees.command("list")
@click.option("--member", help="Only what this member owes.")
@click.option("--month", help="Only of this month, such as 2026-11.")
@click.option("--unpaid", is_flag=True, help="Only what has not been paid.")
@json_option
@click.pass_obj
def list_rows(invocation: Invocation, member: str | None, month: str | None, unpaid: bool, as_json: bool) -> None:
    """Show invoice rows, the oldest first, and their sum."""
    with opened(invocation) as installation:
        rows = own_registry(installation).fees.rows(member, month, unpaid)
    if as_json:
        show_json([_plain(row) for row in rows])
        return
    show_table(("row", "member", "for", "month", "amount", "paid on"), [_cells(row) for row in rows])
    click.echo(f"\n{sum(row.amount for row in rows):,} yen in {len(rows)} rows")


@fees.command()
@click.pass_obj
def issue(invocation: Invocation) -> None:
    """Write every row that is due and not there. `serve` does so each hour: none is ever written twice."""
    with opened(invocation) as installation:
        added = own_registry(installation).fees.issue()
    click.echo(f"{added} {'row' if added == 1 else 'rows'} added")


@fees.command()
@click.argument("row", type=int)
@click.pass_obj
def paid(invocation: Invocation, row: int) -> None:
    """Keep that the invoice row with this number was paid."""
    with opened(invocation) as installation:
        found = own_registry(installation).fees.paid(row, operator())
    click.echo(f"{row}: {found.amount:,} yen of {found.member} for {found.what} {found.month} are paid")


def _cells(row: InvoiceRow) -> Sequence[object]:
    paid_on = None if row.paid_at is None else day_of(row.paid_at)
    return row.number, row.member, row.what, row.month, f"{row.amount:,}", paid_on


def _plain(row: InvoiceRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "member": row.member,
        "what": row.what.value,
        "month": row.month,
        "amount": str(row.amount),
        "currency": row.currency,
        "issued_on": day_of(row.issued_at).isoformat(),
        "paid_on": None if row.paid_at is None else day_of(row.paid_at).isoformat(),
    }
