"""What was done comes into the log once, whatever breaks off; a record shows what its leaves say, while it lives."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from shopguard.crypto import Keyring
from shopguard.registry.acts import Act
from shopguard.registry.home import RegistryHome
from shopguard.registry.log import LeafKind, commitment
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
        assert proof.leaf.commitment == commitment(one.salt, msgspec.json.encode(one.act))


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


def test_of_an_erased_record_it_stays_known_who_did_what_and_when(home: RegistryHome) -> None:
    subject = acted(home)
    home.records.forget(subject.number)
    assert [(one.act.at, one.act.kind, one.act.by) for one in home.acts.trail(subject)] == [
        (0.0, LeafKind.REPORT_RECEIVED, "aoki"),
        (1.0, LeafKind.REPORT_CHECKED, "aoki"),
    ]
    assert all((one.act.reason, one.salt, one.is_whole) == ("", b"", False) for one in home.acts.trail(subject))


def test_the_words_of_acts_about_members_are_erased_after_three_years(tmp_path: Path) -> None:
    now = [datetime(2026, 11, 2, tzinfo=UTC)]
    home = RegistryHome(tmp_path, "example", Keyring.create(tmp_path / "keys.json"), lambda: now[0], apart=False)
    home.prepare()
    home.members.create("shop-1", "見本商店", bytes(range(32)), 80, by="aoki")
    subject = Subject.of(SubjectKind.MEMBER, "shop-1")
    act = Act(now[0].timestamp(), LeafKind.ALARM_ANSWERED, str(subject), "aoki", "it was their own order")
    with writing(home.engine("vault")) as connection:
        home.acts.record(connection, subject, act)
    home.acts.settle()
    told = home.members.acts("shop-1")
    assert told[-1].detail

    now[0] = now[0].replace(year=2029)
    home.rounds.do_due()
    assert [one.act.reason for one in home.acts.trail(subject)] == ["it was their own order"]
    assert home.members.acts("shop-1") == told

    now[0] += timedelta(days=1)
    del home.rounds  # those of the next start
    home.rounds.do_due()
    bare = msgspec.structs.replace(act, reason="")
    assert [(one.act, one.is_whole) for one in home.acts.trail(subject)] == [(bare, False)]
    assert [(one.kind, one.by, one.at) for one in home.members.acts("shop-1")] == [
        (one.kind, one.by, one.at) for one in told
    ]
    assert all(one.detail == "" for one in home.members.acts("shop-1"))
    home.close()
