"""Signing in through the company's own sign-in: OpenID Connect, the code flow with PKCE, by Authlib."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import FlaskIntegration
from authlib.integrations.flask_client.apps import FlaskOAuth2App
from joserfc.errors import JoseError

from shopguard.config import OidcSettings, RoleValues
from shopguard.errors import ShopGuardError
from shopguard.web.roles import Role

_TIMEOUT_S = 10
_ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512", "EdDSA")
"""Signed by the company's private key: never "none", never by a secret that this side knows too."""


class CompanyRefused(ShopGuardError):
    """The company's sign-in gave no answer that lets somebody in."""


class CompanyAway(ShopGuardError):
    """The company's sign-in cannot be reached."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where somebody is sent, and what the answer must fit."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came back.

    Args:
        subject: a digest of issuer and number there: never another person's.
        name: as they are called there; not surely their own alone.
        roles: what they do here, by the claim; none: they may not come in.
    """

    subject: str
    name: str
    shown: str
    roles: frozenset[Role]


class Company:
    """One issuer of OpenID Connect. Asked for its addresses and keys when somebody first signs in by it."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self.label = settings.label or urlsplit(settings.issuer or "").hostname or ""

    def begin(self, back: str) -> Beginning:
        """Return where to send somebody who shall come back to ``back``; ``CompanyAway``."""
        try:
            made = self._ready().create_authorization_url(back)
        except requests.RequestException:
            raise CompanyAway("the company's sign-in does not answer") from None
        return Beginning(made["url"], made["state"], made["nonce"], made["code_verifier"])

    def arrive(self, back: str, code: str, nonce: str, verifier: str) -> Arrival:
        """Return who came back with ``code``; ``CompanyRefused`` or ``CompanyAway``."""
        try:
            client = self._ready()
            token = client.fetch_access_token(back, code=code, code_verifier=verifier)
            claims = client.parse_id_token(token, nonce, self._wanted(client.server_metadata))
        except requests.RequestException:
            raise CompanyAway("the company's sign-in does not answer") from None
        except (AuthlibBaseError, JoseError, ValueError, KeyError) as error:
            raise CompanyRefused(f"the answer is not valid: {type(error).__name__}") from None
        if claims is None:
            raise CompanyRefused("the answer says nobody: is this OpenID Connect?")
        return self._arrival(claims)

    def _ready(self) -> Any:
        """The client, with what its issuer says of itself."""
        client = self._client
        metadata = client.load_server_metadata()
        if str(metadata.get("issuer", "")).rstrip("/") != str(self._settings.issuer).rstrip("/"):
            raise CompanyRefused("sign_in.oidc.issuer: its description is of another issuer")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [one for one in offered if one in _ALGORITHMS]
        return client

    @cached_property
    def _client(self) -> Any:
        settings = self._settings
        return FlaskOAuth2App(
            FlaskIntegration("company"),
            "company",
            client_id=settings.client_id,
            client_secret=settings.client_secret.reveal() if settings.client_secret else None,
            server_metadata_url=f"{str(settings.issuer).rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "default_timeout": _TIMEOUT_S,
            },
        )

    def _wanted(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "iss": {"essential": True, "value": metadata["issuer"]},
            "aud": {"essential": True, "value": self._settings.client_id},
        }

    def _arrival(self, claims: Mapping[str, Any]) -> Arrival:
        subject = sha256(json.dumps([claims["iss"], claims["sub"]]).encode()).hexdigest()
        name = next(filter(None, map(claims.get, ("preferred_username", "email", "sub"))))
        shown = claims.get("name") or name
        return Arrival(subject, str(name)[:100], str(shown)[:100], self._roles(claims))

    def _roles(self, claims: Mapping[str, Any]) -> frozenset[Role]:
        """What the claim's values mean here. Its name may lead into objects, as ``realm_access.roles`` does."""
        found: Any = claims
        for part in self._settings.claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        values = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        by_role = _by_role(self._settings.roles)
        return frozenset(Role(role) for role, meant in by_role if any(value in meant for value in values))


def _by_role(values: RoleValues) -> Sequence[tuple[str, Sequence[str]]]:
    return [(field.name, getattr(values, field.name)) for field in fields(values)]
