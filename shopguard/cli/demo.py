"""``shopguard demo``: a whole network on this machine, with a simulated shop where invented people order."""

import secrets
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import requests

from shopguard.cli import supervise
from shopguard.cli.invocation import DEFAULT_CONFIG, Invocation
from shopguard.cli.logs import start_logging
from shopguard.cli.serve import check_port, prepare, sign_in_link

if TYPE_CHECKING:
    from shopguard.demo.shop import DemoShopSettings

SHOP = "demo-shop"
_HOST = "127.0.0.1"
_WEBHOOK_SECRET, _KEY, _KEY_SECRET = "DEMO_WEBHOOK_SECRET", "DEMO_CONSUMER_KEY", "DEMO_CONSUMER_SECRET"
_UP_WITHIN_S = 60.0

_CONFIG = """\
# Written by `shopguard demo` at every start; changes here are lost.
server:
  host: {host}
  receiver_port: {receiver}
  console_port: {console}
  public_url: http://{host}:{receiver}
worker:
  reconcile_every_s: 60
shops:
  {shop}:
    platform: woocommerce
    mode: hold
    url: http://{host}:{shop_port}
    assume_https: true
    webhook_secrets: [{{stored: {webhook_secret}}}]
    consumer_key: {{stored: {key}}}
    consumer_secret: {{stored: {key_secret}}}
"""


@click.command()
@click.option("--port", type=click.IntRange(1024, 65000), default=8080, show_default=True, help="First of six ports.")
@click.option("--every", type=click.FloatRange(min=0), default=8.0, show_default=True, help="Seconds between buyers.")
@click.option("--only-shop", is_flag=True, hidden=True)
@click.pass_obj
def demo(invocation: Invocation, port: int, every: float, only_shop: bool) -> None:
    """Run receiver, worker, console and a simulated WooCommerce shop; everybody in it is invented.

    Nothing leaves this machine. Data is kept in the folder `demo` of the data directory and used again.
    """
    start_logging()
    network = _Network(invocation, port, every)
    if only_shop:
        network.serve_shop()
    else:
        network.run()


class _Network:
    """The demo's processes and files."""

    def __init__(self, invocation: Invocation, port: int, every: float) -> None:
        self._home = invocation.data_dir if invocation.data_dir.name == "demo" else invocation.data_dir / "demo"
        self._port, self._every = port, every
        self._invocation = Invocation()
        self._invocation.data_dir = self._home
        self._invocation.given_config = self._home / "config.yaml"

    def run(self) -> None:
        self._furnish()
        for key, port in (("receiver", self._port), ("console", self._port + 1), ("shop", self._port + 5)):
            check_port(_HOST, port, f"--port ({key})")
        prepare(self._invocation)
        self._load_list()
        config, data_dir = str(self._home / "config.yaml"), str(self._home)
        commands = {
            role: supervise.role_command(role, config, data_dir) for role in ("receiver", "worker", "console")
        }
        commands["shop"] = self._shop_command()
        supervise.supervise(commands, supervise.stop_on_signal(), self._greet)

    def serve_shop(self) -> None:
        """Be the simulated shop."""
        from shopguard.demo.shop import serve_shop

        if supervise.is_supervised():
            supervise.end_with_parent()
        serve_shop(self._shop_settings(), _HOST, self._port + 5)

    def _shop_command(self) -> list[str]:
        start = list(supervise.role_command("worker", None, str(self._home)))[:3]
        more = ["demo", "--only-shop", "--data-dir", str(self._home)]
        return [*start, *more, "--port", str(self._port), "--every", str(self._every)]

    def _shop_settings(self) -> "DemoShopSettings":
        from shopguard.demo.shop import DemoShopSettings

        stored = self._invocation.stored_secrets().all()
        return DemoShopSettings(
            path=self._home / "shop.db",
            consumer_key=stored[_KEY].reveal(),
            consumer_secret=stored[_KEY_SECRET].reveal(),
            order_every_s=self._every,
            delivery_delay_s=0.4,
            delivery_jitter_s=0.4,
        )

    def _furnish(self) -> None:
        """Write keys and secrets once, the settings at every start."""
        from shopguard.adapter import Secret
        from shopguard.crypto import Keyring

        self._home.mkdir(parents=True, exist_ok=True)
        if not self._invocation.keys_path.exists():
            Keyring.create(self._invocation.keys_path, self._invocation.master_key)
        stored = self._invocation.stored_secrets()
        for name, prefix in ((_WEBHOOK_SECRET, ""), (_KEY, "ck_"), (_KEY_SECRET, "cs_")):
            if name not in stored.all():
                stored.set(name, Secret(prefix + secrets.token_hex(20)))
        text = _CONFIG.format(
            host=_HOST,
            receiver=self._port,
            console=self._port + 1,
            shop_port=self._port + 5,
            shop=SHOP,
            webhook_secret=_WEBHOOK_SECRET,
            key=_KEY,
            key_secret=_KEY_SECRET,
        )
        (self._home / "config.yaml").write_text(text, encoding="utf-8")

    def _load_list(self) -> None:
        from shopguard import wire
        from shopguard.demo.people import demo_entries

        installation = self._invocation.installation()
        try:
            installation.embedded_registry.load(wire.encode(entry) for entry in demo_entries())
        finally:
            installation.close()

    def _greet(self) -> None:
        """Connect the shop as an owner would, and say where everything is; beside the supervision, not before it."""
        threading.Thread(target=self._connect_and_tell, name="greeting", daemon=True).start()

    def _connect_and_tell(self) -> None:
        from shopguard.adapter import Connector

        receiver = f"http://{_HOST}:{self._port}"
        shop = f"http://{_HOST}:{self._port + 5}"
        for address in (f"{receiver}/readyz", f"{shop}/orders.json", f"http://{_HOST}:{self._port + 1}/healthz"):
            _wait_for(address)
        installation = self._invocation.installation()
        try:
            adapter = installation.shops[SHOP].adapter
            if isinstance(adapter, Connector):
                adapter.connect(f"{receiver}/webhooks/woocommerce/{SHOP}")
        finally:
            installation.close()
        where = f" --data-dir {_shown(self._home)}"
        if DEFAULT_CONFIG.exists():  # else that one would be taken
            where += f" --config {_shown(self._home / 'config.yaml')}"
        click.echo(
            f"\nShopGuard demo: everybody in it is invented, nothing leaves this machine.\n\n"
            f"  console        {sign_in_link(self._invocation, _HOST)}\n"
            f"  simulated shop {shop}/   (as data: {shop}/orders.json)\n"
            f"  receiver       {receiver}/   (/healthz /readyz /metrics)\n\n"
            f"The second buyer is on the list and pays on delivery: the order is held within seconds.\n"
            f"From another terminal:\n"
            f"  .venv/bin/shopguard reviews{where}\n"
            f"  .venv/bin/shopguard release ORDER{where}\n"
            f"Ctrl-C ends everything; the data stays.\n"
        )


def _wait_for(address: str) -> None:
    give_up_at = time.monotonic() + _UP_WITHIN_S
    while time.monotonic() < give_up_at:
        try:
            if requests.get(address, timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    click.echo(f"{address} does not answer", err=True)


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
