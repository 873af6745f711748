"""How a report ends: taken back, paid, rejected, forgotten by its shop; and that nothing of it is left then."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from shopguard.registry.entries.model import LifeState
from shopguard.registry.log import LeafKind
from shopguard.registry.refusals import Refused
from shopguard.registry.reports.ending import ENDS, Periods
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Timer
from tests.integration.reports.conftest import NOW, OTHER, SHOP, UNPAID

if TYPE_CHECKING:
    from tests.integration.reports.conftest import Registry

PERIODS = Periods()


def number_of(registry: "Registry", report_id: str) -> int:
    return registry.stored(report_id).number


def is_gone(registry: "Registry", number: int) -> bool:
    """Whether nothing of a report is left but that there was one."""
    assert not registry.home.records.keys.having([number])
    assert registry.count("evidence", f"report = {number}") == 0
    assert registry.count("seen_token", f"subject = 'report:{number}'") == 0
    assert registry.count("timer", f"subject = 'report:{number}'") == 0
    assert not registry.home.acts.of(Subject.of(SubjectKind.REPORT, number))
    return registry.count("report", f"number = {number} AND length(sealed) > 0") == 0


def timers(registry: "Registry", number: int) -> dict[str, Timer]:
    return dict(registry.home.timers.of(Subject.of(SubjectKind.REPORT, number)))


def test_a_report_taken_back_leaves_only_that_there_was_one(registry: "Registry") -> None:
    report_id, _ = registry.file()
    number = number_of(registry, report_id)
    assert (
        registry.done("POST", f"/{report_id}/withdraw", {"reason": "入金の見落としでした。"})["state"] == "withdrawn"
    )
    assert is_gone(registry, number)
    assert registry.count("report", f"number = {number} AND state = 'withdrawn' AND category = 'unpaid'") == 1
    assert registry.ask("GET", f"/{report_id}").status == 404
    assert registry.done("GET", "") == {"reports": [], "more": False}


def test_that_a_report_was_taken_back_is_in_the_log(registry: "Registry") -> None:
    report_id, _ = registry.file()
    leaves = registry.home.log.size()
    registry.done("POST", f"/{report_id}/withdraw")
    assert registry.home.log.size() == leaves + 1


def test_a_draft_thrown_away_leaves_nothing(registry: "Registry") -> None:
    report_id = registry.draft()
    number = number_of(registry, report_id)
    registry.done("POST", f"/{report_id}/withdraw")
    assert is_gone(registry, number)
    assert registry.count("report") == registry.count("act") == 0


def test_a_draft_that_nobody_files_ends(registry: "Registry") -> None:
    number = number_of(registry, registry.draft())
    ends = timers(registry, number)[ENDS]
    assert ends.due_at == (NOW + timedelta(days=PERIODS.draft_days)).timestamp()
    assert ends.warn_at == (NOW + timedelta(days=PERIODS.draft_days - PERIODS.warn_days)).timestamp()
    registry.pass_time(days=PERIODS.draft_days - 1)
    assert registry.sweep() == 0
    registry.pass_time(days=1)
    assert registry.sweep() == 1
    assert is_gone(registry, number)
    assert registry.count("report") == 0


def test_a_filed_report_waits_for_the_office_without_end(registry: "Registry") -> None:
    report_id, _ = registry.file()
    assert not timers(registry, number_of(registry, report_id))


def test_a_returned_report_that_nobody_answers_is_withdrawn(registry: "Registry") -> None:
    report_id, _ = registry.file()
    number = number_of(registry, report_id)
    registry.decide(report_id, "returned", "配達の記録を付けてください。")
    leaves = registry.home.log.size()
    registry.pass_time(days=PERIODS.answer_days)
    assert registry.sweep() == 1
    registry.home.acts.settle()
    assert registry.home.log.size() == leaves + 2
    assert is_gone(registry, number)
    assert registry.count("report", "state = 'withdrawn'") == 1


def test_an_answered_report_ends_no_more(registry: "Registry") -> None:
    report_id, _ = registry.file()
    registry.decide(report_id, "returned")
    registry.submit(report_id)
    registry.pass_time(days=2 * PERIODS.answer_days)
    assert registry.sweep() == 0
    assert registry.state(report_id) == "submitted"


@pytest.mark.parametrize("is_draft", [True, False])
def test_what_is_filed_in_the_moment_in_which_it_would_end_does_not_end(registry: "Registry", is_draft: bool) -> None:
    report_id = registry.draft() if is_draft else registry.file()[0]
    if not is_draft:
        registry.decide(report_id, "returned")
    registry.pass_time(days=PERIODS.answer_days)
    (due,) = registry.home.timers.upcoming(registry.now.timestamp())  # the sweeper has read it
    assert registry.submit(report_id).status == 200
    registry.home.reports.ending.fires()[ENDS](due)
    assert registry.state(report_id) == "submitted"


def test_a_rejected_report_is_erased_once_the_shop_could_ask_why(registry: "Registry") -> None:
    report_id, _ = registry.file()
    number = number_of(registry, report_id)
    registry.decide(report_id, "rejected", "証拠が足りません。")
    assert registry.count("seen_token") == 0
    registry.pass_time(days=PERIODS.rejected_days)
    assert registry.sweep() == 1
    assert is_gone(registry, number)
    assert registry.count("report", "state = 'rejected'") == 1


def test_a_report_that_was_paid_is_erased_in_48_hours(registry: "Registry") -> None:
    report_id, _ = registry.file()
    number = number_of(registry, report_id)
    assert registry.done("POST", f"/{report_id}/payment", {"on": "2026-11-01"})["state"] == "withdrawn"
    assert registry.count("seen_token") == 0
    registry.pass_time(hours=47)
    assert registry.sweep() == 0
    registry.pass_time(hours=1)
    assert registry.sweep() == 1
    assert is_gone(registry, number)


@pytest.mark.parametrize(
    ("paid", "left"),
    [(["5000"], "submitted"), (["12800"], "withdrawn"), (["5000", "6801"], "withdrawn"), (["11800"], "submitted")],
)
def test_what_leaves_no_debt_that_counts_is_withdrawn(registry: "Registry", paid: list[str], left: str) -> None:
    report_id, _ = registry.file()
    for amount in paid:
        answered = registry.done("POST", f"/{report_id}/payment", {"on": "2026-11-01", "amount": amount})
    assert answered["state"] == left
    assert sum(part.amount for part in registry.stored(report_id).content.payments) == sum(map(Decimal, paid))


def test_a_sweep_that_broke_off_is_finished_by_the_next(
    registry: "Registry", monkeypatch: pytest.MonkeyPatch
) -> None:
    number = number_of(registry, registry.draft())
    registry.pass_time(days=PERIODS.draft_days)

    def broken(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(registry.home.reports.store, "remove", broken)
        registry.sweep()
    assert registry.count("report") == 1
    registry.sweep()
    assert is_gone(registry, number)
    assert registry.count("report") == 0


def test_the_office_sees_what_was_done_by_whom(registry: "Registry") -> None:
    report_id, _ = registry.file()
    registry.decide(report_id, "returned", "配達の記録を付けてください。")
    acts = [
        logged.act for logged in registry.home.acts.of(Subject.of(SubjectKind.REPORT, number_of(registry, report_id)))
    ]
    assert [(act.kind, act.by, act.before, act.after) for act in acts] == [
        (LeafKind.REPORT_RECEIVED, f"member:{SHOP}", "draft", "submitted"),
        (LeafKind.REPORT_RETURNED, "office-1", "submitted", "returned"),
    ]


# Reports that an entry rests on


def test_the_last_report_taken_back_ends_the_entry(registry: "Registry") -> None:
    report_id, _ = registry.file()
    number, entry = number_of(registry, report_id), registry.list_as(report_id)
    registry.done("POST", f"/{report_id}/withdraw")
    assert is_gone(registry, number)
    with pytest.raises(Refused):
        registry.home.entries.get(entry)


def test_one_of_two_reports_taken_back_leaves_the_entry_to_the_other(registry: "Registry") -> None:
    first, _ = registry.file()
    second, _ = registry.file(OTHER)
    entry = registry.list_as(first)
    registry.add_to(entry, second)
    registry.done("POST", f"/{first}/withdraw")
    assert [source.member for source in registry.home.entries.get(entry).sources] == [OTHER]
    assert registry.state(second, OTHER) == "checked"


def test_an_entry_whose_debt_was_paid_is_erased_with_its_report_in_48_hours(registry: "Registry") -> None:
    report_id, _ = registry.file()
    number, entry = number_of(registry, report_id), registry.list_as(report_id)
    registry.done("POST", f"/{report_id}/payment", {"on": "2026-11-01"})
    assert registry.home.entries.get(entry).state is LifeState.SUSPENDED
    registry.pass_time(hours=48)
    registry.sweep()
    registry.home.entries.settle()
    assert is_gone(registry, number)
    with pytest.raises(Refused):
        registry.home.entries.get(entry)


def test_a_part_paid_leaves_the_entry_as_it_was(registry: "Registry") -> None:
    report_id, _ = registry.file()
    entry = registry.list_as(report_id)
    before = registry.home.entries.get(entry)
    assert registry.done("POST", f"/{report_id}/payment", {"on": "2026-11-01", "amount": "100"})["state"] == "checked"
    assert registry.home.entries.get(entry) == before


def test_a_confirmed_report_holds_from_then_on(registry: "Registry") -> None:
    report_id, _ = registry.file()
    entry = registry.list_as(report_id)
    registry.pass_time(days=100)
    registry.done("POST", f"/{report_id}/confirm")
    (source,) = registry.home.entries.get(entry).sources
    assert source.confirmed_at == registry.stored(report_id).confirmed_at == registry.now.timestamp()


def test_only_what_was_accepted_is_confirmed(registry: "Registry") -> None:
    report_id, _ = registry.file()
    assert registry.ask("POST", f"/{report_id}/confirm").code == "state"


def test_an_order_whose_entry_ended_is_not_reported_again(registry: "Registry") -> None:
    report_id, _ = registry.file()
    entry = registry.list_as(report_id)
    with registry.home.entries.changing(entry) as connection:
        registry.home.entries.erase(connection, entry, "office-1", "overturned")
    registry.home.entries.settle()
    assert registry.ask("GET", f"/{report_id}").status == 404
    assert registry.ask("POST", "", UNPAID).code == "state"
