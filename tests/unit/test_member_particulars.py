"""What a shop says of itself: what is wrong with it, and what shows that two shops are one."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.model import Party
from shopguard.registry.members.independence import Held, Tie, groups, ties
from shopguard.registry.members.particulars import Particulars, TraitKind, faults, is_corporate_number, traits

SHOP = Particulars(
    legal_name="株式会社見本商店",
    representative="見本 花子",
    address="東京都港区芝公園4-2-8 東京ハイツ101",
    phone="090-1234-5678",
    mail="hanako@example.jp",
    site="https://shop.example.jp",
    bank_account="見本銀行(0000) 本店(001) 普通 1234567",
    postal_code="105-0011",
    corporate_number="8700110005901",
)


def but(**changed: object) -> Particulars:
    return msgspec.structs.replace(SHOP, **changed)


def shared(one: Particulars, other: Particulars) -> set[TraitKind]:
    return {trait.kind for trait in set(traits(one)) & set(traits(other))}


def test_a_shop_that_says_everything_has_no_fault():
    assert faults(SHOP) == {}
    assert faults(but(corporate_number="", needs_licence=True, licence="第301234567890号")) == {}


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"legal_name": " "}, "legal name"),
        ({"representative": ""}, "representative"),
        ({"address": ""}, "address"),
        ({"address": "x"}, "write all of it"),
        ({"phone": "0"}, "phone"),
        ({"mail": "hanako"}, "mail"),
        ({"site": "shop"}, "https://"),
        ({"site": "ftp://shop.example.jp"}, "https://"),
        ({"site": "http://[x"}, "https://"),
        ({"bank_account": "普通 123"}, "digits"),
        ({"corporate_number": "8700110005902"}, "13 digits"),
        ({"corporate_number": "870011000590"}, "13 digits"),
        ({"needs_licence": True}, "licence"),
        ({"legal_name": "x" * 201}, "200 characters"),
        ({"representative": "見本\n花子"}, "control"),
        ({"people": (Party(name="見本 花子"),) * 51}, "50 people"),
    ],
    ids=str,
)
def test_what_is_missing_or_wrong_is_said_once_in_both_languages(changed, word):
    ((field, fault),) = faults(but(**changed)).items()
    japanese, english = fault.split(" / ")
    assert word in english
    assert not japanese.isascii()
    assert field in {*changed, "licence"}, "it stands where it is to be mended"


def test_every_fault_is_said_at_once():
    assert len(faults(but(phone="", site="", bank_account=""))) == 3


@given(st.text(max_size=30), st.sampled_from(Particulars.__struct_fields__[:10]))
def test_any_text_is_judged_and_never_quoted(text, field):
    said = "".join(faults(but(**{field: text})).values())
    assert len(text) < 8 or text not in said


@pytest.mark.parametrize("number", ["8700110005901", "7000012050002"])
def test_a_corporate_number_begins_with_the_one_digit_that_fits_the_others(number):
    assert [digit for digit in range(10) if is_corporate_number(f"{digit}{number[1:]}")] == [int(number[0])]


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"corporate_number": "8700110005901"}, TraitKind.OWNER),
        ({"address": "港区芝公園四丁目2番8号 東京ハイツ 101号室", "postal_code": ""}, TraitKind.ADDRESS),
        ({"bank_account": "００００　００１　１２３４５６７"}, TraitKind.BANK),
        ({"mail": "hanako@EXAMPLE.jp"}, TraitKind.SIGN_IN),
        ({"sign_in": " Hanako@example.jp"}, TraitKind.SIGN_IN),
        ({"phone": "+81 90 1234 5678"}, TraitKind.PHONE),
    ],
    ids=str,
)
def test_shops_that_share_one_thing_however_written_are_one(changed, kind):
    stranger = Particulars(
        legal_name="合同会社別の店",
        representative="別野 太郎",
        address="大阪府大阪市北区梅田3-1-1",
        phone="080-0000-1111",
        mail="taro@example.com",
        site="https://other.example.com",
        bank_account="0001 002 7654321",
    )
    assert shared(SHOP, stranger) == set()
    assert {one for one in shared(SHOP, msgspec.structs.replace(stranger, **changed)) if one.ties} == {kind}


def test_shops_in_one_building_are_one_only_in_one_room():
    other = but(address="東京都港区芝公園4-2-8 東京ハイツ102")
    assert TraitKind.ADDRESS not in shared(SHOP, other)
    assert TraitKind.HOUSE in shared(SHOP, other)


def test_a_namesake_or_the_same_name_in_trade_is_a_hint():
    other = Particulars("(株)見本商店", "見本花子", "大阪市北区梅田3-1-1", "", "", "", "")
    assert shared(SHOP, other) == {TraitKind.NAME, TraitKind.FIRM}
    assert not any(kind.ties for kind in shared(SHOP, other))


def test_what_is_kept_says_nothing_of_people_and_bank():
    kept = but(people=(Party(name="見本 一郎"),)).to_keep
    assert (kept.people, kept.bank_account, kept.legal_name) == ((), "", SHOP.legal_name)


def test_no_particular_is_shown_by_repr():
    assert repr(SHOP) == "Particulars(***)"
    assert repr(traits(SHOP)[0]) == f"Trait({traits(SHOP)[0].kind})"


# --- groups ---------------------------------------------------------------------------------------------------------


def held(*pairs: tuple[str, TraitKind, int]) -> list[Held]:
    return [Held(member, kind, bytes([digest])) for member, kind, digest in pairs]


BANK, OWNER, NAME = TraitKind.BANK, TraitKind.OWNER, TraitKind.NAME


def test_who_shares_nothing_is_alone():
    assert groups(["a", "b"], held(("a", BANK, 1), ("b", BANK, 2), ("b", OWNER, 1))) == {"a": "a", "b": "b"}


def test_shops_are_one_through_others_too():
    chain = held(("a", BANK, 1), ("c", BANK, 1), ("c", OWNER, 2), ("b", OWNER, 2))
    assert groups(["a", "b", "c", "d"], chain) == {"a": "a", "b": "a", "c": "a", "d": "d"}


def test_a_hint_makes_nobody_one_and_is_told():
    both_named = held(("a", NAME, 1), ("b", NAME, 1))
    assert groups(["a", "b"], both_named) == {"a": "a", "b": "b"}
    assert ties(both_named) == [Tie("a", "b", NAME)]


def test_who_is_no_member_ties_nobody():
    assert groups(["a", "b"], held(("a", BANK, 1), ("gone", BANK, 1), ("gone", OWNER, 2), ("b", OWNER, 2))) == {
        "a": "a",
        "b": "b",
    }


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from([BANK, OWNER]), st.integers(0, 4))))
def test_groups_are_the_same_in_whatever_order_they_are_found(pairs):
    expected = groups("abcdef", held(*pairs))
    assert groups("fedcba", held(*reversed(pairs))) == expected
    for tie in ties(held(*pairs)):
        assert expected[tie.one] == expected[tie.other]
    assert all(expected[lead] == lead for lead in expected.values())
