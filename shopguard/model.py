"""The words of the domain as frozen values: what an order is, what a verdict is. No behaviour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class PaymentKind(StrEnum):
    """How an order is paid, sorted by who bears the loss."""

    COD = "cod"
    PAY_LATER = "pay_later"  # the shop's own invoice: all risk is the shop's
    PAY_LATER_PROVIDER = "pay_later_provider"
    BANK_TRANSFER = "bank_transfer"
    PREPAID = "prepaid"
    CARD = "card"
    WALLET = "wallet"
    OTHER = "other"


class Stage(StrEnum):
    """Where an order stands in its life, as far as screening cares."""

    DRAFT = "draft"  # not placed yet: let go, judged when it is placed
    OPEN = "open"
    SHIPPED = "shipped"  # too late for a hold: gets a note
    CLOSED = "closed"  # cancelled, refunded, failed: nothing to protect


@dataclass(frozen=True, slots=True)
class Payment:
    """``label`` is the platform's own wording."""

    kind: PaymentKind = PaymentKind.OTHER
    label: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A person as a shop wrote them down: raw text, nothing normalized.

    ``lines`` alone may hold the whole address, ``name`` alone both names. ``country`` is ISO 3166-1 alpha-2.
    """

    name: str | None = None
    family: str | None = None
    given: str | None = None
    kana: str | None = None
    company: str | None = None
    country: str | None = None
    postal_code: str | None = None
    region: str | None = None
    city: str | None = None
    lines: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self == Party()

    def is_within(self, other: "Party") -> bool:
        """Whether this party says nothing that ``other`` does not say too (most recipients are their buyer)."""
        for name in self.__slots__:
            mine, theirs = getattr(self, name), getattr(other, name)
            known = set(mine) <= set(theirs) if isinstance(mine, tuple) else not mine or mine == theirs
            if not known:
                return False
        return True


@dataclass(frozen=True, slots=True)
class OrderRef:
    """Points at one order of one shop; ``order_id`` is the platform's id as text."""

    shop: str
    order_id: str


@dataclass(frozen=True, slots=True)
class Order:
    """One sale as the platform tells it. ``total`` is in the currency's main unit.

    ``placed_at`` and ``changed_at`` are aware; the platform's last change tells an old delivery from a new one.
    """

    id: str
    shop: str = ""
    number: str = ""
    placed_at: datetime | None = None
    currency: str = "JPY"
    total: Decimal = Decimal(0)
    payment: Payment = Payment()
    buyer: Party = Party()
    recipients: tuple[Party, ...] = ()
    ip: str | None = None
    user_agent: str | None = None
    note: str = ""
    test: bool = False
    stage: Stage = Stage.OPEN
    changed_at: datetime | None = None

    @property
    def ref(self) -> OrderRef:
        return OrderRef(self.shop, self.id)

    @property
    def parties(self) -> Mapping[str, Party]:
        """Whom to ask about: the buyer, then each recipient who is somebody else, under the names a verdict uses."""
        parties = {} if self.buyer.is_empty else {"buyer": self.buyer}
        others = [p for p in dict.fromkeys(self.recipients) if not p.is_within(self.buyer)]
        for number, party in enumerate(others, start=1):
            parties["recipient" if number == 1 else f"recipient {number}"] = party
        return parties


class VerdictKind(StrEnum):
    """The three outcomes, mildest first."""

    ALLOW = "allow"
    FLAG = "flag"
    HOLD = "hold"

    @property
    def severity(self) -> int:
        return tuple(VerdictKind).index(self)


class Strength(StrEnum):
    """How sure a match is, weakest first."""

    NONE = "none"
    WEAK = "weak"
    POSSIBLE = "possible"
    STRONG = "strong"

    @property
    def rank(self) -> int:
        return tuple(Strength).index(self)


class ScreeningState(StrEnum):
    """Where the answer behind a verdict came from."""

    SCREENED = "screened"
    FROM_CACHE = "from-cache"
    UNSCREENED = "unscreened"  # the registry could not be asked; the reasons say why


class Category(StrEnum):
    """What an entry is about."""

    UNPAID = "unpaid"
    COD_REFUSED = "cod_refused"
    PRANK_ORDER = "prank_order"
    MALICIOUS_CLAIM = "malicious_claim"
    RESALE_ABUSE = "resale_abuse"
    OTHER = "other"


class Relation(StrEnum):
    """How one field of an order stands to the same field of an entry."""

    SAME = "same"
    NEAR = "near"
    DIFFERENT = "different"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One field compared. ``weight`` is additive, log10-like; ``note`` says what was folded, without a value.

    ``level`` names how well the field agrees in the words of ``matching.weights.Level``; ``details`` are what was
    folded (``邊→辺``) or noticed while reading (``identity.location.Remark``); ``share`` is the part of the
    population that bears the surname (0.015 for 佐藤), where it is known.
    """

    field: str
    relation: Relation
    weight: float = 0.0
    note: str = ""
    level: str = ""
    details: tuple[str, ...] = ()
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two parties have in common. ``score`` is the probability that both are one person, 0 to 1."""

    strength: Strength
    score: float
    evidence: tuple[Evidence, ...] = ()


class Effect(StrEnum):
    """The most that an entry may cause."""

    CONFIRM = "confirm"  # a misused name: shops are asked to confirm by phone; says nothing against anybody
    NOTE = "note"  # shown, and acts on nothing
    FLAG = "flag"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Match:
    """One entry that an order's party resembles. ``party`` is ``buyer`` or ``recipient``."""

    entry: str
    category: Category
    reporters: int
    last_on: date
    party: str
    comparison: Comparison
    effect: Effect = Effect.HOLD

    @property
    def is_report(self) -> bool:
        """Whether it says something of the person; a misused name does not."""
        return self.effect is not Effect.CONFIRM


@dataclass(frozen=True, slots=True)
class OwnMatch:
    """A line of the shop's own list that an order's party surely is. ``entry`` is its number, ``party`` as above."""

    entry: int
    party: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is what it is: a stable code, and one plain sentence in the shop's language."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome for one order, with everything needed to explain it. ``policy`` is the rules' version."""

    order_id: str
    kind: VerdictKind
    state: ScreeningState
    policy: str
    matches: tuple[Match, ...] = ()
    reasons: tuple[Reason, ...] = ()
    own: tuple[OwnMatch, ...] = ()

    @property
    def strength(self) -> Strength:
        """That of the surest report. What only asks to confirm says nothing against the order."""
        return max((m.comparison.strength for m in self.reported), key=lambda s: s.rank, default=Strength.NONE)

    @property
    def score(self) -> float:
        return max((m.comparison.score for m in self.reported), default=0.0)

    @property
    def reported(self) -> tuple[Match, ...]:
        """The matches that say something of the buyer."""
        return tuple(match for match in self.matches if match.is_report)


@dataclass(frozen=True, slots=True)
class Entry:
    """One decided entry in clear, as ``registry load`` takes it.

    Args:
        expires_on: the day from which it is served no more; None: by the rule of its category.
        also: further names and addresses under which the same person ordered.
    """

    id: str
    category: Category
    party: Party
    reporters: int
    first_on: date
    last_on: date
    effect: Effect = Effect.HOLD
    expires_on: date | None = None
    also: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """What is written onto an order.

    Args:
        key: the same for every attempt at this effect, different for every other effect; safe to show.
        text: short and neutral, in the shop's language (contract section 5).
        attempt: 1 for the first try; above 1 the platform must be read before it is written.
        since: when the effect was first intended (UTC): an equal note older than this is another one.
        label: a short tag for platforms that have tags.
    """

    key: str
    text: str
    since: datetime
    attempt: int = 1
    label: str = "ShopGuard"


Undo = Mapping[str, object]
"""What stood before a hold, as the adapter needs it to undo it; JSON, kept by the core, read by the adapter alone."""


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """A platform says something about an order.

    Args:
        order: None when the platform sends a number only.
        parcels_changed: the platform has divided the order into parcels anew: those may stand without our hold.
    """

    ref: OrderRef
    order: Order | None
    parcels_changed: bool = False


class PrivacyKind(StrEnum):
    ACCESS = "access"  # a person asks what is stored: the shop owner answers
    ERASE_PERSON = "erase_person"
    ERASE_SHOP = "erase_shop"


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """A platform passes on a person's or a shop's privacy request. ``request_id`` is safe to log."""

    shop: str
    kind: PrivacyKind
    request_id: str
    order_ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShopAlarm:
    """The platform itself tells that something is broken (and an order may be lost): a person must look."""

    shop: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``doctor``. ``remedy`` is empty when ``ok``."""

    check: str
    ok: bool
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ConnectReport:
    """What ``connect`` did, and what a person must still paste where the platform has no API for it."""

    done: Sequence[str] = ()
    to_paste: Mapping[str, str] = field(default_factory=dict)
