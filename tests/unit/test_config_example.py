"""The example names every setting, with its default."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from shopguard.config import Config, GateSettings, PolicyRule, ShopSettings, SilentRule, load_config, show

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"


def with_its_shop() -> str:
    """Return the example after doing what it says: braces away, # away in front of the shop's lines."""
    common, shop = EXAMPLE.read_text("utf-8").split("shops: {}")
    return f"{common}shops:{re.sub(r'^#', '', shop, flags=re.MULTILINE)}"


def test_the_example_is_all_defaults() -> None:
    assert load_config(EXAMPLE, {}, {}) == Config()


def test_every_common_setting_occurs() -> None:
    written = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    assert _names(written) == _names(show(Config()))


def test_every_setting_of_a_rule_occurs_in_every_rule() -> None:
    policy = yaml.safe_load(EXAMPLE.read_text("utf-8"))["policy"]
    assert all(set(rule) == {field.name for field in fields(PolicyRule)} for rule in policy["rules"])
    assert all(set(rule) == {field.name for field in fields(SilentRule)} for rule in policy["when_silent"])


def test_every_setting_of_a_shop_occurs_with_its_default(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(with_its_shop(), "utf-8")
    env = {f"MAIN_STORE_{name}": "test-secret" for name in ("WEBHOOK_SECRET", "CONSUMER_KEY", "CONSUMER_SECRET")}
    read = load_config(path, env, {}).shops["main-store"]
    assert read == ShopSettings("main-store", "woocommerce", read.adapter)
    written = set(yaml.safe_load(with_its_shop())["shops"]["main-store"])
    assert written >= {field.name for field in fields(ShopSettings)} - {"name", "adapter"}


def test_the_gate_is_explained() -> None:
    assert all(f"{field.name}:" in EXAMPLE.read_text("utf-8") for field in fields(GateSettings))


def test_every_single_setting_has_a_comment_above() -> None:
    lines = EXAMPLE.read_text("utf-8").split("policy:\n")[0].splitlines()
    settings = [number for number, line in enumerate(lines) if re.match(r"  \w+:", line)]
    assert settings
    assert [lines[number] for number in settings if not lines[number - 1].strip().startswith("#")] == []


def _names(section: Any) -> Any:
    return {key: _names(below) for key, below in section.items()} if isinstance(section, dict) else None
