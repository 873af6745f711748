"""Writing back: at least once, with effect exactly once, whatever the platform and the process do."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from shopguard.adapter import Capability
from shopguard.errors import (
    ActionUnsupported,
    ConfigError,
    OrderGone,
    PlatformRefused,
    StoreUnavailable,
    TemporaryFailure,
)
from shopguard.storage.tables import effect, shop_state
from shopguard.testing.fakes import FakePlatform


class Watching(FakePlatform):
    """Keeps the marks it was called with."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.marks = []

    def hold(self, ref, mark):
        self.marks.append(mark)
        return super().hold(ref, mark)


def test_second_attempt_has_the_same_key_and_says_that_it_is_one(build, bad):
    house = build(platform=Watching)
    house.platform.fail(TemporaryFailure("busy"))
    house.take(bad)
    house.settle()
    first, second = house.platform.marks
    assert (first.attempt, second.attempt) == (1, 2)
    assert first.key == second.key == "hold-1-1"
    assert first.since == second.since
    assert first.text == second.text


def test_keys_of_two_orders_and_of_two_holds_differ(build, bad):
    house = build(platform=Watching)
    house.take(bad, replace(bad, id="2"))
    house.release()
    house.work()
    house.registry.entries.append(replace(house.registry.entries[0], id="E-2"))
    house.take(replace(bad, ip=None, total=bad.total + 1))
    keys = [mark.key for mark in house.platform.marks]
    assert len(keys) == len(set(keys)) == 3


@pytest.mark.parametrize(
    "error",
    [
        TemporaryFailure("cut off"),
        TemporaryFailure("busy", 30),
        ValueError("nonsense"),
        RuntimeError(),
        KeyError("order"),
        RecursionError(),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "odd"),
        ConfigError("odd place"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("lost", [False, True], ids=["before", "answer lost"])
def test_failure_of_any_kind_is_tried_again_without_a_second_effect(house, bad, error, lost):
    (house.platform.lose_answer if lost else house.platform.fail)(error)
    house.take(bad)
    house.settle()
    assert house.platform.effects == [("hold", "1", "hold-1-1")]
    assert house.states_of() == [("hold", "confirmed")]


def test_nonsense_error_is_kept_without_its_words(house, bad):
    house.platform.fail(ValueError("渡邊 太郎 090-0000-1111"))
    house.take(bad)
    assert house.planned()[0].last_error == "unexpected ValueError"


class Nonsense(FakePlatform):
    """What stood before is nothing that can be kept."""

    def hold(self, ref, mark):
        super().hold(ref, mark)
        return {"was": object()}


def test_answer_that_cannot_be_kept_ends_as_a_visible_failure(build, bad):
    house = build(platform=Nonsense, attempts=3)
    house.take(bad)
    house.settle()
    assert house.states_of() == [("hold", "failed")]
    assert "TypeError" in house.review().effect_error
    assert house.inbox.counts() == {"done": 1}


@pytest.mark.parametrize(
    "error", [OrderGone("order 1 is not here"), PlatformRefused("no permission", "403")], ids=repr
)
def test_refusal_is_a_visible_failure_at_once(house, bad, error):
    house.platform.fail(error)
    house.take(bad)
    assert house.states_of() == [("hold", "failed")]
    assert house.review().effect_error == str(error)
    assert house.next_due() is None


def test_attempts_run_out_and_trying_again_works(build, bad):
    house = build(attempts=3)
    house.platform.fail(*[TemporaryFailure("busy")] * 3)
    house.take(bad)
    house.settle()
    (failed,) = house.effects.failed()
    assert (failed.attempts, failed.last_error) == (3, "given up after 3 attempts: busy")
    assert house.effects.try_again([failed.id], house.now()) == 1
    house.settle()
    assert house.states_of() == [("hold", "confirmed")]
    assert house.done() == ["hold"]
    assert house.review().effect_error is None


def test_trying_again_reads_the_platform_first(build, bad):
    house = build(platform=Watching, attempts=1)
    house.platform.lose_answer(TemporaryFailure("cut off"))
    house.take(bad)
    house.effects.try_again([house.effects.failed()[0].id], house.now())
    house.settle()
    assert [mark.attempt for mark in house.platform.marks] == [1, 2]


def test_attempts_wait_longer_and_longer(house, bad):
    house.platform.fail(*[TemporaryFailure("busy")] * 6)
    house.take(bad)
    waits = []
    for _ in range(5):
        waits.append(house.next_due() - house.now())
        house.clock.pass_by(waits[-1] + 0.001)
        house.work()
    ceilings = [2, 4, 8, 16, 32]
    assert all(ceiling / 2 <= wait <= ceiling for wait, ceiling in zip(waits, ceilings, strict=True))


def test_retry_after_is_kept_to(house, bad):
    house.platform.fail(TemporaryFailure("busy", 90))
    house.take(bad)
    house.pass_by(89)
    assert house.done() == []
    house.pass_by(1.1)
    assert house.done() == ["hold"]


def test_retry_after_lets_the_whole_shop_rest(build, bad):
    house = build(rate_per_s=1)
    house.platform.fail(TemporaryFailure("busy", 90))
    house.take(bad)
    for number in ("2", "3", "4"):
        house.take(replace(bad, id=number))
    house.pass_by(85)
    assert house.platform.effects == []
    house.settle()
    assert sorted(order for _, order, _ in house.platform.effects) == ["1", "2", "3", "4"]


def test_what_waited_already_rests_too(build, bad):
    house = build(rate_per_s=0.5)  # the first goes at once, the others two seconds apart
    house.platform.fail(TemporaryFailure("busy", 60))
    for number in ("1", "2", "3"):
        house.send(replace(bad, id=number))
    house.work()
    house.pass_by(50)
    assert house.platform.effects == []
    house.settle()
    assert len(house.platform.effects) == 3


def test_rate_of_a_shop_spreads_its_effects(build, bad):
    house = build(rate_per_s=2)  # four at once after a quiet time, then one every half second
    for number in range(10):
        house.send(replace(bad, id=str(number)))
    house.work()
    assert len(house.platform.effects) == 4
    for step in range(1, 7):
        house.pass_by(0.5)
        assert len(house.platform.effects) == 4 + step


def test_rest_is_not_shortened_by_a_second_answer(build, bad):
    house = build(rate_per_s=1)
    house.platform.fail(TemporaryFailure("busy", 120), TemporaryFailure("busy", 10))
    house.send(bad)
    house.send(replace(bad, id="2"))
    house.work()
    house.take(replace(bad, id="3"))
    house.pass_by(100)
    assert house.done("3") == []


def test_crash_between_commit_and_call_is_made_good_once(house, bad):
    house.states.introduce(["main-store"], house.now())
    order = house.platform.place(bad)
    pipeline = house.pipeline(house.claimant())
    pipeline._write_back.run = lambda effect: None  # killed before the call

    from shopguard.model import OrderEvent

    pipeline.handle(OrderEvent(order.ref, order))
    assert house.states_of() == [("hold", "sent")]
    house.work()  # started again under the same name
    assert house.done() == ["hold"]
    assert house.planned()[0].attempts == 2


def test_crash_between_call_and_record_has_no_second_effect(build, bad):
    house = build(platform=Watching)
    house.send(bad)
    confirm, house.effects.confirm = house.effects.confirm, _unavailable
    house.work()
    assert (house.states_of(), house.platform.held) == ([("hold", "sent")], {"1"})
    house.effects.confirm = confirm
    house.work()
    assert [mark.attempt for mark in house.platform.marks] == [1, 2]
    assert house.done() == ["hold"]
    assert house.states_of() == [("hold", "confirmed")]


def _unavailable(*_args, **_more):
    raise StoreUnavailable("the disk is full")


def test_another_worker_takes_over_only_when_the_lease_ran_out(house, bad):
    house.send(bad)
    confirm, house.effects.confirm = house.effects.confirm, _unavailable
    house.work("first")
    house.effects.confirm = confirm
    house.clock.pass_by(30)
    house.work("second")
    assert house.states_of() == [("hold", "sent")]
    house.clock.pass_by(31)
    house.work("second")
    assert house.states_of() == [("hold", "confirmed")]


def test_effect_whose_lease_ran_out_in_the_queue_is_left_to_its_next_holder(house, bad):
    house.take(bad)
    house.release()
    (claimed,) = house.effects.claim(house.claimant(), house.now(), 1)
    house.clock.pass_by(61)
    house.write_back.run(claimed)
    assert house.done() == ["hold"]
    house.settle()
    assert house.done() == ["hold", "release"]


def test_late_failure_does_not_undo_what_the_next_holder_confirmed(house, bad):
    house.take(bad)
    house.release()
    (late,) = house.effects.claim(house.claimant("first"), house.now(), 1)
    house.clock.pass_by(61)
    house.work("second")
    house.effects.put_back(late, house.now(), "cut off")
    house.effects.fail(late, "cut off", house.now())
    assert house.states_of() == [("hold", "confirmed"), ("release", "confirmed")]


def test_effect_that_kills_its_worker_each_time_is_given_up(build, bad):
    house = build(attempts=3, rate_per_s=0.01)
    house.take(replace(bad, id="0"), bad)
    house.clock.pass_by(1_000)
    for _ in range(4):
        house.effects.claim(house.claimant(), house.now(), 10)
        house.effects.take_back(house.claimant(), house.now())
    house.settle()
    assert house.states_of("1") == [("hold", "failed")]
    assert house.effects.failed()[0].last_error.startswith("given up after 5 attempts")


def test_effects_of_one_order_are_handed_out_one_after_the_other(house, bad):
    house.take(bad)
    house.release()
    house.registry.entries.append(replace(house.registry.entries[0], id="E-2"))
    (release,) = house.effects.claim(house.claimant(), house.now(), 10)
    house.send(replace(bad, total=bad.total + 1))
    house.work("second")
    assert house.states_of() == [("hold", "confirmed"), ("release", "sent"), ("hold", "intended")]
    assert house.effects.claim(house.claimant("third"), house.now(), 10) == []
    house.write_back.run(release)
    house.work("second")
    assert house.done() == ["hold", "release", "hold"]


def test_note_waits_for_nothing(house, bad, possible):
    house.take(bad)
    house.release()
    house.effects.claim(house.claimant("first"), house.now(), 10)
    house.registry.entries.append(replace(house.registry.entries[0], id="E-2", party=possible.buyer))
    house.platform.capabilities -= {Capability.HOLD}
    house.send(possible)
    house.work("second")
    assert house.done() == ["hold", "flag"]


def test_given_up_hold_is_not_tried_again_once_a_later_one_stands(build, bad):
    house = build(attempts=1)
    house.platform.fail(TemporaryFailure("busy"))
    house.take(bad, replace(bad, total=bad.total + 1))
    assert house.states_of() == [("hold", "failed"), ("hold", "confirmed")]
    assert house.effects.try_again([house.effects.failed()[0].id], house.now()) == 0


def test_shop_that_left_the_configuration_is_a_visible_failure(house, bad):
    house.take(bad)
    house.release()
    house.shops.clear()
    house.work()
    assert house.states_of() == [("hold", "confirmed"), ("release", "failed")]


@pytest.mark.parametrize("action", ["flag", "hold", "release"])
def test_unsupported_action_is_never_repeated(house, bad, possible, action):
    if action == "release":
        house.take(bad)
        house.release()
    else:
        house.send(possible if action == "flag" else bad)
    house.platform.fail(ActionUnsupported("not for this order"))
    house.settle()
    assert (action, "failed") in house.states_of()
    assert action not in house.done()


def test_what_is_stored_names_nobody(house, bad):
    house.take(bad)
    house.release()
    house.work()
    with house.engine.connect() as connection:
        rows = [*connection.execute(sa.select(effect)), *connection.execute(sa.select(shop_state))]
    stored = repr(rows)
    assert not any(part in stored for part in ("渡邊", "太郎", "1111", "taro", "芝公園"))
