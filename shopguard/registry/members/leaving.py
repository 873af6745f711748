"""What ends with a membership: nobody stands by the reports of a shop that has left, so they are withdrawn.

An entry that rests on others too stays; one that rests on these alone ends. The shop's particulars are erased.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from shopguard.registry.members.applications import Applications
from shopguard.registry.members.model import State
from shopguard.registry.members.service import Members
from shopguard.registry.reports.model import Report, ReportState

_ENDED = (ReportState.REJECTED, ReportState.WITHDRAWN)  # they go by their own deadline, which is near
_PAGE = 100


class OwnReports(Protocol):
    """The reports of a member. See ``reports.service.Reports``."""

    def of_member(
        self, member: str, state: ReportState | None = None, before: str = "", limit: int = 100
    ) -> Sequence[Report]: ...

    def withdraw(self, member: str, report_id: str, reason: str = "") -> None: ...


class Leaving:
    """Takes away what members leave behind. May be broken off anywhere, and done again at any time.

    Args:
        reports: gives them when they are needed: they are built on the members.
        forget: has the office keep nothing of these members.
    """

    def __init__(
        self,
        members: Members,
        applications: Applications,
        reports: Callable[[], OwnReports],
        forget: Callable[[Sequence[str]], None],
    ) -> None:
        self._members, self._applications, self._reports, self._forget = members, applications, reports, forget

    def finish(self) -> int:
        """End everything of every member that has left, and return how many reports were withdrawn."""
        left = [member.id for member in self._members.all() if member.state is State.LEFT]
        withdrawn = sum(self._withdraw_all(member) for member in left)
        self._applications.tidy()
        self._forget(left)
        return withdrawn

    def _withdraw_all(self, member: str) -> int:
        reports, count = self._reports(), 0
        for state in ReportState:
            if state in _ENDED:
                continue
            while page := reports.of_member(member, state, limit=_PAGE):
                for report in page:
                    reports.withdraw(member, report.id, "the member has left")
                count += len(page)
        return count
