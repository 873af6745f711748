"""Somebody on a shop's own list, and what tests of its pages look for."""

import html
import re

from shopguard.guard.own_people import OwnKind, OwnPerson
from shopguard.model import Party

from .conftest import SHOP, Console

HANAKO = Party(name="見本 花子", lines=("大阪府大阪市北区梅田1-2-3",), phones=("080-0000-2222",))
WATCHED = OwnPerson(OwnKind.WATCH, HANAKO, "受取辞退 2回")


def lines_of(console: Console, shop: str = SHOP) -> list[OwnPerson]:
    """Who is on the list of a shop, the latest first."""
    return [entry.person for entry in console.guard.own_list.every(shop)]


def views(console: Console) -> list[str]:
    """What was done and looked at, by the audit log."""
    return [action for _, action, _ in console.audit()]


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the last form that has any."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found if name not in ("form_key", "back")}
