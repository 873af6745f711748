"""Kinds of foreign names and of addresses abroad."""

import random
import re
import unicodedata
from dataclasses import replace

from people.kinds.kind import kind
from people.person import Person
from people.writing import Written

_SHORT = {
    "Street": "St",
    "Avenue": "Ave",
    "Road": "Rd",
    "Boulevard": "Blvd.",
    "Drive": "Dr.",
    "Lane": "Ln",
    "West": "W",
    "East": "E",
    "straße": "str.",
    "avenue": "av.",
    "boulevard": "bd",
    "2nd": "Second",
}


def _is_latin(w: Written, who: Person) -> bool:
    return not who.is_japanese and bool(w.family) and w.family == who.family_latin and not w.whole_name


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d").replace("ß", "ss"))
    return "".join(c for c in apart if not unicodedata.combining(c))


@kind("foreign name order", "foreign", "family name first instead of last, and back", weight=2, foreign=True)
def _order(rng: random.Random, w: Written, who: Person) -> Written:
    if not _is_latin(w, who):
        return w
    return replace(w, name_form="spaced" if w.name_form == "given first" else "given first")


@kind("foreign name in capitals", "foreign", "NGUYEN VAN ANH", weight=2, foreign=True)
def _upper(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, family=w.family.upper(), given=w.given.upper()) if _is_latin(w, who) else w


@kind("accents dropped", "foreign", "Nguyen for Nguyễn, Muller for Müller", weight=2, foreign=True)
def _accents(rng: random.Random, w: Written, who: Person) -> Written:
    if who.is_japanese:
        return w
    return replace(w, family=_plain(w.family), given=_plain(w.given), town=_plain(w.town) if who.abroad else w.town)


@kind("umlauts written out", "foreign", "Mueller for Müller, Muenchen for München", weight=0.5, foreign=True)
def _umlauts(rng: random.Random, w: Written, who: Person) -> Written:
    spelt = str.maketrans({"ü": "ue", "ö": "oe", "ä": "ae"})
    return replace(w, family=w.family.translate(spelt), city=w.city.translate(spelt))


@kind("middle name dropped", "foreign", "given and family name alone", weight=1.5, foreign=True)
def _no_middle(rng: random.Random, w: Written, who: Person) -> Written:
    if not who.middle_latin or not w.given.endswith(who.middle_latin):
        return w
    return replace(w, given=w.given.removesuffix(who.middle_latin).strip())


@kind("middle initial", "foreign", "John P. Smith", weight=1, foreign=True)
def _middle_initial(rng: random.Random, w: Written, who: Person) -> Written:
    if not who.middle_latin or not w.given.endswith(who.middle_latin):
        return w
    return replace(w, given=w.given.removesuffix(who.middle_latin) + who.middle_latin[0] + rng.choice((".", "")))


@kind("foreign name in katakana", "foreign", "マリア・シルバ for Maria Silva", weight=1, foreign=True)
def _katakana(rng: random.Random, w: Written, who: Person) -> Written:
    if who.is_japanese or who.home is None or w.family != who.family or w.given.split(" ")[0] != who.given:
        return w
    return replace(w, family=who.family_kana, given=who.given_kana)


@kind("kanji name in Latin letters", "foreign", "Wang Jianguo for 王建国", weight=0.7, foreign=True)
def _pinyin(rng: random.Random, w: Written, who: Person) -> Written:
    if who.origin != "chinese" or w.family != who.family or w.family == who.family_latin:
        return w
    return replace(
        w, family=who.family_latin, given=who.given_latin, name_form=rng.choice(("spaced", "given first", "split"))
    )


@kind(
    "traditional characters",
    "foreign",
    "陳 for 陈, 張 for 张: the other form of the same character",
    weight=0.7,
    foreign=True,
)
def _traditional(rng: random.Random, w: Written, who: Person) -> Written:
    forms = str.maketrans("張劉陳楊黄趙呉孫馬羅麗強傑涛建国超", "张刘陈杨黃赵吴孙马罗丽强杰濤建國超")
    return (
        replace(w, family=w.family.translate(forms), given=w.given.translate(forms)) if who.origin == "chinese" else w
    )


@kind("street type abbreviated", "foreign", "St for Street, Ave for Avenue", weight=2, foreign=True)
def _short(rng: random.Random, w: Written, who: Person) -> Written:
    if who.abroad is None:
        return w
    town = w.town
    for long, short in _SHORT.items():
        town = re.sub(rf"{long}\b", short, town)
    return replace(w, town=town)


@kind("unit written differently", "foreign", "#12 for Apt 12", weight=1.5, foreign=True)
def _unit(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, room_style="#") if who.abroad and w.room else w


@kind("postal code abroad respelt", "foreign", "ZIP+4, no space in a British code", weight=1, foreign=True)
def _zip(rng: random.Random, w: Written, who: Person) -> Written:
    if who.abroad is None or not w.postal:
        return w
    return replace(
        w, postal=f"{w.postal}-{rng.randint(1000, 9999)}" if w.country == "US" else w.postal.replace(" ", "").lower()
    )


@kind("phone abroad in national form", "foreign", "020 7946… instead of +44 20…", weight=1, foreign=True)
def _national(rng: random.Random, w: Written, who: Person) -> Written:
    codes = {
        "GB": ("+44", "0"),
        "DE": ("+49", "0"),
        "FR": ("+33", "0"),
        "AU": ("+61", "0"),
        "TW": ("+886", "0"),
        "US": ("+1", ""),
        "CA": ("+1", ""),
    }
    if who.abroad is None or w.country not in codes or not w.phones:
        return w
    code, trunk = codes[w.country]
    return replace(w, phones=(trunk + w.phones[0].removeprefix(code),)) if w.phones[0].startswith(code) else w


@kind("city abroad in capitals", "foreign", "street and city in capitals", weight=1, foreign=True)
def _abroad_upper(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, city=w.city.upper(), town=w.town.upper()) if who.abroad else w
