"""On a phone of 390 pixels no page scrolls sideways, and nothing stands outside of it or is cut."""

import pytest
from playwright.sync_api import Page

from tests.integration.conftest import furnished_registry

from .every_page import LANGUAGES, Everything, everything

__all__ = ["everything", "furnished_registry"]

pytestmark = pytest.mark.timeout(900)
_LOOK = """() => {
  const found = [], wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) found.push("the page scrolls sideways");
  const scrolls = (element) => element && element !== document.body
    && (["auto", "scroll"].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  for (const element of document.body.querySelectorAll("*")) {
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    const name = `${element.tagName}.${element.className} ${element.textContent.trim().slice(0, 40)}`;
    if (style.visibility === "hidden" || box.width <= 1 || box.height <= 1 || box.right <= 0) continue;
    if (box.right > wide + 1 && !scrolls(element)) found.push("outside: " + name);
    const cuts = ["hidden", "clip"].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
    if (cuts && !element.matches("input, select, svg, svg *")) found.push("cut: " + name);
  }
  return found;
}"""


def misfits(page: Page) -> list[str]:
    """What does not fit into the window."""
    found: list[str] = page.evaluate(_LOOK)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_console_fits_a_phone(everything: Everything, language: str) -> None:
    page = everything.on_a_phone(language)
    found = {address: wrong for address in everything.console_steps(page) if (wrong := misfits(page))}
    assert found == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_persons_pages_fit_a_phone(everything: Everything, language: str) -> None:
    page = everything.on_a_phone(language)
    found = {name: wrong for name in everything.persons_steps(page) if (wrong := misfits(page))}
    assert found == {}


def test_the_list_of_pages_has_pages_of_every_part(everything: Everything) -> None:
    pages = everything.console_pages()
    for part in ("/console/me", "/console/orders/", "/console/shops", "/office/reports/", "/office/entries/"):
        assert [address for address in pages if address.startswith(part)], part
