"""Addresses in Korean: by road (테헤란로 123) and by lot (역삼동 123-45), with 동, 호 and 층 of the building."""

import re
from collections.abc import Sequence

from shopguard.identity.abroad.postal import canonical_postal, take_postal
from shopguard.identity.location import Address, Place, Site
from shopguard.identity.text import LONGEST, fold, squash

_BRACKETS = re.compile(r"\([^)]*\)?")
_COUNTRY = re.compile("^(?:대한민국|한국|남한)$")
_PROVINCES = {
    "충청북도": "충북", "충청남도": "충남", "전라북도": "전북", "전라남도": "전남", "경상북도": "경북",
    "경상남도": "경남",
    "전북특별자치도": "전북", "강원특별자치도": "강원", "제주특별자치도": "제주", "경기도": "경기", "강원도": "강원",
    "제주도": "제주",
}  # fmt: skip
_SHORT_PROVINCES = frozenset(_PROVINCES.values())
_METROPOLIS = re.compile("^(서울|부산|대구|인천|광주|대전|울산|세종)(?:특별자치시|특별시|광역시|시)?$")
_CITY = re.compile("^([가-힣]{1,5})[시군]$")
_DISTRICT = re.compile("^[가-힣]{1,4}[구읍면]$")
_ROAD = re.compile("^[가-힣0-9.·]*[가-힣](?:로|길)(?:[0-9]+(?:번)?길)?$|^[가-힣]+대로$")
_BRANCH = re.compile("^[0-9]+(?:번)?(?:가)?길$")
_AREA = re.compile("^[가-힣]+[0-9]*(?:동|리|가)$")
_GLUED = re.compile("((?:로|길|동|리|가)) ?(?=산? ?[0-9]+(?:-[0-9]+)?(?:번지|$|[ ,]))")
_LOT = re.compile("^산?([0-9]+)(?:-([0-9]+))?(?:번지)?$")
_UNIT = re.compile(
    "(?:제? ?(?P<wing>[0-9]+|[a-z]|[가나다라마바사아자차카타파하](?![가-힣]))동 ?)?"
    "(?:제? ?(?P<floor>[0-9]+)층 ?)?(?:제? ?(?P<room>[a-z]?[0-9]+)호)?(?![가-힣0-9])"
)
_ENDING_PAIR = re.compile("(?<![0-9-])([0-9]{1,4})-([0-9]{1,4})$")


def read_korean(country: str, postal: str, region: str, city: str, lines: Sequence[str]) -> Address:
    """Return the canonical form of a Korean address; a road stands for the neighbourhood where both are given."""
    code = canonical_postal(country, postal)
    text = _BRACKETS.sub(" ", fold(" ".join((region, city, *(line[:LONGEST] for line in lines)))))
    if not code:
        code, text = take_postal(country, text)
    text, room = _taken_unit(text)
    words = _GLUED.sub(r"\1 ", text.replace(",", " ")).split()
    province = town = ""
    street: list[str] = []
    numbers: tuple[str, ...] = ()
    named: list[str] = []
    for word in words:
        if numbers:
            named.append(word)
        elif _COUNTRY.match(word) or _DISTRICT.match(word):
            continue
        elif (short := _PROVINCES.get(word, word)) in _SHORT_PROVINCES:
            province = short
        elif not street and (found := _METROPOLIS.match(word) or _CITY.match(word)):
            town = found[1]
        elif lot := _LOT.match(word):
            numbers = tuple(number.lstrip("0") or "0" for number in lot.groups() if number)
        elif _BRANCH.match(word) and street:
            street[-1] += word
        elif _ROAD.match(word):
            street = [word]
        elif _AREA.match(word):
            street.append(word)
        else:
            named.append(word)
    if not room and named and numbers and (pair := _ENDING_PAIR.search(" ".join(named))):
        room, named = f"{pair[1]}-{pair[2]}", [" ".join(named)[: pair.start()]]
    places = (Place(town, squash("".join(street[-1:]))),) if town or street else ()
    sites = (Site(numbers, room),) if numbers or room else ()
    return Address(
        country=country, prefecture=province, places=places, sites=sites, building=squash("".join(named)), postal=code
    )


def _taken_unit(text: str) -> tuple[str, str]:
    """Return the text without 101동 202호 or 4층, and the room: 101-202, or the floor where no room is given."""
    for found in _UNIT.finditer(text):
        wing, floor, number = found["wing"], found["floor"], found["room"]
        if not (number or floor):
            continue
        room = "-".join(part.lstrip("0") for part in (wing, number) if part) if number else f"{floor}f"
        return f"{text[: found.start()]} {text[found.end() :]}", room
    return text, ""
