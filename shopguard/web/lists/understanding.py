"""How what was typed is understood, before anything is looked up by it: read out field by field, nothing hidden."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import phonenumbers

from shopguard.identity import Identity
from shopguard.identity.location import Address
from shopguard.identity.name import Name
from shopguard.identity.phone import is_mobile
from shopguard.identity.tables import tables
from shopguard.matching import said_of
from shopguard.model import Evidence, Relation
from shopguard.web.language import gettext, language
from shopguard.web.lists.typed import Typed

_MOST_READINGS = 3
_JAPANESE_MOBILE = re.compile(r"\+81(\d{2})(\d{4})(\d{4})")


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of what was read, with what it is called."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Understood:
    """One field. ``parts`` is empty where nothing could be read, and ``asides`` say why or what was done."""

    label: str
    typed: str
    parts: Sequence[Part]
    asides: Sequence[str] = ()


def understood(typed: Typed, identity: Identity) -> Sequence[Understood]:
    """Return how each field that was typed is understood."""
    return [*_name(typed, identity), *_address(typed, identity), *_phone(typed, identity), *_email(typed, identity)]


def _name(typed: Typed, identity: Identity) -> Iterator[Understood]:
    written = _joined(typed, "name", "kana", "company")
    if not written:
        return
    name = identity.name
    if name is None:
        yield Understood(gettext("Name"), written, (), [gettext("This cannot be read as a name, and is left out.")])
        return
    asides = []
    if name.folds:
        asides.append(gettext("Read as one character: %(folds)s", folds=", ".join(name.folds)))
    if name.family and not name.given:
        asides.append(gettext("Only a family name: add the given name, as thousands share it."))
    elif not name.family:
        asides.append(gettext("Family and given name cannot be told apart. A space between them helps."))
    yield Understood(gettext("Name"), written, list(_name_parts(name)), asides)


def _name_parts(name: Name) -> Iterator[Part]:
    if name.family:
        yield Part(gettext("Family name"), name.family)
        if name.given:
            yield Part(gettext("Given name"), name.given)
    else:
        yield Part(gettext("Whole name"), name.full)
    if name.reading:
        yield Part(gettext("Reading"), name.reading)
    elif readings := " ".join(filter(None, map("・".join, _readings(name)))):
        yield Part(gettext("Readings that are possible"), readings)
    if name.company:
        yield Part(gettext("Company"), name.company)


def _readings(name: Name) -> tuple[Sequence[str], Sequence[str]]:
    """Return how family and given name in kanji may be read."""
    if name.script != "kanji":
        return (), ()
    surname = tables().surname(name.family) if name.family else None
    family = surname.readings if surname else ()
    return family[:_MOST_READINGS], tables().given_readings(name.given)[:_MOST_READINGS] if name.given else ()


def _address(typed: Typed, identity: Identity) -> Iterator[Understood]:
    written = _joined(typed, "postal_code", "address")
    if not written:
        return
    address = identity.address
    if address is None:
        yield Understood(gettext("Address"), written, (), [gettext("This cannot be read as an address.")])
        return
    remarks = tuple(sorted(remark.value for remark in address.remarks))
    asides = list(said_of(Evidence("address", Relation.SAME, details=remarks), language().value)[1])
    if not address.is_located and not address.is_shared:
        asides.append(gettext("Without a house number it is not compared: a whole quarter would be meant."))
    if address.rest:
        asides.append(gettext("Not understood: %(rest)s", rest=address.rest))
    yield Understood(gettext("Address"), written, list(_address_parts(address)), asides)


def _address_parts(address: Address) -> Iterator[Part]:
    if address.country not in ("JP", ""):
        yield Part(gettext("Country"), address.country)
    if address.postal:
        yield Part(gettext("Postal code"), _postal(address))
    place = next(iter(address.places), None)
    if place is not None:
        known = tables().municipality(place.municipality)
        city = f"{known.prefecture}{known.name}" if known else f"{address.prefecture}{place.municipality}"
        yield Part(gettext("Municipality"), city)
        if place.town:
            yield Part(gettext("Town"), place.town)
    if address.area:
        yield Part(gettext("Small area"), address.area)
    for site in address.sites[:1]:
        if site.numbers:
            yield Part(gettext("House number"), "-".join(site.numbers))
        if address.building:
            yield Part(gettext("Building"), address.building)
        if site.room:
            yield Part(gettext("Room"), site.room)


def _postal(address: Address) -> str:
    is_japanese = address.country == "JP" and len(address.postal) == 7
    return f"{address.postal[:3]}-{address.postal[3:]}" if is_japanese else address.postal


def _phone(typed: Typed, identity: Identity) -> Iterator[Understood]:
    written = typed.values["phone"]
    if not written and not identity.phones:
        return
    parts = [
        Part(gettext("Mobile") if is_mobile(phone) else gettext("Number"), _international(phone))
        for phone in identity.phones
    ]
    said = gettext("This is no number that can be called, and is left out. Write it with its area code.")
    yield Understood(gettext("Phone"), written, parts, () if parts else [said])


def _international(e164: str) -> str:
    if found := _JAPANESE_MOBILE.fullmatch(e164):
        return "+81 {}-{}-{}".format(*found.groups())
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def _email(typed: Typed, identity: Identity) -> Iterator[Understood]:
    written = typed.values["email"]
    if not written and not identity.emails:
        return
    parts = [Part(gettext("Mail"), email) for email in identity.emails]
    said = gettext("This is no mail address, and is left out.")
    yield Understood(gettext("Mail"), written, parts, () if parts else [said])


def _joined(typed: Typed, *names: str) -> str:
    return " / ".join(typed.values[name] for name in names if typed.values[name])
