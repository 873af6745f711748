"""Passkeys: registered for an account, and what tells whose one is that signed. Secrets never leave the device."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import urlsplit

import sqlalchemy as sa
import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from shopguard.crypto import Keyring
from shopguard.errors import ShopGuardError
from shopguard.storage.engine import reading
from shopguard.storage.tables import passkey
from shopguard.storage.writer import Writer
from shopguard.web.accounts.model import Account

_NAME = "ShopGuard"


class PasskeyRefused(ShopGuardError):
    """A device's answer is not one to what it was asked."""


@dataclass(frozen=True, slots=True)
class Site:
    """What passkeys are bound to: the host's name, and the address that pages are opened at."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """One that is registered. ``id`` as it stands in addresses; moments are Unix seconds."""

    id: str
    label: str
    made_at: float
    used_at: float | None


def site_of(origin: str) -> Site | None:
    """Return what passkeys made at ``origin`` are bound to; None where browsers offer none.

    They do at names with HTTPS and on this machine, never at numbers: Web Authentication 3, 5.1.3 (read 2026-11).
    """
    parts = urlsplit(origin)
    host = parts.hostname or ""
    is_local = host == "localhost" or host.endswith(".localhost")
    if _is_number(host) or not (parts.scheme == "https" or is_local):
        return None
    return Site(host, origin)


def challenge_of(key: str) -> bytes:
    """Return what a device signs for the holder of ``key``, which is random and one browser's own."""
    return sha256(b"passkey/" + key.encode()).digest()


class Passkeys:
    """``clock`` is Unix seconds."""

    def __init__(self, engine: sa.Engine, writer: Writer, keyring: Keyring, clock: Callable[[], float]) -> None:
        self._engine, self._writer, self._keyring, self._clock = engine, writer, keyring, clock

    def of(self, account: int) -> Sequence[Passkey]:
        """Return those of an account, the oldest first."""
        mine = sa.select(passkey).where(passkey.c.account == account).order_by(passkey.c.made_at)
        with reading(self._engine) as connection:
            rows = connection.execute(mine).all()
        return [Passkey(bytes_to_base64url(row.id), row.label, row.made_at, row.used_at) for row in rows]

    def offer(self, account: Account, site: Site, key: str) -> str:
        """Return what a browser is asked to make one with, as JSON."""
        known = [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id)) for one in self.of(account.id)]
        options = webauthn.generate_registration_options(
            rp_id=site.host,
            rp_name=_NAME,
            user_id=self._keyring.digest("passkey-user", str(account.id).encode()),
            user_name=account.name,
            user_display_name=account.shown,
            challenge=challenge_of(key),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=known,
        )
        return options_to_json(options)

    def register(self, account: Account, site: Site, key: str, answer: str, label: str) -> None:
        """Take in the passkey that a browser made; ``PasskeyRefused`` if it does not fit what was asked."""
        try:
            made = webauthn.verify_registration_response(
                credential=answer,
                expected_challenge=challenge_of(key),
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError):
            raise PasskeyRefused("the device's answer does not fit what it was asked") from None
        row = {
            "id": made.credential_id,
            "account": account.id,
            "public": made.credential_public_key,
            "uses": made.sign_count,
            "label": label[:100],
            "made_at": self._clock(),
        }
        try:
            self._writer.run(lambda connection: connection.execute(passkey.insert(), row))
        except sa.exc.IntegrityError:
            raise PasskeyRefused("this passkey is registered already") from None

    def request(self, site: Site, key: str) -> str:
        """Return what a browser is asked to sign with any passkey of this site, as JSON."""
        options = webauthn.generate_authentication_options(
            rp_id=site.host,
            challenge=challenge_of(key),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json(options)

    def holder(self, site: Site, key: str, answer: str) -> int:
        """Return whose account the passkey belongs to that signed; ``PasskeyRefused`` if none of ours did."""
        identifier = _identifier(answer)
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(passkey).where(passkey.c.id == identifier)).first()
        if row is None:
            raise PasskeyRefused("this passkey is not registered here")
        try:
            signed = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge_of(key),
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=row.public,
                credential_current_sign_count=row.uses,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError):
            raise PasskeyRefused("the signature does not fit what the device was asked") from None
        used = {"uses": signed.new_sign_count, "used_at": self._clock()}
        update = sa.update(passkey).where(passkey.c.id == identifier).values(used)
        self._writer.run(lambda connection: connection.execute(update))
        return int(row.account)

    def remove(self, account: int, identifier: str | None = None) -> None:
        """Forget one passkey of an account; None: all of them."""
        gone = passkey.c.account == account
        if identifier is not None:
            gone &= passkey.c.id == _bytes(identifier)
        self._writer.run(lambda connection: connection.execute(sa.delete(passkey).where(gone)))


def _identifier(answer: str) -> bytes:
    try:
        return _bytes(str(json.loads(answer)["id"]))
    except (ValueError, KeyError, TypeError):
        raise PasskeyRefused("the device's answer cannot be read") from None


def _bytes(identifier: str) -> bytes:
    try:
        return base64url_to_bytes(identifier)
    except ValueError:
        return b""


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
