"""Everything the pages say is there in Japanese, with the values it needs, and nothing else is."""

import re
from collections import Counter
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import shopguard.web
from shopguard.config import Language
from shopguard.web.language import catalogues

WEB = Path(shopguard.web.__file__).parent
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "later": None}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"extensions": "jinja2.ext.i18n", "trimmed": "false", "silent": "false"}}
_VALUE = re.compile(r"%\((\w+)\)s")


def said() -> set[str]:
    """Every message of the code and the templates, by its first form."""
    found = extract_from_dir(WEB, METHODS, OPTIONS, KEYWORDS)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def written() -> Mapping[Path, Catalog]:
    return {path: read_po(BytesIO(path.read_bytes()), abort_invalid=True) for path in catalogues(Language.JA)}


def messages() -> list[str]:
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for catalog in written().values()
        for message in catalog
        if message.id
    ]


def test_the_pages_say_something() -> None:
    assert len(said()) > 40


def test_all_of_it_is_written_in_japanese() -> None:
    assert said() - set(messages()) == set()


def test_nothing_is_written_that_no_page_says() -> None:
    assert set(messages()) - said() == set()


def test_nothing_is_written_twice() -> None:
    assert [message for message, times in Counter(messages()).items() if times > 1] == []


@pytest.mark.parametrize("path", catalogues(Language.JA), ids=lambda path: path.stem)
def test_what_is_written_is_japanese_and_keeps_its_values(path: Path) -> None:
    for message in written()[path]:
        if not message.id:
            continue
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        assert all(texts), message.id
        assert not message.fuzzy, message.id
        names = message.id if isinstance(message.id, str) else message.id[1]
        for text in texts:
            assert set(_VALUE.findall(text)) == set(_VALUE.findall(names)), message.id
