"""``/healthz``, ``/readyz`` and ``/metrics``: they say what is wrong, never fail, and name nobody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from shopguard.adapter import Secret
from shopguard.bootstrap import Installation
from shopguard.config import Config, DatabaseSettings, ShopSettings
from shopguard.crypto import Keyring
from shopguard.guard import effects
from shopguard.guard.claims import Claimant
from shopguard.guard.health import LATE_S
from shopguard.guard.policy import Action
from shopguard.guard.reviews import open_review
from shopguard.guard.shops import note_event
from shopguard.model import Order, OrderRef, Party, ShopAlarm, VerdictKind
from shopguard.registry.protocol import Registry
from shopguard.testing.fakes import FakePlatform
from shopguard.testing.registry import FakeRegistry

T0 = 1_800_000_000.0
SHOP = ShopSettings("main-store", "fake", None)
ORDER = Order("1001", buyer=Party(name="見本 花子", phones=("090-0000-0000",)))


class Probed:
    """A guard whose clock is set by hand, seen through the receiver's and the console's address."""

    def __init__(self, guard: Installation) -> None:
        self.guard, self.now = guard, T0
        guard.clock = lambda: self.now
        self.receiver: FlaskClient = guard.receiver_app().test_client()
        self.console: FlaskClient = guard.console_app().test_client()

    def receive(self, key: str) -> None:
        delivery = replace(FakePlatform().delivery(ORDER), received_at=datetime.fromtimestamp(self.now, UTC))
        self.guard.inbox.accept("main-store", key, delivery)

    def ready(self) -> tuple[int, str]:
        answer = self.receiver.get("/readyz")
        return answer.status_code, answer.text

    def metrics(self) -> dict[tuple[str, str], float]:
        """Value by name and label."""
        families = text_string_to_metric_families(self.receiver.get("/metrics").text)
        return {
            (sample.name, ",".join(sample.labels.values())): sample.value
            for family in families
            for sample in family.samples
        }


@pytest.fixture
def probed(install: Callable[[Config, Registry], Installation]) -> Probed:
    guard = install(Config(shops={"main-store": SHOP}), FakeRegistry())
    guard.migrate()
    return Probed(guard)


def test_a_process_that_answers_is_alive(probed: Probed) -> None:
    for client in (probed.receiver, probed.console):
        answer = client.get("/healthz")
        assert (answer.status_code, answer.text) == (200, "alive\n")


def test_a_guard_with_nothing_to_do_is_ready(probed: Probed) -> None:
    assert probed.ready() == (200, "ready\n")
    assert probed.console.get("/readyz").status_code == 200


def test_a_delivery_that_nobody_works_on_says_that_no_worker_runs(probed: Probed) -> None:
    probed.receive("k")
    probed.now += LATE_S
    assert probed.ready()[0] == 200
    probed.now += 60
    status, text = probed.ready()
    assert status == 503
    assert text == "a delivery has been due for 16 minutes: is a worker running?\n"


def test_a_delivery_that_waits_for_its_next_attempt_is_no_missing_worker(probed: Probed) -> None:
    """A shop platform that is down for hours must not take the receiver out of service."""
    probed.receive("k")
    (delivery,) = probed.guard.inbox.claim(Claimant("w", 60.0), T0, 1)
    probed.guard.inbox.put_back(delivery, T0 + 3 * LATE_S, "busy")
    probed.now += 3 * LATE_S
    assert probed.ready()[0] == 200
    probed.now += LATE_S + 1
    assert probed.ready()[0] == 503


def test_a_worker_that_died_with_a_delivery_in_hand_is_missed(probed: Probed) -> None:
    probed.receive("k")
    probed.guard.inbox.claim(Claimant("w", 60.0), T0, 1)
    probed.now += LATE_S + 59
    assert probed.ready()[0] == 200
    probed.now += 2
    assert probed.ready()[0] == 503


def test_tables_of_another_version_are_named(empty_engine_guard: Installation) -> None:
    for client in (empty_engine_guard.receiver_app().test_client(), empty_engine_guard.console_app().test_client()):
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "the database is not at this version" in answer.text
        assert client.get("/metrics").status_code == 503
        assert client.get("/healthz").status_code == 200


@pytest.fixture(params=["sqlite", "postgres"])
def empty_engine_guard(request: pytest.FixtureRequest, keyring: Keyring) -> Installation:
    """A guard whose database was never migrated."""
    engine = request.getfixturevalue(f"empty_{request.param}")
    url = engine.url.render_as_string(hide_password=False)
    database = DatabaseSettings(Secret(url) if request.param == "postgres" else None)
    installation = Installation(
        Config(database=database, shops={"main-store": SHOP}),
        keyring,
        request.getfixturevalue("tmp_path"),
        {"fake": FakePlatform},
    )
    request.addfinalizer(installation.close)
    return installation


def test_a_database_that_is_away_is_said_without_a_fault(probed: Probed) -> None:
    probed.guard.engine.dispose()
    path = probed.guard.data_dir / "guard.db"
    path.rename(path.with_suffix(".gone"))
    path.mkdir()
    for client in (probed.receiver, probed.console):
        for route in ("/readyz", "/metrics"):
            answer = client.get(route)
            assert answer.status_code == 503
            assert "database" in answer.text
        assert client.get("/healthz").status_code == 200


def test_metrics_count_what_waits(probed: Probed) -> None:
    probed.receive("1")
    probed.receive("2")
    probed.guard.inbox.bury("main-store", "3", FakePlatform().delivery(ORDER), "not JSON")
    ref = OrderRef("main-store", "1001")
    writer = probed.guard.writer
    writer.run(lambda connection: effects.plan(connection, ref, Action.HOLD, 1, "text", T0))
    writer.run(lambda connection: open_review(connection, ref, 1, VerdictKind.HOLD, "hold", T0))
    writer.run(lambda connection: note_event(connection, "main-store", T0))
    probed.guard.states.raise_alarm(ShopAlarm("main-store", "app_uninstalled", "gone"), T0)
    probed.now += 40
    metrics = probed.metrics()
    assert metrics["shopguard_inbox_deliveries", "received"] == 2
    assert metrics["shopguard_inbox_deliveries", "dead"] == 1
    assert metrics["shopguard_effects", "intended"] == 1
    assert metrics["shopguard_inbox_oldest_seconds", ""] == 40
    assert metrics["shopguard_reviews_waiting", ""] == 1
    assert metrics["shopguard_last_event_timestamp_seconds", "main-store"] == T0
    assert metrics["shopguard_shop_alarm", "main-store"] == 1


def test_metrics_of_an_idle_guard_are_zero(probed: Probed) -> None:
    metrics = probed.metrics()
    assert metrics["shopguard_inbox_oldest_seconds", ""] == 0
    assert metrics["shopguard_shop_alarm", "main-store"] == 0


def test_nothing_personal_is_shown(probed: Probed) -> None:
    probed.receive("k")
    probed.now += 10 * LATE_S
    shown = probed.receiver.get("/metrics").text + probed.ready()[1]
    for text in ("見本", "090", "1001"):
        assert text not in shown
