"""What holds for every page: one-time links in, headers out, forms of one's own, the reader's language."""

import re

import pytest
import sqlalchemy as sa

from shopguard.storage.tables import sign_in
from shopguard.web.accounts.links import LINK_LIFE_S, SignInLinks
from shopguard.web.roles import Role

from .conftest import Console, form_key, is_in, read

RELEASE = "/console/orders/main-store/5001/release"


@pytest.fixture
def held(console: Console) -> Console:
    """One order is held, and nobody is signed in."""
    console.order()
    return console


def links(console: Console) -> SignInLinks:
    return console.guard.people.links


@pytest.mark.parametrize("path", ["/", "/console", "/console/", RELEASE])
def test_a_visitor_is_shown_how_to_sign_in_and_nothing_else(held: Console, path: str) -> None:
    answer = held.visitor().get(path, follow_redirects=True)
    assert answer.status_code in (401, 405)
    for text in ("渡", "taro", "1042", '5001"', "12,800"):
        assert text not in answer.text


@pytest.mark.parametrize("decision", ["release", "keep"])
def test_a_visitor_decides_nothing(held: Console, decision: str) -> None:
    answer = held.visitor().post(f"/console/orders/main-store/5001/{decision}", data={"form_key": "guess"})
    assert answer.status_code == 307
    assert answer.location.startswith("/console/sign-in/hold?")
    assert held.guard.reviews.count_waiting() == 1


@pytest.mark.parametrize(
    "path", ["/console", "/console/shops", "/console/shops/main-store", "/console/accounts", "/console/me"]
)
def test_a_slash_too_many_or_too_few_is_the_same_page(console: Console, path: str) -> None:
    browser = console.browser()
    pages = [browser.get(f"{path}{slash}") for slash in ("", "/")]
    assert [page.status_code for page in pages] == [200, 200]
    assert len({re.search("<title>(.*?)</title>", page.text, re.DOTALL)[1] for page in pages}) == 1  # type: ignore[index]


def test_a_slash_too_many_opens_nothing_more(console: Console) -> None:
    assert console.visitor().get("/console/shops/").location.startswith("/console/sign-in?")
    assert console.browser(Role.OFFICE).get("/console/shops/").status_code == 403
    assert console.browser().post("/console/shops-examined/").status_code == 403


def test_a_link_signs_in_once(console: Console) -> None:
    token = links(console).make()
    first, second = console.visitor(), console.visitor()
    assert first.get(f"/console/sign-in?token={token}").status_code == 302
    assert second.get(f"/console/sign-in?token={token}").status_code == 403
    assert (is_in(first), is_in(second)) == (True, False)


def test_a_preview_of_the_link_does_not_use_it_up(console: Console) -> None:
    token, browser = links(console).make(), console.visitor()
    browser.head(f"/console/sign-in?token={token}")
    assert browser.get(f"/console/sign-in?token={token}").status_code == 302


def test_a_link_grows_old(console: Console) -> None:
    token, now, writer = links(console).make(), console.guard.clock(), console.guard.writer
    assert not SignInLinks(writer, lambda: now + LINK_LIFE_S + 1).redeem(token)
    assert SignInLinks(writer, lambda: now + LINK_LIFE_S - 1).redeem(token)


def test_making_a_link_forgets_those_that_grew_old_and_leaves_the_others(console: Console) -> None:
    now = console.guard.clock()
    SignInLinks(console.guard.writer, lambda: now - LINK_LIFE_S - 1).make()
    young = links(console).make()
    links(console).make()
    with console.guard.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(sign_in)).scalar() == 2
    assert links(console).redeem(young)


def test_a_link_is_not_stored_in_clear(console: Console) -> None:
    token = links(console).make()
    with console.guard.engine.connect() as connection:
        assert token not in repr(connection.execute(sa.select(sign_in)).all())


@pytest.mark.parametrize("token", ["", "x", "A" * 5000, "%00", "%ff%fe", "あ"], ids=ascii)
def test_a_guessed_link_signs_nobody_in(console: Console, token: str) -> None:
    browser = console.visitor()
    assert browser.get(f"/console/sign-in?token={token}").status_code == 403
    assert not is_in(browser)


@pytest.mark.parametrize("cookie", ["x", "eyJvcGVyYXRvciI6dHJ1ZX0.aaaa.bbbb", "\xff"], ids=ascii)
def test_a_forged_session_is_no_session(console: Console, cookie: str) -> None:
    browser = console.app.test_client(use_cookies=False)
    assert browser.get("/console/", headers={"Cookie": f"shopguard={cookie}"}).status_code == 302


@pytest.mark.parametrize("path", ["/console/", "/console/sign-in", "/console/nowhere", "/healthz", "/"])
def test_every_answer_forbids_scripts_frames_and_storing(held: Console, path: str) -> None:
    headers = held.browser().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_what_a_page_loads_is_ours_and_there(held: Console) -> None:
    browser = held.browser()
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"#]+)"', browser.get("/console/").text)
    assert loaded
    for source in loaded:
        assert source.startswith("/static/")
        with browser.get(source) as answer:
            assert answer.status_code == 200
            assert "immutable" in answer.headers["Cache-Control"]


def test_the_key_of_another_session_does_not_fit(held: Console) -> None:
    key = form_key(held.browser())
    assert held.browser().post(RELEASE, data={"form_key": key}).status_code == 403
    assert held.guard.reviews.count_waiting() == 1


@pytest.mark.parametrize("asked", ["ja", "ja-JP,en;q=0.5", "en;q=0.3,JA-jp;q=0.4", "fr", "*", ";;q=x", "en;q=0", ""])
def test_pages_are_japanese_for_who_asks_for_nothing_else(held: Console, asked: str) -> None:
    page = held.browser(Role.OPERATOR, language=asked).get("/console/").text
    assert 'lang="ja"' in page
    assert "出荷保留" in read(page)
    assert "電話・氏名・メール 登録と一致 · 2件" in read(page)
