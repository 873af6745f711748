"""The parts of an installation, each made when it is first asked for."""

import base64
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Flask

from shopguard.adapter import AdapterContext, PlatformAdapter
from shopguard.config import Config, find_adapters
from shopguard.config.settings_file import SettingsFile, example_settings
from shopguard.crypto import Keyring, StoredSecrets
from shopguard.errors import ConfigError
from shopguard.guard.answers import AnswerStore
from shopguard.guard.claims import Claimant
from shopguard.guard.effects import Effects
from shopguard.guard.health import Health
from shopguard.guard.heartbeats import Beating, Heartbeats
from shopguard.guard.inbox import Inbox
from shopguard.guard.later_listing import LaterListings, ListingFeed
from shopguard.guard.modes import Modes
from shopguard.guard.notes import Notes
from shopguard.guard.notices.delivery import Notices
from shopguard.guard.notices.planning import Planning
from shopguard.guard.notices.targets import Targets
from shopguard.guard.outlook import Outlook
from shopguard.guard.own_list import OwnList
from shopguard.guard.phone_use import PhoneUseStore
from shopguard.guard.pipeline import Pipeline
from shopguard.guard.presence import Presence
from shopguard.guard.privacy import PrivacyDesk
from shopguard.guard.queue import Queue
from shopguard.guard.reconcile import Reconciliation
from shopguard.guard.retention import Retention
from shopguard.guard.reviews import Reviews
from shopguard.guard.screening import PairStore, Screener
from shopguard.guard.setting_up import SettingUp
from shopguard.guard.settling import Settling
from shopguard.guard.shadow import Shadows
from shopguard.guard.shops import GuardedShop, Shops, ShopStates, sent_by_platform
from shopguard.guard.store import OrderStore
from shopguard.guard.tokens import StoredTokens
from shopguard.guard.watch import WatchStore
from shopguard.guard.worker import Desk, Worker
from shopguard.guard.worker_lock import a_worker_runs
from shopguard.guard.writeback import WriteBack
from shopguard.identity import PROFILE
from shopguard.private_file import KEYS_FOLDER
from shopguard.registry.client import Http, RegistryClient
from shopguard.registry.client.log_line import LogLine
from shopguard.registry.client.search import SearchClient
from shopguard.registry.client.trust import Acquaintance, TrustedKeys
from shopguard.registry.client.witness import Witness
from shopguard.registry.disputes.door import Door
from shopguard.registry.disputes.letters import Sender
from shopguard.registry.home import RegistryHome
from shopguard.registry.members.fees import Rate
from shopguard.registry.protocol import Registry
from shopguard.registry.reports.rules import Limits
from shopguard.storage.changes import ChangeWatch
from shopguard.storage.engine import BUSY_TIMEOUT_S, is_current, migrate, open_engine, sqlite_url
from shopguard.storage.writer import Writer, writer_for

if TYPE_CHECKING:
    from shopguard.web.accounts.people import People
    from shopguard.web.health import Probe
    from webhooks.app import Checker


SETTINGS_NAME = "config.yaml"
"""The settings in a data directory, where none were named."""


class Installation:
    """One guard: its settings, keys and data directory, and everything made of them.

    Args:
        adapters: platform classes by name; None takes those installed.
        busy_timeout_s: how long to wait for another process that writes, on SQLite; None waits as long as is usual.
        config_path: where the settings were read; pages that change them need it.
    """

    def __init__(
        self,
        config: Config,
        keyring: Keyring,
        data_dir: Path,
        adapters: Mapping[str, type[PlatformAdapter]] | None = None,
        busy_timeout_s: float | None = None,
        config_path: Path | None = None,
    ) -> None:
        self.config, self.keyring, self.data_dir = config, keyring, data_dir
        self.config_path = config_path or data_dir / SETTINGS_NAME
        self.busy_timeout_s = BUSY_TIMEOUT_S if busy_timeout_s is None else busy_timeout_s
        self.platforms = find_adapters() if adapters is None else adapters
        self.clock = time.time

    @cached_property
    def engine(self) -> sa.Engine:
        url = self.config.database.url
        return open_engine(url.reveal() if url else sqlite_url(self.data_dir / "guard.db"), self.busy_timeout_s)

    def migrate(self, renewing: Callable[[int, int], None] = lambda done, total: None) -> None:
        """Create or upgrade the tables; run once before the processes start.

        Args:
            renewing: hears of entries that are brought to new rules of identity; see ``RegistryHome.prepare``.
        """
        migrate(self.engine, "guard")
        self.own_list.renew()
        if not self.asks_elsewhere:
            self.home.prepare(renewing)

    @property
    def asks_elsewhere(self) -> bool:
        """Whether a central registry is asked, and not the one of this installation."""
        return self.config.registry.url is not None

    @cached_property
    def home(self) -> RegistryHome:
        """This installation's own registry; of a shop that asks a central one, only its keys as a member."""
        url = self.config.database.url
        return RegistryHome(
            self.data_dir,
            self.config.registry.name,
            self.keyring,
            lambda: datetime.now(UTC),
            url.reveal() if url else None,
            self.busy_timeout_s,
            fees=[Rate(fee.since, fee.joining, fee.monthly) for fee in self.config.registry.fees],
            sender=self._sender,
            periods=self.config.registry.periods,
            limits=self._limits,
        )

    @property
    def _sender(self) -> Sender:
        office = self.config.registry.office
        return Sender(office.name, office.page or "", office.contact)

    @property
    def _limits(self) -> Limits:
        asked = self.config.registry.reporting
        return Limits(
            asked.due_days,
            asked.reminders,
            {"JPY": asked.floor},
            asked.retaliation_days,
            asked.mall_orders,
            self.config.registry.periods,
            asked.a_day,
        )

    @cached_property
    def registry(self) -> Registry:
        """What every order is looked up in."""
        return self.registry_client

    @cached_property
    def registry_client(self) -> RegistryClient:
        settings, secret = self.config.registry, self.keyring.subkey("registry-commitment")
        if settings.url is None:
            return self.home.client(secret)
        return RegistryClient(
            Http(settings.url, settings.timeout_s),
            settings.member or "",
            lambda: self.home.member_keys.signer,
            secret,
            PROFILE,
            self.trusted_keys.all,
            lambda: datetime.now(UTC),
            self.answers,
        )

    @cached_property
    def searches(self) -> SearchClient:
        """How a person searches the registry."""
        return SearchClient(self.registry_client, self.keyring.subkey("registry-search"), PROFILE)

    @cached_property
    def trusted_keys(self) -> TrustedKeys:
        """What answers of a central registry are believed under."""
        pinned = [base64.b64decode(key) for key in self.config.registry.answer_keys]
        return TrustedKeys(self.data_dir / KEYS_FOLDER / "trusted.json", pinned)

    @cached_property
    def listing_feed(self) -> ListingFeed:
        """Where what was listed later is heard of; of a central registry, also under which keys it signs."""
        client = self.registry_client
        if not self.asks_elsewhere:
            return client
        return Acquaintance(client, self.trusted_keys, lambda: datetime.now(UTC), self.witness)

    @cached_property
    def witness(self) -> Witness:
        """What keeps the last head of a central registry's log."""

        def keys() -> Sequence[bytes]:
            return list(self.trusted_keys.all().values())

        return Witness(self.data_dir / "registry-log.head", LogLine(self.registry_client), keys, self.clock)

    @cached_property
    def answers(self) -> AnswerStore:
        return AnswerStore(self.engine, self.writer, self.keyring, self.clock)

    @cached_property
    def writer(self) -> Writer:
        return writer_for(self.engine)

    @cached_property
    def shops(self) -> Shops:
        return {name: self._guarded(name) for name in self.config.shops}

    def _guarded(self, name: str) -> GuardedShop:
        settings = self.config.shops[name]
        context = AdapterContext(name, lambda: datetime.now(UTC), self.tokens)
        try:
            adapter = self.platforms[settings.platform](settings.adapter, context)
        except ConfigError as error:
            raise ConfigError(*(f"shops.{name}.{fault}" for fault in error.faults)) from error
        return GuardedShop(settings, adapter, settings.policy or self.config.policy)

    @cached_property
    def tokens(self) -> StoredTokens:
        return StoredTokens(self.engine, self.writer, self.keyring)

    @cached_property
    def inbox(self) -> Inbox:
        return Inbox(self.engine, self.writer, self.keyring)

    @cached_property
    def effects(self) -> Effects:
        return Effects(self.engine, self.writer)

    @cached_property
    def store(self) -> OrderStore:
        return OrderStore(self.engine, self.writer, self.keyring)

    @cached_property
    def states(self) -> ShopStates:
        return ShopStates(self.engine, self.writer)

    @cached_property
    def reviews(self) -> Reviews:
        return Reviews(self.engine, self.writer, self.shops, self.clock)

    @cached_property
    def notes(self) -> Notes:
        return Notes(self.engine, self.writer, self.keyring, self.clock)

    @cached_property
    def queue(self) -> Queue:
        return Queue(self.engine, self.keyring)

    @cached_property
    def presence(self) -> Presence:
        return Presence(self.engine, self.writer, self.clock)

    @cached_property
    def screener(self) -> Screener:
        return Screener(self.registry, self.keyring, PairStore(self.engine), self.phone_use, self.own_list)

    @cached_property
    def own_list(self) -> OwnList:
        """Whom the shops themselves know."""
        return OwnList(self.engine, self.writer, self.keyring, self.clock)

    @cached_property
    def watch(self) -> WatchStore:
        settings = self.config.registry
        asked = settings.url or settings.name
        return WatchStore(self.engine, self.writer, self.keyring, asked, settings.watch_days, self.clock)

    @cached_property
    def phone_use(self) -> PhoneUseStore:
        return PhoneUseStore(self.engine, self.keyring, self.config.retention.phone_use_days, self.clock)

    @cached_property
    def privacy(self) -> PrivacyDesk:
        return PrivacyDesk(self.engine, self.writer, self.store, self.inbox, self.shops, self.phone_use, self.clock)

    @cached_property
    def settling(self) -> Settling:
        return Settling(self.writer, self.clock)

    @cached_property
    def health(self) -> Health:
        return Health(
            self.engine,
            self.inbox,
            self.effects,
            self.states,
            self.heartbeats,
            self.registry,
            self.registry_client.me,
            self.clock,
        )

    @cached_property
    def setting_up(self) -> SettingUp:
        """How shops come into the settings."""
        file = SettingsFile(self.config_path, self.data_dir / "settings-before", example_settings)
        secrets = StoredSecrets(self.data_dir / "secrets.enc", self.keyring)
        return SettingUp(file, secrets, self.keyring.seal, self.keyring.open, self.platforms, self.data_dir)

    @cached_property
    def modes(self) -> Modes:
        return Modes(self.engine, self.writer, self.shops)

    @cached_property
    def outlook(self) -> Outlook:
        """Whether anything keeps the guard from guarding, for a line across every page."""
        works = self.is_worked
        return Outlook(self.inbox, self.states, self.shadows, self.shops, self.heartbeats, works, self.clock)

    @cached_property
    def shadows(self) -> Shadows:
        """What shops that only observe would have done."""
        return Shadows(self.engine, self.shops, self.states, self.modes, self.clock)

    @cached_property
    def heartbeats(self) -> Heartbeats:
        return Heartbeats(self.engine, self.writer, self.clock)

    def is_worked(self) -> bool:
        """Whether somebody judges what comes in; with PostgreSQL the workers may be on other machines."""
        if self.config.database.url is None:
            return a_worker_runs(self.data_dir)
        return self.heartbeats.silence(Beating.WORKER) is None

    @cached_property
    def retention(self) -> Retention:
        return Retention(self.engine, self.writer, self.config.retention, self.clock)

    @cached_property
    def reconciliation(self) -> Reconciliation:
        return Reconciliation(
            self.shops, self.states, self.inbox, self.store, self.screener, self.config.worker, self.clock
        )

    @cached_property
    def notices(self) -> Notices:
        """What tells people of holds outside of the pages."""
        page = self.config.server.console_url or ""
        targets = Targets(self.engine, self.writer, self.keyring, self.clock)
        sent = sent_by_platform(self.shops)
        planning = Planning(
            self.engine, self.writer, targets, self.store, self.heartbeats, self.shadows, sent, page, self.clock
        )
        return Notices(self.engine, self.writer, targets, planning, self.clock)

    def worker(self, name: str) -> Worker:
        """Return the worker that goes by ``name``; two of one name must not run at once."""
        settings = self.config.worker
        claimant = Claimant(name, settings.lease_s)
        write_back = WriteBack(self.engine, self.effects, self.shops, settings.attempts, self.clock)
        pipeline = Pipeline(
            self.shops,
            self.store,
            self.screener,
            write_back,
            self.reviews,
            self.writer,
            claimant,
            self.clock,
            self.watch,
        )
        every_s = self.config.registry.additions_every_s
        desk = Desk(
            shops=self.shops,
            inbox=self.inbox,
            effects=self.effects,
            store=self.store,
            pipeline=pipeline,
            write_back=write_back,
            privacy=self.privacy,
            reconciliation=self.reconciliation,
            retention=self.retention,
            states=self.states,
            writer=self.writer,
            listings=LaterListings(self.listing_feed, self.watch, every_s, self.clock),
            notices=self.notices,
        )
        return Worker(desk, claimant, settings, ChangeWatch(self.engine), self.clock)

    def receiver_app(self) -> Flask:
        """Return what platforms and checkouts call, as a WSGI application."""
        from shopguard.web.health import health_routes
        from webhooks.app import Receiver, build_app

        receiver = Receiver(self.shops, self.platforms, self.inbox)
        return build_app(receiver, self.checker, self.config.server.body_limit_bytes, health_routes(self.probe))

    @cached_property
    def checker(self) -> "Checker":
        from webhooks.app import Checker

        return Checker(self.shops, self.screener, self.config.registry.timeout_s, self.config.server.threads)

    @cached_property
    def people(self) -> "People":
        """Who may sign in to the console, and how."""
        from shopguard.web.accounts.people import people

        return people(self.engine, self.writer, self.keyring, self.clock, self.config.sign_in)

    def console_app(self) -> Flask:
        """Return the pages of operators and of the office, as a WSGI application."""
        from shopguard.bootstrap.console import console_app

        return console_app(self)

    def registry_app(self) -> Flask:
        """Return what other shops ask, and what listed persons open, as a WSGI application."""
        from shopguard.registry.disputes.routes import persons_routes
        from shopguard.registry.lookup.routes import registry_app
        from shopguard.web.public.app import Office, beside, persons_app

        desk, door, server = self.home.persons.desk, Door(time.monotonic), self.config.server
        app = registry_app(self.home.service, more=[persons_routes(desk, door, server.proxies)])
        beside(app, persons_app(desk, door, Office(self._sender, server.registry_url), server.proxies))
        return app

    @property
    def probe(self) -> "Probe":
        """What says whether the processes work."""
        from shopguard.web.health import Probe

        return Probe(
            self.inbox, self.effects, self.reviews, self.shops, self.states, (self._tables_missing,), self.clock
        )

    def _tables_missing(self) -> Iterable[str]:
        if not is_current(self.engine, "guard") or not (self.asks_elsewhere or self.home.is_current()):
            yield "the database is not at this version: start `shopguard serve` once, which upgrades it"

    def close(self) -> None:
        """Finish what is being written and let go of the databases."""
        for part in ("checker", "answers", "writer", "home"):
            if part in self.__dict__:
                getattr(self, part).close()
        if "engine" in self.__dict__:
            self.engine.dispose()
