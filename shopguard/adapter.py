"""THE CONTRACT between ShopGuard and a shop platform: what an adapter must do and may rely on.

One adapter object serves one shop. ``verify``, ``parse``, ``delivery_key`` and ``is_ping`` are pure: no
network, no clock, no state. Every other method calls the platform and is safe to repeat.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import ClassVar, Literal, Protocol, runtime_checkable
from unicodedata import normalize

from shopguard.errors import ActionUnsupported, PayloadInvalid
from shopguard.model import (
    ConnectReport,
    Finding,
    Mark,
    Order,
    OrderEvent,
    OrderRef,
    PaymentKind,
    PrivacyRequest,
    ShopAlarm,
    Undo,
)


class Secret:
    """A secret that prints as ``***``. ``reveal()`` is the only way to its text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)


class Capability(StrEnum):
    """What a platform (through its adapter) can do; the core chooses among what is declared."""

    PUSH = "push"  # sends signed webhooks
    POLL = "poll"  # lists recent orders (Feed)
    FETCH = "fetch"  # gives one order by its number
    FLAG = "flag"  # shows a note or tag on an order
    HOLD = "hold"  # stops an order before it ships
    RELEASE = "release"  # takes exactly our hold away
    CANCEL = "cancel"  # cancels an order (Canceller)
    GATE = "gate"  # lifts the shop's own standing hold (clear_gate)
    KANA = "kana"  # orders carry the reading of names
    IP = "ip"  # orders carry the buyer's address on the network


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One HTTP request as it arrived.

    Args:
        url: the full address it was sent to.
        headers: names in lower case; values as received.
        body: the exact signed bytes.
        received_at: UTC; the only clock an adapter may use in ``verify`` and ``parse``.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


Event = OrderEvent | PrivacyRequest | ShopAlarm


@dataclass(frozen=True, slots=True)
class TokenPair:
    """A platform token that expires, with the one that renews it. ``expires_at`` is UTC."""

    access: Secret
    refresh: Secret
    expires_at: datetime


class TokenStore(Protocol):
    """Keeps a shop's expiring token; both parts are stored together or not at all."""

    def get(self, shop: str) -> TokenPair | None: ...

    def renew(
        self, shop: str, stale: TokenPair | None, exchange: Callable[[TokenPair | None], TokenPair]
    ) -> TokenPair:
        """Replace ``stale`` by what ``exchange`` returns, under a lock across threads and processes.

        If another holder renewed it meanwhile, that pair is returned and ``exchange`` is not called. ``exchange``
        receives the stored pair (None if there is none yet).
        """
        ...


@dataclass(frozen=True, slots=True)
class AdapterContext:
    """What the core hands to an adapter. ``shop`` is the shop's name in the configuration."""

    shop: str
    clock: Callable[[], datetime]
    tokens: TokenStore | None = None


Said = Mapping[str, str]
"""Words for people, by language: ``en`` and ``ja``."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that a person fills in, or that is made for them, when a shop is set up in the console.

    Args:
        key: where it stands below ``shops.<name>``; dots lead into sections. Empty: a ``yaml`` that is laid over all.
        kind: ``made`` is a secret that we make; ``text``, ``secret``, ``choice`` and ``yaml`` are typed in.
        value: what is there already. ``choices``: of a ``choice``.
        copied: the platform needs it: it is shown to be copied, once.
        in_list: the setting is a list, of which this is the only element.
    """

    key: str
    label: Said
    hint: Said = field(default_factory=dict)
    kind: Literal["text", "secret", "made", "choice", "yaml"] = "text"
    value: str = ""
    choices: tuple[str, ...] = ()
    required: bool = True
    copied: bool = False
    in_list: bool = False


@dataclass(frozen=True, slots=True)
class Guide:
    """How a person sets up a shop of a platform.

    Args:
        before: what to do at the platform first, step by step.
        after: what to do there once the settings are written.
        first_order: how to send a first order on trial.
        settings: what always stands below ``shops.<name>``.
    """

    questions: tuple[Question, ...]
    before: tuple[Said, ...] = ()
    after: tuple[Said, ...] = ()
    first_order: Said = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)


class PlatformAdapter(ABC):
    """Translates between one shop of one platform and ShopGuard.

    ``settings_class`` is a frozen dataclass; its fields are the adapter's YAML keys below ``shops.<name>``, its
    secrets are of type ``Secret``. It is validated by the core before the adapter is built.
    """

    platform: ClassVar[str]  # "shopify": folder, entry point, YAML value
    capabilities: frozenset[Capability]  # of the class; one shop's adapter may declare less
    settings_class: ClassVar[type]
    guide: ClassVar[Guide | None] = None  # None: the console asks for the settings by their names

    @abstractmethod
    def __init__(self, settings: object, context: AdapterContext) -> None: ...

    @abstractmethod
    def verify(self, request: WebhookRequest) -> None:
        """Prove the sender over the raw bytes, in constant time, or raise ``SignatureInvalid``.

        Any malformed header is that error, never a crash.
        """

    @abstractmethod
    def parse(self, request: WebhookRequest) -> Sequence[Event]:
        """Return what the delivery says; ``[]`` for topics of no concern.

        Fields are copied as they are; normalizing is the core's work. Raises ``PayloadInvalid``.
        """

    def delivery_key(self, request: WebhookRequest) -> str:
        """Return what identifies this delivery among all of its shop: equal for repeats, and only for them.

        Reads headers and raw bytes alone, before anything is decoded.
        """
        return sha256(request.body).hexdigest()

    def is_ping(self, request: WebhookRequest) -> bool:
        """Whether this is the platform's unsigned hand-shake in its exact form: answered 200, nothing stored."""
        return False

    @classmethod
    def shop_of(cls, request: WebhookRequest, shops: Mapping[str, object]) -> str | None:
        """Return which of ``shops`` (name to settings) an app-wide address was called for, or None.

        Only for platforms whose app has one address for all shops. The signature is still checked afterwards; None
        is answered as an invalid one (401), for no secret of ours could prove it.
        """
        return None

    def fetch(self, ref: OrderRef) -> Order:
        """Return the order behind ``ref``. Raises ``OrderGone``, ``TemporaryFailure``, ``PlatformRefused``."""
        raise ActionUnsupported(f"{self.platform} cannot fetch one order")

    def flag(self, ref: OrderRef, mark: Mark) -> None:
        """Show ``mark`` on the order without stopping it. Twice has the effect of once."""
        raise ActionUnsupported(f"{self.platform} cannot flag an order")

    def hold(self, ref: OrderRef, mark: Mark) -> Undo:
        """Stop the order before it ships, show ``mark`` on it, and return what stood before.

        Twice has the effect of once and returns the same. An order that cannot be stopped any more (shipped,
        cancelled) raises ``ActionUnsupported``: the core then flags. Once it is stopped, a note or tag that is
        refused for good is a warning in the log and no error; what fails for a while is a ``TemporaryFailure``.
        """
        raise ActionUnsupported(f"{self.platform} cannot hold an order")

    def release(self, ref: OrderRef, undo: Undo, mark: Mark) -> None:
        """Take exactly our hold away and restore ``undo``.

        What staff or other apps changed meanwhile stays. ``mark.text`` may be empty: then nothing is written
        but the release itself. ``undo`` is empty for a hold whose answer was lost or that broke off in its middle:
        what stands is found at the platform.
        """
        raise ActionUnsupported(f"{self.platform} cannot release an order")

    def clear_gate(self, ref: OrderRef, to_status: str) -> None:
        """Lift the *shop's own* standing hold from a clean order, if it still stands."""
        raise ActionUnsupported(f"{self.platform} has no gate to clear")


@runtime_checkable
class Feed(Protocol):
    """A platform that lists recent orders (``Capability.POLL``)."""

    def orders_since(self, since: datetime) -> Iterator[Order | PayloadInvalid]:
        """Yield the orders created or changed at ``since`` (UTC) or later, oldest change first, drafts too.

        In place of an order that cannot be read comes the ``PayloadInvalid`` it would raise, and then the next
        order: one bad order never hides the others. What ends the list itself is raised.
        """
        ...


@runtime_checkable
class Connector(Protocol):
    """A platform whose webhooks can be set up and examined from here."""

    def connect(self, address: str) -> ConnectReport:
        """Register or repair the webhooks so that they are sent to ``address``. Twice has the effect of once."""
        ...

    def doctor(self, address: str) -> Iterator[Finding]:
        """Yield one finding per check: credentials, scopes, webhooks alive, clock."""
        ...


@runtime_checkable
class Canceller(Protocol):
    """A platform that lets us cancel an order (``Capability.CANCEL``)."""

    def cancel(self, ref: OrderRef, mark: Mark) -> None: ...


@dataclass(frozen=True, slots=True)
class PaymentMap:
    """Which payment kind a platform's method or label stands for.

    ``by_label`` is the shop's own mapping and wins, compared without case; ``defaults`` are the adapter's: the
    first whose text occurs in the label decides.
    """

    by_label: Mapping[str, PaymentKind] = field(default_factory=dict)
    defaults: Mapping[str, PaymentKind] = field(default_factory=dict)

    def kind_of(self, *labels: str | None) -> PaymentKind | None:
        """Return the kind for the first label that is known, or None if none is."""
        own = {_fold(label): kind for label, kind in self.by_label.items()}
        folded = [_fold(label) for label in labels if label]
        for label in folded:
            if label in own:
                return own[label]
        for label in folded:
            for part, kind in self.defaults.items():
                if _fold(part) in label:
                    return kind
        return None


def _fold(label: str) -> str:
    return normalize("NFKC", label).casefold().strip()
