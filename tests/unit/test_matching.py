"""The hard rules of matching: who may be held, who is only looked at, and who is let alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity import identify, tokens
from shopguard.identity.text import is_japanese
from shopguard.matching import FIELD_WORDS, compare, explain, field_word, score, score_each
from shopguard.matching.crowd import CROWD
from shopguard.matching.rarity import rarity
from shopguard.matching.weights import RARITY, WEIGHTS, Level
from shopguard.model import Comparison, Evidence, Party, Relation, Strength

GIVEN = ("一", "二", "三", "四", "五", "六", "七")
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
    other = Party(name="鈴木 一郎", lines=("札幌市中央区北1西2-3",), phones=(MOBILE,))
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
    assert evidence(found, "address").relation is Relation.DIFFERENT
    assert evidence(found, "address").note == "same municipality"


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
    assert (evidence(found, "address").relation, evidence(found, "address").note) == (Relation.NEAR, "room missing")
    name = evidence(found, "name")
    assert (name.relation, name.note, name.details) == (Relation.SAME, "邊→辺", ("邊→辺",))
    expected = WEIGHTS[Level.NAME_WRITTEN] + RARITY[Level.NAME_WRITTEN] * rarity(identify(one).name)
    assert name.weight == pytest.approx(expected, abs=0.01)


def test_a_room_glued_onto_the_numbers_is_found() -> None:
    found = compare(Party(lines=("港区芝公園12-3-203",)), Party(lines=("港区芝公園12-3 ハイツ203号室",)))
    assert evidence(found, "address").relation is Relation.SAME


def test_town_misspelt_but_postal_code_and_numbers_equal_is_the_address() -> None:
    one = Party(name="山田 太郎", postal_code="105-0011", city="港区", lines=("芝公園4-2-8",))
    other = Party(name="山田 太郎", postal_code="1050011", city="港区", lines=("しばこうえん4-2-8",))
    assert compare(one, other).strength is Strength.STRONG


def test_kana_and_kanji_are_compared_by_a_guessed_reading_and_never_called_different() -> None:
    kanji = Party(name="山田 太郎", phones=(MOBILE,))
    guessed = compare(kanji, Party(name="ヤマダ タロウ", phones=(MOBILE,)))
    assert evidence(guessed, "name").level == Level.NAME_GUESSED
    other = compare(kanji, Party(name="スズキ イチロウ", phones=(MOBILE,)))
    assert evidence(other, "name").relation is Relation.MISSING
    assert evidence(other, "name").level == Level.NAME_UNCOMPARED


@pytest.mark.parametrize("other", ["ヤマダ ハナコ", "YAMADA Hanako", "スズキ イチロウ"])
def test_a_household_is_not_strong_because_its_names_cannot_be_compared(other: str) -> None:
    assert compare(replace(FATHER, name=other), FATHER).strength is Strength.POSSIBLE


def test_the_same_reading_in_other_characters_is_one_person_at_one_address() -> None:
    home = Party(name="高木 健司", kana="タカギ ケンジ", city="港区", lines=("芝公園4-2-8",))
    found = compare(home, replace(home, name="高木 健二"))
    assert evidence(found, "name").level == Level.NAME_OTHER_KANJI
    assert found.strength is Strength.STRONG


def test_siblings_whose_readings_differ_in_voicing_are_two_people() -> None:
    home = Party(name="若杉 大騎", kana="ワカスギ タイキ", city="港区", lines=("芝公園4-2-8",))
    found = compare(home, replace(home, name="若杉 大樹", kana="ワカスギ ダイキ"))
    assert evidence(found, "name").level == Level.NAME_ALIKE
    assert found.strength is Strength.POSSIBLE


def test_a_rare_surname_weighs_more() -> None:
    common, rare = (
        evidence(compare(party, party), "name").weight
        for party in (Party(name="佐藤 太郎", phones=(MOBILE,)), Party(name="小鳥遊 太郎", phones=(MOBILE,)))
    )
    assert rare > common + 1


def test_a_given_name_shared_with_somebody_in_the_building_is_weak() -> None:
    one = Party(name="山田 健一", city="港区", lines=("芝公園4-2-8 ハイツ101",))
    assert compare(Party(name="谷口 健一", city="港区", lines=("芝公園4-2-8",)), one).strength is Strength.WEAK
    assert compare(replace(one, name="谷口 健一"), one).strength is Strength.POSSIBLE


def test_a_slip_is_seen_where_both_are_in_clear_and_never_makes_two_agreeing_fields() -> None:
    one = Party(name="山田 太郎", city="港区", lines=("芝公園4-2-8",), phones=("090-0000-1111",))
    found = compare(replace(one, lines=(), city=None, phones=("090-0000-1121",)), one)
    assert evidence(found, "phone").level == Level.PHONE_CLOSE
    assert found.strength is Strength.POSSIBLE
    stranger = replace(one, name="鈴木 一郎", lines=("赤坂1-1-1",), phones=("090-0000-1121",))
    assert compare(stranger, one).strength.rank < Strength.POSSIBLE.rank


def test_the_same_numbers_in_another_small_area_are_another_house() -> None:
    home = Party(name="佐藤 健", lines=("青森県弘前市富田字上1-1",))
    assert compare(home, replace(home, lines=("青森県弘前市富田1-1",))).strength is Strength.STRONG
    other = compare(home, replace(home, lines=("青森県弘前市富田字下1-1",)))
    assert evidence(other, "address").level == Level.ADDRESS_OTHER_AREA
    assert other.strength is Strength.POSSIBLE


def test_a_shared_place_counts_for_nothing() -> None:
    one = Party(name="山田 太郎", city="港区", lines=("芝公園4-2-8 ホテル東京 気付",))
    found = compare(one, one)
    assert evidence(found, "address").weight == 0
    assert found.strength.rank < Strength.POSSIBLE.rank


def test_an_address_where_many_others_live_counts_for_nothing() -> None:
    one = identify(Party(name="佐藤 太郎", city="港区", lines=("芝公園4-2-8",)))
    asked = tokens(one)
    entries = [identify(Party(name=f"佐藤 {given}", city="港区", lines=("芝公園4-2-8",))) for given in GIVEN[:CROWD]]
    found = [[at for at, token in enumerate(asked) if token in set(tokens(entry))] for entry in entries]
    few, many = (
        score_each(one, asked, [(shared, entry.fields) for shared, entry in zip(found, entries, strict=True)][:count])
        for count in (CROWD - 1, CROWD)
    )
    assert {comparison.strength for comparison in few} == {Strength.POSSIBLE}
    assert {comparison.strength for comparison in many} == {Strength.WEAK}


def test_every_level_is_explained_in_both_languages() -> None:
    for level in Level:
        said = Comparison(
            Strength.WEAK, 0.5, (Evidence(level.value.partition("_")[0], Relation.NEAR, 1.0, "", level),)
        )
        japanese, english = (explain(said, language)[0] for language in ("ja", "en"))
        assert is_japanese(japanese)
        assert not is_japanese(english)


def test_an_explanation_says_what_was_folded_and_how_common_the_name_is() -> None:
    home = Party(name="渡邊 太郎", lines=("静岡県浜松市中区和地山3-1-1",))
    found = compare(home, replace(home, name="渡辺太郎", lines=("静岡県浜松市中央区和地山3-1-1",)))
    name, address, phone, _ = explain(found, "en")
    assert "邊→辺 read as one" in name
    assert "people bears the surname" in name
    assert "former municipality read as the present one" in address
    assert phone == "phone: missing on one side"
    assert explain(found)[0].startswith("氏名：文字が一致（邊→辺を同じ字とみなした、姓は約")


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
    assert 0 <= found.score <= 1
    same = [item.field for item in found.evidence if item.relation in (Relation.SAME, Relation.NEAR)]
    assert found.strength is not Strength.STRONG or len(same) >= 2


def test_every_field_of_the_evidence_has_a_word_in_both_languages() -> None:
    fields = [item.field for item in compare(FATHER, FATHER).evidence]
    assert [field_word(field) for field in fields] == ["氏名", "住所", "電話", "メール"]
    assert [field_word(field, "en") for field in fields] == fields
    assert [set(words) for words in FIELD_WORDS.values()] == [set(fields)] * 2
