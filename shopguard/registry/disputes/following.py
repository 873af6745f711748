"""What follows by itself at the persons' desk: notices to be drafted, requests whose entry was decided elsewhere, and
what happens at the desk's own deadlines.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import sqlalchemy as sa
import structlog

from shopguard.registry.acts import SYSTEM
from shopguard.registry.calendar import add_business_days, end_of
from shopguard.registry.disputes.due import decided_elsewhere
from shopguard.registry.disputes.files import Files
from shopguard.registry.disputes.held import Held
from shopguard.registry.disputes.model import Answer, Outcome, Proof, Request, RequestKind
from shopguard.registry.disputes.noticing import Notices
from shopguard.registry.disputes.protecting import END, Protections
from shopguard.registry.disputes.renewing import ask_reporters
from shopguard.registry.disputes.replying import FORGET, Replies
from shopguard.registry.disputes.service import CLEAR, DUE
from shopguard.registry.entries.clocks import Clock
from shopguard.registry.entries.model import Ending
from shopguard.registry.entries.steps import FREE
from shopguard.registry.refusals import unless_missing
from shopguard.registry.reports.wording import both
from shopguard.registry.timers import Fire, Timer
from shopguard.storage.engine import reading, writing

_log = structlog.get_logger()
T = TypeVar("T")


class Following:
    """The desk's own rounds. Everything may be broken off and done again."""

    def __init__(self, files: Files, protections: Protections) -> None:
        self._files, self._protections = files, protections
        self._notices, self._replies = Notices(files), Replies(files)

    def follow(self) -> None:
        """Draft the notices that are due, answer what was decided elsewhere, place what protects a name.

        A notice that says no way to answer is none: until the settings say one, none is drafted, and nothing served.
        """
        for number in self._notices.due() if self._files.sender.can_be_answered else ():
            _tried(self._notices.write, number)
        for number in decided_elsewhere(self._files.vault):
            _tried(self._catch_up, number)
        self._protections.place()

    def warn(self, connection: sa.Connection, timer: Timer) -> None:
        """Tell the office that a deadline comes near, for the ``Sweeper``; and the shops whose word would lapse."""
        self._files.outbox.warn(connection, timer, self._files.clock())
        if timer.what == Clock.CONFIRM:
            ask_reporters(self._files, connection, timer)

    def fires(self) -> Mapping[str, Fire]:
        """Return what happens at each kind of deadline of the desk, for the ``Sweeper``."""
        return {DUE: self._overdue, CLEAR: self._unclear, FORGET: self._forget, END: self._unprotect}

    def _catch_up(self, number: int) -> None:
        """Answer a request whose dispute the office decided with the entry, or whose entry has ended."""
        with reading(self._files.vault) as connection:
            request = self._files.requests.by_number(connection, number)
        held = self._files.about(request)
        if held is None:
            gone = self._files.entries.gone(request.code)
            reason = _ENDED[None if gone is None else gone.ending]
            self._close(request, Answer(Outcome.ERASED, self._files.clock(), SYSTEM, both(*reason)))
        elif request.kind.unserves and held.life.state in FREE:
            answer = Answer(Outcome.UPHELD, self._files.clock(), SYSTEM, both(*_SHOWN))
            self._close(request, answer, held)

    def _close(self, request: Request, answer: Answer, held: Held | None = None) -> None:
        with writing(self._files.vault) as connection:
            now = self._files.requests.by_number(connection, request.number)
            if now.is_open:
                self._replies.close(connection, now, answer, held)

    def _overdue(self, timer: Timer) -> None:
        """A copy nobody showed a right to is refused; anything else stays due, and the office hears of it daily."""
        files = self._files
        with writing(files.vault) as connection:
            request = files.requests.by_number(connection, timer.subject.number)
            if not request.is_open:
                files.timers.end(connection, timer.subject, DUE)
            elif request.kind is RequestKind.ACCESS and request.proof is Proof.NONE:
                self._replies.close(connection, request, Answer(Outcome.NOT_SHOWN, files.clock(), SYSTEM))
            else:
                files.outbox.warn(connection, timer, files.clock())
                again_on = add_business_days(files.today, 1)
                files.timers.set(connection, Timer(timer.subject, DUE, end_of(again_on)))

    def _unclear(self, timer: Timer) -> None:
        """The day is over by which a clear case is decided: the office hears so."""
        with writing(self._files.vault) as connection:
            self._files.outbox.warn(connection, timer, self._files.clock())
            self._files.timers.end(connection, timer.subject, CLEAR)

    def _forget(self, timer: Timer) -> None:
        files, number = self._files, timer.subject.number
        files.acts.settle()  # their salts go with the key
        files.records.forget(number)
        with writing(files.vault) as connection:
            files.requests.empty(connection, number)
            files.outbox.empty(connection, timer.subject)
            files.timers.end(connection, timer.subject)

    def _unprotect(self, timer: Timer) -> None:
        with unless_missing():
            self._protections.end(timer.subject.number, SYSTEM)
            return
        with writing(self._files.vault) as connection:
            self._files.timers.end(connection, timer.subject)


def _tried(do: Callable[[T], None], one: T) -> None:
    """Do it; one that fails is logged and stops no other, and is tried again at the next round."""
    try:
        do(one)
    except Exception as error:  # the next letter is another person's
        _log.error("letter_failed", of=repr(one), error=type(error).__name__)


_SHOWN = ("店舗の資料で内容が示されました", "what the shop has shown proves it")
_OTHER = ("登録の理由がなくなりました", "there is no ground for it any more")
_ENDED: Mapping[Ending | None, tuple[str, str]] = {
    None: _OTHER,
    Ending.PAID: ("お支払いが確認されました", "payment was confirmed"),
    Ending.WITHDRAWN: ("店舗が連絡を取り下げました", "the shop has withdrawn what it told us"),
    Ending.EXPIRED: ("定めの期間が過ぎました", "its fixed period is over"),
    Ending.OVERTURNED: ("お申出のとおりと確かめられました", "what you told us was found to be right"),
    Ending.UNDECIDED: ("期限までに内容が示されませんでした", "it was not shown to be right in time"),
    Ending.UNTOLD: ("期限までにお知らせできませんでした", "you were not told of it in time"),
    Ending.UNCONFIRMED: ("店舗が再確認をしませんでした", "the shop did not confirm it again"),
    Ending.MERGED: _OTHER,
    Ending.MISUSED: ("ほかの方がお名前を使ったと確かめられました", "somebody else was found to have used your name"),
    Ending.ERASED: _OTHER,
}
