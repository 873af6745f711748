"""Reports on both kinds of database, by several at once, and across a crash between any two steps."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.registry.refusals import Refusal
from shopguard.registry.subjects import Subject, SubjectKind
from tests.integration.reports.conftest import FILES, UNPAID, Registry, a_file

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    """A registry, once on each kind of database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("registry")
        return
    engine: sa.Engine = request.getfixturevalue("empty_postgres")
    Keyring.create(tmp_path / "keys.json")
    made = Registry(tmp_path, engine.url.render_as_string(hide_password=False))
    made.home.prepare()
    made.enrol()
    yield made
    made.home.close()


def test_a_report_goes_its_way_on_either_database(either: Registry) -> None:
    report_id, receipt = either.file()
    assert receipt.leaf is not None
    either.decide(report_id, "returned", "配達の記録を付けてください。")
    either.done("DELETE", f"/{report_id}/files/{either.file_id(report_id, 'call.txt')}")
    either.done("POST", f"/{report_id}/files", a_file("call.txt", FILES["call.txt"]))
    assert either.submit(report_id).status == 200
    assert either.ask("POST", "", UNPAID).code == Refusal.STATE
    entry = either.list_as(report_id)
    assert [report.id for report in either.reports_of(entry)] == [report_id]
    either.done("POST", f"/{report_id}/confirm")
    either.done("POST", f"/{report_id}/withdraw")
    assert either.done("GET", "")["reports"] == []
    assert either.count("evidence") == either.count("seen_token") == 0


def at_once(times: int, do: "Callable[[], Any]") -> list[Any]:
    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(do) for _ in range(times)]]


def test_of_several_reports_of_an_order_at_once_one_is_kept(either: Registry) -> None:
    answers = at_once(6, lambda: either.ask("POST", "", UNPAID))
    assert sorted(said.status for said in answers) == [200, 409, 409, 409, 409, 409]
    assert either.count("report") == 1


def test_a_report_that_is_filed_several_times_at_once_is_filed_once(either: Registry) -> None:
    report_id = either.draft()
    digest = either.done("GET", f"/{report_id}")["digest"]
    answers = at_once(6, lambda: either.ask("POST", f"/{report_id}/submit", {"digest": digest}))
    assert sorted(said.status for said in answers) == [200, 409, 409, 409, 409, 409]
    number = either.stored(report_id).number
    assert len(either.home.acts.of(Subject.of(SubjectKind.REPORT, number))) == either.home.log.size() - LEAVES == 1


LEAVES = 3  # of the members that were taken in, this installation among them


@pytest.fixture
def photographed(
    registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Callable[[], Iterator[Registry]]"]:
    """Closes the registry, and makes others out of what it left."""
    made: list[Registry] = []

    def copies() -> Iterator[Registry]:
        registry.home.close()
        while True:
            folder = tmp_path_factory.mktemp("copy")
            made.append(Registry(Path(shutil.copytree(registry.home.data_dir, folder, dirs_exist_ok=True))))
            yield made[-1]

    yield copies
    for copy in made:
        copy.home.close()


@pytest.mark.parametrize(
    ("state", "path", "body"),
    [
        ("draft", "/withdraw", {}),
        ("submitted", "/withdraw", {}),
        ("checked", "/withdraw", {}),
        ("submitted", "/payment", {"on": "2026-11-01"}),
        ("checked", "/payment", {"on": "2026-11-01"}),
    ],
)
def test_a_crash_at_any_commit_is_put_right_by_the_next_sweep(
    registry: Registry, photographed: "Callable[[], Iterator[Registry]]", state: str, path: str, body: Any
) -> None:
    report_id = registry.draft() if state == "draft" else registry.file()[0]
    number = registry.stored(report_id).number
    entry = registry.list_as(report_id) if state == "checked" else None
    for crashes, copy in enumerate(photographed()):
        if not copy.crash_at(crashes + 1, partial(copy.ask, "POST", f"/{report_id}{path}", body)):
            break
        copy.home.entries.settle()
        if copy.count("report", f"state = '{state}'"):
            again = copy.ask("POST", f"/{report_id}{path}", body).status
            assert again == 200 or copy.home.records.keys.having([number]) == frozenset()
        copy.pass_time(hours=49)
        copy.sweep()
        copy.home.entries.settle()
        assert copy.home.records.keys.having([number]) == frozenset()
        assert copy.count("evidence") == copy.count("seen_token") == copy.count("report", "state = 'draft'") == 0
        assert entry is None or copy.count("life", f"number = {entry} AND state = 'erased'") == 1
    assert crashes >= 3


def test_a_crash_while_filing_leaves_it_filed_or_not(
    registry: Registry, photographed: "Callable[[], Iterator[Registry]]"
) -> None:
    report_id = registry.draft()
    body = {"digest": registry.done("GET", f"/{report_id}")["digest"]}
    for crashes, copy in enumerate(photographed()):
        submit = partial(copy.ask, "POST", f"/{report_id}/submit", body)
        if not copy.crash_at(crashes + 1, submit):
            break
        if copy.state(report_id) == "draft":
            assert copy.count("act") == copy.count("seen_token") == 0
            assert submit().status == 200
        copy.home.acts.settle()
        receipt = copy.done("GET", f"/{report_id}/receipt")
        assert receipt["digest"] == body["digest"]
        assert receipt["leaf"] == copy.home.log.size() - 1 == LEAVES
    assert crashes >= 2
