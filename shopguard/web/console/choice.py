"""What somebody chose to see of the queue: written into the address of the page, and never a person's data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import parse_qsl, urlencode

from flask import url_for

from shopguard.guard.queue import Filter, Place
from shopguard.model import OrderRef, VerdictKind
from shopguard.web.app import viewer

AGES_S = {"1h": 3600, "4h": 4 * 3600, "1d": 24 * 3600}
"""How long an order waits at least."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Filters, the place of the page, and which order is open. Whatever an address says amiss is left out."""

    shop: str = ""
    verdict: str = ""
    age: str = ""
    mine: str = ""
    asked: str = ""
    after: str = ""
    before: str = ""
    open: str = ""

    @classmethod
    def read(cls, said: Mapping[str, str]) -> Self:
        """Return the choice in the arguments of an address."""
        known = {name: said[name] for name in cls.__slots__ if said.get(name)}
        choice = cls(**known)
        return replace(
            choice,
            shop=choice.shop if viewer().account.may_see(choice.shop) else "",
            verdict=choice.verdict if choice.verdict in set(VerdictKind) else "",
            age=choice.age if choice.age in AGES_S else "",
            mine="1" if choice.mine else "",
            asked="1" if choice.asked else "",
        )

    @classmethod
    def of_query(cls, query: str) -> Self:
        """Return the choice in the part of an address behind its question mark."""
        return cls.read(dict(parse_qsl(query)))

    @property
    def is_filtered(self) -> bool:
        return bool(self.shop or self.verdict or self.age or self.mine or self.asked)

    @property
    def opened(self) -> OrderRef | None:
        """The order that is open, if the viewer may see it."""
        ref = ref_of(self.open)
        return ref if ref and viewer().account.may_see(ref.shop) else None

    @property
    def follows(self) -> Place | None:
        return _place(self.after)

    @property
    def precedes(self) -> Place | None:
        return _place(self.before)

    def filter(self, now: float) -> Filter:
        """Return what the viewer may see of what was chosen."""
        return Filter(
            shops=frozenset([self.shop]) if self.shop else viewer().account.shops,
            verdict=VerdictKind(self.verdict) if self.verdict else None,
            before=now - AGES_S[self.age] if self.age else None,
            noted_by=viewer().name if self.mine else None,
            asked=bool(self.asked),
        )

    @property
    def said(self) -> Mapping[str, str]:
        """What was chosen, as an address says it."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}

    @property
    def query(self) -> str:
        """The same as one text, which ``of_query`` reads."""
        return urlencode(self.said)

    def address(self, **changes: str) -> str:
        """Return the address of the page with ``changes``, which may also tell what was done."""
        return url_for("queue.waiting") + _question({**self.said, **changes})

    def turned(self, place: Place | None, to: str) -> str | None:
        """Return the address of the page ``to`` (``after`` or ``before``) a place; None if there is none."""
        if place is None:
            return None
        key = f"{place.shipped}:{place.look_by!r}:{place.opened_at!r}:{key_of(place.ref)}"
        return replace(self, after="", before="", open="").address(**{to: key})


def _question(said: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in said.items() if value}, safe="/:")
    return f"?{query}" if query else ""


def key_of(ref: OrderRef) -> str:
    """Return an order's reference as an address and a form carry it."""
    return f"{ref.shop}/{ref.order_id}"


def ref_of(key: str) -> OrderRef | None:
    """Return the reference in ``key``, or None if it is none."""
    shop, slash, order_id = key.partition("/")
    return OrderRef(shop, order_id) if slash and shop and order_id else None


def _place(text: str) -> Place | None:
    try:
        shipped, look_by, opened_at, key = text.split(":", 3)
        ref = ref_of(key)
        return Place(int(shipped), float(look_by), float(opened_at), ref) if ref else None
    except ValueError:
        return None
