"""All shops on one page: how far each goes, when it was last heard, and what needs a person."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.guard.backlog import Backlog
from shopguard.guard.outlook import Gap
from shopguard.web.app import viewer
from shopguard.web.roles import Role
from shopguard.web.shops.desk import Examination, desk, may_set_up, pages, seen
from shopguard.web.shops.words import vocabulary

_ITSELF = ""  # stands for the name of a shop


@pages.get("/shops")
@seen
def overview() -> str:
    """Show the viewer's shops."""
    found = desk()
    counted = found.backlogs()
    changed = found.modes.since()
    return render_template(
        "shops/overview.html",
        shops=[
            (shop, found.states.get(name), counted.get(name, Backlog()), changed.get(name), found.examined.get(name))
            for name, shop in found.shops_seen().items()
        ],
        troubled={one.shop for one in found.outlook.troubles() if one.gap in (Gap.BLIND, Gap.UNLISTED)},
        itself=found.examined.get(_ITSELF),
        written_only=sorted(_not_taken_up()) if may_set_up() else (),
    )


@pages.post("/shops-examined")
@seen
def examine_guard() -> AnyResponse:
    """Let doctor look at what concerns all shops: the registry, the queue, the clock."""
    found = desk()
    found.examined[_ITSELF] = Examination(found.clock(), [*found.health.of_guard()])
    return redirect(url_for("shops.overview", _anchor="itself"), 303)


def _not_taken_up() -> set[str]:
    """The shops of the settings file that this process does not know yet."""
    return set(desk().setting_up.shops_written()) - set(desk().shops)


@pages.context_processor
def _words() -> dict[str, object]:
    return {**vocabulary(), "may_act": viewer().has(Role.SHOP_ADMIN), "may_set_up": may_set_up()}
