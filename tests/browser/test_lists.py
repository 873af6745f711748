"""A list from Excel: chosen, looked at, taken over, found; with and without JavaScript."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response
from playwright.sync_api import Browser, Page, expect

from shopguard.sheets import excel_of
from shopguard.web import site

from ..running_demo import Demo

ROWS = [("氏名", "電話番号", "備考"), ("見本 花子", "080-0000-7777", "受取辞退"), ("鈴木 一郎", "12", "未払い")]


def test_a_list_is_brought_from_excel_without_javascript(browser: Browser, demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    file.write_bytes(excel_of(ROWS))
    context = browser.new_context(locale="en-GB", java_script_enabled=False, base_url=demo.console)
    page = context.new_page()
    page.goto(demo.new_link())
    page.goto("/console/own-list/import")
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Show what would be taken over").click()
    expect(page.locator("main")).to_contain_text("This is no number that can be called.")
    page.get_by_role("button", name="Take over 1 row, leave the others out").click()
    expect(page.locator("main")).to_contain_text("1 person was put on the list.")
    page.get_by_role("link", name="To the list").click()
    page.fill("#sought", "0000-7777")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".lines")).to_contain_text("見本 花子")
    page.get_by_role("button", name="off the list").click()
    expect(page.locator("main")).to_contain_text("nothing of them is kept here")
    context.close()


def test_a_search_is_read_out_before_it_is_made(page: Page) -> None:
    page.goto("/console/search/")
    page.fill("#name", "渡邊 花子")
    page.fill("#phone", "０８０－００００－７７７７")
    page.fill("#case", "#1042")
    page.get_by_role("button", name="Show how this is understood").click()
    expect(page.locator("main")).to_contain_text("+81 80-0000-7777")
    page.get_by_role("button", name="Yes: search the registry and the own list").click()
    expect(page.locator("h1")).to_contain_text("What the search found")
    assert "%" not in page.url and "7777" not in page.url
    assert Axe().run(page).violations_count == 0


def test_the_latest_step_is_seen_while_a_page_comes_in(browser: Browser, serve: Callable[[Flask], int]) -> None:
    over = threading.Event()
    app = Flask(__name__, static_folder=str(Path(site.__file__).parent / "static"))

    @app.get("/")
    def grow() -> Response:
        def parts() -> Iterator[str]:
            yield f'<link rel="stylesheet" href="/static/lists.css"><main><h1>x</h1>{" " * 4096}<div class="steps">'
            yield "<p>500 rows</p>\n<p>1,000 rows</p>\n"
            over.wait(60)
            yield "</div><p>All of them</p></main>"

        return Response(parts(), content_type="text/html; charset=utf-8")

    context = browser.new_context()
    page = context.new_page()
    try:
        page.goto(f"http://127.0.0.1:{serve(app)}/", wait_until="commit")
        expect(page.get_by_text("1,000 rows")).to_be_visible()
        expect(page.get_by_text("500 rows")).to_be_hidden()
    finally:
        over.set()
    expect(page.get_by_text("All of them")).to_be_visible()
    expect(page.get_by_text("1,000 rows")).to_be_hidden()
    context.close()
