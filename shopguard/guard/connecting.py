"""One shop and its platform: the address it sends orders to, registering that, and examining whether all is well."""

from collections.abc import Iterator

from shopguard.adapter import Connector
from shopguard.config import ServerSettings
from shopguard.guard.health import listen
from shopguard.guard.shops import GuardedShop
from shopguard.model import ConnectReport, Finding


def webhook_address(base: str, platform: str, shop: str) -> str:
    """Return where ``platform`` sends the orders of ``shop`` to a guard that is seen at ``base``."""
    return f"{base.rstrip('/')}/webhooks/{platform}/{shop}"


def seen_at(server: ServerSettings) -> str:
    """Return where the receiver is found: from outside if that is set, else from this machine."""
    return server.public_url or f"http://{server.host}:{server.receiver_port}"


def connect(shop: GuardedShop, base: str) -> ConnectReport:
    """Register or repair the webhooks of ``shop``, or say what a person must paste at the platform."""
    address = webhook_address(base, shop.settings.platform, shop.name)
    if isinstance(shop.adapter, Connector):
        return shop.adapter.connect(address)
    return ConnectReport(to_paste={"webhook address": address})


def examine(
    shop: GuardedShop, server: ServerSettings, timeout_s: float, base: str | None = None
) -> Iterator[Finding]:
    """Yield what the platform says of its connection, one finding per check.

    Args:
        timeout_s: how long to wait for each.
        base: this guard as seen from outside, in place of ``server.public_url``.
    """
    adapter = shop.adapter
    if not isinstance(adapter, Connector):
        yield Finding("platform", True, f"{shop.settings.platform} has nothing that can be examined from here")
        return
    if base is None and server.public_url is None:
        yield Finding("address", False, "server.public_url is not set", "set it, or name the address by --address")
    target = webhook_address(base or seen_at(server), shop.settings.platform, shop.name)
    yield from listen(lambda: adapter.doctor(target), timeout_s)
