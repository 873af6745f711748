"""What people call reports, entries and members at the command line, and what that is in the registry."""

from collections.abc import Collection, Mapping

from shopguard.cli.output import say
from shopguard.registry.entries.model import Life
from shopguard.registry.home import RegistryHome
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.subjects import Subject, SubjectKind


def entry_named(home: RegistryHome, reference: str) -> int:
    """Return the number of the entry that goes by ``reference``; ``Refused`` if there is none."""
    number = home.entries.find(reference)
    if number is None:
        text = say(f"{reference}: there is no such entry", f"{reference}：該当する登録がありません")
        raise Refused(Refusal.NOT_FOUND, text)
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
    numbers = [subject.number for subject in subjects if subject.kind is SubjectKind.REPORT]
    reports = home.reports.store.of_numbers(numbers)
    named: dict[Subject, str] = {subject: str(subject) for subject in subjects}
    for subject in subjects:
        if subject.kind is SubjectKind.REPORT and subject.number in reports:
            named[subject] = reports[subject.number].id
        elif subject.kind is SubjectKind.ENTRY and (life := _life(home, subject.number)) is not None:
            named[subject] = life.reference
    return named


def _life(home: RegistryHome, number: int) -> Life | None:
    try:
        return home.entries.get(number)
    except Refused as refused:
        if refused.code is not Refusal.NOT_FOUND:
            raise
        return None


_MEMBER = "member:"
