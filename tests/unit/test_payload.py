"""Foreign JSON is read tolerantly: the documented error or an empty value, never a crash."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard import payload
from shopguard.errors import PayloadInvalid

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", ""]), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary())
def test_any_bytes_are_json_or_invalid(body: bytes) -> None:
    try:
        payload.decode_json(body)
    except PayloadInvalid as error:
        assert error.__suppress_context__


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"a":' * 200_000, b'"\xff"', b"9" * 5000, b"NaN", b""])
def test_deep_huge_and_broken_bodies_are_invalid(body: bytes) -> None:
    with pytest.raises(PayloadInvalid):
        payload.decode_json(body)


_BROKEN = (
    b"",
    b" ",
    b"[1,]",
    b'{"a":1',
    b'{"a" 1}',
    b"{}x",
    b"tru",
    b"01",
    b"NaN",
    b'"\xff"',
    b'{"\xff":1}',
    b"[" * 200_000,
)


@pytest.mark.parametrize("body", _BROKEN)
def test_reading_over_a_broken_body_is_enough_to_refuse_it(body: bytes) -> None:
    with pytest.raises(PayloadInvalid):
        payload.check_json(body)


@given(st.binary() | anything.map(lambda value: json.dumps(value).encode()))
def test_what_can_be_decoded_passes_the_check(body: bytes) -> None:
    try:
        payload.decode_json(body)
    except PayloadInvalid:
        return
    payload.check_json(body)


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"{}"'])
def test_object_is_demanded(body: bytes) -> None:
    with pytest.raises(PayloadInvalid):
        payload.decode_object(body)


def test_message_quotes_nothing_of_the_body() -> None:
    with pytest.raises(PayloadInvalid) as caught:
        payload.decode_json('{"name": "渡邊 太郎", }'.encode())
    assert "渡邊" not in str(caught.value)


@given(anything, st.sampled_from(["a", "a.b", "a.0", "a.b.0", "0", "", "."]))
def test_no_value_of_any_type_crashes_a_reader(value: object, path: str) -> None:
    payload.dig(value, path)
    payload.items(value, path)
    payload.texts(value, path, path)
    amount, moment = payload.money(value, path), payload.moment(value, path)
    assert amount is None or amount.is_finite()
    assert moment is None or moment.tzinfo is UTC
    found = payload.text(value, path)
    assert found is None or (found == found.strip() and 0 < len(found) <= 1000 and "\x00" not in found)


def test_dig_walks_objects_and_lists() -> None:
    value = {"a": [{"b": 1}, {"b": 2}]}
    assert payload.dig(value, "a.1.b") == 2
    assert [payload.dig(value, path) for path in ("a.2.b", "a.-1.b", "a.b", "x.b", "a.0.b.c")] == [None] * 5
    assert payload.dig({"a": "text"}, "a.0") is None


def test_text_takes_numbers_and_leaves_truth_out() -> None:
    value = {"n": 7, "t": " x\x00 ", "yes": True, "list": ["x"], "blank": "  ", "long": "長" * 5000}
    assert [payload.text(value, key) for key in ("n", "t", "yes", "list", "blank")] == ["7", "x", None, None, None]
    assert payload.text(value, "long") == "長" * 1000


def test_texts_leaves_out_gaps_and_repeats() -> None:
    assert payload.texts({"a": "1", "b": "", "c": "1", "d": "2"}, "d", "a", "b", "c") == ("2", "1")


def test_items_is_a_list_or_empty() -> None:
    assert payload.items({"a": [1]}, "a") == [1]
    assert list(payload.items({"a": {"0": 1}}, "a")) == list(payload.items({}, "a")) == []


@pytest.mark.parametrize("value", [5550001112223, "A-1", "gid:1", -3])
def test_ids_are_numbers_or_short_words(value: object) -> None:
    assert payload.required_id({"id": value}, "id") == str(value)


@pytest.mark.parametrize(
    "value", [None, "", True, 1.5, [], {}, "a b", "a/b", "a\\b", "a?b", "a#b", "a%2e", "a\nb", "x" * 201, "\u202e1"]
)
def test_unusable_ids_are_invalid_and_name_their_place(value: object) -> None:
    with pytest.raises(PayloadInvalid, match=r"order\.id"):
        payload.required_id({"order": {"id": value}}, "order.id")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-02T10:15:00+09:00", datetime(2026, 11, 2, 1, 15, tzinfo=UTC)),
        ("2026-11-02T01:15:00Z", datetime(2026, 11, 2, 1, 15, tzinfo=UTC)),
        ("2026-11-02T01:15:00", datetime(2026, 11, 2, 1, 15, tzinfo=UTC)),
        ("2026/11/02 01:15", datetime(2026, 11, 2, 1, 15, tzinfo=UTC)),
        ("0001-01-01T00:00:00+09:00", None),
        ("yesterday", None),
        (1793582100, None),
        ("", None),
    ],
)
def test_moments_are_utc(written: object, read: datetime | None) -> None:
    assert payload.moment({"at": written}, "at") == read


def test_moment_without_offset_is_read_in_the_zone_given() -> None:
    value = {"at": "2026-11-02T10:15:00", "with_offset": "2026-11-02T10:15:00Z"}
    tokyo = ZoneInfo("Asia/Tokyo")
    assert payload.moment(value, "at", tokyo) == datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
    assert payload.moment(value, "with_offset", tokyo) == datetime(2026, 11, 2, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("12800", Decimal(12800)),
        (12800, Decimal(12800)),
        ("19.90", Decimal("19.90")),
        ("0.00", Decimal(0)),
        ("-5", Decimal(-5)),
        ("999999999999999", Decimal("999999999999999")),
        ("1000000000000000", None),
        ("1e999999999", None),
        ("1e-999999999", None),
        ("0e-999999999", None),
        ("NaN", None),
        ("Infinity", None),
        ("12,800円", None),
        (True, None),
        (None, None),
    ],
)
def test_amounts_are_finite_and_of_a_shops_size(written: object, read: Decimal | None) -> None:
    assert payload.money({"total": written}, "total") == read


def test_order_of_keys_and_width_of_numbers_survive_decoding() -> None:
    assert payload.decode_object(json.dumps({"id": 2**63, "a": 1}).encode()) == {"id": 2**63, "a": 1}
