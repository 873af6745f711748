"""The journal of erasures: without all of it nothing is served, and what is given in its place is read with care."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from shopguard.errors import ConfigError, StoreUnavailable
from shopguard.model import ScreeningState
from shopguard.registry.erasures import ErasureJournal
from shopguard.registry.reapplying import ErasuresUnknown
from tests.integration.log.backed_up import ENTRY, NOW, OTHER, PARTY, Registry


def test_nothing_is_served_where_the_journal_is_gone(listed: Registry) -> None:
    listed.start()
    listed.journal.unlink()
    listed.home.close()
    listed.open()
    assert listed.asked(PARTY) == (ScreeningState.UNSCREENED, 0)
    with pytest.raises(ErasuresUnknown, match="erasures apply"):
        listed.home.prepare()
    listed.home.erasures.apply("operator", None)
    assert listed.meets(PARTY)


def test_nothing_is_served_beside_the_journal_of_another_registry(listed: Registry) -> None:
    other = ErasureJournal(listed.folder / "other.jsonl", lambda: NOW.timestamp())
    other.begin()
    listed.start()
    shutil.copy(other.path, listed.journal)
    with pytest.raises(ErasuresUnknown, match="another journal"):
        listed.home.erasures.settle()
    with pytest.raises(ErasuresUnknown, match="another journal"):
        listed.home.erasures.apply("operator", other.export())


def test_a_journal_that_was_cut_is_noticed(listed: Registry) -> None:
    listed.erase("E-1")
    listed.start()
    listed.journal.write_bytes(listed.journal.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(ErasuresUnknown, match="ends before"):
        listed.home.erasures.settle()


def exported(listed: Registry) -> bytes:
    """A journal of two erasures: four lines, the last of which is its end."""
    listed.load(replace(ENTRY, id="E-2", party=OTHER))
    listed.erase("E-1")
    listed.erase("E-2")
    return listed.home.erasure_journal.export()


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_a_copy_that_is_cut_off_after_a_line_is_refused(listed: Registry, lines: int) -> None:
    cut = b"".join(exported(listed).splitlines(keepends=True)[:lines])
    before = listed.journal.read_bytes()
    with pytest.raises(ConfigError, match=f"ends with line {lines}, .* erasures export FILE.* --cut-off"):
        listed.home.erasures.apply("operator", cut)
    assert listed.journal.read_bytes() == before


def test_a_copy_that_is_cut_off_within_a_line_is_refused(listed: Registry) -> None:
    with pytest.raises(ConfigError, match=r"cut off in line 3: .* erasures export FILE"):
        listed.home.erasures.apply("operator", b"\n".join(exported(listed).splitlines()[:3])[:-9])


def test_a_copy_that_lost_a_line_is_refused(listed: Registry) -> None:
    first, _lost, *rest = exported(listed).splitlines(keepends=True)
    with pytest.raises(ConfigError, match="not as it was exported, says its line 3"):
        listed.home.erasures.apply("operator", first + b"".join(rest))


def test_of_a_copy_that_is_cut_off_what_is_left_counts_where_somebody_says_so(listed: Registry) -> None:
    listed.load(replace(ENTRY, id="E-2", party=OTHER))
    listed.backup()
    listed.erase("E-1")
    listed.erase("E-2")
    cut = b"".join(listed.home.erasure_journal.export().splitlines(keepends=True)[:2])
    listed.restore()
    listed.journal.unlink()
    listed.home.erasure_journal.begin(restored=True)
    assert listed.home.erasures.apply("aoki", cut, cut=True) == 1
    assert (listed.meets(PARTY), listed.meets(OTHER)) == (False, True)
    assert b'"cut":true' in listed.journal.read_bytes()


def test_a_copy_put_in_the_place_of_the_journal_goes_on_there(listed: Registry) -> None:
    listed.load(replace(ENTRY, id="E-2", party=OTHER))
    listed.backup()
    listed.erase("E-1")
    copy = listed.home.erasure_journal.export()
    listed.restore()
    listed.journal.write_bytes(copy)
    listed.start()
    listed.erase("E-2")
    listed.restore()
    listed.home.erasures.apply("operator", listed.home.erasure_journal.export())
    assert (listed.meets(PARTY), listed.meets(OTHER)) == (False, False)


def test_an_older_copy_of_the_journal_is_not_enough(listed: Registry) -> None:
    older = listed.home.erasure_journal.export()
    listed.erase("E-1")
    listed.start()
    newer = listed.home.erasure_journal.export()
    listed.journal.unlink()
    with pytest.raises(ErasuresUnknown, match="older than the backup"):
        listed.home.erasures.apply("operator", older)
    assert listed.home.erasures.apply("operator", newer) == 0


def test_the_journal_given_is_merged_with_the_one_that_is_here(listed: Registry, tmp_path: Path) -> None:
    listed.load(replace(ENTRY, id="E-2", party=OTHER))
    listed.backup()
    listed.start()
    listed.erase("E-1")
    given = listed.home.erasure_journal.export()
    listed.restore()
    listed.journal.unlink()
    listed.home.erasure_journal.begin(restored=True)
    assert listed.home.erasures.apply("operator", given) == 1
    listed.erase("E-2")
    listed.restore()
    assert (listed.meets(PARTY), listed.meets(OTHER)) == (False, False)


def test_the_word_of_the_operator_counts_once(listed: Registry) -> None:
    listed.start()
    listed.journal.unlink()
    listed.home.erasures.apply("aoki", None)
    said = listed.journal.read_text()
    assert '"by":"aoki"' in said
    assert '"source":"none"' in said
    listed.backup()
    listed.journal.unlink()
    listed.home.erasure_journal.begin()
    with pytest.raises(ErasuresUnknown):
        listed.home.erasures.settle()


def test_nothing_is_destroyed_that_could_not_be_written_down(
    listed: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shopguard.registry.erasures._append_durably", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        listed.home.publisher.erase("E-1")
    assert listed.count("keys", "entry_key") == 1
    assert not listed.meets(PARTY)
    monkeypatch.undo()
    listed.start()
    assert listed.count("keys", "entry_key") == 0


def test_a_line_that_a_crash_broke_off_is_written_again(listed: Registry) -> None:
    with listed.journal.open("ab") as file:
        file.write(b'{"type":"erased","at":17')
    listed.start()
    listed.erase("E-1")
    lines = listed.journal.read_text().splitlines()
    assert len(lines) == 2
    assert '"erased"' in lines[1]


@pytest.mark.parametrize("content", [b"", b"{}\n", b"\xff\n", b'{"type":"settled","at":1}\n', b"no journal\n"])
def test_what_is_no_journal_is_refused_before_anything_is_done(listed: Registry, content: bytes) -> None:
    before = listed.journal.read_bytes()
    with pytest.raises(ConfigError, match="journal"):
        listed.home.erasures.apply("operator", content)
    assert listed.journal.read_bytes() == before


def test_the_journal_names_nobody(listed: Registry) -> None:
    listed.erase("E-1")
    text = listed.journal.read_text()
    names = ('"E-1"', "渡邊", "090-0000", "0900000", "9000001111", "taro@", "unpaid")  # shorter: by chance
    assert not [name for name in names if name in text]
