"""Commands run as forks of one interpreter that has read the program already: each a process of its own, at once.

As a program it reads one command a line (JSON) and answers with its exit code.
"""

import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

_NEEDED_LATER = ("alembic.command", "alembic.config", "alembic.migration", "sqlalchemy.dialects.sqlite")
"""What the program reads when a command first opens a database: half of the time of most."""


class Commands:
    """Runs ``shopguard`` one command after the other, from any thread."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        self._program = subprocess.Popen(
            [sys.executable, __file__], stdin=pipe, stdout=pipe, text=True, env=environment
        )
        self._turn = threading.Lock()

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], given: str
    ) -> subprocess.CompletedProcess[str]:
        with self._turn, TemporaryDirectory() as name:
            told, out, err = (Path(name) / each for each in ("in", "out", "err"))
            told.write_text(given, encoding="utf-8")
            asked = {"arguments": arguments, "environment": environment, "files": [str(told), str(out), str(err)]}
            assert self._program.stdin
            assert self._program.stdout
            self._program.stdin.write(json.dumps(asked) + "\n")
            self._program.stdin.flush()
            code = int(self._program.stdout.readline())
            return subprocess.CompletedProcess(arguments, code, out.read_text("utf-8"), err.read_text("utf-8"))

    def close(self) -> None:
        self._program.communicate(timeout=30)


def _serve() -> None:
    for line in os.fdopen(os.dup(0), "rb"):
        asked = json.loads(line)
        child = os.fork()
        if not child:
            _become(asked)
            return
        _, status = os.waitpid(child, 0)
        os.write(1, b"%d\n" % os.waitstatus_to_exitcode(status))


def _become(asked: Mapping[str, Sequence[str]]) -> None:
    """Be the program that was asked for, as if started by itself."""
    from shopguard.cli import run

    for number, path in enumerate(asked["files"]):
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(asked["environment"])
    vars(sys.modules["sitecustomize"])["_told"] = Path(os.environ["TEST_CLOCK_AHEAD"])
    sys.argv = ["shopguard", *asked["arguments"]]
    run()


def _read_the_program() -> None:
    from importlib import import_module
    from pkgutil import iter_modules

    import shopguard.bootstrap
    import shopguard.cli

    for module in iter_modules(shopguard.cli.__path__, "shopguard.cli."):
        import_module(module.name)
    for name in _NEEDED_LATER:
        import_module(name)
    gc.freeze()  # what is read stays common to all forks


if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).parent))
    _read_the_program()
    _serve()
