"""A party brought to one spelling, field by field."""

from dataclasses import dataclass

from shopguard.identity.address import normalize_address
from shopguard.identity.email import normalize_email
from shopguard.identity.location import Address
from shopguard.identity.name import Name, normalize_name
from shopguard.identity.phone import normalize_phones
from shopguard.model import Party

PROFILE = 2
"""Version of all rules in this package. A changed rule is a new profile: tokens of two profiles never match."""

FIELDS = ("kanji", "sound", "address", "town", "room", "phone", "email")
"""Every field an identity can have, in a fixed order.

``sound``: a reading that was given, not guessed. ``town``: the town is certain, so that two towns can differ.
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """The canonical forms of a party, beside the raw party."""

    party: Party
    name: Name | None
    address: Address | None
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    profile: int = PROFILE

    @property
    def fields(self) -> frozenset[str]:
        """Which of ``FIELDS`` can be compared. An address without a house number cannot."""
        present = {"phone": bool(self.phones), "email": bool(self.emails)}
        if self.name is not None:
            present["kanji"] = self.name.script == "kanji"
            present["sound"] = bool(self.name.sounds) and not self.name.guessed
        if self.address is not None and self.address.is_located:
            present |= {"address": True, "town": self.address.has_town}
            present["room"] = any(site.room for site in self.address.sites)
        return frozenset(field for field in FIELDS if present.get(field))


def identify(party: Party) -> Identity:
    """Return the canonical identity of ``party``. No input raises; what cannot be read is left out."""
    written = (party.country or "JP").strip().upper()
    country = written if len(written) == 2 else "JP"
    phones = (number for raw in party.phones[:_MOST] for number in normalize_phones(raw, country))
    emails = (normalize_email(raw) for raw in party.emails[:_MOST])
    return Identity(
        party=party,
        name=normalize_name(
            party.name or "", party.family or "", party.given or "", party.kana or "", party.company or ""
        ),
        address=normalize_address(
            country, party.postal_code or "", party.region or "", party.city or "", party.lines[:_MOST]
        ),
        phones=tuple(dict.fromkeys(phones)),
        emails=tuple(dict.fromkeys(email for email in emails if email)),
    )


_MOST = 20  # values read of any list: a person has a few
