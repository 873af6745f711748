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
        ("新潟市中央区古町通7番町", "", "7丁目"),
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
        ("札幌市白石区南郷通7丁目北3-20", ("7", "北3", "20")),
        ("札幌市白石区南郷通り七丁目南3番20号", ("7", "南3", "20")),
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


# --- one house in two spellings


@pytest.mark.parametrize(
    ("line", "same", "postal"),
    [
        ("新潟市中央区東大通1-2-23", "新潟市東大通り1-2-23", "950-0087"),
        ("新潟市中央区東大通1丁目2-23", "新潟市中央区東大通り1丁目2-23", ""),
        ("旭川市東光5条3丁目2-11", "旭川市東光5-3-2-11", "078-8345"),
        ("旭川市4条通10丁目2233-5", "旭川市4-10-2233-5", "070-0034"),
        ("旭川市4条通10丁目2233-5", "旭川市4条10丁目2233-5", "070-0034"),
        ("旭川市4条通10丁目2233-5", "旭川市4条10丁目2233-5", ""),
        ("帯広市西17条南4丁目12-8", "帯広市西17-4-12-8", "080-0027"),
        ("帯広市西17条南4丁目12-8 ハイツ芝203", "帯広市西17-4-12-8 ハイツ芝 203", "080-0027"),
        ("伊那市高遠町西高遠1790乙", "伊那市高遠町西高遠乙1790", ""),
        ("伊那市高遠町西高遠1790乙 ハイツ芝203", "伊那市高遠町西高遠乙1790 ハイツ芝203", ""),
        ("新潟市西蒲区巻甲2690-1", "新潟県西蒲原郡巻町甲2690-1", ""),
        ("東根市東根甲5900-1", "東根市甲5900-1", ""),
        ("港区芝公園4--2--8-101", "港区芝公園4-2-8-101", ""),
        ("港区芝公園4丁日2-8-101", "港区芝公園4丁目2-8-101", ""),
        ("さいたま市浦和高砂3-15-1", "さいたま市浦和区高砂3-15-1", ""),
        ("静岡市清水江尻東1-2-3", "静岡市清水区江尻東1-2-3", ""),
        ("北九州市小倉北浅野1-2-3", "北九州市小倉北区浅野1-2-3", ""),
        ("東京都八丈島三根1745-2", "東京都八丈島八丈町三根1745-2", ""),
        ("東京都三宅島神着222番地", "東京都三宅島三宅村神着222", ""),
    ],
)
def test_one_house_in_two_spellings(line: str, same: str, postal: str) -> None:
    one, other = read(line, postal), read(same, postal)
    assert (one.places, one.sites) == (other.places, other.sites) != ((), ())
    assert one.places[0].town and not other.rest


def test_an_island_is_no_former_name() -> None:
    assert not read("東京都八丈島三根1745-2").remarks


@pytest.mark.parametrize(
    ("line", "otherwise"),
    [
        ("松山市平田町甲123-4", Site(("123", "4"))),
        ("伊那市高遠町西高遠1790甲", Site(("1790",))),
        ("横浜市旭区左近山1186 県営左近山団地12-304", Site(("1186", "12"), "304")),
        ("横浜市旭区左近山1186 県営左近山団地12号棟304", Site(("1186", "12"), "304")),
        ("港区芝公園4-2-8 2階3号室", Site(("4", "2", "8"), "203")),
        ("港区芝公園4-2-8 東京ハイツ 11階12号室", None),
        ("松山市平田町乙123-4", None),
        ("港区芝公園4-2-8 芝団地12-304", None),
    ],
)
def test_the_second_way_to_write_a_house(line: str, otherwise: Site | None) -> None:
    assert read(line).sites[1:] == ((otherwise,) if otherwise else ())


def test_the_lots_of_a_town_are_several_houses() -> None:
    first, second = read("松山市平田町甲123-4"), read("松山市平田町乙123-4")
    assert not set(first.sites) & set(second.sites)
