"""Whether a worker runs on this machine: each holds the lock of its name as long as it lives."""

import fcntl
from pathlib import Path


def a_worker_runs(data_dir: Path) -> bool:
    """Whether a worker of this data directory runs on this machine."""
    return any(_is_locked(lock) for lock in data_dir.glob("worker-*.lock"))


def _is_locked(path: Path) -> bool:
    with path.open("r") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
