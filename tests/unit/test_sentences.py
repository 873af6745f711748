"""What the program says in English is there in Japanese: each form that is known is still said, and what is said at
the places that pages quote is known."""

import ast
import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from flask import Flask

import shopguard
from shopguard.web.sentences import in_words
from shopguard.web.shops.words import CHECKS

ROOT = Path(shopguard.__file__).parents[1]
FORMS = ROOT / "shopguard" / "web" / "translations" / "sentences" / "ja.po"
VALUE = re.compile(r"%\((n?\d+)\)s")
QUOTED = (
    "shopguard/guard/health.py",
    "shopguard/guard/connecting.py",
    "shopguard/config/limits.py",
    "shopguard/registry/client/silence.py",
    "adapters/generic/checks.py",
    "adapters/shopify/connect.py",
    "adapters/shopify/settings.py",
    "adapters/woocommerce/connect.py",
    "adapters/woocommerce/settings.py",
)
"""Files whose every sentence may stand on a page."""
NO_SENTENCE = re.compile(
    r"query Connection|mutation Subscribe|yomigana|CallSettings|^WooCommerce 7, WordPress 7$|clock is 7 s 7"
)
IN_PARTS = {
    "%(1)s: %(2)s answered %(n3)s, but not with JSON",
    "%(1)s: subscribed",
    "%(1)s: was subscribed",
    "%(1)s; did you mean %(2)s?",
    "the site's clock is %(n1)s s ahead",
    "the site's clock is %(n1)s s behind",
    "unknown; known are %(1)s",
}
"""Forms that the program puts together of several texts."""


def forms() -> Catalog:
    return read_po(BytesIO(FORMS.read_bytes()), abort_invalid=True)


def read(text: str, language: str = "ja") -> str:
    with Flask(__name__).test_request_context(headers={"Accept-Language": language}):
        return in_words(text)


def sentences(path: Path) -> Iterator[tuple[str, ...]]:
    """The texts of a file, each as the words between its values; neither docstrings nor notes to types."""
    tree = ast.parse(path.read_text("utf-8"))
    within = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield _between(node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in within | alone:
            yield (node.value,)


def _between(parts: Sequence[ast.expr]) -> tuple[str, ...]:
    words = [""]
    for part in parts:
        if isinstance(part, ast.Constant):
            words[-1] += str(part.value)
        else:
            words.append("")
    return tuple(words)


def test_each_form_has_words_with_the_same_values() -> None:
    for one in forms():
        if one.id:
            assert one.string, one.id
            assert not one.fuzzy, one.id
            assert set(VALUE.findall(str(one.id))) == set(VALUE.findall(str(one.string))), one.id


def test_each_form_is_still_said_somewhere() -> None:
    paths = [path for package in ("shopguard", "adapters") for path in (ROOT / package).rglob("*.py")]
    said = {"\0".join(words) for path in paths for words in sentences(path)}
    joined = "\1".join(said)
    gone = {str(one.id) for one in forms() if one.id and VALUE.sub("\0", str(one.id)) not in joined}
    assert gone == IN_PARTS


@pytest.mark.parametrize("path", QUOTED)
def test_every_sentence_that_a_page_may_quote_is_known(path: str) -> None:
    said = ["7".join(words) for words in sentences(ROOT / path)]
    telling = [
        one for one in said if " " in one.strip() and re.search("[a-z]{2}", one) and not NO_SENTENCE.search(one)
    ]
    unknown = [one for one in telling if read(one) == one and one not in CHECKS]
    assert unknown == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("silent for 2 h", "2時間応答がありません"),
        ("shop.example.com: GET answered 401 no_key", "shop.example.com: GETへの応答は401（no_key）"),
        (
            "given up after 3 attempts: shop.example.com: PUT answered 503",
            "3回試みて断念しました: shop.example.com: PUTへの応答は503",
        ),
        ("shops.a.url: must not be empty\nserver.proxies: must be from 0 to 10, not 11", None),
        ("unexpected KeyError", "想定外のエラー（KeyError）"),
        (
            'shops.a.mode: must be one of flag, hold, not "hould"; did you mean hold?',
            'shops.a.mode: 次のいずれか: flag, holdにしてください（今の値: "hould"）。holdではありませんか。',
        ),
    ],
)
def test_values_stay_and_sentences_within_sentences_are_put_into_words(said: str, meant: str | None) -> None:
    lines = "shops.a.url: 空欄にできません\nserver.proxies: 0から10までの数にしてください（今の値: 11）"
    assert read(said) == (meant or lines)
    assert read(said, "en") == said


def test_what_is_in_no_known_form_stays() -> None:
    assert read("Allowed memory size exhausted") == "Allowed memory size exhausted"


def test_of_what_is_said_in_both_languages_one_is_read() -> None:
    said = "相手の応答は503でした / the other side answered 503"
    assert (read(said), read(said, "en")) == ("相手の応答は503でした", "the other side answered 503")


def test_a_value_may_hold_what_stands_for_values() -> None:
    assert read("unknown: %(1)s 100%") == "不明: %(1)s 100%"
