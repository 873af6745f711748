"""What the pages of search and of the own list work with, and what they may show to whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import abort, request

from shopguard.guard.own_list import OwnList
from shopguard.guard.own_people import OwnEntry
from shopguard.identity import Token
from shopguard.registry.messages import SearchAnswer
from shopguard.web.app import viewer
from shopguard.web.roles import Role

Search = Callable[[Sequence[Token], str], SearchAnswer]
"""Asks the registry by tokens, for a stated case."""


@dataclass(frozen=True, slots=True)
class ListDesk:
    """``shops`` are the names of all shops of this guard."""

    own_list: OwnList
    search: Search
    shops: Sequence[str]

    def shops_seen(self) -> Sequence[str]:
        """Return the names of the shops that the viewer may see."""
        return [name for name in self.shops if viewer().account.may_see(name)]

    def shop_asked(self) -> str:
        """Return the shop that the form names, or the only one; 404 where the viewer may not see it."""
        seen = self.shops_seen()
        named = request.values.get("shop") or (seen[0] if seen else "")
        if named not in seen:
            abort(404)
        return named

    def entry(self, number: int) -> OwnEntry:
        """Return a line of a list; 404 where there is none that the viewer may see."""
        found = self.own_list.get(number)
        if found is None or found.shop not in self.shops_seen():
            abort(404)
        return found


def sees_own_list() -> bool:
    """Whether the viewer is one of those who work with the shops' own lists."""
    return viewer().has(Role.OPERATOR, Role.SHOP_ADMIN)
