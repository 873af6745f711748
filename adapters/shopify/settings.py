"""What a shop owner writes into the configuration for one Shopify shop, and which of it cannot work."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shopguard.adapter import Secret
from shopguard.errors import ConfigError
from shopguard.model import PaymentKind

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_VERSION = re.compile(r"20\d\d-(01|04|07|10)")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class ShopifySettings:
    """One shop. How it gets its API token follows from what is set:

    ``access_token`` alone: a token that never expires (custom apps made in the admin before 2026).
    ``client_id`` and ``refresh_token``: an expiring offline token with the pair's first refresh token (public apps).
    ``client_id`` alone: the client credentials grant (an app of the Dev Dashboard in its owner's shop).

    Args:
        domain: the permanent ``….myshopify.com`` name, not the shop's own domain.
        client_secrets: keys that webhooks may be signed with; the first is also the app's secret for tokens.
        payment_kinds: the shop's own payment labels, as shown on its orders, and what they stand for.
        kana_attributes: names of order attributes that hold the reading of the buyer's name, best first;
            ``a/b`` names two attributes that hold the family's and the given name's.
        base_url: where to call instead of ``https://<domain>``: a stub on this machine, for tests and trials.
    """

    domain: str
    client_secrets: tuple[Secret, ...]
    client_id: str = ""
    access_token: Secret | None = None
    refresh_token: Secret | None = None
    api_version: str = "2026-10"
    payment_kinds: Mapping[str, PaymentKind] = field(default_factory=dict)
    kana_attributes: tuple[str, ...] = ("フリガナ", "ふりがな", "furigana", "kana", "セイ/メイ")
    base_url: str | None = None

    @property
    def api_address(self) -> str:
        """Where this shop's API is called."""
        return self.base_url or f"https://{self.domain}"


def refuse_impossible(settings: ShopifySettings) -> None:
    """Raise ``ConfigError`` naming every key whose value cannot work."""
    faults = tuple(_faults(settings))
    if faults:
        raise ConfigError(*faults)


def _faults(settings: ShopifySettings) -> Iterator[str]:
    if not _DOMAIN.fullmatch(settings.domain):
        yield "domain: must be the permanent name, for instance main-store.myshopify.com, in lower case"
    if not 1 <= len(settings.client_secrets) <= 2 or not all(settings.client_secrets):
        yield "client_secrets: give one secret, or two while one replaces the other; none may be empty"
    if not _VERSION.fullmatch(settings.api_version):
        yield "api_version: must be a quarterly version such as 2026-10"
    if settings.access_token and (settings.refresh_token or settings.client_id):
        yield "access_token: leave it out when client_id is set, or the other way round"
    elif settings.refresh_token and not settings.client_id:
        yield "client_id: needed to renew the refresh_token"
    elif not settings.access_token and not settings.client_id:
        yield "client_id: needed to obtain a token, unless access_token is set"
    if settings.base_url is not None and not _is_loopback(settings.base_url):
        yield "base_url: only for a stub on this machine, such as http://127.0.0.1:8099; leave it out for a real shop"


def _is_loopback(url: str) -> bool:
    """Whether ``url`` stays on this machine: a token must never be sent to another host than Shopify's."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK
    except ValueError:
        return False
