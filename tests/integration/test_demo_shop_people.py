"""Who comes to the simulated shop, and that a restart neither forgets nor repeats anybody."""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import date
from itertools import islice
from pathlib import Path

import pytest
import requests

from shopguard import wire
from shopguard.demo.document import BANK_TRANSFER, COD
from shopguard.demo.people import RECYCLED_PHONE, demo_entries, listed_buyers
from shopguard.demo.shop import DemoShopSettings, ShopSimulation, serve_shop
from shopguard.demo.store import ShopStore
from shopguard.demo.traffic import demo_orders
from shopguard.model import Entry

from ..ports import free_ports

LISTED_NAMES = {(b.billing["last_name"], b.billing["first_name"]) for b in listed_buyers()}


def name(billing: object) -> tuple[str, str]:
    assert isinstance(billing, dict)
    return billing["last_name"], billing["first_name"]


@pytest.mark.parametrize("seed", range(5))
def test_the_first_buyer_is_ordinary_and_the_second_is_listed_and_pays_at_the_door(seed: int) -> None:
    first, second = islice(demo_orders(seed), 2)
    assert name(first.billing) not in LISTED_NAMES
    assert first.payment_method not in (COD, BANK_TRANSFER)
    assert second.payment_method == COD
    assert not second.draft
    assert second.billing == listed_buyers()[0].billing


def test_the_sequence_is_the_same_for_the_same_seed_wherever_it_starts() -> None:
    assert list(islice(demo_orders(7, start=10), 5)) == list(islice(demo_orders(7), 15))[10:]
    assert list(islice(demo_orders(7), 15)) != list(islice(demo_orders(8), 15))


def test_every_kind_of_buyer_comes_regularly() -> None:
    orders = list(islice(demo_orders(), 28))
    listed = [o for o in orders if name(o.billing) in LISTED_NAMES]
    ordinary = [o for o in orders if o not in listed]
    assert sum(o.payment_method == COD for o in listed) >= 4
    assert any(o.payment_method == BANK_TRANSFER for o in listed)
    assert any(o.payment_method == BANK_TRANSFER for o in ordinary)
    assert any(o.draft for o in listed) and any(o.draft for o in ordinary)
    assert any(o.correction for o in ordinary)
    assert any(o.billing["phone"] == RECYCLED_PHONE for o in ordinary)
    assert len(ordinary) > len(listed)


def test_ordinary_buyers_share_no_number_with_the_list() -> None:
    phones = {phone for buyer in listed_buyers() for phone in (*buyer.party.phones, buyer.billing["phone"])}
    strangers = [o for o in islice(demo_orders(), 100) if name(o.billing) not in LISTED_NAMES]
    assert {o.billing["phone"] for o in strangers} & phones == {RECYCLED_PHONE}


def test_the_list_is_in_contract_form_and_lies_in_the_past() -> None:
    entries = list(demo_entries(date(2026, 11, 2)))
    assert len(entries) == 8
    assert len({entry.category for entry in entries}) >= 4
    for entry in entries:
        assert wire.decode(wire.encode(entry), Entry) == entry
        assert entry.first_on < entry.last_on < date(2026, 11, 2)


def test_everybody_is_invented() -> None:
    for buyer in listed_buyers():
        for email in (*buyer.party.emails, buyer.billing["email"]):
            assert email.casefold().rpartition("@")[2] in ("example.com", "example.jp", "example.net", "example.org")


def test_a_draft_is_placed_and_a_correction_made_by_the_next_buyers_time(tmp_path: Path) -> None:
    shop = ShopSimulation(DemoShopSettings(tmp_path / "shop.sqlite", "ck", "cs"))
    orders = list(islice(demo_orders(), 15))
    for number, expected in enumerate(orders):
        shop.next_buyer()
        before = shop.store.order_of_checkout(number)
        assert before is not None
        assert (before.status == "checkout-draft") == expected.draft
    drafts = [shop.store.order_of_checkout(n) for n, order in enumerate(orders[:-1]) if order.draft]
    assert drafts and all(order is not None and order.status == "processing" for order in drafts)
    edited = [(shop.store.order_of_checkout(n), o.correction) for n, o in enumerate(orders[:-1]) if o.correction]
    assert edited
    for order, correction in edited:
        assert order is not None and correction is not None
        assert order.document["billing"]["address_2"] == correction["address_2"]
    shop.stop()


def test_a_second_start_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    settings = DemoShopSettings(tmp_path / "shop.sqlite", "ck", "cs")
    names = []
    for _ in range(3):
        shop = ShopSimulation(settings)
        shop.next_buyer()
        names = [name(order.document["billing"]) for order in shop.store.orders(descending=False)[0]]
        shop.stop()
    assert names == [name(order.billing) for order in islice(demo_orders(), 3)]


def test_a_killed_shop_has_kept_everything_it_answered_for(tmp_path: Path) -> None:
    path, port = tmp_path / "shop.sqlite", free_ports(1)[0]
    code = (
        "from pathlib import Path\n"
        "from shopguard.demo.shop import DemoShopSettings, serve_shop\n"
        f"serve_shop(DemoShopSettings(Path({str(path)!r}), 'ck', 'cs'), port={port})\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        placed = first_answer(f"http://127.0.0.1:{port}/simulate/buyer")
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    store = ShopStore(path)
    assert [order.id for order in store.orders()[0]] == [placed["id"]]
    store.close()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_cleanly_when_it_is_told_to(tmp_path: Path, ending: signal.Signals) -> None:
    path, port = tmp_path / "shop.sqlite", free_ports(1)[0]
    code = (
        "from pathlib import Path\n"
        "from shopguard.demo.shop import DemoShopSettings, serve_shop\n"
        f"serve_shop(DemoShopSettings(Path({str(path)!r}), 'ck', 'cs', order_every_s=60), port={port})\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    try:
        first_answer(f"http://127.0.0.1:{port}/simulate/buyer")
        process.send_signal(ending)
        _, said = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, said) == (0, b"")


def test_a_taken_port_is_an_error_of_its_own_and_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite"
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        serve_shop(DemoShopSettings(path, "ck", "cs"), port=other.getsockname()[1])
    assert not path.exists()


def first_answer(address: str) -> dict[str, object]:
    """Call until the server has started, at most 30 s."""
    deadline = time.monotonic() + 30
    while True:
        try:
            answer: dict[str, object] = requests.post(address, timeout=10).json()
        except requests.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return answer
