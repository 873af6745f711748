"""Which reports and entries may be about the same person as a report: found by shared tokens, compared in clear."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shopguard.identity import PROFILE, Token, identify, tokens
from shopguard.matching import compare_identities, explained, meets
from shopguard.model import Category, Comparison, Effect, Entry, Party, Strength
from shopguard.registry.entries.model import Life
from shopguard.registry.entries.service import Entries
from shopguard.registry.epochs import current
from shopguard.registry.placing import Placing
from shopguard.registry.refusals import unless_missing
from shopguard.registry.reports.model import Mark, Report
from shopguard.registry.reports.store import ReportStore, subject_of
from shopguard.registry.sealing import open_row
from shopguard.registry.seen import Seen, is_one_person
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.engine import reading

LOADED = "loaded"
"""The state of an entry that was loaded already decided, and to which nothing has happened since."""

_MARKS = {SubjectKind.PROTECTION: Mark.PROTECTED, SubjectKind.MEMBER: Mark.CONFLICT}
_T = TypeVar("_T")
_MOST = 50  # records that are opened for one report: those that share most with it


@dataclass(frozen=True, slots=True)
class Similar:
    """A report or an entry that resembles a report.

    Args:
        name: what the office calls it.
        state: of the report or the entry, as a word of the program.
        entry: the number of the entry that it is, or is part of; None: of none.
    """

    subject: Subject
    name: str
    state: str
    category: Category
    comparison: Comparison
    entry: int | None

    @property
    def explanation(self) -> Mapping[str, Sequence[str]]:
        """One line for each field, in every language, without a personal value."""
        return explained(self.comparison)


class Likeness:
    """Compares a report with everything that the registry holds."""

    def __init__(self, seen: Seen, reports: ReportStore, entries: Entries, placing: Placing) -> None:
        self._seen, self._reports, self._entries, self._placing = seen, reports, entries, placing

    def counts(self, numbers: Collection[int]) -> Mapping[int, int]:
        """Return by number how many other reports share something telling with a report; 0 is left out."""
        alike = self._seen.sharing([Subject.of(SubjectKind.REPORT, number) for number in numbers])
        return {subject.number: count for subject, count in alike.items()}

    def marks(self, report: Report) -> frozenset[Mark]:
        """Return whether a report resembles a protected name or a person of a member shop, as it is now."""
        alike = self._seen.like(report.content.party, *_MARKS)
        return frozenset(_MARKS[subject.kind] for subject, shared in alike.items() if is_one_person(shared))

    def of(self, report: Report) -> Sequence[Similar]:
        """Return the reports and entries that resemble a report, the surest first."""
        reports = self._reports_like(report)
        numbers = {other.entry for other in reports if other.entry is not None} | self._listed(report.content.party)
        entries = self._opened(numbers - {report.entry})
        found = [*self._compared_reports(report, reports), *self._compared_entries(report, entries)]
        return sorted(found, key=lambda one: -one.comparison.score)

    def _reports_like(self, report: Report) -> Sequence[Report]:
        alike = dict(self._seen.like(report.content.party, SubjectKind.REPORT))
        alike.pop(subject_of(report), None)
        return list(self._reports.of_numbers([subject.number for subject in _most(alike)]).values())

    def _listed(self, party: Party) -> set[int]:
        """The entries that a look-up of ``party`` leads to, also those that members are not told of."""
        epoch = current(self._placing.index.epochs(), PROFILE)
        if epoch is None:
            return set()
        asked = tokens(identify(party))
        places = self._placing.office.places(epoch.number, asked)
        alike = defaultdict[bytes, list[Token]](list)
        for position, _, sealed in self._placing.index.find(epoch.number, [at.locator for at in places]).rows:
            alike[open_row(places[position], sealed, epoch.number).handle].append(asked[position])
        found = (self._placing.vault.find(handle.hex()) for handle in _most(alike))
        return {kept.number for kept in found if kept is not None}

    def _opened(self, numbers: Iterable[int]) -> Mapping[int, Entry]:
        keys = self._placing.keys.open(list(numbers))
        with reading(self._placing.vault.engine) as connection:
            return self._placing.vault.open(connection, keys)

    def _compared_reports(self, report: Report, others: Iterable[Report]) -> Iterable[Similar]:
        for other in others:
            alike = _compared(report.content.party, other.content.party)
            if alike is not None:
                category = other.content.category
                yield Similar(subject_of(other), other.id, other.state.value, category, alike, other.entry)

    def _compared_entries(self, report: Report, others: Mapping[int, Entry]) -> Iterable[Similar]:
        for number, entry in others.items():
            alike = _compared(report.content.party, entry.party, *entry.also)
            if alike is not None and entry.effect is not Effect.CONFIRM:
                subject, life = Subject.of(SubjectKind.ENTRY, number), self._life(number)
                state = LOADED if life is None else life.state.value
                yield Similar(subject, entry.id, state, entry.category, alike, number)

    def _life(self, number: int) -> Life | None:
        with unless_missing():
            return self._entries.get(number)
        return None


def _compared(one: Party, *others: Party) -> Comparison | None:
    """Return how ``one`` compares with the likest of ``others``, all of one person; None: with none at all."""
    identity = identify(one)
    found = max((compare_identities(identity, identify(other)) for other in others), key=lambda each: each.score)
    return found if found.strength is not Strength.NONE else None


def _most(alike: Mapping[_T, Sequence[Token]]) -> Sequence[_T]:
    """Return those that share most, without mere namesakes."""
    met = [one for one, shared in alike.items() if meets(shared)]
    return sorted(met, key=lambda one: -len(alike[one]))[:_MOST]
