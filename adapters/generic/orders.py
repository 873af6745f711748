"""From a cart's own JSON or form to orders, by the places its administrator named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from adapters.generic.settings import GenericSettings, PartyFields, Paths
from shopguard import payload
from shopguard.adapter import PaymentMap
from shopguard.errors import PayloadInvalid
from shopguard.model import Order, Party, Payment, PaymentKind, Stage

_MAX_FORM_FIELDS = 2000
_ALL_COUNT = ("lines", "phones", "emails")
_TRUE = frozenset({"true", "1", "yes"})


class OrderReader:
    """Reads the orders of one cart. Pure: what is missing stays empty, only the id is demanded."""

    def __init__(self, settings: GenericSettings, shop: str) -> None:
        self._settings, self._shop = settings, shop
        self._zone = ZoneInfo(settings.timezone)
        self._payments = PaymentMap(by_label=settings.payment_kinds)

    def decode(self, body: bytes) -> Any:
        """Return the body as the cart encodes it; ``PayloadInvalid`` if it is not that."""
        if not self._settings.form_encoded:
            return payload.decode_json(body)
        try:
            pairs = parse_qsl(
                body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FORM_FIELDS
            )
        except ValueError:  # UnicodeDecodeError quotes the body
            raise PayloadInvalid("body is not a readable form") from None
        return dict(reversed(pairs))  # of a field sent twice the first counts

    def orders_in(self, decoded: object, path: str) -> Iterator[Mapping[str, Any]]:
        """Yield the order objects at ``path``: an object or a list of them; ``PayloadInvalid`` for anything else."""
        for number, each in enumerate(self.listed_in(decoded, path)):
            if not isinstance(each, Mapping):
                raise PayloadInvalid(f"{path or 'body'}: no order stands there (item {number})")
            yield each

    def listed_in(self, decoded: object, path: str) -> Sequence[object]:
        """Return what stands at ``path``, a list of anything or one object; ``PayloadInvalid`` if it is neither."""
        found = payload.dig(decoded, path) if path else decoded
        if isinstance(found, list):
            return found
        if not isinstance(found, Mapping):
            raise PayloadInvalid(f"{path or 'body'}: no order stands there")
        return [found]

    def order_id(self, sent: object) -> str:
        """Return the id of the order; ``PayloadInvalid`` naming its place if there is none."""
        paths = self._settings.fields.id
        return payload.required_id(sent, next((p for p in paths if payload.text(sent, p)), paths[0]))

    def order(self, sent: object) -> Order:
        """Return the order; ``PayloadInvalid`` if it has no usable id."""
        places = self._settings.fields
        return Order(
            id=self.order_id(sent),
            shop=self._shop,
            number=_first(sent, places.number) or "",
            placed_at=self._moment(sent, places.placed_at),
            changed_at=self._moment(sent, places.changed_at),
            currency=_first(sent, places.currency) or self._settings.currency_default,
            total=next((m for p in places.total if (m := payload.money(sent, p)) is not None), Decimal(0)),
            payment=self._payment(sent),
            buyer=self._party(sent, places.buyer),
            recipients=tuple(self._recipients(sent)),
            ip=_first(sent, places.ip),
            user_agent=_first(sent, places.user_agent),
            note=_first(sent, places.note) or "",
            test=any(_is_true(payload.dig(sent, path)) for path in places.test),
            stage=self._stage(sent),
        )

    def _moment(self, sent: object, paths: Paths) -> datetime | None:
        for path in paths:
            if self._settings.fields.placed_at_format == "unix":
                seconds = payload.money(sent, path)
                found = _from_unix(seconds) if seconds is not None else None
            else:
                found = payload.moment(sent, path, self._zone)
            if found is not None:
                return found
        return None

    def _payment(self, sent: object) -> Payment:
        labels = payload.texts(sent, *self._settings.fields.payment)
        return Payment(self._payments.kind_of(*labels) or PaymentKind.OTHER, labels[0] if labels else "")

    def _recipients(self, sent: object) -> Iterator[Party]:
        path = self._settings.fields.recipients_path
        for each in payload.items(sent, path) if path else [sent]:
            party = self._party(each, self._settings.fields.recipient)
            if not party.is_empty:
                yield party

    def _party(self, sent: object, places: PartyFields) -> Party:
        found: dict[str, Any] = {}
        for field in fields(places):
            paths: Paths = getattr(places, field.name)
            found[field.name] = payload.texts(sent, *paths) if field.name in _ALL_COUNT else _first(sent, paths)
        party = Party(**found)
        if party.is_empty or party.country:
            return party
        return Party(**{**found, "country": self._settings.country_default or None})

    def _stage(self, sent: object) -> Stage:
        stages = self._settings.stages
        status = _first(sent, stages.path)
        for stage, words in (
            (Stage.DRAFT, stages.draft),
            (Stage.SHIPPED, stages.shipped),
            (Stage.CLOSED, stages.closed),
        ):
            if status in words:
                return stage
        return Stage.OPEN


def _first(sent: object, paths: Sequence[str]) -> str | None:
    return next(iter(payload.texts(sent, *paths)), None)


def _is_true(value: object) -> bool:
    return value is True or (isinstance(value, str | int) and str(value).lower() in _TRUE)


def _from_unix(seconds: Decimal) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
