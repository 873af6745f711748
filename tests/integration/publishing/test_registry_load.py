"""Bulk loading: what is stored, what is skipped, what is left out and how that is said."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from shopguard import wire
from shopguard.errors import ConfigError
from shopguard.identity import identify, tokens
from shopguard.model import Effect, Party
from shopguard.registry.epochs import Epoch, EpochState
from shopguard.registry.load import LineFault, LoadReport
from shopguard.registry.prf.function import KeyedFunction
from shopguard.registry.publishing import Publisher
from shopguard.registry.signing import SignedRequest
from shopguard.storage.engine import writing
from tests.integration.publishing.conftest import ENTRY, OFFICE_KEY, PARTY, REGISTRY, lines, many

if TYPE_CHECKING:
    from tests.integration.publishing.conftest import Office


class AwayFunction(KeyedFunction):
    """A keyed function that nobody may ask."""

    def administer(self, request: SignedRequest) -> bytes:
        raise AssertionError("it was asked")


def without_function(office: "Office") -> Publisher:
    vault, keys = office.engines["vault"], office.engines["keys"]
    return Publisher(
        vault, keys, office.index, AwayFunction(), OFFICE_KEY, office.master, REGISTRY, lambda: office.now
    )


def test_loading_again_changes_nothing_and_asks_nobody(office: "Office") -> None:
    office.load(ENTRY, *many(3))
    before = office.counts()
    assert without_function(office).load(lines(ENTRY, *many(3))) == LoadReport(unchanged=4)
    assert office.counts() == before


def test_only_what_changed_is_stored_again(office: "Office") -> None:
    office.load(*many(5))
    changed = [*many(2), *(replace(entry, reporters=9) for entry in many(5)[2:])]
    assert office.publisher.load(lines(*changed)) == LoadReport(stored=3, unchanged=2)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not readable JSON"),
        (b"\xff\xfe", "not readable JSON"),
        ("[]", "`array`"),
        ({"id": None}, "`$.id`"),
        ({"id": "山田太郎"}, "`$.id`"),
        ({"id": "taro@example.jp"}, "`$.id`"),
        ({"category": "山田太郎"}, "`$.category`"),
        ({"last_on": "山田太郎"}, "`$.last_on`"),
        ({"first_on": "2026-12-01"}, "`$.first_on`"),
        ({"last_on": "2026-11-03"}, "in the future - at `$.last_on`"),
        ({"reporters": 0}, "`$.reporters`"),
        ({"reporters": 1_000_001}, "1 to 1000000 - at `$.reporters`"),
        ({"reporters": "山田太郎"}, "`$.reporters`"),
        ({"party": {}}, "`$.party`"),
        ({"party": {"phones": ["0120-000-000"], "name": "山田太郎"}}, "nothing in the party can be looked up"),
        ({"party": {"name": "x" * 70_000}}, "longer than"),
    ],
)
def test_a_bad_line_is_named_without_its_content_and_the_rest_is_stored(
    one_file_office: "Office", line: bytes | str | dict[str, object], reason: str
) -> None:
    bad = json.dumps(json.loads(wire.encode(ENTRY)) | line) if isinstance(line, dict) else line
    faults: list[LineFault] = []
    good = replace(ENTRY, id="E-2")
    report = one_file_office.publisher.load([*lines(ENTRY), b"\n", bad, *lines(good)], on_fault=faults.append)
    assert report == LoadReport(stored=2, faulty=1)
    assert [fault.line for fault in faults] == [3]
    assert reason in faults[0].reason
    assert "山田" not in faults[0].reason
    assert "taro" not in faults[0].reason
    assert one_file_office.served(PARTY) == {1: {"E-1", "E-2"}}


def test_faults_are_named_in_the_order_of_the_lines(one_file_office: "Office") -> None:
    unmeetable = replace(ENTRY, id="E-3", party=Party(name="山田太郎"))
    faults: list[LineFault] = []
    one_file_office.publisher.load([*lines(unmeetable), b"{", *lines(ENTRY, unmeetable)], on_fault=faults.append)
    assert [fault.line for fault in faults] == [1, 2, 4]


def test_an_entry_of_today_is_no_fault_where_the_day_begins_first(one_file_office: "Office") -> None:
    one_file_office.now = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)  # it is 3 November in Kiribati
    assert one_file_office.publisher.load(lines(replace(ENTRY, last_on=date(2026, 11, 3)))) == LoadReport(stored=1)


def test_progress_is_told_after_each_stored_batch(one_file_office: "Office") -> None:
    seen: list[tuple[int, int]] = []

    def see(report: LoadReport) -> None:
        seen.append((report.lines, one_file_office.count("vault", "entry", "WHERE indexed")))

    assert one_file_office.publisher.load(lines(*many(1200)), progress=see).stored == 1200
    assert [told for told, _ in seen] == [500, 1000, 1200]
    assert all(stored >= told for told, stored in seen)


def test_the_last_line_of_an_id_counts_also_when_it_is_what_was_there(one_file_office: "Office") -> None:
    first, *others = many(1300)
    one_file_office.load(first, *others[:500])
    changed = replace(first, party=Party(phones=("090-0000-3333",), emails=("new@example.jp",)))
    report = one_file_office.publisher.load(lines(changed, *others, first))
    assert report.lines == 1301
    assert one_file_office.served(first.party) == {1: {first.id}}
    assert one_file_office.served(changed.party) == {1: set()}


def test_a_load_that_was_interrupted_keeps_whole_batches_and_goes_on(one_file_office: "Office") -> None:
    entries = many(1200)

    def stop(report: LoadReport) -> None:
        if report.stored == 500:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one_file_office.publisher.load(lines(*entries), progress=stop)
    kept = one_file_office.count("vault", "entry", "WHERE indexed")
    assert kept in (500, 1000)
    assert one_file_office.count("index", "posting") == 2 * kept
    assert one_file_office.publisher.load(lines(*entries)) == LoadReport(stored=1200 - kept, unchanged=kept)
    assert all(one_file_office.served(entry.party) == {1: {entry.id}} for entry in entries[::100])


def test_a_large_input_is_identified_in_other_processes_with_the_same_outcome(one_file_office: "Office") -> None:
    entries = many(2600)
    bad = replace(ENTRY, id="E-bad", party=Party(name="山田太郎"))
    faults: list[LineFault] = []
    given = [*lines(*entries[:2400]), *lines(bad), *lines(*entries[2400:])]
    assert one_file_office.publisher.load(given, on_fault=faults.append) == LoadReport(stored=2600, faulty=1)
    assert [fault.line for fault in faults] == [2401]
    assert all(one_file_office.served(entry.party) == {1: {entry.id}} for entry in entries[::100])


def test_input_is_read_only_as_far_as_it_is_worked_on(one_file_office: "Office") -> None:
    """Memory stays flat over a million lines."""
    read, stored, distance = 0, 0, 0

    def given() -> Iterator[bytes]:
        nonlocal read, distance
        for line in lines(*many(5000)):
            read += 1
            distance = max(distance, read - stored)
            yield line

    def see(report: LoadReport) -> None:
        nonlocal stored
        stored = report.lines

    one_file_office.publisher.load(given(), progress=see)
    assert distance <= 4000


def test_what_an_order_shares_tells_which_fields_the_entry_has(office: "Office") -> None:
    office.load(ENTRY)
    (row, *_) = office.rows(PARTY)
    assert row.fields == identify(PARTY).fields
    assert row.profile == tokens(identify(PARTY))[0].profile
    assert (row.reporters, row.effect, row.expires_on) == (2, Effect.HOLD, date(2031, 8, 15))


def test_entries_cannot_be_stored_before_there_is_an_epoch_for_them(one_file_office: "Office") -> None:
    with writing(one_file_office.engines["index"]) as connection:
        one_file_office.index.set_epoch(connection, Epoch(1, 99, EpochState.LIVE, 0.0))
    with pytest.raises(ConfigError, match="newer rules"):
        one_file_office.publisher.load(lines(ENTRY))
    assert one_file_office.counts()["entry"] == 0
