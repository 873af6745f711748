"""The shapes that members and the registry exchange as JSON (bytes as base64), and the limits of a batch."""

from datetime import date, datetime

import msgspec

from shopguard.model import Category, Effect

LOOKUPS = "/registry/v1/lookups"
SEARCHES = "/registry/v1/searches"
ADDITIONS = "/registry/v1/additions"
CENTRE = "/registry/v1/centre"
ME = "/registry/v1/me"
MY_KEYS = "/registry/v1/me/keys"

MAX_TOKENS = 32
MAX_OF_CLASS = {1: 4, 2: MAX_TOKENS, 3: 8}
"""How many tokens of a class one batch may hold: 1 phones, 2 what needs a person to be known, 3 addresses alone."""

TOKEN_HEAD = 8  # "sg1", profile, class, type, length of the value (two bytes)
MAX_TOKEN = TOKEN_HEAD + 1_000  # bytes
MAX_CASE = 200  # characters
WATCH_BYTES = 6  # of a locator: enough to notice that it was added, too few to look anything up by


class Element(msgspec.Struct, frozen=True, array_like=True):
    """One token as it is asked about: ``[class, bytes]``. The bytes are personal data."""

    cls: int
    token: bytes

    def __repr__(self) -> str:
        return f"Element(cls={self.cls})"


class LookUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One party of one order in one revision.

    ``commitment`` (16 bytes) stands for order, party and revision under the member's own secret; ``profile`` is the
    version of the rules of identity that made the tokens.
    """

    member: str
    epoch: int
    profile: int
    commitment: bytes
    tokens: tuple[Element, ...]


class Search(LookUp, frozen=True, forbid_unknown_fields=True):
    """A look-up that a person makes. ``case`` says in their words what for, in ``MAX_CASE`` characters; kept sealed.

    ``commitment`` stands for the case and what was searched.
    """

    case: str

    def __repr__(self) -> str:
        return f"Search(member={self.member!r})"


class CandidateShape(msgspec.Struct, frozen=True):
    """One entry found; see ``protocol.Candidate`` and ``protocol.Facts``.

    ``unopened`` is the handle that an opened entry goes by where it is not: by it, copies of several answers are put
    together. ``effect`` None: the answer is of a registry that knows no effects, and ``may_hold`` says which of two.
    """

    handle: str
    shared: tuple[int, ...]
    fields: tuple[str, ...]
    category: Category
    reporters: int
    last_on: date
    may_hold: bool
    opened: bool
    unopened: str = ""
    effect: Effect | None = None


class Watch(msgspec.Struct, frozen=True):
    """By what a later entry would be noticed: for each token asked, ``WATCH_BYTES`` of its locator in ``epoch``."""

    epoch: int
    values: tuple[bytes, ...]


class LookUpAnswer(msgspec.Struct, frozen=True):
    """The registry's answer. ``current`` and ``live`` are the epochs served; after ``expires_at`` no copy is used."""

    as_of: datetime
    expires_at: datetime
    epoch: int
    current: int
    live: tuple[int, ...]
    candidates: tuple[CandidateShape, ...]
    hot: tuple[int, ...]
    watch: tuple[Watch, ...]


class SearchAnswer(msgspec.Struct, frozen=True):
    """Who was found, as far as a search tells: dates are the first of their month.

    One detail alone (a phone, a mail, an address) opens nothing, and a name alone finds nobody.
    """

    as_of: datetime
    epoch: int
    current: int
    candidates: tuple[CandidateShape, ...]
    hot: tuple[int, ...]


class Additions(msgspec.Struct, frozen=True):
    """What became active after ``after`` (a position handed out before, 0 at the beginning).

    ``next`` is where to go on; ``more`` says that there is more already. Each of ``added`` holds, for one epoch, the
    ``WATCH_BYTES``-long pieces of the new locators one after the other, sorted, with random ones among them.
    """

    next: int
    more: bool
    added: tuple["AddedValues", ...]


class AddedValues(msgspec.Struct, frozen=True):
    epoch: int
    values: bytes


class EpochShape(msgspec.Struct, frozen=True):
    """An epoch that is served, and the rules of identity its entries follow."""

    number: int
    profile: int


class Centre(msgspec.Struct, frozen=True):
    """What a member needs to know of the registry. ``answer_keys`` are public keys that answers are signed under."""

    name: str
    mode: str
    current: int
    epochs: tuple[EpochShape, ...]
    answer_keys: tuple[bytes, ...]


class BudgetShape(msgspec.Struct, frozen=True):
    """What is left of one class, in tokens; ``size`` is a full budget, two days of usual orders."""

    cls: int
    left: int
    size: int


class Me(msgspec.Struct, frozen=True):
    """What the registry knows of the member who asks. ``daily_orders`` None: not limited.

    ``stopped``: its budget ran out, and nothing new is answered until the office has looked.
    """

    member: str
    state: str
    daily_orders: int | None
    budgets: tuple[BudgetShape, ...]
    keys: tuple[str, ...]
    stopped: bool = False


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A further public key (32 bytes) of the member, asked for under one it has."""

    public: bytes


class RefusalShape(msgspec.Struct, frozen=True):
    """What was refused and why. ``time`` is the registry's clock, for a member whose own is wrong."""

    code: str
    message: str
    time: datetime
    current: int | None = None
    retry_after_s: float | None = None
