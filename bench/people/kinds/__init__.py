"""The kinds of writing: every way in which the same person's details come out differently."""

from people.kinds import address, contact, foreign, name, text
from people.kinds.kind import KINDS, Kind

__all__ = ["KINDS", "Kind", "address", "contact", "foreign", "name", "text"]
