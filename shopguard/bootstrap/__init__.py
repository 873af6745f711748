"""Where configuration becomes objects: the parts of an installation, and what it serves."""

from shopguard.bootstrap.installation import SETTINGS_NAME, Installation

__all__ = ["SETTINGS_NAME", "Installation"]
