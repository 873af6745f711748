"""What is odd about the looks of members, and what came of it. An alarm accuses nobody."""

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for

from shopguard.registry.search.wording import ALARMS
from shopguard.web.app import viewed, viewer
from shopguard.web.bilingual import of_two
from shopguard.web.language import gettext as _
from shopguard.web.office.desk import Answer, comes_back_to, done_by_office, home, needed, pages, seen_by_office


@pages.get("/alarms")
@seen_by_office
def alarms(number: int | None = None, errors: Mapping[str, str] = {}) -> str:  # read only
    """Show the alarms; ``number`` is the one whose answer was refused."""
    monitoring, of_all = home().monitoring, "all" in request.args
    raised = monitoring.all() if of_all else monitoring.open()
    viewed("alarms")
    return render_template(
        "office/alarms.html",
        alarms=[(one, of_two(*reversed(ALARMS[one.alarm.code]))) for one in raised],
        of_all=of_all,
        number=number,
        errors=errors,
    )


@pages.post("/alarms/<int(max=2147483647):number>/answer")
@done_by_office
@comes_back_to(alarms)
def answer_alarm(number: int) -> Answer:
    """Keep what came of an alarm."""
    said = needed("reason", _("Say what came of it; it is kept."))
    home().monitoring.answer(number, viewer().name, said)
    return redirect(url_for("office.alarms", did="answered"), 303)
