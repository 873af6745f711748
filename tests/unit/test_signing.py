"""Signed requests and answers: what is said in a header is read back, and whatever is changed no longer fits."""

import re
from dataclasses import fields, replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shopguard.errors import SignatureInvalid
from shopguard.registry.signing import SignedAnswer, SignedRequest, Signer, key_id_of, verify

SIGNER, OTHER = Signer.of_seed(bytes(32)), Signer.of_seed(bytes([1]) * 32)
REQUEST = SIGNER.request("POST", "/registry/v1/lookups", b'{"member":"shop-1"}', "shop-1", 1_793_582_100)
ANSWER = SIGNER.answer(200, b'{"candidates":[]}', REQUEST.nonce, 1_793_582_101)

members = st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)
times = st.integers(0, 10**12 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
paths = st.text("/abcxyz019?=&-%", max_size=40)


def fits(signed: SignedRequest | SignedAnswer, public: bytes = SIGNER.public) -> bool:
    try:
        verify(signed, public)
    except SignatureInvalid:
        return False
    return True


@given(method=st.sampled_from(["GET", "POST", "DELETE"]), path=paths, body=st.binary(), member=members, time=times)
def test_a_request_is_read_back_from_its_header(method: str, path: str, body: bytes, member: str, time: int) -> None:
    request = SIGNER.request(method, path, body, member, time)
    read = SignedRequest.read(method, path, body, request.header())
    assert read == request
    assert fits(read)


@given(status=st.integers(100, 599), body=st.binary(), time=times)
def test_an_answer_is_read_back_from_its_header(status: int, body: bytes, time: int) -> None:
    answer = SIGNER.answer(status, body, REQUEST.nonce, time)
    read = SignedAnswer.read(status, body, answer.header())
    assert read == answer
    assert fits(read)


@pytest.mark.parametrize(
    "changed",
    [
        replace(REQUEST, method="DELETE"),
        replace(REQUEST, path=REQUEST.path + "?after=1"),
        replace(REQUEST, path=REQUEST.path + "/"),
        replace(REQUEST, body=REQUEST.body + b" "),
        replace(REQUEST, body=b""),
        replace(REQUEST, member="shop-2"),
        replace(REQUEST, key_id=OTHER.key_id),
        replace(REQUEST, time=REQUEST.time + 1),
        replace(REQUEST, nonce="0" * 32),
        replace(REQUEST, signature=bytes(64)),
        replace(REQUEST, signature=REQUEST.signature[:-1]),
        replace(REQUEST, signature=b""),
    ],
)
def test_a_request_that_was_changed_does_not_fit(changed: SignedRequest) -> None:
    assert not fits(changed)


def test_an_answer_that_was_changed_does_not_fit() -> None:
    assert fits(ANSWER)
    for changed in (
        replace(ANSWER, status=404),
        replace(ANSWER, body=b'{"candidates":[1]}'),
        replace(ANSWER, key_id=OTHER.key_id),
        replace(ANSWER, time=ANSWER.time - 1),
        replace(ANSWER, signature=bytes(64)),
    ):
        assert not fits(changed)


def test_an_answer_to_another_request_does_not_fit() -> None:
    another = SIGNER.request(REQUEST.method, REQUEST.path, REQUEST.body, REQUEST.member, REQUEST.time)
    assert another.nonce != REQUEST.nonce
    assert not fits(replace(ANSWER, nonce=another.nonce))


@given(at=st.integers(0, 63), bit=st.integers(0, 7))
def test_one_changed_bit_of_the_signature_does_not_fit(at: int, bit: int) -> None:
    changed = bytearray(REQUEST.signature)
    changed[at] ^= 1 << bit
    assert not fits(replace(REQUEST, signature=bytes(changed)))


@given(data=st.data())
def test_no_two_requests_have_the_same_signed_bytes(data: st.DataObject) -> None:
    """The parts cannot be shifted into one another: each but the path is of a form without line ends."""
    parts = st.builds(
        SignedRequest,
        method=st.sampled_from(["GET", "POST"]),
        path=st.text("a/\n", max_size=4),
        body=st.binary(max_size=1),
        member=st.sampled_from(["a", "b"]),
        key_id=st.sampled_from(["0" * 16, "1" * 16]),
        time=st.integers(0, 2),
        nonce=st.sampled_from(["0" * 32, "1" * 32]),
        signature=st.just(b""),
    )
    one, other = data.draw(parts), data.draw(parts)
    assume(one != other)
    assert one.signed_bytes != other.signed_bytes


def test_a_request_is_never_taken_for_an_answer() -> None:
    assert not REQUEST.signed_bytes.startswith(ANSWER.signed_bytes[:10])


def test_the_key_of_somebody_else_does_not_fit() -> None:
    assert fits(REQUEST)
    assert not fits(REQUEST, OTHER.public)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33)])
def test_a_key_of_another_length_does_not_fit(public: bytes) -> None:
    assert not fits(REQUEST, public)


def test_every_request_has_a_nonce_of_its_own() -> None:
    made = {SIGNER.request("GET", "/", b"", "shop-1", 0).nonce for _ in range(20)}
    assert len(made) == 20


@given(header=texts)
def test_no_header_raises_anything_but_the_documented_error(header: str) -> None:
    for text in (header, f"ShopGuard {header}"):
        with pytest.raises(SignatureInvalid):
            SignedRequest.read("GET", "/", b"", text)
        with pytest.raises(SignatureInvalid):
            SignedAnswer.read(200, b"", text)


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("member", 'member="Shop-1"'),
        ("member", 'member="shop_1"'),
        ("member", f'member="{"a" * 41}"'),
        ("member", 'member=""'),
        ("key", 'key="0123"'),
        ("key", f'key="{"g" * 16}"'),
        ("time", 'time="-1"'),
        ("time", 'time="1e3"'),
        ("time", 'time="1234567890123"'),
        ("nonce", f'nonce="{"0" * 31}"'),
        ("nonce", f'nonce="{"A" * 32}"'),
        ("signature", 'signature="="'),
        ("signature", 'signature="AAA"'),
    ],
)
def test_a_part_of_a_wrong_form_cannot_be_read(part: str, wrong: str) -> None:
    header = re.sub(f'{part}="[^"]*"', wrong, REQUEST.header())
    assert header != REQUEST.header()
    with pytest.raises(SignatureInvalid):
        SignedRequest.read("POST", "/", b"", header)


@pytest.mark.parametrize("part", ["member", "key", "time", "nonce", "signature"])
def test_a_missing_part_cannot_be_read(part: str) -> None:
    header = re.sub(f'{part}="[^"]*"(, )?', "", REQUEST.header())
    with pytest.raises(SignatureInvalid):
        SignedRequest.read("POST", "/", b"", header)


def test_another_scheme_cannot_be_read() -> None:
    with pytest.raises(SignatureInvalid):
        SignedRequest.read("POST", "/", b"", REQUEST.header().replace("ShopGuard ", "Bearer "))


def test_an_unreadable_header_is_not_quoted() -> None:
    with pytest.raises(SignatureInvalid) as raised:
        SignedRequest.read("POST", "/", b"", 'ShopGuard member="山田太郎"')
    assert "山田" not in str(raised.value)


def test_a_key_id_is_16_digits_that_follow_from_the_key() -> None:
    assert re.fullmatch(r"[0-9a-f]{16}", SIGNER.key_id)
    assert SIGNER.key_id == key_id_of(SIGNER.public) != OTHER.key_id


def test_the_private_key_is_not_shown() -> None:
    assert repr(SIGNER) == f"Signer({SIGNER.key_id})"


def test_bodies_and_signatures_are_not_shown() -> None:
    shown = repr(REQUEST) + repr(ANSWER)
    assert "shop-1" in shown
    assert not any(word in shown for word in ("body", "candidates", "signature", repr(REQUEST.signature)))


def test_every_part_of_a_request_is_signed() -> None:
    """A part that is added later must be thought of here."""
    assert [field.name for field in fields(SignedRequest)] == [
        "method",
        "path",
        "body",
        "member",
        "key_id",
        "time",
        "nonce",
        "signature",
        "digest",  # is what is signed of the body
    ]


def test_a_digest_stands_for_a_body_that_stayed_behind() -> None:
    left = REQUEST.without_body()
    assert left.body == b""
    assert fits(left)
    assert left.without_body() == left
    assert not fits(replace(left, digest=bytes(32)))
    assert not fits(REQUEST.without_body(), OTHER.public)


def test_a_digest_beside_a_body_means_nothing() -> None:
    assert not fits(replace(REQUEST.without_body(), body=b"another"))
    assert fits(replace(REQUEST, digest=bytes(32)))
