"""An entry's change that a crash breaks off between any two commits: what is served meanwhile, and how it ends."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from shopguard import wire
from shopguard.registry.entries.model import LifeState
from tests.integration.entries.conftest import LOADED, MOVED, Crash, Met, Registry, somebody

if TYPE_CHECKING:
    from shopguard.registry.reports.model import Report


class Scene(NamedTuple):
    """An entry, and what its tests need beside it."""

    number: int
    report: "Report"
    other: int = 0
    new: int = 0


def pending(registry: Registry) -> Scene:
    report = registry.report()
    number = registry.opened(report)
    registry.do(number, "notice_sent", "post", "12345", "aoki")
    registry.pass_time(days=15)
    return Scene(number, report)


def active(registry: Registry) -> Scene:
    report = registry.report("shop-2", MOVED)
    number = registry.served(registry.report("shop-1"), report)
    return Scene(number, report, new=registry.home.records.begin())


def contested(registry: Registry) -> Scene:
    scene = active(registry)
    registry.do(scene.number, "contest", "person")
    return scene


def two(registry: Registry) -> Scene:
    report = registry.report("shop-2", MOVED)
    other = registry.served(report)
    return Scene(registry.served(registry.report("shop-1")), report, other)


def loaded(registry: Registry) -> Scene:
    registry.load(wire.encode(LOADED))
    return Scene(registry.entries.find("E-1") or 0, registry.report("shop-3", somebody(1)))


def told(registry: Registry) -> Scene:
    """An entry whose further report begins to count at the next sweep."""
    report = registry.report("shop-2", MOVED)
    number = registry.served(registry.report("shop-1"))
    registry.added(number, report)
    registry.do(number, "notice_sent", "post", "12345", "aoki")
    registry.until(registry.today + timedelta(days=14))
    registry.pass_time(days=1)
    return Scene(number, report)


def does(act: str, *given: object) -> Callable[[Registry, Scene], object]:
    return lambda registry, scene: registry.do(scene.number, act, *given)


def says(act: str) -> Callable[[Registry, Scene], object]:
    return lambda registry, scene: registry.said(scene.report, act)


def sweeps(registry: Registry, _scene: Scene) -> None:
    registry.sweep()


def merges(registry: Registry, scene: Scene) -> None:
    with registry.entries.changing(scene.number, scene.other) as connection:
        registry.entries.merge(connection, scene.number, scene.other, "aoki", "one person")
    registry.entries.settle()


def splits(registry: Registry, scene: Scene) -> None:
    with registry.entries.changing(scene.number) as connection:
        report = registry.reports.by_number(connection, scene.report.number)
        registry.entries.split(connection, scene.number, [report], scene.new, "aoki", "two persons")
    registry.entries.settle()


def standing(registry: Registry, number: int) -> LifeState | None:
    there = registry.count("vault", "life", f"WHERE number = {number}")
    return registry.state(number) if there else None


@pytest.mark.parametrize(
    ("before", "act"),
    [
        pytest.param(pending, sweeps, id="activated"),
        pytest.param(told, sweeps, id="a further report counts"),
        pytest.param(active, does("contest", "person"), id="contested"),
        pytest.param(active, does("suspend", "aoki", "a doubt"), id="suspended"),
        pytest.param(active, does("erase", "aoki", "a reason"), id="erased"),
        pytest.param(active, says("paid"), id="one of two paid"),
        pytest.param(active, splits, id="split"),
        pytest.param(contested, does("uphold", "aoki", "shown"), id="upheld"),
        pytest.param(two, merges, id="merged"),
        pytest.param(loaded, does("contest", "person"), id="loaded and contested"),
    ],
)
def test_what_breaks_off_serves_nothing_forbidden_and_converges(
    registry: Registry,
    tmp_path: Path,
    before: Callable[[Registry], Scene],
    act: Callable[[Registry, Scene], object],
) -> None:
    scene = before(registry)
    registry.entries.settle()
    stood, was, acts = standing(registry, scene.number), look(registry), registry.count("vault", "act")
    registry.close()
    start = tmp_path / "start"
    shutil.copytree(registry.folder, start)

    def again(name: str) -> Registry:
        shutil.copytree(start, tmp_path / name)
        fresh = Registry(tmp_path / name)
        fresh.now = registry.now
        return fresh

    whole = again("whole")
    with whole.crashing_at(0) as commits:
        act(whole, scene)
    ends, is_then, leaves = standing(whole, scene.number), look(whole), whole.home.log.size()
    whole.close()
    assert (ends, is_then) != (stood, was)
    assert {"vault", "log"} <= set(commits)

    for number in range(1, len(commits) + 1):
        broken = again(f"broken-{number}")
        with pytest.raises(Crash), broken.crashing_at(number):
            act(broken, scene)
        broken.close()
        broken.open()  # the next process
        stands, met = standing(broken, scene.number), look(broken)
        assert stands in (stood, ends)
        is_committed = broken.count("vault", "act") > acts
        assert set(met) <= set(is_then if is_committed else was), f"commit {number} of {commits}"
        if stands is not None and stands is not LifeState.ACTIVE:
            assert met == ()
        broken.entries.settle()
        if not is_committed:
            assert (standing(broken, scene.number), look(broken)) == (stood, was), "as if it had never begun"
            act(broken, scene)
        assert (standing(broken, scene.number), look(broken)) == (ends, is_then)
        assert broken.home.log.size() == leaves, "every act once"
        assert broken.count("vault", "entry", "WHERE NOT indexed") == 0
        broken.close()
        shutil.rmtree(broken.folder)


def test_a_loaded_entry_whose_end_breaks_off_is_gone_the_next_time(registry: Registry) -> None:
    registry.load(wire.encode(LOADED))
    registry.pass_time(days=365 * 6)
    broken_off = 0
    while True:
        try:
            with registry.crashing_at(broken_off + 1):
                registry.sweep()
            break
        except Crash:
            broken_off += 1
            assert registry.look_up() == []
    assert broken_off > 3
    assert registry.count("index", "posting") == registry.count("keys", "entry_key") == 0


def test_a_message_of_the_caller_commits_with_the_change_or_not_at_all(registry: Registry) -> None:
    scene = active(registry)
    text = "UPDATE report SET urgency = 7 WHERE number = " + str(scene.report.number)
    with pytest.raises(Crash), registry.entries.changing(scene.number) as connection:
        connection.exec_driver_sql(text)
        registry.entries.contest(connection, scene.number, "person")
        raise Crash
    assert registry.count("vault", "report", "WHERE urgency = 7") == 0
    with registry.entries.changing(scene.number) as connection:
        connection.exec_driver_sql(text)
        registry.entries.contest(connection, scene.number, "person")
    assert registry.count("vault", "report", "WHERE urgency = 7") == 1


def look(registry: Registry) -> tuple[Met, ...]:
    """What the orders of everybody in these scenes are told."""
    return tuple(sorted({*registry.look_up(), *registry.look_up(MOVED)}))


def test_nobody_brings_an_entry_back_between_hiding_and_deciding(registry: Registry) -> None:
    number = registry.served()
    registry.home.publisher.placing.hide([number])
    registry.entries.settle()
    assert registry.met() is not None, "nothing was decided: it is served as it was"
    with registry.entries.changing(number) as connection:
        registry.entries.contest(connection, number, "person")
    registry.until(registry.today + timedelta(days=1))
    assert registry.met() is None
