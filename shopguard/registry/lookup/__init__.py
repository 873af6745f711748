"""The look-up at the centre: the story (service), what rows say (opening), its routes and their description."""

from shopguard.registry.lookup.service import KeyDesk, LookUpService

__all__ = ["KeyDesk", "LookUpService"]
