"""Names in kanji and kana: family and given name told apart, and how they sound."""

import re
from collections.abc import Set
from functools import lru_cache
from itertools import islice
from math import log10

from shopguard.identity.abroad_name import asian_kana, katakana_sound, pinyin_sound
from shopguard.identity.kana import hiragana, kana_skeleton, romaji_skeleton, sound
from shopguard.identity.known_names import (
    composed_given,
    given_readings,
    is_continental_surname,
    is_given_sound,
    is_surname_sound,
    surname_readings,
    surname_share,
)
from shopguard.identity.text import is_japanese

Parts = tuple[str, str]
"""Family and given name; the given name, or both, empty where they cannot be told apart."""

MOST_SOUNDS = 3
_LONGEST_SPLIT = 30  # characters of a name in one word

_KANA = re.compile("[ぁ-ゖァ-ヺーゝゞヽヾ]+")
_GLUED = re.compile("([一-鿿々ノヶ]{2,8})([ァ-ヺー]{4,20}|[ぁ-ゖー]{4,20})")
_AND = re.compile("[・･,、&＆+と]")
_PARTNER = re.compile("(.+?)[・･、,&＆+と]([一-鿿]{1,4})")
_SURNAME_ENDS = frozenset(
    "田山川野村竹根辻畑石金杉柳関宮角脇迫切園面堀溝本井島木原沢藤谷林森岡崎浜橋口上下中内部池沼塚坂津瀬江尾家屋戸倉場地道城辺越見瀧滝"
)
_NEVER_FIRST = "ーゝゞヽヾんンっッゃゅょャュョぁぃぅぇぉァィゥェォ"
_LARGE_TSU = re.compile("つ(?=[かきくけこさしすせそたちつてとぱぴぷぺぽ])")

# Decimal digits for and against a place to split at, added to the logarithm of the surname's share. Set by hand.
_KNOWN_GIVEN = 2.0
_UNKNOWN_ONE_OR_TWO, _UNKNOWN_THREE, _UNKNOWN_LONG = 0.0, -1.0, -3.0
_UNHEARD = 1e-6  # share of the population taken for a surname that nobody knows
_REVERSED = -1.5  # the given name in front, no space between


def is_kana(text: str) -> bool:
    """Say whether ``text`` is kana throughout."""
    return _KANA.fullmatch(text) is not None


def told_apart(words: list[str], is_family: bool = False) -> Parts:
    """Return family and given name of a Japanese (or Chinese) name in one word or more.

    ``is_family``: a single word stands where the family name belongs.
    """
    family, given = _told_apart(words)
    if len(words) == 1 and _is_surname_alone(words[0], family, given, is_family):
        return words[0], ""
    if given.endswith("君") and _is_given(given[:-1]):
        given = given[:-1]  # an honorific here, a part of the name elsewhere
    return family, given


def _told_apart(words: list[str]) -> Parts:
    if len(words) > 2 and all(len(word) == 1 for word in words):
        words = ["".join(words)]  # 山 崎 太 郎: spaced for looks
    if len(words) == 1:
        return _split(words[0])
    if len(words) > 2:
        first = next((count for count in range(len(words) - 1, 0, -1) if _is_family("".join(words[:count]))), 1)
        words = ["".join(words[:first]), "".join(words[first:])]
    return _of_two(*words)


def _is_surname_alone(word: str, family: str, given: str, is_family: bool) -> bool:
    """An unknown surname of two characters, as 石林, looks like one of them with a given name."""
    if len(word) > 3 or is_kana(word) or not is_japanese(word):
        return False
    if is_family:
        return len(word) < 3 or not _is_given(given) or (word[-1] in _SURNAME_ENDS and not _is_family(family))
    is_chinese = is_continental_surname(word[0]) and word[0] not in "石金高白安方江田"
    return len(word) == 2 and word[1] in _SURNAME_ENDS and not is_chinese and bool(surname_readings(word))


def _of_two(first: str, second: str) -> Parts:
    if hiragana(first) == hiragana(second) or (
        second.startswith(first) and not _is_given(second) and _splits(second, first)
    ):
        return _split(second)  # the whole name in both fields, or in the second
    if first.endswith(second) and not _is_family(first) and _splits(first, first[: -len(second)]):
        return _split(first)
    if _is_reversed(first, second):
        return second, first
    if is_kana(first) == is_kana(second) and not (_is_family(first) and _is_given(second)):
        family, given = _split(first + second)
        if given and _is_family(family) and _is_given(given):
            return family, given  # 山田太 郎: the space in the wrong place
    if first[:2] == second[:2] and not _is_family(first):
        family, given = _split(first)
        partner = second.removeprefix(family)
        if partner != second and len(family) > 1 and _is_family(family) and _is_given(given) and _is_given(partner):
            return family, given  # 田中一郎 田中花子: the first of a couple
    return first, second


def first_of_couple(text: str) -> str:
    """Return the name without the partner's given name behind it: 山田太郎・花子; others as they are."""
    found = _PARTNER.fullmatch(text) if _AND.search(text) else None
    if not found or not _is_given(found[2]):
        return text
    family, given = told_apart(found[1].split())
    return found[1] if _is_family(family) and _is_given(given) else text


def _splits(whole: str, family: str) -> bool:
    given = whole[len(family) :]
    if _is_family(family):
        return bool(given) and given[0] != "々"
    return len(given) > 1 and _is_given(given) and _split(whole)[0] == family


def _is_reversed(first: str, second: str) -> bool:
    if not _is_family(second):
        return False
    if not _is_family(first):
        return _is_given(first) or not _is_given(second)  # 宮江 藤代: both unknown as what they are, so as written
    return _is_given(first) and not _is_given(second) and surname_share(second) > 50 * surname_share(first)


@lru_cache(maxsize=1 << 15)
def _is_family(word: str) -> bool:
    return is_surname_sound(kana_skeleton(word)) if is_kana(word) else surname_share(word) > 0


@lru_cache(maxsize=1 << 15)
def _is_given(word: str) -> bool:
    return is_given_sound(kana_skeleton(word)) if is_kana(word) else bool(given_readings(word))


@lru_cache(maxsize=1 << 12)
def _split(word: str) -> Parts:
    if is_kana(word):
        parts = split_kana(word)
        return parts if hiragana(parts[0]) != hiragana(parts[1]) else ("", "")
    if len(word) > _LONGEST_SPLIT:
        return "", ""
    if surname_share(word):
        return word, ""
    best, parts = -99.0, ("", "")
    for fee in (0.0, _REVERSED):
        if best > _REVERSED:
            break  # no surname is that common
        for at in range(1, min(len(word), 6)):
            family, given = (word[:at], word[at:]) if not fee else (word[-at:], word[:-at])
            share = surname_share(family)
            if not share and not fee and at > 1 and len(given) > 1 and _is_given(given):
                share = _UNHEARD  # 金田一耕助: the tables have 金田 but not 金田一
            if share:
                weight = log10(share) + _given_weight(given, fee) + fee
                if weight > best:
                    best, parts = weight, (family, given)
    parts = parts if best > -99.0 else _unknown(word)
    if hiragana(parts[0]) == hiragana(parts[1]):
        parts = parts[0], ""  # the name twice
    return parts if is_japanese(parts[0]) and (len(parts[1]) > 1 or is_japanese(parts[1])) else ("", "")


def _given_weight(given: str, fee: float) -> float:
    if _is_given(given):
        return _KNOWN_GIVEN
    if fee:
        return -99.0  # nothing but a known given name makes 健一渡辺 a name
    return _UNKNOWN_ONE_OR_TWO if len(given) < 3 else _UNKNOWN_THREE if len(given) == 3 else _UNKNOWN_LONG


def _unknown(word: str) -> Parts:
    """Split a name whose surname the tables do not know: by the given name, by Chinese surnames, by length."""
    for at in (2, 3, 1):
        if len(word) > at and len(word) - at <= 3 and _is_given(word[at:]) and (at > 1 or len(word) > 2):
            return word[:at], word[at:]
    if 2 <= len(word) <= 3 and is_continental_surname(word[0]):
        return word[0], word[1:]
    if len(word) != 4:
        return "", ""
    first, second = word[:2], word[2:]
    return ("", "") if _is_reversed(first, second) else (first, second)


def split_kana(word: str, family: str = "", given: str = "") -> Parts:
    """Return the two parts of a reading written as one word, by the written name where it is known."""
    if len(word) > _LONGEST_SPLIT:
        return "", ""
    families, givens = _surname_sounds(family), _given_sounds(given)
    places = [at for at in range(1, len(word)) if word[at] not in _NEVER_FIRST]
    by_family = [at for at in places if families and _sound(word[:at]) in families]
    by_given = [at for at in places if givens and _sound(word[at:]) in givens]
    for fitting in (sorted(set(by_family) & set(by_given)), by_given, by_family):
        if fitting:
            return word[: fitting[-1]], word[fitting[-1] :]
    if not family and _is_family(word):
        return word, ""
    for at in reversed(places):
        if _is_family(word[:at]) and _is_given(word[at:]):
            return word[:at], word[at:]
    for at in places:
        if 2 <= at < len(word) - 1 and _is_given(word[at:]):
            return word[:at], word[at:]
    return "", ""


def foreign_sounds(family: str, given: str) -> tuple[Parts, ...]:
    """Return more ways that a name in kana may sound where the tables do not know it as Japanese.

    Nobody said which of ジョン スミス is which, and its Latin form has the same consonants at best.
    """
    if _is_family(family) and _is_given(given):
        return ()
    asian = [
        (heard, katakana_sound(last))
        for first, last in ((family, given), (given, family))
        if (heard := asian_kana(first))
    ]
    if asian:
        return (*asian, (kana_sound(given), kana_sound(family)))
    exchanged = () if _is_family(family) or _is_family(given) else ((kana_sound(given), kana_sound(family)),)
    one, other = katakana_sound(family), katakana_sound(given)
    return ((one, other), (other, one), *exchanged) if exchanged else ((one, other),)


def with_pinyin(sounds: tuple[tuple[str, ...], ...], family: str, given: str) -> tuple[tuple[str, ...], ...]:
    """Return ``sounds`` with that of a Chinese name, behind the likeliest or, where no Japanese bears it, before."""
    if not given or not is_continental_surname(family[0]) or len(family) > 1 or len(given) > 2:
        return sounds
    heard = pinyin_sound(family), pinyin_sound(given)
    if not all(heard):
        return sounds
    return tuple(dict.fromkeys((*sounds[:1], heard, *sounds[1:])))[:MOST_SOUNDS]


def reads(kana: list[str], written: list[str], glued: bool = False) -> bool:
    """Say whether kana words beside a written name are its reading (渡辺健一 わたなべけんいち), not a part of it."""
    family, given = told_apart(written)
    if not given:
        return False
    whole = "".join(kana)
    families = _surname_sounds(family)
    fits = any(_sound(whole).startswith(heard) for heard in families)
    if fits or glued:
        return fits
    return len(whole) >= 4 and (len(kana) > 1 or (len(written) == 1 and not families))


def reading_parts(words: list[str], family: str, given: str) -> Parts:
    """Return the reading, in hiragana words, as parts of the written name; a part that it leaves out is empty.

    Without a written name the words stand for themselves.
    """
    if not family:
        return told_apart(words)
    families = _surname_sounds(family) or {_sound(hiragana(family))}
    if len(words) == 1:
        return _reading_in_one_word(words[0], family, given, families)
    first, last = words[0], words[-1]
    if _sound(first) not in families and (_sound(last) in families or (_is_family(last) and not _is_family(first))):
        return last, "".join(words[:-1])
    return first, "".join(words[1:])


def _reading_in_one_word(word: str, family: str, given: str, families: Set[str]) -> Parts:
    heard = _sound(word)
    if heard in families:
        return word, ""
    if given and (heard in _given_sounds(given) or heard == _sound(hiragana(given))):
        return "", word
    return split_kana(word, family, given)


@lru_cache(maxsize=1 << 15)
def _surname_sounds(family: str) -> frozenset[str]:
    return frozenset(map(_sound, surname_readings(family)))


@lru_cache(maxsize=1 << 15)
def _given_sounds(given: str) -> frozenset[str]:
    return frozenset(map(_sound, given_readings(given) or composed_given(given)))


def guessed_sounds(family: str, given: str) -> tuple[Parts, ...]:
    """Return how a written name may sound, likelier first; a part without known reading is empty."""
    families = _likely(family, surname_readings(family))
    givens = _likely(given, given_readings(given) or composed_given(given))
    pairs = ((0, 0), (0, 1), (1, 0), (1, 1))
    found = ((families[at], givens[to]) for at, to in pairs if at < len(families) and to < len(givens))
    return tuple(islice((pair for pair in found if any(pair)), MOST_SOUNDS))


@lru_cache(maxsize=1 << 15)
def _likely(part: str, readings: tuple[str, ...]) -> tuple[str, ...]:
    if is_kana(part):
        return (kana_sound(part),)
    if part.isascii():
        return (sound(romaji_skeleton(part)),)
    return tuple(dict.fromkeys(_sound(reading) for reading in readings))[:2] or ("",)


def without_glued_reading(word: str) -> tuple[str, str]:
    """Return a written name and its reading behind it without a space (渡辺健一ワタナベケンイチ), if any."""
    found = _GLUED.fullmatch(word)
    return (found[1], found[2]) if found and reads([found[2]], [found[1]], glued=True) else (word, "")


def kana_sound(part: str) -> str:
    """Return the sound of one part of a reading; ハツトリ is ハットリ where that is a name and the other is not."""
    part = hiragana(part)
    if _LARGE_TSU.search(part) and not (_is_family(part) or _is_given(part)):
        small = _LARGE_TSU.sub("っ", part)
        if _is_family(small) or _is_given(small):
            part = small
    return _sound(part)


@lru_cache(maxsize=1 << 15)
def _sound(kana: str) -> str:
    return sound(kana_skeleton(kana))
