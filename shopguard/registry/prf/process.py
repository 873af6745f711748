"""The process of the keyed function: where it listens, how it is started, and that there is only one."""

import base64
import fcntl
import hashlib
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from shopguard.errors import ConfigError

URL_VARIABLE = "SHOPGUARD_PRF_URL"
"""Where ``OwnPrf`` leaves the address of the database for the process: arguments could be read by others."""

SOCKET_VARIABLE = "SHOPGUARD_PRF_SOCKET"
"""Names the socket where another user of the system runs the process, with a data directory of its own."""

MASTER_KEY_VARIABLE = "SHOPGUARD_MASTER_KEY"
"""Holds what seals the file of seeds, as every other file of keys."""

_LONGEST = 100  # bytes of a socket's path: the system takes 108 (Linux) or 104 (macOS)
_START_S = 30.0  # a busy machine may be slow, and the tables may have to be made
_LOOK_EVERY_S = 0.01


@dataclass(frozen=True, slots=True)
class Founding:
    """What a new registry's seeds are made for; nothing of it is secret."""

    registry_id: str
    office_public: bytes  # 32 bytes

    @property
    def arguments(self) -> Sequence[str]:
        """As the process is told of it, and ``read`` back."""
        return f"--found={self.registry_id}", f"--office={base64.b64encode(self.office_public).decode()}"

    @classmethod
    def read(cls, registry_id: str, office: str) -> "Founding":
        return cls(registry_id, base64.b64decode(office, validate=True))


def prf_socket(data_dir: Path) -> Path:
    """Return where the process for ``data_dir`` listens, in a folder that is there and closed to other users.

    ``<data_dir>/run/prf.sock``, or, where that is too long for a socket, a folder of this user among temporary files;
    or what ``SOCKET_VARIABLE`` names.
    """
    elsewhere = socket_elsewhere()
    if elsewhere is not None:
        return elsewhere
    path = data_dir.absolute() / "run" / "prf.sock"
    if len(os.fsencode(path)) > _LONGEST:
        name = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"shopguard-{os.getuid()}-{name}" / "prf.sock"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{path.parent}: cannot be made: {error.strerror}") from None
    found = path.parent.lstat()  # in the temporary folder anybody may have been first
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ConfigError(f"{path.parent}: must be a folder of this user, closed to others (chmod 700)")
    return path


def socket_elsewhere() -> Path | None:
    """Return the socket that ``SOCKET_VARIABLE`` names; its folder decides who reaches it."""
    named = os.environ.get(SOCKET_VARIABLE)
    return Path(named) if named else None


def prf_command(data_dir: Path, url_variable: str | None = None, parent: int | None = None) -> Sequence[str]:
    """Return the command line of the process.

    Args:
        url_variable: the environment variable with the address of a PostgreSQL database; None: SQLite.
        parent: the process that starts it and that it ends with; None: it stays until it is told to end.
    """
    url = ["--url-env", url_variable] if url_variable else []
    module = "shopguard.registry.prf"
    return [
        sys.executable,
        "-m",
        module,
        "--data-dir",
        str(data_dir),
        *url,
        *(["--parent", str(parent)] if parent else []),
    ]


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Be the process for ``data_dir``: waits until every earlier one has ended."""
    with prf_socket(data_dir).with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class OwnPrf:
    """A process of the keyed function for as long as this one needs it, where no supervisor runs one.

    If there is one already, ours waits beside it and takes over when that ends.
    """

    def __init__(self, data_dir: Path, url: str | None = None) -> None:
        self._data_dir, self._url = data_dir, url
        self.process: subprocess.Popen[bytes] | None = None

    def ensure(self, founding: Founding | None = None) -> None:
        """Return when a process listens; ``ConfigError`` if ours cannot be started. It says why on standard error.

        Args:
            founding: have it make the seeds of a new registry if there are none: in its own memory, not in ours.
        """
        elsewhere = socket_elsewhere()
        if elsewhere is not None:
            raise ConfigError(f"nobody listens at {elsewhere} ({SOCKET_VARIABLE}); start the service that does")
        if self.process is None or self.process.poll() is not None:
            self.process = self._start(founding)
        give_up_at = time.monotonic() + _START_S
        path = prf_socket(self._data_dir)
        while not _listens(path):
            code = self.process.poll()
            if code is not None:
                raise ConfigError(f"the process of the keyed function ended with code {code}")
            if time.monotonic() > give_up_at:
                raise ConfigError("the process of the keyed function does not begin to listen")
            time.sleep(_LOOK_EVERY_S)

    def close(self) -> None:
        """End our process."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()

    def _start(self, founding: Founding | None) -> subprocess.Popen[bytes]:
        environment = dict(os.environ)
        if self._url is not None:
            environment[URL_VARIABLE] = self._url
        command = [*prf_command(self._data_dir, None if self._url is None else URL_VARIABLE, os.getpid())]
        if founding is not None:
            command += founding.arguments
        # a group of its own: Ctrl-C reaches this process alone, which may still have something to ask
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, suppress(FileNotFoundError, ConnectionRefusedError):
        probe.connect(str(path))
        return True
    return False
