"""How described calls are made: credentials, keys, and a second attempt at a cart that remembers nothing."""

from dataclasses import replace

import pytest
import responses
from structlog.testing import capture_logs

from adapters.generic import GenericAdapter, GenericSettings
from adapters.generic.settings import (
    ActionSettings,
    AlreadySettings,
    ApiSettings,
    BasicSettings,
    CallSettings,
    CancelSettings,
    FeedSettings,
    FlagSettings,
    HoldSettings,
    ReadSettings,
    ReleaseSettings,
)
from shopguard.adapter import AdapterContext, Secret
from shopguard.errors import OrderGone, PlatformRefused, TemporaryFailure
from shopguard.model import OrderRef
from shopguard.testing import FixedClock
from shopguard.testing.write_back import MARK

URL = "https://cart.example.com"
REF = OrderRef("my-cart", "7")
AGAIN = replace(MARK, attempt=2)
NOTE = CallSettings("/o/{order_id}/notes", json={"text": "{note}"})
SEEN = replace(NOTE, already=AlreadySettings("{note}", read="/o/{order_id}/notes"))
HELD = CallSettings("/o/{order_id}", "PUT", json={"status": "held", "tags": ["{key}", 1, None, True]})
OPEN = CallSettings("/o/{order_id}", "PUT", json={"status": "open"})


def cart(actions: ActionSettings, **more: object) -> GenericAdapter:
    api = ApiSettings(URL, **{"idempotency_header": "Idempotency-Key", **more})
    settings = GenericSettings(feed=FeedSettings("/o", {"since": "{since}"}), api=api, actions=actions)
    return GenericAdapter(settings, AdapterContext("my-cart", FixedClock()))


@pytest.fixture
def platform():
    with responses.RequestsMock() as mock:
        yield mock


def holding(platform: responses.RequestsMock, status: str) -> GenericAdapter:
    platform.get(f"{URL}/o/7", json={"status": status})
    return cart(
        ActionSettings(
            read=ReadSettings("/o/{order_id}", "status"),
            hold=HoldSettings((HELD, SEEN), "held", ("open",)),
            release=ReleaseSettings((OPEN,)),
        )
    )


def methods(platform: responses.RequestsMock) -> list[str]:
    return [call.request.method for call in platform.calls]


def test_each_call_of_an_effect_has_a_key_of_its_own_equal_for_every_attempt(
    platform: responses.RequestsMock,
) -> None:
    platform.post(f"{URL}/o/7/notes", json={})
    adapter = cart(ActionSettings(flag=FlagSettings((NOTE, NOTE))))
    adapter.flag(REF, MARK)
    adapter.flag(REF, AGAIN)
    keys = [call.request.headers["Idempotency-Key"] for call in platform.calls]
    assert keys[:2] == keys[2:]
    assert len(set(keys)) == 2


def test_first_attempt_does_not_look_before_it_writes(platform: responses.RequestsMock) -> None:
    platform.post(f"{URL}/o/7/notes", json={})
    cart(ActionSettings(flag=FlagSettings((SEEN,)))).flag(REF, MARK)
    assert methods(platform) == ["POST"]


@pytest.mark.parametrize(("notes", "expected"), [([], ["GET", "POST"]), ([{"text": MARK.text}], ["GET"])])
def test_second_attempt_writes_only_what_is_missing(
    notes: list[dict[str, str]], expected: list[str], platform: responses.RequestsMock
) -> None:
    platform.get(f"{URL}/o/7/notes", json=notes)
    if not notes:
        platform.post(f"{URL}/o/7/notes", json={})
    cart(ActionSettings(flag=FlagSettings((SEEN,)))).flag(REF, AGAIN)
    assert methods(platform) == expected


def test_values_fill_texts_and_leave_other_types_alone(platform: responses.RequestsMock) -> None:
    wanted = {"status": "held", "tags": [MARK.key, 1, None, True]}
    platform.put(f"{URL}/o/7", json={}, match=[responses.matchers.json_params_matcher(wanted)])
    platform.post(f"{URL}/o/7/notes", json={})
    assert holding(platform, "open").hold(REF, MARK) == {"status": "open"}


def test_second_attempt_knows_the_only_status_it_can_have_been(platform: responses.RequestsMock) -> None:
    platform.put(f"{URL}/o/7", json={})
    platform.get(f"{URL}/o/7/notes", json=[{"text": MARK.text}])
    assert holding(platform, "held").hold(REF, AGAIN) == {"status": "open"}


def test_hold_that_stood_before_the_first_attempt_is_the_shops(platform: responses.RequestsMock) -> None:
    platform.post(f"{URL}/o/7/notes", json={})
    assert holding(platform, "held").hold(REF, MARK) == {"status": "held"}


def releasable(hold: tuple[CallSettings, ...] = (HELD,)) -> GenericAdapter:
    return cart(
        ActionSettings(
            read=ReadSettings("/o/{order_id}", "status"),
            hold=HoldSettings(hold, "held", ("open",)),
            release=ReleaseSettings((NOTE, OPEN)),
        )
    )


@pytest.mark.parametrize("undo", [{"status": "held"}, {"status": "gone"}])
def test_undo_that_names_no_status_of_ours_releases_nothing(
    undo: dict[str, object], platform: responses.RequestsMock
) -> None:
    platform.get(f"{URL}/o/7", json={"status": "held"})
    releasable().release(REF, undo, MARK)
    assert methods(platform) == ["GET"]


def test_hold_whose_answer_was_lost_is_released_to_the_only_status_it_can_have_had(
    platform: responses.RequestsMock,
) -> None:
    platform.get(f"{URL}/o/7", json={"status": "held"})
    platform.put(f"{URL}/o/7", json={}, match=[responses.matchers.json_params_matcher({"status": "open"})])
    releasable().release(REF, {}, replace(MARK, text=""))
    assert methods(platform) == ["GET", "PUT"]


def test_hold_of_which_neither_core_nor_cart_knows_anything_is_the_shops(platform: responses.RequestsMock) -> None:
    platform.get(f"{URL}/o/7", json={"status": "held", "was": ""})
    back = CallSettings("/o/{order_id}", "PUT", json={"status": "{previous_status}"})
    held = CallSettings("/o/{order_id}", "PUT", json={"status": "held", "was": "{previous_status}"})
    actions = ActionSettings(
        read=ReadSettings("/o/{order_id}", "status", "was"),
        hold=HoldSettings((held,), "held", ("open", "paid")),
        release=ReleaseSettings((back,)),
    )
    cart(actions).release(REF, {}, MARK)
    assert methods(platform) == ["GET"]


def test_release_without_undo_leaves_an_order_that_is_not_held(platform: responses.RequestsMock) -> None:
    platform.get(f"{URL}/o/7", json={"status": "sent"})
    releasable().release(REF, {}, MARK)
    assert methods(platform) == ["GET"]


# --- a later call that is refused ---


def standing(platform: responses.RequestsMock, *statuses: str) -> None:
    """Answer reads of the order with ``statuses``, one after the other."""
    for status in statuses:
        platform.get(f"{URL}/o/7", json={"status": status})


@pytest.mark.parametrize("calls", [(HELD, NOTE), (NOTE, HELD)], ids=["note last", "note first"])
def test_hold_stands_although_its_note_is_refused(
    calls: tuple[CallSettings, ...], platform: responses.RequestsMock
) -> None:
    standing(platform, "open", "held")
    platform.put(f"{URL}/o/7", json={})
    platform.post(f"{URL}/o/7/notes", status=403)
    with capture_logs() as logged:
        assert releasable(hold=calls).hold(REF, MARK) == {"status": "open"}
    (line,) = logged
    assert (line["log_level"], line["shop"], line["order"]) == ("warning", "my-cart", "7")


def test_hold_of_the_shop_itself_stands_although_our_note_is_refused(platform: responses.RequestsMock) -> None:
    standing(platform, "held")
    platform.post(f"{URL}/o/7/notes", status=403)
    assert releasable(hold=(HELD, NOTE)).hold(REF, MARK) == {"status": "held"}


def test_refused_status_is_a_refused_hold_and_no_note_is_written(platform: responses.RequestsMock) -> None:
    standing(platform, "open")
    platform.put(f"{URL}/o/7", status=403)
    with pytest.raises(PlatformRefused):
        releasable(hold=(HELD, NOTE)).hold(REF, MARK)
    assert methods(platform) == ["GET", "PUT", "GET"]


def test_note_that_fails_for_a_while_is_tried_again(platform: responses.RequestsMock) -> None:
    standing(platform, "open")
    platform.put(f"{URL}/o/7", json={})
    platform.post(f"{URL}/o/7/notes", status=503)
    with pytest.raises(TemporaryFailure):
        releasable(hold=(HELD, NOTE)).hold(REF, MARK)


def test_address_of_notes_that_is_not_there_does_not_make_an_order_gone(platform: responses.RequestsMock) -> None:
    standing(platform, "open", "held")
    platform.put(f"{URL}/o/7", json={})
    platform.post(f"{URL}/o/7/notes", status=404)
    assert releasable(hold=(HELD, NOTE)).hold(REF, MARK) == {"status": "open"}


def test_order_that_vanishes_before_its_note_is_gone(platform: responses.RequestsMock) -> None:
    standing(platform, "open")
    platform.get(f"{URL}/o/7", status=404)
    platform.put(f"{URL}/o/7", json={})
    platform.post(f"{URL}/o/7/notes", status=404)
    with pytest.raises(OrderGone):
        releasable(hold=(HELD, NOTE)).hold(REF, MARK)


def test_refused_note_does_not_keep_an_order_held(platform: responses.RequestsMock) -> None:
    standing(platform, "held", "open")
    platform.post(f"{URL}/o/7/notes", status=403)
    platform.put(f"{URL}/o/7", json={})
    releasable().release(REF, {"status": "open"}, MARK)
    assert methods(platform) == ["GET", "POST", "PUT", "GET"]


def test_refused_release_is_told(platform: responses.RequestsMock) -> None:
    standing(platform, "held")
    platform.post(f"{URL}/o/7/notes", json={})
    platform.put(f"{URL}/o/7", status=403)
    with pytest.raises(PlatformRefused):
        releasable().release(REF, {"status": "open"}, MARK)


def test_answer_without_a_status_is_refused(platform: responses.RequestsMock) -> None:
    platform.get(f"{URL}/o/7", json={"state": "open"})
    adapter = cart(
        ActionSettings(read=ReadSettings("/o/{order_id}", "status"), hold=HoldSettings((HELD,), "held", ("open",)))
    )
    with pytest.raises(PlatformRefused, match="no status"):
        adapter.hold(REF, MARK)


def test_credentials_go_into_headers(platform: responses.RequestsMock) -> None:
    cancel = ActionSettings(cancel=CancelSettings((CallSettings("/o/{order_id}", "DELETE"),)))
    platform.delete(f"{URL}/o/7", status=204)
    cart(cancel, headers={"X-Shop": "1"}, secret_headers={"X-Key": Secret("hush")}).cancel(REF, MARK)
    cart(cancel, basic=BasicSettings("user", Secret("word"))).cancel(REF, MARK)
    cart(cancel, bearer=Secret("hush")).cancel(REF, MARK)
    first, second, third = (call.request.headers for call in platform.calls)
    assert (first["X-Shop"], first["X-Key"]) == ("1", "hush")
    assert second["Authorization"] == "Basic dXNlcjp3b3Jk"
    assert third["Authorization"] == "Bearer hush"


def test_feed_may_want_unix_time_and_one_page(platform: responses.RequestsMock) -> None:
    query = [responses.matchers.query_param_matcher({"after": "1793582100"})]
    platform.get(f"{URL}/o", json=[{"id": 1}, {"id": 2}], match=query)
    feed = FeedSettings("/o", {"after": "{since}"}, since_format="unix")
    adapter = GenericAdapter(
        GenericSettings(feed=feed, api=ApiSettings(URL)), AdapterContext("my-cart", FixedClock())
    )
    assert [order.id for order in adapter.orders_since(FixedClock().now)] == ["1", "2"]


def test_feed_ends_when_a_cart_repeats_its_last_page(platform: responses.RequestsMock) -> None:
    platform.get(f"{URL}/o", json=[{"id": 1}])
    feed = FeedSettings("/o", {"after": "{since}"}, page_param="page")
    adapter = GenericAdapter(
        GenericSettings(feed=feed, api=ApiSettings(URL)), AdapterContext("my-cart", FixedClock())
    )
    assert [order.id for order in adapter.orders_since(FixedClock().now)] == ["1"]
    assert len(platform.calls) == 2
