"""What ShopGuard writes onto an order: fulfilment holds, tags, a line in the risk panel, a cancellation.

Everything is read before it is written, so that a second attempt has the effect of one. Our hold on a fulfilment
order is the one with our handle placed by our app; Shopify refuses a second of the same handle.
Sources (read 2026-11): shopify.dev fulfillmentOrderHold, fulfillmentOrderReleaseHold, tagsAdd,
orderRiskAssessmentCreate, orderCancel.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from adapters.shopify.graphql import AdminApi
from shopguard.errors import ActionUnsupported, OrderGone, PlatformRefused, TemporaryFailure
from shopguard.model import Mark, OrderRef, Undo
from shopguard.payload import dig, items, moment, text

_log = structlog.get_logger()
HANDLE = "shopguard"
_HELD_ALREADY = frozenset({"DUPLICATE_FULFILLMENT_HOLD_HANDLE"})
_OVER = frozenset({"CLOSED", "CANCELLED", "INCOMPLETE"})
_ROUTING_TAKES_AT_MOST = timedelta(minutes=10)  # after that an order without parcels is one we may not see
_FACT_LENGTH = 256  # characters; Shopify cuts the rest

READ_STATE = """
query OrderState($id: ID!) {
  order(id: $id) {
    id createdAt cancelledAt
    fulfillmentOrders(first: 50) {
      nodes { id status supportedActions { action } fulfillmentHolds { id handle heldByRequestingApp } }
    }
  }
}"""

PLACE_HOLD = """
mutation PlaceHold($id: ID!, $hold: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) { fulfillmentHold { id } userErrors { code field } }
}"""

RELEASE_HOLD = """
mutation ReleaseHold($id: ID!, $holdIds: [ID!]) {
  fulfillmentOrderReleaseHold(id: $id, holdIds: $holdIds) { fulfillmentOrder { id } userErrors { code field } }
}"""

ADD_TAGS = """
mutation AddTags($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { userErrors { field } } }"""

REMOVE_TAGS = """
mutation RemoveTags($id: ID!, $tags: [String!]!) { tagsRemove(id: $id, tags: $tags) { userErrors { field } } }"""

READ_FACTS = """
query RiskFacts($id: ID!) { order(id: $id) { id risk { assessments { facts { description } } } } }"""

ADD_FACT = """
mutation AddFact($input: OrderRiskAssessmentCreateInput!) {
  orderRiskAssessmentCreate(orderRiskAssessmentInput: $input) { userErrors { code field } }
}"""

CANCEL = """
mutation Cancel($id: ID!, $note: String) {
  orderCancel(orderId: $id, reason: OTHER, restock: true, notifyCustomer: false, staffNote: $note,
    refundMethod: { originalPaymentMethodsRefund: true }) {
    job { id } orderCancelUserErrors { code field }
  }
}"""


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """The hands on one shop's orders."""

    api: AdminApi
    clock: Callable[[], datetime]

    def hold(self, ref: OrderRef, mark: Mark) -> Undo:
        """Hold every parcel that can be held and return our holds, the same at every attempt.

        A refused parcel is an error although another is held: a person must look, and ``release`` finds what stands.
        """
        order = self._order(READ_STATE, ref)
        free = [parcel for parcel in _parcels(order) if _can_be_held(parcel) and not _our_holds(parcel)]
        for parcel in free:
            self._place_hold(parcel, mark)
        holds = list(_holds_of(self._order(READ_STATE, ref) if free else order))
        if not holds:
            self._say_why_none(order, was_placed=bool(free))
        self._tag(ref, ADD_TAGS, _pending(mark))
        return {"holds": holds}

    def release(self, ref: OrderRef, mark: Mark) -> None:
        """Release our holds that still stand, by their ids; those of other apps and of staff stay.

        They are found by handle and not by the ids kept at the time of the hold: Shopify splits and moves parcels.
        """
        order = self._order(READ_STATE, ref)
        for parcel in _parcels(order):
            if ours := _our_holds(parcel):  # no ids at all would release everybody's holds
                self.api.change(RELEASE_HOLD, id=text(parcel, "id"), holdIds=ours)
        self._tag(ref, REMOVE_TAGS, _pending(mark))
        if mark.text:
            self._tag(ref, ADD_TAGS, _checked(mark))

    def flag(self, ref: OrderRef, mark: Mark) -> None:
        """Tag the order and write the text into the risk panel, where staff look before they ship.

        Not into the note: that can only be overwritten whole, together with what staff type meanwhile.
        """
        self.api.change(ADD_TAGS, id=_gid(ref), tags=[_pending(mark)])
        line = mark.text[:_FACT_LENGTH].strip()
        if line and line not in _facts(self._order(READ_FACTS, ref)):
            fact = {"description": line, "sentiment": "NEGATIVE"}
            self.api.change(ADD_FACT, input={"orderId": _gid(ref), "riskLevel": "MEDIUM", "facts": [fact]})

    def cancel(self, ref: OrderRef, mark: Mark) -> None:
        """Cancel the order, put the goods back and refund what was paid; nothing if it is cancelled already."""
        if not text(self._order(READ_STATE, ref), "cancelledAt"):
            self.api.change(CANCEL, id=_gid(ref), note=mark.text)

    def _order(self, query: str, ref: OrderRef) -> Any:
        order = self.api.ask(query, id=_gid(ref)).get("order")
        if order is None:
            raise OrderGone(f"order {ref.order_id}: Shopify does not know it")
        return order

    def _place_hold(self, parcel: object, mark: Mark) -> None:
        hold = {
            "reason": "HIGH_RISK_OF_FRAUD",
            "reasonNotes": mark.text,
            "handle": HANDLE,
            "externalId": mark.key,
            "notifyMerchant": False,
        }
        self.api.change(PLACE_HOLD, _HELD_ALREADY, id=text(parcel, "id"), hold=hold)

    def _tag(self, ref: OrderRef, change: str, tag: str) -> None:
        """Change a tag beside what is done already: without the scope for tags that still stands."""
        try:
            self.api.change(change, id=_gid(ref), tags=[tag])
        except PlatformRefused as error:
            _log.warning("tag_refused", shop=ref.shop, order=ref.order_id, code=error.code)

    def _say_why_none(self, order: object, was_placed: bool) -> None:
        """Raise what tells the core whether to try the hold again or to flag instead.

        Without a time to wait for: that would be Shopify's word for the whole shop, and one order is meant.
        """
        if was_placed:
            raise TemporaryFailure("Shopify does not show the hold yet")
        placed_at = moment(order, "createdAt")
        is_new = placed_at is None or self.clock().astimezone(UTC) - placed_at < _ROUTING_TAKES_AT_MOST
        if is_new and not text(order, "cancelledAt") and not _parcels(order):
            raise TemporaryFailure("Shopify has not yet split the order into parcels")
        raise ActionUnsupported("no parcel of the order can be held: shipped, cancelled or in another's hands")


def _gid(ref: OrderRef) -> str:
    return f"gid://shopify/Order/{ref.order_id}"


def _parcels(order: object) -> Sequence[Any]:
    """Return Shopify's fulfilment orders: what leaves one place together."""
    return items(order, "fulfillmentOrders.nodes")


def _can_be_held(parcel: object) -> bool:
    actions = {text(action, "action") for action in items(parcel, "supportedActions")}
    return "HOLD" in actions and text(parcel, "status") not in _OVER


def _our_holds(parcel: object) -> list[str]:
    return [
        hold_id
        for hold in items(parcel, "fulfillmentHolds")
        if dig(hold, "heldByRequestingApp") is True
        and dig(hold, "handle") == HANDLE
        and (hold_id := text(hold, "id"))
    ]


def _holds_of(order: object) -> Iterator[dict[str, str | None]]:
    for parcel in _parcels(order):
        for hold in _our_holds(parcel):
            yield {"fulfillment_order": text(parcel, "id"), "hold": hold}


def _facts(order: object) -> frozenset[str | None]:
    assessments = items(order, "risk.assessments")
    return frozenset(text(fact, "description") for assessment in assessments for fact in items(assessment, "facts"))


def _pending(mark: Mark) -> str:
    return f"{_tag_prefix(mark)}要確認"


def _checked(mark: Mark) -> str:
    return f"{_tag_prefix(mark)}確認済み"


def _tag_prefix(mark: Mark) -> str:
    return mark.label.replace(",", "").replace("、", "")  # a comma would make two tags of one
