"""The life of entries: the only place where their state changes, with their clocks, what is served, and the log."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import sqlalchemy as sa
from msgspec.structs import replace

from shopguard.crypto import Keyring
from shopguard.model import Category, Effect
from shopguard.registry.acts import SYSTEM, Acts
from shopguard.registry.disputes.codes import code_digest, new_code
from shopguard.registry.entries import steps
from shopguard.registry.entries.clocks import Clock
from shopguard.registry.entries.keeping import Keeping
from shopguard.registry.entries.listed import Listed
from shopguard.registry.entries.model import Ending, Life, LifeState, Loaded
from shopguard.registry.entries.rules import loaded_ends_on
from shopguard.registry.entries.serving import Serving
from shopguard.registry.entries.sources import source_of
from shopguard.registry.entries.store import Gone, LifeStore
from shopguard.registry.ids import new_id
from shopguard.registry.log import LeafKind
from shopguard.registry.office.quality import Counted, count
from shopguard.registry.placing import Placing
from shopguard.registry.records import Records
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.model import Report
from shopguard.registry.reports.store import ReportStore
from shopguard.registry.reports.wording import both
from shopguard.registry.timers import Fire, Timer, Timers
from shopguard.registry.vault import EntryState
from shopguard.storage.engine import reading, writing


class Entries:
    """The entries of one registry, and what happens to each. ``Refused`` says what is not possible and why.

    What changes an entry does it on a ``connection`` of ``changing``: the caller's own writes commit with it. An
    entry that ended comes back in the state ``ERASED``, for the last time.
    ``by`` is an account at the office, ``member:ID``, ``person`` or ``acts.SYSTEM``; ``reason`` is in words.

    Args:
        master: the vault's keyring, which keys the digests of codes.
        groups: returns by member the group of shops it is of; one that is missing stands for itself.
        clock: Unix seconds.
    """

    def __init__(
        self,
        placing: Placing,
        records: Records,
        acts: Acts,
        timers: Timers,
        master: Keyring,
        clock: Callable[[], float],
        groups: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._placing, self._acts, self._timers, self._master = placing, acts, timers, master
        self._clock, self._groups, self.periods = clock, groups, placing.periods
        self._vault = placing.vault.engine
        self._store, self._serving = LifeStore(records), Serving(placing)
        self._reports = ReportStore(records, master)
        self._keeping = Keeping(self._store, self._serving, acts, timers, clock, self.periods)

    @contextmanager
    def changing(self, *hidden: int) -> Iterator[sa.Connection]:
        """A transaction on the vault in which entries change; nobody else changes entries meanwhile.

        Every entry that changes is named in ``hidden``, whatever happens to it: one that is served may become weaker
        by any act, as that also brings what the calendar has brought since. It is served to nobody from this moment
        on, until ``settle`` has brought the change to the index; should the block fail, it is served as it was then.
        Not to be nested, nor entered inside another transaction on the vault.
        """
        self._placing.hide(hidden)  # at once, whatever else is being written
        with self._placing.turn():
            self._placing.hide(hidden)  # once more: somebody may have brought it to the index meanwhile
            with writing(self._vault) as connection:
                yield connection

    def settle(self) -> None:
        """Bring to the index and the log what was committed. The process that sweeps does so now and then, too."""
        self._placing.settle()
        self._acts.settle()

    # --- reading ----------------------------------------------------------------------------------------------------

    def get(self, number: int) -> Life:
        """Return the life of an entry; ``Refused`` if it has none, or has ended."""
        with reading(self._vault) as connection:
            return self._living(connection, number)

    def find(self, reference: str) -> int | None:
        """Return the number of the entry of this reference (or handle in hexadecimal) that is not erased."""
        kept = self._placing.vault.find(reference)
        return None if kept is None else kept.number

    def by_code(self, code: str) -> Life | None:
        """Return the entry whose person goes by ``code``, as ``codes.read_code`` spells it, or that it goes on in."""
        with reading(self._vault) as connection:
            number = self._store.by_code(connection, code_digest(self._master, code))
            gone = None if number is None else self._store.gone(connection, number)
            if gone is not None:
                number = gone.into
            return None if number is None else self._store.get(connection, number)

    def gone(self, code: str) -> Gone | None:
        """Return what is left of an entry that ended, by the code of its person."""
        with reading(self._vault) as connection:
            number = self._store.by_code(connection, code_digest(self._master, code))
            return None if number is None else self._store.gone(connection, number)

    def ever(self, code: str) -> Collection[int]:
        """Return the entry that goes or went by ``code``, and the one it goes on in; empty if there never was."""
        with reading(self._vault) as connection:
            number = self._store.by_code(connection, code_digest(self._master, code))
            gone = None if number is None else self._store.gone(connection, number)
        return [one for one in (number, None if gone is None else gone.into) if one is not None]

    def in_state(self, state: LifeState, after: int = 0, limit: int = 100) -> Sequence[Life]:
        """Return the first entries in ``state`` above the number ``after``."""
        with reading(self._vault) as connection:
            return self._store.in_state(connection, state, after, limit)

    def of_numbers(self, numbers: Sequence[int]) -> Sequence[Life]:
        """Return those of ``numbers`` whose life has not ended."""
        with reading(self._vault) as connection:
            return self._store.of_numbers(connection, numbers)

    def untold(self) -> Sequence[int]:
        """Return the entries whose person is to be told of a report, by their numbers."""
        with reading(self._vault) as connection:
            return self._store.untold(connection)

    def endings(self) -> Mapping[tuple[Category, Ending], int]:
        """Return how many entries ended, by category and why: all that is kept of them."""
        with reading(self._vault) as connection:
            return self._store.count_endings(connection)

    # --- what it rests on -------------------------------------------------------------------------------------------

    def open(self, connection: sa.Connection, reports: Sequence[Report], number: int, by: str) -> Life:
        """Open an entry, pending, from checked reports; ``number`` is one of ``Records.begin``."""
        now, groups = self._clock(), self._groups()
        sources = [source_of(report, groups, now, self.periods) for report in reports]
        life = steps.opened(number, _new_reference(), new_code(), sources, now)
        self._keeping.begin(connection, life, code_digest(self._master, life.code), by)
        return life

    def adopt(self, connection: sa.Connection, number: int, by: str) -> Life:
        """Give an entry that was loaded a life of its own; one that has it keeps it.

        ``Refused`` for a note that protects a person: it is no entry.
        """
        there = self._store.get(connection, number)
        if there is not None:
            return there
        found = self._serving.loaded(connection, number)
        if found is None or found[1].effect is Effect.CONFIRM or self._store.gone(connection, number) is not None:
            raise Refused(Refusal.NOT_FOUND, _NO_ENTRY)
        (kept, entry), now = found, self._clock()
        life = steps.adopted(number, new_code(), Loaded(entry, loaded_ends_on(entry, self.periods)), now)
        if kept.state is EntryState.BLOCKED:
            life = steps.suspended(life, now)
        self._keeping.begin(connection, life, code_digest(self._master, life.code), by)
        return life

    def add_source(self, connection: sa.Connection, number: int, report: Report, by: str) -> Life:
        """Let a checked report support an entry that is there (also a loaded one).

        It counts when the person was told of it and had the time to answer; until then the entry is served as before.
        """
        self.adopt(connection, number, by)
        sources = [source_of(report, self._groups(), self._clock(), self.periods)]
        step = partial(steps.with_sources, sources=sources)
        return self._change(connection, number, step, by, report.id)

    def drop_source(
        self,
        connection: sa.Connection,
        number: int,
        report: int,
        by: str,
        reason: str,
        ending: Ending = Ending.WITHDRAWN,
    ) -> Life:
        """Let a report support the entry no more; with the last one it ends as ``ending`` says."""
        step = partial(steps.without_sources, reports=[report], ending=ending)
        return self._change(connection, number, step, by, reason)

    def regroup(self, connection: sa.Connection, number: int, by: str) -> Life:
        """Count its reporters anew, after it turned out which shops are one: it may cause less then."""
        step = partial(steps.regrouped, groups=self._groups())
        return self._change(connection, number, step, by, "independence of the reporters")

    def merge(self, connection: sa.Connection, into: int, other: int, by: str, reason: str) -> Life:
        """Let all that ``other`` rests on support ``into``; ``other`` is no more.

        The code of the person of ``other`` leads to ``into`` from now on.
        """
        if into == other:
            raise Refused(Refusal.STATE, _SAME_ENTRY)
        self.adopt(connection, into, by)
        taken = self.adopt(connection, other, by)
        for report in self._reports.of_entry(connection, other):
            self._reports.change(connection, replace(report, entry=into))
        life = self._change(connection, into, partial(steps.merged, other=taken), by, reason)
        self._serving.take_looks(connection, into, other)
        self._keeping.change(
            connection, taken, steps.ended(taken, Ending.MERGED, self._clock()), by, reason, into=into
        )
        return life

    def split(
        self, connection: sa.Connection, number: int, reports: Sequence[Report], new: int, by: str, reason: str
    ) -> Life:
        """Take some of its reports out into an entry of their own, pending, which is returned.

        ``new`` is a number of ``Records.begin``.
        """
        life, numbers = self._living(connection, number), {report.number for report in reports}
        own = {source.report for source in life.sources}
        if not numbers <= own or (numbers == own and life.loaded is None) or life.state not in steps.FREE:
            raise Refused(Refusal.STATE, _NOT_SPLIT)
        for report in reports:
            self._reports.change(connection, replace(report, entry=new))
        step = partial(steps.without_sources, reports=numbers, ending=Ending.WITHDRAWN)
        self._change(connection, number, step, by, reason)
        return self.open(connection, reports, new, by)

    # --- telling the person -----------------------------------------------------------------------------------------

    def notice_sent(
        self,
        connection: sa.Connection,
        number: int,
        how: str,
        proof: str,
        by: str,
        reports: Collection[int] | None = None,
    ) -> Life:
        """Keep that the person was told of reports, how, and what shows it: they count when 14 days have passed.

        Args:
            reports: those that the letter tells of, by their numbers; None: all that the entry rests on.
        """
        shown = f"{how}: {proof}" if proof else how
        step = partial(steps.notice_sent, shown=shown, reports=reports)
        return self._change(connection, number, step, by, shown, LeafKind.ENTRY_NOTICE)

    def notice_impossible(
        self, connection: sa.Connection, number: int, by: str, reason: str, reports: Collection[int] | None = None
    ) -> Life:
        """Keep that no address works, or that the letter came back: these reports (None: all) may flag at most."""
        step = partial(steps.notice_impossible, why=reason, reports=reports)
        return self._change(connection, number, step, by, reason, LeafKind.ENTRY_NOTICE)

    # --- disputes ---------------------------------------------------------------------------------------------------

    def contest(self, connection: sa.Connection, number: int, by: str, reason: str = "") -> Life:
        """The person objects: it is unserved until that is decided. Adopts a loaded entry."""
        self.adopt(connection, number, by)
        return self._change(connection, number, steps.contested, by, reason)

    def reporter_told(self, connection: sa.Connection, number: int, by: str) -> Life:
        """Keep that the reporters were told of the dispute."""
        return self._change(connection, number, steps.reporter_told, by, "", LeafKind.ENTRY_NOTICE)

    def extend(self, connection: sa.Connection, number: int, by: str, reason: str) -> Life:
        """Give a dispute its one extension, because of new facts."""
        return self._change(connection, number, steps.extended, by, reason)

    def uphold(self, connection: sa.Connection, number: int, by: str, reason: str) -> Life:
        """Decide a dispute for the entry: it goes on as it was."""
        return self._change(connection, number, steps.upheld, by, reason)

    def overturn(self, connection: sa.Connection, number: int, by: str, reason: str) -> Life:
        """Decide a dispute for the person: the entry is erased, and counts against the shops that reported it."""
        for source in self._living(connection, number).sources:
            count(connection, source.member, Counted.OVERTURNED)
        return self._change(connection, number, steps.overturned, by, reason)

    # --- the office -------------------------------------------------------------------------------------------------

    def suspend(self, connection: sa.Connection, number: int, by: str, reason: str) -> Life:
        """Serve it no more while the office looks again; erased if nobody decides. Adopts a loaded entry."""
        self.adopt(connection, number, by)
        return self._change(connection, number, steps.suspended, by, reason)

    def resume(self, connection: sa.Connection, number: int, by: str, reason: str) -> Life:
        """Let a suspended entry go on as it was."""
        return self._change(connection, number, steps.resumed, by, reason)

    def erase(
        self, connection: sa.Connection, number: int, by: str, reason: str, ending: Ending = Ending.ERASED
    ) -> Life:
        """Erase it for good. Adopts a loaded entry."""
        self.adopt(connection, number, by)
        return self._change(connection, number, partial(steps.ended, ending=ending), by, reason)

    # --- the reporter -----------------------------------------------------------------------------------------------

    def paid(self, connection: sa.Connection, report: int, by: str) -> Life | None:
        """It was paid: the report supports nothing from now on.

        If nothing else supports that, it is unserved and erased in 48 hours. None if the report is part of no entry.
        """
        step = partial(steps.without_sources, reports=[report], ending=Ending.PAID)
        return self._change_of_report(connection, report, step, by, Ending.PAID.value)

    def withdrawn(self, connection: sa.Connection, report: int, by: str, reason: str = "") -> Life | None:
        """The reporter takes it back: the entry is erased if nothing else supports it.

        None if the report is part of no entry.
        """
        step = partial(steps.without_sources, reports=[report], ending=Ending.WITHDRAWN)
        return self._change_of_report(connection, report, step, by, reason)

    def confirmed(self, connection: sa.Connection, report: int, by: str) -> Life | None:
        """It still holds, for six months more; an entry that slept wakes. None if the report is part of no entry."""
        step = partial(steps.confirmed, report=report)
        return self._change_of_report(connection, report, step, by, "confirmed")

    # --- clocks -----------------------------------------------------------------------------------------------------

    def fires(self) -> Mapping[str, Fire]:
        """Return what happens at each kind of deadline of entries, for the ``Sweeper``."""
        listed = Listed(self._placing, self._timers, self._acts, self.changing, self._clock)
        return {**{clock.value: partial(self._fire, clock) for clock in Clock}, **listed.fires()}

    def _fire(self, clock: Clock, timer: Timer) -> None:
        number = timer.subject.number
        with self.changing(number) as connection:
            there = self._timers.there(connection, timer.subject).get(clock.value)
            if there is None or there.due_at > self._clock():
                return  # something came between
            life = self._store.get(connection, number)
            if life is None:
                self._timers.end(connection, timer.subject)
                return
            after = steps.fired(life, clock, self._clock(), self.periods)
            self._keeping.change(connection, life, after, SYSTEM, clock.value)

    # --- writing ----------------------------------------------------------------------------------------------------

    def _change_of_report(
        self, connection: sa.Connection, report: int, step: steps.Step, by: str, reason: str
    ) -> Life | None:
        entry = self._reports.by_number(connection, report).entry
        if entry is None or self._store.get(connection, entry) is None:
            return None
        return self._change(connection, entry, step, by, reason)

    def _change(
        self,
        connection: sa.Connection,
        number: int,
        step: steps.Step,
        by: str,
        reason: str,
        kind: LeafKind = LeafKind.ENTRY_CHANGED,
    ) -> Life:
        before = self._living(connection, number)
        after = step(before, now=self._clock(), periods=self.periods)
        self._keeping.change(connection, before, after, by, reason, kind)
        return after

    def _living(self, connection: sa.Connection, number: int) -> Life:
        life = self._store.get(connection, number)
        if life is None:
            raise Refused(Refusal.NOT_FOUND, _NO_ENTRY)
        return life


def _new_reference() -> str:
    """Return what members call an entry: 50 random bits."""
    return new_id("E")


_NO_ENTRY = both(
    "この登録はありません(すでに消去されたか、番号が違います)。", "there is no such entry, or it was erased"
)
_SAME_ENTRY = both("同じ登録どうしは統合できません。", "an entry cannot be merged with itself")
_NOT_SPLIT = both(
    "分割できません。この登録の通報の一部だけを選んでください(異議申立て中・停止中は先に判断が必要です)。",
    "this cannot be split: choose some, not all, of its own reports; decide first if it is contested or suspended",
)
