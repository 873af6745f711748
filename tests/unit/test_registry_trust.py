"""Which keys a shop believes its registry under: only what was announced under a key believed already counts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from shopguard.registry.client.silence import NoAnswer, Silence
from shopguard.registry.client.trust import Acquaintance, TrustedKeys
from shopguard.registry.client.witness import Witness
from shopguard.registry.messages import Additions, Centre
from shopguard.registry.signing import key_id_of

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32
NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry-keys" / "trusted.json"


@pytest.fixture
def trusted(path: Path) -> TrustedKeys:
    return TrustedKeys(path, [OLD])


def believed(trusted: TrustedKeys) -> set[bytes]:
    found = trusted.all()
    assert set(found) == {key_id_of(public) for public in found.values()}
    return set(found.values())


def test_the_keys_of_the_settings_are_believed_first(trusted: TrustedKeys, path: Path) -> None:
    assert believed(trusted) == {OLD}
    assert not path.exists()


def test_an_announced_key_is_believed_by_every_process(trusted: TrustedKeys, path: Path) -> None:
    other = TrustedKeys(path, [OLD])
    assert believed(other) == {OLD}
    assert trusted.learn([NEW, OLD])
    assert believed(trusted) == believed(other) == {NEW, OLD}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_retired_key_is_believed_no_more_though_the_settings_name_it(trusted: TrustedKeys) -> None:
    trusted.learn([NEW, OLD])
    trusted.learn([NEW])
    assert believed(trusted) == {NEW}


def test_other_settings_start_anew(trusted: TrustedKeys, path: Path) -> None:
    trusted.learn([NEW])
    assert believed(TrustedKeys(path, [OTHER])) == {OTHER}
    assert believed(TrustedKeys(path, [OLD])) == {NEW}


def test_what_is_known_is_not_written_again(trusted: TrustedKeys, path: Path) -> None:
    assert not trusted.learn([OLD])
    assert not path.exists()
    trusted.learn([NEW])
    assert not trusted.learn([NEW, NEW])


@pytest.mark.parametrize("announced", [[], [b"short"], [NEW, b"short"], [bytes([n]) * 32 for n in range(17)]])
def test_an_announcement_that_makes_no_sense_changes_nothing(trusted: TrustedKeys, announced: list[bytes]) -> None:
    assert not trusted.learn(announced)
    assert believed(trusted) == {OLD}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"settings": [], "announced": ["AAAA"]}'])
def test_a_damaged_file_leaves_the_settings(trusted: TrustedKeys, path: Path, text: str) -> None:
    trusted.learn([NEW])
    path.write_text(text)
    assert believed(trusted) == {OLD}


class Client:
    """A registry that announces ``keys``, or is away."""

    def __init__(self) -> None:
        self.keys: tuple[bytes, ...] | None = (NEW, OLD)
        self.asked = 0

    def additions(self, after: int) -> Additions:
        return Additions(after + 1, False, ())

    def centre(self) -> Centre:
        self.asked += 1
        if self.keys is None:
            raise NoAnswer(Silence.UNREACHABLE)
        return Centre("example", "plain", 1, (), self.keys)


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


def test_the_registry_is_asked_once_an_hour_what_it_signs_under(trusted: TrustedKeys) -> None:
    client, clock = Client(), Clock()
    feed = Acquaintance(client, trusted, clock)
    assert feed.additions(7) == Additions(8, False, ())
    assert believed(trusted) == {NEW, OLD}
    clock.now += timedelta(minutes=59)
    feed.additions(8)
    assert client.asked == 1
    client.keys = (NEW,)
    clock.now += timedelta(minutes=1)
    feed.additions(9)
    assert (client.asked, believed(trusted)) == (2, {NEW})


def test_a_registry_that_is_away_changes_nothing(trusted: TrustedKeys) -> None:
    client = Client()
    client.keys = None
    assert Acquaintance(client, trusted, Clock()).additions(1).next == 2
    assert believed(trusted) == {OLD}


class Looked:
    """A witness that counts how often it looked at the log."""

    times = 0

    def look(self) -> None:
        self.times += 1


def test_a_registry_that_is_away_is_not_asked_for_its_log_and_asked_again_the_next_time(trusted: TrustedKeys) -> None:
    client, witness = Client(), Looked()
    client.keys = None
    feed = Acquaintance(client, trusted, Clock(), cast(Witness, witness))

    feed.additions(1)
    assert witness.times == 0

    client.keys = (NEW, OLD)
    feed.additions(2)
    assert (witness.times, believed(trusted)) == (1, {NEW, OLD})


def test_a_file_that_cannot_be_kept_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "registry-keys").write_text("in the way")
    client = Client()
    feed = Acquaintance(client, TrustedKeys(tmp_path / "registry-keys" / "trusted.json", [OLD]), Clock())
    assert feed.additions(1).next == 2
