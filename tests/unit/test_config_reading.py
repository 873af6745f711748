"""Reading settings: what is accepted, and that every fault is named with its key and remedy in one run."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import ClassVar, Literal

import pytest

from shopguard.adapter import Capability, Event, PlatformAdapter, Secret, WebhookRequest
from shopguard.config import (
    Closed,
    Config,
    FeeSettings,
    GateSettings,
    Language,
    Mode,
    ShippingSettings,
    find_adapters,
    load_config,
    show,
)
from shopguard.errors import ConfigError
from shopguard.model import Party, PaymentKind, VerdictKind


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    width: int = 1


@dataclass(frozen=True, slots=True)
class StrangeSettings:
    """As an unknown author may write them."""

    webhook_secret: Secret
    old_secrets: tuple[Secret, ...] = ()
    token: Secret | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)
    payments: dict[str, PaymentKind] = field(default_factory=dict)
    ratio: float = 0.5
    strict: bool = False
    style: Literal["short", "long"] = "short"
    numbers: list[int] = field(default_factory=list)
    timezone: str = "UTC"  # a common key's name as well

    def __post_init__(self) -> None:
        if self.ratio > 1:
            raise ConfigError("ratio: must be 1 at most")


class StrangeAdapter(PlatformAdapter):
    platform: ClassVar[str] = "strange"
    capabilities = frozenset({Capability.PUSH, Capability.HOLD, Capability.GATE})
    settings_class: ClassVar[type] = StrangeSettings

    def __init__(self, settings: object, context: object) -> None: ...

    def verify(self, request: WebhookRequest) -> None: ...

    def parse(self, request: WebhookRequest) -> list[Event]:
        return []


class GatelessAdapter(StrangeAdapter):
    platform = "gateless"
    capabilities = frozenset({Capability.PUSH})


ADAPTERS = {"strange": StrangeAdapter, "gateless": GatelessAdapter}
ENV = {"HOOK": "hook-secret", "OTHER": "other-secret", "EMPTY": ""}
Load = Callable[[str], Config]
Faults = Callable[[str], tuple[str, ...]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(text: str) -> Config:
        path = tmp_path / "config.yaml"
        path.write_text(text, "utf-8")
        return load_config(path, ENV, {"kept": Secret("kept-secret")}, ADAPTERS)

    return load


@pytest.fixture
def faults(load: Load) -> Faults:
    def faults(text: str) -> tuple[str, ...]:
        with pytest.raises(ConfigError) as caught:
            load(text)
        return caught.value.faults

    return faults


def shop(*lines: str, name: str = "main-store") -> str:
    """Return the YAML of one right shop with ``lines`` added."""
    return "\n".join([f"shops:\n  {name}:", *map("    {}".format, ["platform: strange", HOOK, *lines])])


HOOK = "webhook_secret: {env: HOOK}"


def test_without_a_file_everything_has_its_default() -> None:
    assert load_config(None, {}, {}) == Config()


def test_an_empty_file_is_all_defaults(load: Load) -> None:
    assert load("# nothing\n") == Config()


def test_a_heading_without_lines_is_all_defaults(load: Load) -> None:
    assert load("server:\nshops:\npolicy:\n") == Config()


def test_what_is_written_replaces_the_default_and_nothing_else(load: Load) -> None:
    config = load("server: {threads: 4}")
    assert config.server.threads == 4
    assert config.server.receiver_port == 8080
    assert config.worker == Config().worker


def test_common_keys_and_the_adapters_own_stand_side_by_side(load: Load) -> None:
    read = load(shop("mode: hold", "language: en", "rate_per_s: 2", "ratio: 0.25")).shops["main-store"]
    assert (read.name, read.platform, read.mode, read.language) == ("main-store", "strange", Mode.HOLD, Language.EN)
    assert read.rate_per_s == 2.0
    assert read.adapter == StrangeSettings(Secret("hook-secret"), ratio=0.25)


def test_a_key_both_know_is_for_both(load: Load) -> None:
    read = load(shop("timezone: Europe/Paris")).shops["main-store"]
    assert isinstance(read.adapter, StrangeSettings)
    assert (read.timezone, read.adapter.timezone) == ("Europe/Paris", "Europe/Paris")


def test_when_a_shop_ships_is_read_and_shown_as_it_was_written(load: Load) -> None:
    config = load(shop('shipping: {pickup_at: "09:30", closed: [sun, holidays]}'))
    assert config.shops["main-store"].shipping == ShippingSettings(time(9, 30), 1, (Closed.SUN, Closed.HOLIDAYS))
    shown = show(config)["shops"]["main-store"]["shipping"]
    assert shown == {"pickup_at": "09:30", "handling_days": 1, "closed": ["sun", "holidays"]}


def test_nested_settings_of_a_strange_adapter_are_read(load: Load) -> None:
    read = load(shop("columns: {phone: {heading: 電話, width: 3}}", "payments: {代引き: cod}", "style: long")).shops
    adapter = read["main-store"].adapter
    assert isinstance(adapter, StrangeSettings)
    assert adapter.columns == {"phone": Column("電話", 3)}
    assert adapter.payments == {"代引き": PaymentKind.COD}
    assert adapter.style == "long"


def test_secrets_come_from_environment_and_store(load: Load) -> None:
    adapter = load(shop("token: {stored: kept}", "old_secrets: [{env: OTHER}]")).shops["main-store"].adapter
    assert isinstance(adapter, StrangeSettings)
    assert adapter.token == Secret("kept-secret")
    assert adapter.old_secrets == (Secret("other-secret"),)


def test_a_shops_policy_and_gate_are_read(load: Load) -> None:
    text = shop(
        "mode: gate",
        "gate: {payment: [cod], to_status: processing}",
        "policy: {rules: [{payment: [cod], from_amount: 1234.50, strong: hold}]}",
    )
    read = load(text).shops["main-store"]
    assert read.gate == GateSettings((PaymentKind.COD,), "processing")
    assert read.policy is not None
    assert [(rule.from_amount, rule.strong) for rule in read.policy.rules] == [(Decimal("1234.50"), VerdictKind.HOLD)]


def test_the_allow_list_holds_parties(load: Load) -> None:
    read = load(shop('allow_list: [{name: 山田 太郎, phones: ["090-0000-0000"]}]'))
    assert read.shops["main-store"].allow_list == (Party(name="山田 太郎", phones=("090-0000-0000",)),)


def test_an_unknown_key_gets_the_nearest_right_one(faults: Faults) -> None:
    assert faults(shop("webhok_secret: {env: HOOK}")) == (
        "shops.main-store.webhok_secret: unknown; did you mean webhook_secret?",
    )


def test_an_unknown_key_of_a_shop_is_compared_with_the_common_ones_too(faults: Faults) -> None:
    assert faults(shop("timezon: Asia/Tokyo")) == ("shops.main-store.timezon: unknown; did you mean timezone?",)


def test_an_unknown_key_like_no_other_gets_the_list(faults: Faults) -> None:
    (fault,) = faults("retention: {zzz: 1}")
    assert fault == "retention.zzz: unknown; known are audit_days, deliveries_days, orders_days, phone_use_days"


def test_an_unknown_section_gets_the_nearest_right_one(faults: Faults) -> None:
    assert faults("sever: {}") == ("sever: unknown; did you mean server?",)
    assert faults("shop: {}") == ("shop: unknown; did you mean shops?",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("server: {threads: many}", 'server.threads: must be a whole number, not "many"'),
        ("server: {threads: 1.5}", 'server.threads: must be a whole number, not "1.5"'),
        ("server: {threads: true}", 'server.threads: must be a whole number, not "True"'),
        ("server: {threads: }", "server.threads: is empty; write a whole number, or leave the line out"),
        ("server: {threads: [1]}", "server.threads: must be a whole number"),
        ("server: {threads: 0}", "server.threads: must be from 1 to 256, not 0"),
        ("registry: {reporting: {due_days: 7}}", "registry.reporting.due_days: must be from 14 to 180, not 7"),
        ("registry: {reporting: {reminders: 1}}", "registry.reporting.reminders: must be from 2 to 10, not 1"),
        ("registry: {reporting: {floor: 10}}", "registry.reporting.floor: must be from 1000 to 1000000, not 10"),
        ("server: {console_port: 65536}", "server.console_port: must be from 1 to 65535, not 65536"),
        ("server: {host: 1}", "server.host: must be text; put it in quotes"),
        ('server: {host: ""}', "server.host: must not be empty"),
        ("server: {public_url: guard.example.com}", "server.public_url: must begin with https:// and a host"),
        ("server: 5", "server: must be a section: lines of `name: value`, indented below it"),
        ("worker: {poll_s: soon}", 'worker.poll_s: must be a number, not "soon"'),
        ("worker: {poll_s: .nan}", 'worker.poll_s: must be a number, not "nan"'),
        ("policy: {rules: {}}", "policy.rules: must be a list, such as [a, b]"),
        ("policy: {rules: [{from_amount: much}]}", 'policy.rules#1.from_amount: must be an amount, not "much"'),
        ("policy: {rules: [{from_amount: .inf}]}", 'policy.rules#1.from_amount: must be an amount, not "inf"'),
        ("policy: {rules: [{from_amount: -1}]}", "policy.rules#1.from_amount: must be from 0 to 1000000000, not -1"),
        ("policy: {rules: [{look_up: 1}]}", 'policy.rules#1.look_up: must be true or false, not "1"'),
        (
            "policy: {rules: [{strong: hld}]}",
            'policy.rules#1.strong: must be one of allow, flag, hold, not "hld"; did you mean hold?',
        ),
        (
            shop("timezone: Mars/Base"),
            'shops.main-store.timezone: "Mars/Base" is no time zone; write it as in Asia/Tokyo',
        ),
        (
            shop("shipping: {pickup_at: 15:00}"),
            'shops.main-store.shipping.pickup_at: must be a time of day in quotes, such as "15:00"',
        ),
        (
            shop('shipping: {pickup_at: "25:00"}'),
            'shops.main-store.shipping.pickup_at: must be a time of day in quotes, such as "15:00"',
        ),
        (
            shop('shipping: {pickup_at: "15:00", closed: [mon, tue, wed, thu, fri, sat, sun]}'),
            "shops.main-store.shipping.closed: must leave a day of the week",
        ),
        (shop("style: tall"), 'shops.main-store.style: must be one of short, long, not "tall"'),
        (shop("columns: {a: {}}"), "shops.main-store.columns.a.heading: missing"),
        (shop("columns: {a: {heading: 1}}"), "shops.main-store.columns.a.heading: must be text; put it in quotes"),
        (shop("numbers: [1, b]"), 'shops.main-store.numbers#2: must be a whole number, not "b"'),
        (shop("numbers: abc"), "shops.main-store.numbers: must be a list, such as [a, b]"),
        (shop("ratio: 2"), "shops.main-store.ratio: must be 1 at most"),
        (shop("mode: gate"), "shops.main-store.gate: missing; mode gate needs the payment kinds and to_status"),
        (
            shop("gate: {payment: [], to_status: paid}"),
            "shops.main-store.gate.payment: must not be empty",
        ),
        (shop("platform_: x"), "shops.main-store.platform_: unknown; did you mean platform?"),
        (shop(name="Main"), "shops.Main: a shop's name has up to 40 small letters, digits and hyphens"),
        ("shops: {main: 4}", "shops.main: must be a section: lines of `name: value`, indented below it"),
        ("shops: [a]", "shops: must be a section: lines of `name: value`, indented below it"),
        ("shops: {main: {}}", "shops.main.platform: missing; write one of strange, gateless"),
        (
            "shops: {main: {platform: strang}}",
            'shops.main.platform: "strang" is not installed; write one of strange, gateless; did you mean strange?',
        ),
        (
            "shops: {main: {platform: strange}}",
            "shops.main.webhook_secret: missing; write {env: NAME} or {stored: NAME}",
        ),
    ],
)
def test_fault(faults: Faults, text: str, fault: str) -> None:
    assert faults(text) == (fault,)


def test_all_faults_of_all_sections_and_shops_come_at_once(faults: Faults) -> None:
    found = faults(
        """
        sever: {}
        server: {threads: many, receiver_port: 8081}
        shops:
          first: {platform: strange, mode: gate, ratio: x, timezone: Mars}
          second: 4
          third: {platform: gone}
        """
    )
    assert {fault.split(":")[0] for fault in found} == {
        "sever",
        "server.threads",
        "server.console_port",
        "shops.first.webhook_secret",
        "shops.first.gate",
        "shops.first.ratio",
        "shops.first.timezone",
        "shops.second",
        "shops.third.platform",
    }


def test_equal_ports_are_a_fault_even_if_one_is_the_default(faults: Faults) -> None:
    assert faults("server: {receiver_port: 8081}") == (
        "server.console_port: is the receiver's port too (8081); choose another",
    )


def test_the_registrys_port_is_nobody_elses(faults: Faults) -> None:
    assert faults("server: {registry_port: 8080}") == (
        "server.registry_port: is the receiver's port too (8080); choose another",
    )


def test_a_central_registry_needs_a_member_its_keys_and_a_line_nobody_reads_along(faults: Faults) -> None:
    assert faults("registry: {url: 'http://registry.example.com', open: true}") == (
        "registry.member: missing; the registry's office gives it with the address",
        "registry.answer_keys: missing; the registry's office gives them with the address",
        "registry.url: must begin with https://, as buyers' details are sent there",
        "registry.open: is for a registry of this installation; leave registry.url out",
    )


def test_fees_begin_on_a_day_and_are_shown_as_they_are_written(load: Load) -> None:
    config = load("registry: {fees: [{since: 2026-04-01, joining: 3000, monthly: '300'}, {since: '2027-04-01'}]}")
    first, second = config.registry.fees
    assert first == FeeSettings(date(2026, 4, 1), Decimal(3000), Decimal(300))
    assert second == FeeSettings(date(2027, 4, 1))
    assert show(config)["registry"]["fees"][0] == {"since": "2026-04-01", "joining": "3000", "monthly": "300"}


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("{joining: 1}", "registry.fees#1.since: missing"),
        ("{since: 2026-02-30x}", 'registry.fees#1.since: must be a day, such as 2026-04-01, not "2026-02-30x"'),
        ("{since: 2026-04-01T10:00:00Z}", "registry.fees#1.since: must be a day, such as 2026-04-01"),
        ("{since: 2026}", "registry.fees#1.since: must be a day"),
        ("{since: 2026-04-01, monthly: -1}", "registry.fees#1.monthly: must be from 0"),
        ("{since: 2026-04-01, monthly: 300.5}", "registry.fees#1.monthly: must be a whole number of yen"),
        ("{since: 2026-04-01, montly: 1}", "did you mean monthly"),
        ("{since: 2026-04-01}, {since: 2026-04-01}", "registry.fees: two begin on 2026-04-01"),
    ],
)
def test_a_fee_that_cannot_be_is_named(faults: Faults, written: str, fault: str) -> None:
    (said,) = faults(f"registry: {{fees: [{written}]}}")
    assert fault in said


def test_a_central_registry_has_its_own_fees(faults: Faults) -> None:
    key = "MTS3Y0dBluQjdYsdYb24SJaUMIV4OIBV33CghIjXA2c="
    registry = f"url: 'https://registry.example.com', member: shop-1, answer_keys: ['{key}']"
    assert faults(f"registry: {{{registry}, fees: [{{since: 2026-04-01}}]}}") == (
        "registry.fees: is for a registry of this installation; leave registry.url out",
    )


def test_a_registry_on_this_machine_may_be_asked_without_https(load: Load) -> None:
    key = "A" * 43 + "="
    config = load(f"registry: {{url: 'http://127.0.0.1:8082', member: shop-1, answer_keys: ['{key}']}}")
    assert (config.registry.member, config.registry.answer_keys) == ("shop-1", (key,))


@pytest.mark.parametrize("key", ["short", "A" * 44, "あ" * 44])
def test_an_answer_key_has_the_form_of_one(faults: Faults, key: str) -> None:
    (fault,) = faults(f"registry: {{answer_keys: ['{key}']}}")
    assert fault == (
        "registry.answer_keys#1: must be the 44 characters of a public key, as the registry's office gives it"
    )


def test_gate_mode_needs_a_platform_with_a_gate(faults: Faults) -> None:
    text = shop("mode: gate", "gate: {payment: [cod], to_status: paid}").replace("strange", "gateless")
    assert faults(text) == ("shops.main-store.mode: gateless has no gate; write observe, flag or hold",)


def test_two_shops_may_not_share_a_check_key(faults: Faults) -> None:
    one = "{platform: strange, webhook_secret: {env: HOOK}, check_key: {env: OTHER}}"
    assert faults(f"shops: {{a: {one}, b: {one}}}") == ("shops.b.check_key: is that of a too; use another",)


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("{env: NOPE}", "the environment variable NOPE is not set"),
        ("{env: EMPTY}", "the environment variable EMPTY is not set"),
        ("{stored: nope}", "no secret is stored as nope; run `shopguard secret set nope`"),
        ("{env: HOOK, stored: kept}", "must name a secret; write {env: NAME} or {stored: NAME}"),
        ("5", "must name a secret; write {env: NAME} or {stored: NAME}"),
    ],
)
def test_a_secret_that_is_not_there_is_named(faults: Faults, written: str, fault: str) -> None:
    assert faults(shop(f"token: {written}")) == (f"shops.main-store.token: {fault}",)


def test_a_secret_in_clear_is_refused_and_not_repeated(faults: Faults) -> None:
    (fault,) = faults(shop("token: hunter2"))
    assert fault.startswith("shops.main-store.token: a secret never stands here in clear")
    assert "hunter2" not in fault


def test_a_person_of_the_allow_list_is_not_quoted(faults: Faults) -> None:
    (fault,) = faults(shop("allow_list: [{phones: [819000000000]}]"))
    assert fault == "shops.main-store.allow_list#1.phones#1: must be text; put it in quotes"


def test_the_database_address_is_a_secret_of_one_kind(faults: Faults, load: Load) -> None:
    assert faults("database: {url: {env: HOOK}}") == ("database.url: must begin with postgresql+psycopg://",)


def test_a_key_written_twice_is_named_with_both_lines(faults: Faults) -> None:
    assert faults("server:\n  threads: 1\n  host: a\n  threads: 2\n") == (
        "server.threads: stands twice, in lines 2 and 4; keep one",
    )


def test_a_key_written_twice_inside_a_list_is_named(faults: Faults) -> None:
    assert faults("policy:\n  rules:\n    - {look_up: true, look_up: false}\n") == (
        "policy.rules#1.look_up: stands twice, in lines 3 and 3; keep one",
    )


def test_broken_yaml_is_named_by_file_and_line(faults: Faults) -> None:
    (fault,) = faults("server:\n  threads: [1\nworker: {}\n")
    assert "config.yaml, line 3: " in fault


@pytest.mark.parametrize("text", ["- a\n", "text\n", "server: 2026-13-40\n", "a: \x01\n", "a: !!python/name:os x\n"])
def test_what_is_no_settings_file_is_a_config_error(faults: Faults, text: str) -> None:
    assert len(faults(text)) == 1


def test_a_file_nested_without_end_is_a_config_error(faults: Faults) -> None:
    (fault,) = faults("a: " + "[" * 100_000)
    assert "nested too deeply" in fault


def test_a_file_in_another_encoding_is_a_config_error(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes("# 店".encode("shift_jis"))
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(path, {}, {})


def test_a_missing_file_is_a_config_error_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="shopguard init"):
        load_config(tmp_path / "none.yaml", {}, {})


def test_show_is_the_yaml_with_secrets_masked(load: Load) -> None:
    shown = show(load(shop("token: {stored: kept}", "columns: {a: {heading: x}}", "mode: hold")))
    assert shown["shops"]["main-store"]["mode"] == "hold"
    assert shown["shops"]["main-store"]["token"] == "***"
    assert shown["shops"]["main-store"]["columns"] == {"a": {"heading": "x", "width": 1}}
    assert "name" not in shown["shops"]["main-store"]
    assert shown["policy"]["when_silent"][1] == {"payment": ["cod"], "from_amount": "10000", "verdict": "hold"}
    assert "secret" not in re.sub("webhook_secret|old_secrets|client_secret", "", str(shown))


def test_what_is_shown_can_be_read_again(load: Load) -> None:
    import yaml

    shown = dict(show(Config()))
    assert load(yaml.safe_dump(shown)) == Config()


def test_an_adapter_that_cannot_be_imported_is_named_when_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from importlib.metadata import EntryPoint

    from shopguard.config import installed

    broken = EntryPoint("broken", "no_such_module:Adapter", installed.GROUP)
    wrong = EntryPoint("wrong", "decimal:Decimal", installed.GROUP)
    monkeypatch.setattr(installed, "entry_points", lambda group: [broken, wrong])
    adapters = find_adapters()
    assert list(adapters) == ["broken", "wrong"]
    with pytest.raises(ConfigError, match="platform broken: no_such_module:Adapter cannot be loaded"):
        adapters["broken"]
    with pytest.raises(ConfigError, match="platform wrong: decimal:Decimal is no PlatformAdapter"):
        adapters["wrong"]
