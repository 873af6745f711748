"""Many at the office at once, in threads and in processes: no report is worked on twice, none is lost."""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from shopguard.crypto import Keyring
from shopguard.registry.home import RegistryHome
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.model import ReportState
from shopguard.registry.reports.store import subject_of
from tests.integration.office.conftest import NOW, Centre, somebody

REPORTS, ACTIONS, PROCESSES = 50, 200, 3
DECIDED = {ReportState.CHECKED, ReportState.RETURNED, ReportState.REJECTED}


def test_threads_work_on_each_report_once(centre: Centre) -> None:
    reports = [centre.file(party=somebody(at)) for at in range(REPORTS)]
    with ThreadPoolExecutor(8) as threads:
        done = _act_at_once(threads, partial(work, centre.home))
    _check(centre, {report.id for report in reports}, done)


@pytest.mark.parametrize("kind", ["centre", "postgres_centre"], ids=["sqlite", "postgres"])
def test_processes_work_on_each_report_once(request: pytest.FixtureRequest, kind: str) -> None:
    centre: Centre = request.getfixturevalue(kind)
    reports = [centre.file(party=somebody(at)) for at in range(REPORTS)]
    spawned = multiprocessing.get_context("spawn")
    given = (centre.home.data_dir, centre.url)
    with ProcessPoolExecutor(PROCESSES, spawned, _open, given) as processes:
        done = _act_at_once(processes, work_in_process)
    _check(centre, {report.id for report in reports}, done)


def test_two_who_accept_the_same_report_at_once_open_one_entry(either_centre: Centre) -> None:
    report = either_centre.file()
    with ThreadPoolExecutor(8) as threads:
        done = [one for one in threads.map(partial(_accept, either_centre.home, report.id), range(8)) if one]
    assert len(done) == 1
    assert either_centre.again(report).entry == done[0]
    assert len(either_centre.acts(subject_of(report))) == 1


def work(home: RegistryHome, number: int) -> str | None:
    """One action: take the next report and decide it as its turn has it; returns its id, None if there was none."""
    by = f"account {number}"
    report = home.moderation.take_next(by)
    if report is None:
        return None
    if number % 3 == 0:
        home.moderation.reject(report.id, by, "not shown")
    elif number % 3 == 1:
        home.moderation.send_back(report.id, by, "which order?")
    else:
        home.moderation.accept(report.id, by, "shown")
    return report.id


def work_in_process(number: int) -> str | None:
    try:
        return work(_homes[0], number)
    except Refused as refused:
        raise AssertionError(str(refused)) from None  # which other processes can read


_homes: list[RegistryHome] = []


def _open(folder: Path, url: str | None) -> None:
    """Each process opens the registry for itself."""
    _homes[:] = [RegistryHome(folder, "example", Keyring(folder / "keys.json"), _now, url, apart=False)]


def _now() -> datetime:
    return NOW.astimezone(UTC)


def _accept(home: RegistryHome, report: str, number: int) -> int | None:
    try:
        accepted = home.moderation.accept(report, f"account {number}", "shown")
    except Refused as refused:
        assert refused.code is Refusal.STATE
        return None
    assert accepted.entry is not None
    return accepted.entry.number


def _act_at_once(executor: Executor, act: Callable[[int], str | None]) -> Sequence[str]:
    return [done for done in executor.map(act, range(ACTIONS)) if done is not None]


def _check(centre: Centre, reports: set[str], done: Sequence[str]) -> None:
    assert Counter(done) == Counter(reports)  # each once
    for report_id in reports:
        report = centre.home.reports.get(report_id).report
        assert report.state in DECIDED
        assert len(centre.acts(subject_of(report))) == 1
        assert (report.entry is not None) is (report.state is ReportState.CHECKED)
    assert centre.office.queue().total == 0
