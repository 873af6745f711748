"""When an order that waits is to leave its shop, in the reader's words and by the shop's clock."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton

from shopguard.guard.reviews import Review, ReviewState
from shopguard.model import Stage
from shopguard.web.app import service
from shopguard.web.console.desk import Desk
from shopguard.web.language import gettext, language

_STOPPED = (ReviewState.OPEN, ReviewState.KEPT)


@dataclass(frozen=True, slots=True)
class Ships:
    """``said`` is day and time, "today 15:00". ``is_over``: it should have left by now."""

    said: str
    is_over: bool


def ships(review: Review | None) -> Ships | None:
    """Return when an order is to leave; None if nobody knows, if it may go already, or has gone."""
    if review is None or review.ship_by is None or review.state not in _STOPPED or review.stage is not Stage.OPEN:
        return None
    desk = service(Desk)
    now, zone = desk.clock(), desk.zone(review.ref.shop)
    return Ships(_when(review.ship_by, now, zone), review.ship_by < now)


def _when(at: float, now: float, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(at, zone)
    time = f"{local:%H:%M}"
    days = (local.date() - datetime.fromtimestamp(now, zone).date()).days
    if days == 0:
        return gettext("today %(time)s", time=time)
    if days == 1:
        return gettext("tomorrow %(time)s", time=time)
    if days == -1:
        return gettext("yesterday %(time)s", time=time)
    return f"{format_skeleton('MMMd', local, locale=language().value)} {time}"
