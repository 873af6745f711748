"""An entry that is listed after an order was judged: found out by comparing, asked about again, told to a person."""

from base64 import b64encode
from dataclasses import replace

import pytest
import sqlalchemy as sa
import structlog

from shopguard.config import Mode, RetentionSettings
from shopguard.guard.retention import Retention
from shopguard.guard.screening import buyer_key
from shopguard.guard.watch import WatchStore
from shopguard.identity import identify
from shopguard.model import PrivacyKind, PrivacyRequest, Stage
from shopguard.registry.protocol import Answer, Query
from shopguard.storage.tables import watch
from shopguard.testing.registry import FakeRegistry
from tests.integration.guard.listings import (
    A_DAY,
    ALL_OF_CLEAN,
    PHONE_OF_CLEAN,
    STRANGER,
    asked,
    list_later,
    look,
)


def count(house, table: sa.Table) -> int:
    with house.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_open_order_is_held_when_its_buyer_is_listed(either_house, clean):
    house = either_house
    house.take(clean)
    assert house.done() == []
    list_later(house, ALL_OF_CLEAN)
    assert (house.done(), house.review_state()) == (["hold"], "open")
    assert house.reasons() == {"strong_match", "listed_later"}
    house.settle()
    assert house.done() == ["hold"]


def test_open_order_is_flagged_as_policy_says(house, clean):
    house.take(clean)
    list_later(house, PHONE_OF_CLEAN)
    assert (house.done(), house.review_state()) == (["flag"], "open")


def test_shipped_order_alerts_a_person_and_is_not_held(house, clean):
    house.take(clean, replace(clean, stage=Stage.SHIPPED))
    assert house.review() is None
    list_later(house, ALL_OF_CLEAN)
    assert (house.done(), house.platform.held) == (["flag"], set())
    assert [waiting.ref for waiting in house.reviews.waiting()] == [clean.ref]
    assert {"listed_later", "already_shipped"} <= house.reasons()


def test_alert_is_logged_without_personal_data(house, clean):
    house.take(clean, replace(clean, stage=Stage.SHIPPED))
    with structlog.testing.capture_logs() as log:
        list_later(house, ALL_OF_CLEAN)
    (line,) = (entry for entry in log if entry["event"] == "listed_later")
    assert line == {
        "event": "listed_later",
        "log_level": "warning",
        "shop": clean.shop,
        "order": clean.id,
        "stage": "shipped",
        "verdict": "hold",
    }


def test_shop_that_observes_gets_the_alert_and_nothing_is_written(build, clean):
    house = build(mode=Mode.OBSERVE)
    house.take(clean)
    list_later(house, ALL_OF_CLEAN)
    assert (house.done(), house.review_state()) == ([], "open")
    assert {"listed_later", "observing"} <= house.reasons()


def test_nothing_is_sent_about_orders_that_the_entry_does_not_concern(house, clean, bad):
    house.take(clean, replace(bad, id="2"))
    before = asked(house)
    list_later(house, ALL_OF_CLEAN)
    assert asked(house) - before == {"1": 1}


def test_the_very_batch_is_asked_again(house, clean):
    house.take(clean)
    list_later(house, ALL_OF_CLEAN)
    first, again = house.registry.queries
    assert again == first


def test_entry_that_concerns_nobody_changes_nothing(house, clean):
    house.take(clean)
    list_later(house, STRANGER)
    assert (asked(house), house.done(), house.review()) == ({"1": 1}, [], None)


def test_recipient_is_watched_too(house, bad, clean):
    house.registry.entries.clear()
    house.take(replace(bad, recipients=(clean.buyer,)))
    list_later(house, ALL_OF_CLEAN)
    assert house.done() == ["hold"]


def test_another_entry_against_an_order_that_waits_is_shown_and_nothing_is_done_twice(house, bad):
    house.take(bad)
    opened_at = house.review().opened_at
    list_later(house, replace(house.registry.entries[0], id="E-2"))
    assert (house.done(), house.review().opened_at) == (["hold"], opened_at)
    assert {match.entry for match in house.verdict().matches} == {"E-1", "E-2"}


def test_order_that_a_person_kept_stays_as_it_is(house, possible):
    house.take(possible)
    house.reviews.keep(possible.ref, "operator")
    list_later(house, replace(house.registry.entries[0], id="E-2"))
    assert (house.done(), house.review_state()) == (["flag"], "kept")


def test_order_released_from_an_entry_is_left_alone_when_that_is_listed_once_more(house, bad):
    house.take(bad)
    house.release()
    house.work()
    first = house.registry.entries.pop()
    list_later(house, first)
    assert asked(house)["1"] == 2
    assert (house.done(), house.review_state()) == (["hold", "release"], "released")


def test_order_released_from_one_entry_is_held_for_another(house, bad):
    house.take(bad)
    house.release()
    house.work()
    list_later(house, replace(house.registry.entries[0], id="E-2"))
    assert (house.done(), house.review_state()) == (["hold", "release", "hold"], "open")


def test_entry_of_a_person_found_to_be_another_is_passed_over(house, clean):
    house.take(clean)
    list_later(house, ALL_OF_CLEAN)
    match = house.verdict().matches[0]
    house.release(not_same_person=[(buyer_key(identify(clean.buyer), house.keyring), match.entry)])
    house.work()
    house.registry.entries.pop()
    list_later(house, ALL_OF_CLEAN)
    assert (house.done(), house.review_state()) == (["hold", "release"], "released")


def test_order_edited_there_and_back_is_asked_about_in_the_form_it_came_back_to(house, bad, clean):
    house.registry.entries.clear()
    house.take(clean, bad)
    list_later(house, ALL_OF_CLEAN)
    assert house.done() == []
    house.take(clean)
    house.pass_by(1)
    assert house.done() == ["hold"]


def test_order_that_came_back_is_asked_about_once(house, bad, clean):
    house.registry.entries.clear()
    house.take(clean, bad)
    list_later(house, PHONE_OF_CLEAN)
    before = asked(house)
    house.take(clean)
    house.pass_by(1)
    house.take(clean)
    house.pass_by(1)
    assert asked(house) - before == {"1": 1}


def test_closed_order_is_neither_asked_about_nor_watched(house, clean):
    house.take(clean, replace(clean, stage=Stage.CLOSED))
    assert count(house, watch) == 0
    list_later(house, ALL_OF_CLEAN)
    assert (asked(house), house.done()) == ({"1": 1}, [])


def test_order_is_watched_for_as_long_as_the_settings_say(house, clean):
    house.take(clean, replace(clean, id="2"))
    house.pass_by(14 * A_DAY - 600)
    house.registry.list_later(PHONE_OF_CLEAN)
    look(house)
    assert house.done() == ["flag"]  # judged again: watched anew
    house.pass_by(700)
    before = asked(house)
    list_later(house, replace(ALL_OF_CLEAN, id="E-3"))
    assert (asked(house) - before)["1"] == 1


def test_order_judged_too_long_ago_is_not_watched_any_more(house, clean):
    house.take(clean)
    house.clock.pass_by(14 * A_DAY + 1)
    assert (count(house, watch), house.watch.all_forms()) == (1, [])
    list_later(house, ALL_OF_CLEAN)
    assert asked(house) == {"1": 1}


def test_nothing_is_kept_where_nothing_shall_be_watched(house, clean):
    house.watch = WatchStore(house.engine, house.writer, house.keyring, "fake", days=0, clock=house.now)
    house.take(clean)
    assert count(house, watch) == 0


def test_allow_listed_buyer_is_not_watched(build, clean):
    house = build(allow_list=(clean.buyer,))
    house.take(clean)
    assert count(house, watch) == 0


class Hot(FakeRegistry):
    """Finds too many entries behind every token of an order."""

    def look_up(self, query: Query) -> Answer:
        return replace(super().look_up(query), hot=tuple(range(len(query.tokens))))


def test_token_that_too_many_entries_share_is_not_watched(house, clean):
    house.screener._registry = Hot()
    house.take(clean)
    assert count(house, watch) == 0


# --- What is kept -----------------------------------------------------------------------------------------------


def test_what_is_watched_stands_nowhere_in_clear(house, clean):
    house.take(clean)
    pieces = {piece for values in house.registry.look_up(house.registry.queries[0]).watch for piece in values.values}
    with house.engine.connect() as connection:
        (sealed,) = connection.execute(sa.select(watch.c.sealed)).scalars()
    opened = house.keyring.open(sealed)
    assert len(pieces) > 1
    assert b64encode(b"".join(sorted(pieces))) in opened
    assert not any(piece in sealed for piece in pieces)


def purge(house) -> None:
    Retention(house.engine, house.writer, RetentionSettings(orders_days=3), house.now).purge()


def test_retention_forgets_what_is_watched_no_more(house, clean):
    house.take(clean)
    purge(house)
    assert count(house, watch) == 1
    house.clock.pass_by(14 * A_DAY + 1)
    with house.engine.begin() as connection:  # still there, whatever its age
        connection.execute(sa.text("UPDATE orders SET updated_at = :now"), {"now": house.now()})
    purge(house)
    assert count(house, watch) == 0


def test_retention_forgets_what_is_watched_of_an_order_that_it_empties(house, clean):
    house.take(clean)
    house.clock.pass_by(4 * A_DAY)
    purge(house)
    assert count(house, watch) == 0


@pytest.mark.parametrize(
    ("kind", "named"), [(PrivacyKind.ERASE_PERSON, ("1",)), (PrivacyKind.ERASE_SHOP, ())], ids=["person", "shop"]
)
def test_erasure_forgets_what_is_watched(house, clean, kind, named):
    house.take(clean)
    house.privacy.handle(PrivacyRequest(clean.shop, kind, "9", order_ids=named))
    assert count(house, watch) == 0
    list_later(house, ALL_OF_CLEAN)
    assert (asked(house), house.done()) == ({"1": 1}, [])
