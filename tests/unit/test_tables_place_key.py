"""The one spelling of places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity.tables.place_key import (
    length_of_sound,
    length_with_particles,
    place_key,
    place_sound,
    without_particles,
)

PLACES = (
    "東京都港区芝公園一二三四五六七八九十百千〇廿壱丁目番地号条線区階日本段軒大字小文の之ノがヶケつツッ第田町"
    "-ー−0123 ,、abか\u309b\u3099"
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("一番町", "１番町"),
        ("北一条西二丁目", "北1条西2丁目"),
        ("二十四軒四条", "24軒4条"),
        ("廿日市市", "二十日市市"),
        ("四日市市", "4日市市"),
        ("六本木六－10", "六本木6-10"),
        ("芝公園四ー二ー八", "芝公園4-2-8"),
        ("二三三五番地の四", "2335番地の4"),
        ("第一町内", "第1町内"),
        ("壱丁目", "一丁目"),
        ("龍ケ崎市", "竜ヶ崎市"),
        ("つつじヶ丘", "つつじが丘"),
        ("三ノ輪", "三之輪"),
        ("四ッ谷", "四つ谷"),
        ("塩竈市", "塩釜市"),
        ("大字高野町字中野", "高野町中野"),
        ("東京都 港区　芝公園", "東京都港区芝公園"),
    ],
)
def test_everyday_spellings_are_one(one: str, other: str) -> None:
    assert place_key(one) == place_key(other)


@pytest.mark.parametrize(
    "name",
    [
        "三田2-3",
        "十三1-2-3",
        "千代田1",
        "八幡",
        "五百石",
        "第一3-2",
        "4-2-8三田ハイツ",
        "4-2-8二番館",
        "十文字町",
        "万字",
    ],
)
def test_numerals_that_belong_to_a_name_stay(name: str) -> None:
    assert place_key(name) == name


def test_a_name_that_ends_in_a_numeral_does_not_take_the_next_one() -> None:
    assert place_key("十三一丁目2-3") == "十三1丁目2-3"
    assert place_key("十三一-二-三") == "十三1-2-3"


def test_numbers_that_a_space_parts_stay_apart() -> None:
    assert place_key("芝公園 4-2-8 101") == "芝公園4-2-8 101"
    assert place_key("港区, 芝公園") == "港区芝公園"


def test_particles_can_be_left_out() -> None:
    assert without_particles(place_key("阿佐ヶ谷")) == "阿佐谷"
    assert without_particles("つつじが丘") == "つつじが丘"


def test_the_length_counts_what_was_left_out() -> None:
    assert length_with_particles("阿佐が谷北1", 4) == 5
    assert length_of_sound("しばこーえん4", 5) == 6
    assert length_of_sound("せんたー3", 3) == 4


def test_kana_sounds_alike_without_voicing_small_kana_and_long_vowels() -> None:
    assert place_sound("シバコーエン") == place_sound("しばこうえん")
    assert place_sound("おおどおり") == place_sound("オードーリ") == "おとり"
    assert place_sound("たいとうくうえの") == "たいとくうえの"  # the ward's く keeps the う of Ueno


@given(st.one_of(st.text(max_size=60), st.text(alphabet=PLACES, max_size=60)))
def test_twice_is_once(text: str) -> None:
    assert place_key(place_key(text)) == place_key(text)


@given(st.text(alphabet="阿佐がのつ谷北12", max_size=20), st.integers(0, 20))
def test_a_length_with_particles_leads_back(key: str, length: int) -> None:
    bare = without_particles(key)
    start = key[: length_with_particles(key, min(length, len(bare)))]
    assert without_particles(start + "。") == without_particles(bare[:length] + "。")
