"""What the rest of the registry may ask of the keyed function: the same in process and behind its socket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from shopguard.registry.messages import BudgetShape, Element, LookUp
from shopguard.registry.signing import SignedRequest

OFFICE = "office"
"""The id the office signs as: the only one that may administer and evaluate without a budget."""

INGEST = "/prf/ingest"
EPOCHS, BEGIN_EPOCH, DESTROY_EPOCH = "/prf/epochs", "/prf/epochs/begin", "/prf/epochs/destroy"
PUT_MEMBER, SET_STATE, SET_KEYS, SET_BUDGET = (
    "/prf/members/put",
    "/prf/members/state",
    "/prf/members/keys",
    "/prf/members/budget",
)
MEMBERS, RESUME = "/prf/members", "/prf/members/resume"
MAX_INGEST = 16_384  # elements in one request


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One batch, checked and charged. ``values`` holds, by epoch, ``y`` (32 bytes) of each token in order. Secret.

    ``repeated``: the same batch was answered before, and this one cost nothing.
    """

    member: str
    look_up: LookUp
    values: Mapping[int, tuple[bytes, ...]]
    repeated: bool

    def __repr__(self) -> str:
        return f"Evaluated(member={self.member!r})"


class MemberStanding(msgspec.Struct, frozen=True):
    """How the keyed function knows a member. ``state``: active, suspended, left; ``stopped``: its budget ran out.

    ``keys`` are ids, ``barred`` as in ``PutMember``. ``daily_orders`` None: not limited. ``batches_today`` counts the
    charged ones of this UTC day.
    """

    member: str
    state: str
    stopped: bool
    daily_orders: int | None
    budgets: tuple[BudgetShape, ...]
    keys: tuple[str, ...]
    batches_today: int
    barred: Mapping[str, tuple[str, ...]] = {}


class Ingest(msgspec.Struct, frozen=True):
    """What the office has evaluated when it seals entries; at most ``MAX_INGEST`` elements."""

    epochs: tuple[int, ...]
    tokens: tuple[Element, ...]


class Ingested(msgspec.Struct, frozen=True):
    """By epoch, in the order of ``Ingest.epochs``: the values of all tokens, 32 bytes each, one after the other.

    Secret.
    """

    values: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Ingested({len(self.values)} epochs)"


class EpochNumber(msgspec.Struct, frozen=True):
    number: int


class PutMember(msgspec.Struct, frozen=True):
    """A member as the office knows it: replaces what the keyed function knows, but not its budget's level.

    ``keys`` are public keys, 32 bytes each. ``barred`` says by the id of a key what it is not for: ``look_up`` (about
    orders), ``search``.
    """

    member: str
    state: str
    daily_orders: int | None
    keys: tuple[bytes, ...]
    barred: Mapping[str, tuple[str, ...]] = {}


class MemberState(msgspec.Struct, frozen=True):
    member: str
    state: str


class MemberKeys(msgspec.Struct, frozen=True):
    member: str
    keys: tuple[bytes, ...]
    barred: Mapping[str, tuple[str, ...]] = {}


class MemberBudget(msgspec.Struct, frozen=True):
    member: str
    daily_orders: int | None


class MemberName(msgspec.Struct, frozen=True):
    member: str


class KeyedFunction(Protocol):
    """The keyed function with its own judgement: whoever asks must prove who they are, each time.

    Every method raises ``Refused``; ``Refusal.UNAVAILABLE`` when the function itself cannot be reached.
    """

    @property
    def registry_id(self) -> str: ...

    def evaluate(self, request: SignedRequest, epochs: Sequence[int]) -> Evaluated:
        """Check and charge a member's look-up and return its values in each of ``epochs``.

        Args:
            epochs: those served now; the epoch the member names must be among them.
        """
        ...

    def authenticate(self, request: SignedRequest) -> MemberStanding:
        """Return who signed ``request``, for what costs no budget."""
        ...

    def administer(self, request: SignedRequest) -> bytes:
        """Do what the office asks: POST, ``path`` names what, the body (MessagePack) is one of the shapes above.

        ========================  ================  ==================================================
        path                      body              returns (MessagePack)
        ========================  ================  ==================================================
        INGEST                    ``Ingest``        ``Ingested``
        EPOCHS                    nothing           a list of ``EpochNumber``: those that have a seed
        BEGIN_EPOCH               ``EpochNumber``   ``EpochNumber``; one that is there is left alone
                                  or nothing        ``EpochNumber``: the next one
        DESTROY_EPOCH             ``EpochNumber``   nothing
        PUT_MEMBER                ``PutMember``     nothing
        SET_STATE                 ``MemberState``   nothing
        SET_KEYS                  ``MemberKeys``    nothing; ``OFFICE`` sets its own, the signing one among them
        SET_BUDGET                ``MemberBudget``  nothing; what was spent stays spent
        RESUME                    ``MemberName``    nothing; the member starts with full buckets
        MEMBERS                   nothing           a list of ``MemberStanding``, by name
        ========================  ================  ==================================================
        """
        ...
