"""The sections of search and of the own list, with all their pages."""

from collections.abc import Sequence

from shopguard.web.app import Section
from shopguard.web.lists import importing
from shopguard.web.lists.desk import ListDesk
from shopguard.web.lists.own import own_section
from shopguard.web.lists.search import search_section

PARTS = (importing,)
"""The modules that bring routes of their own."""


def list_sections(desk: ListDesk) -> Sequence[Section]:
    """Return what stands in the menu of lists."""
    return search_section(desk), own_section(desk)
