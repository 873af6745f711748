"""The receiver: proves the sender, stores the delivery, answers. Status codes are chosen here alone."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog
from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.urls import iri_to_uri

from shopguard.adapter import PlatformAdapter, WebhookRequest
from shopguard.errors import PayloadInvalid, SignatureInvalid, StoreUnavailable
from shopguard.guard.inbox import Inbox
from shopguard.guard.shops import GuardedShop, Shops
from shopguard.payload import check_json
from webhooks.body import whole_body
from webhooks.check import Checker, check

__all__ = ["Checker", "Receiver", "build_app"]

_log = structlog.get_logger()
_JSON_TYPES = ("application/json", "text/json")


class Receiver:
    """What the routes need.

    Args:
        shops: by name.
        platforms: adapter classes by platform, for addresses that serve all shops of an app.
    """

    def __init__(
        self,
        shops: Shops,
        platforms: Mapping[str, type[PlatformAdapter]],
        inbox: Inbox,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._shops, self._platforms, self._inbox, self._clock = shops, platforms, inbox, clock

    def receive(self, platform: str, name: str | None) -> tuple[str, int]:
        """Take in the current request and return the answer's text and status."""
        delivery = self._delivery()
        shop = self._shop(platform, name, delivery)
        if shop is None:
            return "no such shop\n", 404
        if shop.adapter.is_ping(delivery):
            return "pong\n", 200
        shop.adapter.verify(delivery)
        key = shop.adapter.delivery_key(delivery)
        try:
            _check_readable(delivery)
        except PayloadInvalid as error:
            self._inbox.bury(shop.name, key, delivery, str(error))
            raise
        return ("accepted\n", 200) if self._inbox.accept(shop.name, key, delivery) else ("repeat\n", 200)

    def _delivery(self) -> WebhookRequest:
        headers = {key.lower(): value for key, value in request.headers.items()}
        return WebhookRequest(_url_as_sent(), headers, whole_body(), self._clock())

    def _shop(self, platform: str, name: str | None, delivery: WebhookRequest) -> GuardedShop | None:
        if name is None:
            adapter_class = self._platforms.get(platform)
            ours = {n: s.settings.adapter for n, s in self._shops.items() if s.settings.platform == platform}
            name = adapter_class.shop_of(delivery, ours) if adapter_class else None
            if adapter_class and name is None:  # without a shop there is no secret that could prove the sender
                raise SignatureInvalid("no shop of this app can prove the sender")
        shop = self._shops.get(name or "")
        return shop if shop is not None and shop.settings.platform == platform else None


def _url_as_sent() -> str:
    """The address in its escaped form: ``request.url`` is made for people, and some platforms sign theirs."""
    query = request.query_string.decode("latin-1")
    return iri_to_uri(request.base_url) + (f"?{query}" if query else "")


def _check_readable(delivery: WebhookRequest) -> None:
    """A signed body that says it is JSON must be JSON; what it means is the worker's business."""
    if delivery.headers.get("content-type", "").split(";")[0].strip().lower() in _JSON_TYPES:
        check_json(delivery.body)


webhooks = Blueprint("webhooks", __name__)


@webhooks.post("/webhooks/<platform>/<shop>")
@webhooks.post("/webhooks/<platform>")
def receive(platform: str, shop: str | None = None) -> tuple[str, int]:
    receiver: Receiver = current_app.extensions["receiver"]
    return receiver.receive(platform, shop)


def build_app(receiver: Receiver, checker: Checker, body_limit_bytes: int, *more: Blueprint) -> Flask:
    """Return the WSGI application; ``more`` are further routes that live at the same address."""
    app = Flask("webhooks")
    app.config["MAX_CONTENT_LENGTH"] = body_limit_bytes
    app.url_map.merge_slashes = False  # a platform does not follow a redirect: 404 tells what is wrong
    app.extensions["receiver"] = receiver
    app.extensions["checker"] = checker
    for blueprint in (webhooks, check, *more):
        app.register_blueprint(blueprint)
    app.register_error_handler(SignatureInvalid, _unproven)
    app.register_error_handler(PayloadInvalid, _unreadable)
    app.register_error_handler(StoreUnavailable, _not_now)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _plain)
    app.register_error_handler(Exception, _fault)
    return app


def _unproven(error: SignatureInvalid) -> tuple[str, int]:
    _log.warning("signature_refused", path=request.path, error=str(error))
    return f"{error}\n", 401


def _unreadable(error: PayloadInvalid) -> tuple[str, int]:
    return f"{error}\n", 400


def _not_now(error: StoreUnavailable) -> tuple[str, int, Mapping[str, str]]:
    _log.error("store_unavailable", error=str(error))
    return "cannot store now, please send again\n", 503, {"Retry-After": "5"}


def _too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    return f"larger than {current_app.config['MAX_CONTENT_LENGTH']} bytes\n", 413


def _plain(error: HTTPException) -> Response | tuple[str, int]:
    return f"{error.name}\n", error.code or 500


def _fault(error: Exception) -> tuple[str, int, Mapping[str, str]]:
    """A fault of ours before anything was stored: the platform shall send the order again, not give it up."""
    _log.error("unexpected", path=request.path, error=type(error).__name__)
    return "cannot take this in now, please send again\n", 503, {"Retry-After": "60"}
