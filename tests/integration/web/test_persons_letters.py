"""Whether a letter is ours: by what stands on it, and by its date."""

from datetime import timedelta

from shopguard.registry.calendar import day_of
from shopguard.registry.disputes.codes import new_code, new_short_code
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.model import Request
from shopguard.registry.disputes.outbox import PERSON, Message
from shopguard.registry.disputes.store import new_request_id
from shopguard.registry.entries.model import Life
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.engine import reading, writing

from ..persons.conftest import Centre, centre
from .persons_visitor import Visitor, visitor

__all__ = ["centre", "visitor"]


def request_of(centre: Centre, receipt: str) -> Request:
    """The request that was answered with this code."""
    with reading(centre.home.engine("vault")) as connection:
        return centre.persons.files.requests.by_receipt(connection, receipt)


def notice_of(centre: Centre, life: Life) -> Message:
    """The letter that told the person of an entry."""
    letters = centre.persons.files.outbox.of(Subject.of(SubjectKind.ENTRY, life.number))
    return next(one for one in letters if one.template is Template.NOTICE)


def test_a_letter_of_ours_is_known_by_whatever_stands_on_it(centre: Centre, visitor: Visitor) -> None:
    life = centre.active()
    receipt = visitor.ask(code=life.code, kind="access")
    request = request_of(centre, receipt)
    for mark in (life.code, receipt, request.id, request.id.lower().replace("-", " ")):
        answer = visitor.send("letter", code=mark)
        assert (answer.status_code, "We know this code" in answer.text) == (200, True), mark
    for mark in (new_code(), new_request_id()):
        unknown = visitor.send("letter", code=mark)
        assert (unknown.status_code, "We do not know this code" in unknown.text) == (404, True), mark


def test_under_a_code_that_was_copied_a_letter_of_another_day_is_not_ours(centre: Centre, visitor: Visitor) -> None:
    life = centre.active()  # its person was told 15 days before
    notice = notice_of(centre, life)
    written = day_of(notice.drafted_at)
    for dated in (written.isoformat(), f"{written.year}年{written.month}月{written.day}日"):
        assert "we wrote a letter with this date" in visitor.send("letter", code=life.code, date=dated).text
    other = visitor.send("letter", code=life.code, date=(written + timedelta(days=1)).isoformat())
    assert other.status_code == 200
    assert "we wrote no letter with this date" in other.text
    assert "do not pay" in other.text


def test_the_letter_of_a_decision_is_known_when_its_entry_is_erased(centre: Centre, visitor: Visitor) -> None:
    request = request_of(centre, visitor.ask(code=centre.active().code, kind="erase", email="taro@example.jp"))
    centre.pass_days(3)
    centre.persons.answers.overturn(request.id, "aoki", "paid")
    centre.pass_days(5, step=1)
    decided = centre.today - timedelta(days=5)
    for on, said in ((decided, "we wrote a letter"), (decided - timedelta(days=1), "we wrote no letter")):
        page = visitor.send("letter", code=request.id, date=on.isoformat()).text
        assert f"{said} with this date" in page


def test_what_was_never_sent_is_no_letter(centre: Centre, visitor: Visitor) -> None:
    life = centre.active()
    outbox = centre.home.persons.files.outbox
    subject = Subject.of(SubjectKind.ENTRY, life.number)
    letter = notice_of(centre, life).letter
    assert letter is not None
    with writing(centre.home.engine("vault")) as connection:
        outbox.draft(connection, subject, PERSON, Template.NOTICE, letter, centre.now.timestamp())
    with writing(centre.home.engine("vault")) as connection:
        outbox.void(connection, outbox.of(subject)[-1])
    assert "we wrote no letter" in visitor.send("letter", code=life.code, date=centre.today.isoformat()).text


def test_a_date_that_is_none_is_asked_for_again_and_the_code_stays(centre: Centre, visitor: Visitor) -> None:
    code = centre.active().code
    answer = visitor.send("letter", code=code, date="yesterday")
    assert answer.status_code == 400
    assert 'id="date-error"' in answer.text
    assert f'value="{code}"' in answer.text
    assert 'value="yesterday"' in answer.text


def test_the_code_that_shows_who_asks_is_told_from_the_number_of_the_letter(visitor: Visitor) -> None:
    answer = visitor.send("letter", code=new_short_code())
    assert "begins with Q-" in answer.text
    assert "We do not know this code" not in answer.text
