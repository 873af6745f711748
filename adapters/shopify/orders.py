"""Shopify's order -> ours. Webhooks and GraphQL differ in the names of fields only: one table each, one reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from adapters.shopify.kana import kana_among, reused_as_kana
from adapters.shopify.payments import PaymentRules
from shopguard.model import Order, Party, Stage
from shopguard.payload import dig, items, moment, money, required_id, text, texts


@dataclass(frozen=True, slots=True)
class Shape:
    """Where each fact stands in one of Shopify's two forms of an order; several paths are tried in order."""

    id: str
    number: str
    created: str
    updated: str
    cancelled: str
    currency: str
    total: tuple[str, ...]
    financial: str
    fulfillment: str
    gateways: str
    terms: str
    email: tuple[str, ...]
    phone: str
    ip: tuple[str, ...]
    note: str
    test: str
    attributes: str
    attribute_name: str
    customer: str
    customer_email: str
    customer_phone: str
    billing: str
    shipping: str
    given: str
    family: str
    country: str
    zip: str
    region: tuple[str, ...]


REST = Shape(
    id="id",
    number="name",
    created="created_at",
    updated="updated_at",
    cancelled="cancelled_at",
    currency="currency",
    total=("current_total_price", "total_price"),
    financial="financial_status",
    fulfillment="fulfillment_status",
    gateways="payment_gateway_names",
    terms="payment_terms",
    email=("email", "contact_email"),
    phone="phone",
    ip=("browser_ip", "client_details.browser_ip"),
    note="note",
    test="test",
    attributes="note_attributes",
    attribute_name="name",
    customer="customer",
    customer_email="email",
    customer_phone="phone",
    billing="billing_address",
    shipping="shipping_address",
    given="first_name",
    family="last_name",
    country="country_code",
    zip="zip",
    region=("province_code", "province"),
)

GRAPHQL = Shape(
    id="legacyResourceId",
    number="name",
    created="createdAt",
    updated="updatedAt",
    cancelled="cancelledAt",
    currency="currencyCode",
    total=("currentTotalPriceSet.shopMoney.amount", "totalPriceSet.shopMoney.amount"),
    financial="displayFinancialStatus",
    fulfillment="displayFulfillmentStatus",
    gateways="paymentGatewayNames",
    terms="paymentTerms",
    email=("email",),
    phone="phone",
    ip=("clientIp",),
    note="note",
    test="test",
    attributes="customAttributes",
    attribute_name="key",
    customer="customer",
    customer_email="defaultEmailAddress.emailAddress",
    customer_phone="defaultPhoneNumber.phoneNumber",
    billing="billingAddress",
    shipping="shippingAddress",
    given="firstName",
    family="lastName",
    country="countryCodeV2",
    zip="zip",
    region=("provinceCode", "province"),
)

_ADDRESS_FIELDS = """{
  firstName lastName name company address1 address2 city province provinceCode zip countryCodeV2 phone
}"""

ORDER_FIELDS = f"""
  legacyResourceId name createdAt updatedAt cancelledAt currencyCode test note email phone clientIp
  displayFinancialStatus displayFulfillmentStatus paymentGatewayNames
  paymentTerms {{ id }}
  currentTotalPriceSet {{ shopMoney {{ amount }} }}
  totalPriceSet {{ shopMoney {{ amount }} }}
  customAttributes {{ key value }}
  customer {{ firstName lastName defaultEmailAddress {{ emailAddress }} defaultPhoneNumber {{ phoneNumber }} }}
  billingAddress {_ADDRESS_FIELDS}
  shippingAddress {_ADDRESS_FIELDS}
"""
"""What must be asked for so that ``GRAPHQL`` finds everything."""


@dataclass(frozen=True, slots=True)
class OrderReader:
    """Reads the orders of one shop.

    Args:
        shop: the shop's name in the configuration.
        kana_attributes: as in the settings.
    """

    shop: str
    payments: PaymentRules
    kana_attributes: Sequence[str]

    def read(self, source: Mapping[str, Any], shape: Shape, is_test: bool = False) -> Order:
        """Return the order; the same sale gives equal orders in both shapes. ``PayloadInvalid`` without an id.

        The browser's name is left out: GraphQL does not tell it, and nothing is matched by it.
        """
        buyer, recipient = self._parties(source, shape)
        gateways = texts(source, *(f"{shape.gateways}.{n}" for n in range(len(items(source, shape.gateways)))))
        return Order(
            id=required_id(source, shape.id),
            shop=self.shop,
            number=text(source, shape.number) or "",
            placed_at=moment(source, shape.created),
            changed_at=moment(source, shape.updated),
            currency=text(source, shape.currency) or "JPY",
            total=_total(source, shape),
            payment=self.payments.payment(gateways, has_terms=bool(dig(source, shape.terms))),
            buyer=buyer,
            recipients=() if recipient.is_empty else (recipient,),
            ip=_first(source, shape.ip),
            note=text(source, shape.note) or "",
            test=is_test or dig(source, shape.test) is True,
            stage=_stage(source, shape),
        )

    def _parties(self, source: Mapping[str, Any], shape: Shape) -> tuple[Party, Party]:
        recipient = _address(dig(source, shape.shipping), shape)
        buyer = _buyer(source, shape, recipient)
        kana = kana_among(_attributes(source, shape), self.kana_attributes)
        if kana:
            own = _name(buyer)
            if _name(recipient) == own:
                recipient = replace(recipient, kana=kana)
            buyer = replace(buyer, kana=kana)
        return buyer, recipient


def _buyer(source: Mapping[str, Any], shape: Shape, recipient: Party) -> Party:
    """Return who ordered: the billing address, else the customer, whose address is taken from the shipping one
    only if that is not somebody else's: a name beside a stranger's address would be a person who does not exist."""
    customer = _person(dig(source, shape.customer), shape)
    buyer = _address(dig(source, shape.billing), shape)
    if buyer.is_empty:
        is_same_person = _name(customer) in (_NAMELESS, _name(recipient))
        buyer = recipient if is_same_person else customer
    return replace(
        buyer,
        phones=tuple(dict.fromkeys((*buyer.phones, *texts(source, shape.phone), *customer.phones))),
        emails=tuple(dict.fromkeys((*texts(source, *shape.email), *customer.emails))),
    )


def _person(customer: object, shape: Shape) -> Party:
    return Party(
        family=text(customer, shape.family),
        given=text(customer, shape.given),
        phones=texts(customer, shape.customer_phone),
        emails=texts(customer, shape.customer_email),
    )


def _address(address: object, shape: Shape) -> Party:
    family, given = text(address, shape.family), text(address, shape.given)
    company, line2 = text(address, "company"), text(address, "address2")
    party = Party(
        # The joined name has the Western order; it serves only where the parts are missing.
        name=None if family or given else text(address, "name"),
        family=family,
        given=given,
        kana=reused_as_kana(company, line2),
        company=company,
        country=text(address, shape.country),
        postal_code=text(address, shape.zip),
        region=_first(address, shape.region),
        city=text(address, "city"),
        lines=texts(address, "address1", "address2"),
        phones=texts(address, "phone"),
    )
    # Without permission for buyers' data Shopify sends addresses that hold the country alone: as good as none.
    return Party() if replace(party, country=None, region=None).is_empty else party


_NAMELESS = (None, None, None)


def _name(party: Party) -> tuple[str | None, str | None, str | None]:
    return party.name, party.family, party.given


def _attributes(source: Mapping[str, Any], shape: Shape) -> Mapping[str, str]:
    pairs = ((text(a, shape.attribute_name), text(a, "value")) for a in items(source, shape.attributes))
    return {name: value for name, value in pairs if name and value}


def _first(source: object, paths: Sequence[str]) -> str | None:
    return next(iter(texts(source, *paths)), None)


def _total(source: Mapping[str, Any], shape: Shape) -> Decimal:
    """Return the total without trailing zeros: webhooks say ``12800``, GraphQL ``12800.0``."""
    found = next((amount for path in shape.total if (amount := money(source, path)) is not None), Decimal(0))
    return Decimal(f"{found.normalize():f}")


def _stage(source: Mapping[str, Any], shape: Shape) -> Stage:
    is_void = (text(source, shape.financial) or "").lower() in ("voided", "refunded")
    if is_void or text(source, shape.cancelled):
        return Stage.CLOSED
    is_fulfilled = (text(source, shape.fulfillment) or "").lower() == "fulfilled"
    return Stage.SHIPPED if is_fulfilled else Stage.OPEN
