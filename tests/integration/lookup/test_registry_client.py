"""The client against the real registry, in process and over HTTP: what is asked, answered and believed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shopguard.identity import PROFILE, Token, Type
from shopguard.model import Category, OrderRef, ScreeningState
from shopguard.registry.client import NoAnswer
from shopguard.registry.epochs import EpochState
from shopguard.registry.messages import LOOKUPS
from shopguard.registry.signing import SignedAnswer, SignedRequest, Signer
from tests.integration.lookup.conftest import MAIL, MEMBER, PHONE, QUERY, silent

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
