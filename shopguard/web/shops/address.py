"""The address at which platforms reach this guard: asked for where it is missed, and written into the settings."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.errors import ConfigError
from shopguard.web.accounts.held import local
from shopguard.web.sentences import in_words
from shopguard.web.shops.desk import all_shops, desk, done, pages


@pages.get("/set-up/address")
@done
def address() -> str:
    """Ask at which address platforms reach this guard."""
    all_shops()
    return _asking_address(desk().public_url or "", {})


@pages.post("/set-up/address")
@done
def set_address() -> AnyResponse | tuple[str, int]:
    """Write it into the settings, and go back to where it was missed."""
    all_shops()
    url = request.form.get("public_url", "").strip()
    try:
        desk().setting_up.set_public_url(url)
    except ConfigError as error:
        fault = error.faults[0].removeprefix("server.public_url: ")
        return _asking_address(url, {"public_url": in_words(fault)}), 422
    desk().note("set_public_url", "", url[:500])
    return redirect(local(request.form.get("next", "")) or url_for("shops.overview"), 303)


def _asking_address(url: str, errors: dict[str, str]) -> str:
    back = local(request.values.get("next", ""))
    return render_template("shops/address.html", url=url, errors=errors, back=back)
