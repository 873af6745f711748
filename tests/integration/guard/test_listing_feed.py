"""The feed of what is listed: read once whatever happens, and no order falls between asking and storing."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
import structlog

from shopguard.guard.watch import _BEGIN_ROUND, Form
from shopguard.registry.protocol import Answer, Query
from shopguard.storage.tables import listing_cursor, screening
from shopguard.testing.registry import FakeRegistry
from tests.integration.guard.listings import (
    A_DAY,
    A_MINUTE,
    ALL_OF_CLEAN,
    PHONE_OF_CLEAN,
    STRANGER,
    another_watch,
    asked,
    list_later,
    look,
)

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
    house.listings.look()  # read and marked, not asked about yet
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


def test_of_two_workers_that_read_the_same_one_marks_the_orders(either_house, clean):
    house = either_house
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


def test_entry_listed_and_compared_before_the_judgement_was_stored_is_not_missed(either_house, clean):
    house = either_house

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


def test_entry_listed_before_the_very_first_reading_is_not_missed(either_house, clean):
    """It begins at the end of what is listed: an order asked about before and stored after would fall between."""
    house = either_house
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


def test_order_judged_while_no_listings_could_be_read_is_asked_about_when_they_can(either_house, clean, monkeypatch):
    house = either_house
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
