"""Kinds of text: what keyboards, old systems, copying and pasting leave in every field alike."""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from people.kinds.kind import kind
from people.person import Person
from people.words import pairs
from people.writing import Written
from shopguard.model import Party

_FULL = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_HALF_KANA = {
    unicodedata.normalize("NFKC", chr(code)): chr(code) for code in (*range(0xFF66, 0xFF9E), 0xFF9E, 0xFF9F)
}
_MARKS = {"\u3099": "ﾞ", "\u309a": "ﾟ"}
OLD_FORMS = pairs("look_alikes", "old")
_RADICALS = str.maketrans("高田山木大小土石長水青金山竹米西赤馬鳥黒", "⾼⽥⼭⽊⼤⼩⼟⽯⻑⽔⻘⾦⼭⽵⽶⻄⾚⾺⿃⿊")
_LOOK_ALIKE = str.maketrans("二八口力夕三一千工", "ニハロカタミーチエ")


def _everywhere(change: Callable[[str], str], contacts: bool = True) -> Callable[[Party], Party]:
    """Return ``change`` as a change of every text of a party."""

    def apply(party: Party) -> Party:
        one = {
            name: change(value)
            for name in ("name", "family", "given", "kana", "company", "city", "postal_code")
            if (value := getattr(party, name))
        }
        many = {"lines": tuple(map(change, party.lines))}
        if contacts:
            many |= {"phones": tuple(map(change, party.phones)), "emails": tuple(map(change, party.emails))}
        return replace(party, **one, **many)

    return apply


def _names(change: Callable[[str], str]) -> Callable[[Party], Party]:
    def apply(party: Party) -> Party:
        named = {name: change(value) for name in ("name", "family", "given") if (value := getattr(party, name))}
        return replace(party, **named)

    return apply


def _finished(w: Written, change: Callable[[Party], Party]) -> Written:
    return replace(w, finish=(*w.finish, change))


def half_kana(text: str) -> str:
    """Return katakana in half width, voicing marks apart."""
    out = []
    for char in text:
        apart = unicodedata.normalize("NFD", char) if "ァ" <= char <= "ヺ" else char
        out.append("".join(_MARKS.get(c, _HALF_KANA.get(c, c)) for c in apart))
    return "".join(out)


@kind("full width", "text", "letters, digits, hyphens and spaces in full width", weight=3)
def _full_width(rng: random.Random, w: Written, who: Person) -> Written:
    return _finished(w, _everywhere(lambda text: text.translate(_FULL)))


@kind("half-width kana", "text", "katakana in half width, as terminals and banks write it", weight=2)
def _half_width(rng: random.Random, w: Written, who: Person) -> Written:
    return _finished(w, _everywhere(half_kana))


@kind("no spaces", "text", "every space left out", weight=2)
def _no_spaces(rng: random.Random, w: Written, who: Person) -> Written:
    if who.family == who.family_latin or w.layout in ("romaji", "abroad"):
        return w
    return _finished(w, _everywhere(lambda text: text.replace(" ", "").replace("\u3000", "")))


@kind("stray spaces", "text", "spaces before, after and doubled", weight=2)
def _stray_spaces(rng: random.Random, w: Written, who: Person) -> Written:
    return _finished(w, _everywhere(lambda text: " " + text.replace(" ", "\u3000 ") + "\u3000"))


@kind("spaced name", "text", "a space between all characters of the name", weight=0.5)
def _spaced_name(rng: random.Random, w: Written, who: Person) -> Written:
    return w if w.family.isascii() else _finished(w, _names(lambda text: " ".join(text.replace(" ", ""))))


@kind("zero width", "text", "invisible characters from copying out of a web page", weight=0.5)
def _zero_width(rng: random.Random, w: Written, who: Person) -> Written:
    mark = rng.choice("\u200b\u200c\u2060\ufeff\u00ad")
    return _finished(w, _everywhere(lambda text: text[:2] + mark + text[2:] + mark))


@kind(
    "variation selectors",
    "text",
    "kanji followed by a variation selector, as newer fonts and phones enter names",
    weight=0.4,
)
def _selectors(rng: random.Random, w: Written, who: Person) -> Written:
    mark = rng.choice(("\U000e0100", "\U000e0101", "\ufe00"))
    if w.family.isascii():
        return w
    return _finished(w, _names(lambda text: text[:1] + mark + text[1:]))


@kind("old kanji", "text", "one character of the name in an old or variant form", weight=3)
def _old_kanji(rng: random.Random, w: Written, who: Person) -> Written:
    places = [("family", at) for at, c in enumerate(w.family) if c in OLD_FORMS]
    places += [("given", at) for at, c in enumerate(w.given) if c in OLD_FORMS]
    if not places or w.whole_name:
        return w
    part, at = rng.choice(places)
    text = getattr(w, part)
    return replace(w, **{part: text[:at] + rng.choice(OLD_FORMS[text[at]]) + text[at + 1 :]})


@kind("old kanji in the town", "text", "one character of city or town in an old or variant form", weight=0.7)
def _old_town(rng: random.Random, w: Written, who: Person) -> Written:
    at = next((at for at, c in enumerate(w.town) if c in OLD_FORMS), None)
    return w if at is None else replace(w, town=w.town[:at] + rng.choice(OLD_FORMS[w.town[at]]) + w.town[at + 1 :])


@kind("radicals", "text", "kanji copied from a PDF as radicals: ⼭⽥", weight=0.2)
def _radicals(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(
        w, family=w.family.translate(_RADICALS), given=w.given.translate(_RADICALS), town=w.town.translate(_RADICALS)
    )


@kind(
    "look-alikes",
    "text",
    "katakana typed for the kanji that look like it, and back: ニ for 二, 力 for カ",
    "slip",
    0.4,
)
def _look_alikes(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, family=w.family.translate(_LOOK_ALIKE), given=w.given.translate(_LOOK_ALIKE))


@kind("decomposed", "text", "voiced kana as two code points, as Macs store them", weight=0.3)
def _decomposed(rng: random.Random, w: Written, who: Person) -> Written:
    return _finished(w, _everywhere(lambda text: unicodedata.normalize("NFD", text), contacts=False))


@kind("line breaks", "text", "tabs and line breaks inside the address", weight=0.5)
def _line_breaks(rng: random.Random, w: Written, who: Person) -> Written:
    mark = rng.choice(("\n", "\r\n", "\t"))
    return _finished(
        w, lambda party: replace(party, lines=(mark.join(party.lines) + mark,)) if party.lines else party
    )
