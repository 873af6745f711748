"""Sending letters: what was sent, what shows it, what came back, and what that means for the entry."""

from collections.abc import Sequence

import sqlalchemy as sa

from shopguard.registry.disputes.files import Files
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.noticing import NOTICES
from shopguard.registry.disputes.outbox import VOID, Message, MessageState, Way, member_addressee
from shopguard.registry.entries.model import LifeState
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both
from shopguard.storage.engine import writing

SHOWN_DAYS = 90
"""How long a member can read a letter again: an answer that was lost on the way is asked for once more."""

_DAY_S = 86_400.0


class Mailroom:
    """The letters of the persons' desk, towards whoever posts them. ``Refused`` where a letter is not to be sent."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def sent(self, number: int, by: str, way: Way, proof: str = "") -> Message:
        """Keep that a letter was sent today, and what shows it. A notice starts the person's time to answer."""
        message = self._files.outbox.get(number)
        match message.template:
            case Template.NOTICE | Template.FURTHER_NOTICE:
                done = self._notice_sent(message, by, way, proof)
            case Template.REPORTER_TOLD:
                done = self._reporter_told(message, by, way, proof)
            case _:
                with writing(self._files.vault) as connection:
                    done = self._sent(connection, message, way, proof)
        self._files.entries.settle()
        return done

    def undeliverable(self, number: int, by: str, why: str) -> Message:
        """Keep that a letter reaches nobody. Where that is a notice, what it tells of may flag at most."""
        files, message = self._files, self._files.outbox.get(number)
        if message.template not in NOTICES:
            with writing(files.vault) as connection:
                return files.outbox.undeliverable(connection, number, why)
        entry = message.subject.number
        with files.entries.changing(entry) as connection:
            done = files.outbox.undeliverable(connection, number, why)
            files.entries.notice_impossible(connection, entry, by, why, message.reports)
        files.entries.settle()
        return done

    def fetched(self, member: str) -> Sequence[Message]:
        """Return the letters to a member of the last ``SHOWN_DAYS``; those that waited are sent by that."""
        to = member_addressee(member)
        for message in self._files.outbox.waiting(to):
            self.sent(message.number, to, Way.API)
        return self._files.outbox.to(to, self._files.clock() - SHOWN_DAYS * _DAY_S)

    def _notice_sent(self, message: Message, by: str, way: Way, proof: str) -> Message:
        """Of what was withdrawn or went elsewhere since, nobody is told."""
        entry = message.subject.number
        with self._files.entries.changing(entry) as connection:
            done = self._sent(connection, message, way, proof)
            life = self._files.entries.notice_sent(connection, entry, way.value, proof, by, message.reports)
            if not any(source.report in message.reports for source in life.sources):
                raise Refused(Refusal.STATE, both(*(text.format(message.number) for text in VOID)))
        return done

    def _reporter_told(self, message: Message, by: str, way: Way, proof: str) -> Message:
        """The last of the reporters to hear of it ends the time in which they must."""
        files = self._files
        with files.entries.changing() as connection:
            done = self._sent(connection, message, way, proof)
            request = files.requests.by_number(connection, message.subject.number)
            others = (other for other in files.outbox.of(message.subject) if other.number != message.number)
            waits = any(o.template is message.template and o.state is MessageState.DRAFTED for o in others)
            held = None if waits else files.about(request)
            if held is not None and held.life.state is LifeState.CONTESTED:
                files.entries.reporter_told(connection, held.life.number, by)
        return done

    def _sent(self, connection: sa.Connection, message: Message, way: Way, proof: str) -> Message:
        return self._files.outbox.sent(connection, message.number, way, proof, self._files.clock())
