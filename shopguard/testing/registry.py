"""A registry in memory for tests: holds entries in clear, answers by the real rules, and fails on demand."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from shopguard.identity import identify, tokens
from shopguard.model import Entry, ScreeningState
from shopguard.registry.protocol import Answer, Candidate, Facts, Query, told


class FakeRegistry:
    """``Registry`` over ``entries``. ``queries`` lists what was asked; set ``failing`` for an outage.

    ``copies`` are the entries as its member knows them from earlier answers: by them it answers from the cache while
    it fails. None: nothing is known.
    """

    def __init__(self, *entries: Entry, failing: bool = False) -> None:
        self.entries = list(entries)
        self.failing = failing
        self.queries: list[Query] = []
        self.copies: list[Entry] | None = None

    def look_up(self, query: Query) -> Answer:
        self.queries.append(query)
        now = datetime.now(UTC)
        if not self.failing:
            return Answer(ScreeningState.SCREENED, now, self._found(query, self.entries))
        if self.copies is None:
            return Answer(ScreeningState.UNSCREENED, now, reason="the registry is away")
        found = self._found(query, self.copies)
        return Answer(ScreeningState.FROM_CACHE, now, found, reason="the registry is away")

    def renew(self, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
        """Do nothing: entries are read anew for every query."""
        return 0

    def _found(self, query: Query, entries: Sequence[Entry]) -> tuple[Candidate, ...]:
        found = (self._candidate(query, entry) for entry in entries)
        return tuple(candidate for candidate in found if candidate.shared)

    def _candidate(self, query: Query, entry: Entry) -> Candidate:
        identity = identify(entry.party)
        there = set(tokens(identity))
        shared = tuple(at for at, token in enumerate(query.tokens) if token in there)
        facts = Facts(entry.category, entry.reporters, entry.last_on)
        return Candidate(entry.id, shared, identity.fields, told(facts, (query.tokens[at] for at in shared)))
