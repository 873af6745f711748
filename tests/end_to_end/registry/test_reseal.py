"""A new epoch while orders keep coming: everybody listed is found before, during and after, whatever is killed."""

import random
import signal
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from .member import Steady

if TYPE_CHECKING:
    from tests.end_to_end.registry.conftest import Stock
    from tests.end_to_end.registry.houses import Centre

pytestmark = pytest.mark.timeout(400)  # several waits, each as patient as a busy machine needs

KILLS = 3


def locators(centre: "Centre") -> dict[int, set[bytes]]:
    """By which values the rows of each epoch are found."""
    path = centre.home / "registry-index.db"
    found: dict[int, set[bytes]] = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for epoch, locator in database.execute("SELECT epoch, locator FROM posting"):
            found.setdefault(epoch, set()).add(locator)
    return found


def epochs(centre: "Centre") -> dict[int, str]:
    return {row["epoch"]: row["state"] for row in centre.json("registry", "epoch", "list")}


@pytest.mark.parametrize("seed", [20261122])
def test_everybody_listed_is_found_while_all_is_sealed_anew_and_killed_at_any_moment(
    serving: "Centre", stock: "Stock", seed: int
) -> None:
    chance = random.Random(seed)
    before = locators(serving)
    with Steady(serving.member("steady"), stock.rounds) as shop:
        shop.whole_round()
        began = time.monotonic()
        assert epochs(serving) == {1: "live"}
        usual_s = time.monotonic() - began  # how long a command takes that does next to nothing
        for _ in range(KILLS):
            resealing = serving.start("registry", "reseal")
            time.sleep(usual_s * chance.uniform(0.4, 1.4))
            resealing.send_signal(signal.SIGKILL)
            resealing.wait()
            if serving.member("steady").get("/registry/v1/centre").json()["current"] == 2:
                break
            shop.wait_for(20)
        else:
            serving.run("registry", "reseal")
        assert epochs(serving) == {1: "closing", 2: "live"}
        shop.whole_round()
        both = locators(serving)
        assert set(both) == {1, 2}
        assert both[1] == before[1]
        assert len(both[2]) == len(both[1])
        assert not both[1] & both[2], "a place in the index is the same in both epochs"

        old = serving.member("honest")
        tokens, entry = stock.rounds[0]
        found = old.ask(tokens, epoch=1).json()["candidates"]
        assert entry in {each["handle"] for each in found}, "who has not switched is answered as well"
        assert serving.try_to("registry", "epoch", "close", "1").returncode == 1, "two weeks have not passed"
        serving.run("registry", "epoch", "close", "1", "--force")
        shop.whole_round()
    refused = old.ask(tokens, epoch=1)
    assert (refused.status_code, refused.json()["code"], refused.json()["current"]) == (409, "epoch", 2)
    assert entry in {each["handle"] for each in old.ask(tokens, epoch=2).json()["candidates"]}
    assert set(locators(serving)) == {2}
    assert (shop.wrong, set(shop.epochs)) == ([], {1, 2})
    assert set(shop.refused) <= {"epoch"}
