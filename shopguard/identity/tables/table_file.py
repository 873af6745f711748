"""The compiled table as one file: a mapped trie of all keys, the records they lead to, and a checksum at the end."""

import json
import mmap
import os
import struct
import zlib
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

import marisa_trie

_END = struct.Struct(
    "<8sQQQQI"
)  # mark, where offsets, records and facts begin, size of it all, checksum before the end
_MARK = b"SGTABLE1"
_CHUNK = 1 << 20


class TableDamaged(Exception):
    """The file is not a whole table: cut off, changed or of another kind."""


class TableFile:
    """A table opened for reading: mapped, so that all processes share its pages. Safe between threads and forks."""

    def __init__(self, path: Path) -> None:
        offsets, records, facts = _checked(path)
        self._trie = marisa_trie.Trie()
        self._trie.mmap(str(path))
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._offsets = memoryview(self._map)[offsets:records].cast("I")
        self._records = records
        self.facts: Mapping[str, object] = json.loads(self._map[facts : -_END.size])

    def number(self, key: str) -> int | None:
        """Return the number of the record of exactly this key."""
        found: int | None = self._trie.get(key)
        return found

    def get(self, key: str) -> str | None:
        """Return the record of exactly this key."""
        found = self._trie.get(key)
        return None if found is None else self.record(found)

    def __getitem__(self, key: str) -> str:
        return self.record(self._trie[key])

    def __contains__(self, key: str) -> bool:
        return key in self._trie

    def prefixes(self, key: str) -> list[tuple[str, int]]:
        """Return the keys that ``key`` starts with, shortest first, each with the number of its record."""
        return list(self._trie.iter_prefixes_with_ids(key))

    def keys(self, start: str) -> Iterator[str]:
        """Return all keys that begin so, in no order."""
        return iter(self._trie.keys(start))

    def record(self, number: int) -> str:
        """Return the record of that number."""
        start = self._records + self._offsets[number]
        return self._map[start : self._map.find(b"\n", start)].decode()


def write_table(path: Path, entries: Mapping[str, str], facts: Mapping[str, object]) -> None:
    """Write the table under another name and put it in its place when it is whole; records hold no line break.

    Raises: OSError where the folder cannot be written.
    """
    trie = marisa_trie.Trie(entries)
    offsets, records = array("I", bytes(4 * len(trie))), bytearray()
    placed: dict[str, int] = {}
    for key, record in entries.items():
        where = placed.get(record)
        if where is None:
            where = placed[record] = len(records)
            records += record.encode() + b"\n"
        offsets[trie[key]] = where
    content = bytearray(trie.tobytes())
    content += bytes(-len(content) % 8)
    starts = []
    for part in (offsets.tobytes(), records, json.dumps(dict(facts)).encode()):
        starts.append(len(content))
        content += part
    content += _END.pack(_MARK, *starts, len(content) + _END.size, zlib.crc32(content))
    _put(path, content)


def _put(path: Path, content: bytes | bytearray) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        written = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            written.chmod(0o644)
            written.replace(path)
        except BaseException:
            written.unlink(missing_ok=True)
            raise


def _checked(path: Path) -> tuple[int, int, int]:
    """Return where offsets, records and facts begin; the checksum of 10 MB takes milliseconds and keeps no memory."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size <= _END.size:
            raise TableDamaged(path.name)
        file.seek(-_END.size, os.SEEK_END)
        mark, offsets, records, facts, told, checksum = _END.unpack(file.read())
        if (mark, told) != (_MARK, size):
            raise TableDamaged(path.name)
        file.seek(0)
        left, found = size - _END.size, 0
        while left and (chunk := file.read(min(left, _CHUNK))):
            left, found = left - len(chunk), zlib.crc32(chunk, found)
        if found != checksum:
            raise TableDamaged(path.name)
    return offsets, records, facts
