"""What every application of pages has, whoever opens it: its languages, its headers, its static files, its errors."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, current_app, g, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from shopguard.errors import StoreUnavailable
from shopguard.web import formats
from shopguard.web.language import gettext, later, ngettext
from shopguard.web.sentences import in_words

_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers that lack Sec-Fetch-Site hide who sent a form
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def new_site(name: str, body_limit: int, said: Mapping[int, str] = {}) -> Flask:  # only read
    """Return an application without pages, which the caller gives it.

    Args:
        body_limit: bytes of a form.
        said: what stands on the page of an error, by its status, where it is not the usual; marked with ``later``.
    """
    app = Flask(name, root_path=str(_HERE))
    app.url_map.strict_slashes = False  # letters may say it without the last one; redirects lose the https
    app.config.update(MAX_CONTENT_LENGTH=body_limit, MAX_FORM_PARTS=20_000)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # by i18n
    app.jinja_env.filters.update(formats.FILTERS, in_words=in_words)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(_protect)
    words = {**_SAID, **said}
    app.register_error_handler(HTTPException, lambda error: _explain(error, words))
    app.register_error_handler(StoreUnavailable, _not_now)
    return app


def asset(name: str) -> str:
    """Return the address of a static file, another one once the file is another."""
    return url_for("static", filename=name, v=_version(name))


def is_sent_by(*origins: str) -> bool:
    """Whether a form was sent by a page of these origins, as far as the browser says."""
    if (site := request.headers.get("Sec-Fetch-Site")) is not None:
        return site in ("same-origin", "none")
    sender = request.headers.get("Origin")
    return sender is None or sender in origins


def _protect(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "static" and request.args.get("v"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"
    return response


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


def _explain(error: HTTPException, words: Mapping[int, str]) -> HTTPException | tuple[str, int]:
    if error.response is not None:
        return error
    code = error.code or 500
    said = words.get(code, later("Something went wrong here, and it was written down. Please try again."))
    return render_template("error.html", said=said, code=code), code


def _not_now(_error: StoreUnavailable) -> tuple[str, int, Mapping[str, str]]:
    said = later("The database cannot be used now; nothing was changed. Please try again in a moment.")
    g.viewer = None  # without the database, nobody can be told what waits
    return render_template("error.html", said=said, code=503), 503, {"Retry-After": "5"}


def _version(name: str) -> str:
    versions: dict[str, str] = current_app.extensions.setdefault("asset_versions", {})
    if name not in versions:
        versions[name] = sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:12]
    return versions[name]
