"""Japanese addresses, raw as people write them, beside the place, numbers and room that each of them means."""

import pytest

from shopguard.identity.japan import read_japanese


def reading(*lines: str) -> tuple[tuple[str, str], tuple[str, str]]:
    address = read_japanese(lines=lines)
    assert address is not None
    place, site = address.places[0], address.sites[0]
    return (place.municipality, place.town), ("-".join(site.numbers), site.room)


@pytest.mark.parametrize(
    ("line", "place", "site"),
    [
        ("東京都港区芝公園４丁目２番８号　東京ハイツ１０１号室", ("13103", "芝公園"), ("4-2-8", "101")),
        ("宇都宮市一番町3-17", ("09201", "1番町"), ("3-17", "")),
        ("金沢市主計町1番1号", ("17201", "主計町"), ("1-1", "")),
        ("いなべ市石仏1967", ("24214", "員弁町石仏"), ("1967", "")),
    ],
)
def test_thin(line: str, place: tuple[str, str], site: tuple[str, str]) -> None:
    assert reading(line) == (place, site)
