"""The worker: nothing stops it, nothing acked is lost, one bad order never stops the next."""

import json
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from shopguard.errors import (
    ActionUnsupported,
    OrderGone,
    PayloadInvalid,
    PlatformRefused,
    StoreUnavailable,
    TemporaryFailure,
)
from shopguard.model import Order, OrderEvent, ShopAlarm
from shopguard.storage.tables import effect, inbox
from shopguard.testing.fakes import FakePlatform


class Batches(FakePlatform):
    """A delivery is a list of order ids; each order is fetched, and fails as told. Or it is a signed error body."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.errors = {}

    def parse(self, request):
        body = json.loads(request.body)
        if not isinstance(body, list):
            return [ShopAlarm(self.shop, body["code"], "orders were lost")]
        return [OrderEvent(Order(id=id_, shop=self.shop).ref, None) for id_ in body]

    def fetch(self, ref):
        errors = self.errors.get(ref.order_id, [])
        if errors:
            raise errors.pop(0) if len(errors) > 1 else errors[0]
        return self._order(ref)

    def batch(self, content):
        return replace(self.delivery(Order(id="x")), body=json.dumps(content).encode())


@pytest.fixture
def batches(build, bad):
    house = build(platform=Batches, attempts=3)
    for number in ("1", "2", "3"):
        house.platform.place(replace(bad, id=number))
    return house


ERRORS = [
    PayloadInvalid("unreadable"),
    OrderGone("not here"),
    PlatformRefused("no permission"),
    ActionUnsupported("cannot fetch"),
    TemporaryFailure("busy"),
    ValueError("nonsense"),
    KeyError("id"),
]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_bad_order_in_a_batch_never_stops_the_others(batches, error):
    batches.platform.errors["2"] = [error]
    batches.accept(batches.platform.batch(["1", "2", "3"]))
    batches.settle()
    assert batches.platform.effects == [("hold", "1", "hold-1-1"), ("hold", "3", "hold-3-1")]
    assert len(batches.dead()) == 1


def test_order_that_is_gone_does_not_bury_its_neighbours_retry(batches):
    batches.platform.errors = {"1": [OrderGone("order 1 is not here")], "2": [TemporaryFailure("busy"), None]}
    batches.platform.errors["2"] = [TemporaryFailure("busy")]
    batches.accept(batches.platform.batch(["1", "2"]))
    batches.work()
    assert batches.dead() == []
    batches.platform.errors.pop("2")
    batches.settle()
    assert batches.done("2") == ["hold"]
    assert batches.dead() == ["order 1 is not here"]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_bad_delivery_never_stops_the_next(batches, error):
    batches.platform.errors["1"] = [error]
    batches.accept(batches.platform.batch(["1"]))
    batches.accept(batches.platform.batch(["2"]))
    batches.work()
    assert batches.done("2") == ["hold"]
    batches.settle()
    assert len(batches.dead()) == 1


def test_unreadable_delivery_is_a_dead_letter_and_can_be_replayed(house, bad):
    request = house.platform.delivery(house.platform.place(bad))
    house.accept(replace(request, body=b"{}"))
    house.send(replace(bad, id="2"))
    house.work()
    assert house.done("2") == ["hold"]
    (dead,) = house.inbox.lines(state="dead")
    house.platform.parse = lambda _request: [OrderEvent(bad.ref, bad)]  # the adapter was mended
    assert house.inbox.replay([dead.id], house.now()) == 1
    house.work()
    assert house.done("1") == ["hold"]
    assert house.dead() == []


def test_dead_letter_quotes_no_person(house):
    def parse(request):
        raise ValueError("渡邊 太郎")

    house.platform.parse = parse
    house.accept(house.platform.delivery(Order(id="1")))
    house.settle()
    assert house.dead() == ["given up after 12 attempts: unexpected ValueError"]


def test_signed_error_body_raises_an_alarm(batches):
    batches.accept(batches.platform.batch({"code": "rest_forbidden"}))
    batches.work()
    state = batches.states.get("main-store")
    assert (state.alarm_code, state.alarm_text) == ("rest_forbidden", "orders were lost")
    assert batches.inbox.counts() == {"done": 1}


def test_delivery_of_no_concern_is_done(batches):
    batches.accept(batches.platform.batch([]))
    batches.work()
    assert batches.inbox.counts() == {"done": 1}


def test_temporary_failure_comes_back_when_it_is_told_to(batches):
    batches.platform.errors["1"] = [TemporaryFailure("busy", 100)]
    batches.accept(batches.platform.batch(["1"]))
    batches.work()
    batches.platform.errors.clear()
    batches.pass_by(99)
    assert batches.done() == []
    batches.pass_by(1.1)
    assert batches.done() == ["hold"]


def test_delivery_of_a_shop_that_left_the_configuration_is_a_dead_letter(house, bad):
    house.send(bad)
    house.shops.clear()
    house.work()
    assert house.dead() == ["this shop is no longer in the configuration"]


@pytest.mark.parametrize("broken", ["history", "keep"])
def test_full_disk_in_the_middle_loses_nothing(house, bad, broken):
    house.send(bad)
    whole = getattr(house.store, broken)
    setattr(house.store, broken, _unavailable)
    house.work()
    assert house.done() == []
    setattr(house.store, broken, whole)
    house.settle()
    assert house.done() == ["hold"]
    assert house.dead() == []


def _unavailable(*_args, **_more):
    raise StoreUnavailable("the disk is full")


def test_rows_of_a_killed_predecessor_are_taken_back_at_the_start(house, bad):
    house.send(bad)
    house.inbox.claim(house.claimant(), house.now(), 10)  # and killed
    house.work()
    assert house.done() == ["hold"]


def test_rows_of_another_worker_are_left_alone(house, bad):
    house.send(bad)
    house.inbox.claim(house.claimant("another"), house.now(), 10)
    house.work()
    assert house.done() == []
    house.pass_by(61)
    assert house.done() == ["hold"]


def test_delivery_that_kills_its_worker_each_time_becomes_a_dead_letter(build, bad):
    house = build(attempts=3)
    house.send(bad)
    for _ in range(3):
        house.inbox.claim(house.claimant(), house.now(), 10)
        house.inbox.take_back(house.claimant(), house.now())
    house.work()
    assert house.dead() == ["given up after 3 attempts that never ended"]
    house.inbox.replay([line.id for line in house.inbox.lines()], house.now())
    house.work()
    assert house.done() == ["hold"]


def test_many_deliveries_of_many_orders_are_all_worked_on(house, bad):
    for number in range(60):
        house.send(replace(bad, id=str(number % 20)))
    house.work()
    assert house.inbox.counts() == {"done": 60}
    assert sorted(house.platform.effects) == sorted(("hold", str(n), f"hold-{n}-1") for n in range(20))


def test_two_workers_at_once_have_one_effect_each_order(house, bad):
    for number in range(60):
        house.send(replace(bad, id=str(number % 10)))
    workers = [threading.Thread(target=house.work, args=(name,)) for name in ("first", "second")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    house.settle()
    assert sorted(house.platform.effects) == sorted(("hold", str(n), f"hold-{n}-1") for n in range(10))
    with house.engine.connect() as connection:
        assert set(connection.execute(sa.select(inbox.c.state)).scalars()) == {"done"}
        assert set(connection.execute(sa.select(effect.c.state)).scalars()) == {"confirmed"}


@pytest.mark.parametrize("error", [StoreUnavailable("locked"), ValueError("nonsense")], ids=repr)
@pytest.mark.parametrize("where", ["introduce", "feeds_due"])
def test_worker_outlives_a_fault_of_a_whole_round(house, bad, monkeypatch, error, where):
    monkeypatch.setattr("shopguard.guard.worker._PAUSE_S", 0.01)
    house.send(bad)
    whole, faults = getattr(house.states, where), [error, error]

    def faulty(*args):
        if faults:
            raise faults.pop()
        return whole(*args)

    setattr(house.states, where, faulty)
    stop = threading.Event()
    confirm = house.effects.confirm

    def confirm_and_stop(*args):
        confirm(*args)
        stop.set()

    house.effects.confirm = confirm_and_stop
    house.worker().run(stop)
    assert house.done() == ["hold"]


def give_one_up(house):
    house.work()
    house.accept(replace(house.platform.delivery(Order(id="1")), body=b"{}"))
    house.work()
    assert len(house.dead()) == 1


def test_dead_letter_raises_an_alarm_and_leaves_the_feed_its_time(house):
    house.work()
    later = house.now() + 3600  # as when the platform said Retry-After
    house.states.update("main-store", feed_due_at=later)
    give_one_up(house)
    state = house.states.get("main-store")
    assert (state.alarm_code, state.feed_due_at) == ("dead_letter", later)


@pytest.mark.parametrize("code", ["app_uninstalled", "privacy_access_request", "webhook_disabled"])
def test_dead_letter_hides_no_alarm_that_is_open(house, code):
    house.work()
    house.states.update("main-store", alarm_code=code, alarm_text="what to do", alarm_at=house.now())
    give_one_up(house)
    state = house.states.get("main-store")
    assert (state.alarm_code, state.alarm_text) == (code, "what to do")


def test_alarm_of_the_platform_takes_the_place_of_a_dead_letter_and_has_the_feed_look(house):
    give_one_up(house)
    house.states.update("main-store", feed_due_at=house.now() + 3600)
    house.states.raise_alarm(ShopAlarm("main-store", "app_uninstalled", "install it again"), house.now())
    state = house.states.get("main-store")
    assert (state.alarm_code, state.feed_due_at) == ("app_uninstalled", house.now())


def test_an_alarm_does_not_hide_a_person_who_waits_for_an_answer(house):
    house.states.introduce(["main-store"], house.now())
    house.states.update(
        "main-store", alarm_code="privacy_access_request", alarm_text="request 7", alarm_at=house.now()
    )
    house.states.raise_alarm(ShopAlarm("main-store", "webhook_disabled", "something else"), house.now())
    assert house.states.get("main-store").alarm_text == "request 7"


def test_a_slow_platform_holds_up_no_verdict(build, bad, clean):
    house = build(threads=1)
    called, answer = threading.Event(), threading.Event()
    hold = house.platform.hold

    def slow(ref, mark):
        called.set()
        assert answer.wait(30)
        return hold(ref, mark)

    house.platform.hold = slow
    house.send(bad)
    house.send(replace(clean, id="2"))
    working = threading.Thread(target=house.work)
    working.start()
    try:
        assert called.wait(30)
        for _ in range(300):
            if house.verdict("2") is not None:
                break
            threading.Event().wait(0.05)
        judged_meanwhile = house.verdict("2") is not None
    finally:
        answer.set()
        working.join()
    assert judged_meanwhile
    assert house.done() == ["hold"]
