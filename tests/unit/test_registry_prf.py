"""The keyed function and the opening rule, against fixed vectors."""

from dataclasses import replace
from datetime import date

import pytest

from shopguard.identity import Token
from shopguard.model import Category, Effect
from shopguard.registry.prf.plain import PlainPrf
from shopguard.registry.protocol import Facts, told
from shopguard.registry.sealing import place

PRF = PlainPrf(bytes(range(32)), "example", epoch=1)
FACTS = Facts(Category.UNPAID, 2, date(2026, 8, 14))
PHONE = Token(1, 1, 1, "+819000001111")
EMAIL = Token(1, 2, 2, "taro@example.jp")
NAME_ADDRESS = Token(1, 2, 3, "山田太郎|港区芝公園-4-2-8")
ADDRESS = Token(1, 3, 4, "港区芝公園-4-2-8")
FAMILY_ADDRESS = Token(1, 2, 7, "山田|港区芝公園-4-2-8")
NAME_CITY = Token(1, 2, 9, "山田太郎|港区")


@pytest.mark.parametrize(
    ("token", "key", "y", "locator"),
    [
        (
            Token(1, 1, 1, "+819012345678"),
            "d5e0dfc5ed2621ad9c2c24d85d5dd50122aac907812a5f2d826a5855f896f3a3",
            "e7442dda806fc960da7cc5aac51ce57b10fdcd5535f11038f312954a05775107",
            "96a3bdfbd93836a604a85d979b9640e4",
        ),
        (
            Token(1, 2, 2, "taro@example.jp"),
            "4dba06c6fb0e2d5dedcf9942a808f6a40b30490efd69c16876fe53eda30bc747",
            "0dc8bc44c770cbba58025036b2109c2ad1eb015489d9a87b3ee1b0060ffb0fc4",
            "aacaf9788bf185267660fc355f7c818e",
        ),
        (
            Token(1, 2, 3, "山田太郎|13101-1-1"),
            "4dba06c6fb0e2d5dedcf9942a808f6a40b30490efd69c16876fe53eda30bc747",
            "75f9f7c3c166bdc6eb05b01b6d6aaf0dc670d47b6a909d90d43f6a2b3e3e1a67",
            "787e48d202207a600091379a6a984a9a",
        ),
    ],
)
def test_vectors(token: Token, key: str, y: str, locator: str) -> None:
    assert PRF.key(token.cls).hex() == key
    assert [value.hex() for value in PRF.evaluate([(token.cls, token.encode())])] == [y]
    assert place(bytes.fromhex(y), "example", token.cls, 1).locator.hex() == locator


def test_another_class_epoch_or_registry_is_another_place() -> None:
    y = PRF.evaluate([(1, PHONE.encode())])[0]
    other = PlainPrf(bytes(32), "example", epoch=1).evaluate([(1, PHONE.encode())])[0]
    later = PlainPrf(bytes(range(32)), "example", epoch=2).evaluate([(1, PHONE.encode())])[0]
    assert len({y, other, later}) == 3
    asked = [("example", 1, 1), ("example", 2, 1), ("example", 1, 2), ("other", 1, 1)]
    assert len({place(y, registry_id, cls, epoch).locator for registry_id, cls, epoch in asked}) == 4


@pytest.mark.parametrize("shared", [[PHONE], [EMAIL], [ADDRESS], [ADDRESS, FAMILY_ADDRESS], [NAME_CITY]])
def test_one_group_learns_only_that_there_is_an_entry(shared: list[Token]) -> None:
    assert told(FACTS, shared) == Facts(Category.OTHER, 2, date(2026, 8, 1), Effect.HOLD, opened=False)


@pytest.mark.parametrize("shared", [[PHONE, EMAIL], [PHONE, ADDRESS], [NAME_ADDRESS], [EMAIL, NAME_CITY]])
def test_two_groups_or_name_and_address_open_the_facts(shared: list[Token]) -> None:
    assert told(FACTS, shared) == FACTS


@pytest.mark.parametrize("shared", [[PHONE], [PHONE, EMAIL], [NAME_ADDRESS]])
def test_of_a_misused_name_nothing_is_told_that_could_be_a_report(shared: list[Token]) -> None:
    misused = replace(FACTS, effect=Effect.CONFIRM)
    assert told(misused, shared) == Facts(Category.OTHER, 0, date(2026, 8, 1), Effect.CONFIRM, opened=False)
