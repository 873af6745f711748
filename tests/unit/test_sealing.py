"""Sealed rows and shares: fixed vectors, what opens a posting and what does not, that nothing shows its content."""

from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity import FIELDS, KINDS, Token
from shopguard.model import Category, Effect, Entry, Party
from shopguard.registry.prf.plain import PlainPrf
from shopguard.registry.protocol import BUCKETS
from shopguard.registry.sealing import (
    PRIME,
    SEALED_FULL_BYTES,
    SEALED_ROW_BYTES,
    Full,
    Listing,
    Place,
    Row,
    RowDamaged,
    SealedEntry,
    full_key,
    open_full,
    open_row,
    place,
    seal,
    secret_of,
    share,
    shares_of,
)

EPOCH = 1
PRF = PlainPrf(bytes(range(32)), "example", epoch=1)
PHONE, OTHER_PHONE = Token(1, 1, 1, "+819000001111"), Token(1, 1, 1, "+819000002222")
EMAIL, NAME_HOUSE = Token(1, 2, 2, "taro@example.jp"), Token(1, 2, 3, "山田太郎|港区芝公園-4-2-8")
ADDRESS, NAME_CITY = Token(1, 3, 4, "港区芝公園-4-2-8"), Token(1, 2, 11, "山田太郎|港区")
LISTING = Listing(
    reference="E-1",
    handle=bytes(range(16)),
    category=Category.UNPAID,
    reporters=4,
    first_on=date(2025, 3, 9),
    last_on=date(2026, 8, 14),
    fields=frozenset({"phone", "email", "kanji"}),
    expires_on=date(2029, 1, 31),
)
WHOLE = Full("E-1", Category.UNPAID, 4, date(2025, 3, 9), date(2026, 8, 14))

S = int("043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 16)
A = int("4a978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48ce", 16)
SHARES = {
    1: "4ed1f29a3ee1308884e7df724be3a9a9a9dd9e09e34bee0ef912d49402acf857",
    2: "196973ad08fcee537faa1125e60785f751648e01f7c83c81b2934c19b29b4138",
    3: "6400f4bfd318ac1e7a6c42d9802b6244f8eb7dfa0c448af46c13c39f62898a06",
    4: "2e9875d29d3469e9752e748d1a4f3e92a0726df220c0d96725943b251277d2e7",
}

scalars = st.integers(0, PRIME - 1)
groups = st.integers(1, 4)
days = st.dates(date(1990, 1, 1), date(2200, 12, 31))
listings = st.builds(
    Listing,
    reference=st.text(max_size=64),
    handle=st.binary(min_size=16, max_size=16),
    category=st.sampled_from(Category),
    reporters=st.integers(1, 10_000),
    first_on=days,
    last_on=days,
    fields=st.frozensets(st.sampled_from(FIELDS)),
    effect=st.sampled_from(Effect),
    expires_on=st.none() | days,
)
several_tokens = st.lists(
    st.builds(
        lambda type_, value: Token(1, KINDS[type_].cls, type_, value),
        st.sampled_from(list(KINDS)),
        st.text(max_size=40),
    ),
    min_size=1,
    max_size=8,
    unique_by=Token.encode,
)


def places_of(tokens: list[Token], prf: PlainPrf = PRF, epoch: int = EPOCH) -> list[Place]:
    values = prf.evaluate([(token.cls, token.encode()) for token in tokens])
    return [place(y, "example", token.cls, epoch) for token, y in zip(tokens, values, strict=True)]


def sealed(*tokens: Token, listing: Listing = LISTING) -> SealedEntry:
    return seal(listing, tokens, places_of(list(tokens)), EPOCH)


def row_of(entry: SealedEntry, token: Token) -> Row:
    """What ``token`` opens of an entry."""
    (at,) = places_of([token])
    return open_row(at, {row.locator: row.sealed for row in entry.rows}[at.locator], EPOCH)


def secret_from(entry: SealedEntry, *tokens: Token) -> int | None:
    return secret_of(shares_of(row_of(entry, token) for token in tokens))


@pytest.mark.parametrize(
    ("cls", "y", "locator", "row_key"),
    [
        (
            1,
            "38f0b8a24d92c51fcf5f7b13c8bb3db699af3ed2e6d626df533f593930bbbcbc",
            "46e53389ebd8f5c52bff3f5a6b4a8da6",
            "16ef21c8f5187cad47f51332f3c24364c4f17ceddd391ca70d6de88a28edacd8",
        ),
        (
            2,
            "a659b87984e79050ac8c85c3965a40715f10cd43f3a32e2be182b5cb20b8799f",
            "273c3f247109b2afb5774fd35abc0a2e",
            "c11ae98fd47fddb9faa90aaa0d7040f8cc5335a0c7eb1f8f20078ecf730442c0",
        ),
        (
            2,
            "162cdb2af0578fb86764d04ddd158732a76e412037171562040430f6aa3b2695",
            "f4eaaf3250779079677e0ea972f054e5",
            "675da125ee318785225ceb7074f649cfb8720ca9fea3c945c8f425726c1967a9",
        ),
    ],
)
def test_place_vectors(cls: int, y: str, locator: str, row_key: str) -> None:
    at = place(bytes.fromhex(y), "example", cls, 1)
    assert (at.locator.hex(), at.row_key.hex()) == (locator, row_key)


@pytest.mark.parametrize(
    ("token", "locator"),
    [
        (Token(1, 1, 1, "+819012345678"), "96a3bdfbd93836a604a85d979b9640e4"),
        (Token(1, 2, 2, "taro@example.jp"), "aacaf9788bf185267660fc355f7c818e"),
        (Token(1, 2, 3, "山田太郎|13101-1-1"), "787e48d202207a600091379a6a984a9a"),
    ],
)
def test_plain_mode_vectors(token: Token, locator: str) -> None:
    (at,) = places_of([token])
    assert at.locator.hex() == locator


@pytest.mark.parametrize("group", [1, 2, 3, 4])
def test_share_vectors(group: int) -> None:
    assert share(S, A, group) == int(SHARES[group], 16)


@pytest.mark.parametrize("pair", [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)])
def test_any_two_shares_of_the_vectors_give_their_secret(pair: tuple[int, int]) -> None:
    assert secret_of({group: int(SHARES[group], 16) for group in pair}) == S


def test_full_key_vector() -> None:
    assert full_key(S, bytes(range(16))).hex() == "78a5c58c0b8795c8eefd6d7d138f8b19ae54ee847a94617ee95ea45bb4a58d99"


@given(s=scalars, a=scalars, chosen=st.sets(groups, min_size=2))
def test_two_distinct_groups_give_the_secret(s: int, a: int, chosen: set[int]) -> None:
    assert secret_of({group: share(s, a, group) for group in chosen}) == s


@given(s=scalars, a=scalars, group=groups)
def test_one_group_gives_no_secret(s: int, a: int, group: int) -> None:
    assert secret_of({group: share(s, a, group)}) is None


@given(s=scalars, other=scalars, group=groups, value=scalars)
def test_one_share_fits_every_secret(s: int, other: int, group: int, value: int) -> None:
    """Whatever the secret is, one share looks as it does: it rules none out."""
    for secret in (s, other):
        a = (value - secret) * pow(group, -1, PRIME) % PRIME
        assert share(secret, a, group) == value


def test_no_share_gives_no_secret() -> None:
    assert secret_of({}) is None


@pytest.mark.parametrize("tokens", [(PHONE, EMAIL), (PHONE, ADDRESS), (EMAIL, NAME_CITY), (PHONE, EMAIL, ADDRESS)])
def test_two_groups_open_the_full_posting(tokens: tuple[Token, ...]) -> None:
    entry = sealed(PHONE, OTHER_PHONE, EMAIL, NAME_HOUSE, ADDRESS, NAME_CITY)
    secret = secret_from(entry, *tokens)
    assert secret is not None
    assert open_full(secret, entry.t2_ref, entry.full, EPOCH) == WHOLE


@pytest.mark.parametrize("tokens", [(PHONE,), (PHONE, OTHER_PHONE), (EMAIL,), (ADDRESS, NAME_CITY)])
def test_tokens_of_one_group_do_not_open_it(tokens: tuple[Token, ...]) -> None:
    entry = sealed(PHONE, OTHER_PHONE, EMAIL, NAME_HOUSE, ADDRESS, NAME_CITY)
    assert secret_from(entry, *tokens) is None


def test_two_tokens_of_one_group_carry_the_same_share() -> None:
    entry = sealed(PHONE, OTHER_PHONE, EMAIL)
    assert row_of(entry, PHONE).share == row_of(entry, OTHER_PHONE).share


def test_name_and_place_in_one_token_open_it_alone() -> None:
    entry = sealed(PHONE, NAME_HOUSE)
    secret = secret_from(entry, NAME_HOUSE)
    assert secret is not None
    assert open_full(secret, entry.t2_ref, entry.full, EPOCH) == WHOLE


def test_the_share_of_a_row_is_not_its_secret_unless_it_opens_alone() -> None:
    entry = sealed(PHONE, EMAIL, ADDRESS)
    for token in (PHONE, EMAIL, ADDRESS):
        with pytest.raises(RowDamaged):
            open_full(row_of(entry, token).share, entry.t2_ref, entry.full, EPOCH)


def test_shares_of_two_entries_do_not_open_either() -> None:
    one, other = sealed(PHONE, EMAIL), sealed(PHONE, EMAIL)
    mixed = secret_of(shares_of([row_of(one, PHONE), row_of(other, EMAIL)]))
    assert mixed is not None
    for entry in (one, other):
        with pytest.raises(RowDamaged):
            open_full(mixed, entry.t2_ref, entry.full, EPOCH)


@given(listing=listings, tokens=several_tokens)
def test_a_row_says_what_its_entry_may_say_to_all(listing: Listing, tokens: list[Token]) -> None:
    entry = seal(listing, tokens, places_of(tokens), EPOCH)
    for token in tokens:
        row = row_of(entry, token)
        assert row.group == (0 if token.group == 3 else token.group)
        assert (row.t2_ref, row.handle, row.profile) == (entry.t2_ref, listing.handle, token.profile)
        assert row.reporters == max(least for least in BUCKETS if least <= listing.reporters)
        assert (row.first_month, row.last_month) == (listing.first_on.replace(day=1), listing.last_on.replace(day=1))
        assert (row.fields, row.effect, row.expires_on) == (listing.fields, listing.effect, listing.expires_on)


@given(listing=listings, tokens=several_tokens)
def test_rows_and_postings_have_one_length_whatever_they_say(listing: Listing, tokens: list[Token]) -> None:
    entry = seal(listing, tokens, places_of(tokens), EPOCH)
    assert {len(row.sealed) for row in entry.rows} == {SEALED_ROW_BYTES}
    assert len(entry.full) == SEALED_FULL_BYTES
    assert {len(row.locator) for row in entry.rows} == {16}
    assert len(entry.t2_ref) == 16


def test_the_lengths_are_those_of_the_protocol() -> None:
    assert (SEALED_ROW_BYTES, SEALED_FULL_BYTES) == (12 + 160 + 16, 12 + 1024 + 16)


def test_a_reference_that_does_not_fit_is_not_sealed_at_another_length() -> None:
    with pytest.raises(ValueError, match="too long"):
        sealed(PHONE, listing=replace(LISTING, reference="E" * 1_000))


def test_rows_come_in_the_order_of_their_locators_and_none_twice() -> None:
    tokens = [PHONE, EMAIL, NAME_HOUSE, ADDRESS, PHONE]
    locators = [row.locator for row in sealed(*tokens).rows]
    assert locators == sorted({at.locator for at in places_of(tokens)})


def test_sealing_again_gives_other_bytes_and_other_shares() -> None:
    one, other = sealed(PHONE, EMAIL), sealed(PHONE, EMAIL)
    assert one.t2_ref != other.t2_ref
    assert one.full != other.full
    assert not {row.sealed for row in one.rows} & {row.sealed for row in other.rows}
    assert row_of(one, PHONE).share != row_of(other, PHONE).share
    assert row_of(one, PHONE).handle == row_of(other, PHONE).handle


def test_nothing_of_the_entry_can_be_read_in_what_is_sealed() -> None:
    entry = sealed(PHONE, EMAIL, NAME_HOUSE)
    everything = b"".join([entry.full, *(row.sealed for row in entry.rows)])
    for clear in (b"E-1", b"unpaid", LISTING.handle, entry.t2_ref, PHONE.value.encode(), EMAIL.value.encode()):
        assert clear not in everything


def test_a_row_of_another_epoch_locator_or_key_never_opens() -> None:
    entry = sealed(PHONE)
    (at,) = places_of([PHONE])
    (other,) = places_of([EMAIL])
    stored = entry.rows[0].sealed
    with pytest.raises(RowDamaged):
        open_row(at, stored, EPOCH + 1)
    with pytest.raises(RowDamaged):
        open_row(replace(at, locator=other.locator), stored, EPOCH)
    with pytest.raises(RowDamaged):
        open_row(replace(at, row_key=other.row_key), stored, EPOCH)
    assert open_row(at, stored, EPOCH).t2_ref == entry.t2_ref


def test_a_posting_of_another_epoch_reference_or_secret_never_opens() -> None:
    entry = sealed(PHONE, EMAIL)
    secret = secret_from(entry, PHONE, EMAIL)
    assert secret is not None
    for s, t2_ref, epoch in (
        (secret, entry.t2_ref, EPOCH + 1),
        (secret, bytes(16), EPOCH),
        ((secret + 1) % PRIME, entry.t2_ref, EPOCH),
    ):
        with pytest.raises(RowDamaged):
            open_full(s, t2_ref, entry.full, epoch)


def test_another_epoch_class_registry_or_seed_is_another_place() -> None:
    (y,) = PRF.evaluate([(1, PHONE.encode())])
    (other,) = PlainPrf(bytes(range(32)), "example", epoch=2).evaluate([(1, PHONE.encode())])
    made = [place(y, "example", 1, 1), place(y, "example", 1, 2), place(y, "example", 2, 1), place(y, "other", 1, 1)]
    made.append(place(other, "example", 1, 1))
    assert len({at.locator for at in made}) == len({at.row_key for at in made}) == 5


@given(at=st.integers(0, SEALED_ROW_BYTES - 1), bit=st.integers(0, 7))
def test_one_changed_bit_closes_a_row(at: int, bit: int) -> None:
    stored = bytearray(sealed(PHONE).rows[0].sealed)
    stored[at] ^= 1 << bit
    with pytest.raises(RowDamaged):
        open_row(places_of([PHONE])[0], bytes(stored), EPOCH)


@given(at=st.integers(0, SEALED_FULL_BYTES - 1), bit=st.integers(0, 7))
def test_one_changed_bit_closes_a_posting(at: int, bit: int) -> None:
    entry = sealed(NAME_HOUSE)
    secret = secret_from(entry, NAME_HOUSE)
    assert secret is not None
    changed = bytearray(entry.full)
    changed[at] ^= 1 << bit
    with pytest.raises(RowDamaged):
        open_full(secret, entry.t2_ref, bytes(changed), EPOCH)


@given(stored=st.binary(max_size=2 * SEALED_ROW_BYTES))
def test_bytes_that_nobody_sealed_are_damaged_and_no_other_error(stored: bytes) -> None:
    with pytest.raises(RowDamaged):
        open_row(places_of([PHONE])[0], stored, EPOCH)
    with pytest.raises(RowDamaged):
        open_full(S, bytes(16), stored, EPOCH)


def test_a_row_of_a_newer_version_is_not_misread() -> None:
    (at,) = places_of([PHONE])
    label = b"sg1/row" + EPOCH.to_bytes(4, "big") + at.locator
    for head in (bytes([2]), bytes([1, len(Effect)])):
        newer = bytes(12) + AESGCM(at.row_key).encrypt(bytes(12), head.ljust(160, b"\0"), label)
        with pytest.raises(RowDamaged):
            open_row(at, newer, EPOCH)


@pytest.mark.parametrize(
    ("byte", "effect"), [(0, Effect.FLAG), (1, Effect.HOLD), (2, Effect.NOTE), (3, Effect.CONFIRM)]
)
def test_effects_keep_the_numbers_they_were_once_sealed_under(byte: int, effect: Effect) -> None:
    (at,) = places_of([PHONE])
    (row,) = sealed(PHONE, listing=replace(LISTING, effect=effect)).rows
    label = b"sg1/row" + EPOCH.to_bytes(4, "big") + at.locator
    assert AESGCM(at.row_key).decrypt(row.sealed[:12], row.sealed[12:], label)[1] == byte


def test_no_secret_is_shown_by_repr_or_error() -> None:
    (at,) = places_of([PHONE])
    assert repr(at) == "Place(***)"
    opened = row_of(sealed(PHONE), PHONE)
    assert str(opened.share) not in repr(opened)
    with pytest.raises(RowDamaged) as raised:
        open_row(at, bytes(SEALED_ROW_BYTES), EPOCH)
    assert str(raised.value) == ""
    assert raised.value.__cause__ is None


def test_a_listing_is_made_of_an_entry() -> None:
    first_on, last_on, expires_on = date(2025, 1, 2), date(2026, 3, 4), date(2028, 3, 4)
    entry = Entry("E-9", Category.COD_REFUSED, Party(name="山田 太郎"), 2, first_on, last_on, Effect.FLAG, expires_on)
    made = Listing.of(entry, bytes(16), frozenset({"kanji"}))
    assert made == Listing(
        "E-9", bytes(16), Category.COD_REFUSED, 2, first_on, last_on, frozenset({"kanji"}), Effect.FLAG, expires_on
    )
