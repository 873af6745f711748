"""Foreign addresses in Latin letters: house number, street without its kind, unit, city, state and postal code."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from shopguard.identity.abroad.postal import canonical_postal, take_postal
from shopguard.identity.abroad.words import (
    COUNTRY_NAMES,
    STREET_KINDS,
    canonical_region,
    plain_letters,
    region_names,
    street_word,
)
from shopguard.identity.location import Address, Place, Site
from shopguard.identity.text import LONGEST, squash

_PARTS = re.compile("[,;|、，]+|(?<![0-9])(?<![0-9] )/")
_SECTION = re.compile(r",? ?\bsec(?:tion)?\.? ?([0-9]+),?")  # Taiwan: Sec. 5, Xinyi Rd. and Xinyi Rd., Sec. 5
_KOREAN_UNIT = re.compile(r"\b([0-9]+)-?(ho|dong)\b")  # 101-dong 405-ho
_BLOCK = re.compile(r"\b(?:blk|block)\b\.?")  # Singapore's house number
_LANE = re.compile(r"\b(?:ln|lane|aly|alley)\b\.? ?([0-9]+)")
_CARE_OF = re.compile(r"(?:^|(?<= ))(?:careof|attn:?|attention:?) .*$")
# A box in a mail room of the forces or on a rural route: PSC 76, Box 12. Two boxes there are two homes.
_BOX_ROOM = re.compile(r"\b(psc|cmr|unit|rr|hc) ?#?([0-9]+)[,|. ]{1,3}box ?(?:no\.? ?)?#? ?([0-9]+)")
_BOX = re.compile(
    r"\b(?:(?:g\.? ?)?p\.? ?o\.? ?box|post office box|postfach|apartado|boite postale|b\.?p\.?|postbus)"
    r" ?(?:no\.? ?)?#? ?((?:psc|cmr|unit|rr|hc)?[0-9]+[a-z]?(?:-[0-9]+[a-z]?)*)"
)
_UNIT = re.compile(
    r"(?:\b(?:apartment|apartamento|appartement|apart|aptmt|apto|apt|unit|suite|ste(?=\.? ?#?[0-9])|room|rm|flat"
    r"|wohnung|whg|interno|int|piso|puerta|door|bldg|building|block|blk|tower)"
    r"(?:\b\.? ?|(?=[0-9]))(?:no\.? ?|nr\.? ?)?#? ?|# ?)"
    r"(?P<unit>[a-z]?-?[0-9]+(?:[a-z]| [a-z]$)?(?:-[0-9a-z]+)?|[a-z])\b"
)
_BUILDINGS = ("bldg", "building", "block", "blk", "tower")
_FLOOR = re.compile(
    r"\b([0-9]{1,3})(?:st|nd|rd|th|/)? ?(?:floor|fl|f|etage|og|stock|piso)\b\.?(?:-([0-9]+))?"
    r"|\b(?:floor|level|fl\.?) ?([0-9]{1,3})\b"
)
_UNIT_BEFORE = re.compile(r"^(?P<unit>[0-9]+[a-z]?) ?[/-] ?(?=[0-9]+[a-z]? [a-z])")  # 4/12 Smith St, 4-12 in Canada
_BRITISH_UNIT = re.compile(r"^(?P<unit>[0-9]+[a-z]?) ?/ ?(?P<house>[0-9]+[a-z]?) (?=[a-z])")  # which is which varies
_FLAT_ALONE = re.compile("[0-9]{1,2}/[0-9]{1,2}|[0-9g]f[0-9lr]?")  # 1/1, 14 High Street and 2f1, 14 High Street
_NUMBER_MARK = re.compile(r"\b(?:no|nr|num|numero|number|n[°ºo])\b[.:°º]* ?#?(?=[0-9])|№ ?")
_NUMBER = re.compile(
    r"(?<![a-z0-9])[0-9]+(?:[a-z]| [a-z](?=$|[ ]*[,/]| rue\b| av))?(?:-[0-9]+[a-z]?)*(?: ?(?:bis|ter|quater)\b)?"
    r"(?![a-z0-9])(?!\.(?= ?[a-z]))"
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_TRAILING_ROOM = re.compile(r"([0-9]+[a-z]?|[a-z])(?: ?[a-z])?")
_STILL_STREET = re.compile("sec[0-9]+|[nsew]|[ns][ew]|north|south|east|west|northeast|northwest|southeast|southwest")
_ZEROS = re.compile("(?<![0-9])0+(?=[0-9])")
_BETWEEN_DIGITS = re.compile("(?<=[0-9])-(?=[0-9])")
_CITY_NOISE = re.compile(r"\b(?:city of|cedex ?[0-9]*|city|[0-9]+(?:er|e|eme)?)\b")
_APOSTROPHES = {ord(mark): "'" for mark in "’‘`´"}
_DIRECTION = re.compile(r"\b([ns])\. ?([ew])\b\.?")  # S.W.
_ELISION = re.compile(r"\b[dl]'(?=[a-z])")  # rue de l'Exemple
_LINE_STARTS_WITH_UNIT = frozenset({"AU", "NZ", "CA"})


@dataclass(slots=True)
class _Reading:
    """What has been found so far."""

    room: list[str] = field(default_factory=list)
    numbers: tuple[str, ...] = ()
    turned: tuple[Site, ...] = ()  # the other reading, where house and flat may stand either way round
    lanes: list[str] = field(default_factory=list)
    street: str = ""
    after: str = ""  # what follows the street in its own part: perhaps the city
    named: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)


def read_latin(country: str, postal: str, region: str, city: str, lines: Sequence[str]) -> Address:
    """Return the canonical form of an address in Latin letters (or any other that are written with spaces)."""
    code = canonical_postal(country, postal)
    state = canonical_region(country, region)
    town = city_name(country, city)
    if country == "KR" and town.endswith("gu") and state:
        town = state  # Seoul's districts stand where a city would
    parts = _parts(country, lines)
    if not code and parts:
        code, parts = _taken_from_end(country, parts)
    parts, state = _without_place(country, parts, code, state, plain_letters(city, country))
    reading = _read_parts(country, parts)
    if not town:
        town = _city_in(country, reading)
    sites: tuple[Site, ...] = ()
    if reading.numbers or reading.room:
        sites = (Site(reading.numbers[:3], "-".join(reading.room)), *reading.turned)
    places = (Place(town, reading.street),) if town or reading.street else ()
    return Address(
        country=country,
        prefecture=state,
        places=places,
        sites=sites,
        building=squash("".join((reading.after, *reading.named))),
        postal=code,
        rest=" ".join(reading.rest),
    )


def city_name(country: str, city: str) -> str:
    """Return a city's letters: New York City and NEW YORK are one, Saint-Denis and St Denis, too."""
    bare = _CITY_NOISE.sub(" ", plain_letters(city.partition(",")[0], country))
    words = [
        {"saint": "st", "sainte": "ste", "mount": "mt", "fort": "ft"}.get(word, word) for word in _WORD.findall(bare)
    ]
    return squash("".join(words)) or squash(plain_letters(city, country))


def _parts(country: str, lines: Sequence[str]) -> list[str]:
    text = "|".join(line[:LONGEST].replace("\n", "|") for line in lines)
    text = _ELISION.sub("", plain_letters(text, country).translate(_APOSTROPHES))
    text = _DIRECTION.sub(r"\1\2", text)
    text = _BOX_ROOM.sub(r"po box \1\2-\3", text)
    text = _SECTION.sub(r" sec\1 ", text).replace("c/o", "careof ")
    if country == "KR":
        text = _KOREAN_UNIT.sub(lambda found: f"{'room' if found[2] == 'ho' else 'bldg'} {found[1]}", text)
    elif country == "SG":
        text = _BLOCK.sub(" ", text)
    parts = (part.strip(" .-") for part in _PARTS.split(text))
    return [part for part in parts if part]


def _taken_from_end(country: str, parts: list[str]) -> tuple[str, list[str]]:
    for at in range(len(parts) - 1, -1, -1):
        code, left = take_postal(country, parts[at], may_begin=at > 0)
        if code:
            return code, [part for part in (*parts[:at], left.strip(" .-"), *parts[at + 1 :]) if part]
    return "", parts


def _without_place(country: str, parts: list[str], code: str, state: str, city: str) -> tuple[list[str], str]:
    """Return the parts without country, postal code, state and city where they repeat the fields; and the state."""
    kept: list[str] = []
    stated = False
    for at in range(len(parts) - 1, -1, -1):
        part = _without_country(country, parts[at], last=at == len(parts) - 1)
        if (code and canonical_postal(country, part) == code) or (at and city and squash(part) == squash(city)):
            continue
        words = part.split()
        if code and len(words) > 1 and canonical_postal(country, words[-1]) == code:
            words.pop()
        tail = 0 if stated else _state_at_end(country, words)
        if tail and (at or tail < len(words)):
            found = region_names(country)[" ".join(words[-tail:])]
            if state in ("", found) and not (tail == len(words) and len(part) > 3 and state and not city):
                state, words, stated = found, words[:-tail], True
        part = " ".join(words)
        if part and not (at and city and squash(part) == squash(city)):
            kept.append(part)
    return kept[::-1], state


def _without_country(country: str, part: str, *, last: bool) -> str:
    for name in COUNTRY_NAMES.get(country, "").split("|"):
        if name and (part == name or (last and part.endswith(f" {name}"))):
            return part.removesuffix(name).strip(" .")
    return part


def _state_at_end(country: str, words: list[str]) -> int:
    """Return how many words at the end are a state's name."""
    names = region_names(country)
    for size in range(min(4, len(words)), 0, -1):
        if " ".join(words[-size:]) in names:
            return size
    return 0


def _read_parts(country: str, parts: list[str]) -> _Reading:
    reading = _Reading()
    left: list[str] = []
    for part in parts:
        rest = _CARE_OF.sub(lambda found: _keep(reading.rest, found[0]), part)
        box = _BOX.search(rest)
        if box and not reading.numbers:
            reading.numbers, reading.street = tuple(map(_canonical, box[1].split("-"))), "pobox"
            rest = f"{rest[: box.start()]} {rest[box.end() :]}"
        rest = _LANE.sub(lambda found: _keep(reading.lanes, _canonical(found[1])), rest)
        rest = _taken_units(rest, reading).strip(" .-#")
        if rest:
            left.append(rest)
    if not reading.street:
        left = _take_house(country, left, reading)
    reading.named += left
    return reading


def _keep(rest: list[str], text: str) -> str:
    rest.append(text)
    return ""


def _taken_units(text: str, reading: _Reading) -> str:
    buildings: list[str] = []

    def take(found: re.Match[str]) -> str:
        unit = _canonical(found["unit"].strip("-"))
        (buildings if found[0].startswith(_BUILDINGS) else reading.room).append(unit)
        return " "

    text = _UNIT.sub(take, text)
    floor = _FLOOR.search(text)
    if floor is not None:
        text = f"{text[: floor.start()]} {text[floor.end() :]}"
        if not reading.room:
            reading.room.append(f"{_canonical(floor[1] or floor[3])}f" + (f"-{floor[2]}" if floor[2] else ""))
    reading.room[:0] = buildings
    return text


def _take_house(country: str, parts: list[str], reading: _Reading) -> list[str]:
    """Find house number and street, and return the parts that are neither."""
    for at, part in enumerate(parts):
        text = _NUMBER_MARK.sub("", part)
        if country in _LINE_STARTS_WITH_UNIT and (unit := _UNIT_BEFORE.match(text)):
            reading.room.append(_canonical(unit["unit"]))
            text = text[unit.end() :]
        elif country == "GB" and at + 1 < len(parts) and _FLAT_ALONE.fullmatch(text):
            reading.room.append(text.replace("/", "-"))
            parts[at] = ""
            continue
        elif country == "GB" and (unit := _BRITISH_UNIT.match(text)):
            flat, number = _canonical(unit["unit"]), _canonical(unit["house"])
            reading.room, reading.turned = [flat], (Site((flat,), number),)
            text = text[unit.start("house") :]
        found = _NUMBER.search(text)
        if found is None:
            continue
        house = (_canonical(number) for number in found[0].split("-"))
        reading.numbers = (*reading.lanes, *house)
        before, after = text[: found.start()].strip(" .-/"), text[found.end() :].strip(" .-/")
        if before and (room := _TRAILING_ROOM.fullmatch(after)):
            reading.room += [] if reading.room else [_canonical(room[1])]
            after = ""
        if before and after:  # Hauptstrasse 5 Berlin
            before, reading.after = before, after
            after = ""
        named = None if before or after else _street_beside(parts, at)
        street = f"{before}{after}" if named is None else parts[named]
        reading.street, city = _street(country, street)
        reading.after = reading.after or city
        return [other for index, other in enumerate(parts) if other and index not in (at, named)]
    return parts


def _street_beside(parts: list[str], at: int) -> int | None:
    """Return which part names the street of a house number that stands alone: the next or the one before."""
    around = [index for index in (at + 1, at - 1) if 0 <= index < len(parts)]
    kinds = [index for index in around if any(word in STREET_KINDS for word in _WORD.findall(parts[index]))]
    return next(iter(kinds or around), None)


def _street(country: str, text: str) -> tuple[str, str]:
    """Return the words of the street, sorted, and what follows its kind: in 5th ave new york the city."""
    words = _WORD.findall(text.replace("'", ""))
    kind = max((at for at, word in enumerate(words) if at and word in STREET_KINDS), default=len(words))
    after = words[kind + 1 :]
    if after and _STILL_STREET.fullmatch(after[0]):
        kind, after = kind + 1, after[1:]
    known = sorted(plain for word in words[: kind + 1] if (plain := street_word(word, country)))
    if not known:  # Avenue Road, The Street: nothing but kinds
        return squash("".join(words)), ""
    return " ".join(known), " ".join(after)


def _canonical(number: str) -> str:
    """Return a number without leading zeros, spaces and all but needed hyphens: 012 A and 12-A are 12a."""
    return _ZEROS.sub("", "-".join(squash(part) for part in _BETWEEN_DIGITS.split(number)))


def _city_in(country: str, reading: _Reading) -> str:
    """Return the city out of what is neither street nor unit: the last part, or what follows the street."""
    if reading.named:
        return city_name(country, reading.named.pop())
    found, reading.after = reading.after, ""
    return city_name(country, found)
