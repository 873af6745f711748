"""The stories that lean on the database hardest, once more on PostgreSQL."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from shopguard.config import GateSettings, Mode
from shopguard.errors import StoreUnavailable, TemporaryFailure
from shopguard.guard.shops import note_event, pause_calls
from shopguard.model import OrderEvent, PaymentKind, Stage, VerdictKind
from shopguard.storage.tables import shop_state


@pytest.fixture
def make(postgres_engine, keyring, house_class):
    houses = []

    def build(**more):
        houses.append(house_class(postgres_engine, keyring, **more))
        return houses[-1]

    yield build
    for house in houses:
        house.writer.close()


def test_silence_answer_release_and_a_new_match(make, bad):
    house = make()
    house.registry.failing = True
    house.take(bad)
    house.registry.failing = False
    house.pass_by(600)
    assert house.done() == ["hold", "flag"]
    house.release()
    house.work()
    house.registry.entries.append(replace(house.registry.entries[0], id="E-2"))
    house.take(replace(bad, total=bad.total + 1))
    assert house.done() == ["hold", "flag", "release", "hold"]


def test_cancelled_and_placed_again(make, bad):
    house = make()
    house.take(bad, replace(bad, stage=Stage.CLOSED), bad)
    assert house.review_state() == "open"
    assert house.done() == ["hold", "hold"]


def test_gate_is_cleared_and_the_order_then_held(make, clean, bad):
    house = make(mode=Mode.GATE, gate=GateSettings((PaymentKind.COD,), "processing"))
    house.platform.gated.add("1")
    house.take(clean, bad)
    assert house.done() == ["clear_gate", "hold"]


def test_busy_platform_lets_the_shop_rest_and_a_release_ends_the_attempts(make, bad):
    house = make(rate_per_s=0.5)
    house.platform.lose_answer(TemporaryFailure("busy", 60))
    house.take(bad, replace(bad, id="2"), replace(bad, id="3"))
    house.release("1")
    house.pass_by(30)
    assert house.done("2") + house.done("3") == []
    house.settle()
    assert house.platform.held == {"2", "3"}


def test_given_up_hold_is_tried_again(make, bad):
    house = make(attempts=1)
    house.platform.fail(TemporaryFailure("busy"))
    house.take(bad)
    assert house.effects.try_again([house.effects.failed()[0].id], house.now()) == 1
    house.settle()
    assert house.done() == ["hold"]


def test_forms_judged_at_once_by_several_processes_get_generations_of_their_own(make, bad):
    house = make()
    house.take(bad)
    pipelines = [house.pipeline(house.claimant(str(number))) for number in range(6)]
    forms = [house.platform.place(replace(bad, total=bad.total + number)) for number in range(1, 7)]
    start = threading.Barrier(6)

    def handle(pipeline, form):
        start.wait()
        pipeline.handle(OrderEvent(form.ref, form))

    threads = [threading.Thread(target=handle, args=pair) for pair in zip(pipelines, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.generation for one in house.store.history(bad.ref)) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("second", ["clean", "bad"])
def test_form_that_a_newer_one_overtakes_at_another_worker_is_not_judged(make, forms, second):
    house, early = make(), datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
    first = "bad" if second == "clean" else "clean"
    older = house.platform.place(replace(forms[first], changed_at=early))
    newer = house.platform.place(replace(forms[second], changed_at=early + timedelta(seconds=1)))
    one, other = house.pipeline(house.claimant("one")), house.pipeline(house.claimant("other"))
    look_up, finished = house.registry.look_up, []

    def overtaken(query):
        house.registry.look_up = look_up
        other.handle(OrderEvent(newer.ref, newer))
        return look_up(query)

    house.registry.look_up = overtaken
    verdict = one.handle(OrderEvent(older.ref, older), lambda _connection, order_id: finished.append(order_id))
    assert (verdict, finished) == (None, ["1"])
    assert house.store.order(newer.ref) == newer
    assert len(house.store.history(newer.ref)) == 1
    assert house.done() == (["hold"] if second == "bad" else [])


def test_form_that_is_edited_at_another_worker_while_it_is_asked_about_again_is_not_judged(make, bad, clean):
    house = make()
    house.registry.failing = True
    house.take(replace(bad, total=Decimal(500)))
    house.registry.failing = False
    house.clock.pass_by(600)
    (earlier,) = house.store.claim_to_ask(house.now(), house.now() + 60, 10)
    newer, look_up = house.platform.place(clean), house.registry.look_up

    def edited(query):
        house.registry.look_up = look_up
        house.pipeline(house.claimant("other")).handle(OrderEvent(newer.ref, newer))
        return look_up(query)

    house.registry.look_up = edited
    house.pipeline().ask_again(earlier)
    house.settle()
    assert house.done() == []
    assert house.verdict().kind is VerdictKind.ALLOW
    assert house.review() is None


def test_transactions_that_wait_for_each_other_are_both_done_in_the_end(make):
    house, both_begun = make(), threading.Barrier(2)
    house.states.introduce(["a", "b"], 0.0)
    attempts, failures = [], []

    def take_both(first, second):
        def work(connection):
            attempts.append(first)
            connection.execute(sa.text("SET LOCAL deadlock_timeout = '20ms'"))
            note_event(connection, first, 1.0)
            if attempts.count(first) == 1:
                both_begun.wait(10)
            pause_calls(connection, second, 2.0)

        try:
            house.writer.run(work)
        except StoreUnavailable as error:
            failures.append(error)

    threads = [threading.Thread(target=take_both, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(attempts) >= 3, "one of them was given up once, at least"
    with house.engine.connect() as connection:
        rows = connection.execute(sa.select(shop_state.c.last_event_at, shop_state.c.calls_at)).all()
    assert [tuple(row) for row in rows] == [(1.0, 2.0), (1.0, 2.0)]


def test_work_that_collides_every_time_is_not_stored_and_may_come_back(make):
    house, attempts = make(), []

    def collide(connection):
        attempts.append(1)
        connection.execute(sa.text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

    with pytest.raises(StoreUnavailable):
        house.writer.run(collide)
    assert len(attempts) == 4


def test_two_workers_at_once_have_one_verdict_and_one_effect_each(make, bad):
    house = make()
    for number in range(60):
        house.send(replace(bad, id=str(number % 10)))
    workers = [threading.Thread(target=house.work, args=(name,)) for name in ("first", "second")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    house.settle()
    assert sorted(house.platform.effects) == sorted(("hold", str(n), f"hold-{n}-1") for n in range(10))
    assert all(len(house.store.history(replace(bad, id=str(n)).ref)) == 1 for n in range(10))
    assert house.inbox.counts() == {"done": 60}
