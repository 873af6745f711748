"""Recorded deliveries: a JSON file each, with everything the adapter is expected to make of it."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from shopguard.adapter import Event, WebhookRequest
from shopguard.model import Order, OrderEvent, Party, PrivacyRequest, ShopAlarm

OUTCOMES = ("events", "ping", "refused", "invalid")
_TYPES: Mapping[str, type] = {"order": OrderEvent, "privacy": PrivacyRequest, "alarm": ShopAlarm}


@dataclass(frozen=True, slots=True)
class Fixture:
    """One recorded delivery and its outcome.

    Args:
        outcome: ``events`` (verified and parsed), ``ping``, ``refused`` (verify raises ``SignatureInvalid``),
            ``invalid`` (verified, but parse raises ``PayloadInvalid``).
        error: the exact class name of the error, where the file names one.
        expected: the complete events as JSON; None where the file has none yet.
    """

    name: str
    request: WebhookRequest
    outcome: str
    error: str | None
    expected: Sequence[Mapping[str, Any]] | None

    @property
    def is_genuine(self) -> bool:
        """Whether the sender is proven: only such a delivery is ever parsed."""
        return self.outcome in ("events", "invalid")


def load_fixtures(folder: Path) -> tuple[Fixture, ...]:
    """Return the fixtures directly in ``folder``, by name; ``ValueError`` names a file that is not one."""
    return tuple(_load(path) for path in sorted(folder.glob("*.json")))


def _load(path: Path) -> Fixture:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        sent = told["request"]
        body = base64.b64decode(sent["body_base64"]) if "body_base64" in sent else sent["body"].encode()
        outcome = told["outcome"]
        request = WebhookRequest(
            url=sent["url"],
            headers=MappingProxyType(dict(sent["headers"])),
            body=body,
            received_at=datetime.fromisoformat(sent["received_at"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path.name} is not a fixture: {type(error).__name__} {error}") from error
    if outcome not in OUTCOMES:
        raise ValueError(f"{path.name}: outcome is {outcome!r}, not one of {', '.join(OUTCOMES)}")
    if unfolded := [name for name in request.headers if name != name.lower()]:
        raise ValueError(f"{path.name}: header names must be in lower case: {', '.join(unfolded)}")
    return Fixture(path.stem, request, outcome, told.get("error"), told.get("events"))


def as_json(event: Event) -> dict[str, Any]:
    """Return ``event`` as it stands in a fixture file; ``parcels_changed`` stands there only where it is true."""
    name = next(name for name, kind in _TYPES.items() if isinstance(event, kind))
    told = {"type": name, **json.loads(msgspec.json.encode(event))}
    if told.get("parcels_changed") is False:  # a field younger than most recordings
        del told["parcels_changed"]
    return told


def faults_of(event: object) -> list[str]:
    """Return what is unsound about ``event``: a field of the wrong type, a moment without offset, an odd total."""
    kind = next((kind for kind in _TYPES.values() if isinstance(event, kind)), None)
    if kind is None:
        return [f"{type(event).__name__} is no event"]
    try:
        msgspec.convert(msgspec.to_builtins(event), kind)
    except (msgspec.ValidationError, TypeError) as error:
        return [f"{kind.__name__}: {error}"]
    order = event.order if isinstance(event, OrderEvent) else None
    if order is None:
        return []
    faults = []
    if isinstance(event, OrderEvent) and order.ref != event.ref:
        faults.append("event.ref and event.order.ref differ")
    if not order.id:
        faults.append("order.id is empty")
    if not order.total.is_finite():
        faults.append("order.total is not finite")
    if order.placed_at is not None and order.placed_at.tzinfo is None:
        faults.append("order.placed_at has no offset")
    if order.changed_at is not None and order.changed_at.tzinfo is None:
        faults.append("order.changed_at has no offset")
    return faults


def differences(expected: object, actual: object, place: str = "events") -> list[str]:
    """Return one line per field that differs, each with its place."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return [
            line
            for key in sorted({*expected, *actual})
            for line in differences(expected.get(key, _MISSING), actual.get(key, _MISSING), f"{place}.{key}")
        ]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [
            line
            for number, pair in enumerate(zip(expected, actual, strict=True))
            for line in differences(*pair, f"{place}[{number}]")
        ]
    if type(expected) is type(actual) and expected == actual:
        return []
    return [f"{place}: expected {expected!r}, got {actual!r}"]


def private_texts(events: Sequence[Event]) -> set[str]:
    """Return every text in ``events`` that tells of a person and is long enough to be recognized."""
    found: set[str] = set()
    for event in events:
        if isinstance(event, OrderEvent) and event.order:
            found.update(_texts_of_order(event.order))
        elif isinstance(event, PrivacyRequest):
            found.update((*event.emails, *event.phones))
    return {text for text in found if len(text) > 3 or (len(text) > 1 and not text.isascii())}


def _texts_of_order(order: Order) -> Iterator[str]:
    yield from filter(None, (order.ip, order.note))
    for party in (order.buyer, *order.recipients):
        yield from _texts_of_party(party)


def _texts_of_party(party: Party) -> Iterator[str]:
    single = (party.name, party.family, party.given, party.kana, party.company, party.postal_code, party.city)
    yield from filter(None, (*single, *party.lines, *party.phones, *party.emails))


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


_MISSING = _Missing()
