"""``POST /v1/check``: a shop's own checkout asks about an order and gets the verdict at once; nothing is written."""

import hmac
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from flask import Blueprint, Response, current_app, request

from shopguard import wire
from shopguard.errors import StoreUnavailable
from shopguard.guard.pipeline import rules_of
from shopguard.guard.screening import Screener
from shopguard.guard.shops import GuardedShop, Shops
from shopguard.matching import explained
from shopguard.model import Order, Verdict
from webhooks.body import whole_body


class Checker:
    """What the route needs. ``timeout_s`` is how long a checkout may be kept waiting for the registry."""

    def __init__(self, shops: Shops, screener: Screener, timeout_s: float, threads: int) -> None:
        self._shops, self._screener, self._timeout_s = shops, screener, timeout_s
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="check")

    def close(self) -> None:
        """Wait for the look-ups under way, for which nobody waits any more, so that none meets a closed database."""
        self._pool.shutdown(cancel_futures=True)

    def shop_of(self, authorization: str) -> GuardedShop | None:
        """Return the shop whose key the ``Authorization`` header carries. All keys are compared, in constant time."""
        scheme, _, text = authorization.partition(" ")
        given = text.strip().encode("latin-1", "replace")  # the bytes as sent: WSGI shows each as one character
        found = None
        for shop in self._shops.values():
            key = shop.settings.check_key
            if key and hmac.compare_digest(key.reveal().encode("utf-8", "surrogateescape"), given):
                found = shop
        return found if scheme.lower() == "bearer" else None

    def check(self, order: Order, shop: GuardedShop) -> Verdict:
        """Return the full verdict, whatever the shop's mode; its failure behaviour if nobody answers in time."""
        rules = rules_of(shop)
        asked = self._pool.submit(self._screener.screen, order, rules)
        try:
            return asked.result(self._timeout_s)
        except (TimeoutError, StoreUnavailable):
            asked.cancel()
            return self._screener.unasked(order, rules)


check = Blueprint("check", __name__)


@check.post("/v1/check")
def check_order() -> Response | tuple[str, int]:
    checker: Checker = current_app.extensions["checker"]
    shop = checker.shop_of(request.headers.get("Authorization", ""))
    if shop is None:
        return "a valid key is needed: Authorization: Bearer <check_key of the shop>\n", 401
    order = replace(wire.decode_order(whole_body()), shop=shop.name)
    answer = Response(wire.encode(wire.verdict(checker.check(order, shop), explained)), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer
