"""How WordPress writes things: JSON as PHP encodes it, moments without an offset, errors with a code."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

SITE_ZONE = ZoneInfo("Asia/Tokyo")


def php_json(value: object) -> bytes:
    """Return ``value`` as PHP's ``json_encode`` writes it: every non-ASCII character and every slash escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()


def gmt(moment: datetime) -> str:
    """Return an aware ``moment`` as WooCommerce stores it: UTC, whole seconds, no offset written."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()


def site_time(stored: str | None) -> str | None:
    """Return a stored moment in the shop's own time (Japan), again without an offset."""
    if stored is None:
        return None
    moment = datetime.fromisoformat(stored).replace(tzinfo=UTC)
    return moment.astimezone(SITE_ZONE).replace(tzinfo=None).isoformat()


class RestError(Exception):
    """A refusal in the REST API's own form: ``code``, ``message`` and the HTTP ``status``."""

    def __init__(self, status: int, code: str, message: str, **data: object) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}


def invalid_id(status: int) -> RestError:
    """Return the refusal of an unknown order: 404 when it was read, 400 when it was written."""
    return RestError(status, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")


def invalid_parameter(name: str, reason: str, code: str = "rest_not_in_enum") -> RestError:
    """Return WordPress's refusal of one parameter, with its reason twice as it comes."""
    return RestError(
        400,
        "rest_invalid_param",
        f"Invalid parameter(s): {name}",
        params={name: reason},
        details={name: {"code": code, "message": reason, "data": None}},
    )
