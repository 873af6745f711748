"""Somebody on a shop's own list, and orders of theirs."""

from dataclasses import replace

from shopguard.guard.own_people import OwnKind, OwnPerson
from shopguard.model import Order, Party, Payment, PaymentKind

SHOP = "main-store"
HANAKO = Party(
    name="見本 花子",
    postal_code="530-0001",
    region="大阪府",
    city="大阪市北区",
    lines=("梅田1-2-3", "梅田ハイツ405"),
    phones=("080-0000-2222",),
    emails=("hanako@example.jp",),
)
WATCHED = OwnPerson(OwnKind.WATCH, HANAKO, "受取辞退 2回")
ALLOWED = OwnPerson(OwnKind.ALLOW, HANAKO, "常連")


def order_of(buyer: Party, **more: object) -> Order:
    return replace(Order("1", SHOP, "#1001", payment=Payment(PaymentKind.COD), buyer=buyer), **more)  # type: ignore[arg-type]
