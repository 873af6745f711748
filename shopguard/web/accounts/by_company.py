"""Signing in through the company's own sign-in, and linking an account that is there already to who one is there."""

import secrets
from dataclasses import dataclass

from flask import abort, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.web.accounts.company import Arrival, Company, CompanyAway, CompanyRefused
from shopguard.web.accounts.held import Onward, local, onward
from shopguard.web.accounts.model import OWNER, Account, Viewer
from shopguard.web.accounts.own import COMPANY_FAULTS, fresh
from shopguard.web.accounts.pages import note, pages
from shopguard.web.accounts.people import People
from shopguard.web.accounts.signing_in import NOBODY, enter, sign_in_page
from shopguard.web.accounts.store import AccountRefused
from shopguard.web.accounts.tickets import Step
from shopguard.web.app import is_secure, origin, service, viewer
from shopguard.web.roles import anybody, only


@pages.get("/sign-in/company")
@anybody
def to_company() -> AnyResponse:
    """Send somebody to the company's own sign-in."""
    then = local(request.args.get("next", ""))
    try:
        address, step = _begun(then=then)
    except (CompanyAway, CompanyRefused):
        return sign_in_page(onward(), COMPANY_FAULTS["away"], status=503)
    return _carrying(redirect(address), step)


@pages.get("/sign-in/company/back")
@anybody
def from_company() -> AnyResponse:
    """Take the answer of the company's own sign-in."""
    people = service(People)
    step = people.tickets.step(people.tickets.of(request))
    company, state = _company(), request.args.get("state", "")
    if step is None or not step.state or not secrets.compare_digest(step.state.encode(), state.encode()):
        return sign_in_page(Onward(), COMPANY_FAULTS["refused"])
    came = _came(company, step)
    if step.link is not None:
        return _linked(people, step.link, came)
    on = Onward(local(step.then))
    account = _account_of(people, came.arrival) if came.arrival else None
    if account is None:
        if came.status != 503:
            note(NOBODY, "sign_in_failed", "company")
        return sign_in_page(on, COMPANY_FAULTS[came.fault or "no-role"], status=came.status)
    return enter(account, "company", on)


# --- linking ---


@pages.post("/me/company")
@only()
@fresh
def link_company() -> AnyResponse:
    """Show the way to the company's own sign-in, for an account that shall be opened by it from now on.

    A page with a link: browsers do not let a form lead to another site.
    """
    try:
        address, step = _begun(link=viewer().account.id)
    except (CompanyAway, CompanyRefused):
        return _unlinked("away")
    page = render_template("accounts/to_company.html", address=address, company=_company().label)
    return _carrying(make_response(page), step)


@pages.post("/me/company/unlink")
@only()
@fresh
def unlink_company() -> AnyResponse:
    """Let an account be opened by the company's own sign-in no more."""
    people, me = service(People), viewer()
    if not people.proofs.ways()[me.account.id].own:
        return _unlinked("only-way")
    people.accounts.link(me.account.id, None)
    note(me.name, "account_company", "unlinked")
    return redirect(url_for("accounts.me", done="unlinked"), 303)


def _linked(people: People, account: int, came: "_Came") -> AnyResponse:
    """Link the account from which somebody was sent; only to whoever is still signed in to it."""
    looks: Viewer | None = g.viewer
    if looks is None or looks.account.id != account:
        return sign_in_page(Onward(), COMPANY_FAULTS["refused"])
    if came.arrival is None:
        return _unlinked(came.fault)
    try:
        people.accounts.link(account, came.arrival.subject)
    except AccountRefused:
        return _unlinked("taken")
    note(looks.name, "account_company", "linked")
    answer = redirect(url_for("accounts.me", done="linked"))
    people.tickets.take(answer)
    return answer


def _unlinked(fault: str) -> AnyResponse:
    return redirect(url_for("accounts.me", fault=fault), 303)


# --- there and back ---


def _begun(**step: object) -> tuple[str, dict[str, object]]:
    """Return where somebody is sent, and what is remembered of it meanwhile; ``CompanyAway``, ``CompanyRefused``."""
    beginning = _company().begin(_back())
    asked = {"state": beginning.state, "nonce": beginning.nonce, "verifier": beginning.verifier}
    return beginning.address, {**asked, **step}


def _carrying(answer: AnyResponse, step: dict[str, object]) -> AnyResponse:
    """Let the browser carry the half-done sign-in."""
    tickets = service(People).tickets
    tickets.give(answer, tickets.began(tickets.of(request) or tickets.new(), **step), is_secure())
    return answer


@dataclass(frozen=True, slots=True)
class _Came:
    """Who came back, or which of ``COMPANY_FAULTS`` kept them; ``status`` is of the page that says so."""

    arrival: Arrival | None
    fault: str = ""
    status: int = 403


def _came(company: Company, step: Step) -> _Came:
    code = request.args.get("code", "")
    try:
        arrival = company.arrive(_back(), code, step.nonce, step.verifier) if code else None
    except CompanyAway:
        return _Came(None, "away", 503)
    except CompanyRefused:
        arrival = None
    if arrival is None:
        return _Came(None, "refused")
    return _Came(arrival) if arrival.roles else _Came(None, "no-role")


def _account_of(people: People, arrival: Arrival) -> Account | None:
    """Return the account that somebody of the company has here, made when they come first; None if it was closed.

    What it may do is what the company says now; but the owner's is the way back in and may do everything.
    """
    known = people.accounts.of_company(arrival.subject)
    if known is None:
        return _made(people, arrival)
    if known.roles != arrival.roles and known.name != OWNER:
        people.accounts.change(known.id, roles=arrival.roles)
        note(known.name, "account_roles", "as the company's sign-in says")
    return people.accounts.get(known.id)


def _made(people: People, arrival: Arrival) -> Account | None:
    for name in (arrival.name, f"{arrival.name[:90]} {arrival.subject[:8]}"):
        try:
            made = people.accounts.create(name, arrival.shown, arrival.roles, company=arrival.subject)
        except AccountRefused:
            continue  # somebody else's name, or a closed account's
        note(made.name, "account_add", "company")
        return made
    return None


def _company() -> Company:
    return service(People).company or abort(404)


def _back() -> str:
    return origin() + url_for("accounts.from_company")
