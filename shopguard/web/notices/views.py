"""Where notices go: add, try, pause and take away. What was typed of an address is never shown again."""

from collections.abc import Mapping

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.guard.notices.delivery import Notices
from shopguard.guard.notices.model import SECRETS, Kind, NotDelivered, NoticeRefused, Target
from shopguard.guard.notices.sending import PARTS
from shopguard.model import OrderRef
from shopguard.web.accounts.colleagues import ShopNames
from shopguard.web.app import Frame, Link, Section, service, viewer
from shopguard.web.language import gettext, later
from shopguard.web.roles import Role, only

pages = Blueprint("notices", __name__, template_folder="templates", url_prefix="/console/notices")

KINDS = {
    Kind.MAIL: later("Mail"),
    Kind.CHAT: later("Chat (Slack, Mattermost, Google Chat)"),
    Kind.WEBHOOK: later("Webhook of your own, signed"),
    Kind.LINE: later("LINE"),
}
LABELS = {
    "host": later("Mail server"),
    "port": later("Port"),
    "security": later("Encryption"),
    "user": later("User name"),
    "password": later("Password"),
    "sender": later("From"),
    "to": later("To"),
    "url": later("Address of the incoming webhook"),
    "secret": later("Secret (whsec_…)"),
    "token": later("Channel access token"),
}
_REFUSED = {
    "port": later("A port is a number from 1 to 65535."),
    "sender": later("This is no mail address."),
    "to": later("Please fill this in; for mail, with an address."),
    "url": later("The address begins with https://"),
    "secret": later("A secret begins with whsec_, with base64 behind it."),
}
_MISSING = later("Please fill this in.")


def notices_section(notices: Notices) -> Section:
    link = Link(later("Notices"), "notices.overview", frozenset({Role.SHOP_ADMIN}))
    return Section(pages, [link], [notices])


@pages.get("/")
@only(Role.SHOP_ADMIN)
def overview() -> str:
    return _page(request.args.get("did", ""))


@pages.get("/new/<kind>")
@only(Role.SHOP_ADMIN)
def new(kind: str) -> str:
    return _form(_kind(kind), {"at_once": "on", "digest_hour": "9", "port": "587", "security": "starttls"}, {})


@pages.post("/new/<kind>")
@only(Role.SHOP_ADMIN)
def add(kind: str) -> AnyResponse | tuple[str, int]:
    chosen, form = _kind(kind), request.form
    label = form.get("label", "").strip()
    errors = {} if label else {"label": gettext(_MISSING)}
    hour = form.get("digest_hour", "")
    wanted = [name for name in form.getlist("shops") if name in service(ShopNames).all]
    if not errors:
        address = {part: form.get(part, "").strip() for part in PARTS[chosen]}
        try:
            number = service(Notices).targets.add(
                label,
                chosen,
                address,
                shops=frozenset(wanted) or None,
                at_once="at_once" in form,
                digest_hour=int(hour) if hour.isdecimal() and int(hour) < 24 else None,
            )
        except NoticeRefused as refused:
            errors[refused.part] = gettext(
                _REFUSED.get(refused.part, _MISSING) if address[refused.part] else _MISSING
            )
        else:
            _note("notice_target_add", number)
            return redirect(url_for("notices.overview", did="added"), 303)
    return _form(chosen, form, errors), 422


@pages.post("/<int:number>/test")
@only(Role.SHOP_ADMIN)
def test(number: int) -> AnyResponse | tuple[str, int]:
    target = _target(number)
    _note("notice_target_test", number)
    try:
        service(Notices).test(target)
    except NotDelivered:
        return _page("failed"), 502
    return redirect(url_for("notices.overview", did="tested"), 303)


@pages.post("/<int:number>/<what>")
@only(Role.SHOP_ADMIN)
def change(number: int, what: str) -> AnyResponse:
    target, targets = _target(number), service(Notices).targets
    if what not in ("pause", "resume", "remove"):
        abort(404)
    if what == "remove":
        targets.remove(target.id)
    else:
        targets.pause(target.id, paused=what == "pause")
    _note(f"notice_target_{what}", number)
    return redirect(url_for("notices.overview", did=what), 303)


def _page(did: str) -> str:
    targets = service(Notices).targets.all()
    return render_template("notices/overview.html", targets=targets, kinds=KINDS, did=did)


def _form(kind: Kind, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    """The form of a kind, with what was typed; secrets have to be typed again."""
    shown = {name: value for name, value in typed.items() if name not in SECRETS or name == "url"}
    return render_template(
        "notices/new.html",
        kind=kind,
        title=KINDS[kind],
        parts_wanted=PARTS[kind],
        labels=LABELS,
        secrets=SECRETS,
        typed=shown,
        chosen=request.form.getlist("shops"),
        sites=service(ShopNames).all,
        errors=errors,
    )


def _kind(name: str) -> Kind:
    if name not in set(Kind):
        abort(404)
    return Kind(name)


def _target(number: int) -> Target:
    found = service(Notices).targets.get(number)
    if found is None:
        abort(404)
    return found


def _note(action: str, number: int) -> None:
    service(Frame).note(viewer().name, action, OrderRef("", ""), str(number))
