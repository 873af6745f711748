"""A registry in memory for tests: holds entries in clear, answers by the real rules, and fails on demand."""

from collections.abc import Callable
from datetime import UTC, datetime

from shopguard.identity import identify, tokens
from shopguard.model import Entry, ScreeningState
from shopguard.registry.protocol import Answer, Candidate, Facts, Query, told


class FakeRegistry:
    """``Registry`` over ``entries``. ``queries`` lists what was asked; set ``failing`` for an outage."""

    def __init__(self, *entries: Entry, failing: bool = False) -> None:
        self.entries = list(entries)
        self.failing = failing
        self.queries: list[Query] = []

    def look_up(self, query: Query) -> Answer:
        self.queries.append(query)
        now = datetime.now(UTC)
        if self.failing:
            return Answer(ScreeningState.UNSCREENED, now, reason="the registry is away")
        found = (self._candidate(query, entry) for entry in self.entries)
        return Answer(ScreeningState.SCREENED, now, tuple(candidate for candidate in found if candidate.shared))

    def renew(self, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
        """Do nothing: entries are read anew for every query."""
        return 0

    def _candidate(self, query: Query, entry: Entry) -> Candidate:
        identity = identify(entry.party)
        there = set(tokens(identity))
        shared = tuple(at for at, token in enumerate(query.tokens) if token in there)
        facts = Facts(entry.category, entry.reporters, entry.last_on)
        return Candidate(entry.id, shared, identity.fields, told(facts, (query.tokens[at] for at in shared)))
