"""The office decides on entries: which belong together, which stop for a while, and who is right in a dispute."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from shopguard.registry.entries.model import Life
from shopguard.registry.entries.service import Entries
from shopguard.registry.office.conflict import Conflicts, members_of
from shopguard.registry.office.wording import check_reason
from shopguard.registry.records import Records
from shopguard.registry.reports.service import Reports


class Cases:
    """What accounts at the office do with entries, by their numbers. Each act is kept with the entry.

    ``by`` is the account, ``reason`` in words. ``Refused`` where the state of an entry does not allow it, or the
    account belongs to one of the shops that reported it.
    """

    def __init__(self, reports: Reports, entries: Entries, records: Records, conflicts: Conflicts) -> None:
        self._reports, self._entries, self._records, self._conflicts = reports, entries, records, conflicts

    def merge(self, into: int, other: int, by: str, reason: str) -> Life:
        """Let all that ``other`` rests on support ``into``: both are about one person."""
        with self._deciding(by, reason, into, other, hidden=(into, other)) as connection:
            return self._entries.merge(connection, into, other, by, reason)

    def split(self, entry: int, report_ids: Collection[str], by: str, reason: str) -> Life:
        """Take reports out of an entry: they are about another person, and get an entry of their own."""
        reports = [self._reports.get(report_id).report for report_id in report_ids]
        new = self._records.begin()
        with self._deciding(by, reason, entry, hidden=(entry,)) as connection:
            return self._entries.split(connection, entry, reports, new, by, reason)

    def suspend(self, entry: int, by: str, reason: str) -> Life:
        """Serve an entry no more while the office looks at it again; it is erased if nobody decides."""
        with self._deciding(by, reason, entry, hidden=(entry,)) as connection:
            return self._entries.suspend(connection, entry, by, reason)

    def resume(self, entry: int, by: str, reason: str) -> Life:
        """Let a suspended entry go on as it was."""
        with self._deciding(by, reason, entry) as connection:
            return self._entries.resume(connection, entry, by, reason)

    def extend(self, entry: int, by: str, reason: str) -> Life:
        """Give a dispute its one extension, because of new facts."""
        with self._deciding(by, reason, entry) as connection:
            return self._entries.extend(connection, entry, by, reason)

    def uphold(self, entry: int, by: str, reason: str) -> Life:
        """Decide a dispute for the entry: what it says was proved."""
        with self._deciding(by, reason, entry) as connection:
            return self._entries.uphold(connection, entry, by, reason)

    def overturn(self, entry: int, by: str, reason: str) -> Life:
        """Decide a dispute for the person: the entry is erased, and counts against the shops that reported it."""
        with self._deciding(by, reason, entry, hidden=(entry,)) as connection:
            return self._entries.overturn(connection, entry, by, reason)

    @contextmanager
    def _deciding(self, by: str, reason: str, *entries: int, hidden: Collection[int] = ()) -> Iterator[sa.Connection]:
        check_reason(reason)
        for number in entries:
            self._conflicts.check(by, members_of(self._entries, number))
        with self._entries.changing(*hidden) as connection:
            yield connection
