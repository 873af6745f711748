"""What lies in the store of the keyed function, and what it does when the store cannot be used."""

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import event

import shopguard.storage
from shopguard.identity import Token
from shopguard.registry.prf.seeds import EpochSeeds
from shopguard.registry.prf.service import PrfService
from shopguard.registry.prf.store import has_tables
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.stores import migrate_store, open_store, store_is_current
from shopguard.storage.engine import writing
from shopguard.testing import FixedClock

if TYPE_CHECKING:
    from tests.integration.prf.conftest import Shop

PHONE = Token(1, 1, 1, "+819012345678")
EMAIL = Token(1, 2, 2, "taro@example.jp")
COMMITMENT = b"order-5550001112"
TABLES = {"member", "member_key", "batch", "nonce"}


def rows(store: sa.Engine, table: str) -> int:
    with store.connect() as connection:
        return connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()


def everything(store: sa.Engine) -> Iterator[bytes]:
    """Every value in the store."""
    with store.connect() as connection:
        for table in TABLES:
            for row in connection.execute(sa.text(f"SELECT * FROM {table}")):
                yield from (value if isinstance(value, bytes) else str(value).encode() for value in row)


def move(store: sa.Engine, direction: str, revision: str) -> None:
    config = Config()
    folder = Path(shopguard.storage.__file__).parent / "migrations" / "registry_prf"
    config.set_main_option("script_location", str(folder))
    config.attributes["history"] = "registry_prf"
    with writing(store) as connection:
        config.attributes["connection"] = connection
        getattr(command, direction)(config, revision)


def test_the_tables_come_and_go_and_come_again(store: sa.Engine) -> None:
    assert set(sa.inspect(store).get_table_names()) > TABLES
    assert has_tables(store)
    move(store, "downgrade", "base")
    assert not has_tables(store)
    assert not TABLES & set(sa.inspect(store).get_table_names())
    assert not store_is_current(store, "prf")
    migrate_store(store, "prf")
    assert set(sa.inspect(store).get_table_names()) > TABLES


def test_the_store_holds_nothing_that_a_guess_could_be_held_against(store: sa.Engine, shop: "Shop") -> None:
    answer = shop.ask(PHONE, EMAIL, commitment=COMMITMENT)
    guesses = [PHONE.value.encode(), PHONE.encode(), EMAIL.value.encode(), EMAIL.encode(), COMMITMENT]
    guesses += [PHONE.encode() + EMAIL.encode(), EMAIL.encode() + PHONE.encode()]
    hashes = [hashlib.new(name, guess).digest() for guess in guesses for name in ("sha256", "sha1", "md5")]
    held = list(everything(store))
    assert any(len(value) == 16 for value in held)
    for secret in [*guesses, *hashes, *answer.values[1]]:
        for value in held:
            assert secret not in value
            assert secret[:16] != value
            assert secret.hex().encode() not in value


def test_two_orders_of_one_buyer_do_not_look_alike(store: sa.Engine, shop: "Shop") -> None:
    shop.ask(PHONE, EMAIL)
    shop.ask(PHONE, EMAIL)
    with store.connect() as connection:
        asked = connection.execute(sa.text("SELECT content FROM batch")).scalars().all()
    assert len(set(asked)) == 2


def test_the_root_is_what_batches_are_digested_under(
    store: sa.Engine, shop: "Shop", seeds: EpochSeeds, clock: FixedClock, tmp_path: Path
) -> None:
    shop.ask(PHONE, commitment=COMMITMENT)
    other = EpochSeeds.create(tmp_path / "other.json", bytes(32), seeds.registry_id)
    assert other.root != seeds.root
    shop.prf = PrfService(store, other, clock)
    assert not shop.ask(EMAIL, commitment=COMMITMENT).repeated


def test_old_nonces_and_batches_are_swept(store: sa.Engine, prf: PrfService, shop: "Shop", clock: FixedClock) -> None:
    for _ in range(3):
        shop.ask(PHONE)
    clock.pass_by(7_200)
    prf.sweep()
    assert (rows(store, "nonce"), rows(store, "batch")) == (0, 3)
    clock.pass_by(31 * 86_400)
    shop.ask(PHONE)
    prf.sweep()
    assert (rows(store, "nonce"), rows(store, "batch")) == (1, 1)


def test_a_sweep_of_many_rows_finishes(store: sa.Engine, prf: PrfService, clock: FixedClock) -> None:
    with writing(store) as connection:
        for at in range(2_500):
            connection.execute(
                sa.text("INSERT INTO nonce VALUES (:time, :nonce, 'shop-1')"),
                {"time": 1_000 + at, "nonce": at.to_bytes(16, "big")},
            )
    prf.sweep()
    assert rows(store, "nonce") == 0


def test_one_batch_asked_by_many_at_once_is_charged_once(shop: "Shop") -> None:
    answers: list[bool] = []
    together = threading.Barrier(8)

    def ask() -> None:
        together.wait()
        answers.append(shop.ask(PHONE, EMAIL, commitment=COMMITMENT).repeated)

    run_together(ask, 8)
    assert sorted(answers) == [False] + [True] * 7
    assert shop.spent() == (1, 1, 0)


def test_one_signature_used_by_many_at_once_is_good_once(shop: "Shop", prf: PrfService) -> None:
    request = shop.sign(shop.body(PHONE))
    answers: list[str] = []
    together = threading.Barrier(8)

    def ask() -> None:
        together.wait()
        try:
            prf.evaluate(request, (1,))
            answers.append("answered")
        except Refused as refused:
            answers.append(refused.code)

    run_together(ask, 8)
    assert sorted(answers) == ["answered"] + ["replayed"] * 7


def test_batches_asked_at_once_are_each_charged(shop: "Shop") -> None:
    together = threading.Barrier(8)

    def ask() -> None:
        together.wait()
        for _ in range(5):
            shop.ask(PHONE, EMAIL)

    run_together(ask, 8)
    assert shop.spent() == (40, 40, 0)
    assert shop.standing().batches_today == 40


def run_together(work: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_nothing_is_answered_on_a_full_disk_that_was_not_charged(
    store: sa.Engine, seeds: EpochSeeds, clock: FixedClock, shop: "Shop", tmp_path: Path
) -> None:
    full = open_store("prf", tmp_path)
    event.listen(full, "connect", lambda raw, _record: raw.execute("PRAGMA max_page_count=1"))  # no page more
    shop.prf = PrfService(full, seeds, clock)
    answered = 0
    while True:
        try:
            shop.ask(PHONE, commitment=answered.to_bytes(16, "big"))
        except Refused as refused:
            assert refused.code is Refusal.UNAVAILABLE
            break
        answered += 1
    full.dispose()
    shop.prf = PrfService(store, seeds, clock)
    assert rows(store, "batch") == answered == shop.spent()[0]
    assert not shop.ask(PHONE, commitment=answered.to_bytes(16, "big")).repeated


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_locked_store_is_unavailable_until_it_is_free(
    store: sa.Engine,
    seeds: EpochSeeds,
    clock: FixedClock,
    shop: "Shop",
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    impatient = open_store("prf", tmp_path, busy_timeout_s=0.05)
    shop.prf = PrfService(impatient, seeds, clock)
    holder = sqlite3.connect(tmp_path / "registry-prf.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    refused = shop.refusal(PHONE)
    assert (refused.code, "SQLITE_BUSY" in str(refused)) == (Refusal.UNAVAILABLE, False)
    assert "SQLITE_BUSY" in caplog.text  # why is for whoever runs it
    holder.execute("ROLLBACK")
    holder.close()
    shop.ask(PHONE)
    assert shop.spent() == (1, 0, 0)
    impatient.dispose()


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_connections_that_the_database_ended_are_made_anew(store: sa.Engine, shop: "Shop") -> None:
    shop.ask(PHONE)
    with store.connect() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    shop.ask(EMAIL)
    assert shop.spent() == (1, 1, 0)


def test_a_store_without_its_tables_answers_nothing(
    seeds: EpochSeeds, clock: FixedClock, shop: "Shop", empty_postgres: sa.Engine
) -> None:
    shop.prf = PrfService(empty_postgres, seeds, clock)
    assert shop.refusal(PHONE).code is Refusal.UNAVAILABLE
