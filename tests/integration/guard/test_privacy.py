"""Requests to erase or to tell: every sealed copy goes, and nobody else's."""

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from shopguard.adapter import WebhookRequest
from shopguard.guard.signals import Use
from shopguard.model import OrderRef, Party, PrivacyKind, PrivacyRequest
from shopguard.storage.tables import audit, inbox, orders, phone_use, platform_token, screening
from shopguard.testing.fakes import FakePlatform, FixedClock

HEADERS = {"x-fake-signature": "genuine"}
NOBODY_LEFT = ("渡邊", "太郎", "0000-1111", ") 1111", "00001111", "taro@", "芝公園")


class Asking(FakePlatform):
    """Also passes on privacy requests, and batches of orders."""

    def parse(self, request):
        body = json.loads(request.body)
        if "erase" in body:
            who = [tuple(body.get(key, ())) for key in ("order_ids", "emails", "phones")]
            return [PrivacyRequest(self.shop, PrivacyKind(body["erase"]), "R-1", *who)]
        if "batch" in body:
            singles = [replace(request, body=_bytes(order)) for order in body["batch"]]
            return [event for single in singles for event in super(Asking, self).parse(single)]
        if body.get("nothing"):
            return []
        return super().parse(request)


def _bytes(value):
    return json.dumps(value, ensure_ascii=False).encode()


def message(value):
    return WebhookRequest("http://127.0.0.1/webhooks/fake", HEADERS, _bytes(value), FixedClock().now)


def body_of(house, order):
    return json.loads(house.platform.delivery(house.platform.place(order)).body)


@pytest.fixture
def desk(build):
    return build(platform=Asking)


def ask(house, kind, **who):
    house.accept(message({"erase": kind, **who}))
    house.work()


def clear_text(house):
    """Everything that is stored, opened."""
    with house.engine.connect() as connection:
        sealed = [
            value
            for table in (inbox, orders, screening)
            for value in connection.execute(sa.select(table.c.sealed)).scalars()
            if value is not None
        ]
        open_rows = [
            repr(tuple(row))
            for table in (orders, screening, inbox, audit)
            for row in connection.execute(sa.select(*[c for c in table.c if c.name != "sealed"]))
        ]
    return "\n".join(house.keyring.open(value).decode(errors="replace") for value in sealed) + "\n".join(open_rows)


def assert_forgotten(house):
    text = clear_text(house)
    assert not [part for part in NOBODY_LEFT if part in text]


@pytest.mark.parametrize(
    "who",
    [
        {"order_ids": ["1"]},
        {"emails": ["TARO@example.jp "]},
        {"phones": ["+81 90-0000-1111"]},
        {"phones": ["０９０－００００－１１１１"]},
    ],
    ids=str,
)
def test_every_sealed_copy_of_a_person_goes(desk, bad, clean, who):
    desk.take(bad, replace(bad, note="edited"), replace(bad, total=bad.total + 1), replace(clean, id="2"))
    ask(desk, "erase_person", **who)
    assert_forgotten(desk)
    assert desk.store.order(OrderRef("main-store", "2")).buyer == clean.buyer


def test_request_itself_is_forgotten_too(desk, bad):
    desk.take(bad)
    ask(desk, "erase_person", emails=["taro@example.jp"])
    assert "taro@" not in clear_text(desk)
    assert desk.inbox.counts() == {"done": 2}


def test_copy_in_a_batch_goes(desk, bad, clean):
    desk.accept(message({"batch": [body_of(desk, bad), body_of(desk, replace(clean, id="2"))]}))
    desk.work()
    ask(desk, "erase_person", order_ids=["1"])
    assert_forgotten(desk)


@pytest.mark.parametrize("who", [{"order_ids": ["1"]}, {"emails": ["taro@example.jp"]}], ids=str)
def test_copy_in_a_dead_letter_goes(desk, bad, who):
    desk.take(bad)
    desk.accept(message(body_of(desk, bad) | {"total": "not a number"}))
    desk.work()
    assert len(desk.dead()) == 1
    ask(desk, "erase_person", **who)
    assert_forgotten(desk)


def test_copy_in_a_delivery_of_no_concern_goes(desk):
    desk.accept(message({"nothing": True, "phone": "090 (0000) 1111"}))
    desk.work()
    ask(desk, "erase_person", phones=["09000001111"])
    with desk.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count(inbox.c.sealed))).scalar() == 0


def test_dead_letters_of_others_stay(desk, bad, clean):
    desk.take(bad)
    desk.accept(message(body_of(desk, replace(clean, id="2")) | {"total": "not a number"}))
    desk.work()
    ask(desk, "erase_person", order_ids=["1"])
    dead = desk.inbox.lines(state="dead")
    assert desk.inbox.replay([line.id for line in dead], desk.now()) == 1


def test_waiting_delivery_of_somebody_else_is_still_worked_on(desk, bad, clean):
    desk.take(bad)
    desk.accept(message({"batch": [body_of(desk, bad), body_of(desk, replace(bad, id="2", buyer=clean.buyer))]}))
    desk.privacy.handle(PrivacyRequest("main-store", PrivacyKind.ERASE_PERSON, "R-1", ("1",)))
    desk.work()
    assert desk.verdict("2") is not None


def numbers_remembered(house):
    with house.engine.connect() as connection:
        return len(set(connection.execute(sa.select(phone_use.c.phone)).scalars()))


@pytest.mark.parametrize(
    "who",
    [{"order_ids": ["1"]}, {"emails": ["taro@example.jp"]}, {"phones": ["090 3141 5926"]}],
    ids=str,
)
def test_names_that_the_persons_number_was_given_with_go_and_those_of_others_stay(desk, bad, clean, who):
    mine, other = replace(bad.buyer, phones=("090-3141-5926",)), replace(clean.buyer, phones=("090-3141-5927",))
    desk.take(replace(bad, buyer=mine), replace(bad, id="3", buyer=replace(mine, name="見本 太郎", emails=())))
    desk.take(replace(clean, id="2", buyer=other))
    assert numbers_remembered(desk) == 2
    ask(desk, "erase_person", **who)
    assert numbers_remembered(desk) == 1
    assert desk.phone_use.surnames([Use("+819031415926", "x"), Use("+819031415927", "x")]) == 2


def test_number_that_only_the_request_names_is_forgotten(desk, bad, clean):
    desk.take(replace(bad, buyer=replace(bad.buyer, phones=("090-3141-5926",))))
    desk.writer.run(desk.store.erase(bad.ref))
    ask(desk, "erase_person", phones=["+81 90-3141-5926"])
    assert numbers_remembered(desk) == 0


def test_that_it_was_judged_and_erased_remains(desk, bad):
    desk.take(bad)
    ask(desk, "erase_person", order_ids=["1"])
    desk.take(replace(bad, note="echo"))
    assert desk.done() == ["hold"]
    with desk.engine.connect() as connection:
        lines = connection.execute(sa.select(audit.c.action, audit.c.order_id, audit.c.detail)).all()
    assert [tuple(line) for line in lines] == [("erase", "1", "R-1")]


def test_erased_order_can_still_be_released(desk, bad):
    desk.take(bad)
    ask(desk, "erase_person", order_ids=["1"])
    assert desk.release().releases_hold
    desk.work()
    assert desk.platform.held == set()


def test_erased_order_is_not_asked_about_any_more(desk, bad):
    desk.registry.failing = True
    desk.take(bad)
    ask(desk, "erase_person", order_ids=["1"])
    desk.settle()
    assert desk.next_due() is None


def test_request_that_names_nobody_erases_nobody(desk, bad):
    desk.take(replace(bad, buyer=Party(name="渡邊 太郎", phones=("", "-"), emails=("",))))
    ask(desk, "erase_person", emails=["", " "], phones=["", "-"])
    assert desk.store.order(bad.ref) is not None


def test_other_shops_orders_stay(desk, bad):
    desk.take(bad)
    desk.privacy.handle(PrivacyRequest("other-store", PrivacyKind.ERASE_PERSON, "R-2", ("1",), ("taro@example.jp",)))
    desk.privacy.handle(PrivacyRequest("other-store", PrivacyKind.ERASE_SHOP, "R-3"))
    assert desk.store.order(bad.ref) is not None


def test_everything_of_a_shop_goes(desk, bad, clean):
    desk.take(bad, replace(clean, id="2"))
    with desk.engine.begin() as connection:
        connection.execute(platform_token.insert().values(shop="main-store", sealed=b"x"))
    desk.accept(message(body_of(desk, bad) | {"total": "not a number"}))
    desk.work()
    ask(desk, "erase_shop")
    with desk.engine.connect() as connection:
        for table in (inbox, orders, screening):
            assert connection.execute(sa.select(sa.func.count(table.c.sealed))).scalar() == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(platform_token)).scalar() == 0


def test_waiting_deliveries_of_a_shop_that_left_are_no_dead_letters(desk, bad):
    desk.send(bad)
    desk.privacy.handle(PrivacyRequest("main-store", PrivacyKind.ERASE_SHOP, "R-1"))
    desk.work()
    assert (desk.dead(), desk.inbox.counts()) == ([], {"done": 1})


def test_wish_to_know_is_brought_before_the_owner_and_erases_nothing(desk, bad):
    desk.take(bad)
    ask(desk, "access", emails=["taro@example.jp"])
    state = desk.states.get("main-store")
    assert state.alarm_code == "privacy_access_request"
    assert "R-1" in state.alarm_text
    assert "taro" not in state.alarm_text
    assert desk.store.order(bad.ref) is not None
