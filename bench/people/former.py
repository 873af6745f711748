"""How an address was written before its municipality was merged."""

from functools import cache

from people.words import lines


def former(city: str, town: str) -> tuple[str, str] | None:
    """Return city and town as they were written before the merger, or None."""
    for start, old, drops in _rows().get(city, ()):
        if town.startswith(start) and len(town) > len(start):
            return old, town.removeprefix(start) if drops else town
    return None


@cache
def _rows() -> dict[str, list[tuple[str, str, bool]]]:
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for line in lines("former"):
        now, start, old, drop = line.split("|")
        found.setdefault(now, []).append((start, old, bool(drop)))
    return found
