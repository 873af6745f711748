"""Notices: what is told when, once, and that it gets there over real HTTP and real SMTP, or is tried again."""

import base64
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import responses
import sqlalchemy as sa

from shopguard.adapter import Secret
from shopguard.config import Config, Mode, ShopSettings
from shopguard.guard.heartbeats import SILENT_S, Beating
from shopguard.guard.notices.model import Kind, NotDelivered, NoticeRefused
from shopguard.guard.notices.planning import digest_due
from shopguard.model import Party, Payment, PaymentKind, ShopAlarm
from shopguard.signatures import check_standard_webhooks
from shopguard.storage.tables import notice, notice_target
from shopguard.testing.registry import FakeRegistry
from tests.integration.web.conftest import BAD, ENTRY, ORDER, SHOP, Clock, Console, Install, console  # noqa: F401  # a fixture

SECRET = "whsec_" + base64.b64encode(b"0" * 24).decode()
JAPAN_NINE = 1_790_812_800.0  # 2026-10-01 09:00 in Japan


class Listener:
    """A real server that keeps what it is sent; ``status`` is what it answers."""

    def __init__(self) -> None:
        self.received: list[tuple[Mapping[str, str], bytes]] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def texts(self) -> list[str]:
        return [json.loads(body)["text"] for _, body in self.received]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    running = Listener()
    yield running
    running.close()


@pytest.fixture
def guarded(console: Console) -> Console:  # noqa: F811  # the fixture
    return console


def tell(guarded: Console) -> None:
    guarded.guard.notices.round()


def chat(guarded: Console, listener: Listener, **more: object) -> int:
    return guarded.guard.notices.targets.add("店", Kind.CHAT, {"url": listener.url}, **more)  # type: ignore[arg-type]


def test_a_hold_is_told_at_once_and_once(guarded: Console, listener: Listener) -> None:
    chat(guarded, listener)
    guarded.order(ORDER)
    tell(guarded)
    tell(guarded)
    (text,) = listener.texts()
    assert "#1042 (main-store)" in text
    assert "出荷保留 1件" in text
    assert "1 on hold" in text


def test_nobody_is_named(guarded: Console, listener: Listener) -> None:
    chat(guarded, listener)
    guarded.order(ORDER)
    tell(guarded)
    ((_, body),) = listener.received
    for part in ("渡", "太郎", "090", "example.jp"):
        assert part not in json.loads(body)["text"]


def test_holds_of_one_moment_are_one_notice(guarded: Console, listener: Listener) -> None:
    chat(guarded, listener)
    for number in range(13):
        guarded.order(replace(ORDER, id=f"60{number:02}", number=f"#60{number:02}"))
    tell(guarded)
    (text,) = listener.texts()
    assert "13 on hold" in text
    assert "#6009" in text
    assert "…+3" in text


def test_an_order_that_waits_for_money_can_wait_for_the_summary(guarded: Console, listener: Listener) -> None:
    chat(guarded, listener)
    guarded.order(replace(ORDER, payment=Payment(PaymentKind.BANK_TRANSFER, "銀行振込")))
    tell(guarded)
    assert listener.received == []


def test_other_shops_are_not_told_of(guarded: Console, listener: Listener) -> None:
    chat(guarded, listener, shops=frozenset({"second-store"}))
    guarded.order(ORDER)
    tell(guarded)
    assert listener.received == []


def test_a_shop_that_cannot_be_heard_is_told_of(guarded: Console, listener: Listener) -> None:
    chat(guarded, listener)
    guarded.guard.states.raise_alarm(ShopAlarm(SHOP, "code", "text"), guarded.guard.clock())
    tell(guarded)
    (text,) = listener.texts()
    assert "main-store: orders may not arrive" in text


@pytest.fixture
def clock(guarded: Console) -> Clock:
    return turned_by_hand(guarded)


def turned_by_hand(guarded: Console) -> Clock:
    """What the time is for those who tell, who give signs of life, and who watch how long a shop observes."""
    guard, stands = guarded.guard, Clock()
    guard.clock = stands
    for part in ("heartbeats", "notices", "shadows"):
        vars(guard).pop(part, None)
    return stands


def test_a_receiver_that_falls_silent_is_told_of_at_once_and_once(
    guarded: Console, listener: Listener, clock: Clock
) -> None:
    chat(guarded, listener)
    guarded.guard.heartbeats.beat(Beating.RECEIVER)
    clock.now += SILENT_S
    tell(guarded)
    assert listener.received == []
    for _ in range(3):
        clock.now += 60.0
        tell(guarded)
    (text,) = listener.texts()
    assert "no order that a shop sends can come in" in text
    assert "注文を受け取れません" in text
    guarded.guard.heartbeats.beat(Beating.RECEIVER)
    clock.now += 600.0
    tell(guarded)
    assert len(listener.received) == 2, "it was there again in between"


def test_a_receiver_that_has_yet_to_start_after_a_night_off_is_not_told_of(
    guarded: Console, listener: Listener, clock: Clock
) -> None:
    chat(guarded, listener)
    guarded.guard.heartbeats.beat(Beating.RECEIVER)
    clock.now += 8 * 3_600.0
    for part in ("heartbeats", "notices"):  # as those of a worker that has just started
        vars(guarded.guard).pop(part)
    tell(guarded)
    assert listener.received == []


def test_a_receiver_is_not_missed_where_it_never_was_or_for_a_shop_that_needs_none(
    guarded: Console, listener: Listener, clock: Clock
) -> None:
    chat(guarded, listener)
    chat(guarded, listener, shops=frozenset({"a-shop-that-was-removed"}))
    clock.now += 600.0
    tell(guarded)
    assert listener.received == []
    guarded.guard.heartbeats.beat(Beating.RECEIVER)
    clock.now += 600.0
    tell(guarded)
    assert len(listener.received) == 1


def test_what_a_shop_would_have_done_is_told_once_after_two_weeks_of_observing(
    install: Install, listener: Listener
) -> None:
    shop = ShopSettings(SHOP, "fake", None, mode=Mode.OBSERVE, rate_per_s=1000)
    observing = Console(install(Config(shops={SHOP: shop}), FakeRegistry(ENTRY)))
    clock = turned_by_hand(observing)
    began = observing.guard.states.get(SHOP).guarded_since
    assert began is not None
    clock.now = began
    for order in (
        ORDER,
        replace(ORDER, total=Decimal(99_000)),
        replace(ORDER, id="7001", buyer=Party(name="見本 花子")),
    ):
        observing.order(order)
    chat(observing, listener, at_once=False)
    chat(observing, listener, at_once=False, shops=frozenset({"another-shop"}))
    for days in (13.9, 14.01, 14.1, 43.9, 44.1, 80.0):
        clock.now = began + days * 86_400
        observing.guard.notices.round()
        assert len(listener.received) == (days > 13.9), days
    (text,) = listener.texts()
    assert "main-store has observed for two weeks: of 2 orders 1 would have been held and 0 marked" in text
    assert "判定 2件のうち、出荷保留になるはずだった注文 1件" in text


def test_what_was_not_taken_is_tried_again_later_and_shown(
    guarded: Console, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, listener.status = chat(guarded, listener), 503
    guarded.order(ORDER)
    tell(guarded)
    tell(guarded)
    assert len(listener.received) == 1, "the second try comes later"
    target = guarded.guard.notices.targets.get(number)
    assert target is not None
    assert target.last_error == "相手の応答は503でした / the other side answered 503"
    listener.status = 200
    now = guarded.guard.clock()
    monkeypatch.setattr(guarded.guard.notices, "_clock", lambda: now + 3_600)
    tell(guarded)
    assert len(listener.received) == 2
    target = guarded.guard.notices.targets.get(number)
    assert target is not None
    assert target.last_error is None


def test_two_who_tell_at_once_tell_once(guarded: Console, listener: Listener) -> None:
    chat(guarded, listener)
    guarded.order(ORDER)
    threads = [threading.Thread(target=tell, args=[guarded]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(listener.received) == 1


def test_a_target_that_is_paused_hears_nothing_of_that_time(guarded: Console, listener: Listener) -> None:
    number = chat(guarded, listener)
    guarded.guard.notices.targets.pause(number, paused=True)
    guarded.order(ORDER)
    tell(guarded)
    guarded.guard.notices.targets.pause(number, paused=False)
    tell(guarded)
    assert listener.received == []


def test_a_webhook_is_signed_as_standard_webhooks(guarded: Console, listener: Listener) -> None:
    guarded.guard.notices.targets.add("受け口", Kind.WEBHOOK, {"url": listener.url, "secret": SECRET})
    guarded.order(ORDER)
    tell(guarded)
    ((headers, body),) = listener.received
    check_standard_webhooks(headers, body, datetime.now(UTC), [Secret(SECRET)])
    assert json.loads(body)["data"]["subject"] == "ShopGuard: 出荷保留 1件 / 1 on hold"


def test_a_mail_arrives(guarded: Console) -> None:
    with MailServer() as post:
        address = {
            "host": "127.0.0.1",
            "port": str(post.port),
            "security": "none",
            "user": "",
            "password": "",
            "sender": "guard@example.com",
            "to": "clerk@example.com",
        }
        number = guarded.guard.notices.targets.add("係", Kind.MAIL, address)
        target = guarded.guard.notices.targets.get(number)
        assert target is not None
        guarded.guard.notices.test(target)
    assert post.recipient == "clerk@example.com"
    assert "ShopGuard" in post.text


@responses.activate
def test_a_line_message_is_pushed(guarded: Console) -> None:
    """Source: LINE Messaging API, "Send push message" (read 2026-11)."""
    sent = responses.post("https://api.line.me/v2/bot/message/push", json={})
    token, to = "t" * 40, "U" + "0" * 32
    number = guarded.guard.notices.targets.add("LINE", Kind.LINE, {"token": token, "to": to})
    target = guarded.guard.notices.targets.get(number)
    assert target is not None
    guarded.guard.notices.test(target)
    asked = sent.calls[0].request
    assert asked.headers["Authorization"] == f"Bearer {token}"
    body = json.loads(asked.body or b"")
    assert body["to"] == to
    assert "This is a test" in json.dumps(body)


def test_a_test_that_fails_says_why_without_the_address(guarded: Console) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    number = guarded.guard.notices.targets.add("x", Kind.CHAT, {"url": f"http://127.0.0.1:{port}/secret-path"})
    target = guarded.guard.notices.targets.get(number)
    assert target is not None
    with pytest.raises(NotDelivered) as failure:
        guarded.guard.notices.test(target)
    assert "secret-path" not in str(failure.value)
    shown = guarded.guard.notices.targets.get(number)
    assert shown is not None
    assert shown.last_error == str(failure.value)


@pytest.mark.parametrize(
    ("kind", "address", "part"),
    [
        (Kind.CHAT, {"url": ""}, "url"),
        (Kind.CHAT, {"url": "http://chat.example.com/hook"}, "url"),
        (Kind.CHAT, {"url": "file:///etc/passwd"}, "url"),
        (Kind.WEBHOOK, {"url": "https://example.com/x", "secret": "short!"}, "secret"),
        (Kind.LINE, {"token": "t", "to": " "}, "to"),
        (Kind.MAIL, {"host": "h", "port": "0", "sender": "a@example.com", "to": "b@example.com"}, "port"),
        (Kind.MAIL, {"host": "h", "port": "25", "sender": "a@example.com", "to": "b"}, "to"),
    ],
)
def test_an_impossible_address_is_refused_by_its_part(
    guarded: Console, kind: Kind, address: Mapping[str, str], part: str
) -> None:
    with pytest.raises(NoticeRefused) as refused:
        guarded.guard.notices.targets.add("x", kind, address)
    assert refused.value.part == part
    assert guarded.guard.notices.targets.all() == []


def test_addresses_are_sealed(guarded: Console, listener: Listener) -> None:
    chat(guarded, listener)
    with guarded.guard.engine.connect() as connection:
        row = connection.execute(sa.select(notice_target)).one()
    assert b"127.0.0.1" not in row.sealed
    assert "127.0.0.1" not in repr(guarded.guard.notices.targets.all())


def test_what_is_removed_is_told_nothing_more(guarded: Console, listener: Listener) -> None:
    number, listener.status = chat(guarded, listener), 500
    guarded.order(ORDER)
    tell(guarded)
    guarded.guard.notices.targets.remove(number)
    with guarded.guard.engine.connect() as connection:
        assert connection.execute(sa.select(notice)).all() == []


def test_the_summary_counts_the_day(guarded: Console, listener: Listener) -> None:
    number = chat(guarded, listener, at_once=False, digest_hour=0)
    guarded.order(ORDER)
    guarded.order(replace(ORDER, id="5002", number="#1043", buyer=replace(BAD, name="別人", phones=(), emails=())))
    tell(guarded)
    assert listener.received == [], "the hour of today is over"
    with guarded.guard.engine.begin() as connection:
        connection.execute(sa.update(notice_target).where(notice_target.c.id == number).values(digest_at=0.0))
    tell(guarded)
    tell(guarded)
    (text,) = listener.texts()
    assert "確認待ち 1件" in text
    assert "2 judged, 1 held, 0 released" in text


def test_a_summary_is_due_once_a_day_at_its_hour(guarded: Console, listener: Listener) -> None:
    number = chat(guarded, listener, digest_hour=9)
    target = guarded.guard.notices.targets.get(number)
    assert target is not None
    yesterday = replace(target, digest_at=JAPAN_NINE - 86_400)
    assert digest_due(yesterday, JAPAN_NINE - 1) is None
    assert digest_due(yesterday, JAPAN_NINE + 1) == JAPAN_NINE
    assert digest_due(replace(target, digest_at=JAPAN_NINE + 1), JAPAN_NINE + 3_600) is None
    assert digest_due(replace(target, digest_hour=None), JAPAN_NINE) is None


class MailServer:
    """As much of SMTP (RFC 5321) as taking one mail needs."""

    def __init__(self) -> None:
        self.recipient = self.text = ""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "MailServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(30)
        self._socket.close()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection, connection.makefile("rwb") as lines:

            def answer(text: str) -> None:
                lines.write(f"{text}\r\n".encode())
                lines.flush()

            answer("220 mail.example.com")
            for line in lines:
                command = line.decode().strip()
                if command.upper().startswith("RCPT TO:"):
                    self.recipient = command.partition("<")[2].partition(">")[0]
                if command.upper() == "DATA":
                    answer("354 go on")
                    self.text = b"".join(iter(lines.readline, b".\r\n")).decode()
                answer("221 bye" if command.upper() == "QUIT" else "250 ok")
                if command.upper() == "QUIT":
                    return
