"""From a checked report to what an entry rests on. Pure."""

from collections.abc import Mapping
from datetime import date

from shopguard.config.periods import USUAL, Periods
from shopguard.model import Category
from shopguard.registry.calendar import day_of
from shopguard.registry.entries.model import Source
from shopguard.registry.entries.rules import ends_on, needs_two
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.model import Report, ReportContent
from shopguard.registry.reports.wording import both


def source_of(report: Report, groups: Mapping[str, str], now: float, periods: Periods = USUAL) -> Source:
    """Return what an entry rests on from ``now`` on; ``Refused`` for what no entry may rest on.

    Args:
        groups: by member the group of shops it is of; one that is missing stands for itself.
    """
    content, happened_on = report.content, _happened_on(report.content)
    ends = ends_on(content.category, happened_on, periods)
    if needs_two(content.category) and len(set(report.checked_by)) < 2:
        raise Refused(Refusal.STATE, _NEEDS_TWO)
    if ends < day_of(now):
        raise Refused(Refusal.STATE, _TOO_OLD)
    return Source(
        report=report.number,
        member=report.member,
        group=groups.get(report.member, report.member),
        category=content.category,
        party=content.party,
        first_on=happened_on,
        last_on=happened_on,
        ends_on=ends,
        checked_by=report.checked_by,
        confirmed_at=now,
        added_at=now,
    )


def _happened_on(content: ReportContent) -> date:
    """The day that the period of its category counts from."""
    by_category = {Category.UNPAID: content.due_on, Category.COD_REFUSED: content.refused_on}
    return by_category.get(content.category) or content.happened_on


_NEEDS_TWO = both(
    "悪質クレームの通報は、2人の担当者が承認してはじめて登録できます。",
    "a malicious claim is listed only after two persons at the office have accepted it",
)
_TOO_OLD = both(
    "登録できる期間を過ぎた案件のため、登録できません。", "this case is too old: its time to be listed is over"
)
