"""Entries that are listed after a house has judged its orders, and what it does about them."""

from collections import Counter
from dataclasses import replace
from datetime import date

from shopguard.guard.later_listing import LaterListings
from shopguard.guard.watch import WatchStore
from shopguard.model import Category, Entry, Party

A_MINUTE, A_DAY = 61.0, 86_400.0
ALL_OF_CLEAN = Entry(
    "E-2",
    Category.UNPAID,
    Party(name="佐藤 次郎", region="北海道", city="札幌市", lines=("北一条1-2-3",), phones=("090-0000-2222",)),
    2,
    date(2026, 10, 1),
    date(2026, 10, 2),
)
PHONE_OF_CLEAN = replace(ALL_OF_CLEAN, party=Party(name="高橋 三郎", phones=("090-0000-2222",)))
STRANGER = replace(ALL_OF_CLEAN, id="E-9", party=Party(name="田中 四郎", phones=("090-0000-9999",)))


def list_later(house, *entries: Entry) -> None:
    house.registry.list_later(*entries)
    look(house)


def look(house) -> None:
    """Let the worker read what was listed, and ask about what that concerns."""
    house.pass_by(A_MINUTE)
    house.pass_by(A_MINUTE)


def asked(house) -> Counter[str]:
    """How often the registry was asked about each order."""
    return Counter(query.order.order_id for query in house.registry.queries)


def another_watch(house, registry: str = "another") -> LaterListings:
    """Let the house begin with a registry whose listings nobody has read yet."""
    house.watch = WatchStore(house.engine, house.writer, house.keyring, registry, days=14, clock=house.now)
    house.listings = LaterListings(house.registry, house.watch, every_s=60, clock=house.now)
    return house.listings
