"""One order's story as its page tells it: cancelling, notes, the buyer's earlier orders, every moment in its turn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from shopguard.config import RetentionSettings
from shopguard.errors import PlatformRefused, TemporaryFailure
from shopguard.guard.cancelling import Cancelling
from shopguard.guard.earlier import EarlierOrders
from shopguard.guard.notes import Notes
from shopguard.guard.retention import Retention
from shopguard.guard.timeline import Timeline, What
from shopguard.model import OrderRef, Party, PrivacyKind, PrivacyRequest, Stage
from shopguard.storage.tables import note

REF = OrderRef("main-store", "1")
DAY_S = 86_400.0


@pytest.fixture
def cancelling(house):
    return Cancelling(house.writer, house.shops, house.now)


@pytest.fixture
def notes(house):
    return Notes(house.engine, house.writer, house.keyring, house.now)


def kept_notes(house):
    with house.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(note)).scalar_one()


def test_a_cancellation_waits_for_the_hold_that_is_under_way(house, bad, cancelling):
    house.platform.fail(TemporaryFailure("busy"))
    house.take(bad)
    assert house.states_of() == [("hold", "intended")]
    assert cancelling.cancel(REF, "operator").changed
    house.settle()
    assert ("cancel", "confirmed") in house.states_of()
    assert house.done()[-1] == "cancel"
    assert house.review_state() == "cancelled"


def test_a_hold_that_failed_before_is_not_tried_again_on_a_cancelled_order(house, bad, cancelling):
    house.platform.fail(PlatformRefused("no"))
    house.take(bad)
    cancelling.cancel(REF, "operator")
    house.settle()
    failed = [effect.id for effect in house.effects.of_order(REF) if effect.state == "failed"]
    assert house.effects.try_again(failed, house.now()) == 0
    assert house.done() == ["cancel"]


def test_what_has_shipped_or_is_settled_is_not_cancelled(house, bad, cancelling):
    house.take(bad, replace(bad, stage=Stage.SHIPPED))
    decision = cancelling.cancel(REF, "operator")
    assert (decision.changed, decision.overtaken) == (False, True)
    house.settle()
    assert house.done() == ["hold"]


def test_a_released_order_that_has_not_left_may_still_be_cancelled(house, bad, cancelling):
    house.take(bad)
    house.release()
    house.work()
    assert cancelling.cancel(REF, "operator").changed
    house.settle()
    assert house.done() == ["hold", "release", "cancel"]


def test_a_cancellation_that_is_refused_puts_the_order_back_and_can_be_pressed_again(house, bad, cancelling):
    house.take(bad)
    house.platform.fail(PlatformRefused("no"))
    cancelling.cancel(REF, "operator")
    house.settle()
    assert house.review_state() == "open"
    assert cancelling.cancel(REF, "operator").changed
    house.settle()
    assert (house.review_state(), house.done()) == ("cancelled", ["hold", "cancel"])


def test_notes_go_with_the_person_with_the_shop_and_with_their_order(house, bad, notes):
    for erase in (
        lambda: house.privacy.handle(PrivacyRequest("main-store", PrivacyKind.ERASE_PERSON, "R-1", ("1",))),
        lambda: house.privacy.handle(PrivacyRequest("main-store", PrivacyKind.ERASE_SHOP, "R-2")),
    ):
        house.take(bad)
        notes.add(REF, "operator", "will call")
        assert kept_notes(house) == 1
        erase()
        assert kept_notes(house) == 0


def test_notes_stay_as_long_as_their_order(house, bad, notes):
    house.take(bad)
    notes.add(REF, "operator", "will call")
    keeping = Retention(house.engine, house.writer, RetentionSettings(), house.now)
    days = RetentionSettings().orders_days
    house.clock.pass_by((days - 1) * DAY_S)
    keeping.purge()
    assert kept_notes(house) == 1
    house.clock.pass_by(2 * DAY_S)
    keeping.purge()
    assert kept_notes(house) == 0


def test_a_buyer_is_known_again_by_phone_by_mail_and_by_name_at_the_address(house, bad):
    person = Party(
        name="見本 花子",
        region="東京都",
        city="港区",
        lines=("芝公園4-2-8",),
        phones=("03-0000-1234",),
        emails=("hanako@example.jp",),
    )
    order = replace(bad, id="10", buyer=person, recipients=())
    others = {
        "11": Party(phones=("+81 3 0000 1234",)),
        "12": Party(emails=("HANAKO@example.jp",)),
        "13": Party(name="見本　花子", region="東京都", city="港区", lines=("芝公園４－２－８",)),
        "14": Party(name="見本 花子", region="東京都", city="港区", lines=("芝公園9-9-9",)),
        "15": Party(name="見本 次郎", phones=("03-0000-9999",), emails=("jiro@example.jp",)),
    }
    house.take(order, *(replace(order, id=id_, buyer=party) for id_, party in others.items()))
    stored = house.store.order(OrderRef("main-store", "10"))
    found = EarlierOrders(house.engine, house.keyring).of(stored)
    assert sorted(one.order.id for one in found) == ["11", "12", "13"]


def test_what_came_was_changed_or_erased_since_the_last_look_is_taken_account_of(house, bad):
    earlier = EarlierOrders(house.engine, house.keyring)
    house.take(bad)
    order = house.store.order(REF)
    assert earlier.of(order) == []
    house.take(replace(bad, id="2"), replace(bad, id="3"))
    assert sorted(one.order.id for one in earlier.of(order)) == ["2", "3"]
    house.take(replace(bad, id="2", stage=Stage.SHIPPED, changed_at=datetime.now(UTC) + timedelta(days=400)))
    assert {one.order.id: one.went_well for one in earlier.of(order)} == {"2": True, "3": False}
    house.writer.run(house.store.erase(OrderRef("main-store", "3")))
    assert [one.order.id for one in earlier.of(order)] == ["2"]


def test_the_timeline_has_every_moment_with_who_and_leaves_out_who_merely_looked(house, bad, notes):
    house.take(bad)
    house.clock.pass_by(60)
    house.reviews.note("operator", "view_order", REF, "")
    notes.add(REF, "operator", "will call")
    house.clock.pass_by(60)
    house.platform.fail(PlatformRefused("no right"))
    house.release()
    house.work()
    told = [(one.what, one.code, one.by, one.text) for one in Timeline(house.engine, notes).of(REF)]
    assert told == [
        (What.RECEIVED, "webhook", "", ""),
        (What.JUDGED, "hold", "", ""),
        (What.DONE, "hold", "", ""),
        (What.NOTED, "", "operator", "will call"),
        (What.DECIDED, "release", "operator", ""),
        (What.FAILED, "release", "", "no right"),
        (What.DECIDED, "reopen", "shopguard", ""),
    ]
