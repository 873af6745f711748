"""What is odd about the looks of members, and who looked at an entry: registry office alarms, looks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, say, show_json, show_table
from shopguard.cli.running import opened, operator, own_registry
from shopguard.registry.calendar import JST
from shopguard.registry.search.model import Look
from shopguard.registry.search.monitoring import Raised, Use
from shopguard.registry.search.wording import ALARMS


@click.group(invoke_without_command=True)
@click.option("--all", "with_answered", is_flag=True, help="Those that were answered, too.")
@json_option
@click.pass_context
def alarms(context: click.Context, with_answered: bool, as_json: bool) -> None:
    """Show what is odd about the looks of members, as of now; exit code 1 while one waits for an answer.

    An alarm accuses nobody: ask the member, and write down what came of it with `alarms answer`.
    """
    if context.invoked_subcommand is not None:
        return
    with opened(context.ensure_object(Invocation)) as installation:
        monitoring = own_registry(installation).monitoring
        monitoring.watch()
        raised = monitoring.all() if with_answered else monitoring.open()
    if as_json:
        show_json([_shape(one) for one in raised])
    elif raised:
        show_table(_HEADINGS, [_row(one) for one in raised])
    context.exit(1 if any(one.answered_by is None for one in raised) else 0)


@alarms.command()
@click.argument("number", type=int)
@click.option("--reason", required=True, help="What came of it; stored sealed, its commitment in the log.")
@click.pass_obj
def answer(invocation: Invocation, number: int, reason: str) -> None:
    """Keep what came of alarm NUMBER. It comes again only if what it is about goes on."""
    with opened(invocation) as installation:
        own_registry(installation).monitoring.answer(number, operator(), reason)
    click.echo(say(f"alarm {number}: answered", f"警告{number}：対応済み"))


@alarms.command()
@json_option
@click.pass_obj
def use(invocation: Invocation, as_json: bool) -> None:
    """Show what each member asked in the last 30 days, and what it reported: who searches should report, too."""
    with opened(invocation) as installation:
        used = own_registry(installation).monitoring.use()
    if as_json:
        show_json(used)
    else:
        show_table(("member", "orders", "searches", "told of somebody", "reports"), [_used(one) for one in used])


@click.command()
@click.argument("entry", metavar="[ENTRY]", required=False)
@click.option("--check", is_flag=True, help="Find looks that were changed since they were logged.")
@json_option
@click.pass_context
def looks(context: click.Context, entry: str | None, check: bool, as_json: bool) -> None:
    """Show who was told of ENTRY, by its id or handle, the latest first; or --check the whole book."""
    if check is (entry is not None):
        raise click.UsageError(say("name an ENTRY, or --check", "登録を指定するか、--check を使ってください"))
    with opened(context.ensure_object(Invocation)) as installation:
        home = own_registry(installation)
        if entry is None:
            faults = list(home.look_roots.faults())
        else:
            kept = home.publisher.placing.vault.find(entry)
            found = None if kept is None else home.looks.of(kept.handle)
    if entry is None:
        _say_faults(faults)
        context.exit(1 if faults else 0)
    if found is None:
        click.echo(say(f"{entry}: there is no entry with this id", f"{entry}：この登録はありません"), err=True)
        context.exit(1)
    if as_json:
        show_json([_look(one) for one in found])
    else:
        show_table(("when", "member", "key", "what for", "told"), [tuple(_look(one).values()) for one in found])


def _say_faults(faults: Sequence[tuple[int, int]]) -> None:
    for first, last in faults:
        click.echo(
            say(
                f"looks {first} to {last}: were changed since they were logged",
                f"照会記録{first}〜{last}：記録後に変更されています",
            )
        )
    if not faults:
        click.echo(say("the book of looks is as it was logged", "照会記録は変更されていません"))


_HEADINGS = ("alarm", "since", "latest", "member", "about", "times", "what", "answered by")


def _row(raised: Raised) -> Sequence[object]:
    alarm = raised.alarm
    seen = raised.number, _moment(alarm.first_at), _moment(alarm.last_at), alarm.member or None, alarm.about or None
    return (*seen, alarm.times, say(*ALARMS[alarm.code]), raised.answered_by)


def _shape(raised: Raised) -> Mapping[str, Any]:
    alarm = raised.alarm
    return {
        "number": raised.number,
        "code": alarm.code.value,
        "member": alarm.member or None,
        "about": alarm.about or None,
        "times": alarm.times,
        "first_at": _moment(alarm.first_at),
        "last_at": _moment(alarm.last_at),
        "raised_at": _moment(raised.raised_at),
        "answered_at": None if raised.answered_at is None else _moment(raised.answered_at),
        "answered_by": raised.answered_by,
    }


def _look(look: Look) -> Mapping[str, Any]:
    return {
        "at": _moment(look.at),
        "member": look.member,
        "key": look.key_id,
        "purpose": look.purpose.value,
        "opened": look.opened,
    }


def _used(use: Use) -> Sequence[object]:
    return use.member, use.orders, use.searches, use.told, use.reports


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, JST).isoformat(timespec="seconds")
