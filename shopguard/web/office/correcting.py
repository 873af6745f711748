"""Putting one fact of a report right: which facts can be, and the change that a new value makes. Pure."""

from collections.abc import Mapping
from typing import Any

from msgspec import to_builtins

from shopguard.registry.reports.model import ReportContent

CORRECTABLE = (
    "amount",
    "ordered_on",
    "shipped_on",
    "delivered_on",
    "due_on",
    "refused_on",
    "items",
    "order_number",
    "return_reason",
    "replies",
    "party.name",
    "party.kana",
    "party.postal_code",
    "party.city",
    "party.lines",
    "party.phones",
    "party.emails",
)
"""By their names in a report's JSON."""

_SEVERAL = ("party.lines", "party.phones", "party.emails")


def change(content: ReportContent, field: str, value: str) -> Mapping[str, Any]:
    """Return the fields of the report's JSON that differ once ``field`` is ``value`` (several: one a line)."""
    new: Any = [line.strip() for line in value.splitlines() if line.strip()] if field in _SEVERAL else value or None
    whole, _, part = field.partition(".")
    if not part:
        return {whole: new}
    party: dict[str, Any] = to_builtins(content.party)
    return {whole: {**party, part: new}}
