"""An order's people beside the entries that resemble them, field by field.

What is registered is known to nobody here: where a field agrees it is what the order itself says, and only that is
shown, masked. Anything else on record is stars.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from unicodedata import normalize

from shopguard.identity import Identity, identify
from shopguard.identity.one_line import address_line, name_line, region_line
from shopguard.matching import said_of
from shopguard.model import Evidence, Match, Order, Party, Relation
from shopguard.web.categories import CATEGORIES
from shopguard.web.language import gettext, language, later
from shopguard.web.lists.typed import Typed

_STARS = "＊＊＊"
_SAID_ALREADY = frozenset({"name_different", "address_different", "phone_different", "email_different", "email_same"})
"""Levels that say no more than the relation does."""

_FIELDS = {"name": later("Name"), "address": later("Address"), "phone": later("Phone"), "email": later("Mail")}


@dataclass(frozen=True, slots=True)
class Field:
    """One row: what the order says and how it was read, if that is another spelling; what is on record, masked."""

    name: str
    label: str
    here: Sequence[str]
    read_as: str
    registered: str
    relation: str
    said: str
    asides: Sequence[str]


@dataclass(frozen=True, slots=True)
class Beside:
    """One entry that resembles a person of the order. ``role`` is None for the buyer, else the recipient's number."""

    entry: str
    category: str
    reporters: int
    last_on: date
    strength: str
    is_report: bool
    role: int | None
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Person:
    """A buyer or recipient as the order says. ``role`` as in ``Beside``; ``phones`` as written and as dialled.

    ``typed`` is what they are put on the shop's own list with.
    """

    role: int | None
    name: str
    kana: str
    company: str
    address: str
    phones: Sequence[tuple[str, str]]
    emails: Sequence[str]
    typed: Typed


def people_of(order: Order) -> Sequence[Person]:
    """Return the buyer, then each recipient who is somebody else."""
    return [_person(role, party) for role, party in order.parties.items()]


def beside(order: Order | None, match: Match) -> Beside:
    """Return what an entry has in common with an order; without the order's side once that is erased."""
    party = order.parties.get(match.party) if order else None
    identity = identify(party) if party else None
    return Beside(
        entry=match.entry,
        category=gettext(CATEGORIES[match.category]),
        reporters=match.reporters,
        last_on=match.last_on,
        strength=match.comparison.strength.value,
        is_report=match.is_report,
        role=_number(match.party),
        fields=[_field(item, party, identity) for item in match.comparison.evidence],
    )


def address_of(party: Party) -> str:
    postal = f"〒{party.postal_code}" if party.postal_code and party.country in (None, "JP") else party.postal_code
    return " ".join(filter(None, (postal, address_line(party))))


def _person(role: str, party: Party) -> Person:
    return Person(
        _number(role),
        name_line(party),
        party.kana or "",
        party.company or "",
        address_of(party),
        [(phone, _dialled(phone)) for phone in party.phones],
        party.emails,
        Typed.of_party(party),
    )


def _number(role: str) -> int | None:
    if role == "buyer":
        return None
    return int(role.partition(" ")[2] or 1)


def _field(item: Evidence, party: Party | None, identity: Identity | None) -> Field:
    said, asides = said_of(item, language().value)
    return Field(
        name=item.field,
        label=gettext(_FIELDS[item.field]),
        here=_written(item.field, party) if party else (),
        read_as=_read_as(item.field, party, identity) if party and identity else "",
        registered=_masked(item, party),
        relation=item.relation.value,
        said="" if item.level in _SAID_ALREADY else said,
        asides=asides,
    )


def _written(field: str, party: Party) -> Sequence[str]:
    values = {
        "name": tuple(filter(None, (name_line(party), party.kana))),
        "address": tuple(filter(None, (address_of(party),))),
        "phone": party.phones,
        "email": party.emails,
    }
    return values[field]


def _read_as(field: str, party: Party, identity: Identity) -> str:
    """The one spelling that was compared, where it is not what is written: width, kanji variants, house numbers."""
    written = " ".join(_written(field, party))
    if field == "name" and identity.name:
        read = " ".join(filter(None, (identity.name.family, identity.name.given))) or identity.name.full
    elif field == "address" and identity.address:
        sites = (("-".join(site.numbers), site.room) for site in identity.address.sites)
        read = " / ".join(" ".join(filter(None, site)) for site in sites)
    elif field == "phone":
        read = ", ".join(_national(phone) for phone in identity.phones)
    elif field == "email":
        read = ", ".join(identity.emails)
    else:
        read = ""
    return "" if _plain(read) in _plain(written) else read


def _national(e164: str) -> str:
    return "0" + e164.removeprefix("+81") if e164.startswith("+81") else e164


def _dialled(phone: str) -> str:
    return "".join(char for char in normalize("NFKC", phone) if char.isdecimal() or char == "+")


def _plain(text: str) -> str:
    return text.replace(" ", "").replace("　", "")


def _masked(item: Evidence, party: Party | None) -> str:
    if item.relation is Relation.MISSING:
        return "—"
    if item.relation is not Relation.SAME or party is None:
        return _STARS
    written = _written(item.field, party)
    if not written or (item.field in ("phone", "email") and len(written) > 1):
        return _STARS  # which of several it is, nobody knows
    if item.field == "name":
        return f"{written[0][:1]}{_STARS}"
    if item.field == "phone":
        return f"…{_dialled(written[0])[-2:]}"
    if item.field == "email":
        return f"{written[0][:1]}{_STARS}@…"
    return f"{party.city or region_line(party)}{_STARS}"
