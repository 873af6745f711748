"""``shopguard demo``: a whole network on this machine, with a simulated shop where invented people order."""

import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shopguard.cli import supervise
from shopguard.cli.invocation import DEFAULT_CONFIG, Invocation
from shopguard.cli.logs import start_logging
from shopguard.cli.renewing import Renewal
from shopguard.cli.serve import check_port, refuse_foreign_packages, sign_in_link, take_up

if TYPE_CHECKING:
    from shopguard.demo.network import DemoNetwork

_ROLES = ("receiver", "worker", "console")
_CENTRE_ROLES = ("prf", "registry", "office")
_UP_WITHIN_S = 60.0
_SETTINGS = {"worker": {"reconcile_every_s": 60}}


@click.command()
@click.option("--port", type=click.IntRange(1024, 65000), default=8080, show_default=True, help="First of six ports.")
@click.option("--every", type=click.FloatRange(min=0), default=10.0, help="Seconds between two buyers")
@click.option("--only-shop", is_flag=True, hidden=True)
@click.pass_obj
def demo(invocation: Invocation, port: int, every: float, only_shop: bool) -> None:
    """Run a central registry, a guard and a simulated WooCommerce shop; everybody in it is invented.

    Nothing leaves this machine. Data is kept in the folder `demo` of the data directory and used again.
    """
    from shopguard.demo.network import HOST, DemoNetwork, Ports

    start_logging()
    refuse_foreign_packages()
    network = DemoNetwork(invocation.data_dir / "demo", Ports.from_first(port), _SETTINGS, central=True)
    if only_shop:
        _serve_shop(network, every)
        return
    for what in ("receiver", "console", "registry", "shop"):
        check_port(HOST, getattr(network.ports, what), f"--port ({what})")
    network.furnish()
    commands = {role: supervise.role_command(role, str(network.config_path), str(network.home)) for role in _ROLES}
    centre = str(network.centre_config), str(network.centre_home)
    commands |= {role: supervise.role_command(role, *centre) for role in _CENTRE_ROLES}
    commands["shop"] = supervise.own_command(
        "demo", "--only-shop", "--data-dir", str(invocation.data_dir), "--port", str(port), "--every", str(every)
    )
    # beside the supervision, not before it: a process that died while we greet is started again
    greeting = threading.Thread(target=_connect_and_greet, args=(network,), name="greeting", daemon=True)
    renewal = Renewal(network.home, _ROLES, partial(take_up, network.config_path, network.home))
    supervise.supervise(commands, supervise.stop_on_signal(), greeting.start, renewal)


def _serve_shop(network: "DemoNetwork", every: float) -> None:
    from shopguard.demo.network import HOST
    from shopguard.demo.shop import serve_shop

    if supervise.is_supervised():
        supervise.end_with_parent()
    settings = network.shop_settings(order_every_s=every, delivery_delay_s=0.4, delivery_jitter_s=0.4)
    serve_shop(settings, HOST, network.ports.shop)


def _connect_and_greet(network: "DemoNetwork") -> None:
    """Connect the shop as an owner would, then say where everything is."""
    answering = (
        f"{network.registry_url}/healthz",
        f"{network.receiver_url}/readyz",
        f"{network.shop_url}/orders.json",
        network.console_url,
    )
    for address in answering:
        _wait_for(address)
    network.connect()
    with network.installation() as installation:
        link = sign_in_link(installation)
    where = f" --data-dir {_shown(network.home)}"
    if DEFAULT_CONFIG.exists():  # else that one would be taken
        where += f" --config {_shown(network.config_path)}"
    click.echo(
        f"\nShopGuard demo: everybody in it is invented, nothing leaves this machine.\n\n"
        f"  console        {link}\n"
        f"  simulated shop {network.shop_url}/   (as data: {network.shop_url}/orders.json)\n"
        f"  registry       {network.registry_url}/registry/openapi.json\n"
        f"  listed persons {network.registry_url}/persons/\n"
        f"  receiver       {network.receiver_url}/   (/healthz /readyz /metrics)\n\n"
        f"The second buyer is on the list and pays on delivery: the order is held within seconds.\n"
        f"From another terminal:\n"
        f"  .venv/bin/shopguard reviews{where}\n"
        f"  .venv/bin/shopguard release ORDER{where}\n"
        f"Ctrl-C ends everything; the data stays.\n"
    )


def _wait_for(address: str) -> None:
    import requests

    give_up_at = time.monotonic() + _UP_WITHIN_S
    while time.monotonic() < give_up_at:
        try:
            if requests.get(address, timeout=2).status_code < 500:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    click.echo(f"{address} does not answer", err=True)


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
