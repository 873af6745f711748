"""Whatever comes, in whatever order, with whatever failures: one verdict each, no effect twice, never stuck."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopguard.crypto import Keyring
from shopguard.errors import ActionUnsupported, StoreUnavailable, TemporaryFailure
from shopguard.model import OrderRef, ScreeningState, Stage, VerdictKind
from shopguard.storage.engine import open_engine, sqlite_url
from shopguard.storage.tables import effect, inbox, screening
from shopguard.testing.fakes import FakePlatform

ORDERS = st.sampled_from(["1", "2"])
FORMS = st.sampled_from(["bad", "clean", "possible"])
STAGES = st.sampled_from([Stage.OPEN] * 5 + [Stage.SHIPPED, Stage.CLOSED, Stage.DRAFT])
ERRORS = st.sampled_from([TemporaryFailure("busy"), TemporaryFailure("busy", 90), ValueError("nonsense")])

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("deliver"), ORDERS, FORMS, STAGES),
        st.tuples(st.just("deliver"), ORDERS, FORMS, st.just(Stage.OPEN)),
        st.tuples(st.just("repeat"), st.integers(0, 9)),
        st.tuples(st.just("work")),
        st.tuples(st.just("pass_by"), st.sampled_from([1.0, 5.0, 61.0, 700.0])),
        st.tuples(st.just("fail"), ERRORS),
        st.tuples(st.just("lose_answer"), ERRORS),
        st.tuples(st.just("silence"), st.booleans()),
        st.tuples(st.just("kill_with_deliveries")),
        st.tuples(st.just("kill_with_effects")),
        st.tuples(st.just("kill_before_recording")),
        st.tuples(st.just("release"), ORDERS),
        st.tuples(st.just("keep"), ORDERS),
    ),
    min_size=3,
    max_size=25,
)


class Strict(FakePlatform):
    """Looks what stands there only when it is told that this is not the first attempt, as a real adapter may."""

    def _note(self, verb, ref, what):
        self._order(ref)
        known = (verb, ref.order_id, what) in self.effects
        if not (known and self.looks):
            self.effects.append((verb, ref.order_id, what))

    def flag(self, ref, mark):
        self.looks = mark.attempt > 1
        super().flag(ref, mark)

    def hold(self, ref, mark):
        self.looks = mark.attempt > 1
        return super().hold(ref, mark)

    def _hold(self, ref, mark):
        if self._order(ref).stage in (Stage.SHIPPED, Stage.CLOSED) and ref.order_id not in self.held:
            raise ActionUnsupported(f"order {ref.order_id} cannot be held any more")
        self._note("hold", ref, mark.key)
        self.held.add(ref.order_id)
        return {"was": "open"}

    def release(self, ref, undo, mark):
        self.looks = mark.attempt > 1
        super().release(ref, undo, mark)


@pytest.fixture(scope="module")
def fresh_house(migrated_file, tmp_path_factory, house_class) -> Callable:
    keyring = Keyring.create(tmp_path_factory.mktemp("keys") / "keys.json")

    def make(folder):
        engine = open_engine(sqlite_url(Path(shutil.copy(migrated_file, Path(folder) / "guard.db"))))
        return house_class(engine, keyring, platform=Strict, threads=1)

    return make


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_every_order_ends_judged_once_and_nothing_is_done_twice(fresh_house, forms, steps):
    with tempfile.TemporaryDirectory() as folder:
        house = fresh_house(folder)
        try:
            story = Story(house, forms)
            for name, *arguments in steps:
                getattr(story, name)(*arguments)
            story.silence(False)
            house.settle()
            story.examine()
        finally:
            house.writer.close()
            house.engine.dispose()


class Story:
    """What may happen to a guard."""

    def __init__(self, house, forms):
        self.house, self.forms = house, forms
        self.sent = []
        self.to_judge = set()

    def deliver(self, order_id, form, stage):
        order = replace(self.forms[form], id=order_id, stage=stage)
        self.sent.append(order)
        self.house.send(order)
        if stage in (Stage.OPEN, Stage.SHIPPED):
            self.to_judge.add(order_id)

    def repeat(self, number):
        if self.sent:
            self.house.accept(self.house.platform.delivery(self.sent[number % len(self.sent)]))

    def work(self):
        self.house.work()

    def pass_by(self, seconds):
        self.house.clock.pass_by(seconds)

    def fail(self, error):
        self.house.platform.fail(error)

    def lose_answer(self, error):
        self.house.platform.lose_answer(error)

    def silence(self, silent):
        self.house.registry.failing = silent

    def kill_with_deliveries(self):
        self.house.inbox.claim(self.house.claimant(), self.house.now(), 2)

    def kill_with_effects(self):
        self.house.effects.claim(self.house.claimant(), self.house.now(), 2)

    def kill_before_recording(self):
        confirm, self.house.effects.confirm = self.house.effects.confirm, _unavailable
        self.house.work()
        self.house.effects.confirm = confirm

    def release(self, order_id):
        self.house.release(order_id)

    def keep(self, order_id):
        self.house.reviews.keep(OrderRef("main-store", order_id), "operator")

    def examine(self):
        house = self.house
        with house.engine.connect() as connection:
            assert set(connection.execute(sa.select(inbox.c.state)).scalars()) <= {"done"}
            assert set(connection.execute(sa.select(effect.c.state)).scalars()) <= {
                "confirmed",
                "cancelled",
                "failed",
            }
            generations = connection.execute(sa.select(screening.c.order_id, screening.c.generation)).all()
        assert len(set(generations)) == len(generations)
        assert [e for e, times in Counter(house.platform.effects).items() if times > 1] == []
        for order_id in self.to_judge:
            self.examine_order(OrderRef("main-store", order_id))

    def examine_order(self, ref):
        house, held = self.house, ref.order_id in self.house.platform.held
        history = house.store.history(ref)
        assert history
        hold, _ = house.write_back.standing(ref)
        assert held == (hold is not None)
        order, review = house.store.order(ref), house.reviews.get(ref)
        assert order is not None
        if order.stage in (Stage.DRAFT, Stage.CLOSED):
            return
        (current,) = [one for one in history if one.digest == house.screener.digest(order)]
        assert current.state is ScreeningState.SCREENED
        if review is not None and review.state.value == "open" and review.verdict is VerdictKind.HOLD:
            failed = [one for one in house.effects.of_order(ref) if one.state == "failed"]
            assert held or failed or Stage.SHIPPED in {sent.stage for sent in self.sent if sent.id == ref.order_id}
        if current.kind is VerdictKind.HOLD:
            assert review is not None
        if held:
            assert review is not None
            assert review.state.value in ("open", "kept") or self.was_closed(ref)

    def was_closed(self, ref):
        return any(sent.id == ref.order_id and sent.stage is Stage.CLOSED for sent in self.sent)


def _unavailable(*_args, **_more):
    raise StoreUnavailable("the disk is full")
