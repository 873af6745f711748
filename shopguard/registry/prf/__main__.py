"""``python -m shopguard.registry.prf``: the process that alone reads the epoch seeds."""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType

from shopguard.errors import ConfigError, StoreUnavailable
from shopguard.registry.prf.process import only_one, prf_socket
from shopguard.registry.prf.seeds import EpochSeeds, seeds_path
from shopguard.registry.prf.server import PrfServer
from shopguard.registry.prf.service import PrfService
from shopguard.registry.stores import migrate_store, open_store

_log = logging.getLogger("shopguard.registry.prf")
_SWEEP_EVERY_S = 600.0
_LOOK_EVERY_S = 0.2


def main() -> int:
    """Serve until told to end; 1 if that cannot begin."""
    arguments = _arguments()
    logging.basicConfig(format="%(asctime)s %(levelname)s prf %(message)s", level=logging.WARNING)
    if arguments.parent:
        _end_with(arguments.parent)
    try:
        url = os.environ[arguments.url_env] if arguments.url_env else None
        with only_one(arguments.data_dir):
            _serve(arguments.data_dir, url)
    except KeyError:
        _log.error("the environment variable %s is not set", arguments.url_env)
        return 1
    except (ConfigError, StoreUnavailable) as error:
        _log.error("%s", error)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m shopguard.registry.prf", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--url-env", help="environment variable with the address of a PostgreSQL database")
    parser.add_argument("--parent", type=int, help="end when this process is not the parent (any more)")
    return parser.parse_args()


def _serve(data_dir: Path, url: str | None) -> None:
    stop = _stop_on_signal()
    seeds = EpochSeeds(seeds_path(data_dir))
    engine = open_store("prf", data_dir, url)
    migrate_store(engine, "prf")
    service = PrfService(engine, seeds, lambda: datetime.now(UTC))
    server = PrfServer(service, prf_socket(data_dir))
    try:
        _sweep(service)
        while not _told(stop, _SWEEP_EVERY_S):
            _sweep(service)
    finally:
        server.close()
        engine.dispose()


def _sweep(service: PrfService) -> None:
    try:
        service.sweep()
    except StoreUnavailable as error:
        _log.warning("%s", error)


def _stop_on_signal() -> "SimpleQueue[int]":
    """Return where Ctrl-C or SIGTERM is put. An event could not be set by a signal that comes while it is awaited."""
    stop: SimpleQueue[int] = SimpleQueue()

    def end(number: int, _frame: FrameType | None) -> None:
        stop.put(number)

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    return stop


def _told(stop: "SimpleQueue[int]", timeout_s: float) -> bool:
    try:
        stop.get(timeout=timeout_s)
    except Empty:
        return False
    return True


def _end_with(parent: int) -> None:
    """End this process soon after ``parent`` is gone, however it went (kill -9 included)."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY_S)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
