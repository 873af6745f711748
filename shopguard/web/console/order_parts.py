"""Everything that the page of one order shows, gathered and put into the reader's words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shopguard.config import Language
from shopguard.guard.advice import Step, advise
from shopguard.guard.cancelling import Cancelling
from shopguard.guard.earlier import Earlier, EarlierOrders
from shopguard.guard.effects import FAILED, UNFINISHED, Effect, Effects
from shopguard.guard.notes import Notes
from shopguard.guard.pairs import told_apart
from shopguard.guard.prepaying import Prepaying
from shopguard.guard.reviews import Review, ReviewState
from shopguard.guard.screening import KnownPairs
from shopguard.guard.signals import among
from shopguard.guard.store import Screening, Vault
from shopguard.guard.timeline import Moment, Timeline
from shopguard.guard.wording import in_language
from shopguard.model import Order, OrderRef, Reason, Stage, Verdict
from shopguard.web.accounts.store import Accounts
from shopguard.web.app import service
from shopguard.web.console.beside import Beside, Person, beside, people_of
from shopguard.web.console.desk import Desk
from shopguard.web.console.order_words import STEPS, WHYS, moment_words
from shopguard.web.console.shipping import Ships, ships
from shopguard.web.language import gettext, language


@dataclass(frozen=True, slots=True)
class OrderFile:
    """What the page of an order works with beside the ``Desk``. ``contest`` is where listed people can answer."""

    effects: Effects
    timeline: Timeline
    notes: Notes
    earlier: EarlierOrders
    cancelling: Cancelling
    prepaying: Prepaying
    vault: Vault
    pairs: KnownPairs
    contest: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the timeline. ``by`` is what the person is called."""

    at: float
    said: str
    by: str
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How an order stands: with a person, and at its platform. Shown anew while the page stands open."""

    ref: OrderRef
    review: Review | None
    by: str
    effects: Sequence[Effect]

    @property
    def is_waiting(self) -> bool:
        return self.review is not None and self.review.state is ReviewState.OPEN

    @property
    def is_held(self) -> bool:
        """Whether a hold of ours stands or is on its way."""
        return self.review is not None and self.review.hold_state in ("intended", "sent", "confirmed")

    @property
    def is_pending(self) -> bool:
        """Whether the platform is still to be told something."""
        return any(effect.state in UNFINISHED for effect in self.effects)

    @property
    def failed(self) -> Sequence[Effect]:
        return [effect for effect in self.effects if effect.state in FAILED]


@dataclass(frozen=True, slots=True)
class OrderParts:
    """``order`` and ``verdict`` are None once retention or a person's request has erased them.

    ``apart``: the entries that were found to be of other people since.
    """

    ref: OrderRef
    number: str
    order: Order | None
    screening: Screening | None
    verdict: Verdict | None
    standing: Standing
    people: Sequence[Person]
    matches: Sequence[Beside]
    apart: frozenset[str]
    reasons: Sequence[Reason]
    signs: Sequence[Reason]
    step: Step | None
    step_words: str
    why: str
    earlier: Sequence[Earlier]
    timeline: Sequence[Told]
    can_cancel: bool
    ships: Ships | None

    @property
    def is_open(self) -> bool:
        """Whether it may still be stopped, let go or cancelled: it has neither shipped nor ended."""
        return self.order is None or self.order.stage is Stage.OPEN

    @property
    def unsettled(self) -> Sequence[Beside]:
        """The matches that nobody has told apart from the person they resemble."""
        return [match for match in self.matches if match.entry not in self.apart]


def order_parts(ref: OrderRef) -> OrderParts | None:
    """Return what is shown of an order; None if nothing was ever stored of it."""
    desk, file = service(Desk), service(OrderFile)
    order, screening = desk.store.order(ref), desk.store.latest(ref)
    standing = standing_of(ref)
    if order is None and screening is None and standing.review is None and desk.store.stage(ref) is None:
        return None
    verdict = screening.verdict if screening else None
    reader = Language(language())
    said = [in_language(reason, reader) for reason in verdict.reasons] if verdict else []
    odd = {sign.value for sign in among(verdict.reasons)} if verdict else set()
    earlier = file.earlier.of(order) if order else ()
    timeline = file.timeline.of(ref)
    good = sum(one.went_well for one in earlier)
    suggested = advise(order, verdict, good) if order and verdict else None
    return OrderParts(
        ref=ref,
        number=(order.number if order else "") or (standing.review.number if standing.review else "") or ref.order_id,
        order=order,
        screening=screening,
        verdict=verdict,
        standing=standing,
        people=people_of(order) if order else (),
        matches=[beside(order, match) for match in verdict.matches] if verdict else (),
        apart=told_apart(order, verdict, file.vault, file.pairs) if order and verdict else frozenset(),
        reasons=[reason for reason in said if reason.code not in odd],
        signs=[reason for reason in said if reason.code in odd],
        step=suggested.step if suggested else None,
        step_words=gettext(STEPS[suggested.step]) if suggested else "",
        why=gettext(WHYS[suggested.why]) if suggested else "",
        earlier=earlier,
        timeline=_told(timeline),
        can_cancel=file.cancelling.can(ref.shop),
        ships=ships(standing.review),
    )


def standing_of(ref: OrderRef) -> Standing:
    """Return how an order stands now."""
    review = service(Desk).reviews.get(ref)
    by = review.decided_by if review and review.decided_by else ""
    return Standing(ref, review, _namer()(by), service(OrderFile).effects.of_order(ref))


def _told(moments: Sequence[Moment]) -> Sequence[Told]:
    name = _namer()
    return [Told(one.at, moment_words(one), name(one.by), one.text, one.what.value) for one in moments]


def _namer() -> Callable[[str], str]:
    """Return what turns the name on record into what somebody is called on pages."""
    shown = {account.name: account.shown for account in service(Accounts).all()}
    ours = {"shopguard": "ShopGuard", "shop": gettext("the shop itself"), "platform": gettext("the shop's platform")}
    return lambda name: shown.get(name) or ours.get(name, name)
