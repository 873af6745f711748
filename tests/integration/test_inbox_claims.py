"""Claims: each row to one worker at a time, back after a crash, and no loser undoes what a winner did."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import pytest
import sqlalchemy as sa

from shopguard.adapter import WebhookRequest
from shopguard.crypto import Keyring
from shopguard.guard import effects
from shopguard.guard.claims import Claimant
from shopguard.guard.effects import Effect, Effects
from shopguard.guard.inbox import Delivery, Inbox
from shopguard.guard.policy import Action
from shopguard.model import OrderRef
from shopguard.storage.writer import Writer, writer_for

T0 = 1_000_000.0
LEASE_S = 60.0
ANN, BOB = Claimant("ann", LEASE_S), Claimant("bob", LEASE_S)


class Queue(Protocol):
    """What inbox and effects have in common."""

    def claim(self, claimant: Claimant, now: float, limit: int) -> Sequence[Delivery | Effect]: ...
    def any_due(self, now: float) -> bool: ...
    def take_back(self, claimant: Claimant, now: float) -> int: ...
    def counts(self) -> dict[str, int]: ...


Fill = Callable[[int], Queue]


@pytest.fixture
def writer(engine: sa.Engine) -> Writer:
    return writer_for(engine)


@pytest.fixture
def inbox(engine: sa.Engine, writer: Writer, keyring: Keyring) -> Inbox:
    return Inbox(engine, writer, keyring)


@pytest.fixture
def queue(engine: sa.Engine, writer: Writer) -> Effects:
    return Effects(engine, writer)


def receive(inbox: Inbox, count: int) -> Inbox:
    at = datetime.fromtimestamp(T0, UTC)
    for number in range(count):
        inbox.accept("main-store", f"k{number}", WebhookRequest("http://127.0.0.1/", {}, b"{}", at))
    return inbox


def intend(queue: Effects, writer: Writer, count: int) -> Effects:
    for number in range(count):
        ref = OrderRef("main-store", str(number))
        writer.run(partial(effects.plan, ref=ref, action=Action.HOLD, generation=1, text="text", now=T0))
    return queue


@pytest.fixture(params=["inbox", "effects"])
def fill(request: pytest.FixtureRequest, inbox: Inbox, queue: Effects, writer: Writer) -> Fill:
    """Gives the inbox, or the effects, with as many rows due at ``T0`` as asked for."""
    if request.param == "inbox":
        return lambda count: receive(inbox, count)
    return lambda count: intend(queue, writer, count)


def test_a_claim_takes_no_more_than_its_limit_oldest_first(fill: Fill) -> None:
    queue = fill(7)
    first = queue.claim(ANN, T0, 3)
    second = queue.claim(BOB, T0, 3)
    assert [len(first), len(second), len(queue.claim(ANN, T0, 3))] == [3, 3, 1]
    assert [row.id for row in first] == sorted(row.id for row in first)
    assert max(row.id for row in first) < min(row.id for row in second)


def test_two_claimants_never_get_the_same_row(fill: Fill) -> None:
    queue = fill(60)
    claimants = [Claimant(f"w{number}", LEASE_S) for number in range(6)]

    def take_all(claimant: Claimant) -> list[int]:
        taken: list[int] = []
        while rows := queue.claim(claimant, T0, 3):
            assert len(rows) <= 3
            taken += [row.id for row in rows]
        return taken

    with ThreadPoolExecutor(6) as pool:
        taken = [row for rows in pool.map(take_all, claimants) for row in rows]
    assert len(taken) == len(set(taken)) == 60


def test_a_row_is_not_due_before_its_time(fill: Fill) -> None:
    queue = fill(1)
    assert not queue.any_due(T0 - 1)
    assert queue.claim(ANN, T0 - 1, 10) == []
    assert queue.any_due(T0)
    assert len(queue.claim(ANN, T0, 10)) == 1
    assert not queue.any_due(T0)


def test_a_claim_counts_the_attempt(fill: Fill) -> None:
    queue = fill(1)
    attempts = [queue.claim(ANN, T0 + n * 2 * LEASE_S, 1)[0].attempts for n in range(3)]
    assert attempts == [1, 2, 3]


def test_a_row_comes_back_when_its_lease_ends_and_not_before(fill: Fill) -> None:
    queue = fill(1)
    queue.claim(ANN, T0, 1)
    assert not queue.any_due(T0 + LEASE_S - 1)
    assert queue.claim(BOB, T0 + LEASE_S - 1, 1) == []
    assert queue.any_due(T0 + LEASE_S)
    assert len(queue.claim(BOB, T0 + LEASE_S, 1)) == 1


def test_a_new_boot_takes_back_the_rows_of_its_own_name_alone(fill: Fill) -> None:
    queue = fill(3)
    queue.claim(ANN, T0, 1)
    queue.claim(BOB, T0, 1)
    reborn = Claimant("ann", LEASE_S)
    queue.claim(reborn, T0, 1)
    assert queue.take_back(reborn, T0 + 1) == 1
    assert len(queue.claim(reborn, T0 + 1, 10)) == 1
    assert queue.take_back(reborn, T0 + 1) == 0
    assert queue.take_back(BOB, T0 + 1) == 0


# --- the inbox alone ------------------------------------------------------------------------------------------------


def test_a_delivery_put_back_waits_until_it_is_due(inbox: Inbox) -> None:
    (delivery,) = receive(inbox, 1).claim(ANN, T0, 1)
    inbox.put_back(delivery, T0 + 100, "busy")
    assert inbox.claim(BOB, T0 + 99, 1) == []
    (again,) = inbox.claim(BOB, T0 + 100, 1)
    assert again.attempts == 2
    assert inbox.lines()[0].last_error == "busy"


def test_a_delivery_given_up_is_dead_until_somebody_replays_it(inbox: Inbox) -> None:
    (delivery,) = receive(inbox, 1).claim(ANN, T0, 1)
    inbox.give_up(delivery, "e" * 600)
    assert inbox.counts() == {"dead": 1}
    assert inbox.claim(ANN, T0 + 10**6, 1) == []
    assert inbox.lines()[0].last_error == "e" * 500
    assert inbox.replay([delivery.id], T0 + 5) == 1
    (again,) = inbox.claim(ANN, T0 + 5, 1)
    assert again.attempts == 1
    assert inbox.lines()[0].last_error is None


def test_only_deliveries_with_content_that_nobody_works_on_are_replayed(inbox: Inbox, writer: Writer) -> None:
    emptied, finished, under_way = receive(inbox, 3).claim(ANN, T0, 3)
    writer.run(lambda connection: inbox.finisher(emptied, T0, empty=True)(connection, None))
    writer.run(lambda connection: inbox.finisher(finished, T0)(connection, "1"))
    assert inbox.replay([emptied.id, finished.id, under_way.id, 999_999], T0) == 1
    assert [line.state for line in inbox.lines()] == ["claimed", "received", "done"]
    assert inbox.replay([], T0) == 0


def test_a_delivery_emptied_while_it_waits_has_no_content(inbox: Inbox, writer: Writer) -> None:
    (delivery,) = receive(inbox, 1).claim(ANN, T0, 1)
    writer.run(lambda connection: inbox.finisher(delivery, T0, empty=True)(connection, None))
    assert inbox.content(Delivery(delivery.id, "main-store", "webhook", T0, 1, None)) is None


@pytest.mark.parametrize("late", ["put_back", "give_up"])
def test_who_lost_the_lease_cannot_undo_what_another_finished(inbox: Inbox, writer: Writer, late: str) -> None:
    (lost,) = receive(inbox, 1).claim(ANN, T0, 1)
    (won,) = inbox.claim(BOB, T0 + LEASE_S, 1)
    writer.run(lambda connection: inbox.finisher(won, T0 + LEASE_S)(connection, "1"))
    if late == "put_back":
        inbox.put_back(lost, T0 + 100, "busy")
    else:
        inbox.give_up(lost, "broken")
    assert inbox.counts() == {"done": 1}


def test_who_lost_the_lease_cannot_take_the_row_from_another(inbox: Inbox) -> None:
    (lost,) = receive(inbox, 1).claim(ANN, T0, 1)
    inbox.claim(BOB, T0 + LEASE_S, 1)
    inbox.put_back(lost, T0, "busy")
    assert inbox.claim(ANN, T0 + LEASE_S, 1) == []
    inbox.give_up(lost, "broken")
    assert inbox.counts() == {"claimed": 1}


# --- the effects alone ----------------------------------------------------------------------------------------------


def test_who_lost_the_lease_cannot_fail_an_effect_that_was_confirmed(queue: Effects, writer: Writer) -> None:
    (lost,) = intend(queue, writer, 1).claim(ANN, T0, 1)
    (won,) = queue.claim(BOB, T0 + LEASE_S, 1)
    queue.confirm(won, T0 + LEASE_S, {"was": "open"})
    planned: list[int] = []
    queue.fail(lost, "refused", T0, instead=lambda _connection: planned.append(1))
    queue.put_back(lost, T0, "busy")
    (standing,) = queue.of_order(lost.ref)
    assert (standing.state, standing.undo, standing.last_error) == ("confirmed", {"was": "open"}, None)
    assert planned == []


def test_an_effect_is_planned_once(queue: Effects, writer: Writer) -> None:
    ref = OrderRef("main-store", "1")

    def plan(generation: int) -> Effect | None:
        return writer.run(
            lambda connection: effects.plan(connection, ref, Action.FLAG, generation, "text", T0, claimant=ANN)
        )

    assert plan(1) is not None
    assert plan(1) is None
    assert plan(2) is not None
    assert [effect.generation for effect in queue.of_order(ref)] == [1, 2]


def test_an_effect_that_must_wait_is_claimed_by_nobody_yet(queue: Effects, writer: Writer) -> None:
    ref = OrderRef("main-store", "1")
    planned = writer.run(
        lambda connection: effects.plan(connection, ref, Action.FLAG, 1, "text", T0, wait_s=5.0, claimant=ANN)
    )
    assert planned is None
    assert queue.claim(BOB, T0 + 4, 1) == []
    assert [effect.attempts for effect in queue.claim(BOB, T0 + 5, 1)] == [1]


def test_a_failed_effect_tried_again_lets_the_adapter_look_before_it_writes(queue: Effects, writer: Writer) -> None:
    (effect,) = intend(queue, writer, 1).claim(ANN, T0, 1)
    queue.fail(effect, "e" * 600, T0)
    assert [failed.last_error for failed in queue.failed()] == ["e" * 500]
    assert queue.try_again([effect.id], T0) == 1
    (again,) = queue.claim(ANN, T0, 1)
    assert again.mark.attempt == 2
    assert again.mark.key == effect.mark.key
