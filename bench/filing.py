"""How long a shop waits until a report with three files is filed: draft, files, receipt, over HTTP.

    python bench/filing.py --reports 40

The registry and its keyed function run as they do in service; the shop asks as ``shopguard report`` does. The files
are a photograph of 3 MB, a PDF of 1 MB and a mail of 20 KB.
"""

import argparse
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import yaml
from people.person import population
from people.writing import party, write
from rounds import Demand, Figures, Outcome, machine, quantile, tell
from servers import free_port, wait_for

from shopguard.crypto import Keyring
from shopguard.identity import PROFILE
from shopguard.model import Category, Party, PaymentKind
from shopguard.registry.client import RegistryClient
from shopguard.registry.client.reports import ReportClient
from shopguard.registry.client.transport import Http
from shopguard.registry.home import RegistryHome
from shopguard.registry.reports.model import Answers, Channel, Reminder, ReportContent
from shopguard.registry.reports.wording import QUESTIONS
from shopguard.registry.signing import Signer, key_id_of

_MEMBER, _HOST = "bench-shop", "127.0.0.1"
_DEMAND = Demand("P0-4", "a report with three files, p95 ms", lambda figures: figures["p95 ms"], at_most=1_000)
_MAIL = (
    b"From: shop@example.jp\r\nTo: buyer@example.jp\r\nDate: Thu, 1 Oct 2026 10:00:00 +0900\r\n"
    b"Subject: reminder\r\n\r\n" + b"Please pay the invoice that came with your order.\r\n" * 400
)


def main() -> int:
    """File, measure, print; 1 if it took too long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=40, help="in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dir", type=Path, help="where the files lie; a temporary folder otherwise")
    parser.add_argument("--json", action="store_true", help="every round as JSON")
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    buyers = [party(write(chance, who)) for who in population(chance, chosen.reports * chosen.rounds)]
    with tempfile.TemporaryDirectory(dir=chosen.dir) as folder, _shop(Path(folder)) as shop:
        rounds = []
        for number in range(chosen.rounds):
            tell(f"round {number + 1} of {chosen.rounds}")
            rounds.append(_round(shop, buyers[number :: chosen.rounds], number))
    outcome = Outcome(rounds, [_DEMAND])
    print(outcome.as_json() if chosen.json else f"{machine()}\n\n{outcome.as_markdown()}")
    return 0 if outcome.is_met else 1


@contextmanager
def _shop(folder: Path) -> Iterator[ReportClient]:
    """A member of a registry that runs as in service."""
    home = RegistryHome(folder, "bench", Keyring.create(folder / "keys.json"), lambda: datetime.now(UTC))
    home.prepare()
    port, signer = free_port(), Signer.of_seed(secrets.token_bytes(32))
    home.members.create(_MEMBER, "Benchmark", signer.public, daily_orders=None)
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump({"registry": {"name": "bench"}}))
    places = ["--config", str(config), "--data-dir", str(folder), "--port", str(port)]
    process = subprocess.Popen([sys.executable, "-m", "shopguard", "serve", "--role", "registry", *places])
    line = Http(f"http://{_HOST}:{port}", 10.0)
    try:
        wait_for(port)
        centre_keys = {key_id_of(public): public for public in home.answer_keys.publics}
        clock, secret = home.clock, secrets.token_bytes(32)
        yield ReportClient(RegistryClient(line, _MEMBER, lambda: signer, secret, PROFILE, lambda: centre_keys, clock))
    finally:
        line.close()
        process.terminate()
        process.wait(20)
        home.close()


def _round(shop: ReportClient, buyers: list[Party], number: int) -> Figures:
    times = []
    for order, buyer in enumerate(buyers):
        content, files = _content(f"{number}-{order}", buyer), _files()
        began = time.perf_counter()
        shop.file(content, files)
        times.append(1_000 * (time.perf_counter() - began))
    return {"median ms": quantile(times, 0.5), "p95 ms": quantile(times, 0.95)}


def _files() -> dict[str, bytes]:
    """Fresh ones: nothing is stored twice."""
    photograph = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + secrets.token_bytes(3_000_000)
    invoice = b"%PDF-1.4\n" + secrets.token_bytes(1_000_000).replace(b"/", b"-") + b"\n%%EOF\n"
    return {"parcel.jpg": photograph, "invoice.pdf": invoice, "reminder.eml": _MAIL}


def _content(order_id: str, buyer: Party) -> ReportContent:
    """A report that keeps the rules, counted from today."""
    today = datetime.now(UTC).date()
    ordered, due = today - timedelta(days=90), today - timedelta(days=60)
    answers = dict.fromkeys(QUESTIONS, "商品は配達済みで、期日を過ぎても入金がありません。")
    evidence = dict.fromkeys(QUESTIONS, ("parcel.jpg", "invoice.pdf", "reminder.eml"))
    return ReportContent(
        order_id=order_id,
        category=Category.UNPAID,
        party=buyer,
        ordered_on=ordered,
        payment=PaymentKind.PAY_LATER,
        items="花束",
        amount=Decimal(12_800),
        shipped_on=ordered + timedelta(days=1),
        delivered_on=ordered + timedelta(days=2),
        due_on=due,
        reminders=tuple(Reminder(due + timedelta(days=days), Channel.MAIL, by_person=True) for days in (10, 20)),
        warned_on=due + timedelta(days=20),
        answers=Answers(**answers, evidence=evidence),
    )


if __name__ == "__main__":
    sys.exit(main())
