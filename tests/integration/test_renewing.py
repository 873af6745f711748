"""Processes that start anew when the settings were changed from the console, and only then."""

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from shopguard.cli import supervise
from shopguard.cli.renewing import Renewal
from shopguard.errors import ConfigError
from shopguard.guard.setting_up import RENEW
from shopguard.private_file import write_private

ROLES = ("receiver", "worker", "console", "registry")
ANEW = ["receiver", "worker", "console"]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def ask(home: Path) -> None:
    write_private(home / RENEW, b"")


def settled(renewal: Renewal, clock: Clock) -> Sequence[str]:
    """What it says at once, and what it says a little later."""
    at_once = renewal()
    clock.now += 60
    return [*at_once, *renewal()]


def nothing() -> None:
    pass


def test_nobody_who_did_not_ask_gets_anything_anew(tmp_path: Path, clock: Clock) -> None:
    ask(tmp_path)  # before the start: what it asked for was read then
    assert settled(Renewal(tmp_path, ROLES, nothing, clock), clock) == []


def test_the_processes_that_know_the_shops_start_anew_once(tmp_path: Path, clock: Clock) -> None:
    renewal = Renewal(tmp_path, ROLES, nothing, clock)
    ask(tmp_path)
    assert settled(renewal, clock) == ANEW
    assert settled(renewal, clock) == []
    ask(tmp_path)
    assert settled(renewal, clock) == ANEW


def test_whoever_asked_is_answered_first(tmp_path: Path, clock: Clock) -> None:
    renewal = Renewal(tmp_path, ROLES, nothing, clock)
    ask(tmp_path)
    assert renewal() == ()
    clock.now += 0.5
    assert renewal() == ()


def test_settings_with_a_fault_leave_the_processes_alone(tmp_path: Path, clock: Clock) -> None:
    def refuse() -> None:
        raise ConfigError("shops.x: wrong")

    renewal = Renewal(tmp_path, ROLES, refuse, clock)
    ask(tmp_path)
    assert settled(renewal, clock) == []


def test_a_process_is_ended_and_started_and_the_others_stay(tmp_path: Path) -> None:
    log, stop, asked = tmp_path / "log", threading.Event(), iter([["worker"]])

    def command(role: str) -> Sequence[str]:
        said = f"import time; open({str(log)!r}, 'a').write('{role} '); time.sleep(60)"
        return [sys.executable, "-c", said]

    def renewed() -> Sequence[str]:
        begun = log.read_text().split() if log.exists() else []
        if len(begun) >= 3:
            stop.set()
        return next(asked, ()) if len(begun) == 2 else ()

    supervise.supervise({role: command(role) for role in ("worker", "console")}, stop, nothing, renewed)
    assert sorted(log.read_text().split()) == ["console", "worker", "worker"]
