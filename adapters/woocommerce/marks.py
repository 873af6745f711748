"""ShopGuard's own meta data on an order: what tells our hold from a bank transfer that waits by nature."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from adapters.woocommerce.orders import meta_value

HOLD_KEY = "_shopguard"
FLAG_KEY = "_shopguard_flag"


@dataclass(frozen=True, slots=True)
class OwnHold:
    """A hold of ours, standing or released. ``key`` is its mark's; ``previous`` the status that it replaced."""

    key: str
    previous: str
    state: Literal["held", "released"] = "held"

    @classmethod
    def on(cls, raw: Mapping[str, Any]) -> "OwnHold | None":
        """Return what the order says of us, or None if it says nothing readable."""
        value = meta_value(raw, HOLD_KEY)
        try:
            if isinstance(value, str):
                return msgspec.json.decode(value, type=cls)
            return msgspec.convert(value, cls)
        except (msgspec.DecodeError, RecursionError):
            return None

    def stands(self, status: str, hold_status: str) -> bool:
        """Whether the order is still held by us: staff may have moved it on since."""
        return self.state == "held" and status == hold_status

    def released(self) -> "OwnHold":
        return replace(self, state="released")

    def as_meta(self) -> Mapping[str, str]:
        return {"key": HOLD_KEY, "value": msgspec.json.encode(self).decode()}
