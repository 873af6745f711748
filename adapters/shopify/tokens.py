"""The access token for the next call: given once for ever, or renewed before it expires.

Sources (read 2026-11): shopify.dev "About offline access tokens", "Client credentials grant", changelog of
2026-08-28 "More resilient refreshes": the old refresh token stays valid until its replacement is used.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Protocol

from adapters.shopify.settings import ShopifySettings
from shopguard.adapter import AdapterContext, Secret, TokenPair, TokenStore
from shopguard.errors import ConfigError, OrderGone, PlatformRefused
from shopguard.http import PlatformApi
from shopguard.payload import dig, text

_RENEW_BEFORE = timedelta(minutes=5)
_DEFAULT_LIFE_S = 3600


class Tokens(Protocol):
    """Where calls get their token from."""

    def current(self) -> Secret:
        """Return a token that is valid as far as is known."""
        ...

    def instead_of(self, refused: Secret) -> Secret | None:
        """Return another token after Shopify refused ``refused``, or None if there is no other."""
        ...


def tokens_for(settings: ShopifySettings, context: AdapterContext, api: PlatformApi) -> Tokens:
    """Return the kind of token that ``settings`` ask for; nothing is called yet."""
    if settings.access_token:
        return LastingToken(settings.access_token)
    return ExpiringToken(settings, context, api)


class LastingToken:
    """The token of a custom app: it never expires."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def current(self) -> Secret:
        return self._token

    def instead_of(self, refused: Secret) -> Secret | None:
        return None


class ExpiringToken:
    """A token of an hour or a day, renewed in the core's token store by whoever comes first."""

    def __init__(self, settings: ShopifySettings, context: AdapterContext, api: PlatformApi) -> None:
        self._settings = settings
        self._context = context
        self._api = api

    def current(self) -> Secret:
        pair = self._store.get(self._context.shop)
        if pair is None or pair.expires_at - self._context.clock() < _RENEW_BEFORE:
            pair = self._renew(pair)
        return pair.access

    def instead_of(self, refused: Secret) -> Secret | None:
        pair = self._store.get(self._context.shop)
        if pair is not None and pair.access != refused:
            return pair.access  # renewed by another process meanwhile
        return self._renew(pair).access

    @property
    def _store(self) -> TokenStore:
        if self._context.tokens is None:
            raise ConfigError("refresh_token: an expiring token needs the guard's database to be kept in")
        return self._context.tokens

    def _renew(self, stale: TokenPair | None) -> TokenPair:
        return self._store.renew(self._context.shop, stale, self._exchange)

    def _exchange(self, stored: TokenPair | None) -> TokenPair:
        """Return a new pair from Shopify.

        If the answer is lost, nothing was stored and the same refresh token serves once more.
        """
        if self._settings.refresh_token is None:
            return self._ask({"grant_type": "client_credentials"})
        if stored is not None and stored.refresh and stored.refresh != self._settings.refresh_token:
            with suppress(PlatformRefused):  # it died unused; the owner may have pasted a fresh one since
                return self._refresh(stored.refresh)
        return self._refresh(self._settings.refresh_token)

    def _refresh(self, token: Secret) -> TokenPair:
        return self._ask({"grant_type": "refresh_token", "refresh_token": token.reveal()})

    def _ask(self, grant: dict[str, str]) -> TokenPair:
        secret = self._settings.client_secrets[0].reveal()
        body = {"client_id": self._settings.client_id, "client_secret": secret, **grant}
        try:
            answer = self._api.call("POST", "/admin/oauth/access_token", json=body).json
        except OrderGone as error:
            raise PlatformRefused(f"{self._settings.domain}: no such shop", error.code) from None
        access = text(answer, "access_token")
        if access is None:
            raise PlatformRefused(f"{self._settings.domain}: the token answer holds no token", "no_token")
        life_s = dig(answer, "expires_in")
        expires_at = self._context.clock() + timedelta(seconds=life_s if isinstance(life_s, int) else _DEFAULT_LIFE_S)
        return TokenPair(Secret(access), Secret(text(answer, "refresh_token") or ""), expires_at)
