"""Looks that are odd raise an alarm, ordinary ones do not; an alarm waits until the office has answered it."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from shopguard.model import Party
from shopguard.registry.client import NoAnswer
from shopguard.registry.refusals import Refused
from shopguard.registry.search.rules import AlarmCode
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.engine import writing
from tests.integration.search.conftest import ENTRY, NOBODY, Town


def watch(town: Town) -> set[tuple[AlarmCode, str]]:
    """What is raised now: its code, and the member."""
    town.home.looks.settle()
    return {(alarm.code, alarm.member) for alarm in town.home.monitoring.watch()}


def person(number: int) -> Party:
    """Somebody who is not listed."""
    return Party(name=f"見本 {'一二三四五六七八九十'[number % 10]}郎", phones=(f"090-0000-{3000 + number}",))


def list_many(town: Town, count: int) -> Sequence[Party]:
    parties = [Party(phones=(f"090-0000-{4000 + n}",), emails=(f"p{n}@example.jp",)) for n in range(count)]
    town.load(*(replace(ENTRY, id=f"P-{n}", party=party) for n, party in enumerate(parties)))
    return parties


def burst_of_orders(town: Town) -> None:
    for _ in range(61):
        town.order("shop-1", NOBODY)


def burst_of_searches(town: Town) -> None:
    for number in range(10):
        town.search("shop-1", person(number), case=f"注文{number}")


def more_than_it_sells(town: Town) -> None:
    for _ in range(4):
        for _ in range(40):
            town.order("shop-1", NOBODY)
        town.pass_time(hours=1)


def the_same_person_searched(town: Town) -> None:
    for _ in range(3):
        town.search("shop-1", NOBODY)
        town.pass_time(days=1)


def the_same_person_ordered(town: Town) -> None:
    for _ in range(6):
        town.order("shop-1")
        town.pass_time(days=1)


def somebody_elses_staff(town: Town) -> None:
    employ(town, "shop-2", NOBODY)
    town.search("shop-1", NOBODY)


def own_staff_by_orders(town: Town) -> None:
    employ(town, "shop-1", NOBODY)
    for _ in range(3):
        town.order("shop-1", NOBODY)


def at_night(town: Town) -> None:
    town.pass_time(hours=16)  # 02:15 in Japan
    for number in range(3):
        town.search("shop-1", person(number), case=f"注文{number}")


def without_orders(town: Town) -> None:
    for number, party in enumerate(list_many(town, 3)):
        town.search("shop-1", party, case=f"注文{number}")
    town.pass_time(days=8)


def everybody_at_once(town: Town) -> None:
    for number in range(3, 7):
        town.enrol(f"shop-{number}")
        town.search(f"shop-{number}")


def employ(town: Town, member: str, party: Party) -> None:
    with writing(town.home.engine("vault")) as connection:
        town.home.seen.note(connection, Subject.of(SubjectKind.MEMBER, member), party)


ODD: Sequence[tuple[AlarmCode, str, Callable[[Town], None]]] = [
    (AlarmCode.BURST, "shop-1", burst_of_orders),
    (AlarmCode.BURST, "shop-1", burst_of_searches),
    (AlarmCode.MORE_THAN_ORDERS, "shop-1", more_than_it_sells),
    (AlarmCode.AGAIN, "shop-1", the_same_person_searched),
    (AlarmCode.AGAIN, "shop-1", the_same_person_ordered),
    (AlarmCode.STAFF, "shop-1", somebody_elses_staff),
    (AlarmCode.STAFF, "shop-1", own_staff_by_orders),
    (AlarmCode.NIGHT, "shop-1", at_night),
    (AlarmCode.NO_ORDER, "shop-1", without_orders),
    (AlarmCode.MANY_MEMBERS, "", everybody_at_once),
]


@pytest.mark.parametrize(("code", "member", "happens"), ODD, ids=[happens.__name__ for _, _, happens in ODD])
def test_what_is_odd_raises_its_alarm_and_no_other(
    either_town: Town, code: AlarmCode, member: str, happens: Callable[[Town], None]
) -> None:
    happens(either_town)
    assert watch(either_town) == {(code, member)}


def test_an_ordinary_month_raises_nothing(town: Town) -> None:
    listed = list_many(town, 4)
    for day in range(28):
        town.pass_time(days=1)
        for _ in range(5):
            town.order("shop-1", NOBODY)
        if day % 7 == 0:
            town.order("shop-1", listed[day // 7])
            town.search("shop-1", listed[day // 7], case=f"注文{day}")
    assert watch(town) == set()


def test_searches_of_persons_who_ordered_are_not_odd(town: Town) -> None:
    for number, party in enumerate(list_many(town, 4)):
        town.search("shop-1", party, case=f"注文{number}")
        town.pass_time(days=1)
        town.order("shop-1", party)
    town.pass_time(days=8)
    assert watch(town) == set()


def test_searches_before_reports_are_not_odd(town: Town) -> None:
    without_orders(town)
    with town.home.engine("vault").begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO report (number, id, member, state, category, order_digest, filed_at, changed_at, sealed)"
                " VALUES (9001, 'R-1', 'shop-1', 'submitted', 'unpaid', :blob, :at, :at, :blob)"
            ),
            {"blob": b"-", "at": town.now.timestamp()},
        )
    assert watch(town) == set()


def test_a_batch_that_is_asked_again_counts_once(town: Town) -> None:
    asked = os.urandom(16)
    for _ in range(8):
        town.order("shop-1", asked=asked)
    assert watch(town) == set()


def test_a_member_without_a_limit_is_never_odd_by_number(town: Town) -> None:
    town.enrol("own", daily_orders=None)
    for _ in range(70):
        town.order("own", NOBODY)
    assert watch(town) == set()


def test_an_alarm_is_raised_once_and_logged_without_a_person(town: Town) -> None:
    somebody_elses_staff(town)
    with capture_logs() as logs:
        town.home.monitoring.watch()
        town.home.monitoring.watch()
    (said,) = [entry for entry in logs if entry["event"] == "registry_alarm"]
    assert set(said) == {"event", "log_level", "code", "member", "times"}


def test_an_answered_alarm_comes_again_only_if_it_goes_on(either_town: Town) -> None:
    monitoring = either_town.home.monitoring
    somebody_elses_staff(either_town)
    either_town.pass_time(minutes=1)
    monitoring.watch()
    (raised,) = monitoring.open()
    monitoring.answer(raised.number, "office-1", "採用担当者が誤って検索した")
    assert monitoring.watch() == []
    assert monitoring.open() == []
    either_town.pass_time(days=1)
    either_town.search("shop-1", NOBODY, case="別の件")
    (again,) = monitoring.watch()
    assert (again.code, again.times) == (AlarmCode.STAFF, 2)
    assert [one.answered_by for one in monitoring.all()] == [None]


def test_the_answer_is_an_act_on_the_member_with_its_reason(town: Town) -> None:
    somebody_elses_staff(town)
    town.home.monitoring.watch()
    (raised,) = town.home.monitoring.open()
    town.home.monitoring.answer(raised.number, "office-1", "採用担当者が誤って検索した")
    (act,) = town.home.acts.of(Subject.of(SubjectKind.MEMBER, "shop-1"))
    assert (act.act.by, act.act.reason) == ("office-1", "採用担当者が誤って検索した")
    with pytest.raises(Refused):
        town.home.monitoring.answer(raised.number, "office-2", "")


def test_what_members_ask_and_report_is_measured(town: Town) -> None:
    town.order("shop-1")
    town.order("shop-1", NOBODY)
    town.search("shop-1")
    town.home.looks.settle()
    (used,) = [one for one in town.home.monitoring.use() if one.member == "shop-1"]
    assert (used.orders, used.searches, used.told, used.reports) == (2, 1, 2, 0)


def test_a_rogue_search_by_fake_orders_is_noticed_the_same_day(town: Town) -> None:
    """Without a case to state, somebody looks the numbers of a street up as if they were orders."""
    with pytest.raises(NoAnswer):  # slowed down by its budget
        for number in range(1_001, 2_000):
            town.order("shop-1", Party(phones=(f"090-1000-{number:04}",)))
    assert (AlarmCode.BURST, "shop-1") in watch(town)
