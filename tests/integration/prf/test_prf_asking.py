"""What the keyed function answers, charges and refuses, asked directly: nobody stands between it and the member."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import sqlalchemy as sa

from shopguard.identity import Token
from shopguard.registry.messages import MAX_TOKEN, TOKEN_HEAD, Element
from shopguard.registry.prf import function
from shopguard.registry.prf.function import MemberKeys, MemberState
from shopguard.registry.prf.seeds import EpochSeeds
from shopguard.registry.prf.service import CLOCK_S, PrfService
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import SignedRequest, Signer
from shopguard.testing import FixedClock

if TYPE_CHECKING:
    from tests.integration.prf.conftest import Office, Shop

PHONE = Token(1, 1, 1, "+819012345678")
EMAIL = Token(1, 2, 2, "taro@example.jp")
NAME = Token(1, 2, 3, "山田太郎|13101-1-1")
ADDRESS = Token(1, 3, 4, "13101|丸の内-1-1")
COMMITMENT = bytes(range(16))
ON_SQLITE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # what no database has a say in


def phones(count: int) -> list[Token]:
    return [Token(1, 1, 1, f"+81900000{at:04d}") for at in range(count)]


def places(count: int) -> list[Token]:
    return [Token(1, 3, 4, f"13101|丸の内-1-{at}") for at in range(count)]


def mails(count: int) -> list[Token]:
    return [Token(1, 2, 2, f"shopper{at}@example.com") for at in range(count)]


def element(token: Token, **changed: Any) -> Element:
    """An element with other bytes than its token's: ``cls`` asked under, ``at`` a position and ``byte`` its value."""
    encoded = bytearray(token.encode())
    if "at" in changed:
        encoded[changed["at"]] = changed["byte"]
    return Element(changed.get("cls", token.cls), bytes(encoded))


def refusal(prf: PrfService, request: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        prf.evaluate(request, (1,))
    return caught.value


def test_the_values_are_those_of_the_projects_vectors(shop: "Shop") -> None:
    answer = shop.ask(PHONE, EMAIL, NAME)
    assert (answer.member, answer.repeated) == ("shop-1", False)
    assert [value.hex() for value in answer.values[1]] == [
        "e7442dda806fc960da7cc5aac51ce57b10fdcd5535f11038f312954a05775107",
        "0dc8bc44c770cbba58025036b2109c2ad1eb015489d9a87b3ee1b0060ffb0fc4",
        "75f9f7c3c166bdc6eb05b01b6d6aaf0dc670d47b6a909d90d43f6a2b3e3e1a67",
    ]


def test_each_epoch_that_has_a_seed_gives_values_of_its_own(shop: "Shop", seeds: EpochSeeds) -> None:
    seeds.add()
    values = shop.ask(PHONE, epochs=(1, 2, 3)).values
    assert set(values) == {1, 2}
    assert values[1] != values[2] == tuple(seeds.prf(2).evaluate([(1, PHONE.encode())]))


def test_a_batch_is_charged_to_its_classes(shop: "Shop") -> None:
    shop.ask(PHONE, EMAIL, NAME, *places(4))
    assert shop.spent() == (1, 2, 4)
    assert shop.standing().batches_today == 1


def test_the_batches_of_another_day_are_not_counted(shop: "Shop", clock: FixedClock) -> None:
    shop.ask(PHONE)
    clock.pass_by(86_400)
    assert shop.standing().batches_today == 0


def test_the_same_batch_again_costs_nothing(shop: "Shop") -> None:
    first = shop.ask(PHONE, EMAIL, commitment=COMMITMENT)
    again = shop.ask(EMAIL, PHONE, commitment=COMMITMENT)
    assert again.repeated
    assert again.values[1] == first.values[1][::-1]
    assert shop.spent() == (1, 1, 0)


def test_the_same_batch_costs_nothing_in_another_epoch(shop: "Shop", seeds: EpochSeeds) -> None:
    shop.ask(PHONE, commitment=COMMITMENT)
    seeds.add()
    assert shop.ask(PHONE, epoch=2, epochs=(1, 2), commitment=COMMITMENT).repeated
    assert shop.spent() == (1, 0, 0)


@pytest.mark.parametrize("second", [[EMAIL], [PHONE], [PHONE, EMAIL, NAME], [PHONE, NAME]])
def test_another_batch_for_the_same_order_is_refused(shop: "Shop", second: list[Token]) -> None:
    shop.ask(PHONE, EMAIL, commitment=COMMITMENT)
    assert shop.refusal(*second, commitment=COMMITMENT).code is Refusal.ASKED_OTHERWISE
    assert shop.spent() == (1, 1, 0)


def test_two_members_may_have_the_same_commitment(shop: "Shop", office: "Office") -> None:
    shop.ask(PHONE, commitment=COMMITMENT)
    other = office.enrol("shop-2")
    assert not other.ask(EMAIL, commitment=COMMITMENT).repeated


def test_a_batch_is_remembered_for_a_month(shop: "Shop", prf: PrfService, clock: FixedClock) -> None:
    shop.ask(PHONE, commitment=COMMITMENT)
    clock.pass_by(29 * 86_400)
    prf.sweep()
    assert shop.ask(PHONE, commitment=COMMITMENT).repeated
    clock.pass_by(3 * 86_400)
    prf.sweep()
    assert not shop.ask(PHONE, commitment=COMMITMENT).repeated


@ON_SQLITE
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"tokens": ()}, Refusal.UNREADABLE),
        ({"tokens": tuple(element(token) for token in mails(33))}, Refusal.TOO_MANY_TOKENS),
        ({"tokens": tuple(element(token) for token in phones(5))}, Refusal.TOO_MANY_TOKENS),
        ({"tokens": tuple(element(token) for token in places(9))}, Refusal.TOO_MANY_TOKENS),
        ({"tokens": (element(PHONE), element(EMAIL), element(PHONE))}, Refusal.UNREADABLE),
        ({"tokens": (element(PHONE, cls=2),)}, Refusal.WRONG_CLASS),
        ({"tokens": (element(PHONE, at=4, byte=2),)}, Refusal.WRONG_CLASS),
        ({"tokens": (element(PHONE, cls=4, at=4, byte=4),)}, Refusal.WRONG_CLASS),
        ({"tokens": (element(PHONE, cls=-1),)}, Refusal.WRONG_CLASS),
        ({"tokens": (element(PHONE, at=3, byte=2),)}, Refusal.PROFILE),
        ({"profile": 2}, Refusal.PROFILE),
        ({"tokens": (element(PHONE, at=0, byte=0),)}, Refusal.UNREADABLE),
        ({"tokens": (element(PHONE, at=7, byte=12),)}, Refusal.UNREADABLE),
        ({"tokens": (Element(1, b"sg1\1\1\1\0\0"),)}, Refusal.UNREADABLE),
        ({"tokens": (Element(1, b""),)}, Refusal.UNREADABLE),
        ({"tokens": (element(Token(1, 2, 2, "x" * (MAX_TOKEN - TOKEN_HEAD + 1))),)}, Refusal.UNREADABLE),
        ({"commitment": bytes(15)}, Refusal.UNREADABLE),
        ({"commitment": bytes(17)}, Refusal.UNREADABLE),
        ({"member": "shop-2"}, Refusal.OTHER_MEMBER),
        ({"epoch": 2}, Refusal.EPOCH),
        ({"epoch": 0}, Refusal.EPOCH),
    ],
)
def test_a_batch_that_is_not_as_it_should_be_is_refused_and_free(
    shop: "Shop", changed: dict[str, Any], code: Refusal
) -> None:
    assert shop.refusal(PHONE, **changed).code is code
    assert shop.spent() == (0, 0, 0)


def test_as_many_of_each_class_as_are_allowed_are_answered(shop: "Shop") -> None:
    shop.ask(*phones(4), *places(8), *mails(20))
    assert shop.spent() == (4, 20, 8)


def test_the_longest_tokens_fit_into_a_batch(shop: "Shop") -> None:
    filled = [Token(1, 2, 2, f"{at:04d}".ljust(MAX_TOKEN - TOKEN_HEAD, "x")) for at in range(32)]
    assert len(shop.ask(*filled).values[1]) == 32


@ON_SQLITE
@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"\xff\xfe", b'{"member": "shop-1"}', b"[1]", b'{"member": 7, "epoch": "x"}']
)
def test_a_body_that_is_no_look_up_is_refused_and_not_quoted(shop: "Shop", prf: PrfService, body: bytes) -> None:
    refused = refusal(prf, shop.sign(body))
    assert (refused.code, str(refused)) == (Refusal.UNREADABLE, "the body is not a look-up")


def test_an_unknown_key_of_the_body_is_refused(shop: "Shop", prf: PrfService) -> None:
    body = msgspec.json.encode({**msgspec.json.decode(shop.body(PHONE)), "more": 1})
    assert refusal(prf, shop.sign(body)).code is Refusal.UNREADABLE


def test_a_body_that_is_too_large_is_refused(shop: "Shop", prf: PrfService) -> None:
    assert refusal(prf, shop.sign(b" " * 65_537)).code is Refusal.TOO_LARGE


@pytest.mark.parametrize(
    ("path", "method", "code"),
    [("/registry/v1/me", "POST", Refusal.NOT_FOUND), ("/registry/v1/lookups", "GET", Refusal.METHOD)],
)
def test_a_request_signed_for_something_else_gives_no_values(
    shop: "Shop", prf: PrfService, path: str, method: str, code: Refusal
) -> None:
    assert refusal(prf, shop.sign(shop.body(PHONE), path, method)).code is code


def test_an_epoch_that_is_not_served_is_refused_though_it_has_a_seed(shop: "Shop", seeds: EpochSeeds) -> None:
    seeds.add()
    assert shop.refusal(PHONE, epoch=2, epochs=(1,)).code is Refusal.EPOCH


def test_a_destroyed_epoch_is_refused(shop: "Shop", seeds: EpochSeeds) -> None:
    seeds.add()
    seeds.destroy(1)
    assert shop.refusal(PHONE, epochs=(1, 2)).code is Refusal.EPOCH
    assert set(shop.ask(PHONE, epoch=2, epochs=(1, 2)).values) == {2}


@ON_SQLITE
@pytest.mark.parametrize(
    "changed",
    [
        {"signature": bytes(64)},
        {"signature": b""},
        {"body": b"{}"},
        {"path": "/registry/v1/me"},
        {"method": "PUT"},
        {"time": 0},
        {"nonce": "0" * 32},
        {"nonce": "not a nonce"},
        {"member": "shop-2"},
        {"member": "nobody"},
        {"member": "office"},
        {"key_id": "0" * 16},
        {"key_id": ""},
    ],
)
def test_any_change_to_a_signed_request_is_one_and_the_same_refusal(
    shop: "Shop", office: "Office", prf: PrfService, changed: dict[str, Any]
) -> None:
    office.enrol("shop-2")
    refused = refusal(prf, replace(shop.sign(shop.body(PHONE)), **changed))
    assert refused.code is Refusal.NOT_AUTHENTICATED
    assert str(refused) == "the signature is of no key that the registry knows"
    assert shop.spent() == (0, 0, 0)


def test_a_nonce_of_another_form_is_refused_though_it_is_signed(shop: "Shop", prf: PrfService) -> None:
    odd = replace(shop.sign(shop.body(PHONE)), nonce="A" * 32)
    assert refusal(prf, replace(odd, signature=shop.key.private.sign(odd.signed_bytes))).code is Refusal.UNREADABLE


@pytest.mark.parametrize(("late_s", "direction"), [(CLOCK_S + 1, "behind"), (-CLOCK_S - 1, "ahead of")])
def test_a_wrong_clock_is_refused_with_its_direction(
    shop: "Shop", prf: PrfService, late_s: int, direction: str
) -> None:
    refused = refusal(prf, shop.sign(shop.body(PHONE), late_s=late_s))
    assert refused.code is Refusal.CLOCK
    assert f" {direction} the registry's time" in str(refused)


@pytest.mark.parametrize("late_s", [CLOCK_S - 1, 1 - CLOCK_S])
def test_a_clock_may_be_a_little_wrong(shop: "Shop", prf: PrfService, late_s: int) -> None:
    assert prf.evaluate(shop.sign(shop.body(PHONE), late_s=late_s), (1,)).values


def test_a_signature_is_good_once(shop: "Shop", prf: PrfService) -> None:
    request = shop.sign(shop.body(PHONE))
    prf.evaluate(request, (1,))
    assert refusal(prf, request).code is Refusal.REPLAYED
    assert shop.spent() == (1, 0, 0)


def test_a_signature_is_good_once_on_every_way(shop: "Shop", prf: PrfService) -> None:
    request = shop.sign(b"", "/registry/v1/me", "GET")
    prf.authenticate(request)
    with pytest.raises(Refused) as caught:
        prf.authenticate(request)
    assert caught.value.code is Refusal.REPLAYED


def test_a_signature_is_good_once_after_a_restart_and_a_sweep(
    shop: "Shop", prf: PrfService, store: sa.Engine, seeds: EpochSeeds, clock: FixedClock
) -> None:
    request = shop.sign(shop.body(PHONE), late_s=-CLOCK_S)
    prf.evaluate(request, (1,))
    clock.pass_by(2 * CLOCK_S)
    prf.sweep()
    restarted = PrfService(store, seeds, clock)
    assert refusal(restarted, request).code is Refusal.REPLAYED


def test_a_refused_batch_is_not_answered_later_under_the_same_signature(shop: "Shop", prf: PrfService) -> None:
    shop.ask(EMAIL, commitment=COMMITMENT)
    request = shop.sign(shop.body(PHONE, commitment=COMMITMENT))
    assert refusal(prf, request).code is Refusal.ASKED_OTHERWISE
    assert refusal(prf, request).code is Refusal.REPLAYED


@pytest.mark.parametrize("state", ["suspended", "left"])
def test_who_may_not_ask_is_refused(shop: "Shop", office: "Office", state: str) -> None:
    shop.ask(PHONE, commitment=COMMITMENT)
    office.do(function.SET_STATE, MemberState("shop-1", state))
    for refused in (shop.refusal(EMAIL), shop.refusal(PHONE, commitment=COMMITMENT)):
        assert (refused.code, state in str(refused)) == (Refusal.SUSPENDED, True)
    with pytest.raises(Refused, match=state):
        shop.standing()
    office.do(function.SET_STATE, MemberState("shop-1", "active"))
    assert shop.spent() == (1, 0, 0)


def test_who_is_suspended_while_it_asks_is_not_answered(
    shop: "Shop", office: "Office", prf: PrfService, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = prf._signer

    def suspended_meanwhile(request: SignedRequest, now: float) -> object:
        found = known(request, now)
        office.do(function.SET_STATE, MemberState("shop-1", "suspended"))
        return found

    monkeypatch.setattr(prf, "_signer", suspended_meanwhile)
    assert shop.refusal().code is Refusal.SUSPENDED


def test_a_key_that_was_taken_away_signs_nothing(shop: "Shop", office: "Office") -> None:
    new = Signer.of_seed(bytes([5]) * 32)
    office.do(function.SET_KEYS, MemberKeys("shop-1", (shop.key.public, new.public)))
    shop.ask(PHONE)
    office.do(function.SET_KEYS, MemberKeys("shop-1", (new.public,)))
    assert shop.refusal(PHONE).code is Refusal.NOT_AUTHENTICATED
    shop.key = new
    shop.ask(EMAIL)
    assert shop.standing().keys == (new.key_id,)


def test_the_answer_does_not_show_itself(shop: "Shop") -> None:
    answer = shop.ask(PHONE)
    assert repr(answer) == "Evaluated(member='shop-1')"
