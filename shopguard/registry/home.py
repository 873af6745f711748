"""An installation's own registry: its stores, its key files, its keyed function, and everything made of them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from shopguard.config.periods import USUAL, Periods
from shopguard.crypto import Keyring
from shopguard.errors import ConfigError
from shopguard.identity import PROFILE
from shopguard.private_file import KEYS_FOLDER
from shopguard.registry.acts import Acts, words_kept_from
from shopguard.registry.adopt import adopt
from shopguard.registry.client import InProcess, RegistryClient
from shopguard.registry.desk import Route
from shopguard.registry.disputes.letters import Sender
from shopguard.registry.disputes.persons import Persons
from shopguard.registry.disputes.returning import tell_returned
from shopguard.registry.disputes.routes import member_routes
from shopguard.registry.entries.service import Entries
from shopguard.registry.erasures import JOURNAL, ErasureJournal
from shopguard.registry.index import Index
from shopguard.registry.log import Heads, Log
from shopguard.registry.log.routes import log_routes
from shopguard.registry.lookup import LookUpService
from shopguard.registry.members.applications import Applications
from shopguard.registry.members.fees import Fees, Rate
from shopguard.registry.members.leaving import Leaving
from shopguard.registry.members.regrouping import Regrouping
from shopguard.registry.members.routes import fee_routes
from shopguard.registry.members.service import Members
from shopguard.registry.office.cases import Cases
from shopguard.registry.office.conflict import Conflicts
from shopguard.registry.office.service import Office
from shopguard.registry.office.similar import Likeness
from shopguard.registry.prf.client import PrfClient
from shopguard.registry.prf.process import Founding, OwnPrf, prf_socket, socket_elsewhere
from shopguard.registry.prf.seeds import EpochSeeds, seeds_path
from shopguard.registry.prf.service import PrfService
from shopguard.registry.publishing import Progress, Publisher
from shopguard.registry.reapplying import Erasures
from shopguard.registry.records import Records
from shopguard.registry.refusals import Refused
from shopguard.registry.reports.ending import Ending
from shopguard.registry.reports.model import Report
from shopguard.registry.reports.routes import report_routes
from shopguard.registry.reports.rules import Limits
from shopguard.registry.reports.service import Reports
from shopguard.registry.reports.store import ReportStore
from shopguard.registry.rounds import Chore, Rounds
from shopguard.registry.search.looks import Looks
from shopguard.registry.search.monitoring import Monitoring
from shopguard.registry.search.roots import LookRoots
from shopguard.registry.search.staff import Staff
from shopguard.registry.seen import Seen
from shopguard.registry.signing import SignedAnswer, SignedRequest, key_id_of
from shopguard.registry.signing_keys import SigningKeys
from shopguard.registry.stores import STORES, migrate_store, open_store, store_is_current
from shopguard.registry.timers import Sweeper, Timers
from shopguard.registry.vault import Vault
from shopguard.storage.engine import BUSY_TIMEOUT_S, empty_journal

OWN_MEMBER = "self"
"""The id under which an installation asks its own registry: without a budget, as the list is its own."""

_SETTLE_EVERY_S = 10.0
_LOOKS_EVERY_S = 600.0
_HOUR_S = 3_600.0
_DEADLINES_EVERY_S = 60.0
_HEAD_EVERY_S = 60.0  # whether one is due
_SIGNING = ("office", "answers", "member")


class RegistryHome:
    """The parts are built when they are first asked for; ``prepare`` comes once before.

    Args:
        registry_id: enters the derivation of every key; never changed once entries are stored.
        guard_keys: the installation's keyring; its master key seals the key files here too.
        clock: returns now, in UTC.
        url: a PostgreSQL database; None: files in ``data_dir``.
        fees: what members owe. ``sender``: who writes to listed persons. ``periods``: how long everything takes.
        limits: what is asked of reports; None: the usual, and ``periods``.
        apart: False evaluates the keyed function in this process: for a registry that is thrown away after use.
    """

    def __init__(
        self,
        data_dir: Path,
        registry_id: str,
        guard_keys: Keyring,
        clock: Callable[[], datetime],
        url: str | None = None,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        *,
        apart: bool = True,
        fees: Sequence[Rate] = (),
        sender: Sender = Sender(),  # noqa: B008  # frozen
        periods: Periods = USUAL,
        limits: Limits | None = None,
    ) -> None:
        self.data_dir, self.registry_id, self._guard_keys, self.clock = data_dir, registry_id, guard_keys, clock
        self._url, self._busy_timeout_s, self._apart, self.rates = url, busy_timeout_s, apart, fees
        self._sender, self._periods, self._limits = sender, periods, limits or Limits(periods=periods)
        self.keeps_looks = True
        """Set before anything is asked: False where orders are tried out, so that nobody is told of anybody."""
        self._engines: dict[str, sa.Engine] = {}

    @property
    def keys_folder(self) -> Path:
        return self.data_dir / KEYS_FOLDER

    def engine(self, store: str) -> sa.Engine:
        """Return the engine of one of ``STORES``."""
        if store not in self._engines:
            self._engines[store] = open_store(store, self.data_dir, self._url, self._busy_timeout_s)
        return self._engines[store]

    @cached_property
    def office(self) -> SigningKeys:
        """What the office signs under, towards the keyed function."""
        return self._signing_keys("office")

    @cached_property
    def answer_keys(self) -> SigningKeys:
        """What answers are signed under."""
        return self._signing_keys("answers")

    @cached_property
    def member_keys(self) -> SigningKeys:
        """What this installation signs under as a member: of its own registry or of a central one."""
        return self._signing_keys("member")

    @cached_property
    def vault_keys(self) -> Keyring:
        """What wraps the keys of entries."""
        return Keyring.load(self._key_file("vault"), self._guard_keys.master_key)

    @cached_property
    def index(self) -> Index:
        return Index(self.engine("index"))

    @cached_property
    def prf(self) -> PrfClient | PrfService:
        if self._apart:
            return PrfClient(prf_socket(self.data_dir), ensure=self._own_prf.ensure)
        return PrfService(
            self.engine("prf"), EpochSeeds(seeds_path(self.data_dir), self._guard_keys.master_key), self.clock
        )

    @cached_property
    def _own_prf(self) -> OwnPrf:
        return OwnPrf(self.data_dir, self._url)

    @cached_property
    def publisher(self) -> Publisher:
        return Publisher(
            self.engine("vault"),
            self.engine("keys"),
            self.index,
            self.prf,
            lambda: self.office.signer,
            self.vault_keys,
            self.registry_id,
            self.clock,
            self.erasure_journal.add,
            self._periods,
        )

    @cached_property
    def erasure_journal(self) -> ErasureJournal:
        """What was erased for good; lies beside the stores and in no backup of them."""
        return ErasureJournal(self.data_dir / JOURNAL, self._seconds)

    @cached_property
    def erasures(self) -> Erasures:
        """What brings that journal to the stores."""
        return Erasures(self.erasure_journal, self.publisher.placing)

    @cached_property
    def log(self) -> Log:
        return Log(self.engine("log"), self._seconds)

    @cached_property
    def heads(self) -> Heads:
        """The signed heads of the log; members know the key as one that answers are signed under."""
        return Heads(self.log, self.registry_id, lambda: self.answer_keys.signer, self._seconds)

    @cached_property
    def members(self) -> Members:
        return Members(self.engine("vault"), self.vault_keys, self.prf, self.office, self.log, self._seconds)

    @cached_property
    def applications(self) -> Applications:
        """Shops that want to become members."""
        return Applications(self.members, self.records, self.acts, self._seconds)

    @cached_property
    def leaving(self) -> Leaving:
        """What takes away what members leave behind."""
        forget = self.moderation.forget
        return Leaving(self.members, self.applications, lambda: self.reports, forget)

    @cached_property
    def regrouping(self) -> Regrouping:
        """What counts the reporters of entries anew."""
        return Regrouping(self.engine("vault"), self.timers, self.reports, self.entries)

    @cached_property
    def fees(self) -> Fees:
        """What members owe."""
        return Fees(self.engine("vault"), self.members, self.rates, self._seconds)

    @cached_property
    def desk_routes(self) -> Sequence[Route]:
        """What members may ask beside looking up: the routes of each subject, one after the other."""
        letters = member_routes(self.persons.mailroom)
        return (*report_routes(self.reports), *letters, *fee_routes(self.fees), *log_routes(self.log, self.heads))

    @cached_property
    def records(self) -> Records:
        """Numbers and keys for what the vault holds beside entries."""
        return Records(Vault(self.engine("vault"), self.vault_keys), self.publisher.placing.keys)

    @cached_property
    def acts(self) -> Acts:
        """What was done to records, by whom and why."""
        return Acts(self.records, self.vault_keys, self.log)

    @cached_property
    def timers(self) -> Timers:
        return Timers(self.engine("vault"))

    @cached_property
    def seen(self) -> Seen:
        """Who resembles whom."""
        return Seen(self.engine("vault"), self.vault_keys)

    @cached_property
    def entries(self) -> Entries:
        """The life of entries."""
        placing, groups = self.publisher.placing, lambda: self.members.groups()
        return Entries(placing, self.records, self.acts, self.timers, self.vault_keys, self._seconds, groups)

    @cached_property
    def reports(self) -> Reports:
        """What members report, from the first draft to the office's decision."""
        store = ReportStore(self.records, self.vault_keys)
        ending = Ending(store, self.acts, self.timers, self._seconds)
        parts = store, self.acts, self.entries, self.seen, ending, self.log.inclusion
        return Reports(*parts, self._seconds, self._limits, self._tell_returned)

    def _tell_returned(self, connection: sa.Connection, report: Report, until: date) -> None:
        tell_returned(self.persons.files, connection, report, until)  # what persons ask is built on the reports

    @cached_property
    def conflicts(self) -> Conflicts:
        """Which accounts at the office belong to which shops."""
        return Conflicts(self.engine("vault"), self.acts, lambda: self.members.groups(), self._seconds)

    @cached_property
    def moderation(self) -> Office:
        """What the office does with reports."""
        likeness = Likeness(self.seen, self.reports.store, self.entries, self.publisher.placing)
        parts = self.reports, self.entries, self.records, self.acts, likeness, self.conflicts
        return Office(*parts, self._seconds)

    @cached_property
    def cases(self) -> Cases:
        """What the office does with entries."""
        return Cases(self.reports, self.entries, self.records, self.conflicts)

    @cached_property
    def persons(self) -> Persons:
        """What listed persons ask, and what they are answered."""
        return Persons(
            self.entries,
            self.reports.store,
            self.records,
            self.timers,
            self.acts,
            self.seen,
            self.publisher,
            self.looks,
            self.vault_keys,
            self.conflicts.check,
            self._seconds,
            self._sender,
            self.log.inclusion,
        )

    @cached_property
    def looks(self) -> Looks:
        """Who was told of whom."""
        return Looks(self.engine("vault"), self.records, Staff(self.seen, self._seconds), self._seconds)

    @cached_property
    def look_roots(self) -> LookRoots:
        """What keeps looks from being changed unseen."""
        return LookRoots(self.engine("vault"), self.log, self._seconds)

    @cached_property
    def monitoring(self) -> Monitoring:
        """What notices looks that are odd."""
        return Monitoring(self.engine("vault"), self.acts, self._daily_orders, self._seconds)

    @cached_property
    def service(self) -> LookUpService:
        return LookUpService(
            self.index,
            self.prf,
            self.answer_keys,
            self.registry_id,
            self.clock,
            key_desk=self.members,
            more=self.desk_routes,
            roles=self.members.roles,
            looks=self.looks if self.keeps_looks else None,
            settle=self.settle,
            check=self.publisher.check_same_day,
        )

    @cached_property
    def sweeper(self) -> Sweeper:
        """What warns of deadlines and fires them."""
        following = self.persons.following
        fires = {
            **self.entries.fires(),
            **self.reports.ending.fires(),
            **following.fires(),
            **self.regrouping.fires(),
        }
        return Sweeper(self.engine("vault"), self.timers, fires, following.warn, self._seconds)

    @cached_property
    def rounds(self) -> Rounds:
        """What this registry does by the clock."""
        return Rounds(
            self.engine("vault"),
            [
                Chore("settle", _SETTLE_EVERY_S, self.entries.settle),
                Chore("deadlines", _DEADLINES_EVERY_S, self.sweeper.sweep),
                Chore("persons", _DEADLINES_EVERY_S, self.persons.following.follow),
                Chore("head", _HEAD_EVERY_S, self.heads.sign_if_due),
                Chore("looks", _LOOKS_EVERY_S, self.look_roots.enter),
                Chore("alarms", _LOOKS_EVERY_S, self.monitoring.watch),
                Chore("old_looks", _HOUR_S, self.looks.expire),
                Chore("old_words", _HOUR_S, self._forget_old_words),
                Chore("fees", _HOUR_S, self.fees.issue),
                Chore("leaving", _HOUR_S, self.leaving.finish),
                Chore("journal", _HOUR_S, lambda: empty_journal(self.engine("vault"))),  # after all that erases
            ],
        )

    def _forget_old_words(self) -> None:
        before = words_kept_from(self._seconds())
        self.acts.expire(before)
        self.members.expire_acts(before)

    def client(self, commitment_secret: bytes) -> RegistryClient:
        """Return the way to ask this registry from inside this installation."""
        return RegistryClient(
            InProcess(_WhenAsked(self)),
            OWN_MEMBER,
            lambda: self.member_keys.signer,
            commitment_secret,
            PROFILE,
            lambda: {key_id_of(public): public for public in self.answer_keys.publics},
            self.clock,
        )

    def made_member_keys(self) -> SigningKeys:
        """Return this installation's keys as a member, made if there are none."""
        return self._made("member")

    def prepare(self, progress: Progress = lambda done, total: None) -> None:
        """Create what is missing and finish what broke off; run once before the processes start.

        ``ConfigError`` where stores are there and their keys are not: fresh ones could read nothing of them.

        Args:
            progress: hears of entries that are sealed anew; see ``Publisher.reseal``.
        """
        self.upgrade()
        self.settle()
        self._take_itself_in()
        self.publisher.ensure_current(progress)
        self.publisher.settle()
        adopt(self.data_dir, self._url, self._guard_keys, self.publisher.placing, progress)

    def settle(self) -> None:
        """See to it that the stores may be served, however they came out of backups.

        ``ErasuresUnknown`` or ``StoresApart``, which say what is to be done first, where they may not.
        """
        self.erasures.settle()
        self.publisher.check_same_day()

    def upgrade(self) -> None:
        """Create missing keys, and missing tables or columns; the first part of ``prepare``."""
        self._make_keys()
        for store in self._stores:
            migrate_store(self.engine(store), store)

    def is_current(self) -> bool:
        """Whether all stores have the tables of this version; none is created by asking."""
        if self._url is None and not all((self.data_dir / f"registry-{store}.db").exists() for store in self._stores):
            return False
        return all(store_is_current(self.engine(store), store) for store in self._stores)

    def close(self) -> None:
        """Let go of the databases, and of a keyed function that this process started."""
        if "looks" in self.__dict__:
            self.looks.close()
        prf = self.__dict__.get("prf")
        if isinstance(prf, PrfClient):
            prf.close()
        if "_own_prf" in self.__dict__:
            self._own_prf.close()
        for engine in self._engines.values():
            engine.dispose()

    @property
    def _stores(self) -> Sequence[str]:
        """The stores that are ours: a keyed function with a user of its own keeps its own."""
        return [store for store in STORES if store != "prf" or not self._prf_is_elsewhere]

    @property
    def _prf_is_elsewhere(self) -> bool:
        return self._apart and socket_elsewhere() is not None

    def _make_keys(self) -> None:
        for name in ("vault",) if self._prf_is_elsewhere else ("vault", "prf"):
            if not self._key_file(name).exists() and self._is_used(name):
                raise ConfigError(
                    f"{self._key_file(name)}: missing, and what it was for is still there; restore it from a backup"
                )
        for name in _SIGNING:
            self._made(name)
        if not self._key_file("vault").exists():
            with suppress(ConfigError):  # another process has been quicker
                Keyring.create(self._key_file("vault"), self._guard_keys.master_key)
        if not self._prf_is_elsewhere and not self._key_file("prf").exists():
            self._make_seeds()

    def _make_seeds(self) -> None:
        """Where the keyed function has a process of its own, nobody else ever holds its seeds: it makes them."""
        office = self.office.signer.public
        if self._apart:
            self._own_prf.ensure(Founding(self.registry_id, office))
            return
        with suppress(FileExistsError):  # another process has been quicker
            EpochSeeds.create(self._key_file("prf"), office, self.registry_id, self._guard_keys.master_key)

    def _is_used(self, store: str) -> bool:
        if self._url is None:
            return (self.data_dir / f"registry-{store}.db").exists()
        return store_is_current(self.engine(store), store)

    def _made(self, name: str) -> SigningKeys:
        if not self._key_file(name).exists():
            with suppress(FileExistsError):  # another process has been quicker
                SigningKeys.create(self._key_file(name), self._guard_keys.master_key)
        return self._signing_keys(name)

    def _take_itself_in(self) -> None:
        """Be a member of our own registry, and see to it that the keyed function knows what the vault says."""
        try:
            self.members.show(OWN_MEMBER)
        except Refused:
            self.members.create(OWN_MEMBER, "this installation", self.member_keys.signer.public, daily_orders=None)
        self.members.sync()

    def _signing_keys(self, name: str) -> SigningKeys:
        return SigningKeys(self._key_file(name), self._guard_keys.master_key)

    def _key_file(self, name: str) -> Path:
        return self.keys_folder / f"{name}.json"

    def _daily_orders(self) -> Mapping[str, int | None]:
        return {member.id: member.daily_orders for member in self.members.all()}

    def _seconds(self) -> float:
        return self.clock().timestamp()


class _WhenAsked:
    """The service, made for the first question: a process that starts before the stores are there can say so."""

    def __init__(self, home: RegistryHome) -> None:
        self._home = home

    def handle(self, request: SignedRequest) -> SignedAnswer:
        return self._home.service.handle(request)
