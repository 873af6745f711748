"""Who was told apart: which buyer or recipient of an order is not whom an entry is about."""

from collections.abc import Sequence

from shopguard.guard.screening import KnownPairs, buyer_key
from shopguard.guard.store import Vault
from shopguard.identity import identify
from shopguard.model import Order, Verdict


def pairs_of(order: Order, verdict: Verdict, vault: Vault, entry: str | None = None) -> Sequence[tuple[str, str]]:
    """Return (buyer key, entry) for the buyer and every entry matched, and for a recipient and what it matched.

    Args:
        entry: this one alone.
    """
    keys = {role: buyer_key(identify(party), vault) for role, party in order.parties.items()}
    pairs: dict[tuple[str, str], None] = {}
    for match in verdict.matches:
        if entry is not None and match.entry != entry:
            continue
        for role in ("buyer", match.party):
            if role in keys:
                pairs[keys[role], match.entry] = None
    return tuple(pairs)


def told_apart(order: Order, verdict: Verdict, vault: Vault, known: KnownPairs) -> frozenset[str]:
    """Return the entries of the verdict that somebody has told apart from the person of the order they resemble."""
    keys = {role: buyer_key(identify(party), vault) for role, party in order.parties.items()}
    found = {role: known.entries(order.shop, key) for role, key in keys.items()}
    return frozenset(match.entry for match in verdict.matches if match.entry in found.get(match.party, ()))
