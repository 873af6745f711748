"""An entry that is listed after an order was judged: found out by comparing, asked about again, told to a person."""

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
import structlog

from shopguard.config import Mode, RetentionSettings
from shopguard.guard.later_listing import LaterListings
from shopguard.guard.retention import Retention
from shopguard.guard.screening import buyer_key
from shopguard.guard.watch import _BEGIN_ROUND, Form, WatchStore
from shopguard.identity import identify
from shopguard.model import Category, Entry, Party, PrivacyKind, PrivacyRequest, Stage
from shopguard.registry.index import Index
from shopguard.registry.protocol import Answer, Query
from shopguard.registry.stores import migrate_store, open_store
from shopguard.storage.tables import listing_cursor, screening, watch
from shopguard.testing.registry import FakeRegistry

A_MINUTE, A_DAY = 61.0, 86_400.0
ALL_OF_CLEAN = Entry(
    "E-2",
    Category.UNPAID,
    Party(name="佐藤 次郎", region="北海道", city="札幌市", lines=("北一条1-2-3",), phones=("090-0000-2222",)),
    2,
    date(2026, 10, 1),
    date(2026, 10, 2),
)
PHONE_OF_CLEAN = replace(ALL_OF_CLEAN, party=Party(name="高橋 三郎", phones=("090-0000-2222",)))
STRANGER = replace(ALL_OF_CLEAN, id="E-9", party=Party(name="田中 四郎", phones=("090-0000-9999",)))


@pytest.fixture
def make(engine, keyring, house_class) -> Iterator[Callable[..., object]]:
    """Makes a house on each of the two databases."""
    houses = []

    def build(**more):
        houses.append(house_class(engine, keyring, **more))
        return houses[-1]

    yield build
    for house in houses:
        house.writer.close()


def list_later(house, *entries: Entry) -> None:
    house.registry.list_later(*entries)
    look(house)


def look(house) -> None:
    """Let the worker read what was listed, and ask about what that concerns."""
    house.pass_by(A_MINUTE)
    house.pass_by(A_MINUTE)


def asked(house) -> Counter[str]:
    """How often the registry was asked about each order."""
    return Counter(query.order.order_id for query in house.registry.queries)


def count(house, table: sa.Table) -> int:
    with house.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def another_watch(house, registry: str = "another") -> LaterListings:
    """Let the house begin with a registry whose listings nobody has read yet."""
    house.watch = WatchStore(house.engine, house.writer, house.keyring, registry, days=14, clock=house.now)
    house.listings = LaterListings(house.registry, house.watch, every_s=60, clock=house.now)
    return house.listings


def test_open_order_is_held_when_its_buyer_is_listed(make, clean):
    house = make()
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


# --- The feed: read once, whatever happens ----------------------------------------------------------------------


def test_what_was_listed_before_the_first_time_is_not_read(house, clean):
    house.registry.list_later(ALL_OF_CLEAN)
    house.registry.entries.pop()
    another_watch(house)
    house.take(clean)
    look(house)
    house.registry.entries.append(ALL_OF_CLEAN)
    look(house)
    assert house.watch.position() == 2
    assert house.done() == []


def test_feed_is_read_once_in_a_while(house, monkeypatch):
    read = []
    monkeypatch.setattr(
        house.registry, "additions", lambda after: read.append(after) or FakeRegistry().additions(after)
    )
    for _ in range(12):
        house.pass_by(10)
    assert len(read) == 2


def test_everything_listed_since_is_read_in_one_go(house, clean):
    house.take(clean)
    house.registry.list_later(*(replace(STRANGER, id=f"E-{n}") for n in range(20, 30)), ALL_OF_CLEAN)
    house.listings.look()
    assert house.watch.position() == len(house.registry.listed)
    house.pass_by(1)
    assert house.done() == ["hold"]


def test_much_that_was_listed_is_read_piece_by_piece(house, clean, monkeypatch):
    monkeypatch.setattr("shopguard.guard.later_listing._AT_ONCE", 1)
    house.take(clean)
    house.registry.list_later(STRANGER, ALL_OF_CLEAN)
    house.pass_by(A_MINUTE)
    assert house.watch.position() == 2
    house.pass_by(1)  # there was more: it does not wait for another minute
    assert house.watch.position() == 3
    house.pass_by(1)
    assert house.done() == ["hold"]


def test_registry_that_is_away_is_read_later(house, clean):
    house.take(clean)
    house.registry.failing = True
    with structlog.testing.capture_logs() as log:
        list_later(house, ALL_OF_CLEAN)
    assert {entry["event"] for entry in log} == {"listings_unread"}
    assert house.watch.position() == 1
    house.registry.failing = False
    look(house)
    assert house.done() == ["hold"]


def test_silence_or_a_copy_of_an_old_answer_leaves_the_judgement_and_is_asked_again(house, clean):
    house.take(clean)
    house.registry.list_later(ALL_OF_CLEAN)
    house.pass_by(A_MINUTE)  # read and marked
    house.registry.failing = True
    house.pass_by(1)
    house.registry.copies = []
    house.pass_by(A_DAY)
    assert (house.verdict().state, house.done(), house.review()) == ("screened", [], None)
    house.registry.failing = False
    house.pass_by(600)
    assert house.done() == ["hold"]


def test_worker_killed_after_reading_asks_when_it_is_back(house, clean):
    house.take(clean)
    house.registry.list_later(ALL_OF_CLEAN)
    house.listings.look()  # and no more
    house.pass_by(1)
    assert (asked(house), house.done()) == ({"1": 2}, ["hold"])


def test_worker_killed_before_the_cursor_moved_reads_once_more(house, clean, monkeypatch):
    house.take(clean)
    house.registry.list_later(ALL_OF_CLEAN)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(house.watch, "move", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        house.listings.look()
    assert (house.watch.position(), house.next_due()) == (1, None)
    look(house)
    assert (asked(house), house.done()) == ({"1": 2}, ["hold"])


def test_of_two_workers_that_read_the_same_one_marks_the_orders(make, clean):
    house = make()
    house.take(clean)
    slow, quick = another_watch(house, "fake"), another_watch(house, "fake")
    house.registry.list_later(ALL_OF_CLEAN)
    concerned = slow._watch.concerned
    slow._watch.concerned = lambda added: quick.look() and concerned(added)
    assert slow.look() == 0
    house.pass_by(1)
    assert (asked(house), house.done()) == ({"1": 2}, ["hold"])
    assert house.watch.move(1, 5, house.watch.all_forms()) is False
    with house.engine.connect() as connection:
        assert connection.execute(sa.select(screening.c.ask_again_at)).scalar_one() is None


def test_order_that_is_being_asked_about_is_not_given_to_a_second_worker(house, clean):
    house.take(clean)
    house.registry.list_later(PHONE_OF_CLEAN)
    house.listings.look()
    (claimed,) = house.store.claim_to_ask(house.now(), house.now() + 60, 5)
    house.registry.list_later(replace(PHONE_OF_CLEAN, id="E-3"))
    house.listings.look()
    assert house.store.claim_to_ask(house.now(), house.now() + 60, 5) == []
    house.pipeline().ask_again(claimed)
    house.settle()
    assert {match.entry for match in house.verdict().matches} == {"E-2", "E-3"}


def test_addition_that_is_not_told_moves_the_cursor_and_concerns_nobody(house, clean):
    house.take(clean)
    house.registry.listed.append(())  # of an epoch that is not served
    look(house)
    assert (house.watch.position(), asked(house)) == (2, {"1": 1})


def test_addition_read_twice_asks_once_more_and_changes_nothing(house, clean):
    house.take(clean)
    list_later(house, ALL_OF_CLEAN)
    with house.engine.begin() as connection:  # as after a restored copy of the guard's database
        connection.execute(sa.update(listing_cursor).values(position=1))
    look(house)
    assert asked(house) == {"1": 3}
    assert (house.done(), house.review().generation) == (["hold"], 2)


def test_registry_that_was_restored_to_an_earlier_state_is_read_from_its_beginning(house, clean):
    house.registry.list_later(STRANGER, replace(STRANGER, id="E-8"))
    look(house)
    assert house.watch.position() == 3
    house.take(clean)
    del house.registry.listed[1:], house.registry.entries[1:]
    house.registry.list_later(ALL_OF_CLEAN)
    look(house)
    house.pass_by(1)
    assert (house.watch.position(), house.done()) == (2, ["hold"])


def test_index_tells_whoever_is_ahead_of_it_where_it_ends(tmp_path):
    engine = open_store("index", tmp_path)
    migrate_store(engine, "index")
    index = Index(engine)
    assert index.additions(10**18 - 1, 1_000).next == 0
    with engine.begin() as connection:
        row = {"now": 0.0, "pieces": b"sixsix"}
        connection.execute(sa.text("INSERT INTO addition (added_at, epoch, pieces) VALUES (:now, 1, :pieces)"), row)
    assert index.additions(10**18 - 1, 1_000).next == 1
    index.close()
    engine.dispose()


# --- Between asking and storing ---------------------------------------------------------------------------------


class Meanwhile(FakeRegistry):
    """Answers, and before the guard has stored its first judgement does what may happen then."""

    def __init__(self, before: FakeRegistry, then: Callable[[], object]) -> None:
        super().__init__()
        self._before, self._then = before, [then]

    def look_up(self, query: Query) -> Answer:
        answer = self._before.look_up(query)
        if self._then:
            self._then.pop()()
        return answer


def meanwhile(house, then: Callable[[], object]) -> None:
    house.screener._registry = Meanwhile(house.registry, then)


def test_entry_listed_and_compared_before_the_judgement_was_stored_is_not_missed(make, clean):
    house = make()

    def then():
        house.registry.list_later(ALL_OF_CLEAN)
        assert house.listings.look() == 0  # nothing is watched yet

    meanwhile(house, then)
    house.take(clean)
    assert (house.done(), house.watch.position()) == ([], 2)
    house.pass_by(1)
    assert house.done() == ["hold"]
    house.settle()
    assert asked(house) == {"1": 2}


def test_entry_listed_before_the_very_first_reading_is_not_missed(make, clean):
    """It begins at the end of what is listed: an order asked about before and stored after would fall between."""
    house = make()
    listings = another_watch(house)

    def then():
        house.registry.list_later(ALL_OF_CLEAN)
        listings.look()

    meanwhile(house, then)
    house.send(clean)
    house.pipeline().handle(house.platform.parse(house.platform.delivery(clean))[0])
    assert house.done() == []
    house.pass_by(1)
    assert house.done() == ["hold"]


def test_order_judged_while_no_listings_could_be_read_is_asked_about_when_they_can(make, clean, monkeypatch):
    house = make()
    listings = another_watch(house)
    with monkeypatch.context() as away:
        away.setattr(listings, "_feed", FakeRegistry(failing=True))
        house.take(clean)
        house.registry.list_later(ALL_OF_CLEAN)
        house.pass_by(A_MINUTE)
        assert (house.done(), house.watch.position()) == ([], None)
    look(house)
    assert (house.watch.position(), house.done()) == (2, ["hold"])


@pytest.mark.parametrize("known", [True, False], ids=["known registry", "new registry"])
def test_comparison_waits_for_a_judgement_that_is_being_stored(postgres_engine, keyring, house_class, clean, known):
    house = house_class(postgres_engine, keyring)
    if not known:
        another_watch(house)
    keep = house.watch.keep(Form(clean.ref, "d" * 64), {1: [b"sixsix"]}, house.watch.rounds())
    with postgres_engine.begin() as storing, postgres_engine.connect() as comparing:
        keep(storing)
        comparing.exec_driver_sql("SET lock_timeout = '50ms'")
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            comparing.execute(_BEGIN_ROUND, {"which_registry": "fake" if known else "another"})
    house.writer.close()


def test_entry_found_by_another_epoch_than_the_order_was_judged_under_is_not_missed(house, clean):
    house.take(clean)
    house.registry.epochs = (2,)
    list_later(house, STRANGER)  # it cannot be told whether this one concerns the order
    assert asked(house) == {"1": 2}
    list_later(house, replace(STRANGER, id="E-8"))
    assert asked(house) == {"1": 2}
    list_later(house, ALL_OF_CLEAN)
    assert house.done() == ["hold"]


def test_order_judged_while_two_epochs_are_served_is_found_by_either(house, clean):
    house.registry.epochs = (1, 2)
    house.take(clean)
    house.registry.epochs = (2, 3)
    list_later(house, STRANGER)
    assert asked(house) == {"1": 1}
    list_later(house, ALL_OF_CLEAN)
    assert house.done() == ["hold"]


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
