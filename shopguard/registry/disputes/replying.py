"""What closes a request: its state, its act, its deadlines, the letter to the person and those to the reporters."""

from datetime import date, timedelta
from functools import partial

import sqlalchemy as sa
from msgspec.structs import replace

from shopguard.registry.calendar import add_years, end_of
from shopguard.registry.disputes import letters
from shopguard.registry.disputes.files import Files
from shopguard.registry.disputes.held import Held
from shopguard.registry.disputes.letters import Letter, Template
from shopguard.registry.disputes.model import Answer, Outcome, Request, RequestState
from shopguard.registry.disputes.service import CLEAR, DUE
from shopguard.registry.disputes.shop_letters import reporter_answered
from shopguard.registry.disputes.store import subject_of
from shopguard.registry.timers import Timer

FORGET = "request_forget"

_STAYS = (Outcome.UPHELD, Outcome.CORRECTED)


class Replies:
    """Closes requests in the caller's transaction."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def close(self, connection: sa.Connection, request: Request, answer: Answer, held: Held | None = None) -> None:
        """Answer a request in the words of its outcome. ``held``: the entry, where it is about one."""
        if answer.outcome is Outcome.PROTECTED and not request.kind.protects:
            answer = replace(answer, outcome=Outcome.ERASED)
        template = _TEMPLATES[answer.outcome]
        self.answer(connection, request, answer, template, self._letter(request, answer, held))

    def answer(
        self, connection: sa.Connection, request: Request, answer: Answer, template: Template, letter: Letter
    ) -> None:
        """Answer a request with a letter that is at hand."""
        files, subject = self._files, subject_of(request)
        answered = replace(request, state=RequestState.ANSWERED, answer=answer)
        files.requests.change(connection, answered)
        files.record(connection, answered, answer.by, answer.reason, answer.outcome.value)
        files.timers.end(connection, subject, DUE, CLEAR)
        forget_on = files.today + timedelta(days=files.periods.forget_days)
        files.timers.set(connection, Timer(subject, FORGET, end_of(forget_on)))
        files.tell(connection, answered, template, letter)

    def extended(self, connection: sa.Connection, request: Request, until: date, reason: str) -> None:
        """Tell the person that it takes longer."""
        files = self._files
        letter = letters.extended(request.contact, files.sender, files.today, request.id, until, reason)
        files.tell(connection, request, Template.EXTENDED, letter)

    def tell_reporters(self, connection: sa.Connection, request: Request, held: Held, outcome: Outcome) -> None:
        """Tell each shop whether its report still supports an entry."""
        files = self._files
        write = partial(reporter_answered, files.sender, files.today, stays=outcome in _STAYS)
        files.tell_reporters(connection, subject_of(request), held.reports, Template.REPORTER_ANSWERED, write)

    def _letter(self, request: Request, answer: Answer, held: Held | None) -> Letter:
        to, sender, today = request.contact, self._files.sender, self._files.today
        gone_on = None if held is None else held.life.expires_on
        match answer.outcome:
            case Outcome.UPHELD:
                return letters.upheld(to, sender, today, request.id, answer.reason, gone_on)
            case Outcome.CORRECTED:
                return letters.corrected(to, sender, today, request.id, answer.reason, gone_on)
            case Outcome.PROTECTED:
                until = add_years(today, self._files.periods.protected_years)
                return letters.protected(to, sender, today, request.id, until)
            case Outcome.NOTHING_HELD:
                return letters.nothing_held(to, sender, today, request.id)
            case Outcome.NOT_SHOWN:
                return letters.not_shown(to, sender, today, request.id)
            case _:
                return letters.erased(to, sender, today, request.id, answer.reason)


_TEMPLATES = {
    Outcome.UPHELD: Template.UPHELD,
    Outcome.CORRECTED: Template.CORRECTED,
    Outcome.ERASED: Template.ERASED,
    Outcome.PROTECTED: Template.PROTECTED,
    Outcome.NOTHING_HELD: Template.NOTHING_HELD,
    Outcome.NOT_SHOWN: Template.NOT_SHOWN,
}
