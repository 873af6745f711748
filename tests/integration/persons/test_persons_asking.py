"""What a listed person can do alone: look, ask, show who they are, hear how it stands."""

from datetime import date, timedelta

import pytest

from shopguard.model import Category, Effect, Entry, Party
from shopguard.registry.disputes.codes import new_code
from shopguard.registry.disputes.identity import MOST_TRIES
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.model import NOWHERE, Contact, Fact, Proof, RequestKind, RequestState
from shopguard.registry.disputes.outbox import member_addressee
from shopguard.registry.entries.model import LifeState
from shopguard.registry.log import LeafKind
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.subjects import Subject, SubjectKind
from tests.integration.persons.conftest import FACTS, MAIL, OFFICE, PARTY, Centre

UNSERVING = [kind for kind in RequestKind if kind is not RequestKind.ACCESS]
unserving = pytest.mark.parametrize("kind", UNSERVING)


def facts(**told: str) -> dict[Fact, str]:
    return {Fact(name): text for name, text in told.items()}


def test_a_code_tells_what_is_recorded_and_not_about_whom(centre: Centre) -> None:
    life = centre.active()
    told = centre.persons.desk.what_is_recorded(life.code)
    assert (told.state, told.category, told.served) == (LifeState.ACTIVE, Category.UNPAID, True)
    assert (told.reports, told.first, told.last) == (1, "2026-08", "2026-08")
    assert told.gone_on == life.expires_on
    for personal in (*PARTY.lines, *PARTY.phones, *PARTY.emails, "渡邊", "1042", "12,800", "12800", "flower-shop"):
        assert personal not in str(told)


def test_the_amount_is_told_in_a_band(centre: Centre) -> None:
    life = centre.active()
    assert "10,000 to 30,000 yen" in centre.persons.desk.what_is_recorded(life.code).amount


def test_a_code_is_read_however_it_is_written(centre: Centre) -> None:
    life = centre.pending()
    written = life.code.lower().replace("-", " ").replace("0", "o")
    assert centre.persons.desk.what_is_recorded(written).state is LifeState.PENDING


@pytest.mark.parametrize("code", ["", "x", "0000-0000-0000-0001", "渡邊", "A" * 10_000])
def test_what_is_no_code_leads_to_nothing(centre: Centre, code: str) -> None:
    centre.pending()
    with pytest.raises(Refused) as refused:
        centre.persons.desk.what_is_recorded(code)
    assert refused.value.code is Refusal.NOT_FOUND


def test_an_unknown_code_is_refused_like_a_mistyped_one(centre: Centre) -> None:
    life = centre.pending()
    mistyped = life.code[:-1] + ("0" if life.code[-1] != "0" else "1")
    answers = set()
    for code in (mistyped, new_code()):
        with pytest.raises(Refused) as refused:
            centre.persons.desk.what_is_recorded(code)
        answers.add((refused.value.code, str(refused.value)))
    assert len(answers) == 1


def test_a_notice_that_was_sent_says_until_when_nothing_is_served(centre: Centre) -> None:
    life = centre.pending()
    centre.persons.following.follow()
    centre.post(Template.NOTICE)
    told = centre.persons.desk.what_is_recorded(life.code)
    assert (told.answer_until, told.served) == (centre.today + timedelta(days=14), False)


def test_the_code_of_an_erased_entry_tells_that_it_is_gone(centre: Centre) -> None:
    life = centre.active()
    centre.home.cases.suspend(life.number, OFFICE, "look again")
    centre.pass_days(32)
    told = centre.persons.desk.what_is_recorded(life.code)
    assert (told.state, told.may_ask, told.reports) == (LifeState.ERASED, (), 0)
    with pytest.raises(Refused) as refused:
        centre.ask(RequestKind.CONTEST, life)
    assert refused.value.code is Refusal.STATE


@unserving
def test_asking_unserves_at_once(centre: Centre, kind: RequestKind) -> None:
    life = centre.active()
    assert centre.met() == {Effect.FLAG}
    opened = centre.ask(kind, life)
    assert centre.met() == set()
    assert not opened.served
    assert centre.home.entries.get(life.number).state is LifeState.CONTESTED


def test_a_copy_unserves_nothing(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.ACCESS, life)
    assert opened.served
    assert centre.met() == {Effect.FLAG}
    assert centre.request(opened).due_on == centre.today + timedelta(days=14)


def test_a_dispute_is_due_when_its_own_clock_says(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.CONTEST, life)
    assert opened.due_on == centre.today + timedelta(days=30)
    centre.pass_days(10)
    later = centre.ask(RequestKind.ERASE, life)
    assert later.due_on == opened.due_on


def test_the_same_is_not_asked_twice_at_a_time(centre: Centre) -> None:
    life = centre.active()
    first = centre.ask(RequestKind.CONTEST, life)
    with pytest.raises(Refused) as refused:
        centre.ask(RequestKind.CONTEST, life)
    assert refused.value.code is Refusal.STATE
    assert first.request in str(refused.value)
    assert centre.met() == set()


def test_a_second_kind_is_a_request_of_its_own(centre: Centre) -> None:
    life = centre.active()
    assert centre.ask(RequestKind.CONTEST, life).request != centre.ask(RequestKind.ACCESS, life).request


def test_the_person_gets_a_confirmation_with_its_code_and_day(centre: Centre) -> None:
    opened = centre.ask(RequestKind.CONTEST, centre.active())
    text = centre.text(Template.RECEIVED)
    assert opened.request in text
    assert opened.receipt in text
    assert "2026年12月17日" in text
    assert "December 17, 2026" in text


def test_each_reporter_is_told_of_its_own_reports(centre: Centre) -> None:
    life = centre.active("flower-shop", "tea-shop")
    centre.ask(RequestKind.CONTEST, life)
    reports = {source.member: source.report for source in life.sources}
    for member in ("flower-shop", "tea-shop"):
        (message,) = centre.letters(Template.REPORTER_TOLD, member_addressee(member))
        assert message.letter is not None
        ids = {one.member: one.id for one in centre.home.reports.store.of_numbers(list(reports.values())).values()}
        assert ids[member] in message.letter.text
        assert not any(other in message.letter.text for name, other in ids.items() if name != member)


def test_an_answer_goes_to_the_recorded_address_where_no_other_is_given(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.CONTEST, life, NOWHERE)
    contact = centre.request(opened).contact
    assert (contact.name, contact.address) == ("渡邊 太郎", "105-0011 港区 芝公園4-2-8 東京ハイツ101")


def test_who_has_no_code_says_where_the_answer_goes(centre: Centre) -> None:
    with pytest.raises(Refused) as refused:
        centre.ask(RequestKind.ACCESS, None, Contact(name="渡邊太郎", phone="090-0000-1111"))
    assert refused.value.code is Refusal.UNREADABLE


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("x" * 4_001, MAIL),
        ("", Contact(email="x" * 501)),
        ("a\x00b", MAIL),
        ("", Contact(email="a\x1b[2Jb@example.jp")),
        ("", Contact(email="a@example.jp\r\nBcc: b@example.jp")),
        ("", Contact(name="見本 太郎\n\nWe know what you did.", email="b@example.jp")),
        ("", Contact(name="You there, " * 10, email="b@example.jp")),
    ],
    ids=["text", "contact", "nul", "escape", "header", "letter in a name", "long name"],
)
def test_unfit_text_is_refused_and_nothing_is_half_done(centre: Centre, text: str, contact: Contact) -> None:
    life = centre.active()
    with pytest.raises(Refused) as refused:
        centre.ask(RequestKind.CONTEST, life, contact, text)
    assert refused.value.code is Refusal.UNREADABLE
    assert centre.met() == {Effect.FLAG}
    assert list(centre.persons.files.requests.in_state(RequestState.OPEN)) == []


def test_markup_stays_text(centre: Centre) -> None:
    script = "<script>alert(1)</script> 払いました"
    opened = centre.ask(RequestKind.CONTEST, centre.active(), text=script)
    assert centre.request(opened).text == script


def test_a_receipt_tells_how_it_stands(centre: Centre) -> None:
    opened = centre.ask(RequestKind.ACCESS, centre.active())
    status = centre.persons.desk.status(opened.receipt.lower())
    assert (status.request, status.state, status.outcome) == (opened.request, RequestState.OPEN, None)
    assert set(status.proofs) == set(Fact)


def test_a_code_is_no_receipt(centre: Centre) -> None:
    life = centre.active()
    centre.ask(RequestKind.ACCESS, life)
    with pytest.raises(Refused) as refused:
        centre.persons.desk.status(life.code)
    assert refused.value.code is Refusal.NOT_FOUND


@pytest.mark.parametrize(
    "told",
    [
        facts(**FACTS),
        facts(order_number="＃１０４２", phone_end="1111"),
        facts(amount="¥12,800", email="TARO@example.jp"),
        facts(phone_end="09000001111", amount="12800.00", email="wrong@example.jp"),
    ],
)
def test_two_facts_show_who_asks(centre: Centre, told: dict[Fact, str]) -> None:
    opened = centre.ask(RequestKind.ACCESS, centre.active())
    assert centre.persons.desk.prove(opened.receipt, told).proven


@pytest.mark.parametrize(
    "told",
    [
        {},
        facts(order_number="1042"),
        facts(order_number="1042", amount="12801"),
        facts(order_number="", amount="", phone_end="", email=""),
        facts(phone_end="111", email="taro"),
        facts(amount="NaN", phone_end="2222"),
        facts(amount="1e9999999", phone_end="2222"),
    ],
)
def test_less_does_not(centre: Centre, told: dict[Fact, str]) -> None:
    opened = centre.ask(RequestKind.ACCESS, centre.active())
    assert not centre.persons.desk.prove(opened.receipt, told).proven


def test_guessing_facts_ends_soon(centre: Centre) -> None:
    opened = centre.ask(RequestKind.ACCESS, centre.active())
    for _ in range(MOST_TRIES):
        assert not centre.persons.desk.prove(opened.receipt, facts(phone_end="0000", amount="1")).proven
    with pytest.raises(Refused) as refused:
        centre.persons.desk.prove(opened.receipt, facts(**FACTS))
    assert refused.value.code is Refusal.FORBIDDEN
    assert centre.request(opened).proof is Proof.NONE


def test_the_code_of_a_letter_to_the_recorded_address_shows_who_asks(centre: Centre) -> None:
    opened = centre.ask(RequestKind.ACCESS, centre.active())
    centre.persons.answers.check_address(opened.request, OFFICE)
    (message,) = centre.letters(Template.ADDRESS_CHECK)
    assert message.letter is not None
    assert (message.letter.to.address, message.letter.to.email) == ("105-0011 港区 芝公園4-2-8 東京ハイツ101", "")
    secret = next(line.split(": ")[1] for line in message.letter.text.splitlines() if "本人確認の番号" in line)
    assert not centre.persons.desk.prove(opened.receipt, letter_code=new_code()).proven
    assert centre.persons.desk.prove(opened.receipt, letter_code=secret.lower()).proven
    assert centre.request(opened).proof is Proof.LETTER


def test_what_was_asked_is_committed_to_in_the_log(centre: Centre) -> None:
    opened = centre.ask(RequestKind.CONTEST, centre.active())
    centre.home.acts.settle()
    (act,) = centre.home.acts.of(Subject.of(SubjectKind.REQUEST, centre.request(opened).number))
    assert (act.act.kind, act.act.by, act.act.after) == (LeafKind.REQUEST_RECEIVED, "person", "contest")
    assert act.leaf is not None


def test_a_person_without_a_code_is_heard_once_the_office_has_found_the_entry(centre: Centre) -> None:
    entry = Entry("OLD-1", Category.UNPAID, PARTY, 2, date(2025, 3, 1), date(2026, 8, 14))
    number = centre.load(entry)
    assert centre.met() == {Effect.HOLD}
    opened = centre.ask(RequestKind.CONTEST)
    assert centre.met() == {Effect.HOLD}
    request = centre.persons.answers.attach(opened.request, number, OFFICE)
    assert centre.met() == set()
    assert (request.entry, centre.home.entries.get(number).state) == (number, LifeState.CONTESTED)
    with pytest.raises(Refused):
        centre.persons.answers.attach(opened.request, number, OFFICE)


def test_a_loaded_entry_has_nobody_to_tell(centre: Centre) -> None:
    entry = Entry("OLD-1", Category.UNPAID, PARTY, 2, date(2025, 3, 1), date(2026, 8, 14))
    opened = centre.ask(RequestKind.STOP)
    centre.persons.answers.attach(opened.request, centre.load(entry), OFFICE)
    assert centre.letters(Template.REPORTER_TOLD) == []
    assert "entry_tell_reporter" not in {timer.what for timer in centre.home.timers.upcoming(4e9)}


def test_a_party_without_facts_leaves_only_the_letter(centre: Centre) -> None:
    party = Party(name="見本 花子", postal_code="105-0011", city="港区", lines=("芝公園4-2-9",))
    entry = Entry("OLD-2", Category.UNPAID, party, 2, date(2025, 3, 1), date(2026, 8, 14))
    opened = centre.ask(RequestKind.ACCESS)
    centre.persons.answers.attach(opened.request, centre.load(entry), OFFICE)
    assert centre.persons.desk.status(opened.receipt).proofs == ()


def test_the_stores_hold_nothing_of_a_person_in_clear(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.MISUSE, life, text="somebody used my name")
    centre.persons.answers.check_address(opened.request, OFFICE)
    centre.persons.answers.protect(opened.request, OFFICE, "the parcel went elsewhere")
    centre.sweep()
    stored = b"".join(path.read_bytes() for path in centre.home.data_dir.glob("registry-*.db*"))
    assert opened.request.encode() in stored, "the files that are looked into are the right ones"
    personal = (*PARTY.phones, *PARTY.emails, *PARTY.lines, PARTY.name or "", MAIL.email, MAIL.name)
    for text in (*personal, "somebody used my name", "went elsewhere", life.code, opened.receipt):
        for written in (text, text.replace("-", "")):
            assert written.encode() not in stored


def test_a_request_is_put_into_words_that_say_nothing(centre: Centre) -> None:
    opened = centre.ask(RequestKind.CONTEST, centre.active(), text="I paid")
    shown = repr(centre.request(opened)) + repr(centre.persons.files.outbox.waiting())
    for text in ("I paid", MAIL.email, MAIL.name, opened.receipt):
        assert text not in shown
