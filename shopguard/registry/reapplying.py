"""Seeing to it that the stores know of every erasure, whatever backup they or one of them came out of."""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from shopguard.errors import ConfigError
from shopguard.registry.disputes.model import RequestState
from shopguard.registry.entries import cases
from shopguard.registry.erasures import NONE, Content, Erased, ErasureJournal
from shopguard.registry.placing import Placing
from shopguard.registry.reports.model import ReportState
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.vault import EntryState
from shopguard.storage.engine import reading, writing

_AT_ONCE = 500
_NUMBERED = frozenset(SubjectKind) - {SubjectKind.MEMBER, SubjectKind.LISTED}
_HOW = "run `shopguard registry erasures apply FILE` with the journal, or with `none` if there is none to be had"

Marks = Mapping[str, int]
"""How many bytes of which journal (by its id) are carried out in a store."""


class ErasuresUnknown(ConfigError):
    """The stores may be out of a backup, and nobody has said what was erased since: nothing of them is served."""


class Erasures:
    """Carries out what the journal says of each store that is behind it.

    Costs a few short queries where nothing is to be done.
    """

    def __init__(self, journal: ErasureJournal, placing: Placing) -> None:
        self.journal, self._placing = journal, placing
        self._stores = (placing.index.engine, placing.vault.engine, placing.keys.engine)

    def settle(self) -> int:
        """Erase again what was erased, and serve nothing that is not to be served; return how many came back.

        ``ErasuresUnknown`` where a store knows of a journal that is not here: it cannot be said what to erase.
        """
        marks = [_marks(store) for store in self._stores]
        if not self.journal.path.exists():
            if any(marks):
                raise ErasuresUnknown(f"{self.journal.path}: missing; what is stored may be out of a backup: {_HOW}")
            self.journal.begin()
        content = self.journal.read()
        if content.nobody_has_said:
            raise ErasuresUnknown(f"what was erased since the backup is not known: {_HOW}")
        again = content.erased(min(_start(known, content) for known in marks))
        came_back = sum(self._erase_again(again[at : at + _AT_ONCE]) for at in range(0, len(again), _AT_ONCE))
        self._block_again()
        self._give_no_number_twice()
        for store, known in zip(self._stores, marks, strict=True):
            if known.get(content.begun.id) != content.end:
                _set_mark(store, content.begun.id, content.end)
        if content.declaration is not None:
            self._bury()
            self.journal.settled()
        return came_back

    def apply(self, by: str, given: bytes | None, *, cut: bool = False) -> int:
        """Go by the journal ``given`` (its bytes), or by the word of ``by`` that there is none; see ``settle``.

        Args:
            cut: ``by`` knows that the end of the one given may be missing.
        """
        self.journal.declare(by, given, cut=cut)
        return self.settle()

    def _erase_again(self, lines: Sequence[Erased]) -> int:
        handles = [bytes.fromhex(line.handle) for line in lines if line.handle]
        for handle in set(handles) - self._placing.index.blocked(handles):
            self._placing.index.block(handle)  # first of all: from now on nobody meets it
        return self._erase_entries(handles) + self._destroy(lines)

    def _erase_entries(self, handles: Sequence[bytes]) -> int:
        vault = self._placing.vault
        query = sa.select(_entry.c.number).where(
            _entry.c.handle.in_(handles), _entry.c.state != EntryState.ERASED.value
        )
        with reading(vault.engine) as connection:
            back = vault.kept(connection, list(connection.scalars(query)))
        for kept in back.values():
            with self._placing.turn():
                self._placing.erase(kept)
        return len(back)

    def _destroy(self, lines: Sequence[Erased]) -> int:
        """Destroy the keys of other records. A number may have been given anew; the key says which record it was."""
        keys = self._placing.keys
        there = keys.open([line.number for line in lines])
        back = {line.number for line in lines if line.number in there and there[line.number].mark == line.key}
        for number in back:
            keys.destroy(number)
        self._empty(back | {line.number for line in lines if line.number not in there})
        return len(back)

    def _empty(self, numbers: Collection[int]) -> None:
        """Leave of records whose keys are gone what is left of the erased: no content, no deadline, nothing open."""
        subjects = [str(Subject.of(kind, number)) for kind in _NUMBERED for number in numbers]
        with writing(self._placing.vault.engine) as connection:
            cases.empty_reports(connection, numbers)
            for table in (_seen_token, _timer):
                connection.execute(sa.delete(table).where(table.c.subject.in_(subjects)))
            is_open = _report.c.number.in_(numbers) & _report.c.state.in_(_OPEN)
            connection.execute(sa.update(_report).where(is_open).values(state=ReportState.WITHDRAWN.value))
            for table, ended in _ENDED:
                connection.execute(sa.update(table).where(table.c.number.in_(numbers)).values(ended))

    def _block_again(self) -> None:
        """An index of another day does not know whom the vault has blocked since."""
        is_blocked = sa.text("state = 'blocked'")  # as the partial index says it
        with reading(self._placing.vault.engine) as connection:
            handles = list(connection.scalars(sa.select(_entry.c.handle).where(is_blocked)))
        for handle in set(handles) - self._placing.index.blocked(handles):
            self._placing.index.block(handle)

    def _give_no_number_twice(self) -> None:
        """A vault of an older day does not know which numbers were given since; other stores hold some of them."""
        placing = self._placing
        last = {"entry": placing.keys.last_number(), "row": placing.index.last_number()}
        with reading(placing.vault.engine) as connection:
            behind = [what for what, number in last.items() if placing.vault.next_number(connection, what) <= number]
        if behind:  # else the first question of a process would wait for whoever writes
            with writing(placing.vault.engine) as connection:
                for what in behind:
                    placing.vault.pass_over(connection, what, last[what])

    def _bury(self) -> None:
        """Leave nothing open of what was made since the backup that the keys are out of: nobody can read it again.

        Where there is no key at all, they were not put back yet.
        """
        if self._placing.keys.last_number() == 0:
            return
        self._placing.bury()
        for table in (_report, *(table for table, _ in _ENDED)):
            last = 0
            while numbers := self._numbers(table, last):
                last = numbers[-1]
                self._empty(set(numbers) - self._placing.keys.having(numbers))

    def _numbers(self, table: sa.TableClause, after: int) -> Sequence[int]:
        number = table.c.number
        with reading(self._placing.vault.engine) as connection:
            found = sa.select(number).where(number > after).order_by(number).limit(_AT_ONCE)
            return connection.scalars(found).all()


def _start(known: Marks, content: Content) -> int:
    """From which byte on a store with these marks does not know the journal."""
    id_, declared = content.begun.id, content.declaration
    if not known or (declared is not None and declared.source == NONE):
        return 0
    if declared is not None and declared.source in known:
        if known[declared.source] > declared.size:
            raise ErasuresUnknown(f"the journal that was given is older than the backup: {_HOW}")
        return 0
    if id_ not in known:
        raise ErasuresUnknown(f"what is stored here belongs to another journal of erasures: {_HOW}")
    if known[id_] > content.end:
        raise ErasuresUnknown(f"the journal of erasures ends before what is stored here: {_HOW}")
    return known[id_]


def _marks(store: sa.Engine) -> Marks:
    with reading(store) as connection:
        return {row.journal: row.position for row in connection.execute(sa.select(_mark))}


def _set_mark(store: sa.Engine, journal: str, position: int) -> None:
    with writing(store) as connection:
        connection.execute(sa.delete(_mark).where(_mark.c.journal == journal))
        connection.execute(sa.insert(_mark), {"journal": journal, "position": position})


_mark = sa.table("erasure_mark", sa.column("journal", sa.String), sa.column("position", sa.BigInteger))
_seen_token = sa.table("seen_token", sa.column("subject", sa.String))
_timer = sa.table("timer", sa.column("subject", sa.String))


def _records(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, sa.column("number", sa.BigInteger), *(sa.column(column) for column in columns))


_report = _records("report", "state")
_OPEN = (ReportState.DRAFT.value, ReportState.SUBMITTED.value, ReportState.RETURNED.value)
_ENDED = (
    (
        _records("request", "state", "entry", "receipt_digest", "sealed"),
        {"state": RequestState.FORGOTTEN.value, "entry": None, "receipt_digest": None, "sealed": b""},
    ),
    (_records("protection", "sealed"), {"sealed": None}),
    (_records("application", "sealed"), {"sealed": None}),
)
"""What each kind of record is where it was erased in the ordinary way."""

_entry = sa.table(
    "entry", sa.column("number", sa.BigInteger), sa.column("handle", sa.LargeBinary), sa.column("state", sa.String)
)
