"""One house in every way that people write it: towns drawn from the table, and habits met in shops."""

import random
from collections.abc import Callable

import pytest

from shopguard.identity.japan import read_japanese
from shopguard.identity.location import Address, Place, Remark, Site
from shopguard.identity.tables import tables

NUMERALS = "〇一二三四五六七八九"
WIDE = {ord(char): ord(char) + 0xFEE0 for char in "0123456789-"}


def kanji(number: str) -> str:
    tens, ones = divmod(int(number), 10)
    return (NUMERALS[tens] if tens > 1 else "") + ("十" if tens else "") + (NUMERALS[ones] if ones else "")


# Each gets prefecture, city, town and the numbers of a house whose room is 203, and returns city and lines.
Habit = Callable[[str, str, str, tuple[str, str, str]], tuple[str, list[str]]]
HABITS: dict[str, Habit] = {
    "in full": lambda p, c, t, n: (c, [f"{t}{n[0]}丁目{n[1]}番{n[2]}号", "ハイツ芝203号室"]),
    "one line": lambda p, c, t, n: ("", [f"{p}{c}{t}{'-'.join(n)} ハイツ芝203"]),
    "no prefecture": lambda p, c, t, n: (f"{c}{t}", [f"{n[0]}-{n[1]}-{n[2]} ハイツ芝 #203"]),
    "wide": lambda p, c, t, n: (c, [f"{t}　{n[0]}丁目{n[1]}－{n[2]}　ハイツ芝２０３".translate(WIDE)]),
    "kanji": lambda p, c, t, n: (c, [f"{t}{kanji(n[0])}丁目{kanji(n[1])}番{kanji(n[2])}号", "ハイツ芝203"]),
    "room glued": lambda p, c, t, n: (c, [f"{t}{n[0]}丁目{n[1]}-{n[2]}-203"]),
    "building first": lambda p, c, t, n: (c, ["ハイツ芝203", f"{t}{n[0]}丁目{n[1]}番{n[2]}号"]),
    "building first, one line": lambda p, c, t, n: (c, [f"203号室 ハイツ芝 {t}{n[0]}丁目{n[1]}-{n[2]}"]),
    "line by line": lambda p, c, t, n: (c, [t, f"{n[0]}丁目{n[1]}-{n[2]}", "ハイツ芝", "203号室"]),
    "city again": lambda p, c, t, n: (c, [f"{p}{c}{t}{n[0]}丁目{n[1]}の{n[2]}", "203 ハイツ芝"]),
    "town again": lambda p, c, t, n: (f"{c}{t}", [f"{t}{n[0]}丁目{n[1]}-{n[2]}", "ハイツ芝203"]),
    "commas": lambda p, c, t, n: ("", [f"{p}、{c}、{t}{n[0]}丁目{n[1]}-{n[2]}、ハイツ芝203"]),
    "note": lambda p, c, t, n: (c, [f"{t}{n[0]}丁目{n[1]}-{n[2]} ハイツ芝203 不在時は宅配ボックスへ"]),
    "floor": lambda p, c, t, n: (c, [f"{t}{n[0]}丁目{n[1]}-{n[2]} ハイツ芝 2階203"]),
    "household": lambda p, c, t, n: (c, [f"{t}{n[0]}丁目{n[1]}-{n[2]} ハイツ芝203", "c/o Yamada"]),
}


def towns(count: int) -> list[tuple[str, str, str, Place]]:
    """Return towns drawn by chance: prefecture, city, town as the table writes them, and the place."""
    dice, table = random.Random(20261121), tables()
    found = []
    while len(found) < count:
        city = table.municipality(f"{dice.randint(1, 47):02}{dice.randrange(1000):03}")
        if city is None or city.code.endswith("00"):
            continue
        town = next(iter(table.towns(city.code, dice.choice(table.town_names(city.code) or ("",)))), None)
        if town is not None and town[1].base == town[1].name and not town[1].name[-1].isdecimal():
            found.append((city.prefecture, city.name, town[1].name, Place(town[1].code, town[1].name)))
    return found


@pytest.mark.parametrize("habit", [pytest.param(each, id=name) for name, each in HABITS.items()])
def test_any_town_is_read_in_every_habit(habit: Habit) -> None:
    dice = random.Random(7)
    for prefecture, city, town, place in towns(60):
        house = (str(dice.randint(1, 8)), str(dice.randint(1, 40)), str(dice.randint(1, 40)))
        field, lines = habit(prefecture, city, town, house)
        address = read_japanese(region=prefecture if field else "", city=field, lines=lines)
        assert address is not None
        assert place in address.places
        assert address.sites[0] == Site(house, "203")


def read(line: str, postal: str = "") -> Address:
    address = read_japanese(postal, lines=[line])
    assert address is not None
    return address


@pytest.mark.parametrize(
    ("line", "same"),
    [
        ("福島県伊達市保原町1-10-3", "福島県伊達市保原町１丁目10-3"),
        ("福島県伊達郡保原町字一丁目10-3", "福島県伊達市保原町１丁目10-3"),
        ("新潟県十日町市本町3-5", "新潟県十日町市本町三丁目5番地"),
        ("新潟県佐渡市相川1町目12番地", "新潟県佐渡市相川一町目12"),
        ("岩手県九戸郡軽米町大字軽米第５地割字外川目54番地2", "岩手県九戸郡軽米町軽米5-54-2"),
        ("岩手県久慈市長内町第二十五地割十二番地三", "岩手県久慈市長内町25-12-3"),
        ("北海道札幌市中央区北一西七 1-5", "北海道札幌市中央区北1条西7丁目1-5"),
        ("北海道札幌市中央区N1W7 1-5", "北海道札幌市中央区北1条西7丁目1-5"),
        ("石川県羽咋郡志賀町高浜町口の12-8", "石川県羽咋郡志賀町高浜町ロの12番地8"),
        ("和歌山県和歌山市一番町3番地", "和歌山県和歌山市一番丁3"),
        ("岐阜県大垣市築捨丁1-14-6", "岐阜県大垣市築捨町1-14-6"),
        ("東京都八丈町大賀郷2345番地1", "東京都八丈島八丈町大賀郷2345-1"),
        ("愛媛県今治市波方丁馬刀潟13-26", "愛媛県今治市波方町馬刀潟13-26"),
        ("秋田県秋田市保戸野千代田16-22", "秋田県秋田市保戸野千代田町16-22"),
        ("宮城県仙台市宮城野区福田町南7·8·29", "宮城県仙台市宮城野区福田町南7-8-29"),
        ("東京都港区しば公園4-2-8", "東京都港区芝公園4-2-8"),
        ("奈良県宇陀市榛原山辺三二〇九四－三〇", "奈良県宇陀市榛原山辺三2094-30"),
        ("滋賀県東近江市五箇荘小幡町12-3", "滋賀県東近江市五個荘小幡町12-3"),
        ("鹿児島県始良市東餅田500", "鹿児島県姶良市東餅田500"),
        ("神奈川県横浜市港北区荏田西1-2-3", "神奈川県横浜市青葉区荏田西1-2-3"),
        ("東京都中央区晴海2-3-30 ベイタワーズ W2204", "東京都中央区晴海2-3-30 ベイタワーズ ウエスト棟2204"),
        ("東京都中央区晴海2-3-30 Bay Towers WEST 2204", "東京都中央区晴海2-3-30-W2204"),
        ("東京都中央区晴海2-3-30 コーポ21-305", "東京都中央区晴海2-3-30 コーポ21 305"),
        ("鳥取県鳥取市気高町宝木2971-712 ライオンズA棟", "鳥取県鳥取市気高町宝木2971 ライオンズA棟712"),
    ],
)
def test_two_ways_to_write_one_house(line: str, same: str) -> None:
    assert read(line).places[:1] == read(same).places[:1] != ()
    assert read(line).places[0].municipality.isdecimal()
    assert set(read(line).sites) & set(read(same).sites)


def test_a_misspelt_town_of_the_postal_code_leaves_nothing_behind() -> None:
    address = read("岐阜県大垣市築捨丁1-14-6", "503-0854")
    assert address.sites == (Site(("1", "14", "6")),)
    assert Remark.MISSPELT in address.remarks and not address.rest


def test_the_postal_code_tells_which_of_two_towns_alike_may_be_meant() -> None:
    address = read("鹿児島県鹿児島市中山町6丁目8番4号", "891-0108")  # the code of 中山
    assert address.places == (Place("46201", "中山町"), Place("46201", "中山"))
    assert read("広島県広島市東区矢賀新5-12-22", "732-0044").places[0] == Place("34102", "矢賀新町")


def test_a_town_of_another_ward_is_told() -> None:
    assert Remark.FORMER_NAME in read("神奈川県横浜市港北区荏田西1-2-3").remarks


def test_the_first_town_of_a_building_is_not_the_town() -> None:
    address = read_japanese(city="東京都世田谷区", lines=["代田ハイツ203", "太子堂2-15-1"])
    assert address is not None
    assert address.places == (Place("13112", "太子堂"),) and address.sites == (Site(("2", "15", "1"), "203"),)


def test_living_with_somebody_is_no_shared_place() -> None:
    assert Remark.SHARED_PLACE not in read("東京都港区芝公園4-2-8 c/o Yamada").remarks
    assert Remark.SHARED_PLACE in read("東京都港区芝公園4-2-8 c/o サンプル商事").remarks


def test_another_digit_is_no_misspelling() -> None:
    assert Remark.MISSPELT not in read("北海道札幌市中央区北99条西7丁目1-5").remarks
