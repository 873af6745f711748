"""A day without the registry: nothing is lost, the shop's choice is followed, all is judged again, nothing twice."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from shopguard.guard.answers import AnswerStore
from shopguard.guard.screening import PairStore, Screener
from shopguard.identity import PROFILE
from shopguard.model import Order, OrderRef, Party, Payment, PaymentKind, ScreeningState
from shopguard.registry.client import RegistryClient
from shopguard.registry.protocol import Answer
from shopguard.registry.signing import Signer
from shopguard.testing.registry import FakeCentre, FakeRegistry

ORDERS = 240
DAY_S = 86_400
STEP_S = 3_600
KNOWN, LISTED, OTHER = "known", "listed", "other"
PAYMENTS = (
    Payment(PaymentKind.COD, "代金引換"),
    Payment(PaymentKind.PAY_LATER, "後払い"),
    Payment(PaymentKind.CARD, "カード"),
)


@pytest.fixture
def centre(house) -> FakeCentre:
    return FakeCentre(house.clock, *house.registry.entries)


@pytest.fixture
def answers(house, centre) -> Iterator[AnswerStore]:
    """The cache of a house that asks ``centre`` through the real client."""
    store = AnswerStore(house.engine, house.writer, house.keyring, house.now)
    client = RegistryClient(
        centre,
        "shop-1",
        lambda: Signer.of_seed(bytes(32)),
        b"s" * 32,
        PROFILE,
        lambda: centre.keys,
        house.clock,
        store,
    )
    house.screener = Screener(client, house.keyring, PairStore(house.engine), house.phone_use)
    yield store
    store.close()


def stranger(number: int) -> Party:
    return Party(
        name="佐藤 次郎", phones=(f"090-0001-{number:04}",), emails=(f"someone{number}@example.jp",), country="JP"
    )


def placed(number: int, bad: Order) -> tuple[str, Order]:
    """Order ``number`` of the day, and whether its buyer is listed, known from an earlier order, or neither."""
    who = (OTHER, OTHER, LISTED, KNOWN)[number % 4]
    buyer = {OTHER: stranger(number), LISTED: bad.buyer, KNOWN: stranger(9_000)}[who]
    total = Decimal((500, 12_800)[number // 4 % 2])
    return who, replace(bad, id=str(number), buyer=buyer, total=total, payment=PAYMENTS[number % 3])


def is_held_while_silent(order: Order) -> bool:
    kind = order.payment.kind
    return kind is PaymentKind.PAY_LATER or (kind is PaymentKind.COD and order.total >= 10_000)


def effects_of(who: str, order: Order) -> list[str]:
    """What shall have been done to an order of the day in the end, in this order and each once."""
    held = who != KNOWN and is_held_while_silent(order)
    if who != LISTED:
        return ["hold", "release"] if held else []
    if held:
        return ["hold", "flag"]  # the note says now what it is held for
    return ["flag"] if order.payment.kind is PaymentKind.CARD else ["hold"]


def state(house, order_id: str) -> ScreeningState:
    latest = house.store.latest(OrderRef(house.platform.shop, order_id))
    assert latest is not None, f"order {order_id} is lost"
    return latest.state


def test_day_without_the_registry(house, centre, answers, bad):
    house.take(replace(bad, id="before", buyer=stranger(9_000)))
    answers.settle()
    day = {order.id: (who, order) for who, order in (placed(number, bad) for number in range(ORDERS))}

    centre.away, centre.tried = True, 0
    waiting = iter(day.values())
    for _ in range(DAY_S // STEP_S):
        for _ in range(ORDERS * STEP_S // DAY_S):
            house.send(next(waiting)[1])
        house.pass_by(STEP_S)
    assert next(waiting, None) is None
    assert {state(house, number) for number, (who, _) in day.items() if who == KNOWN} == {ScreeningState.FROM_CACHE}
    assert {state(house, number) for number, (who, _) in day.items() if who != KNOWN} == {ScreeningState.UNSCREENED}
    assert house.platform.held == {o.id for who, o in day.values() if who != KNOWN and is_held_while_silent(o)}
    assert centre.tried < 20 * DAY_S // STEP_S  # left in peace, and not asked once for each order that waits

    centre.away = False
    for _ in range(29):
        house.pass_by(60)
    assert house.next_due() is None
    assert {state(house, number) for number in day} == {ScreeningState.SCREENED}
    assert house.inbox.counts() == {"done": ORDERS + 1}
    assert {number: house.done(number) for number in day} == {
        number: effects_of(*case) for number, case in day.items()
    }


def test_silent_registry_is_tried_with_one_order_however_many_wait(house, clean):
    house.registry.failing = True
    for number in range(40):
        house.send(replace(clean, id=str(number)))
    house.work()
    asked = len(house.registry.queries)
    house.pass_by(600)
    assert len(house.registry.queries) == asked + 1


def test_all_that_wait_are_asked_about_in_one_go_once_one_is_answered(house, clean):
    house.registry.failing = True
    for number in range(40):
        house.send(replace(clean, id=str(number)))
    house.work()
    house.clock.pass_by(600)
    house.registry.failing = False
    house.work()
    assert house.platform.held == set()


class RefusesOne(FakeRegistry):
    """Never answers about order 0."""

    def look_up(self, query) -> Answer:
        self.failing = query.order.order_id == "0"
        return super().look_up(query)


def test_order_that_is_never_answered_holds_up_no_other(house, clean):
    house.screener._registry = RefusesOne(*house.registry.entries)
    house.registry.failing = True
    for number in range(20):
        house.send(replace(clean, id=str(number)))
    house.work()
    for _ in range(10):
        house.pass_by(60)
    assert house.platform.held == {"0"}
