"""Orders that are odd although nobody matches: flagged at most, released for good, and remembered without a name."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from shopguard.config import Mode, PolicySettings, SignalEffect, SignalSettings
from shopguard.guard.signals import Signal
from shopguard.model import Order, Party, Payment, PaymentKind, VerdictKind
from shopguard.storage.tables import phone_use

CARD = Payment(PaymentKind.CARD, "カード")


def named(order: Order, number: int, name: str, **more: object) -> Order:
    """Order ``number``, by somebody of this name on one and the same phone."""
    return replace(order, id=str(number), number=f"#{number}", buyer=replace(order.buyer, name=name), **more)


def remembered(house) -> int:
    with house.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(phone_use)).scalar_one()


@pytest.fixture
def third(house, clean) -> Order:
    """The third order on one phone, each under another surname; the first two are there."""
    house.take(named(clean, 11, "佐藤 次郎"), named(clean, 12, "鈴木 花子"))
    return named(clean, 13, "高橋 三郎")


def test_the_third_surname_on_one_phone_is_flagged(house, third):
    assert (house.reasons("11"), house.reasons("12")) == ({"no_match"}, {"no_match"})
    house.take(third)
    assert house.done("13") == ["flag"]
    assert house.review_state("13") == "open"
    assert house.reasons("13") == {"no_match", Signal.MANY_NAMES}
    (planned,) = house.planned("13")
    assert planned.text == "ShopGuard: please check (several surnames on one mobile number)"


def test_a_family_is_not_flagged(house, clean):
    house.take(*(named(clean, number, f"佐藤 {number}郎") for number in range(20, 25)))
    assert house.done("24") == []


def test_a_buyer_who_sends_gifts_is_not_flagged(house, clean):
    guests = [replace(clean.buyer, name=name) for name in ("鈴木 花子", "高橋 三郎", "田中 四郎")]
    for number, guest in enumerate(guests, start=31):
        house.take(replace(named(clean, number, "佐藤 次郎"), recipients=(guest,)))
    assert house.done("33") == []


def test_an_address_is_looked_at_of_buyer_and_recipient_and_by_default_only_shown(house, clean):
    nowhere = replace(clean.buyer, name="見本 花子", city="港区", region="東京都", lines=("見本町1-2-3",))
    elsewhere = replace(clean.buyer, postal_code="900-0001")  # Okinawa
    house.take(replace(clean, buyer=elsewhere, recipients=(nowhere,)))
    assert (house.done(), house.review()) == ([], None)
    assert house.reasons() == {"no_match", Signal.UNKNOWN_ADDRESS, Signal.POSTAL_CONFLICT}


def test_an_address_flags_where_the_settings_say_so(build, clean):
    strict = SignalSettings(postal_conflict=SignalEffect.FLAG)
    house = build(policy=PolicySettings(signals=strict))
    house.take(replace(clean, buyer=replace(clean.buyer, postal_code="900-0001")))
    assert house.done() == ["flag"]


def test_where_a_match_would_not_be_looked_at_it_is_only_shown(house, third):
    house.take(replace(third, payment=CARD))
    assert (house.done("13"), house.review("13")) == ([], None)
    assert Signal.MANY_NAMES in house.reasons("13")


def test_after_a_month_it_begins_anew(house, third):
    house.clock.pass_by(31 * 86_400)
    house.take(third)
    assert house.done("13") == []


def test_a_released_order_is_not_flagged_for_the_same_again(house, third):
    house.take(third)
    house.release("13")
    house.settle()
    house.take(named(third, 13, "高橋 三郎 "))
    assert house.verdict("13").kind is VerdictKind.ALLOW
    assert "released_before" in house.reasons("13")


def test_a_released_order_is_flagged_for_what_is_new(house, clean):
    first = replace(clean, buyer=replace(clean.buyer, phones=("000-0000-0000",)))
    house.take(first)
    assert Signal.DUMMY_PHONE in house.reasons()
    house.release()
    house.settle()
    house.take(replace(first, buyer=replace(first.buyer, emails=("someone@mailinator.com",))))
    assert house.verdict().kind is VerdictKind.FLAG
    assert Signal.THROWAWAY_MAIL in house.reasons()


def test_an_order_that_nobody_released_is_flagged(house, clean):
    house.take(replace(clean, buyer=replace(clean.buyer, phones=("000-0000-0000",))))
    assert (house.done(), house.review_state()) == (["flag"], "open")


def test_a_match_says_more_than_a_signal(house, bad):
    house.take(replace(bad, buyer=replace(bad.buyer, emails=("someone@mailinator.com",))))
    assert house.done() == ["hold"]
    assert {"strong_match", Signal.THROWAWAY_MAIL} <= house.reasons()


def test_orders_that_are_not_looked_up_are_neither_judged_nor_remembered(house, clean):
    prepaid = Payment(PaymentKind.PREPAID, "前払い")
    house.take(replace(clean, payment=prepaid, buyer=replace(clean.buyer, emails=("someone@mailinator.com",))))
    assert house.reasons() == {"payment_not_screened"}
    assert remembered(house) == 0


def test_what_is_switched_off_is_not_remembered_either(build, clean):
    off = SignalSettings(many_names=SignalEffect.IGNORE, dummy_phone=SignalEffect.IGNORE)
    house = build(policy=PolicySettings(signals=off))
    house.take(
        *(named(clean, number, name) for number, name in enumerate(("佐藤 次郎", "鈴木 花子", "高橋 三郎"), 41))
    )
    assert house.reasons("43") == {"no_match"}
    house.take(replace(clean, buyer=Party(name="佐藤 次郎", phones=("000-0000-0000",))))
    assert house.reasons() == {"no_match"}
    assert remembered(house) == 0


def test_in_observe_mode_nothing_is_written(build, clean):
    house = build(mode=Mode.OBSERVE)
    house.take(replace(clean, buyer=replace(clean.buyer, phones=("000-0000-0000",))))
    assert (house.done(), house.review_state()) == ([], "open")
