"""One shop: what it can do, how it is, what was given up and may be run again."""

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.adapter import Connector, Secret
from shopguard.config import Mode
from shopguard.errors import ConfigError, ShopGuardError
from shopguard.guard.backlog import Backlog, is_dead
from shopguard.guard.connecting import connect, examine, webhook_address
from shopguard.model import OrderRef
from shopguard.web.app import viewer
from shopguard.web.language import later
from shopguard.web.shops.desk import Examination, desk, done, guarded, pages, seen

_EXAMINE_S = 10.0
_SHOWN = 50

_DONE = {
    "replayed": later("It will be run again within seconds."),
    "not-replayed": later("It cannot be run again: it is under way, or its content was erased."),
    "settled": later("It is off the list, and stays stored."),
    "not-settled": later("It was off the list already."),
    "examined": later("The shop was examined."),
    "connected": later("The platform knows where to send orders."),
    "cleared": later("The alarm is settled."),
    "mode": later("The new mode is in the settings. It holds as soon as the processes have taken it up."),
    "undone": later("The change was taken back."),
    "secret": later("The new secret is stored. It is used as soon as the processes have taken it up."),
}


@pages.get("/shops/<name>")
@seen
def shop(name: str) -> str:
    """Show one shop."""
    return page(name)


def page(name: str, **more: Any) -> str:
    found, guarded_shop = desk(), guarded(name)
    settings = guarded_shop.settings
    return render_template(
        "shops/shop.html",
        shop=guarded_shop,
        state=found.states.get(name),
        backlog=found.backlogs().get(name, Backlog()),
        mode_since=found.modes.since().get(name),
        examination=found.examined.get(name),
        report=found.connected.get(name),
        letters=found.inbox.lines(state="dead", shop=name, limit=_SHOWN),
        failed=[one for one in found.effects.failed() if one.shop == name][-_SHOWN:],
        can_examine=isinstance(guarded_shop.adapter, Connector),
        address=webhook_address(found.base, settings.platform, name),
        is_public=found.public_url is not None,
        secrets=found.setting_up.secrets_of(name),
        did=_DONE.get(request.args.get("did", "")),
        version=undoable(request.args.get("version", "")),
        **more,
    )


@pages.post("/shops/<name>/examine")
@seen
def examine_shop(name: str) -> AnyResponse:
    """Let doctor look at the shop and at its platform; nothing is changed there."""
    found, guarded_shop = desk(), guarded(name)
    found.examined[name] = Examination(
        found.clock(), [*examine(guarded_shop, found.server, _EXAMINE_S, found.public_url)]
    )
    return _back(name, "examined")


@pages.post("/shops/<name>/connect")
@done
def connect_shop(name: str) -> AnyResponse | tuple[str, int]:
    """Register or repair the webhooks."""
    found, guarded_shop = desk(), guarded(name)
    try:
        found.connected[name] = connect(guarded_shop, found.base)
    except ShopGuardError as error:
        return page(name, trouble=str(error)), 502
    found.note("connect_shop", name)
    if request.form.get("from") == "arrival":
        return redirect(url_for("shops.arrival", name=name), 303)
    return _back(name, "connected")


@pages.post("/shops/<name>/alarm")
@done
def clear_alarm(name: str) -> AnyResponse:
    """Take the platform's alarm off: a person saw to it."""
    guarded(name)
    desk().states.clear_alarm(name)
    desk().note("clear_alarm", name)
    return _back(name, "cleared")


@pages.post("/shops/<name>/mode")
@done
def set_mode(name: str) -> AnyResponse | tuple[str, int]:
    """Let the shop go further, or less far."""
    guarded(name)
    mode = request.form.get("mode", "")
    if mode not in (Mode.OBSERVE, Mode.FLAG, Mode.HOLD):
        abort(400)
    try:
        written = desk().setting_up.set_mode(name, Mode(mode))
    except ConfigError as error:
        return page(name, trouble=str(error)), 409
    desk().note("set_mode", name, mode)
    return _back(name, "mode", version=written.version)


@pages.post("/shops/<name>/secret")
@done
def replace_secret(name: str) -> AnyResponse | tuple[str, int]:
    """Put another secret in the place of a stored one. Neither is ever shown."""
    guarded(name)
    stored, text = request.form.get("stored", ""), request.form.get("secret", "").strip()
    if stored not in desk().setting_up.secrets_of(name):
        abort(404)
    if not text:
        return page(name, empty=stored), 422
    desk().setting_up.replace_secret(stored, Secret(text))
    desk().note("replace_secret", name, stored)
    return _back(name, "secret")


@pages.post("/shops/<name>/dead/<int:number>/<what>")
@done
def dead_letter(name: str, number: int, what: str) -> AnyResponse:
    """Run a dead letter of this shop again, or take it off the list."""
    guarded(name)
    found = desk()
    if not is_dead(found.engine, name, number):
        return _back(name, f"not-{_participle(what)}")
    if _again(what, lambda: found.inbox.replay([number], found.clock()) == 1):
        found.note("replay_delivery", name, str(number))
        return _back(name, "replayed")
    if what == "settle" and found.settling.letter(number, viewer().name):
        return _back(name, "settled")
    return _back(name, f"not-{_participle(what)}")


@pages.post("/shops/<name>/failed/<int:number>/<what>")
@done
def failed_effect(name: str, number: int, what: str) -> AnyResponse:
    """Send a failed write-back of this shop again, or take it off the list."""
    guarded(name)
    found = desk()
    mine = next((one for one in found.effects.failed() if one.id == number and one.shop == name), None)
    if mine is None:
        return _back(name, f"not-{_participle(what)}")
    if _again(what, lambda: found.effects.try_again([number], found.clock()) == 1):
        found.reviews.note(viewer().name, "replay_effect", OrderRef(name, mine.order_id), str(number))
        return _back(name, "replayed")
    if what == "settle" and found.settling.effect(number, viewer().name):
        return _back(name, "settled")
    return _back(name, f"not-{_participle(what)}")


def undoable(version: str) -> str:
    """Return the version of the settings if the change that made it can be taken back, else nothing."""
    return version if version and desk().setting_up.file.can_undo(version) else ""


def _again(what: str, run: Callable[[], bool]) -> bool:
    return what == "replay" and run()


def _participle(what: str) -> str:
    if what not in ("replay", "settle"):
        abort(404)
    return "replayed" if what == "replay" else "settled"


def _back(name: str, did: str, version: str = "") -> AnyResponse:
    return redirect(url_for("shops.shop", name=name, did=did, version=version or None), 303)
