"""Expiring platform tokens: renewed once however many ask, both parts together, and never stuck after a crash."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from shopguard.adapter import Secret, TokenPair
from shopguard.crypto import Keyring
from shopguard.errors import TemporaryFailure
from shopguard.guard.tokens import StoredTokens
from shopguard.storage.engine import reading, writing
from shopguard.storage.tables import platform_token
from shopguard.storage.writer import Writer, writer_for

EXPIRES = datetime(2026, 11, 2, 2, 15, tzinfo=UTC)
T0 = 1_000_000.0


def pair(number: int) -> TokenPair:
    return TokenPair(Secret(f"access-{number}"), Secret(f"refresh-{number}"), EXPIRES + timedelta(hours=number))


class Clock:
    """Stands still, or moves by ``step_s`` at each look."""

    def __init__(self, step_s: float = 0.0) -> None:
        self.now, self.step_s = T0, step_s

    def __call__(self) -> float:
        self.now += self.step_s
        return self.now


@pytest.fixture
def writer(engine: sa.Engine) -> Iterator[Writer]:
    made = writer_for(engine)
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(engine: sa.Engine, writer: Writer, keyring: Keyring, clock: Clock) -> StoredTokens:
    return StoredTokens(engine, writer, keyring, clock)


def test_a_shop_without_a_token_has_none(tokens: StoredTokens) -> None:
    assert tokens.get("main-store") is None


def test_the_first_pair_is_stored_whole(tokens: StoredTokens) -> None:
    asked: list[TokenPair | None] = []

    def exchange(stored: TokenPair | None) -> TokenPair:
        asked.append(stored)
        return pair(1)

    assert tokens.renew("main-store", None, exchange) == pair(1)
    assert tokens.get("main-store") == pair(1)
    assert tokens.get("second-store") is None
    assert asked == [None]


def test_a_stale_pair_is_exchanged_for_the_next(tokens: StoredTokens) -> None:
    tokens.renew("main-store", None, lambda _: pair(1))
    assert tokens.renew("main-store", pair(1), lambda stored: pair(2) if stored == pair(1) else pair(9)) == pair(2)
    assert tokens.get("main-store") == pair(2)


def test_who_holds_an_older_pair_gets_the_stored_one_without_an_exchange(tokens: StoredTokens) -> None:
    tokens.renew("main-store", None, lambda _: pair(2))

    def never(_: TokenPair | None) -> TokenPair:
        raise AssertionError

    assert tokens.renew("main-store", pair(1), never) == pair(2)
    assert tokens.renew("main-store", None, never) == pair(2)


def test_many_threads_that_find_a_token_stale_exchange_it_once(
    engine: sa.Engine, writer: Writer, keyring: Keyring
) -> None:
    StoredTokens(engine, writer, keyring).renew("main-store", None, lambda _: pair(1))
    start, calls = threading.Barrier(8), []

    def exchange(stored: TokenPair | None) -> TokenPair:
        calls.append(stored)
        threading.Event().wait(0.05)
        return pair(2)

    def renew(_: int) -> TokenPair:
        one_process = StoredTokens(engine, writer, keyring)
        start.wait(10)
        return one_process.renew("main-store", pair(1), exchange)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(renew, range(8))) == [pair(2)] * 8
    assert calls == [pair(1)]


def test_shops_do_not_wait_for_each_other(tokens: StoredTokens) -> None:
    def exchange(_: TokenPair | None) -> TokenPair:
        return tokens.renew("second-store", None, lambda _: pair(7))

    assert tokens.renew("main-store", None, exchange) == pair(7)


def test_an_exchange_that_fails_keeps_the_pair_and_lets_the_next_try(tokens: StoredTokens) -> None:
    tokens.renew("main-store", None, lambda _: pair(1))

    def busy(_: TokenPair | None) -> TokenPair:
        raise TemporaryFailure("busy")

    with pytest.raises(TemporaryFailure, match="busy"):
        tokens.renew("main-store", pair(1), busy)
    assert tokens.get("main-store") == pair(1)
    assert tokens.renew("main-store", pair(1), lambda _: pair(2)) == pair(2)  # the clock stands: not by waiting


def crash_while_renewing(engine: sa.Engine, until: float) -> None:
    with writing(engine) as connection:
        row = {"shop": "main-store", "locked_until": until, "locked_by": "dead"}
        connection.execute(platform_token.insert(), row)


def test_a_lock_left_by_a_crash_is_taken_over_once_its_time_is_over(
    engine: sa.Engine, tokens: StoredTokens, clock: Clock
) -> None:
    crash_while_renewing(engine, T0 + 30.0)
    clock.now = T0 + 30.1
    assert tokens.renew("main-store", None, lambda _: pair(1)) == pair(1)


def test_a_lock_that_is_held_is_waited_for_and_then_taken_over(
    engine: sa.Engine, writer: Writer, keyring: Keyring
) -> None:
    crash_while_renewing(engine, T0 + 20.0)
    tokens = StoredTokens(engine, writer, keyring, Clock(step_s=7.0))
    assert tokens.renew("main-store", None, lambda _: pair(1)) == pair(1)


def test_a_lock_that_never_ends_is_a_temporary_failure(engine: sa.Engine, writer: Writer, keyring: Keyring) -> None:
    crash_while_renewing(engine, T0 + 10_000.0)
    tokens = StoredTokens(engine, writer, keyring, Clock(step_s=25.0))
    with pytest.raises(TemporaryFailure, match="main-store"):
        tokens.renew("main-store", None, lambda _: pair(1))


def test_a_lock_taken_over_is_not_opened_by_its_late_holder(
    engine: sa.Engine, tokens: StoredTokens, clock: Clock
) -> None:
    def slow(_: TokenPair | None) -> TokenPair:
        clock.now += 31.0
        with writing(engine) as connection:  # another takes it over
            taken = {"locked_until": clock.now + 30.0, "locked_by": "another"}
            connection.execute(sa.update(platform_token).values(**taken))
        return pair(1)

    tokens.renew("main-store", None, slow)
    with reading(engine) as connection:
        assert connection.execute(sa.select(platform_token.c.locked_by)).scalar() == "another"


def test_both_tokens_are_one_sealed_value(engine: sa.Engine, tokens: StoredTokens, keyring: Keyring) -> None:
    tokens.renew("main-store", None, lambda _: pair(1))
    with reading(engine) as connection:
        row = connection.execute(sa.select(platform_token)).one()
    assert "access-1" not in repr(row)
    assert "refresh-1" not in repr(row)
    opened = keyring.open(row.sealed)
    assert b"access-1" in opened
    assert b"refresh-1" in opened


def test_tokens_are_read_after_a_rotation_of_the_keys(tokens: StoredTokens, keyring: Keyring) -> None:
    tokens.renew("main-store", None, lambda _: pair(1))
    keyring.rotate()
    assert tokens.get("main-store") == pair(1)
