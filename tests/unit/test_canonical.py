"""A whole party brought to one identity: fields in the wrong place, countries, and input that nobody would type."""

import unicodedata
from dataclasses import asdict, replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity import MAX_TOKENS, Identity, identify, tokens
from shopguard.identity.abroad import country_code
from shopguard.identity.address import normalize_address
from shopguard.identity.location import Address
from shopguard.identity.text import LONGEST
from shopguard.model import Party

PERSON = Party(
    name="山田 太郎",
    kana="ヤマダ タロウ",
    country="JP",
    postal_code="105-0011",
    region="東京都",
    city="港区",
    lines=("芝公園4-2-8", "東京ハイツ101"),
    phones=("090-0000-1111",),
    emails=("taro.yamada@example.jp",),
)
TEXTS = ("name", "family", "given", "kana", "company", "country", "postal_code", "region", "city")
LISTS = ("lines", "phones", "emails")


def alone(field: str, text: str) -> Party:
    return Party(**{field: (text,) if field in LISTS else text})


def address_of(country: str | None, postal: str, region: str, city: str, *lines: str) -> Address:
    found = identify(Party(country=country, postal_code=postal, region=region, city=city, lines=lines)).address
    assert found is not None
    return found


def where(address: Address) -> tuple[object, ...]:
    return address.places, address.sites, address.postal


def test_what_is_shown_of_an_identity_holds_nothing_of_the_person() -> None:
    assert repr(identify(PERSON)) == "Identity(fields=kanji,sound,address,town,room,phone,email)"
    assert f"{identify(Party())}" == "Identity(fields=)"


def test_identities_are_equal_by_what_they_hold() -> None:
    assert identify(PERSON) == identify(replace(PERSON))
    assert identify(PERSON) != identify(replace(PERSON, name="山田 次郎"))


# Fields that were mixed up


def test_a_number_in_the_mail_field_and_a_mail_in_the_phone_field_are_found() -> None:
    mixed = identify(Party(phones=("taro.yamada@example.jp",), emails=("090-0000-1111",)))
    plain = identify(Party(phones=("090-0000-1111",), emails=("taro.yamada@example.jp",)))
    assert (mixed.phones, mixed.emails) == (plain.phones, plain.emails) == (("+819000001111",), plain.emails)


def test_both_in_one_field_are_found() -> None:
    for party in (
        Party(phones=("090-0000-1111 taro@example.jp",)),
        Party(phones=("taro＠example.jp、０９０−００００−１１１１",)),
        Party(phones=("090-0000-1111", "taro@example.jp")),
        Party(emails=("taro@example.jp", "090-0000-1111")),
    ):
        found = identify(party)
        assert (found.phones, found.emails) == (("+819000001111",), ("taro@example.jp",))


@pytest.mark.parametrize("mail", ["09000001111@example.jp", "a0300001111@fw.rakuten.ne.jp", "test0300001111@test"])
def test_the_digits_of_a_mail_address_are_no_phone_number(mail: str) -> None:
    assert identify(Party(phones=(mail,), emails=(mail,))).phones == ()


def test_every_number_and_address_counts_once_and_keeps_its_order() -> None:
    found = identify(
        Party(
            phones=("03-0000-4321 / 090-0000-1111", "+81 90 0000 1111"),
            emails=("x@example.com; taro@example.jp", "TARO@example.jp"),
        )
    )
    assert found.phones == ("+81300004321", "+819000001111")
    assert found.emails == ("x@example.com", "taro@example.jp")


# Countries


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("JP", "JP"), ("jp", "JP"), (" JP ", "JP"), ("ＪＰ", "JP"), ("JPN", "JP"), ("Japan", "JP"), ("JAPAN", "JP"),
        ("日本", "JP"), ("日本国", "JP"), ("US", "US"), ("USA", "US"), ("U.S.A.", "US"), ("United States", "US"),
        ("United States of America", "US"), ("アメリカ", "US"), ("UK", "GB"), ("GBR", "GB"), ("England", "GB"),
        ("DEU", "DE"), ("Deutschland", "DE"), ("CHE", "CH"), ("中国", "CN"), ("한국", "KR"), ("Việt Nam", "VN"),
        ("香港", "HK"), ("XX", "XX"), ("", ""), ("Atlantis", ""), ("東京", ""), ("1", ""), ("12", ""),
    ],
)  # fmt: skip
def test_a_country_is_known_by_code_and_by_name(written: str, code: str) -> None:
    assert country_code(written) == code


@pytest.mark.parametrize("country", [None, "", "JP", "jp", "JPN", "Japan", "日本", "Atlantis"])
def test_a_person_in_japan_is_the_same_however_the_country_is_written(country: str | None) -> None:
    assert tokens(identify(replace(PERSON, country=country))) == tokens(identify(PERSON))


@pytest.mark.parametrize("country", ["US", "USA", "United States", "JP", "", None])
def test_an_american_address_is_read_as_one_even_in_a_form_preset_to_japan(country: str | None) -> None:
    found = address_of(country, "97205", "OR", "Portland", "1247 SW Example Street", "Apt 5B")
    assert where(found) == where(address_of("US", "97205", "OR", "Portland", "1247 SW Example Street", "Apt 5B"))
    assert found.country == "US" and found.sites[0].room == "5b"


@pytest.mark.parametrize(
    ("line", "country", "city", "numbers"),
    [
        ("1247 SW Example St Apt 5B, Portland, OR 97205", "US", "portland", ("1247",)),
        ("1247 SW Example St, Portland, Oregon 97205-1234, USA", "US", "portland", ("1247",)),
        ("5 Elgin Street, Ottawa, ON K1A 0B1", "CA", "ottawa", ("5",)),
        ("14 Sample Terrace, Edinburgh EH1 2NG", "GB", "edinburgh", ("14",)),
        ("14 Sample Terrace, Edinburgh, United Kingdom", "GB", "edinburgh", ("14",)),
        ("4/12 Sample Street, Sydney NSW 2000", "AU", "sydney", ("12",)),
        ("Beispielstr. 12, 10115 Berlin, Germany", "DE", "berlin", ("12",)),
        ("5 Sample Street, Atlantis", "", "atlantis", ("5",)),
        ("서울특별시 강남구 테헤란로 152", "KR", "서울", ("152",)),
        ("上海市静安区样本街99号", "CN", "上海", ("99",)),
        ("台北市信義區樣本路五段7號", "TW", "台北", ("7",)),
    ],
)
def test_an_address_abroad_in_one_line_says_its_country_itself(
    line: str, country: str, city: str, numbers: tuple[str, ...]
) -> None:
    for preset in ("JP", ""):
        found = address_of(preset, "", "", "", line)
        assert (found.country, found.places[0].municipality, found.sites[0].numbers) == (country, city, numbers)


@pytest.mark.parametrize(
    "line",
    ["4-2-8 Shibakoen, Minato-ku, Tokyo 105-0011", "Shibakoen 4-2-8 Minato Tokyo Japan", "東京都港区芝公園4-2-8"],
)
def test_an_address_in_japan_stays_there_without_a_country(line: str) -> None:
    assert where(address_of(None, "1050011", "", "", line)) == where(
        address_of("JP", "105-0011", "東京都", "港区", "芝公園4-2-8")
    )


@pytest.mark.parametrize("country", ["US", "CN", "TW", "GB"])
def test_a_japanese_address_is_read_as_one_under_another_country(country: str) -> None:
    here = address_of("JP", "105-0011", "東京都", "港区", "芝公園4-2-8", "東京ハイツ101")
    assert address_of(country, "105-0011", "東京都", "港区", "芝公園4-2-8", "東京ハイツ101") == here
    assert address_of(country, "", "", "", "〒105-0011 東京都港区芝公園4-2-8 東京ハイツ101") == here


def test_phones_follow_the_country_of_the_address_where_none_is_given() -> None:
    abroad = Party(postal_code="97205", region="OR", city="Portland", lines=("1 Oak St",), phones=("503-555-0142",))
    assert identify(abroad).phones == identify(replace(abroad, country="US")).phones == ("+15035550142",)


@pytest.mark.parametrize(
    ("region", "city", "lines"),
    [
        ("東京都", "", ("Minato-ku Shibakoen 4-2-8",)),
        ("東京都", "港区", ("Shibakoen 4-2-8",)),
        ("東京都", "港区", ("4-2-8 Shibakoen", "東京ハイツ")),
        ("Tokyo", "港区", ("4-2-8 Shibakoen",)),
        ("Tokyo", "Minato-ku", ("芝公園4-2-8",)),
        ("Tokyo", "Minato City", ("芝公園4丁目2-8",)),
        ("", "", ("東京都港区 Shibakoen 4-2-8",)),
    ],
)
def test_kanji_and_latin_letters_may_share_an_address(region: str, city: str, lines: tuple[str, ...]) -> None:
    plain = address_of("JP", "", "東京都", "港区", "芝公園4-2-8")
    mixed = address_of("JP", "", region, city, *lines)
    assert (mixed.prefecture, mixed.places, mixed.sites) == (plain.prefecture, plain.places, plain.sites)


def test_a_municipality_in_kanji_survives_an_unknown_town_in_latin_letters() -> None:
    assert address_of("JP", "", "東京都", "港区", "4-2-8 Hogehoge").places[0].municipality == "13103"


# Bad input

NOTHING = ["", " ", "　", "-", "ー", "---", "なし", "同上", "none", "N/A", "x", "…", "?", "。", "\u200b", "\ufe0f",
           "\ud800", "\u202e", "\x00", "★", "😀", "・", "@", "()"]  # fmt: skip


@pytest.mark.parametrize("field", [*TEXTS, *LISTS])
def test_nothing_gives_no_token(field: str) -> None:
    for text in NOTHING:
        found = [token for token in tokens(identify(alone(field, text))) if token.type not in _OF_NAMES]
        assert found == [], text


_OF_NAMES = {13, 14}  # what is a name is for the tests of names to say


@pytest.mark.parametrize("text", NOTHING)
def test_a_name_with_nothing_else_gives_no_token_of_a_place(text: str) -> None:
    party = Party(
        name="山田 太郎", postal_code=text, region=text, city=text, lines=(text, text), phones=(text,), emails=(text,)
    )
    assert tokens(identify(party)) == tokens(identify(Party(name="山田 太郎")))


@pytest.mark.parametrize(
    "text", ["none", "None.", "N/A", "na", "NULL", "nil", "no", "same", "Same as above", "ditto", "UNKNOWN", "test",
             "xxx", "X.", "...", "－"]
)  # fmt: skip
def test_a_word_for_nothing_is_no_part_of_an_address(text: str) -> None:
    assert normalize_address("JP", text, text, text, (text, text)) is None
    filled = normalize_address("JP", "105-0011", "東京都", "港区", ("芝公園4-2-8", text))
    assert filled == normalize_address("JP", "105-0011", "東京都", "港区", ("芝公園4-2-8",))


@pytest.mark.parametrize("text", ["Nana", "Sano", "Boston", "noel", "x1", "test3", "Alexx"])
def test_a_name_that_ends_as_such_a_word_is_none(text: str) -> None:
    assert normalize_address("US", "", "", text) is not None


HUGE = ["a", "あ", "1", "山", "０", "-", "@", "\ud800", "\u202e", "e\u0301", "1-", "a@", "1 ",
        "東京都", "一", "ー", "(", "〒", "株式会社", "Apt ", "a.", "١", "🏠", "\u200b", "x@y.", "090-0000-1111 ",
        "号", "1,", "St "]  # fmt: skip


@pytest.mark.parametrize("field", [*TEXTS, *LISTS])
@pytest.mark.parametrize("country", ["JP", "US", "KR"])
def test_a_megabyte_is_read_as_its_beginning(field: str, country: str) -> None:
    for unit in HUGE:
        text = unit * (1_000_000 // len(unit))
        huge = replace(alone(field, text), **({} if field == "country" else {"country": country}))
        short = replace(alone(field, text[: 2 * LONGEST]), **({} if field == "country" else {"country": country}))
        assert _what_is_said(identify(huge)) == _what_is_said(identify(short))
        assert all(len(token.encode()) < 10 * LONGEST for token in tokens(identify(huge)))


def _what_is_said(identity: Identity) -> tuple[object, ...]:
    return identity.name, identity.address, identity.phones, identity.emails


def test_long_lists_are_cut() -> None:
    many = Party(
        lines=("芝公園4-2-8",) * 100_000,
        phones=tuple(f"090-0000-{number:04}" for number in range(10_000)),
        emails=tuple(f"taro{number}@example.jp" for number in range(10_000)),
    )
    found = identify(many)
    assert len(found.phones) < 100 and len(found.emails) < 100 and len(tokens(found)) <= MAX_TOKENS


def test_every_field_may_stand_in_every_other() -> None:
    values = [PERSON.name, PERSON.postal_code, "東京都港区芝公園4-2-8", *PERSON.phones, *PERSON.emails]
    for fields in permutations(("name", "kana", "postal_code", "city", "lines"), 5):
        said = {field: (value,) if field in LISTS else value for field, value in zip(fields, values, strict=True)}
        assert len({token.encode() for token in tokens(identify(Party(**said)))}) <= MAX_TOKENS


pieces = st.sampled_from(
    [*NOTHING, "東京都", "港区", "芝公園", "4-2-8", "101", "山田", "太郎", "Taro", "Yamada", "様", "090-0000-1111",
     "taro@example.jp", "@", "〒105-0011", "Minato-ku", "Apt 5B", "Portland", "OR 97205", "1247",
     "서울특별시", "강남구", "上海市", "号", "丁目", "北1西2", "\u202e\u0627", "أحمد", "株式会社", "(",
     ")", ",", "\n", "J", "1/2", "#"]
)  # fmt: skip
texts = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=30),
    st.lists(pieces, max_size=6).map("".join),
    st.lists(pieces, max_size=6).map(" ".join),
)
lists = st.lists(texts, max_size=4).map(tuple)
parties = st.builds(
    Party,
    **{field: st.none() | texts for field in TEXTS if field != "country"},
    country=st.sampled_from([None, "", "JP", "US", "CN", "KR", "GB", "Japan", "??", "\ud800"]),
    lines=lists,
    phones=lists,
    emails=lists,
)


@given(parties)
def test_no_party_raises_and_every_token_says_something(party: Party) -> None:
    found = tokens(identify(party))
    assert len(found) <= MAX_TOKENS
    assert len({token.encode() for token in found}) == len(found)
    for token in found:
        assert any(char.isalnum() for char in token.value)
        assert not token.value.startswith("|") and "||" not in token.value


@given(parties)
def test_identifying_twice_and_from_its_own_fields_changes_nothing(party: Party) -> None:
    found = identify(party)
    assert identify(party) == found == identify(Party(**asdict(party)))


@given(lists, lists, st.sampled_from(["JP", "US", "CN", ""]))
def test_canonical_numbers_and_addresses_stay_themselves(
    phones: tuple[str, ...], emails: tuple[str, ...], country: str
) -> None:
    found = identify(Party(country=country, phones=phones, emails=emails))
    again = identify(Party(country=country, phones=found.phones[:20], emails=found.emails[:20]))
    assert (again.phones, again.emails) == (found.phones[:20], found.emails[:20])


@given(texts, texts, texts, lists)
def test_an_address_points_to_no_house_without_a_number(
    postal: str, region: str, city: str, lines: tuple[str, ...]
) -> None:
    text = unicodedata.normalize("NFKC", "".join((postal, region, city, *lines)))  # ㍙ is 1 and a sign
    if any(char.isnumeric() for char in text):
        return
    found = normalize_address("JP", postal, region, city, lines)
    assert found is None or not found.is_located


def test_the_canonical_spelling_of_an_address_is_its_own() -> None:
    for party in (PERSON, replace(PERSON, lines=("芝公園四丁目二番八号 東京ハイツ１０１号室",))):
        found = identify(party).address
        assert found is not None
        line = f"{found.places[0].town}{'-'.join(found.sites[0].numbers)} {found.building}{found.sites[0].room}"
        assert address_of("JP", found.postal, found.prefecture, "港区", line) == found
