"""Connecting a shop and examining it, from the command line."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import sqlalchemy as sa

from shopguard.config import Mode, ServerSettings
from shopguard.errors import PlatformRefused, TemporaryFailure
from shopguard.guard.health import Health
from shopguard.model import ConnectReport, Finding, Order, ShopAlarm
from shopguard.registry.messages import BudgetShape, Me
from shopguard.storage.engine import reading
from shopguard.storage.tables import audit, inbox
from shopguard.testing.fakes import FakePlatform, FixedClock
from shopguard.testing.registry import FakeRegistry

if TYPE_CHECKING:
    from click.testing import Result

    from tests.integration.conftest import ConnectedPlatform, Desk

PUBLIC = "https://guard.example.com"
ADDRESS = f"{PUBLIC}/webhooks/fake/main-store"


@pytest.fixture
def platform(desk: "Desk") -> "ConnectedPlatform":
    """The shop's platform, in a guard that knows its own address."""
    desk.settings = replace(desk.settings, server=ServerSettings(public_url=f"{PUBLIC}/"))
    platform: Any = desk.platform
    return platform


def findings(result: "Result") -> dict[str, dict[str, Any]]:
    return {finding["check"]: finding for finding in json.loads(result.stdout)}


def faults(result: "Result") -> list[str]:
    return [finding["check"] for finding in json.loads(result.stdout) if not finding["ok"]]


def change(desk: "Desk", **values: Any) -> None:
    with desk.opened() as installation:
        installation.states.update("main-store", **values)


def now(desk: "Desk") -> float:
    with desk.opened() as installation:
        return installation.clock()


def test_connect_hands_the_shops_address_to_the_platform(desk: "Desk", platform: "ConnectedPlatform") -> None:
    result = desk.run("connect", "main-store")
    assert (result.exit_code, result.stderr) == (0, "")
    assert platform.addresses == [ADDRESS]
    assert "webhook 7 created" in result.stdout
    assert ADDRESS in result.stdout


def test_connect_prints_what_a_person_must_paste(desk: "Desk", platform: "ConnectedPlatform") -> None:
    platform.report = ConnectReport(to_paste={"Settings, Webhooks, URL": ADDRESS})
    assert f"Settings, Webhooks, URL: {ADDRESS}" in desk.run("connect", "main-store").stdout
    machine = json.loads(desk.run("connect", "main-store", "--json").stdout)
    assert machine["to_paste"] == {"Settings, Webhooks, URL": ADDRESS}
    assert machine["address"] == ADDRESS


def test_connect_to_a_platform_without_an_api_gives_the_address_to_paste(
    desk: "Desk", platform: "ConnectedPlatform"
) -> None:
    desk.platform = FakePlatform()
    result = desk.run("connect", "main-store", "--json")
    assert ADDRESS in json.loads(result.stdout)["to_paste"].values()


def test_connect_without_a_public_address_names_the_key(desk: "Desk") -> None:
    result = desk.run("connect", "main-store")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "server.public_url" in result.stderr
    assert "--address" in result.stderr


def test_connect_takes_another_address_for_once(desk: "Desk", platform: "ConnectedPlatform") -> None:
    desk.run("connect", "main-store", "--address", "https://other.example.com")
    assert platform.addresses == ["https://other.example.com/webhooks/fake/main-store"]
    assert desk.run("connect", "main-store", "--address", "other.example.com").exit_code == 2


def test_an_unknown_shop_is_a_wrong_call(desk: "Desk", platform: "ConnectedPlatform") -> None:
    for words in ("connect", "man-store"), ("doctor", "man-store"):
        result = desk.run(*words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "main-store" in result.stderr


def test_what_the_platform_refuses_is_said(
    desk: "Desk", platform: "ConnectedPlatform", monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_address: str) -> ConnectReport:
        raise PlatformRefused("shop.example.com: POST answered 401", "401")

    monkeypatch.setattr(platform, "connect", refuse)
    result = desk.run("connect", "main-store")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "shop.example.com: POST answered 401\n")


def test_doctor_of_a_sound_guard_exits_with_0(desk: "Desk", platform: "ConnectedPlatform") -> None:
    result = desk.run("doctor")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert all(line.startswith("✓ ") for line in lines)
    checks = {line.split("  ")[1].split(":")[0] for line in lines}
    assert checks >= {"registry", "queue", "dead letters", "failed effects", "clock", "feed", "alarm", "mode"}
    assert "credentials" in checks
    assert platform.addresses == [ADDRESS]


def test_a_fault_that_the_platform_shows_exits_with_1_and_names_the_remedy(
    desk: "Desk", platform: "ConnectedPlatform"
) -> None:
    platform.findings = lambda: iter([Finding("scopes", False, "may not write", "make a new key")])
    result = desk.run("doctor", "main-store")
    assert result.exit_code == 1
    assert "✗ main-store  scopes: may not write → make a new key" in result.stdout.splitlines()


def test_a_platform_that_hangs_does_not_hang_doctor(desk: "Desk", platform: "ConnectedPlatform") -> None:
    end = threading.Event()

    def hang() -> Iterator[Finding]:
        yield Finding("credentials", True, "may read")
        end.wait()

    platform.findings = hang
    try:
        result = desk.run("doctor", "--timeout", "0.2", "--json")
    finally:
        end.set()
    assert (result.exit_code, faults(result)) == (1, ["platform"])
    assert findings(result)["credentials"]["ok"]


@pytest.mark.parametrize("error", [TemporaryFailure("shop.example.com: ConnectTimeout"), KeyError("a buyer's name")])
def test_an_adapter_that_fails_is_a_finding(desk: "Desk", platform: "ConnectedPlatform", error: Exception) -> None:
    def fail() -> Iterator[Finding]:
        raise error
        yield

    platform.findings = fail
    result = desk.run("doctor", "--json")
    assert (result.exit_code, faults(result)) == (1, ["platform"])
    assert "buyer" not in result.output


def test_doctor_says_that_the_address_is_missing_and_examines_the_rest(desk: "Desk") -> None:
    result = desk.run("doctor", "--json")
    assert (result.exit_code, faults(result)) == (1, ["address"])
    assert findings(result)["credentials"]["ok"]
    assert desk.run("doctor", "--address", PUBLIC).exit_code == 0


def _late(desk: "Desk", order: Order) -> None:
    desk.receive(order)
    with desk.opened() as installation:
        at = installation.clock() - 3600
        installation.writer.run(lambda connection: connection.execute(sa.update(inbox).values(received_at=at)))


def _dead(desk: "Desk", order: Order) -> None:
    with desk.opened() as installation:
        clock = FixedClock()
        installation.inbox.bury(
            "main-store", "k", replace(desk.platform.delivery(order), received_at=clock.now), "odd"
        )


def _failed(desk: "Desk", order: Order) -> None:
    desk.receive(order)
    desk.platform.fail(PlatformRefused("no", "403"))
    desk.work()


def _from_the_future(desk: "Desk", order: Order) -> None:
    with desk.opened() as installation:
        at = FixedClock().now + timedelta(days=40_000)
        installation.inbox.bury("main-store", "k", replace(desk.platform.delivery(order), received_at=at), "odd")
        installation.writer.run(lambda connection: connection.execute(sa.update(inbox).values(state="done")))


def _feed(desk: "Desk", _order: Order) -> None:
    change(desk, feed_error="shop.example.com: GET answered 500")


def _alarm(desk: "Desk", _order: Order) -> None:
    with desk.opened() as installation:
        installation.states.raise_alarm(ShopAlarm("main-store", "app_uninstalled", "the app is gone"), 1_790_000_000)


def _no_registry(desk: "Desk", _order: Order) -> None:
    with desk.opened() as installation, installation.home.engine("index").begin() as connection:
        connection.execute(sa.text("DROP TABLE posting"))


def _observes_for_long(desk: "Desk", _order: Order) -> None:
    desk.change_shop(mode=Mode.OBSERVE)
    change(desk, guarded_since=now(desk) - 15 * 86_400)


@pytest.mark.parametrize(
    ("spoil", "check", "remedy"),
    [
        (_late, "queue", "shopguard serve"),
        (_dead, "dead letters", "shopguard dead"),
        (_failed, "failed effects", "shopguard dead"),
        (_from_the_future, "clock", "NTP"),
        (_feed, "feed", "missed webhooks"),
        (_alarm, "alarm", "--clear-alarm"),
        (_no_registry, "registry", "databases are there"),
        (_observes_for_long, "mode", "shops.main-store.mode"),
    ],
)
def test_doctor_finds(
    desk: "Desk",
    platform: "ConnectedPlatform",
    bad_order: Order,
    spoil: "Callable[[Desk, Order], None]",
    check: str,
    remedy: str,
) -> None:
    spoil(desk, bad_order)
    result = desk.run("doctor", "main-store", "--json")
    assert (result.exit_code, faults(result)) == (1, [check])
    assert remedy in findings(result)[check]["remedy"]


def of_registry(desk: "Desk", registry: FakeRegistry, member: Me) -> Finding:
    with desk.opened() as made:
        parts = (made.engine, made.inbox, made.effects, made.states, made.heartbeats)
        health = Health(*parts, registry, lambda: member, made.clock)
        return next(finding for finding in health.of_guard() if finding.check == "registry")


MEMBER = Me("shop-1", "active", 100, (BudgetShape(1, 600, 600), BudgetShape(2, 3_600, 3_600)), ("k",))


def test_doctor_does_not_take_a_copy_of_an_earlier_answer_for_a_registry(desk: "Desk") -> None:
    away = FakeRegistry(failing=True)
    away.copies = []
    found = of_registry(desk, away, MEMBER)
    assert (found.ok, found.text) == (False, "the registry is away")
    assert "can be reached" in found.remedy


def test_doctor_says_that_the_registry_has_stopped_this_shop_though_it_answers_what_it_answered_before(
    desk: "Desk",
) -> None:
    found = of_registry(desk, FakeRegistry(), msgspec.structs.replace(MEMBER, stopped=True))
    assert (found.ok, found.remedy) == (False, "")
    assert "ask the registry's office" in found.text


def test_doctor_says_that_the_budget_runs_low_before_the_shop_is_stopped(desk: "Desk") -> None:
    assert of_registry(desk, FakeRegistry(), MEMBER).text == "answers"
    scarce = msgspec.structs.replace(MEMBER, budgets=(*MEMBER.budgets[:1], BudgetShape(2, 1_810, 3_600)))
    found = of_registry(desk, FakeRegistry(), scarce)
    assert (found.ok, "half of the budget" in found.text) == (True, True)


def test_observing_is_fine_for_two_weeks_and_says_since_when(desk: "Desk", platform: "ConnectedPlatform") -> None:
    desk.change_shop(mode=Mode.OBSERVE)
    change(desk, guarded_since=now(desk) - 13 * 86_400)
    mode = findings(desk.run("doctor", "--json"))["mode"]
    assert mode["ok"]
    assert "observe since 2" in mode["text"]


def test_a_settled_alarm_is_cleared_by_name(desk: "Desk", platform: "ConnectedPlatform", bad_order: Order) -> None:
    _alarm(desk, bad_order)
    assert desk.run("doctor", "--clear-alarm").exit_code == 2
    assert desk.run("doctor", "main-store").exit_code == 1
    assert desk.run("doctor", "main-store", "--clear-alarm").exit_code == 0
    assert desk.run("doctor", "main-store").exit_code == 0
    with desk.opened() as installation, reading(installation.engine) as connection:
        assert connection.execute(sa.select(audit.c.action)).scalars().all() == ["clear_alarm"]


def test_doctor_before_the_first_start_names_the_remedy_and_makes_nothing(
    desk: "Desk", platform: "ConnectedPlatform"
) -> None:
    for path in desk.data_dir.glob("*.db*"):
        path.unlink()
    result = desk.run("doctor", "--json")
    assert (result.exit_code, faults(result)) == (1, ["database"])
    assert "shopguard serve" in findings(result)["database"]["remedy"]
    assert findings(result)["credentials"]["ok"]
    assert list(desk.data_dir.glob("*.db")) == []
