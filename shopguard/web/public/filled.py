"""The form in which a person asks for something, as far as it is filled in. Personal data."""

from collections.abc import Mapping
from dataclasses import dataclass

from shopguard.registry.disputes.codes import new_code, read_code
from shopguard.registry.disputes.model import NOWHERE, Contact, RequestKind
from shopguard.registry.disputes.service import LONGEST_CONTACT, LONGEST_NAME, LONGEST_TEXT
from shopguard.web.language import gettext as _


@dataclass(frozen=True, slots=True)
class Filled:
    """What was typed.

    Args:
        form: its random name, by which it is known when it is sent twice.
        code: of the letter; None: the person has none.
        kind: None: not chosen yet.
    """

    form: str
    code: str | None = None
    kind: RequestKind | None = None
    text: str = ""
    contact: Contact = NOWHERE

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> "Filled":
        """Return what a form holds; one without a name gets one."""
        kind, form = fields.get("kind", ""), read_code(fields.get("form", ""))
        parts = {name: _line_ends(fields.get(name, "")).strip() for name in ("name", "email", "address", "phone")}
        return cls(
            form or new_code(),
            fields.get("code", "").strip() or None,
            RequestKind(kind) if kind in set(RequestKind) else None,
            _line_ends(fields.get("text", "")).strip(),
            Contact(**parts),
        )

    def errors(self) -> Mapping[str, str]:
        """Return what keeps the form from being taken, by its field."""
        to, found = self.contact, {}
        if self.kind is None:
            found["kind"] = _("Please choose what you would like to tell us.")
        if len(self.text) > LONGEST_TEXT:
            found["text"] = _("Please shorten this: at most %(most)s characters.", most=f"{LONGEST_TEXT:,}")
        if len(to.name) > LONGEST_NAME:
            found["name"] = _("Please shorten this: at most %(most)s characters.", most=LONGEST_NAME)
        for field, typed in (("email", to.email), ("address", to.address), ("phone", to.phone)):
            if len(typed) > LONGEST_CONTACT:
                found[field] = _("Please shorten this: at most %(most)s characters.", most=LONGEST_CONTACT)
        if to.email and "@" not in to.email.strip("@＠").replace("＠", "@"):
            found["email"] = _("This mail address is not complete.")
        if self.code is None and not to.is_reachable:
            found["email"] = _("Please give a mail address or a postal address, so that we can answer.")
        return found

    def __repr__(self) -> str:
        return "Filled(***)"


def _line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
