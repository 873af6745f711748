"""A shop's rules as text, as they stand under ``policy`` in the settings."""

from typing import Any

import yaml

from shopguard.config.faults import lines
from shopguard.config.policy import PolicySettings
from shopguard.config.showing import plain
from shopguard.config.structure import converter
from shopguard.config.yaml_file import parse_yaml
from shopguard.errors import ConfigError


def policy_text(policy: PolicySettings) -> str:
    """Return rules as YAML, which ``read_policy`` reads."""
    return yaml.safe_dump(plain(policy), allow_unicode=True, sort_keys=False)


def read_policy(text: str) -> PolicySettings:
    """Return the rules that ``text`` says; ``ConfigError`` names every fault with its line or its key."""
    written: Any = parse_yaml(text, "policy")
    try:
        return converter({}, {}).structure(written, PolicySettings)
    except Exception as error:  # the validator's groups
        raise ConfigError(*lines(error, "policy", frozenset())) from None
