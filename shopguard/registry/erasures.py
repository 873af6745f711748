"""The journal of erasures: which keys were destroyed, kept outside every backup, so that none brings anybody back.

It names nobody: a line holds random numbers and a moment, and a value of the destroyed key that leads nowhere.
"""

import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from shopguard.errors import ConfigError, StoreUnavailable
from shopguard.private_file import exclusively, read_private, write_private

JOURNAL = "erasures.jsonl"
"""The file's name in a data directory."""

NONE = "none"
"""What an operator says who knows that nothing was erased since a backup, or accepts not to know what."""


class Begun(msgspec.Struct, frozen=True, tag="journal"):
    """The first line. ``id`` is what the stores know a journal by.

    ``restored``: begun beside stores out of a backup; what was erased since that was made is not known.
    """

    id: str
    at: float
    restored: bool = False


class Erased(msgspec.Struct, frozen=True, tag="erased", omit_defaults=True):
    """One key was destroyed: that of record ``number``, which is ``key`` in ``EntryKey.mark``.

    ``handle`` (hexadecimal) is what an entry went by in the index.
    """

    at: float
    number: int
    key: str
    handle: str = ""


class Declared(msgspec.Struct, frozen=True, tag="declared"):
    """Somebody said what was erased since the backup that the stores are out of.

    ``source`` is the id of the journal that was given, of ``size`` bytes, or ``NONE``. ``cut``: it may have had more.
    """

    at: float
    by: str
    source: str
    size: int = 0
    cut: bool = False


class Settled(msgspec.Struct, frozen=True, tag="settled"):
    """All of the above is done in the stores, so that no declaration stands any more."""

    at: float


class Exported(msgspec.Struct, frozen=True, tag="exported"):
    """The last line of a copy: how many lines it has before this one, and the SHA-256 of them. Says it is whole."""

    lines: int
    sha256: str


Line = Begun | Erased | Declared | Settled | Exported
_decoder = msgspec.json.Decoder(Line)
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Content:
    """A journal as it was read: its lines, each with the byte it ends at."""

    begun: Begun
    lines: Sequence[tuple[int, Line]]

    @property
    def end(self) -> int:
        return max(end for end, line in self.lines if not isinstance(line, Exported))

    @property
    def declaration(self) -> Declared | None:
        """The last declaration that nothing was settled by yet, or None."""
        said = [line for _, line in self.lines if isinstance(line, Declared | Settled)]
        return said[-1] if said and isinstance(said[-1], Declared) else None

    @property
    def nobody_has_said(self) -> bool:
        """Whether the stores beside it are out of a backup, and it is not known what was erased since."""
        return self.begun.restored and not any(isinstance(line, Declared) for _, line in self.lines)

    def erased(self, start: int = 0) -> Sequence[Erased]:
        """Return what was erased, from byte ``start`` on."""
        return [line for end, line in self.lines if end > start and isinstance(line, Erased)]


def read_journal(content: bytes, where: str) -> Content:
    """Return what is in a journal, up to its last whole line; ``ConfigError`` if it is none, or damaged."""
    end, lines = 0, list[tuple[int, Line]]()
    for text in _whole_lines(content).splitlines(keepends=True):
        try:
            line = _decoder.decode(text)
        except msgspec.DecodeError:
            raise ConfigError(
                f"{where}, line {len(lines) + 1}: is no journal of erasures, or is damaged: take another copy"
            ) from None
        if isinstance(line, Exported) and line != _exported(content[:end], len(lines)):
            raise ConfigError(
                f"{where}: is not as it was exported, says its line {len(lines) + 1}: take another copy"
            )
        end += len(text)
        lines.append((end, line))
    first = lines[0][1] if lines else None
    if not isinstance(first, Begun):
        raise ConfigError(f"{where}: is no journal of erasures: those begin with their own id")
    return Content(first, lines)


def read_copy(content: bytes, where: str) -> Content:
    """Return what is in a journal that was exported; ``ConfigError`` too where its end is cut off.

    What stood there may be somebody's erasure, and nothing but the last line tells.
    """
    found = read_journal(content, where)
    last = len(found.lines)
    if not content.endswith(b"\n"):
        raise ConfigError(f"{where}: is cut off in line {last + 1}: {_ANOTHER}")
    if not isinstance(found.lines[-1][1], Exported):
        raise ConfigError(f"{where}: ends with line {last}, which is not the last of an export: {_ANOTHER}")
    return found


_ANOTHER = (
    "run `shopguard registry erasures export FILE` again where the journal is, or take another copy. If this is the "
    "last one there is, `shopguard registry erasures apply FILE --cut-off` goes by what is left of it"
)


def _exported(content: bytes, lines: int) -> Exported:
    return Exported(lines, sha256(content).hexdigest())


class ErasureJournal:
    """The file at ``path``, which only grows; several processes of one machine may write to it.

    ``clock`` is Unix seconds. ``StoreUnavailable`` where it cannot be written: then nothing is destroyed.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self.path, self._clock = path, clock

    def add(self, number: int, key: str, handle: bytes = b"") -> None:
        """Keep, before it is done, that the key of a record is destroyed; on the disk on return.

        What stands there already is not written again.
        """
        self._append(Erased(self._clock(), number, key, handle.hex()), unless=key.encode())

    def begin(self, *, restored: bool = False) -> None:
        """Make the journal if there is none."""
        if not self.path.exists():
            first = Begun(secrets.token_hex(16), self._clock(), restored)
            with suppress(FileExistsError):  # another process has been quicker
                write_private(self.path, _encode(first) + b"\n", replace=False)

    def declare(self, by: str, given: bytes | None, *, cut: bool = False) -> None:
        """Take in the exported journal ``given`` (its bytes), or the word of ``by`` that there is none to be had.

        ``ConfigError`` if it cannot be read. Where nothing was erased here yet, the one given goes on here.

        Args:
            cut: ``by`` knows that its end may be missing.
        """
        source, size = NONE, 0
        if given is not None:
            other = (read_journal if cut else read_copy)(given, "the journal given")
            source, size = other.begun.id, other.end
            if not self.path.exists() or not self.read().erased():
                write_private(self.path, given[: other.end])
            known = {(line.number, line.key) for line in self.read().erased()}
            for line in other.erased():
                if (line.number, line.key) not in known:
                    self._append(line)
        self._append(Declared(self._clock(), by, source, size, cut))

    def settled(self) -> None:
        """Keep that everything so far is done in the stores."""
        self._append(Settled(self._clock()))

    def read(self) -> Content:
        """Return what is in it; ``ConfigError`` where it is missing or damaged."""
        return read_journal(read_private(self.path), str(self.path))

    def export(self) -> bytes:
        """Return the whole journal, to be kept on another machine; its last line says that nothing is missing."""
        content = _whole_lines(read_private(self.path))
        return content + _encode(_exported(content, content.count(b"\n"))) + b"\n"

    def _append(self, line: Line, unless: bytes | None = None) -> None:
        self.begin()
        with exclusively(self.path):
            try:
                _append_durably(self.path, _encode(line) + b"\n", unless)
            except OSError as error:
                raise StoreUnavailable(f"{self.path}: cannot be written: {error.strerror}") from None


def _append_durably(path: Path, line: bytes, unless: bytes | None) -> None:
    with path.open("r+b") as file:
        content = _whole_lines(file.read())
        if unless is not None and unless in content:
            return
        file.seek(len(content))
        file.truncate()  # what a crash left of a line was never acted upon
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _whole_lines(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]
