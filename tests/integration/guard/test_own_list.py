"""The shop's own list: whom it finds, what follows for an order, and that nothing of it is lost or left behind."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from shopguard.config import PolicySettings, SignalEffect, SignalSettings
from shopguard.guard.own_list import OwnList
from shopguard.guard.own_people import OwnKind, OwnPerson
from shopguard.identity import identify
from shopguard.model import Order, Party, Payment, PaymentKind, Relation, VerdictKind
from shopguard.storage.tables import audit, own_entry, own_token

SHOP = "main-store"
HANAKO = Party(
    name="見本 花子",
    postal_code="530-0001",
    region="大阪府",
    city="大阪市北区",
    lines=("梅田1-2-3", "梅田ハイツ405"),
    phones=("080-0000-2222",),
    emails=("hanako@example.jp",),
)
WATCHED = OwnPerson(OwnKind.WATCH, HANAKO, "受取辞退 2回")
ALLOWED = OwnPerson(OwnKind.ALLOW, HANAKO, "常連")


def order_of(buyer: Party, **more: object) -> Order:
    return replace(Order("1", SHOP, "#1001", payment=Payment(PaymentKind.COD), buyer=buyer), **more)  # type: ignore[arg-type]


def held_rows(house) -> tuple[int, int]:
    with house.engine.connect() as connection:
        return tuple(
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (own_entry, own_token)
        )


# --- what follows for an order --------------------------------------------------------------------------------------


def test_an_order_of_somebody_to_watch_is_flagged_and_not_held(house):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.take(order_of(HANAKO))
    assert house.verdict().kind is VerdictKind.FLAG
    assert house.reasons() == {"no_match", "signal_own_list"}
    assert house.done() == ["flag"]


def test_it_is_flagged_whatever_the_way_of_paying(house):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.take(order_of(HANAKO, payment=Payment(PaymentKind.CARD)))
    assert house.verdict().kind is VerdictKind.FLAG


def test_a_shop_may_choose_to_see_it_only(build):
    house = build(policy=PolicySettings(signals=SignalSettings(own_list=SignalEffect.SHOW)))
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.take(order_of(HANAKO))
    assert house.verdict().kind is VerdictKind.ALLOW
    assert "signal_own_list" in house.reasons()


def test_a_match_of_the_registry_still_holds_beside_it(house, bad):
    house.own_list.add(SHOP, OwnPerson(OwnKind.WATCH, bad.buyer, "x"), "clerk")
    house.take(bad)
    assert house.verdict().kind is VerdictKind.HOLD
    assert {"strong_match", "signal_own_list"} <= house.reasons()


def test_an_order_of_somebody_allowed_is_let_go_whatever_the_registry_says(house, bad):
    house.own_list.add(SHOP, OwnPerson(OwnKind.ALLOW, bad.buyer, ""), "clerk")
    house.take(bad)
    assert house.verdict().kind is VerdictKind.ALLOW
    assert house.reasons() == {"allow_listed"}


def test_allowed_wins_over_watched(house):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.own_list.add(SHOP, ALLOWED, "clerk")
    house.take(order_of(HANAKO))
    assert house.reasons() == {"allow_listed"}


def test_the_allow_list_of_the_settings_counts_as_well(build):
    house = build(allow_list=(HANAKO,))
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.take(order_of(HANAKO))
    assert house.reasons() == {"allow_listed"}


def test_a_list_is_of_one_shop(house):
    house.own_list.add("other-shop", WATCHED, "clerk")
    house.take(order_of(HANAKO))
    assert house.reasons() == {"no_match"}


# --- and for those who receive it -----------------------------------------------------------------------------------

FRIEND = Party(name="佐藤 次郎", phones=("080-0000-4444",))
HOME = replace(HANAKO, phones=(), emails=())


def told(house) -> list[tuple[str, set[str]]]:
    """Whom the verdict names of the own list: as which person of the order, and which details agree."""
    return [
        (match.party, {item.field for item in match.comparison.evidence if item.relation is Relation.SAME})
        for match in house.verdict().own
    ]


@pytest.mark.parametrize(
    ("recipient", "agree"),
    [
        (HOME, {"name", "address"}),
        (Party(name="鈴木 一郎", phones=HANAKO.phones), {"phone"}),
        (replace(HOME, phones=HANAKO.phones), {"name", "address", "phone"}),
        (replace(HOME, name="鈴木 一郎"), None),
        (Party(name="見本 花子"), None),
    ],
)
def test_an_order_for_somebody_to_watch_is_flagged_and_says_what_agrees(house, clean, recipient, agree):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.take(replace(clean, recipients=(recipient,)))
    assert house.verdict().kind is (VerdictKind.FLAG if agree else VerdictKind.ALLOW)
    assert house.reasons() == ({"no_match", "signal_own_list_recipient"} if agree else {"no_match"})
    assert told(house) == ([("recipient", agree)] if agree else [])


def test_each_person_of_an_order_is_named_with_what_agrees(house):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.own_list.add(SHOP, OwnPerson(OwnKind.WATCH, FRIEND, "x"), "clerk")
    other = Party(name="鈴木 一郎", phones=("080-0000-9999",))
    house.take(order_of(replace(FRIEND, name="別 人"), recipients=(other, HOME)))
    assert told(house) == [("buyer", {"phone"}), ("recipient 2", {"name", "address"})]
    assert {"signal_own_list", "signal_own_list_recipient"} <= house.reasons()


def test_a_customer_known_to_be_fine_may_send_to_anybody(house, clean):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.own_list.add(SHOP, OwnPerson(OwnKind.ALLOW, clean.buyer), "clerk")
    house.take(replace(clean, recipients=(HANAKO,)))
    assert house.verdict().kind is VerdictKind.ALLOW
    assert (house.reasons(), told(house)) == ({"allow_listed"}, [])


@pytest.mark.parametrize("in_settings", [True, False])
def test_a_recipient_known_to_be_fine_is_not_flagged_and_speaks_for_no_buyer(build, clean, bad, in_settings):
    house = build(allow_list=(HANAKO,)) if in_settings else build()
    house.own_list.add(SHOP, WATCHED, "clerk")
    if not in_settings:
        house.own_list.add(SHOP, ALLOWED, "clerk")
    house.take(replace(clean, recipients=(HANAKO,)))
    assert (house.reasons(), told(house)) == ({"no_match"}, [])
    house.take(replace(bad, id="2", recipients=(HANAKO,)))
    assert house.verdict("2").kind is VerdictKind.HOLD


def test_a_shop_that_ignores_its_list_is_told_nothing_of_it(build, clean):
    house = build(policy=PolicySettings(signals=SignalSettings(own_list=SignalEffect.IGNORE)))
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.take(replace(clean, recipients=(HANAKO,)))
    assert (house.reasons(), told(house)) == ({"no_match"}, [])


def test_a_release_covers_whom_it_was_sent_to_and_nobody_else_on_the_list(house, clean):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.own_list.add(SHOP, OwnPerson(OwnKind.WATCH, FRIEND, "x"), "clerk")
    order = replace(clean, recipients=(HANAKO,))
    house.take(order)
    house.release()
    house.take(replace(order, total=order.total + 1))
    assert house.verdict().kind is VerdictKind.ALLOW
    house.take(replace(order, recipients=(FRIEND,)))
    assert house.verdict().kind is VerdictKind.FLAG


def test_a_released_order_is_let_go_until_its_buyer_is_put_on_the_list(house, possible):
    house.take(possible)
    house.release()
    house.take(replace(possible, total=possible.total + 1))
    assert house.verdict().kind is VerdictKind.ALLOW
    house.own_list.add(SHOP, OwnPerson(OwnKind.WATCH, possible.buyer, "x"), "clerk")
    house.take(replace(possible, total=possible.total + 2))
    assert house.verdict().kind is VerdictKind.FLAG


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
