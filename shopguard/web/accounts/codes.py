"""One-time codes of an app, and recovery codes for whoever lost it."""

import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256
from unicodedata import normalize

import pyotp
import segno

ISSUER = "ShopGuard"
_STEP_S, _DRIFT = 30, 1
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
_RECOVERY_CODES, _HALF = 10, 5


def new_secret() -> str:
    """Return a secret for an app, in base32."""
    return pyotp.random_base32()


def address(secret: str, name: str) -> str:
    """Return what an app takes in: an ``otpauth`` address."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def picture(secret: str, name: str) -> str:
    """Return the same as a QR code: an SVG as an address of its own."""
    return segno.make(address(secret, name), error="m").svg_data_uri(scale=4, border=4, light="white")


def step_of(secret: str, code: str, now: float) -> int | None:
    """Return the half minute, counted from 1970, that ``code`` is of; None if it is not of now.

    One before and one after are taken too: clocks differ, and typing takes time (RFC 6238, 5.2 and 6, read 2026-11).
    """
    typed = _typed(code)
    app = pyotp.TOTP(secret)
    current = int(now // _STEP_S)
    steps = range(current - _DRIFT, current + _DRIFT + 1)
    return next((step for step in steps if hmac.compare_digest(app.at(step * _STEP_S), typed)), None)


def new_recovery_codes() -> Sequence[str]:
    """Return codes of 49 random bits each, as they are shown once."""
    return [f"{_half()}-{_half()}" for _ in range(_RECOVERY_CODES)]


def hashed(recovery_code: str) -> str:
    """Return what is kept of a recovery code, however it was typed. It is random: a plain hash hides it."""
    return sha256(_typed(recovery_code).encode()).hexdigest()


def _half() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_HALF))


def _typed(code: str) -> str:
    """Take away width, case, spaces and hyphens; only what a code can hold is left."""
    kept = normalize("NFKC", code[:100]).casefold()
    return "".join(letter for letter in kept if letter.isascii() and letter.isalnum())
