"""``shopguard serve``: receiver, worker, console, and the registry's three, each in a process of its own."""

import contextlib
import os
import socket
from collections.abc import Iterator, Sequence
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shopguard.cli import supervise
from shopguard.cli.invocation import Invocation
from shopguard.cli.logs import start_logging
from shopguard.cli.renewing import Renewal
from shopguard.cli.running import own_registry, say_renewal
from shopguard.cli.tables import ready_tables
from shopguard.errors import ConfigError
from shopguard.guard.heartbeats import Beating
from shopguard.web.accounts.links import LINK_LIFE_S

if TYPE_CHECKING:
    from shopguard.bootstrap import Installation
    from shopguard.config import ServerSettings

ROLES = ("receiver", "worker", "console", "registry", "prf", "office")
_LISTENING = ("receiver", "console", "registry")
_CONFIG, _DATA_DIR = "SHOPGUARD_SERVE_CONFIG", "SHOPGUARD_SERVE_DATA_DIR"
_PROCESS = "SHOPGUARD_SERVE_PROCESS"

RECEIVER_BUSY_S = 1.0
"""How long the receiver waits for a locked database before it answers 503.

A request may have to wait for the time-out of those before it and then for its own, and Shopify takes 5 s without
an answer for a failed delivery.
"""


def _roles(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
    if chosen == ("all",):
        return ROLES
    unknown = [role for role in chosen if role not in ROLES]
    if unknown or not chosen:
        raise click.BadParameter(f"choose all, or some of {', '.join(ROLES)}, separated by commas")
    return chosen


@click.command()
@click.option("--role", "roles", default="all", callback=_roles, help=f"all, or some of: {','.join(ROLES)}")
@click.option("--host", help="Address to listen on; the settings' server.host otherwise.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port, when one listening role is run.")
@click.option("--name", "worker_name", help="Name of the worker; this machine's name otherwise.")
@click.pass_obj
def serve(
    invocation: Invocation, roles: tuple[str, ...], host: str | None, port: int | None, worker_name: str | None
) -> None:
    """Run the guard: receive orders, screen them, show what waits. Needs no server of any kind.

    The role prf is the registry's keyed function, the only process that reads its seeds. The role office keeps the
    registry's deadlines. The role registry answers other shops; of all roles it is run only with registry.open. With
    registry.url none of them is: a central registry is asked.
    """
    start_logging()
    if port and len([role for role in roles if role in _LISTENING]) != 1:
        raise click.UsageError("--port needs exactly one listening role, such as --role receiver")
    if len(roles) == 1:
        _run_role(invocation, roles[0], host, port, worker_name)
        return
    run_together(invocation, [role for role in roles if _is_wanted(role, roles, invocation)], host, worker_name)


def _is_wanted(role: str, roles: Sequence[str], invocation: Invocation) -> bool:
    """Whether to run a role that was named, or that is one of all."""
    from shopguard.registry.prf.process import socket_elsewhere

    settings = invocation.config().registry
    if role == "office":
        return settings.url is None
    if role == "registry":
        return settings.url is None and (settings.open or roles != ROLES)
    return role != "prf" or (settings.url is None and socket_elsewhere() is None)


def run_together(
    invocation: Invocation, roles: Sequence[str], host: str | None = None, worker_name: str | None = None
) -> None:
    """Prepare the installation, then run ``roles`` until Ctrl-C."""
    server = invocation.config().server
    address = host or server.host
    prepare(invocation)
    for role in roles:
        if role in _LISTENING:
            check_port(address, _port(server, role), f"server.{role}_port")
    more = dict.fromkeys(_LISTENING, ("--host", address))
    if worker_name:
        more["worker"] = ("--name", worker_name)
    config = str(invocation.config_path) if invocation.config_path else None
    data_dir = str(invocation.data_dir)
    commands = {role: supervise.role_command(role, config, data_dir, *more.get(role, ())) for role in roles}

    def beside() -> None:
        if "receiver" in roles:
            click.echo(f"receiver  http://{address}:{server.receiver_port}/webhooks/")
        if "registry" in roles:
            click.echo(f"registry  http://{address}:{server.registry_port}/registry/v1/")
            click.echo(f"persons   {persons_address(server, address)}")
        if "console" in roles:
            _echo_link(invocation, address)

    renewal = Renewal(invocation.data_dir, roles, partial(take_up, invocation.given_config, invocation.data_dir))
    supervise.supervise(commands, supervise.stop_on_signal(), beside, renewal)


def take_up(config: Path | None, data_dir: Path) -> None:
    """Make ready what shops need that came into the settings since the start; raises what is wrong with them."""
    fresh = Invocation()
    fresh.given_config, fresh.data_dir = config, data_dir
    with contextlib.closing(fresh.installation()) as installation:
        introduce_shops(installation)


def _port(server: "ServerSettings", role: str) -> int:
    ports = {
        "receiver": server.receiver_port,
        "console": server.console_port,
        "registry": server.registry_port,
    }
    return ports[role]


def prepare(invocation: Invocation) -> None:
    """Create or upgrade the database, compile the tables of places; a module named like ours must be ours."""
    refuse_foreign_packages()
    ready_tables(invocation)
    with contextlib.closing(invocation.installation()) as installation:
        installation.migrate(say_renewal)
        introduce_shops(installation)


def introduce_shops(installation: "Installation") -> None:
    """Remember from when on each shop is guarded, and since when in which mode."""
    now = installation.clock()
    installation.states.introduce(list(installation.shops), now)
    installation.modes.note(now)


def sign_in_link(
    installation: "Installation",
    host: str | None = None,
    account: int | None = None,
    life_s: float = LINK_LIFE_S,
) -> str:
    """Return a fresh one-time address of the console, by which an account is opened; None: the owner's."""
    token = installation.people.links.make(account, life_s)
    return f"{console_address(installation.config.server, host)}/console/sign-in?token={token}"


def console_address(server: "ServerSettings", host: str | None = None) -> str:
    """Return the address that people open the console at, without a path."""
    return (server.console_url or f"http://{host or server.host}:{server.console_port}").rstrip("/")


def persons_address(server: "ServerSettings", host: str | None = None) -> str:
    """Return where listed persons open their pages, which the role registry serves."""
    from shopguard.web.public.app import PATH

    base = server.registry_url or f"http://{host or server.host}:{server.registry_port}"
    return f"{base.rstrip('/')}{PATH}/"


def _echo_link(invocation: Invocation, address: str) -> None:
    with contextlib.closing(invocation.installation()) as installation:
        click.echo(f"console   {sign_in_link(installation, address)}")


@click.command("sign-in")
@click.pass_obj
def sign_in(invocation: Invocation) -> None:
    """Print a fresh one-time link to the console, good for an hour."""
    with contextlib.closing(invocation.installation()) as installation:
        click.echo(sign_in_link(installation))


def check_port(host: str, port: int, key: str) -> None:
    """Raise ``ConfigError`` if another program listens there already."""
    with contextlib.closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = error.strerror or "cannot be used"
            raise ConfigError(
                f"{key}: {host}:{port} {why.lower()}; stop the other program or choose another"
            ) from None


def refuse_foreign_packages() -> None:
    """Raise ``ConfigError`` if ``adapters`` or ``webhooks`` was overwritten by a published package of that name."""
    import importlib.util

    ours = Path(__file__).parents[2]
    for name in ("adapters", "webhooks"):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None or Path(spec.origin).parents[1] != ours:
            raise ConfigError(
                f"the package `{name}` in this environment is not ShopGuard's; "
                "install ShopGuard into an environment of its own"
            )


def _run_role(invocation: Invocation, role: str, host: str | None, port: int | None, worker_name: str | None) -> None:
    if (started_by := supervise.supervisor()) is not None:
        supervise.end_with_parent(started_by)
    else:
        prepare(invocation)
    if role == "worker":
        _work(invocation, worker_name or socket.gethostname())
        return
    if role == "prf":
        _evaluate(invocation)
        return
    if role == "office":
        _keep_deadlines(invocation)
        return
    server = invocation.config().server
    address = host or server.host
    chosen = port or _port(server, role)
    check_port(address, chosen, f"server.{role}_port")
    if role == "console" and not supervise.is_supervised():
        _echo_link(invocation, address)
    _listen(invocation, role, address, chosen, server.threads)


def _evaluate(invocation: Invocation) -> None:
    """Become the process of the keyed function, which knows nothing of the rest."""
    from shopguard.registry.prf.process import URL_VARIABLE, prf_command

    url = invocation.config().database.url
    if url is not None:
        os.environ[URL_VARIABLE] = url.reveal()
    command = prf_command(invocation.data_dir, URL_VARIABLE if url else None, supervise.supervisor())
    os.execv(command[0], list(command))  # noqa: S606 - our own interpreter


def _work(invocation: Invocation, name: str) -> None:
    stop = supervise.stop_on_signal()
    with (
        contextlib.closing(invocation.installation()) as installation,
        only_one(installation.data_dir, name),
        installation.heartbeats.beating(Beating.WORKER),
    ):
        installation.worker(name).run(stop)


def _keep_deadlines(invocation: Invocation) -> None:
    stop = supervise.stop_on_signal()
    with contextlib.closing(invocation.installation()) as installation:
        own_registry(installation).rounds.run(stop)


@contextlib.contextmanager
def only_one(data_dir: Path, name: str) -> Iterator[None]:
    """Hold the worker's name: two of one name would take each other's work."""
    import fcntl

    safe = "".join(c if c.isalnum() or c in "-." else "_" for c in name)
    with (data_dir / f"worker-{safe}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(f"a worker named {name} runs already; give this one another --name") from None
        yield


def _listen(invocation: Invocation, role: str, host: str, port: int, threads: int) -> None:
    # granian builds the application in a process of its own, which knows only the environment
    os.environ[_CONFIG] = str(invocation.config_path or "")
    os.environ[_DATA_DIR] = str(invocation.data_dir)
    os.environ[_PROCESS] = str(os.getpid())
    listen(f"shopguard.cli.serve:{role}_application", host, port, threads)


def listen(factory: str, host: str, port: int, threads: int) -> None:
    """Serve the WSGI application that ``factory`` (``module:function``) builds, until the process is told to end."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server as Granian

    Granian(
        factory,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,  # one process, so that one thread groups the commits of all requests
        blocking_threads=threads,
        factory=True,
        respawn_failed_workers=True,
        respawn_interval=0.2,
        log_level=LogLevels.error,
        websockets=False,
    ).serve()


def receiver_application() -> object:
    """What granian calls to build the receiver."""
    _begin()
    installation = receiver_installation()
    installation.heartbeats.beat_on(Beating.RECEIVER)
    return installation.receiver_app()


def console_application() -> object:
    """What granian calls to build the console."""
    _begin()
    return _from_environment().console_app()


def registry_application() -> object:
    """What granian calls to build the registry's API."""
    _begin()
    return _from_environment(busy_timeout_s=RECEIVER_BUSY_S).registry_app()


def receiver_installation() -> "Installation":
    """Return what the receiver works with: it answers in time, also where another process blocks the database."""
    return _from_environment(busy_timeout_s=RECEIVER_BUSY_S)


def _begin() -> None:
    start_logging()
    supervise.end_with_parent(int(os.environ[_PROCESS]))


def _from_environment(busy_timeout_s: float | None = None) -> "Installation":
    invocation = Invocation()
    config = os.environ[_CONFIG]
    invocation.given_config = Path(config) if config else None
    invocation.data_dir = Path(os.environ[_DATA_DIR])
    installation = invocation.installation(busy_timeout_s)
    Finalize(None, installation.close, exitpriority=0)  # granian ends its process without a word to what runs in it
    return installation
