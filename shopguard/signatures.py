"""The ways platforms sign webhooks, each written once. Every check is constant-time and never crashes."""

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import sha1, sha256, sha512
from typing import Any

from shopguard.adapter import Secret
from shopguard.errors import SignatureInvalid

_MAX_HEADER = 1024  # characters; a SHA-512 in hexadecimal is 128
_MAX_LIST = 4096  # characters of a list of signatures: enough for dozens

_ALGORITHMS: dict[str, Callable[..., Any]] = {"sha1": sha1, "sha256": sha256, "sha512": sha512}


def check_hmac(
    message: bytes,
    signature: str | None,
    secrets: Iterable[Secret],
    *,
    algorithm: str = "sha256",
    encoding: str = "base64",
    prefix: str = "",
) -> None:
    """Raise ``SignatureInvalid`` unless ``signature`` is the HMAC of ``message`` under one of ``secrets``.

    Several secrets are valid at once during a rotation; all are tried, so time tells nothing about which fits.

    Args:
        algorithm: ``sha1``, ``sha256`` or ``sha512``.
        encoding: ``base64`` or ``hex`` (either case).
        prefix: text the header carries before the signature, for instance ``sha256=``.
    """
    given = _decode(signature, encoding, prefix)
    matched = False
    for secret in secrets:
        if not secret:
            raise SignatureInvalid("an empty webhook secret proves nothing; set one")
        expected = hmac.digest(_bytes(secret), message, _ALGORITHMS[algorithm])
        matched |= hmac.compare_digest(expected, given)
    if not matched:
        raise SignatureInvalid("the signature does not fit the body")


def check_token(given: str | None, secrets: Iterable[Secret]) -> None:
    """Raise ``SignatureInvalid`` unless ``given`` equals one of ``secrets`` (platforms that send a shared word)."""
    if not given or len(given) > _MAX_HEADER:
        raise SignatureInvalid("the shared secret is missing or overlong")
    matched = False
    for secret in secrets:
        matched |= bool(secret) and hmac.compare_digest(_bytes(secret), given.encode("utf-8", "replace"))
    if not matched:
        raise SignatureInvalid("the shared secret does not fit")


def check_age(sent_at: str | None, received_at: datetime, tolerance_s: int = 300) -> None:
    """Raise ``SignatureInvalid`` unless ``sent_at`` (Unix seconds) is within ``tolerance_s`` of ``received_at``.

    Only for schemes whose signature covers the time.
    """
    if not sent_at or not sent_at.isascii() or not sent_at.isdecimal() or len(sent_at) > 12:
        raise SignatureInvalid("the signed time is missing or not a number")
    if abs(received_at.timestamp() - int(sent_at)) > tolerance_s:
        raise SignatureInvalid(f"the signed time is more than {tolerance_s} s off")


def check_standard_webhooks(
    headers: Mapping[str, str],
    body: bytes,
    received_at: datetime,
    secrets: Iterable[Secret],
    tolerance_s: int = 300,
) -> None:
    """Raise ``SignatureInvalid`` unless one signature of the list fits one of ``secrets`` (``whsec_...``).

    Signatures of another version than ``v1`` are passed over. ``headers`` are in lower case.

    Source: Standard Webhooks 1.0.0, "Signature scheme" and "Webhook headers" (read 2026-11).
    """
    name, sent_at, listed = (headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    check_age(sent_at, received_at, tolerance_s)
    if not name or not name.isascii() or len(name) > _MAX_HEADER or len(listed) > _MAX_LIST:
        raise SignatureInvalid("the webhook id or the list of signatures is missing or malformed")
    keys = [key for secret in secrets if (key := standard_webhooks_key(secret))]
    message = f"{name}.{sent_at}.".encode() + body
    given = [part.removeprefix("v1,").encode("utf-8", "replace") for part in listed.split() if part.startswith("v1,")]
    matched = False
    for key in keys:
        expected = base64.b64encode(hmac.digest(key, message, sha256))
        for signature in given:
            matched |= hmac.compare_digest(expected, signature)
    if not matched:
        raise SignatureInvalid("no signature of the list fits the body")


def standard_webhooks_key(secret: Secret) -> bytes | None:
    """Return the key that a ``whsec_...`` secret encodes, or None if it is not one."""
    try:
        return base64.b64decode(secret.reveal().removeprefix("whsec_"), validate=True) or None
    except (ValueError, binascii.Error):
        return None


def _bytes(secret: Secret) -> bytes:
    # an environment variable that is not UTF-8 holds its bytes as surrogates
    return secret.reveal().encode("utf-8", "surrogateescape")


def _decode(signature: str | None, encoding: str, prefix: str) -> bytes:
    if not signature or len(signature) > _MAX_HEADER or not signature.isascii():
        raise SignatureInvalid("the signature header is missing or malformed")
    if not signature.startswith(prefix):
        raise SignatureInvalid("the signature header is malformed")
    text = signature[len(prefix) :].strip()
    try:
        return bytes.fromhex(text) if encoding == "hex" else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise SignatureInvalid("the signature header is malformed") from None
