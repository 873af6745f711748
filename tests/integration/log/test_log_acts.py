"""What was done comes into the log once, whatever breaks off; a record shows what its leaves say, while it lives."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from shopguard.crypto import Keyring
from shopguard.registry.acts import Act
from shopguard.registry.home import RegistryHome
from shopguard.registry.log import LeafKind
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.engine import writing


@pytest.fixture
def home(tmp_path: Path) -> Iterator[RegistryHome]:
    keys = Keyring.create(tmp_path / "keys.json")
    made = RegistryHome(tmp_path, "example", keys, lambda: datetime.now(UTC), apart=False)
    made.prepare()
    yield made
    made.close()


def acted(home: RegistryHome) -> Subject:
    """A record to which two things were done that are not in the log yet."""
    subject = Subject.of(SubjectKind.REPORT, home.records.begin())
    with writing(home.engine("vault")) as connection:
        for at, kind in enumerate((LeafKind.REPORT_RECEIVED, LeafKind.REPORT_CHECKED)):
            home.acts.record(connection, subject, Act(float(at), kind, str(subject), "aoki", "in words"))
    return subject


def test_what_was_done_is_proven_by_the_log_and_the_record_together(home: RegistryHome) -> None:
    before, subject = home.log.size(), acted(home)
    assert home.acts.settle() == 2
    logged = home.acts.of(subject)
    assert [one.leaf for one in logged] == [before, before + 1]
    for one in logged:
        assert one.leaf is not None
        proof = home.log.inclusion(one.leaf)
        assert proof.holds()
        assert proof.leaf.kind == one.act.kind
        assert proof.is_of(one.salt, msgspec.json.encode(one.act))
        changed = msgspec.structs.replace(one.act, by="somebody else")
        assert not proof.is_of(one.salt, msgspec.json.encode(changed))


def test_what_broke_off_after_the_log_had_it_is_not_logged_again(
    home: RegistryHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(BaseException):
        """The process is."""

    before, subject = home.log.size(), acted(home)
    append = home.log.append

    def logged_and_gone(kind: LeafKind, committed: bytes) -> int:
        append(kind, committed)
        raise Gone

    monkeypatch.setattr(home.log, "append", logged_and_gone)
    with pytest.raises(Gone):
        home.acts.settle()
    monkeypatch.undo()
    assert home.acts.settle() == 2
    assert home.acts.settle() == 0
    assert home.log.size() == before + 2
    assert [one.leaf for one in home.acts.of(subject)] == [before, before + 1]


def test_of_a_record_that_was_erased_the_log_says_nothing_any_more(home: RegistryHome) -> None:
    subject = acted(home)
    home.acts.settle()
    size, root = home.log.size(), home.log.root()
    home.records.forget(subject.number)
    assert home.acts.of(subject) == []
    assert (home.log.size(), home.log.root()) == (size, root)
