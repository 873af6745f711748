"""The JSON shapes of the outer contract, to and from the words of the domain.

Parties, orders and entries have the same field names on the wire as in ``model``; msgspec reads and writes
them directly: moments as RFC 3339, money as decimal text, unknown keys ignored.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from shopguard.errors import PayloadInvalid
from shopguard.model import Comparison, Match, Order, Verdict

T = TypeVar("T")
_QUOTED = re.compile(r" '.*'", re.DOTALL)


def encode(value: object) -> bytes:
    """Return ``value`` (domain words or plain data) as UTF-8 JSON."""
    return msgspec.json.encode(value)


def decode(body: bytes | str, shape: type[T]) -> T:
    """Return ``body`` read as ``shape``; ``PayloadInvalid`` names the place, for instance ``$.buyer.phones[0]``."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        # names types and paths; a refused enum value is quoted, and it may be a name in the wrong column
        raise PayloadInvalid(_QUOTED.sub("", str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadInvalid(f"not readable JSON: {type(error).__name__}") from None


def decode_order(body: bytes | str) -> Order:
    """Return the order in contract form; ``PayloadInvalid`` names what is wrong.

    A moment without an offset is refused: it would be another moment in another time zone.
    """
    order = decode(body, Order)
    if not order.id:
        raise PayloadInvalid("id must not be empty - at `$.id`")
    if not order.total.is_finite() or abs(order.total.adjusted()) >= 15:
        raise PayloadInvalid("total must be a finite amount of at most 15 digits - at `$.total`")
    for name in ("placed_at", "changed_at"):
        moment = getattr(order, name)
        if moment is not None and moment.tzinfo is None:
            raise PayloadInvalid(f"a moment needs an offset, such as +09:00 - at `$.{name}`")
    return order


def plain(value: object) -> Any:
    """Return ``value`` as dictionaries, lists, text and numbers."""
    return msgspec.to_builtins(value)


Explain = Callable[[Comparison], Mapping[str, Sequence[str]]]
"""Puts evidence into sentences, by language."""


def comparison(value: Comparison, explain: Explain) -> Mapping[str, Any]:
    """Return the contract's *comparison*, and its evidence in words."""
    return {
        "strength": value.strength.value,
        "score": round(value.score, 3),
        "evidence": plain(value.evidence),
        "explanation": explain(value),
    }


def match(value: Match, explain: Explain) -> Mapping[str, Any]:
    """Return one of the contract's *matches*."""
    return {
        "entry": value.entry,
        "category": value.category.value,
        "reporters": value.reporters,
        "last_on": value.last_on.isoformat(),
        "party": value.party,
        "effect": value.effect.value,
        **comparison(value.comparison, explain),
    }


def verdict(value: Verdict, explain: Explain) -> Mapping[str, Any]:
    """Return the contract's *verdict*."""
    return {
        "order_id": value.order_id,
        "verdict": value.kind.value,
        "strength": value.strength.value,
        "score": round(value.score, 3),
        "state": value.state.value,
        "matches": [match(found, explain) for found in value.matches],
        "reasons": plain(value.reasons),
        "policy": value.policy,
    }
