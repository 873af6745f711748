"""How the office answers persons: decides disputes, discloses, protects a misused name, and finds out who asks.

A decision, the letters that tell it and the change of the entry are one transaction. ``by`` is an office account.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from msgspec import to_builtins
from msgspec.structs import replace

from shopguard.registry.calendar import day_of, end_of
from shopguard.registry.disputes import letters
from shopguard.registry.disputes.codes import code_digest, new_short_code
from shopguard.registry.disputes.files import Files
from shopguard.registry.disputes.held import ANY_SHOP, Held, Looked, copy
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.model import Answer, Outcome, Proof, Protection, Request, RequestKind, Withheld
from shopguard.registry.disputes.protecting import USUAL_PARTS, Part, Protections, protected_party
from shopguard.registry.disputes.replying import Replies
from shopguard.registry.disputes.service import DUE, contested
from shopguard.registry.disputes.store import subject_of
from shopguard.registry.disputes.words import words_amiss
from shopguard.registry.entries.model import Ending, LifeState
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.model import Report
from shopguard.registry.reports.reading import read_content
from shopguard.registry.reports.rules import History, faults
from shopguard.registry.reports.store import subject_of as report_subject
from shopguard.registry.reports.wording import both
from shopguard.registry.search.model import Look
from shopguard.registry.timers import Timer
from shopguard.storage.engine import reading, writing


@dataclass(frozen=True, slots=True)
class Sight:
    """What the office asks of others before it answers.

    Args:
        looks_of: by the number of an entry, who was told of it.
        shop_kind: by the id of a member, what kind of shop it is, in Japanese and English.
        check_conflict: raises ``Refused`` if an account may not decide a case of these members.
    """

    looks_of: Callable[[int], Sequence[Look]]
    shop_kind: Callable[[str], tuple[str, str]] = lambda member: ANY_SHOP
    check_conflict: Callable[[str, Collection[str]], None] = lambda account, members: None


class Answers:
    """The office's side of the persons' desk. ``Refused`` says what is not possible and why."""

    def __init__(self, files: Files, protections: Protections, sight: Sight) -> None:
        self._files, self._protections, self._sight = files, protections, sight
        self._replies = Replies(files)

    def get(self, request_id: str) -> Request:
        """Return a request; ``Refused`` if there is none."""
        with reading(self._files.vault) as connection:
            return self._files.requests.get(connection, request_id)

    # --- decisions about a dispute: all that was asked about an entry is decided at once ---------------------------

    def uphold(self, request_id: str, by: str, reason: str) -> Request:
        """The entry was shown to be right, and goes on."""
        with self._deciding(request_id, by, reason) as (connection, request, held):
            self._files.entries.uphold(connection, held.life.number, by, reason)
            self._end(connection, request, held, self._answer(Outcome.UPHELD, by, reason))
        return self.get(request_id)

    def overturn(self, request_id: str, by: str, reason: str) -> Request:
        """The person is right, or it could not be shown: the entry is erased at once."""
        with self._deciding(request_id, by, reason, hide=True) as (connection, request, held):
            self._files.entries.overturn(connection, held.life.number, by, reason)
            self._end(connection, request, held, self._answer(Outcome.ERASED, by, reason))
        return self.get(request_id)

    def correct(self, request_id: str, by: str, reason: str, report_id: str, changes: Mapping[str, Any]) -> Request:
        """Put facts right that a report states, and let the entry go on with them.

        Args:
            changes: fields of the report as its JSON has them, in place of what they were.
        """
        with self._deciding(request_id, by, reason, hide=True) as (connection, request, held):
            report = _corrected(held, report_id, changes, self._files)
            self._files.reports.change(connection, report)
            self._files.seen.note(connection, report_subject(report), report.content.party)
            self._files.entries.add_source(connection, held.life.number, report, by)
            self._files.entries.uphold(connection, held.life.number, by, reason)
            self._end(connection, request, held, self._answer(Outcome.CORRECTED, by, reason))
        return self.get(request_id)

    def protect(self, request_id: str, by: str, reason: str, parts: Collection[Part] = USUAL_PARTS) -> Protection:
        """Somebody else used the name: the entry is erased, and shops are asked to confirm orders under the name.

        Args:
            parts: what of the recorded party belongs to the person.
        """
        number = self._files.records.begin()
        with self._deciding(request_id, by, reason, hide=True) as (connection, request, held):
            if not request.kind.protects:
                raise Refused(Refusal.STATE, _OTHER_KIND)
            party = protected_party(held.parties[0], parts)
            protection = self._protections.begin(connection, number, party, by)
            self._files.entries.erase(connection, held.life.number, by, reason, Ending.MISUSED)
            self._end(connection, request, held, self._answer(Outcome.PROTECTED, by, reason))
        self._protections.place()
        return protection

    def extend(self, request_id: str, by: str, reason: str) -> Request:
        """Give the dispute its one extension, because of new facts; the person is told why and until when."""
        with self._deciding(request_id, by, reason) as (connection, request, held):
            life = self._files.entries.extend(connection, held.life.number, by, reason)
            until = self._files.decided_until(life) or request.due_on
            for one in self._disputes(connection, held):
                self._files.requests.change(connection, replace(one, due_on=until))
                self._replies.extended(connection, one, until, reason)
        return self.get(request_id)

    # --- everything else --------------------------------------------------------------------------------------------

    def disclose(self, request_id: str, by: str, withhold: Withheld | None = None) -> Request:
        """Send the copy that was asked for, with who looked. Names of shops are always left out.

        Args:
            withhold: why what the shops wrote in words of their own is left out, too; None: it is not.
        """
        files = self._files
        with self._answering(request_id, by) as (connection, request):
            held = files.about(request)
            if request.kind is not RequestKind.ACCESS or held is None:
                raise Refused(Refusal.STATE, _OTHER_KIND if held is not None else _NOTHING_THERE)
            if request.proof is Proof.NONE:
                raise Refused(Refusal.STATE, _NOT_PROVEN)
            outcome = Outcome.DISCLOSED if withhold is None else Outcome.PARTLY
            withheld = tuple(dict.fromkeys([Withheld.OTHERS, *([] if withhold is None else [withhold])]))
            text = copy(held, self._looked(held), files.today, with_statements=withhold is None)
            letter = letters.disclosed(request.contact, files.sender, files.today, request.id, text, withheld)
            answer = replace(self._answer(outcome, by), withheld=withheld)
            self._replies.answer(connection, request, answer, Template.DISCLOSED, letter)
        return self.get(request_id)

    def nothing_held(self, request_id: str, by: str) -> Request:
        """There is no entry about whoever asks."""
        with self._answering(request_id, by) as (connection, request):
            if self._files.about(request) is not None:
                raise Refused(Refusal.STATE, _SOMETHING_THERE)
            self._replies.close(connection, request, self._answer(Outcome.NOTHING_HELD, by))
        return self.get(request_id)

    def not_shown(self, request_id: str, by: str) -> Request:
        """Whose request it is was not shown, and no copy is sent. A dispute is never answered so."""
        with self._answering(request_id, by) as (connection, request):
            if request.proof is not Proof.NONE or (request.kind.unserves and request.entry is not None):
                raise Refused(Refusal.STATE, _SHOWN)
            self._replies.close(connection, request, self._answer(Outcome.NOT_SHOWN, by))
        return self.get(request_id)

    # --- who asks, and about what -----------------------------------------------------------------------------------

    def attach(self, request_id: str, entry: int, by: str) -> Request:
        """Say which entry is meant by a person who had no code; it is unserved from now on, if that was asked."""
        files = self._files
        with files.entries.changing(entry) as connection:
            request = self._open(connection, request_id)
            if request.entry is not None:
                raise Refused(Refusal.STATE, _ATTACHED)
            life = files.entries.adopt(connection, entry, by)
            request = replace(request, entry=entry, code=life.code)
            if request.kind.unserves:
                request = contested(files, connection, request, life)
                files.timers.end(connection, subject_of(request), DUE)
            files.requests.change(connection, request)
            files.record(connection, request, by, "", _ATTACHING)
        files.entries.settle()
        return request

    def was_attached(self, request: Request) -> bool:
        """Whether the office said which entry is meant, and not the person by a code."""
        acts = self._files.acts.of(subject_of(request)) if request.entry is not None else []
        return any(logged.act.after == _ATTACHING for logged in acts)

    def detach(self, request_id: str, by: str, reason: str) -> Request:
        """Say that another entry is meant than the office took it for: what is contested by nobody else goes on.

        What was shown by facts or a letter was of that entry, and is forgotten. ``reason`` is kept for the office.
        """
        files, entry = self._files, self.get(request_id).entry
        if not reason.strip():
            raise Refused(Refusal.RULES, _NO_REASON_KEPT)
        with files.entries.changing(*([] if entry is None else [entry])) as connection:
            request = self._open(connection, request_id)
            if request.entry is None or request.entry != entry or not self.was_attached(request):
                raise Refused(Refusal.STATE, _NOT_ATTACHED)
            held = files.about(request)
            if held is not None:
                self._sight.check_conflict(by, held.life.members)
            free = replace(
                request,
                entry=None,
                code="",
                proof=request.proof if request.proof is Proof.SEEN else Proof.NONE,
                letter_digest=None,
                due_on=day_of(request.opened_at) + (files.due_on(request.kind) - files.today),
            )
            files.requests.change(connection, free)
            files.record(connection, free, by, reason, "detached")
            files.timers.set(connection, Timer(subject_of(free), DUE, end_of(free.due_on)))
            if held is not None and request.kind.unserves:
                self._no_dispute(connection, request, held, by, reason)
        files.entries.settle()
        return free

    def _no_dispute(self, connection: sa.Connection, request: Request, held: Held, by: str, reason: str) -> None:
        """An entry that only this request contested goes on; shops that heard of a dispute hear that it is over."""
        if held.life.state is not LifeState.CONTESTED or self._disputes(connection, held):
            return
        outbox = self._files.outbox
        told = [one for one in outbox.of(subject_of(request)) if one.template is Template.REPORTER_TOLD]
        for message in told:
            outbox.void(connection, message)
        self._files.entries.uphold(connection, held.life.number, by, reason)
        if any(message.sent_at is not None for message in told):
            self._replies.tell_reporters(connection, request, held, Outcome.UPHELD)

    def seen(self, request_id: str, by: str) -> Request:
        """Keep that the office saw who asks; of what it saw, nothing is kept."""
        with self._answering(request_id, by) as (connection, request):
            self._files.requests.change(connection, replace(request, proof=Proof.SEEN))
            self._files.record(connection, request, by, "", "seen")
        return self.get(request_id)

    def check_address(self, request_id: str, by: str) -> Request:
        """Draft a letter with a code to the recorded address: whoever types it in is the person."""
        files, secret = self._files, new_short_code()
        with self._answering(request_id, by) as (connection, request):
            held = files.about(request)
            if held is None or not held.contact.address:
                raise Refused(Refusal.STATE, _NO_ADDRESS)
            digest = code_digest(files.requests.master, secret)
            files.requests.change(connection, replace(request, letter_digest=digest, tries=0))
            files.record(connection, request, by, "", "address_check")
            to = replace(held.contact, email="", phone="")
            letter = letters.address_check(to, files.sender, files.today, request.id, secret)
            files.tell(connection, request, Template.ADDRESS_CHECK, letter)
        return self.get(request_id)

    # --- parts ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _deciding(
        self, request_id: str, by: str, reason: str, *, hide: bool = False
    ) -> Iterator[tuple[sa.Connection, Request, Held]]:
        """A transaction that decides the dispute which a request is part of; ``by`` is of none of its reporters."""
        entry = self.get(request_id).entry
        _check_reason(reason)
        with self._files.entries.changing(*([entry] if hide and entry is not None else [])) as connection:
            request = self._open(connection, request_id)
            held = self._files.about(request) if request.kind.unserves else None
            if held is None or held.life.state is not LifeState.CONTESTED:
                raise Refused(Refusal.STATE, _NO_DISPUTE)
            self._sight.check_conflict(by, held.life.members)
            yield connection, request, held
        self._files.entries.settle()

    @contextmanager
    def _answering(self, request_id: str, by: str) -> Iterator[tuple[sa.Connection, Request]]:
        """A transaction that answers a request; ``by`` is of none of the shops that it is about."""
        with writing(self._files.vault) as connection:
            request = self._open(connection, request_id)
            held = self._files.about(request)
            if held is not None:
                self._sight.check_conflict(by, held.life.members)
            yield connection, request

    def _open(self, connection: sa.Connection, request_id: str) -> Request:
        request = self._files.requests.get(connection, request_id)
        if not request.is_open:
            raise Refused(Refusal.STATE, _ANSWERED)
        return request

    def _disputes(self, connection: sa.Connection, held: Held) -> Sequence[Request]:
        found = self._files.requests.open_of(connection, held.life.number)
        return [request for request in found if request.kind.unserves]

    def _end(self, connection: sa.Connection, request: Request, held: Held, answer: Answer) -> None:
        """Answer everything that the decision answers, and tell the reporters."""
        for one in self._disputes(connection, held):
            self._replies.close(connection, one, answer, held)
        self._replies.tell_reporters(connection, request, held, answer.outcome)

    def _answer(self, outcome: Outcome, by: str, reason: str = "") -> Answer:
        return Answer(outcome, self._files.clock(), by, reason)

    def _looked(self, held: Held) -> Sequence[Looked]:
        looks = self._sight.looks_of(held.life.number)
        return [Looked(day_of(look.at), self._sight.shop_kind(look.member), look.purpose) for look in looks]


def _check_reason(reason: str) -> None:
    """Raise ``Refused`` for a reason that the person cannot be told. Our own words are free of such by a test."""
    if not reason.strip():
        raise Refused(Refusal.RULES, _NO_REASON)
    if amiss := words_amiss(reason):
        ja, en = (text.format(", ".join(amiss)) for text in _AMISS)
        raise Refused(Refusal.RULES, both(ja, en))


def _corrected(held: Held, report_id: str, changes: Mapping[str, Any], files: Files) -> Report:
    """Return the report as it is corrected; ``Refused`` where the rules would not have let it be filed so."""
    report = next((report for report in held.reports if report.id == report_id), None)
    if report is None:
        raise Refused(Refusal.NOT_FOUND, _NO_REPORT)
    content = read_content({**to_builtins(report.content), **changes})
    before, after = (faults(said, History(), files.today) for said in (report.content, content))
    known = {(fault.code, fault.field) for fault in before}
    if new := [fault for fault in after if (fault.code, fault.field) not in known]:
        raise Refused(Refusal.RULES, "\n".join(map(str, new)))
    return replace(report, content=content, changed_at=files.clock())


_AMISS = (
    "手紙に使えない言葉があります。書き換えてください: {}",
    "a letter does not say this, write it otherwise: {}",
)
_ANSWERED = both("このお申出にはもう返答済みです。", "this request was answered already")
_ATTACHED = both("このお申出は登録に結び付けられています。", "this request is about an entry already")
_ATTACHING = "attached"
_NO_ADDRESS = both(
    "登録されている住所がないため、手紙では確認できません。",
    "no address is recorded: it cannot be checked by a letter",
)
_NO_DISPUTE = both(
    "このお申出には、判断を待つ異議がありません（写しの請求か、登録が決まっていないか、すでに判断済みです）。",
    "there is no open dispute behind this request: it asks for a copy, its entry is not known yet, or was decided",
)
_NO_REASON = both("理由を書いてください。ご本人へのお返事に載ります。", "say why: the person is told so")
_NO_REASON_KEPT = both("理由を書いてください。記録に残ります。", "say why: it is kept")
_NOT_ATTACHED = both(
    "事務局が登録に結び付けたお申出ではありません。",
    "it was not the office that said which entry this request is about",
)
_NO_REPORT = both("この登録にその通報はありません。", "this entry does not rest on that report")
_NOTHING_THERE = both("登録が見つからないため、写しはありません。", "there is no entry that a copy could be of")
_NOT_PROVEN = both(
    "ご本人の確認がまだです。事実二つ、住所への手紙、または窓口での確認が必要です。",
    "who asks is not shown yet: by two facts, by a letter to the recorded address, or seen at the office",
)
_OTHER_KIND = both("このお申出は、そのような内容ではありません。", "this request asks for something else")
_SHOWN = both(
    "ご本人の確認ができている、または異議のお申出です。別の方法でお返事してください。",
    "who asks is shown, or it is a dispute: answer it otherwise",
)
_SOMETHING_THERE = both("このお申出には登録があります。", "there is an entry behind this request")
