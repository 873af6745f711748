"""Phone numbers as people write them: one number from many spellings, and none from what names nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity.phone import MOST_PHONES, is_dummy_phone, is_mobile, normalize_phone, normalize_phones

MOBILE = "+819000001111"
LANDLINE = "+81300001111"


@pytest.mark.parametrize(
    "raw",
    [
        "090-0000-1111",
        "09000001111",
        "090 0000 1111",
        "090.0000.1111",
        "090,0000,1111",
        "090・0000・1111",
        "090/0000/1111",
        "090_0000_1111",
        "(090)0000-1111",
        "090(0000)1111",
        "０９０－００００－１１１１",
        "０９０（００００）１１１１",
        "０９０　００００　１１１１",
        "090ー0000ー1111",
        "090―0000―1111",
        "090‐0000‐1111",
        "090–0000–1111",
        "090−0000−1111",
        "090~0000~1111",
        "090一0000一1111",
        "090の0000の1111",
        "〇九〇-〇〇〇〇-一一一一",
        "零九零の零零零零の一一一一",
        "○90-○○○○-1111",
        "O9O-OOOO-1111",
        "090-oooo-llll",
        "090-0000-IIII",
        "9000001111",
        "90-0000-1111",
        "0090-0000-1111",
        "+819000001111",
        "+81 90 0000 1111",
        "+81-90-0000-1111",
        "+81(0)90-0000-1111",
        "+81 090-0000-1111",
        "(+81) 90-0000-1111",
        "＋８１９０００００１１１１",
        "+ 81 90 0000 1111",
        "819000001111",
        "8109000001111",
        "81-90-0000-1111",
        "0081 90 0000 1111",
        "010-81-90-0000-1111",
        "011-81-90-0000-1111",
        "tel:+81-90-0000-1111;ext=12",
        "TEL 090-0000-1111",
        "℡090-0000-1111",
        "携帯: 090-0000-1111（夜のみ）",
        "090-0000-1111(母)",
        "090-0000-1111 に午後3時以降",
        "090-0000-1111 / 03-0000-2222",
        "090-\u200b0000-1111",
        " 090 - 0000 - 1111 ",
        "国番号81 090-0000-1111",
        "110 090-0000-1111",
        "0900-0001-111",
        "184-090-0000-1111",
        "18409000001111",
        "１８６０９０００００１１１１",
        "186 090 0000 1111",
    ],
)
def test_one_mobile_number_from_many_spellings(raw: str) -> None:
    assert normalize_phone(raw) == MOBILE


@pytest.mark.parametrize(
    "raw",
    [
        "03-0000-1111",
        "0300001111",
        "300001111",
        "3-0000-1111",
        "03(0000)1111",
        "(03)0000-1111",
        "03局0000の1111",
        "+81 3 0000 1111",
        "+81(0)3-0000-1111",
        "81300001111",
        "0081-3-0000-1111",
        "03-0000-1111 内線12",
        "03-0000-1111(内線 123)",
        "03-0000-1111(内)123",
        "03-0000-1111 ext. 12",
        "03-0000-1111 Ext12",
        "03-0000-1111x12",
        "03-0000-1111#1234",
        "03-0000-1111＃12",
        "03-0000-1111(代表)",
        "自宅 03-0000-1111",
        "FAX兼用０３‐００００‐１１１１",
        "1840300001111",
        "186-03-0000-1111",
    ],
)
def test_one_landline_number_from_many_spellings(raw: str) -> None:
    assert normalize_phone(raw) == LANDLINE


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("06-0000-1111", "+81600001111"),
        ("011-000-1112", "+81110001112"),
        ("045-000-1111", "+81450001111"),
        ("0422-00-1111", "+81422001111"),
        ("04-2900-1111", "+81429001111"),
        ("01267-0-1111", "+81126701111"),
        ("099-000-1111", "+81990001111"),
        ("070-0000-1111", "+817000001111"),
        ("080-0000-2222", "+818000002222"),
        ("08000002222", "+818000002222"),
        ("80-0000-2222", "+818000002222"),
        ("060-1000-1111", "+816010001111"),
        ("050-0000-1111", "+815000001111"),
        ("020-0000-1111", "+812000001111"),
        ("090-1234-5678", "+819012345678"),
        ("+819012345678", "+819012345678"),
        ("090-0000-0001", "+819000000001"),
    ],
)
def test_every_kind_of_japanese_number(raw: str, canonical: str) -> None:
    assert normalize_phone(raw) == canonical


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("03-0000-1111 / 090-0000-2222", [LANDLINE, "+819000002222"]),
        ("03-0000-1111/090-0000-2222", [LANDLINE, "+819000002222"]),
        ("自宅03-0000-1111携帯090-0000-2222", [LANDLINE, "+819000002222"]),
        ("03-0000-1111、090-0000-2222", [LANDLINE, "+819000002222"]),
        ("03-0000-1111 090-0000-2222", [LANDLINE, "+819000002222"]),
        ("03 0000 1111 090 0000 2222", [LANDLINE, "+819000002222"]),
        ("03-0000-1111\n090-0000-2222", [LANDLINE, "+819000002222"]),
        ("(03)0000-1111 (090)0000-2222", [LANDLINE, "+819000002222"]),
        ("03-0000-1111(090-0000-2222)", [LANDLINE, "+819000002222"]),
        ("090-0000-1111, 090-0000-1111", [MOBILE]),
        ("0120-000-111 / 090-0000-1111", [MOBILE]),
        ("000-0000-0000 090-0000-1111", [MOBILE]),
        ("+86 138 0000 1111 / 090-0000-1111", ["+8613800001111", MOBILE]),
        ("090-0000-1111 080-0000-1112", [MOBILE, "+818000001112"]),
    ],
)
def test_a_field_of_several_numbers_gives_each_once(raw: str, canonical: list[str]) -> None:
    assert normalize_phones(raw) == tuple(canonical)


def test_no_field_gives_more_than_the_registry_takes() -> None:
    field = " / ".join(f"090-0000-{number}" for number in range(1112, 1132))
    assert normalize_phones(field) == tuple(f"+81900000{number}" for number in range(1112, 1112 + MOST_PHONES))


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "なし",
        "同上",
        "-",
        "110",
        "000",
        "111",
        "0000-1111",
        "090-0000-111",
        "090-0000-11111",
        "0901234567",
        "0120-000-111",
        "0800-000-1111",
        "08001112222",
        "0570-000-111",
        "0990-000-111",
        "000-0000-0000",
        "090-0000-0000",
        "09000000000",
        "080-1111-1111",
        "03-0000-0000",
        "03-1111-1111",
        "03-1234-5678",
        "045-000-0000",
        "0466-00-0000",
        "0123456789",
        "1234567890",
        "098-765-4321",
        "090-8765-4321",
        "999-9999-9999",
        "2026-11-02",
        "105-0011",
        "4242 4242 4242 4242",
        "taro@example.jp",
    ],
)
def test_what_says_nothing_about_a_person_is_no_number(raw: str) -> None:
    assert normalize_phones(raw) == ()


@pytest.mark.parametrize(
    "raw",
    [
        "000",
        "111",
        "0",
        "000-0000-0000",
        "０９０－００００－００００",
        "090-1234-5678",
        "+81 90 1234 5678",
        "080-1234-5678",
        *["03-0000-0000", "03-1234-5678", "0123456789", "1234567890", "99999999999", "12345", "080-1111-1111"],
    ],
)
def test_a_placeholder_is_told(raw: str) -> None:
    assert is_dummy_phone(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "なし",
        "090-0000-1111",
        "080-0000-2222",
        "03-0000-1111",
        "110",
        "0120-000-111",
        "090-0000-111",
        "+8613800001111",
        "000-0000-0000 / 090-0000-1111",
    ],
)
def test_what_is_no_placeholder_is_not_called_one(raw: str) -> None:
    assert not is_dummy_phone(raw)


@pytest.mark.parametrize(
    ("country", "raw", "canonical"),
    [
        ("US", "(212) 736-5000", "+12127365000"),
        ("US", "212.736.5000", "+12127365000"),
        ("US", "1-212-736-5000", "+12127365000"),
        ("US", "+1 (212) 736-5000 ext. 12", "+12127365000"),
        ("US", "555-010-0999", "+15550100999"),
        ("US", "011 81 90 0000 1111", MOBILE),
        ("US", "+81 90-0000-1111", MOBILE),
        ("US", "090-0000-1111", MOBILE),
        ("us", "212 736 5000", "+12127365000"),
        ("CA", "416-555-0199", "+14165550199"),
        ("GB", "020 7946 0018", "+442079460018"),
        ("UK", "+44 (0)20 7946 0018", "+442079460018"),
        ("CN", "138 0000 1111", "+8613800001111"),
        ("CN", "86-13800001111", "+8613800001111"),
        ("KR", "010-2000-1111", "+821020001111"),
        ("KR", "+82 (0)10 2000 1111", "+821020001111"),
        ("TW", "0912-000-111", "+886912000111"),
        ("VN", "0901 000 111", "+84901000111"),
        ("DE", "030 1234512", "+49301234512"),
        ("FR", "01 42 68 53 01", "+33142685301"),
        ("AU", "0412 000 111", "+61412000111"),
        ("JP", "+86 138 0000 1111", "+8613800001111"),
        ("JP", "0086-138-0000-1111", "+8613800001111"),
        ("JP", "010-86-138-0000-1111", "+8613800001111"),
        ("JP", "001-010-86-138-0000-1111", "+8613800001111"),
        ("JP", "138-0000-1111", "+8613800001111"),
        ("JP", "13800001111", "+8613800001111"),
        ("JP", "8613800001111", "+8613800001111"),
        ("JP", "010-2000-1111", "+821020001111"),
        ("JP", "+82-10-2000-1111", "+821020001111"),
        ("JP", "1-212-736-5000", "+12127365000"),
        ("JP", "+1 212 736 5000", "+12127365000"),
        ("JP", "+886 912 000 111", "+886912000111"),
        ("ZZ", "090-0000-1111", MOBILE),
        ("", "090-0000-1111", MOBILE),
    ],
)
def test_foreign_numbers_follow_their_code_or_the_country(country: str, raw: str, canonical: str) -> None:
    assert normalize_phone(raw, country) == canonical


@pytest.mark.parametrize(
    ("country", "raw"), [("US", "000-000-0000"), ("CN", "138 0000 0000"), ("US", "555"), ("DE", "x")]
)
def test_foreign_placeholders_are_no_numbers(country: str, raw: str) -> None:
    assert normalize_phone(raw, country) is None


@pytest.mark.parametrize(
    ("e164", "mobile"),
    [
        ("+819000001111", True),
        ("+816010001111", True),
        ("+817000001111", True),
        ("+81300001111", False),
        ("+815000001111", False),
        ("+812000001111", False),
        ("+8613800001111", True),
        ("+821020001111", True),
        ("+442079460018", False),
        ("+12127365000", False),
        ("nonsense", False),
        ("", False),
    ],
)
def test_mobiles_are_told_from_landlines(e164: str, *, mobile: bool) -> None:
    assert is_mobile(e164) is mobile


mobiles = st.from_regex(r"0[6-9]0[1-9]{4}[2-8][0-9]{3}", fullmatch=True).filter(
    lambda number: not is_dummy_phone(number)
)
marks = st.sampled_from(["-", "", " ", "‐", "ー", "−", "．", "・", "（"])


@given(mobiles, marks, st.sampled_from(["{}", "TEL{}", "電話：{}です", "〒105-0011 {}", "{} 内線5"]))
def test_marks_and_text_around_do_not_matter(number: str, mark: str, around: str) -> None:
    written = around.format(mark.join((number[:3], number[3:7], number[7:])))
    assert normalize_phone(written) == "+81" + number[1:]


@given(
    st.text("0123456789-+() ０９oOl〇一/,x#内線", max_size=30),
    st.sampled_from(["JP", "US", "CN", "KR", "DE", "", "??"]),
)
def test_a_normalized_number_stays_itself_and_differs_from_no_other(raw: str, country: str) -> None:
    for number in normalize_phones(raw, country):
        assert normalize_phones(number, country) == (number,)
        assert normalize_phones(number) == (number,)


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=60), st.text(max_size=3))
def test_no_field_raises(raw: str, country: str) -> None:
    assert len(normalize_phones(raw, country)) <= MOST_PHONES
    assert is_dummy_phone(raw, country) in (True, False)
    assert is_mobile(raw) in (True, False)


@pytest.mark.parametrize("piece", ["0", "1 ", "090-0000-1111 ", "(", "+", "+81 ", "電", "12 34 56 ", "1-", "x1"])
def test_a_huge_field_is_cut(piece: str) -> None:
    assert len(normalize_phones(piece * (1_000_000 // len(piece)), "US")) <= MOST_PHONES
