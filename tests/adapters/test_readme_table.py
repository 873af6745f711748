"""adapters/README.md tells the truth: its table, and its example of an adapter and a test."""

import base64
import hmac
import json
import re
import textwrap
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

import adapters
from shopguard.adapter import (
    AdapterContext,
    Capability,
    Connector,
    Event,
    PlatformAdapter,
    Secret,
    WebhookRequest,
)
from shopguard.model import Order, OrderEvent, Party
from shopguard.payload import decode_object, required_id, text
from shopguard.signatures import check_hmac
from shopguard.testing import AdapterContract, FixedClock

FOLDER = Path(adapters.__file__).parent
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def declared() -> dict[str, type[PlatformAdapter]]:
    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = {}
    for name, place in project["entry-points"]["shopguard.adapters"].items():
        module, _, attribute = place.partition(":")
        found[name] = getattr(import_module(module), attribute)
    return found


def table() -> dict[str, dict[str, bool]]:
    lines = [line for line in README.splitlines() if line.startswith("| ")]
    head, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[: 1 + len(declared())]]
    return {
        re.sub(r"\[(.*)\]\(.*\)", r"\1", name): {
            what: cell == "yes" for what, cell in zip(head[1:], cells, strict=True)
        }
        for name, *cells in rows
    }


def test_table_names_every_adapter_and_capability() -> None:
    assert set(table()) == set(declared())
    for row in table().values():
        assert set(row) == {*Capability, "connect"}


@pytest.mark.parametrize("platform", declared())
def test_table_says_what_the_adapter_declares(platform: str) -> None:
    adapter = declared()[platform]
    expected = {capability.value: capability in adapter.capabilities for capability in Capability}
    assert table()[platform] == expected | {"connect": issubclass(adapter, Connector)}


@pytest.mark.parametrize("platform", declared())
def test_every_platform_is_named_alike_and_has_its_page(platform: str) -> None:
    assert declared()[platform].platform == platform
    assert (FOLDER / platform / "README.md").is_file()
    assert f"[{platform}]({platform}/README.md)" in README


def test_example_of_an_adapter_passes_the_contract(tmp_path: Path) -> None:
    names: dict[str, object] = {
        **{each.__name__: each for each in (AdapterContext, AdapterContract, Capability, FixedClock, Order)},
        **{each.__name__: each for each in (OrderEvent, Party, PlatformAdapter, Secret, WebhookRequest, dataclass)},
        **{each.__name__: each for each in (base64, check_hmac, decode_object, hmac, required_id, text)},
        "Event": Event,
        "Mapping": Mapping,
        "Sequence": Sequence,
    }
    for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        exec(textwrap.dedent(code), names)
    (recorded,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    fixture = json.loads(recorded)
    contract = type("WithFolder", (names["TestAcme"],), {"fixtures": tmp_path})()
    fixture["request"]["headers"] = contract.sign(WebhookRequest("", {}, b'{"id": 7}', FixedClock().now))
    (tmp_path / "order.json").write_text(json.dumps(fixture), encoding="utf-8")
    (loaded,) = contract._recorded()
    with pytest.raises(AssertionError, match='has no "events" yet'):
        contract.test_fixture_is_read_as_recorded(loaded)
    contract.test_bad_signature_is_refused(loaded)
    contract.test_odd_field_is_read_or_refused(loaded)
