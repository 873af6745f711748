"""The command line as a person uses it: init, config, adapters, secret; where options stand; exit codes."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shopguard.adapter import Secret
from shopguard.cli import COMMANDS, main
from shopguard.cli.output import progress, say, show_table
from shopguard.crypto import Keyring, StoredSecrets

Run = Callable[..., Result]

SHOP = """
shops:
  main-store:
    platform: woocommerce
    url: https://shop.example.com
    webhook_secrets: [{stored: hook}]
    consumer_key: {env: SHOPGUARD_TEST_KEY}
    consumer_secret: {env: SHOPGUARD_TEST_KEY}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and an English terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOPGUARD_TEST_KEY", "key-secret")
    monkeypatch.delenv("SHOPGUARD_MASTER_KEY", raising=False)
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    return tmp_path


@pytest.fixture
def run() -> Run:
    def run(*words: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, words, input=stdin)

    return run


def test_init_makes_settings_that_pass_and_keys_that_load(run: Run) -> None:
    result = run("init")
    assert result.exit_code == 0
    assert "shopguard config check" in result.stdout
    assert Keyring.load(Path("var/keys.json")).open(Keyring.load(Path("var/keys.json")).seal(b"a")) == b"a"
    assert run("config", "check").stdout == "ok: 0 shops\n"


def test_init_refuses_to_overwrite_settings(run: Run) -> None:
    Path("config.yaml").write_text("# mine")
    result = run("init")
    assert result.exit_code == 1
    assert "--force" in result.stderr
    assert result.stdout == ""
    assert Path("config.yaml").read_text() == "# mine"
    assert not Path("var").exists()


def test_init_by_force_replaces_settings_but_never_keys(run: Run) -> None:
    run("init")
    keys = Path("var/keys.json").read_bytes()
    Path("config.yaml").write_text("# mine")
    result = run("init", "--force")
    assert result.exit_code == 0
    assert "kept var/keys.json" in result.stdout
    assert Path("config.yaml").read_text() != "# mine"
    assert Path("var/keys.json").read_bytes() == keys


@pytest.mark.parametrize(
    "words",
    [
        ("--config", "my/own.yaml", "--data-dir", "my/data", "init"),
        ("init", "--config", "my/own.yaml", "--data-dir", "my/data"),
        ("--config", "my/own.yaml", "init", "--data-dir", "my/data"),
        ("--config", "other.yaml", "init", "--config", "my/own.yaml", "--data-dir", "my/data"),
    ],
)
def test_the_places_may_stand_before_or_after_the_command(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 0
    assert sorted(str(path) for path in Path().rglob("*") if path.is_file()) == ["my/data/keys.json", "my/own.yaml"]


def test_the_places_may_stand_after_a_command_of_a_group(run: Run) -> None:
    Path("own.yaml").write_text("server: {threads: 3}")
    below = run("config", "show", "--json", "--config", "own.yaml")
    between = run("config", "--config", "own.yaml", "show", "--json")
    assert json.loads(below.stdout)["server"]["threads"] == json.loads(between.stdout)["server"]["threads"] == 3


def test_without_a_file_the_defaults_are_checked(run: Run) -> None:
    assert run("config", "check").stdout == "ok: 0 shops\n"


def test_a_named_file_that_is_missing_is_a_fault(run: Run) -> None:
    result = run("config", "check", "--config", "none.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "none.yaml: missing" in result.stderr


def test_check_names_every_fault_and_exits_with_1(run: Run) -> None:
    Path("config.yaml").write_text("sever: {}\nserver: {threads: many}\n")
    result = run("config", "check")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        'server.threads: must be a whole number, not "many"',
        "sever: unknown; did you mean server?",
    ]


def test_a_shop_with_a_stored_secret_passes(run: Run) -> None:
    run("init")
    Path("config.yaml").write_text(SHOP)
    assert "shopguard secret set hook" in run("config", "check").stderr
    run("secret", "set", "hook", stdin="hook-secret\n")
    assert run("config", "check").stdout == "ok: 1 shop\n"


def test_show_masks_every_secret(run: Run) -> None:
    run("init")
    Path("config.yaml").write_text(SHOP)
    run("secret", "set", "hook", stdin="hook-secret\n")
    result = run("config", "show")
    assert result.exit_code == 0
    assert "consumer_key: '***'" in result.stdout
    assert "hook-secret" not in result.stdout
    assert "key-secret" not in result.stdout


def test_secrets_are_set_listed_and_removed(run: Run) -> None:
    run("init")
    assert run("secret", "set", "b", stdin="two words\n").exit_code == 0
    assert run("secret", "set", "a", stdin="x").exit_code == 0
    assert run("secret", "list").stdout == "a\nb\n"
    assert json.loads(run("secret", "list", "--json").stdout) == ["a", "b"]
    stored = StoredSecrets(Path("var/secrets.enc"), Keyring.load(Path("var/keys.json")))
    assert stored.get("b") == Secret("two words")
    assert run("secret", "remove", "a").exit_code == 0
    assert run("secret", "list").stdout == "b\n"


def test_removing_an_unknown_secret_exits_with_1(run: Run) -> None:
    run("init")
    assert run("secret", "remove", "a").exit_code == 1


def test_a_secret_without_keys_names_the_remedy(run: Run) -> None:
    result = run("secret", "set", "a", stdin="x")
    assert result.exit_code == 1
    assert "shopguard init" in result.stderr


def test_a_master_key_in_the_environment_seals_the_keys(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPGUARD_MASTER_KEY", "a master key of more than 32 characters")
    run("init")
    assert run("secret", "set", "a", stdin="x").exit_code == 0
    monkeypatch.delenv("SHOPGUARD_MASTER_KEY")
    assert run("secret", "list").exit_code == 1


def test_adapters_shows_what_each_can_do(run: Run) -> None:
    rows = {row["platform"]: row for row in json.loads(run("adapters", "--json").stdout)}
    assert rows["woocommerce"]["hold"] is True
    columns = {"platform", "push", "poll", "fetch", "hold", "flag", "release", "kana", "ip", "cancel", "gate"}
    assert set(rows["woocommerce"]) == columns
    table = run("adapters").stdout.splitlines()
    assert set(table[0].split()) == columns
    assert len(table) == len(rows) + 1


@pytest.mark.parametrize("words", [("confg",), ("config", "chek"), ("config", "check", "--nope"), ("secret", "set")])
def test_a_wrong_call_exits_with_2(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert "--config" in result.stdout
    assert "--data-dir" in result.stdout


def test_help_imports_no_command(folder: Path) -> None:
    slow = ["yaml", "cattrs", "cryptography", "sqlalchemy", "flask", "shopguard.config", "shopguard.cli.settings"]
    program = (
        "import sys; from shopguard.cli import main; main(['--help'], standalone_mode=False);"
        f"print([name for name in {slow!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "init" in done.stdout
    assert done.stderr.strip() == "[]"


def test_the_package_can_be_run_as_a_module(folder: Path) -> None:
    words = [sys.executable, "-m", "shopguard", "config", "check"]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "ok: 0 shops\n"


def test_texts_follow_the_terminals_language(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    assert "次の手順" in run("init").stdout
    assert "設定を検査" in run("--help").stdout
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert say("yes", "はい") == "yes"


def test_a_table_counts_wide_characters_twice(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(["名前", "b"], [["x", True], ["yyyyyy", None]])
    assert capsys.readouterr().out == "名前    b\nx       yes\nyyyyyy  -\n"


def test_progress_shows_nothing_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with progress([1, 2], "load") as items:
        assert list(items) == [1, 2]
    assert pipe.getvalue() == ""


def test_progress_goes_to_stderr_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress([1, 2], "load") as items:
        list(items)
    assert "load" in terminal.getvalue()
    assert "100%" in terminal.getvalue()
    assert capsys.readouterr().out == ""
