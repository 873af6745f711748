"""The settings: what can be set, read once from YAML into frozen values. Nothing else reads YAML or environment."""

from shopguard.config.policy import PolicyRule, PolicySettings, SilentRule
from shopguard.config.settings import (
    Config,
    DatabaseSettings,
    GateSettings,
    Language,
    Mode,
    RegistrySettings,
    RetentionSettings,
    ServerSettings,
    ShopSettings,
    WorkerSettings,
)

__all__ = [
    "Config",
    "DatabaseSettings",
    "GateSettings",
    "Language",
    "Mode",
    "PolicyRule",
    "PolicySettings",
    "RegistrySettings",
    "RetentionSettings",
    "ServerSettings",
    "ShopSettings",
    "SilentRule",
    "WorkerSettings",
]
