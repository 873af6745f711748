"""What a careful programmer does to a party before handing it to a library: the columns the peers compare."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from people.names import common_surnames
from people.places import ISO, PREFECTURES
from people.romaji import hiragana, romaji

from shopguard.model import Party

_DASHES = re.compile(r"[‐‑‒–—−ー―─~〜](?=\d)|(?<=\d)[‐‑‒–—−ー―─~〜]")
_UNITS = re.compile(r"(?<=\d)(?:丁目|番地の|番地|番|号室|号|の)(?=\d)|(?<=\d)(?:丁目|番地|番|号室|号)")
_KANJI_CHOME = re.compile(r"([一二三四五六七八九十]+)(?=丁目)")
_KANJI_DIGITS = {char: number for number, char in enumerate("一二三四五六七八九十", start=1)}
_PREFECTURE_CODES = {code.replace("-", ""): name for name, code in ISO.items()}
_KANJI = re.compile("[\u3400-\u9fff]")
_HONORIFIC = re.compile(r"(様|さん|殿|さま|氏)$")


@dataclass(frozen=True, slots=True)
class Row:
    """One party as columns; None where there is nothing."""

    unique_id: str
    name: str | None
    family: str | None
    given: str | None
    sound: str | None
    town: str | None
    numbers: str | None
    room: str | None
    address: str | None
    postal: str | None
    area: str | None
    phones: list[str]
    phone: str | None
    email: str | None
    mailbox: str | None


def clean_row(unique_id: str, party: Party) -> Row:
    """Return ``party`` as columns: NFKC, digits-only phone, lower-case mail, kana as Latin letters, split address."""
    family, given = _names(party)
    address = _address(party)
    first = re.search(r"\d", address)
    town = address[: first.start()] if first else address
    groups = re.findall(r"\d+", address)
    postal = re.sub(r"\D", "", _folded(party.postal_code or "")) or None
    phones = [number for raw in party.phones if (number := _phone(raw))]
    email = _folded(party.emails[0]).replace(" ", "").lower() if party.emails else ""
    return Row(
        unique_id,
        _none(family + given) if _KANJI.search(family + given) else None,
        _none(family),
        _none(given),
        _none(_sound(party, family, given)),
        _none(town.replace("-", "")),
        _none("-".join(groups[:3])),
        groups[-1] if len(groups) > 3 else None,
        _none(address),
        postal,
        postal[:3] if postal else None,
        phones,
        phones[0] if phones else None,
        _none(email),
        _none(email.partition("@")[0].partition("+")[0]),
    )


def nfkc_row(party: Party) -> tuple[frozenset[str], frozenset[str], str]:
    """Return what exact comparison sees: phones, mails, name with address; NFKC and without spaces."""
    phones = frozenset(re.sub(r"\D", "", _folded(raw)) for raw in party.phones)
    emails = frozenset(_folded(raw).strip().lower() for raw in party.emails)
    name = party.name or f"{party.family or ''}{party.given or ''}"
    parts = (name, party.region or "", party.city or "", *party.lines)
    return phones - {""}, emails - {""}, re.sub(r"\s", "", _folded("".join(parts)))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _none(text: str) -> str | None:
    return text or None


def _phone(raw: str) -> str:
    digits = re.sub(r"\D", "", _folded(raw).replace("+81", "0").replace("(0)", ""))
    return re.sub(r"^00?81|^00", "0", digits)


def _names(party: Party) -> tuple[str, str]:
    family, given = (_HONORIFIC.sub("", _folded(text or "").strip()).lower() for text in (party.family, party.given))
    if family and given:
        return family.replace(" ", ""), given.replace(" ", "")
    whole = _HONORIFIC.sub("", _folded(party.name or family or given).strip()).lower()
    first, _, rest = whole.partition(" ")
    if rest:
        return first, rest.replace(" ", "")
    cut = max((at for at in (1, 2, 3) if whole[:at] in common_surnames() and len(whole) > at), default=0)
    return (whole[:cut], whole[cut:]) if cut else (whole, "")


def _sound(party: Party, family: str, given: str) -> str:
    """The reading in Latin letters, parts sorted, so that kana and typed letters can meet."""
    text = hiragana(party.kana or f"{family} {given}").strip()
    if re.fullmatch(r"[ぁ-ゖー\s]+", text):
        return " ".join(sorted(romaji(text).split()))
    latin = f"{family} {given}"
    return " ".join(sorted(latin.split())) if latin.isascii() else ""


def _address(party: Party) -> str:
    region = _PREFECTURE_CODES.get((party.region or "").replace("-", ""), party.region or "")
    text = re.sub(r"\s", "", _folded(f"{region}{party.city or ''} {''.join(f'{line} ' for line in party.lines)}"))
    text = _KANJI_CHOME.sub(lambda found: str(_value(found[1])), text).replace("ヶ", "ケ").replace("大字", "")
    text = _UNITS.sub("-", _DASHES.sub("-", text))
    return re.sub(_prefectures(), "", text).lower()


def _value(kanji: str) -> int:
    tens, has_ten, ones = kanji.rpartition("十")
    return (_KANJI_DIGITS.get(tens, 1) if has_ten else 0) * 10 + _KANJI_DIGITS.get(ones, 0)


@cache
def _prefectures() -> re.Pattern[str]:
    return re.compile("^(?:" + "|".join(PREFECTURES) + ")")
