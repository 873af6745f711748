"""Signals: what is odd about an order besides matches, and that it flags at most."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from shopguard.config import Language, PolicyRule, PolicySettings, SignalEffect, SignalSettings
from shopguard.guard.past import Released, is_released
from shopguard.guard.phone_use import PhonesOfFile
from shopguard.guard.policy import flagging, notice
from shopguard.guard.signals import OF_OWN_LIST, Signal, Use, among, effect_of, of_address, of_contact, uses
from shopguard.guard.wording import note_text
from shopguard.identity import identify
from shopguard.identity.location import Remark
from shopguard.model import Order, Party, Payment, PaymentKind, ScreeningState, Verdict, VerdictKind

ALLOW, FLAG, HOLD = VerdictKind
JA, EN = Language
ALL_FLAG = SignalSettings(*[SignalEffect.FLAG] * 6)
ORDER = Order("1", total=Decimal(12_800), payment=Payment(PaymentKind.COD))


def verdict(kind: VerdictKind = ALLOW) -> Verdict:
    return Verdict("1", kind, ScreeningState.SCREENED, "p")


def noticed(*signals: Signal, order: Order = ORDER, policy: PolicySettings | None = None) -> Verdict:
    return notice(verdict(), order, signals, policy or PolicySettings(signals=ALL_FLAG), EN)


# What is odd


@pytest.mark.parametrize(
    ("remark", "signal"),
    [
        (Remark.UNKNOWN_MUNICIPALITY, Signal.UNKNOWN_ADDRESS),
        (Remark.UNKNOWN_TOWN, Signal.UNKNOWN_ADDRESS),
        (Remark.POSTAL_CONFLICT, Signal.POSTAL_CONFLICT),
        (Remark.PREFECTURE_CONFLICT, Signal.POSTAL_CONFLICT),
        (Remark.UNKNOWN_POSTAL_CODE, Signal.POSTAL_CONFLICT),
        (Remark.FORWARDER, Signal.FORWARDING_ADDRESS),
    ],
)
def test_what_was_noticed_in_an_address_is_a_signal(remark: Remark, signal: Signal) -> None:
    assert set(of_address({remark})) == {signal}


def test_how_an_address_was_written_is_no_signal() -> None:
    harmless = (
        Remark.FORMER_NAME,
        Remark.KYOTO_STREET,
        Remark.KANA,
        Remark.ROMAJI,
        Remark.BY_POSTAL_CODE,
        Remark.MISSPELT,
        Remark.SHARED_PLACE,
    )
    assert list(of_address(harmless)) == []


@pytest.mark.parametrize(
    ("phones", "odd"),
    [
        (("000-0000-0000",), True),
        (("000-0000-0000", "０００００００００００"), True),
        (("000-0000-0000", ""), True),
        (("000-0000-0000", "090-3141-5926"), False),
        (("090-3141-5926",), False),
        (("",), False),
        ((), False),
    ],
)
def test_a_dummy_phone_is_odd_unless_there_is_a_real_one(phones: tuple[str, ...], odd: bool) -> None:
    assert (Signal.DUMMY_PHONE in of_contact(Party(phones=phones))) is odd


@pytest.mark.parametrize(
    ("emails", "odd"),
    [
        (("someone@mailinator.com",), True),
        (("someone@mailinator.com", "taro@example.jp"), False),
        (("taro@example.jp",), False),
        ((" ",), False),
        ((), False),
    ],
)
def test_a_throw_away_mail_is_odd_unless_there_is_a_lasting_one(emails: tuple[str, ...], odd: bool) -> None:
    assert (Signal.THROWAWAY_MAIL in of_contact(Party(emails=emails))) is odd


# Which phones count, and under which name


@pytest.mark.parametrize("phone", ["03-3141-5926", "", "0120-000-111"])
def test_only_mobile_numbers_are_used_by_one_person(phone: str) -> None:
    assert uses(identify(Party(name="渡辺 太郎", phones=(phone,)))) == ()


def test_a_phone_without_a_name_is_used_by_nobody() -> None:
    assert uses(identify(Party(phones=("090-3141-5926",)))) == ()


def test_a_family_uses_its_phone_under_one_name() -> None:
    names = ("渡辺 太郎", "渡邊 花子", "渡邉　次郎", "ワタナベ ハナコ", "Watanabe Taro")
    assert len({uses(identify(Party(name=name, phones=("090-3141-5926",)))) for name in names}) == 1


# Within a file

PHONE = "+819031415926"
DAY_ONE = datetime(2026, 11, 1, tzinfo=UTC)


def test_surnames_of_one_phone_are_counted_once_each() -> None:
    phones = PhonesOfFile(days=30)
    counts = [phones.surnames([Use(PHONE, name)], None) for name in ("渡辺", "見本", "渡辺", "山田")]
    assert counts == [1, 2, 2, 3]
    assert phones.surnames([Use("+819031415927", "渡辺")], None) == 1
    assert phones.surnames([], None) == 0


def test_orders_far_apart_are_not_lately() -> None:
    phones = PhonesOfFile(days=30)
    phones.surnames([Use(PHONE, "渡辺")], DAY_ONE)
    assert phones.surnames([Use(PHONE, "見本")], DAY_ONE + timedelta(days=31)) == 1
    assert phones.surnames([Use(PHONE, "山田")], DAY_ONE + timedelta(days=32)) == 2


def test_what_a_file_makes_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PhonesOfFile, "PHONES", 10)
    monkeypatch.setattr(PhonesOfFile, "NAMES", 5)
    phones = PhonesOfFile(days=30)
    assert max(phones.surnames([Use(PHONE, f"n{number}")], None) for number in range(20)) == 5
    for number in range(10):
        phones.surnames([Use(f"+8190{number}", "渡辺")], None)
    assert phones.surnames([Use(PHONE, "渡辺")], None) == 1  # the oldest was forgotten


# What follows


@pytest.mark.parametrize("signal", Signal)
def test_a_signal_flags_and_says_why(signal: Signal) -> None:
    found = noticed(signal)
    assert found.kind is FLAG
    assert [reason.code for reason in found.reasons] == [signal]


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize(("effect", "shown"), [(SignalEffect.IGNORE, 0), (SignalEffect.SHOW, 1)])
def test_each_signal_can_be_switched_off_or_only_shown(signal: Signal, effect: SignalEffect, shown: int) -> None:
    field = signal.removeprefix("signal_").removesuffix("_recipient")
    settings = replace(ALL_FLAG, **{field: effect})
    found = noticed(signal, policy=PolicySettings(signals=settings))
    assert (found.kind, len(found.reasons)) == (ALLOW, shown)
    assert effect_of(signal, settings) is effect
    assert noticed(*Signal, policy=PolicySettings(signals=settings)).kind is FLAG  # the others are not


def test_signals_never_hold_and_never_soften() -> None:
    assert noticed(*Signal).kind is FLAG
    strict = PolicySettings(rules=(PolicyRule(possible=HOLD, weak=HOLD),), signals=ALL_FLAG)
    assert noticed(*Signal, policy=strict).kind is FLAG
    assert notice(verdict(HOLD), ORDER, Signal, PolicySettings(signals=ALL_FLAG), EN).kind is HOLD


@pytest.mark.parametrize("kind", [PaymentKind.CARD, PaymentKind.WALLET, PaymentKind.PAY_LATER_PROVIDER])
def test_where_no_possible_match_is_looked_at_a_signal_is_only_shown(kind: PaymentKind) -> None:
    order, signals = replace(ORDER, payment=Payment(kind)), set(Signal) - OF_OWN_LIST
    found = noticed(*signals, order=order)
    assert (found.kind, len(found.reasons)) == (ALLOW, len(signals))
    assert all(noticed(signal, order=order).kind is FLAG for signal in OF_OWN_LIST)


def test_by_default_only_what_honest_buyers_hardly_do_is_flagged() -> None:
    by_default = flagging(Signal, ORDER, PolicySettings())
    assert by_default == {Signal.THROWAWAY_MAIL, Signal.DUMMY_PHONE, Signal.MANY_NAMES} | OF_OWN_LIST


def test_the_same_signal_twice_is_said_once() -> None:
    assert len(noticed(Signal.POSTAL_CONFLICT, Signal.POSTAL_CONFLICT).reasons) == 1


# What is written and remembered


def test_the_line_on_the_order_says_what_is_odd() -> None:
    found = noticed(Signal.DUMMY_PHONE, Signal.THROWAWAY_MAIL)
    assert note_text(found, JA) == "ShopGuard: 要確認（一時的なメール・電話番号なし）"
    assert note_text(found, EN) == "ShopGuard: please check (short-lived mail address, no real phone number)"


def test_a_release_covers_the_signals_it_saw_and_no_other() -> None:
    found = noticed(Signal.DUMMY_PHONE)
    seen = Released({}, frozenset({Signal.DUMMY_PHONE}))
    assert is_released(found, seen, among(found.reasons))
    more = noticed(Signal.DUMMY_PHONE, Signal.MANY_NAMES)
    assert not is_released(more, seen, among(more.reasons))
    assert not is_released(found, Released({}, frozenset()), among(found.reasons))
    assert not is_released(found, None, among(found.reasons))
