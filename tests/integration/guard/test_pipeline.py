"""The story of one order, from its delivery to what stands on it at the platform."""

from dataclasses import replace
from decimal import Decimal

import pytest

from shopguard.adapter import Capability
from shopguard.config import Language, Mode
from shopguard.errors import ActionUnsupported
from shopguard.model import (
    OrderEvent,
    OrderRef,
    Party,
    Payment,
    PaymentKind,
    ScreeningState,
    Stage,
    VerdictKind,
)
from shopguard.testing.fakes import FakePlatform

CARD = Payment(PaymentKind.CARD, "カード")


def test_bad_order_is_held_and_waits_for_a_person(house, bad):
    house.take(bad)
    assert house.done() == ["hold"]
    assert house.review_state() == "open"
    verdict = house.verdict()
    assert (verdict.kind, verdict.state) == (VerdictKind.HOLD, ScreeningState.SCREENED)
    assert [match.entry for match in verdict.matches] == ["E-1"]
    assert house.reasons() == {"strong_match"}


def test_clean_order_is_let_go_without_a_trace_at_the_platform(house, clean):
    house.take(clean)
    assert (house.done(), house.review()) == ([], None)
    assert house.verdict().kind is VerdictKind.ALLOW
    assert house.reasons() == {"no_match"}


def test_likely_order_is_flagged_and_waits_for_a_person(house, possible):
    house.take(possible)
    assert house.done() == ["flag"]
    assert house.review_state() == "open"


def test_recipient_is_asked_about_too(house, clean, bad):
    house.take(replace(clean, recipients=(bad.buyer,)))
    assert house.done() == ["hold"]
    assert house.verdict().matches[0].party == "recipient"


@pytest.mark.parametrize(
    "change",
    [
        {"stage": Stage.SHIPPED},
        {"stage": Stage.OPEN, "note": "please ring"},
        {"ip": "203.0.113.9"},
        {"number": "#1001-A"},
        {"total": Decimal("12800.00")},
    ],
    ids=str,
)
def test_edit_that_changes_nothing_that_matters_is_an_echo(house, bad, change):
    house.take(bad, replace(bad, **change))
    assert house.states_of() == [("hold", "confirmed")]
    assert len(house.registry.queries) == 1


def test_recipient_that_is_the_buyer_is_no_change(house, bad):
    house.take(bad, replace(bad, recipients=(bad.buyer,)))
    assert house.states_of() == [("hold", "confirmed")]


def test_created_and_updated_with_equal_content_give_one_verdict_and_one_effect(house, bad):
    house.send(bad, "created")
    house.send(bad, "updated")
    house.work()
    assert house.states_of() == [("hold", "confirmed")]
    assert house.platform.effects == [("hold", "1", "hold-1-1")]


def test_repeated_delivery_is_stored_once(house, bad):
    for _ in range(3):
        house.send(bad, "created")
    house.work()
    house.send(bad, "created")
    house.work()
    assert house.inbox.counts() == {"done": 1}
    assert house.done() == ["hold"]


def test_replayed_delivery_has_no_second_effect(house, bad):
    house.take(bad)
    house.inbox.replay([line.id for line in house.inbox.lines()], house.now())
    house.work()
    assert house.done() == ["hold"]


def test_edited_order_is_screened_again(house, clean, bad):
    house.take(clean, bad)
    assert house.done() == ["hold"]
    assert house.verdict().kind is VerdictKind.HOLD


def test_order_edited_while_held_stays_held_until_a_person_decides(house, bad, clean):
    house.take(bad, clean)
    assert house.platform.held == {"1"}
    assert house.review_state() == "open"


def test_held_order_edited_with_the_same_matches_gets_no_second_note(house, bad):
    house.take(bad, replace(bad, total=Decimal(9_000)), replace(bad, total=Decimal(20_000)))
    assert house.done() == ["hold"]


def test_flagged_order_edited_with_the_same_matches_gets_no_second_note(house, possible):
    house.take(possible, replace(possible, total=Decimal(9_000)))
    assert house.done() == ["flag"]


def test_held_order_edited_into_another_match_gets_a_note_and_not_a_second_hold(house, possible, bad):
    house.take(bad, possible)
    assert house.done() == ["hold", "flag"]


def test_late_delivery_of_an_older_form_does_not_undo_the_hold(house, clean, bad):
    house.send(bad, "updated")
    house.work()
    house.send(clean, "created")
    house.work()
    assert house.platform.held == {"1"}
    assert house.review_state() == "open"


def test_order_edited_there_and_back_is_judged_once_for_each_form(house, bad, clean):
    house.take(clean, bad, clean, bad)
    assert house.done() == ["hold"]


def test_draft_is_let_go_and_judged_when_it_is_placed(house, bad):
    house.take(replace(bad, stage=Stage.DRAFT))
    assert (house.done(), house.review(), house.registry.queries) == ([], None, [])
    house.take(bad)
    assert house.done() == ["hold"]


def test_test_order_is_let_go_without_asking(house, bad):
    house.take(replace(bad, test=True))
    assert (house.done(), house.review(), house.registry.queries) == ([], None, [])


def test_shipped_order_gets_a_note_and_not_a_hold(house, bad):
    house.take(replace(bad, stage=Stage.SHIPPED))
    assert house.done() == ["flag"]
    assert "already_shipped" in house.reasons()
    assert house.review_state() == "open"


def test_order_found_shipped_only_when_held_gets_a_note(house, bad):
    house.send(bad)
    house.platform.place(replace(bad, stage=Stage.SHIPPED))  # shipped since the delivery was sent
    house.work()
    assert house.done() == ["flag"]
    assert house.states_of() == [("hold", "failed"), ("flag", "confirmed")]
    assert house.review_state() == "open"


def test_closed_order_is_not_judged(house, bad):
    house.take(replace(bad, stage=Stage.CLOSED))
    assert (house.done(), house.review()) == ([], None)


def test_closing_an_order_closes_its_review(house, bad):
    house.take(bad, replace(bad, stage=Stage.CLOSED))
    assert house.review_state() == "closed"


def test_order_placed_again_after_it_was_cancelled_comes_before_a_person_again(house, bad):
    house.take(bad, replace(bad, stage=Stage.CLOSED))
    house.platform.held.clear()  # cancelling ended the hold
    house.take(bad)
    assert house.platform.held == {"1"}
    assert house.review_state() == "open"


def test_release_ends_every_hold_that_was_placed_before_it(house, bad):
    house.take(bad, replace(bad, stage=Stage.CLOSED), bad)
    house.release()
    house.work()
    house.registry.entries.append(replace(house.registry.entries[0], id="E-2"))
    house.take(replace(bad, total=Decimal(9_000)))
    assert house.done() == ["hold", "hold", "release", "hold"]


def test_order_cancelled_before_its_late_first_delivery_is_judged_without_a_hold(house, bad):
    house.take(replace(bad, stage=Stage.CLOSED))
    house.send(bad)
    house.platform.place(replace(bad, stage=Stage.CLOSED))
    house.work()
    assert "hold" not in house.done()


def test_echo_of_our_own_hold_has_no_effect(house, bad):
    house.take(bad)
    house.take(replace(bad, note="ShopGuard: please check"))
    house.take(replace(bad, note="ShopGuard: please check", ip="203.0.113.1"))
    assert house.done() == ["hold"]


def test_echo_of_our_own_release_does_not_hold_again(house, bad):
    house.take(bad)
    house.release()
    house.work()
    house.take(replace(bad, note="ShopGuard: checked"))
    assert house.done() == ["hold", "release"]
    assert house.review_state() == "released"


def test_event_with_a_number_only_is_fetched(house, bad):
    order = house.platform.place(bad)
    house.states.introduce(["main-store"], house.now())
    verdict = house.pipeline().handle(OrderEvent(order.ref, None))
    assert verdict.kind is VerdictKind.HOLD
    assert house.done() == ["hold"]


def test_note_names_fields_and_counts_and_no_person(build, bad):
    house = build(language=Language.JA)
    house.take(bad)
    (hold,) = house.planned()
    assert hold.text == "ShopGuard: 要確認（電話・住所・氏名・メール 一致、2件、直近2026年8月）"


@pytest.mark.parametrize("mode", list(Mode), ids=str)
def test_verdict_is_the_full_one_whatever_the_mode(build, bad, mode):
    house = build(mode=mode)
    house.take(bad)
    assert house.verdict().kind is VerdictKind.HOLD


def test_observing_shop_writes_nothing_onto_the_order(build, bad):
    house = build(mode=Mode.OBSERVE)
    house.take(bad)
    assert (house.platform.effects, house.planned()) == ([], [])
    assert house.review_state() == "open"
    assert "observing" in house.reasons()


def test_flagging_shop_never_holds(build, bad):
    house = build(mode=Mode.FLAG)
    house.take(bad)
    assert house.done() == ["flag"]


def test_platform_that_cannot_hold_is_flagged_and_says_so(build, bad):
    house = build(capabilities={Capability.FLAG})
    house.take(bad)
    assert house.done() == ["flag"]
    assert "cannot_hold" in house.reasons()


@pytest.mark.parametrize("mode", [Mode.HOLD, Mode.FLAG], ids=str)
def test_platform_that_can_do_nothing_leaves_it_to_a_person_and_says_why(build, bad, mode):
    house = build(capabilities=(), mode=mode)
    house.take(bad)
    assert house.planned() == []
    assert house.review_state() == "open"
    assert "cannot_flag" in house.reasons()


def test_platform_that_cannot_hold_after_all_is_flagged(house, bad):
    house.platform.fail(ActionUnsupported("this order is a pick-up"))
    house.take(bad)
    house.settle()
    assert house.states_of() == [("hold", "failed"), ("flag", "confirmed")]
    assert house.review().effect_error == "this order is a pick-up"


def test_platform_that_can_neither_hold_after_all_nor_flag_shows_the_failure(build, bad):
    house = build(capabilities={Capability.HOLD})
    house.platform.fail(ActionUnsupported("this order is a pick-up"))
    house.take(bad)
    assert house.states_of() == [("hold", "failed")]
    assert house.review().effect_error == "this order is a pick-up"


def test_card_order_is_flagged_and_never_held(house, bad):
    house.take(replace(bad, payment=CARD))
    assert house.done() == ["flag"]


def test_order_paid_in_advance_is_not_looked_up(house, bad):
    house.take(replace(bad, payment=Payment(PaymentKind.BANK_TRANSFER)))
    assert (house.done(), house.registry.queries) == ([], [])
    assert house.reasons() == {"payment_not_screened"}


def test_order_that_names_nobody_is_let_go_and_says_so(house, bad):
    house.take(replace(bad, buyer=Party()))
    assert (house.done(), house.reasons()) == ([], {"no_party"})


def test_payment_changed_to_cash_on_delivery_is_judged_anew(house, bad):
    house.take(replace(bad, payment=Payment(PaymentKind.PREPAID)), bad)
    assert house.done() == ["hold"]


# The allow-list


@pytest.mark.parametrize(
    "known",
    [
        Party(name="渡辺太郎", phones=("09000001111",)),
        Party(phones=("+819000001111",)),
        Party(emails=("TARO@example.jp",)),
    ],
    ids=["name and phone", "phone alone", "mail alone"],
)
def test_allow_list_always_wins(build, bad, known):
    house = build(allow_list=(known,))
    house.take(bad)
    assert house.done() == []
    assert house.reasons() == {"allow_listed"}


def test_allow_list_wins_while_the_registry_is_silent(build, bad):
    house = build(allow_list=(Party(name="渡辺太郎", phones=("09000001111",)),))
    house.registry.failing = True
    house.take(bad)
    assert house.done() == []
    assert house.verdict().state is ScreeningState.SCREENED


@pytest.mark.parametrize(
    "other",
    [
        Party(name="渡邊 太郎"),
        Party(name="山田 一郎", phones=("09000001111",)),
        Party(name="渡邊 太郎", phones=("090-0000-3333",)),
        Party(region="東京都", city="港区", lines=("芝公園4-2-8",)),
    ],
    ids=["namesake", "number of somebody else", "namesake with another number", "address alone"],
)
def test_allow_list_lets_nobody_else_go(build, bad, other):
    house = build(allow_list=(other,))
    house.take(bad)
    assert house.done() == ["hold"]


def test_known_recipient_does_not_clear_a_listed_buyer(build, bad):
    """A prankster has goods sent to others: the shop knowing the victim does not speak for the buyer."""
    victim = Party(name="佐藤 次郎", phones=("090-0000-2222",))
    house = build(allow_list=(victim,))
    house.take(replace(bad, recipients=(victim,)))
    assert house.done() == ["hold"]


# "Not the same person"


def pair_of(house, order, entry="E-1"):
    from shopguard.guard.screening import buyer_key
    from shopguard.identity import identify

    return buyer_key(identify(order.buyer), house.keyring), entry


def test_different_person_is_never_matched_again(house, bad):
    house.take(bad)
    house.release(not_same_person=[pair_of(house, bad)])
    house.work()
    for number in range(2, 6):
        house.take(replace(bad, id=str(number), total=Decimal(number)))
        assert house.done(str(number)) == []
        assert "different_person" in house.reasons(str(number))


def test_different_person_written_in_another_way_is_the_same_pair(house, bad):
    house.take(bad)
    house.release(not_same_person=[pair_of(house, bad)])
    spelled = replace(bad.buyer, name="渡邊　太郎", phones=("+81 90 0000 1111",), emails=("Taro@EXAMPLE.jp",))
    house.take(replace(bad, id="2", buyer=spelled))
    assert house.done("2") == []


def test_different_person_is_still_matched_with_another_entry(house, bad):
    house.take(bad)
    house.release(not_same_person=[pair_of(house, bad)])
    house.registry.entries.append(replace(house.registry.entries[0], id="E-2"))
    house.take(replace(bad, id="2"))
    assert house.done("2") == ["hold"]
    assert [match.entry for match in house.verdict("2").matches] == ["E-2"]


def test_another_buyer_is_still_matched_with_the_same_entry(house, bad):
    house.take(bad)
    house.release(not_same_person=[pair_of(house, bad)])
    other = replace(bad.buyer, name="渡邊 三郎", phones=("090-0000-1111",), emails=())
    house.take(replace(bad, id="2", buyer=other))
    assert house.done("2") != []


def test_pair_counts_in_its_shop_only(house, bad):
    house.take(bad)
    pair = pair_of(house, bad)
    house.reviews.release(OrderRef("other-store", "1"), "operator", [pair])
    house.take(replace(bad, id="2"))
    assert house.done("2") == ["hold"]


def test_same_order_and_rules_give_the_same_verdict(house, bad, possible, clean):
    from shopguard.guard.pipeline import rules_of

    rules = rules_of(house.shops["main-store"])
    for order in (bad, possible, clean):
        assert house.screener.screen(order, rules) == house.screener.screen(order, rules)


class Fetching(FakePlatform):
    """Its deliveries hold a number only."""

    def parse(self, request):
        return [OrderEvent(event.ref, None) for event in super().parse(request)]


def test_order_that_is_gone_when_fetched_becomes_a_dead_letter(build, bad):
    house = build(platform=Fetching)
    house.accept(house.platform.delivery(bad))
    house.send(replace(bad, id="2"))
    house.work()
    assert house.dead() == ["order 1 is not here"]
    assert house.done("2") == ["hold"]
