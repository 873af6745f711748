"""What a column cannot hold is cut rather than refused (PostgreSQL refuses); and a shop's budget of calls."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.guard.reviews import record
from shopguard.guard.shops import ShopStates, pause_calls, take_call
from shopguard.guard.store import OrderStore
from shopguard.model import Order, OrderRef, ShopAlarm
from shopguard.storage.engine import reading
from shopguard.storage.tables import audit
from shopguard.storage.writer import Writer, writer_for

T0 = 1_000_000.0


@pytest.fixture
def writer(engine: sa.Engine) -> Iterator[Writer]:
    made = writer_for(engine)
    yield made
    made.close()


@pytest.fixture
def states(engine: sa.Engine, writer: Writer) -> ShopStates:
    made = ShopStates(engine, writer)
    made.introduce(["main-store", "second-store"], T0)
    return made


def test_an_order_with_an_endless_number_is_kept(engine: sa.Engine, writer: Writer, keyring: Keyring) -> None:
    store = OrderStore(engine, writer, keyring)
    order = Order("1001", "main-store", number="#" + "1" * 999)
    writer.run(store.keep(order, T0))
    assert store.order(order.ref) == order
    writer.run(store.keep(order, T0 + 1))
    assert store.order(order.ref) == order


def test_a_line_of_the_audit_log_is_cut_to_its_columns(engine: sa.Engine, writer: Writer) -> None:
    ref = OrderRef("main-store", "o" * 900)
    writer.run(lambda connection: record(connection, T0, "a" * 900, "erase", ref, "d" * 900))
    with reading(engine) as connection:
        line = connection.execute(sa.select(audit)).one()
    assert (line.actor, line.order_id, line.detail) == ("a" * 100, "o" * 200, "d" * 500)


def test_an_alarm_is_cut_to_its_columns_and_can_be_cleared(states: ShopStates) -> None:
    states.raise_alarm(ShopAlarm("main-store", "c" * 900, "t" * 900), T0)
    alarmed = states.get("main-store")
    assert (alarmed.alarm_code, alarmed.alarm_text, alarmed.alarm_at) == ("c" * 100, "t" * 500, T0)
    assert states.get("second-store").alarm_code is None
    states.clear_alarm("main-store")
    assert states.get("main-store").alarm_code is None


def test_introducing_a_shop_again_changes_nothing(states: ShopStates) -> None:
    before = states.get("main-store")
    states.introduce(["main-store", "new-store"], T0 + 100)
    assert states.get("main-store") == before
    assert states.get("new-store").guarded_since == T0 + 100


# --- the budget of calls --------------------------------------------------------------------------------------------


class Budget:
    """Two calls a second, so four at once after a pause."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def take(self, now: float, shop: str = "main-store") -> float:
        return self._writer.run(lambda connection: take_call(connection, shop, 2.0, now))

    def pause(self, until: float) -> None:
        self._writer.run(lambda connection: pause_calls(connection, "main-store", until))


@pytest.fixture
def budget(states: ShopStates, writer: Writer) -> Budget:
    return Budget(writer)


def test_a_quiet_shop_may_use_two_seconds_of_its_rate_at_once(budget: Budget) -> None:
    assert [budget.take(T0) for _ in range(4)] == [0, 0, 0, 0]
    assert [budget.take(T0) for _ in range(3)] == pytest.approx([0.5, 1.0, 1.5])


def test_the_budget_fills_at_the_shops_rate_and_no_further_than_the_burst(budget: Budget) -> None:
    for _ in range(4):
        budget.take(T0)
    assert budget.take(T0 + 0.5) == 0
    assert budget.take(T0 + 0.5) == pytest.approx(0.5)
    assert [budget.take(T0 + 1000) for _ in range(5)] == pytest.approx([0, 0, 0, 0, 0.5])


def test_each_shop_has_a_budget_of_its_own(budget: Budget) -> None:
    for _ in range(6):
        budget.take(T0)
    assert budget.take(T0, "second-store") == 0


def test_after_a_pause_calls_are_spread_again(budget: Budget) -> None:
    budget.take(T0)
    budget.pause(T0 + 10)
    assert [budget.take(T0 + 1) for _ in range(2)] == pytest.approx([9.5, 10.0])
    assert budget.take(T0 + 100) == 0


def test_threads_together_keep_to_the_rate(budget: Budget) -> None:
    with ThreadPoolExecutor(8) as pool:
        waits = sorted(pool.map(lambda _: budget.take(T0), range(24)))
    assert waits == pytest.approx([0.0] * 4 + [0.5 * n for n in range(1, 21)])
