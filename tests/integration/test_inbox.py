"""The inbox: stored once and for good, sealed, and never lost, on both databases."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from shopguard.adapter import WebhookRequest
from shopguard.crypto import Keyring
from shopguard.errors import ConfigError, StoreUnavailable
from shopguard.guard.claims import Claimant
from shopguard.guard.inbox import Delivery, Inbox
from shopguard.guard.store import OrderStore
from shopguard.model import Order, Party
from shopguard.storage.engine import open_engine, reading, sqlite_url
from shopguard.storage.tables import inbox as table
from shopguard.storage.writer import Writer, writer_for

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
BUYER = Party(name="見本 花子", lines=("芝公園4-2-8",), phones=("090-0000-0000",), emails=("hanako@example.jp",))
BODY = '{"id":1,"name":"見本 花子","phone":"090-0000-0000","mail":"hanako@example.jp"}'.encode()
REQUEST = WebhookRequest(
    "http://127.0.0.1/webhooks/fake/main-store?a=%2F",
    {"x-topic": "order.created", "x-name": "sample-hanako"},
    BODY,
    NOW,
)
WORKER = Claimant("w", lease_s=60.0)


@pytest.fixture
def writer(engine: sa.Engine) -> Writer:
    return writer_for(engine)


@pytest.fixture
def inbox(engine: sa.Engine, writer: Writer, keyring: Keyring) -> Inbox:
    return Inbox(engine, writer, keyring)


def claim_one(inbox: Inbox) -> WebhookRequest | Order | None:
    (delivery,) = inbox.claim(WORKER, NOW.timestamp(), 10)
    return inbox.content(delivery)


def end(inbox: Inbox, writer: Writer, delivery: Delivery) -> None:
    finish = inbox.finisher(delivery, 1.0)
    writer.run(lambda connection: finish(connection, None))


def test_a_repeat_is_stored_once(inbox: Inbox) -> None:
    assert inbox.accept("main-store", "k", REQUEST)
    assert not inbox.accept("main-store", "k", REQUEST)
    assert inbox.counts() == {"received": 1}


def test_a_repeat_with_another_body_keeps_the_first(inbox: Inbox) -> None:
    inbox.accept("main-store", "k", REQUEST)
    inbox.accept("main-store", "k", replace(REQUEST, body=b"{}"))
    assert claim_one(inbox) == REQUEST


def test_the_same_key_in_two_shops_is_two_deliveries(inbox: Inbox) -> None:
    assert inbox.accept("main-store", "k", REQUEST)
    assert inbox.accept("second-store", "k", REQUEST)
    assert inbox.counts() == {"received": 2}


def test_a_repeat_of_a_finished_or_dead_delivery_is_a_repeat(inbox: Inbox, writer: Writer) -> None:
    inbox.accept("main-store", "done", REQUEST)
    (delivery,) = inbox.claim(WORKER, NOW.timestamp(), 1)
    end(inbox, writer, delivery)
    inbox.bury("main-store", "dead", REQUEST, "unreadable")
    assert not inbox.accept("main-store", "done", REQUEST)
    assert not inbox.accept("main-store", "dead", REQUEST)
    assert inbox.counts() == {"dead": 1, "done": 1}


@pytest.mark.parametrize("begin", ["k" * 600, "a\x00b", "\ud800", "改\n行"], ids=ascii)
def test_keys_that_a_column_cannot_hold_stay_apart(inbox: Inbox, begin: str) -> None:
    """Cut to the column's length, the second order would be taken for a repeat of the first."""
    assert inbox.accept("main-store", f"{begin}1", REQUEST)
    assert inbox.accept("main-store", f"{begin}2", REQUEST)
    assert not inbox.accept("main-store", f"{begin}1", REQUEST)


def test_what_was_stored_comes_back_byte_for_byte(inbox: Inbox) -> None:
    odd = replace(REQUEST, body=bytes(range(256)) * 10, headers={"x-odd": "\x80ÿ日本", "empty": ""})
    inbox.accept("main-store", "k", odd)
    assert claim_one(inbox) == odd


def test_an_order_of_a_feed_comes_back_whole(inbox: Inbox) -> None:
    order = Order("1", "main-store", placed_at=NOW, total=Decimal("12800.50"), buyer=BUYER, recipients=(BUYER,))
    assert inbox.accept_order("main-store", "feed:1", order, NOW.timestamp())
    assert not inbox.accept_order("main-store", "feed:1", order, NOW.timestamp())
    assert claim_one(inbox) == order


def test_a_buried_delivery_is_kept_dead_with_its_reason(inbox: Inbox) -> None:
    inbox.bury("main-store", "k", REQUEST, "not JSON")
    (line,) = inbox.lines()
    assert (line.state, line.last_error, line.order_id) == ("dead", "not JSON", None)
    assert inbox.claim(WORKER, NOW.timestamp() + 10**6, 10) == []
    assert inbox.replay([line.id], NOW.timestamp()) == 1
    assert claim_one(inbox) == REQUEST


def test_burying_a_repeat_leaves_the_first_as_it_is(inbox: Inbox) -> None:
    inbox.accept("main-store", "k", REQUEST)
    inbox.bury("main-store", "k", REQUEST, "not JSON")
    assert inbox.counts() == {"received": 1}


def test_a_long_reason_is_cut_rather_than_refused(inbox: Inbox) -> None:
    inbox.bury("main-store", "k", REQUEST, "x" * 2000)
    (line,) = inbox.lines()
    assert line.last_error == "x" * 500


def test_lines_for_people_are_newest_first_and_can_be_chosen(inbox: Inbox) -> None:
    for shop, key in (("a", "1"), ("b", "2"), ("a", "3")):
        inbox.accept(shop, key, REQUEST)
    inbox.bury("a", "4", REQUEST, "not JSON")
    assert [line.shop for line in inbox.lines(shop="a")] == ["a", "a", "a"]
    assert [line.state for line in inbox.lines(state="dead")] == ["dead"]
    assert [line.id for line in inbox.lines(limit=2)] == sorted((line.id for line in inbox.lines()), reverse=True)[:2]
    assert "hanako" not in repr(inbox.lines())


def test_the_oldest_unfinished_delivery_tells_the_age_of_the_queue(inbox: Inbox, writer: Writer) -> None:
    assert inbox.oldest_waiting() is None
    inbox.accept("main-store", "new", REQUEST)
    inbox.accept("main-store", "old", replace(REQUEST, received_at=datetime(2026, 11, 1, tzinfo=UTC)))
    assert inbox.oldest_waiting() == datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    for delivery in inbox.claim(WORKER, NOW.timestamp(), 10):
        assert inbox.oldest_waiting() is not None  # being worked on is not finished
        end(inbox, writer, delivery)
    assert inbox.oldest_waiting() is None


# --- sealed at rest -------------------------------------------------------------------------------------------------

PLAIN = ("見本", "花子", "芝公園", "090-0000-0000", "hanako@example.jp", "sample-hanako", "x-topic")


def test_nothing_of_the_buyer_is_readable_in_the_files(migrated_copy: Path, keyring: Keyring) -> None:
    engine = open_engine(sqlite_url(migrated_copy))
    writer = writer_for(engine)
    order = Order("1", "main-store", number="#1", buyer=BUYER)
    inbox, store = Inbox(engine, writer, keyring), OrderStore(engine, writer, keyring)
    inbox.accept("main-store", "k", REQUEST)
    inbox.accept_order("main-store", "feed:1", order, 1.0)
    inbox.bury("main-store", "dead", REQUEST, "not JSON")
    writer.run(store.keep(order, 1.0))
    files = [path for path in migrated_copy.parent.iterdir() if path.name.startswith(migrated_copy.name)]
    stored = b"".join(path.read_bytes() for path in files)
    assert any(path.name.endswith("-wal") for path in files)
    assert b"main-store" in stored  # it is there to be searched
    for text in PLAIN:
        assert text.encode() not in stored
        assert text.encode("unicode_escape") not in stored
    writer.close()
    engine.dispose()


def test_nothing_of_the_buyer_is_readable_in_any_column(inbox: Inbox, engine: sa.Engine) -> None:
    inbox.accept("main-store", "k", REQUEST)
    inbox.accept_order("main-store", "feed:1", Order("1", "main-store", buyer=BUYER), 1.0)
    with reading(engine) as connection:
        rows = repr(connection.execute(sa.select(table)).all())
    assert "gAAAA" in rows
    for text in PLAIN:
        assert text not in rows
        assert repr(text.encode())[2:-1] not in rows


def test_keys_are_rotated_while_deliveries_are_read(inbox: Inbox, keyring: Keyring, tmp_path: Path) -> None:
    inbox.accept("main-store", "before", REQUEST)
    other_process = Keyring.load(tmp_path / "keys.json")
    other_process.rotate()
    inbox.accept("main-store", "after", REQUEST)
    deliveries = inbox.claim(WORKER, NOW.timestamp(), 10)
    assert [inbox.content(delivery) for delivery in deliveries] == [REQUEST, REQUEST]
    old = keyring.encryption_keys[-1]
    other_process.retire(old.id)
    with pytest.raises(ConfigError):
        inbox.content(deliveries[0])
    assert inbox.content(deliveries[1]) == REQUEST  # it was sealed under the new key at once


# --- durable --------------------------------------------------------------------------------------------------------

_ACCEPT_AND_WAIT = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from shopguard.adapter import WebhookRequest
from shopguard.crypto import Keyring
from shopguard.guard.inbox import Delivery, Inbox
from shopguard.storage.engine import open_engine
from shopguard.storage.writer import writer_for
engine = open_engine(sys.argv[1])
inbox = Inbox(engine, writer_for(engine), Keyring.load(Path(sys.argv[2])))
request = WebhookRequest("http://127.0.0.1/", {}, b'{"id":1}', datetime(2026, 11, 2, tzinfo=UTC))
print(inbox.accept("main-store", "k", request), flush=True)
time.sleep(60)
"""


def test_an_accepted_delivery_survives_kill_9(
    inbox: Inbox, engine: sa.Engine, keyring: Keyring, tmp_path: Path
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", _ACCEPT_AND_WAIT, url, str(tmp_path / "keys.json")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        process.kill()
    assert not inbox.accept("main-store", "k", REQUEST)
    content = claim_one(inbox)
    assert isinstance(content, WebhookRequest)
    assert content.body == b'{"id":1}'


def test_nothing_is_claimed_accepted_when_the_store_is_away(keyring: Keyring, empty_engine: sa.Engine) -> None:
    writer = writer_for(empty_engine)
    inbox = Inbox(empty_engine, writer, keyring)
    with pytest.raises(StoreUnavailable):
        inbox.accept("main-store", "k", REQUEST)
    with pytest.raises(StoreUnavailable):
        inbox.counts()
    writer.close()
