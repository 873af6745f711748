"""``python -m shopguard.registry.prf``: the process that alone reads the epoch seeds."""

import argparse
import logging
import os
import select
import signal
import socket
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from shopguard.adapter import Secret
from shopguard.errors import ConfigError, StoreUnavailable
from shopguard.registry.prf.process import MASTER_KEY_VARIABLE, Founding, only_one, prf_socket
from shopguard.registry.prf.seeds import EpochSeeds, seeds_path
from shopguard.registry.prf.server import PrfServer
from shopguard.registry.prf.service import PrfService
from shopguard.registry.prf.store import has_tables
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
        founding = Founding.read(arguments.found, arguments.office) if arguments.found else None
        with only_one(arguments.data_dir):
            _serve(arguments.data_dir, url, founding)
    except KeyError:
        _log.error("the environment variable %s is not set", arguments.url_env)
        return 1
    except (ConfigError, StoreUnavailable) as error:
        _log.error("%s", error)
        return 1
    except KeyboardInterrupt:  # while it waited for another one to end
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m shopguard.registry.prf", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--url-env", help="environment variable with the address of a PostgreSQL database")
    parser.add_argument("--parent", type=int, help="end when this process is not the parent (any more)")
    parser.add_argument("--found", metavar="REGISTRY", help="the id of a new registry: make seeds if there are none")
    parser.add_argument("--office", metavar="KEY", help="the public key (base64) of the new registry's office")
    return parser.parse_args()


def _serve(data_dir: Path, url: str | None, founding: Founding | None) -> None:
    ending = _ending()
    seeds = _seeds(seeds_path(data_dir), founding)
    engine = open_store("prf", data_dir, url)
    if not has_tables(engine):
        migrate_store(engine, "prf")
    service = PrfService(engine, seeds, lambda: datetime.now(UTC))
    server = PrfServer(service, prf_socket(data_dir))
    try:
        _sweep(service)
        while not _has_come(ending, _SWEEP_EVERY_S):
            _sweep(service)
    finally:
        server.close()
        engine.dispose()
        ending.close()


def _seeds(path: Path, founding: Founding | None) -> EpochSeeds:
    given = os.environ.get(MASTER_KEY_VARIABLE)
    master_key = Secret(given) if given else None
    if founding is None or path.exists():
        return EpochSeeds(path, master_key)
    return EpochSeeds.create(path, founding.office_public, founding.registry_id, master_key)


def _sweep(service: PrfService) -> None:
    try:
        service.sweep()
    except StoreUnavailable as error:
        _log.warning("%s", error)


def _ending() -> socket.socket:
    """Return a socket that Ctrl-C and SIGTERM write to: whichever thread they reach, the one that reads it wakes."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.detach())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    return reader


def _has_come(ending: socket.socket, within_s: float) -> bool:
    ready, _, _ = select.select([ending], [], [], within_s)
    return bool(ready)


def _end_with(parent: int) -> None:
    """End this process soon after ``parent`` is gone, however it went (kill -9 included)."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY_S)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
