"""One sound however it is written: kana of every kind, and Latin letters of every school."""

import csv
import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity.kana import devoiced, hiragana, kana_skeleton, romaji_skeleton, sound

KUNREI = {
    "sh(?=[auo])": "sy", "ch(?=[auo])": "ty", "j(?=[auo])": "zy", "shi": "si", "chi": "ti", "tsu": "tu", "fu": "hu",
    "ji": "zi",
}  # fmt: skip
PASSPORT = {"n(?=[bmp])": "m", "o[ou]": "o", "uu": "u"}
OH = {"o[ou](?![aiueo])": "oh"}
MACRON = {"o[ou]": "ō", "uu": "ū"}
CIRCUMFLEX = {"o[ou]": "ô", "uu": "û"}
WORD_PROCESSOR = {"n(?![aiueoyn])": "nn", "j(?=[auo])": "jy"}
DATA_ERRORS = {"ちぇこ"}  # given as chieko


def readings() -> list[tuple[str, str]]:
    """All readings with their romaji, of the data set that the tables are compiled from too."""
    folder = files("japanese_personal_name_dataset") / "dataset"
    found = []
    for name, kana, romaji in (
        ("last_name_org.csv", 2, 3),
        ("first_name_man_org.csv", 0, 1),
        ("first_name_woman_org.csv", 0, 1),
    ):
        with (folder / name).open(encoding="utf-8") as lines:
            found += [(row[kana], row[romaji]) for row in csv.reader(lines) if row[kana] not in DATA_ERRORS]
    return found


def spelt(romaji: str, *rules: dict[str, str]) -> str:
    for rule in rules:
        for pattern, replacement in rule.items():
            romaji = re.sub(pattern, replacement, romaji)
    return romaji


@pytest.mark.parametrize(
    "rules",
    [(), (KUNREI,), (PASSPORT,), (OH,), (MACRON,), (CIRCUMFLEX,), (WORD_PROCESSOR,), (KUNREI, CIRCUMFLEX)],
    ids=["hepburn", "kunrei", "passport", "oh", "macron", "circumflex", "word processor", "kunrei circumflex"],
)
def test_kana_and_romaji_of_all_known_readings_meet(rules: tuple[dict[str, str], ...]) -> None:
    known = readings()
    assert len(known) > 11_000
    apart = [
        (kana, romaji) for kana, romaji in known if kana_skeleton(kana) != romaji_skeleton(spelt(romaji, *rules))
    ]
    assert not apart


@pytest.mark.parametrize(
    ("skeleton", "spellings"),
    [
        ("ono", "Ohno Oono Ōno Ouno Ono ONO Ôno おおの オオノ オーノ おの をの"),
        ("yuko", "Yūko Yuuko Yuko Yûko Yuhko Yu-ko ゆうこ ユーコ"),
        ("shinichi", "Shin'ichi Shinichi Sinichi Sin-iti Shin’ichi Shinnichi しんいち"),
        ("junichi", "Jun'ichi Junichi Zyunichi Jyunichi Jyuniti じゅんいち"),
        ("kyoko", "Kyoko Kyouko Kyōko Kyohko きょうこ キョーコ"),
        ("oyama", "Ohyama Oyama Ooyama おおやま"),
        ("sato", "Sato Satou Satoh Satō SATO さとう サトー"),
        ("ito", "Ito Itou Itoh いとう"),
        ("kato", "Katō Katou Katoh かとう"),
        ("otsuka", "Ohtsuka Otsuka Ootuka Ōtsuka おおつか"),
        ("honda", "Honda ほんだ"),
        ("homa", "Homma Honma ほんま"),
        ("nanba", "Namba Nanba なんば"),
        ("shinpei", "Shimpei Shinpei Sinpei しんぺい"),
        ("hatori", "Hattori はっとり"),
        ("yachi", "Yatchi Yacchi Yatti やっち"),
        ("tsuzuki", "Tsuzuki Tuzuki Tuduki Tsudzuki つづき つずき"),
        ("fumio", "Fumio Humio ふみお"),
        ("joji", "Jouji Zyoozi Johji Jyoji じょうじ ジョージ"),
        ("chiba", "Chiba Tiba ちば ちヴぁ"),
        ("kaoru", "Kaoru Kaworu かおる かをる"),
        ("misuzu", "Misuzu みすゞ ミスヾ みすず"),
        ("misasa", "Misasa みさゝ"),
        ("chichi", "ティティ ちち Titi"),
        ("fairu", "ファイル Fairu"),
        ("kate", "kate"),
        ("keiko", "Keiko ケーコ ケイコ"),
        ("reon", "Leon Reon れおん"),
        ("ueda", "Uyeda Ueda うえだ"),
        ("inoe", "Inoue Inouye いのうえ"),
        ("nguyen", "Nguyễn Nguyen"),
        ("murer", "Müller Muller"),
        ("bikutoria", "ヴィクトリア ビクトリア"),
        ("wiriamu", "ウィリアム"),
        ("cheru", "チェル Cheru"),
        ("joan", "ジョアン Joan"),
    ],
)
def test_one_skeleton_from_many_spellings(skeleton: str, spellings: str) -> None:
    for word in spellings.split():
        assert (kana_skeleton if hiragana(word) != word or "ぁ" <= word[0] <= "ヺ" else romaji_skeleton)(
            word
        ) == skeleton


def test_different_names_stay_apart() -> None:
    names = "すずき さとう たなか たかはし まつだ ますだ よしだ しみず こばやし かんだ かだ なかむら きむら"
    assert len({sound(kana_skeleton(name)) for name in names.split()}) == 13


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("やまざき", "やまさき"),
        ("なかだ", "なかた"),
        ("しゆん", "しゅん"),
        ("キヨウコ", "きょうこ"),
        ("リヨウ", "りょう"),
        ("じゆんいち", "しゅんいち"),
        ("わたべ", "わたへ"),
        ("ちようじ", "ちょうし"),
        ("みぶ", "みふ"),
    ],
)
def test_voicing_and_small_kana_do_not_change_the_sound(one: str, other: str) -> None:
    assert sound(kana_skeleton(one)) == sound(kana_skeleton(other))


def test_devoiced_kana() -> None:
    assert devoiced("やまざきじゅん") == devoiced("やまさきしゆん") == "やまさきしゆん"
    assert devoiced("はっとりー") == "はつとり"
    assert devoiced("つづき") == devoiced("つずき")
    assert devoiced("ぢ") == devoiced("じ")


def test_katakana_becomes_hiragana() -> None:
    assert hiragana("ヤマダ タロウ ヴ ヶ") == "やまだ たろう ゔ ゖ"


def test_surname_sounds_stay_mostly_apart() -> None:
    with (files("japanese_personal_name_dataset") / "dataset" / "last_name_org.csv").open(encoding="utf-8") as lines:
        surnames = {row[2] for row in csv.reader(lines)}
    assert (len(surnames), len({sound(kana_skeleton(name)) for name in surnames})) == (1771, 1702)


words = st.one_of(st.text(max_size=20), st.text("aiueoyhnmbptcszjdkgwrlvfōûöé'-", max_size=16))


@given(words)
def test_a_skeleton_stays_itself(word: str) -> None:
    skeleton = romaji_skeleton(word)
    assert romaji_skeleton(skeleton) == skeleton


@given(st.text("あいうえおかがさざじたちつづでどはばぱふやゆよらをんっゃゅょぁぃぅぇぉーゔゝゞ", max_size=12))
def test_kana_leave_plain_letters_only(text: str) -> None:
    assert re.fullmatch("[a-z]*[ゝゞ]*[a-z]*.*", kana_skeleton(text)) is not None
    assert romaji_skeleton(kana_skeleton(text)) == kana_skeleton(text)
