"""The client against the real registry, in process and over HTTP: what is believed, what is not, and when to stop."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import pytest

from shopguard.identity import PROFILE, Token, Type
from shopguard.model import Category, OrderRef, ScreeningState
from shopguard.registry.client import BreakerSettings, Http, InProcess, NoAnswer, RegistryClient, Silence, Transport
from shopguard.registry.epochs import EpochState
from shopguard.registry.lookup import LookUpService
from shopguard.registry.lookup.routes import registry_app
from shopguard.registry.messages import LOOKUPS, LookUp
from shopguard.registry.protocol import Answer, Query
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import SignedAnswer, SignedRequest, Signer

MEMBER = "shop-1"
PHONE = Token(PROFILE, 1, Type.PHONE, "+819000001111")
MAIL = Token(PROFILE, 2, Type.EMAIL, "taro@example.jp")
NAME = Token(PROFILE, 2, Type.NAME_HOUSE, "見本太郎|13103-4-2-8")
ORDER = OrderRef("main-store", "5001")
QUERY = Query(ORDER, "buyer", "revision-1", (PHONE, MAIL))


class Between:
    """Stands before the service: sees each request, and does to its answer what ``twist`` says."""

    more = ()

    def __init__(self, centre: Any) -> None:
        self._centre = centre
        self.requests: list[SignedRequest] = []
        self.twist: Callable[[SignedRequest, SignedAnswer], SignedAnswer] = lambda _request, answer: answer

    def handle(self, request: SignedRequest) -> SignedAnswer:
        self.requests.append(request)
        return self.twist(request, self._centre.service.handle(request))

    def refuse(self, refused: Refused, nonce: str) -> SignedAnswer:
        return self._centre.service.refuse(refused, nonce)

    @property
    def look_ups(self) -> list[LookUp]:
        return [msgspec.json.decode(r.body, type=LookUp) for r in self.requests if r.path == LOOKUPS]

    def signed(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Have the registry itself sign look-up answers that ``change`` has been at."""

        def twist(request: SignedRequest, answer: SignedAnswer) -> SignedAnswer:
            if request.path != LOOKUPS:
                return answer
            body = msgspec.json.decode(answer.body)
            change(body)
            signer = self._centre.answer_keys.signer
            return signer.answer(answer.status, msgspec.json.encode(body), request.nonce, answer.time)

        self.twist = twist


@pytest.fixture
def ready(centre: Any) -> Any:
    """The registry with a live epoch of our rules of identity, and one entry of phone, mail and name."""
    centre.epoch(1, profile=PROFILE)
    centre.add("E-1", PHONE, MAIL, NAME, reporters=4)
    return centre


@pytest.fixture
def between(ready: Any) -> Between:
    return Between(ready)


@pytest.fixture(params=["in-process", "http"])
def transport(request: pytest.FixtureRequest, between: Between) -> Iterator[Transport]:
    """Both ways to the same registry."""
    if request.param == "in-process":
        yield InProcess(between)
        return
    serve = request.getfixturevalue("serve")
    http = Http(f"http://127.0.0.1:{serve(registry_app(cast('LookUpService', between)))}", 5.0)
    yield http
    http.close()


@pytest.fixture
def make(ready: Any, transport: Transport) -> Callable[..., RegistryClient]:
    """Makes a client; its arguments replace the usual ones."""

    def client(**more: Any) -> RegistryClient:
        usual: dict[str, Any] = {
            "transport": transport,
            "member": MEMBER,
            "signer": lambda: ready.members[MEMBER],
            "commitment_secret": b"s" * 32,
            "profile": PROFILE,
            "centre_keys": lambda: {key.id: key.signer.public for key in ready.answer_keys.all()},
            "clock": ready.clock,
        }
        return RegistryClient(**{**usual, **more})

    return client


@pytest.fixture
def client(make: Callable[..., RegistryClient]) -> RegistryClient:
    return make()


def silent(answer: Answer) -> str:
    """The reason of an answer that must be unscreened, and know nothing."""
    assert (answer.state, answer.candidates) == (ScreeningState.UNSCREENED, ())
    return answer.reason


# --- What is asked and answered ------------------------------------------------------------------------------------


def test_listed_buyer_is_found_with_what_two_groups_open(client):
    answer = client.look_up(QUERY)
    assert (answer.state, answer.reason, answer.as_of) == (ScreeningState.SCREENED, "", answer.as_of)
    (found,) = answer.candidates
    assert (found.handle, found.shared, found.fields) == ("E-1", (0, 1), frozenset({"phone", "email"}))
    assert (found.facts.category, found.facts.reporters, found.facts.opened) == (Category.UNPAID, 4, True)


def test_phone_alone_opens_nothing(client):
    (found,) = client.look_up(replace(QUERY, tokens=(PHONE,))).candidates
    assert (found.facts.category, found.facts.reporters, found.facts.opened) == (Category.OTHER, 3, False)
    assert found.handle != "E-1"


def test_stranger_meets_nobody_and_is_screened(client):
    answer = client.look_up(replace(QUERY, tokens=(Token(PROFILE, 1, Type.PHONE, "+819000002222"),)))
    assert (answer.state, answer.candidates) == (ScreeningState.SCREENED, ())


def test_answer_carries_by_what_a_later_entry_would_be_noticed(client):
    (watch,) = client.look_up(QUERY).watch
    assert (watch.epoch, [len(value) for value in watch.values]) == (1, [6, 6])


def test_order_without_tokens_is_not_sent(client, between):
    assert client.look_up(replace(QUERY, tokens=())).state is ScreeningState.SCREENED
    assert between.requests == []


def test_commitment_is_the_same_for_the_same_question_only(make, between):
    for client in (make(), make()):
        client.look_up(QUERY)
    others = (
        replace(QUERY, order=OrderRef("other-store", "5001")),
        replace(QUERY, order=OrderRef("main-store", "5002")),
        replace(QUERY, order=OrderRef("main-store5", "001")),
        replace(QUERY, party="recipient"),
        replace(QUERY, revision="revision-2"),
    )
    for query in others:
        make().look_up(query)
    make(commitment_secret=b"t" * 32).look_up(QUERY)
    made = [batch.commitment for batch in between.look_ups]
    assert {len(commitment) for commitment in made} == {16}
    assert made[0] == made[1]
    assert len(set(made)) == len(others) + 2


def test_every_request_has_a_nonce_of_its_own_and_our_signature(client, between):
    client.look_up(QUERY)
    client.look_up(QUERY)
    assert len({request.nonce for request in between.requests}) == len(between.requests)
    assert {request.member for request in between.requests} == {MEMBER}


def test_further_questions_of_a_member_are_answered(client):
    assert [epoch.number for epoch in client.centre().epochs] == [1]
    assert client.me().member == MEMBER
    assert client.additions(0).next >= 0


def test_what_was_added_under_other_rules_of_identity_concerns_nobody_here(client, ready):
    ready.epoch(2, profile=PROFILE + 1)
    ready.add("E-2", PHONE, epoch=1)
    ready.add("E-3", MAIL, epoch=2)
    told, raw = client.additions(0), ready.additions(0)
    assert {one.epoch for one in raw.added} == {1, 2}
    assert [one for one in raw.added if one.epoch == 1] == list(told.added)
    assert told.next == raw.next  # and is not read again


def test_question_that_is_not_answered_raises_with_its_reason(make):
    unknown = make(signer=lambda: Signer.of_seed(bytes(32)))
    with pytest.raises(NoAnswer, match="does not know this shop's key"):
        unknown.me()


# --- Epochs --------------------------------------------------------------------------------------------------------


def test_epoch_is_asked_for_once(client, between):
    for number in range(3):
        client.look_up(replace(QUERY, revision=str(number)))
    assert [request.path == LOOKUPS for request in between.requests] == [False, True, True, True]


def test_closed_epoch_costs_one_more_question_and_no_order(client, ready, between):
    client.look_up(QUERY)
    ready.epoch(2, profile=PROFILE)
    ready.add("E-1", PHONE, MAIL, epoch=2)
    ready.epoch(1, EpochState.CLOSED, profile=PROFILE)
    ready.pass_time(2)
    sent = len(between.requests)
    (found,) = client.look_up(replace(QUERY, revision="revision-2")).candidates
    assert (found.handle, len(between.requests) - sent) == ("E-1", 2)
    client.look_up(replace(QUERY, revision="revision-3"))
    assert [batch.epoch for batch in between.look_ups] == [1, 1, 2, 2]


def test_newer_epoch_is_taken_from_the_answer(client, ready, between):
    client.look_up(QUERY)
    ready.epoch(2, profile=PROFILE)
    ready.pass_time(2)
    for number in range(2):
        client.look_up(replace(QUERY, revision=str(number)))
    assert [batch.epoch for batch in between.look_ups] == [1, 1, 2]


def test_epoch_of_other_rules_of_identity_is_never_asked_under(client, ready, between):
    client.look_up(QUERY)
    ready.epoch(2, profile=PROFILE + 1)
    ready.pass_time(2)
    client.look_up(replace(QUERY, revision="2"))
    client.look_up(replace(QUERY, revision="3"))
    assert {batch.epoch for batch in between.look_ups} == {1}


def test_registry_of_other_rules_of_identity_says_to_update(make):
    assert "update ShopGuard" in silent(make(profile=PROFILE + 1).look_up(QUERY))


def test_epoch_whose_rules_went_away_says_to_update(client, ready):
    client.look_up(QUERY)
    ready.epoch(2, profile=PROFILE + 1)
    ready.epoch(1, EpochState.CLOSED, profile=PROFILE)
    ready.pass_time(2)
    assert "update ShopGuard" in silent(client.look_up(replace(QUERY, revision="2")))


# --- What is not believed ------------------------------------------------------------------------------------------


def _other_body(_request: SignedRequest, answer: SignedAnswer) -> SignedAnswer:
    return replace(answer, body=answer.body.replace(b'"candidates":[', b'"candidates": ['))


def _other_status(_request: SignedRequest, answer: SignedAnswer) -> SignedAnswer:
    return replace(answer, status=201)


def _other_signer(request: SignedRequest, answer: SignedAnswer) -> SignedAnswer:
    return Signer.of_seed(bytes(32)).answer(answer.status, answer.body, request.nonce, answer.time)


def _other_key_id(request: SignedRequest, answer: SignedAnswer) -> SignedAnswer:
    return replace(_other_signer(request, answer), key_id=answer.key_id)


@pytest.mark.parametrize("twist", [_other_body, _other_status, _other_signer, _other_key_id])
def test_answer_that_is_not_proven_is_not_believed(client, between, twist):
    client.centre()
    between.twist = lambda request, answer: twist(request, answer) if request.path == LOOKUPS else answer
    assert "not signed by the registry" in silent(client.look_up(QUERY))


def test_answer_to_an_earlier_request_is_not_believed(client, between):
    answers: list[SignedAnswer] = []
    between.twist = lambda _request, answer: answers.append(answer) or answer
    client.look_up(QUERY)
    between.twist = lambda _request, _answer: answers[-1]
    assert "not signed by the registry" in silent(client.look_up(QUERY))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_answer_of_another_time_is_not_believed(make, ready, seconds):
    shifted = make(clock=lambda: datetime.fromtimestamp(ready.clock().timestamp() + seconds, UTC))
    assert "set the clock" in silent(shifted.look_up(QUERY))


def test_clock_that_is_a_little_off_is_no_matter(make, ready):
    shifted = make(clock=lambda: datetime.fromtimestamp(ready.clock().timestamp() + 299, UTC))
    assert shifted.look_up(QUERY).state is ScreeningState.SCREENED


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.clear(),
        lambda body: body.update(epoch=7),
        lambda body: body.update(live=[2]),
        lambda body: body.update(hot=[2]),
        lambda body: body.update(hot=[-1]),
        lambda body: body.update(hot=[0, 0]),
        lambda body: body.update(as_of="2026-11-02T01:15:00"),
        lambda body: body.update(expires_at="2026-11-01T01:15:00Z"),
        lambda body: body["candidates"][0].update(shared=[0, 2]),
        lambda body: body["candidates"][0].update(shared=[-1]),
        lambda body: body["candidates"][0].update(shared=[0, 0]),
        lambda body: body["candidates"][0].update(shared=[]),
        lambda body: body["candidates"][0].update(handle=""),
        lambda body: body["candidates"][0].update(handle="x" * 201),
        lambda body: body["candidates"][0].update(reporters=0),
        lambda body: body["candidates"][0].update(category="vip"),
        lambda body: body["candidates"][0].pop("opened"),
        lambda body: body["watch"][0].update(values=[]),
        lambda body: body["watch"][0]["values"].__setitem__(0, "AAAA"),
    ],
)
def test_answer_that_does_not_fit_the_question_is_not_believed(client, between, change):
    between.signed(change)
    assert "cannot be read" in silent(client.look_up(QUERY))


def test_keys_that_answers_are_signed_under_may_change_while_we_run(client, ready):
    client.look_up(QUERY)
    ready.answer_keys.rotate()
    ready.pass_time(7_200)
    assert client.look_up(QUERY).state is ScreeningState.SCREENED


# --- Refusals and outages ------------------------------------------------------------------------------------------


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
