"""Nothing that axe-core finds keeps anybody from any page, in light and in dark, in either language."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.integration.conftest import furnished_registry

from .every_page import LANGUAGES, Everything, everything

__all__ = ["everything", "furnished_registry"]

pytestmark = pytest.mark.timeout(900)
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def violations(page: Page) -> list[str]:
    """What axe-core finds on a page in light, and of colours in dark, with where."""
    found = []
    for scheme, options in (("light", None), ("dark", _COLOURS)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of two words
        for violation in Axe().run(page, options=options).response["violations"]:
            found += [f"{scheme} {violation['id']}: {node['target']}" for node in violation["nodes"]]
    page.emulate_media(color_scheme="light")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_keeps_anybody_from_a_page_of_the_console(everything: Everything, language: str) -> None:
    page = everything.on_a_phone(language)
    found = {address: wrong for address in everything.console_steps(page) if (wrong := violations(page))}
    assert found == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_keeps_anybody_from_the_persons_pages(everything: Everything, language: str) -> None:
    page = everything.on_a_phone(language)
    found = {name: wrong for name in everything.persons_steps(page) if (wrong := violations(page))}
    assert found == {}
