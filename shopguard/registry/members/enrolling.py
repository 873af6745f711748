"""What a shop writes into its settings to ask a registry that has taken it in."""

import base64
from collections.abc import Sequence

_NO_ADDRESS = "https://registry.example.com"


def member_settings(member: str, address: str | None, answer_keys: Sequence[bytes]) -> str:
    """Return the lines of ``config.yaml`` with which a shop asks a central registry as ``member``."""
    keys = [f'    - "{printed(key)}"' for key in answer_keys] or ['    - "PUBLIC KEY OF THE REGISTRY"']
    lines = ["registry:", f"  url: {address or _NO_ADDRESS}", f"  member: {member}", "  answer_keys:", *keys]
    return "\n".join(lines) + "\n"


def printed(public: bytes) -> str:
    """Return a public key as people pass it on."""
    return base64.b64encode(public).decode()
