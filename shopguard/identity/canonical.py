"""A party brought to one spelling, field by field."""

from dataclasses import dataclass

from shopguard.identity.address import Address, normalize_address
from shopguard.identity.email import normalize_email
from shopguard.identity.name import Name, normalize_name
from shopguard.identity.phone import normalize_phone
from shopguard.model import Party

PROFILE = 1
"""Version of all rules in this package. A changed rule is a new profile: tokens of two profiles never match."""

FIELDS = ("kanji", "latin", "reading", "address", "room", "phone", "email")
"""Every field an identity can have, in a fixed order."""


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
        """Which of ``FIELDS`` can be compared.

        Scripts are never compared with each other, so a name has up to three fields. An address without a house
        number has none.
        """
        present = {"phone": bool(self.phones), "email": bool(self.emails)}
        if self.name is not None:
            present |= {"reading": bool(self.name.reading), self.name.script: bool(self.name.full)}
        if self.address is not None and self.address.is_located:
            present |= {"address": True, "room": any(site.room for site in self.address.sites)}
        return frozenset(field for field in FIELDS if present.get(field))


def identify(party: Party) -> Identity:
    """Return the canonical identity of ``party``. No input raises; what cannot be read is left out."""
    country = (party.country or "JP").strip().upper()
    phones = (normalize_phone(raw, country if len(country) == 2 else "JP") for raw in party.phones)
    emails = (normalize_email(raw) for raw in party.emails)
    return Identity(
        party=party,
        name=normalize_name(party.name or "", party.family or "", party.given or "", party.kana or ""),
        address=normalize_address(party.postal_code or "", party.region or "", party.city or "", party.lines),
        phones=tuple(dict.fromkeys(phone for phone in phones if phone)),
        emails=tuple(dict.fromkeys(email for email in emails if email)),
    )
