"""The table of docs/fairness.md is true: every rule has code that carries it, and a test of that name that runs."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PAGE = _ROOT / "docs" / "fairness.md"
_RULES = (*(f"L{number}" for number in range(2, 13)), "L15", "L16", "L18", "L20", "L21")
_CODE = re.compile(r"`(shopguard/[\w/]+\.py):([\w.]+)`")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def _rows() -> dict[str, tuple[str, str, str]]:
    rows = {}
    for line in _PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| L") and len(cells) == 4:
            rows[cells[0]] = (cells[1], cells[2], cells[3])
    return rows


@cache
def _names(path: str) -> frozenset[str]:
    """What a file defines: functions and classes, methods as ``Class.method``, and names given at its top."""
    return frozenset(_defined(ast.parse((_ROOT / path).read_text(encoding="utf-8")).body))


def _defined(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from _defined(node.body, f"{prefix}{node.name}.")
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (prefix + target.id for target in targets if isinstance(target, ast.Name))


def test_every_rule_is_in_the_table_once() -> None:
    assert tuple(_rows()) == _RULES


@pytest.mark.parametrize("rule", _RULES)
def test_what_carries_a_rule_is_where_the_table_says(rule: str) -> None:
    _, code, _ = _rows()[rule]
    named = _CODE.findall(code)

    assert named
    assert code.count("`") == 2 * len(named), "something in the cell is not `file.py:name`"
    for path, name in named:
        assert name in _names(path), f"{path} defines no {name}"


@pytest.mark.parametrize("rule", _RULES)
def test_the_test_of_a_rule_is_where_the_table_says(rule: str) -> None:
    _, _, tests = _rows()[rule]
    named = _TEST.findall(tests)

    assert named
    assert tests.count("`") == 2 * len(named), "something in the cell is not `tests/file.py::test`"
    for path, name in named:
        assert name.startswith("test_")
        assert name in _names(path), f"{path} has no {name}"
