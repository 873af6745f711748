"""Everybody's accounts, for shop admins: invite, change what somebody may do, help them back in, close."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.web.accounts.helping import CLOSE, HELP
from shopguard.web.accounts.links import INVITATION_LIFE_S
from shopguard.web.accounts.model import OWNER, Account, Viewer
from shopguard.web.accounts.own import fresh
from shopguard.web.accounts.pages import colleague_pages, note
from shopguard.web.accounts.people import People
from shopguard.web.accounts.proofs import Ways
from shopguard.web.accounts.store import AccountRefused
from shopguard.web.app import origin, service, viewer
from shopguard.web.language import gettext as _
from shopguard.web.language import later
from shopguard.web.roles import Role, only

ROLE_WORDS = {
    Role.OPERATOR: (later("Operator"), later("checks held orders and decides on them")),
    Role.SHOP_ADMIN: (later("Shop admin"), later("sets up shops, notices and accounts")),
    Role.MEMBER: (later("Member"), later("reports to the registry and searches it")),
    Role.OFFICE: (later("Office"), later("decides on reports, entries, disputes and members")),
    Role.AUDITOR: (later("Auditor"), later("reads what was done, and changes nothing")),
}
_SHOPS_OWN = frozenset({Role.OPERATOR, Role.SHOP_ADMIN, Role.MEMBER})
_DONE = {
    "changed": later("The account was changed."),
    "unlock": later("The pause after wrong tries was ended."),
    "codes-off": later("One-time codes are not asked for any more."),
    "sign-out": later("The account was signed out everywhere."),
    "closed": later("The account was closed."),
}


@dataclass(frozen=True, slots=True)
class ShopNames:
    """The shops of this installation."""

    all: Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """One account in the list; ``seen_at`` is in Unix seconds."""

    account: Account
    ways: Ways
    seen_at: float | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed into the form of an account."""

    name: str
    shown: str
    roles: frozenset[Role]
    shops: frozenset[str] | None
    errors: dict[str, str]


def grantable(by: Viewer) -> frozenset[Role]:
    """Return the roles that somebody may give: those of a shop, and the registry's only if they have them."""
    return _SHOPS_OWN | by.account.roles


def may_change(by: Viewer, account: Account) -> bool:
    """Whether somebody may change an account: none that may do or see what they may not give."""
    theirs, own = account.shops, by.account.shops
    sees_less = own is None or (theirs is not None and theirs <= own)
    return account.roles <= grantable(by) and sees_less and account.name != OWNER and account.id != by.account.id


@colleague_pages.get("")
@only(Role.SHOP_ADMIN)
def everybody() -> str:
    return _list(Wanted("", "", frozenset({Role.OPERATOR}), viewer().account.shops, {}))


@colleague_pages.post("")
@only(Role.SHOP_ADMIN)
@fresh
def invite() -> AnyResponse | tuple[str, int] | str:
    """Make an account, and the link by which its owner comes in first."""
    wanted = _wanted()
    if not wanted.errors:
        try:
            made = service(People).accounts.create(wanted.name, wanted.shown, wanted.roles, wanted.shops)
        except AccountRefused:
            wanted.errors["name"] = _("Use 1 to 100 characters and a name that nobody has or had.")
        else:
            _note("account_add", f"{made.name}: {' '.join(sorted(made.roles))}")
            return _link_page(made)
    return _list(wanted), 422


@colleague_pages.get("/<int:number>")
@only(Role.SHOP_ADMIN)
def colleague(number: int) -> str:
    account = _seen(number)
    return _page(account, Wanted(account.name, account.shown, account.roles, account.shops, {}))


@colleague_pages.post("/<int:number>")
@only(Role.SHOP_ADMIN)
@fresh
def change(number: int) -> AnyResponse | tuple[str, int]:
    """Set what somebody is called, may do and may see."""
    account, wanted = _changeable(number), _wanted()
    wanted.errors.pop("name", None)  # it stays
    if wanted.errors:
        return _page(account, wanted), 422
    service(People).accounts.change(
        number, shown=wanted.shown or account.name, roles=wanted.roles, shops=wanted.shops
    )
    shops = "all" if wanted.shops is None else " ".join(sorted(wanted.shops))
    _note("account_roles", f"{account.name}: {' '.join(sorted(wanted.roles))}; shops: {shops}"[:500])
    return _done(number, "changed")


@colleague_pages.post("/<int:number>/link")
@only(Role.SHOP_ADMIN)
@fresh
def new_link(number: int) -> str:
    """Make a link for somebody who cannot get in. Links made before it stay good until they are used or too old."""
    account = _changeable(number)
    _note("account_link", account.name)
    return _link_page(account)


@colleague_pages.post("/<int:number>/<what>")
@only(Role.SHOP_ADMIN)
@fresh
def help_somebody(number: int, what: str) -> AnyResponse:
    """End a pause, ask for no one-time codes any more, or sign somebody out."""
    account = _changeable(number)
    if what not in HELP:
        abort(404)
    HELP[what].give(service(People), account, _note)
    return _done(number, what)


@colleague_pages.post("/<int:number>/close")
@only(Role.SHOP_ADMIN)
@fresh
def close(number: int) -> AnyResponse | str:
    """Close an account for good; asks once more first."""
    account = _changeable(number)
    if not request.form.get("sure"):
        return render_template("accounts/close.html", account=account)
    CLOSE.give(service(People), account, _note)
    return redirect(url_for("colleagues.everybody", done="closed"), 303)


def _seen(number: int) -> Account:
    """Return an account; 404 if it is closed or was never there."""
    return service(People).accounts.get(number) or abort(404)


def _changeable(number: int) -> Account:
    account = _seen(number)
    if not may_change(viewer(), account):
        abort(403)
    return account


def _wanted() -> Wanted:
    """Read the form of an account; what may not be given is not."""
    form, mine = request.form, viewer().account.shops
    roles = frozenset(Role(role) for role in form.getlist("role") if role in set(Role)) & grantable(viewer())
    shops = frozenset(form.getlist("shop")) & frozenset(_shops()) if form.get("shops") == "some" or mine else None
    wanted = Wanted(form.get("name", "").strip(), form.get("shown", "").strip(), roles, shops, {})
    if not wanted.name:
        wanted.errors["name"] = _("Write the name that is typed to sign in.")
    if len(wanted.shown) > 100:
        wanted.errors["shown"] = _("Use at most 100 characters.")
    if not roles:
        wanted.errors["role"] = _("Choose at least one role.")
    if shops is not None and not shops:
        wanted.errors["shop"] = _("Choose at least one shop.")
    return wanted


def _shops() -> Sequence[str]:
    """The shops that the viewer may let others see."""
    return [name for name in service(ShopNames).all if viewer().account.may_see(name)]


def _list(wanted: Wanted) -> str:
    people = service(People)
    ways, seen = people.proofs.ways(), people.sessions.last_seen()
    rows = [Row(account, ways[account.id], seen.get(account.id)) for account in people.accounts.all()]
    done = _DONE.get(request.args.get("done", ""))
    return render_template("accounts/everybody.html", rows=rows, done=done, **_choices(wanted))


def _page(account: Account, wanted: Wanted) -> str:
    people = service(People)
    return render_template(
        "accounts/colleague.html",
        account=account,
        ways=people.proofs.ways()[account.id],
        may_change=may_change(viewer(), account),
        sessions=people.sessions.of(account.id),
        done=_DONE.get(request.args.get("done", "")),
        **_choices(wanted),
    )


def _choices(wanted: Wanted) -> dict[str, object]:
    roles = [(role, *ROLE_WORDS[role]) for role in Role if role in grantable(viewer())]
    return {"wanted": wanted, "errors": wanted.errors, "roles": roles, "shops": _shops(), "role_words": ROLE_WORDS}


def _link_page(account: Account) -> str:
    token = service(People).links.make(account.id, INVITATION_LIFE_S)
    link = origin() + url_for("accounts.sign_in", token=token)
    return render_template("accounts/link.html", account=account, link=link, hours=round(INVITATION_LIFE_S / 3600))


def _note(action: str, detail: str) -> None:
    note(viewer().name, action, detail)


def _done(number: int, what: str) -> AnyResponse:
    return redirect(url_for("colleagues.colleague", number=number, done=what), 303)
