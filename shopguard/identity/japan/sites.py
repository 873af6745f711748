"""Which of the numbers name the house and which the room."""

import re

from shopguard.identity.japan.building import Building, placed
from shopguard.identity.japan.numbers import Count
from shopguard.identity.location import Site

_MOST_ROOMS = 30  # on one floor: 203 looks like a room, 288 does not
_ON_FLOOR = re.compile("[1-9][0-9]?f[1-9]")
_MOST_NUMBERS = 3  # of a house
_MOST_CHOME = 45  # no town has more 丁目; the first number of 2335-4-101 is a lot


def read_sites(counts: tuple[Count, ...], building: Building, has_chome: bool | None) -> tuple[Site, ...]:
    """Return the readings of ``counts``, likelier first, at most two.

    A room written after the numbers ends all doubt about them. A floor stands for the room where there is none.

    Args:
        has_chome: whether the town is divided into 丁目; None where unknown.
    """
    if not counts or _is_chome_alone(counts, has_chome):
        return ()
    sites = _likelier_first(counts, building, has_chome)
    return sites if len(sites) > 1 else (*sites, *_otherwise(sites[0], building))


def _otherwise(site: Site, building: Building) -> tuple[Site, ...]:
    """Return the one other way that the site's numbers or room may be written elsewhere, if there is any."""
    if site.numbers[0].startswith("甲"):  # people leave out the first of the lots 甲, 乙, 丙
        return (Site((site.numbers[0][1:], *site.numbers[1:]), site.room),)
    if building.floor and _ON_FLOOR.fullmatch(building.floor + site.room):  # 2階3号室 is 203
        return (Site(site.numbers, f"{building.floor[:-1]}{int(site.room):02}"),)
    wing, _, room = site.room.partition("-")
    if wing.isdecimal() and room.isdecimal() and len(site.numbers) < _MOST_NUMBERS and len(site.numbers[0]) > 2:
        return (Site((*site.numbers, wing), room),)  # 1186 団地12-304 is 1186-12-304
    return ()


def _likelier_first(counts: tuple[Count, ...], building: Building, has_chome: bool | None) -> tuple[Site, ...]:
    numbers = [count.number for count in counts]
    houses = _houses(counts, has_chome)
    if building.room:
        return (Site(tuple(numbers[: max(houses)]), building.room),)
    if houses[0] == len(counts) and len(houses) > 1 and _is_room(counts[-1], bool(building.name), has_chome):
        houses.reverse()
    return tuple(Site(tuple(numbers[:size]), _glued_room(numbers[size:], building)) for size in houses)


def _is_chome_alone(counts: tuple[Count, ...], has_chome: bool | None) -> bool:
    """Say whether no number of a house follows the 丁目, which many share."""
    only = counts[0]
    if len(counts) > 1 or only.mark == "ban":
        return False
    return only.mark == "chome" or (has_chome is True and only.number.isdecimal() and int(only.number) <= _MOST_CHOME)


def _glued_room(numbers: list[str], building: Building) -> str:
    """Return the room that stands among the numbers, in the wing that is written with the building."""
    return placed(building.wing, "-".join(numbers)) or building.floor


def _houses(counts: tuple[Count, ...], has_chome: bool | None) -> list[int]:
    """Return how many of the numbers may name the house: one or two answers, longest first."""
    size = len(counts)
    if counts[0].mark == "chome":
        has_chome = True
    elif len(counts[0].number) > 2 or not counts[0].number.isdecimal() or int(counts[0].number) > _MOST_CHOME:
        has_chome = False
    block = next((at for at, count in enumerate(counts) if count.mark == "ban"), None)
    if block is not None:
        return _after_block(counts, block)
    longest = min(size, 3)
    if size == 1 or (has_chome and size < 3):
        return [longest]
    if has_chome or (has_chome is None and size == 3):
        return [3, 2] if size == 3 and len(counts[2].number) > 2 else [longest]
    if size == 2:
        return [2, 1] if len(counts[1].number) > 2 else [2]
    return [3, 2] if size > 3 or len(counts[2].number) > 1 or counts[2].apart else [3]


def _after_block(counts: tuple[Count, ...], block: int) -> list[int]:
    """Return the same where 番 says which number is the block: one more names the house, the rest the room."""
    size, house = len(counts), min(len(counts), block + 2, 3)
    if size > block + 2:
        spare = counts[block + 2]
        doubtful = house < 3 and size == block + 3 and len(spare.number) < 3 and spare.mark != "go"
        return [house + 1, house] if doubtful else [house]
    if size == block + 2 and counts[-1].mark != "go" and len(counts[-1].number) > 2:
        return [house, house - 1]  # 903番地-103
    return [house]


def _is_room(last: Count, has_building: bool, has_chome: bool | None) -> bool:
    """Say whether a room is the likelier reading of the last number.

    A building without a room of its own speaks for it: 12-3-203 ハイツ.
    """
    if has_building or last.apart:
        return True
    return has_chome is False and len(last.number) > 2 and 1 <= int(last.number[-2:]) <= _MOST_ROOMS
