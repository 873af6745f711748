"""A further report of an entry that is served: the person is told of it by a letter of its own before it counts."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace as altered

from shopguard.model import Category, Effect, Entry, Party
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.model import RequestKind
from shopguard.registry.disputes.outbox import MessageState, Way
from shopguard.registry.entries.model import Life, LifeState, NoticeState, Source
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.model import Report, ReportState
from tests.integration.persons.conftest import OFFICE, PARTY, Centre

PHONE_ONLY = Party(name="渡邊 太郎", phones=("090-0000-1111",))
REFUSED = {"category": Category.COD_REFUSED, "due_on": None, "refused_on": date(2026, 11, 1)}
FURTHER = Template.FURTHER_NOTICE


def added(centre: Centre, number: int, member: str = "tea-shop", party: Party = PARTY, **changes: object) -> Report:
    """A further report that the office accepts into an entry."""
    filed, entries = centre.file(member, party, **changes), centre.home.entries
    report = altered(filed, state=ReportState.CHECKED, entry=number, checked_by=(OFFICE,))
    with entries.changing(number) as connection:
        centre.home.reports.store.change(connection, report)
        entries.add_source(connection, number, report, OFFICE)
    entries.settle()
    centre.sweep()
    return report


def withdrawn(centre: Centre, report: Report) -> None:
    assert report.entry is not None
    with centre.home.entries.changing(report.entry) as connection:
        centre.home.entries.withdrawn(connection, report.number, "member:tea-shop", "a mistake")
    centre.home.entries.settle()


def source(centre: Centre, life: Life, report: Report) -> Source:
    (found,) = [one for one in centre.home.entries.get(life.number).sources if one.report == report.number]
    return found


def days_of(text: str) -> str:
    return text.split("ご回答の期限: ")[1].split("\n")[0]


def test_a_letter_tells_of_the_further_report_and_until_when_to_answer(centre: Centre) -> None:
    life = centre.active()
    added(centre, life.number, **REFUSED)
    text, until = centre.text(FURTHER), centre.today + timedelta(days=14)
    assert life.code in text
    assert f"ご回答の期限: {until.year}年{until.month}月{until.day}日" in text
    assert "代金引換でお受け取りにならなかったご注文" in text
    assert "お支払いが確認できていないご注文" not in text, "of that the person was told already"
    assert "tea-shop" not in text


def test_the_entry_is_served_as_before_until_the_letter_was_sent_and_fourteen_days_passed(centre: Centre) -> None:
    life = centre.active()
    added(centre, life.number)
    centre.pass_days(5)
    centre.post(FURTHER)
    assert centre.met() == {Effect.FLAG}, "also while nobody sweeps"
    centre.pass_days(14)
    assert centre.met() == {Effect.FLAG}
    centre.pass_days(1)
    assert centre.met() == {Effect.HOLD}


def test_a_letter_that_waits_tells_of_no_more_and_the_next_report_has_its_own(centre: Centre) -> None:
    life = centre.active()
    second = added(centre, life.number)
    centre.pass_days(2)
    third = added(centre, life.number, "book-shop")
    one, other = centre.letters(FURTHER)
    assert (one.reports, other.reports) == ((second.number,), (third.number,))
    centre.persons.mailroom.sent(one.number, OFFICE, Way.POST, "RR 1")
    assert source(centre, life, second).notice.state is NoticeState.SENT
    assert source(centre, life, third).notice.state is NoticeState.DUE


def test_reports_that_come_together_are_told_of_in_one_letter(centre: Centre) -> None:
    life, numbers = centre.active(), list[int]()
    for shop in ("tea-shop", "book-shop"):
        filed = altered(centre.file(shop), state=ReportState.CHECKED, entry=life.number, checked_by=(OFFICE,))
        with centre.home.entries.changing(life.number) as connection:
            centre.home.reports.store.change(connection, filed)
            centre.home.entries.add_source(connection, life.number, filed, OFFICE)
        numbers.append(filed.number)
    centre.sweep()
    (letter,) = centre.letters(FURTHER)
    assert letter.reports == tuple(sorted(numbers))


def test_a_letter_that_waits_says_the_day_it_is_sent(centre: Centre) -> None:
    life = centre.active()
    added(centre, life.number)
    first = days_of(centre.text(FURTHER))
    centre.pass_days(3)
    assert days_of(centre.text(FURTHER)) != first


def test_of_a_report_that_was_withdrawn_nobody_is_told(centre: Centre) -> None:
    life = centre.active()
    report = added(centre, life.number)
    (letter,) = centre.letters(FURTHER)
    withdrawn(centre, report)
    with pytest.raises(Refused) as refused:
        centre.persons.mailroom.sent(letter.number, OFFICE, Way.POST, "RR 1")
    assert refused.value.code is Refusal.STATE
    centre.sweep()
    assert centre.letters(FURTHER) == []
    assert centre.met() == {Effect.FLAG}


def test_who_is_known_by_phone_alone_is_told_where_another_shop_says_they_live(centre: Centre) -> None:
    life = centre.active()
    added(centre, life.number, party=PHONE_ONLY)
    (letter,) = centre.letters(FURTHER)
    assert letter.letter is not None
    assert letter.letter.to.address


def test_who_moved_is_told_where_the_further_shop_says_they_live(centre: Centre) -> None:
    life = centre.active()
    added(centre, life.number, party=Party(name="渡邊 太郎", city="渋谷区", lines=("神宮前1-1-1",)))
    (letter,) = centre.letters(FURTHER)
    assert letter.letter is not None
    assert "神宮前" in letter.letter.to.address


def test_where_no_address_is_known_it_flags_after_fourteen_days_and_says_why(centre: Centre) -> None:
    number = centre.load(
        Entry("E-1", Category.UNPAID, PHONE_ONLY, 1, date(2026, 8, 1), date(2026, 8, 1), effect=Effect.NOTE)
    )
    report = added(centre, number, party=PHONE_ONLY)
    assert centre.letters(FURTHER) == []
    kept = source(centre, centre.home.entries.get(number), report).notice
    assert (kept.state, kept.shown) == (NoticeState.IMPOSSIBLE, "no address is recorded")
    assert centre.met(PHONE_ONLY) == {Effect.NOTE}
    centre.pass_days(15)
    assert centre.met(PHONE_ONLY) == {Effect.FLAG}


def test_a_letter_that_comes_back_lets_its_report_flag_at_most(centre: Centre) -> None:
    life = centre.active()
    report = added(centre, life.number)
    sent = centre.post(FURTHER)
    centre.pass_days(15)
    assert centre.met() == {Effect.HOLD}
    done = centre.persons.mailroom.undeliverable(sent.number, OFFICE, "addressee unknown")
    assert done.state is MessageState.UNDELIVERABLE
    assert centre.met() == {Effect.FLAG}
    assert source(centre, life, report).notice.state is NoticeState.IMPOSSIBLE


def test_the_person_of_a_loaded_entry_is_told_of_a_further_report(centre: Centre) -> None:
    number = centre.load(
        Entry("E-1", Category.UNPAID, PARTY, 1, date(2026, 8, 1), date(2026, 8, 1), effect=Effect.FLAG)
    )
    added(centre, number)
    assert centre.home.entries.get(number).code in centre.text(FURTHER)
    assert centre.letters(Template.NOTICE) == []


def test_of_a_suspended_entry_nobody_is_told_before_the_office_has_looked_again(centre: Centre) -> None:
    life = centre.active()
    with centre.home.entries.changing(life.number) as connection:
        centre.home.entries.suspend(connection, life.number, OFFICE, "a doubt")
    added(centre, life.number)
    assert centre.letters(FURTHER) == []
    with centre.home.entries.changing(life.number) as connection:
        centre.home.entries.resume(connection, life.number, OFFICE, "no doubt")
    centre.sweep()
    assert len(centre.letters(FURTHER)) == 1


def test_objecting_in_that_time_unserves_the_whole_entry(centre: Centre) -> None:
    life = centre.active()
    added(centre, life.number)
    centre.post(FURTHER)
    centre.ask(RequestKind.CONTEST, life)
    assert centre.met() == set()
    assert centre.home.entries.get(life.number).state is LifeState.CONTESTED


def test_whoever_has_the_code_is_told_until_when_to_answer(centre: Centre) -> None:
    life = centre.active()
    added(centre, life.number)
    assert centre.persons.desk.what_is_recorded(life.code).answer_until is None
    centre.post(FURTHER)
    told = centre.persons.desk.what_is_recorded(life.code)
    assert (told.served, told.reports, told.answer_until) == (True, 2, centre.today + timedelta(days=14))
    centre.pass_days(15)
    assert centre.persons.desk.what_is_recorded(life.code).answer_until is None


def test_a_copy_says_when_the_person_was_told_and_since_when_shops_are(centre: Centre) -> None:
    life = centre.active()
    added(centre, life.number)
    told_on = centre.today
    centre.post(FURTHER)
    centre.pass_days(15)
    opened = centre.proven(RequestKind.ACCESS, life)
    centre.persons.answers.disclose(opened.request, OFFICE)
    text = centre.text(Template.DISCLOSED)
    assert f"You were told on: {told_on.isoformat()}" in text
    assert f"Told to shops since: {(told_on + timedelta(days=15)).isoformat()}" in text


def test_a_letter_is_about_every_report_though_a_merger_brought_it(centre: Centre) -> None:
    into = centre.active()
    other = centre.pending("tea-shop", party=Party(name="渡邊 太郎", city="渋谷区", lines=("神宮前1-1-1",)))
    centre.sweep()
    with centre.home.entries.changing(into.number, other.number) as connection:
        centre.home.entries.merge(connection, into.number, other.number, OFFICE, "one person")
    centre.home.entries.settle()
    centre.sweep()
    assert centre.letters(Template.NOTICE) == []
    (letter,) = centre.letters(FURTHER)
    assert letter.reports == tuple(one.report for one in other.sources)


def test_where_an_address_becomes_known_the_person_is_told_of_what_they_could_not_be_told_of_before(
    centre: Centre,
) -> None:
    life = centre.pending(party=PHONE_ONLY)
    centre.sweep()
    centre.pass_days(15)
    assert centre.met(PHONE_ONLY) == {Effect.FLAG}
    report = added(centre, life.number)
    (letter,) = centre.letters(FURTHER)
    assert letter.reports == (life.sources[0].report, report.number)
    centre.post(FURTHER)
    centre.pass_days(15)
    assert centre.met() == {Effect.HOLD}


def test_a_letter_that_waits_says_what_is_so_when_another_was_sent(centre: Centre) -> None:
    life = centre.pending()
    centre.sweep()
    (first,) = centre.letters(Template.NOTICE)
    added(centre, life.number)
    assert [len(centre.letters(one)) for one in (Template.NOTICE, FURTHER)] == [2, 0]
    centre.persons.mailroom.sent(first.number, OFFICE, Way.POST, "RR 1")
    centre.sweep()
    assert [len(centre.letters(one)) for one in (Template.NOTICE, FURTHER)] == [0, 1]
