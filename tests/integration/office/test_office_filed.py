"""From a shop's signed report to the office's queue."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopguard.registry.entries.model import LifeState
from shopguard.registry.office.queue import DAYS_A_SHOP
from shopguard.registry.office.similar import Similar
from shopguard.registry.reports.model import ReportState
from tests.integration.reports.conftest import FILES, OTHER, SHOP, Registry


@pytest.fixture
def registry(tmp_path: Path, furnished_registry: Path) -> Iterator[Registry]:
    """A registry with two member shops that report to it."""
    made = Registry(Path(shutil.copytree(furnished_registry, tmp_path / "var")))
    made.enrol()
    yield made
    made.home.close()


def file(registry: Registry, member: str = SHOP) -> str:
    report_id, _ = registry.file(member)
    return report_id


def similar(registry: Registry, report_id: str) -> list[Similar]:
    return list(registry.home.moderation.show(report_id, "aoki").similar)


def test_what_a_shop_files_is_in_the_queue_with_its_evidence(registry: Registry) -> None:
    report_id = file(registry)
    (item,) = registry.home.moderation.queue().items
    case = registry.home.moderation.show(report_id, "aoki")
    assert item.report.id == report_id
    assert {file.name for file in case.files} == set(FILES)
    assert [one.act.by for one in case.acts] == [f"member:{SHOP}"]


def test_a_report_counts_as_filed_once_however_often_it_comes_back(registry: Registry) -> None:
    report_id = file(registry)
    registry.home.moderation.send_back(report_id, "aoki", "which order?")
    registry.submit(report_id)
    assert registry.home.moderation.qualities.of(SHOP).filed == 1


def test_a_second_shop_makes_both_reports_urgent(registry: Registry) -> None:
    file(registry)
    assert [item.waiting.urgency for item in registry.home.moderation.queue().items] == [0]
    file(registry, OTHER)
    assert [item.waiting.urgency for item in registry.home.moderation.queue().items] == [DAYS_A_SHOP, DAYS_A_SHOP]


def test_two_shops_that_report_one_person_make_one_entry(registry: Registry) -> None:
    office = registry.home.moderation
    first = office.accept(file(registry), "aoki", "shown").entry
    assert first is not None
    second = file(registry, OTHER)
    assert first.reference in {one.name for one in similar(registry, second)}
    merged = office.accept(second, "aoki", "same person", first.number).entry
    assert merged is not None
    assert merged.members == {SHOP, OTHER}
    assert merged.state is LifeState.PENDING


def test_a_report_that_is_withdrawn_leaves_the_queue(registry: Registry) -> None:
    report_id = file(registry)
    registry.done("POST", f"/{report_id}/withdraw")
    assert registry.home.moderation.queue().total == 0
    assert registry.home.moderation.take_next("aoki") is None


def test_the_shop_is_told_what_the_office_decided_and_why(registry: Registry) -> None:
    report_id = file(registry)
    registry.home.moderation.send_back(report_id, "aoki", "請求書の日付が読めません。")
    head = registry.done("GET", f"/{report_id}")["head"]
    assert (head["state"], head["reason"]) == (ReportState.RETURNED, "請求書の日付が読めません。")


@pytest.mark.parametrize("into", [False, True], ids=["opening an entry", "into an entry"])
def test_an_acceptance_that_breaks_off_anywhere_is_done_or_was_never_begun(registry: Registry, into: bool) -> None:
    entry = registry.list_as(file(registry, OTHER)) if into else None
    report_id, step = file(registry), 1
    office, entries = registry.home.moderation, registry.home.entries

    def accept() -> None:
        office.accept(report_id, "aoki", "shown", entry)
        entries.settle()

    while registry.crash_at(step, accept):
        report = registry.stored(report_id)
        checked_acts = [one for one in office.show(report_id, "aoki").acts if one.act.kind == "report_checked"]
        if report.state is ReportState.CHECKED:
            break
        assert (report.state, report.entry, checked_acts) == (ReportState.SUBMITTED, None, [])
        step += 1
    assert step > 1
    entries.settle()
    report = registry.stored(report_id)
    assert report.entry is not None
    assert report.number in {source.report for source in entries.get(report.entry).sources}
    assert registry.count("act", "leaf IS NULL") == 0
