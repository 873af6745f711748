"""The keyed function behind its socket: one clear answer each, whatever breaks on the way."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shopguard.errors import ConfigError
from shopguard.identity import Token
from shopguard.registry.messages import LOOKUPS
from shopguard.registry.prf.client import PrfClient
from shopguard.registry.prf.frames import MAX_FRAME, Question, Reply, framed
from shopguard.registry.prf.function import Evaluated, MemberStanding
from shopguard.registry.prf.server import PrfServer
from shopguard.registry.prf.service import PrfService
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import SignedRequest, Signer

if TYPE_CHECKING:
    from tests.integration.prf.conftest import Office, Shop

PHONE = Token(1, 1, 1, "+819012345678")
REQUEST = Signer.of_seed(bytes(32)).request("POST", LOOKUPS, b"", "shop-1", 1_800_000_000)


class Scripted:
    """A keyed function that does what a test says."""

    registry_id = "example"

    def __init__(self) -> None:
        self.standing: Callable[[], MemberStanding] = lambda: MemberStanding("shop-1", "active", False, 1, (), (), 0)

    def evaluate(self, request: SignedRequest, epochs: Sequence[int]) -> Evaluated:
        raise Refused(Refusal.SLOW_DOWN, "slowly", 7.5)

    def authenticate(self, request: SignedRequest) -> MemberStanding:
        return self.standing()

    def administer(self, request: SignedRequest) -> bytes:
        raise ValueError("+819012345678")


@pytest.fixture(params=["sqlite"])
def store(sqlite_store: object) -> object:
    return sqlite_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "prf.sock"


@pytest.fixture
def function() -> Scripted:
    return Scripted()


@pytest.fixture
def server(function: Scripted, path: Path) -> Iterator[PrfServer]:
    made = PrfServer(function, path)
    yield made
    made.close()


@pytest.fixture
def client(path: Path) -> Iterator[PrfClient]:
    made = PrfClient(path)
    yield made
    made.close()


@pytest.fixture
def ruined(path: Path) -> Iterator[Callable[[Sequence[bytes]], list[bytes]]]:
    """Listens at the socket, answers each connection with given bytes and closes it; returns what has come."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    threads: list[threading.Thread] = []

    def start(answers: Sequence[bytes]) -> list[bytes]:
        come: list[bytes] = []

        def serve() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                with connection:
                    come.append(connection.recv(1 << 16))
                    connection.sendall(answer)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return come

    yield start
    for thread in threads:
        thread.join()
    listener.close()


def refusal(ask: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        ask()
    return caught.value


def test_a_member_is_answered_over_the_socket_as_it_is_directly(
    prf: PrfService, office: "Office", path: Path, client: PrfClient
) -> None:
    server = PrfServer(prf, path)
    shop = office.enrol()
    direct = shop.ask(PHONE, commitment=bytes(16))
    shop.prf = client
    over = shop.ask(PHONE, commitment=bytes(16))
    assert (over.look_up, over.values, over.member) == (direct.look_up, direct.values, direct.member)
    assert over.repeated
    assert shop.standing().batches_today == 1
    assert client.registry_id == "example"
    office.prf = client
    office.do("/prf/members")
    server.close()


def test_a_refusal_arrives_whole(server: PrfServer, client: PrfClient) -> None:
    refused = refusal(lambda: client.evaluate(REQUEST, (1,)))
    assert (refused.code, str(refused), refused.retry_after_s) == (Refusal.SLOW_DOWN, "slowly", 7.5)


def test_only_this_user_can_open_the_socket(server: PrfServer, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_fault_of_the_function_is_one_refusal_and_its_text_stays_inside(
    server: PrfServer, client: PrfClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        refused = refusal(lambda: client.administer(REQUEST))
    assert refused.code is Refusal.UNAVAILABLE
    assert "ValueError" in caplog.text
    assert "+819012345678" not in caplog.text + str(refused)
    assert client.authenticate(REQUEST).member == "shop-1"


def test_connections_are_used_again(server: PrfServer, client: PrfClient, path: Path) -> None:
    def descriptors() -> int:
        return len(list(Path("/dev/fd").iterdir()))

    client.authenticate(REQUEST)
    before = descriptors()
    for _ in range(20):
        client.authenticate(REQUEST)
    assert descriptors() == before


def test_many_threads_share_a_client(server: PrfServer, function: Scripted, client: PrfClient) -> None:
    together = threading.Barrier(8)

    def standing() -> MemberStanding:
        together.wait(20)  # each is asked while the others are
        return MemberStanding("shop-1", "active", False, 1, (), (), 0)

    function.standing = standing
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(client.authenticate(REQUEST).member)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["shop-1"] * 8


@pytest.mark.parametrize(
    "sent",
    [
        (MAX_FRAME + 1).to_bytes(4, "big"),
        b"\xff\xff\xff\xff" + bytes(100),
        b"\0\0",
        (10).to_bytes(4, "big") + b"cut",
    ],
)
def test_what_is_no_frame_ends_that_connection_alone(
    server: PrfServer, client: PrfClient, path: Path, sent: bytes
) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.connect(str(path))
        other.sendall(sent)
        other.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):  # what it sent was left unread
            assert other.recv(1) == b""
    assert client.authenticate(REQUEST).member == "shop-1"


@pytest.mark.parametrize(
    "question",
    [b"", b"\xc1", b"\x93\xa4name", Question("evaluate"), Question("burn", REQUEST), Reply(b"what")],
)
def test_a_question_that_cannot_be_read_is_refused(
    server: PrfServer, path: Path, question: bytes | Question | Reply
) -> None:
    frame = len(question).to_bytes(4, "big") + question if isinstance(question, bytes) else framed(question)
    with socket.socket(socket.AF_UNIX) as other:
        other.connect(str(path))
        for _ in range(2):  # the connection stays good
            other.sendall(frame)
            assert b"unreadable" in other.recv(1 << 16)


def test_the_question_under_way_is_answered_when_the_server_ends(function: Scripted, path: Path) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def standing() -> MemberStanding:
        asked.set()
        go_on.wait(20)
        return MemberStanding("late", "active", False, 1, (), (), 0)

    function.standing = standing
    server, client, answers = PrfServer(function, path), PrfClient(path), []
    asking = threading.Thread(target=lambda: answers.append(client.authenticate(REQUEST).member))
    asking.start()
    asked.wait(20)
    ending = threading.Thread(target=server.close)
    ending.start()
    while path.exists():
        time.sleep(0.01)
    go_on.set()
    for thread in (asking, ending):
        thread.join()
    client.close()
    assert answers == ["late"]


def test_a_server_that_ended_leaves_no_socket_and_its_successor_is_found(
    function: Scripted, path: Path, client: PrfClient
) -> None:
    first = PrfServer(function, path)
    client.authenticate(REQUEST)
    first.close()
    assert not path.exists()
    assert refusal(lambda: client.authenticate(REQUEST)).code is Refusal.UNAVAILABLE
    second = PrfServer(function, path)
    assert client.authenticate(REQUEST).member == "shop-1"
    second.close()


def test_what_a_killed_server_left_behind_is_replaced(function: Scripted, path: Path, client: PrfClient) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert refusal(lambda: client.authenticate(REQUEST)).code is Refusal.UNAVAILABLE
    server = PrfServer(function, path)
    assert client.authenticate(REQUEST).member == "shop-1"
    server.close()


def test_an_answer_that_does_not_come_in_time_is_a_refusal(server: PrfServer, function: Scripted, path: Path) -> None:
    go_on = threading.Event()

    def standing() -> MemberStanding:
        go_on.wait(20)
        raise Refused(Refusal.NOT_FOUND, "late")

    function.standing = standing
    client = PrfClient(path, timeout_s=0.05)
    assert refusal(lambda: client.authenticate(REQUEST)).code is Refusal.UNAVAILABLE
    go_on.set()
    client.close()


def test_nobody_there_is_a_refusal(client: PrfClient) -> None:
    refused = refusal(lambda: client.evaluate(REQUEST, (1,)))
    assert (refused.code, refused.code.is_passing) == (Refusal.UNAVAILABLE, True)
    assert refusal(lambda: client.registry_id).code is Refusal.UNAVAILABLE


def test_where_nobody_is_somebody_is_called_for_once(function: Scripted, path: Path) -> None:
    started: list[PrfServer] = []
    client = PrfClient(path, ensure=lambda: started.append(PrfServer(function, path)))
    for _ in range(3):
        client.authenticate(REQUEST)
    assert len(started) == 1
    started[0].close()
    client.authenticate(REQUEST)
    assert len(started) == 2
    client.close()
    started[1].close()


def test_who_cannot_be_called_is_a_refusal_that_says_why(path: Path) -> None:
    def ensure() -> None:
        raise ConfigError("prf.json: missing")

    refused = refusal(lambda: PrfClient(path, ensure=ensure).authenticate(REQUEST))
    assert (refused.code, "prf.json: missing" in str(refused)) == (Refusal.UNAVAILABLE, True)


@pytest.mark.parametrize("answer", [b"", b"\0\0", b"\0\0\0\5abc", b"\0\0\0\1\xc1", b"\xff\xff\xff\xff"])
def test_a_connection_that_breaks_is_replaced_once(
    ruined: Callable[[Sequence[bytes]], list[bytes]], path: Path, answer: bytes
) -> None:
    come = ruined([answer, answer])
    assert refusal(lambda: PrfClient(path).authenticate(REQUEST)).code is Refusal.UNAVAILABLE
    assert len(come) == 2
    assert come[0] == come[1]


def test_a_question_that_had_come_before_the_connection_broke_is_to_be_signed_anew(
    ruined: Callable[[Sequence[bytes]], list[bytes]], client: PrfClient
) -> None:
    ruined([b"", framed(Reply.refusing(Refused(Refusal.REPLAYED, "made before")))])
    refused = refusal(lambda: client.authenticate(REQUEST))
    assert (refused.code, "ask again" in str(refused)) == (Refusal.UNAVAILABLE, True)


def test_a_replay_on_a_sound_connection_is_called_one(
    ruined: Callable[[Sequence[bytes]], list[bytes]], client: PrfClient
) -> None:
    ruined([framed(Reply.refusing(Refused(Refusal.REPLAYED, "made before")))])
    assert refusal(lambda: client.authenticate(REQUEST)).code is Refusal.REPLAYED


def test_messages_do_not_show_what_they_carry(shop: "Shop") -> None:
    request = shop.sign(shop.body(PHONE))
    assert "+8190" not in repr(Question("evaluate", request)) + repr(Reply(shop.body(PHONE)))
