"""Letters and mails from the draft to the proof that they were sent; each sealed under the key of its subject."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from shopguard.registry.calendar import day_of
from shopguard.registry.disputes.letters import Letter, Sender, Template, deadline
from shopguard.registry.disputes.words import DEADLINES
from shopguard.registry.records import Forgotten, Records
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both
from shopguard.registry.subjects import Subject
from shopguard.registry.timers import Timer
from shopguard.storage.columns import NUMBER
from shopguard.storage.engine import reading

PERSON = "person"
OFFICE = "office"


def member_addressee(member: str) -> str:
    """Return the addressee of what goes to a member."""
    return f"member:{member}"


class MessageState(StrEnum):
    DRAFTED = "drafted"  # waits to be sent
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"  # came back, or there is no address


class Way(StrEnum):
    """How a letter left."""

    POST = "post"
    MAIL = "mail"
    API = "api"  # the member fetched it


@dataclass(frozen=True, slots=True)
class Message:
    """A letter as the vault keeps it. Moments are Unix seconds.

    Args:
        addressee: ``person``, ``office`` or ``member:ID``.
        letter: None where the record it is about was erased.
        proof: what shows that it was sent: the number of the posted letter, the id of the mail.
        reports: those that a notice tells of, by their numbers.
    """

    number: int
    subject: Subject
    addressee: str
    template: Template
    state: MessageState
    drafted_at: float
    sent_at: float | None
    letter: Letter | None
    way: Way | None = None
    proof: str = ""
    reports: tuple[int, ...] = ()


class _Sealed(msgspec.Struct, frozen=True):
    letter: Letter
    way: Way | None = None
    proof: str = ""
    reports: tuple[int, ...] = ()


class Outbox:
    """The messages of one registry."""

    def __init__(self, records: Records) -> None:
        self._records, self._vault = records, records.vault.engine

    def draft(
        self,
        connection: sa.Connection,
        subject: Subject,
        addressee: str,
        template: Template,
        letter: Letter,
        now: float,
        reports: Collection[int] = (),
    ) -> None:
        """Keep a letter that is to be sent, in the transaction of what it tells. ``reports``: see ``Message``."""
        row = {
            "subject": str(subject),
            "key_number": subject.number,
            "addressee": addressee,
            "template": template.value,
            "state": MessageState.DRAFTED.value,
            "drafted_at": now,
            "sealed": self._seal(subject.number, _Sealed(letter, reports=tuple(reports))),
        }
        connection.execute(message_table.insert(), row)

    def warn(self, connection: sa.Connection, timer: Timer, now: float) -> None:
        """Tell the office of a deadline. Says nothing of a person, and outlives what it is about."""
        what, due_on = both(*DEADLINES.get(timer.what, (timer.what, timer.what))), day_of(timer.due_at - 1)
        letter = deadline(Sender(), day_of(now), str(timer.subject), what, due_on)
        row = {
            "subject": str(timer.subject),
            "key_number": None,
            "addressee": OFFICE,
            "template": Template.DEADLINE.value,
            "state": MessageState.DRAFTED.value,
            "drafted_at": now,
            "sealed": msgspec.json.encode(_Sealed(letter)),
        }
        connection.execute(message_table.insert(), row)

    def redraft(
        self,
        connection: sa.Connection,
        message: Message,
        template: Template,
        letter: Letter,
        now: float,
        reports: Collection[int] = (),
    ) -> None:
        """Put a letter of today in place of one that nobody has sent yet."""
        sealed = self._seal(message.subject.number, _Sealed(letter, reports=tuple(reports)))
        values = {"template": template.value, "drafted_at": now, "sealed": sealed}
        connection.execute(sa.update(message_table).where(_is_drafted(message)).values(values))

    def void(self, connection: sa.Connection, message: Message) -> None:
        """Take away a letter that nobody has sent yet, as what it tells is so no more."""
        connection.execute(sa.update(message_table).where(_is_drafted(message)).values(sealed=None))

    def waiting_about(self, *templates: Template) -> Collection[Subject]:
        """Return the records about which a letter of these kinds is to be sent."""
        is_drafted = (message_table.c.state == MessageState.DRAFTED.value) & message_table.c.sealed.is_not(None)
        is_of_these = message_table.c.template.in_([template.value for template in templates])
        query = sa.select(message_table.c.subject).where(is_drafted & is_of_these).distinct()
        with reading(self._vault) as connection:
            return [Subject.read(subject) for subject in connection.scalars(query)]

    def get(self, number: int) -> Message:
        """Return a message; ``Refused`` if there is none."""
        with reading(self._vault) as connection:
            return self._one(connection, number)

    def waiting(self, addressee: str | None = None) -> Sequence[Message]:
        """Return what is to be sent, the oldest first. ``addressee`` ``member:`` means any member."""
        is_meant = message_table.c.state == MessageState.DRAFTED.value
        is_meant &= message_table.c.sealed.is_not(None)
        if addressee is not None:
            column = message_table.c.addressee
            is_meant &= column.startswith(addressee) if addressee.endswith(":") else column == addressee
        return [message for message in self._select(is_meant) if message.letter is not None]

    def to(self, addressee: str, since: float) -> Sequence[Message]:
        """Return what somebody is or was sent since a moment, the oldest first, without what was erased."""
        is_meant = (message_table.c.addressee == addressee) & (message_table.c.drafted_at >= since)
        return [message for message in self._select(is_meant) if message.letter is not None]

    def of(self, subject: Subject) -> Sequence[Message]:
        """Return every message about a record, the oldest first."""
        return self._select(message_table.c.subject == str(subject))

    def days(self, subjects: Collection[Subject], addressee: str) -> Collection[date]:
        """Return the days that stand at the top of the letters about these records, those of erased ones, too.

        What was taken away before anybody sent it was never a letter.
        """
        is_void = (message_table.c.state == MessageState.DRAFTED.value) & message_table.c.sealed.is_(None)
        is_meant = message_table.c.subject.in_(map(str, subjects)) & (message_table.c.addressee == addressee)
        query = sa.select(message_table.c.drafted_at).where(is_meant & ~is_void)
        with reading(self._vault) as connection:
            return {day_of(at) for at in connection.scalars(query)}

    def sent(self, connection: sa.Connection, number: int, way: Way, proof: str, now: float) -> Message:
        """Keep that a letter was sent, and what shows it; ``Refused`` if it was sent, came back, or is void."""
        message = self._one(connection, number)
        self._check_state(message, MessageState.DRAFTED)
        return self._settled(connection, replace(message, state=MessageState.SENT, sent_at=now, way=way, proof=proof))

    def undeliverable(self, connection: sa.Connection, number: int, why: str) -> Message:
        """Keep that a letter reaches nobody, sent or not; ``Refused`` if that is known."""
        message = self._one(connection, number)
        self._check_state(message, MessageState.DRAFTED, MessageState.SENT)
        return self._settled(connection, replace(message, state=MessageState.UNDELIVERABLE, proof=why))

    def empty(self, connection: sa.Connection, subject: Subject) -> None:
        """Take away what the letters about a record said; that they were sent, and when, remains."""
        is_meant = message_table.c.subject == str(subject)
        connection.execute(sa.update(message_table).where(is_meant).values(sealed=None))

    def _check_state(self, message: Message, *states: MessageState) -> None:
        if message.state not in states:
            raise Refused(Refusal.STATE, both(*(text.format(message.number) for text in _SETTLED[message.state])))
        if message.letter is None:
            raise Refused(Refusal.STATE, both(*(text.format(message.number) for text in VOID)))

    def _one(self, connection: sa.Connection, number: int) -> Message:
        query = sa.select(message_table).where(message_table.c.number == number)
        if connection.get_execution_options().get("writing", False):
            query = query.with_for_update()
        row = connection.execute(query).first()
        if row is None:
            raise Refused(Refusal.NOT_FOUND, both(*(text.format(number) for text in _NO_LETTER)))
        return self._message(row)

    def _settled(self, connection: sa.Connection, after: Message) -> Message:
        values: dict[str, Any] = {"state": after.state.value, "sent_at": after.sent_at}
        if after.letter is not None:
            sealed = _Sealed(after.letter, after.way, after.proof, after.reports)
            is_open = after.template is Template.DEADLINE
            values["sealed"] = msgspec.json.encode(sealed) if is_open else self._seal(after.subject.number, sealed)
        is_row = message_table.c.number == after.number
        connection.execute(sa.update(message_table).where(is_row).values(values))
        return after

    def _select(self, which: sa.ColumnElement[bool]) -> list[Message]:
        query = sa.select(message_table).where(which).order_by(message_table.c.number)
        with reading(self._vault) as connection:
            return [self._message(row) for row in connection.execute(query).all()]

    def _message(self, row: sa.Row[Any]) -> Message:
        sealed = self._opened(row)
        return Message(
            row.number,
            Subject.read(row.subject),
            row.addressee,
            Template(row.template),
            MessageState(row.state),
            row.drafted_at,
            row.sent_at,
            sealed.letter if sealed else None,
            sealed.way if sealed else None,
            sealed.proof if sealed else "",
            sealed.reports if sealed else (),
        )

    def _opened(self, row: sa.Row[Any]) -> _Sealed | None:
        if row.sealed is None:
            return None
        try:
            is_open = row.key_number is None
            clear = row.sealed if is_open else self._records.open(row.key_number, "message", row.sealed)
        except Forgotten:
            return None
        return msgspec.json.decode(clear, type=_Sealed)

    def _seal(self, key_number: int, clear: _Sealed) -> bytes:
        return self._records.seal(key_number, "message", msgspec.json.encode(clear))


def _is_drafted(message: Message) -> sa.ColumnElement[bool]:
    """The row of a message, as long as nobody has sent it."""
    return (message_table.c.number == message.number) & (message_table.c.state == MessageState.DRAFTED.value)


_NO_LETTER = ("{}: その番号の手紙はありません。", "{}: there is no such letter")
_SETTLED = {
    MessageState.DRAFTED: ("{}: この手紙はまだ送られていません。", "{}: this letter was not sent yet"),
    MessageState.SENT: ("{}: この手紙は送付済みです。", "{}: this letter was sent already"),
    MessageState.UNDELIVERABLE: ("{}: この手紙は届かないと記録されています。", "{}: this letter reaches nobody"),
}
VOID = (
    "{}: この手紙の対象は消去されました。送らないでください。",
    "{}: what this letter is about was erased; do not send it",
)

message_table = sa.table(
    "message",
    sa.column("number", NUMBER),
    sa.column("subject", sa.String),
    sa.column("key_number", NUMBER),
    sa.column("addressee", sa.String),
    sa.column("template", sa.String),
    sa.column("state", sa.String),
    sa.column("drafted_at", sa.Float),
    sa.column("sent_at", sa.Float),
    sa.column("sealed", sa.LargeBinary),
)
