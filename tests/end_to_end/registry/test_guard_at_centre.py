"""A guard that asks a central registry: later listings, a centre that is killed, a centre that is away."""

from collections.abc import Iterator
from typing import Any

import pytest

from ...waiting import until
from .houses import PRF
from .invented import entry, party
from .network import CARD, CHEAP, CHECK_KEY, DEAR, PAY_AT_DOOR, Network, running_network

pytestmark = pytest.mark.timeout(400)  # several waits, each as patient as a busy machine needs


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TEST_CHECK_KEY", CHECK_KEY)
        with running_network(tmp_path_factory.mktemp("network") / "shop") as made:
            yield made


@pytest.fixture
def network(running: Network) -> Network:
    """All of it, whatever the test before did."""
    if not running.centre.processes_of(PRF):
        running.serve_centre()
    return running


def test_an_order_is_held_when_its_buyer_is_listed_later_and_nothing_is_said_of_others(network: Network) -> None:
    late, others = network.order(party(13)), [network.order(party(number)) for number in range(14, 20)]
    until(lambda: network.judged(late, *others), "all are judged")
    assert {network.status(order) for order in (late, *others)} == {"processing"}
    asked_before = {order: network.judgements()[order][1] for order in others}
    began = len(network.line.batches)
    noted = len(network.line.noted)

    network.list_now(entry(13))
    until(lambda: network.status(late) == "on-hold", "the order is held")
    until(lambda: network.notes(late), "it has our note")
    until(lambda: late in reviews(network), "it comes before a person")
    assert "listed_later" in {reason["code"] for reason in reviews(network)[late]["reasons"]}

    sent = network.line.batches[began:]
    assert len(set(sent)) == 1, "one question about the order, however often a busy machine had it sent again"
    assert len(sent) < 8, "but not on and on"
    assert set(sent) <= set(network.line.batches[:began]), "the very question of the first time"
    assert {path.partition("?")[0] for _, path in network.line.noted[noted:]} <= {
        "/registry/v1/additions",
        "/registry/v1/lookups",
        "/registry/v1/centre",
    }
    assert {order: network.judgements()[order][1] for order in others} == asked_before
    assert {network.status(order) for order in others} == {"processing"}
    assert not any(network.notes(order) for order in others)


def reviews(network: Network) -> dict[str, Any]:
    return {each["order_id"]: each for each in network.guard.json("reviews")}


def test_kills_at_the_centre_cost_no_order_and_no_right_verdict(network: Network) -> None:
    listed = [entry(number, reporters=2) for number in range(20, 24)]
    network.list_now(*listed)
    wanted: dict[str, str] = {}
    for turn in range(12):
        wanted[network.order(party(20 + turn % 4), PAY_AT_DOOR, DEAR)] = "on-hold"
        wanted[network.order(party(30 + turn), PAY_AT_DOOR, DEAR if turn % 2 else CHEAP)] = "processing"
        if turn in (2, 8):
            network.centre.kill(PRF)
        if turn == 5:
            network.centre.kill("--role registry --config")
    until(lambda: network.judged(*wanted), "every order is judged by the registry itself", 150)
    until(lambda: {order: network.status(order) for order in wanted} == wanted, "every order stands as it should")
    assert network.centre.processes_of(PRF)
    held = [order for order, status in wanted.items() if status == "on-hold"]
    assert set(held) <= set(reviews(network))
    assert not set(wanted).difference(held) & set(reviews(network))


def test_without_the_centre_orders_are_treated_as_chosen_and_judged_when_it_is_back(network: Network) -> None:
    network.list_now(entry(50), entry(51))
    known, known_good = network.order(party(50)), network.order(party(52))
    until(lambda: network.judged(known, known_good), "both are judged")
    until(lambda: network.status(known) == "on-hold", "the listed one is held")
    network.centre.close()

    silent = {kind: network.check(_question(kind, 55)) for kind in ("pay_later", "cod", "card")}
    assert {kind: (said["verdict"], said["state"]) for kind, said in silent.items()} == {
        "pay_later": ("hold", "unscreened"),
        "cod": ("hold", "unscreened"),
        "card": ("allow", "unscreened"),
    }
    assert all(said["reasons"] and not said["matches"] for said in silent.values())
    of_known = network.check(_question("cod", 50))
    assert (of_known["state"], of_known["verdict"]) == ("from-cache", "hold")
    assert [match["entry"] for match in of_known["matches"]] == ["E-50"]
    of_good = network.check(_question("cod", 52))
    assert (of_good["state"], of_good["verdict"], of_good["matches"]) == ("from-cache", "allow", [])

    dear = network.order(party(53), PAY_AT_DOOR, DEAR)
    cheap = network.order(party(54), PAY_AT_DOOR, CHEAP)
    by_card = network.order(party(51), CARD, DEAR)
    bad = network.order(party(51), PAY_AT_DOOR, CHEAP)
    again = network.order(party(50), PAY_AT_DOOR, CHEAP)
    until(lambda: network.judged(dear, cheap, by_card, bad, state="unscreened"), "those not known are not screened")
    until(lambda: network.judged(again, state="from-cache"), "the known one is screened from the cache")
    wanted = {dear: "on-hold", cheap: "processing", by_card: "processing", bad: "processing", again: "on-hold"}
    until(lambda: {order: network.status(order) for order in wanted} == wanted, "all are treated as chosen")

    network.serve_centre()
    until(lambda: network.judged(*wanted), "all are judged by the registry", 150)
    wanted |= {dear: "processing", bad: "on-hold"}
    until(lambda: {order: network.status(order) for order in wanted} == wanted, "all are treated as it says")
    assert network.notes(by_card), "a listed buyer who pays by card gets a note"
    assert not network.notes(cheap)
    for order in wanted:
        ours = [note for note in network.notes(order) if "要確認" in note]
        assert len(ours) == len(set(ours)), "no note stands twice"


def _question(kind: str, number: int) -> dict[str, Any]:
    """The order of somebody at the checkout, who gives the same details as in the shop's form."""
    buyer = {name: value for name, value in party(number).items() if name != "kana"}
    told = {"currency": "JPY", "total": "12800", "payment": {"kind": kind}}
    return {"id": f"q-{kind}-{number}", **told, "buyer": buyer}
