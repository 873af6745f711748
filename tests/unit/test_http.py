"""What a platform answers becomes an answer or one of our errors, and nothing it says gets into a message."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
import responses

from shopguard.errors import OrderGone, PlatformRefused, ShopGuardError, TemporaryFailure
from shopguard.http import PlatformApi, retry_after
from shopguard.testing.purity import log_lines, said_by

URL = "https://shop.example.com/api"
SECRETS = ("hush-header", "hush-password", "taro@example.jp", "渡邊")


@pytest.fixture
def api() -> PlatformApi:
    return PlatformApi(URL + "/", {"X-Token": "hush-header"}, ("user", "hush-password"))


@pytest.fixture
def platform():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def failure(api: PlatformApi, method: str = "GET", **more: object) -> ShopGuardError:
    """Make a call that fails; whatever it is, neither message nor log may tell a secret or a person."""
    with log_lines() as logged, pytest.raises(ShopGuardError) as caught:
        api.call(method, "/orders/1", params={"email": "taro@example.jp"}, **more)
    said = said_by(caught.value) + "\n".join(line for line in logged if "stamina" in line or "shopguard" in line)
    assert not [secret for secret in SECRETS if secret in said or secret.replace("@", "%40") in said]
    return caught.value


def test_answer_is_decoded_and_headers_are_sent(api: PlatformApi, platform: responses.RequestsMock) -> None:
    platform.post(f"{URL}/orders", json={"id": 1}, status=201, headers={"X-Total": "3"})
    answer = api.call("POST", "/orders", json={"note": "確認"}, headers={"Idempotency-Key": "k"})
    sent = platform.calls[0].request
    assert (answer.status, answer.json, answer.headers["x-total"]) == (201, {"id": 1}, "3")
    assert sent.body == '{"note":"確認"}'.encode()
    assert (sent.headers["X-Token"], sent.headers["Idempotency-Key"]) == ("hush-header", "k")
    assert (sent.headers["Content-Type"], sent.headers["Authorization"][:6]) == ("application/json", "Basic ")


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_empty_answer_is_none(body: bytes, api: PlatformApi, platform: responses.RequestsMock) -> None:
    platform.get(f"{URL}/orders/1", body=body, status=200)
    assert api.call("GET", "/orders/1").json is None


@pytest.mark.parametrize("status", [408, 423, 425, 429, 500, 502, 503, 504, 520, 524])
def test_busy_is_temporary_with_its_time(status: int, api: PlatformApi, platform: responses.RequestsMock) -> None:
    platform.get(f"{URL}/orders/1", body="渡邊", status=status, headers={"Retry-After": "17"})
    error = failure(api)
    assert isinstance(error, TemporaryFailure)
    assert error.retry_after_s == 17.0
    assert len(platform.calls) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 400, 401, 403, 405, 409, 422])
def test_no_and_elsewhere_are_refusals(status: int, api: PlatformApi, platform: responses.RequestsMock) -> None:
    platform.post(
        f"{URL}/orders/1", json={"message": "渡邊"}, status=status, headers={"Location": "https://x.example"}
    )
    error = failure(api, "POST")
    assert type(error) is PlatformRefused
    assert error.code == str(status)
    assert len(platform.calls) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_unknown_order_is_gone(status: int, api: PlatformApi, platform: responses.RequestsMock) -> None:
    platform.get(f"{URL}/orders/1", json={"code": "no_such_order"}, status=status)
    error = failure(api)
    assert isinstance(error, OrderGone)
    assert error.code == "no_such_order"


def test_page_of_a_web_server_is_no_word_on_an_order(api: PlatformApi, platform: responses.RequestsMock) -> None:
    platform.get(f"{URL}/orders/1", body="<html>Not Found 渡邊</html>", status=404)
    assert type(failure(api)) is PlatformRefused


def test_platforms_own_code_means_gone_whatever_the_status(
    api: PlatformApi, platform: responses.RequestsMock
) -> None:
    platform.get(f"{URL}/orders/1", json={"code": "invalid_id"}, status=400)
    assert isinstance(failure(api, not_found=frozenset({"invalid_id"})), OrderGone)


@pytest.mark.parametrize("body", [b"<html>hi</html>", b'{"a": "\xff"}', b"[" * 100_000, b'{"a": 1'])
def test_answer_that_is_no_json_is_refused(body: bytes, api: PlatformApi, platform: responses.RequestsMock) -> None:
    platform.get(f"{URL}/orders/1", body=body, status=200)
    error = failure(api)
    assert isinstance(error, PlatformRefused)
    assert error.code == "unreadable"


def test_endless_answer_is_refused(
    api: PlatformApi, platform: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopguard.http._MAX_ANSWER", 1000)
    platform.get(f"{URL}/orders/1", json=["x" * 2000])
    assert isinstance(failure(api), PlatformRefused)


@pytest.mark.parametrize("code", ["渡邊", "Dear 渡邊", "x" * 81, 17, None, "hush header"])
def test_only_short_plain_codes_are_told(code: object, api: PlatformApi, platform: responses.RequestsMock) -> None:
    platform.get(f"{URL}/orders/1", json={"code": code}, status=403)
    error = failure(api)
    assert isinstance(error, PlatformRefused)
    assert error.code == "403"


def test_timeout_is_temporary_and_not_repeated_at_once(api: PlatformApi, platform: responses.RequestsMock) -> None:
    platform.get(f"{URL}/orders/1", body=requests.ReadTimeout("渡邊 hush-header"))
    assert isinstance(failure(api), TemporaryFailure)
    assert len(platform.calls) == 1


def test_broken_read_is_tried_again(api: PlatformApi, platform: responses.RequestsMock) -> None:
    platform.get(f"{URL}/orders/1", body=requests.ConnectionError("reset"))
    platform.get(f"{URL}/orders/1", json={"id": 1})
    assert api.call("GET", "/orders/1").json == {"id": 1}


def test_broken_read_ends_after_three_tries_and_logs_no_address(
    api: PlatformApi, platform: responses.RequestsMock, capfd: pytest.CaptureFixture[str]
) -> None:
    platform.get(f"{URL}/orders/1", body=requests.ConnectionError("渡邊 hush-header taro@example.jp"))
    assert isinstance(failure(api), TemporaryFailure)
    assert len(platform.calls) == 3
    printed = "".join(capfd.readouterr())
    assert not [secret for secret in SECRETS if secret in printed]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_broken_write_is_never_repeated(method: str, api: PlatformApi, platform: responses.RequestsMock) -> None:
    platform.add(method, f"{URL}/orders/1", body=requests.ConnectionError("reset"))
    assert isinstance(failure(api, method), TemporaryFailure)
    assert len(platform.calls) == 1


def test_headers_that_http_cannot_carry_are_refused_without_being_told() -> None:
    for secret in ("hush-header\r\nX: y", "hush-header 秘密"):
        error = failure(PlatformApi("http://127.0.0.1:9", {"X-Token": secret}), "POST")
        assert isinstance(error, PlatformRefused)


def test_retry_after_is_read_as_seconds() -> None:
    for written, seconds in (("0", 0.0), ("2.5", 2.5), (" 30 ", 30.0), ("86400", 3600.0), ("9" * 400, 3600.0)):
        assert retry_after({"Retry-After": written}) == seconds


def test_retry_after_is_read_as_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
    assert 100 < (retry_after({"Retry-After": soon}) or 0) <= 120
    assert retry_after({"Retry-After": "Mon, 02 Nov 2020 10:15:00 GMT"}) == 0.0
    assert retry_after({"Retry-After": "Fri, 02 Nov 2990 10:15:00 GMT"}) == 3600.0


@pytest.mark.parametrize("written", ["", "soon", "-5", "nan", "１７", ".", "Mon, 99 Nov 2026 99:99:99 GMT"])
def test_retry_after_that_says_nothing_is_none(written: str) -> None:
    assert retry_after({"Retry-After": written}) is None
    assert retry_after({}) is None
