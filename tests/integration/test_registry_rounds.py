"""The registry's rounds: each chore in its time, a fault of one stops no other, one process at a time."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from shopguard.registry.rounds import Chore, Rounds
from shopguard.registry.stores import open_store


class Steady:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def rounds_of(tmp_path: Path) -> Callable[..., Rounds]:
    vault = open_store("vault", tmp_path)
    return lambda chores, steady: Rounds(vault, chores, steady)


def test_each_chore_is_done_at_the_start_and_again_in_its_own_time(rounds_of: Callable[..., Rounds]) -> None:
    done: list[str] = []
    steady = Steady()
    chores = [Chore("often", 10, lambda: done.append("often")), Chore("seldom", 60, lambda: done.append("seldom"))]
    rounds = rounds_of(chores, steady)

    rounds.do_due()
    for steady.now in (109.9, 110.0, 159.0, 160.0):
        rounds.do_due()

    assert done == ["often", "seldom", "often", "often", "seldom"]


def test_a_chore_that_fails_is_named_and_stops_no_other(rounds_of: Callable[..., Rounds]) -> None:
    done: list[str] = []

    def fail() -> None:
        raise ValueError("about 090-0000-0000")

    rounds = rounds_of([Chore("fails", 10, fail), Chore("works", 10, lambda: done.append("works"))], Steady())

    with capture_logs() as said:
        assert rounds.do_due() == 1

    assert done == ["works"]
    assert [(line["event"], line["chore"]) for line in said] == [("chore_failed", "fails")]
    assert "090" not in str(said)


def test_a_chore_that_failed_is_tried_again_at_its_next_time(rounds_of: Callable[..., Rounds]) -> None:
    tries: list[int] = []
    steady = Steady()

    def fail_once() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OSError

    rounds = rounds_of([Chore("fails", 10, fail_once)], steady)
    rounds.do_due()
    steady.now = 110.0

    assert rounds.do_due() == 1
    assert len(tries) == 2


def test_two_of_one_installation_do_not_work_at_the_same_time(rounds_of: Callable[..., Rounds]) -> None:
    inside, most = 0, 0
    met = threading.Event()

    def stay() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        met.wait(0.05)
        inside -= 1

    both = [rounds_of([Chore("stays", 10, stay)], Steady()) for _ in range(2)]
    threads = [threading.Thread(target=rounds.do_due) for rounds in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 1


def test_it_ends_when_it_is_told_to(rounds_of: Callable[..., Rounds]) -> None:
    stop = threading.Event()
    rounds = rounds_of([Chore("stops", 10, stop.set)], Steady())

    thread = threading.Thread(target=rounds.run, args=(stop,), daemon=True)
    thread.start()
    thread.join(10)

    assert not thread.is_alive()
