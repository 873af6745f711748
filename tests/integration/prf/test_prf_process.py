"""The real process of the keyed function: started, killed, replaced, and alone with its seeds."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.errors import ConfigError
from shopguard.identity import Token
from shopguard.registry.home import RegistryHome
from shopguard.registry.prf import __main__ as program
from shopguard.registry.prf.client import PrfClient
from shopguard.registry.prf.process import URL_VARIABLE, Founding, OwnPrf, prf_command, prf_socket
from shopguard.registry.prf.seeds import EpochSeeds, seeds_path
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.stores import open_store, store_is_current
from tests.waiting import until

if TYPE_CHECKING:
    from tests.integration.prf.conftest import Office

PHONE = Token(1, 1, 1, "+819012345678")
EMAIL = Token(1, 2, 2, "taro@example.jp")
NAME = Token(1, 2, 3, "山田太郎|13101-1-1")
COMMITMENT = bytes(range(16))
Start = Callable[..., "subprocess.Popen[bytes]"]


def now() -> datetime:
    return datetime.now(UTC)


def listens(data_dir: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(prf_socket(data_dir))) == 0


def is_alive(process: int) -> bool:
    """Whether a process that is not our child is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the process for ``tmp_path``, or another folder, with further arguments."""
    started: list[subprocess.Popen[bytes]] = []

    def run(data_dir: Path = tmp_path, *more: str, **environment: str) -> "subprocess.Popen[bytes]":
        command = [*prf_command(data_dir), *more]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, **environment})
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def own(tmp_path: Path, seeds: EpochSeeds) -> Iterator[OwnPrf]:
    made = OwnPrf(tmp_path)
    yield made
    made.close()


@pytest.fixture
def client(tmp_path: Path, own: OwnPrf) -> Iterator[PrfClient]:
    """A client that starts the process where nobody listens."""
    made = PrfClient(prf_socket(tmp_path), ensure=own.ensure)
    yield made
    made.close()


@pytest.fixture
def office(client: PrfClient) -> "Office":
    from tests.integration.prf.conftest import Office

    return Office(client, now)


def kill(own: OwnPrf) -> None:
    assert own.process is not None
    own.process.kill()
    own.process.wait()


def test_the_real_process_gives_the_projects_vectors(office: "Office") -> None:
    answer = office.enrol().ask(PHONE, EMAIL, NAME)
    assert [value.hex() for value in answer.values[1]] == [
        "e7442dda806fc960da7cc5aac51ce57b10fdcd5535f11038f312954a05775107",
        "0dc8bc44c770cbba58025036b2109c2ad1eb015489d9a87b3ee1b0060ffb0fc4",
        "75f9f7c3c166bdc6eb05b01b6d6aaf0dc670d47b6a909d90d43f6a2b3e3e1a67",
    ]


def test_killed_between_two_batches_it_is_started_again_and_charges_nothing_twice(
    office: "Office", own: OwnPrf
) -> None:
    shop = office.enrol()
    request = shop.sign(shop.body(PHONE, commitment=COMMITMENT))
    first = shop.prf.evaluate(request, (1,))
    kill(own)
    again = shop.ask(PHONE, commitment=COMMITMENT)
    assert (again.repeated, again.values) == (True, first.values)
    assert not shop.ask(EMAIL).repeated
    assert shop.spent() == (1, 1, 0)
    with pytest.raises(Refused) as caught:
        shop.prf.evaluate(request, (1,))
    assert caught.value.code is Refusal.REPLAYED


def test_killed_with_nobody_to_start_it_each_question_is_one_refusal_until_it_is_back(
    office: "Office", own: OwnPrf, tmp_path: Path
) -> None:
    shop = office.enrol()
    shop.prf = PrfClient(prf_socket(tmp_path))
    shop.ask(PHONE)
    kill(own)
    for _ in range(3):
        assert shop.refusal(EMAIL).code is Refusal.UNAVAILABLE
    own.ensure()
    shop.ask(EMAIL)
    assert shop.spent() == (1, 1, 0)
    shop.prf.close()


def test_told_to_end_it_ends_cleanly(start: Start, seeds: EpochSeeds, tmp_path: Path) -> None:
    process = start()
    until(lambda: listens(tmp_path), "the keyed function listens")
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, b"")
    assert not prf_socket(tmp_path).exists()


def test_its_socket_is_closed_to_others(office: "Office", tmp_path: Path) -> None:
    office.enrol()
    path = prf_socket(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.parent == tmp_path / "run"


def test_a_second_one_waits_and_takes_over(start: Start, seeds: EpochSeeds, tmp_path: Path) -> None:
    first = start()
    until(lambda: listens(tmp_path), "the keyed function listens")
    second = start()
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(1.5)
    first.kill()
    first.wait()
    until(lambda: listens(tmp_path), "the keyed function listens")
    assert second.poll() is None


def test_ctrl_c_ends_one_that_waits_without_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_data_dir: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "only_one", interrupted)
    monkeypatch.setattr(sys, "argv", ["prf", "--data-dir", str(tmp_path)])
    assert program.main() == 1
    assert capsys.readouterr().err == ""


def test_it_ends_with_the_process_that_wanted_it(seeds: EpochSeeds, tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib; from shopguard.registry.prf.process import OwnPrf; "
        "own = OwnPrf(pathlib.Path(sys.argv[1])); own.ensure(); print(own.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert listens(tmp_path)
        parent.kill()
    until(lambda: not listens(tmp_path), "it listens no more")
    until(lambda: not is_alive(child), "its child has ended")


def test_a_folder_with_a_long_name_has_its_socket_elsewhere(start: Start, seeds: EpochSeeds, tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    seeds_path(tmp_path).parent.rename(folder / "registry-keys")
    path = prf_socket(folder)
    assert len(os.fsencode(path)) <= 100
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert prf_socket(tmp_path / ("y" * 100)) != path == prf_socket(folder)
    start(folder)
    until(lambda: listens(folder), "the keyed function listens")


def test_a_folder_for_the_socket_that_others_can_open_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o755)
    with pytest.raises(ConfigError, match="chmod 700"):
        prf_socket(tmp_path)


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="must be a folder"):
        prf_socket(tmp_path)


def test_without_seeds_it_says_so_and_ends(start: Start, tmp_path: Path) -> None:
    process = start()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"prf.json: missing" in errors
    assert b"Traceback" not in errors


def test_the_seeds_of_a_new_registry_are_made_by_it_and_seen_by_nobody_else(
    tmp_path: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the seeds are in this process")

    monkeypatch.setattr(EpochSeeds, "__init__", never)
    monkeypatch.setattr(EpochSeeds, "create", never)
    home = RegistryHome(tmp_path, "-one", keyring, now)
    home.prepare()
    assert home.prf.registry_id == "-one"
    home.close()
    monkeypatch.undo()
    seeds = EpochSeeds(seeds_path(tmp_path))
    assert (seeds.registry_id, seeds.numbers(), seeds.office) == ("-one", (1,), home.office.publics)


def test_a_master_key_seals_the_seeds_too(tmp_path: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPGUARD_MASTER_KEY", "m" * 40)
    home = RegistryHome(tmp_path, "one", keyring, now)
    home.prepare()
    assert home.prf.registry_id == "one"
    home.close()
    assert b"seeds" not in seeds_path(tmp_path).read_bytes()


def test_seeds_that_are_there_are_kept_whatever_is_founded(start: Start, seeds: EpochSeeds, tmp_path: Path) -> None:
    before = seeds_path(tmp_path).read_bytes()
    start(tmp_path, *Founding("another", bytes(32)).arguments)
    until(lambda: listens(tmp_path), "the keyed function listens")
    assert seeds_path(tmp_path).read_bytes() == before


def test_one_that_cannot_be_started_is_a_refusal(tmp_path: Path) -> None:
    own = OwnPrf(tmp_path)
    client = PrfClient(prf_socket(tmp_path), ensure=own.ensure)
    with pytest.raises(Refused, match="ended with code 1") as caught:
        _ = client.registry_id
    assert caught.value.code is Refusal.UNAVAILABLE
    own.close()


def test_a_variable_that_is_not_set_is_named(start: Start, seeds: EpochSeeds, tmp_path: Path) -> None:
    process = start(tmp_path, "--url-env", "NO_SUCH_VARIABLE")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"NO_SUCH_VARIABLE is not set" in errors


def test_the_address_of_a_database_is_no_argument(
    seeds: EpochSeeds, tmp_path: Path, empty_postgres: sa.Engine
) -> None:
    from tests.integration.prf.conftest import Office

    url = empty_postgres.url.render_as_string(hide_password=False)
    own = OwnPrf(tmp_path, url)
    client = PrfClient(prf_socket(tmp_path), ensure=own.ensure)
    shop = Office(client, now).enrol()
    shop.ask(PHONE)
    assert own.process is not None
    assert URL_VARIABLE in own.process.args
    assert url not in own.process.args
    store = open_store("prf", tmp_path, url)
    assert store_is_current(store, "prf")
    assert shop.spent() == (1, 0, 0)
    assert not (tmp_path / "registry-prf.db").exists()
    store.dispose()
    client.close()
    own.close()
