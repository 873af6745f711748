"""Names in Latin and other alphabets: family and given name, order, middle names, and how they sound."""

import re
from functools import cache, lru_cache

from shopguard.identity.abroad_name import asian_family, asian_given, western_sound
from shopguard.identity.kana import romaji_skeleton, sound
from shopguard.identity.known_names import is_given_sound, is_surname_sound
from shopguard.identity.nicknames import all_names, formal

_TITLES = ("mr", "mrs", "ms", "mis", "dr", "prof", "sir", "jr", "sr", "phd", "esq")  # as skeletons
_PARTICLES = """
van von der den de da do dos das di del della du la le el al bin ibn bint ten ter zu
"""
_CAMEL = re.compile(r"(?<=[a-z])(?<!\bMc)(?<!\bMac)(?<!\bDe)(?<!\bLa)(?<!\bLe)(?<!\bDi)(?<!\bVan)(?<!\bPh)(?=[A-Z])")
_HYPHENATED = re.compile(
    r"(\w{3,})[-‐‑–](?!(?:san|sama|sensei|kun|chan)\b)(\w{3,})"
)  # Dupont-Essai, but not Ken-ichi or Su-hyeon
_TWO_LETTER_VOWEL = re.compile("(?<=[aou])e(?!e)")
_MORAE = re.compile("(?:(?:ch|sh|ts|[kgsztdnhbpmrjfyw]y?)?[aiueo]|n)+")

_LONGEST_SPLIT = 30  # letters of a run-together name

Parts = tuple[list[str], list[str]]
"""Skeletons of the family name and of the other names."""

# Family names that stand first in China, Korea and Vietnam; Japanese ones are in the tables.
_FAMILY_FIRST = """
wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo lin he gao liang zheng luo song xie tang han
feng deng cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lu ding ren yao shen zhong cui tan
fan liao jia xia fu fang bai zou meng xiong qin qiu jin yin xue yan duan lei hou shi tao gu mao hao gong shao wan
qian dai mo kong xiang chan cheung wong lee lau leung chow ng kwok lam tsai hsu chang chou kim park choi jung
jeong kang cho yoon yun jang lim oh seo shin kwon hwang ahn nguyen tran le pham hoang huynh phan vu vo dang bui do
ngo duong ly
"""
_VIETNAMESE = "nguyen tran pham hoang huynh phan vu vo dang bui do ngo duong ly le"
_VIETNAMESE_MIDDLE = "van thi"


@cache
def _words(listed: str) -> frozenset[str]:
    """The listed words as skeletons."""
    return frozenset(map(romaji_skeleton, listed.split()))


def spaced(raw: str) -> str:
    """Return a raw name with a space inside KenichiWatanabe (not inside McDonald)."""
    return _CAMEL.sub(" ", raw) if _CAMEL.search(raw) else raw


def without_hyphens(text: str) -> str:
    """Return a folded name with a space inside Dupont-Essai; people drop that hyphen."""
    return _HYPHENATED.sub(_two_words, text) if "-" in text else text


def _two_words(found: re.Match[str]) -> str:
    return found[0] if is_given_sound(romaji_skeleton(found[1] + found[2])) else f"{found[1]} {found[2]}"


@lru_cache(maxsize=1 << 14)
def latin_skeleton(word: str) -> str:
    """Return the skeleton of a folded Latin word; Müller, Mueller and Muller are one, Ueda and Inoue stay."""
    skeleton = romaji_skeleton(word)
    return skeleton if _MORAE.fullmatch(skeleton) else romaji_skeleton(_TWO_LETTER_VOWEL.sub("", skeleton))


def capitals_of(raw: str) -> str:
    """Return the one word of a raw name that stands in capitals among others that do not: the family name."""
    words = raw.replace(",", " ").split()
    found = [word for word in words if word.isupper() and len(word) > 2]
    return found[0] if len(found) == 1 and len(words) > 1 else ""


def skeletons(words: list[str]) -> list[str]:
    """Return the skeletons of folded words, without titles and initials where anything else is left."""
    found = [skeleton for word in words if (skeleton := latin_skeleton(word))]
    return [word for word in found if len(word) > 1 and word not in _TITLES] or found


def latin_parts(words: list[str], capitals: str = "") -> Parts:
    """Return the skeletons of the family name and of the other names, in order; a single word is of the others.

    ``capitals`` is the skeleton of the word that was written in capitals, if one was.
    """
    if len(words) == 1:
        words = _run_together(words[0])
    if len(words) < 2:
        return [], words
    at = _place_of_family(words, capitals)
    return [words[at]], words[:at] + words[at + 1 :]


def parts_in_order(family: list[str], others: list[str]) -> Parts:
    """Return the skeletons given as family name and other names, exchanged where the tables say so."""
    if not family or not others or set(family) & set(others):
        return latin_parts(list(dict.fromkeys((*family, *others))))
    if is_surname_sound(others[-1]) and not is_surname_sound(family[-1]) and is_given_sound(family[0]):
        return others, family
    return family, others


def _place_of_family(words: list[str], capitals: str) -> int:
    if capitals in words:
        return words.index(capitals)
    last = len(words) - 1
    first_known, last_known = is_surname_sound(words[0]), is_surname_sound(words[last])
    if first_known != last_known:
        is_surname = first_known and (is_given_sound(words[last]) or not is_given_sound(words[0]))
        return 0 if is_surname else last
    if first_known:
        return 0 if is_given_sound(words[last]) and not is_given_sound(words[0]) else last
    asian = [at for at, word in enumerate(words) if word in _words(_FAMILY_FIRST)]
    if len(asian) == 1:
        return asian[0]
    first_asian, last_asian = words[0] in _words(_FAMILY_FIRST), words[last] in _words(_FAMILY_FIRST)
    return 0 if first_asian and (not last_asian or last > 1) else last


def _run_together(word: str) -> list[str]:
    if not 7 <= len(word) <= _LONGEST_SPLIT or is_surname_sound(word) or is_given_sound(word):
        return [word]
    for at in range(len(word) - 2, 2, -1):
        if is_surname_sound(word[:at]) and is_given_sound(word[at:]):
            return [word[:at], word[at:]]
    for at in range(2, len(word) - 2):
        if is_given_sound(word[:at]) and is_surname_sound(word[at:]):
            return [word[:at], word[at:]]
    return [word]


def latin_sounds(
    family: list[str], others: list[str], either_order: bool, initial: bool
) -> tuple[tuple[str, ...], ...]:
    """Return how the name may sound, likelier first; at most three ways.

    A Japanese name: with the first given name, with all joined, with the last; ``either_order`` adds the names
    exchanged: nobody said which is the family name. Any other name: with the first given name, as katakana keep its
    consonants, and, of three words or more, all words in the order of the alphabet. ``initial``: one word with
    an initial beside it.
    """
    if not family:
        return _sounds_of_one(others, initial)
    names = _without_particles(others)
    surname = _without_particles(family)
    if is_surname_sound("".join(surname)) and all(map(is_given_sound, names)):
        given = (names[0], "".join(names), names[-1])
        found = [(sound("".join(surname)), sound(each)) for each in given]
        if either_order and all(map(is_given_sound, surname)):
            found.insert(1, (sound(names[0]), sound("".join(surname))))
        return tuple(dict.fromkeys(found))[:_MOST_SOUNDS]
    return _foreign_sounds(surname, [_formal(name) for name in names], either_order)


def _sounds_of_one(others: list[str], initial: bool) -> tuple[tuple[str, ...], ...]:
    """A surname alone is no full name, nor is a given name beside an initial."""
    word = sound(others[0])
    if is_surname_sound(others[0]):
        return ((word, ""),)
    return (("", word),) if initial else ((word,),)


def _foreign_sounds(surname: list[str], names: list[str], either_order: bool) -> tuple[tuple[str, ...], ...]:
    heard, last = "".join(surname), surname[-1]
    asian = asian_family(heard)
    is_asian = last in _words(_FAMILY_FIRST)
    names = [name for name in names if name not in _words(_VIETNAMESE_MIDDLE)] or names
    is_joined = is_asian and last not in _words(_VIETNAMESE) and not any(map(_is_western, names))
    given = "".join(names) if is_joined else names[0]
    found: list[tuple[str, ...]] = [(sound(heard), sound(given))]
    if len(names) + len(surname) > 2 and not is_joined:
        found.append((sound("".join(sorted((*names, *surname)))),))
    consonants = (asian, asian_given(given)) if asian else (western_sound(heard), western_sound(names[0]))
    if len("".join(consonants)) > _FEWEST_CONSONANTS:
        found.append(consonants)
    if either_order and not is_asian:
        found.append((sound(given), sound(heard)))
    return tuple(dict.fromkeys(found))[:_MOST_SOUNDS]


def _is_western(word: str) -> bool:
    return word in _formal_skeletons()


@cache
def _formal_skeletons() -> dict[str, str]:
    return {
        romaji_skeleton(name): romaji_skeleton(formal(name))
        for name in all_names()
        if not is_given_sound(romaji_skeleton(name))
    }


def _formal(name: str) -> str:
    return _formal_skeletons().get(name, name)


_MOST_SOUNDS = 3
_FEWEST_CONSONANTS = 2


def _without_particles(words: list[str]) -> list[str]:
    return [word for word in words if word not in _words(_PARTICLES)] or words
