"""Japanese addresses across the fields of a form, the postal code as second witness, and what is remarked."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity.japan import normalize_prefecture, read_japanese
from shopguard.identity.location import Address, Place, Remark, Site
from shopguard.identity.tables import tables

SHIBA = Place("13103", "芝公園")
HOUSE = Site(("4", "2", "8"), "101")


def read(*lines: str, postal: str = "", region: str = "", city: str = "") -> Address:
    address = read_japanese(postal, region, city, lines)
    assert address is not None
    return address


# --- the same address, whatever field it was put in


@pytest.mark.parametrize(
    "fields",
    [
        {"region": "東京都", "city": "港区", "lines": ["芝公園4-2-8", "101"]},
        {"region": "東京都", "city": "港区", "lines": ["芝公園", "4-2-8", "101号室"]},
        {"region": "東京都", "city": "港区", "lines": ["芝公園", "4丁目", "2番8号", "101号室"]},
        {"region": "東京", "city": "東京都港区", "lines": ["芝公園4-2-8-101"]},
        {"region": "JP13", "city": "港区", "lines": ["東京都港区芝公園4-2-8-101"]},
        {"region": "JP-13", "city": "東京都港区芝公園4-2-8 101", "lines": ["同上"]},
        {"region": "Tokyo", "city": "港区芝公園", "lines": ["4-2-8", "101"]},
        {"region": "東京都", "city": "東京都港区芝公園", "lines": ["芝公園4-2-8", "101"]},
        {"region": "東京都", "city": "東京都", "lines": ["東京都港区芝公園4-2-8-101"]},
        {"region": "東京都港区", "city": "港区", "lines": ["芝公園4-2-8-101"]},
        {"region": "東京都港区芝公園4-2-8-101", "city": "", "lines": []},
        {"region": "", "city": "港区", "lines": ["港区芝公園", "4-2-8 101号"]},
        {"region": "東京都", "city": "", "lines": ["港区芝公園4-2-8", "", "101"]},
        {"region": "東京都", "city": "港区", "lines": ["101号室", "芝公園4-2-8"]},
        {"region": "", "city": "", "lines": ["101号室", "東京都港区芝公園4-2-8"]},
        {"region": "", "city": "", "lines": ["〒105-0011 東京都港区芝公園4-2-8 101号室"]},
        {"region": "", "city": "", "lines": ["〒105-0011", "東京都港区芝公園4-2-8", "101号室"]},
        {"region": "", "city": "", "lines": ["1050011東京都港区芝公園4-2-8-101"]},
        {"region": "", "city": "", "lines": ["東京都港区芝公園4-2-8-101 105-0011"]},
        {"region": "", "city": "", "lines": ["日本", "東京都港区芝公園4-2-8-101"]},
        {"region": "東京都", "city": "港区港区", "lines": ["芝公園4-2-8-101"]},
        {"region": "東京都", "city": "港区", "lines": ["芝公園4-2-8", "101", "なし"]},
        {"region": "東京都", "city": "港区", "lines": ["芝公園4-2-8", "101号室", "〃"]},
        {"region": "とうきょうと", "city": "みなとく", "lines": ["しばこうえん4-2-8", "101"]},
        {"region": "東京都", "city": "港区", "lines": ["芝公園4-2-8", "101号室", "090-0000-0000"]},
    ],
)
def test_the_same_house_from_any_field(fields: dict[str, object]) -> None:
    address = read_japanese(**fields)  # type: ignore[arg-type]  # parametrized keywords
    assert address is not None
    assert (address.places, address.sites, address.building) == ((SHIBA,), (HOUSE,), "")


@pytest.mark.parametrize(
    "lines",
    [
        ["東京ハイツ101", "東京都港区芝公園4-2-8"],
        ["東京都港区芝公園4-2-8", "東京ハイツ101"],
        ["東京都港区芝公園4-2-8 東京ハイツ101", "東京ハイツ101"],
        ["東京ハイツ101 東京都港区芝公園4-2-8"],
        ["東京都港区", "東京ハイツ101", "芝公園4-2-8"],
        ["東京都港区芝公園 東京ハイツ101 4-2-8"],
        ["東京都港区芝公園4-2-8「東京ハイツ」101号室"],
        ["東京都港区芝公園4-2-8 東京・ハイツ 101"],
    ],
)
def test_the_building_in_any_place(lines: list[str]) -> None:
    address = read(*lines)
    assert (address.places, address.sites, address.building) == ((SHIBA,), (HOUSE,), "東京ハイツ")


def test_a_line_that_says_it_all_again_adds_nothing() -> None:
    address = read("芝公園4-2-8", "東京都港区芝公園4-2-8")
    assert (address.places, address.sites, address.building) == ((SHIBA,), (Site(("4", "2", "8")),), "")


def test_a_short_name_that_two_towns_end_in_names_neither() -> None:
    assert read("三重県いなべ市大泉1-2").places == (Place("24214", "大泉"),)
    assert read("三重県いなべ市大泉1-2", postal="511-0224").places == (Place("24214", "員弁町大泉"),)


def test_a_town_is_not_cut_out_of_a_longer_number() -> None:
    assert read("北海道樺戸郡浦臼町浦臼第41番地").places[0].town != "浦臼第4"


def test_the_postal_code_in_a_line_is_kept() -> None:
    assert read("〒105-0011 東京都港区芝公園4-2-8").postal == "1050011"
    assert read("東京都港区芝公園4-2-8", postal="１０５－００１１").postal == "1050011"


def test_the_prefecture_is_added_where_the_municipality_tells_it() -> None:
    assert [read(line).prefecture for line in ("港区芝公園4-2-8", "横浜市中区山下町1")] == ["東京都", "神奈川県"]


@pytest.mark.parametrize(
    "region", ["東京都", "東京", "Tokyo", "Tōkyō", "tokyo-to", "JP13", "JP-13", "13", "トウキョウト"]
)
def test_prefecture_by_name_and_code(region: str) -> None:
    assert normalize_prefecture(region) == "東京都"


def test_an_unknown_region_is_no_prefecture() -> None:
    assert [normalize_prefecture(region) for region in ("", "JP-00", "JP-48", "Bavaria")] == [""] * 4


# --- the postal code as a second witness


@pytest.mark.parametrize(
    ("lines", "region", "postal", "place"),
    [
        (["芝公園4-2-8"], "東京都", "105-0011", SHIBA),
        (["東京都芝公園4-2-8"], "", "105-0011", SHIBA),
        (["4-2-8"], "", "105-0011", SHIBA),
        (["港区4-2-8"], "", "105-0011", SHIBA),
        (["東京都港区芝公圓4-2-8"], "", "105-0011", SHIBA),
        (["西区みなとみらい2-2-1"], "", "220-0012", Place("14103", "みなとみらい")),
        (["京都市中京区河原町通三条下ル 23"], "", "604-8032", Place("26104", "山崎町")),
        (["みなとしばこうえん4-2-8"], "東京都", "105-0011", SHIBA),
    ],
)
def test_the_postal_code_names_what_is_missing(lines: list[str], region: str, postal: str, place: Place) -> None:
    address = read(*lines, postal=postal, region=region)
    assert address.places[:1] == (place,)


def test_the_remark_says_that_the_postal_code_named_the_place() -> None:
    assert Remark.BY_POSTAL_CODE in read("芝公園4-2-8", postal="105-0011").remarks
    assert Remark.BY_POSTAL_CODE not in read("港区芝公園4-2-8", postal="105-0011").remarks


def test_the_postal_code_decides_between_namesakes() -> None:
    assert len(read("中央区中央1-2-3").places) == 2
    assert read("中央区中央1-2-3", postal="252-0239").places == (Place("14152", "中央"),)
    assert read("中央区中央1-2-3", region="千葉県").places == (Place("12101", "中央"),)
    assert read("府中市宮町1-2-3").places == (Place("13206", "宮町"),)


def test_a_ward_alone_that_ten_cities_have_is_no_place_by_code() -> None:
    assert [place.municipality for place in read("中央区1-2-3").places] == ["中央区"]


def test_the_written_town_wins_over_the_postal_code() -> None:
    address = read("東京都港区芝公園4-2-8", postal="231-0023")
    assert (address.places, address.remarks) == ((SHIBA,), {Remark.POSTAL_CONFLICT})


def test_the_postal_code_wins_where_the_written_municipality_has_no_such_town() -> None:
    address = read("東京都品川区芝公園4-2-8", postal="105-0011")
    assert (address.places, Remark.POSTAL_CONFLICT in address.remarks) == ((SHIBA,), True)


def test_another_town_of_the_same_municipality_is_no_conflict() -> None:
    assert read("東京都港区芝公園4-2-8", postal="106-0032").remarks == frozenset()


def test_a_postal_code_that_does_not_exist_is_remarked() -> None:
    assert read("東京都港区芝公園4-2-8", postal="999-9998").remarks == {Remark.UNKNOWN_POSTAL_CODE}


def test_the_municipality_in_another_prefecture_is_remarked() -> None:
    address = read("港区芝公園4-2-8", region="大阪府")
    assert (address.places, address.prefecture, address.remarks) == ((SHIBA,), "東京都", {Remark.PREFECTURE_CONFLICT})


# --- what is remarked


@pytest.mark.parametrize(
    ("line", "remark"),
    [
        ("埼玉県浦和市高砂3-15-1", Remark.FORMER_NAME),
        ("三重県員弁郡員弁町石仏1967", Remark.FORMER_NAME),
        ("静岡県浜松市中区元城町103-2", Remark.FORMER_NAME),
        ("兵庫県篠山市北新町41", Remark.FORMER_NAME),
        ("京都市中京区寺町通御池上ル上本能寺前町488", Remark.KYOTO_STREET),
        ("とうきょうとみなとくしばこうえん4-2-8", Remark.KANA),
        ("東京都港区しばこうえん4-2-8", Remark.KANA),
        ("東京都港区芝公演4-2-8", Remark.MISSPELT),
        ("東京都港区虎ノ問4-2-8", Remark.MISSPELT),
        ("横浜市中区山下下町4-2-8", Remark.MISSPELT),
        ("東京都港区夢見町4-2-8", Remark.UNKNOWN_TOWN),
        ("夢見市夢見町4-2-8", Remark.UNKNOWN_MUNICIPALITY),
    ],
)
def test_remarks(line: str, remark: Remark) -> None:
    assert read(line).remarks == {remark}


@pytest.mark.parametrize(
    "line",
    [
        "東京都港区芝公園4-2-8 東京ハイツ101",
        "西多摩郡瑞穂町箱根ケ崎2335",
        "瑞穂町箱根ケ崎2335",
        "横浜市山下町1",
        "中京区上本能寺前町488",
        "いなべ市員弁町石仏1967",
        "札幌市中央区北1西2",
    ],
)
def test_an_ordinary_address_has_no_remarks(line: str) -> None:
    assert read(line).remarks == frozenset()


@pytest.mark.parametrize(
    "building",
    [
        "ホテル芝 305",
        "旅館さくら",
        "民宿なみ",
        "ゲストハウス芝",
        "東横イン芝 501",
        "ヤマト運輸芝営業所",
        "佐川急便 芝営業所止め",
        "芝センター止め",
        "芝郵便局留",
        "芝郵便局 局留め",
        "セブンイレブン芝公園店",
        "ローソン芝公園四丁目店",
        "ファミリーマート芝店 受取",
        "PUDOステーション",
        "宅配ロッカー 3",
        "はこぽす",
        "さくら寮 203",
        "芝商事社宅",
        "学生会館 203",
        "ドミトリー芝 203",
        "芝病院",
        "ホテル前田 203",
        "ヤマト運輸",
        "芝ビル1F PUDOステーション",
        "学生マンション芝",
        "さくら老人ホーム",
        "ウィークリー芝 203",
        "マンスリーマンション芝 203",
        "バーチャルオフィス芝",
        "レンタルオフィス芝 3F",
        "芝郵便局私書箱12号",
        "株式会社サンプル気付",
        "c/o サンプル商事",
        "シェアハウス芝 2",
    ],
)
def test_places_of_many_people(building: str) -> None:
    assert read(f"東京都港区芝公園4-2-8 {building}").remarks == {Remark.SHARED_PLACE}


@pytest.mark.parametrize(
    "building", ["転送コム TS12345", "tenso 12345", "Buyee 12345", "購入代行サンプル 12", "国際転送サービス"]
)
def test_forwarders(building: str) -> None:
    assert read(f"東京都港区芝公園4-2-8 {building}").remarks == {Remark.SHARED_PLACE, Remark.FORWARDER}


@pytest.mark.parametrize(
    "building",
    [
        "山田様方",
        "山田方",
        "グランドホームズ101",
        "パインヒルズ101",
        "ローソンビル3F",
        "病院前ハイツ101",
        "病院前住宅203",
        "グランドホテル前マンション203",
        "シティホテル跡地マンション203",
        "郵便局前ビル203",
        "営業所ビル203",
        "203 宅配ロッカー",
        "203 PUDO可",
        "ハイツ芝203 宅配ロッカーへ",
        "ハイツ芝203 宅配BOX希望",
        "ハイツ芝203 宅急便希望",
        "ハイツ芝203 宅配便は郵便局へ",
        "ハイツ芝203 不在時は営業所止め",
        "PUDO可",
        "芝商事社宅203",
        "学生マンション芝203",
        "ドーミー芝203",
        "コーポイン101",
        "メゾンドール101",
    ],
)
def test_households_and_houses_are_not_shared(building: str) -> None:
    assert read(f"東京都港区芝公園4-2-8 {building}").remarks == frozenset()


def test_the_household_is_kept_but_names_no_building() -> None:
    address = read("東京都港区芝公園4-2-8 東京ハイツ101 山田様方")
    assert (address.building, address.rest) == ("東京ハイツ", "山田様方")


def test_the_small_area_before_the_numbers_is_kept_apart() -> None:
    with_area, without = read("鶴岡市大字下川字上谷地1234"), read("鶴岡市下川1234")
    assert (with_area.places, with_area.sites) == (without.places, without.sites)
    assert "上谷地" in with_area.rest


# --- numbers that can be read in two ways


@pytest.mark.parametrize(
    ("line", "sites"),
    [
        ("港区芝公園12-3-203", (Site(("12", "3", "203")), Site(("12", "3"), "203"))),
        ("港区芝公園12-3-203 東京ハイツ", (Site(("12", "3"), "203"), Site(("12", "3", "203")))),
        ("瑞穂町箱根ケ崎2335-4-101", (Site(("2335", "4"), "101"), Site(("2335", "4", "101")))),
        ("瑞穂町箱根ケ崎2335-4-1", (Site(("2335", "4", "1")),)),
        ("瑞穂町箱根ケ崎2335番地-101", (Site(("2335",), "101"), Site(("2335", "101")))),
        ("瑞穂町箱根ケ崎2335-101", (Site(("2335",), "101"), Site(("2335", "101")))),
        ("港区芝公園4-2-8-101", (HOUSE,)),
        ("港区芝公園4丁目2番8号", (Site(("4", "2", "8")),)),
        ("港区芝公園4-2-18", (Site(("4", "2", "18")),)),
        ("空知郡上富良野町西2線北25号101", (Site(("25",), "101"),)),
        ("港区芝公園88-1-15", (Site(("88", "1", "15")), Site(("88", "1"), "15"))),
        ("瑞穂町箱根ケ崎2335番地4-101", (Site(("2335", "4"), "101"),)),
    ],
)
def test_both_readings_are_kept_likelier_first(line: str, sites: tuple[Site, ...]) -> None:
    assert read(line).sites == sites


# --- bad input


@pytest.mark.parametrize("fields", [("", "", "", ()), ("", "", "", ("", " ", "同上")), (" ", "　", "-", ("なし",))])
def test_empty_fields_are_no_address(fields: tuple[str, str, str, tuple[str, ...]]) -> None:
    assert read_japanese(*fields) is None


@pytest.mark.parametrize("line", ["123", "4-2-8", "!?", "〒", "ー", "号", "丁目", "の", "101号室"])
def test_no_place_comes_from_nothing(line: str) -> None:
    address = read_japanese(lines=[line])
    assert address is None or address.places == () or address.remarks == {Remark.UNKNOWN_MUNICIPALITY}


@pytest.mark.parametrize(
    "text", ["港区" * 200_000, "1-" * 300_000, "一" * 500_000, "上る" * 200_000, " " * 500_000 + "1"]
)
def test_huge_input_is_cut(text: str) -> None:
    address = read_japanese(text, text, text, [text] * 5)
    assert address is None or len(address.rest) <= 2000


@given(*[st.text(max_size=40)] * 3, st.lists(st.text(max_size=40), max_size=4))
def test_no_text_raises(postal: str, region: str, city: str, lines: list[str]) -> None:
    read_japanese(postal, region, city, lines)


PIECES = st.sampled_from(
    [
        *(
            "東京都",
            "港区",
            "芝公園",
            "京都市中京区",
            "寺町通御池上ル",
            "4-2-8",
            "四丁目",
            "2番",
            "8号",
            "101号室",
            "ハイツ",
            "A棟",
        ),
        *(
            "大字",
            "字",
            "甲",
            "の",
            "ー",
            "-",
            " ",
            "\u3000",
            "〒105-0011",
            "105-0011",
            "3F",
            "方",
            "様",
            "北1西2",
            "無番地",
        ),
        *("廿", "千", "〇", "０", "#", "/", "|", "第", "\u200b", "\ud800"),
    ]
)


@given(st.lists(PIECES, max_size=14), st.lists(PIECES, max_size=5))
def test_no_mixture_of_pieces_raises(line: list[str], city: list[str]) -> None:
    address = read_japanese("", "", "".join(city), ["".join(line)])
    assert address is None or (len(address.places) <= 2 and len(address.sites) <= 2)


# --- every town, in every form of numbers

small = st.integers(1, 30)


@given(small, small, small, st.sampled_from("-‐‑–—―−ー－"))
def test_every_way_to_write_the_numbers_is_one(chome: int, ban: int, go: int, hyphen: str) -> None:
    plain = read(f"港区芝公園{chome}-{ban}-{go}")
    assert read(f"港区芝公園{chome}丁目{ban}番{go}号") == plain
    assert read(f"港区芝公園{chome}{hyphen}{ban}{hyphen}{go}") == plain
    assert read(f"港区芝公園 {chome} - {ban} - {go}") == plain
    assert read(f"港区芝公園{chome}丁目", f"{ban}-{go}") == plain
    assert read(f"港区芝公園{chome}の{ban}の{go}") == plain


def spelled(address: Address) -> tuple[str, str, str, list[str]]:
    """The canonical address in ordinary writing: postal code, region, city, lines."""
    place = address.places[0]
    municipality = tables().municipality(place.municipality)
    assert municipality is not None
    if len(address.sites) == 2:  # written so that it can be read in two ways, too
        longest = max(address.sites, key=lambda site: len(site.numbers))
        numbers, room = "-".join(filter(None, (*longest.numbers, longest.room))), ""
    else:
        site = address.sites[0]
        marks = {1: ["番地"], 2: ["番", "号"], 3: ["丁目", "番", "号"]}[len(site.numbers)]
        numbers, room = "".join(map(str.__add__, site.numbers, marks)), site.room
        room = room and (f"{room[:-1]}階" if room.endswith("f") else f"{room}号室")
    return (
        address.postal,
        address.prefecture,
        municipality.name,
        [f"{place.town} {numbers}", f"{address.building} {room}"],
    )


TAILS = [
    "4-2-8",
    "4丁目2番8号 東京ハイツ101",
    "2335番地の4",
    "12-3-203",
    "1234",
    "2335-4-101 ハイツ芝",
    "5-6 A棟203",
    "1-2-3-405",
    "7番地 3F",
]


def test_the_canonical_spelling_of_any_town_is_read_as_itself() -> None:
    dice, table = random.Random(20261121), tables()
    codes = [
        code for number in range(1, 48) for code in (f"{number:02}{dice.randrange(1000):03}" for _ in range(400))
    ]
    checked = 0
    for code in (code for code in codes if table.municipality(code)):
        for name in dice.sample(table.town_names(code), min(8, len(table.town_names(code)))):
            municipality = table.municipality(code)
            assert municipality is not None
            first = read(f"{municipality.prefecture}{municipality.name}{name} {dice.choice(TAILS)}")
            if len(first.places) == 2:  # two wards of a city have a town of that name
                continue
            again = read_japanese(*spelled(first))
            assert again is not None
            assert (again.places, again.sites, again.building) == (first.places, first.sites, first.building)
            checked += 1
    assert checked > 2000
