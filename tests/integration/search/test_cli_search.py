"""shopguard search, registry office alarms and looks: what a person sees, and what is refused before it is asked."""

import json

import pytest

from tests.integration.conftest import Desk

BOTH = ("--phone", "090-0000-0001", "--email", "taro@example.jp")
CASE = ("--case", "注文1042の確認")


def test_two_details_show_what_agrees_and_never_a_name(desk: Desk) -> None:
    shown = desk.done("search", *BOTH, *CASE)
    first, *lines = shown.splitlines()
    assert first.split() == ["E-1", "strong", "unpaid", "2", "reports", "2026-08"]
    assert any("mobile" in line for line in lines)
    assert "渡" not in shown and "090" not in shown


def test_one_detail_shows_that_there_is_something(desk: Desk) -> None:
    (found,) = json.loads(desk.done("search", "--phone", "09000000001", *CASE, "--json"))["found"]
    assert (found["opened"], found["category"], found["strength"]) == (False, None, "possible")
    assert (found["reporters"], found["month"]) == (2, "2026-08")


def test_nobody_is_listed(desk: Desk) -> None:
    assert desk.done("search", "--phone", "090-0000-0009", *CASE) == "nobody is listed by these details\n"


def test_a_japanese_terminal_is_answered_in_japanese(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert "2件" in desk.done("search", *BOTH, *CASE)


@pytest.mark.parametrize(
    "words",
    [
        ("--name", "渡邊 太郎", *CASE),
        ("--phone", "1", *CASE),
        CASE,
        BOTH,
        (*BOTH, "--case", " "),
        (*BOTH, "--case", "x" * 201),
    ],
    ids=["name alone", "no number", "no detail", "no case", "blank case", "long case"],
)
def test_what_cannot_be_searched_is_called_wrongly(desk: Desk, words: tuple[str, ...]) -> None:
    result = desk.run("search", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    with desk.opened() as installation, installation.home.engine("vault").connect() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM look").scalar_one() == 0


def test_a_detail_that_cannot_be_read_is_left_out_and_said(desk: Desk) -> None:
    result = desk.run("search", "--phone", "1", "--email", "taro@example.jp", *CASE)
    assert result.exit_code == 0
    assert result.stderr == "--phone: cannot be read, and is left out\n"


def test_who_looked_at_an_entry_is_shown(desk: Desk) -> None:
    desk.done("search", *BOTH, *CASE)
    (look,) = json.loads(desk.done("registry", "office", "looks", "E-1", "--json"))
    assert (look["member"], look["purpose"], look["opened"]) == ("self", "search", True)
    assert "no entry" in desk.refused("registry", "office", "looks", "E-9")


def test_the_book_of_looks_is_checked(desk: Desk) -> None:
    desk.done("search", *BOTH, *CASE)
    assert desk.done("registry", "office", "looks", "--check") == "the book of looks is as it was logged\n"
    assert desk.run("registry", "office", "looks").exit_code == 2


def test_an_alarm_waits_until_it_is_answered(desk: Desk) -> None:
    assert desk.done("registry", "office", "alarms") == ""
    for _ in range(3):
        desk.done("search", *BOTH, *CASE)
    result = desk.run("registry", "office", "alarms", "--json")
    assert result.exit_code == 1
    (alarm,) = json.loads(result.stdout)
    assert (alarm["code"], alarm["member"], alarm["times"]) == ("again", "self", 3)
    desk.done("registry", "office", "alarms", "answer", str(alarm["number"]), "--reason", "tested")
    assert desk.done("registry", "office", "alarms") == ""
    assert "alarm 77" in desk.refused("registry", "office", "alarms", "answer", "77", "--reason", "x")


def test_what_members_do_is_shown(desk: Desk) -> None:
    desk.done("search", *BOTH, *CASE)
    (used,) = json.loads(desk.done("registry", "office", "alarms", "use", "--json"))
    assert (used["member"], used["searches"], used["reports"]) == ("self", 1, 0)
