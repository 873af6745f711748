"""The registry's commands, and what a database of another version says."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from shopguard.cli import main
from shopguard.crypto import Keyring
from shopguard.errors import ConfigError
from shopguard.storage.engine import migrate

ENTRY = {
    "id": "E-1",
    "category": "cod_refused",
    "party": {"name": "渡邊 太郎", "phones": ["090-0000-0001"], "emails": ["taro@example.jp"]},
    "reporters": 2,
    "first_on": "2025-03-01",
    "last_on": "2026-08-14",
}
ORDER = {"id": "1", "total": "5000", "payment": {"kind": "cod"}, "buyer": ENTRY["party"]}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Keyring.create(tmp_path / "var" / "keys.json")
    return tmp_path


def run(*arguments: str, given: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments, input=given)
    return result.exit_code, result.output


def verdict() -> str:
    code, output = run("screen", given=json.dumps(ORDER))
    assert code == 0, output
    found: str = json.loads(output.splitlines()[-1])["verdict"]
    return found


def test_a_blocked_entry_holds_nobody_even_if_it_is_loaded_again(home: Path) -> None:
    assert run("registry", "load", "-", given=json.dumps(ENTRY))[0] == 0
    assert verdict() == "hold"
    assert run("registry", "block", "E-1") == (0, "E-1: blocked\n")
    assert verdict() == "allow"
    run("registry", "load", "-", given=json.dumps({**ENTRY, "reporters": 5}))
    assert verdict() == "allow"


def test_blocking_what_is_not_there_says_so(home: Path) -> None:
    run("registry", "load", "-", given=json.dumps(ENTRY))
    assert run("registry", "block", "E-2") == (1, "E-2: there is no entry with this id\n")


def test_a_database_of_a_newer_version_is_a_clear_error(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version_guard SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="newer version"):
        migrate(engine, "guard")


def test_a_fresh_sign_in_link_is_printed(home: Path) -> None:
    run("registry", "load", "-", given=json.dumps(ENTRY))
    code, output = run("sign-in")
    assert code == 0
    assert output.startswith("http://127.0.0.1:8081/console/sign-in?token=")
    assert run("sign-in")[1] != output
