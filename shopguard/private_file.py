"""Files with secrets: closed to other users, replaced whole or not at all, changed by one process at a time."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopguard.errors import ConfigError

KEYS_FOLDER = "registry-keys"
"""Where in a data directory the key files of the registry and of its members lie, apart from what they open."""


def stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what differs after every replacement of the file, or None if there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def read_private(path: Path) -> bytes:
    """Return what is in ``path``; ``ConfigError`` if it is missing, cannot be read or is open to other users."""
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise ConfigError(f"{path}: can be read by other users; run: chmod 600 {path}")
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path}: missing; run `shopguard init`, or restore it from a backup") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def write_private(path: Path, content: bytes, *, replace: bool = True) -> None:
    """Put ``content`` at ``path`` durably and at once: a crash leaves the old file or the new one, never a part.

    Without ``replace``, a file that is there already is a ``FileExistsError``.
    """
    with _writable(path):
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # of mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                Path(name).replace(path)
            else:
                path.hardlink_to(name)  # unlike a rename, refuses to replace
        finally:
            Path(name).unlink(missing_ok=True)
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def exclusively(path: Path) -> Iterator[None]:
    """Let one process at a time read, change and replace the file at ``path``."""
    with _writable(path):
        lock = path.with_name(f"{path.name}.lock").open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    """Make the folder of ``path``, closed to others, and say what is wrong where it cannot be written."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None
