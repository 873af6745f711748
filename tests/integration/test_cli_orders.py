"""Looking at deliveries and deciding about orders, from the command line."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from shopguard.cli.running import operator
from shopguard.errors import PayloadInvalid, PlatformRefused, TemporaryFailure
from shopguard.model import Order, OrderRef
from shopguard.storage.engine import reading
from shopguard.storage.tables import audit, effect, inbox, pair_ok

if TYPE_CHECKING:
    from tests.integration.conftest import Desk

ME = operator()


def rows(desk: "Desk", query: sa.Select[Any]) -> list[Any]:
    with desk.opened() as installation, reading(installation.engine) as connection:
        return list(connection.execute(query).all())


def decided(desk: "Desk") -> list[tuple[str, str, str]]:
    return [tuple(row) for row in rows(desk, sa.select(audit.c.actor, audit.c.action, audit.c.order_id))]


def doctor_finds(desk: "Desk") -> set[str]:
    """What is not well."""
    found = json.loads(desk.run("doctor", "--address", "https://guard.example.com", "--json").stdout)
    return {finding["check"] for finding in found if not finding["ok"]}


@pytest.fixture
def held(desk: "Desk", bad_order: Order) -> Order:
    """An order that ShopGuard holds at the platform."""
    desk.receive(bad_order)
    desk.work()
    assert desk.platform.held == {bad_order.id}
    return bad_order


def test_deliveries_are_listed_newest_first(desk: "Desk", bad_order: Order, good_order: Order) -> None:
    desk.receive(bad_order, good_order)
    listed = json.loads(desk.run("deliveries", "--json").stdout)
    assert [(line["id"], line["state"], line["shop"], line["source"]) for line in listed] == [
        (2, "received", "main-store", "webhook"),
        (1, "received", "main-store", "webhook"),
    ]
    assert listed[0]["received_at"] == "2026-11-02T01:15:00Z"
    assert len(json.loads(desk.run("deliveries", "--json", "--limit", "1").stdout)) == 1


def test_deliveries_can_be_chosen_by_state_and_shop(desk: "Desk", held: Order, good_order: Order) -> None:
    desk.receive(good_order)
    assert [line["id"] for line in json.loads(desk.run("deliveries", "--state", "done", "--json").stdout)] == [1]
    assert json.loads(desk.run("deliveries", "--shop", "other", "--json").stdout) == []
    table = desk.run("deliveries", "--shop", "main-store").stdout.splitlines()
    assert table[0].split()[:4] == ["delivery", "shop", "source", "state"]
    assert [line.split()[:4] for line in table[1:]] == [
        ["2", "main-store", "webhook", "received"],
        ["1", "main-store", "webhook", "done"],
    ]


def test_no_command_shows_a_name_a_number_or_an_address(desk: "Desk", held: Order) -> None:
    for words in ("deliveries",), ("dead",), ("reviews",), ("reviews", "--json"), ("release", "5001"):
        shown = desk.run(*words).output
        assert "渡" not in shown
        assert "0001" not in shown.replace("5001", "")
        assert "@" not in shown


def test_dead_names_letters_and_failed_effects_with_what_to_do(
    desk: "Desk", bad_order: Order, good_order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.platform.fail(PlatformRefused("main-store: PUT answered 403", "403"))
    desk.receive(bad_order)
    desk.work()
    monkeypatch.setattr(desk.platform, "parse", _unreadable)
    desk.receive(good_order)
    desk.work()
    found = json.loads(desk.run("dead", "--json").stdout)
    assert [(line["id"], line["last_error"]) for line in found["deliveries"]] == [(2, "no order in it")]
    assert "shopguard replay 2" in found["deliveries"][0]["remedy"]
    effect = found["effects"][0]
    assert (effect["order_id"], effect["action"], effect["last_error"]) == (
        "5001",
        "hold",
        "main-store: PUT answered 403",
    )
    assert f"shopguard replay --effects {effect['id']}" in effect["remedy"]
    table = desk.run("dead").stdout
    assert "shopguard replay 2" in table
    assert f"shopguard replay --effects {effect['id']}" in table


def _unreadable(_request: object) -> list[Any]:
    raise PayloadInvalid("no order in it")


def test_dead_says_that_there_is_nothing(desk: "Desk") -> None:
    assert desk.run("dead").stdout.count("none") == 2
    assert json.loads(desk.run("dead", "--json").stdout) == {"deliveries": [], "effects": []}


def test_a_dead_letter_is_replayed(desk: "Desk", bad_order: Order) -> None:
    desk.receive(bad_order)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.platform, "parse", _unreadable)
        desk.work()
    result = desk.run("replay", "1")
    assert result.exit_code == 0
    assert "1 will run again" in result.stdout
    desk.work()
    assert desk.platform.held == {"5001"}


def test_replay_names_what_it_cannot_run_again(desk: "Desk", held: Order) -> None:
    result = desk.run("replay", "1", "77", "78")
    assert result.exit_code == 1
    assert "1 will run again" in result.stdout
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["77", "78"]


def test_a_failed_effect_is_tried_again(desk: "Desk", bad_order: Order) -> None:
    desk.platform.fail(PlatformRefused("no", "403"))
    desk.receive(bad_order)
    desk.work()
    assert not desk.platform.held
    assert desk.run("replay", "--effects", "99").exit_code == 1
    assert desk.run("replay", "--effects", "1").exit_code == 0
    desk.work()
    assert desk.platform.held == {"5001"}


def test_replay_says_when_no_worker_runs(desk: "Desk", held: Order) -> None:
    assert "shopguard serve" in desk.run("replay", "1").stdout
    with desk.worker_lock():
        assert "shopguard serve" not in desk.run("replay", "1").stdout


@pytest.fixture
def given_up(desk: "Desk", bad_order: Order, good_order: Order) -> None:
    """The failed effect 1, and the dead letter 2."""
    desk.platform.fail(PlatformRefused("main-store: PUT answered 403", "403"))
    desk.receive(bad_order)
    desk.work()
    desk.receive(good_order)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.platform, "parse", _unreadable)
        desk.work()


@pytest.mark.usefixtures("given_up")
def test_what_was_settled_is_named_no_more(desk: "Desk") -> None:
    assert doctor_finds(desk) >= {"dead letters", "failed effects"}
    assert desk.run("dead", "--settle", "2").stdout == "1 settled\n"
    assert desk.run("dead", "--settle", "--effects", "1").exit_code == 0
    assert json.loads(desk.run("dead", "--json").stdout) == {"deliveries": [], "effects": []}
    assert decided(desk) == [(ME, "settle_delivery", ""), (ME, "settle_effect", "5001")]
    desk.run("doctor", "main-store", "--clear-alarm")
    assert doctor_finds(desk) == set()


@pytest.mark.usefixtures("given_up")
def test_a_letter_that_retention_emptied_can_be_settled(desk: "Desk") -> None:
    with desk.opened() as installation:
        installation.writer.run(lambda c: c.execute(sa.update(inbox).values(sealed=None)))
    assert desk.run("dead", "--settle", "2").exit_code == 0
    assert "Dead letters: deliveries that could not be worked on: none" in desk.run("dead").stdout


@pytest.mark.usefixtures("given_up")
def test_what_was_settled_can_still_be_run_again(desk: "Desk") -> None:
    desk.run("dead", "--settle", "2")
    desk.run("dead", "--settle", "--effects", "1")
    assert desk.run("replay", "2").exit_code == 0
    assert desk.run("replay", "--effects", "1").exit_code == 0
    desk.work()
    assert desk.platform.held == {"5001"}


@pytest.mark.usefixtures("given_up")
def test_a_settled_hold_that_may_stand_all_the_same_is_released(desk: "Desk") -> None:
    """The platform refused an attempt; an earlier one may have done it."""
    desk.run("dead", "--settle", "--effects", "1")
    desk.run("release", "5001", "--no-wait")
    desk.work()
    actions = [row.action for row in rows(desk, sa.select(effect.c.action).where(effect.c.state == "confirmed"))]
    assert actions == ["release"]


@pytest.mark.usefixtures("given_up")
def test_only_what_was_given_up_is_settled(desk: "Desk") -> None:
    result = desk.run("dead", "--settle", "1", "2", "2", "77")
    assert (result.exit_code, result.stdout) == (1, "1 settled\n")
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["1", "77"]
    assert desk.run("dead", "--settle", "--effects", "2").exit_code == 1


@pytest.mark.parametrize("words", [["1"], ["--settle"], ["--effects"], ["--effects", "1"]])
def test_dead_says_how_to_settle(desk: "Desk", words: list[str]) -> None:
    result = desk.run("dead", *words)
    assert result.exit_code == 2
    assert "--settle --effects NUMBER" in result.stderr


def test_reviews_shows_what_waits_and_why(desk: "Desk", held: Order) -> None:
    (review,) = json.loads(desk.run("reviews", "--json").stdout)
    assert (review["order_id"], review["number"], review["verdict"]) == ("5001", "#1042", "hold")
    assert (review["hold"], review["strength"], review["stage"]) == ("confirmed", "strong", "open")
    assert [reason["code"] for reason in review["reasons"]] == ["strong_match"]
    assert desk.run("reviews").stdout.splitlines()[1].split()[:5] == ["#1042", "5001", "main-store", "hold", "open"]
    assert json.loads(desk.run("reviews", "--shop", "other", "--json").stdout) == []


def test_release_without_a_worker_is_stored_and_done_later(desk: "Desk", held: Order) -> None:
    result = desk.run("release", "5001")
    assert result.exit_code == 0
    assert "stored" in result.stdout
    assert "shopguard serve" in result.stdout
    assert desk.platform.held == {"5001"}
    desk.work()
    assert desk.platform.held == set()
    assert json.loads(desk.run("reviews", "--json").stdout) == []
    assert decided(desk) == [(ME, "release", "5001")]


def test_release_waits_until_the_platform_confirms(desk: "Desk", held: Order) -> None:
    with desk.working():
        result = desk.run("release", "#1042")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "platform confirmed" in result.stdout
    assert desk.platform.held == set()


def test_release_need_not_wait(desk: "Desk", held: Order) -> None:
    with desk.worker_lock():
        result = desk.run("release", "1042", "--no-wait")
    assert result.exit_code == 0
    assert "the worker will tell the platform" in result.stdout


def test_a_release_that_the_platform_refuses_exits_with_1_and_says_what_to_do(desk: "Desk", held: Order) -> None:
    desk.platform.fail(PlatformRefused("main-store: PUT answered 403", "403"))
    with desk.working():
        result = desk.run("release", "5001")
    assert result.exit_code == 1
    assert "answered 403" in result.stderr
    assert "shopguard replay --effects 2" in result.stderr
    again = desk.run("release", "5001")
    assert (again.exit_code, again.stderr) == (0, "")
    desk.work()
    assert desk.platform.held == set()


def test_a_hold_that_was_never_sent_is_called_off(desk: "Desk", bad_order: Order, good_order: Order) -> None:
    desk.change_shop(rate_per_s=0.01)  # the first order takes the budget of minutes
    second = replace(bad_order, id="5003", number="#1044")
    desk.receive(bad_order)
    desk.work()
    desk.receive(second)
    desk.work()
    assert desk.platform.held == {"5001"}
    result = desk.run("release", "5003")
    assert result.exit_code == 0
    assert "called off" in result.stdout
    assert json.loads(desk.run("reviews", "--json").stdout)[0]["order_id"] == "5001"


def test_released_twice_is_released_once(desk: "Desk", held: Order) -> None:
    desk.run("release", "5001")
    desk.work()
    result = desk.run("release", "5001")
    assert result.exit_code == 0
    assert "gone" in result.stdout
    assert decided(desk) == [(ME, "release", "5001")]


def test_release_of_an_order_that_was_never_held_says_so(desk: "Desk", good_order: Order) -> None:
    desk.receive(good_order)
    desk.work()
    result = desk.run("release", "5002")
    assert (result.exit_code, decided(desk)) == (0, [])
    assert "nothing to release" in result.stdout


def test_an_order_that_is_unknown_or_ambiguous_is_not_released(desk: "Desk", bad_order: Order) -> None:
    desk.receive(bad_order, replace(bad_order, id="1042", number="#7"))
    desk.work()
    unknown = desk.run("release", "5555")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "no such order" in unknown.stderr
    several = desk.run("release", "1042")
    assert (several.exit_code, several.stdout) == (1, "")
    assert "release 5001 --shop main-store" in several.stderr
    assert "release 1042 --shop main-store" in several.stderr
    assert decided(desk) == []


def test_shop_narrows_the_search_for_an_order(desk: "Desk", held: Order) -> None:
    assert desk.run("release", "5001", "--shop", "other").exit_code == 1
    assert desk.run("keep", "5001", "--shop", "other").exit_code == 1
    assert desk.run("release", "5001", "--shop", "main-store").exit_code == 0


def test_a_different_person_is_never_held_for_the_same_entry_again(desk: "Desk", held: Order) -> None:
    result = desk.run("release", "5001", "--different-person")
    assert result.exit_code == 0
    assert "another person than E-1" in result.stdout
    desk.work()
    desk.receive(replace(held, id="5009", number="#1050", total=Decimal(9999)))
    desk.work()
    assert desk.platform.held == set()
    assert decided(desk)[0] == (ME, "different_person", "5001")
    assert [row.entry for row in rows(desk, sa.select(pair_ok.c.entry))] == ["E-1"]


def test_a_recipient_who_is_another_is_told_apart_too(desk: "Desk", bad_order: Order, good_order: Order) -> None:
    gift = replace(good_order, recipients=(bad_order.buyer,))
    desk.receive(gift)
    desk.work()
    assert desk.platform.held == {"5002"}
    desk.run("release", "5002", "--different-person")
    desk.work()
    desk.receive(replace(gift, id="5010", number="#1051"))
    desk.work()
    assert desk.platform.held == set()


def test_nobody_is_told_apart_once_the_people_are_erased(desk: "Desk", held: Order) -> None:
    with desk.opened() as installation:
        installation.writer.run(installation.store.erase(OrderRef("main-store", "5001")))
    result = desk.run("release", "5001", "--different-person")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "erased" in result.stderr
    assert decided(desk) == []
    assert desk.run("release", "5001").exit_code == 0


def test_keep_takes_an_order_off_the_list_and_leaves_the_hold(desk: "Desk", held: Order) -> None:
    assert desk.run("keep", "5001").exit_code == 0
    desk.work()
    assert desk.platform.held == {"5001"}
    assert json.loads(desk.run("reviews", "--json").stdout) == []
    assert desk.run("keep", "5001").exit_code == 0
    assert decided(desk) == [(ME, "keep", "5001")]


def test_keep_refuses_what_does_not_wait(desk: "Desk", good_order: Order) -> None:
    desk.receive(good_order)
    desk.work()
    assert desk.run("keep", "5002").exit_code == 1


def test_the_trouble_of_a_hold_is_shown(desk: "Desk", bad_order: Order) -> None:
    desk.platform.fail(TemporaryFailure("main-store: busy"))
    desk.receive(bad_order)
    desk.work()
    assert json.loads(desk.run("reviews", "--json").stdout)[0]["last_error"] == "main-store: busy"


def test_without_data_the_remedy_is_named_and_nothing_is_made(desk: "Desk") -> None:
    for path in desk.data_dir.glob("*.db*"):
        path.unlink()
    result = desk.run("reviews")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "shopguard serve" in result.stderr
    assert list(desk.data_dir.glob("*.db")) == []
