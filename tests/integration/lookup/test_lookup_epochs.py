"""Epochs that come and go while guards ask, and rules of identity that change."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import pytest

from shopguard.identity import Token
from shopguard.registry.epochs import EpochState
from shopguard.registry.index import Found, Index
from shopguard.registry.messages import LOOKUPS, LookUpAnswer, RefusalShape
from shopguard.registry.refusals import Refusal

if TYPE_CHECKING:
    from tests.integration.lookup.conftest import Centre

PHONE, EMAIL = Token(1, 1, 1, "+819000001111"), Token(1, 2, 2, "taro@example.jp")


def test_a_switch_of_epochs_goes_unnoticed(centre: "Centre") -> None:
    """Whatever the moment, an order that hits under the old epoch hits under the new one."""
    listed = centre.add("E-1", PHONE, EMAIL)
    assert centre.look_up(PHONE, EMAIL).current == 1
    centre.epoch(2, EpochState.PREPARING)
    centre.add("E-1", PHONE, EMAIL, epoch=2, handle=listed.handle)
    centre.epoch(2)
    assert centre.handles(PHONE, EMAIL, epoch=2) == ["E-1"], "asked before the service looked again"
    centre.epoch(1, EpochState.CLOSING)
    centre.pass_time(1)
    answer = centre.look_up(PHONE, EMAIL, epoch=1)
    assert [found.handle for found in answer.candidates] == ["E-1"]
    assert (answer.epoch, answer.current, answer.live) == (1, 2, (1, 2))


def test_an_identical_retry_after_a_switch_is_answered_uncharged(centre: "Centre") -> None:
    centre.enrol("shop-2", daily_orders=100)
    retried = bytes(16)
    centre.look_up(PHONE, EMAIL, member="shop-2", commitment=retried)
    before = centre.me("shop-2")
    centre.epoch(2)
    centre.look_up(PHONE, EMAIL, member="shop-2", commitment=retried, epoch=2)
    after = centre.me("shop-2")
    assert [budget.left for budget in after.budgets] == [budget.left for budget in before.budgets]


@pytest.mark.parametrize("state", [EpochState.PREPARING, EpochState.CLOSED])
def test_an_epoch_that_is_not_served_is_refused_with_the_current_one(centre: "Centre", state: EpochState) -> None:
    centre.epoch(2, state)
    centre.add("E-1", PHONE, EMAIL, epoch=2)
    refusal = centre.refused(PHONE, EMAIL, epoch=2)
    assert (refusal.code, refusal.current) == (Refusal.EPOCH, 1)


def test_a_closed_epoch_is_refused_after_a_second(centre: "Centre") -> None:
    centre.epoch(2)
    centre.look_up(PHONE)
    centre.epoch(1, EpochState.CLOSED)
    centre.pass_time(1)
    refusal = centre.refused(PHONE, epoch=1)
    assert (refusal.code, refusal.current) == (Refusal.EPOCH, 2)


def test_an_epoch_whose_seed_is_gone_is_refused_with_the_current_one(centre: "Centre") -> None:
    centre.epoch(2)
    centre.look_up(PHONE)
    centre.epoch(1, EpochState.CLOSED)
    centre.seeds.destroy(1)
    refusal = centre.refused(PHONE, epoch=1)
    assert (refusal.code, refusal.current) == (Refusal.EPOCH, 2)


def test_tokens_of_other_rules_are_refused_before_they_cost_anything(centre: "Centre") -> None:
    centre.enrol("shop-2", daily_orders=100)
    newer = [Token(2, 1, 1, "+819000001111")]
    asked = bytes(16)
    refusal = centre.refused(*newer, member="shop-2", profile=2, commitment=asked)
    assert (refusal.code, refusal.current) == (Refusal.PROFILE, 1)
    assert all(budget.left == budget.size for budget in centre.me("shop-2").budgets)
    centre.look_up(PHONE, member="shop-2", commitment=asked)  # the batch is still free


def test_the_current_epoch_is_the_one_of_the_rules_asked_under(centre: "Centre") -> None:
    centre.epoch(2, profile=2)
    centre.add("E-1", PHONE, EMAIL)
    answer = centre.look_up(PHONE, EMAIL, epoch=1)
    assert (answer.current, answer.live, [watch.epoch for watch in answer.watch]) == (1, (1, 2), [1])
    refusal = centre.refused(PHONE, epoch=2)
    assert (refusal.code, refusal.current) == (Refusal.EPOCH, 1)
    assert centre.refused(PHONE, epoch=3).current == 1


def test_a_token_of_other_rules_than_its_batch_is_refused(centre: "Centre") -> None:
    assert centre.refused(PHONE, Token(2, 2, 2, "taro@example.jp")).code == Refusal.PROFILE


def test_an_epoch_closed_while_it_is_asked_is_refused_and_not_found_empty(centre: "Centre") -> None:
    centre.epoch(2)
    centre.add("E-1", PHONE, EMAIL)

    class Closing(Index):
        def find(self, epoch: int, locators: Sequence[bytes]) -> Found:
            centre.epoch(1, EpochState.CLOSED)
            self.purge(1)
            return super().find(epoch, locators)

    centre.serve(index=Closing(centre.index_engine))
    refusal = centre.refused(PHONE, EMAIL, epoch=1)
    assert (refusal.code, refusal.current) == (Refusal.EPOCH, 2)


def test_guards_that_ask_during_a_switch_miss_nothing(centre: "Centre") -> None:
    """Four guards ask all the time; none of their orders is ever told that nobody is listed."""
    centre.add("E-1", PHONE, EMAIL, handle=bytes(16))
    answered, over = threading.Semaphore(0), threading.Event()

    def ask_on() -> set[str]:
        epoch, told = 1, set()
        while not over.is_set():
            answer = centre.service.handle(centre.request("POST", LOOKUPS, centre.batch(PHONE, EMAIL, epoch=epoch)))
            if answer.status == 200:
                read = msgspec.json.decode(answer.body, type=LookUpAnswer)
                told.add(",".join(candidate.handle for candidate in read.candidates))
                epoch = read.current
            else:
                refusal = msgspec.json.decode(answer.body, type=RefusalShape)
                told.add(refusal.code)
                epoch = refusal.current or epoch
            answered.release()
        return told

    def let_them_ask() -> None:
        for _ in range(12):
            assert answered.acquire(timeout=60)

    with ThreadPoolExecutor(4) as pool:
        guards = [pool.submit(ask_on) for _ in range(4)]
        try:
            for new in (2, 3):
                let_them_ask()
                centre.epoch(new, EpochState.PREPARING)
                centre.add("E-1", PHONE, EMAIL, epoch=new, handle=bytes(16))
                let_them_ask()
                centre.epoch(new)
                centre.epoch(new - 1, EpochState.CLOSING)
                let_them_ask()
                centre.epoch(new - 1, EpochState.CLOSED)
                centre.index.purge(new - 1)
                centre.seeds.destroy(new - 1)
                let_them_ask()
        finally:
            over.set()
    told = set.union(*(guard.result() for guard in guards))
    assert "E-1" in told
    assert told <= {"E-1", Refusal.EPOCH}
