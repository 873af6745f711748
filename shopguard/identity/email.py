"""Mail addresses to the one that reaches the same mailbox; masked ones become None."""

import re

from shopguard.identity.text import fold

_ADDRESS = re.compile(r"[^\s@<>()\"',;:]+@[^\s@<>()\"',;:]+\.[^\s@<>()\"',;:.]+")
_ONE_MAILBOX = {"googlemail.com": "gmail.com", "ezweb.ne.jp": "au.com"}
_TAGGED = re.compile(r"(?:gmail|outlook|hotmail|live|icloud|me|mac)\.(?:com|jp|co\.jp)")
# Addresses that a mall makes up per order or per buyer, and names that can never receive mail (RFC 2606).
_MASKED = re.compile(
    r".*(?:^|\.)(?:invalid|fw\.rakuten\.ne\.jp|marketplace\.amazon\.(?:co\.jp|com)|privaterelay\.appleid\.com)"
)


def normalize_email(raw: str) -> str | None:
    """Return the canonical address, or None if ``raw`` holds none or only a masked one.

    Real carrier addresses break the RFC (double dots, a dot before @) and stay. Gmail ignores dots and +tags,
    Outlook and iCloud +tags; a ``-suffix`` at yahoo.co.jp is another mailbox name and stays.

    Source: the providers' own help pages (read 2026-10).
    """
    found = _ADDRESS.search(fold(raw))
    if found is None or "*" in found[0]:
        return None
    local, _, domain = found[0].rpartition("@")
    domain = _ONE_MAILBOX.get(domain, domain)
    if _MASKED.fullmatch(domain):
        return None
    if _TAGGED.fullmatch(domain):
        local = local.partition("+")[0]
    if domain == "gmail.com":
        local = local.replace(".", "")
    return f"{local}@{domain}" if local else None
