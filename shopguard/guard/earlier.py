"""What the same buyer ordered at this shop before, and how that went."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from shopguard import wire
from shopguard.guard.reviews import ReviewState
from shopguard.guard.store import Vault
from shopguard.identity.text import fold, squash
from shopguard.model import Order, Party, Stage, VerdictKind
from shopguard.storage.engine import reading
from shopguard.storage.tables import orders, review, screening

LATEST = 2_000
"""How many of the shop's orders are looked through, the latest first: each is decrypted."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """One order before. ``verdict`` is the last one, ``decision`` what a person decided; None where there is none."""

    order: Order
    verdict: VerdictKind | None
    decision: ReviewState | None

    @property
    def went_well(self) -> bool:
        """Whether it left the shop and nobody cancelled it: nothing is known against it here."""
        return self.order.stage is Stage.SHIPPED


class EarlierOrders:
    """Looks through the stored orders of a shop."""

    def __init__(self, engine: sa.Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def of(self, order: Order) -> Sequence[Earlier]:
        """Return the stored orders of this shop, but this one, with the buyer's phone, mail, or name at this address.

        The latest first. As long as orders are kept, and among the ``LATEST`` ones of the shop.
        """
        mine = _traces(order.buyer)
        if not mine:
            return []
        judged, same = screening.alias(), (review.c.shop == orders.c.shop) & (review.c.order_id == orders.c.order_id)
        verdict = (
            sa.select(judged.c.verdict)
            .where(judged.c.shop == orders.c.shop, judged.c.order_id == orders.c.order_id)
            .order_by(judged.c.generation.desc())
            .limit(1)
            .scalar_subquery()
        )
        others = (orders.c.shop == order.shop) & (orders.c.order_id != order.id) & orders.c.sealed.is_not(None)
        query = (
            sa.select(orders.c.sealed, verdict.label("verdict"), review.c.state)
            .outerjoin(review, same)
            .where(others)
            .order_by(orders.c.placed_at.desc(), orders.c.updated_at.desc())
            .limit(LATEST)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        found = ((wire.decode(self._vault.open(row.sealed), Order), row) for row in rows)
        return [
            Earlier(
                one,
                VerdictKind(row.verdict) if row.verdict else None,
                ReviewState(row.state) if row.state else None,
            )
            for one, row in found
            if mine & _traces(one.buyer)
        ]


def _traces(party: Party) -> set[str]:
    """What a buyer is known again by: cheap to make, as it is made for thousands of orders."""
    digits = ("".join(c for c in fold(phone) if c.isdecimal())[-9:] for phone in party.phones)
    phones = {f"phone {number}" for number in digits if len(number) == 9 and len(set(number)) > 1}
    mails = {f"mail {fold(mail).casefold()}" for mail in party.emails if "@" in mail}
    name = squash(fold(party.name or f"{party.family or ''}{party.given or ''}"))
    place = squash(fold("".join(filter(None, (party.region, party.city, *party.lines)))))
    home = {f"home {name} {place}"} if name and place else set()
    return phones | mails | home
