"""The shop's own list: whom it finds, and that nothing of it is lost or left behind."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from shopguard.guard.own_batches import PIECE, Batch, Row
from shopguard.guard.own_list import Bringing, OwnList
from shopguard.guard.own_people import OwnKind, OwnPerson, Standing
from shopguard.identity import identify
from shopguard.model import Party, PrivacyKind, PrivacyRequest
from shopguard.storage.tables import audit, own_entry, own_token

from .own_people import ALLOWED, HANAKO, SHOP, WATCHED, order_of


def held_rows(house) -> tuple[int, int]:
    with house.engine.connect() as connection:
        return tuple(
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (own_entry, own_token)
        )


# --- whom it finds --------------------------------------------------------------------------------------------------

NAME = Party(name="見本花子")
ADDRESS = Party(region="大阪府", city="大阪市北区", lines=("梅田1-2-3", "梅田ハイツ405"))


@pytest.mark.parametrize(
    ("buyer", "watched"),
    [
        (NAME, False),
        (ADDRESS, False),
        (replace(ADDRESS, name="見本 花子"), True),
        (replace(ADDRESS, name="鈴木 一郎"), False),
        (Party(name="鈴木 一郎", phones=("+81 80 0000 2222",)), True),
        (Party(name="鈴木 一郎", emails=("HANAKO@example.jp",)), True),
        (Party(name="見本 花子", phones=("080-0000-2223",)), False),
        (Party(), False),
    ],
)
def test_two_details_or_phone_or_mail_are_needed(house, buyer, watched):
    house.own_list.add(SHOP, WATCHED, "clerk")
    assert bool(house.own_list.standing(SHOP, identify(buyer)).watched) is watched


def test_a_customer_known_by_the_number_is_not_whoever_else_uses_it(house):
    house.own_list.add(SHOP, ALLOWED, "clerk")
    assert house.own_list.standing(SHOP, identify(Party(phones=HANAKO.phones))).allowed
    assert not house.own_list.standing(SHOP, identify(Party(name="鈴木 一郎", phones=HANAKO.phones))).allowed


def test_a_customer_known_by_name_and_number_is_found_wherever_they_live_now(house):
    known = Party(name="見本 花子", phones=HANAKO.phones)
    house.own_list.add(SHOP, OwnPerson(OwnKind.ALLOW, known), "clerk")
    assert house.own_list.standing(SHOP, identify(HANAKO)).allowed


def test_a_phone_is_found_beside_a_crowd_at_one_address(house):
    crowd = [OwnPerson(OwnKind.WATCH, replace(ADDRESS, name=f"見本 {chr(0x4E00 + n)}"), "x") for n in range(300)]
    house.own_list.add_all(SHOP, [house.own_list.row(SHOP, person) for person in crowd], "clerk")
    house.own_list.add(SHOP, OwnPerson(OwnKind.WATCH, Party(phones=HANAKO.phones), "x"), "clerk")
    assert house.own_list.standing(SHOP, identify(replace(HANAKO, name="鈴木 一郎"))).watched
    assert not house.own_list.standing(SHOP, identify(replace(ADDRESS, name="鈴木 一郎"))).watched


def test_people_are_found_by_any_detail_the_surest_first(house):
    other = OwnPerson(OwnKind.ALLOW, Party(name="見本 花子", phones=("080-0000-3333",)), "")
    for person in (WATCHED, other):
        house.own_list.add(SHOP, person, "clerk")
    found = house.own_list.find(SHOP, Party(name="見本花子", phones=HANAKO.phones), 10)
    assert [entry.person for entry, _ in found] == [WATCHED, other]
    assert house.own_list.find(SHOP, Party(name="鈴木 一郎"), 10) == []


@pytest.mark.parametrize("text", ["見本", "花子　", "ｈａｎａｋｏ", "08000002222", "梅田1−2", "受取辞退"])
def test_lines_are_found_by_a_part_of_any_text(house, text):
    house.own_list.add(SHOP, WATCHED, "clerk")
    assert [entry.person for entry in house.own_list.having([SHOP], text, 10)] == [WATCHED]
    assert not house.own_list.having([SHOP], f"{text}x", 10)
    assert not house.own_list.having(["other-shop"], text, 10)


# --- changing it ----------------------------------------------------------------------------------------------------


def test_nobody_is_on_a_list_twice(house):
    assert house.own_list.add(SHOP, WATCHED, "clerk")
    assert not house.own_list.add(SHOP, replace(WATCHED, party=replace(HANAKO, name="見本　花子")), "other")
    assert house.own_list.counts([SHOP]) == {OwnKind.WATCH: 1, OwnKind.ALLOW: 0}


def test_who_is_taken_off_leaves_nothing_and_can_be_put_back(house):
    house.own_list.add(SHOP, WATCHED, "clerk")
    (entry,) = house.own_list.page([SHOP], None, 10)
    left = house.own_list.remove(entry.id, "clerk")
    assert left is not None
    assert held_rows(house) == (0, 0)
    assert house.own_list.remove(entry.id, "clerk") is None
    for _ in range(2):
        house.own_list.put_back(left, SHOP, "clerk")
    assert [one.person for one in house.own_list.page([SHOP], None, 10)] == [WATCHED]


def test_nobody_is_put_back_on_the_list_of_another_shop(house):
    house.own_list.add(SHOP, WATCHED, "clerk")
    left = house.own_list.remove(house.own_list.page([SHOP], None, 1)[0].id, "clerk")
    with pytest.raises(ValueError, match="another shop"):
        house.own_list.put_back(left, "other-shop", "clerk")
    assert held_rows(house) == (0, 0)


def test_what_was_imported_is_taken_back_together_and_nothing_else(house):
    house.own_list.add(SHOP, ALLOWED, "clerk")
    house.clock.pass_by(1)
    people = [OwnPerson(OwnKind.WATCH, Party(phones=(f"080-0000-{n:04}",)), "x") for n in range(1500, 1510)]
    rows = [house.own_list.row(SHOP, person) for person in people]
    added = house.own_list.add_all(SHOP, [*rows, rows[0]], "clerk")
    assert added.count == 10
    assert house.own_list.take_back(SHOP, added.at, "other") == 0
    assert house.own_list.take_back(SHOP, added.at, "clerk") == 10
    assert [one.person for one in house.own_list.page([SHOP], None, 50)] == [ALLOWED]


def test_what_fails_in_the_middle_leaves_nothing(house):
    good = house.own_list.row(SHOP, WATCHED)
    with pytest.raises(sa.exc.IntegrityError):
        house.own_list.add_all(SHOP, [good, replace(good, person=b"another", sealed=None)], "clerk")
    assert held_rows(house) == (0, 0)


def many(house, count: int) -> list[Row]:
    people = [OwnPerson(OwnKind.WATCH, Party(phones=(f"080-1000-{n:04}",)), "x") for n in range(count)]
    return [house.own_list.row(SHOP, person) for person in people]


def nobody_counts(house) -> bool:
    own = house.own_list
    assert list(own.every(SHOP)) == own.having([SHOP], "見本", 9) == own.find(SHOP, HANAKO, 9) == []
    assert own.standing(SHOP, identify(HANAKO)) == Standing()
    return own.counts([SHOP]) == {OwnKind.WATCH: 0, OwnKind.ALLOW: 0}


def test_nobody_counts_before_all_are_there_and_orders_are_judged_meanwhile(house):
    with house.own_list.bringing(SHOP, "clerk") as brought:
        for row in (house.own_list.row(SHOP, WATCHED), *many(house, PIECE)):
            brought.put(row)
        assert held_rows(house)[0] == PIECE
        assert nobody_counts(house)
        house.take(order_of(HANAKO))
        assert house.reasons() == {"no_match"}
        assert brought.finish().count == PIECE + 1
    house.take(order_of(HANAKO, id="2"))
    assert "signal_own_list" in house.reasons("2")


def test_what_is_broken_off_leaves_nothing(house):
    rows = many(house, 2 * PIECE + 1)
    with pytest.raises(KeyError), house.own_list.bringing(SHOP, "clerk") as brought:
        for row in rows:
            brought.put(row)
        raise KeyError
    assert held_rows(house) == (0, 0)


def test_what_a_crash_leaves_counts_for_nothing_and_is_swept(house):
    brought = Bringing(Batch(SHOP, "clerk", house.now()), house.writer)
    for row in (house.own_list.row(SHOP, WATCHED), *many(house, PIECE)):
        brought.put(row)
    assert held_rows(house)[0] == PIECE
    assert nobody_counts(house)
    house.own_list.renew()
    assert held_rows(house)[0] == PIECE  # it may be on its way yet
    assert house.own_list.add(SHOP, WATCHED, "clerk")
    house.pass_by(7_200.0)
    assert held_rows(house)[0] == 1


def test_two_who_bring_the_same_people_put_each_on_the_list_once(house):
    row = house.own_list.row(SHOP, WATCHED)
    with house.own_list.bringing(SHOP, "clerk") as first, house.own_list.bringing(SHOP, "other") as second:
        for _ in range(PIECE):
            first.put(row)
            second.put(row)
        assert [first.finish().count, second.finish().count] == [1, 0]
    assert held_rows(house)[0] == 1
    assert house.own_list.standing(SHOP, identify(HANAKO)).watched


def test_pages_follow_one_another(house):
    for number in range(5):
        house.own_list.add(SHOP, OwnPerson(OwnKind.WATCH, Party(phones=(f"080-0000-160{number}",)), "x"), "clerk")
    first = house.own_list.page([SHOP], OwnKind.WATCH, 3)
    rest = house.own_list.page([SHOP], OwnKind.WATCH, 3, first[-1].id)
    assert [entry.person.party.phones[0][-1] for entry in (*first, *rest)] == list("43210")
    assert house.own_list.page([SHOP], OwnKind.ALLOW, 3) == []


def test_nothing_personal_is_stored_in_clear(house):
    house.own_list.add(SHOP, WATCHED, "clerk")
    with house.engine.connect() as connection:
        rows = [*connection.execute(sa.select(own_entry)), *connection.execute(sa.select(audit))]
    stored = repr([tuple(row) for row in rows])
    for text in ("見本", "hanako", "2222", "梅田", "受取"):
        assert text not in stored
    assert "HANAKO" not in repr(WATCHED) and "見本" not in repr(WATCHED)


@pytest.mark.parametrize("kind", [PrivacyKind.ERASE_PERSON, PrivacyKind.ERASE_SHOP])
def test_an_erasure_that_the_platform_asks_for_leaves_the_list_to_the_shop(house, kind):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.take(order_of(HANAKO))
    house.privacy.handle(PrivacyRequest(SHOP, kind, "R-1", ("1",), HANAKO.emails))
    assert house.verdict() is None
    assert [entry.person for entry in house.own_list.every(SHOP)] == [WATCHED]


def test_what_is_done_is_in_the_audit_log(house):
    house.own_list.add(SHOP, WATCHED, "clerk")
    (entry,) = house.own_list.page([SHOP], None, 10)
    house.own_list.remove(entry.id, "clerk")
    with house.engine.connect() as connection:
        lines = connection.execute(sa.select(audit.c.actor, audit.c.action, audit.c.shop, audit.c.detail)).all()
    assert [tuple(line) for line in lines] == [
        ("clerk", "own_list_add", SHOP, "1"),
        ("clerk", "own_list_remove", SHOP, "1"),
    ]


def test_entries_of_other_rules_are_brought_to_the_present_ones(house):
    house.own_list.add(SHOP, WATCHED, "clerk")
    with house.engine.begin() as connection:
        connection.execute(sa.update(own_entry).values(profile=1, fields=""))
        connection.execute(sa.delete(own_token))
    assert not house.own_list.standing(SHOP, identify(HANAKO)).watched
    assert house.own_list.renew() == 1
    assert house.own_list.renew() == 0
    assert house.own_list.standing(SHOP, identify(HANAKO)).watched


def test_it_works_on_both_databases(either_house):
    own: OwnList = either_house.own_list
    assert own.add(SHOP, WATCHED, "clerk")
    assert not own.add(SHOP, WATCHED, "clerk")
    assert own.standing(SHOP, identify(HANAKO)).watched
    assert [entry.person for entry, _ in own.find(SHOP, HANAKO, 5)] == [WATCHED]
    assert own.take_back(SHOP, own.page([SHOP], None, 1)[0].added_at, "clerk") == 1
