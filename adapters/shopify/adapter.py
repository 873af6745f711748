"""Shopify as the core sees it: every method of the contract, told in the adapter's own words."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from adapters.shopify import webhooks
from adapters.shopify.connect import Connection
from adapters.shopify.feed import OrderFeed
from adapters.shopify.graphql import AdminApi
from adapters.shopify.guide import GUIDE
from adapters.shopify.holds import OrderDesk
from adapters.shopify.orders import OrderReader
from adapters.shopify.payments import PaymentRules
from adapters.shopify.settings import ShopifySettings, refuse_impossible
from adapters.shopify.tokens import tokens_for
from shopguard.adapter import AdapterContext, Capability, Event, PlatformAdapter, WebhookRequest
from shopguard.errors import ConfigError, PayloadInvalid, SignatureInvalid
from shopguard.http import PlatformApi
from shopguard.model import ConnectReport, Finding, Mark, Order, OrderRef, Undo
from shopguard.signatures import check_hmac


class ShopifyAdapter(PlatformAdapter):
    """One Shopify shop; README.md tells a shop owner how to switch it on."""

    platform: ClassVar[str] = "shopify"
    capabilities = frozenset(
        {
            Capability.PUSH,
            Capability.POLL,
            Capability.FETCH,
            Capability.FLAG,
            Capability.HOLD,
            Capability.RELEASE,
            Capability.CANCEL,
            Capability.KANA,
            Capability.IP,
        }
    )
    settings_class: ClassVar[type] = ShopifySettings
    guide = GUIDE

    def __init__(self, settings: object, context: AdapterContext) -> None:
        if not isinstance(settings, ShopifySettings):
            raise ConfigError("platform: shopify needs ShopifySettings")
        refuse_impossible(settings)
        self._settings = settings
        payments = PaymentRules(settings.payment_kinds)
        self._reader = OrderReader(context.shop, payments, settings.kana_attributes)
        http = PlatformApi(settings.api_address)
        api = AdminApi(http, tokens_for(settings, context, http), settings.api_version)
        self._feed = OrderFeed(api, self._reader)
        self._desk = OrderDesk(api, context.clock)
        self._connection = Connection(api, self._feed, settings, context.clock, payments.knows)

    def verify(self, request: WebhookRequest) -> None:
        """Prove the sender. The time in the headers is not checked: it is not signed, and retries last hours."""
        check_hmac(request.body, webhooks.header(request, "hmac-sha256"), self._settings.client_secrets)
        named = webhooks.header(request, "shop-domain")
        if named and named.lower() != self._settings.domain:
            raise SignatureInvalid("the delivery is of another shop")

    def parse(self, request: WebhookRequest) -> Sequence[Event]:
        return webhooks.events(request, self._settings.domain, self._reader)

    def delivery_key(self, request: WebhookRequest) -> str:
        return webhooks.delivery_key(request, self._settings.domain)

    @classmethod
    def shop_of(cls, request: WebhookRequest, shops: Mapping[str, object]) -> str | None:
        domain = webhooks.header(request, "shop-domain").lower()
        for name, settings in shops.items():
            if isinstance(settings, ShopifySettings) and settings.domain == domain:
                return name
        return None

    def fetch(self, ref: OrderRef) -> Order:
        return self._feed.one(ref)

    def orders_since(self, since: datetime) -> Iterator[Order | PayloadInvalid]:
        return self._feed.since(since)

    def flag(self, ref: OrderRef, mark: Mark) -> None:
        self._desk.flag(ref, mark)

    def hold(self, ref: OrderRef, mark: Mark) -> Undo:
        return self._desk.hold(ref, mark)

    def release(self, ref: OrderRef, undo: Undo, mark: Mark) -> None:
        self._desk.release(ref, mark)

    def cancel(self, ref: OrderRef, mark: Mark) -> None:
        self._desk.cancel(ref, mark)

    def connect(self, address: str) -> ConnectReport:
        return self._connection.connect(address)

    def doctor(self, address: str) -> Iterator[Finding]:
        return self._connection.doctor(address)
