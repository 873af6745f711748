"""Setting up and examining the connection to one shop: webhooks, scopes, version, clock, what orders carry."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from adapters.shopify.feed import OrderFeed
from adapters.shopify.graphql import AdminApi
from adapters.shopify.settings import ShopifySettings
from shopguard.errors import PlatformRefused, TemporaryFailure
from shopguard.http import Answer
from shopguard.model import ConnectReport, Finding, Order, Party, PaymentKind
from shopguard.payload import items, text

TOPICS = (
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_EDITED",
    "ORDERS_CANCELLED",
    "FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE",
    "APP_UNINSTALLED",
)
SCOPES = (
    "read_orders",
    "write_orders",
    "read_customers",
    "read_payment_terms",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
)
_CLOCK_TOLERANCE_S = 60
_ENOUGH = 0.5  # of the recent orders; below that the matching has too little to go on

READ_CONNECTION = """
query Connection {
  shop { myshopifyDomain }
  currentAppInstallation { accessScopes { handle } }
  webhookSubscriptions(first: 100) { nodes { id topic uri } }
}"""

SUBSCRIBE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: { uri: $uri, format: JSON }) {
    webhookSubscription { id } userErrors { field }
  }
}"""


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection of one shop."""

    api: AdminApi
    feed: OrderFeed
    settings: ShopifySettings
    clock: Callable[[], datetime]
    knows_label: Callable[[str], bool]

    def connect(self, address: str) -> ConnectReport:
        """Subscribe ``address`` to the topics it does not receive yet, and say what has no API."""
        missing = _missing_topics(self.api.ask(READ_CONNECTION), address)
        for topic in missing:
            self._subscribe(topic, address)
        return ConnectReport(
            done=[f"{topic}: {'subscribed' if topic in missing else 'was subscribed'}" for topic in TOPICS],
            to_paste={
                "Customer data request endpoint": address,
                "Customer data erasure endpoint": address,
                "Shop data erasure endpoint": address,
            },
        )

    def doctor(self, address: str) -> Iterator[Finding]:
        """Yield one finding per check; the first that shows the API out of reach is the last."""
        try:
            data, answer = self.api.answer(READ_CONNECTION)
        except (PlatformRefused, TemporaryFailure) as error:
            yield Finding("credentials", False, str(error), "Renew the app's credentials (README, step 3).")
            return
        yield self._credentials(data)
        yield _scopes(data)
        yield _webhooks(data, address)
        yield self._version(answer)
        yield self._clock_skew(answer)
        yield from self._recent_orders()

    def _subscribe(self, topic: str, address: str) -> None:
        try:
            self.api.change(SUBSCRIBE, topic=topic, uri=address)
        except PlatformRefused as error:
            why = "the address must be https, and the app needs access to protected customer data (README, step 2)"
            raise PlatformRefused(f"{topic} was not subscribed: {why}", error.code) from None

    def _credentials(self, data: Mapping[str, Any]) -> Finding:
        answered = text(data, "shop.myshopifyDomain")
        ok = answered == self.settings.domain
        return Finding("credentials", ok, f"the token opens {answered}", "" if ok else "Correct domain or token.")

    def _version(self, answer: Answer) -> Finding:
        asked, got = self.settings.api_version, answer.headers.get("X-Shopify-API-Version", "no version")
        ok = got == asked
        return Finding("api version", ok, f"asked {asked}, answered {got}", "" if ok else "Update ShopGuard.")

    def _clock_skew(self, answer: Answer) -> Finding:
        try:
            theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
        except ValueError:
            return Finding("clock", True, "Shopify's answer holds no time to compare with")
        theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
        skew_s = abs((self.clock() - theirs).total_seconds())
        ok = skew_s <= _CLOCK_TOLERANCE_S
        return Finding("clock", ok, f"{skew_s:.0f} s beside Shopify's", "" if ok else "Let this machine use NTP.")

    def _recent_orders(self) -> Iterator[Finding]:
        try:
            orders = self.feed.latest()
        except (PlatformRefused, TemporaryFailure) as error:
            yield Finding("recent orders", False, str(error), "Give the app the scopes of README, step 2.")
            return
        yield self._labels(orders)
        yield _share("phone", orders, lambda party: bool(party.phones), "Make the phone number required at checkout.")
        yield _share("prefecture code", orders, _has_region_code, "Ask Shopify for protected customer data access.")

    def _labels(self, orders: Sequence[Order]) -> Finding:
        unsorted = {order.payment.label for order in orders if order.payment.kind is PaymentKind.OTHER}
        unknown = sorted(label for label in unsorted if label and not self.knows_label(label))
        if unknown:
            return Finding("payment labels", False, f"unknown: {' / '.join(unknown)}", "Name them in payment_kinds.")
        return Finding("payment labels", True, "every label on recent orders is known")


def _missing_topics(data: Mapping[str, Any], address: str) -> list[str]:
    here = {text(s, "topic") for s in items(data, "webhookSubscriptions.nodes") if text(s, "uri") == address}
    return [topic for topic in TOPICS if topic not in here]


def _scopes(data: Mapping[str, Any]) -> Finding:
    granted = {text(scope, "handle") or "" for scope in items(data, "currentAppInstallation.accessScopes")}
    granted |= {scope.replace("write_", "read_", 1) for scope in granted}  # to write is to read
    missing = [scope for scope in SCOPES if scope not in granted]
    if missing:
        return Finding("scopes", False, f"missing: {', '.join(missing)}", "Add them to the app and install it again.")
    return Finding("scopes", True, f"all {len(SCOPES)} are granted")


def _webhooks(data: Mapping[str, Any], address: str) -> Finding:
    missing = _missing_topics(data, address)
    if missing:
        return Finding("webhooks", False, f"not sent here: {', '.join(missing)}", "Run shopguard connect again.")
    return Finding("webhooks", True, f"all {len(TOPICS)} topics are sent here")


def _share(check: str, orders: Sequence[Order], has: Callable[[Party], bool], remedy: str) -> Finding:
    if not orders:
        return Finding(check, True, "no orders yet")
    count = sum(any(has(party) for party in order.parties.values()) for order in orders)
    ok = count >= _ENOUGH * len(orders)
    return Finding(check, ok, f"in {count} of the {len(orders)} newest orders", "" if ok else remedy)


def _has_region_code(party: Party) -> bool:
    return bool(party.region and party.region.startswith("JP-"))
