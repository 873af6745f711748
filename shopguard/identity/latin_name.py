"""Names in Latin and other alphabets: family and given name, order, middle names, and how they sound."""

import re
from functools import cache

from shopguard.identity.kana import romaji_skeleton, sound
from shopguard.identity.known_names import is_given_sound, is_surname_sound

_TITLES = ("mr", "mrs", "ms", "mis", "dr", "prof", "sir", "jr", "sr", "phd", "esq")  # as skeletons
_PARTICLES = """
van von der den de da do dos das di del della du la le el al bin ibn bint ten ter zu
"""
_CAMEL = re.compile(r"(?<=[a-z])(?<!\bMc)(?<!\bMac)(?<!\bDe)(?<!\bLa)(?<!\bLe)(?<!\bDi)(?<!\bVan)(?<!\bPh)(?=[A-Z])")
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}
_UMLAUT = re.compile("[äöüåø]")

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


@cache
def _words(listed: str) -> frozenset[str]:
    """The listed words as skeletons."""
    return frozenset(map(romaji_skeleton, listed.split()))


def spaced(raw: str) -> str:
    """Return a raw name with a space inside KenichiWatanabe (not inside McDonald)."""
    return _CAMEL.sub(" ", raw) if _CAMEL.search(raw) else raw


def capitals_of(raw: str) -> str:
    """Return the one word of a raw name that stands in capitals among others that do not: the family name."""
    words = raw.replace(",", " ").split()
    found = [word for word in words if word.isupper() and len(word) > 2]
    return found[0] if len(found) == 1 and len(words) > 1 else ""


def skeletons(words: list[str]) -> list[str]:
    """Return the skeletons of folded words, without titles and initials where anything else is left."""
    found = [skeleton for word in words if (skeleton := romaji_skeleton(word))]
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


def latin_sounds(family: list[str], others: list[str], either_order: bool) -> tuple[tuple[str, ...], ...]:
    """Return how the name may sound: with the first given name, with all joined, with the last.

    ``either_order`` adds the sounds with the names exchanged: nobody said which is the family name.
    """
    if not family:
        return tuple((sound(word),) for word in others[:1])
    surname = sound("".join(_without_particles(family)))
    names = _without_particles(others)
    given = list(dict.fromkeys((names[0], "".join(names), names[-1])))
    found = [(surname, sound(each)) for each in given]
    if either_order and not any(is_surname_sound(word) and not is_given_sound(word) for word in family):
        found.insert(1, (sound(names[0]), surname))
    return tuple(dict.fromkeys(found))


def _without_particles(words: list[str]) -> list[str]:
    return [word for word in words if word not in _words(_PARTICLES)] or words


def spelt_umlauts(text: str) -> str:
    """Return folded text with umlauts in two letters (Müller: Mueller), as people type them abroad."""
    return _UMLAUT.sub(lambda found: _UMLAUTS[found[0]], text)


def has_umlauts(text: str) -> bool:
    """Say whether ``spelt_umlauts`` would change the text."""
    return _UMLAUT.search(text) is not None
