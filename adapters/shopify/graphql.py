"""One call of the GraphQL Admin API: token, throttling and Shopify's errors inside HTTP 200 turned into ours.

Sources (read 2026): shopify.dev "GraphQL Admin API: status and error codes", "API limits".
"""

from collections.abc import Mapping
from typing import Any

from adapters.shopify.tokens import Tokens
from shopguard.adapter import Secret
from shopguard.errors import OrderGone, PlatformRefused, TemporaryFailure
from shopguard.http import Answer, PlatformApi
from shopguard.payload import dig, items, text

_BUSY_CODES = frozenset({"THROTTLED", "INTERNAL_SERVER_ERROR", "TIMEOUT"})
_UNAUTHORIZED = "401"


class AdminApi:
    """One shop's GraphQL Admin API."""

    def __init__(self, api: PlatformApi, tokens: Tokens, version: str) -> None:
        self._api = api
        self._tokens = tokens
        self._path = f"/admin/api/{version}/graphql.json"

    def ask(self, query: str, **variables: object) -> Mapping[str, Any]:
        """Return the ``data`` of one query.

        Raises:
            TemporaryFailure: throttled (carries how long the bucket takes to fill) or down.
            PlatformRefused: any other error; ``code`` is Shopify's, its message is dropped as it may quote data.
        """
        return self.answer(query, **variables)[0]

    def change(self, mutation: str, done_before: frozenset[str] = frozenset(), **variables: object) -> None:
        """Make one mutation.

        Args:
            done_before: codes of user errors which say that the wanted state already stands.

        Raises:
            PlatformRefused: user errors of any other code, besides the errors of ``ask``.
        """
        name, result = next(iter(self.ask(mutation, **variables).items()), ("mutation", None))
        codes = {_user_error_code(error) for key in _ERROR_KEYS for error in items(result, key)}
        left = sorted(codes - done_before)
        if left:
            raise PlatformRefused(f"{name} refused: {', '.join(left)}", left[0])
        if result is None:
            raise PlatformRefused(f"{name} answered nothing", "no_result")

    def answer(self, query: str, **variables: object) -> tuple[Mapping[str, Any], Answer]:
        """Return the ``data`` of one query together with the HTTP answer it came in."""
        answer = self._send(query, variables)
        _raise_top_level(answer.json)
        data = dig(answer.json, "data")
        if not isinstance(data, dict):
            raise PlatformRefused("the GraphQL answer holds no data", "no_data")
        return data, answer

    def _send(self, query: str, variables: Mapping[str, object]) -> Answer:
        token = self._tokens.current()
        try:
            return self._post(query, variables, token)
        except PlatformRefused as error:
            renewed = self._tokens.instead_of(token) if error.code == _UNAUTHORIZED else None
            if renewed is None:
                raise
        return self._post(query, variables, renewed)

    def _post(self, query: str, variables: Mapping[str, object], token: Secret) -> Answer:
        headers = {"X-Shopify-Access-Token": token.reveal()}
        try:
            return self._api.call("POST", self._path, json={"query": query, "variables": variables}, headers=headers)
        except OrderGone as error:  # of the one GraphQL address a 404 speaks of the shop, never of an order
            raise PlatformRefused("no such shop, or no such API version", error.code) from None


_ERROR_KEYS = ("userErrors", "orderCancelUserErrors")


def _user_error_code(error: object) -> str:
    """Return the error's code; some mutations have none, then the name of the field that was wrong."""
    return text(error, "code") or text(error, "field.0") or "USER_ERROR"


def _raise_top_level(answer: object) -> None:
    errors = items(answer, "errors") or ([{}] if dig(answer, "errors") else [])
    codes = [text(error, "extensions.code") or "GRAPHQL_ERROR" for error in errors]
    for code in codes:
        if code in _BUSY_CODES:
            raise TemporaryFailure(f"Shopify answered {code}", _seconds_to_fill(answer))
    if codes:
        raise PlatformRefused(f"Shopify answered {', '.join(codes)}", codes[0])


def _seconds_to_fill(answer: object) -> float | None:
    """Return how long until the bucket holds what this query costs, or None if the answer does not say."""
    cost = dig(answer, "extensions.cost")
    figures = [dig(cost, path) for path in ("requestedQueryCost", *_BUCKET)]
    if not all(isinstance(figure, int | float) for figure in figures):
        return None
    wanted, available, per_second = figures
    return max(1.0, (wanted - available) / per_second) if per_second > 0 else None


_BUCKET = ("throttleStatus.currentlyAvailable", "throttleStatus.restoreRate")
