"""Foreign addresses: what two people would call one address becomes one, and what differs stays apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity.abroad import canonical_postal, read_foreign
from shopguard.identity.address import normalize_address
from shopguard.identity.location import Place, Remark, Site
from shopguard.identity.nicknames import formal

Fields = tuple[str, str, str, str, tuple[str, ...]]

FIFTH_AVENUE: Fields = ("US", "10118", "NY", "New York", ("350 5th Ave", "Apt 12B"))
DOWNING_STREET: Fields = ("GB", "SW1A 2AA", "", "London", ("10 Downing Street",))
KING_STREET: Fields = ("CA", "M5V 2T6", "ON", "Toronto", ("12-345 King St W",))
SMITH_STREET: Fields = ("AU", "2000", "NSW", "Sydney", ("4/12 Smith St",))
MUELLERSTRASSE: Fields = ("DE", "10115", "", "Berlin", ("Müllerstraße 5a",))
RUE_LA_BOETIE: Fields = ("FR", "75008", "", "Paris", ("12 bis, rue de la Boétie",))
JIANGUO_ROAD: Fields = ("CN", "100022", "北京市", "北京市", ("朝阳区建国路88号A座1203室",))
XINYI_ROAD: Fields = ("TW", "110", "", "台北市", ("信義區信義路五段7號35樓之1",))
TEHERAN_RO: Fields = ("KR", "06236", "서울특별시", "강남구", ("테헤란로 123 405호",))
PANGYO: Fields = ("KR", "", "경기도", "성남시", ("분당구 판교역로 166 101동 202호",))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FIFTH_AVENUE, ("US", "10118-1234", "New York", "NEW YORK CITY", ("350 Fifth Avenue #12B",))),
        (FIFTH_AVENUE, ("us", "10118", "ny", "new york", ("Apartment 12-B, 350 5TH AVENUE",))),
        (FIFTH_AVENUE, ("US", "", "", "", ("350 5th Avenue, Apt. 12B, New York, NY 10118, USA",))),
        (FIFTH_AVENUE, ("US", "", "", "", ("350 5th Ave Apt 12B", "New York NY 10118"))),
        (FIFTH_AVENUE, ("US", "10118", "NY", "New York", ("350 5th Ave Unit 12b", "New York, NY 10118"))),
        (FIFTH_AVENUE, ("US", "10118", "US-NY", "New York", ("c/o Taro Yamada", "350 5th Ave, Ste 12B"))),
        (
            ("US", "84101", "UT", "Salt Lake City", ("100 North Main Street",)),
            ("US", "84101", "Utah", "Salt Lake", ("100 N. Main St.",)),
        ),
        (
            ("US", "90001", "CA", "Los Angeles", ("P.O. Box 1234",)),
            ("US", "90001", "California", "LOS ANGELES", ("PO BOX #1234",)),
        ),
        (
            ("US", "94105", "CA", "San Francisco", ("1 Market Street, Suite 200",)),
            ("US", "94105", "CA", "San Francisco", ("Suite 200", "1 Market St.")),
        ),
        (
            ("US", "02134", "MA", "St. Louis", ("12 Mount Vernon Rd",)),
            ("US", "2134", "MA", "Saint Louis", ("12 Mt Vernon Road",)),
        ),
        (
            ("US", "10001", "NY", "New York", ("20 W 34th St, 5th Floor",)),
            ("US", "10001", "NY", "New York", ("20 West 34th Street", "Floor 5")),
        ),
        (DOWNING_STREET, ("GB", "sw1a2aa", "", "LONDON", ("10, Downing St.",))),
        (DOWNING_STREET, ("UK", "", "", "", ("10 Downing Street, London SW1A 2AA, United Kingdom",))),
        (DOWNING_STREET, ("GB", "SW1A2AA", "England", "London", ("No. 10", "Downing Street"))),
        (
            ("GB", "NW1 6XE", "", "London", ("22 Baker St", "Flat 3")),
            ("GB", "", "", "", ("Flat 3, 22 Baker Street, London NW1 6XE",)),
        ),
        (KING_STREET, ("CA", "m5v2t6", "Ontario", "TORONTO", ("345 King Street West, Unit 12",))),
        (KING_STREET, ("CA", "M5V-2T6", "ON", "Toronto", ("Apt 12 - 345 King St. West",))),
        (KING_STREET, ("CA", "", "", "", ("345 King St W #12, Toronto, ON M5V 2T6, Canada",))),
        (
            ("CA", "H2X 1Y4", "QC", "Montréal", ("100, rue Sherbrooke Ouest",)),
            ("CA", "H2X1Y4", "Québec", "Montreal", ("100 Sherbrooke W",)),
        ),
        (SMITH_STREET, ("AU", "2000", "New South Wales", "SYDNEY", ("Unit 4, 12 Smith Street",))),
        (SMITH_STREET, ("AU", "", "", "", ("4/12 Smith Street, Sydney NSW 2000, Australia",))),
        (
            ("NZ", "6011", "", "Wellington", ("2/15 Cuba St",)),
            ("NZ", "6011", "", "Wellington", ("Flat 2, 15 Cuba Street",)),
        ),
        (MUELLERSTRASSE, ("DE", "D-10115", "", "BERLIN", ("Muellerstr. 5 A",))),
        (MUELLERSTRASSE, ("DE", "", "", "", ("Müller-Straße 5a, 10115 Berlin, Deutschland",))),
        (MUELLERSTRASSE, ("DE", "", "", "", ("Mueller Str. 5a 10115 Berlin",))),
        (
            ("DE", "80331", "", "München", ("Am Platzl 9",)),
            ("DE", "80331", "Bayern", "Muenchen", ("9 am Platzl",)),
        ),
        (
            ("DE", "10623", "", "Berlin", ("Straße des 17. Juni 135",)),
            ("DE", "10623", "", "Berlin", ("Strasse des 17. Juni, 135",)),
        ),
        (
            ("AT", "1010", "", "Wien", ("Kärntner Straße 12, Top 3",)),
            ("AT", "A-1010", "", "Wien", ("Kaerntner Str. 12 Top 3",)),
        ),
        (RUE_LA_BOETIE, ("FR", "75008", "", "PARIS 8e", ("12bis R. La Boetie",))),
        (RUE_LA_BOETIE, ("FR", "", "", "", ("12 bis rue La Boétie, 75008 Paris, France",))),
        (RUE_LA_BOETIE, ("FR", "F-75008", "", "Paris Cedex 08", ("12 BIS RUE LA BOETIE",))),
        (
            ("FR", "69001", "", "Saint-Étienne", ("5 bd. de la République",)),
            ("FR", "69001", "", "ST ETIENNE", ("5, boulevard de la Republique",)),
        ),
        (
            ("IT", "00184", "RM", "Roma", ("Via Nazionale, 10",)),
            ("IT", "00184", "RM", "ROMA", ("10 via Nazionale",)),
        ),
        (
            ("ES", "28013", "", "Madrid", ("Calle Mayor, 5, 3º B",)),
            ("ES", "28013", "", "Madrid", ("C/ Mayor 5", "3º B")),
        ),
        (
            ("NL", "1012 AB", "", "Amsterdam", ("Damstraat 12",)),
            ("NL", "1012ab", "", "AMSTERDAM", ("Dam straat 12",)),
        ),
        (
            ("BR", "01310-100", "SP", "São Paulo", ("Av. Paulista, 1000",)),
            ("BR", "01310100", "SP", "Sao Paulo", ("Avenida Paulista 1000",)),
        ),
        (
            ("PL", "00-001", "", "Łódź", ("ul. Piotrkowska 5",)),
            ("PL", "00001", "", "Lodz", ("Piotrkowska 5",)),
        ),
        (
            ("SG", "238801", "", "Singapore", ("Blk 12 Orchard Road #05-12",)),
            ("SG", "238801", "", "Singapore", ("12 Orchard Rd", "#5-12")),
        ),
        (
            ("VN", "", "", "Hồ Chí Minh", ("123 Nguyễn Trãi, Phường 5, Quận 5",)),
            ("VN", "", "", "Ho Chi Minh", ("123 Nguyen Trai, Phuong 5, Quan 5",)),
        ),
        (
            ("TW", "110", "", "Taipei City", ("7F., No. 5, Ln. 100, Sec. 5, Xinyi Rd.",)),
            ("TW", "", "", "", ("7F, No.5, Lane 100, Xinyi Road Section 5, Taipei 110, Taiwan",)),
        ),
        (
            ("KR", "06236", "Seoul", "Gangnam-gu", ("123 Teheran-ro, 405-ho",)),
            ("KR", "06236", "", "Seoul", ("Teheran-ro 123, Room 405",)),
        ),
        (
            ("CN", "100022", "Beijing", "Beijing", ("Room 1203, Building A, No. 88 Jianguo Road",)),
            ("CN", "100022", "", "BEIJING", ("88 Jianguo Rd", "Building A, Room 1203")),
        ),
        (JIANGUO_ROAD, ("CN", "100022", "", "", ("北京市朝陽區建國路88號A座1203室",))),
        (JIANGUO_ROAD, ("CN", "", "", "", ("100022 中国北京市朝阳区建国路八十八号 A座 1203",))),
        (JIANGUO_ROAD, ("CN", "100022", "北京", "朝阳区", ("建国路８８号Ａ座１２０３室",))),
        (
            ("CN", "518000", "广东省", "深圳市", ("南山区科技园路5号3栋2单元501室",)),
            ("CN", "518000", "", "", ("广东省深圳市南山区科技园路5号3-2-501",)),
        ),
        (
            ("CN", "200000", "上海市", "上海市", ("徐汇区中山西路1234弄56号702室",)),
            ("CN", "200000", "", "上海", ("徐匯區中山西路1234弄56號702",)),
        ),
        (XINYI_ROAD, ("TW", "", "", "", ("110台北市信义区信义路5段7号35F-1",))),
        (XINYI_ROAD, ("TW", "11049", "", "臺北市", ("信義路5段7號35樓之1",))),
        (
            ("TW", "", "", "臺中市", ("西屯區文華路100巷12弄3號5樓",)),
            ("TW", "", "", "台中市", ("西屯区文华路一百巷十二弄三号5F",)),
        ),
        (
            ("HK", "", "", "九龍", ("旺角彌敦道100號10樓A室",)),
            ("HK", "", "", "香港", ("九龙旺角弥敦道100号10楼A室",)),
        ),
        (TEHERAN_RO, ("KR", "06236", "서울", "강남구", ("서울 강남구 테헤란로123 405호 (역삼동)",))),
        (TEHERAN_RO, ("KR", "06236", "", "", ("서울시 강남구 테헤란로 123, 4층 405호",))),
        (PANGYO, ("KR", "", "", "", ("경기 성남시 분당구 판교역로 166 101동 202호",))),
        (PANGYO, ("KR", "", "경기", "성남시 분당구", ("판교역로 166 101-202",))),
        (
            ("KR", "", "서울", "", ("강남구 역삼동 123-45번지 2층",)),
            ("KR", "", "서울특별시", "강남구", ("역삼동 123-45 2층",)),
        ),
    ],
)
def test_two_spellings_are_one_address(one: Fields, other: Fields) -> None:
    first, second = read_foreign(*one), read_foreign(*other)
    assert (first.places, first.sites) == (second.places, second.sites)
    assert first.places[0].municipality
    assert first.places[0].town
    assert first.sites[0].numbers
    if first.postal and second.postal:
        assert first.postal == second.postal


@pytest.mark.parametrize(
    ("fields", "place", "site"),
    [
        (FIFTH_AVENUE, Place("newyork", "5th"), Site(("350",), "12b")),
        (DOWNING_STREET, Place("london", "downing"), Site(("10",))),
        (KING_STREET, Place("toronto", "king w"), Site(("345",), "12")),
        (MUELLERSTRASSE, Place("berlin", "muller"), Site(("5a",))),
        (("US", "11372", "NY", "Queens", ("37-10 80th Street",)), Place("queens", "80th"), Site(("37", "10"))),
        (XINYI_ROAD, Place("台北", "信義路5段"), Site(("7",), "35f-1")),
        (TEHERAN_RO, Place("서울", "테헤란로"), Site(("123",), "405")),
    ],
)
def test_what_an_address_is_read_as(fields: Fields, place: Place, site: Site) -> None:
    address = read_foreign(*fields)
    assert (address.places, address.sites, address.country) == ((place,), (site,), fields[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FIFTH_AVENUE, ("US", "10118", "NY", "New York", ("350 5th Ave", "Apt 12C"))),
        (FIFTH_AVENUE, ("US", "10118", "NY", "New York", ("351 5th Ave", "Apt 12B"))),
        (FIFTH_AVENUE, ("US", "10118", "NY", "New York", ("350 6th Ave", "Apt 12B"))),
        (DOWNING_STREET, ("GB", "SW1A 2AA", "", "Leeds", ("10 Downing Street",))),
        (KING_STREET, ("CA", "M5V 2T6", "ON", "Toronto", ("12-345 King St E",))),
        (JIANGUO_ROAD, ("CN", "100022", "北京市", "北京市", ("朝阳区建国路88号B座1203室",))),
        (XINYI_ROAD, ("TW", "110", "", "台北市", ("信義區信義路四段7號35樓之1",))),
        (PANGYO, ("KR", "", "경기도", "성남시", ("분당구 판교역로 166 102동 202호",))),
    ],
)
def test_neighbours_stay_apart(one: Fields, other: Fields) -> None:
    first, second = read_foreign(*one), read_foreign(*other)
    assert (first.places, first.sites) != (second.places, second.sites)


@pytest.mark.parametrize(
    ("country", "raw", "canonical"),
    [
        ("US", "10118-1234", "10118"),
        ("US", "101181234", "10118"),
        ("US", "2134", "02134"),
        ("GB", "SW1A 2AA", "sw1a2aa"),
        ("CA", "m5v 2t6", "m5v2t6"),
        ("DE", "D-10115", "10115"),
        ("TW", "110-49", "110"),
        ("KR", "０６２３６", "06236"),
        ("CN", " 100022 ", "100022"),
        ("XX", "", ""),
    ],
)
def test_postal_codes(country: str, raw: str, canonical: str) -> None:
    assert canonical_postal(country, raw) == canonical


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("bob", "robert"),
        ("bill", "william"),
        ("liz", "elizabeth"),
        ("kate", "catherine"),
        ("katherine", "catherine"),
        ("mike", "michael"),
        ("robert", "robert"),
        ("taro", "taro"),
        ("", ""),
    ],
)
def test_short_forms_of_given_names(given: str, name: str) -> None:
    assert formal(given) == name == formal(name)


countries = st.sampled_from(["US", "GB", "CA", "AU", "DE", "FR", "CN", "TW", "KR", "HK", "SG", "ZZ", ""])
texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=40) | st.text(
    "0123456789 -/#,.abcNSt號号路段巷樓之室區市서울시구로길동호ß'", max_size=40
)


@given(countries, texts, texts, texts, st.lists(texts, max_size=3))
def test_no_address_raises(country: str, postal: str, region: str, city: str, lines: list[str]) -> None:
    address = read_foreign(country, postal, region, city, lines)
    assert len(address.places) <= 1
    assert all(len(site.numbers) <= 3 for site in address.sites)


@pytest.mark.parametrize(
    "piece", ["1 ", "a", "apt 1 ", "號", "1号", "路", "로 ", "12동 ", ",", "st ", "#", "c/o ", "1-"]
)
@pytest.mark.parametrize("country", ["US", "CN", "KR"])
def test_a_huge_field_is_cut(piece: str, country: str) -> None:
    read_foreign(country, piece * 1000, piece * 1000, piece * 1000, (piece * (1_000_000 // len(piece)),) * 2)


@pytest.mark.parametrize(
    "line",
    [
        "Flat 2, 14 Sample Terrace", "flat2, 14 Sample Tce", "Flat 2 14 Sample Terrace", "14 Sample Terrace Flat 2",
        "14 Sample Ter. (Flat 2)", "FLAT 2/14 SAMPLE TERRACE", "Apartment 2, 14 Sample Terrace",
        "2/14 Sample Terrace", "2 / 14 Sample Terrace", "14/2 Sample Terrace",
    ],
)  # fmt: skip
def test_a_british_flat_is_found_in_all_its_places(line: str) -> None:
    found = read_foreign("GB", "EH1 2NG", "", "Edinburgh", (line,))
    assert found.places == (Place("edinburgh", "sample"),) and Site(("14",), "2") in found.sites


@pytest.mark.parametrize(
    ("line", "room"),
    [("1/1, 14 Sample Terrace", "1-1"), ("2F1, 14 Sample Terrace", "2f1"), ("14 Sample Terrace", "")],
)
def test_a_scottish_flat_stands_before_the_house(line: str, room: str) -> None:
    found = read_foreign("GB", "EH1 2NG", "", "Edinburgh", (line,))
    assert (found.places, found.sites) == ((Place("edinburgh", "sample"),), (Site(("14",), room),))
    assert found.building == ""


@pytest.mark.parametrize(
    "line",
    ["8 bis rue de l’Exemple", "8bis, rue de l'Exemple", "8 BIS RUE DE L EXEMPLE", "8 bis, Rue de l´exemple",
     "8 bis r. de l`Exemple"],
)  # fmt: skip
def test_a_french_article_is_no_part_of_the_street(line: str) -> None:
    found = read_foreign("FR", "69002", "", "Lyon", (line,))
    assert (found.places, found.sites) == ((Place("lyon", "exemple"),), (Site(("8bis",)),))


@pytest.mark.parametrize(
    "line",
    ["1247 SW Example Street, Apt 5B", "1247 S.W. Example St Apt. 5-B", "1247 Southwest Example St #5b",
     "1247 SW EXAMPLE ST APT 5 B", "1247 sw example st apt5b"],
)  # fmt: skip
def test_an_american_apartment_and_direction_in_all_their_forms(line: str) -> None:
    found = read_foreign("US", "97205", "OR", "Portland", (line,))
    assert (found.places, found.sites) == ((Place("portland", "example sw"),), (Site(("1247",), "5b"),))


def test_a_street_without_its_city_names_no_place() -> None:
    found = read_foreign("US", "97205", "OR", "", ("1 Main Street",))
    assert (found.places, found.sites, found.rest) == ((), (Site(("1",)),), "main")


# Boxes, lockers and forwarders


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        (("US", "96319", "AP", "APO", ("PSC 76 Box 12",)), ("psc76", "12")),
        (("US", "96319", "AP", "APO", ("PSC 76, Box 12",)), ("psc76", "12")),
        (("US", "96319", "AP", "APO", ("psc 76", "box #12")), ("psc76", "12")),
        (("US", "96319", "", "", ("PSC 76 Box 12", "APO AP 96319")), ("psc76", "12")),
        (("US", "", "", "", ("PSC 76 BOX 12, APO, AP 96319",)), ("psc76", "12")),
        (("US", "96278", "AP", "APO", ("Unit 2050 Box 4190",)), ("unit2050", "4190")),
        (("US", "09096", "AE", "APO", ("CMR 467 Box 3",)), ("cmr467", "3")),
        (("US", "90001", "CA", "Los Angeles", ("P.O. Box 12",)), ("12",)),
        (("AU", "2000", "NSW", "Sydney", ("GPO Box 12",)), ("12",)),
        (("TW", "110", "", "Taipei", ("P.O. Box 12-345",)), ("12", "345")),
        (("TW", "110", "", "台北市", ("P.O. Box 12-345",)), ("12", "345")),
        (("TW", "110", "", "", ("台北市郵政第12-345號信箱",)), ("12", "345")),
        (("TW", "110", "", "台北市", ("郵政信箱12-345號",)), ("12", "345")),
        (("DE", "10115", "", "Berlin", ("Postfach 12",)), ("12",)),
    ],
)
def test_a_box_is_an_address_of_its_own(fields: Fields, numbers: tuple[str, ...]) -> None:
    found = read_foreign(*fields)
    assert (found.places[0].town, found.sites) == ("pobox", (Site(numbers),))
    assert found.places[0].municipality in ("apo", "losangeles", "sydney", "taipei", "台北", "berlin")
    assert found.is_located


@pytest.mark.parametrize("country", ["JP", "", "US"])
def test_a_box_of_the_forces_lies_in_the_united_states(country: str) -> None:
    found = normalize_address(country, "96319", "AP", "APO", ("PSC 76 Box 12",))
    assert found == read_foreign("US", "", "", "", ("PSC 76 Box 12, APO AP 96319",))


@pytest.mark.parametrize(
    "fields",
    [
        ("DE", "10115", "", "Berlin", ("Packstation 123",)),
        ("DE", "10115", "", "Berlin", ("12345678", "Packstation 123")),
        ("DE", "10115", "", "Berlin", ("Postfiliale 512",)),
        ("PL", "00-001", "", "Warszawa", ("Paczkomat WAW12A",)),
        ("GB", "EH1 2NG", "", "Edinburgh", ("InPost Locker, 14 Sample Terrace",)),
        ("AU", "2000", "NSW", "Sydney", ("Parcel Locker 10123 45678", "12 Sample Street")),
        ("US", "97205", "OR", "Portland", ("Amazon Hub Locker - Sample", "1247 SW Example St")),
        ("US", "97205", "OR", "Portland", ("AMAZON LOCKER", "1247 SW Example St")),
        ("US", "97230", "OR", "Portland", ("c/o Sample Logistics, Suite 1234", "1247 NE Example St")),
        ("FR", "69002", "", "Lyon", ("Mondial Relay", "8 rue de l'Exemple")),
        ("CN", "100022", "北京市", "北京市", ("朝阳区建国路88号丰巢快递柜",)),
        ("HK", "", "", "香港", ("順豐智能櫃 H852",)),
    ],
)  # fmt: skip
def test_a_locker_is_everybodys(fields: Fields) -> None:
    found = read_foreign(*fields)
    assert found.remarks == {Remark.SHARED_PLACE}
    assert not found.is_located


@pytest.mark.parametrize("line", ["c/o MyUS Suite 1234", "Planet Express #1234", "Sample Parcel Forwarding, Ste 12"])
def test_a_forwarder_abroad_is_one(line: str) -> None:
    found = read_foreign("US", "97230", "OR", "Portland", (line, "1247 NE Example St"))
    assert found.remarks == {Remark.SHARED_PLACE, Remark.FORWARDER}


@pytest.mark.parametrize(
    "lines",
    [
        ("c/o Taro Yamada", "12 Company Street"),
        ("Apt 5, Hub Street 12",),
        ("12 Express Lane",),
        ("12 Locker Road",),
        ("Unit 5, 12 Box Hill Road",),
    ],
)
def test_a_home_abroad_is_nobody_elses(lines: tuple[str, ...]) -> None:
    assert read_foreign("US", "97205", "OR", "Portland", lines).remarks == frozenset()
