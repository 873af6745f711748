"""Taking over an installation whose one database held the whole registry."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.model import Entry, Party
from shopguard.registry.adopt import adopt
from shopguard.storage.engine import migrate, open_engine, sqlite_url
from tests.integration.publishing.conftest import ENTRY, PARTY, Crash, lines, many

if TYPE_CHECKING:
    from tests.integration.publishing.conftest import Office


@pytest.fixture
def guard_keys(tmp_path: Path) -> Keyring:
    return Keyring.create(tmp_path / "keys.json")


@pytest.fixture
def former(office: "Office", guard_keys: Keyring) -> Iterator["Former"]:
    made = Former(office, guard_keys)
    yield made
    made.engine.dispose()


class Former:
    """The first form of the registry, beside an office: in ``registry.db``, or the public schema of PostgreSQL."""

    def __init__(self, office: "Office", keyring: Keyring) -> None:
        self.office, self.keyring = office, keyring
        self.file = office.folder / "registry.db"
        self.engine = open_engine(office.url or sqlite_url(self.file))
        migrate(self.engine, "registry")

    def hold(self, *entries: Entry, blocked: Sequence[str] = ()) -> None:
        vault = sa.text("INSERT INTO vault_entry (number, id, sealed) VALUES (:number, :id, :sealed)")
        index = sa.text(
            "INSERT INTO index_entry (number, handle, category, reporters, last_on, may_hold, fields, blocked)"
            " VALUES (:number, :id, 'unpaid', 2, '2026-08-14', :yes, 1, :blocked)"
        )
        with self.engine.begin() as connection:
            for number, entry in enumerate(entries, start=1):
                record = msgspec.msgpack.encode({"entry": entry, "locators": [bytes(16)]})
                sealed = self.keyring.seal(record)
                connection.execute(vault, {"number": number, "id": entry.id, "sealed": sealed})
                blocks = entry.id in blocked
                connection.execute(index, {"number": number, "id": entry.id, "yes": True, "blocked": blocks})
        self.engine.dispose()

    def adopted(self, *stop_at: int) -> tuple[int, list[tuple[int, int]]]:
        """Have it taken over, and tell how many entries there were and what progress was told."""
        told: list[tuple[int, int]] = []

        def progress(done: int, total: int) -> None:
            told.append((done, total))
            if done in stop_at:
                raise Crash

        placing = self.office.publisher.placing
        return adopt(self.office.folder, self.office.url, self.keyring, placing, progress), told

    def is_left(self) -> bool:
        if self.office.url is None:
            return self.file.exists()
        return bool({"vault_entry", "index_entry"} & set(sa.inspect(self.engine).get_table_names(schema="public")))


def test_entries_are_met_as_before_and_blocked_ones_are_not(former: Former) -> None:
    other = replace(ENTRY, id="E-2")
    former.hold(ENTRY, other, *many(2), blocked=["E-2"])
    assert former.adopted() == (4, [(0, 4), (4, 4)])
    assert former.office.served(PARTY) == {1: {"E-1"}}
    assert former.office.served(many(1)[0].party) == {1: {"E-0000"}}
    assert not former.is_left()
    assert former.office.publisher.load(lines(ENTRY, other, *many(2))).unchanged == 4
    former.office.publisher.unblock("E-2")
    assert former.office.served(PARTY) == {1: {"E-1", "E-2"}}


def test_a_second_start_finds_nothing_to_take_over(former: Former) -> None:
    former.hold(ENTRY)
    former.adopted()
    assert former.adopted() == (0, [])


def test_what_broke_off_goes_on(former: Former) -> None:
    entries = many(1100)
    former.hold(*entries, blocked=["E-0001", "E-0900"])
    with pytest.raises(Crash):
        former.adopted(500)
    assert former.is_left()
    assert former.office.counts()["entry"] == 500
    former.office.open()
    assert former.adopted()[0] == 1100
    assert former.office.counts()["entry"] == 1100
    assert len(former.office.locators(1)) == 2 * 1098
    assert [former.office.served(entries[at].party) for at in (0, 1, 899, 900, 1099)] == [
        {1: {"E-0000"}},
        {1: set()},
        {1: {"E-0899"}},
        {1: set()},
        {1: {"E-1099"}},
    ]


def test_an_entry_that_is_in_the_stores_already_is_newer_and_stays(former: Former) -> None:
    moved = replace(ENTRY, party=Party(phones=("090-0000-3333",), emails=("new@example.jp",)))
    former.office.load(moved)
    former.hold(ENTRY)
    former.adopted()
    assert former.office.served(PARTY) == {1: set()}
    assert former.office.served(moved.party) == {1: {"E-1"}}


def test_an_entry_that_the_present_rules_find_nothing_in_is_kept(former: Former) -> None:
    nameless = replace(ENTRY, party=Party(name="山田"))
    former.hold(nameless)
    assert former.adopted()[0] == 1
    assert former.office.publisher.erase("E-1")


def test_where_there_was_no_first_form_there_is_nothing_to_do(office: "Office", guard_keys: Keyring) -> None:
    assert adopt(office.folder, office.url, guard_keys, office.publisher.placing) == 0
    assert not list(office.folder.glob("registry.db*"))


def test_nothing_that_was_sealed_is_left_in_the_file_that_is_put_aside(
    one_file_office: "Office", guard_keys: Keyring
) -> None:
    former = Former(one_file_office, guard_keys)
    former.hold(ENTRY)
    with former.engine.connect() as connection:
        (sealed,) = connection.execute(sa.text("SELECT sealed FROM vault_entry")).one()
    former.engine.dispose()
    assert bytes(sealed) in former.file.read_bytes()
    former.adopted()
    assert not former.file.exists()
    assert bytes(sealed) not in (one_file_office.folder / "registry.db.taken-over").read_bytes()
