"""Names: the written form, family and given name where they can be told apart, the reading, and how it sounds."""

import re
from dataclasses import dataclass, replace

from shopguard.identity.bare_name import (
    bare_words,
    has_letters,
    is_bare,
    names_nobody,
    with_repeat_marks,
    without_brackets,
)
from shopguard.identity.company import company_core, without_company
from shopguard.identity.hangul import hangul_parts, hangul_sound, is_hangul
from shopguard.identity.japanese_name import (
    MOST_SOUNDS,
    first_of_couple,
    foreign_sounds,
    guessed_sounds,
    is_kana,
    kana_sound,
    reading_parts,
    reads,
    told_apart,
    with_pinyin,
    without_glued_reading,
)
from shopguard.identity.kana import devoiced, hiragana
from shopguard.identity.latin_name import (
    capitals_of,
    latin_parts,
    latin_skeleton,
    latin_sounds,
    parts_in_order,
    skeletons,
    spaced,
    without_hyphens,
)
from shopguard.identity.text import LONGEST, fold, fold_place, folded_variants, is_japanese

Sounds = tuple[tuple[str, ...], ...]
_MOST_WORDS = 12
_NOT_ONLY_KANJI = re.compile("[^一-鿿]|[之乃]")
_MOST_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name, or a company's where no person is named.

    ``full``, ``family`` and ``given`` are folded kanji, hiragana, or skeletons of Latin words (``full`` has them
    sorted); family and given name are empty where they cannot be told apart. ``reading`` is hiragana as the field for
    it gave it. ``company`` is what was written of a company. ``folds`` lists replaced variants (邊→辺).
    ``sounds`` are at most four ways the name may sound, likelier first: (family, given) without voicing and long
    vowels, with "" for a part of unknown reading, or all in one. ``guessed``: they come from the kanji.
    """

    full: str = ""
    family: str = ""
    given: str = ""
    reading: str = ""
    company: str = ""
    folds: tuple[str, ...] = ()
    sounds: Sounds = ()
    guessed: bool = False

    @property
    def script(self) -> str:
        """How ``full`` is written: ``kanji`` (kana mixed in or not), ``kana``, or ``latin`` for all other letters."""
        if is_kana(self.full):
            return "kana"
        return "kanji" if is_japanese(self.full) else "latin"

    @property
    def is_mixed(self) -> bool:
        """Whether some of it is written in kana, as it is heard, and some in kanji (中竹 すすむ, 高木ケン太)."""
        return self.script == "kanji" and any("ぁ" <= char <= "ゖ" for char in self.full)

    @property
    def sound(self) -> str:
        """The reading without voicing, small kana and long marks: やまざき and やまさき are one."""
        return devoiced(self.reading)


def normalize_name(name: str, family: str = "", given: str = "", kana: str = "", company: str = "") -> Name | None:
    """Return the canonical name, or None if there are no letters in any of the fields.

    Family and given name, where both are there, win over ``name``; either may hold the whole. A company without a
    person is the name itself. No text raises.
    """
    found = _normalized(name, family, given, kana, company)
    for _ in range(_MOST_ROUNDS):  # joined fields can make a new word, as 殿 behind a name
        if found is None:
            break
        is_firm = bool(found.company) and not found.family
        is_plain = is_bare(found.full) and not _is_of_two_scripts(found.full)
        if not is_firm and is_plain and not without_company(found.full)[1]:
            break
        again = _normalized(found.full)
        if again is None:
            return None  # what is left names nobody
        if again.full == found.full:
            break
        if is_firm:
            found = replace(found, full=again.full)
            continue
        found = replace(again, reading=found.reading, company=found.company, folds=found.folds)
    if found is not None and any(part and names_nobody(part) for part in (found.family, found.given)):
        return replace(found, family="", given="")  # a part that names nobody was cut off by chance
    return found


def _is_of_two_scripts(full: str) -> bool:
    """Whether Latin letters or hangul stand beside Japanese ones: what is left of them may read otherwise."""
    return is_japanese(full) and (is_hangul(full) or any("a" <= char <= "z" for char in full) or not full.isalpha())


def _normalized(name: str, family: str = "", given: str = "", kana: str = "", company: str = "") -> Name | None:
    raw, texts = _written(name[:LONGEST], family[:LONGEST], given[:LONGEST])
    is_family = raw is family and len(texts) == 1
    reading = _said(kana[:LONGEST])
    if reading and (not texts or _are_exchanged(texts, reading)):
        texts, reading = [reading], " ".join(texts)
    fields: list[list[str]] = []
    firms = [fold(company)] if has_letters(company[:LONGEST]) else []
    for text in texts:
        person, firm = without_company(text)
        person, bracketed = without_brackets(first_of_couple(person))
        firms += [firm] if firm else []
        reading = reading or bracketed
        fields += [bare_words(part) for part in _around_comma(person, len(texts))]
    fields = [words[:_MOST_WORDS] for words in fields if words]
    heard, firm = _Reading.of(reading), " ".join(dict.fromkeys(firms))
    made = _made(fields, heard, capitals_of(raw), is_family) if fields else _of_company(firm)
    if made is None or names_nobody(made.full):
        return None
    spoken = made.reading or "".join(heard.kana)
    return Name(made.full, made.family, made.given, spoken, firm, folded_variants(raw), made.sounds, made.guessed)


def _written(name: str, family: str, given: str) -> tuple[str, list[str]]:
    """Return the raw text that is taken for the name, and its folded fields: two, one or none."""
    parts = _said(family), _said(given)
    if all(parts):
        return f"{family} {given}", list(parts)
    for raw in (name, family, given):
        if text := _said(raw):
            return raw, [text]
    return "", []


def _said(raw: str) -> str:
    """Return the folded text, or "" where it names nobody."""
    if not raw or not has_letters(raw):
        return ""
    text = fold(spaced(raw))
    if "-" in text:
        text = without_hyphens(text)
    return "" if names_nobody(text) else text


def _around_comma(text: str, fields: int) -> list[str]:
    """Split "Watanabe, Kenichi", where the comma says which the family name is."""
    if fields > 1 or "," not in text or is_japanese(text):
        return [text]
    parts = [part for part in text.split(",") if has_letters(part)]
    return parts if len(parts) == 2 else [text]


def _are_exchanged(texts: list[str], reading: str) -> bool:
    """The reading stands in the field for the name, and the name in the field for the reading."""
    return is_japanese(reading) and not is_kana(reading.replace(" ", "")) and is_kana("".join(texts).replace(" ", ""))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the field for the reading holds: words in hiragana, or skeletons of Latin words."""

    kana: tuple[str, ...] = ()
    latin: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> "_Reading":
        if not text:
            return cls()
        words = bare_words(without_brackets(without_company(text)[0])[0])[:_MOST_WORDS]
        kana = tuple(hiragana(word) for word in words if is_kana(word))
        latin = () if is_japanese(text) else tuple(skeletons(words))
        return cls(kana if len(set("".join(kana))) > 1 else (), latin)  # ああああ is typed to get past the field


def _made(fields: list[list[str]], reading: _Reading, capitals: str, is_family: bool) -> Name | None:
    words = [word for words in fields for word in words]
    if any(map(is_japanese, words)):
        return _japanese(fields, reading, is_family)
    if all(map(is_hangul, words)):
        return _korean(["".join(words) for words in fields] if len(fields) > 1 else fields[0])
    return _latin(fields, reading, capitals)


def _japanese(fields: list[list[str]], reading: _Reading, is_family: bool) -> Name:
    if any(_NOT_ONLY_KANJI.search(word) for words in fields for word in words):
        fields = [[part for word in words for part in without_glued_reading(word) if part] for words in fields]
        had_initial = any(len(word) == 1 and word.isascii() for words in fields for word in words)
        fields, reading = _without_reading(fields, reading)
        fields = [words for words in fields if words]
        is_family = is_family or (had_initial and [len(words) for words in fields] == [1])
    words = ["".join(words) for words in fields] if len(fields) > 1 else fields[0]
    family, given = (_canonical(part) for part in told_apart(words, is_family))
    full = with_repeat_marks(_canonical(family + given or "".join(dict.fromkeys(words))))
    kana = list(reading.kana)
    if is_kana(full) and (given or not kana):
        kana = [family, given] if given else [full]
    latin = latin_parts(list(reading.latin))
    if kana:
        sounds, guessed = _read_sounds(family, given, kana)
        if is_kana(full) and given:
            sounds = _few((*sounds, *foreign_sounds(family, given)))
    elif all(latin):
        sounds, guessed = latin_sounds(*latin, either_order=False, initial=False), False
    else:
        sounds, guessed = guessed_sounds(family, given), True
    sounds = with_pinyin(sounds, family, given)
    return Name(full, family, given, full if is_kana(full) else "", sounds=sounds, guessed=guessed and bool(sounds))


def _canonical(part: str) -> str:
    return hiragana(fold_place(part)) if _NOT_ONLY_KANJI.search(part) else part


def _without_reading(fields: list[list[str]], reading: _Reading) -> tuple[list[list[str]], _Reading]:
    """Take out of the words of a name what only repeats it in kana or in Latin letters."""
    words = [word for words in fields for word in words]
    latin = [word for word in words if not is_japanese(word)]
    kana = [word for word in words if is_kana(word)]
    if not latin and (not kana or len(kana) == len(words)):
        return fields, reading
    native = [word for word in words if is_japanese(word)]
    written = [word for word in native if word not in kana] or native
    is_beside = all(any(word in written for word in words) for words in fields)  # not the only word of its field
    if kana and is_beside and len(written) < len(native) and reads(kana, written):
        return [written], reading if reading.kana else _Reading(tuple(map(hiragana, kana)))
    parts = told_apart(native)
    heard = skeletons(latin)
    if parts[1] and heard:
        return [native], reading if reading.kana or reading.latin else _Reading(latin=tuple(heard))
    initials = [word for word in latin if len(word) == 1]
    return [[word for word in words if word not in initials] for words in fields], reading


def _read_sounds(family: str, given: str, kana: list[str]) -> tuple[Sounds, bool]:
    read_family, read_given = reading_parts(kana, family, given)
    if not read_family and not read_given:
        return ((kana_sound("".join(kana)),),), False
    heard = kana_sound(read_family), kana_sound(read_given)
    if all(heard) or not given:
        return (heard,), False
    guessed = guessed_sounds(family, given)
    return tuple(dict.fromkeys((heard[0] or one, heard[1] or other) for one, other in guessed)) or (heard,), True


def _korean(words: list[str]) -> Name:
    family, given = hangul_parts(words)
    sounds: Sounds = ((hangul_sound(family, True), hangul_sound(given, False)),) if family else ()
    return Name(family + given or "".join(words), family, given, sounds=sounds or ((hangul_sound(words[0], False),),))


def _latin(fields: list[list[str]], reading: _Reading, capitals: str) -> Name | None:
    kept = set(skeletons([word for words in fields for word in words]))
    parts = [[word for word in map(latin_skeleton, words) if word in kept] for words in fields]
    said = len(parts) > 1 or bool(capitals)  # somebody said which the family name is
    family, others = parts_in_order(*parts) if len(parts) == 2 else latin_parts(parts[0], latin_skeleton(capitals))
    if not kept:
        return None
    had_initial = any(len(word) == 1 for words in fields for word in words)
    sounds = latin_sounds(family, others, not said, had_initial)
    if reading.kana:
        sounds = (*_read_sounds("", "", list(reading.kana))[0], *sounds)
    words = sorted({*family, *others})
    return Name(" ".join(words), " ".join(family), " ".join(others) if family else "", sounds=_few(sounds))


def _of_company(firm: str) -> Name | None:
    """Return the company as a name in one piece."""
    words = bare_words(without_brackets(company_core(firm))[0])
    if not words:
        return None
    if not any(map(is_japanese, words)):
        found = sorted(set(skeletons(words)))
        return Name(" ".join(found), sounds=(("".join(found),),)) if found else None
    full = _canonical("".join(words))
    return Name(full, sounds=((kana_sound(full),),) if is_kana(full) else ())


def _few(sounds: Sounds) -> Sounds:
    return tuple(dict.fromkeys(sounds))[: MOST_SOUNDS + 1]
