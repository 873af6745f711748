"""The life of entries: the only place where an entry's state changes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from shopguard.registry.acts import Acts
from shopguard.registry.entries.model import Ending, Life, LifeState
from shopguard.registry.placing import Placing
from shopguard.registry.records import Records
from shopguard.registry.reports.model import Report
from shopguard.registry.timers import Fire, Timers


class Entries:
    """The entries of one registry, and what happens to each. ``Refused`` says what is not possible and why.

    What changes an entry does it on a ``connection`` of ``changing``: the caller's own writes commit with it.
    ``by`` is an account at the office, ``member:ID``, ``person`` or ``acts.SYSTEM``; ``reason`` is in words.

    Args:
        groups: returns by member the group of shops it is of; one that is missing stands for itself.
        clock: Unix seconds.
    """

    def __init__(
        self,
        placing: Placing,
        records: Records,
        acts: Acts,
        timers: Timers,
        clock: Callable[[], float],
        groups: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        raise NotImplementedError

    @contextmanager
    def changing(self, *hidden: int) -> Iterator[sa.Connection]:
        """A transaction on the vault in which entries change; nobody else changes entries meanwhile.

        Every entry that may become weaker or end is named in ``hidden``: it is served to nobody from this moment on,
        until the change has reached the index. Should the block fail, it comes back as it was.
        Not to be nested, nor entered inside another transaction on the vault.
        """
        raise NotImplementedError
        yield

    def settle(self) -> None:
        """Bring to the index and the log what was committed; the sweeping process does so each minute too."""

    # --- reading ----------------------------------------------------------------------------------------------------

    def get(self, number: int) -> Life:
        """Return the life of an entry; ``Refused`` (NOT_FOUND) if it has none, or is erased."""
        raise NotImplementedError

    def find(self, reference: str) -> int | None:
        """Return the number of the entry of this reference (or handle in hexadecimal) that is not erased."""
        raise NotImplementedError

    def by_code(self, code: str) -> Life | None:
        """Return the entry whose person goes by ``code`` (as ``codes.read_code`` spells it), or goes on in it."""
        raise NotImplementedError

    def in_state(self, state: LifeState, after: int = 0, limit: int = 100) -> Sequence[Life]:
        """Return the first entries in ``state`` above the number ``after``."""
        raise NotImplementedError

    # --- what it rests on -------------------------------------------------------------------------------------------

    def open(self, connection: sa.Connection, reports: Sequence[Report], number: int, by: str) -> Life:
        """Open an entry, pending, from checked reports; ``number`` is one of ``Records.begin``."""
        raise NotImplementedError

    def adopt(self, connection: sa.Connection, number: int, by: str) -> Life:
        """Give an entry that was loaded a life of its own; one that has it keeps it."""
        raise NotImplementedError

    def add_source(self, connection: sa.Connection, number: int, report: Report, by: str) -> Life:
        """Let a checked report support an entry that is there (also a loaded one)."""
        raise NotImplementedError

    def drop_source(self, connection: sa.Connection, number: int, report: int, by: str, reason: str) -> Life | None:
        """Let a report support the entry no more; None if nothing was left and it was erased. Hide it."""
        raise NotImplementedError

    def merge(self, connection: sa.Connection, into: int, other: int, by: str, reason: str) -> Life:
        """Let all that ``other`` rests on support ``into``; ``other`` is no more. Hide both."""
        raise NotImplementedError

    def split(
        self, connection: sa.Connection, number: int, reports: Sequence[Report], new: int, by: str, reason: str
    ) -> Life:
        """Take some of its reports out into an entry of their own, pending, which is returned. Hide the old one."""
        raise NotImplementedError

    # --- telling the person -----------------------------------------------------------------------------------------

    def notice_sent(self, connection: sa.Connection, number: int, how: str, proof: str, by: str) -> Life:
        """Keep that the person was told: it may be served 14 days later."""
        raise NotImplementedError

    def notice_impossible(self, connection: sa.Connection, number: int, by: str, reason: str) -> Life:
        """Keep that no address works, or that the letter came back: it may flag at most. Hide it."""
        raise NotImplementedError

    # --- disputes ---------------------------------------------------------------------------------------------------

    def contest(self, connection: sa.Connection, number: int, by: str, reason: str = "") -> Life:
        """The person objects: it is unserved until that is decided. Adopts a loaded entry. Hide it."""
        raise NotImplementedError

    def reporter_told(self, connection: sa.Connection, number: int, by: str) -> Life:
        """Keep that the reporters were told of the dispute."""
        raise NotImplementedError

    def extend(self, connection: sa.Connection, number: int, by: str, reason: str) -> Life:
        """Give a dispute its one extension, because of new facts."""
        raise NotImplementedError

    def uphold(self, connection: sa.Connection, number: int, by: str, reason: str) -> Life:
        """Decide a dispute for the entry: it goes on as it was."""
        raise NotImplementedError

    def overturn(self, connection: sa.Connection, number: int, by: str, reason: str) -> None:
        """Decide a dispute for the person: the entry is erased. Hide it."""
        raise NotImplementedError

    # --- the office -------------------------------------------------------------------------------------------------

    def suspend(self, connection: sa.Connection, number: int, by: str, reason: str) -> Life:
        """Serve it no more while the office looks again; erased if nobody decides. Hide it."""
        raise NotImplementedError

    def resume(self, connection: sa.Connection, number: int, by: str, reason: str) -> Life:
        """Let a suspended entry go on as it was."""
        raise NotImplementedError

    def erase(
        self, connection: sa.Connection, number: int, by: str, reason: str, ending: Ending = Ending.ERASED
    ) -> None:
        """Erase it for good. Hide it."""
        raise NotImplementedError

    # --- the reporter -----------------------------------------------------------------------------------------------

    def paid(self, connection: sa.Connection, report: int, by: str) -> Life | None:
        """The reporter says that it was paid: the report supports nothing from now on and is erased in 48 hours.

        So is the entry if nothing else supports it. Hide it. None if the report is part of no entry.
        """
        raise NotImplementedError

    def withdrawn(self, connection: sa.Connection, report: int, by: str, reason: str = "") -> Life | None:
        """The reporter takes it back; an entry that nothing else supports is erased at once. Hide it."""
        raise NotImplementedError

    def confirmed(self, connection: sa.Connection, report: int, by: str) -> Life | None:
        """The reporter says that it still holds, for six months more; an entry that slept wakes."""
        raise NotImplementedError

    # --- clocks -----------------------------------------------------------------------------------------------------

    def fires(self) -> Mapping[str, Fire]:
        """Return what happens at each kind of deadline of an entry, for the ``Sweeper``."""
        raise NotImplementedError
