"""The registry inside this process: looks up, loads and blocks entries in one database."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import sqlalchemy as sa

from shopguard.errors import PayloadInvalid, StoreUnavailable
from shopguard.identity import identify, tokens
from shopguard.matching import meets
from shopguard.model import Entry, ScreeningState
from shopguard.registry.first.index import Found, Index, Indexed
from shopguard.registry.first.vault import Record, Sealing, Vault
from shopguard.registry.load import LineFault, LoadReport, parse_entry
from shopguard.registry.prf import Prf, locators
from shopguard.registry.protocol import Answer, Candidate, Facts, Query, told
from shopguard.storage.engine import take_turns, writing

_BATCH = 500  # lines in one transaction: what a crash can cost, and what is held in memory


class EmbeddedRegistry:
    """``Registry`` on a database of its own.

    Args:
        engine: a database whose ``registry`` history is up to date (``storage.engine.migrate``).
        prf: the keyed function; under another key nothing loaded before is found.
        sealing: encrypts what the vault keeps.
        clock: returns now, in UTC.
    """

    def __init__(self, engine: sa.Engine, prf: Prf, sealing: Sealing, clock: Callable[[], datetime]) -> None:
        self._engine, self._prf, self._clock = engine, prf, clock
        self._index, self._vault = Index(engine), Vault(sealing)

    def look_up(self, query: Query) -> Answer:
        """Return the entries that share tokens with ``query``; see ``Registry.look_up``."""
        now = self._clock()
        try:
            found = self._index.find(locators(self._prf, query.tokens))
        except StoreUnavailable as error:
            return Answer(ScreeningState.UNSCREENED, now, reason=str(error))
        return Answer(ScreeningState.SCREENED, now, _candidates(query, found), hot=found.hot)

    def load(
        self,
        lines: Iterable[bytes | str],
        progress: Callable[[LoadReport], None] = lambda report: None,
        on_fault: Callable[[LineFault], None] = lambda fault: None,
    ) -> LoadReport:
        """Store decided entries from JSON lines and return what was done.

        An entry replaces the one with its id, so a load that broke off is simply run again. A blocked entry stays
        blocked. ``StoreUnavailable`` when the database is full or away; what was reported as progress is kept.

        Args:
            progress: called after each stored batch with the report so far.
            on_fault: called for each line that is left out.
        """
        report = LoadReport()
        results = self._read(lines)
        while batch := list(islice(results, _BATCH)):
            good = {result.record.entry.id: result for result in batch if isinstance(result, _Prepared)}
            faults = [result for result in batch if isinstance(result, LineFault)]
            for fault in faults:
                on_fault(fault)
            stored = self._store(good)
            unchanged = len(batch) - len(faults) - stored
            report = LoadReport(report.stored + stored, report.unchanged + unchanged, report.faulty + len(faults))
            progress(report)
        return report

    def renew(self, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
        """Make the locators of entries anew that older rules of identity made, and return how many there were.

        Under older locators nobody is found. What broke off goes on where it stopped, processes that start together
        share the work, and when there is nothing to do this costs one query.

        Args:
            progress: called at the beginning and after each stored batch with the count so far and that of all.
        """
        total = self._index.count_outdated()
        done = 0
        if total:
            progress(done, total)
            while batch := self._renew_some():
                done += batch
                progress(done, total)
        return done

    def _renew_some(self) -> int:
        with writing(self._engine) as connection:
            take_turns(connection)
            known = self._vault.get(connection, self._index.outdated(connection, _BATCH))
            if known:
                self._index.remove(connection, [(number, old.locators) for number, old in known.values()])
                self._replace(connection, [self._indexed(old.entry) for _, old in known.values()])
        return len(known)

    def block(self, entry_id: str) -> bool:
        """Serve the entry no more, from the moment this returns; False if there is none with this id."""
        with writing(self._engine) as connection:
            return self._index.block(connection, entry_id)

    def _read(self, lines: Iterable[bytes | str]) -> Iterator["_Prepared | LineFault"]:
        now = self._clock()
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    yield self._prepare(parse_entry(line, now))
                except PayloadInvalid as error:
                    yield LineFault(number, str(error))

    def _prepare(self, entry: Entry) -> "_Prepared":
        prepared = self._indexed(entry)
        if not prepared.can_be_met:
            raise PayloadInvalid("nothing in the party can be looked up - at `$.party`")
        return prepared

    def _indexed(self, entry: Entry) -> "_Prepared":
        identity = identify(entry.party)
        found = tokens(identity)
        keys = tuple(dict.fromkeys(locators(self._prf, found)))
        facts = Facts(entry.category, entry.reporters, entry.last_on)
        return _Prepared(Record(entry, keys), Indexed(entry.id, facts, identity.fields), meets(found))

    def _store(self, entries: Mapping[str, "_Prepared"]) -> int:
        """Write what is new or changed of ``entries`` (by id) in one transaction and return how many."""
        if not entries:
            return 0
        with writing(self._engine) as connection:
            known = self._vault.get(connection, entries)
            changed = [new for id_, new in entries.items() if id_ not in known or known[id_][1] != new.record]
            if changed:
                before = [known[new.record.entry.id] for new in changed if new.record.entry.id in known]
                self._index.remove(connection, [(number, old.locators) for number, old in before])
                self._replace(connection, changed)
        return len(changed)

    def _replace(self, connection: sa.Connection, entries: Sequence["_Prepared"]) -> None:
        numbers = self._vault.put(connection, [new.record for new in entries])
        self._index.put(
            connection, [(numbers[new.indexed.handle], new.indexed, new.record.locators) for new in entries]
        )


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An entry ready to be stored: what the vault keeps, what the index keeps.

    ``can_be_met``: it has more than a name, which alone is never shown as a match.
    """

    record: Record
    indexed: Indexed
    can_be_met: bool


def _candidates(query: Query, found: Found) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(indexed.handle, shared, indexed.fields, told(indexed.facts, (query.tokens[at] for at in shared)))
        for indexed, shared in found.entries
    )
