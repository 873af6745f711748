"""The part of WooCommerce's REST API (/wp-json/wc/v3) that an order guard uses, with its errors word for word.

Source: recordings of WooCommerce 10.5.0 and the controllers' source, November 2026.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request

from shopguard.demo.document import full_document, links
from shopguard.demo.orders import STATUS_NAMES, TRASH, OrderUnknown
from shopguard.demo.store import Note, StoredOrder
from shopguard.demo.wordpress import SITE_ZONE, RestError, gmt, invalid_id, invalid_parameter, php_json, site_time

if TYPE_CHECKING:
    from shopguard.demo.shop import ShopSimulation

BASE = "/wp-json/wc/v3"
blueprint = Blueprint("rest", __name__)

_READING = frozenset({"GET", "HEAD"})
_REFUSALS = {
    "list": ("woocommerce_rest_cannot_view", "Sorry, you cannot list resources."),
    "view": ("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource."),
    "create": ("woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources."),
    "edit": ("woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource."),
    "delete": ("woocommerce_rest_cannot_delete", "Sorry, you are not allowed to delete this resource."),
}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One consumer key; ``write`` says whether it may do more than read."""

    key: str
    secret: str = field(repr=False)
    write: bool = True


def shop() -> "ShopSimulation":
    """Return the shop behind the current request."""
    found: ShopSimulation = current_app.extensions["demo_shop"]
    return found


def answer(value: object, status: int = 200, **headers: str) -> Response:
    response = Response(php_json(value), status, content_type="application/json; charset=UTF-8")
    response.headers.update({"X-Robots-Tag": "noindex", "X-Content-Type-Options": "nosniff", **headers})
    return response


def site() -> str:
    """Return the shop's address as the REST API writes it: WordPress believes the proxy that it is on HTTPS."""
    return f"{'https' if _is_https() else 'http'}://{request.host}"


def permit(action: str) -> None:
    """Raise ``RestError`` unless the caller may do ``action`` (a key of the refusals above).

    Without HTTPS WordPress does not even look at the key, so the caller is nobody.
    """
    name, secret = _credentials()
    key = next((k for k in shop().api_keys if hmac.compare_digest(k.key.encode(), name.encode())), None)
    if key is None or not _is_https():
        raise RestError(401, *_REFUSALS[action])
    if not hmac.compare_digest(key.secret.encode(), secret.encode()):
        raise RestError(401, "woocommerce_rest_authentication_error", "Consumer secret is invalid.")
    if request.method not in _READING and not key.write:
        message = "The API key provided does not have write permissions."
        raise RestError(401, "woocommerce_rest_authentication_error", message)


def fields() -> Mapping[str, Any]:
    """Return the JSON object that was sent, empty if none was."""
    if not request.get_data():
        return {}
    sent = request.get_json(silent=True, force=True)
    if not isinstance(sent, dict):
        raise RestError(400, "rest_invalid_json", "Invalid JSON body passed.")
    return sent


def number(name: str, default: int, most: int) -> int:
    """Return a whole number of the query, from 1 to ``most``."""
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        reason = f"{name} must be between 1 (inclusive) and {most} (inclusive)"
        raise invalid_parameter(name, reason, "rest_out_of_bounds")
    return int(text)


def one_of(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = request.args.get(name, default)
    if value not in allowed:
        raise invalid_parameter(name, f"{name} is not one of {', '.join(allowed)}.")
    return value


def paged(values: list[Any], total: int, page: int, per_page: int) -> Response:
    """Return one page with the totals in its headers and links to the pages beside it."""
    pages = -(-total // per_page)
    base = f"{site()}{request.path}"
    near = {"prev": page - 1 if page > 1 else None, "next": page + 1 if page < pages else None}
    link = ", ".join(
        f'<{base}?{urlencode({**request.args.to_dict(), "page": other})}>; rel="{name}"'
        for name, other in near.items()
        if other is not None
    )
    headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)} | ({"Link": link} if link else {})
    return answer(values, 200, **headers)


@blueprint.errorhandler(RestError)
def _refused(error: RestError) -> Response:
    return answer(error.body, error.status)


@blueprint.get("/wp-json/")
def _index() -> Response:
    namespaces = ["wp/v2", "wc/v3", "wc/store/v1"]
    return answer({"name": "見本商店", "url": site(), "home": site(), "namespaces": namespaces})


@blueprint.get(f"{BASE}/")
def _namespace() -> Response:
    return answer({"namespace": "wc/v3", "routes": {}})


@blueprint.get(f"{BASE}/system_status")
def _system_status() -> Response:
    permit("view")
    environment = {"home_url": site(), "site_url": site(), "version": "10.5.0", "wp_version": "6.9.1"}
    return answer({"environment": environment, "settings": {"currency": "JPY", "number_of_decimals": 0}})


@blueprint.get(f"{BASE}/orders")
def _list_orders() -> Response:
    order_by = one_of("orderby", "date", ("date", "id", "modified"))
    direction = one_of("order", "desc", ("asc", "desc"))
    page, per_page = number("page", 1, 1_000_000), number("per_page", 10, 100)
    statuses, modified_after = _wanted_statuses(), _modified_after()
    permit("list")
    found, total = shop().store.orders(
        statuses=statuses,
        modified_after=modified_after,
        order_by={"date": "created"}.get(order_by, order_by),
        descending=direction == "desc",
        limit=per_page,
        offset=_offset((page - 1) * per_page),
    )
    return paged([full_document(order, site()) for order in found], total, page, per_page)


@blueprint.get(f"{BASE}/orders/<int:order_id>")
def _get_order(order_id: int) -> Response:
    permit("view")
    return answer(full_document(_order(order_id, 404), site()))


@blueprint.put(f"{BASE}/orders/<int:order_id>")
def _put_order(order_id: int) -> Response:
    changes = fields()
    if "status" in changes and changes["status"] not in STATUS_NAMES:
        *others, last = STATUS_NAMES
        raise invalid_parameter("status", f"status is not one of {', '.join(others)}, and {last}.")
    permit("edit")
    _order(order_id, 400)
    return answer(full_document(shop().orders.update(order_id, changes, journal=True), site()))


@blueprint.delete(f"{BASE}/orders/<int:order_id>")
def _delete_order(order_id: int) -> Response:
    permit("delete")
    before = full_document(_order(order_id, 404), site())
    if request.args.get("force") == "true":
        shop().orders.remove(order_id)
    else:
        shop().orders.trash(order_id)
    return answer(before)


@blueprint.get(f"{BASE}/orders/<int:order_id>/notes")
def _list_notes(order_id: int) -> Response:
    kind = one_of("type", "any", ("any", "customer", "internal"))
    permit("list")
    _noted_order(order_id)
    notes = shop().store.notes(order_id)
    return answer([_note(note) for note in notes if kind == "any" or note.customer_note == (kind == "customer")])


@blueprint.post(f"{BASE}/orders/<int:order_id>/notes")
def _add_note(order_id: int) -> Response:
    sent = fields()
    if "note" not in sent:
        raise RestError(400, "rest_missing_callback_param", "Missing parameter(s): note", params=["note"])
    permit("create")
    _noted_order(order_id)
    note = shop().orders.add_note(order_id, str(sent["note"]), bool(sent.get("customer_note")), journal=True)
    return answer(_note(note), 201, Location=f"{site()}{BASE}/orders/{order_id}/notes/{note.id}")


def _order(order_id: int, status: int) -> StoredOrder:
    try:
        return shop().orders.get(order_id)
    except OrderUnknown:
        raise invalid_id(status) from None


def _noted_order(order_id: int) -> None:
    if shop().store.order(order_id) is None:
        raise RestError(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.")


def _note(note: Note) -> dict[str, Any]:
    path = f"orders/{note.order_id}/notes"
    return {
        "id": note.id,
        "author": "WooCommerce",
        "date_created": site_time(note.created),
        "date_created_gmt": note.created,
        "note": note.text,
        "customer_note": note.customer_note,
        "_links": links(site(), f"{path}/{note.id}", path, "GET", "DELETE"),
    }


def _wanted_statuses() -> tuple[str, ...]:
    given = request.args.getlist("status[]") or request.args.get("status", "any").split(",")
    known = ("any", TRASH, *STATUS_NAMES)
    for position, status in enumerate(given):
        if status not in known:
            reason = f"status[{position}] is not one of {', '.join(known)}."
            raise invalid_parameter("status", reason)
    return () if "any" in given else tuple(given)


def _offset(of_page: int) -> int:
    """Return the ``offset`` of the query, which wins over the page."""
    text = request.args.get("offset", "")
    return int(text) if text.isascii() and text.isdigit() else of_page


def _modified_after() -> str:
    """Return the moment of the query as stored text (UTC), empty if none is asked for.

    A moment without an offset is in the shop's time unless ``dates_are_gmt``. One *with* an offset is turned into
    the shop's time first, and ``dates_are_gmt`` then compares that with UTC: nine hours off, as in the original.
    """
    text = request.args.get("modified_after", "")
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_parameter("modified_after", "Invalid date.", "rest_invalid_date") from None
    local = moment if moment.tzinfo is None else moment.astimezone(SITE_ZONE).replace(tzinfo=None)
    if request.args.get("dates_are_gmt") in ("true", "1"):
        return local.replace(microsecond=0).isoformat()
    return gmt(local.replace(tzinfo=SITE_ZONE))


def _is_https() -> bool:
    return request.is_secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def _credentials() -> tuple[str, str]:
    basic = request.authorization
    if basic is not None and basic.type == "basic":
        return basic.username or "", basic.password or ""
    return request.args.get("consumer_key", ""), request.args.get("consumer_secret", "")
