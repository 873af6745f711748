"""A shop described in YAML alone: for home-made carts and platforms without an adapter of their own."""

from adapters.generic.adapter import GenericAdapter
from adapters.generic.settings import GenericSettings

__all__ = ["GenericAdapter", "GenericSettings"]
