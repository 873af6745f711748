"""The office at the command line: registry office queue, next, show, accept, return, reject, merge, split …"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.office_view import (
    life_row,
    show_acts,
    show_case,
    show_deadlines,
    show_life,
    show_page,
    show_qualities,
    show_warnings,
)
from shopguard.cli.output import json_option, say, show_json, show_table
from shopguard.cli.registry_alarms import alarms, looks
from shopguard.cli.running import opened, operator, own_registry
from shopguard.model import Category
from shopguard.private_file import write_private
from shopguard.registry.case_names import entry_named, names_of, subject_named
from shopguard.registry.disputes.outbox import OFFICE, Way
from shopguard.registry.entries.model import Life
from shopguard.registry.home import RegistryHome
from shopguard.registry.office.cases import Cases
from shopguard.registry.office.queue import PAGE, Filters

_DAY_S = 86_400.0
_reason = click.option("--reason", required=True, help="Why; kept with the case.")
_category = click.option("--category", type=click.Choice([each.value for each in Category]), help="Only these.")


@click.group()
def office() -> None:
    """The office of this registry: reports that wait, what is decided on them, and what becomes of entries.

    Everything is done in the name of the account that runs the command. Nobody decides in a case of their own shop.
    """


for command in (alarms, looks):
    office.add_command(command)


@office.command()
@_category
@click.option("--member", help="Only what this member filed.")
@click.option("--second", is_flag=True, help="Only what one person has accepted and another one has to check.")
@click.option("--free", is_flag=True, help="Only what nobody has in hand.")
@click.option("--skip", type=click.IntRange(0), default=0, help="Leave out so many.")
@click.option("--limit", type=click.IntRange(1, 500), default=PAGE, show_default=True)
@json_option
@click.pass_obj
def queue(
    invocation: Invocation,
    category: str | None,
    member: str | None,
    second: bool,
    free: bool,
    skip: int,
    limit: int,
    as_json: bool,
) -> None:
    """Show the reports that wait, the first ones first. Nothing in it names a buyer.

    A shop's history is: reports filed / accepted / overturned.
    """
    filters = Filters(_as_category(category), member, second or None, free)
    with _registry(invocation) as home:
        page = home.moderation.queue(filters, skip, limit)
    show_page(page, as_json)


@office.command("next")
@_category
@json_option
@click.pass_obj
def next_(invocation: Invocation, category: str | None, as_json: bool) -> None:
    """Take the report to work on next, and show it. It is yours until it is decided, or left alone for 20 minutes."""
    with _registry(invocation) as home:
        taken = home.moderation.take_next(operator(), Filters(_as_category(category)))
        case = None if taken is None else home.moderation.show(taken.id, operator())
    if case is not None:
        show_case(case, as_json)
    elif as_json:
        show_json(None)
    else:
        click.echo(say("nothing waits for you", "担当できる審査待ちの報告はありません"))


@office.command()
@click.argument("report")
@json_option
@click.pass_obj
def show(invocation: Invocation, report: str, as_json: bool) -> None:
    """Show all there is about REPORT: what the shop says, its files, what resembles it, and what was done."""
    with _registry(invocation) as home:
        case = home.moderation.show(report, operator())
    show_case(case, as_json)


@office.command()
@click.argument("report")
@click.argument("file")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where it is written.")
@click.pass_obj
def evidence(invocation: Invocation, report: str, file: str, to: Path) -> None:
    """Write FILE of REPORT (its id, see `show`) to a place of yours. Delete it there once you have decided."""
    with _registry(invocation) as home:
        content = home.reports.read_file(report, file)
    write_private(to, content)
    click.echo(f"{to}: {len(content):,} bytes")


@office.command()
@click.argument("report")
@click.pass_obj
def take(invocation: Invocation, report: str) -> None:
    """Take REPORT to work on, before anybody else does."""
    with _registry(invocation) as home:
        home.moderation.take(report, operator())
    click.echo(say(f"{report}: is yours for 20 minutes", f"{report}：20分間、担当になりました"))


@office.command("put-back")
@click.argument("report")
@click.pass_obj
def put_back(invocation: Invocation, report: str) -> None:
    """Let others take REPORT."""
    with _registry(invocation) as home:
        home.moderation.put_back(report, operator())
    click.echo(say(f"{report}: others may take it", f"{report}：待ち行列に戻しました"))


@office.command()
@click.argument("report")
@click.option("--into", metavar="ENTRY", help="Merge it into this entry: both are about one person.")
@click.option("--hold", is_flag=True, help="The entry shall be able to stop an order: two persons check it.")
@_reason
@json_option
@click.pass_obj
def accept(invocation: Invocation, report: str, into: str | None, hold: bool, reason: str, as_json: bool) -> None:
    """Accept REPORT: it opens an entry, which is served once the person was told and had 14 days to answer."""
    with _settling(invocation) as home:
        number = None if into is None else entry_named(home, into)
        done = home.moderation.accept(report, operator(), reason, number, hold)
    if as_json:
        entry = None if done.entry is None else life_row(done.entry)
        show_json({"report": report, "checked_by": done.checked_by, "entry": entry})
    elif done.entry is None:
        click.echo(say(f"{report}: waits for a second person", f"{report}：もう一人の確認待ちです"))
    else:
        click.echo(f"{report}: {done.entry.reference} ({done.entry.state.value})")


@office.command("return")
@click.argument("report")
@_reason
@click.pass_obj
def return_(invocation: Invocation, report: str, reason: str) -> None:
    """Return REPORT to the shop, which is told what is missing."""
    with _settling(invocation) as home:
        home.moderation.send_back(report, operator(), reason)
    click.echo(say(f"{report}: returned to the shop", f"{report}：店舗に差し戻しました"))


@office.command()
@click.argument("report")
@_reason
@click.pass_obj
def reject(invocation: Invocation, report: str, reason: str) -> None:
    """Reject REPORT: nothing is made of it, and the shop is told why."""
    with _settling(invocation) as home:
        home.moderation.reject(report, operator(), reason)
    click.echo(say(f"{report}: rejected", f"{report}：不採用にしました"))


@office.command()
@click.argument("entry")
@click.argument("other")
@_reason
@json_option
@click.pass_obj
def merge(invocation: Invocation, entry: str, other: str, reason: str, as_json: bool) -> None:
    """Make one of ENTRY and OTHER, which are about one person; OTHER is no more."""
    with _settling(invocation) as home:
        life = home.cases.merge(entry_named(home, entry), entry_named(home, other), operator(), reason)
    show_life(life, as_json)


@office.command()
@click.argument("entry")
@click.argument("reports", nargs=-1, required=True)
@_reason
@json_option
@click.pass_obj
def split(invocation: Invocation, entry: str, reports: Sequence[str], reason: str, as_json: bool) -> None:
    """Take REPORTS out of ENTRY into an entry of their own: they are about somebody else."""
    with _settling(invocation) as home:
        life = home.cases.split(entry_named(home, entry), reports, operator(), reason)
    show_life(life, as_json)


def _decision(decide: Callable[[Cases, int, str], Life]) -> click.Command:
    """Make a command of what the office decides on an ENTRY for a reason: it shows how the entry stands then."""

    @office.command(decide.__name__, help=decide.__doc__)
    @click.argument("entry")
    @_reason
    @json_option
    @click.pass_obj
    def command(invocation: Invocation, entry: str, reason: str, as_json: bool) -> None:
        with _settling(invocation) as home:
            life = decide(home.cases, entry_named(home, entry), reason)
        show_life(life, as_json)

    return command


@_decision
def suspend(cases: Cases, entry: int, reason: str) -> Life:
    """Serve ENTRY no more while you look at it again. It is erased if nobody decides in 30 days."""
    return cases.suspend(entry, operator(), reason)


@_decision
def resume(cases: Cases, entry: int, reason: str) -> Life:
    """Let ENTRY go on as it was before it was suspended."""
    return cases.resume(entry, operator(), reason)


@_decision
def extend(cases: Cases, entry: int, reason: str) -> Life:
    """Take 15 days more to decide what the person of ENTRY contests: once, because of new facts."""
    return cases.extend(entry, operator(), reason)


@_decision
def uphold(cases: Cases, entry: int, reason: str) -> Life:
    """Decide that ENTRY, which its person contests, was proved: it goes on as it was."""
    return cases.uphold(entry, operator(), reason)


@office.command()
@click.argument("entry")
@_reason
@click.pass_obj
def overturn(invocation: Invocation, entry: str, reason: str) -> None:
    """Decide for the person who contests ENTRY: it is erased, and its reports count as overturned."""
    with _settling(invocation) as home:
        home.cases.overturn(entry_named(home, entry), operator(), reason)
    click.echo(say(f"{entry}: erased", f"{entry}：消去しました"))


@office.command()
@click.option("--days", type=click.IntRange(0, 3_650), default=14, show_default=True, help="How far ahead.")
@json_option
@click.pass_obj
def deadlines(invocation: Invocation, days: int, as_json: bool) -> None:
    """Show what happens by itself in the next days unless somebody does something, the nearest first."""
    with _registry(invocation) as home:
        now = home.clock().timestamp()
        timers = home.timers.upcoming(now + days * _DAY_S)
        names = names_of(home, {timer.subject for timer in timers})
    show_deadlines([(timer, names[timer.subject]) for timer in timers], now, as_json)


@office.command()
@click.argument("read", nargs=-1, type=int)
@json_option
@click.pass_obj
def warnings(invocation: Invocation, read: Sequence[int], as_json: bool) -> None:
    """Show the deadlines that the office was warned of; those whose numbers you name in READ are shown no more."""
    with _registry(invocation) as home:
        waiting = {message.number: message for message in home.persons.files.outbox.waiting(OFFICE)}
        for number in read:
            if waiting.pop(number, None) is None:
                raise click.UsageError(say(f"{number}: no such warning", f"{number}：その番号のお知らせはありません"))
            home.persons.mailroom.sent(number, operator(), Way.API, operator())
        names = names_of(home, {message.subject for message in waiting.values()})
    show_warnings([(message, names[message.subject]) for message in waiting.values()], as_json)


@office.command()
@click.argument("subject")
@json_option
@click.pass_obj
def acts(invocation: Invocation, subject: str, as_json: bool) -> None:
    """Show what was done to SUBJECT: a report, an entry, or `member:ID`.

    Of what was erased, who did what and when is left; the words are erased with it.
    """
    with _registry(invocation) as home:
        found = home.acts.trail(subject_named(home, subject))
    show_acts(found, as_json)


@office.command()
@click.argument("members", nargs=-1)
@json_option
@click.pass_obj
def quality(invocation: Invocation, members: Sequence[str], as_json: bool) -> None:
    """Show how the reports of MEMBERS (or of all) held, and which step the figures speak for; you decide."""
    with _registry(invocation) as home:
        wanted = members or [member.id for member in home.members.all()]
        found = home.moderation.qualities.of_all(wanted)
    show_qualities(found, as_json)


@office.command()
@click.argument("account", required=False)
@click.argument("member", required=False)
@click.option("--end", is_flag=True, help="ACCOUNT belongs to MEMBER no more; somebody else says so.")
@click.option("--reason", default="", help="As what: owner, staff, kin.")
@json_option
@click.pass_obj
def affiliated(
    invocation: Invocation, account: str | None, member: str | None, end: bool, reason: str, as_json: bool
) -> None:
    """Keep that ACCOUNT belongs to MEMBER and decides none of its cases; without both, show who belongs where."""
    if (account is None) is not (member is None) or (end and member is None):
        raise click.UsageError("name the ACCOUNT and the MEMBER")
    with _registry(invocation) as home:
        if account is not None and member is not None:
            change = home.conflicts.end if end else home.conflicts.affiliate
            change(account, home.members.show(member).id, operator(), reason)
        found = home.conflicts.all()
    if as_json:
        show_json({name: sorted(shops) for name, shops in found.items()})
    else:
        show_table(("account", "belongs to"), [(name, ", ".join(sorted(shops))) for name, shops in found.items()])


@contextmanager
def _registry(invocation: Invocation) -> Iterator[RegistryHome]:
    with opened(invocation) as installation:
        yield own_registry(installation)


@contextmanager
def _settling(invocation: Invocation) -> Iterator[RegistryHome]:
    """For decisions: index and log follow at once, and not only when the registry's clock comes by."""
    with _registry(invocation) as home:
        yield home
        home.entries.settle()


def _as_category(name: str | None) -> Category | None:
    return None if name is None else Category(name)
