"""Stored data and the keys that seal it: data purge, data export; keys list, rotate, reseal, retire."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
import sqlalchemy as sa

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, progress, show_json, show_table
from shopguard.cli.running import Refused, opened, operator
from shopguard.cli.tables import import_, refresh_
from shopguard.guard.reviews import record
from shopguard.model import OrderRef
from shopguard.storage.engine import reading
from shopguard.storage.resealing import SealedRows
from shopguard.storage.tables import audit
from shopguard.wire import plain

if TYPE_CHECKING:
    from shopguard.bootstrap import Installation


@click.group()
def data() -> None:
    """Retention, what a person may ask for, and the tables of places."""


data.add_command(refresh_)
data.add_command(import_)


@data.command()
@click.option("--dry-run", is_flag=True, help="Count only.")
@json_option
@click.pass_obj
def purge(invocation: Invocation, dry_run: bool, as_json: bool) -> None:
    """Empty what is older than the settings' retention; a running worker does so every hour."""
    with opened(invocation) as installation:
        purged = installation.retention.purge(dry_run)
    if as_json:
        show_json({"dry_run": dry_run, **plain(purged)})
        return
    click.echo("would be emptied:" if dry_run else "emptied:")
    show_table(("what", "rows"), plain(purged).items())


@data.command()
@click.argument("shop")
@click.option("--request", "request_id", required=True, metavar="ID", help="The request, as the alarm names it.")
@click.pass_obj
def export(invocation: Invocation, shop: str, request_id: str) -> None:
    """Write what is stored of a person's orders, and noted on them, as JSON, for the answer to their request."""
    with opened(invocation) as installation:
        refs = _asked_for(installation, shop, request_id)
        if not refs:
            raise Refused(f"{shop}: no access request {request_id} named a stored order")
        orders = {ref: installation.store.order(ref) for ref in refs}
        notes = [
            {"order_id": ref.order_id, "at": datetime.fromtimestamp(note.at, UTC), "text": note.text}
            for ref in refs
            for note in installation.notes.of(ref)
        ]
        now, who = installation.clock(), operator()
        line = OrderRef(shop, "")
        installation.writer.run(lambda c: record(c, now, who, "data_export", line, request_id))
    exported: dict[str, Any] = {"shop": shop, "request": request_id}
    exported["orders"] = [order for order in orders.values() if order is not None]
    exported["notes"] = notes
    exported["erased"] = [ref.order_id for ref, order in orders.items() if order is None]
    show_json(exported)


def _asked_for(installation: "Installation", shop: str, request_id: str) -> list[OrderRef]:
    named = (audit.c.action == "access_request") & (audit.c.shop == shop) & (audit.c.detail == request_id)
    query = sa.select(audit.c.order_id).where(named).distinct().order_by(audit.c.order_id)
    with reading(installation.engine) as connection:
        return [OrderRef(shop, order_id) for order_id in connection.execute(query).scalars()]


@click.group()
def keys() -> None:
    """The keys that seal stored data. To change them while everything runs: rotate, reseal, retire."""


@keys.command("list")
@json_option
@click.pass_obj
def list_keys(invocation: Invocation, as_json: bool) -> None:
    """Show the keys that open stored data, newest first; never the keys themselves."""
    ring = invocation.keyring().encryption_keys
    rows = [{"id": key.id, "created_at": key.created_at, "seals": key is ring[0]} for key in ring]
    if as_json:
        show_json(rows)
    else:
        show_table(("key", "created", "seals"), [list(row.values()) for row in rows])


@keys.command()
@click.pass_obj
def rotate(invocation: Invocation) -> None:
    """Seal with a new key from now on; older keys still open what they sealed. Nothing needs a restart."""
    new = invocation.keyring().rotate()
    click.echo(f"key {new} seals from now on")
    click.echo("Next: back up keys.json, run `shopguard keys reseal`, then retire the older keys.")


@keys.command()
@click.pass_obj
def reseal(invocation: Invocation) -> None:
    """Seal everything stored anew under the newest key; safe to break off and to run again."""
    with opened(invocation) as installation:
        changed = seen = 0
        for rows in _sealed(installation):
            with progress(rows.reseal(installation.keyring), "reseal", rows.count()) as shown:
                for was_old in shown:
                    seen, changed = seen + 1, changed + was_old
        _seal_secrets_again(invocation)
    click.echo(f"{changed} of {seen} rows were sealed anew, and the stored secrets")


@keys.command()
@click.argument("key")
@click.pass_obj
def retire(invocation: Invocation, key: str) -> None:
    """Forget an older KEY; refused while something stored needs it."""
    keyring = invocation.keyring()
    ring = keyring.encryption_keys
    if any(known.id == key for known in ring[1:]):
        with opened(invocation) as installation:
            needing = 0
            for rows in _sealed(installation):
                with progress(rows.needing(key, ring), "look", rows.count()) as shown:
                    needing += sum(shown)
        if needing:
            raise Refused(f"key {key}: {needing} rows are sealed under it; run `shopguard keys reseal` first")
        _seal_secrets_again(invocation)
    keyring.retire(key)
    click.echo(f"key {key} is forgotten; a backup made before needs the key file of that time")


def _seal_secrets_again(invocation: Invocation) -> None:
    stored = invocation.stored_secrets()
    if stored.list():
        stored.seal_again()


def _sealed(installation: "Installation") -> list[SealedRows]:
    """Return what is sealed under the guard's keys, by database."""
    return [SealedRows(installation.engine)]
