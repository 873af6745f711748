"""What people call reports, entries, requests, applications and members, and what that is in the registry."""

from collections.abc import Collection, Mapping

from shopguard.registry.home import RegistryHome
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both
from shopguard.registry.subjects import Subject, SubjectKind


def entry_named(home: RegistryHome, reference: str) -> int:
    """Return the number of the entry that goes by ``reference``; ``Refused`` if there is none."""
    number = home.entries.find(reference)
    if number is None:
        raise Refused(Refusal.NOT_FOUND, _NO_ENTRY)
    return number


def subject_named(home: RegistryHome, name: str) -> Subject:
    """Return what ``name`` stands for: a report (``R-``), an entry, or a member as ``member:ID``; erased ones too."""
    if name.startswith(_MEMBER):
        return Subject.of(SubjectKind.MEMBER, name.removeprefix(_MEMBER))
    if name.startswith("R-"):
        report = home.reports.store.number_of(name)
        return Subject.of(SubjectKind.REPORT, home.reports.get(name).report.number if report is None else report)
    kept = home.publisher.placing.vault.trace(name)
    return Subject.of(SubjectKind.ENTRY, entry_named(home, name) if kept is None else kept.number)


def names_of(home: RegistryHome, subjects: Collection[Subject]) -> Mapping[Subject, str]:
    """Return what people call these records; one that is being erased has only its number left."""
    named = {subject: str(subject) for subject in subjects}
    reports = home.reports.store.of_numbers(_numbers(subjects, SubjectKind.REPORT))
    named |= {Subject.of(SubjectKind.REPORT, number): report.id for number, report in reports.items()}
    lives = home.entries.of_numbers(_numbers(subjects, SubjectKind.ENTRY))
    named |= {Subject.of(SubjectKind.ENTRY, life.number): life.reference for life in lives}
    requests = home.persons.files.requests.of_numbers(_numbers(subjects, SubjectKind.REQUEST))
    named |= {Subject.of(SubjectKind.REQUEST, request.number): request.id for request in requests}
    if any(subject.kind is SubjectKind.APPLICATION for subject in subjects):
        stated = {Subject.of(SubjectKind.APPLICATION, one.number): one.id for one in home.applications.all(None)}
        named |= {subject: name for subject, name in stated.items() if subject in named}
    return named


def _numbers(subjects: Collection[Subject], kind: SubjectKind) -> list[int]:
    return [subject.number for subject in subjects if subject.kind is kind]


_MEMBER = "member:"
_NO_ENTRY = both("該当する登録がありません。", "there is no such entry")
