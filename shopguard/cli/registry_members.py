"""The members of the registry, from the command line: registry members create, list, show, suspend …"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, show_json, show_table
from shopguard.cli.registry_applications import COMMANDS
from shopguard.cli.registry_fees import fees
from shopguard.cli.running import opened, operator, own_registry
from shopguard.registry.desk import ALL_ROLES, Role
from shopguard.registry.members.enrolling import member_settings
from shopguard.registry.members.model import USUAL_DAILY_ORDERS, Member, MemberAct, public_key
from shopguard.registry.prf.function import MemberStanding
from shopguard.registry.refusals import Refusal, Refused

if TYPE_CHECKING:
    from shopguard.bootstrap import Installation

_ORDERS = click.IntRange(1, 1_000_000)
_ROLE = click.Choice([role.value for role in Role])


@click.group()
def members() -> None:
    """The members of this registry: who may ask it, under which keys, how much, and for what fee."""


for command in (*COMMANDS, fees):
    members.add_command(command)


@members.command("list")
@json_option
@click.pass_obj
def list_members(invocation: Invocation, as_json: bool) -> None:
    """Show every member, and what is left of its budget (values it may still ask about, by kind)."""
    with opened(invocation) as installation:
        standings = _standings(installation)
        rows = [_row(member, standings.get(member.id)) for member in own_registry(installation).members.all()]
    if as_json:
        show_json(rows)
    else:
        show_table(_HEADINGS, [_cells(row) for row in rows])


@members.command()
@click.argument("member")
@json_option
@click.pass_obj
def show(invocation: Invocation, member: str, as_json: bool) -> None:
    """Show one member: contact, keys, budget, and everything that was done to it, the latest first."""
    with opened(invocation) as installation:
        found, acts = own_registry(installation).members.show(member), own_registry(installation).members.acts(member)
        row = _row(found, _standings(installation).get(member))
    if as_json:
        show_json({**row, "acts": [_act(act) for act in acts]})
        return
    keys = ", ".join(f"{key.id} ({_uses(key.roles)})" for key in found.keys)
    facts = {**row, "keys": keys, "budgets": _left(row["budgets"])}
    show_table(("member", member), [(name.replace("_", " "), value) for name, value in facts.items() if name != "id"])
    click.echo()
    show_table(("when", "what", "by", "detail", "log"), [tuple(_act(act).values()) for act in acts])


@members.command()
@click.argument("member")
@click.option("--name", required=True, help="The business, as the office knows it.")
@click.option("--key", required=True, metavar="PUBLIC", help="What `shopguard registry enrol` printed at the shop.")
@click.option("--contact", default="", help="How to reach it; stored sealed.")
@click.option(
    "--daily-orders", type=_ORDERS, default=USUAL_DAILY_ORDERS, show_default=True, help="What its budget is made for."
)
@json_option
@click.pass_obj
def create(
    invocation: Invocation, member: str, name: str, key: str, contact: str, daily_orders: int, as_json: bool
) -> None:
    """Take a business in under the id MEMBER, and print what it has to write into its settings."""
    with opened(invocation, create=True) as installation:
        made = own_registry(installation).members.create(
            member, name, public_key(key), daily_orders, contact, operator()
        )
        settings = member_settings(
            member, invocation.config().server.registry_url, own_registry(installation).answer_keys.publics
        )
    if as_json:
        show_json({**_row(made, None), "settings": settings})
        return
    click.echo(f"{member}: may ask from now on, for {daily_orders} orders a day")
    click.echo("Give this to the shop, for its config.yaml:\n")
    click.echo(settings, nl=False)


@members.command("add-key")
@click.argument("member")
@click.argument("public", metavar="PUBLIC")
@click.option(
    "--role", "roles", type=_ROLE, multiple=True, help="What it is for; repeat for several.  [default: all]"
)
@click.pass_obj
def add_key(invocation: Invocation, member: str, public: str, roles: tuple[str, ...]) -> None:
    """Let MEMBER sign under one more key: for somebody who may do less, or in place of one that is to end."""
    meant = [Role(role) for role in roles] or ALL_ROLES
    with opened(invocation) as installation:
        keys = own_registry(installation).members.add_key(member, public_key(public), operator(), meant)
    click.echo(f"{member}: signs under {' or '.join(keys)}")


@members.command("set-roles")
@click.argument("member")
@click.argument("key", metavar="KEY")
@click.argument("roles", metavar="ROLE...", type=_ROLE, nargs=-1, required=True)
@click.pass_obj
def set_roles(invocation: Invocation, member: str, key: str, roles: tuple[str, ...]) -> None:
    """Let KEY of MEMBER be for these roles alone: look_up (the guard), report, search, admin (keys and fees)."""
    with opened(invocation) as installation:
        own_registry(installation).members.set_roles(member, key, [Role(role) for role in roles], operator())
    click.echo(f"{member}: {key} is for {', '.join(sorted(set(roles)))}")


@members.command("end-key")
@click.argument("member")
@click.argument("key", metavar="KEY")
@click.pass_obj
def end_key(invocation: Invocation, member: str, key: str) -> None:
    """Believe nothing signed under KEY of MEMBER any more. It never comes back, and the last one stays."""
    with opened(invocation) as installation:
        keys = own_registry(installation).members.remove_key(member, key, operator())
    click.echo(f"{member}: signs under {' or '.join(keys)}")


@members.command()
@click.argument("member")
@click.option("--reason", required=True, help="For the office; stored sealed.")
@click.pass_obj
def suspend(invocation: Invocation, member: str, reason: str) -> None:
    """Let MEMBER ask no more, from this moment until `resume`."""
    with opened(invocation) as installation:
        own_registry(installation).members.suspend(member, reason, operator())
    click.echo(f"{member}: may not ask until `shopguard registry members resume {member}`")


@members.command()
@click.argument("member")
@click.pass_obj
def resume(invocation: Invocation, member: str) -> None:
    """Let a suspended MEMBER ask again."""
    with opened(invocation) as installation:
        own_registry(installation).members.resume(member, operator())
    click.echo(f"{member}: may ask again")


@members.command()
@click.argument("member")
@click.option("--reason", default="", help="For the office; stored sealed.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@click.pass_obj
def leave(invocation: Invocation, member: str, reason: str, yes: bool) -> None:
    """Let MEMBER ask no more, for good: it could only come back under another id. See also `suspend`.

    Its particulars are erased and its reports withdrawn; entries that rest on no other shop end with them.
    """
    if not yes:
        click.confirm(
            f"{member} can never ask again under this id, and its reports are withdrawn. Go on?", abort=True, err=True
        )
    with opened(invocation) as installation:
        own_registry(installation).members.leave(member, reason, operator())
        withdrawn = own_registry(installation).leaving.finish()
    click.echo(
        f"{member}: has left, and its particulars are erased. What it has learned so far loses its worth at the next"
        " `shopguard registry reseal`."
    )
    if withdrawn:
        click.echo(f"Reports withdrawn, as nobody stands by them any more: {withdrawn}")


@members.command()
@click.argument("member")
@click.argument("daily_orders", metavar="[ORDERS]", type=_ORDERS, required=False)
@click.option("--unlimited", is_flag=True, help="No limit: for shops of your own only.")
@click.pass_obj
def budget(invocation: Invocation, member: str, daily_orders: int | None, unlimited: bool) -> None:
    """Make the budget of MEMBER for so many ORDERS a day."""
    if unlimited is (daily_orders is not None):
        raise click.UsageError("say how many ORDERS a day, or --unlimited")
    with opened(invocation) as installation:
        own_registry(installation).members.set_budget(member, daily_orders, operator())
    click.echo(f"{member}: {'is not limited' if unlimited else f'has a budget for {daily_orders} orders a day'}")


@members.command("resume-budget")
@click.argument("member")
@click.pass_obj
def resume_budget(invocation: Invocation, member: str) -> None:
    """Give MEMBER a full budget, after it was stopped and you have found out why it asked so much."""
    with opened(invocation) as installation:
        own_registry(installation).members.resume_budget(member, operator())
    click.echo(f"{member}: has a full budget")


@members.command()
@click.pass_obj
def sync(invocation: Invocation) -> None:
    """Tell the keyed function everything about the members that it does not know; each start does so too."""
    with opened(invocation) as installation:
        told = own_registry(installation).members.sync()
    click.echo(
        "everything was known already" if not told else f"told it of {told} {'member' if told == 1 else 'members'}"
    )


_HEADINGS = ("member", "name", "state", "stopped", "orders/day", "keys", "asked today", "left")


def _standings(installation: "Installation") -> Mapping[str, MemberStanding]:
    """What the keyed function knows of the members; while it is away, the vault's own knowledge is shown alone."""
    try:
        return own_registry(installation).members.standings()
    except Refused as refused:
        if refused.code is not Refusal.UNAVAILABLE:
            raise
        click.echo(f"budgets cannot be shown: {refused}", err=True)
        return {}


def _row(member: Member, standing: MemberStanding | None) -> dict[str, Any]:
    return {
        "id": member.id,
        "name": member.name,
        "contact": member.contact,
        "state": member.state.value,
        "reason": member.reason,
        "stopped": None if standing is None else standing.stopped,
        "daily_orders": member.daily_orders,
        "keys": [
            {"id": key.id, "added_at": _moment(key.added_at), "roles": sorted(key.roles)} for key in member.keys
        ],
        "asked_today": None if standing is None else standing.batches_today,
        "budgets": []
        if standing is None
        else [{"class": b.cls, "left": b.left, "size": b.size} for b in standing.budgets],
        "created_at": _moment(member.created_at),
    }


def _cells(row: Mapping[str, Any]) -> Sequence[object]:
    orders = "not limited" if row["daily_orders"] is None else row["daily_orders"]
    keys = ", ".join(key["id"] for key in row["keys"])
    shown = row["id"], row["name"], row["state"], row["stopped"], orders, keys, row["asked_today"]
    return (*shown, _left(row["budgets"]))


def _left(budgets: Sequence[Mapping[str, int]]) -> str | None:
    """The share of the scarcest kind: the one that stops the member first."""
    shares = [budget["left"] / budget["size"] for budget in budgets]
    return f"{min(shares):.0%}" if shares else None


def _uses(roles: frozenset[Role]) -> str:
    return "all" if roles == ALL_ROLES else ", ".join(sorted(roles))


def _act(act: MemberAct) -> dict[str, Any]:
    return {"at": _moment(act.at), "kind": act.kind.value, "by": act.by, "detail": act.detail, "leaf": act.leaf}


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
