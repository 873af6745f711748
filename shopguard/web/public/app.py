"""The application of the persons' pages, and how it stands beside what members ask: ``/persons`` at one address."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Flask, Response, abort, g, render_template, request, url_for
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from shopguard.config import Language
from shopguard.registry.disputes.door import Door
from shopguard.registry.disputes.letters import Sender
from shopguard.registry.disputes.service import PersonsDesk
from shopguard.web.language import COOKIE, language, later
from shopguard.web.public.furigana import furigana
from shopguard.web.public.pages import Counter, persons_pages
from shopguard.web.site import asset, is_sent_by, new_site

PATH = "/persons"
BODY_LIMIT = 96 * 1024
"""Bytes: the longest text and contact, every character of them escaped, and some room."""

_YEAR_S = 31_536_000
_SAID = {
    403: later("This was not sent by a page of ours. Please open the page anew and type it in there."),
    413: later("This is too long. Please shorten it, or write us a letter."),
    500: later("Something went wrong here. Please try again later, or write us a letter."),
}
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Office:
    """Whose pages these are. ``url``: the address that the registry is opened at, where the settings say it."""

    sender: Sender
    url: str | None = None


def persons_app(desk: PersonsDesk, door: Door, office: Office, proxies: int = 0) -> Flask:
    """Return the persons' pages as a WSGI application that stands at ``PATH``.

    Args:
        proxies: how many of our own stand in front, each adding one address to ``X-Forwarded-For``.
    """
    app = new_site("shopguard.web.public", BODY_LIMIT, _SAID)
    app.jinja_env.filters["furigana"] = _read_aloud
    app.register_blueprint(persons_pages(Counter(desk, door, proxies)))
    origins = tuple(f"{part.scheme}://{part.netloc}" for part in map(urlsplit, _addresses(office)))
    app.before_request(lambda: _admit(origins))
    app.after_request(_remember_language)
    app.register_error_handler(Exception, _unexpected)
    app.context_processor(lambda: _everywhere(office.sender))
    return app


def beside(registry: Flask, persons: Flask) -> None:
    """Let the persons' pages stand at ``PATH`` of the registry, which tells robots to stay away from all of it."""
    robots = Blueprint("robots", __name__)

    @robots.get("/robots.txt")
    def keep_away() -> Response:
        return Response("User-agent: *\nDisallow: /\n", content_type="text/plain")

    registry.register_blueprint(robots)
    mounts = DispatcherMiddleware(registry.wsgi_app, {PATH: persons.wsgi_app})
    registry.wsgi_app = mounts  # type: ignore[method-assign]  # as Flask says


def _addresses(office: Office) -> tuple[str, ...]:
    return tuple(filter(None, (office.url, office.sender.page)))


def _admit(origins: tuple[str, ...]) -> None:
    """Take forms of our own pages only, and see in which language the answer is wanted."""
    chosen = request.values.get("language", "")
    g.chosen = Language(chosen) if chosen in set(Language) else None
    if g.chosen is not None:
        g.language = None, g.chosen
    own = (f"https://{request.host}", f"http://{request.host}")  # a proxy in front may have taken the https away
    if request.method == "POST" and not is_sent_by(*own, *origins):
        abort(403)


def _remember_language(response: Response) -> Response:
    if chosen := g.get("chosen"):
        is_secure = request.is_secure or request.headers.get("Origin", "").startswith("https:")
        path = request.script_root or "/"
        response.set_cookie(COOKIE, chosen, _YEAR_S, path=path, secure=is_secure, httponly=True, samesite="Lax")
    return response


def _read_aloud(html: str) -> str:
    return furigana(html) if language() is Language.JA else html


def _everywhere(sender: Sender) -> dict[str, Any]:
    return {
        "language": language().value,
        "asset": asset,
        "office": sender,
        "home": url_for("persons.start"),
        "frame_page": "public/page.html",
    }


def _unexpected(error: Exception) -> tuple[str, int]:
    """Say that it did not work, and write down nothing that a person typed."""
    _log.error("persons_page_fault", error=type(error).__name__)
    return render_template("error.html", said=_SAID[500], code=500), 500
