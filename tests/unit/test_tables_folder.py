"""Where the compiled table lives: made once, noticed when damaged, shared, never half written."""

import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from shopguard.identity.tables import Content, Progress, TablesUnusable, compiling, folder, tables
from shopguard.identity.tables.folder import refresh, table_path, tables_folder, use_folder
from shopguard.identity.tables.table_file import TableDamaged, TableFile, write_table

CONTENT = Content(1, 2, 3, 4, 5, 6, 7)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.tables"
    write_table(path, {"a": "one", "ab": "two", "b": "one", "c": ""}, {"version": "1"})
    return path


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has opened nothing and was told no folder."""
    monkeypatch.delenv("SHOPGUARD_TABLES")
    monkeypatch.setattr(folder, "_process", folder._Process())


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Compiles in no time what the session's table holds; the files written are listed."""
    whole = table_path(tables_folder())
    tables()
    written: list[Path] = []

    def copy(path: Path, facts: Mapping[str, object], *_: object) -> Content:
        shutil.copy(whole, path)
        written.append(path)
        return CONTENT

    monkeypatch.setattr(compiling, "compile_table", copy)
    return written


def test_records_come_back_by_key_and_by_prefix(small: Path) -> None:
    file = TableFile(small)
    assert (file["a"], file.get("ab"), file.get("c"), file.get("d")) == ("one", "two", "", None)
    assert [(key, file.record(number)) for key, number in file.prefixes("abc")] == [("a", "one"), ("ab", "two")]
    assert "b" in file and "ba" not in file
    assert sorted(file.keys("a")) == ["a", "ab"]
    assert file.facts == {"version": "1"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[:100],
        lambda whole: whole[:-1],
        lambda whole: whole[: len(whole) // 2] + whole[len(whole) // 2 + 8 :],
        lambda whole: whole[:20] + bytes([whole[20] ^ 1]) + whole[21:],
        lambda whole: whole + b"x",
        lambda whole: os.urandom(len(whole)),
    ],
)
def test_a_damaged_file_is_noticed(small: Path, damage: Callable[[bytes], bytes]) -> None:
    small.write_bytes(damage(small.read_bytes()))
    with pytest.raises(TableDamaged):
        TableFile(small)


def test_an_interrupted_writing_leaves_the_old_file_alone(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="No space"):
        write_table(small, {"z": "new"}, {})
    assert [path.name for path in small.parent.iterdir()] == [small.name]
    assert TableFile(small)["a"] == "one"


def test_an_open_table_outlives_its_replacement(small: Path) -> None:
    old = TableFile(small)
    write_table(small, {"z": "new"}, {})
    assert old["ab"] == "two"
    assert TableFile(small)["z"] == "new"


@pytest.mark.usefixtures("fresh")
def test_the_folder_is_the_named_one_then_that_of_the_process_then_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert tables_folder() == tmp_path / "cache" / "shopguard"
    use_folder(tmp_path / "own")
    assert tables_folder() == tmp_path / "own"
    monkeypatch.setenv("SHOPGUARD_TABLES", str(tmp_path / "named"))
    assert tables_folder() == tmp_path / "named"


def test_a_table_is_compiled_once_and_said_so(compiled: list[Path], fresh: None, tmp_path: Path) -> None:
    said: list[str] = []
    use_folder(tmp_path / "new", lambda step, done: said.append(step))
    assert tables().postal("1050011")
    use_folder(tmp_path / "new")
    assert tables().postal("1050011")
    assert compiled == [table_path(tmp_path / "new")]
    assert said == ["compiling the tables of places and names, once (about 10 s)"]


def test_a_damaged_table_is_compiled_again(compiled: list[Path], fresh: None, tmp_path: Path) -> None:
    use_folder(tmp_path)
    table_path(tmp_path).write_bytes(b"cut off")
    assert tables().postal("1050011")
    assert len(compiled) == 1


def test_threads_that_ask_at_once_compile_once(compiled: list[Path], fresh: None, tmp_path: Path) -> None:
    use_folder(tmp_path)
    found = []
    threads = [threading.Thread(target=lambda: found.append(tables())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(compiled) == 1
    assert len({id(each) for each in found}) == 1


def test_a_folder_that_cannot_be_made_is_replaced_by_a_temporary_one(
    compiled: list[Path], fresh: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said: list[str] = []
    use_folder(tmp_path / "file" / "tables", lambda step, done: said.append(step))
    assert tables().postal("1050011")
    (path,) = compiled
    assert path.parent.parent == tmp_path
    assert any(step.startswith("cannot write to") for step in said)


def test_a_temporary_folder_of_somebody_else_is_not_trusted(
    compiled: list[Path], fresh: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / f"shopguard-tables-{os.getuid()}").mkdir(mode=0o755)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    use_folder(tmp_path / "file" / "tables")
    with pytest.raises(TablesUnusable, match="SHOPGUARD_TABLES"):
        tables()


def test_refreshing_where_nothing_can_be_written_names_the_remedy(compiled: list[Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(TablesUnusable, match="name another folder in SHOPGUARD_TABLES"):
        refresh(tmp_path / "file" / "tables")


def test_refreshing_removes_older_tables_and_leftovers(compiled: list[Path], tmp_path: Path) -> None:
    (tmp_path / "places-0123456789abcdef.tables").write_bytes(b"old")
    (tmp_path / ".places-0123456789abcdef.tables-x1").write_bytes(b"interrupted")
    (tmp_path / "other.txt").write_bytes(b"not ours")
    report = refresh(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.txt", report.path.name]
    assert (report.content, report.size) == (CONTENT, report.path.stat().st_size)


def test_what_is_imported_changes_the_name_of_the_table(tmp_path: Path) -> None:
    before = table_path(tmp_path)
    (tmp_path / "imported-towns.gz").write_bytes(b"x")
    assert table_path(tmp_path) != before


def test_a_forked_child_can_look_things_up(tmp_path: Path) -> None:
    parent = tables().postal("1050011")
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_postal, ("1050011",)) == parent


def _postal(code: str) -> Iterable[object]:
    return tables().postal(code)


def test_a_fork_while_another_thread_compiles_does_not_lock_the_child(fresh: None) -> None:
    with folder._process.lock:
        child = os.fork()
        if child == 0:
            os._exit(0 if folder._process.lock.acquire(timeout=5) else 1)
        assert os.waitpid(child, 0)[1] == 0


@pytest.mark.timeout(300)
def test_importing_and_compiling_for_real(tmp_path: Path) -> None:
    """Everything in one: an imported town is found, tokens keep the base, and the report counts."""
    from shopguard.identity.tables import import_towns
    from shopguard.identity.tables.lookup import Tables

    (tmp_path / "towns.csv").write_text("code,town,kana\n13103,芝公園幻台,シバコウエンマボロシダイ\n", "utf-8")
    steps: list[float] = []
    progress: Progress = lambda step, done: steps.append(done)  # noqa: E731
    report = import_towns(tmp_path / "towns.csv", tmp_path, progress)
    made = Tables(TableFile(report.path))
    (length, found), *_ = made.towns("13103", "芝公園幻台4")
    assert (length, found.name, found.base, found.has_chome) == (5, "芝公園幻台", "芝公園", None)
    assert made.towns("13103", "しばこうえんまぼろしだい4")[0][1] == found
    assert report.content.imported_towns == 1
    assert report.content.municipalities == 1912
    assert report.content.faults == ()
    assert made.version == report.version
    assert steps == sorted(steps)
    assert steps[-1] == 1.0
