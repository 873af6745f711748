"""Accounts of the console: user list, add, roles, shops, link, password, unlock, codes-off, sign-out, close.

The way back in for whoever is locked out of the pages; see the section "Signing in" of the README.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, show_json, show_table
from shopguard.cli.running import Refused, opened, operator
from shopguard.cli.serve import sign_in_link
from shopguard.model import OrderRef
from shopguard.web.accounts.helping import CLOSE, HELP, Help
from shopguard.web.accounts.links import INVITATION_LIFE_S
from shopguard.web.accounts.passwords import weakness
from shopguard.web.roles import Role

if TYPE_CHECKING:
    from shopguard.bootstrap import Installation
    from shopguard.web.accounts.model import Account
    from shopguard.web.accounts.proofs import Ways

_ROLE = click.Choice([role.value for role in Role])
_shops_option = click.option(
    "--shop", "shops", multiple=True, help="Whose orders they see; repeat for several.  [default: all]"
)


@click.group()
def user() -> None:
    """Who may sign in to the console, and what they may do. Everything here is written into the audit log."""


@user.command("list")
@json_option
@click.pass_obj
def list_(invocation: Invocation, as_json: bool) -> None:
    """Show the accounts, and how each can be signed in to."""
    with opened(invocation) as installation:
        now, ways = installation.clock(), installation.people.proofs.ways()
        rows = [_row(one, ways[one.id], now) for one in installation.people.accounts.all()]
    if as_json:
        show_json(rows)
    else:
        show_table(_HEADINGS, [_cells(row) for row in rows])


@user.command()
@click.argument("name")
@click.option("--role", "roles", type=_ROLE, multiple=True, required=True, help="Repeat for several.")
@_shops_option
@click.option("--shown", default="", help="What others see.  [default: NAME]")
@click.pass_obj
def add(invocation: Invocation, name: str, roles: Sequence[str], shops: Sequence[str], shown: str) -> None:
    """Make an account and print the link by which its owner comes in first; they set their own password there."""
    with opened(invocation, create=True) as installation:
        made = installation.people.accounts.create(name, shown, map(Role, roles), _known(installation, shops))
        _note(installation, "account_add", f"{name}: {' '.join(sorted(roles))}")
        click.echo(f"{name}: this link is good once, for three days")
        click.echo(_link(installation, made))


@user.command()
@click.argument("name")
@click.argument("roles", metavar="ROLE...", type=_ROLE, nargs=-1, required=True)
@click.pass_obj
def roles(invocation: Invocation, name: str, roles: Sequence[str]) -> None:
    """Let NAME do exactly this: operator, shop_admin, member, office, auditor."""
    with opened(invocation) as installation:
        found = _account(installation, name)
        installation.people.accounts.change(found.id, roles=map(Role, roles))
        _note(installation, "account_roles", f"{name}: {' '.join(sorted(roles))}")
    click.echo(f"{name}: {', '.join(sorted(roles))}")


@user.command()
@click.argument("name")
@_shops_option
@click.pass_obj
def shops(invocation: Invocation, name: str, shops: Sequence[str]) -> None:
    """Let NAME see the orders of these shops and of no others."""
    with opened(invocation) as installation:
        found, known = _account(installation, name), _known(installation, shops)
        installation.people.accounts.change(found.id, shops=known)
        _note(installation, "account_roles", f"{name}: shops: {' '.join(sorted(shops)) or 'all'}")
    click.echo(f"{name}: sees the orders of {', '.join(sorted(shops)) or 'all shops'}")


@user.command()
@click.argument("name")
@click.pass_obj
def link(invocation: Invocation, name: str) -> None:
    """Print a link that lets NAME in once, without password or code, and good for three days."""
    with opened(invocation) as installation:
        found = _account(installation, name)
        _note(installation, "account_link", name)
        click.echo(_link(installation, found))


@user.command()
@click.argument("name")
@click.pass_obj
def password(invocation: Invocation, name: str) -> None:
    """Set the password of NAME, typed or piped in, and sign them out. Better: `link`: then only they know it."""
    with opened(invocation) as installation:
        found, password = _account(installation, name), _typed_or_piped()
        if said := weakness(password, name):
            raise Refused(f"password: {said}")
        installation.people.proofs.set_password(found.id, installation.people.passwords.hash(password))
        installation.people.proofs.forget_tries(found.id)
        installation.people.sessions.end_others(found.id)
        _note(installation, "account_password", f"{name}: set for them")
    click.echo(f"{name}: has a new password, and is signed out everywhere")


@user.command()
@click.argument("name")
@click.pass_obj
def unlock(invocation: Invocation, name: str) -> None:
    """End the pause after too many wrong tries at NAME."""
    _help(invocation, name, HELP["unlock"], "may try again")


@user.command("codes-off")
@click.argument("name")
@click.pass_obj
def codes_off(invocation: Invocation, name: str) -> None:
    """Ask NAME for no one-time codes any more: for somebody who lost both app and recovery codes."""
    _help(invocation, name, HELP["codes-off"], "signs in without one-time codes")


@user.command("sign-out")
@click.argument("name")
@click.pass_obj
def sign_out(invocation: Invocation, name: str) -> None:
    """Sign NAME out everywhere, at once."""
    _help(invocation, name, HELP["sign-out"], "is signed out everywhere")


@user.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@click.pass_obj
def close(invocation: Invocation, name: str, yes: bool) -> None:
    """Let nobody sign in as NAME any more, for good. What was done under the name stays in the audit log."""
    if not yes:
        click.confirm(f"{name} can never sign in again, and nobody can get this name. Go on?", abort=True, err=True)
    _help(invocation, name, CLOSE, "closed")


def _help(invocation: Invocation, name: str, help: Help, said: str) -> None:
    with opened(invocation) as installation:
        found = _account(installation, name)
        help.give(installation.people, found, partial(_note, installation))
    click.echo(f"{name}: {said}")


def _typed_or_piped() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.read().rstrip("\r\n")
    typed: str = click.prompt("password", hide_input=True, confirmation_prompt=True, err=True)
    return typed


_HEADINGS = ("name", "roles", "shops", "password", "codes", "passkeys", "company", "paused for")


def _row(account: "Account", ways: "Ways", now: float) -> dict[str, Any]:
    return {
        "name": account.name,
        "shown": account.shown,
        "roles": sorted(account.roles),
        "shops": None if account.shops is None else sorted(account.shops),
        "password": ways.password,
        "codes": ways.codes,
        "passkeys": ways.passkeys,
        "company": ways.company,
        "paused_s": None if ways.paused_until is None else round(ways.paused_until - now),
    }


def _cells(row: Mapping[str, Any]) -> Sequence[object]:
    shops = "all" if row["shops"] is None else ", ".join(row["shops"])
    paused = None if row["paused_s"] is None else f"{row['paused_s']} s"
    kinds = (row[kind] for kind in ("password", "codes", "passkeys", "company"))
    return (row["name"], ", ".join(row["roles"]), shops, *kinds, paused)


def _account(installation: "Installation", name: str) -> "Account":
    found = installation.people.accounts.find(name)
    if found is None:
        raise Refused(f"{name}: no such account; `shopguard user list` shows them")
    return found


def _known(installation: "Installation", shops: Sequence[str]) -> Sequence[str] | None:
    """Return the shops, or None for all; ``Refused`` for one that the settings do not have."""
    for shop in shops:
        if shop not in installation.config.shops:
            raise Refused(f"{shop}: no such shop; the settings have {', '.join(installation.config.shops) or 'none'}")
    return shops or None


def _link(installation: "Installation", account: "Account") -> str:
    return sign_in_link(installation, account=account.id, life_s=INVITATION_LIFE_S)


def _note(installation: "Installation", action: str, detail: str) -> None:
    installation.reviews.note(operator(), action, OrderRef("", ""), detail[:500])
