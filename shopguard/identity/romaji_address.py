"""Japanese addresses in Latin letters, in whatever order, to the same places as their kanji spelling gives."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from shopguard.identity.japan import Located, normalize_prefecture, read_behind, read_japanese
from shopguard.identity.japan.joining import postal_digits
from shopguard.identity.japan.prefecture import LATIN_NAMES, PREFECTURES
from shopguard.identity.kana import romaji_skeleton
from shopguard.identity.location import Address, Place, Remark
from shopguard.identity.romaji_words import KINDS, Word, place_skeleton, read_words
from shopguard.identity.tables import Municipality, PostalArea, Tables, Town, place_key, tables

_LONGEST_NAME = 6  # words: nishi tama gun mizuho machi
_LONGEST_SPELLING = 32  # letters
_CANDIDATES = 4  # municipalities whose towns are looked for
_FAR_BEHIND = 6  # points of a municipality that no town can make good
_KIND_OF = {
    "shi": "市", "city": "市区", "ku": "区", "ward": "区", "cho": "町", "machi": "町", "town": "町", "mura": "村",
    "son": "村", "village": "村",
}  # fmt: skip
_NEVER_FIRST = frozenset({"shi", "ku", "ken", "gun", "city", "ward", "town", "village", "prefecture", "pref"})
_PREFECTURE_KINDS = frozenset({"ken", "fu", "to", "do", "prefecture", "pref"})
_BUILDING = re.compile(
    r"hei(?:ght|t)s?u?|haitsu|haimu|mansh?ion|bldg|building|biru|tower|court|koport?|corpo|kopo|house|hausu|residence"
    r"|apart|apato|maison|mezon|terrace|place|villa|palace|hills?|garden|flats?|so|dormitory|ryo|hotel|park|plaza|heim"
)
_ROMAJI = frozenset({Remark.ROMAJI})
_BY_POSTAL_CODE = frozenset({Remark.ROMAJI, Remark.BY_POSTAL_CODE})
_CHAIN = re.compile("[0-9]+(?:-[0-9]+)*(?:丁目|番地?|号)?")


class _Span(NamedTuple):
    """Words ``start`` to ``end`` (not included) that may name something, and their skeleton."""

    start: int
    end: int
    skeleton: str


class _Choice(NamedTuple):
    """A municipality with a town, where they are written, and how well they fit."""

    score: int
    code: str
    town: Town | None
    named: tuple[_Span, ...]
    remarks: frozenset[Remark]

    @property
    def place(self) -> Place:
        """The place, by the name that tokens use."""
        if self.town is None:
            return Place(self.code)
        return Place(self.town.code, self.town.base or self.town.name)


def read_romaji(postal_code: str = "", region: str = "", city: str = "", lines: Sequence[str] = ()) -> Address | None:
    """Return the address that the fields spell in Latin letters, or None if all of them are empty.

    Western and Japanese order, -shi/-ku/-cho or City/Ward/Town, long vowels in any spelling and hyphens anywhere give
    one result. The postal code is the strongest witness; a town that it alone names is taken. No input raises.
    """
    written = read_words((region, city, *lines))
    postal = postal_digits(postal_code) or written.postal
    prefecture = normalize_prefecture(region)
    if not (written.words or written.japanese or postal or prefecture):
        return None
    table = tables()
    areas = table.postal(postal) if postal else ()
    words = written.words
    prefectures = _prefectures(words)
    choices = _choices(table, words, areas, prefecture, prefectures, written.japanese)
    likeliest = choices[0] if choices else None
    after = _after(words, likeliest.named if likeliest else (), prefectures)
    places = tuple(dict.fromkeys(choice.place for choice in choices))
    if likeliest is not None and likeliest.town is not None:
        remarks = likeliest.remarks | _conflicts(table, likeliest, postal, areas, prefecture)
        lies_in = _prefecture_of(table, likeliest.town.code)
        return read_behind(Located(places, after, lies_in, likeliest.town.has_chome, remarks), postal)
    # Without a town it is an address like any other: the same search for one, and the same remarks, as in kanji.
    address = read_japanese(postal, prefecture, "", (f"{_in_kanji(table, likeliest)}{after}",)) or Address()
    if likeliest is not None:
        return replace(address, places=places, remarks=address.remarks | likeliest.remarks)
    unknown = place_skeleton("".join(word.text for word in words if not word.is_number and word.text not in KINDS))
    return replace(
        address,
        prefecture=prefecture,
        places=(Place(unknown),) if unknown else (),
        remarks=address.remarks | {Remark.ROMAJI, Remark.UNKNOWN_MUNICIPALITY},
    )


def municipality_in_kanji(region: str, city: str) -> str:
    """Return prefecture and municipality that the fields name in Latin letters, "" if not exactly one."""
    found = read_romaji(region=region, city=city)
    codes = {place.municipality for place in found.places} if found else set()
    municipality = tables().municipality(codes.pop()) if len(codes) == 1 else None
    return f"{municipality.prefecture}{municipality.name}" if municipality else ""


def _conflicts(
    table: Tables, choice: _Choice, postal: str, areas: Sequence[PostalArea], prefecture: str
) -> frozenset[Remark]:
    """Return in what the postal code and the prefecture do not agree with the place."""
    found = set()
    code = choice.place.municipality
    if postal and not areas:
        found.add(Remark.UNKNOWN_POSTAL_CODE)
    if areas and all(area.code != code for area in areas):
        found.add(Remark.POSTAL_CONFLICT)
    if prefecture and prefecture != _prefecture_of(table, code):
        found.add(Remark.PREFECTURE_CONFLICT)
    return frozenset(found)


def _prefecture_of(table: Tables, code: str) -> str:
    municipality = table.municipality(code)
    return municipality.prefecture if municipality else ""


def _in_kanji(table: Tables, choice: _Choice | None) -> str:
    municipality = table.municipality(choice.code) if choice else None
    return f"{municipality.prefecture}{municipality.name} " if municipality else ""


def _spans(words: Sequence[Word], longest: int) -> list[_Span]:
    """Return every run of words within one part that may be a name."""
    spans = []
    for start, first in enumerate(words):
        if (first.is_number and not first.text.isdecimal()) or first.text in _NEVER_FIRST:
            continue
        text = ""
        for end in range(start + 1, min(start + longest, len(words)) + 1):
            last = words[end - 1]
            if last.part != first.part or (last.is_number and text and not last.text.endswith("jo")):
                break
            text += last.text
            if len(text) > _LONGEST_SPELLING:
                break
            if not text.isdecimal():
                spans.append(_Span(start, end, place_skeleton(text)))
    return spans


def _prefectures(words: Sequence[Word]) -> dict[int, str]:
    """Return the prefectures that are written, by where they stand."""
    found = {}
    for at, word in enumerate(words):
        name = "" if word.is_number else _prefecture_named(word.text)
        if name and not (at + 1 < len(words) and _BUILDING.fullmatch(words[at + 1].text)):
            found[at] = name
    return found


def _prefecture_named(word: str) -> str:
    """Return the prefecture that a word names: Shizuoka, Sizuoka, Toukyouto, Gumma."""
    return _prefectures_by_sound().get(romaji_skeleton(word), "")


@cache
def _prefectures_by_sound() -> Mapping[str, str]:
    named = zip(LATIN_NAMES, PREFECTURES, strict=True)
    return MappingProxyType(
        {romaji_skeleton(name + ending): full for name, full in named for ending in ("", "ken", "fu", "to")}
    )


def _choices(
    table: Tables,
    words: Sequence[Word],
    areas: Sequence[PostalArea],
    prefecture: str,
    prefectures: dict[int, str],
    japanese: Sequence[str],
) -> list[_Choice]:
    """Return the one or two likeliest places."""
    spans = _spans(words, _LONGEST_NAME)
    written = {prefecture} if prefecture else set(prefectures.values())
    municipalities: dict[str, tuple[int, tuple[_Span, ...]]] = {}
    for score, municipality, named in _municipalities(table, words, spans, written, areas, japanese):
        if score > municipalities.get(municipality.code, (-99, ()))[0]:
            municipalities[municipality.code] = score, named
    for area in areas:
        municipalities.setdefault(area.code, (4, ()))
    most = max((score for score, _ in municipalities.values()), default=0)
    likely = [item for item in municipalities.items() if item[1][0] > most - _FAR_BEHIND]
    likely = sorted(likely, key=lambda item: -item[1][0])[:_CANDIDATES]
    choices = [
        choice
        for code, (score, named) in likely
        for choice in _with_town(table, words, spans, areas, code, score, named)
    ]
    choices.sort(key=lambda choice: -choice.score)
    best = [choice for choice in choices if choice.score == choices[0].score] if choices else []
    return best[:2] if len({choice.code for choice in best}) < 3 or best[0].town else []


def _municipalities(
    table: Tables,
    words: Sequence[Word],
    spans: Sequence[_Span],
    prefectures: set[str],
    areas: Sequence[PostalArea],
    japanese: Sequence[str],
) -> Iterator[tuple[int, Municipality, tuple[_Span, ...]]]:
    """Yield each municipality that some words name, with its score and those words."""
    codes = {area.code for area in areas}
    found = [(span, table.romaji_municipalities(span.skeleton)) for span in spans]
    found = [(span, municipalities) for span, municipalities in found if municipalities]
    cities = {each.name: span for span, municipalities in found for each in municipalities if each.code.endswith("0")}
    for span, municipalities in found:
        for each in municipalities:
            score = 6 * (each.code in codes) + _kind_fits(words, span, each)
            if prefectures:
                score += 3 if each.prefecture in prefectures else -3
            named: tuple[_Span, ...] = (span,)
            if each.name[-1] == "区" and "市" in each.name:
                city = cities.get(each.name[: each.name.index("市") + 1], span)
                if city != span:
                    score += 4
                    named = (span, city)
            yield score, each, named
    for text in japanese:
        for _, municipalities in table.municipalities(place_key(text))[:1]:
            for each in municipalities:
                yield 8 + 3 * (each.prefecture in prefectures) + 6 * (each.code in codes), each, ()


def _kind_fits(words: Sequence[Word], span: _Span, municipality: Municipality) -> int:
    """Return how well Minato-ku, Minato City or Minato fits 港区; a longer name says more."""
    kind = words[span.end - 1].text
    if kind not in _KIND_OF and span.end < len(words):
        kind = words[span.end].text
    if kind not in _KIND_OF:
        return -5 if _prefecture_named(words[span.start].text) == municipality.prefecture else 0
    return 2 + (span.end - span.start > 1) if municipality.name[-1] in _KIND_OF[kind] else -2


def _with_town(
    table: Tables,
    words: Sequence[Word],
    spans: Sequence[_Span],
    areas: Sequence[PostalArea],
    code: str,
    score: int,
    named: tuple[_Span, ...],
) -> list[_Choice]:
    """Return the municipality with the towns that the words, or the postal code alone, name."""
    here = [area for area in areas if area.code == code or (code.endswith("0") and area.code[:4] == code[:4])]
    taken = {at for span in named for at in range(span.start, span.end)}
    free = [span for span in spans if not named or taken.isdisjoint(range(span.start, span.end))]
    written = [(span, towns) for span in free if (towns := table.romaji_towns(code, span.skeleton))]
    if not written:
        score -= 1
        written = [(span, towns) for span in free if (towns := _by_other_kind(table, code, span))]
    choices = []
    for span, towns in written:
        fit = _fits(words, span)
        for town in towns:
            witness = 8 * any(area == (town.code, town.base) for area in here)
            choices.append(_Choice(score + 5 + witness + fit, code, town, (*named, span), _ROMAJI))
    best = max((choice.score for choice in choices), default=0)
    choices = [choice for choice in choices if choice.score == best]
    only = here[0].town if len(here) == 1 else ""
    if only and best < score + 5:  # no town is written, or none that stands like one
        exactly = [town for size, town in table.towns(here[0].code, only) if size == len(only)]
        return [_Choice(score + 5, code, town, named, _BY_POSTAL_CODE) for town in exactly[:1]]
    if choices and best >= score + 3:
        return choices
    codes = {area.code for area in here}
    return [_Choice(score, codes.pop() if len(codes) == 1 else code, None, named, _ROMAJI)]


def _by_other_kind(table: Tables, code: str, span: _Span) -> tuple[Town, ...]:
    """Return the towns of a name whose 町 is left out or read in the other way."""
    for kind, other in (("cho", "machi"), ("machi", "cho")):
        bare = span.skeleton.removesuffix(kind)
        if bare not in ("", span.skeleton):
            return table.romaji_towns(code, bare + other) or table.romaji_towns(code, bare)
    if len(span.skeleton) < 4:
        return ()
    return table.romaji_towns(code, span.skeleton + "cho") or table.romaji_towns(code, span.skeleton + "machi")


def _fits(words: Sequence[Word], span: _Span) -> int:
    """Return how well the words stand where a town stands: beside the numbers, and not before Heights or -ku."""
    before = words[span.start - 1] if span.start else None
    after = words[span.end] if span.end < len(words) else None
    fit = min(span.end - span.start, 4) + len(span.skeleton) // 4
    if any(word and word.is_number and _CHAIN.fullmatch(word.text) for word in (before, after)):
        fit += 2
    if after and (_BUILDING.fullmatch(after.text) or (after.text in KINDS and after.part == words[span.start].part)):
        fit -= 4
    return fit


def _after(words: Sequence[Word], named: Sequence[_Span], prefectures: dict[int, str]) -> str:
    """Return what is left as it would follow the town: 丁目, the other numbers of the house, building and room."""
    taken = {at for span in named for at in range(span.start, span.end)}
    for at in prefectures:
        taken.add(at)
        if at + 1 < len(words) and words[at + 1].text in _PREFECTURE_KINDS:
            taken.add(at + 1)
    for at in sorted(taken):
        if at + 1 < len(words) and words[at + 1].text in KINDS and at + 1 not in taken:
            taken.add(at + 1)
    left = [at for at in range(len(words)) if at not in taken]
    house = _house(words, left, taken)
    texts = [words[at].text for at in house]
    rest = [words[at].text for at in left if at not in house]
    return " ".join((*texts, *rest))


def _house(words: Sequence[Word], left: Sequence[int], taken: set[int]) -> list[int]:
    """Return where the numbers of the house stand: the 丁目 first, then the row that continues it."""
    chains = [at for at in left if words[at].is_number and _CHAIN.fullmatch(words[at].text)]
    if not chains:
        return []
    chome = [at for at in chains if words[at].text.endswith("丁目")][:1]
    rows = [at for at in chains if at not in chome]
    if not rows:
        return chome
    first = max(rows, key=lambda at: (_house_likeness(words, at, chome, taken), -at))
    row = [first]
    while (
        row[-1] + 1 in rows
        and words[row[-1] + 1].part == words[first].part
        and (words[row[-1]].text[-1] in "番地" or "-" not in words[first].text + words[row[-1] + 1].text)
    ):
        row.append(row[-1] + 1)
    return chome + row


def _house_likeness(words: Sequence[Word], at: int, chome: Sequence[int], taken: set[int]) -> int:
    """Return how likely a number is the house's and not a room's."""
    text = words[at].text
    beside = (at - 1 in taken and words[at - 1].part >= words[at].part - 1) + (at + 1 in taken)
    likeness = 3 * text.count("-") + 2 * bool(beside) + 2 * (text[-1] in "番地号") + 3 * (at - 1 in chome)
    alone = at + 1 < len(words) and words[at + 1].part == words[at].part and not words[at + 1].is_number
    if alone and at + 1 not in taken:
        likeness -= 2  # 101 Tokyo Heights
    if at and words[at - 1].part == words[at].part and not words[at - 1].is_number and at - 1 not in taken:
        likeness -= 2  # Tokyo Heights 101
    return likeness
