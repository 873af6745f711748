"""Signing in and out, one's own account, and the language of the pages."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.config import Language
from shopguard.web.accounts.links import SignInLinks
from shopguard.web.accounts.sessions import Sessions
from shopguard.web.accounts.store import Accounts
from shopguard.web.app import COOKIE, Section, service, start_session, viewer
from shopguard.web.language import COOKIE as LANGUAGE_COOKIE
from shopguard.web.roles import anybody, only

_YEAR_S = 365 * 24 * 3600

pages = Blueprint("accounts", __name__, template_folder="templates", url_prefix="/console")


def accounts_section(accounts: Accounts, sessions: Sessions, links: SignInLinks) -> Section:
    return Section(pages, services=(accounts, sessions, links))


@pages.get("/sign-in")
@anybody
def sign_in() -> AnyResponse | tuple[str, int]:
    """Take a one-time link, or say how to come by one."""
    token = request.args.get("token")
    if token is None or request.method == "HEAD":  # a preview of the link must not use it up
        return render_template("accounts/sign_in.html", failed=False), 401
    redeemed, accounts = service(SignInLinks).redeem(token), service(Accounts)
    if redeemed is None:
        return render_template("accounts/sign_in.html", failed=True), 403
    account = accounts.owner() if redeemed.account is None else accounts.get(redeemed.account)
    if account is None:
        return render_template("accounts/sign_in.html", failed=True), 403
    begun = service(Sessions).begin(account, request.user_agent.string)
    return start_session(redirect(url_for("home")), begun)


@pages.post("/sign-out")
@only()
def sign_out() -> AnyResponse:
    service(Sessions).end(viewer().account.id, viewer().session)
    answer = redirect(url_for("accounts.sign_in"), 303)
    answer.delete_cookie(COOKIE)
    return answer


@pages.get("/me")
@only()
def me() -> str:
    return render_template("accounts/me.html", sessions=service(Sessions).of(viewer().account.id))


@pages.post("/language")
@anybody
def choose_language() -> AnyResponse:
    chosen = request.form.get("language", "")
    if chosen not in set(Language):
        abort(400)
    back = request.form.get("back", "")
    is_ours = back.startswith("/") and not back.startswith(("//", "/\\"))
    answer = redirect(back if is_ours else "/", 303)
    answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_YEAR_S, samesite="Lax", secure=request.is_secure)
    return answer
