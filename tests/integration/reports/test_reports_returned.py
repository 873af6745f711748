"""What a shop hears when the office returns a report to it."""

from typing import TYPE_CHECKING

from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.outbox import Message
from tests.integration.reports.conftest import OTHER, SHOP, UNPAID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.integration.reports.conftest import Registry

REASON = "配達の記録を付けてください。"


def letters_to(registry: "Registry", member: str) -> "Sequence[Message]":
    return registry.home.persons.mailroom.fetched(member)


def test_the_shop_is_told_that_its_report_waits_for_it(registry: "Registry") -> None:
    report_id, _ = registry.file()
    registry.decide(report_id, "returned", REASON)
    (message,) = letters_to(registry, SHOP)
    assert message.template is Template.REPORTER_RETURNED
    assert message.letter is not None
    for words in (report_id, "2026年11月2日", "2026年12月1日"):
        assert words in message.letter.ja.body
    for words in (report_id, "November 2, 2026", "December 1, 2026"):
        assert words in message.letter.en.body
    assert letters_to(registry, OTHER) == []


def test_the_letter_says_nothing_of_the_buyer_or_of_what_is_asked(registry: "Registry") -> None:
    report_id, _ = registry.file()
    registry.decide(report_id, "returned", REASON)
    (message,) = letters_to(registry, SHOP)
    assert message.letter is not None
    for told in (REASON, UNPAID["order_id"], "渡邊", "090-0000-1111", "12,800", "花束"):
        assert told not in message.letter.text


def test_until_the_day_that_it_names_the_report_is_there(registry: "Registry") -> None:
    report_id, _ = registry.file()
    registry.decide(report_id, "returned", REASON)
    registry.pass_time(days=29, hours=13)  # the last hour of 1 December in Japan
    registry.sweep()
    assert registry.state(report_id) == "returned"
    assert registry.submit(report_id).status == 200


def test_of_a_report_that_was_erased_no_letter_is_left(registry: "Registry") -> None:
    report_id, _ = registry.file()
    registry.decide(report_id, "returned", REASON)
    registry.done("POST", f"/{report_id}/withdraw")
    assert letters_to(registry, SHOP) == []


def test_a_report_that_is_not_returned_after_all_leaves_no_letter(registry: "Registry") -> None:
    report_id, _ = registry.file()
    assert registry.crash_at(1, lambda: registry.decide(report_id, "returned", REASON))
    assert letters_to(registry, SHOP) == []
    assert registry.state(report_id) == "submitted"
