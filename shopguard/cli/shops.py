"""The commands around one shop's connection: connect, doctor."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from shopguard.cli import tables
from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, show_json
from shopguard.cli.running import check_tables, opened, operator
from shopguard.config.limits import WebAddress
from shopguard.errors import ConfigError
from shopguard.guard import connecting
from shopguard.guard.connecting import examine, webhook_address
from shopguard.guard.reviews import record
from shopguard.guard.shops import GuardedShop
from shopguard.model import Finding, OrderRef
from shopguard.wire import plain

if TYPE_CHECKING:
    from shopguard.bootstrap import Installation

_EVERYWHERE = "guard"  # stands for the shop where a finding concerns all of them


def _web_address(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    fault = WebAddress().fault(value) if value is not None else None
    if fault:
        raise click.BadParameter(fault)
    return value


_address_option = click.option(
    "--address",
    metavar="URL",
    callback=_web_address,
    help="This guard as seen from outside, in place of server.public_url.",
)


@click.command()
@click.argument("shop")
@_address_option
@json_option
@click.pass_obj
def connect(invocation: Invocation, shop: str, address: str | None, as_json: bool) -> None:
    """Register or repair a shop's webhooks; prints what a person must paste where the platform has no API."""
    with opened(invocation, create=True) as installation:
        guarded = _known(installation, shop)
        base = address or installation.config.server.public_url
        if base is None:
            raise ConfigError(
                "server.public_url: not set; write there the address at which the platform reaches this guard, "
                "such as https://guard.example.com, or name it here by --address"
            )
        target = webhook_address(base, guarded.settings.platform, shop)
        report = connecting.connect(guarded, base)
    if as_json:
        show_json({"shop": shop, "address": target, **plain(report)})
        return
    for done in report.done:
        click.echo(f"✓ {done}")
    if report.to_paste:
        click.echo(f"Paste at {guarded.settings.platform}, which has no API for it:")
    for where, what in report.to_paste.items():
        click.echo(f"  {where}: {what}")
    click.echo(f"Orders are sent to {target}\nLook whether they come:  shopguard doctor {shop}")


@click.command()
@click.argument("shop", required=False)
@_address_option
@click.option("--timeout", type=click.FloatRange(min=0.1), default=30.0, show_default=True, help="Seconds per check.")
@click.option("--clear-alarm", is_flag=True, help="The shop's alarm is settled; needs SHOP.")
@json_option
@click.pass_context
def doctor(
    context: click.Context,
    shop: str | None,
    address: str | None,
    timeout: float,
    clear_alarm: bool,
    as_json: bool,
) -> None:
    """Examine one shop or all, and the guard itself; one line each, exit code 1 on a fault."""
    if clear_alarm and shop is None:
        raise click.UsageError("--clear-alarm needs the name of the shop")
    invocation = context.ensure_object(Invocation)
    installation = invocation.installation()
    try:
        shops = [_known(installation, shop)] if shop else list(installation.shops.values())
        if clear_alarm:
            _settle(installation, shops[0].name)
        found = [(_EVERYWHERE, tables.finding(invocation.tables_folder, installation.clock()))]
        if not as_json:
            click.echo(_line(*found[0]))
        for where, finding in _examine(installation, shops, address, timeout):
            found.append((where, finding))
            if not as_json:
                click.echo(_line(where, finding))
    finally:
        installation.close()
    if as_json:
        show_json([{"shop": None if where == _EVERYWHERE else where, **plain(finding)} for where, finding in found])
    context.exit(0 if all(finding.ok for _, finding in found) else 1)


def _examine(
    installation: "Installation", shops: Sequence[GuardedShop], address: str | None, timeout_s: float
) -> Iterator[tuple[str, Finding]]:
    try:
        check_tables(installation)
    except ConfigError as error:
        yield _EVERYWHERE, Finding("database", False, str(error), "start `shopguard serve` once")
    else:
        yield _EVERYWHERE, Finding("database", True, "at this version")
        health = installation.health
        yield from ((_EVERYWHERE, finding) for finding in health.of_guard())
        yield from ((shop.name, finding) for shop in shops for finding in health.of_shop(shop))
    for shop in shops:
        found = examine(shop, installation.config.server, timeout_s, address)
        yield from ((shop.name, finding) for finding in found)


def _settle(installation: "Installation", shop: str) -> None:
    check_tables(installation)
    now, who = installation.clock(), operator()
    installation.states.clear_alarm(shop)
    installation.writer.run(lambda connection: record(connection, now, who, "clear_alarm", OrderRef(shop, "")))


def _line(where: str, finding: Finding) -> str:
    line = f"{'✓' if finding.ok else '✗'} {where}  {finding.check}: {finding.text}"
    return f"{line} → {finding.remedy}" if finding.remedy else line


def _known(installation: "Installation", shop: str) -> GuardedShop:
    if shop not in installation.config.shops:
        known = ", ".join(installation.config.shops) or "none is in the settings"
        raise click.UsageError(f"no shop is named {shop}; the shops: {known}")
    return installation.shops[shop]
