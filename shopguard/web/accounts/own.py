"""One's own account: password, one-time codes, passkeys, sign-ins, language; signing out."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.config import Language
from shopguard.web.accounts import codes
from shopguard.web.accounts.browsers import device
from shopguard.web.accounts.held import local
from shopguard.web.accounts.model import Viewer
from shopguard.web.accounts.pages import note, pages
from shopguard.web.accounts.passkeys import PasskeyRefused, site_of
from shopguard.web.accounts.passwords import weakness
from shopguard.web.accounts.people import People
from shopguard.web.app import COOKIE, again, is_secure, origin, service, viewer
from shopguard.web.language import COOKIE as LANGUAGE_COOKIE
from shopguard.web.language import gettext as _
from shopguard.web.language import later
from shopguard.web.roles import anybody, only

FRESH_S = 15 * 60.0
"""A sign-in is this young when somebody changes how to sign in: a browser left open does not give an account away."""

_YEAR_S = 365 * 24 * 3600
_DONE = {
    "password": later("Your password was changed. All other browsers were signed out."),
    "codes": later("One-time codes are asked for from now on."),
    "codes-off": later("One-time codes are not asked for any more."),
    "passkey": later("The passkey was added."),
    "passkey-gone": later("The passkey was removed. You may delete it on your device, too."),
    "session": later("That browser was signed out."),
    "language": later("Your language was changed."),
    "linked": later("Your account is linked: from now on you can sign in there."),
    "unlinked": later("Your account is not linked any more."),
}
COMPANY_FAULTS = {
    "no-role": later("You are known there, but nothing here is for you yet. Ask whoever looks after ShopGuard."),
    "away": later("The company's sign-in does not answer now. Try again in a moment, or sign in another way."),
    "refused": later("The company's sign-in did not confirm who you are. Please try once more."),
    "taken": later("Whoever you are there has another account here already."),
    "only-way": later("This is your only way in. Set a password or add a passkey first."),
}
"""What keeps somebody from signing in by the company, or from linking their account."""


def fresh(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let a view be used soon after signing in; later, ask to sign in once more, and keep what was typed."""

    @wraps(view)
    def checked(**values: Any) -> Any:
        if service(People).clock() - viewer().since <= FRESH_S:
            return view(**values)
        if request.method == "POST":
            return again("accounts.hold_on", again=1)
        return redirect(url_for("accounts.sign_in", next=request.full_path, again=1))

    return checked


@pages.get("/me")
@only()
def me() -> AnyResponse:
    fault = COMPANY_FAULTS.get(request.args.get("fault", ""))
    return _page({"company": _(fault)} if fault else None)


@pages.post("/me/password")
@only()
@fresh
def set_password() -> AnyResponse:
    """Set a password, or another one. All other browsers are signed out: somebody may have known the old one."""
    people, me = service(People), viewer()
    password, repeated = request.form.get("password", ""), request.form.get("repeated", "")
    said = weakness(password, me.name)
    if said:
        return _page({"password": _(said)})
    if password != repeated:
        return _page({"repeated": _("The two are not the same.")})
    people.proofs.set_password(me.account.id, people.passwords.hash(password))
    people.sessions.end_others(me.account.id, me.session)
    note(me.name, "account_password", "set by its owner")
    return _done("password")


# --- one-time codes ---


@pages.get("/me/codes")
@only()
@fresh
def codes_page() -> AnyResponse:
    """Show a new secret to an app."""
    return _codes_page(codes.new_secret())


@pages.post("/me/codes")
@only()
@fresh
def switch_codes_on() -> AnyResponse:
    """Ask for codes once the app shows the right one; show the recovery codes, this once."""
    people, me = service(People), viewer()
    secret = people.tickets.opened(request.form.get("pending", ""), me.account.id)
    if secret is None:
        return _codes_page(codes.new_secret(), _("This page was open for too long. Here is a new picture."))
    step = codes.step_of(secret, request.form.get("code", ""), people.clock())
    if step is None:
        return _codes_page(secret, _("This is not the code that the app shows now."))
    recovery = codes.new_recovery_codes()
    people.proofs.set_codes(me.account.id, secret, [codes.hashed(code) for code in recovery])
    people.proofs.use_step(me.account.id, step)
    note(me.name, "account_codes", "on")
    return make_response(render_template("accounts/recovery.html", recovery=recovery))


@pages.post("/me/codes/off")
@only()
@fresh
def switch_codes_off() -> AnyResponse:
    service(People).proofs.drop_codes(viewer().account.id)
    note(viewer().name, "account_codes", "off")
    return _done("codes-off")


def _codes_page(secret: str, error: str | None = None) -> AnyResponse:
    me = viewer()
    page = render_template(
        "accounts/codes.html",
        secret=secret,
        picture=codes.picture(secret, me.name),
        pending=service(People).tickets.sealed(secret, me.account.id),
        errors={"code": error} if error else {},
    )
    return make_response(page, 422 if error else 200)


# --- passkeys ---


@pages.post("/me/passkeys")
@only()
@fresh
def add_passkey() -> AnyResponse:
    """Take in the passkey that this browser made."""
    people, me, site = service(People), viewer(), site_of(origin())
    label = request.form.get("label", "").strip() or device(request.user_agent.string)
    if site is None:
        abort(400)
    try:
        people.passkeys.register(me.account, site, me.form_key, request.form.get("answer", ""), label)
    except PasskeyRefused:
        return _page({"label": _("The device gave no passkey. It may have one for this account already.")})
    note(me.name, "account_passkey", "added")
    return _done("passkey")


@pages.post("/me/passkeys/<identifier>/remove")
@only()
@fresh
def remove_passkey(identifier: str) -> AnyResponse:
    service(People).passkeys.remove(viewer().account.id, identifier)
    note(viewer().name, "account_passkey", "removed")
    return _done("passkey-gone")


# --- sign-ins ---


@pages.post("/me/sessions/<int:number>/end")
@only()
def end_session(number: int) -> AnyResponse:
    service(People).sessions.end(viewer().account.id, number)
    return _done("session")


@pages.post("/me/sessions/end-others")
@only()
def end_other_sessions() -> AnyResponse:
    service(People).sessions.end_others(viewer().account.id, viewer().session)
    return _done("session")


@pages.post("/sign-out")
@only()
def sign_out() -> AnyResponse:
    service(People).sessions.end(viewer().account.id, viewer().session)
    answer = redirect(url_for("accounts.sign_in"), 303)
    answer.delete_cookie(COOKIE)
    return answer


# --- language ---


@pages.post("/me/language")
@only()
def set_language() -> AnyResponse:
    """Choose the language for every browser of this account; none: what the browser asks for."""
    chosen = request.form.get("language", "")
    if chosen and chosen not in set(Language):
        abort(400)
    service(People).accounts.change(viewer().account.id, language=chosen or None)
    answer = _done("language")
    answer.delete_cookie(LANGUAGE_COOKIE)
    return answer


@pages.post("/language")
@anybody
def choose_language() -> AnyResponse:
    """Choose the language of this browser's pages, and of the account of whoever is signed in."""
    chosen = request.form.get("language", "")
    if chosen not in set(Language):
        abort(400)
    looks: Viewer | None = g.viewer
    if looks and looks.language:  # it goes before the cookie
        service(People).accounts.change(looks.account.id, language=chosen)
    answer = redirect(local(request.form.get("back", "")) or "/", 303)
    answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_YEAR_S, samesite="Lax", secure=is_secure())
    return answer


# --- the page ---


def _page(errors: dict[str, str] | None = None) -> AnyResponse:
    """Return the page of the viewer's own account, with what was wrong with a form of it."""
    people, me, site = service(People), viewer(), site_of(origin())
    page = render_template(
        "accounts/me.html",
        errors=errors or {},
        ways=people.proofs.ways()[me.account.id],
        recovery=len(people.proofs.of(me.account.id).recovery),
        passkeys=people.passkeys.of(me.account.id),
        company=people.company.label if people.company else None,
        offer=people.passkeys.offer(me.account, site, me.form_key) if site else None,
        sessions=[(one, device(one.browser)) for one in people.sessions.of(me.account.id)],
        done=_DONE.get(request.args.get("done", "")),
        languages=Language,
    )
    return make_response(page, 422 if errors else 200)


def _done(what: str) -> AnyResponse:
    return redirect(url_for("accounts.me", done=what), 303)
