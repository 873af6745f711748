"""How long an operator waits for the queue's pages when many orders wait in it, and how many bytes each has.

    python bench/queue_page.py --reviews 10000
    python bench/postgres.py bench/queue_page.py --reviews 10000

Orders are by the invented people of ``people/``, each with a verdict of one match. Requests go through the whole
application as a signed-in browser sends them, without the network; a page has 50 orders.
"""

import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from datetime import time as clock_time
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from pages import main, signed_in
from people.person import population
from people.writing import party, write
from rounds import Demand, Figures, quantile, tell

from shopguard.adapter import Secret
from shopguard.bootstrap import Installation
from shopguard.config import Closed, Config, Mode, ShippingSettings, ShopSettings
from shopguard.config.settings import DatabaseSettings
from shopguard.crypto import Keyring
from shopguard.guard.reviews import open_review
from shopguard.guard.shipping import ship_by
from shopguard.matching.weights import Level
from shopguard.model import (
    Category,
    Comparison,
    Evidence,
    Match,
    Order,
    Payment,
    PaymentKind,
    Reason,
    Relation,
    ScreeningState,
    Strength,
    Verdict,
    VerdictKind,
)
from shopguard.storage.writer import Work
from shopguard.testing.fakes import FakePlatform
from shopguard.testing.registry import FakeRegistry

_SHOPS = ("main-store", "outlet", "b2b")
_PICKUP = clock_time(15)
_AT_ONCE = 500
_CALLS = 40  # of each kind in a round
_SEARCHES = 3
_WAIT_MS, _WIRE_KB = 150, 100


@contextmanager
def _filled(home: Path, url: str | None, reviews: int, chance: random.Random) -> Iterator[Callable[[int], Figures]]:
    guard = furnish(home, url)
    with closing(guard):
        fill(guard, reviews, chance)
        browser = signed_in(guard)
        yield lambda _: _round(guard, browser)


def _demands(reviews: int) -> Sequence[Demand]:
    return [
        Demand("page", f"p95 of a page of {reviews:,}, ms", lambda it: it["page p95 ms"], at_most=_WAIT_MS),
        Demand("wire", "page with style and script, kB", lambda it: it["first visit kB"], at_most=_WIRE_KB),
    ]


def furnish(home: Path, url: str | None = None) -> Installation:
    """Return a guard of three shops that asks nobody."""
    shops = {name: ShopSettings(name, "fake", None, mode=Mode.HOLD, rate_per_s=1_000) for name in _SHOPS}
    shops["outlet"] = replace(shops["outlet"], shipping=ShippingSettings(_PICKUP, 1, (Closed.SUN,)))
    config = Config(shops=shops, database=DatabaseSettings(Secret(url) if url else None))
    guard = Installation(config, Keyring.create(home / "keys.json"), home, {"fake": FakePlatform})
    vars(guard).update(registry=FakeRegistry(), listing_feed=FakeRegistry())
    guard.migrate()
    guard.states.introduce(list(shops), guard.clock())
    return guard


def fill(guard: Installation, count: int, chance: random.Random) -> None:
    """Let ``count`` orders wait, past the pipeline: what judging costs is measured elsewhere."""
    now, steps = time.time(), list[Work[Any]]()
    for number, who in enumerate(population(chance, count), start=1):
        opened_at = now - chance.random() * 3 * 86_400
        order = _order(number, who, opened_at, chance)
        steps.append(_waits(guard, order, opened_at, chance))
        if len(steps) == _AT_ONCE or number == count:
            tell(f"{number:,} orders")
            guard.writer.run(lambda connection, steps=tuple(steps): [step(connection) for step in steps])
            steps.clear()


def _order(number: int, who: Any, opened_at: float, chance: random.Random) -> Order:
    return Order(
        str(550_000 + number),
        chance.choice(_SHOPS),
        f"#{number}",
        placed_at=datetime.fromtimestamp(opened_at, UTC),
        total=Decimal(chance.randrange(1_000, 60_000, 10)),
        payment=chance.choice([Payment(PaymentKind.COD, "代金引換"), Payment(PaymentKind.PAY_LATER, "後払い")]),
        buyer=party(write(chance, who)),
        user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    )


def _waits(guard: Installation, order: Order, opened_at: float, chance: random.Random) -> Work[Any]:
    kind = VerdictKind.HOLD if chance.random() < 0.6 else VerdictKind.FLAG
    verdict = _verdict(order, kind, chance)
    leaves = ship_by(order, guard.shops[order.shop].settings, opened_at)
    keep = guard.store.keep(order, opened_at)
    judged = guard.store.judged(order, f"{order.id:0>64}", verdict, opened_at, None)

    def work(connection: sa.Connection) -> None:
        keep(connection)
        open_review(connection, order.ref, judged(connection) or 1, kind, "hold", opened_at, leaves)

    return work


def _verdict(order: Order, kind: VerdictKind, chance: random.Random) -> Verdict:
    strength = Strength.STRONG if kind is VerdictKind.HOLD else Strength.POSSIBLE
    is_held = kind is VerdictKind.HOLD
    place = (Relation.SAME, 3.6, Level.ADDRESS_ROOM) if is_held else (Relation.DIFFERENT, -0.8, Level.ADDRESS_CITY)
    evidence = (
        Evidence("name", Relation.NEAR, 2.1, level=Level.NAME_WRITTEN, details=("邊→辺",), share=0.0004),
        Evidence("address", place[0], place[1], level=place[2]),
        Evidence("phone", Relation.SAME, 4.0, level=Level.PHONE_MOBILE),
        Evidence("email", Relation.DIFFERENT, level=Level.EMAIL_LOCAL),
    )
    match = Match(
        f"E-{chance.randrange(100_000)}",
        Category.UNPAID,
        chance.randrange(1, 4),
        date(2026, chance.randrange(1, 11), 1),
        "buyer",
        Comparison(strength, 0.97, evidence),
    )
    reason = Reason(f"{strength.value}_match", "独立した二つ以上の項目が登録と一致しました。")
    return Verdict(order.id, kind, ScreeningState.SCREENED, "rules-1", (match,), (reason,))


def _round(guard: Installation, browser: FlaskClient) -> Figures:
    first = browser.get("/console/").text
    key = re.search(r'name="form_key" value="([^"]+)"', first)
    then = re.search(r'rel="next" href="([^"]+)"', first)
    assert key
    assert then
    open_at = "/console/?open=" + _first_key(first)
    opened = browser.get(open_at).text
    tenth = then[1]
    for _ in range(8):
        following = re.search(r'rel="next" href="([^"]+)"', browser.get(tenth.replace("&amp;", "&")).text)
        tenth = following[1] if following else tenth
    since = f"/console/queue/news?since={guard.clock() - 60}"
    sought = {"form_key": key[1], "sought": "nobody by this name"}  # looks at all that wait
    assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', opened)
    wire = len(opened.encode()) + sum(len(browser.get(asset).data) for asset in assets)
    return {
        **_times("page", _CALLS, lambda: browser.get("/console/")),
        **_times("with an order open", _CALLS, lambda: browser.get(open_at)),
        **_times("tenth page", _CALLS, lambda: browser.get(tenth.replace("&amp;", "&"))),
        **_times("filtered", _CALLS, lambda: browser.get("/console/?shop=b2b&verdict=flag&age=1h")),
        **_times("news", _CALLS, lambda: browser.get(since)),
        **_times("search", _SEARCHES, lambda: browser.post("/console/queue/search", data=sought)),
        "page kB": len(opened.encode()) / 1_000,
        "first visit kB": wire / 1_000,
        "news kB": len(browser.get(since).data) / 1_000,
    }


def _first_key(page: str) -> str:
    found = re.search(r'class="row[^>]*data-key="([^"]+)"', page)
    return found[1] if found else ""


def _times(name: str, calls: int, call: Callable[[], Any]) -> Figures:
    took, busy = [], time.process_time()
    for _ in range(calls):
        started = time.perf_counter()
        answer = call()
        took.append((time.perf_counter() - started) * 1_000)
        assert answer.status_code == 200, (name, answer.status_code)
    cpu = (time.process_time() - busy) * 1_000 / calls
    return {f"{name} p50 ms": quantile(took, 0.5), f"{name} p95 ms": quantile(took, 0.95), f"{name} CPU ms": cpu}


if __name__ == "__main__":
    raise SystemExit(main(__doc__ or "", "reviews", _filled, _demands))
