"""Persons whose name was misused: a note that asks shops to confirm orders, and that says nothing against anybody.

It is an entry whose highest effect is ``CONFIRM``, loaded like any entry that was decided elsewhere.
"""

from collections.abc import Callable, Collection
from datetime import date
from enum import StrEnum

import sqlalchemy as sa

from shopguard import wire
from shopguard.identity import identify, tokens
from shopguard.model import Category, Effect, Entry, Party
from shopguard.registry.acts import Act, Acts
from shopguard.registry.calendar import add_years, day_of, end_of
from shopguard.registry.disputes.model import Protection
from shopguard.registry.disputes.store import ProtectionStore, new_protection_id
from shopguard.registry.log import LeafKind
from shopguard.registry.publishing import Publisher
from shopguard.registry.records import Records
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both
from shopguard.registry.seen import Seen
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Timer, Timers
from shopguard.storage.engine import reading, writing

END = "protection_end"

_WARN_DAYS = 14
_DAY_S = 86_400.0


class Part(StrEnum):
    """A part of the recorded party that belongs to the person, and not to whoever misused it."""

    NAME = "name"
    ADDRESS = "address"
    PHONES = "phones"
    EMAILS = "emails"


USUAL_PARTS = frozenset({Part.NAME, Part.ADDRESS})
"""What is usually misused; phone and mail are usually those of whoever did it."""


class Protections:
    """The protected persons of one registry.

    Args:
        clock: Unix seconds.
        years: how long a note stands.
    """

    def __init__(
        self,
        records: Records,
        publisher: Publisher,
        seen: Seen,
        timers: Timers,
        acts: Acts,
        clock: Callable[[], float],
        years: int,
    ) -> None:
        self._years = years
        self._records, self._publisher, self._seen = records, publisher, seen
        self._timers, self._acts, self._clock = timers, acts, clock
        self.store = ProtectionStore(records)

    def begin(self, connection: sa.Connection, number: int, party: Party, by: str) -> Protection:
        """Keep, in the transaction of the decision, that ``party`` is protected; ``place`` comes after it.

        Args:
            number: one of ``Records.begin``.
        """
        now = self._clock()
        until = add_years(day_of(now), self._years)
        protection = Protection(number, new_protection_id(), party, now, until)
        subject = _subject(number)
        self.store.add(connection, protection)
        self._seen.note(connection, subject, party)
        self._timers.set(connection, Timer(subject, END, end_of(until), end_of(until) - _WARN_DAYS * _DAY_S))
        self._record(connection, number, LeafKind.PROTECTION_BEGUN, by, "")
        return protection

    def place(self) -> int:
        """Bring to the index what is not there yet, and return how many notes that were."""
        waiting = self.store.unplaced()
        for protection in waiting:
            self._publisher.load([wire.encode(_note(protection))])
            with writing(self._records.vault.engine) as connection:
                still = self.store.placed(connection, protection.number)
            if not still:  # it ended meanwhile
                self._publisher.erase(protection.entry_id)
        return len(waiting)

    def end(self, number: int, by: str, reason: str = "") -> None:
        """Protect a person no more: nothing of them stays. ``Refused`` if nobody is protected under ``number``."""
        with reading(self._records.vault.engine) as connection:
            protection = self.store.get(connection, number)
        self._publisher.erase(protection.entry_id)
        with writing(self._records.vault.engine) as connection:
            self._record(connection, number, LeafKind.PROTECTION_ENDED, by, reason)
            self._timers.end(connection, _subject(number))
            self._seen.forget(connection, _subject(number))
            self.store.empty(connection, number)
        self._acts.settle()
        self._records.forget(number)

    def _record(self, connection: sa.Connection, number: int, kind: LeafKind, by: str, reason: str) -> None:
        subject = _subject(number)
        self._acts.record(connection, subject, Act(self._clock(), kind, str(subject), by, reason))


def protected_party(party: Party, parts: Collection[Part]) -> Party:
    """Return what of ``party`` belongs to the person; ``Refused`` if nobody could be found by it."""
    kept = Party(country=party.country, **{name: getattr(party, name) for part in parts for name in _NAMES[part]})
    if not tokens(identify(kept)):
        raise Refused(Refusal.UNREADABLE, _NOT_FOUND_BY)
    return kept


def _note(protection: Protection) -> Entry:
    began = day_of(protection.since)
    return Entry(
        protection.entry_id,
        Category.OTHER,
        protection.party,
        reporters=1,
        first_on=began,
        last_on=began,
        effect=Effect.CONFIRM,
        expires_on=_after(protection.until),
    )


def _after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _subject(number: int) -> Subject:
    return Subject.of(SubjectKind.PROTECTION, number)


_NAMES = {
    Part.NAME: ("name", "family", "given", "kana", "company"),
    Part.ADDRESS: ("postal_code", "region", "city", "lines"),
    Part.PHONES: ("phones",),
    Part.EMAILS: ("emails",),
}
_NOT_FOUND_BY = both(
    "お名前とご住所など、ご本人を見つけられる項目がありません。残す項目を選んでください。",
    "nobody can be found by this: say which parts belong to the person, such as name and address",
)
