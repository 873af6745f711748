"""Changing a settings file: a shop more or another value, and nothing else of the file."""

from importlib.resources import files

import pytest
import yaml

from shopguard.config.editing import section_text, with_shop, with_value
from shopguard.errors import ConfigError

SECTION = {"platform": "generic", "mode": "observe", "secrets": [{"stored": "new.secret"}]}
EXAMPLE = files("shopguard.config").joinpath("example.yaml").read_text("utf-8")


def comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.lstrip().startswith("#")]


@pytest.mark.parametrize(
    "before",
    [
        "",
        "server:\n  threads: 4",
        "shops:\n",
        "shops: {}\n",
        "shops: {}  # none yet\nserver: {threads: 4}\n",
        "# ours\nshops:\n    # the first\n    old:\n        mode: hold # for now\n\nserver:\n    threads: 4\n",
        "shops: {old: {mode: hold}}\n",
        "shops:\n  old: &common {mode: hold}\n  older: *common\n",
    ],
)
def test_a_shop_more_leaves_everything_else_as_it_was(before: str) -> None:
    after = with_shop(before, "new", SECTION)
    known = yaml.safe_load(before) or {}
    assert yaml.safe_load(after) == {**known, "shops": {**(known.get("shops") or {}), "new": SECTION}}
    assert comments(after) == comments(before)


def test_the_example_file_takes_a_first_shop_and_keeps_its_comments() -> None:
    after = with_shop(EXAMPLE, "new", SECTION)
    assert yaml.safe_load(after)["shops"] == {"new": SECTION}
    assert comments(after) == comments(EXAMPLE)


def test_a_second_shop_leaves_the_lines_of_the_first_alone() -> None:
    first = with_shop("shops: {}\n", "first", SECTION)
    assert first.removeprefix("shops:\n") in with_shop(first, "second", SECTION)


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"shops\.new: is there already"):
        with_shop("shops: {new: {mode: hold}}", "new", SECTION)


@pytest.mark.parametrize("broken", ["shops: [", "- a\n- b\n", "a: *nowhere\n"])
def test_a_file_that_cannot_be_read_is_left_alone(broken: str) -> None:
    with pytest.raises(ConfigError, match="settings file"):
        with_shop(broken, "new", SECTION)


@pytest.mark.parametrize(
    "before",
    [
        "shops:\n  a:\n    platform: x\n    mode: observe  # still\n  b: {mode: observe}\n",
        "shops:\n  a:\n    # why\n    platform: x\n",
        "shops: {a: {platform: x}}\n",
    ],
)
def test_a_value_is_changed_or_added_in_its_section_alone(before: str) -> None:
    after = with_value(before, ("shops", "a", "mode"), "hold")
    wanted = yaml.safe_load(before)
    wanted["shops"]["a"]["mode"] = "hold"
    assert yaml.safe_load(after) == wanted
    assert [line.partition("#")[2] for line in after.splitlines() if "#" in line] == [
        line.partition("#")[2] for line in before.splitlines() if "#" in line
    ]


def test_a_value_that_yaml_would_read_as_something_else_stays_text() -> None:
    assert yaml.safe_load(with_value("shops: {a: {mode: x}}", ("shops", "a", "mode"), "on")) == {
        "shops": {"a": {"mode": "on"}}
    }


def test_a_section_that_is_missing_is_no_place_for_a_value() -> None:
    with pytest.raises(ConfigError, match=r"shops\.a: is not in the settings"):
        with_value("shops: {}", ("shops", "a", "mode"), "hold")


def test_the_section_for_a_person_stands_below_shops() -> None:
    assert yaml.safe_load("shops:\n" + section_text("new", SECTION)) == {"shops": {"new": SECTION}}
