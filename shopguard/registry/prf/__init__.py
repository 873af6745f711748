"""The keyed function that leads from a token to its place in the index, in a process of its own."""

from shopguard.registry.prf.plain import EPOCH, PlainPrf, Prf, locator, locators

__all__ = ["EPOCH", "PlainPrf", "Prf", "locator", "locators"]
