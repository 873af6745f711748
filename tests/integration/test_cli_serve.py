"""What ``serve`` says when it starts: where everything is."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shopguard.cli import serve, supervise
from shopguard.config import ServerSettings

if TYPE_CHECKING:
    from .conftest import Desk


@pytest.fixture
def said(desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, str]]:
    """What is said of each role, with such settings of the server; nothing is really started."""
    monkeypatch.setattr(supervise, "supervise", lambda _commands, _stop, beside, _renewal: beside())
    monkeypatch.setattr(supervise, "stop_on_signal", threading.Event)
    monkeypatch.setattr(serve, "check_port", lambda *_: None)
    monkeypatch.setattr(serve, "start_logging", lambda: None)

    def say(roles: str, **server: str) -> dict[str, str]:
        desk.settings = replace(desk.settings, server=ServerSettings(**server))  # type: ignore[arg-type]  # texts only
        lines = desk.done("serve", "--role", roles).splitlines()
        return dict(line.split(maxsplit=1) for line in lines if line)

    return say


def test_it_says_where_listed_persons_open_their_pages(said: Callable[..., dict[str, str]]) -> None:
    assert said("receiver,registry")["persons"] == "http://127.0.0.1:8082/persons/"
    assert said("receiver,registry", host="192.0.2.1")["persons"] == "http://192.0.2.1:8082/persons/"
    outside = said("receiver,registry", registry_url="https://registry.example.com/")
    assert outside["persons"] == "https://registry.example.com/persons/"


def test_it_says_so_only_where_it_answers_there(said: Callable[..., dict[str, str]]) -> None:
    assert "persons" not in said("receiver,worker,console,prf,office")
