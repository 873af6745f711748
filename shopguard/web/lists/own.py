"""The shop's own list: looking at it, finding in it, adding one person after the other, taking somebody off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import Blueprint, Response, abort, render_template, request

from shopguard.errors import ConfigError
from shopguard.guard.own_people import OwnKind, OwnPerson
from shopguard.guard.own_sheet import MAX_WHY, sheet_of
from shopguard.identity import Identity, tokens
from shopguard.matching import meets
from shopguard.model import OrderRef
from shopguard.sheets import csv_of, excel_of
from shopguard.web.app import Link, Section, service, viewed, viewer
from shopguard.web.language import gettext, later
from shopguard.web.lists.desk import ListDesk
from shopguard.web.lists.typed import Typed
from shopguard.web.lists.understanding import understood
from shopguard.web.roles import Role, only

PAGE = 50
_LONGEST_SOUGHT = 200
_KEEPERS = (Role.OPERATOR, Role.SHOP_ADMIN)

pages = Blueprint("own", __name__, template_folder="templates", url_prefix="/console/own-list")


def own_section(desk: ListDesk) -> Section:
    return Section(pages, [Link(later("Own list"), "own.show", frozenset(_KEEPERS))], [desk])


# --- looking ---


@pages.get("/")
@only(*_KEEPERS)
def show() -> str:
    """A page of the list, the latest first."""
    return _list()


@pages.post("/find")
@only(*_KEEPERS)
def find() -> str:
    """The lines that have a text in them; posted, as a name must not stand in an address."""
    sought = request.form.get("sought", "").strip()[:_LONGEST_SOUGHT]
    if not sought:
        return _list()
    desk, shop = service(ListDesk), service(ListDesk).shop_asked()
    entries = desk.own_list.having([shop], sought, PAGE)
    viewed("own_list", OrderRef(shop, ""), f"find: {len(entries)}")
    return _page(shop, None, entries, sought=sought)


@pages.get("/<int:number>")
@only(*_KEEPERS)
def entry(number: int) -> str:
    """All that is kept of one person."""
    found = service(ListDesk).entry(number)
    viewed("own_list", OrderRef(found.shop, ""), f"entry {number}")
    typed = Typed.of_party(found.person.party)
    return render_template("lists/entry.html", entry=found, read=understood(typed, typed.identity))


def _list(**more: Any) -> str:
    desk, shop = service(ListDesk), service(ListDesk).shop_asked()
    kind = kind_of(request.args.get("kind"))
    before = request.args.get("before", type=int)
    entries = desk.own_list.page([shop], kind, PAGE + 1, before)
    viewed("own_list", OrderRef(shop, ""), f"page: {len(entries[:PAGE])}")
    last = entries[PAGE - 1].id if len(entries) > PAGE else None
    return _page(shop, kind, entries[:PAGE], following=last, before=before, **more)


def _page(shop: str, kind: OwnKind | None, entries: Sequence[Any], **more: Any) -> str:
    desk = service(ListDesk)
    return render_template(
        "lists/own.html",
        shop=shop,
        shops=desk.shops_seen(),
        kind=kind,
        counts=desk.own_list.counts([shop]),
        entries=entries,
        may_import=viewer().has(Role.SHOP_ADMIN),
        **more,
    )


# --- adding ---


@dataclass(frozen=True, slots=True)
class _New:
    shop: str
    kind: OwnKind
    typed: Typed
    why: str

    @classmethod
    def read(cls) -> "_New":
        form = request.form
        kind = kind_of(form.get("kind")) or OwnKind.WATCH
        return cls(service(ListDesk).shop_asked(), kind, Typed.of(form), form.get("why", "").strip())

    @property
    def person(self) -> OwnPerson:
        return OwnPerson(self.kind, self.typed.party, self.why)

    def faults(self, identity: Identity) -> Mapping[str, str]:
        found = self.typed.faults()
        if not found and not meets(tokens(identity)):
            found["phone"] = gettext(
                "Nobody could be found by this alone. Add a phone number, a mail address, or a full address beside "
                "the name."
            )
        if self.kind is OwnKind.WATCH and not self.why:
            found["why"] = gettext("Say why, in words that the person may read.")
        elif len(self.why) > MAX_WHY:
            found["why"] = gettext("Use at most %(most)s characters.", most=MAX_WHY)
        return found


@pages.get("/new")
@only(*_KEEPERS)
def new() -> str:
    """An empty form."""
    kind = kind_of(request.args.get("kind")) or OwnKind.WATCH
    return _form(_New(service(ListDesk).shop_asked(), kind, Typed.of({}), ""))


@pages.post("/new")
@only(*_KEEPERS)
def understand() -> str | tuple[str, int]:
    """Show how what was typed is understood, and who like that is on the list already."""
    made = _New.read()
    if "change" in request.form:
        return _form(made)
    identity = made.typed.identity
    if faults := made.faults(identity):
        return _form(made, errors=faults), 422
    alike = [one for one, _ in service(ListDesk).own_list.find(made.shop, made.typed.party, 5)]
    if alike:
        viewed("own_list", OrderRef(made.shop, ""), f"alike: {len(alike)}")
    return _form(made, read=understood(made.typed, identity), alike=alike)


@pages.post("/add")
@only(*_KEEPERS)
def add() -> str | tuple[str, int]:
    """Put the person on the list."""
    made = _New.read()
    if faults := made.faults(made.typed.identity):
        return _form(made, errors=faults), 422
    is_new = service(ListDesk).own_list.add(made.shop, made.person, viewer().name)
    return _list(did="added" if is_new else "known")


def _form(made: _New, **more: object) -> str:
    return render_template(
        "lists/new.html", made=made, shops=service(ListDesk).shops_seen(), **{"errors": {}, "alike": (), **more}
    )


# --- taking off ---


@pages.post("/<int:number>/remove")
@only(*_KEEPERS)
def remove(number: int) -> str:
    """Take somebody off the list; the page that says so can put them back."""
    desk = service(ListDesk)
    known = desk.own_list.get(number)
    if known is None:
        return _list(did="gone")
    left = desk.own_list.remove(desk.entry(number).id, viewer().name)
    return _list(did="removed" if left else "gone", left=left.decode() if left else "")


@pages.post("/put-back")
@only(*_KEEPERS)
def put_back() -> str:
    """Put somebody back who was just taken off."""
    desk = service(ListDesk)
    shop = desk.shop_asked()
    try:
        desk.own_list.put_back(request.form.get("left", "").encode(), shop, viewer().name)
    except (ConfigError, msgspec.DecodeError, ValueError):
        abort(400)  # nothing that a page of ours ever sent
    return _list(did="back")


@pages.post("/take-back")
@only(Role.SHOP_ADMIN)
def take_back() -> str:
    """Take off what the viewer has just imported."""
    desk, shop = service(ListDesk), service(ListDesk).shop_asked()
    at = request.form.get("at", type=float)
    count = 0 if at is None else desk.own_list.take_back(shop, at, viewer().name)
    return _list(did="taken_back", count=count)


# --- taking along ---


@pages.post("/export")
@only(Role.SHOP_ADMIN)
def export() -> Response:
    """The whole list as a file for Excel, or as CSV."""
    desk, shop = service(ListDesk), service(ListDesk).shop_asked()
    rows = sheet_of(desk.own_list.every(shop))
    is_excel = request.form.get("form") == "xlsx"
    content = excel_of(rows) if is_excel else csv_of(rows)
    viewed("own_list", OrderRef(shop, ""), f"export: {'xlsx' if is_excel else 'csv'}")
    return file_answer(content, f"own-list-{shop}", "xlsx" if is_excel else "csv")


_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def file_answer(content: bytes, name: str, ending: str) -> Response:
    """Return a file to be saved."""
    attached = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return Response(content, headers=attached, content_type=_TYPES[ending])


def kind_of(text: str | None) -> OwnKind | None:
    """Return the kind that a form or an address names, if it does."""
    return OwnKind(text) if text in set(OwnKind) else None
