"""Letters and mails from the draft to the proof that they were sent; each sealed under the key of its subject."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from shopguard.registry.disputes.letters import Letter, Template
from shopguard.registry.disputes.words import words_amiss
from shopguard.registry.records import Forgotten, Records
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.subjects import Subject
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


class _Sealed(msgspec.Struct, frozen=True):
    letter: Letter
    way: Way | None = None
    proof: str = ""


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
    ) -> None:
        """Keep a letter that is to be sent, in the transaction of what it tells.

        ``Refused`` for words that no letter has: those come with a reason that somebody wrote.
        """
        if amiss := words_amiss(letter.text):
            raise Refused(
                Refusal.UNREADABLE,
                f"手紙に使えない言葉があります。書き換えてください: {'、'.join(amiss)} / "
                f"a letter does not say this, write it otherwise: {', '.join(amiss)}",
            )
        row = {
            "subject": str(subject),
            "key_number": subject.number,
            "addressee": addressee,
            "template": template.value,
            "state": MessageState.DRAFTED.value,
            "drafted_at": now,
            "sealed": self._seal(subject.number, _Sealed(letter)),
        }
        connection.execute(message_table.insert(), row)

    def has(self, connection: sa.Connection, subject: Subject, template: Template) -> bool:
        """Whether such a letter about ``subject`` was ever drafted."""
        is_meant = (message_table.c.subject == str(subject)) & (message_table.c.template == template.value)
        return connection.execute(sa.select(message_table.c.number).where(is_meant)).first() is not None

    def get(self, number: int) -> Message:
        """Return a message; ``Refused`` if there is none."""
        with reading(self._vault) as connection:
            row = connection.execute(sa.select(message_table).where(message_table.c.number == number)).first()
        if row is None:
            raise Refused(Refusal.NOT_FOUND, f"{number}: there is no such letter")
        return self._message(row)

    def waiting(self, addressee: str | None = None, limit: int = 200) -> Sequence[Message]:
        """Return what is to be sent, the oldest first. ``addressee`` ``member:`` means any member."""
        is_meant = message_table.c.state == MessageState.DRAFTED.value
        if addressee is not None:
            column = message_table.c.addressee
            is_meant &= column.startswith(addressee) if addressee.endswith(":") else column == addressee
        return self._select(is_meant, limit)

    def of(self, subject: Subject) -> Sequence[Message]:
        """Return every message about a record, the oldest first."""
        return self._select(message_table.c.subject == str(subject))

    def sent(self, connection: sa.Connection, message: Message, way: Way, proof: str, now: float) -> Message:
        """Keep that a letter was sent, and what shows it; ``Refused`` if it was, or came back."""
        self._check_waiting(message)
        return self._settled(connection, replace(message, state=MessageState.SENT, sent_at=now, way=way, proof=proof))

    def undeliverable(self, connection: sa.Connection, message: Message, why: str) -> Message:
        """Keep that a letter reaches nobody, sent or not."""
        if message.state is MessageState.UNDELIVERABLE:
            self._check_waiting(message)
        return self._settled(connection, replace(message, state=MessageState.UNDELIVERABLE, proof=why))

    def drop(self, connection: sa.Connection, subject: Subject) -> None:
        """Take away the letters about a record that nobody has sent: what they tell is no longer so."""
        is_meant = message_table.c.subject == str(subject)
        is_meant &= message_table.c.state == MessageState.DRAFTED.value
        connection.execute(sa.delete(message_table).where(is_meant))

    def _check_waiting(self, message: Message) -> None:
        if message.state is not MessageState.DRAFTED:
            raise Refused(Refusal.FORBIDDEN, f"{message.number}: this letter is {message.state} already")
        if message.letter is None:
            raise Refused(
                Refusal.FORBIDDEN, f"{message.number}: what it is about was erased; it is not sent any more"
            )

    def _settled(self, connection: sa.Connection, after: Message) -> Message:
        values: dict[str, Any] = {"state": after.state.value, "sent_at": after.sent_at}
        if after.letter is not None:
            sealed = _Sealed(after.letter, after.way, after.proof)
            values["sealed"] = self._seal(after.subject.number, sealed)
        is_row = message_table.c.number == after.number
        connection.execute(sa.update(message_table).where(is_row).values(values))
        return after

    def _select(self, which: sa.ColumnElement[bool], limit: int | None = None) -> list[Message]:
        query = sa.select(message_table).where(which).order_by(message_table.c.number).limit(limit)
        with reading(self._vault) as connection:
            return [self._message(row) for row in connection.execute(query).all()]

    def _message(self, row: sa.Row[Any]) -> Message:
        try:
            sealed = msgspec.json.decode(self._records.open(row.key_number, "message", row.sealed), type=_Sealed)
        except Forgotten:
            sealed = None
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
        )

    def _seal(self, key_number: int, clear: _Sealed) -> bytes:
        return self._records.seal(key_number, "message", msgspec.json.encode(clear))


_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only for INTEGER

message_table = sa.table(
    "message",
    sa.column("number", _number),
    sa.column("subject", sa.String),
    sa.column("key_number", _number),
    sa.column("addressee", sa.String),
    sa.column("template", sa.String),
    sa.column("state", sa.String),
    sa.column("drafted_at", sa.Float),
    sa.column("sent_at", sa.Float),
    sa.column("sealed", sa.LargeBinary),
)
