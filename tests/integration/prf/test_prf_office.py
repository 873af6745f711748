"""What the office, and nobody else, has the keyed function do."""

from typing import TYPE_CHECKING

import msgspec
import pytest

from shopguard.identity import Token
from shopguard.registry.messages import LOOKUPS, Element
from shopguard.registry.prf import function
from shopguard.registry.prf.function import (
    EpochNumber,
    Ingest,
    Ingested,
    MemberBudget,
    MemberKeys,
    MemberName,
    MemberStanding,
    MemberState,
    PutMember,
)
from shopguard.registry.prf.seeds import EpochSeeds
from shopguard.registry.prf.service import PrfService
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import Signer
from shopguard.testing import FixedClock

if TYPE_CHECKING:
    from tests.integration.prf.conftest import Office, Shop

PHONE = Token(1, 1, 1, "+819012345678")
EMAIL = Token(1, 2, 2, "taro@example.jp")
NEW = Signer.of_seed(bytes([5]) * 32)


def elements(*tokens: Token) -> tuple[Element, ...]:
    return tuple(Element(token.cls, token.encode()) for token in tokens)


def refusal(office: "Office", path: str, body: msgspec.Struct | bytes = b"") -> Refused:
    with pytest.raises(Refused) as caught:
        office.do(path, body)
    return caught.value


def members(office: "Office") -> list[MemberStanding]:
    return msgspec.msgpack.decode(office.do(function.MEMBERS), type=list[MemberStanding])


def test_entries_are_sealed_in_several_epochs_at_once(office: "Office", seeds: EpochSeeds) -> None:
    seeds.add()
    told = office.do(function.INGEST, Ingest((1, 2), elements(PHONE, EMAIL)))
    pairs = [(1, PHONE.encode()), (2, EMAIL.encode())]
    expected = tuple(b"".join(seeds.prf(number).evaluate(pairs)) for number in (1, 2))
    ingested = msgspec.msgpack.decode(told, type=Ingested)
    assert ingested.values == expected
    assert not any(repr(value)[2:-1] in repr(ingested) for value in expected)


def test_the_office_asks_for_as_much_as_fits_and_no_more(office: "Office") -> None:
    many = elements(PHONE) * function.MAX_INGEST
    told = msgspec.msgpack.decode(office.do(function.INGEST, Ingest((1,), many)), type=Ingested)
    assert len(told.values[0]) == 32 * function.MAX_INGEST
    assert refusal(office, function.INGEST, Ingest((1,), many + many[:1])).code is Refusal.TOO_MANY_TOKENS


def test_an_epoch_without_a_seed_gives_the_office_nothing(office: "Office") -> None:
    assert refusal(office, function.INGEST, Ingest((1, 2), elements(PHONE))).code is Refusal.EPOCH


def test_the_office_asks_for_each_token_under_its_own_class(office: "Office") -> None:
    wrong = Ingest((1,), (Element(2, PHONE.encode()),))
    assert refusal(office, function.INGEST, wrong).code is Refusal.WRONG_CLASS


def test_an_epoch_begins_and_ends(office: "Office", seeds: EpochSeeds) -> None:
    assert msgspec.msgpack.decode(office.do(function.BEGIN_EPOCH), type=EpochNumber).number == 2
    office.do(function.DESTROY_EPOCH, EpochNumber(1))
    told = msgspec.msgpack.decode(office.do(function.EPOCHS), type=list[EpochNumber])
    assert told == [EpochNumber(2)]
    assert seeds.numbers() == (2,)


def test_an_epoch_that_is_asked_for_by_its_number_begins_once(office: "Office", seeds: EpochSeeds) -> None:
    for _ in range(2):
        told = office.do(function.BEGIN_EPOCH, EpochNumber(2))
        assert msgspec.msgpack.decode(told, type=EpochNumber).number == 2
    assert seeds.numbers() == (1, 2)


@pytest.mark.parametrize("number", [0, 1, 4])
def test_an_epoch_out_of_its_turn_does_not_begin(office: "Office", seeds: EpochSeeds, number: int) -> None:
    seeds.add()
    seeds.destroy(1)
    assert refusal(office, function.BEGIN_EPOCH, EpochNumber(number)).code is Refusal.EPOCH
    assert seeds.numbers() == (2,)


def test_the_office_sees_how_every_member_stands(office: "Office") -> None:
    office.enrol("shop-2", daily_orders=None)
    first = office.enrol("shop-1", daily_orders=100)
    first.ask(PHONE, EMAIL)
    one, two = members(office)
    assert (one.member, one.state, one.stopped, one.daily_orders) == ("shop-1", "active", False, 100)
    assert [(budget.cls, budget.left) for budget in one.budgets] == [(1, 599), (2, 3_599), (3, 1_600)]
    assert (one.batches_today, one.keys) == (1, (first.key.key_id,))
    assert (two.member, two.daily_orders, two.budgets) == ("shop-2", None, ())


def test_a_member_that_is_put_again_keeps_what_it_has_spent(office: "Office", shop: "Shop") -> None:
    shop.ask(PHONE)
    office.do(function.PUT_MEMBER, PutMember("shop-1", "active", 1_000, (shop.key.public, NEW.public)))
    standing = shop.standing()
    assert (standing.daily_orders, standing.batches_today, len(standing.keys)) == (1_000, 1, 2)
    assert shop.spent() == (1, 0, 0)


def test_a_key_that_is_not_for_looking_up_learns_nothing_and_is_known_all_the_same(
    office: "Office", shop: "Shop"
) -> None:
    barred = {shop.key.key_id: ("look_up",)}
    office.do(function.PUT_MEMBER, PutMember("shop-1", "active", 50, (shop.key.public, NEW.public), barred))
    refused = shop.refusal(PHONE)
    assert (refused.code, "look_up" in str(refused)) == (Refusal.FORBIDDEN, True)
    assert (shop.standing().barred, shop.spent()) == (barred, (0, 0, 0))
    shop.key = NEW
    shop.ask(PHONE)
    assert shop.spent() == (1, 0, 0)


def test_a_key_is_barred_from_what_there_is(office: "Office", shop: "Shop") -> None:
    put = PutMember("shop-1", "active", 50, (shop.key.public,), {shop.key.key_id: ("admin",)})
    assert refusal(office, function.PUT_MEMBER, put).code is Refusal.UNREADABLE
    shop.ask(PHONE)


def test_a_raised_budget_lets_a_member_ask_more(office: "Office", shop: "Shop") -> None:
    shop.ask(PHONE)
    office.do(function.SET_BUDGET, MemberBudget("shop-1", 1_000))
    budget = shop.standing().budgets[0]
    assert (budget.left, budget.size) == (5_999, 6_000)
    office.do(function.SET_BUDGET, MemberBudget("shop-1", None))
    assert shop.standing().budgets == ()


def test_a_stopped_member_goes_on_with_full_buckets_when_the_office_has_looked(
    office: "Office", clock: FixedClock
) -> None:
    shop = office.enrol(daily_orders=50)
    asked = 0
    while not members(office)[0].stopped:
        try:
            shop.ask(Token(1, 1, 1, f"+8190{asked:08d}"))
            asked += 1
        except Refused as refused:
            clock.pass_by(refused.retry_after_s or 0)
    clock.pass_by(86_400)
    assert shop.refusal(EMAIL).code is Refusal.BUDGET_SPENT
    assert shop.standing().stopped
    office.do(function.RESUME, MemberName("shop-1"))
    shop.ask(EMAIL)
    assert not shop.standing().stopped
    assert shop.spent() == (0, 1, 0)


def test_the_office_changes_its_key_without_a_pause(office: "Office", prf: PrfService) -> None:
    old = office.key
    office.do(function.SET_KEYS, MemberKeys("office", (old.public, NEW.public)))
    office.key = NEW
    office.do(function.SET_KEYS, MemberKeys("office", (NEW.public,)))
    office.do(function.MEMBERS)
    office.key = old
    assert refusal(office, function.MEMBERS).code is Refusal.NOT_AUTHENTICATED


def test_the_office_does_not_lock_itself_out(office: "Office") -> None:
    assert refusal(office, function.SET_KEYS, MemberKeys("office", (NEW.public,))).code is Refusal.FORBIDDEN
    office.do(function.MEMBERS)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # no database has a say in it
@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (function.SET_STATE, MemberState("nobody", "active"), Refusal.NOT_FOUND),
        (function.SET_KEYS, MemberKeys("nobody", ()), Refusal.NOT_FOUND),
        (function.SET_BUDGET, MemberBudget("nobody", 1), Refusal.NOT_FOUND),
        (function.RESUME, MemberName("nobody"), Refusal.NOT_FOUND),
        (function.SET_STATE, MemberState("shop-1", "happy"), Refusal.UNREADABLE),
        (function.SET_BUDGET, MemberBudget("shop-1", -1), Refusal.UNREADABLE),
        (function.SET_KEYS, MemberKeys("shop-1", (bytes(31),)), Refusal.UNREADABLE),
        (function.PUT_MEMBER, PutMember("Shop 1", "active", 1, ()), Refusal.UNREADABLE),
        (function.PUT_MEMBER, PutMember("x" * 41, "active", 1, ()), Refusal.UNREADABLE),
        (function.PUT_MEMBER, PutMember("office", "active", 1, ()), Refusal.FORBIDDEN),
        (function.PUT_MEMBER, b"", Refusal.UNREADABLE),
        (function.INGEST, b"\xc1", Refusal.UNREADABLE),
        ("/prf/secrets", b"", Refusal.NOT_FOUND),
        (LOOKUPS, b"", Refusal.NOT_FOUND),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    office: "Office", shop: "Shop", path: str, body: msgspec.Struct | bytes, code: Refusal
) -> None:
    before = members(office)
    assert refusal(office, path, body).code is code
    assert members(office) == before


def test_no_member_administers(office: "Office", shop: "Shop", prf: PrfService) -> None:
    body = msgspec.msgpack.encode(MemberBudget("shop-1", None))
    as_itself = shop.sign(body, function.SET_BUDGET)
    as_office = shop.key.request("POST", function.SET_BUDGET, body, "office", as_itself.time)
    for request in (as_itself, as_office):
        with pytest.raises(Refused) as caught:
            prf.administer(request)
        assert caught.value.code is Refusal.NOT_AUTHENTICATED
    assert shop.standing().daily_orders == 100


def test_what_the_office_signed_is_done_once(office: "Office", prf: PrfService, seeds: EpochSeeds) -> None:
    request = office.request(function.BEGIN_EPOCH)
    prf.administer(request)
    with pytest.raises(Refused) as caught:
        prf.administer(request)
    assert caught.value.code is Refusal.REPLAYED
    assert seeds.numbers() == (1, 2)


def test_what_the_office_signed_long_ago_is_not_done(office: "Office", prf: PrfService, clock: FixedClock) -> None:
    request = office.request(function.BEGIN_EPOCH)
    clock.pass_by(301)
    with pytest.raises(Refused) as caught:
        prf.administer(request)
    assert caught.value.code is Refusal.CLOCK
