"""A small Shopify on this machine: the part of the GraphQL Admin API that a guard needs, with its rules enforced.

Unique handles and at most ten holds per fulfilment order, release of everything where no hold is named, user
errors, scopes, cost throttling, expiring tokens with rotation. It was written from Shopify's pages, not recorded.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from shopguard.testing.graphql_text import Field, UnknownField, cut, read_operation

_MOST_HOLDS = 10
_LONGEST_HANDLE = 64
_COST = 10
_SCOPE_OF = {
    "order": "read_orders",
    "orders": "read_orders",
    "customer": "read_customers",
    "paymentTerms": "read_payment_terms",
    "fulfillmentOrders": "read_merchant_managed_fulfillment_orders",
    "fulfillmentOrderHold": "write_merchant_managed_fulfillment_orders",
    "fulfillmentOrderReleaseHold": "write_merchant_managed_fulfillment_orders",
    "tagsAdd": "write_orders",
    "tagsRemove": "write_orders",
    "orderCancel": "write_orders",
    "orderRiskAssessmentCreate": "write_orders",
}


class _Refused(Exception):
    """A top-level GraphQL error; ``code`` stands in its extensions."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class ShopifyStub:
    """One shop. Change its public fields to bring it into the state a test needs.

    Args:
        access_token: what calls must carry; None accepts only tokens issued by the token address.
        available: points in the cost bucket; nothing fills it, ``restore_rate`` is only told.
        lost_answers: so many token answers are made but do not arrive.
        failing: answer every call with this status, or with None break the connection; and this ``Retry-After``.
        answered_version: what the answers name where it is not the version asked for.
    """

    domain: str = "demo.myshopify.com"
    version: str = "2026-10"
    access_token: str | None = "test-token"  # noqa: S105 - invented
    client_id: str = "test-client"
    client_secret: str = "test-secret"  # noqa: S105 - invented
    refresh_token: str | None = None
    scopes: set[str] = field(default_factory=lambda: set(_SCOPE_OF.values()))
    available: float = 2000.0
    restore_rate: float = 100.0
    lost_answers: int = 0
    failing: tuple[int | None, str | None] | None = None
    answered_version: str | None = None
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    tokens_issued: int = 0

    def __post_init__(self) -> None:
        self._refresh = {self.refresh_token} - {None}
        self._replacement: str | None = None  # the pair of the last rotation: its use ends the older refresh token
        self._last_id = 0
        self._breaking: tuple[int, int] | None = None

    def fail_after(self, calls: int, status: int) -> None:
        """Answer the next ``calls`` calls, then one with ``status``, then all others again."""
        self._breaking = (calls, status)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve on a free port of 127.0.0.1 and yield the base address."""
        server = make_server("127.0.0.1", 0, self._answer)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def add_order(self, order: Mapping[str, Any], parcels: int = 1) -> dict[str, Any]:
        """Add an order (GraphQL field names) that is split into ``parcels`` fulfilment orders, and return it."""
        number = str(order["legacyResourceId"])
        gid = f"gid://shopify/Order/{number}"
        stored = {
            "cancelledAt": None,
            "updatedAt": order.get("createdAt"),
            **order,
            "id": gid,
            "tags": [],
            "risk": {"assessments": []},
            "fulfillmentOrders": {"nodes": []},
        }
        self.orders[gid] = stored
        for _ in range(parcels):
            self.add_parcel(number)
        return stored

    def add_parcel(self, number: str, status: str = "OPEN", actions: tuple[str, ...] = ("HOLD",)) -> dict[str, Any]:
        """Add a fulfilment order to order ``number`` and return it."""
        parcel = {
            "id": self._new_id("FulfillmentOrder"),
            "status": status,
            "supportedActions": [{"action": action} for action in actions],
            "fulfillmentHolds": [],
        }
        self.orders[f"gid://shopify/Order/{number}"]["fulfillmentOrders"]["nodes"].append(parcel)
        return parcel

    def add_hold(self, parcel: dict[str, Any], handle: str, *, ours: bool, notes: str = "") -> str:
        """Put a hold on ``parcel`` and return its id; ``ours`` is what the guard's own app placed."""
        hold_id = self._new_id("FulfillmentHold")
        hold = {"id": hold_id, "handle": handle, "heldByRequestingApp": ours, "reasonNotes": notes}
        parcel["fulfillmentHolds"].append(hold)
        parcel["status"] = "ON_HOLD"
        return hold_id

    def calls_of(self, name: str) -> list[Mapping[str, Any]]:
        """Return the arguments of every call of one root field, oldest first."""
        return [arguments for called, arguments in self.calls if called == name]

    def _new_id(self, kind: str) -> str:
        self._last_id += 1
        return f"gid://shopify/{kind}/{self._last_id}"

    def _answer(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        failing = self.failing or self._failing_now()
        response = self._fail(*failing) if failing else self._route(request)
        response.headers["X-Shopify-API-Version"] = self.answered_version or self.version
        return response(environ, start_response)

    def _failing_now(self) -> tuple[int, None] | None:
        if self._breaking is None:
            return None
        left, status = self._breaking
        self._breaking = (left - 1, status) if left else None
        return None if left else (status, None)

    def _fail(self, status: int | None, retry_after: str | None) -> Response:
        if status is None:
            raise ConnectionError("the stub hangs up")
        response = _json(status, {"errors": "said in words"})
        if retry_after:
            response.headers["Retry-After"] = retry_after
        return response

    def _route(self, request: Request) -> Response:
        body = json.loads(request.get_data() or b"{}")
        if request.path == "/admin/oauth/access_token":
            return self._issue(body)
        if not self._is_valid(request.headers.get("X-Shopify-Access-Token", "")):
            return _json(401, {"errors": "[API] Invalid API key or access token"})
        if request.path != f"/admin/api/{self.version}/graphql.json":
            return _json(404, {"errors": "Not Found"})
        return self._graphql(body)

    def _graphql(self, body: Mapping[str, Any]) -> Response:
        bucket = {"currentlyAvailable": self.available, "restoreRate": self.restore_rate, "maximumAvailable": 2000.0}
        extensions = {"cost": {"requestedQueryCost": _COST, "throttleStatus": bucket}}
        try:
            if self.available < _COST:
                raise _Refused("THROTTLED")
            data = {f.name: self._resolve(f) for f in read_operation(body["query"], body.get("variables") or {})}
        except _Refused as refused:
            errors = [{"message": "said in words", "extensions": {"code": refused.code}}]
            return _json(200, {"errors": errors, "extensions": extensions})
        except UnknownField as unknown:
            errors = [{"message": f"no field {unknown}", "extensions": {"code": "undefinedField"}}]
            return _json(200, {"errors": errors, "extensions": extensions})
        return _json(200, {"data": data, "extensions": extensions})

    def _resolve(self, asked: Field) -> Any:
        for name in asked.names():
            if _SCOPE_OF.get(name) not in (None, *self.scopes):
                raise _Refused("ACCESS_DENIED")
        resolver = getattr(self, f"_on_{asked.name}", None)
        if resolver is None:
            raise UnknownField(asked.name)
        self.calls.append((asked.name, asked.arguments))
        return cut(resolver(**asked.arguments), asked.fields)

    # Queries. Names and arguments are Shopify's.

    def _on_order(self, id: str) -> Any:
        return self.orders.get(id)

    def _on_orders(
        self, first: int, sortKey: str, after: str | None = None, query: str = "", reverse: bool = False
    ) -> Any:
        key = {"UPDATED_AT": "updatedAt", "CREATED_AT": "createdAt"}[sortKey]
        since = query.removeprefix("updated_at:>=").strip("'")
        found = sorted(
            (o for o in self.orders.values() if o[key] >= since), key=lambda o: str(o[key]), reverse=reverse
        )
        start = int(after or 0)
        more = start + first < len(found)
        return {
            "nodes": found[start : start + first],
            "pageInfo": {"hasNextPage": more, "endCursor": str(start + first) if more else None},
        }

    def _on_shop(self) -> Any:
        return {"myshopifyDomain": self.domain}

    def _on_currentAppInstallation(self) -> Any:
        return {"accessScopes": [{"handle": scope} for scope in sorted(self.scopes)]}

    def _on_webhookSubscriptions(self, first: int) -> Any:
        return {"nodes": self.subscriptions[:first]}

    # Mutations.

    def _on_fulfillmentOrderHold(self, id: str, fulfillmentHold: Mapping[str, Any]) -> Any:
        parcel = self._parcel(id)
        handle = fulfillmentHold.get("handle", "")
        ours = [h for h in parcel["fulfillmentHolds"] if h["heldByRequestingApp"]] if parcel else []
        code = None
        if parcel is None or "HOLD" not in [a["action"] for a in parcel["supportedActions"]]:
            code = "FULFILLMENT_ORDER_NOT_FOUND"
        elif len(handle) > _LONGEST_HANDLE:
            code = "TOO_LONG"
        elif handle in [h["handle"] for h in ours]:
            code = "DUPLICATE_FULFILLMENT_HOLD_HANDLE"
        elif len(ours) >= _MOST_HOLDS:
            code = "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED"
        if parcel is None or code:
            return {"fulfillmentHold": None, "userErrors": [{"code": code, "field": ["fulfillmentHold"]}]}
        hold_id = self.add_hold(parcel, handle, ours=True, notes=fulfillmentHold.get("reasonNotes", ""))
        return {"fulfillmentHold": {"id": hold_id}, "userErrors": []}

    def _on_fulfillmentOrderReleaseHold(self, id: str, holdIds: list[str] | None = None) -> Any:
        parcel = self._parcel(id)
        if parcel is None:
            errors = [{"code": "FULFILLMENT_ORDER_NOT_FOUND", "field": ["id"]}]
            return {"fulfillmentOrder": None, "userErrors": errors}
        # Shopify's rule, and the trap: without ids every hold goes, those of other apps included.
        parcel["fulfillmentHolds"] = [h for h in parcel["fulfillmentHolds"] if holdIds and h["id"] not in holdIds]
        parcel["status"] = "ON_HOLD" if parcel["fulfillmentHolds"] else "OPEN"
        return {"fulfillmentOrder": {"id": id}, "userErrors": []}

    def _on_tagsAdd(self, id: str, tags: list[str]) -> Any:
        return self._tag(id, lambda standing: list(dict.fromkeys((*standing, *tags))))

    def _on_tagsRemove(self, id: str, tags: list[str]) -> Any:
        return self._tag(id, lambda standing: [tag for tag in standing if tag not in tags])

    def _on_orderRiskAssessmentCreate(self, orderRiskAssessmentInput: Mapping[str, Any]) -> Any:
        order = self.orders.get(orderRiskAssessmentInput["orderId"])
        if order is None:
            return {"userErrors": [{"code": "INVALID", "field": ["orderId"]}]}
        facts = [{"description": f["description"][:256]} for f in orderRiskAssessmentInput["facts"]]
        order["risk"]["assessments"].append({"riskLevel": orderRiskAssessmentInput["riskLevel"], "facts": facts})
        return {"userErrors": []}

    def _on_orderCancel(self, orderId: str, **choices: Any) -> Any:
        order = self.orders.get(orderId)
        if order is None or order["cancelledAt"] or order.get("displayFulfillmentStatus") == "FULFILLED":
            return {"job": None, "orderCancelUserErrors": [{"code": "INVALID", "field": ["orderId"]}]}
        order["cancelledAt"] = "2026-11-02T02:00:00Z"
        return {"job": {"id": self._new_id("Job")}, "orderCancelUserErrors": []}

    def _on_webhookSubscriptionCreate(self, topic: str, webhookSubscription: Mapping[str, Any]) -> Any:
        uri = webhookSubscription["uri"]
        if not uri.startswith("https://") or any(s["topic"] == topic and s["uri"] == uri for s in self.subscriptions):
            return {"webhookSubscription": None, "userErrors": [{"field": ["webhookSubscription", "uri"]}]}
        made = {"id": self._new_id("WebhookSubscription"), "topic": topic, "uri": uri}
        self.subscriptions.append(made)
        return {"webhookSubscription": made, "userErrors": []}

    def _parcel(self, parcel_id: str) -> dict[str, Any] | None:
        parcels = [p for order in self.orders.values() for p in order["fulfillmentOrders"]["nodes"]]
        return next((parcel for parcel in parcels if parcel["id"] == parcel_id), None)

    def _tag(self, order_id: str, change: Any) -> Any:
        order = self.orders.get(order_id)
        if order is None:
            return {"userErrors": [{"field": ["id"]}]}
        order["tags"] = change(order["tags"])
        return {"userErrors": []}

    # Tokens.

    def _issue(self, body: Mapping[str, str]) -> Response:
        if (body.get("client_id"), body.get("client_secret")) != (self.client_id, self.client_secret):
            return _json(400, {"error": "invalid_client"})
        if body.get("grant_type") == "client_credentials":
            self.tokens_issued += 1
            self.access_token = f"access-{self.tokens_issued}"
            return _json(200, {"access_token": self.access_token, "scope": "", "expires_in": 86399})
        if body.get("grant_type") != "refresh_token" or body.get("refresh_token") not in self._refresh:
            return _json(400, {"error": "invalid_grant"})
        return self._rotate(str(body["refresh_token"]))

    def _rotate(self, used: str) -> Response:
        self.tokens_issued += 1
        self.access_token = f"access-{self.tokens_issued}"
        self._replacement = f"refresh-{self.tokens_issued}"
        self._refresh = {used, self._replacement}
        if self.lost_answers:
            self.lost_answers -= 1
            return _json(503, {})
        pair = {"access_token": self.access_token, "refresh_token": self._replacement, "expires_in": 3600}
        return _json(200, pair)

    def _is_valid(self, token: str) -> bool:
        if not token or token != self.access_token:
            return False
        if self._replacement:
            self._refresh, self._replacement = {self._replacement}, None
        return True


def _json(status: int, body: Mapping[str, Any]) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json")
