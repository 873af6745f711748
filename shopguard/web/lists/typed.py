"""A person as somebody typed them into a form, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from shopguard.identity import Identity, identify
from shopguard.identity.one_line import address_line, name_line
from shopguard.model import Party
from shopguard.web.language import gettext

FIELDS = ("name", "kana", "company", "postal_code", "address", "phone", "email")
LONGEST = 500  # characters of one field


@dataclass(frozen=True, slots=True)
class Typed:
    """``values`` as they were typed, to be shown again."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, form: Mapping[str, str]) -> "Typed":
        return cls({name: form.get(name, "").strip() for name in FIELDS})

    @classmethod
    def of_party(cls, party: Party) -> "Typed":
        name, address = name_line(party), address_line(party)
        texts = (name, party.kana, party.company, party.postal_code, address, *map(", ".join, _contacts(party)))
        return cls({field: text or "" for field, text in zip(FIELDS, texts, strict=True)})

    @property
    def party(self) -> Party:
        """The person, raw as typed."""
        name, kana, company, postal_code, address, phone, email = (self.values[field] for field in FIELDS)
        return Party(
            name=name or None,
            kana=kana or None,
            company=company or None,
            postal_code=postal_code or None,
            lines=(address,) if address else (),
            phones=(phone,) if phone else (),
            emails=(email,) if email else (),
        )

    @property
    def identity(self) -> Identity:
        return identify(self.party)

    def faults(self) -> dict[str, str]:
        """Return what is wrong with each field; with all of them, under the first."""
        said = gettext("Use at most %(most)s characters.", most=LONGEST)
        too_long = {name: said for name, text in self.values.items() if len(text) > LONGEST}
        if not any(self.values.values()):
            return {"name": gettext("Write at least one detail.")}
        return too_long


def _contacts(party: Party) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return party.phones, party.emails
