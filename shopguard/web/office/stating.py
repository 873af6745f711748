"""What a shop states of itself, typed in at the office: as it came by letter, or as the office knows it."""

import re
from collections.abc import Iterator

from flask import request

from shopguard.model import Party
from shopguard.registry.members.particulars import Particulars
from shopguard.web.language import later
from shopguard.web.office.desk import typed

LABELS = {
    "legal_name": later("Legal name"),
    "representative": later("Representative"),
    "corporate_number": later("Corporate number"),
    "postal_code": later("Postal code"),
    "address": later("Address"),
    "phone": later("Phone"),
    "mail": later("Mail"),
    "site": later("Web site"),
    "sign_in": later("Signs in as"),
    "bank_account": later("Bank account"),
    "licence": later("Licence"),
}
"""What the texts of ``Particulars`` are called, in the order in which people state them."""

_PARTS = re.compile(r"[,，、;；\t]")
_PHONE = re.compile(r"[+(]?\d[\d()\s./ー－‐-]{7,}\d")


def particulars_typed() -> Particulars:
    """Return what the form says. Personal data; what is wrong with it, ``faults`` knows."""
    said = {name: typed(name) for name in LABELS}
    people = tuple(people_in(typed("people")))
    return Particulars(**said, needs_licence="needs_licence" in request.form, people=people)


def people_in(text: str) -> Iterator[Party]:
    """Return the persons of ``text``: one a line, the name first, with phone, mail and address in any order."""
    for line in text.splitlines():
        if parts := [part.strip() for part in _PARTS.split(line) if part.strip()]:
            yield _person(parts)


def _person(parts: list[str]) -> Party:
    mails = tuple(part for part in parts if "@" in part)
    phones = tuple(part for part in parts if _PHONE.fullmatch(part))
    name, *address = [part for part in parts if part not in (*mails, *phones)] or [""]
    return Party(name=name or None, country="JP", lines=tuple(address), phones=phones, emails=mails)
