"""The pages of notices: add, try, pause, take away; secrets are write-only, and nothing typed is lost."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shopguard.web.roles import Role

from .conftest import Console, press, read


class _Taker(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.path == "/good" else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Taker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_chat_is_added_and_tried(console: Console, address: str) -> None:
    browser = console.browser(Role.SHOP_ADMIN)
    form = {"label": "朝の係", "url": f"{address}/good", "at_once": "on", "digest_hour": "8"}
    assert press(browser, "/console/notices/new/chat", form).location == "/console/notices/?did=added"
    page = browser.get("/console/notices/").text
    assert "朝の係" in page
    assert "every day at 8:00" in page
    assert "/good" not in page, "the address is a secret"
    (target,) = console.guard.notices.targets.all()
    assert (target.at_once, target.digest_hour, target.shops) == (True, 8, None)
    assert press(browser, f"/console/notices/{target.id}/test").location == "/console/notices/?did=tested"


def test_a_test_that_fails_shows_the_cause(console: Console, address: str) -> None:
    browser = console.browser(Role.SHOP_ADMIN)
    press(browser, "/console/notices/new/chat", {"label": "x", "url": f"{address}/bad"})
    (target,) = console.guard.notices.targets.all()
    answer = press(browser, f"/console/notices/{target.id}/test")
    assert answer.status_code == 502
    assert "the other side answered 500" in read(answer.text)


def test_what_was_typed_stays_and_secrets_do_not(console: Console) -> None:
    browser = console.browser(Role.SHOP_ADMIN)
    form = {
        "label": "<b>係</b>",
        "host": "mail.example.com",
        "port": "99999",
        "user": "me",
        "password": "open sesame",
        "sender": "a@example.com",
        "to": "b@example.com",
    }
    answer = press(browser, "/console/notices/new/mail", form)
    assert answer.status_code == 422
    assert "A port is a number from 1 to 65535." in read(answer.text)
    assert 'value="&lt;b&gt;係&lt;/b&gt;"' in answer.text
    assert "open sesame" not in answer.text
    assert console.guard.notices.targets.all() == []


def test_it_is_paused_taken_up_again_and_taken_away(console: Console, address: str) -> None:
    browser = console.browser(Role.SHOP_ADMIN)
    press(browser, "/console/notices/new/chat", {"label": "x", "url": f"{address}/good", "shops": "main-store"})
    (target,) = console.guard.notices.targets.all()
    assert target.shops == {"main-store"}
    for what, paused in (("pause", True), ("resume", False)):
        press(browser, f"/console/notices/{target.id}/{what}")
        assert (console.guard.notices.targets.all()[0].paused_at is not None) is paused
    press(browser, f"/console/notices/{target.id}/remove")
    assert console.guard.notices.targets.all() == []
    assert press(browser, f"/console/notices/{target.id}/test").status_code == 404


def test_a_kind_that_is_none_is_not_found(console: Console) -> None:
    assert console.browser(Role.SHOP_ADMIN).get("/console/notices/new/pigeon").status_code == 404
