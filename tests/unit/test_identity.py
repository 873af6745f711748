"""Canonical forms: what must become equal, what must stay apart, and what no input may do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity import FIELDS, MAX_TOKENS, Token, identify, tokens
from shopguard.identity.address import Address, Site, normalize_address, normalize_prefecture
from shopguard.model import Party

PARTY = Party(
    name="渡邊 太郎",
    kana="ワタナベ タロウ",
    postal_code="105-0011",
    region="東京都",
    city="港区",
    lines=("芝公園4-2-8", "東京ハイツ101"),
    phones=("090-0000-1111",),
    emails=("taro@example.jp",),
)


# --- addresses


def located(**fields: object) -> tuple[str, str, tuple[Site, ...]]:
    address = normalize_address(**fields)  # type: ignore[arg-type]  # parametrized keywords
    assert isinstance(address, Address)
    return address.municipality, address.town, address.sites


@pytest.mark.parametrize(
    ("line", "municipality", "town", "numbers", "room"),
    [
        ("東京都港区芝公園４丁目２番８号　東京ハイツ１０１号室", "港区", "芝公園", "4-2-8", "101"),
        ("港区芝公園四ー二ー八－１０１", "港区", "芝公園", "4-2-8", "101"),
        ("港区芝公園四丁目二番八号", "港区", "芝公園", "4-2-8", ""),
        ("瑞穂町箱根ヶ崎2335", "瑞穂町", "箱根が崎", "2335", ""),
        ("西多摩郡瑞穂町箱根ケ崎2335番地の4", "瑞穂町", "箱根が崎", "2335-4", ""),
        ("京都市中京区寺町通御池上ル上本能寺前町488番地", "京都市中京区", "上本能寺前町", "488", ""),
        ("札幌市中央区北1西2", "札幌市中央区", "北1条西", "2", ""),
        ("札幌市中央区北一条西二丁目", "札幌市中央区", "北1条西", "2", ""),
        ("千葉県市川市市川1-1-1", "市川市", "市川", "1-1-1", ""),
        ("三重県四日市市諏訪町1番5号", "四日市市", "諏訪町", "1-5", ""),
        ("石川県野々市市三納1-1", "野々市市", "三納", "1-1", ""),
        ("東京都町田市森野2-2-22", "町田市", "森野", "2-2-22", ""),
        ("福島県郡山市朝日1丁目23-7", "郡山市", "朝日", "1-23-7", ""),
        ("岐阜県郡上市八幡町島谷228", "郡上市", "八幡町島谷", "228", ""),
        ("北海道余市郡余市町朝日町26", "余市町", "朝日町", "26", ""),
        ("奈良県高市郡明日香村岡55", "明日香村", "岡", "55", ""),
        ("山口県山口市小郡町1-1", "山口市", "小郡町", "1-1", ""),
        ("宇都宮市一番町3-17", "宇都宮市", "一番町", "3-17", ""),
        ("宇都宮市一条三丁目17", "宇都宮市", "1条", "3-17", ""),
        ("金沢市主計町1番1号", "金沢市", "主計町", "1-1", ""),
        ("港区三田2-1-1", "港区", "三田", "2-1-1", ""),
        ("横浜市 中区 山下町1", "横浜市中区", "山下町", "1", ""),
        ("鶴岡市大字下川字上谷地１２３４番地", "鶴岡市", "下川上谷地", "1234", ""),
        ("港区芝公園4ー2ー8 コーポ芝102", "港区", "芝公園", "4-2-8", "102"),
        ("港区芝公園4-2-8 第2ビル 3F-301", "港区", "芝公園", "4-2-8", "301"),
        ("港区芝公園4-2-8 第2ビル", "港区", "芝公園", "4-2-8", ""),
        ("港区芝公園4-2-8 ハイツA棟102", "港区", "芝公園", "4-2-8", "a102"),
        ("京都市中京区寺町通御池上ル上本能寺前町488 205号室", "京都市中京区", "上本能寺前町", "488", "205"),
        ("港区芝公園12-3-203号室", "港区", "芝公園", "12-3", "203"),
        ("港区芝公園4丁目2番8号101号室", "港区", "芝公園", "4-2-8", "101"),
        ("茨城県龍ヶ崎市3710", "竜が崎市", "", "3710", ""),
        ("千代田区丸ノ内1-1-1", "千代田区", "丸の内", "1-1-1", ""),
        ("港区芝公園4丁目2番108号", "港区", "芝公園", "4-2-108", ""),
    ],
)
def test_addresses_in_one_line(line: str, municipality: str, town: str, numbers: str, room: str) -> None:
    assert located(lines=[line]) == (municipality, town, (Site(tuple(numbers.split("-")), room),))


@pytest.mark.parametrize(
    "fields",
    [
        {"region": "東京都", "city": "港区", "lines": ["芝公園4-2-8", "101"]},
        {"region": "JP13", "city": "港区", "lines": ["東京都港区芝公園4-2-8-101"]},
        {"region": "JP-13", "city": "東京都港区芝公園4-2-8 101", "lines": ["同上"]},
        {"city": "港区", "lines": ["港区芝公園", "4-2-8 ハイツ101号"]},
        {"lines": ["〒105-0011 東京都港区芝公園4-2-8 ハイツ101号室"]},
    ],
)
def test_the_same_place_from_any_field(fields: dict[str, object]) -> None:
    assert located(**fields) == ("港区", "芝公園", (Site(("4", "2", "8"), "101"),))


def test_the_long_mark_of_a_building_stays_a_letter() -> None:
    address = normalize_address(lines=["港区芝公園4ー2ー8 芝タワー101"])
    assert address is not None
    assert (address.building, address.sites) == ("芝タワー", (Site(("4", "2", "8"), "101"),))


def test_three_numbers_ending_in_a_long_one_keep_both_readings() -> None:
    assert located(lines=["港区芝公園12-3-203"])[2] == (Site(("12", "3", "203")), Site(("12", "3"), "203"))


@pytest.mark.parametrize("region", ["東京都", "東京", "Tokyo", "Tōkyō", "tokyo-to", "JP13", "JP-13", "13"])
def test_prefecture_by_name_and_code(region: str) -> None:
    assert normalize_prefecture(region) == "東京都"


def test_unknown_region_is_no_prefecture() -> None:
    assert [normalize_prefecture(region) for region in ("", "JP-00", "JP-48", "Bavaria")] == [""] * 4


def test_foreign_address_drops_the_street_type() -> None:
    one = normalize_address("SW1A 2AA", "", "London", ["10 Downing Street"])
    assert one == normalize_address("sw1a2aa", "", "LONDON", ["10, Downing St."])


hyphens = st.sampled_from("-‐‑–—―−ー－")
small = st.integers(1, 30)


@given(small, small, small, hyphens)
def test_every_way_to_write_the_numbers_is_one(chome: int, ban: int, go: int, hyphen: str) -> None:
    plain = normalize_address(lines=[f"港区芝公園{chome}-{ban}-{go}"])
    assert normalize_address(lines=[f"港区芝公園{chome}丁目{ban}番{go}号"]) == plain
    assert normalize_address(lines=[f"港区芝公園{chome}{hyphen}{ban}{hyphen}{go}"]) == plain
    assert normalize_address(lines=[f"港区芝公園 {chome} - {ban} - {go}"]) == plain


# --- the whole party and its tokens


def test_token_bytes_are_the_protocols() -> None:
    assert Token(1, 1, 1, "+819012345678").encode().hex() == "736731010101000d2b383139303132333435363738"
    assert Token(1, 2, 2, "taro@example.jp").encode().hex() == "736731010202000f7461726f406578616d706c652e6a70"
    composite = "7367310102030016e5b1b1e794b0e5a4aae9838e7c31333130312d312d31"
    assert Token(1, 2, 3, "山田太郎|13101-1-1").encode().hex() == composite


def test_tokens_of_a_full_party() -> None:
    found = {token.kind: token.value for token in tokens(identify(PARTY))}
    assert found == {
        "phone": "+819000001111",
        "email": "taro@example.jp",
        "address": "港区芝公園-4-2-8",
        "address+room": "港区芝公園-4-2-8#101",
        "postal+numbers": "1050011-4-2-8",
        "family+address": "渡辺|港区芝公園-4-2-8",
        "name+address": "渡辺太郎|港区芝公園-4-2-8",
        "name+phone": "渡辺太郎|+819000001111",
        "name+email": "渡辺太郎|taro@example.jp",
        "name+city": "渡辺太郎|港区",
        "name+postal": "渡辺太郎|1050011",
        "reading+address": "わたなへたろう|港区芝公園-4-2-8",
        "reading+phone": "わたなへたろう|+819000001111",
        "reading+email": "わたなへたろう|taro@example.jp",
        "reading+city": "わたなへたろう|港区",
        "reading+postal": "わたなへたろう|1050011",
    }


def test_fields_say_what_can_be_compared() -> None:
    assert identify(PARTY).fields == {"kanji", "reading", "address", "room", "phone", "email"}
    assert identify(Party(name="Taro Yamada", city="港区")).fields == {"latin"}


def test_a_ward_without_a_town_is_no_place_but_its_postal_code_is() -> None:
    found = tokens(identify(Party(postal_code="105-0011", city="港区", lines=("4-2-8",))))
    assert [token.kind for token in found] == ["postal+numbers"]
    assert tokens(identify(Party(city="港区", lines=("4-2-8",)))) == ()
    assert [token.kind for token in tokens(identify(Party(lines=("龍ケ崎市3710",))))] == ["address"]


def test_batch_limits_hold_for_the_largest_party() -> None:
    many = Party(
        name="山田 太郎",
        kana="ヤマダ タロウ",
        postal_code="1050011",
        lines=("港区芝公園12-3-203",),
        phones=tuple(f"090-0000-{number}" for number in range(1111, 1131)),
        emails=tuple(f"taro{number}@example.jp" for number in range(20)),
    )
    found = tokens(identify(many))
    classes = [token.cls for token in found]
    assert len(found) == MAX_TOKENS
    assert (classes.count(1), classes.count(3) <= 8) == (4, True)
    assert {"name+address", "reading+address"} <= {token.kind for token in found}


def test_a_token_never_shows_its_value() -> None:
    assert "0000" not in f"{tokens(identify(PARTY))[0]!r}"


anything = st.one_of(st.text(max_size=40), st.none())
parties = st.builds(
    Party,
    name=anything,
    family=anything,
    given=anything,
    kana=anything,
    country=anything,
    postal_code=anything,
    region=anything,
    city=anything,
    lines=st.tuples(
        st.text("港区芝公園市町村郡条丁目番地号のノー-一二十0123 ABfF階棟室上ル", max_size=30), st.text(max_size=30)
    ),
    phones=st.tuples(st.text("0123456789+-() x", max_size=25)),
    emails=st.tuples(st.text("ab.@+*-_ ", max_size=20)),
)


@given(parties)
def test_no_party_raises_and_every_token_can_be_encoded(party: Party) -> None:
    identity = identify(party)
    assert identity.fields <= set(FIELDS)
    assert all(token.encode().startswith(b"sg1") for token in tokens(identity))


def wide(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


@given(
    st.from_regex(r"0[789]0-0000-[1-9]{4}", fullmatch=True), st.from_regex(r"[a-z]{3,8}@example\.jp", fullmatch=True)
)
def test_width_and_case_do_not_matter(phone: str, email: str) -> None:
    narrow = Party(name="Taro Yamada", phones=(phone,), emails=(email,))
    other = Party(name=wide("TARO YAMADA"), phones=(wide(phone),), emails=(wide(email.upper()),))
    assert tokens(identify(narrow)) == tokens(identify(other))
