"""The settings file as a program changes it: checked before, kept, taken back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shopguard.config.settings_file import FileChanged, SettingsFile
from shopguard.errors import ConfigError


@pytest.fixture
def file(tmp_path: Path) -> SettingsFile:
    path = tmp_path / "etc" / "config.yaml"
    path.parent.mkdir()
    path.write_text("before\n")
    return SettingsFile(path, tmp_path / "kept", lambda: "start\n")


def becomes(text: str) -> Callable[[str], str]:
    return lambda _: text


def nothing(_path: Path) -> None:
    pass


def test_a_change_replaces_the_file_and_keeps_what_it_was(file: SettingsFile) -> None:
    written = file.change(lambda text: text + "after\n", nothing)
    assert file.text == "before\nafter\n"
    assert written.before.read_text() == "before\n"


def test_a_change_with_a_fault_changes_nothing(file: SettingsFile) -> None:
    def refuse(path: Path) -> None:
        assert path.read_text() == "after\n"
        raise ConfigError("no")

    with pytest.raises(ConfigError, match="no"):
        file.change(becomes("after\n"), refuse)
    assert file.text == "before\n"
    assert [path.name for path in file.path.parent.iterdir()] == ["config.yaml"]


def test_the_rights_of_the_file_stay(file: SettingsFile) -> None:
    file.path.chmod(0o640)
    file.change(becomes("after\n"), nothing)
    assert file.path.stat().st_mode & 0o777 == 0o640


def test_a_link_is_followed_and_stays_a_link(file: SettingsFile, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(file.path)
    SettingsFile(link, tmp_path / "kept").change(becomes("after\n"), nothing)
    assert link.is_symlink()
    assert file.path.read_text() == "after\n"


def test_changes_are_taken_back_one_after_the_other(file: SettingsFile) -> None:
    first = file.change(becomes("one\n"), nothing)
    second = file.change(becomes("two\n"), nothing)
    assert not file.can_undo(first.version)
    file.undo(second.version)
    file.undo(first.version)
    assert file.text == "before\n"


def test_what_somebody_else_wrote_meanwhile_is_not_taken_back(file: SettingsFile) -> None:
    written = file.change(becomes("after\n"), nothing)
    file.path.write_text("by hand\n")
    with pytest.raises(FileChanged):
        file.undo(written.version)
    assert file.text == "by hand\n"


def test_a_version_is_no_way_to_other_files(file: SettingsFile) -> None:
    assert not file.can_undo("../../etc/config")


def test_a_file_that_is_not_there_begins_with_the_start(file: SettingsFile) -> None:
    file.path.unlink()
    file.change(lambda text: text + "more\n", nothing)
    assert file.text == "start\nmore\n"


def test_old_versions_do_not_pile_up(file: SettingsFile) -> None:
    for number in range(30):
        file.change(becomes(f"{number}\n"), nothing)
    assert len(list((file.path.parent.parent / "kept").glob("before-*"))) == 20
