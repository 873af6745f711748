"""Reading foreign JSON tolerantly: what is missing or odd becomes None or empty, what is vital is demanded.

Platforms send JSON whose details vary with plugins, themes and versions, so an adapter picks the fields
it needs by path and never validates the rest. A value of an unexpected type counts as missing.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from shopguard.errors import PayloadInvalid

_MAX_TEXT = 1000  # characters; longer than any name, address line or label that a shop can use
_decoder = msgspec.json.Decoder()
_scanner = msgspec.json.Decoder(msgspec.Raw)


def decode_json(body: bytes) -> Any:
    """Return the decoded body; ``PayloadInvalid`` for anything that is not JSON in UTF-8, however deep."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # msgspec names the byte position but quotes nothing of the body
        raise PayloadInvalid(f"body is not readable JSON: {type(error).__name__}") from None


def check_json(body: bytes) -> None:
    """Raise ``PayloadInvalid`` unless ``body`` is JSON in UTF-8; reads over it and builds nothing."""
    try:
        body.decode()
        _scanner.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadInvalid(f"body is not readable JSON: {type(error).__name__}") from None


def decode_object(body: bytes) -> Mapping[str, Any]:
    """Return the decoded body, which must be one JSON object; else ``PayloadInvalid``."""
    value = decode_json(body)
    if not isinstance(value, dict):
        raise PayloadInvalid("body is JSON but not an object")
    return value


def dig(obj: object, path: str) -> Any:
    """Return what stands at the dotted ``path``; list positions are numbers; None where anything is missing."""
    for part in path.split("."):
        if isinstance(obj, Mapping):
            obj = obj.get(part)
        elif isinstance(obj, Sequence) and not isinstance(obj, str | bytes) and part.isdecimal():
            obj = obj[int(part)] if int(part) < len(obj) else None
        else:
            return None
    return obj


def text(obj: object, path: str) -> str | None:
    """Return the text or number at ``path`` as stripped text, or None if there is none.

    NUL characters (which databases refuse) are dropped; text is cut after 1,000 characters.
    """
    value = dig(obj, path)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    cleaned = str(value).replace("\x00", "").strip()
    return cleaned[:_MAX_TEXT] or None


def texts(obj: object, *paths: str) -> tuple[str, ...]:
    """Return the texts at ``paths`` in order, without gaps and repeats."""
    return tuple(dict.fromkeys(value for path in paths if (value := text(obj, path))))


def items(obj: object, path: str) -> Sequence[Any]:
    """Return the list at ``path``, or an empty one."""
    value = dig(obj, path)
    return value if isinstance(value, list) else ()


def required_id(obj: object, path: str) -> str:
    """Return the id at ``path`` as text; ``PayloadInvalid`` naming the path if there is none.

    Whole numbers and short printable text are ids; an id never holds a slash, a space or a control character.
    """
    value = dig(obj, path)
    found = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not found or len(found) > 200 or any(not c.isprintable() or c in " /\\?#%" for c in found):
        raise PayloadInvalid(f"{path}: an order id is missing or unusable")
    return found


def moment(obj: object, path: str, zone: tzinfo = UTC) -> datetime | None:
    """Return the moment at ``path`` in UTC, or None if it is none; 2026/11/02 is read as 2026-11-02.

    Args:
        zone: where a text without an offset was written.
    """
    value = text(obj, path)
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value.replace("/", "-"))
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def money(obj: object, path: str) -> Decimal | None:
    """Return the amount at ``path`` in the main unit, or None if it is no finite number below 10**15.

    A number smaller than 10**-15 is none either: written out, 1e-999999999 would fill the memory.
    """
    value = text(obj, path)
    if value is None:
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount.adjusted()) < 15 else None
