"""Which members are one voice, by what they state and by what the office found out."""

import msgspec
import pytest
import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.model import Party
from shopguard.registry.log import LeafKind
from shopguard.registry.members import Members
from shopguard.registry.members.independence import Tie
from shopguard.registry.members.particulars import TraitKind
from shopguard.registry.refusals import Refused
from shopguard.registry.seen import Seen, is_one_person
from shopguard.registry.subjects import Subject, SubjectKind
from tests.integration.members.conftest import NAME, shop, signer


def test_shops_with_one_bank_account_are_one_voice(members: Members) -> None:
    for name in ("shop-1", "shop-2", "shop-3", "shop-4"):
        members.create(name, NAME, signer().public)
    members.describe("shop-2", shop(bank_account="0001 009 7654321"))
    members.describe("shop-3", shop(bank_account="０００１－００９－７６５４３２１"))
    members.describe("shop-4", shop())
    assert members.groups() == {"shop-1": "shop-1", "shop-2": "shop-2", "shop-3": "shop-2", "shop-4": "shop-4"}
    assert members.ties() == [Tie("shop-2", "shop-3", TraitKind.BANK)]


def test_what_a_shop_states_anew_replaces_what_it_stated(members: Members) -> None:
    for name in ("shop-1", "shop-2"):
        members.create(name, NAME, signer().public)
        members.describe(name, shop(phone="06-6345-1234"))
    assert members.groups() == {"shop-1": "shop-1", "shop-2": "shop-1"}
    members.describe("shop-2", shop())
    assert members.groups() == {"shop-1": "shop-1", "shop-2": "shop-2"}


def test_what_the_office_found_out_counts_until_it_takes_it_back(members: Members) -> None:
    for name in ("shop-1", "shop-2"):
        members.create(name, NAME, signer().public)
    members.tie("shop-2", "shop-1", "one family {}", "clerk")
    members.tie("shop-1", "shop-2", "once more")
    members.describe("shop-2", shop())
    assert members.groups() == {"shop-1": "shop-1", "shop-2": "shop-1"}
    said = [(act.kind, act.by, act.detail) for act in members.acts("shop-1")]
    assert said[0] == (LeafKind.MEMBER_CHANGED, "clerk", "one with shop-2: one family {}")
    assert len(said) == 2
    members.untie("shop-1", "shop-2", "sold", "clerk")
    assert members.groups() == {"shop-1": "shop-1", "shop-2": "shop-2"}
    assert members.acts("shop-2")[0].detail == "not one with shop-1: sold"


def test_who_left_is_of_no_group(members: Members) -> None:
    for name in ("shop-1", "shop-2", "shop-3"):
        members.create(name, NAME, signer().public)
    members.tie("shop-1", "shop-2", "one family")
    members.tie("shop-2", "shop-3", "one family")
    members.leave("shop-2")
    assert members.groups() == {"shop-1": "shop-1", "shop-3": "shop-3"}
    assert members.ties() == []
    with pytest.raises(Refused, match="left"):
        members.tie("shop-1", "shop-2", "again")
    with pytest.raises(Refused, match="left"):
        members.describe("shop-2", shop())


def test_a_shop_is_not_tied_to_itself_or_nobody(members: Members) -> None:
    members.create("shop-1", NAME, signer().public)
    for other in ("shop-1", "nobody"):
        with pytest.raises(Refused):
            members.tie("shop-1", other, "x")


def test_people_of_a_shop_are_met_by_what_they_order_under(
    members: Members, vault: sa.Engine, keyring: Keyring
) -> None:
    members.create("shop-1", NAME, signer().public)
    stated = shop()
    staff = Party(name="見本 梅子", phones=("080-0000-1111",), emails=("umeko@example.com",))
    members.describe("shop-1", msgspec.structs.replace(stated, people=(staff,)))
    seen, subject = Seen(vault, keyring), Subject.of(SubjectKind.MEMBER, "shop-1")
    for party in (staff, stated.owner):
        assert is_one_person(seen.like(party)[subject])
    assert seen.like(Party(name="別野 太郎", phones=("080-0000-2222",))) == {}
