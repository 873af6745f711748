"""What an administrator writes in YAML about a cart; README.md explains each key by one complete example."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from adapters.generic.checks import check_settings
from shopguard.adapter import Secret
from shopguard.model import PaymentKind

Paths = tuple[str, ...]
"""Dotted places in the order, such as ``billing.name``: the first that holds something counts."""


@dataclass(frozen=True, slots=True)
class SignatureSettings:
    """How the cart proves that a delivery is its own.

    Args:
        scheme: ``hmac`` of the message below; ``token``, a shared word in ``header`` (protects nothing but the
            entrance); ``standard_webhooks``, whose headers are fixed and whose secrets begin with ``whsec_``.
        secrets: one, or two during a rotation.
        prefix: what stands before the signature in the header, such as ``sha256=``.
        message: what is signed, of ``{body}`` and ``{timestamp}``.
        timestamp_header: where the signed Unix time stands, if ``message`` contains it.
        tolerance_s: how far that time may be off.
    """

    scheme: Literal["hmac", "token", "standard_webhooks"]
    secrets: tuple[Secret, ...]
    header: str = ""
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["base64", "hex"] = "base64"
    prefix: str = ""
    message: str = "{body}"
    timestamp_header: str = ""
    tolerance_s: int = 300


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """Where a delivery says what it is about, and which words mean an order."""

    orders: tuple[str, ...]
    header: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class PartyFields:
    """Where a person's details stand; of ``lines``, ``phones`` and ``emails`` every place is taken, in order."""

    name: Paths = ()
    family: Paths = ()
    given: Paths = ()
    kana: Paths = ()
    company: Paths = ()
    country: Paths = ()
    postal_code: Paths = ()
    region: Paths = ()
    city: Paths = ()
    lines: Paths = ()
    phones: Paths = ()
    emails: Paths = ()


@dataclass(frozen=True, slots=True)
class FieldSettings:
    """Where the details of an order stand.

    Args:
        payment: the label that ``payment_kinds`` translates.
        recipients_path: where a list of recipients stands, if there can be several; the places of ``recipient`` are
            then looked for in each of them.
        changed_at: the last change; without it an old delivery that comes late cannot be told from a new one.
        placed_at_format: ``iso``, or ``unix`` seconds; for both moments.
    """

    id: Paths = ("id",)
    number: Paths = ()
    placed_at: Paths = ()
    changed_at: Paths = ()
    placed_at_format: Literal["iso", "unix"] = "iso"
    currency: Paths = ()
    total: Paths = ()
    payment: Paths = ()
    buyer: PartyFields = PartyFields()
    recipient: PartyFields = PartyFields()
    recipients_path: str = ""
    ip: Paths = ()
    user_agent: Paths = ()
    note: Paths = ()
    test: Paths = ()


@dataclass(frozen=True, slots=True)
class StageSettings:
    """Which of the cart's statuses mean that an order is not placed yet, sent, or over; any other is open."""

    path: Paths = ()
    draft: tuple[str, ...] = ()
    shipped: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BasicSettings:
    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Where and as whom the cart is called.

    Args:
        headers: sent with every call; ``secret_headers`` likewise, with values that are secrets.
        bearer: sent as ``Authorization: Bearer ...``.
        idempotency_header: carries the key of the effect, for carts that ignore a write they have seen.
    """

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, Secret] = field(default_factory=dict)
    bearer: Secret | None = None
    basic: BasicSettings | None = None
    idempotency_header: str = ""


@dataclass(frozen=True, slots=True)
class AlreadySettings:
    """How to see that a call was made before: ``value`` stands somewhere at ``path`` of what ``read`` answers.

    Args:
        read: the path to GET; by default that of ``actions.read``.
        path: empty for the whole answer.
    """

    value: str
    path: str = ""
    read: str = ""


@dataclass(frozen=True, slots=True)
class CallSettings:
    """One call. ``path`` and the texts in ``json`` may contain placeholders; a call with ``{note}`` needs a text."""

    path: str
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    json: object = None
    already: AlreadySettings | None = None


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How the present state of an order is read.

    Args:
        previous_status_path: where the cart keeps the ``{previous_status}`` that a hold wrote.
    """

    path: str
    status_path: str
    previous_status_path: str = ""


@dataclass(frozen=True, slots=True)
class FlagSettings:
    calls: tuple[CallSettings, ...]


@dataclass(frozen=True, slots=True)
class HoldSettings:
    """How an order is stopped.

    Args:
        status: the status that ``calls`` bring about.
        holdable: the statuses that can be stopped; from any other the order is only flagged.
    """

    calls: tuple[CallSettings, ...]
    status: str
    holdable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleaseSettings:
    calls: tuple[CallSettings, ...]


@dataclass(frozen=True, slots=True)
class CancelSettings:
    calls: tuple[CallSettings, ...]


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """How one order is read; it stands at ``order_path`` of the answer (empty: the answer is the order)."""

    path: str
    order_path: str = ""


@dataclass(frozen=True, slots=True)
class ActionSettings:
    """What the cart lets us do. What is left out cannot be done, and ShopGuard does the next best thing."""

    read: ReadSettings | None = None
    flag: FlagSettings | None = None
    hold: HoldSettings | None = None
    release: ReleaseSettings | None = None
    cancel: CancelSettings | None = None
    fetch: FetchSettings | None = None


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """How recent orders are listed.

    Args:
        params: the query, with ``{since}``: the moment from which changes are wanted.
        since_format: ``iso`` (UTC) or ``unix`` seconds.
        orders_path: where the list stands in the answer (empty: the answer is the list).
        page_param: the query parameter that counts pages from ``first_page``; empty: one page holds all.
    """

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    since_format: Literal["iso", "unix"] = "iso"
    orders_path: str = ""
    page_param: str = ""
    first_page: int = 1


@dataclass(frozen=True, slots=True)
class GenericSettings:
    """One cart.

    Args:
        signature: None for a cart that sends nothing and is only listed (``feed``).
        delivery_id_header: names the header that is equal for repeats; else the body decides.
        topic: None means that every delivery is about an order.
        orders_path: where the order, or a list of orders, stands in the body (empty: the body itself).
        number_only: deliveries name an order without telling it: ``actions.fetch`` is asked.
        form_encoded: bodies are ``application/x-www-form-urlencoded``; each field is a place of its own.
        country_default: for addresses without a country.
        timezone: for moments without an offset.
    """

    signature: SignatureSettings | None = None
    delivery_id_header: str = ""
    topic: TopicSettings | None = None
    orders_path: str = ""
    number_only: bool = False
    form_encoded: bool = False
    fields: FieldSettings = FieldSettings()
    stages: StageSettings = StageSettings()
    payment_kinds: Mapping[str, PaymentKind] = field(default_factory=dict)
    currency_default: str = "JPY"
    country_default: str = "JP"
    timezone: str = "Asia/Tokyo"
    api: ApiSettings | None = None
    actions: ActionSettings = ActionSettings()
    feed: FeedSettings | None = None

    def __post_init__(self) -> None:
        check_settings(self)
