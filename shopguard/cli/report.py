"""Reports to the registry from the command line: report file, csv, list, show, receipt, withdraw …"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, progress, say, show_json, show_table
from shopguard.cli.report_files import as_here, contents, named, showing
from shopguard.cli.report_list import Filing
from shopguard.cli.running import Refused, opened
from shopguard.errors import PayloadInvalid
from shopguard.model import Category
from shopguard.registry.calendar import day_of
from shopguard.registry.client.letters import office_letters
from shopguard.registry.client.receipts import Receipts
from shopguard.registry.client.reports import Declined, ReportClient
from shopguard.registry.client.silence import NoAnswer
from shopguard.registry.reports.model import ReportState
from shopguard.registry.reports.prefill import prefilled
from shopguard.registry.reports.reading import read_content
from shopguard.registry.reports.routes import ReportHead, ReportShape
from shopguard.registry.reports.table import read
from shopguard.registry.reports.values import Odd, day, money
from shopguard.registry.reports.wording import fault

if TYPE_CHECKING:
    from shopguard.bootstrap import Installation


@click.group()
def report() -> None:
    """Report to the registry what went wrong with an order."""


@report.command()
@click.argument("file", type=click.File("rb"))
@click.option(
    "--evidence",
    "evidence",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar="PATH",
    help="A file that shows it; as often as there are files.",
)
@json_option
@click.pass_obj
def file(invocation: Invocation, file: BinaryIO, evidence: tuple[Path, ...], as_json: bool) -> None:
    """File one report (a JSON object; `-` is stdin) with its evidence, and keep the registry's signed receipt.

    `report prefill` makes such a file from an order. It is filed whole or not at all. A draft of the same order, or a
    report that the office returned, is completed by it.
    """
    content, files = read_content(file.read()), named(evidence)
    with _reports(invocation) as (installation, reports):
        try:
            filed = reports.file(showing(content, files), contents(files))
        except Declined as declined:
            raise Declined(as_here(str(declined), files), declined.faults) from None
        kept = Receipts(installation.data_dir).keep(filed)
    if as_json:
        show_json({"id": filed.receipt.report, "leaf": filed.receipt.leaf, "receipt": str(kept)})
    else:
        click.echo(
            say(
                f"{filed.receipt.report}: filed; receipt: {kept}",
                f"{filed.receipt.report}：提出済み（受領証 {kept}）",
            )
        )


@report.command("csv")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="File nothing; say of each row whether it could be filed.")
@json_option
@click.pass_context
def csv_(context: click.Context, path: Path, dry_run: bool, as_json: bool) -> None:
    """File the rows of a list as reports: CSV as Excel saves it (UTF-8 or Shift_JIS), under its own headings.

    Bad rows are named on stderr by row, column and remedy, and left out; the others are filed. Exit code 1 then.
    Orders that are reported already are passed over, so a list that broke off is simply run again.
    """
    with path.open("rb") as opened_file:
        rows = list(read(opened_file))
    with _reports(context.ensure_object(Invocation)) as (installation, reports):
        filing = Filing(reports, path.parent, Receipts(installation.data_dir), dry_run)
        try:
            with progress(filing.all(rows), "rows", len(rows)) as shown:
                for number, texts in shown:
                    for text in texts:
                        click.echo(say(f"row {number}: {text}", f"{number}行目：{text}"), err=True)
        except NoAnswer:
            broken = say("; then it broke off: run it again", "、ここで中断。もう一度実行してください")
            click.echo(filing.summary() + broken, err=True)
            raise
    if as_json:
        show_json({"filed": filing.filed, "known": filing.known, "refused": filing.refused})
    else:
        click.echo(filing.summary())
    context.exit(1 if filing.refused else 0)


@report.command("list")
@click.option("--state", type=click.Choice([state.value for state in ReportState]), help="Only these.")
@json_option
@click.pass_obj
def list_(invocation: Invocation, state: str | None, as_json: bool) -> None:
    """Show this shop's reports: first those that the office returned to it, and of each the newest first."""
    with _reports(invocation) as (_, reports):
        heads = sorted(reports.all(ReportState(state) if state else None), key=_waits_for_office)
    if as_json:
        show_json(heads)
    else:
        show_table(("report", "order", "category", "state", "changed", "reason"), map(_line, heads))


@report.command()
@click.argument("report_id", metavar="REPORT")
@json_option
@click.pass_obj
def show(invocation: Invocation, report_id: str, as_json: bool) -> None:
    """Show one report: what it says, its files, and what still keeps it from being filed."""
    with _reports(invocation) as (_, reports):
        shape = reports.show(report_id)
    if as_json:
        show_json(shape)
    else:
        _show(shape)


@report.command()
@click.argument("report_id", metavar="REPORT")
@click.pass_obj
def receipt(invocation: Invocation, report_id: str) -> None:
    """Fetch the receipt of a filed report again and keep it: now with the proof that the log holds it."""
    with _reports(invocation) as (installation, reports):
        filed = reports.receipt(report_id)
        kept = Receipts(installation.data_dir).keep(filed)
    leaf = say("not in the log yet", "ログ未収録") if filed.receipt.leaf is None else f"leaf {filed.receipt.leaf}"
    click.echo(f"{report_id}: {leaf}; {kept}")


@report.command()
@click.argument("report_id", metavar="REPORT")
@click.option("--reason", default="", help="For the office.")
@click.pass_obj
def withdraw(invocation: Invocation, report_id: str, reason: str) -> None:
    """Take a report back. What rests on it alone is served no more from this moment, and erased."""
    with _reports(invocation) as (_, reports):
        reports.withdraw(report_id, reason)
    click.echo(say(f"{report_id}: withdrawn", f"{report_id}：取り下げました"))


@report.command()
@click.argument("report_id", metavar="REPORT")
@click.option("--on", metavar="DAY", help="When; today if not said.")
@click.option("--amount", metavar="YEN", help="How much; all that was owed if not said.")
@click.pass_obj
def paid(invocation: Invocation, report_id: str, on: str | None, amount: str | None) -> None:
    """Say that the buyer paid. What is paid in full is served no more at once, and erased within 48 hours."""
    with _reports(invocation) as (installation, reports):
        when = _day(on) if on else day_of(installation.clock())
        done = reports.paid(report_id, when, _amount(amount) if amount else None)
    if done.state is ReportState.WITHDRAWN:
        click.echo(say(f"{report_id}: paid and withdrawn", f"{report_id}：入金により取り下げました"))
    else:
        click.echo(say(f"{report_id}: part payment kept", f"{report_id}：一部入金を記録しました"))


@report.command()
@click.argument("report_id", metavar="REPORT")
@click.pass_obj
def confirm(invocation: Invocation, report_id: str) -> None:
    """Say that a report still holds: one that nobody confirms for half a year counts no more."""
    with _reports(invocation) as (_, reports):
        reports.confirm(report_id)
    click.echo(say(f"{report_id}: confirmed", f"{report_id}：確認しました"))


@report.command()
@click.argument("order", metavar="ORDER")
@click.option("--shop", metavar="SHOP", help="Where an order number is not of one shop alone.")
@click.option("--category", type=click.Choice([category.value for category in Category]), help="What went wrong.")
@click.pass_obj
def prefill(invocation: Invocation, order: str, shop: str | None, category: str | None) -> None:
    """Print a report on an order that the guard saw, to be completed and then given to `report file`."""
    with opened(invocation) as installation:
        refs = installation.store.find(order, shop)
        if len(refs) > 1:
            raise Refused(f"{order}: an order of {', '.join(ref.shop for ref in refs)}; say which by --shop")
        found = installation.store.order(refs[0]) if refs else None
    if found is None:
        raise Refused(f"{order}: not stored here (any more)")
    show_json(prefilled(found, Category(category) if category else None))


@report.command()
@json_option
@click.pass_obj
def letters(invocation: Invocation, as_json: bool) -> None:
    """Read what the registry's office writes to this shop, such as that a person objects to a report."""
    with opened(invocation) as installation:
        found = office_letters(installation.registry_client)
    if as_json:
        show_json(found)
        return
    for one in found:
        english, japanese = (f"{wording.title}\n\n{wording.body}\n" for wording in (one.en, one.ja))
        click.echo(say(english, japanese))


@contextmanager
def _reports(invocation: Invocation) -> Iterator[tuple["Installation", ReportClient]]:
    with opened(invocation) as installation:
        yield installation, ReportClient(installation.registry_client)


def _waits_for_office(head: ReportHead) -> bool:
    """Whether nothing is asked of the shop."""
    return head.state is not ReportState.RETURNED


def _line(head: ReportHead) -> Sequence[object]:
    changed = head.changed_at.astimezone().strftime("%Y-%m-%d %H:%M")
    return head.id, head.order_id, head.category, head.state.value, changed, head.reason


def _show(shape: ReportShape) -> None:
    head, content = shape.head, shape.content
    facts: Mapping[str, Any] = {
        "order": head.order_id,
        "category": head.category,
        "state": head.state.value,
        "reason": head.reason or None,
        "complete": f"{shape.completeness} %",
        "amount": f"{content.amount:,} {content.currency}",
        "ordered on": content.ordered_on,
        "due on": content.due_on,
        "refused on": content.refused_on,
    }
    show_table(("report", head.id), [(name, value) for name, value in facts.items() if value is not None])
    if shape.files:
        click.echo()
        show_table(("file", "kind", "bytes"), [(one.name, one.kind, f"{one.size:,}") for one in shape.files])
    for found in shape.faults:
        click.echo(found.text)


def _day(text: str) -> date:
    try:
        return day(text)
    except Odd as odd:
        raise PayloadInvalid(str(fault(odd.code, "payments.on", **odd.values))) from None


def _amount(text: str) -> Decimal:
    try:
        return money(text)
    except Odd as odd:
        raise PayloadInvalid(str(fault(odd.code, "payments.amount", **odd.values))) from None
