"""The persons' desk as a whole: the parts that persons, the office and the clock each talk to."""

from collections.abc import Callable, Collection, Sequence

from shopguard.crypto import Keyring
from shopguard.registry.acts import Acts
from shopguard.registry.disputes.answering import Answers, Sight
from shopguard.registry.disputes.files import Files
from shopguard.registry.disputes.following import Following
from shopguard.registry.disputes.letters import Sender
from shopguard.registry.disputes.mailroom import Mailroom
from shopguard.registry.disputes.outbox import Outbox
from shopguard.registry.disputes.protecting import Protections
from shopguard.registry.disputes.service import PersonsDesk
from shopguard.registry.disputes.store import RequestStore
from shopguard.registry.entries.service import Entries
from shopguard.registry.log import Inclusion
from shopguard.registry.publishing import Publisher
from shopguard.registry.records import Records
from shopguard.registry.reports.store import ReportStore
from shopguard.registry.search.looks import Looks
from shopguard.registry.search.model import Look
from shopguard.registry.seen import Seen
from shopguard.registry.timers import Timers
from shopguard.storage.engine import reading


class Persons:
    """What listed persons, and the office about them, can do.

    Attributes:
        desk: persons ask here. ``answers``: the office answers. ``mailroom``: letters leave.
        protections: whose name was misused. ``following``: what follows by itself, and the desk's deadlines.
        files: requests and letters as they are kept.

    Args:
        check_conflict: raises ``Refused`` if an office account may not decide a case of these members.
        clock: Unix seconds.
        prove: returns the proof that a leaf stands in the log.
    """

    def __init__(
        self,
        entries: Entries,
        reports: ReportStore,
        records: Records,
        timers: Timers,
        acts: Acts,
        seen: Seen,
        publisher: Publisher,
        looks: Looks,
        master: Keyring,
        check_conflict: Callable[[str, Collection[str]], None],
        clock: Callable[[], float],
        sender: Sender,
        prove: Callable[[int], Inclusion],
    ) -> None:
        requests, outbox = RequestStore(records, master), Outbox(records)
        self.files = Files(entries, reports, requests, records, timers, acts, outbox, clock, sender, prove, seen)
        self.protections = Protections(
            records, publisher, seen, timers, acts, clock, self.files.periods.protected_years
        )
        self.desk, self.mailroom = PersonsDesk(self.files), Mailroom(self.files)
        self._looks = looks
        sight = Sight(self.looks_of, check_conflict=check_conflict)
        self.answers = Answers(self.files, self.protections, sight)
        self.following = Following(self.files, self.protections)

    def looks_of(self, number: int) -> Sequence[Look]:
        """Return who was told of an entry, the latest first."""
        vault = self.files.records.vault
        with reading(vault.engine) as connection:
            kept = vault.kept(connection, [number]).get(number)
        return () if kept is None else self._looks.of(kept.handle)
