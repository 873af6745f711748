"""Whether a letter is ours: by the code or the number that stands on it, and by its date.

A code can be copied off a real letter; that nothing was written under it on a day cannot be explained away.
"""

from collections.abc import Collection
from datetime import date
from enum import StrEnum

from shopguard.registry.disputes.codes import is_short, read_code, read_id
from shopguard.registry.disputes.outbox import PERSON, Outbox
from shopguard.registry.disputes.store import REQUEST, RequestStore
from shopguard.registry.entries.service import Entries
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both
from shopguard.registry.subjects import Subject, SubjectKind


class Genuine(StrEnum):
    """What is said of a letter whose code or number is one of ours."""

    KNOWN = "known"  # its date was not told
    WRITTEN = "written"  # and we wrote on that day
    OTHER_DAY = "other_day"  # but wrote nothing on that day


def check_letter(entries: Entries, requests: RequestStore, outbox: Outbox, mark: str, on: date | None) -> Genuine:
    """Return what can be said of a letter. ``Refused`` for a code and a number that no letter of ours has.

    Args:
        mark: the code or the number of a request, as somebody typed it in.
        on: the date at the top of the letter; None: not told.
    """
    subjects = _about(entries, requests, mark)
    if not subjects:
        raise Refused(Refusal.NOT_FOUND, _NOT_OURS)
    if on is None:
        return Genuine.KNOWN
    return Genuine.WRITTEN if on in outbox.days(subjects, PERSON) else Genuine.OTHER_DAY


def _about(entries: Entries, requests: RequestStore, mark: str) -> Collection[Subject]:
    """The entry and the requests that a mark belongs to, whatever became of them; letters about them may have it."""
    code, request_id = read_code(mark), read_id(REQUEST, mark)
    if code is not None and is_short(code):
        raise Refused(Refusal.UNREADABLE, _SHORT)
    numbers = set() if code is None else set(entries.ever(code))
    asked = requests.numbers(code, request_id)
    numbers |= {entry for entry in asked.values() if entry is not None}
    asked = {**asked, **requests.numbers(entries=numbers)}
    about_entries = {Subject.of(SubjectKind.ENTRY, number) for number in numbers}
    return about_entries | {Subject.of(SubjectKind.REQUEST, number) for number in asked}


_NOT_OURS = both(
    "この番号の手紙は、当事務局からお送りしていません。もう一度お確かめください。",
    "no letter of ours has this code or number: please compare it once more",
)
_SHORT = both(
    "これは本人確認の番号です。同じ手紙の受付番号（Q- で始まる番号）をご入力ください。",
    "this code shows who you are: please type the number of the request in the same letter, which begins with Q-",
)
