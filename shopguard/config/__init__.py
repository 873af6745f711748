"""The settings: what can be set, read once from YAML into frozen values. Nothing else reads YAML or environment."""

from shopguard.config.installed import find_adapters
from shopguard.config.policy import PolicyRule, PolicySettings, SignalEffect, SignalSettings, SilentRule
from shopguard.config.policy_text import policy_text, read_policy
from shopguard.config.reading import load_config
from shopguard.config.settings import (
    Closed,
    Config,
    DatabaseSettings,
    FeeSettings,
    GateSettings,
    Language,
    Mode,
    OfficeSettings,
    OidcSettings,
    RegistrySettings,
    ReportingSettings,
    RetentionSettings,
    RoleValues,
    ServerSettings,
    ShippingSettings,
    ShopSettings,
    SignInSettings,
    WorkerSettings,
)
from shopguard.config.showing import show

__all__ = [
    "Closed",
    "Config",
    "DatabaseSettings",
    "FeeSettings",
    "GateSettings",
    "Language",
    "Mode",
    "OfficeSettings",
    "OidcSettings",
    "PolicyRule",
    "PolicySettings",
    "RegistrySettings",
    "ReportingSettings",
    "RetentionSettings",
    "RoleValues",
    "ServerSettings",
    "ShippingSettings",
    "ShopSettings",
    "SignInSettings",
    "SignalEffect",
    "SignalSettings",
    "SilentRule",
    "WorkerSettings",
    "find_adapters",
    "load_config",
    "policy_text",
    "read_policy",
    "show",
]
