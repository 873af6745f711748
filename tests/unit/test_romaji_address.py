"""Japanese addresses in Latin letters: the same place as in kanji, in any order and spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity.japan import read_japanese
from shopguard.identity.location import Remark
from shopguard.identity.romaji_address import read_romaji

SHIBA = "東京都港区芝公園4丁目2-8"
SHIBA_101 = "東京都港区芝公園4丁目2-8 東京ハイツ101号室"
KYOTO = "京都市中京区上本能寺前町488"
SAPPORO = "札幌市中央区北1条西2丁目"


@pytest.mark.parametrize(
    ("written", "kanji"),
    [
        ("4-2-8 Shibakoen, Minato-ku, Tokyo 105-0011", SHIBA),
        ("4-2-8 Shiba Koen, Minato City, Tokyo", SHIBA),
        ("4-2-8, SHIBAKOEN, MINATO-KU, TOKYO, JAPAN", SHIBA),
        ("2-8 Shibakoen 4-chome, Minato-ku, Tokyo", SHIBA),
        ("2-8, Shiba-koen 4 chome, Minato-ku, Tokyo", SHIBA),
        ("Tokyo-to Minato-ku Shiba-koen 4-chome 2-8", SHIBA),
        ("Tokyo Minato-ku Shibakoen 4-2-8", SHIBA),
        ("Tōkyō-to Minato-ku Shibakōen 4-chōme 2-ban 8-gō", SHIBA),
        ("Tokyo to Minato ku Shibakouen 4 chome 2 ban 8 go", SHIBA),
        ("Toukyouto Minatoku Shibakouen 4-2-8", SHIBA),
        ("Minatoku Shibakoen 4-2-8", SHIBA),
        ("Shibakoen 4-2-8 Minato-ku Tokyo", SHIBA),
        ("Shibakoen 4－2－8, Minato-ku, Tokyo", SHIBA),
        ("minato-ku, shibakoen, 4-2-8, tokyo", SHIBA),
        ("Tokyo-to Minato-ku Shiba-koen 4-chome 2-8 Tokyo Heights 101", SHIBA_101),
        ("#101 Tokyo Haitsu, 4-2-8, Shiba Koen, Minato City", SHIBA_101),
        ("Tokyo Heights 101, 4-2-8 Shibakoen, Minato-ku, Tokyo", SHIBA_101),
        ("Room 101, Tokyo Heights, 4-2-8 Shibakoen, Minato-ku, Tokyo", SHIBA_101),
        ("Apt. 101, 4-2-8 Shibakoen, Minato-ku, Tokyo", SHIBA_101),
        ("101 Tokyo Heights, 4-2-8 Shibakoen, Minato-ku, Tokyo", SHIBA_101),
        ("4-2-8-101 Shibakoen, Minato-ku, Tokyo", SHIBA_101),
        ("Minato-ku Shibakoen 4-2-8-101", SHIBA_101),
        ("4-2-8 Shibakoen #101, Minato-ku, Tokyo 105-0011", SHIBA_101),
        ("488 Kamihonnojimae-cho, Nakagyo-ku, Kyoto", KYOTO),
        ("488 Kamihonnojimaecho, Nakagyo Ward, Kyoto City, Kyoto Prefecture", KYOTO),
        ("Kyoto-fu Kyoto-shi Nakagyo-ku Kamihonnojimae-cho 488-banchi", KYOTO),
        ("Teramachi-dori Oike-agaru, Kamihonnojimaecho 488, Nakagyo-ku, Kyoto-shi", KYOTO),
        ("Kita 1 Jo Nishi 2-chome, Chuo-ku, Sapporo", SAPPORO),
        ("Kita 1-jo Nishi 2, Chuo-ku, Sapporo-shi, Hokkaido", SAPPORO),
        ("Kita-ichijo-nishi 2-chome, Chuo-ku, Sapporo", SAPPORO),
        ("Kita1-Nishi2, Chuo-ku, Sapporo", SAPPORO),
        ("N1 W2, Chuo-ku, Sapporo", SAPPORO),
        ("North 1 West 2, Chuo-ku, Sapporo", SAPPORO),
        ("2335 Hakonegasaki, Mizuho-machi, Nishitama-gun, Tokyo", "東京都西多摩郡瑞穂町箱根ケ崎2335"),
        ("Hakonegasaki 2335-4, Mizuho Town, Tokyo", "東京都西多摩郡瑞穂町箱根ケ崎2335-4"),
        ("1 Yamashita-cho, Naka-ku, Yokohama, Kanagawa", "神奈川県横浜市中区山下町1"),
        ("Yokohama-shi Naka-ku Yamashitacho 1", "神奈川県横浜市中区山下町1"),
        ("1-1-3 Umeda, Kita-ku, Osaka", "大阪府大阪市北区梅田1-1-3"),
        ("1-1-3 Umeda Kita-ku Oosaka-shi", "大阪府大阪市北区梅田1-1-3"),
        ("1-1-3, Umeda, Kita Ward, Ohsaka City", "大阪府大阪市北区梅田1-1-3"),
        ("1-1-1 Marunouchi, Chiyoda-ku, Tokyo", "東京都千代田区丸の内1-1-1"),
        ("2-11-3 Meguro, Meguro-ku, Tokyo", "東京都目黒区目黒2-11-3"),
        ("1-1 Ichikawa, Ichikawa-shi, Chiba", "千葉県市川市市川1-1"),
        ("1-5 Suwacho, Yokkaichi-shi, Mie-ken", "三重県四日市市諏訪町1-5"),
        ("2-2-22 Morino, Machida-shi, Tokyo", "東京都町田市森野2-2-22"),
        ("1-23-7 Asahi, Koriyama, Fukushima", "福島県郡山市朝日1-23-7"),
        ("Gifu-ken Gujo-shi Hachiman-cho Shimadani 228", "岐阜県郡上市八幡町島谷228"),
        ("3-15-1 Takasago, Urawa-ku, Saitama-shi", "埼玉県さいたま市浦和区高砂3-15-1"),
        ("1-2-3 Jingumae, Shibuya-ku, Tokyo", "東京都渋谷区神宮前1-2-3"),
        ("1-2-3 Jinguumae Sibuya-ku Toukyou", "東京都渋谷区神宮前1-2-3"),
        ("5-3-1 Minami-Aoyama, Minato-ku, Tokyo", "東京都港区南青山5-3-1"),
        ("3-8-1 Higashi Azabu, Minato-ku, Tokyo", "東京都港区東麻布3-8-1"),
        ("2-3-4 Sannomiya-cho, Chuo-ku, Kobe, Hyogo", "兵庫県神戸市中央区三宮町2-3-4"),
        ("4-5-6 Sakae, Naka-ku, Nagoya", "愛知県名古屋市中区栄4-5-6"),
        ("Aichi-ken Nagoya-shi Naka-ku Sakae 4-5-6", "愛知県名古屋市中区栄4-5-6"),
        ("1-2-3 Tenjin, Chuo-ku, Fukuoka", "福岡県福岡市中央区天神1-2-3"),
        ("3-17 Ichibancho, Aoba-ku, Sendai", "宮城県仙台市青葉区一番町3-17"),
        ("1-1-1 Honcho, Aoba-ku, Sendai-shi, Miyagi", "宮城県仙台市青葉区本町1-1-1"),
        ("1-2-3 Kokubuncho, Aoba-ku, Sendai", "宮城県仙台市青葉区国分町1-2-3"),
        ("10-1 Motomachi, Naka-ku, Hiroshima", "広島県広島市中区基町10-1"),
        ("3-1-1 Kumoji, Naha, Okinawa", "沖縄県那覇市久茂地3-1-1"),
        ("1-1-1 Matsugae-cho, Otaru, Hokkaido", "北海道小樽市松ケ枝1-1-1"),
        ("2-1 Hirosaka, Kanazawa-shi, Ishikawa-ken", "石川県金沢市広坂2-1"),
        ("3-1-1 Chuo, Joetsu-shi, Niigata", "新潟県上越市中央3-1-1"),
        ("5-12 Honmachi, Takayama-shi, Gifu-ken", "岐阜県高山市本町5-12"),
        ("1-9-1 Kokura-kita-ku Asano, Kitakyushu", "福岡県北九州市小倉北区浅野1-9-1"),
        ("2-14-5 Kichijoji Honcho, Musashino-shi, Tokyo", "東京都武蔵野市吉祥寺本町2-14-5"),
    ],
)
def test_the_same_place_as_in_kanji(written: str, kanji: str) -> None:
    latin, expected = read_romaji(lines=(written,)), read_japanese(lines=(kanji,))
    assert latin is not None
    assert expected is not None
    assert expected.places[0].town
    assert (latin.places, latin.sites, latin.prefecture) == (expected.places, expected.sites, expected.prefecture)
    assert Remark.ROMAJI in latin.remarks


@pytest.mark.parametrize(
    "fields",
    [
        ("105-0011", "Tokyo", "Minato-ku", ("4-2-8 Shibakoen", "Tokyo Heights 101")),
        ("1050011", "JP-13", "Minato City", ("Tokyo Heights #101", "4-2-8 Shiba Koen")),
        ("105-0011", "東京都", "港区", ("4-2-8 Shibakoen", "Room 101")),
        ("", "", "Minato-ku, Tokyo", ("Shibakoen 4-2-8", "Apt 101")),
        ("105-0011", "Tokyo", "Minato-ku Shibakoen", ("4-2-8-101",)),
        ("105-0011", "", "Tokyo", ("Minato, Shibakoen 4-chome 2-8, room 101",)),
    ],
)
def test_any_field_may_hold_any_part(fields: tuple[str, str, str, tuple[str, ...]]) -> None:
    latin, expected = read_romaji(*fields), read_japanese(lines=(SHIBA_101,))
    assert latin is not None
    assert expected is not None
    assert (latin.places, latin.sites) == (expected.places, expected.sites)


def test_the_postal_code_names_a_town_that_is_misspelt() -> None:
    latin = read_romaji("105-0011", "Tokyo", "Minato-ku", ("4-2-8 Shivakohen",))
    expected = read_japanese(lines=(SHIBA,))
    assert latin is not None
    assert expected is not None
    assert (latin.places, latin.sites) == (expected.places, expected.sites)
    assert {Remark.ROMAJI, Remark.BY_POSTAL_CODE} <= latin.remarks


def test_the_postal_code_tells_wards_of_one_name_apart() -> None:
    chuo = [read_romaji(code, "", "Chuo-ku", ("1-2-3",)) for code in ("060-0001", "104-0061")]
    assert [address.places[0].municipality for address in chuo if address] == ["01101", "13102"]


def test_a_town_tells_wards_of_one_name_apart() -> None:
    address = read_romaji(lines=("1-2-3 Ginza, Chuo-ku",))
    assert address is not None
    assert [(place.municipality, place.town) for place in address.places] == [("13102", "銀座")]


def test_a_building_named_after_the_town_is_no_town() -> None:
    address = read_romaji(lines=("Umeda Heights 203, 4-2-8 Shibakoen, Minato-ku, Tokyo",))
    assert address is not None
    assert (address.places[0].town, address.sites[0].room) == ("芝公園", "203")


def test_nothing_gives_nothing() -> None:
    assert read_romaji() is None
    assert read_romaji("", " ", "", ("", ",")) is None


@pytest.mark.parametrize("line", ["zzz", "12 Nowhere Street", "Room 5", "4-2-8", "- -", "#", "ku", "Tokyo"])
def test_what_names_no_known_place_gets_no_code(line: str) -> None:
    address = read_romaji(lines=(line,))
    if address is not None:
        assert not any(place.municipality.isdecimal() or place.town for place in address.places)
        assert Remark.UNKNOWN_MUNICIPALITY in address.remarks


WORDS = "Tokyo Minato-ku Shibakoen 4-2-8 4-chome Kyoto Kita 1 Jo Nishi Chuo #101 Heights 105-0011 , - N1 W2 港区 ō"
pieces = st.sampled_from(WORDS.split())


@given(st.lists(pieces, max_size=14), st.text(max_size=8), st.sampled_from(["", "Tokyo", "JP13", "x"]))
def test_no_address_raises(words: list[str], postal: str, region: str) -> None:
    address = read_romaji(postal, region, "", (" ".join(words),))
    assert address is None or (len(address.places) <= 2 and len(address.sites) <= 2)


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=60))
def test_no_text_raises(text: str) -> None:
    read_romaji(text, text, text, (text,))


@pytest.mark.parametrize("piece", ["a", "1 ", "ku ", "Kita 1 ", "4-", ",", "Shibakoen ", "#1", "oo"])
def test_a_huge_field_is_cut(piece: str) -> None:
    read_romaji(lines=(piece * (1_000_000 // len(piece)),) * 3)
