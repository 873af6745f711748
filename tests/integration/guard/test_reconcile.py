"""The feed: finds the orders whose webhook never came, and only those."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from shopguard.adapter import Capability
from shopguard.errors import StoreUnavailable, TemporaryFailure
from shopguard.model import ShopAlarm, Stage
from shopguard.testing.fakes import FakePlatform

EVERY_S, OVERLAP_S, FIRST_S = 300, 3_600, 172_800


class Listing(FakePlatform):
    """Keeps since when it was asked."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.asked = []

    def orders_since(self, since):
        self.asked.append(since.timestamp())
        return super().orders_since(since)


@pytest.fixture
def feed(build):
    return build(capabilities=frozenset(Capability), platform=Listing)


def state(house):
    return house.states.get("main-store")


def test_missed_order_is_found_and_judged(feed, bad):
    feed.platform.place(bad)
    feed.work()
    assert feed.done() == ["hold"]
    assert [line.source for line in feed.inbox.lines()] == ["feed"]


def test_order_whose_webhook_came_is_not_taken_in_again(feed, bad):
    feed.work()
    feed.take(bad)
    feed.pass_by(EVERY_S)
    assert [line.source for line in feed.inbox.lines()] == ["webhook"]
    assert feed.done() == ["hold"]


def test_only_missed_orders_are_counted(feed, bad, clean):
    feed.take(bad)
    feed.platform.place(replace(clean, id="2"))
    found = feed.reconciliation.read("main-store")
    assert (found.seen, found.missed, found.faulty) == (2, 1, 0)
    assert feed.reconciliation.read("main-store").missed == 0


def test_webhook_that_comes_after_the_feed_has_no_second_effect(feed, bad):
    feed.platform.place(bad)
    feed.work()
    feed.take(bad)
    assert feed.done() == ["hold"]
    assert len(feed.store.history(bad.ref)) == 1


def test_feed_and_webhook_in_the_same_moment_have_one_effect(feed, bad):
    feed.send(bad)
    feed.reconciliation.read("main-store")
    assert feed.inbox.counts() == {"received": 2}
    feed.work()
    assert feed.done() == ["hold"]
    assert len(feed.store.history(bad.ref)) == 1


def test_missed_edit_is_found(feed, clean, bad):
    feed.take(clean)
    feed.platform.place(bad)
    feed.pass_by(EVERY_S)
    assert feed.done() == ["hold"]


@pytest.mark.parametrize("change", [{"test": True}, {"stage": Stage.DRAFT}, {"stage": Stage.CLOSED}], ids=str)
def test_orders_of_no_concern_are_left_alone(feed, bad, change):
    feed.platform.place(replace(bad, **change))
    feed.work()
    assert feed.inbox.counts() == {}


def test_draft_is_found_once_it_is_placed(feed, bad):
    feed.platform.place(replace(bad, stage=Stage.DRAFT))
    feed.work()
    feed.platform.place(bad)
    feed.pass_by(EVERY_S)
    assert feed.done() == ["hold"]


def test_shipped_order_that_was_missed_gets_a_note(feed, bad):
    feed.platform.place(replace(bad, stage=Stage.SHIPPED))
    feed.work()
    assert feed.done() == ["flag"]


def test_each_run_reaches_back_over_the_last_one(feed):
    start = feed.now()
    feed.work()
    feed.pass_by(EVERY_S - 1)
    feed.pass_by(1)
    assert feed.platform.asked == [start - FIRST_S, start - OVERLAP_S]


def test_failure_is_remembered_and_the_next_run_starts_where_it_did(feed, bad):
    start = feed.now()
    feed.work()
    feed.platform.place(bad)
    feed.platform.fail(TemporaryFailure("the shop is closed for the night"))
    feed.pass_by(EVERY_S)
    assert state(feed).feed_error == "the shop is closed for the night"
    feed.pass_by(EVERY_S)
    assert feed.platform.asked[1:] == [start - OVERLAP_S] * 2
    assert state(feed).feed_error is None
    assert feed.done() == ["hold"]


def test_platform_that_asks_for_patience_gets_it(feed):
    feed.platform.fail(TemporaryFailure("busy", 3_000))
    feed.work()
    feed.pass_by(2_999)
    assert len(feed.platform.asked) == 1
    feed.pass_by(1)
    assert len(feed.platform.asked) == 2


def test_nonsense_is_remembered_without_its_words(feed):
    feed.platform.fail(ValueError("渡邊 太郎"))
    feed.work()
    assert state(feed).feed_error == "unexpected ValueError"
    feed.pass_by(EVERY_S)
    assert state(feed).feed_error is None


class Breaking(Listing):
    def orders_since(self, since):
        yield from list(super().orders_since(since))
        raise TemporaryFailure("page 2 did not come")


def test_what_came_before_the_failure_is_kept(build, bad):
    house = build(capabilities=frozenset(Capability), platform=Breaking)
    house.platform.place(bad)
    house.work()
    assert house.done() == ["hold"]
    assert state(house).feed_cursor is None


def test_one_bad_order_never_stops_the_next(feed, bad):
    feed.platform.place(replace(bad, id="1", total=Decimal("sNaN")))  # nothing can be computed of it
    feed.platform.place(replace(bad, id="2"))
    feed.work()
    assert feed.done("2") == ["hold"]
    assert state(feed).feed_error == "1 orders could not be read"


def test_unreadable_orders_are_counted_and_the_others_judged(feed, bad):
    start = feed.now()
    feed.platform.place(bad)
    feed.platform.unreadable = 2
    with capture_logs() as logged:
        feed.work()
    assert feed.done() == ["hold"]
    assert state(feed).feed_error == "2 orders could not be read"
    assert state(feed).feed_cursor == start
    (line,) = [line for line in logged if line["event"] == "feed_orders_unreadable"]
    assert (line["log_level"], line["shop"], line["faulty"]) == ("warning", "main-store", 2)


def test_error_of_unreadable_orders_ends_with_them(feed):
    feed.platform.unreadable = 1
    feed.work()
    feed.platform.unreadable = 0
    feed.pass_by(EVERY_S)
    assert state(feed).feed_error is None


@pytest.mark.parametrize("end", [Stage.CLOSED, Stage.SHIPPED])
def test_end_of_an_order_whose_webhook_was_lost_is_found_once(feed, bad, end):
    feed.take(bad)
    feed.platform.place(replace(bad, stage=end))
    assert feed.reconciliation.read("main-store").missed == 1
    feed.work()
    assert feed.store.stage(bad.ref) is end
    assert feed.reconciliation.read("main-store").missed == 0


def test_order_that_was_cancelled_unheard_waits_for_nobody(feed, bad):
    feed.take(bad)
    assert len(feed.reviews.waiting()) == 1
    feed.platform.place(replace(bad, stage=Stage.CLOSED))
    feed.pass_by(EVERY_S)
    assert len(feed.reviews.waiting()) == 0


def test_order_placed_again_unheard_is_found_although_it_was_judged_before(feed, bad):
    feed.take(bad)
    feed.take(replace(bad, stage=Stage.CLOSED))
    feed.platform.place(bad)
    assert feed.reconciliation.read("main-store").missed == 1
    feed.work()
    assert feed.store.stage(bad.ref) is Stage.OPEN


def test_order_that_is_reopened_and_cancelled_again_is_found_each_time(feed, bad):
    feed.take(bad)
    for stage in (Stage.CLOSED, Stage.OPEN, Stage.CLOSED, Stage.OPEN):
        feed.platform.place(replace(bad, stage=stage, changed_at=feed.clock.now))
        feed.pass_by(EVERY_S)
        assert feed.store.stage(bad.ref) is stage


@pytest.mark.parametrize("change", [{"test": True}, {"stage": Stage.DRAFT}], ids=str)
def test_known_order_that_became_a_test_or_a_draft_is_left_alone(feed, bad, change):
    feed.take(bad)
    feed.platform.place(replace(bad, **change))
    assert feed.reconciliation.read("main-store").missed == 0


def test_full_disk_is_no_fault_of_an_order(feed, bad):
    feed.platform.place(bad)
    feed.states.introduce(["main-store"], feed.now())
    taken, feed.inbox.accept_order = feed.inbox.accept_order, _unavailable
    found = feed.reconciliation.read("main-store")
    assert found.missed == 0
    feed.inbox.accept_order = taken
    assert state(feed).feed_cursor is None


def _unavailable(*_args, **_more):
    raise StoreUnavailable("the disk is full")


def test_platform_without_a_feed_is_left_alone(build):
    house = build(platform=Listing)
    house.work()
    house.pass_by(EVERY_S)
    assert house.platform.asked == []
    assert state(house).feed_error is None


def test_alarm_makes_the_feed_look_at_once(feed, bad):
    feed.work()
    feed.platform.place(bad)
    feed.states.raise_alarm(ShopAlarm("main-store", "webhook_disabled", "the webhook was switched off"), feed.now())
    feed.pass_by(1)
    assert feed.done() == ["hold"]


def test_two_workers_do_not_read_one_feed_together(feed):
    feed.states.introduce(["main-store"], feed.now())
    assert feed.reconciliation.due(feed.claimant("first")) == ["main-store"]
    assert feed.reconciliation.due(feed.claimant("second")) == []


def test_cursor_is_the_start_of_the_run(feed):
    start = feed.now()
    feed.work()
    assert state(feed).feed_cursor == start
    assert datetime.fromtimestamp(start, UTC) == feed.clock.now
