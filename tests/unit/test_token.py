"""Tokens: the bytes of the registry's protocol, few of each guessable kind, none from nothing."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity import KINDS, MAX_TOKENS, Token, Type, identify, tokens
from shopguard.identity.location import Address, Place, Site
from shopguard.model import Party

PARTY = Party(
    name="渡邊 太郎",
    kana="ワタナベ タロウ",
    postal_code="105-0011",
    region="東京都",
    city="港区",
    lines=("芝公園4-2-8", "東京ハイツ101"),
    phones=("090-0000-1111",),
    emails=("taro.w@example.jp",),
)


def values(party: Party, type_: int) -> list[str]:
    return [token.value for token in tokens(identify(party)) if token.type == type_]


@pytest.mark.parametrize(
    ("token", "encoded"),
    [
        (Token(1, 1, Type.PHONE, "+819012345678"), "736731010101000d2b383139303132333435363738"),
        (Token(1, 2, Type.EMAIL, "taro@example.jp"), "736731010202000f7461726f406578616d706c652e6a70"),
        (
            Token(1, 2, Type.NAME_HOUSE, "山田太郎|13101-1-1"),
            "7367310102030016e5b1b1e794b0e5a4aae9838e7c31333130312d312d31",
        ),
    ],
)
def test_tokens_encode_to_the_bytes_of_the_protocol(token: Token, encoded: str) -> None:
    assert token.encode().hex() == encoded


def test_an_ordinary_party_has_one_token_of_every_level() -> None:
    found = {token.type: token.value for token in tokens(identify(PARTY))}
    assert found.keys() == set(KINDS) - {Type.ADDRESS_AREA}
    assert found[Type.PHONE] == "+819000001111"
    assert found[Type.EMAIL] == "taro.w@example.jp"
    assert found[Type.MAIL_NAME] == "tarow"
    assert found[Type.ADDRESS] == "13103|芝公園-4-2-8"
    assert found[Type.ADDRESS_ROOM] == "13103|芝公園-4-2-8#101"
    assert found[Type.POSTAL_NUMBERS] == "1050011-4-2-8"
    assert found[Type.POSTAL_ROOM] == "1050011-4-2-8#101"
    assert found[Type.NAME] == "渡辺太郎"
    assert found[Type.NAME_CITY] == "渡辺太郎|13103"
    assert found[Type.NAME_HOUSE] == "渡辺太郎|13103-4-2-8"
    assert found[Type.READING_HOUSE] == "わたなべたろう|13103-4-2-8"
    assert found[Type.SOUND_HOUSE] == found[Type.SOUND] + "|13103-4-2-8"
    assert found[Type.SOUND_CITY] == found[Type.SOUND] + "|13103"


def test_each_part_of_a_name_is_found_as_written_and_as_heard() -> None:
    found = values(PARTY, Type.PART_HOUSE)
    assert len(found) == 4
    assert {"渡辺|13103-4-2-8", "太郎|13103-4-2-8"} < set(found)
    assert {value.replace("13103", "13103|芝公園").removesuffix("-8") for value in found} == set(
        values(PARTY, Type.PART_BLOCK)
    )


def test_kana_and_romaji_names_have_the_sound_of_the_kanji_name_and_no_written_form() -> None:
    sound = values(PARTY, Type.SOUND)
    for other in (Party(name="ﾜﾀﾅﾍﾞ ﾀﾛｳ"), Party(name="わたなべたろう"), Party(name="Watanabe Tarou")):
        assert set(sound) & set(values(other, Type.SOUND))
        assert values(other, Type.NAME) == []


def test_a_latin_name_is_found_in_either_order() -> None:
    assert set(values(Party(name="Taro Watanabe"), Type.SOUND)) & set(values(Party(name="WATANABE Taro"), Type.SOUND))


def test_an_address_that_can_be_read_in_two_ways_gives_the_tokens_of_both() -> None:
    party = Party(name="山田 太郎", city="港区", lines=("芝公園3-4-203",))
    assert {"13103|芝公園-3-4-203", "13103|芝公園-3-4"} <= set(values(party, Type.ADDRESS))
    assert values(party, Type.ADDRESS_ROOM) == ["13103|芝公園-3-4#203"]


def test_guessable_tokens_are_few() -> None:
    phones = tuple(f"090-0000-1{number:03}" for number in range(20))
    many = Party(name="山田 太郎", postal_code="105-0011", city="港区", lines=("芝公園12-3-203",), phones=phones)
    found = tokens(identify(many))
    counts = Counter(token.cls for token in found)
    assert counts[1] == 4
    assert counts[3] <= 8
    assert len(found) <= MAX_TOKENS


@pytest.mark.parametrize(
    "party",
    [
        Party(),
        Party(name="★"),
        Party(lines=("同上",)),
        Party(emails=("@",), phones=("-",)),
        Party(postal_code="105-0011"),
        Party(city="港区"),
        Party(region="東京都", lines=("4-2-8",)),
    ],
)
def test_nothing_gives_no_token(party: Party) -> None:
    assert tokens(identify(party)) == ()


def test_a_token_never_shows_its_value() -> None:
    assert "渡" not in repr(tokens(identify(PARTY)))
    assert repr(Token(2, 1, 99, "secret")) == "Token(type 99)"


_field = st.one_of(
    st.none(), st.text(max_size=40), st.sampled_from(["渡邊 太郎", "港区芝公園4-2-8", "090-0000-1111"])
)


@given(
    st.builds(
        Party,
        **dict.fromkeys(("name", "family", "given", "kana", "company", "country", "region", "city"), _field),
        postal_code=_field,
        lines=st.lists(st.text(max_size=40), max_size=3).map(tuple),
        phones=st.lists(st.text(max_size=20), max_size=3).map(tuple),
        emails=st.lists(st.text(max_size=20), max_size=3).map(tuple),
    )
)
def test_no_party_raises_and_every_token_fits_the_protocol(party: Party) -> None:
    found = tokens(identify(party))
    assert len(found) == len(set(found)) <= MAX_TOKENS
    for token in found:
        assert token.value
        assert len(token.encode()) == 8 + int.from_bytes(token.encode()[6:8], "big")


@pytest.mark.parametrize("name", ["A", "Y.S", "T K", "あ", "田", "山田"])
def test_initials_single_letters_and_a_surname_alone_are_no_full_name(name: str) -> None:
    kinds = {token.type for token in tokens(identify(Party(name=name, city="港区", lines=("芝公園4-2-8",))))}
    assert not kinds & {Type.NAME, Type.SOUND, Type.NAME_HOUSE, Type.SOUND_HOUSE, Type.NAME_CITY, Type.SOUND_CITY}


def test_every_reading_of_a_house_is_asked_for_before_any_room() -> None:
    places = (Place("13103", "芝公園"), Place("13103", "三田"))
    address = Address(places=places, sites=(Site(("1", "2"), "101"), Site(("1",), "2101")), postal="1050011")
    found = tokens(replace(identify(PARTY), address=address))
    asked = [token.type for token in found if token.cls == 3]
    assert len(asked) == 8
    assert asked[:6] == [Type.ADDRESS, Type.ADDRESS, Type.POSTAL_NUMBERS] * 2
