"""Looks that wait to be written: none is lost unsaid, and nobody is told of anybody while that cannot be done."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from shopguard.errors import StoreUnavailable
from shopguard.registry.search.waiting import LATE_S, Batch, WaitingLooks

FIRST, SECOND = {"member": "shop-1"}, {"member": "shop-2"}
UNMET = ("shop-1", "key", 7)


@dataclass
class Book:
    """What the looks are written into: for as long as it takes, and if its disk lets it."""

    rows: list[object] = field(default_factory=list)
    times: int = 0
    is_broken: bool = False
    is_written_to: threading.Event = field(default_factory=threading.Event)
    may_go_on: threading.Event = field(default_factory=threading.Event)

    def write(self, batch: Batch) -> None:
        self.is_written_to.set()
        assert self.may_go_on.wait(30)
        if self.is_broken:
            raise StoreUnavailable("the disk is full")
        self.rows += batch.rows
        self.times += batch.unmet.total()


@pytest.fixture
def book() -> Book:
    made = Book()
    made.may_go_on.set()
    return made


@pytest.fixture
def looks(book: Book, monkeypatch: pytest.MonkeyPatch) -> Iterator[WaitingLooks]:
    """Looks that are written down only where a test says so."""
    monkeypatch.setattr("shopguard.registry.search.waiting.WRITE_EVERY_S", 600.0)
    made = WaitingLooks(book.write)
    yield made
    book.may_go_on.set()
    made.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """``seconds`` is what the clock that only goes forward says."""
    made = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr("shopguard.registry.search.waiting.time", SimpleNamespace(monotonic=lambda: made.seconds))
    return made


def test_what_could_not_be_written_is_written_together_with_what_came_since(book: Book, looks: WaitingLooks) -> None:
    book.is_broken = True
    looks.put([FIRST])
    looks.count(UNMET)
    looks.settle()
    looks.put([SECOND])
    looks.count(UNMET)
    book.is_broken = False
    looks.settle()
    looks.settle()
    assert (book.rows, book.times) == ([FIRST, SECOND], 2)


def test_nobody_is_told_while_what_is_being_written_is_late(
    book: Book, looks: WaitingLooks, clock: SimpleNamespace
) -> None:
    looks.put([FIRST])
    book.may_go_on.clear()
    slow = threading.Thread(target=looks.settle)
    slow.start()
    assert book.is_written_to.wait(30)
    looks.put([SECOND])
    clock.seconds += LATE_S + 1
    with pytest.raises(StoreUnavailable):
        looks.put([SECOND])
    book.may_go_on.set()
    slow.join()
    looks.settle()
    looks.put([FIRST])
    assert book.rows == [FIRST, SECOND], "what was refused is not written either"


def test_nobody_is_told_while_what_was_not_written_is_late(
    book: Book, looks: WaitingLooks, clock: SimpleNamespace
) -> None:
    book.is_broken = True
    looks.put([FIRST])
    clock.seconds += LATE_S - 1
    looks.settle()
    looks.put([SECOND])
    clock.seconds += 2
    with pytest.raises(StoreUnavailable):
        looks.put([SECOND])
    looks.count(UNMET)


def test_closing_writes_what_waits_and_ends_the_thread(book: Book, looks: WaitingLooks) -> None:
    before = set(threading.enumerate())
    looks.put([FIRST])
    (own,) = set(threading.enumerate()) - before
    looks.close()
    assert book.rows == [FIRST]
    assert not own.is_alive()


def test_nothing_is_taken_after_closing(book: Book, looks: WaitingLooks) -> None:
    looks.close()
    with pytest.raises(StoreUnavailable):
        looks.put([FIRST])
    with pytest.raises(StoreUnavailable):
        looks.count(UNMET)
    assert (book.rows, book.times) == ([], 0)


def test_what_is_lost_at_the_end_is_said(book: Book, looks: WaitingLooks) -> None:
    book.is_broken = True
    looks.put([FIRST, SECOND])
    with capture_logs() as said:
        looks.close()
    assert {"event": "looks_lost", "log_level": "error", "looks": 2} in said
