"""Replay of a policy over stored orders: what would have been held, day by day, before the policy is switched on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, render_template, request

from shopguard.config import Mode, policy_text, read_policy
from shopguard.errors import ConfigError
from shopguard.guard.replay import Day, Replay, Replayed
from shopguard.model import VerdictKind
from shopguard.web.app import Link, Section, service
from shopguard.web.console.desk import Desk
from shopguard.web.language import gettext, later
from shopguard.web.roles import Role, only

pages = Blueprint("replaying", __name__, template_folder="templates", url_prefix="/console/replay")

DAYS = (14, 30, 90)
"""How far back a replay may go; 14 days are how long a new shop observes."""

_HEIGHT, _WIDTH, _GAP = 160, 18, 10
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of the chart: two columns side by side, in pixels, measured from below. ``x`` is its left edge."""

    day: date
    x: int
    columns: Sequence[tuple[int, int, int]]  # left edge, height of holds, height of flags


@dataclass(frozen=True, slots=True)
class Chart:
    """``most`` is what the full height stands for."""

    bars: Sequence[Bar]
    width: int
    height: int
    most: int


def replaying_section(replay: Replay) -> Section:
    link = Link(later("Replay"), "replaying.form", frozenset({Role.SHOP_ADMIN, Role.AUDITOR}))
    return Section(pages, [link], [replay])


@pages.get("/")
@only(Role.SHOP_ADMIN, Role.AUDITOR)
def form() -> str | tuple[str, int]:
    """The present rules over the last 14 days: for a shop that observes, what it would have done."""
    desk = service(Desk)
    shop = next(
        (name for name in [request.args.get("shop", ""), *desk.shops_seen()] if name in desk.shops_seen()), ""
    )
    if not shop:
        return render_template("console/replay.html", shops=(), errors={})
    return _page(shop, policy_text(desk.shops[shop].policy), DAYS[0], {})


@pages.post("/")
@only(Role.SHOP_ADMIN, Role.AUDITOR)
def run() -> str | tuple[str, int]:
    desk, shop, text = service(Desk), request.form.get("shop", ""), request.form.get("policy", "")
    days = next((days for days in DAYS if str(days) == request.form.get("days")), DAYS[0])
    if shop not in desk.shops_seen():
        return render_template("console/replay.html", shops=desk.shops_seen(), errors={"shop": _CHOOSE}), 422
    return _page(shop, text, days, {})


_CHOOSE = later("Choose one of your shops.")


def _page(shop: str, text: str, days: int, errors: dict[str, str]) -> str | tuple[str, int]:
    desk, replayed = service(Desk), None
    try:
        policy = read_policy(text)
    except ConfigError as error:
        errors["policy"] = gettext("These rules cannot be read: %(faults)s", faults="; ".join(error.faults))
    else:
        replayed = service(Replay).run(shop, policy, desk.clock() - days * _DAY_S, desk.zone(shop))
    page = render_template(
        "console/replay.html",
        shops=desk.shops_seen(),
        shop=shop,
        text=text,
        days=days,
        choices=DAYS,
        errors=errors,
        replayed=replayed,
        chart=chart(replayed) if replayed and replayed.days else None,
        is_observing=desk.shops[shop].settings.mode is Mode.OBSERVE,
        kinds=VerdictKind,
    )
    return (page, 422) if errors else page


def chart(replayed: Replayed) -> Chart:
    """Return the days of a replay as columns: on the left what was judged, on the right what would be."""
    first, last = min(replayed.days), max(replayed.days)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    kept = [replayed.days.get(day, Day()) for day in days]
    most = max((stopped(counts) for day in kept for counts in (day.was, day.would_be)), default=0) or 1

    def column(left: int, counts: Counter[VerdictKind]) -> tuple[int, int, int]:
        holds, flags = counts[VerdictKind.HOLD], counts[VerdictKind.FLAG]
        return left, round(_HEIGHT * holds / most), round(_HEIGHT * flags / most)

    step = 2 * _WIDTH + _GAP
    bars = [
        Bar(day, step * n, (column(step * n, one.was), column(step * n + _WIDTH, one.would_be)))
        for n, (day, one) in enumerate(zip(days, kept, strict=True))
    ]
    return Chart(bars, step * len(days), _HEIGHT, most)


def stopped(counts: Counter[VerdictKind]) -> int:
    """Return how many orders a person would have to look at."""
    return counts[VerdictKind.HOLD] + counts[VerdictKind.FLAG]
