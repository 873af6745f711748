"""What the list says of one order that waits, and what was done with one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shopguard.config import Language
from shopguard.guard.queue import Waiting
from shopguard.guard.reviews import Review
from shopguard.guard.wording import in_language
from shopguard.matching.words import FIELD_WORDS
from shopguard.model import Match, Reason, Relation, Stage
from shopguard.web import formats
from shopguard.web.accounts.store import Accounts
from shopguard.web.app import service
from shopguard.web.console.choice import key_of
from shopguard.web.console.desk import buyer_of
from shopguard.web.console.shipping import Ships, ships
from shopguard.web.language import language

_AGREE = (Relation.SAME, Relation.NEAR)


@dataclass(frozen=True, slots=True)
class Card:
    """One order of the list. ``buyer`` is empty and ``total`` None once retention has erased them.

    ``ships`` is None where nobody knows when it leaves. ``best`` is the report that resembles it most; ``agreeing``
    names the fields by which it does.
    """

    review: Review
    buyer: str
    payment: str
    total: Decimal | None
    currency: str
    best: Match | None
    agreeing: Sequence[str]
    reasons: Sequence[Reason]
    ships: Ships | None

    @property
    def key(self) -> str:
        return key_of(self.review.ref)

    @property
    def picked(self) -> str:
        """What a form carries of an order that somebody looked at."""
        return f"{self.review.generation}:{self.key}"

    @property
    def has_shipped(self) -> bool:
        return self.review.stage is Stage.SHIPPED


def card_of(row: Waiting) -> Card:
    """Return what is shown of an order in the reader's language."""
    reader, order, verdict = Language(language()), row.order, row.verdict
    best = next(iter(verdict.reported), None) if verdict else None
    alike = {e.field for e in best.comparison.evidence if e.relation in _AGREE} if best else set()
    return Card(
        review=row.review,
        buyer=buyer_of(order),
        payment=order.payment.label or order.payment.kind.value if order else "",
        total=order.total if order else None,
        currency=order.currency if order else "",
        best=best,
        agreeing=[word for field, word in FIELD_WORDS[reader.value].items() if field in alike],
        reasons=[in_language(said, reader) for said in verdict.reasons] if verdict else (),
        ships=ships(row.review),
    )


def shown_names() -> dict[str, str]:
    """Return what each account is called on pages, by the name that is on record."""
    return {account.name: account.shown for account in service(Accounts).all()}


def start_of_day(now: float) -> float:
    """Return when the day of ``now`` began in Japan; both in Unix seconds."""
    today = datetime.fromtimestamp(now, formats.ZONE)
    return today.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
