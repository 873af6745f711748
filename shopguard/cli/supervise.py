"""Running several roles: each a process of its own, started again when it dies, all ended together."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

import structlog

_log = structlog.get_logger()
_PARENT = "SHOPGUARD_PARENT"
_LOOK_EVERY_S = 0.2
_PATIENCE_S = 15.0  # a worker finishes what it began within the time-outs of a call or two
_LONGEST_PAUSE_S = 30.0
_STEADY_S = 60.0  # a process that lived this long starts again at once


class Child:
    """One role's process."""

    def __init__(self, role: str, command: Sequence[str]) -> None:
        self.role, self._command = role, command
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = self._start_at = 0.0
        self._failures = 0

    def keep_alive(self) -> None:
        """Start the process if it is not running and its pause is over."""
        if self._process is not None and self._process.poll() is None:
            return
        now = time.monotonic()
        if self._process is not None:
            self._mourn(self._process.returncode, now)
        if now >= self._start_at:
            environment = {**os.environ, _PARENT: str(os.getpid())}
            # a group of its own: Ctrl-C reaches the supervisor alone, which then ends its children in order
            self._process = subprocess.Popen(self._command, env=environment, process_group=0)  # noqa: S603
            self._started_at = now

    def _mourn(self, code: int, now: float) -> None:
        if self._process is None:
            return
        self._failures = 0 if now - self._started_at > _STEADY_S else self._failures + 1
        pause = min(_LONGEST_PAUSE_S, 0.25 * 2**self._failures)
        self._start_at, self._process = now + pause, None
        _log.error("process_ended", role=self.role, code=code, again_in_s=round(pause, 2))

    def renew(self) -> None:
        """End the process in order and start it anew."""
        self.ask_to_end()
        self.end_by(time.monotonic() + _PATIENCE_S)
        self._process, self._start_at, self._failures = None, 0.0, 0
        self.keep_alive()

    def ask_to_end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end_by(self, deadline: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def supervise(
    commands: Mapping[str, Sequence[str]],
    stop: threading.Event,
    beside: Callable[[], None],
    renewed: Callable[[], Sequence[str]] = lambda: (),
) -> None:
    """Keep one process for each of ``commands`` (role to command line) alive until ``stop`` is set.

    Args:
        beside: called once, after the first start of all.
        renewed: says, each time it is asked, which roles shall start anew; one after the other is.
    """
    children = [Child(role, command) for role, command in commands.items()]
    try:
        for child in children:
            child.keep_alive()
        beside()
        while not stop.wait(_LOOK_EVERY_S):
            wanted = renewed()
            for child in children:
                if child.role in wanted:
                    child.renew()
                child.keep_alive()
    finally:
        deadline = time.monotonic() + _PATIENCE_S
        for child in children:
            child.ask_to_end()
        for child in children:
            child.end_by(deadline)


def own_command(*arguments: str) -> Sequence[str]:
    """Return the command line that runs ``shopguard`` with ``arguments`` in this environment."""
    return [sys.executable, "-m", "shopguard", *arguments]


def role_command(role: str, config: str | None, data_dir: str, *more: str) -> Sequence[str]:
    """Return the command line of one role."""
    chosen = ["--config", config] if config else []
    return own_command("serve", "--role", role, *chosen, "--data-dir", data_dir, *more)


def stop_on_signal() -> threading.Event:
    """Return an event that Ctrl-C or SIGTERM sets."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    return stop


def end_with_parent(started_by: int | None = None) -> None:
    """End this process soon after the one that started it is gone, however it went (kill -9 included).

    Args:
        started_by: that process; None: the parent of now, which is another one if that is gone already.
    """
    parent = os.getppid() if started_by is None else started_by

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY_S)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_PATIENCE_S)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def is_supervised() -> bool:
    """Whether a supervisor of ours started this process."""
    return supervisor() is not None


def supervisor() -> int | None:
    """Return the process of the supervisor of ours that started this one, if one did.

    ``SystemExit`` if it is gone already: nobody would ever end this process, which holds ports and locks.
    """
    named = os.environ.get(_PARENT)
    if named is None:
        return None
    if named != str(os.getppid()):
        raise SystemExit(1)
    return int(named)
