"""Reporting the buyer of an order on its page: filled in from the order, refused with words, filed with a receipt."""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from shopguard.config import Config, Mode, ShopSettings
from shopguard.model import Party, Payment, PaymentKind
from shopguard.registry.home import RegistryHome
from shopguard.storage.tables import audit
from shopguard.testing.registry import FakeRegistry
from shopguard.web.roles import Role

from .conftest import ORDER, SHOP, Console, Install, press, read

PAGE = f"/console/orders/{SHOP}/5001/report"
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
BUYER = Party(
    name="見本 太郎",
    postal_code="105-0011",
    region="東京都",
    city="港区",
    lines=("芝公園4-2-8",),
    phones=("090-0000-1111",),
)


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).date().isoformat()


def answered(**changes: Any) -> Mapping[str, Any]:
    """What the shop adds to what its order fills in."""
    return {
        "items": "花束",
        "shipped_on": ago(78),
        "delivered_on": ago(77),
        "due_on": ago(60),
        "reminders[0].on": ago(50),
        "reminders[0].channel": "mail",
        "reminders[1].on": ago(40),
        "reminders[1].channel": "phone",
        "reminders[1].by_person": "1",
        "warned_on": ago(40),
        "answers.ground": "期日を過ぎても入金がありません",
        "answers.clear": "請求書にこの注文番号があります",
        "answers.fits": "商品は届いています",
        "answers.acted": "二度督促しました",
        **changes,
    }


def filled_in(browser: FlaskClient, address: str = PAGE) -> dict[str, str]:
    """What the page shows in its fields before anybody typed."""
    page = browser.get(address).text
    found = dict(re.findall(r'<input [^>]*?name="([^"]+)" type="[a-z]+" value="([^"]*)"', page))
    found |= dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    found |= dict(re.findall(r'<textarea [^>]*?name="([^"]+)"[^>]*>([^<]*)</textarea>', page))
    for name, options in re.findall(r'<select [^>]*?name="([^"]+)"[^>]*>(.*?)</select>', page):
        chosen = re.search(r'value="([^"]+)" selected', options)
        found[name] = chosen.group(1) if chosen else re.findall(r'value="([^"]+)"', options)[0]
    return found


@pytest.fixture
def shop(install: Install, tmp_path: Path) -> Iterator[Console]:
    """A guard with a registry of its own; order 5001 was to be paid by the shop's own invoice."""
    settings = ShopSettings(SHOP, "fake", None, mode=Mode.HOLD, rate_per_s=1000)
    guard = install(Config(shops={SHOP: settings}), FakeRegistry())
    home = RegistryHome(tmp_path, "local", guard.keyring, lambda: datetime.now(UTC), apart=False)
    home.prepare()
    vars(guard)["home"] = home
    made = Console(guard)
    placed = datetime.now(UTC) - timedelta(days=80)
    payment = Payment(PaymentKind.PAY_LATER, "自社後払い")
    made.order(replace(ORDER, buyer=BUYER, payment=payment, placed_at=placed, total=Decimal(12800)))
    yield made
    home.close()


@pytest.fixture
def member(shop: Console) -> FlaskClient:
    """A browser of somebody who may report, and decides on orders too."""
    return shop.browser(Role.MEMBER, Role.OPERATOR, name="chiba")


def test_the_order_fills_the_form_in(member: FlaskClient) -> None:
    there = filled_in(member)
    assert there["party.name"] == "見本 太郎"
    assert there["party.lines"] == "芝公園4-2-8"
    assert there["party.phones"] == "090-0000-1111"
    assert there["category"] == "unpaid"
    assert there["payment"] == "pay_later"
    assert there["amount"] == "12800"


def test_a_name_in_two_parts_and_the_code_of_a_prefecture_are_filled_in_as_people_read_them(
    shop: Console, member: FlaskClient
) -> None:
    apart = Party(family="見本", given="花子", country="JP", region="JP13", city="港区", lines=("芝公園4-2-8",))
    shop.order(replace(ORDER, id="5002", buyer=apart))
    page = f"/console/orders/{SHOP}/5002/report"
    there = filled_in(member, page)
    assert (there["party.family"], there["party.given"], there["party.region"]) == ("見本", "花子", "東京都")
    assert "party.name" not in there
    again = press(member, page, {**there, "party.family": "実例"}, content_type="multipart/form-data")
    assert 'name="party.family" type="text" value="実例"' in again.text


def test_a_whole_report_is_filed_and_its_receipt_kept(shop: Console, member: FlaskClient) -> None:
    form = {**filled_in(member), **answered(), "files.all": (io.BytesIO(PDF), "請求書.pdf")}
    answer = press(member, PAGE, form, content_type="multipart/form-data")
    assert answer.status_code == 303, read(answer.text)
    page = read(member.get(answer.location).text)
    report = answer.location.rpartition("/")[2]
    assert f"The report {report} is filed" in page
    assert (shop.guard.data_dir / "receipts" / f"{report}.json").exists()
    with shop.guard.engine.connect() as connection:
        lines = connection.execute(sa.select(audit.c.actor, audit.c.detail).where(audit.c.action == "report")).all()
    assert [tuple(line) for line in lines] == [("chiba", report)]


def test_what_is_missing_stands_at_its_field_and_nothing_typed_is_lost(member: FlaskClient) -> None:
    typed = answered(**{"answers.ground": "", "due_on": "きのう", "answers.clear": "<b>請求書</b>"})
    answer = press(member, PAGE, {**filled_in(member), **typed}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert 'id="due_on-error"' in answer.text
    assert 'value="きのう"' in answer.text
    assert "&lt;b&gt;請求書&lt;/b&gt;" in answer.text
    assert "There is no such day" in read(answer.text)
    again = press(member, PAGE, {**filled_in(member), **typed, "due_on": ago(60)}, content_type="multipart/form-data")
    assert 'id="answers.ground-error"' in again.text
    assert 'id="files.clear-error"' in again.text


def test_a_file_of_the_wrong_kind_is_refused_by_name_and_nothing_is_filed(shop: Console, member: FlaskClient) -> None:
    form = {**filled_in(member), **answered(), "files.all": (io.BytesIO(b"MZ\x90\x00" * 50), "請求書.pdf")}
    answer = press(member, PAGE, form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert 'id="files.all-error"' in answer.text or "evidence-1.pdf" in answer.text
    assert "choose them again" in read(answer.text)


def test_an_order_is_reported_once(member: FlaskClient) -> None:
    def send() -> Any:
        form = {**filled_in(member), **answered(), "files.all": (io.BytesIO(PDF), "a.pdf")}
        return press(member, PAGE, form, content_type="multipart/form-data")

    assert send().status_code == 303
    again = send()
    assert again.status_code == 422
    assert "there is a report of this order already" in read(again.text)


def test_only_people_who_may_report_see_the_form(shop: Console, member: FlaskClient) -> None:
    clerk = shop.browser(Role.OPERATOR)
    assert clerk.get(PAGE).status_code == 403
    assert PAGE not in clerk.get(PAGE.removesuffix("/report")).text
    assert PAGE in member.get(PAGE.removesuffix("/report")).text
    stranger = shop.browser(Role.MEMBER, shops=["second-store"])
    assert stranger.get(PAGE).status_code == 404
