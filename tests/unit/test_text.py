"""Folding: what must become one spelling, what must stay apart, and what no text may do."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity.text import (
    LONGEST,
    VARIANTS,
    fold,
    fold_place,
    folded_variants,
    is_japanese,
    kanji_number,
    squash,
)


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("髙﨑", "高崎"),
        ("渡邉 渡邊 渡辺", "渡辺 渡辺 渡辺"),
        ("齋藤 齊藤 斎藤 斉藤 斋藤 齐藤", "斉藤 斉藤 斉藤 斉藤 斉藤 斉藤"),
        ("𠮷田 濵田 濱田 中嶋 德永 舘 冨澤 廣國", "吉田 浜田 浜田 中島 徳永 館 富沢 広国"),
        ("橋本 槗本 山夲 安逹 桒原 栁沢 杦山 㐂一", "橋本 橋本 山本 安達 桑原 柳沢 杉山 喜一"),
        ("大槻 小栁 曾根 渕上 淵上 都築 都筑", "大槻 小柳 曽根 渕上 渕上 都築 都築"),
        (
            "姬野 宫本 黒沢 黑泽 铃木 斋藤 泽田 冈田 户田 后藤 饭田",
            "姫野 宮本 黒沢 黒沢 鈴木 斉藤 沢田 岡田 戸田 後藤 飯田",
        ),
        ("張偉 张伟 陳 陈 劉 刘 黃 黄 趙 赵 吳 吴 呉", "張偉 張偉 陳 陳 劉 劉 黄 黄 趙 趙 呉 呉 呉"),
        ("楊孫許鄭蘇麗華軍傑強國東紅蘭", "楊孫許鄭蘇麗華軍傑強国東紅蘭"),
        ("杨孙许郑苏丽华军杰强国东红兰", "楊孫許鄭蘇麗華軍傑強国東紅蘭"),
        ("慎 愼 眞 真 惠 恵 彌 弥 亞 亜", "慎 慎 真 真 恵 恵 弥 弥 亜 亜"),
        ("遙 遥 凜 凛 堯 尭 槇 槙 萠 萌 亙 亘", "遥 遥 凛 凛 尭 尭 槙 槙 萌 萌 亘 亘"),
        ("克已 克巳", "克巳 克巳"),
        ("神 隆 琢 祐 諸 都 猪 祥", "神 隆 琢 祐 諸 都 猪 祥"),
        ("⾼⽥ ⻑⻄ ⺟", "高田 長西 母"),
        ("辻\U000e0100 葛\ufe00飾 祇\U000e0101", "辻 葛飾 祇"),
        ("山\u200b田\ufeff\u00ad\u202e太\u2060郎", "山田太郎"),
        ("山\ud800田\ufffd", "山田"),
        ("ＡＢＣ１２３　ﾔﾏﾀﾞ", "abc123 ヤマダ"),
        ("タ゛イキ ﾊﾟ は\u309a", "ダイキ パ ぱ"),
        ("㈱サンプル ㍿", "(株)サンプル 株式会社"),
        ("Straße ﬁ Ⅳ", "strasse fi iv"),
        ("a\tb\nc\u3000d\u00a0e", "a b c d e"),
        ("김민수", unicodedata.normalize("NFC", "김민수")),
        ("", ""),
    ],
)
def test_characters_fold_to_one_spelling(raw: str, folded: str) -> None:
    assert fold(raw) == folded


DIFFERENT = """
太大 一市 阪坂 川河 畑畠 庄荘 葉叶 岩巌 修脩 州洲 潮汐
杉椙 里裏 干幹 遊游 昂昴 己巳 萱茅 升枡 子予 矢失 夫未
"""


@pytest.mark.parametrize("pair", DIFFERENT.split())
def test_different_names_stay_apart(pair: str) -> None:
    assert fold(pair[0]) != fold(pair[1])


def test_no_canonical_character_is_itself_a_variant() -> None:
    assert not {ord(canonical) for canonical in VARIANTS.values()} & set(VARIANTS)
    assert all(unicodedata.normalize("NFKC", char) == char for char in VARIANTS.values())
    assert len(VARIANTS) > 1100


def test_folded_variants_are_named() -> None:
    assert folded_variants("渡邊 髙邊") == ("邊→辺", "髙→高")


def test_particles_of_places_become_one() -> None:
    assert fold_place("龍ケ崎 三ノ宮 四ツ谷") == "龍が崎 三の宮 四つ谷"


def test_only_letters_and_digits_stay() -> None:
    assert squash("山田 (太郎) 1-2_") == "山田太郎12"


@pytest.mark.parametrize(
    ("text", "japanese"), [("山", True), ("ア", True), ("abc", False), ("김", False), ("", False)]
)
def test_japanese_is_recognized(text: str, japanese: bool) -> None:
    assert is_japanese(text) is japanese


@pytest.mark.parametrize(
    ("run", "digits"), [("四", "4"), ("十", "10"), ("二十三", "23"), ("一〇二", "102"), ("百一", "101")]
)
def test_kanji_numerals_become_digits(run: str, digits: str) -> None:
    assert kanji_number(run) == digits


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(min_codepoint=0x300), max_size=12))
def test_folding_rare_characters_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_every_single_character_folds_to_a_fixed_point() -> None:
    unstable = [code for code in range(0x30000) if fold(fold(chr(code))) != fold(chr(code))]
    assert not unstable


def test_a_huge_text_is_cut() -> None:
    assert len(fold("\ufdfa" * 500_000)) <= LONGEST
    assert fold("山" * 1_000_000) == "山" * LONGEST
