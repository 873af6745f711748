"""How a person's details are typed and in which fields a platform delivers them: pieces first, the party last."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from people import contacts
from people.person import Person
from people.places import ISO
from people.romaji import romaji
from shopguard.model import Party

KANA_FIELD = 0.7  # of the parties come from shops with a field for the reading

_DIGITS = "〇一二三四五六七八九"
LAYOUTS = {
    "one line": 2,
    "two lines": 2,
    "region, city, lines": 4,
    "shopify": 3,
    "woocommerce": 2,
    "rakuten": 3,
    "town in city": 1,
}
_NAME_FORMS = {"split": 5, "spaced": 3, "wide space": 1, "solid": 2}


@dataclass(frozen=True, slots=True)
class Written:
    """The pieces of a party as somebody types them. Everything is text that will be seen, except where noted.

    Args:
        name_form: ``split`` (two fields), ``spaced``, ``wide space``, ``solid``, ``given first``, ``both``.
        whole_name: replaces family and given in one field.
        number_style: a key of ``NUMBER_STYLES``. ``hyphen`` is the dash used by the styles that have one.
        room_style: a key of ``ROOM_STYLES``.
        layout: a key of ``LAYOUTS``, or one of the odd ones of ``_ADDRESS``.
        finish: changes of the finished party, applied in order.
    """

    family: str
    given: str
    family_kana: str = ""
    given_kana: str = ""
    name_form: str = "split"
    whole_name: str = ""
    company: str = ""
    country: str = "JP"
    postal: str = ""
    region: str = ""
    city: str = ""
    street: str = ""
    town: str = ""
    chome: int | None = None
    numbers: tuple[int, ...] = ()
    number_style: str = "hyphen"
    hyphen: str = "-"
    building: str = ""
    room: str = ""
    room_style: str = "plain"
    floor: str = ""
    care_of: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    layout: str = "region, city, lines"
    finish: tuple[Callable[[Party], Party], ...] = ()


def write(rng: random.Random, who: Person, kana_field: float = KANA_FIELD, layout: str = "") -> Written:
    """Return ``who`` as typed without mistakes, in one of the usual ways."""
    has_kana = rng.random() < kana_field
    phones = tuple(contacts.hyphenated(p) if rng.random() < 0.6 and p[:1] == "0" else p for p in who.phones)
    common = Written(
        who.family,
        who.given,
        who.family_kana if has_kana else "",
        who.given_kana if has_kana else "",
        name_form=rng.choices(tuple(_NAME_FORMS), tuple(_NAME_FORMS.values()))[0],
        phones=phones,
        emails=(who.mail,),
    )
    if who.family == who.family_latin:
        common = replace(common, given=f"{who.given} {who.middle_latin}".strip(), family_kana="", given_kana="")
        if common.name_form in ("solid", "wide space", "spaced"):
            common = replace(common, name_form="given first")
    if who.home is None:
        return _abroad(who, common)
    return _at_home(rng, who, common, layout or rng.choices(tuple(LAYOUTS), tuple(LAYOUTS.values()))[0])


def _at_home(rng: random.Random, who: Person, common: Written, layout: str) -> Written:
    home = who.home
    assert home is not None
    town = home.town
    styles = (
        ("hyphen", "hyphen", "hyphen", "chome", "full") if home.chome else ("hyphen", "hyphen", "banchi", "banchi no")
    )
    return replace(
        common,
        postal=_postal(rng, town.postal),
        region=town.prefecture,
        city=town.city,
        street=home.street,
        town=town.name + (f"字{home.aza}" if home.aza else ""),
        chome=home.chome,
        numbers=home.numbers,
        number_style=rng.choice(styles),
        building=home.building.name if home.building else "",
        room=home.room,
        room_style=rng.choices(("plain", "号室", "spaced"), (6, 3, 1))[0],
        layout=layout,
    )


def rehome(rng: random.Random, written: Written, who: Person) -> Written:
    """Return ``written`` with the address of ``who``."""
    return replace(
        _at_home(rng, who, written, written.layout),
        family=written.family,
        given=written.given,
    )


def _abroad(who: Person, common: Written) -> Written:
    assert who.abroad is not None
    there = who.abroad
    return replace(
        common,
        country=there.country,
        postal=there.postal,
        region=there.region,
        city=there.city,
        town=there.street,
        numbers=(int(there.house),),
        room=there.unit,
        layout="abroad",
    )


def _postal(rng: random.Random, code: str) -> str:
    return f"{code[:3]}-{code[3:]}" if rng.random() < 0.7 else code


# --- pieces to text ---


def kanji_number(number: int) -> str:
    """Return 1 to 9,999 as spoken: 24 is 二十四."""
    out, rest = "", number
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十")):
        count, rest = divmod(rest, unit)
        out += ("" if count == 1 else _DIGITS[count]) + sign if count else ""
    return out + (_DIGITS[rest] if rest else "")


def kanji_digits(number: int) -> str:
    """Return the digits one by one: 24 is 二四."""
    return "".join(_DIGITS[int(c)] for c in str(number))


def _chome(number: int | None, text: Callable[[int], str] = str) -> str:
    return f"{text(number)}丁目" if number is not None else ""


def _hyphen(w: Written) -> str:
    return w.hyphen.join(map(str, _all(w)))


def _all(w: Written) -> tuple[int, ...]:
    return w.numbers if w.chome is None else (w.chome, *w.numbers)


def _full(w: Written, text: Callable[[int], str] = str, number: Callable[[int], str] = str) -> str:
    tail = "".join(
        f"{number(n)}{unit}"
        for n, unit in zip(w.numbers, ("番", "号") if len(w.numbers) > 1 else ("番地",), strict=False)
    )
    return _chome(w.chome, text) + tail


NUMBER_STYLES: Mapping[str, Callable[[Written], str]] = {
    "hyphen": _hyphen,
    "chome": lambda w: _chome(w.chome) + w.hyphen.join(map(str, w.numbers)),
    "kanji chome": lambda w: _chome(w.chome, kanji_number) + w.hyphen.join(map(str, w.numbers)),
    "full": _full,
    "kanji full": lambda w: _full(w, kanji_number, kanji_number),
    "kanji hyphen": lambda w: "ー".join(map(kanji_number, _all(w))),
    "kanji digits": lambda w: "－".join(map(kanji_digits, _all(w))),
    "banchi": lambda w: _chome(w.chome) + f"{w.numbers[0]}番地" + "".join(map(str, w.numbers[1:])),
    "banchi no": lambda w: _chome(w.chome) + f"{w.numbers[0]}番地" + "".join(f"の{n}" for n in w.numbers[1:]),
    "no": lambda w: "の".join(map(str, _all(w))),
    "spaces": lambda w: " ".join(map(str, _all(w))),
    "grid": lambda w: w.hyphen.join(map(str, w.numbers)),  # the 丁目 stands in the town already: 北1西2
}

ROOM_STYLES: Mapping[str, Callable[[str], str]] = {
    "plain": lambda room: room,
    "spaced": lambda room: f" {room}",
    "号室": lambda room: f"{room}号室",
    "号": lambda room: f"{room}号",
    "#": lambda room: f" #{room}",
    "full width": lambda room: "　" + "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in room),
    "hyphen": lambda room: f"-{room}",
    "no": lambda room: f"の{room}",
    "floor": lambda room: f" {room[-3]}F {room}" if len(room) >= 3 and room[-3].isdigit() else f" {room}",
    "Room": lambda room: f" Room {room}",
}


def _house(w: Written) -> str:
    """Town and numbers."""
    return f"{w.street}{w.town}{NUMBER_STYLES[w.number_style](w) if w.numbers else ''}"


def _door(w: Written) -> str:
    """Building and room; a room alone hangs on the numbers by a hyphen."""
    room = ROOM_STYLES[w.room_style](w.room) if w.room else ""
    text = f"{w.building}{' ' + w.floor if w.floor else ''}{room if w.building else room.strip()}"
    return f"{text} {w.care_of}".strip()


def _joined(house: str, door: str, w: Written) -> str:
    if not door:
        return house
    return (
        f"{house}{w.hyphen}{door.lstrip('-')}" if not w.building and w.room and not w.care_of else f"{house} {door}"
    )


# --- layouts ---


def party(w: Written) -> Party:
    """Return the party in contract form, as the platform of ``w.layout`` delivers it."""
    region, city, lines = _ADDRESS[w.layout](w)
    made = Party(
        **_name(w),
        company=w.company or None,
        country=w.country,
        postal_code=w.postal or None,
        region=region or None,
        city=city or None,
        lines=tuple(line for line in lines if line),
        phones=w.phones,
        emails=w.emails,
    )
    for change in w.finish:
        made = change(made)
    return made


def _name(w: Written) -> dict[str, str | None]:
    kana = f"{w.family_kana} {w.given_kana}".strip() or None
    if w.whole_name:
        return {"name": w.whole_name, "kana": kana}
    if w.name_form in ("split", "both"):
        whole = f"{w.family} {w.given}" if w.name_form == "both" else None
        return {"name": whole, "family": w.family or None, "given": w.given or None, "kana": kana}
    mark = {"spaced": " ", "wide space": "　", "solid": "", "given first": " "}[w.name_form]
    first, second = (w.given, w.family) if w.name_form == "given first" else (w.family, w.given)
    return {"name": f"{first}{mark}{second}".strip(), "kana": kana}


_Address = tuple[str, str, tuple[str, ...]]


def _one_line(w: Written) -> _Address:
    return "", "", (f"{w.region}{w.city}" + _joined(_house(w), _door(w), w),)


def _two_lines(w: Written) -> _Address:
    if w.room and not w.building:
        return _one_line(w)
    return "", "", (f"{w.region}{w.city}{_house(w)}", _door(w))


def _three_fields(w: Written) -> _Address:
    if w.room and not w.building:
        return w.region, w.city, (_joined(_house(w), _door(w), w),)
    return w.region, w.city, (_house(w), _door(w))


def _shopify(w: Written) -> _Address:
    region, city, lines = _three_fields(w)
    return ISO.get(region, region), city, lines


def _woocommerce(w: Written) -> _Address:
    region, city, lines = _three_fields(w)
    return ISO.get(region, region).replace("-", ""), city, lines


def _rakuten(w: Written) -> _Address:
    return w.region, w.city, (_joined(_house(w), _door(w), w),)


def _town_in_city(w: Written) -> _Address:
    numbers = NUMBER_STYLES[w.number_style](w) if w.numbers else ""
    return w.region, f"{w.city}{w.street}{w.town}", (_joined(numbers, _door(w), w),)


def _all_in_city(w: Written) -> _Address:
    return w.region, w.city + _joined(_house(w), _door(w), w), ()


def _reversed(w: Written) -> _Address:
    return w.region, w.city, (_door(w), _house(w)) if w.building else (_house(w), _door(w))


def _postal_in_text(w: Written) -> _Address:
    region, city, lines = _one_line(w)
    return region, city, (f"〒{w.postal} {lines[0]}",)


def _romaji(w: Written) -> _Address:
    """As on a letter from abroad: 4-2-8 Shibakoen, Minato-ku. All pieces are in Latin letters already."""
    numbers = "-".join(map(str, _all(w)))
    return w.region, w.city, (f"{numbers} {w.town}", f"{w.building} {w.room}".strip())


def _foreign(w: Written) -> _Address:
    number = str(w.numbers[0])
    street = f"{w.town} {number}" if w.country == "DE" else f"{number} {w.town}"
    unit = {"GB": "Flat ", "AU": "Unit ", "US": "Apt "}.get(w.country, "#") + w.room if w.room else ""
    return w.region, w.city, (street, unit if w.room_style == "plain" else f"#{w.room}" if w.room else "")


_ADDRESS: Mapping[str, Callable[[Written], _Address]] = {
    "one line": _one_line,
    "two lines": _two_lines,
    "region, city, lines": _three_fields,
    "shopify": _shopify,
    "woocommerce": _woocommerce,
    "rakuten": _rakuten,
    "town in city": _town_in_city,
    "all in city": _all_in_city,
    "lines reversed": _reversed,
    "postal in text": _postal_in_text,
    "romaji": _romaji,
    "abroad": _foreign,
}


def prefecture_romaji(prefecture_kana: str, prefecture: str) -> str:
    """Return ``Tokyo``, ``Osaka``, ``Hokkaido``: the name without its 都府県."""
    kana = (
        prefecture_kana
        if prefecture == "北海道"
        else prefecture_kana.removesuffix("ケン").removesuffix("フ").removesuffix("ト")
    )
    return romaji(kana).capitalize()
