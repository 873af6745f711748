"""The calls to one shop's WooCommerce REST API (wc/v3), and what its answers mean."""

import html
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.woocommerce.settings import WooCommerceSettings
from shopguard.errors import OrderGone, PlatformRefused
from shopguard.http import Answer, PlatformApi
from shopguard.payload import moment, text

# Writing to an unknown order answers 400 with the first, its notes 404 with the second (seen on 10.5.0).
_NO_SUCH_ORDER = frozenset({"woocommerce_rest_shop_order_invalid_id", "woocommerce_rest_order_invalid_id"})
_PAGE = 100  # the most that WooCommerce gives at once


class WooCommerceApi:
    """One shop's API. Raises ``TemporaryFailure``, ``PlatformRefused`` and, for one order, ``OrderGone``.

    Basic authentication works only where WordPress believes that it is called by HTTPS.
    """

    def __init__(self, settings: WooCommerceSettings) -> None:
        self._http = PlatformApi(
            settings.url.rstrip("/") + "/wp-json/wc/v3",
            headers={"X-Forwarded-Proto": "https"} if settings.assume_https else None,
            auth=(settings.consumer_key.reveal(), settings.consumer_secret.reveal()),
        )

    def call(self, method: str, path: str, json: object = None, params: Mapping[str, str] | None = None) -> Answer:
        try:
            return self._http.call(method, path, json=json, params=params, not_found=_NO_SUCH_ORDER)
        except OrderGone as error:
            if error.code in _NO_SUCH_ORDER:
                raise
            # Any other 404 is a missing plugin or a wrong address: the order itself may be alive and well.
            raise PlatformRefused(str(error), error.code or "not_found") from None

    def order(self, order_id: str) -> Mapping[str, Any]:
        return _object(self.call("GET", _order_path(order_id)))

    def update_order(self, order_id: str, changes: Mapping[str, object]) -> None:
        self.call("PUT", _order_path(order_id), changes)

    def add_note(self, order_id: str, note: str) -> None:
        """Write a note that only the shop's staff sees; a customer note would be mailed to the buyer."""
        self.call("POST", f"{_order_path(order_id)}/notes", {"note": note, "customer_note": False})

    def has_note(self, order_id: str, note: str, since: datetime) -> bool:
        """Whether an equal note, written at ``since`` or later, stands on the order."""
        found = _rows(self.call("GET", f"{_order_path(order_id)}/notes"))
        return any(
            html.unescape(text(row, "note") or "") == html.unescape(note.strip())
            and (moment(row, "date_created_gmt") or since) >= since
            for row in found
        )

    def orders_changed_since(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Yield the orders modified at ``since`` (UTC) or later, oldest change first, each state once.

        An order that changes while the list is read moves to its end, and all behind it move up. Therefore every
        page is asked for anew from the last moment seen, and inside one moment pages overlap by half.
        """
        seen: set[tuple[str | None, str | None]] = set()
        cursor, offset = since - timedelta(seconds=1), 0  # modified_after excludes its own second
        while True:
            answer = self.call("GET", "/orders", params=_changed_after(cursor, offset))
            rows = _rows(answer)
            fresh = {(text(row, "id"), text(row, "date_modified_gmt")): row for row in rows}
            yield from (row for state, row in fresh.items() if state not in seen)
            if not _more(answer, offset, len(rows)) or (offset and seen.issuperset(fresh) and rows):
                return
            seen.update(fresh)
            last = max((at for row in rows if (at := moment(row, "date_modified_gmt"))), default=cursor)
            if last - timedelta(seconds=1) > cursor:
                cursor, offset = last - timedelta(seconds=1), 0
            else:
                offset += _PAGE // 2

    def webhooks(self) -> Iterator[Mapping[str, Any]]:
        """Yield all webhooks, disabled and paused ones too."""
        for page in range(1, 101):
            params = {"status": "all", "per_page": str(_PAGE), "page": str(page)}
            rows = _rows(self.call("GET", "/webhooks", params=params))
            yield from rows
            if len(rows) < _PAGE:
                return

    def create_webhook(self, topic: str, address: str, secret: str) -> str:
        """Create an active webhook and return its id. Without a secret WooCommerce would make one it never shows."""
        body = {"name": f"ShopGuard {topic}", "topic": topic, "delivery_url": address, "secret": secret}
        return text(self.call("POST", "/webhooks", body).json, "id") or "?"

    def repair_webhook(self, webhook_id: str, secret: str) -> None:
        self.call("PUT", f"/webhooks/{webhook_id}", {"status": "active", "secret": secret})


def _order_path(order_id: str) -> str:
    if not (order_id.isascii() and order_id.isdecimal()):
        raise OrderGone(f"{order_id[:40]!r} cannot be the id of a WooCommerce order")
    return f"/orders/{order_id}"


def _changed_after(cursor: datetime, offset: int) -> Mapping[str, str]:
    return {
        # Without an offset: WordPress turns a moment that has one into the site's own time, even if asked for GMT.
        "modified_after": cursor.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "dates_are_gmt": "true",
        "orderby": "modified",
        "order": "asc",
        "per_page": str(_PAGE),
        **({"offset": str(offset)} if offset else {}),
    }


def _more(answer: Answer, offset: int, got: int) -> bool:
    """Whether the list goes on. A page may be short in its middle: what the key may not read is left out."""
    total = answer.headers.get("X-WP-Total", "")
    return got == _PAGE or (total.isdecimal() and int(total) > offset + _PAGE)


def _object(answer: Answer) -> Mapping[str, Any]:
    if isinstance(answer.json, dict):
        return answer.json
    raise PlatformRefused("WooCommerce answered with something else than an object", "unreadable")


def _rows(answer: Answer) -> Sequence[Any]:
    if isinstance(answer.json, list):
        return answer.json
    raise PlatformRefused("WooCommerce answered with something else than a list", "unreadable")
