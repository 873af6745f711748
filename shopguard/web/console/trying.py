"""Try an order: see the verdict on one that is pasted or picked, and why. Nothing is stored or written."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, render_template, request

from shopguard import wire
from shopguard.errors import PayloadInvalid
from shopguard.guard.pipeline import rules_of
from shopguard.guard.screening import Screener
from shopguard.guard.wording import in_language
from shopguard.model import Order, OrderRef, Reason, Verdict
from shopguard.web.app import Link, Section, service, viewed
from shopguard.web.console.beside import Beside, beside
from shopguard.web.console.desk import Desk
from shopguard.web.language import gettext, language, later
from shopguard.web.roles import Role, only

pages = Blueprint("trying", __name__, template_folder="templates", url_prefix="/console/try")

EXAMPLE = {
    "id": "1",
    "total": "12800",
    "payment": {"kind": "cod"},
    "buyer": {
        "name": "見本 花子",
        "postal_code": "105-0011",
        "region": "東京都",
        "city": "港区",
        "lines": ["芝公園4-2-8"],
        "phones": ["090-0000-0000"],
        "emails": ["hanako@example.com"],
    },
}
"""An order in the form that ``screen`` and ``/v1/check`` take, of somebody invented."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it."""

    verdict: Verdict
    reasons: Sequence[Reason]
    matches: Sequence[Beside]


def trying_section(screener: Screener) -> Section:
    return Section(pages, [Link(later("Try"), "trying.form", frozenset({Role.OPERATOR}))], [screener])


@pages.get("/")
@only(Role.OPERATOR)
def form() -> str:
    return _page(text=json.dumps(EXAMPLE, ensure_ascii=False, indent=2))


@pages.post("/")
@only(Role.OPERATOR)
def run() -> str | tuple[str, int]:
    desk = service(Desk)
    shop, number, text = (request.form.get(name, "").strip() for name in ("shop", "number", "order"))
    errors: dict[str, str] = {}
    if shop not in desk.shops_seen():
        errors["shop"] = gettext("Choose one of your shops.")
    order = _picked(desk, shop, number, errors) if number else _pasted(text, errors)
    if errors or order is None:
        return _page(shop, number, text, errors), 422
    viewed("try", OrderRef(shop, order.id if number else ""))
    verdict = service(Screener).screen(replace(order, shop=shop), rules_of(desk.shops[shop]))
    said = [in_language(one, language()) for one in verdict.reasons]
    return _page(shop, number, text, tried=Tried(verdict, said, [beside(order, match) for match in verdict.matches]))


def _picked(desk: Desk, shop: str, number: str, errors: dict[str, str]) -> Order | None:
    found = [desk.store.order(ref) for ref in desk.store.find(number, shop or None)]
    order = next(filter(None, found), None)
    if order is None:
        errors["number"] = gettext("No order of this number is stored, or its data was erased.")
    return order


def _pasted(text: str, errors: dict[str, str]) -> Order | None:
    try:
        return wire.decode_order(text)
    except PayloadInvalid as error:
        errors["order"] = gettext("This is no order as `screen` takes it: %(fault)s", fault=str(error))
        return None


def _page(
    shop: str = "", number: str = "", text: str = "", errors: dict[str, str] | None = None, tried: Tried | None = None
) -> str:
    desk = service(Desk)
    return render_template(
        "console/try.html",
        shops=desk.shops_seen(),
        lately=[(number, name) for name, number in desk.store.lately(desk.shops_seen())],
        shop=shop,
        number=number,
        text=text,
        errors=errors or {},
        tried=tried,
    )
