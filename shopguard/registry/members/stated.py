"""Reading what a shop states of itself: all that is wrong with it is named at once, in Japanese and English. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shopguard import wire
from shopguard.errors import PayloadInvalid
from shopguard.model import Party
from shopguard.registry.members.applications import Applied, wrong_with
from shopguard.registry.members.model import USUAL_DAILY_ORDERS
from shopguard.registry.members.particulars import Particulars, faults
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both

NEEDED = tuple(field.name for field in msgspec.structs.fields(Particulars) if field.required)
OPTIONAL = tuple(field.name for field in msgspec.structs.fields(Particulars) if not field.required)
_NAME = re.compile(r"[a-z]{2,12}(?:_[a-z]{2,12}){0,2}")


def read_application(raw: bytes) -> Applied:
    """Return the application in ``raw`` (a JSON object); ``Refused`` names everything that is wrong with it."""
    wrong: list[str] = []
    stated = _fields(_decoded(raw), _APPLIED, "", wrong)
    shop = _particulars(stated.get("shop", {}), "shop.", wrong)
    applied = Applied(shop, stated.get("key", ""), stated.get("daily_orders", USUAL_DAILY_ORDERS))
    _refuse([*wrong, *wrong_with(applied).values()])
    return applied


def read_particulars(raw: bytes) -> Particulars:
    """Return the particulars in ``raw`` (a JSON object); ``Refused`` names everything that is wrong with them."""
    wrong: list[str] = []
    shop = _particulars(_decoded(raw), "", wrong)
    _refuse([*wrong, *faults(shop).values()])
    return shop


def _particulars(stated: Any, place: str, wrong: list[str]) -> Particulars:
    """What is missing is left empty, of which ``faults`` tells."""
    return Particulars(**dict.fromkeys(NEEDED, "") | _fields(stated, _PARTICULARS, place, wrong))


def _fields(stated: Any, types: Mapping[str, Any], place: str, wrong: list[str]) -> dict[str, Any]:
    """Return what can be read, by its name; what cannot is added to ``wrong``. A null is as if it were not there."""
    if not isinstance(stated, dict):
        wrong.append(_at(place, *_FORMS[dict]))
        return {}
    found = {}
    for name, value in stated.items():
        if name not in types:  # a name is repeated where it can only be a field's: anything else may be a person's
            wrong.append(_at(f"{place}{name}" if _NAME.fullmatch(name) else place, *_UNKNOWN))
        elif value is not None:
            try:
                found[name] = msgspec.convert(value, types[name])
            except msgspec.ValidationError:
                wrong.append(_at(f"{place}{name}", *_FORMS[types[name]]))
    return found


def _decoded(raw: bytes) -> Any:
    try:
        return wire.decode(raw, object)
    except PayloadInvalid:
        raise Refused(Refusal.UNREADABLE, both(*_FORMS[dict])) from None


def _refuse(wrong: Sequence[str]) -> None:
    if wrong:
        raise Refused(Refusal.UNREADABLE, "\n".join(wrong))


def _at(place: str, ja: str, en: str) -> str:
    return f"{place.rstrip('.')}: {both(ja, en)}" if place else both(ja, en)


_PARTICULARS = {field.name: field.type for field in msgspec.structs.fields(Particulars)}
_APPLIED = {field.name: field.type for field in msgspec.structs.fields(Applied)} | {"shop": object}
_UNKNOWN = ("この項目はありません。", "There is no such field.")
_FORMS: Mapping[Any, tuple[str, str]] = {
    dict: ("JSON（UTF-8）のオブジェクト {…} で書いてください。", "Write a JSON object {…} in UTF-8."),
    str: ('文字で、"…" で囲んで書いてください。', 'Write text, within "…".'),
    bool: ("true か false と書いてください。", "Write true or false."),
    int: ("整数で書いてください。", "Write a whole number."),
    tuple[Party, ...]: (
        "人の一覧 [{…}] で、報告の購入者と同じ項目で書いてください。",
        "Write a list of persons [{…}], each with the fields of a buyer in a report.",
    ),
}
