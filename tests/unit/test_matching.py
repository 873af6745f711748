"""The hard rules of matching: who may be held, who is only looked at, and who is let alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity import identify, tokens
from shopguard.matching import FIELD_WORDS, compare, field_word, score
from shopguard.model import Comparison, Evidence, Party, Relation, Strength

MOBILE, LANDLINE = "090-0000-1111", "03-0000-1111"
FATHER = Party(name="山田 太郎", city="港区", lines=("芝公園4-2-8",), phones=(LANDLINE,))


def evidence(comparison: Comparison, field: str) -> Evidence:
    return next(item for item in comparison.evidence if item.field == field)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            {"name": "渡邊 太郎", "lines": ("港区芝公園4-2-8",)},
            {"name": "渡辺太郎", "lines": ("芝公園四丁目２番８号",), "city": "港区"},
        ),
        ({"name": "山田 太郎", "phones": (MOBILE,)}, {"name": "山田太郎", "phones": ("+81 90 0000 1111",)}),
        ({"name": "山田 太郎", "phones": (LANDLINE,)}, {"name": "山田太郎", "phones": (LANDLINE,)}),
        ({"name": "山田 太郎", "emails": ("a@example.jp",)}, {"name": "山田太郎", "emails": ("A@example.jp",)}),
        ({"kana": "ヤマダ タロウ", "phones": (MOBILE,)}, {"kana": "やまだたろう", "phones": (MOBILE,)}),
        ({"phones": (MOBILE,), "lines": ("港区芝公園4-2-8",)}, {"phones": (MOBILE,), "lines": ("港区芝公園4-2-8",)}),
        (
            {"phones": (LANDLINE,), "lines": ("港区芝公園4-2-8",)},
            {"phones": (LANDLINE,), "lines": ("港区芝公園4-2-8",)},
        ),
        ({"phones": (MOBILE,), "emails": ("a@example.jp",)}, {"phones": (MOBILE,), "emails": ("a@example.jp",)}),
    ],
)
def test_two_agreeing_fields_are_strong(one: dict[str, object], other: dict[str, object]) -> None:
    found = compare(Party(**one), Party(**other))  # type: ignore[arg-type]  # parametrized keywords
    assert found.strength is Strength.STRONG
    assert found.score > 0.5


def test_invented_name_at_the_same_address_with_the_same_mobile_is_strong() -> None:
    one = Party(name="山田 太郎", lines=("港区芝公園4-2-8",), phones=(MOBILE,))
    assert compare(one, replace(one, name="鈴木 一郎")).strength is Strength.STRONG


@pytest.mark.parametrize("son", ["山田 一郎", "山田一郎", "鈴木 一郎"])
def test_people_of_one_house_with_one_landline_are_possible_at_most(son: str) -> None:
    assert compare(replace(FATHER, name=son), FATHER).strength is Strength.POSSIBLE


def test_father_and_son_without_a_common_phone_are_possible() -> None:
    found = compare(Party(name="山田 一郎", city="港区", lines=("芝公園4-2-8",)), FATHER)
    assert found.strength is Strength.POSSIBLE
    assert evidence(found, "name").relation is Relation.NEAR


def test_mobile_and_address_are_strong_though_the_given_name_differs() -> None:
    one = replace(FATHER, phones=(MOBILE,))
    assert compare(replace(one, name="山田 一郎"), one).strength is Strength.STRONG


def test_a_recycled_number_alone_is_possible() -> None:
    one = Party(name="山田 太郎", lines=("港区芝公園4-2-8",), phones=(MOBILE,))
    other = Party(name="鈴木 一郎", lines=("札幌市中央区北1西2",), phones=(MOBILE,))
    found = compare(one, other)
    assert found.strength is Strength.POSSIBLE
    assert evidence(found, "name").relation is evidence(found, "address").relation is Relation.DIFFERENT


def test_mail_alone_is_possible() -> None:
    assert compare(Party(emails=("a@example.jp",)), Party(emails=("a@example.jp",))).strength is Strength.POSSIBLE


def test_a_namesake_in_the_same_city_is_weak() -> None:
    found = compare(
        Party(name="鈴木 誠", lines=("港区芝公園4-2-8",)), Party(name="鈴木 誠", lines=("港区三田2-1-1",))
    )
    assert found.strength is Strength.WEAK
    assert evidence(found, "address") == Evidence("address", Relation.DIFFERENT, 0.0, "same municipality")


def test_a_namesake_in_another_city_is_nothing() -> None:
    found = compare(
        Party(name="佐藤 太郎", lines=("港区芝公園4-2-8",)), Party(name="佐藤 太郎", lines=("町田市森野2-2-22",))
    )
    assert found.strength is Strength.NONE


def test_the_same_address_under_another_surname_is_weak() -> None:
    other = Party(name="鈴木 一郎", lines=("港区芝公園4-2-8",))
    assert compare(Party(name="山田 太郎", lines=("港区芝公園4-2-8",)), other).strength is Strength.WEAK


def test_another_room_of_one_building_is_not_strong() -> None:
    one = Party(name="山田 太郎", lines=("港区芝公園4-2-8-101",))
    found = compare(one, replace(one, lines=("港区芝公園4-2-8-305",)))
    assert found.strength is Strength.POSSIBLE
    assert evidence(found, "address").note == "another room"
    assert (
        compare(replace(one, name="鈴木 誠"), replace(one, lines=("港区芝公園4-2-8-305",))).strength is Strength.WEAK
    )


def test_a_room_left_out_is_near_and_said() -> None:
    one = Party(name="渡邊 太郎", lines=("港区芝公園4-2-8",))
    found = compare(one, Party(name="渡辺 太郎", lines=("港区芝公園4-2-8 ハイツ101",)))
    assert found.strength is Strength.STRONG
    assert evidence(found, "address") == Evidence("address", Relation.NEAR, 3.6, "room missing")
    assert evidence(found, "name") == Evidence("name", Relation.SAME, 4.0, "邊→辺")
    assert found.score == pytest.approx(0.992, abs=0.001)


def test_a_room_glued_onto_the_numbers_is_found() -> None:
    found = compare(Party(lines=("港区芝公園12-3-203",)), Party(lines=("港区芝公園12-3 ハイツ203号室",)))
    assert evidence(found, "address").relation is Relation.SAME


def test_town_misspelt_but_postal_code_and_numbers_equal_is_the_address() -> None:
    one = Party(name="山田 太郎", postal_code="105-0011", city="港区", lines=("芝公園4-2-8",))
    other = Party(name="山田 太郎", postal_code="1050011", city="港区", lines=("しばこうえん4-2-8",))
    assert compare(one, other).strength is Strength.STRONG


def test_kana_is_never_compared_with_kanji() -> None:
    found = compare(Party(name="山田 太郎", phones=(MOBILE,)), Party(name="ヤマダ タロウ", phones=(MOBILE,)))
    assert evidence(found, "name").relation is Relation.MISSING


def test_missing_and_different_are_told_apart_by_the_entrys_fields() -> None:
    identity = identify(FATHER)
    shared = [token for token in tokens(identity) if token.kind == "phone"]
    assert evidence(score(identity, shared, {"phone"}), "name").relation is Relation.MISSING
    assert evidence(score(identity, shared, {"phone", "kanji"}), "name").relation is Relation.DIFFERENT


def test_an_address_used_by_many_counts_neither_for_nor_against() -> None:
    identity = identify(FATHER)
    phone = [token for token in tokens(identity) if token.kind == "phone"]
    address = [token for token in tokens(identity) if token.kind == "address"]
    found = score(identity, phone, {"phone", "address"}, hot=address)
    assert evidence(found, "address") == Evidence("address", Relation.MISSING, 0.0, "used by many people")


def test_nothing_in_common_is_none() -> None:
    assert compare(Party(name="山田 太郎"), Party(name="山田 太郎")).strength is Strength.NONE
    assert compare(Party(), Party()).strength is Strength.NONE


@given(st.sets(st.sampled_from(range(20))), st.sets(st.sampled_from(["kanji", "address", "room", "phone", "email"])))
def test_score_is_a_probability_and_never_strong_on_one_field(positions: set[int], fields: set[str]) -> None:
    party = replace(FATHER, phones=(MOBILE,), emails=("a@example.jp",), postal_code="105-0011")
    identity = identify(party)
    shared = [token for position, token in enumerate(tokens(identity)) if position in positions]
    found = score(identity, shared, fields)
    assert 0 < found.score < 1
    same = [item.field for item in found.evidence if item.relation in (Relation.SAME, Relation.NEAR)]
    assert found.strength is not Strength.STRONG or len(same) >= 2


def test_every_field_of_the_evidence_has_a_word_in_both_languages() -> None:
    fields = [item.field for item in compare(FATHER, FATHER).evidence]
    assert [field_word(field) for field in fields] == ["氏名", "住所", "電話", "メール"]
    assert [field_word(field, "en") for field in fields] == fields
    assert [set(words) for words in FIELD_WORDS.values()] == [set(fields)] * 2
