"""The frame of all pages: who looks, whether they may, what forms must carry, which headers leave, and the errors."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, current_app, g, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from shopguard.errors import StoreUnavailable
from shopguard.model import OrderRef
from shopguard.web import formats
from shopguard.web.accounts.model import Viewer
from shopguard.web.accounts.sessions import Sessions
from shopguard.web.language import gettext, language, later, ngettext
from shopguard.web.roles import EVERYBODY, Role, only, roles_of

COOKIE = "shopguard"
BODY_LIMIT = 1_000_000
"""Bytes of a form; a page that takes files says its own with ``request.max_content_length``."""

_STATIC = Path(__file__).parent / "static"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the main menu. ``label`` is marked with ``later``; ``count`` says how much waits there."""

    label: str
    endpoint: str
    roles: frozenset[Role] = EVERYBODY
    count: Callable[[], int] | None = None


@dataclass(frozen=True, slots=True)
class Banner:
    """What stands across every page until it is mended. ``text`` is in the reader's language."""

    text: str
    endpoint: str | None = None
    kind: str = "bad"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the pages: its routes, its places in the menu, and what it works with, found by ``service``."""

    blueprint: Blueprint
    links: Sequence[Link] = ()
    services: Sequence[object] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page works with.

    Args:
        clock: Unix seconds.
        note: writes a line of the audit log: actor, action, order, detail.
        banners: what is wrong now, for those who may know.
        sign_in: the endpoint that people who are not signed in are sent to.
        hold: the endpoint that keeps a form which was sent without a sign-in, or with an earlier one.
        url: the address that people open, where the settings say it.
        proxies: how many web servers of our own stand in front and tell where a request came from.
    """

    sessions: Sessions
    clock: Callable[[], float]
    note: Callable[[str, str, OrderRef, str], None]
    banners: Callable[[Viewer], Sequence[Banner]] = lambda viewer: ()
    sign_in: str = "accounts.sign_in"
    hold: str = "accounts.hold_on"
    url: str | None = None
    proxies: int = 0


@dataclass(slots=True)
class _Services:
    by_kind: dict[type, object] = field(default_factory=dict)


def build_web(frame: Frame, sections: Sequence[Section], *more: Blueprint) -> Flask:
    """Return the WSGI application of ``sections``; ``more`` are further routes that take no part in the frame."""
    app = Flask("shopguard.web", root_path=str(Path(__file__).parent))
    app.config.update(MAX_CONTENT_LENGTH=BODY_LIMIT, MAX_FORM_PARTS=20_000)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # by i18n
    app.jinja_env.filters.update(formats.FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    links = [link for section in sections for link in section.links]
    services: dict[type, object] = {type(one): one for section in sections for one in section.services}
    services[Frame] = frame
    app.extensions["services"] = _Services(services)
    for section in sections:
        app.register_blueprint(section.blueprint)
    framed = {section.blueprint.name for section in sections}
    for blueprint in more:
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "home", only()(lambda: _home(links)))
    app.before_request(lambda: _admit(frame, framed))
    app.after_request(_protect)
    app.context_processor(lambda: _everywhere(frame, links))
    app.register_error_handler(HTTPException, _explain)
    app.register_error_handler(StoreUnavailable, _not_now)
    if frame.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=frame.proxies)  # type: ignore[method-assign]  # as Flask says
    return app


def _home(links: Sequence[Link]) -> AnyResponse:
    """The first place in the menu that is for the viewer."""
    first = next((link.endpoint for link in links if viewer().has(*link.roles)), "accounts.me")
    return redirect(url_for(first))


def service(kind: type[T]) -> T:
    """Return what a section of this application works with, by its type."""
    services: _Services = current_app.extensions["services"]
    return cast(T, services.by_kind[kind])


def viewer() -> Viewer:
    """Return who looks; only in views that are not for anybody."""
    found: Viewer | None = g.get("viewer")
    if found is None:
        abort(401)
    return found


def viewed(what: str, ref: OrderRef = OrderRef("", ""), detail: str = "") -> None:  # noqa: B008  # frozen
    """Write down that the viewer was shown personal data; ``detail`` names nobody."""
    service(Frame).note(viewer().name, f"view_{what}", ref, detail)


def asset(name: str) -> str:
    """Return the address of a static file, another one once the file is another."""
    return url_for("static", filename=name, v=_version(name))


def origin() -> str:
    """Return scheme, host and port that pages are opened at, without a path."""
    url = service(Frame).url
    parts = urlsplit(url or request.host_url)
    return f"{parts.scheme}://{parts.netloc}"


def is_secure() -> bool:
    """Whether pages are opened over HTTPS, so that cookies may be for it alone."""
    return origin().startswith("https:")


def start_session(answer: AnyResponse, token: str) -> AnyResponse:
    """Let ``answer`` carry the cookie of a sign-in."""
    answer.set_cookie(COOKIE, token, httponly=True, secure=is_secure(), samesite="Lax", path="/")
    return answer


def again(endpoint: str, **values: Any) -> AnyResponse:
    """Let the browser send its form once more, to ``endpoint``, which learns where it was going."""
    return redirect(url_for(endpoint, next=request.full_path, **values), 307)


# --- before a view ---


def _admit(frame: Frame, framed: frozenset[str] | set[str]) -> AnyResponse | None:
    """Say who looks; let only those in whom the view is for, with a form of their own."""
    g.viewer = None
    if request.endpoint is None or request.endpoint == "static":
        return None  # an unknown address: 404 for everybody
    if request.endpoint != "home" and request.blueprint not in framed:
        return None
    token = request.cookies.get(COOKIE)
    g.viewer = frame.sessions.viewer(token) if token else None
    if request.method not in _SAFE and not _is_own_page():
        abort(403)
    roles = roles_of(current_app.view_functions[request.endpoint])
    if roles is None:
        abort(403)  # nobody said who may
    if not roles:
        return None
    if g.viewer is None:
        is_form = request.method not in _SAFE
        return again(frame.hold) if is_form else redirect(url_for(frame.sign_in, next=request.full_path))
    if not g.viewer.has(*roles):
        abort(403)
    if request.method not in _SAFE and not _has_form_key(g.viewer):
        if _says_own_page() and request.form.get("form_key"):
            return again(frame.hold)  # a page of an earlier sign-in
        abort(403)
    return None


def _is_own_page() -> bool:
    """Whether a form was sent by a page of ours, as far as the browser says."""
    if (site := request.headers.get("Sec-Fetch-Site")) is not None:
        return site in ("same-origin", "none")
    sender = request.headers.get("Origin")
    return sender is None or sender == origin()


def _says_own_page() -> bool:
    """Whether the browser itself says that a page of ours sent this."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin" or request.headers.get("Origin") == origin()


def _has_form_key(looks: Viewer) -> bool:
    sent = request.headers.get("X-Form-Key") or request.form.get("form_key", "")
    return hmac.compare_digest(sent.encode(), looks.form_key.encode())


# --- after it ---


def _protect(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "static" and request.args.get("v"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"
    return response


def _everywhere(frame: Frame, links: Sequence[Link]) -> dict[str, Any]:
    looks: Viewer | None = g.get("viewer")
    return {
        "viewer": looks,
        "form_key": looks.form_key if looks else "",
        "links": [link for link in links if looks and looks.has(*link.roles)],
        "banners": frame.banners(looks) if looks else (),
        "language": language().value,
        "asset": asset,
        "now": frame.clock(),
    }


_SAID = {
    400: later("This request could not be understood. Please go back and try again."),
    401: later("Please sign in first."),
    403: later("You may not do this with your account. Ask whoever looks after ShopGuard in your shop."),
    404: later("There is nothing at this address. It may have been erased, or the address is incomplete."),
    405: later("This address cannot be used like that."),
    413: later("What was sent is too large."),
    415: later("This kind of file is not taken here."),
    429: later("Too many tries. Please wait a little."),
}


def _explain(error: HTTPException) -> HTTPException | tuple[str, int]:
    if error.response is not None:
        return error
    code = error.code or 500
    said = _SAID.get(code, later("Something went wrong here, and it was written down. Please try again."))
    return render_template("error.html", said=said, code=code), code


def _not_now(_error: StoreUnavailable) -> tuple[str, int, Mapping[str, str]]:
    said = later("The database cannot be used now; nothing was changed. Please try again in a moment.")
    g.viewer = None  # without the database, nobody can be told what waits
    return render_template("error.html", said=said, code=503), 503, {"Retry-After": "5"}


def _version(name: str) -> str:
    versions: dict[str, str] = current_app.extensions.setdefault("asset_versions", {})
    if name not in versions:
        versions[name] = sha256((_STATIC / name).read_bytes()).hexdigest()[:12]
    return versions[name]
