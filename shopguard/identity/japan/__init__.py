"""Japanese addresses in kanji or kana: municipality and town by the tables, numbers and rooms by their signs."""

from collections.abc import Sequence

from shopguard.identity.japan.building import read_building
from shopguard.identity.japan.joining import join_fields
from shopguard.identity.japan.numbers import Numbers, read_numbers
from shopguard.identity.japan.place import Located, locate, with_town
from shopguard.identity.japan.prefecture import normalize_prefecture
from shopguard.identity.japan.shared import shared_remarks
from shopguard.identity.japan.sites import read_sites
from shopguard.identity.location import Address
from shopguard.identity.tables import tables

__all__ = ["Located", "normalize_prefecture", "read_behind", "read_japanese"]


def read_japanese(
    postal_code: str = "", region: str = "", city: str = "", lines: Sequence[str] = ()
) -> Address | None:
    """Return the address that the fields of a form spell in kanji or kana, or None if all of them are empty.

    The whole address may stand in any field, in any order of lines. No input raises.
    """
    written = join_fields(postal_code, region, city, lines)
    if not (written.parts or written.postal or written.prefecture):
        return None
    table = tables()
    located = locate(table, written)
    numbers = read_numbers(located.after)
    before = numbers.before.strip(" -,、")
    if located.is_town_open:
        located, before = with_town(table, located, before, bool(numbers.counts)), ""
    return _address(located, before, numbers, written.postal)


def read_behind(located: Located, postal: str) -> Address:
    """Return the address at a place that is known already: ``located.after`` holds numbers, building and room."""
    numbers = read_numbers(located.after)
    return _address(located, numbers.before.strip(" -,、"), numbers, postal)


def _address(located: Located, before: str, numbers: Numbers, postal: str) -> Address:
    building = read_building(numbers.after)
    sites = read_sites(numbers.counts, building, located.has_chome)
    has_room = any(site.room and site.room != building.floor for site in sites)
    unplaced = () if sites else (*(str(count) for count in numbers.counts), building.room or building.floor)
    return Address(
        prefecture=located.prefecture,
        places=located.places,
        sites=sites,
        building=building.name,
        area="" if located.is_town_open else numbers.small_area,
        postal=postal,
        rest=" ".join(part for part in (before, *unplaced, building.household) if part),
        remarks=located.remarks | shared_remarks(f"{before} {numbers.after}", has_room),
    )
