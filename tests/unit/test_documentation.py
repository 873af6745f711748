"""What the documentation promises exists: commands and their options, files, settings, metrics, reasons, tables."""

import re
import shlex
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from unicodedata import category

import click
import pytest

from shopguard.cli import COMMANDS, main
from shopguard.cli.invocation import Invocation
from shopguard.config import Language
from shopguard.guard.wording import _REASONS, reason
from shopguard.storage.tables import metadata

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(page for folder in ("docs", "adapters", "webhooks", "bench") for page in (ROOT / folder).rglob("*.md")),
    ]
)
SHELLS = {"", "sh", "bash", "console"}
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
_ENDINGS = {"db", "yaml", "py"}  # registry.db is a file, registry.name a setting
NEXT_COMMAND = {"|", "||", "&&", "&", ";", "("}


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


def docs(name: str) -> str:
    return text_of(ROOT / "docs" / name)


# --- links ----------------------------------------------------------------------------------------------------------


@each_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(without_code(text_of(page))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        aim = (page.parent / file).resolve() if file else page
        assert aim.exists(), target
        if anchor:
            assert anchor in anchors(aim), target


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def anchors(page: Path) -> set[str]:
    """The anchors that headings get: small letters, digits, hyphens for spaces, everything else dropped."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(page)), re.MULTILINE)
    kept = ("".join(c for c in heading.lower() if c in " -_" or category(c)[0] in "LN") for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in kept}


# --- commands -------------------------------------------------------------------------------------------------------


def command_lines(page: Path) -> Iterator[list[str]]:
    """Yield the words behind each ``shopguard`` in a shell block."""
    for _, language, block in FENCE.findall(text_of(page)):
        if language in SHELLS:
            for line in block.replace("\\\n", " ").splitlines():
                yield from calls(line)


def calls(line: str) -> Iterator[list[str]]:
    if "shopguard" not in line or line.lstrip().startswith(("alias", "#")):
        return
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    call: list[str] | None = None
    first = True
    for word in lexer:
        if set(word) <= set("|&;()<>"):
            if call is not None:
                yield call
            call, first = None, word in NEXT_COMMAND
        elif call is not None:
            call.append(word)
        elif word.endswith("bin/shopguard") or (first and word == "shopguard"):
            call = []
        else:
            first = first and (word == "$" or "=" in word)
    if call is not None:
        yield call


def parse(words: list[str]) -> None:
    """Let click read a whole command line without running anything; raises ``UsageError``."""
    command: click.Command = main
    context: click.Context | None = None
    while isinstance(command, click.Group):
        context = click.Context(command, context, info_name=command.name, obj=Invocation())
        _, rest, _ = command.make_parser(context).parse_args(list(words))
        if not rest:
            return
        _, found, words = command.resolve_command(context, rest)
        assert found is not None
        command = found
    with command.make_context(command.name, list(words), parent=context):
        pass  # files that click opened while reading are closed again


def found_here(word: str, folder: Path) -> str:
    """Put an empty file where a command line names one: click opens some files while it reads the line."""
    if "/" not in word and not re.fullmatch(r"[\w-]+\.(jsonl?|tgz|csv|yaml|pdf|eml)", word):
        return word
    if word.startswith("-") or "://" in word:
        return word
    path = folder / word.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix and not path.exists():
        path.touch()
    return str(path)


@each_page
def test_every_command_line_is_one_that_shopguard_understands(page: Path, tmp_path: Path) -> None:
    for words in command_lines(page):
        if not {"--help", "--version"} & set(words):
            parse([found_here(word, tmp_path) for word in words])


def test_the_reader_of_command_lines_finds_them_and_refuses_wrong_ones() -> None:
    line = "openssl rand -hex 32 | NAME=1 .venv/bin/shopguard secret set KEY > out  # as shopguard says"
    assert list(calls(line)) == [["secret", "set", "KEY"]]
    assert list(calls("systemctl restart shopguard")) == []
    for wrong in (
        ["secrets"],
        ["replay", "seventeen"],
        ["serve", "--roles", "all"],
        ["data", "export", "main-store"],
    ):
        with pytest.raises(click.UsageError):
            parse(wrong)


@each_page
def test_every_command_named_in_a_sentence_exists(page: Path) -> None:
    for call in re.findall(r"`shopguard ([a-z][^`]*)`", FENCE.sub("", text_of(page))):
        command: click.Command | None = main
        for word in call.split():
            if not isinstance(command, click.Group) or not re.fullmatch(r"[a-z]+", word):
                break
            command = command.get_command(click.Context(command), word)
            assert command is not None, call


def test_every_command_is_told_of() -> None:
    told = text_of(ROOT / "README.md") + "".join(text_of(page) for page in (ROOT / "docs").rglob("*.md"))
    # `shopguard reviews` · `release ORDER`: what follows in one line need not repeat the program's name
    missing = [name for name in COMMANDS if not re.search(rf"(`|shopguard ){name}\b", told)]
    assert not missing


# --- the lists ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", _REASONS)
def test_every_reason_is_explained(code: str) -> None:
    japanese, english = (reason(code, language).text for language in (Language.JA, Language.EN))
    assert f"| `{code}` | {japanese} | {english} |" in docs("policy.md")


def sources(*folders: str) -> str:
    return "".join(path.read_text("utf-8") for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))


def test_every_metric_is_explained() -> None:
    metrics = set(re.findall(r'"(shopguard_\w+)"', (ROOT / "shopguard/web/health.py").read_text("utf-8")))
    assert metrics
    assert not {metric for metric in metrics if f"`{metric}" not in docs("operations.md")}


def test_every_event_of_the_log_is_explained() -> None:
    events = set(re.findall(r'_log\.\w+\(\s*"(\w+)"', sources("shopguard", "webhooks", "adapters")))
    events |= set(re.findall(r'_tell\("(\w+)"', sources("shopguard")))
    assert events
    assert not {event for event in events if f"`{event}`" not in docs("operations.md")}


def test_every_table_is_explained() -> None:
    created = set(re.findall(r'create_table\(\s*"(\w+)"', sources("shopguard/storage/migrations")))
    assert set(metadata.tables) <= created
    assert not {table for table in created if f"| `{table}` |" not in docs("how-it-works.md")}


def test_every_setting_named_with_its_section_exists() -> None:
    example = text_of(ROOT / "config.example.yaml")
    sections = set(re.findall(r"^(\w+):", example, re.MULTILINE))
    named = [found for page in PAGES for found in re.findall(r"`(\w+)\.(\w+)`", text_of(page))]
    settings = [(section, key) for section, key in named if section in sections and key not in _ENDINGS]
    assert settings
    for section, key in settings:
        block = re.search(rf"^{section}:\n(.*?)(?=^\w)", example, re.MULTILINE | re.DOTALL)
        assert block, section
        assert re.search(rf"^ +{key}:", block[1], re.MULTILINE), f"{section}.{key}"


def test_every_platform_has_its_page_and_stands_in_the_table() -> None:
    table = text_of(ROOT / "adapters" / "README.md")
    platforms = {
        entry.name for entry in entry_points(group="shopguard.adapters") if entry.value.startswith("adapters.")
    }
    assert platforms
    for platform in platforms:
        assert f"[{platform}]({platform}/README.md)" in table
        assert (ROOT / "adapters" / platform / "README.md").exists()


def test_the_service_file_calls_shopguard_rightly(tmp_path: Path) -> None:
    (line,) = re.findall(r"^ExecStart=(.+)$", docs("shopguard.service"), re.MULTILINE)
    (words,) = calls(line)
    parse([found_here(word, tmp_path) for word in words])


# --- the whole ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docs" / "shopguard.service"], ids=name_of)
def test_nothing_unfinished_or_of_one_machine_is_left(page: Path) -> None:
    text = text_of(page)
    assert not re.search(r"\b(TODO|FIXME|XXX|TBD)\b", text)
    assert not re.search(r"(^|[\s\"'`=(])/(home|Users|root|work|private|mnt)/", text, re.MULTILINE)
