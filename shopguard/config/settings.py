"""Every setting as a frozen value with its default; ``config.example.yaml`` says what each is for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from shopguard.adapter import Secret
from shopguard.config.limits import (
    MemberId,
    NotEmpty,
    PostgresAddress,
    PublicKey,
    TimeZone,
    WebAddress,
    Whole,
    Within,
)
from shopguard.config.periods import USUAL, Periods
from shopguard.config.policy import PolicySettings
from shopguard.errors import ConfigError
from shopguard.model import Party, PaymentKind

Port = Annotated[int, Within(1, 65_535)]
Threads = Annotated[int, Within(1, 256)]
Seconds = Annotated[float, Within(0.1, 86_400)]
Days = Annotated[int, Within(1, 36_500)]
Yen = Annotated[Decimal, Within(0, 10_000_000), Whole()]


class Mode(StrEnum):
    """How far ShopGuard goes in a shop, mildest first."""

    OBSERVE = "observe"  # verdicts in the console only
    FLAG = "flag"  # notes on orders, nothing is stopped
    HOLD = "hold"  # bad orders are stopped
    GATE = "gate"  # the shop stops everything, ShopGuard lets the clean ones go


class Language(StrEnum):
    """The language of texts written onto orders."""

    JA = "ja"
    EN = "en"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    host: Annotated[str, NotEmpty()] = "127.0.0.1"
    receiver_port: Port = 8080
    console_port: Port = 8081
    registry_port: Port = 8082
    threads: Threads = 16
    body_limit_bytes: Annotated[int, Within(1_000, 100_000_000)] = 2_000_000
    public_url: Annotated[str, WebAddress()] | None = None  # the address platforms call
    registry_url: Annotated[str, WebAddress()] | None = None  # the address members call
    console_url: Annotated[str, WebAddress()] | None = None  # the address people open
    proxies: Annotated[int, Within(0, 10)] = 0  # of our own in front


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    threads: Threads = 8
    lease_s: Seconds = 60.0
    attempts: Annotated[int, Within(1, 100)] = 24
    poll_s: Seconds = 1.0
    reconcile_every_s: Seconds = 300.0
    reconcile_overlap_s: Seconds = 3_600.0
    first_look_back_s: Annotated[int, Within(0, 31_536_000)] = 172_800


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    deliveries_days: Days = 30
    orders_days: Days = 180
    audit_days: Days = 1_095
    phone_use_days: Days = 30


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """``url`` None means SQLite files in the data directory."""

    url: Annotated[Secret, PostgresAddress()] | None = None


@dataclass(frozen=True, slots=True)
class RoleValues:
    """For each role of the pages the values of a claim that give it."""

    operator: tuple[str, ...] = ()
    shop_admin: tuple[str, ...] = ()
    member: tuple[str, ...] = ()
    office: tuple[str, ...] = ()
    auditor: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """Signing in through the company's own sign-in (OpenID Connect); without an ``issuer`` there is none.

    Args:
        label: what the button says.
        claim: whose values say the roles; dots lead into objects.
    """

    issuer: Annotated[str, WebAddress()] | None = None
    client_id: str = ""
    client_secret: Secret | None = None
    label: str = ""
    claim: Annotated[str, NotEmpty()] = "groups"
    roles: RoleValues = RoleValues()


@dataclass(frozen=True, slots=True)
class SignInSettings:
    """How people sign in to the console, beside passwords, passkeys and links."""

    oidc: OidcSettings = OidcSettings()


@dataclass(frozen=True, slots=True)
class FeeSettings:
    """What membership in this installation's registry costs from a day on, in yen."""

    since: date
    joining: Yen = Decimal(0)
    monthly: Yen = Decimal(0)


@dataclass(frozen=True, slots=True)
class ReportingSettings:
    """What this installation's registry asks of reports: more than the law page does, never less.

    Args:
        due_days: since payment was due. ``reminders``: on different days after it (L5; France: a person warns first).
        floor: the least that must be left to pay, in yen (L5; Spain: 50 euros).
        retaliation_days: before filing, in which a complaint of the buyer is pointed out to the office (L20).
        mall_orders: whether orders of malls are taken; the operator has read the malls' terms.
        a_day: how many reports of a member are looked at in a day, each time it checks, changes or files one. A list
            of 10,000 rows, tried and then filed, fits in.
    """

    due_days: Annotated[int, Within(14, 180)] = 14
    reminders: Annotated[int, Within(2, 10)] = 2
    floor: Annotated[Decimal, Within(1_000, 1_000_000), Whole()] = Decimal(1_000)
    retaliation_days: Annotated[int, Within(30, 365)] = 30
    mall_orders: bool = False
    a_day: Annotated[int, Within(50, 1_000_000)] = 25_000


@dataclass(frozen=True, slots=True)
class OfficeSettings:
    """Who signs the letters to listed persons, where codes of letters are typed in, and how to reach the office."""

    name: Annotated[str, NotEmpty()] = "ShopGuard"
    page: Annotated[str, WebAddress()] | None = None
    contact: str = ""


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """Which registry is asked: the one of this installation, or with ``url`` a central one as its ``member``.

    ``name`` enters the derivation of the embedded registry's keys: changed, nothing stored is found any more.
    ``answer_keys`` are the public keys (base64) that the central registry signs its answers under.
    """

    timeout_s: Annotated[float, Within(0.1, 60)] = 2.0
    name: Annotated[str, NotEmpty()] = "local"
    url: Annotated[str, WebAddress()] | None = None
    member: Annotated[str, MemberId()] | None = None
    answer_keys: tuple[Annotated[str, PublicKey()], ...] = ()
    watch_days: Annotated[int, Within(0, 90)] = 14
    additions_every_s: Seconds = 60.0
    open: bool = False
    fees: tuple[FeeSettings, ...] = ()
    office: OfficeSettings = OfficeSettings()
    reporting: ReportingSettings = ReportingSettings()
    periods: Periods = USUAL


@dataclass(frozen=True, slots=True)
class GateSettings:
    """Whose clean orders are let go, and the platform's own status they then get."""

    payment: Annotated[tuple[PaymentKind, ...], NotEmpty()]
    to_status: Annotated[str, NotEmpty()]


class Closed(StrEnum):
    """A day on which nothing leaves a shop."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"
    HOLIDAYS = "holidays"  # Japan's national ones, and 29 December to 3 January


@dataclass(frozen=True, slots=True)
class ShippingSettings:
    """When orders leave a shop.

    Args:
        pickup_at: when the carrier collects, by the shop's clock.
        handling_days: how many days with a pick-up pass before an order leaves; 0: the same day, until the pick-up.
        closed: days without a pick-up.
    """

    pickup_at: time
    handling_days: Annotated[int, Within(0, 60)] = 1
    closed: tuple[Closed, ...] = ()

    def __post_init__(self) -> None:
        if set(Closed) - {Closed.HOLIDAYS} <= set(self.closed):
            raise ConfigError("closed: must leave a day of the week")


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """One shop.

    Args:
        policy: replaces the common policy as a whole; None means the common one.
        gate: set whenever ``mode`` is gate.
        shipping: None means that nobody knows when the shop ships.
        check_key: the bearer key of ``/v1/check``; None means the shop has no such entrance.
        allow_list: people the shop knows to be fine.
        adapter: an instance of the adapter's ``settings_class``.
    """

    name: str
    platform: str
    adapter: object
    mode: Mode = Mode.OBSERVE
    language: Language = Language.JA
    timezone: Annotated[str, TimeZone()] = "Asia/Tokyo"
    policy: PolicySettings | None = None
    gate: GateSettings | None = None
    rate_per_s: Annotated[float, Within(0.01, 1_000)] = 5.0
    shipping: ShippingSettings | None = None
    check_key: Secret | None = None
    allow_list: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set. ``shops`` is keyed by the shop's name."""

    server: ServerSettings = ServerSettings()
    worker: WorkerSettings = WorkerSettings()
    retention: RetentionSettings = RetentionSettings()
    database: DatabaseSettings = DatabaseSettings()
    sign_in: SignInSettings = SignInSettings()
    registry: RegistrySettings = RegistrySettings()
    policy: PolicySettings = field(default_factory=PolicySettings)
    shops: Mapping[str, ShopSettings] = field(default_factory=dict)
