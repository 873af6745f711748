"""The frame of all pages of an installation: who looks, whether they may, and what forms must carry."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Blueprint, Flask, abort, current_app, g, redirect, request, url_for
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from shopguard.model import OrderRef
from shopguard.web.accounts.model import Viewer
from shopguard.web.accounts.sessions import Sessions
from shopguard.web.language import language
from shopguard.web.roles import EVERYBODY, Role, View, only, roles_of
from shopguard.web.site import asset, is_sent_by, new_site

COOKIE = "shopguard"
BODY_LIMIT = 1_000_000
"""Bytes of a form; a page that takes files says its own with ``request.max_content_length``."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

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
    """What stands across every page until it is mended.

    ``text`` is in the reader's language; ``endpoint`` and ``values`` make the address of what to see.
    """

    text: str
    endpoint: str | None = None
    kind: str = "bad"
    values: Mapping[str, str] = field(default_factory=dict)


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
    app = new_site("shopguard.web", BODY_LIMIT)
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
    app.context_processor(lambda: _everywhere(frame, links))
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


def takes_up_to(limit: int) -> Callable[[View], View]:
    """Let a view take forms and files of so many bytes, where the usual ``BODY_LIMIT`` is not enough."""

    def marked(view: View) -> View:
        view.body_limit = limit  # type: ignore[attr-defined]  # functions take attributes
        return view

    return marked


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
    view = current_app.view_functions[request.endpoint]
    if limit := getattr(view, "body_limit", None):
        request.max_content_length = request.max_form_memory_size = limit
    token = request.cookies.get(COOKIE)
    g.viewer = frame.sessions.viewer(token) if token else None
    if request.method not in _SAFE and not is_sent_by(origin()):
        abort(403)
    roles = roles_of(view)
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


def _says_own_page() -> bool:
    """Whether the browser itself says that a page of ours sent this."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin" or request.headers.get("Origin") == origin()


def _has_form_key(looks: Viewer) -> bool:
    sent = request.headers.get("X-Form-Key") or request.form.get("form_key", "")
    return hmac.compare_digest(sent.encode(), looks.form_key.encode())


# --- in every page ---


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
