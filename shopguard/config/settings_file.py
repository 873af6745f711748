"""The settings file as a program changes it: kept as it was before, replaced whole or not at all, taken back."""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from shopguard.errors import ConfigError
from shopguard.private_file import exclusively

_KEPT = 20


class FileChanged(ConfigError):
    """Somebody else changed the settings file meanwhile; nothing was done."""


@dataclass(frozen=True, slots=True)
class Written:
    """A change that was made. ``version`` names the file as it is now; ``before`` is where it lies as it was."""

    version: str
    before: Path


class SettingsFile:
    """The file at ``path``. What it was before each change lies in ``kept``, newest 20; no secret is in any of them.

    Args:
        start: what a file that is not there yet begins with.
    """

    def __init__(self, path: Path, kept: Path, start: Callable[[], str] = lambda: "") -> None:
        self.path, self._kept, self._start = path, kept, start

    @property
    def text(self) -> str:
        try:
            return self.path.read_text("utf-8-sig")
        except FileNotFoundError:
            return self._start()
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"{self.path}: cannot be read") from None

    @property
    def version(self) -> str:
        return _version(self.text)

    def change(self, change: Callable[[str], str], check: Callable[[Path], object]) -> Written:
        """Replace the file by what ``change`` makes of it, once ``check`` has found no fault in that.

        Args:
            check: is given a file that holds the new text; what it raises is passed on, and nothing was changed.
        """
        with exclusively(self._kept / "settings"):
            before = self.text
            after = change(before)
            kept = self._kept / f"before-{_version(after)}.yaml"
            self._replace(after, check, lambda: kept.write_text(before, "utf-8"))
            self._forget_oldest()
        return Written(_version(after), kept)

    def can_undo(self, version: str) -> bool:
        """Whether the change that made the file ``version`` can be taken back: nothing came after it."""
        return self._before(version).exists() and self.version == version

    def undo(self, version: str) -> None:
        """Take back the change that made the file ``version``; ``FileChanged`` if it is another by now."""
        with exclusively(self._kept / "settings"):
            if not self.can_undo(version):
                raise FileChanged(f"{self.path}: was changed since; take the change back by hand")
            self._replace(self._before(version).read_text("utf-8"), lambda _: None, lambda: None)

    def _before(self, version: str) -> Path:
        return self._kept / f"before-{version if version.isalnum() else ''}.yaml"

    def _replace(self, text: str, check: Callable[[Path], object], keep: Callable[[], object]) -> None:
        target = self.path.resolve()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        except OSError as error:
            raise ConfigError(f"{self.path}: cannot be written: {error.strerror}") from None
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            check(Path(name))
            keep()
            if target.exists():
                shutil.copymode(target, name)
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)

    def _forget_oldest(self) -> None:
        kept = sorted(self._kept.glob("before-*.yaml"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-_KEPT]:
            path.unlink(missing_ok=True)


def _version(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def example_settings() -> str:
    """Return the settings with every default and what each is for: what a new file begins with."""
    return files("shopguard.config").joinpath("example.yaml").read_text("utf-8")
