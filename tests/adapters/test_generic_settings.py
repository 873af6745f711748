"""What cannot work is said at start-up, by its YAML key."""

import json
from pathlib import Path

import pytest
import yaml

from adapters.generic import GenericAdapter
from shopguard.config import load_config
from shopguard.errors import ConfigError

NOTE = {"path": "/o/{order_id}/notes", "json": {"text": "{note}"}, "already": {"path": "notes", "value": "{note}"}}
STATUS = {"method": "PATCH", "path": "/o/{order_id}", "json": {"status": "held"}}
BACK = {"method": "PATCH", "path": "/o/{order_id}", "json": {"status": "{previous_status}"}}


def sound() -> dict:
    settings = {
        "platform": "generic",
        "signature": {"scheme": "hmac", "header": "X-Sign", "secrets": [{"env": "SECRET"}]},
        "api": {"base_url": "https://cart.example.com"},
        "actions": {
            "read": {"path": "/o/{order_id}", "status_path": "status"},
            "flag": {"calls": [NOTE]},
            "hold": {"status": "held", "holdable": ["open"], "calls": [STATUS, NOTE]},
            "release": {"calls": [NOTE, BACK]},
        },
        "feed": {"path": "/orders", "params": {"since": "{since}"}},
    }
    return json.loads(json.dumps(settings))  # each call of its own, so that a test changes one alone


def changed(path: str, value: object) -> dict:
    settings = sound()
    *parents, last = path.split(".")
    place = settings
    for name in parents:
        place = place[int(name) if name.isdecimal() else name]
    if value is None:
        del place[last]
    else:
        place[int(last) if last.isdecimal() else last] = value
    return settings


def load(settings: dict, tmp_path: Path):
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({"shops": {"my-cart": settings}}), encoding="utf-8")
    env = {"SECRET": "test-secret", "OTHER": "whsec_not base64"}
    return load_config(path, env, {}, {"generic": GenericAdapter})


def test_sound_settings_load(tmp_path: Path) -> None:
    assert load(sound(), tmp_path).shops["my-cart"].platform == "generic"


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("actions.hold", None, "actions.release: needs actions.hold"),
        ("actions.read", None, "actions.hold: needs actions.read"),
        ("actions.hold.holdable", [], "actions.hold.holdable: name the statuses"),
        ("actions.hold.holdable", ["open", "paid"], "actions.hold: several statuses are holdable"),
        ("actions.hold.status", "open", "actions.hold.status: is in holdable"),
        ("actions.hold.calls", [], "actions.hold.calls: name at least one call"),
        ("actions.flag.calls.0.json", {"t": "{nots}"}, "actions.flag.calls#1.json: unknown placeholder {nots}"),
        ("actions.flag.calls.0.json", {"t": "{note.__class__}"}, "unknown placeholder {note.__class__}"),
        ("actions.flag.calls.0.json", {"t": "{previous_status}"}, "unknown placeholder {previous_status}"),
        ("actions.flag.calls.0.path", "/o", "actions.flag.calls#1.path: must contain {order_id}"),
        ("actions.flag.calls.0.path", "/o/{order_id}/{note}", "unknown placeholder {note}"),
        ("actions.flag.calls.0.path", "o/{order_id}", "actions.flag.calls#1.path: must begin with /"),
        ("actions.flag.calls.0.already", None, "actions.flag.calls#1: a POST would be repeated"),
        ("actions.flag.calls.0.already.value", "", "already.value: must not be empty"),
        ("actions.release.calls.0.json", {"a": "{note}{previous_status}"}, "keep {note} in a call of its own"),
        ("actions.read.path", "/o", "actions.read.path: must contain {order_id}"),
        ("api", None, "api: missing"),
        ("api.base_url", "cart.example.com", "api.base_url: must begin with https://"),
        ("api.base_url", "https://user:word@cart.example.com", "api.base_url: must be an address alone"),
        ("signature", None, None),
        ("signature.header", None, "signature.header: missing"),
        ("signature.secrets", [], "signature.secrets: give one secret"),
        ("signature.secrets", [{"env": "SECRET"}] * 3, "signature.secrets: give one secret"),
        ("signature.message", "{timestamp}", "signature.message: must contain {body} once"),
        ("signature.message", "{timestamp}.{body}", "signature.timestamp_header: goes together"),
        ("signature.timestamp_header", "X-Time", "signature.timestamp_header: goes together"),
        ("signature.message", "{body}{url}", "signature.message: unknown placeholder {url}"),
        ("signature.tolerance_s", 0, "signature.tolerance_s: must be above 0"),
        ("signature", {"scheme": "standard_webhooks", "secrets": [{"env": "OTHER"}]}, "whsec_ and then base64"),
        ("topic", {"orders": ["a"]}, "topic: give either header or path"),
        ("topic", {"orders": [], "path": "a"}, "topic.orders: name at least one"),
        ("stages", {"draft": ["a"]}, "stages.path: missing"),
        ("stages", {"path": ["s"], "draft": ["a"], "closed": ["a"]}, "stages: a stands in two places"),
        ("number_only", True, "number_only: needs actions.fetch"),
        ("fields", {"id": []}, "fields.id: missing"),
        ("feed.params", {}, "feed.params: one value must contain {since}"),
        ("feed.path", "/orders/{since}", "feed.path: takes no placeholder"),
        ("signatur", {}, "signatur: unknown; did you mean signature?"),
        ("api.headers", {"a": {"env": "SECRET"}}, "api.headers"),
        ("payment_kinds", {"代金引換": "cash"}, "payment_kinds"),
    ],
)
def test_impossible_settings_are_named_by_their_key(
    path: str, value: object, fault: str | None, tmp_path: Path
) -> None:
    settings = changed(path, value)
    if fault is None:
        load(settings, tmp_path)
        return
    with pytest.raises(ConfigError) as caught:
        load(settings, tmp_path)
    assert fault in str(caught.value)
    assert str(caught.value).startswith("shops.my-cart")
    assert "test-secret" not in str(caught.value)


def test_a_cart_needs_webhooks_or_a_feed(tmp_path: Path) -> None:
    settings = sound()
    del settings["signature"], settings["feed"]
    with pytest.raises(ConfigError, match="signature: missing"):
        load(settings, tmp_path)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    settings = changed("api.base_url", "nowhere")
    settings["actions"]["flag"]["calls"][0]["path"] = "/o"
    settings["feed"]["params"] = {}
    with pytest.raises(ConfigError) as caught:
        load(settings, tmp_path)
    assert len(caught.value.faults) == 3


def test_idempotency_header_replaces_already(tmp_path: Path) -> None:
    settings = changed("actions.flag.calls.0.already", None)
    settings["api"]["idempotency_header"] = "Idempotency-Key"
    load(settings, tmp_path)
