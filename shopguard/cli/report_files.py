"""The evidence that a report names, as it lies on this machine: found, read, and named so that it can be sent."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from shopguard.cli.running import Refused
from shopguard.registry.client.evidence import names_to_send
from shopguard.registry.reports.model import ReportContent
from shopguard.registry.reports.wording import QUESTIONS, both

_LARGEST = 10 * 1024 * 1024  # bytes; the registry takes no larger file

Files = Mapping[str, Path]
"""By the names they are sent under."""


def named(paths: Sequence[Path]) -> Files:
    """Return the files by names that can be sent: 請求書.pdf goes as evidence-1.pdf."""
    different = list(dict.fromkeys(paths))
    return dict(zip(names_to_send(path.name for path in different), different, strict=True))


def beside(folder: Path, names: Sequence[str]) -> Sequence[Path]:
    """Return the files that a list names, which lie in its own folder or below; ``Refused`` for any other.

    A list may come from somebody else: it does not decide which files of this machine are sent away.
    """
    return [_below(folder, name) for name in names]


def contents(files: Files) -> Mapping[str, bytes]:
    """Return the bytes of each file; ``Refused`` if one cannot be read or is too large."""
    return {name: _read(path) for name, path in files.items()}


def showing(content: ReportContent, files: Files) -> ReportContent:
    """Return the report whose answers name the files as they are sent.

    An answer may name a file by its path or its name alone; where no answer names any, all files show every answer.
    """
    sent = {str(path): name for name, path in files.items()} | {path.name: name for name, path in files.items()}
    told = content.answers.evidence
    if not any(told.values()):
        evidence = dict.fromkeys(QUESTIONS, tuple(files))
    else:
        evidence = {
            question: tuple(sent.get(name, name) for name in told.get(question, ())) for question in QUESTIONS
        }
    return replace(content, answers=replace(content.answers, evidence=evidence))


def as_here(text: str, files: Files) -> str:
    """Return what is said of a file, by the name that it has on this machine: one for each line."""
    lines = (line.partition(": ") for line in text.splitlines())
    return "\n".join((files[name].name if name in files else name) + colon + rest for name, colon, rest in lines)


def _below(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Refused(
            both(
                "証拠ファイルは、一覧と同じフォルダーかその下に置いてください。",
                "evidence must lie in the list's own folder or below it",
            )
        )
    return path


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise Refused(f"{path.name}: " + both("10MBを超えています。", "larger than 10 MB"))
        return path.read_bytes()
    except OSError:
        raise Refused(f"{path.name}: " + both("ファイルを読み取れません。", "the file cannot be read")) from None
