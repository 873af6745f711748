"""Telling a person of each report that an entry rests on, before it counts: which letter tells of which report."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, timedelta

from shopguard.registry.acts import SYSTEM
from shopguard.registry.calendar import day_of
from shopguard.registry.disputes import letters
from shopguard.registry.disputes.due import as_written
from shopguard.registry.disputes.files import Files
from shopguard.registry.disputes.held import Held
from shopguard.registry.disputes.letters import Letter, Template
from shopguard.registry.disputes.outbox import PERSON, Message, MessageState
from shopguard.registry.entries.model import Life, LifeState, NoticeState
from shopguard.registry.refusals import unless_missing
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.engine import writing

NOTICES = (Template.NOTICE, Template.FURTHER_NOTICE)
"""Letters that tell a person of reports."""


class Notices:
    """Drafts the letters, each day anew until they are sent. Everything may be broken off and done again."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._seen: Mapping[int, bytes] = {}
        self._written: dict[int, tuple[date, bytes | None]] = {}

    def due(self) -> Sequence[int]:
        """Return the entries whose person is to be told of something, or of something no more, by their numbers.

        Not those of which the letter was written today, and that did not change since.
        """
        drafted = {subject.number for subject in self._files.outbox.waiting_about(*NOTICES)}
        numbers = sorted(drafted.union(self._files.entries.untold()))
        self._seen, today = as_written(self._files.vault, numbers), self._files.today
        self._written = {number: self._written[number] for number in numbers if number in self._written}
        return [number for number in numbers if self._written.get(number) != (today, self._seen.get(number))]

    def write(self, number: int) -> None:
        """Draft what the person of an entry is to be told today; without an address nobody can be told.

        A letter that waits never comes to tell of more: it may lie in an envelope already. Of a suspended entry
        nobody is told before the office has looked again.
        """
        seen = self._files.today, self._seen.get(number)
        life = self._life(number)
        if life is not None and life.state is not LifeState.SUSPENDED:
            self._write(life)
        self._written[number] = seen

    def _write(self, life: Life) -> None:
        to_tell = {source.report for source in life.sources if source.notice.state is not NoticeState.SENT}
        told = set[int]()
        for message in self._drafted(life.number):
            told |= self._renew(message, life, to_tell & set(message.reports))
        if any(source.report not in told for source in life.untold):
            self._draft(life, to_tell - told)

    def _life(self, number: int) -> Life | None:
        with unless_missing():
            return self._files.entries.get(number)
        return None  # it ended meanwhile, and its letters with it

    def _drafted(self, number: int) -> Iterable[Message]:
        found = self._files.outbox.of(Subject.of(SubjectKind.ENTRY, number))
        waiting = (one for one in found if one.state is MessageState.DRAFTED and one.letter is not None)
        return [one for one in waiting if one.template in NOTICES]

    def _renew(self, message: Message, life: Life, reports: Set[int]) -> Set[int]:
        """Let a letter that waits say what is so today, and return what it tells of."""
        files, template = self._files, _template(life)
        as_now = reports == set(message.reports) and template is message.template
        if reports and as_now and day_of(message.drafted_at) == files.today:
            return reports
        held = files.held(life)
        with writing(files.vault) as connection:
            if reports:
                letter = self._letter(held, reports, template)
                files.outbox.redraft(connection, message, template, letter, files.clock(), sorted(reports))
            else:
                files.outbox.void(connection, message)
        return reports

    def _draft(self, life: Life, reports: Set[int]) -> None:
        files, held, subject = self._files, self._files.held(life), Subject.of(SubjectKind.ENTRY, life.number)
        if not held.contact_about(reports).is_reachable:
            with files.entries.changing(life.number) as connection:
                files.entries.notice_impossible(connection, life.number, SYSTEM, _NO_ADDRESS, reports)
            files.entries.settle()
            return
        template, now = _template(life), files.clock()
        letter = self._letter(held, reports, template)
        with writing(files.vault) as connection:
            files.outbox.draft(connection, subject, PERSON, template, letter, now, sorted(reports))

    def _letter(self, held: Held, reports: Set[int], template: Template) -> Letter:
        """The notice as it is sent today: the time to answer counts from the day it is sent."""
        files, to, code = self._files, held.contact_about(reports), held.life.code
        until = files.today + timedelta(days=files.periods.pending_days)
        if template is Template.NOTICE:
            case = held.about(reports).case(files.today)
            return letters.notice(to, files.sender, files.today, code, case, until)
        cases = [replace(held.about([one]).case(files.today), gone_on=None) for one in sorted(reports)]
        cases[-1] = replace(cases[-1], gone_on=held.life.expires_on)
        return letters.further_notice(to, files.sender, files.today, code, cases, until)


def _template(life: Life) -> Template:
    """Who was told of something already, or may be served by now, is told of something further."""
    is_first = life.loaded is None and len(life.untold) == len(life.sources)
    return Template.NOTICE if is_first else Template.FURTHER_NOTICE


_NO_ADDRESS = "no address is recorded"
