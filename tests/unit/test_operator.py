"""Who calls a command: the account that signed in, which an environment variable cannot change."""

import os
import pwd
from pathlib import Path

import pytest

from shopguard.cli.running import operator

NOBODY_SIGNED_IN = str(2**32 - 1)


def test_whoever_signed_in_is_named_though_the_command_runs_as_somebody_else(tmp_path: Path) -> None:
    other = next(account for account in pwd.getpwall() if account.pw_uid != os.getuid())
    (tmp_path / "loginuid").write_text(str(other.pw_uid))

    assert operator(tmp_path / "loginuid") == other.pw_name


@pytest.mark.parametrize("kept", [NOBODY_SIGNED_IN, "", None])
def test_where_nobody_signed_in_it_is_the_account_of_the_command(
    tmp_path: Path, kept: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kept is not None:
        (tmp_path / "loginuid").write_text(kept)
    for variable in ("LOGNAME", "USER", "SUDO_USER", "SUDO_UID"):
        monkeypatch.setenv(variable, "somebody-else")

    assert operator(tmp_path / "loginuid") == pwd.getpwuid(os.getuid()).pw_name


def test_an_account_without_a_name_is_told_by_its_number(tmp_path: Path) -> None:
    unknown = max(account.pw_uid for account in pwd.getpwall() if account.pw_uid < 2**32 - 1) + 1
    (tmp_path / "loginuid").write_text(str(unknown))

    assert operator(tmp_path / "loginuid") == f"uid {unknown}"
