"""The client when the registry refuses or is away: what its member is told, and when it asks no more."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shopguard.model import ScreeningState
from shopguard.registry.client import BreakerSettings, NoAnswer, Silence, Transport
from shopguard.registry.messages import LOOKUPS
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import SignedAnswer, SignedRequest
from tests.integration.lookup.conftest import MEMBER, QUERY, Between, silent


def refusing(between: Between, code: Refusal, retry_after_s: float | None = None) -> None:
    """Have every look-up refused, properly signed."""
    refused = Refused(code, "taro@example.jp is not told", retry_after_s)
    between.twist = lambda request, answer: (
        between.refuse(refused, request.nonce) if request.path == LOOKUPS else answer
    )


@pytest.mark.parametrize("code", [code for code in Refusal if code is not Refusal.EPOCH])
def test_refusal_has_a_sentence_of_our_own(client, between, code):
    refusing(between, code)
    answer = client.look_up(QUERY)
    reason = silent(answer)
    assert (reason, answer.cause) == (str(NoAnswer(code)), code.value)
    assert "taro" not in reason


def test_refusal_of_a_later_version_says_to_update(client, between):
    def twist(request: SignedRequest, answer: SignedAnswer) -> SignedAnswer:
        if request.path == LOOKUPS:
            answer = between.refuse(Refused(Refusal.FORBIDDEN, "no"), request.nonce)
            body = answer.body.replace(b'"forbidden"', b'"moon_phase"')
            return between._centre.answer_keys.signer.answer(403, body, request.nonce, answer.time)
        return answer

    between.twist = twist
    assert "update ShopGuard" in silent(client.look_up(QUERY))


def test_suspended_member_is_told_so(client, ready):
    client.look_up(QUERY)
    ready.set_state(MEMBER, "suspended")
    assert "may not ask" in silent(client.look_up(QUERY))


def test_fault_anywhere_is_no_exception(make):
    class Broken:
        def send(self, request: SignedRequest) -> SignedAnswer:
            raise RuntimeError("taro@example.jp")

    assert silent(make(transport=Broken()).look_up(QUERY)) == str(NoAnswer(Silence.FAULT))


class Flaky:
    """A transport that fails as often as ``down`` says, or answers through ``inner``."""

    def __init__(self, inner: Transport, error: Exception | None = None) -> None:
        self.inner, self.error = inner, error or NoAnswer(Silence.TIMED_OUT)
        self.down, self.sent = 0, 0

    def send(self, request: SignedRequest) -> SignedAnswer:
        self.sent += 1
        if self.down:
            self.down -= 1
            raise self.error
        return self.inner.send(request)


@pytest.fixture
def flaky(transport: Transport) -> Flaky:
    return Flaky(transport)


def test_registry_that_failed_three_times_is_left_in_peace_for_a_while(make, flaky, ready):
    client = make(transport=flaky, breaker=BreakerSettings(failures=3, rest_s=30))
    flaky.down = 1_000
    for _ in range(10):
        silent(client.look_up(QUERY))
    assert flaky.sent == 3
    assert silent(client.look_up(QUERY)) == str(NoAnswer(Silence.RESTING))
    ready.pass_time(29)
    silent(client.look_up(QUERY))
    assert flaky.sent == 3
    ready.pass_time(2)
    silent(client.look_up(QUERY))
    silent(client.look_up(QUERY))
    assert flaky.sent == 4  # one question tried, and failed


def test_registry_that_is_back_is_asked_as_before(make, flaky, ready):
    client = make(transport=flaky)
    flaky.down = 3
    for _ in range(4):
        silent(client.look_up(QUERY))
    ready.pass_time(31)
    assert client.look_up(QUERY).state is ScreeningState.SCREENED
    assert client.look_up(QUERY).state is ScreeningState.SCREENED


def test_clock_that_is_set_back_does_not_make_the_rest_longer(make, flaky, ready):
    client = make(transport=flaky)
    flaky.down = 3
    for _ in range(3):
        silent(client.look_up(QUERY))
    ready.pass_time(-86_400)
    assert client.look_up(QUERY).state is ScreeningState.SCREENED


def test_clock_that_is_set_back_ends_a_pause(client, between, ready):
    refusing(between, Refusal.SLOW_DOWN, retry_after_s=100)
    silent(client.look_up(QUERY))
    between.twist = lambda _request, answer: answer
    silent(client.look_up(QUERY))
    ready.pass_time(-86_400)
    assert client.look_up(QUERY).state is ScreeningState.SCREENED


def test_two_failures_and_an_answer_in_turn_never_stop_us(make, flaky):
    client = make(transport=flaky)
    client.centre()
    for _ in range(3):
        flaky.down = 2
        states = [client.look_up(QUERY).state for _ in range(3)]
        assert states == [ScreeningState.UNSCREENED, ScreeningState.UNSCREENED, ScreeningState.SCREENED]


def test_refusals_do_not_stop_us(client, between):
    refusing(between, Refusal.ASKED_OTHERWISE)
    for _ in range(5):
        client.look_up(QUERY)
    assert len(between.look_ups) == 5


def test_part_of_the_registry_that_is_away_stops_us(client, between):
    refusing(between, Refusal.UNAVAILABLE)
    for _ in range(5):
        client.look_up(QUERY)
    assert len(between.look_ups) == 3


def test_broken_connection_is_tried_once_more_with_a_new_nonce(make, flaky, between):
    client = make(transport=flaky)
    client.centre()
    flaky.error, flaky.down = NoAnswer(Silence.UNREACHABLE), 1
    assert client.look_up(QUERY).state is ScreeningState.SCREENED


def test_while_one_question_tries_nobody_else_asks(make, transport, ready):
    entered, go_on = threading.Event(), threading.Event()

    class Waiting(Flaky):
        def send(self, request: SignedRequest) -> SignedAnswer:
            if not self.down:
                entered.set()
                assert go_on.wait(10)
            return super().send(request)

    waiting = Waiting(transport)
    client = make(transport=waiting)
    waiting.down = 3
    for _ in range(3):
        client.look_up(QUERY)
    ready.pass_time(31)
    with ThreadPoolExecutor(1) as other:
        probe = other.submit(client.look_up, QUERY)
        assert entered.wait(10)
        assert silent(client.look_up(QUERY)) == str(NoAnswer(Silence.RESTING))
        go_on.set()
        assert probe.result().state is ScreeningState.SCREENED


def test_threads_ask_at_the_same_time(make, transport):
    together = threading.Barrier(3, timeout=10)

    class Meeting(Flaky):
        def send(self, request: SignedRequest) -> SignedAnswer:
            if request.path == LOOKUPS:
                together.wait()
            return super().send(request)

    client = make(transport=Meeting(transport))
    with ThreadPoolExecutor(3) as threads:
        queries = [replace(QUERY, revision=str(number)) for number in range(3)]
        states = {answer.state for answer in threads.map(client.look_up, queries)}
    assert states == {ScreeningState.SCREENED}


def test_asked_to_slow_down_we_wait_as_long_as_was_said(client, between, ready):
    refusing(between, Refusal.SLOW_DOWN, 20)
    silent(client.look_up(QUERY))
    ready.pass_time(19)
    assert silent(client.look_up(QUERY)) == str(NoAnswer(Refusal.SLOW_DOWN))
    assert len(between.look_ups) == 1
    ready.pass_time(2)
    between.twist = lambda _request, answer: answer
    assert client.look_up(QUERY).state is ScreeningState.SCREENED


def test_no_registry_makes_us_wait_for_more_than_minutes(client, between, ready):
    refusing(between, Refusal.SLOW_DOWN, 1e9)
    client.look_up(QUERY)
    ready.pass_time(301)
    client.look_up(QUERY)
    assert len(between.look_ups) == 2
