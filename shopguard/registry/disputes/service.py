"""What a listed person can do without an account: look by a code, ask, show who they are, and hear how it stands."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial

import msgspec
import sqlalchemy as sa

from shopguard.registry.calendar import day_of, end_of
from shopguard.registry.disputes import letters
from shopguard.registry.disputes.codes import code_digest, code_of, new_code, read_code
from shopguard.registry.disputes.files import Files
from shopguard.registry.disputes.genuine import Genuine, check_letter
from shopguard.registry.disputes.held import Held, erased, recorded
from shopguard.registry.disputes.identity import MOST_TRIES, is_shown
from shopguard.registry.disputes.letters import Letter, Template
from shopguard.registry.disputes.model import (
    NOWHERE,
    Contact,
    Fact,
    Opened,
    Outcome,
    Proof,
    Recorded,
    Request,
    RequestKind,
    RequestState,
    Status,
)
from shopguard.registry.disputes.shop_letters import reporter_told
from shopguard.registry.disputes.store import new_request_id, subject_of
from shopguard.registry.entries.model import Life, LifeState
from shopguard.registry.log import Inclusion, LeafKind
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both
from shopguard.registry.timers import Timer
from shopguard.storage.engine import reading, writing

DUE, CLEAR = "request_due", "request_clear"
"""When a request is to be answered, and when a clear one should have been."""

_TOLD = (LeafKind.REQUEST_RECEIVED, LeafKind.REQUEST_DECIDED)
LONGEST_TEXT = 4_000
LONGEST_CONTACT = 500
LONGEST_NAME = 100
"""Characters."""


class PersonsDesk:
    """The desk where persons ask. ``Refused`` says in Japanese and English what is not possible, and why."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def what_is_recorded(self, code: str) -> Recorded:
        """Return what is held under a code, as far as the code alone shows it; ``Refused`` for an unknown one."""
        files, read = self._files, _code(code)
        life = files.entries.by_code(read)
        if life is not None:
            return recorded(files.held(life), files.today, files.answer_until(life), files.decided_until(life))
        gone = files.entries.gone(read)
        if gone is None:
            raise Refused(Refusal.NOT_FOUND, _NO_CODE)
        return erased(gone.category, day_of(gone.at))

    def open_request(
        self, kind: RequestKind, text: str = "", contact: Contact = NOWHERE, code: str | None = None, form: str = ""
    ) -> Opened:
        """Take in what a person asks. Whatever is not a copy unserves the entry before this returns.

        Args:
            text: in the person's own words, at most 4,000 characters.
            contact: where the answer goes; without one, to the recorded address.
            code: None: the person has none, and the office has to find out which entry is meant.
            form: a random name of the form that was filled in: the same, sent again, is the request that it was.
        """
        _check(text, contact)
        receipt = self._receipt(form, kind, text, contact, code)
        if form and (sent := self._sent(receipt)) is not None:
            return self._opened(sent)
        life = None if code is None else self._life(code)
        if life is None and not contact.is_reachable:
            raise Refused(Refusal.UNREADABLE, _NO_CONTACT)
        files = self._files
        to = contact if life is None or contact.is_reachable else files.held(life).contact
        now = files.clock()
        request = Request(
            files.records.begin(),
            new_request_id(),
            kind,
            RequestState.OPEN,
            None if life is None else life.number,
            "" if life is None else life.code,
            receipt,
            text,
            to,
            now,
            files.due_on(kind),
        )
        try:
            with files.opening(request) as connection:
                if life is not None:
                    request = self._about(connection, request)
                files.requests.add(connection, request)
                files.record(connection, request, "person", "", kind.value)
                _keep_deadlines(files, connection, request)
                files.tell(connection, request, Template.RECEIVED, _received(files, request))
        except (sa.exc.IntegrityError, Refused):
            if not form or (sent := self._sent(receipt)) is None:
                raise
            request = sent  # in this very moment, by a second press of the button
        return self._opened(request)

    def _receipt(self, form: str, *asked: object) -> str:
        """A new one, or of a form the one that it has for what it asks."""
        if not form:
            return new_code()
        return code_of(self._files.requests.master, msgspec.json.encode([form, *asked]))

    def _sent(self, receipt: str) -> Request | None:
        with reading(self._files.vault) as connection:
            return self._files.requests.find(connection, receipt)

    def _opened(self, request: Request) -> Opened:
        held = self._files.about(request)
        unserves = request.kind.unserves and request.entry is not None
        return Opened(
            request.id,
            request.receipt,
            request.kind,
            request.due_on,
            served=held is not None and not unserves and held.life.state is LifeState.ACTIVE,
            text=both(*_RECEIVED[unserves]),
        )

    def status(self, receipt: str) -> Status:
        """Return how a request stands; ``receipt`` is the code it was answered with."""
        with reading(self._files.vault) as connection:
            request = self._files.requests.by_receipt(connection, _code(receipt))
        return self._status(request)

    def check_letter(self, mark: str, on: date | None = None) -> Genuine:
        """Return whether a letter with this code or number, and this date at its top, is ours; see ``genuine``."""
        files = self._files
        return check_letter(files.entries, files.requests, files.outbox, mark, on)

    def prove(self, receipt: str, told: Mapping[Fact, str] | None = None, letter_code: str = "") -> Status:
        """Return how a request stands after facts, or the code of a letter, were tried as proof of who asks.

        Which fact was wrong is not told. ``Refused`` when too many tries were.
        """
        files = self._files
        with writing(files.vault) as connection:
            request = files.requests.by_receipt(connection, _code(receipt))
            if not request.is_open:
                raise Refused(Refusal.STATE, _ANSWERED)
            if request.proof is not Proof.NONE:
                return self._status(request)
            if request.tries >= MOST_TRIES:
                raise Refused(Refusal.FORBIDDEN, _TOO_OFTEN)
            proof = self._proof(request, told or {}, letter_code)
            tries = request.tries + (proof is Proof.NONE)
            request = msgspec.structs.replace(request, proof=proof, tries=tries)
            files.requests.change(connection, request)
        return self._status(request)

    def _proof(self, request: Request, told: Mapping[Fact, str], letter_code: str) -> Proof:
        files = self._files
        typed = read_code(letter_code)
        if typed is not None and request.letter_digest == code_digest(files.requests.master, typed):
            return Proof.LETTER
        held = files.about(request)
        return Proof.FACTS if held is not None and is_shown(told, held.facts) else Proof.NONE

    def _status(self, request: Request) -> Status:
        answer = request.answer
        return Status(
            request.id,
            request.kind,
            request.state,
            day_of(request.opened_at),
            request.due_on,
            request.proof is not Proof.NONE,
            self._proofs(request),
            None if answer is None else answer.outcome,
            both(*(_WAITING if answer is None else _OUTCOMES[answer.outcome])),
            tuple(self._inclusions(request)),
        )

    def _inclusions(self, request: Request) -> Iterator[Inclusion]:
        """Of what was received and decided; by whom at the office is not told."""
        for logged in self._files.acts.of(subject_of(request)):
            if logged.leaf is not None and logged.act.kind in _TOLD:
                yield self._files.prove(logged.leaf)

    def _proofs(self, request: Request) -> tuple[Fact, ...]:
        held = self._files.about(request) if request.is_open else None
        return () if held is None else tuple(held.facts)

    def _life(self, code: str) -> Life:
        read = _code(code)
        life = self._files.entries.by_code(read)
        if life is None:
            is_gone = self._files.entries.gone(read) is not None
            raise Refused(Refusal.STATE, _GONE) if is_gone else Refused(Refusal.NOT_FOUND, _NO_CODE)
        return life

    def _about(self, connection: sa.Connection, request: Request) -> Request:
        """See to it that a request of the same kind is not open already, and that the entry is unserved."""
        files, life = self._files, self._life(request.code)  # as it is in this turn
        if life.number != request.entry:
            raise Refused(Refusal.UNAVAILABLE, _JUST_CHANGED, 1)
        there = files.requests.open_of(connection, life.number)
        if same := next((one for one in there if one.kind is request.kind), None):
            raise Refused(Refusal.STATE, both(*(text.format(id=same.id) for text in _OPEN_ALREADY)))
        return contested(files, connection, request, life) if request.kind.unserves else request


def contested(files: Files, connection: sa.Connection, request: Request, life: Life) -> Request:
    """Return a request with the deadline of the dispute that it is now a part of; its reporters are told."""
    if life.state is not LifeState.CONTESTED:
        held = files.held(life)
        life = files.entries.contest(connection, life.number, "person", request.kind.value)
        if life.state is LifeState.CONTESTED:  # one that was paid ends by itself
            _tell_reporters(files, connection, request, held)
    until = files.decided_until(life)
    return request if until is None else msgspec.structs.replace(request, due_on=until)


def _tell_reporters(files: Files, connection: sa.Connection, request: Request, held: Held) -> None:
    days = files.periods.dispute_days
    due_on = files.today + timedelta(days=days - days // 3)  # the last third is the office's, to decide
    write = partial(reporter_told, files.sender, files.today, due_on=due_on)
    files.tell_reporters(connection, subject_of(request), held.reports, Template.REPORTER_TOLD, write)
    if not held.reports:
        files.entries.reporter_told(connection, held.life.number, "person")


def _keep_deadlines(files: Files, connection: sa.Connection, request: Request) -> None:
    """A dispute has its own clock, anything else has ours; the office hears of either when it should be clear."""
    subject, periods = subject_of(request), files.periods
    if not request.kind.unserves or request.entry is None:
        warn_at = end_of(request.due_on - timedelta(days=periods.warn_days))
        files.timers.set(connection, Timer(subject, DUE, end_of(request.due_on), warn_at))
    if request.kind is not RequestKind.ACCESS:
        clear_on = day_of(request.opened_at) + timedelta(days=periods.clear_days)
        warn_at = end_of(clear_on - timedelta(days=periods.warn_days))
        files.timers.set(connection, Timer(subject, CLEAR, end_of(clear_on), warn_at))


def _received(files: Files, request: Request) -> Letter:
    to, sender = request.contact, files.sender
    return letters.received(to, sender, files.today, request.id, request.kind, request.due_on, request.receipt)


def _code(text: str) -> str:
    code = read_code(text)
    if code is None:
        raise Refused(Refusal.NOT_FOUND, _NO_CODE)
    return code


def _check(text: str, contact: Contact) -> None:
    lines = (contact.name, contact.email, contact.phone)
    parts = (*lines, contact.address)
    if len(text) > LONGEST_TEXT or any(len(part) > LONGEST_CONTACT for part in parts):
        raise Refused(Refusal.UNREADABLE, _TOO_LONG)
    if any(not (character.isprintable() or character in "\n\r\t") for character in "".join((text, *parts))):
        raise Refused(Refusal.UNREADABLE, _UNPRINTABLE)
    if len(contact.name) > LONGEST_NAME or not all(line.isprintable() for line in lines):
        raise Refused(Refusal.UNREADABLE, _NO_LINE)  # nobody has us write to others what they please


_NO_CODE = both(
    "この番号では何も見つかりません。手紙の番号をもう一度お確かめください。",
    "nothing is found under this code: please compare it with the letter once more",
)
_GONE = both("この登録は消去されました。何も残っていません。", "this was erased: nothing of it is left")
_NO_CONTACT = both(
    "お返事をお送りするメールアドレスまたは住所をご記入ください。",
    "please say where the answer goes: a mail address or a postal address",
)
_TOO_LONG = both(
    f"長すぎます。本文は{LONGEST_TEXT:,}文字、連絡先は{LONGEST_CONTACT}文字までです。",
    f"this is too long: at most {LONGEST_TEXT:,} characters, and {LONGEST_CONTACT} for each part of the contact",
)
_NO_LINE = both(
    f"お名前（{LONGEST_NAME}文字まで）、メールアドレス、電話番号は、それぞれ1行でご記入ください。",
    f"name (at most {LONGEST_NAME} characters), mail address and phone are one line each",
)
_UNPRINTABLE = both(
    "目に見えない制御文字が含まれています。打ち直してください。",
    "this holds invisible characters: please type it again",
)
_JUST_CHANGED = both(
    "登録が変更されているところです。もう一度お試しください。", "this changes right now: please try again"
)
_OPEN_ALREADY = (
    "同じお申出({id})を確かめているところです。確認番号で状況をご覧いただけます。",
    "this has been asked and is being checked ({id}): ask how it stands by the code of that request",
)
_ANSWERED = both("このお申出にはもうお返事をしています。", "this request was answered already")
_TOO_OFTEN = both(
    "確認できない回数が続きました。当事務局にご連絡ください。登録されている住所に番号をお送りすることもできます。",
    "this was tried too often: please get in touch with our office, which can send a code to the recorded address",
)
_RECEIVED = {
    True: (
        "受け付けました。この登録は、ただいまから加盟店に伝わりません。",
        "received: from this moment member shops are told nothing of it",
    ),
    False: ("受け付けました。", "received"),
}
_WAITING = ("確かめています。", "being checked")
_OUTCOMES: Mapping[Outcome, Sequence[str]] = {
    Outcome.DISCLOSED: ("写しをお送りしました。", "a copy was sent"),
    Outcome.PARTLY: ("一部を除いた写しをお送りしました。", "a copy was sent, a part of it left out"),
    Outcome.UPHELD: ("確かめた結果、登録を続けます。", "it was checked, and the record stays"),
    Outcome.CORRECTED: ("登録の内容を訂正しました。", "the record was corrected"),
    Outcome.ERASED: ("登録を消去しました。", "the record was erased"),
    Outcome.PROTECTED: ("登録を消去し、お名前を保護しました。", "the record was erased, and your name is protected"),
    Outcome.NOTHING_HELD: ("登録はありませんでした。", "nothing is recorded"),
    Outcome.NOT_SHOWN: ("ご本人の確認ができませんでした。", "whose request it is could not be shown"),
}
