"""What acts, deadlines and letters are about: one text for each record of the vault."""

from dataclasses import dataclass
from enum import StrEnum


class SubjectKind(StrEnum):
    REPORT = "report"
    ENTRY = "entry"
    REQUEST = "request"
    PROTECTION = "protection"
    APPLICATION = "application"
    MEMBER = "member"
    LISTED = "listed"  # loaded entries that the rules come to on one day: its key


@dataclass(frozen=True, slots=True)
class Subject:
    """A record, by the number (or, of members, the id) it has in the vault. Says nothing of a person."""

    kind: SubjectKind
    key: str

    @classmethod
    def of(cls, kind: SubjectKind, key: int | str) -> "Subject":
        return cls(kind, str(key))

    @classmethod
    def read(cls, text: str) -> "Subject":
        """Return what ``str`` of a subject says."""
        kind, _, key = text.partition(":")
        return cls(SubjectKind(kind), key)

    @property
    def number(self) -> int:
        """The number of the record, under which its key is kept; ``ValueError`` for a member."""
        return int(self.key)

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.key}"
