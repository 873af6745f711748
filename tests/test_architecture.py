"""The rules of the house that a tool can check: who imports whom, style, types, and nothing of one machine."""

import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
PACKAGES = ("shopguard", "adapters", "webhooks")
CODE = (*PACKAGES, "tests", "bench")
BINARY = {".png", ".ico", ".woff2", ".db", ".gz"}


def run(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def own_files() -> Iterator[Path]:
    """Every file of the repository that a person wrote: neither hidden nor made by a tool."""
    for top in ROOT.iterdir():
        if top.name.startswith(".") and top.name != ".ci":
            continue
        for path in [top] if top.is_file() else top.rglob("*"):
            made = "__pycache__" in path.parts or any(part.endswith(".egg-info") for part in path.parts)
            if path.is_file() and not made and path.relative_to(ROOT).parts[0] != "var":
                yield path


@pytest.fixture
def loggers_as_they_were() -> Iterator[None]:
    """What configures logging for itself switches off every logger that is there: later tests read what those say."""
    loggers = [found for found in logging.root.manager.loggerDict.values() if isinstance(found, logging.Logger)]
    before = [(logger, logger.disabled) for logger in loggers]
    yield
    for logger, disabled in before:
        logger.disabled = disabled


@pytest.mark.usefixtures("loggers_as_they_were")
def test_nobody_imports_what_is_not_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0


def test_the_code_is_free_of_lint() -> None:
    run("ruff", "check", "--no-cache", *CODE)


def test_the_code_is_formatted() -> None:
    run("ruff", "format", "--check", "--no-cache", *CODE)


@pytest.mark.timeout(600)  # the first run of a fresh clone reads the types of every library
def test_the_types_are_strict() -> None:
    run("mypy", *(word for package in PACKAGES for word in ("-p", package)))


@pytest.mark.parametrize("package", PACKAGES)
def test_the_package_tells_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_of_code_is_a_package(package: str) -> None:
    """A folder without ``__init__.py`` would be left out by tools that look for packages."""
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    found_by_alembic = {folder for folder in folders if "migrations" in folder.parts and folder.name != "migrations"}
    assert {folder for folder in folders - found_by_alembic if not (folder / "__init__.py").exists()} == set()


MACHINE = re.compile(r"(?<![\w.:])/(?:wor[k]|roo[t]|home/[a-z]+|User[s]/[a-z]+)/[a-z]")
REGISTRY_HOST = re.compile(r"pypi\.or[g]|pythonhoste[d]|npmjs\.co[m]|nexu[s]\.|artifactor[y]")


@pytest.mark.parametrize("foreign", [MACHINE, REGISTRY_HOST], ids=["machine", "package registry"])
def test_no_file_knows_the_machine_it_was_made_on(foreign: re.Pattern[str]) -> None:
    found = {
        str(path.relative_to(ROOT)): match.group()
        for path in own_files()
        if path.suffix not in BINARY and (match := foreign.search(path.read_text("utf-8", "replace")))
    }
    assert found == {}
