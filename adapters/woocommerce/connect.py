"""Registering ShopGuard's webhooks in a shop, and finding out why nothing arrives or nothing can be written."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from adapters.woocommerce.api import WooCommerceApi
from adapters.woocommerce.payments import payment_kind
from adapters.woocommerce.settings import WooCommerceSettings
from shopguard.errors import OrderGone, PlatformRefused, ShopGuardError
from shopguard.http import Answer
from shopguard.model import ConnectReport, Finding
from shopguard.payload import text

TOPICS = ("order.created", "order.updated")
_MAX_SKEW_S = 120
_OLDEST = (5, 8)  # modified_after came with 5.8
_KEY_REMEDY = (
    "make a REST API key with read and write rights for a shop manager (WooCommerce, Settings, Advanced, REST API); "
    "if the key is right, the web server drops the Authorization header or hides from WordPress that it uses HTTPS"
)


def connect_webhooks(api: WooCommerceApi, settings: WooCommerceSettings, address: str) -> ConnectReport:
    """Create the webhooks that are missing, wake those that WooCommerce disabled; leave everybody else's alone.

    The secret is sent every time: WooCommerce never shows it, so nobody can see that it is another one.
    """
    existing = [hook for hook in api.webhooks() if text(hook, "delivery_url") == address]
    secret = settings.webhook_secrets[0].reveal()
    done = []
    for topic in TOPICS:
        ours = [hook for hook in existing if text(hook, "topic") == topic]
        for hook in ours:
            webhook_id = text(hook, "id") or "?"
            api.repair_webhook(webhook_id, secret)
            done.append(f"{topic}: webhook {webhook_id} was {text(hook, 'status')}, is active, has the secret")
        if not ours:
            done.append(f"{topic}: webhook {api.create_webhook(topic, address, secret)} created")
    return ConnectReport(done=tuple(done))


def examine_shop(
    api: WooCommerceApi, settings: WooCommerceSettings, clock: Callable[[], datetime], address: str
) -> Iterator[Finding]:
    """Yield one finding per check. Nothing is changed in the shop."""
    try:
        recent = api.call("GET", "/orders", params={"per_page": "100", "orderby": "date", "order": "desc"})
    except ShopGuardError as error:
        yield Finding("credentials", False, str(error), _KEY_REMEDY)
        return
    yield Finding("credentials", True, "the key may read orders")
    yield _tls(settings)
    yield _clock_skew(recent, clock())
    yield _attempt("write", lambda: _can_write(api))
    yield _attempt("hold status", lambda: _hold_status(api, settings))
    yield from _webhooks(api, address)
    yield _attempt("version", lambda: _version(api))
    yield _payments(recent, settings)


def _attempt(check: str, question: Callable[[], Finding]) -> Finding:
    try:
        return question()
    except ShopGuardError as error:
        return Finding(check, False, str(error), "try again; if it stays, look into the shop's logs")


def _tls(settings: WooCommerceSettings) -> Finding:
    if settings.url.startswith("https:"):
        return Finding("tls", True, "the site is called by HTTPS")
    return Finding("tls", True, "plain HTTP, which is allowed on this machine only")


def _clock_skew(answer: Answer, now: datetime) -> Finding:
    try:
        said = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return Finding("clock", True, "the site does not tell its time")
    skew = (said.replace(tzinfo=said.tzinfo or UTC) - now).total_seconds()
    if abs(skew) <= _MAX_SKEW_S:
        return Finding("clock", True, f"{abs(skew):.0f} s apart")
    remedy = "set both clocks by NTP: orders are asked for by their time of change"
    return Finding(
        "clock", False, f"the site's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}", remedy
    )


def _can_write(api: WooCommerceApi) -> Finding:
    """Write nothing to an order that cannot exist: the key's rights are looked at before the order."""
    try:
        api.call("PUT", "/orders/0", json={})
    except OrderGone:
        return Finding("write", True, "the key may write orders")
    except PlatformRefused as error:
        return Finding("write", False, str(error), "give the key read and write rights, or make a new one")
    return Finding("write", True, "the key may write orders")


def _hold_status(api: WooCommerceApi, settings: WooCommerceSettings) -> Finding:
    status = settings.hold_status
    try:
        api.call("GET", "/orders", params={"status": status, "per_page": "1"})
    except PlatformRefused as error:
        return Finding(
            "hold status", False, str(error), f"the shop has no order status {status}: correct hold_status"
        )
    return Finding("hold status", True, f"held orders get the status {status}")


def _webhooks(api: WooCommerceApi, address: str) -> Iterator[Finding]:
    try:
        ours = [hook for hook in api.webhooks() if text(hook, "delivery_url") == address]
    except ShopGuardError as error:
        yield Finding("webhooks", False, str(error), "the key's account needs the right to manage WooCommerce")
        return
    for topic in TOPICS:
        states = {text(hook, "status") for hook in ours if text(hook, "topic") == topic}
        if "active" in states:
            yield Finding(f"webhook {topic}", True, "active and sent here")
        else:
            found = f"is {', '.join(sorted(filter(None, states)))}" if states else "does not exist"
            yield Finding(f"webhook {topic}", False, found, "run `shopguard connect`")


def _version(api: WooCommerceApi) -> Finding:
    try:
        status = api.call("GET", "/system_status", params={"_fields": "environment"}).json
    except PlatformRefused:
        return Finding("version", True, "the key may not see it")
    version = text(status, "environment.version") or ""
    said = f"WooCommerce {version or '?'}, WordPress {text(status, 'environment.wp_version') or '?'}"
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    if numbers and numbers < _OLDEST:
        return Finding(
            "version", False, said, "update WooCommerce to 5.8 or later: before, missed orders are not found"
        )
    return Finding("version", True, said)


def _payments(recent: Answer, settings: WooCommerceSettings) -> Finding:
    rows = recent.json if isinstance(recent.json, list) else []
    methods = {(text(row, "payment_method"), text(row, "payment_method_title")) for row in rows}
    unknown = sorted({slug for slug, title in methods if slug and payment_kind(settings, slug, title) is None})
    if not unknown:
        return Finding("payment methods", True, f"all known in the last {len(rows)} orders")
    return Finding("payment methods", False, f"of unknown kind: {', '.join(unknown)}", "name them in payment_kinds")
