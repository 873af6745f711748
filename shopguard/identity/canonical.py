"""A party brought to one spelling, field by field."""

import re
from dataclasses import dataclass

from shopguard.identity.abroad import country_code
from shopguard.identity.address import normalize_address
from shopguard.identity.email import normalize_emails
from shopguard.identity.location import Address
from shopguard.identity.name import Name, normalize_name
from shopguard.identity.phone import normalize_phones
from shopguard.model import Party

PROFILE = 2
"""Version of all rules in this package. A changed rule is a new profile: tokens of two profiles never match."""

FIELDS = ("kanji", "sound", "address", "town", "area", "room", "phone", "email")
"""Every field an identity can have, in a fixed order.

``kanji``: nothing of the name is in kana, so that characters can differ. ``sound``: a reading that was given.
``town``: the town is certain, so that two towns can differ. ``area``: a small area inside it (小字) is named.
"""


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """The canonical forms of a party, beside the raw party. Its ``repr`` holds none of them: it may reach a log."""

    party: Party
    name: Name | None
    address: Address | None
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    profile: int = PROFILE

    def __repr__(self) -> str:
        return f"{type(self).__name__}(fields={','.join(field for field in FIELDS if field in self.fields)})"

    @property
    def fields(self) -> frozenset[str]:
        """Which of ``FIELDS`` can be compared. An address without a house number cannot."""
        present = {"phone": bool(self.phones), "email": bool(self.emails)}
        if self.name is not None:
            present["kanji"] = self.name.script == "kanji" and not self.name.is_mixed
            present["sound"] = bool(self.name.sounds) and not self.name.guessed
        if self.address is not None and self.address.is_located:
            present |= {"address": True, "town": self.address.has_town}
            present["area"] = bool(self.address.area)
            present["room"] = any(site.room for site in self.address.sites)
        return frozenset(field for field in FIELDS if present.get(field))


def identify(party: Party) -> Identity:
    """Return the canonical identity of ``party``. No input raises; what cannot be read is left out."""
    country = "JP" if party.country in ("JP", None) else country_code(party.country)
    address = normalize_address(
        country, party.postal_code or "", party.region or "", party.city or "", party.lines[:_MOST]
    )
    phones, emails = _contacts(party, country if country not in ("JP", "") or not address else address.country)
    return Identity(
        party=party,
        name=normalize_name(
            party.name or "", party.family or "", party.given or "", party.kana or "", party.company or ""
        ),
        address=address,
        phones=tuple(phones),
        emails=tuple(emails),
    )


def _contacts(party: Party, country: str) -> tuple[dict[str, None], dict[str, None]]:
    """Return numbers and mail addresses, each once. Either is found in the other's field, too."""
    phones: dict[str, None] = {}
    emails: dict[str, None] = {}
    misplaced: list[str] = []
    for raw in party.phones[:_MOST]:
        if _AT.search(raw, 0, _LONGEST):
            misplaced.append(raw)
            raw = _MAIL.sub(" ", raw[:_LONGEST])
        phones |= dict.fromkeys(normalize_phones(raw, country))
    for raw in party.emails[:_MOST]:
        emails |= dict.fromkeys(found := normalize_emails(raw))
        if not found and not _AT.search(raw, 0, _LONGEST):
            phones |= dict.fromkeys(normalize_phones(raw, country))
    for raw in misplaced:
        emails |= dict.fromkeys(normalize_emails(raw))
    return phones, emails


_MOST = 20  # values read of any list: a person has a few
_LONGEST = 600  # characters of a number's or a mail's field
_AT = re.compile("[@＠]")
_MAIL = re.compile(r"(?<![^\s,;、/])[^\s,;、/]*[@＠][^\s,;、/]*")
