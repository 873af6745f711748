"""What is no house of its own, two houses that look like one, and one house that looks like two."""

import pytest

from shopguard.identity.japan import read_japanese
from shopguard.identity.location import Address, Site


def read(line: str, postal: str = "") -> Address:
    address = read_japanese(postal, lines=[line])
    assert address is not None
    return address


# --- no house


@pytest.mark.parametrize(
    ("line", "building", "rest"),
    [
        ("東京都港区芝公園4丁目", "", "4丁目"),
        ("東京都港区芝公園四丁目", "", "4丁目"),
        ("東京都港区芝公園4", "", "4"),
        ("東京都港区芝公園 4丁目", "", "4丁目"),
        ("東京都港区芝公園4丁目 東京ハイツ", "東京ハイツ", "4丁目"),
        ("東京都港区芝公園4丁目 東京ハイツ101", "東京ハイツ", "4丁目 101"),
        ("東京都港区芝公園4丁目 101号室", "", "4丁目 101"),
        ("東京都港区芝公園 東京ハイツ101", "東京ハイツ", "101"),
        ("東京都港区芝公園 東京ハイツ 101号", "東京ハイツ", "101"),
        ("東京都港区芝公園 ハイツ2 101", "ハイツ2", "101"),
        ("東京都港区芝公園0", "", ""),
        ("東京都港区芝公園00", "", ""),
        ("東京都港区芝公園0-0-0", "", ""),
        ("東京都港区芝公園０丁目０番０号", "", ""),
    ],
)
def test_no_number_of_a_house(line: str, building: str, rest: str) -> None:
    address = read(line)
    assert (address.sites, address.building, address.rest) == ((), building, rest)


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("東京都港区芝公園4番地", ("4",)),
        ("東京都港区芝公園88", ("88",)),
        ("東京都港区芝公園4丁目2", ("4", "2")),
        ("西多摩郡瑞穂町箱根ケ崎23", ("23",)),
        ("西多摩郡瑞穂町箱根ケ崎2335-0", ("2335",)),
    ],
)
def test_a_house_of_few_numbers(line: str, numbers: tuple[str, ...]) -> None:
    assert read(line).sites == (Site(numbers),)


# --- small areas between the town and the numbers


@pytest.mark.parametrize(
    ("line", "area"),
    [
        ("秋田県由利本荘市矢島町七日町字助の渕1-5", "助の渕"),
        ("秋田県由利本荘市矢島町七日町助ノ渕1番地5", "助の渕"),
        ("秋田県由利本荘市矢島町七日町字羽坂1-5", "羽坂"),
        ("青森県弘前市大字富田字上1-1", "上"),
        ("青森県弘前市富田字下1-1", "下"),
        ("福島県郡山市熱海町安子島字前田1", "前田"),
        ("福島県郡山市熱海町安子島字 後田1", "後田"),
        ("福島県郡山市熱海町安子島字館1", "館"),
        ("愛知県豊田市足助町久井戸10", "久井戸"),
        ("愛知県豊田市足助町西町10", "西町"),
        ("青森県弘前市富田1-1", ""),
        ("東京都港区芝公園 東京ハイツ 4-2-8", ""),
        ("東京都港区芝公園東京ハイツ4-2-8", ""),
        ("京都市中京区上本能寺前町 寺町通御池上る 488", ""),
        ("愛知県豊田市足助町久井戸", ""),
    ],
)
def test_the_small_area(line: str, area: str) -> None:
    assert read(line).area == area
