"""What a shop owner sets for a WooCommerce shop, and the combinations that cannot work."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from shopguard.adapter import Secret
from shopguard.errors import ConfigError
from shopguard.model import PaymentKind

# One line per place where plugins keep the reading of a name: the keys of one reading, family name first.
# "Japanized for WooCommerce" uses the first in the classic checkout and the others in the block checkout
# (plugin source, versions 2.5 to 2.9, read 2026-11).
KANA_KEYS = (
    "_{party}_yomigana_last_name _{party}_yomigana_first_name",
    "_wc_{party}/jp4wc/yomigana_last_name _wc_{party}/jp4wc/yomigana_first_name",
    "_wc_{party}/jp4wc/yomigana-last-name _wc_{party}/jp4wc/yomigana-first-name",
)


@dataclass(frozen=True, slots=True)
class WooCommerceSettings:
    """One shop's address, keys and habits. Raises ``ConfigError`` for what cannot work.

    Args:
        url: the site as buyers see it, with its folder if WordPress lives in one.
        webhook_secrets: the secret of the webhooks; during a rotation the new one, then the old one.
        consumer_key: of a REST API key with read and write rights.
        consumer_secret: its second half.
        payment_kinds: the shop's own payment methods, by slug or by title; wins over what the adapter knows.
        kana_keys: order meta keys of the reading of a name, for ``billing`` and ``shipping`` in place of
            ``{party}``; keys separated by spaces are joined. The first line that gives a text counts.
        hold_status: the status of a held order, without ``wc-``.
        shipped_statuses: the statuses in which the goods have left.
        assume_https: tells a WordPress on this machine that its plain HTTP is HTTPS, because it takes keys only
            then. For the demo and for tests.
    """

    url: str
    webhook_secrets: tuple[Secret, ...]
    consumer_key: Secret
    consumer_secret: Secret
    payment_kinds: Mapping[str, PaymentKind] = field(default_factory=dict)
    kana_keys: tuple[str, ...] = KANA_KEYS
    hold_status: str = "on-hold"
    shipped_statuses: tuple[str, ...] = ("completed",)
    assume_https: bool = False

    def __post_init__(self) -> None:
        faults = [*self._address_faults(), *self._secret_faults()]
        if not self.hold_status or self.hold_status in self.shipped_statuses:
            faults.append("hold_status: must be a status in which nothing is shipped")
        if faults:
            raise ConfigError(*faults)

    def _address_faults(self) -> list[str]:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return ["url: must be the site's address, such as https://shop.example.com"]
        if parts.username or parts.query or parts.fragment:
            return ["url: must hold neither a password, nor ?, nor #"]
        local_http = parts.scheme == "http" and _is_this_machine(parts.hostname)
        if self.assume_https and not local_http:
            return ["assume_https: only for a site that is called by http:// on this machine"]
        if parts.scheme == "http" and not local_http:
            return ["url: must begin with https://; WooCommerce takes its keys over HTTPS only"]
        return []

    def _secret_faults(self) -> list[str]:
        faults = [
            f"{name}: must not be empty" for name in ("consumer_key", "consumer_secret") if not getattr(self, name)
        ]
        if not self.webhook_secrets or not all(self.webhook_secrets):
            faults.append("webhook_secrets: needs at least one secret, none of them empty")
        # WooCommerce decodes HTML entities in a secret before it signs: such a secret would never fit.
        if any(html.unescape(secret.reveal()) != secret.reveal() for secret in self.webhook_secrets):
            faults.append("webhook_secrets: must not hold HTML entities such as &amp;; choose letters and digits")
        return faults


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
