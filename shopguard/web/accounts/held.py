"""What was typed into a page whose sign-in had ended: kept in the pages of signing in, and sent on by one press."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
from flask import current_app, request
from werkzeug.exceptions import HTTPException

from shopguard.web.roles import roles_of

_SECRET_WORDS = ("password", "secret", "token", "key", "code")


class Held(msgspec.Struct, frozen=True):
    """A form that was not sent on yet.

    Args:
        address: where it goes, on this site.
        fields: names and values as they were typed.
        files: names of the files that were chosen: a page cannot keep them.
    """

    address: str
    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The same as the value of one hidden field."""
        return msgspec.json.encode(self).decode()

    @property
    def typed(self) -> list[str]:
        """What may be shown of it: nothing that is a secret."""
        return [value for name, value in self.fields if value.strip() and not _is_secret(name)]


@dataclass(frozen=True, slots=True)
class Onward:
    """Where somebody goes after signing in: an address, or a form to press on."""

    then: str = ""
    held: Held | None = None


def onward() -> Onward:
    """Return what this request brought along of it: addresses of other sites are dropped."""
    then = local(request.values.get("next", ""))
    return Onward(then, _read(request.form.get("held", "")))


def hold() -> Held | None:
    """Return the form that was just sent here in place of its own address; None if it leads nowhere."""
    address = local(request.args.get("next", ""))
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "form_key"]
    files = [file.filename for file in request.files.values() if file.filename]
    return Held(address, tuple(fields), tuple(files)) if _takes_forms(address) else None


def local(address: str) -> str:
    """Return ``address`` if it is one of this site, else nothing."""
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and "\n" not in address
    return address.rstrip("?") if is_ours else ""


def _read(text: str) -> Held | None:
    try:
        held = msgspec.json.decode(text, type=Held)
    except msgspec.DecodeError:
        return None
    return held if local(held.address) and _takes_forms(held.address) else None


def _takes_forms(address: str) -> bool:
    """Whether an address is one of a view that takes forms of people who are signed in."""
    try:
        endpoint, _ = current_app.url_map.bind("").match(urlsplit(address).path, method="POST")
    except (HTTPException, ValueError):
        return False
    return bool(roles_of(current_app.view_functions[endpoint]))


def _is_secret(name: str) -> bool:
    return any(word in name.casefold() for word in _SECRET_WORDS)
