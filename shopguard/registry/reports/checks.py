"""What is looked at before a report changes: where it stands, its room for files, words that are not kept. Pure."""

from collections.abc import Sequence

from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.files import MAX_ALL, MAX_FILES
from shopguard.registry.reports.model import Report, ReportState
from shopguard.registry.reports.store import StoredFile
from shopguard.registry.reports.wording import Fault, FaultCode, both


def refuse_forbidden(faults: Sequence[Fault]) -> None:
    """Some things are not written down at all, not even in a draft."""
    if found := [fault for fault in faults if fault.code is FaultCode.FORBIDDEN]:
        raise Refused(Refusal.RULES, "\n".join(map(str, found)))


def check_state(report: Report, *states: ReportState) -> None:
    """Refuse what is not possible in the state that a report is in."""
    if report.state not in states:
        ja, en = _STATES[report.state]
        raise Refused(Refusal.STATE, both(f"この報告は{ja}なので、できません。", f"not possible: the report {en}"))


def check_room(files: Sequence[StoredFile]) -> None:
    """Refuse more files than a report may have."""
    if len(files) > MAX_FILES:
        raise Refused(
            Refusal.TOO_LARGE,
            both(f"証拠資料は{MAX_FILES}個までです。", f"a report has {MAX_FILES} files at most"),
        )
    if sum(file.size for file in files) > MAX_ALL:
        limit = MAX_ALL // 1024**2
        raise Refused(
            Refusal.TOO_LARGE,
            both(f"証拠資料は合わせて{limit}MBまでです。", f"the files of a report have {limit} MB at most"),
        )


_STATES = {
    ReportState.DRAFT: ("下書き", "is a draft"),
    ReportState.SUBMITTED: ("受付済み", "has been filed and waits for the office"),
    ReportState.RETURNED: ("差し戻し中", "was returned"),
    ReportState.CHECKED: ("確認済み", "was accepted"),
    ReportState.REJECTED: ("不採用", "was rejected"),
    ReportState.WITHDRAWN: ("取り下げ済み", "was withdrawn"),
}
