"""How shops become members, and with whom they are one voice: registry members apply, applications, approve, tie …"""

from collections.abc import Collection
from typing import Any, BinaryIO

import click
import msgspec

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, show_json, show_table
from shopguard.cli.running import opened, operator, own_registry
from shopguard.registry.members.applications import Application, Stage
from shopguard.registry.members.enrolling import member_settings
from shopguard.registry.members.particulars import TraitKind
from shopguard.registry.members.stated import NEEDED, OPTIONAL, read_application, read_particulars
from shopguard.wire import plain

_PARTICULARS = f"The particulars of a shop: {', '.join(NEEDED)}; where there are any: {', '.join(OPTIONAL)}."
_reason = click.option("--reason", required=True, help="Why; kept sealed.")


@click.command(epilog=_PARTICULARS)
@click.argument("file", type=click.File("rb"))
@click.pass_obj
def apply(invocation: Invocation, file: BinaryIO) -> None:
    """Take in the application in FILE (JSON; `-` is stdin): `shop` (its particulars), `key`, `daily_orders` (usual).

    Everything that is wrong with it is named at once, and nothing is kept then.
    """
    applied = read_application(file.read())
    with opened(invocation, create=True) as installation:
        made = own_registry(installation).applications.apply(applied, operator())
    click.echo(f"{made.id}: waits for `shopguard registry members approve {made.id} MEMBER`")


@click.command()
@click.option("--all", "of_all", is_flag=True, help="Approved ones too.")
@json_option
@click.pass_obj
def applications(invocation: Invocation, of_all: bool, as_json: bool) -> None:
    """Show the applications that wait, the oldest first."""
    with opened(invocation) as installation:
        found = own_registry(installation).applications.all(None if of_all else Stage.SUBMITTED)
    if as_json:
        show_json([_plain(one) for one in found])
    else:
        headings = ("application", "stage", "member", "shop", "representative", "site")
        show_table(headings, [_cells(one) for one in found])


@click.command()
@click.argument("application")
@json_option
@click.pass_obj
def application(invocation: Invocation, application: str, as_json: bool) -> None:
    """Show one application, and which members the shop has something in common with."""
    with opened(invocation) as installation:
        desk = own_registry(installation).applications
        found, like = desk.show(application), desk.like(application)
    if as_json:
        show_json({**_plain(found), "like": {member: sorted(kinds) for member, kinds in like.items()}})
        return
    shop = plain(found.applied.shop)
    show_table(("application", found.id), [(name.replace("_", " "), value) for name, value in shop.items() if value])
    click.echo()
    show_table(("like", "in", "so"), [(member, *_common(kinds)) for member, kinds in like.items()])


@click.command()
@click.argument("application")
@click.argument("member")
@click.option("--reason", default="", help="Why, where that is not plain; kept sealed.")
@json_option
@click.pass_obj
def approve(invocation: Invocation, application: str, member: str, reason: str, as_json: bool) -> None:
    """Take the shop of an APPLICATION in under the id MEMBER, and print what it has to write into its settings."""
    with opened(invocation) as installation:
        home = own_registry(installation)
        home.applications.approve(application, member, operator(), reason)
        settings = member_settings(member, invocation.config().server.registry_url, home.answer_keys.publics)
        home.fees.issue()
    if as_json:
        show_json({"member": member, "settings": settings})
        return
    click.echo(f"{member}: may ask from now on")
    click.echo("Give this to the shop, for its config.yaml:\n")
    click.echo(settings, nl=False)


@click.command()
@click.argument("application")
@_reason
@click.pass_obj
def reject(invocation: Invocation, application: str, reason: str) -> None:
    """Turn an APPLICATION down; what the shop stated is erased at once."""
    with opened(invocation) as installation:
        own_registry(installation).applications.reject(application, reason, operator())
    click.echo(f"{application}: rejected, and erased")


@click.command(epilog=_PARTICULARS)
@click.argument("member")
@click.argument("file", type=click.File("rb"))
@click.pass_obj
def describe(invocation: Invocation, member: str, file: BinaryIO) -> None:
    """Keep what the particulars in FILE (JSON; `-` is stdin) show of MEMBER: with whom it is one, who its people are.

    For one that was taken in without an application, or whose address, account or people have changed. Kept are
    digests alone; everything that is wrong is named at once, and nothing is kept then.
    """
    stated = read_particulars(file.read())
    with opened(invocation) as installation:
        own_registry(installation).members.describe(member, stated, operator())
    click.echo(f"{member}: described")


@click.command()
@json_option
@click.pass_obj
def groups(invocation: Invocation, as_json: bool) -> None:
    """Show which members are one voice, and what members have in common that may make them one.

    Shops of one owner, address, bank account or sign-in count once, however many of them report a person.
    """
    with opened(invocation) as installation:
        members = own_registry(installation).members
        found, common = members.groups(), members.ties()
    if as_json:
        ties = [{"one": tie.one, "other": tie.other, "why": tie.why.value, "ties": tie.why.ties} for tie in common]
        show_json({"groups": found, "common": ties})
        return
    several = {lead for member, lead in found.items() if member != lead}
    show_table(("group", "member"), [(lead, member) for member, lead in sorted(found.items()) if lead in several])
    click.echo()
    show_table(("one", "other", "in", "so"), [(tie.one, tie.other, *_common([tie.why])) for tie in common])


@click.command()
@click.argument("one")
@click.argument("other")
@_reason
@click.pass_obj
def tie(invocation: Invocation, one: str, other: str, reason: str) -> None:
    """Let two members count as one voice, as you found out: one owner, one family, one sign-in."""
    with opened(invocation) as installation:
        own_registry(installation).members.tie(one, other, reason, operator())
    click.echo(f"{one} and {other}: one voice")


@click.command()
@click.argument("one")
@click.argument("other")
@_reason
@click.pass_obj
def untie(invocation: Invocation, one: str, other: str, reason: str) -> None:
    """Take back what `tie` said. What both shops stated alike still makes them one."""
    with opened(invocation) as installation:
        members = own_registry(installation).members
        members.untie(one, other, reason, operator())
        groups = members.groups()
    still = groups.get(one) == groups.get(other)
    click.echo(f"{one} and {other}: {'still one voice: see `shopguard registry members groups`' if still else 'two'}")


def _plain(found: Application) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.to_builtins(found)
    return {name: value for name, value in content.items() if name != "number"}


def _cells(found: Application) -> tuple[object, ...]:
    shop = found.applied.shop
    return (
        found.id,
        found.stage.value,
        found.member or None,
        shop.legal_name,
        shop.representative,
        shop.site,
    )


def _common(kinds: Collection[TraitKind]) -> tuple[str, str]:
    one = any(kind.ties for kind in kinds)
    return ", ".join(sorted(kind.value for kind in kinds)), "one voice" if one else "look into it"


COMMANDS = (apply, applications, application, approve, reject, describe, groups, tie, untie)
