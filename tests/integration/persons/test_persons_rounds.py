"""What the desk does each minute opens only what something is due of."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import pytest

from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.model import RequestKind, RequestState
from shopguard.registry.entry_keys import EntryKey, EntryKeys

if TYPE_CHECKING:
    from tests.integration.persons.conftest import Centre


def opened_by_a_round(centre: "Centre", monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The records whose keys one round takes out."""
    opened, open_keys = set[int](), EntryKeys.open

    def counted(self: EntryKeys, numbers: Collection[int]) -> Mapping[int, EntryKey]:
        opened.update(numbers)
        return open_keys(self, numbers)

    with monkeypatch.context() as watched:
        watched.setattr(EntryKeys, "open", counted)
        centre.persons.following.follow()
    return opened


def test_an_entry_whose_letter_waits_is_not_opened_again_before_tomorrow(
    centre: "Centre", monkeypatch: pytest.MonkeyPatch
) -> None:
    life = centre.pending()
    assert life.number in opened_by_a_round(centre, monkeypatch)
    assert opened_by_a_round(centre, monkeypatch) == set()
    (first,) = centre.persons.files.outbox.waiting()
    centre.pass_days(1)
    (letter,) = centre.persons.files.outbox.waiting()
    assert letter.drafted_at > first.drafted_at
    assert opened_by_a_round(centre, monkeypatch) == set()


def test_an_entry_that_changed_is_opened_at_once(centre: "Centre", monkeypatch: pytest.MonkeyPatch) -> None:
    life = centre.pending()
    for _ in range(2):
        opened_by_a_round(centre, monkeypatch)
    with centre.home.entries.changing(life.number) as connection:
        centre.home.entries.suspend(connection, life.number, "aoki", "a doubt")
    assert life.number in opened_by_a_round(centre, monkeypatch)
    assert opened_by_a_round(centre, monkeypatch) == set()


def test_a_letter_that_could_not_be_written_is_tried_again(centre: "Centre", monkeypatch: pytest.MonkeyPatch) -> None:
    centre.pending()

    def fails(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(centre.persons.files.outbox, "draft", fails)
        centre.persons.following.follow()
    assert centre.persons.files.outbox.waiting() == []
    centre.persons.following.follow()
    assert [message.template for message in centre.persons.files.outbox.waiting()] == [Template.NOTICE]


def test_a_request_is_opened_when_its_entry_was_decided_and_not_before(
    centre: "Centre", monkeypatch: pytest.MonkeyPatch
) -> None:
    life = centre.active()
    contest, copy = centre.ask(RequestKind.CONTEST, life), centre.ask(RequestKind.ACCESS, life)
    centre.persons.following.follow()
    assert opened_by_a_round(centre, monkeypatch) == set()
    with centre.home.entries.changing(life.number) as connection:
        centre.home.entries.uphold(connection, life.number, "aoki", "shown")
    assert opened_by_a_round(centre, monkeypatch) != set()
    assert centre.persons.answers.get(contest.request).state is RequestState.ANSWERED
    assert centre.persons.answers.get(copy.request).state is RequestState.OPEN
    assert opened_by_a_round(centre, monkeypatch) == set()
