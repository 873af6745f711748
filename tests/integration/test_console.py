"""The console: who may see it, what it shows, and that its two buttons do what they say."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shopguard.bootstrap import Installation
from shopguard.config import Config, Language, Mode, ShopSettings
from shopguard.model import Category, Entry, Order, OrderRef, Party, Payment, PaymentKind, ShopAlarm, Stage
from shopguard.registry.protocol import Registry
from shopguard.storage.tables import audit, sign_in
from shopguard.testing.fakes import FakePlatform
from shopguard.testing.registry import FakeRegistry
from shopguard.web.accounts.links import LINK_LIFE_S, SignInLinks

BAD = Party(name="渡邊 太郎", phones=("090-0000-0001",), emails=("taro@example.jp",))
ENTRY = Entry("E-1", Category.UNPAID, BAD, 2, date(2025, 3, 1), date(2026, 8, 14))
ORDER = Order("5001", number="#1042", total=Decimal(12800), payment=Payment(PaymentKind.COD, "代金引換"), buyer=BAD)
REF = OrderRef("main-store", "5001")


def read(page: str) -> str:
    """What somebody reads of a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


class Office:
    """A guard with one shop, and a browser at its console."""

    def __init__(self, guard: Installation) -> None:
        self.guard = guard
        self.app = guard.console_app()
        self.browser = self.app.test_client()
        adapter = guard.shops["main-store"].adapter
        assert isinstance(adapter, FakePlatform)
        self.platform = adapter

    def order(self, order: Order = ORDER) -> None:
        """Let ``order`` come in and be judged."""
        self.guard.inbox.accept("main-store", f"{order.id} {order.total}", self.platform.delivery(order))
        self.platform.place(order)
        self.work()

    def work(self) -> None:
        self.guard.worker("w").run_until_idle()

    def link(self) -> str:
        return SignInLinks(self.guard.writer, self.guard.clock).make()

    def sign_in(self, browser: FlaskClient | None = None) -> TestResponse:
        return (browser or self.browser).get("/console/sign-in", query_string={"token": self.link()})

    def page(self, language: str = "en") -> str:
        answer = self.browser.get("/console/", headers={"Accept-Language": language})
        assert answer.status_code == 200
        return answer.text

    def form_key(self) -> str:
        found = re.search(r'name="form_key" value="([^"]+)"', self.page())
        assert found is not None
        return found.group(1)

    def press(self, decision: str, key: str | None = None, order_id: str = "5001") -> TestResponse:
        data = {} if key is None else {"form_key": key}
        return self.browser.post(f"/console/orders/main-store/{order_id}/{decision}", data=data)


Offices = Callable[[Mode], Office]


@pytest.fixture
def office_in(install: Callable[[Config, Registry], Installation]) -> Offices:
    def build(mode: Mode) -> Office:
        shop = ShopSettings("main-store", "fake", None, mode=mode, language=Language.JA, rate_per_s=1000)
        guard = install(Config(shops={"main-store": shop}), FakeRegistry(ENTRY))
        guard.migrate()
        return Office(guard)

    return build


@pytest.fixture
def office(office_in: Offices) -> Office:
    """A console with one held order; nobody is signed in."""
    made = office_in(Mode.HOLD)
    made.order()
    assert made.platform.held == {"5001"}
    return made


@pytest.fixture
def desk(office: Office) -> Office:
    """The same with an operator signed in."""
    assert office.sign_in().status_code == 302
    return office


# --- signing in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/console", "/console/", "/console/orders/main-store/5001/release"])
def test_a_visitor_is_shown_how_to_sign_in_and_nothing_else(office: Office, path: str) -> None:
    answer = office.browser.get(path, follow_redirects=True)
    assert answer.status_code in (401, 405)
    for text in ("渡", "taro", "1042", '5001"', "12,800"):
        assert text not in answer.text


@pytest.mark.parametrize("decision", ["release", "keep"])
def test_a_visitor_decides_nothing(office: Office, decision: str) -> None:
    answer = office.press(decision, "guess")
    assert answer.status_code == 307
    assert answer.location.startswith("/console/sign-in/hold?")
    office.work()
    assert office.platform.held == {"5001"}
    assert office.guard.reviews.count_waiting() == 1


def test_a_link_signs_in_once(office: Office) -> None:
    token = office.link()
    first, second = office.app.test_client(), office.app.test_client()
    assert first.get(f"/console/sign-in?token={token}").status_code == 302
    assert first.get("/console/").status_code == 200
    answer = second.get(f"/console/sign-in?token={token}")
    assert answer.status_code == 403
    assert second.get("/console/").status_code == 302


def test_a_link_grows_old(office: Office) -> None:
    now = office.guard.clock()
    token = SignInLinks(office.guard.writer, lambda: now).make()
    late = SignInLinks(office.guard.writer, lambda: now + LINK_LIFE_S + 1)
    assert not late.redeem(token)
    assert SignInLinks(office.guard.writer, lambda: now + LINK_LIFE_S - 1).redeem(token)


def test_making_a_link_forgets_those_that_grew_old_and_leaves_the_others(office: Office) -> None:
    now = office.guard.clock()
    SignInLinks(office.guard.writer, lambda: now - LINK_LIFE_S - 1).make()
    young = office.link()
    office.link()
    with office.guard.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(sign_in)).scalar() == 2
    assert SignInLinks(office.guard.writer, office.guard.clock).redeem(young)


def test_a_link_is_not_stored_in_clear(office: Office) -> None:
    token = office.link()
    with office.guard.engine.connect() as connection:
        assert token not in repr(connection.execute(sa.select(sign_in)).all())


@pytest.mark.parametrize("token", ["", "x", "A" * 5000, "%00", "%ff%fe", "あ"], ids=ascii)
def test_a_guessed_link_signs_nobody_in(office: Office, token: str) -> None:
    assert office.browser.get(f"/console/sign-in?token={token}").status_code == 403
    assert office.browser.get("/console/").status_code == 302


@pytest.mark.parametrize("cookie", ["x", "eyJvcGVyYXRvciI6dHJ1ZX0.aaaa.bbbb", "\xff"], ids=ascii)
def test_a_forged_session_is_no_session(office: Office, cookie: str) -> None:
    answer = office.app.test_client(use_cookies=False).get("/console/", headers={"Cookie": f"shopguard={cookie}"})
    assert answer.status_code == 302


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(office: Office) -> None:
    cookie = office.sign_in().headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_page_shows_the_order_and_why_it_waits(desk: Office) -> None:
    page = desk.page()
    for text in (
        "#1042",
        "渡邊 太郎",
        "¥12,800",
        "代金引換",
        "main-store",
        "On hold",
        "Phone: ＝ same",
        "Mail: ＝ same",
    ):
        assert text in read(page)
    assert 'lang="en"' in page


def test_an_order_that_has_shipped_is_not_said_to_be_on_hold(office_in: Offices) -> None:
    office = office_in(Mode.HOLD)
    office.order(replace(ORDER, stage=Stage.SHIPPED))
    office.sign_in()
    page = office.page()
    assert "Shipped, please check" in page
    assert "On hold" not in page
    assert "出荷済み・要確認" in office.page("ja")


def test_the_page_is_japanese_for_who_asks_for_nothing_else(desk: Office) -> None:
    for language in ("ja", "ja-JP,en;q=0.5", "en;q=0.3,JA-jp;q=0.4", "fr", "*", ";;q=x", "en;q=0", ""):
        page = desk.page(language)
        assert 'lang="ja"' in page
        assert "出荷保留" in page
        assert "電話: ＝ 一致" in read(page)


def test_the_page_of_an_idle_guard_says_that_nothing_waits(office_in: Offices) -> None:
    office = office_in(Mode.HOLD)
    office.sign_in()
    assert "No order is waiting." in office.page()


def test_what_a_buyer_wrote_is_text_and_never_markup(office: Office) -> None:
    evil = '"><script>alert(1)</script>'
    buyer = replace(BAD, name=f"渡邊 太郎 {evil}")
    office.order(replace(ORDER, id="5002", number=evil, buyer=buyer, payment=Payment(PaymentKind.COD, evil)))
    office.guard.states.raise_alarm(ShopAlarm("main-store", "code", evil), 1.0)
    office.sign_in()
    page = office.page()
    assert "alert(1)" in page
    assert page.count("<script") == 1  # ours
    assert '""&gt;' not in page


@pytest.mark.parametrize("query", ["did=<script>", "did=release&held=<b>", "did=keep&order=%00%ff", "x=" + "y" * 999])
def test_what_stands_in_the_address_is_not_echoed(desk: Office, query: str) -> None:
    answer = desk.browser.get(f"/console/?{query}")
    assert answer.status_code == 200
    assert answer.text.count("<script") == 1  # ours
    assert "<b>" not in answer.text


def test_an_order_whose_data_was_erased_can_still_be_decided(desk: Office) -> None:
    desk.guard.writer.run(desk.guard.store.erase(REF))
    page = desk.page()
    assert "渡" not in page
    assert desk.press("release", desk.form_key()).status_code == 303


@pytest.mark.parametrize("path", ["/console/", "/console/sign-in", "/console/nowhere", "/healthz", "/"])
def test_every_answer_forbids_scripts_frames_and_storing(desk: Office, path: str) -> None:
    headers = desk.browser.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_the_page_needs_nothing_that_its_policy_forbids(desk: Office) -> None:
    page = desk.page()
    assert "style=" not in page
    assert not re.search(r"\son[a-z]+=", page)
    sources = re.findall(r'(?:src|href)="([^"#]+)"', page)
    assert sources
    for source in sources:
        assert source.startswith("/")
        with desk.browser.get(source) as answer:
            assert answer.status_code == 200


# --- the buttons ----------------------------------------------------------------------------------------------------


def test_release_takes_our_hold_away(desk: Office) -> None:
    answer = desk.press("release", desk.form_key())
    assert answer.status_code == 303
    assert "being released" in desk.browser.get(answer.location, headers={"Accept-Language": "en"}).text
    desk.work()
    assert desk.platform.held == set()
    assert [effect[0] for effect in desk.platform.effects] == ["hold", "release"]
    assert "No order is waiting." in desk.page()


def test_keep_leaves_the_hold_and_takes_the_order_off_the_list(desk: Office) -> None:
    answer = desk.press("keep", desk.form_key())
    assert answer.status_code == 303
    desk.work()
    assert desk.platform.held == {"5001"}
    assert [effect[0] for effect in desk.platform.effects] == ["hold"]
    assert "No order is waiting." in desk.page()


def test_release_pressed_twice_releases_once(desk: Office) -> None:
    key = desk.form_key()
    assert [desk.press("release", key).status_code for _ in range(2)] == [303, 303]
    desk.work()
    assert [effect[0] for effect in desk.platform.effects] == ["hold", "release"]


def test_each_decision_is_on_record(desk: Office) -> None:
    desk.press("release", desk.form_key())
    with desk.guard.engine.connect() as connection:
        lines = connection.execute(sa.select(audit.c.actor, audit.c.action, audit.c.order_id)).all()
    assert ("owner", "release", "5001") in [tuple(line) for line in lines]


@pytest.mark.parametrize("decision", ["release", "keep"])
@pytest.mark.parametrize("key", [None, "", "guess", "あ", "\x00", "k" * 10_000], ids=lambda key: repr(key)[:10])
def test_a_button_without_the_forms_key_does_nothing(desk: Office, decision: str, key: str | None) -> None:
    assert desk.press(decision, key).status_code == 403
    desk.work()
    assert desk.platform.held == {"5001"}
    assert desk.guard.reviews.count_waiting() == 1


def test_the_key_of_another_session_does_not_fit(desk: Office) -> None:
    key = desk.form_key()
    other = desk.app.test_client()
    desk.sign_in(other)
    answer = other.post("/console/orders/main-store/5001/release", data={"form_key": key})
    assert answer.status_code == 403


def test_an_order_or_a_decision_that_does_not_exist_is_404(desk: Office) -> None:
    key = desk.form_key()
    assert desk.press("release", key, "9999").status_code == 404
    assert desk.press("burn", key).status_code == 404
    assert desk.browser.post("/console/orders/other/5001/release", data={"form_key": key}).status_code == 404
    assert desk.guard.reviews.count_waiting() == 1


def test_looking_never_decides(desk: Office) -> None:
    assert desk.browser.get("/console/orders/main-store/5001/release").status_code == 405
    assert desk.guard.reviews.count_waiting() == 1


def test_in_observe_mode_the_page_says_that_nothing_was_written(office_in: Offices) -> None:
    office = office_in(Mode.OBSERVE)
    office.order()
    office.sign_in()
    page = office.page()
    assert "Observe mode" in page
    assert "Mark as checked" in page
    assert "Release the hold" not in page
    office.press("release", office.form_key())
    office.work()
    assert office.platform.effects == []


def test_a_store_that_is_away_is_503_and_shows_no_order(desk: Office) -> None:
    key = desk.form_key()
    desk.guard.engine.dispose()
    path = desk.guard.data_dir / "guard.db"
    path.rename(path.with_suffix(".gone"))
    path.mkdir()
    for answer in (desk.browser.get("/console/"), desk.press("release", key)):
        assert answer.status_code == 503
        assert answer.headers["Cache-Control"] == "no-store"
        assert "渡" not in answer.text


def test_a_preview_of_the_link_does_not_use_it_up(office: Office) -> None:
    token = {"token": office.link()}
    office.browser.head("/console/sign-in", query_string=token)
    assert office.browser.get("/console/sign-in", query_string=token).status_code == 302
