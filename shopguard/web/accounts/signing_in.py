"""The pages of signing in: a link, a name and a password with a one-time code, or a passkey."""

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.registry.refusals import Refused
from shopguard.web.accounts import codes
from shopguard.web.accounts.held import Onward, hold, local, onward
from shopguard.web.accounts.model import Account, Viewer
from shopguard.web.accounts.pages import note, pages
from shopguard.web.accounts.passkeys import PasskeyRefused, site_of
from shopguard.web.accounts.people import People
from shopguard.web.accounts.tickets import Ticket, fits
from shopguard.web.app import is_secure, origin, service, start_session
from shopguard.web.language import later
from shopguard.web.roles import anybody

NOBODY = "-"
"""Who failed to sign in under a name that is no account's: what was typed may be a password."""

_HOLD_LIMIT = 16_000_000
"""Bytes of a form that is held, with its files, which are dropped: as much as any page takes."""

_WRONG = later(
    "Name and password do not fit, or there were too many wrong tries: then it takes 15 minutes until the next. "
    "If you cannot get in, ask whoever looks after ShopGuard for a link."
)
_TOO_OFTEN = later("There were too many wrong tries from your network. Wait an hour, or ask for a link.")
_TOO_OLD = later("This page was open for too long, or your browser keeps no cookies. Please try once more.")
_WRONG_CODE = later("This code does not fit, was used before, or there were too many wrong tries.")
_WRONG_PASSKEY = later("This passkey is not registered here, or the device did not answer in time.")
_LINK_USED = later(
    "This link was used before or is too old. Start shopguard again for a new one, or run shopguard sign-in."
)


@pages.get("/sign-in")
@anybody
def sign_in() -> AnyResponse:
    """Take a one-time link, or show the ways to sign in."""
    token = request.args.get("token")
    if token is not None and request.method != "HEAD":  # a preview of the link must not use it up
        return _by_link(token)
    if g.viewer and not request.args.get("again"):
        return redirect(onward().then or url_for("home"))
    return sign_in_page(Onward(local(request.args.get("next", ""))))


@pages.post("/sign-in/hold")
@anybody
def hold_on() -> AnyResponse:
    """Keep what was typed into a form, until somebody is signed in and sends it on."""
    request.max_content_length = _HOLD_LIMIT
    held = hold()
    if g.viewer and not request.args.get("again"):
        return _go_on(Onward(held=held))
    return sign_in_page(Onward(held=held))


@pages.post("/sign-in")
@anybody
def by_password() -> AnyResponse:
    """Take a name and a password; with one-time codes on, ask for one."""
    people, on = service(People), onward()
    ticket, name = people.tickets.of(request), request.form.get("name", "").strip()
    if not fits(ticket, request.form.get("key", "")):
        return _go_on(on) if g.viewer else sign_in_page(on, _TOO_OLD, name)
    try:
        people.wrong.check(request.remote_addr or "")
    except Refused:
        return sign_in_page(on, _TOO_OFTEN, name, 429)
    account = _who(people, name, request.form.get("password", ""))
    if account is None:
        people.wrong.count(request.remote_addr or "")
        return sign_in_page(on, _WRONG, name)
    if people.proofs.of(account.id).totp is None:
        return enter(account, "password", on)
    return _code_page(people.tickets.began(ticket or people.tickets.new(), account=account.id), on)


@pages.post("/sign-in/code")
@anybody
def by_code() -> AnyResponse:
    """Take the one-time code after a password that was right."""
    people, on = service(People), onward()
    ticket = people.tickets.of(request)
    step = people.tickets.step(ticket)
    account = people.accounts.get(step.account) if step and step.account else None
    if ticket is None or account is None or not fits(ticket, request.form.get("key", "")):
        return _go_on(on) if g.viewer else sign_in_page(on, _TOO_OLD)
    used = _use_code(people, account, request.form.get("code", ""))
    if used is None:
        note(account.name, "sign_in_failed", "code")
        return _code_page(ticket, on, _WRONG_CODE)
    return enter(account, f"password and {used}", on)


@pages.post("/sign-in/passkey")
@anybody
def by_passkey() -> AnyResponse:
    """Take what a device signed: it asked for a finger, a face or a number itself, so nothing else is asked."""
    people, on = service(People), onward()
    ticket, site = people.tickets.of(request), site_of(origin())
    if ticket is None or site is None or not fits(ticket, request.form.get("key", "")):
        return _go_on(on) if g.viewer else sign_in_page(on, _TOO_OLD)
    try:
        account = people.accounts.get(people.passkeys.holder(site, ticket.key, request.form.get("answer", "")))
    except PasskeyRefused:
        account = None
    if account is None or not people.links.use_once(f"passkey {ticket.key}", ticket.until):
        note(NOBODY, "sign_in_failed", "passkey")
        return sign_in_page(on, _WRONG_PASSKEY)
    return enter(account, "passkey", on)


def enter(account: Account, how: str, on: Onward) -> AnyResponse:
    """Sign somebody in, in place of whoever was, and send them on."""
    people = service(People)
    before: Viewer | None = g.viewer
    if before:
        people.sessions.end(before.account.id, before.session)
    token = people.sessions.begin(account, request.user_agent.string)
    people.proofs.forget_tries(account.id)
    note(account.name, "sign_in", how)
    g.viewer = people.sessions.viewer(token)
    answer = start_session(_go_on(on), token)
    people.tickets.take(answer)
    return answer


# --- the steps ---


def _by_link(token: str) -> AnyResponse:
    people = service(People)
    redeemed = people.links.redeem(token)
    account = None
    if redeemed:
        is_owners = redeemed.account is None
        account = people.accounts.owner() if is_owners else people.accounts.get(redeemed.account or 0)
    if account is None:
        note(NOBODY, "sign_in_failed", "link")
        return sign_in_page(Onward(), _LINK_USED, status=403)
    is_new = redeemed and redeemed.account is not None and not people.proofs.ways()[account.id].any
    return enter(account, "link", Onward(url_for("accounts.me", first=1) if is_new else ""))


def _who(people: People, name: str, password: str) -> Account | None:
    """Return whose name and password these are; it takes the same time whether or not there is one."""
    account = people.accounts.find(name)
    taken = people.proofs.take_try(account.id if account else None)
    proofs = people.proofs.of(account.id) if account and taken else None
    fit = people.passwords.fits(proofs.password if proofs else None, password)
    if not (account and taken and proofs and proofs.password and fit):
        note(account.name if account else NOBODY, "sign_in_failed", "password" if taken or not account else "paused")
        return None
    people.proofs.give_back(account.id, taken)
    if people.passwords.is_outdated(proofs.password):
        people.proofs.set_password(account.id, people.passwords.hash(password))
    return account


def _use_code(people: People, account: Account, code: str) -> str | None:
    """Return what kind of code it was that fits, now used up; None if none does."""
    if people.proofs.take_try(account.id) is None:
        return None
    proofs = people.proofs.of(account.id)
    step = codes.step_of(proofs.totp, code, people.clock()) if proofs.totp else None
    if step is not None and people.proofs.use_step(account.id, step):
        return "code"
    return "recovery code" if people.proofs.use_recovery(account.id, codes.hashed(code)) else None


# --- the pages ---


def sign_in_page(on: Onward, said: str | None = None, name: str = "", status: int = 401) -> AnyResponse:
    """All ways to sign in; ``said`` is what went wrong."""
    people, site = service(People), site_of(origin())
    ticket = people.tickets.of(request) or people.tickets.new()
    ticket = Ticket(ticket.key, ticket.until)
    page = render_template(
        "accounts/sign_in.html",
        said=said,
        name=name,
        on=on,
        key=ticket.key,
        passkey=people.passkeys.request(site, ticket.key) if site else None,
        company=people.company.label if people.company else None,
    )
    answer = make_response(page, status)
    people.tickets.give(answer, ticket, is_secure())
    return answer


def _code_page(ticket: Ticket, on: Onward, said: str | None = None) -> AnyResponse:
    answer = make_response(render_template("accounts/code.html", said=said, on=on, key=ticket.key), 401)
    service(People).tickets.give(answer, ticket, is_secure())
    return answer


def _go_on(on: Onward) -> AnyResponse:
    """Where somebody who is signed in goes: a form is never sent on but by their own press."""
    if on.held:
        return make_response(render_template("accounts/go_on.html", held=on.held))
    return redirect(on.then or url_for("home"), 302 if request.method == "GET" else 303)
