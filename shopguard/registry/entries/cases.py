"""What else the vault holds of an entry: its life, reports, evidence, letters. It dies with the entry.

Works on the caller's connection, in the caller's transaction. What stays says nothing of a person: of a report, who
filed it, of which category, and what became of it; of a life, its category and how it ended.
"""

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from shopguard.registry.entries.model import Ending, LifeState
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.columns import NUMBER


def ended(connection: sa.Connection, handles: Collection[bytes]) -> Mapping[bytes, bytes | None]:
    """Return those of ``handles`` whose entry has ended, each with that of the entry that it goes on in, if any."""
    is_erased = sa.text("entry.state = 'erased'")  # as the partial index says it
    goes_on = _entry.outerjoin(_life, _life.c.number == _entry.c.number).outerjoin(
        _into, (_into.c.number == _life.c.merged_into) & (_into.c.state != "erased")
    )
    query = sa.select(_entry.c.handle, _into.c.handle).select_from(goes_on).where(is_erased)
    found = connection.execute(query.where(_entry.c.handle.in_(handles)))
    return {bytes(handle): None if into is None else bytes(into) for handle, into in found}


def reports_of(connection: sa.Connection, entry: int) -> list[int]:
    """Return the numbers of the reports that are, or were, part of an entry."""
    return list(connection.scalars(sa.select(_report.c.number).where(_report.c.entry == entry)))


def empty(connection: sa.Connection, entry: int, reports: Collection[int], at: float) -> None:
    """Take away all that was said of an erased entry; the keys of it all are destroyed already."""
    is_entry = _life.c.number == entry
    ended = {"state": LifeState.ERASED.value, "since": at, "ending": Ending.ERASED.value}
    connection.execute(sa.update(_life).where(is_entry & (_life.c.state != LifeState.ERASED.value)).values(ended))
    connection.execute(sa.update(_life).where(is_entry).values(sealed=None))
    empty_reports(connection, reports)
    _forget(connection, [Subject.of(SubjectKind.ENTRY, entry)], [entry])


def empty_reports(connection: sa.Connection, reports: Collection[int]) -> None:
    """Take away what reports said, and their files; their keys are destroyed already."""
    connection.execute(sa.delete(_evidence).where(_evidence.c.report.in_(reports)))
    connection.execute(sa.update(_report).where(_report.c.number.in_(reports)).values(sealed=b""))
    _forget(connection, [Subject.of(SubjectKind.REPORT, number) for number in reports], reports)


def _forget(connection: sa.Connection, subjects: Collection[Subject], numbers: Collection[int]) -> None:
    names = [str(subject) for subject in subjects]
    connection.execute(sa.delete(_seen_token).where(_seen_token.c.subject.in_(names)))
    connection.execute(sa.delete(_timer).where(_timer.c.subject.in_(names)))
    connection.execute(sa.update(_message).where(_message.c.key_number.in_(numbers)).values(sealed=None))


_report = sa.table("report", sa.column("number", NUMBER), sa.column("entry", NUMBER), sa.column("sealed"))
_evidence = sa.table("evidence", sa.column("report", NUMBER))
_seen_token = sa.table("seen_token", sa.column("subject", sa.String))
_timer = sa.table("timer", sa.column("subject", sa.String))
_message = sa.table("message", sa.column("key_number", NUMBER), sa.column("sealed", sa.LargeBinary))
_life = sa.table(
    "life",
    sa.column("number", NUMBER),
    sa.column("state", sa.String),
    sa.column("since", sa.Float),
    sa.column("ending", sa.String),
    sa.column("merged_into", NUMBER),
    sa.column("sealed", sa.LargeBinary),
)
_entry = sa.table(
    "entry", sa.column("number", NUMBER), sa.column("handle", sa.LargeBinary), sa.column("state", sa.String)
)
_into = _entry.alias("into_entry")
