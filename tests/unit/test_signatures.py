"""Every scheme against published or independent values, and against what is no signature."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.adapter import Secret
from shopguard.errors import SignatureInvalid
from shopguard.signatures import check_age, check_hmac, check_standard_webhooks, check_token, standard_webhooks_key

# RFC 4231, test case 2 (read 2026-11)
RFC_KEY, RFC_MESSAGE = Secret("Jefe"), b"what do ya want for nothing?"
RFC_SHA256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)

# The example of the scheme's first implementation, docs.svix.com/receiving/verifying-payloads/how (read 2026-11)
SW_SECRET = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
SW_BODY = b'{"test": 2432232314}'
SW_AT = datetime.fromtimestamp(1614265330, UTC)
SW_HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_hmac_fits_the_published_value_in_hex_of_either_case() -> None:
    check_hmac(RFC_MESSAGE, RFC_SHA256, [RFC_KEY], encoding="hex")
    check_hmac(RFC_MESSAGE, RFC_SHA256.upper(), [RFC_KEY], encoding="hex")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_each_algorithm_fits_itself_alone(algorithm: str) -> None:
    signature = base64.b64encode(hmac.digest(b"Jefe", RFC_MESSAGE, algorithm)).decode()
    check_hmac(RFC_MESSAGE, signature, [RFC_KEY], algorithm=algorithm)
    for other in {"sha1", "sha256", "sha512"} - {algorithm}:
        with pytest.raises(SignatureInvalid):
            check_hmac(RFC_MESSAGE, signature, [RFC_KEY], algorithm=other)


def test_prefix_is_demanded() -> None:
    check_hmac(RFC_MESSAGE, f"sha256={RFC_SHA256}", [RFC_KEY], encoding="hex", prefix="sha256=")
    with pytest.raises(SignatureInvalid):
        check_hmac(RFC_MESSAGE, RFC_SHA256, [RFC_KEY], encoding="hex", prefix="sha256=")


def test_either_secret_of_a_rotation_fits() -> None:
    for secrets in ([RFC_KEY, Secret("new")], [Secret("new"), RFC_KEY]):
        check_hmac(RFC_MESSAGE, RFC_SHA256, secrets, encoding="hex")


def test_no_secret_and_an_empty_secret_prove_nothing() -> None:
    forged = hmac.new(b"", RFC_MESSAGE, hashlib.sha256).hexdigest()
    for secrets in ([], [Secret("")], [RFC_KEY, Secret("")]):
        with pytest.raises(SignatureInvalid):
            check_hmac(RFC_MESSAGE, forged, secrets, encoding="hex")
        with pytest.raises(SignatureInvalid):
            check_token("", secrets)


def test_secret_that_is_not_utf8_signs_with_its_own_bytes() -> None:
    secret = Secret(b"\xff\xfe".decode("utf-8", "surrogateescape"))
    check_hmac(b"body", hmac.digest(b"\xff\xfe", b"body", "sha256").hex(), [secret], encoding="hex")


@given(st.one_of(st.none(), st.text(), st.binary().map(lambda b: base64.b64encode(b).decode())))
def test_nothing_else_is_let_in_and_nothing_crashes(signature: str | None) -> None:
    for encoding in ("hex", "base64"):
        with pytest.raises(SignatureInvalid):
            check_hmac(RFC_MESSAGE, signature, [RFC_KEY], encoding=encoding)
    with pytest.raises(SignatureInvalid):
        check_token(signature, [Secret("a word that no one guesses")])
    with pytest.raises(SignatureInvalid):
        check_standard_webhooks({**SW_HEADERS, "webhook-signature": signature or ""}, SW_BODY, SW_AT, [SW_SECRET])


def test_token_must_be_equal() -> None:
    check_token("word", [Secret("other"), Secret("word")])
    for given_word in (None, "", "Word", "word ", "wor", "w" * 5000):
        with pytest.raises(SignatureInvalid):
            check_token(given_word, [Secret("word")])


def test_age_is_counted_to_both_sides() -> None:
    sent = str(int(NOW.timestamp()))
    for seconds in (-300, 0, 300):
        check_age(sent, NOW + timedelta(seconds=seconds))
    for seconds in (-301, 301):
        with pytest.raises(SignatureInvalid):
            check_age(sent, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("sent", [None, "", "-1", "1e9", "１７９３", "9" * 13, " 1793582100", "nan"])
def test_time_that_is_no_number_is_refused(sent: str | None) -> None:
    with pytest.raises(SignatureInvalid):
        check_age(sent, NOW, tolerance_s=10**15)


def test_standard_webhooks_fit_the_published_example() -> None:
    check_standard_webhooks(SW_HEADERS, SW_BODY, SW_AT, [SW_SECRET])


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "msg_other"},
        {"webhook-id": ""},
        {"webhook-timestamp": "1614265331"},
        {"webhook-signature": SW_HEADERS["webhook-signature"].replace("v1,", "v1a,")},
        {"webhook-signature": SW_HEADERS["webhook-signature"].replace("v1,", "")},
    ],
)
def test_standard_webhooks_cover_id_time_and_version(changed: dict[str, str]) -> None:
    with pytest.raises(SignatureInvalid):
        check_standard_webhooks(SW_HEADERS | changed, SW_BODY, SW_AT, [SW_SECRET])


def test_one_fitting_signature_of_a_list_is_enough() -> None:
    listed = f"v1a,b3RoZXI= v1,b3RoZXI= {SW_HEADERS['webhook-signature']}"
    check_standard_webhooks(
        SW_HEADERS | {"webhook-signature": listed}, SW_BODY, SW_AT, [Secret("whsec_YQ=="), SW_SECRET]
    )


def test_standard_webhooks_key_is_base64_after_its_prefix() -> None:
    assert standard_webhooks_key(Secret("whsec_YWJj")) == standard_webhooks_key(Secret("YWJj")) == b"abc"
    assert standard_webhooks_key(Secret("whsec_")) is None
    assert standard_webhooks_key(Secret("whsec_not base64")) is None
