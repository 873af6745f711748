"""How long the office waits when many reports are in its queue: a page of it, the next report, all about one report.

    python bench/office.py --reports 10000
    python bench/postgres.py bench/office.py --reports 10000

Reports are on the invented people of ``people/``: one in ten was reported by a second shop too. A page
has 50. Beside the services, their pages are asked for as a signed-in browser does, without the network.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from flask.testing import FlaskClient
from pages import main, signed_in
from people.person import population
from people.writing import party, write
from rounds import Demand, Figures, quantile, tell

from shopguard.adapter import Secret
from shopguard.bootstrap import Installation
from shopguard.config import Config
from shopguard.config.settings import DatabaseSettings
from shopguard.crypto import Keyring
from shopguard.model import Category, Party, PaymentKind
from shopguard.registry.home import RegistryHome
from shopguard.registry.office.queue import PAGE, Filters
from shopguard.registry.reports.model import Report, ReportContent, ReportState
from shopguard.registry.reports.store import new_report_id, subject_of
from shopguard.storage.engine import writing

_MEMBERS = 200
_WITH_A_SECOND = 10  # one in so many
_AT_ONCE = 500
_CALLS = 60  # of each kind in a round
_DEMAND_MS = 150


@contextmanager
def _filled(home: Path, url: str | None, reports: int, chance: random.Random) -> Iterator[Callable[[int], Figures]]:
    keys = Keyring.create(home / "keys.json")
    database = DatabaseSettings(Secret(url) if url else None)
    guard = Installation(Config(database=database), keys, home, {})
    registry = RegistryHome(home, "bench", keys, lambda: datetime.now(UTC), url, apart=False)
    vars(guard)["home"] = registry
    with closing(guard):
        guard.migrate()
        ids = _fill(registry, reports, chance)
        yield lambda number: _round(registry, signed_in(guard), ids, random.Random(number))


def _demands(reports: int) -> Sequence[Demand]:
    return [
        Demand("P0-5", f"a page of a queue of {reports:,}, ms", lambda it: it["page p95 ms"], at_most=_DEMAND_MS),
        Demand("screens", "the same in the browser, ms", lambda it: it["queue page p95 ms"], at_most=_DEMAND_MS),
    ]


def _fill(home: RegistryHome, count: int, chance: random.Random) -> Sequence[str]:
    """Put reports into the queue, past the signed API: what filing costs is measured elsewhere."""
    ids: list[str] = []
    buyers = list(_parties(count, chance))
    for start in range(0, count, _AT_ONCE):
        piece = buyers[start : start + _AT_ONCE]
        tell(f"{len(ids):,} reports")
        with writing(home.engine("vault")) as connection:
            numbers = list(home.records.vault.allocate(connection, "entry", len(piece)))
        home.records.keys.make(numbers)
        with writing(home.engine("vault")) as connection:
            for number, buyer in zip(numbers, piece, strict=True):
                report = _report(number, buyer, chance)
                home.reports.store.add(connection, report)
                home.seen.note(connection, subject_of(report), buyer)
                ids.append(report.id)
    return ids


def _parties(count: int, chance: random.Random) -> Iterator[Party]:
    made = 0
    for who in population(chance, count):
        buyer = party(write(chance, who))
        for _ in range(2 if made % _WITH_A_SECOND == 0 else 1):
            if made < count:
                yield buyer
                made += 1


def _report(number: int, buyer: Party, chance: random.Random) -> Report:
    content = ReportContent(
        order_id=str(number),
        category=chance.choice([Category.UNPAID, Category.COD_REFUSED, Category.PRANK_ORDER]),
        party=buyer,
        ordered_on=date(2026, 8, 1),
        payment=PaymentKind.PAY_LATER,
        amount=Decimal(12_800),
        due_on=date(2026, 9, 1),
        note="商品は配達済みで、期日を過ぎても入金がありません。" * 10,
    )
    filed_at = time.time() - chance.random() * 30 * 86_400
    member = f"shop-{chance.randrange(_MEMBERS)}"
    return Report(number, new_report_id(), member, ReportState.SUBMITTED, content, filed_at, filed_at, 80)


def _round(home: RegistryHome, browser: FlaskClient, ids: Sequence[str], chance: random.Random) -> Figures:
    office, category = home.moderation, Filters(category=Category.COD_REFUSED)

    def take(number: int) -> None:
        by = f"account {number}"
        report = office.take_next(by)
        if report is not None:
            office.put_back(report.id, by)

    calls: dict[str, Callable[[int], object]] = {
        "page": lambda _: office.queue(skip=chance.randrange(max(1, len(ids) - PAGE))),
        "page of a category": lambda _: office.queue(category),
        "next": take,
        "show": lambda _: office.show(chance.choice(ids), "account"),
        "queue page": lambda _: _open(browser, f"/office/reports?from={chance.randrange(max(1, len(ids) - PAGE))}"),
        "report page": lambda _: _open(browser, f"/office/reports/{chance.choice(ids)}"),
        "deadlines page": lambda _: _open(browser, "/office/"),
    }
    took: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(_CALLS):
        for name in chance.sample(list(calls), len(calls)):
            began = time.perf_counter()
            calls[name](number)
            took[name].append((time.perf_counter() - began) * 1000)
    return {
        f"{name} {quantity} ms": quantile(times, share)
        for name, times in took.items()
        for quantity, share in (("p50", 0.5), ("p95", 0.95))
    }


def _open(browser: FlaskClient, address: str) -> None:
    assert browser.get(address).status_code == 200


if __name__ == "__main__":
    raise SystemExit(main(__doc__ or "", "reports", _filled, _demands))
