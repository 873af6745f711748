"""What people and tests see of the simulated shop: the order list as a page and as JSON, and the levers."""

from http import HTTPStatus
from typing import Any, TypeVar

from flask import Blueprint, Response, abort, jsonify, render_template, request

from shopguard import wire
from shopguard.demo.document import Checkout
from shopguard.demo.orders import OrderUnknown
from shopguard.demo.rest import shop
from shopguard.demo.store import StoredOrder
from shopguard.demo.wordpress import site_time
from shopguard.errors import PayloadInvalid

T = TypeVar("T")

blueprint = Blueprint("pages", __name__)

_SHOWN = 60  # orders on the page
_WORDS = {  # status: sign, Japanese, English
    "checkout-draft": ("…", "下書き", "Draft"),
    "pending": ("○", "支払い待ち", "Pending payment"),
    "processing": ("●", "処理中", "Processing"),
    "on-hold": ("‖", "保留中", "On hold"),
    "completed": ("✓", "発送済み", "Completed"),
    "cancelled": ("×", "キャンセル", "Cancelled"),
    "refunded": ("↩", "返金済み", "Refunded"),
    "failed": ("!", "失敗", "Failed"),
}
_GUARD = "ShopGuard"  # how the guard's notes begin
_GUARD_META = "_shopguard"  # and the meta data that tells its hold from a bank transfer that waits by nature


@blueprint.get("/")
@blueprint.get("/orders")
def order_page() -> str:
    orders, total = shop().store.orders(limit=_SHOWN)
    rows = [_row(order) for order in orders]
    return render_template("orders.html", orders=rows, total=total, held=sum(row["held"] for row in rows))


@blueprint.get("/orders.json")
def order_list() -> Response:
    """All orders, newest first."""
    orders, _ = shop().store.orders()
    return jsonify([_summary(order) for order in orders])


@blueprint.get("/effects.json")
def effect_list() -> Response:
    """Every change that came through the REST API, oldest first."""
    return jsonify(wire.plain(shop().store.effects()))


@blueprint.post("/simulate/order")
def simulate_order() -> tuple[Response, int]:
    """Place the checkout that is sent as JSON (the fields of ``Checkout``)."""
    order = shop().orders.start(_sent(Checkout))
    return jsonify(_summary(order)), HTTPStatus.CREATED


@blueprint.post("/simulate/buyer")
def simulate_buyer() -> Response:
    """Let the next invented buyer come now."""
    shop().next_buyer()
    return jsonify(_summary(shop().store.orders(limit=1)[0][0]))


@blueprint.post("/simulate/place/<int:order_id>")
def simulate_place(order_id: int) -> Response:
    """Turn a draft into an order."""
    shop().orders.place(order_id)
    return jsonify(_summary(shop().orders.get(order_id)))


@blueprint.post("/simulate/ship/<int:order_id>")
def simulate_ship(order_id: int) -> Response:
    """The staff ships an order."""
    return jsonify(_summary(shop().orders.update(order_id, {"status": "completed"})))


@blueprint.post("/simulate/edit/<int:order_id>")
def simulate_edit(order_id: int) -> Response:
    """The staff edits an order: the JSON of a PUT."""
    return jsonify(_summary(shop().orders.update(order_id, _sent(dict[str, Any]))))


@blueprint.post("/simulate/weather")
def simulate_weather() -> Response:
    """Change how deliveries get through: any of the fields of ``Weather``."""
    for name, value in _sent(dict[str, float | bool]).items():
        if not hasattr(shop().weather, name):
            abort(HTTPStatus.BAD_REQUEST)
        setattr(shop().weather, name, value)
    shop().sender.wake()
    return jsonify(wire.plain(shop().weather))


@blueprint.errorhandler(OrderUnknown)
def _unknown(_error: OrderUnknown) -> tuple[Response, int]:
    return jsonify(error="no such order"), HTTPStatus.NOT_FOUND


@blueprint.errorhandler(PayloadInvalid)
def _unreadable(error: PayloadInvalid) -> tuple[Response, int]:
    return jsonify(error=str(error)), HTTPStatus.BAD_REQUEST


def _sent(shape: type[T]) -> T:
    # Only JSON as such: a page elsewhere can send forms, but no JSON, to this machine without being asked first.
    if not request.is_json:
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return wire.decode(request.get_data(), shape)


def _summary(order: StoredOrder) -> dict[str, Any]:
    billing = order.document["billing"]
    return {
        "id": order.id,
        "number": str(order.id),
        "buyer": f"{billing['last_name']} {billing['first_name']}",
        "payment": order.document["payment_method_title"],
        "status": order.status,
        "notes": [note.text for note in shop().store.notes(order.id)],
    }


def _row(order: StoredOrder) -> dict[str, Any]:
    sign, japanese, english = _WORDS.get(order.status, ("", order.status, order.status))
    summary = _summary(order)
    return {
        **summary,
        "total": int(order.document["total"]),
        "placed": site_time(order.created),
        "sign": sign,
        "japanese": japanese,
        "english": english,
        "guard_notes": [note for note in summary["notes"] if note.startswith(_GUARD)],
        "held": order.status == "on-hold" and _is_marked(order),
    }


def _is_marked(order: StoredOrder) -> bool:
    return any(meta["key"] == _GUARD_META and "held" in str(meta["value"]) for meta in order.document["meta_data"])
