"""Who comes to the simulated shop: an endless sequence of invented checkouts, the same for the same seed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from random import Random

from shopguard.demo.document import BANK_TRANSFER, COD, Checkout
from shopguard.demo.people import RECYCLED_PHONE, ListedBuyer, listed_buyers

_FAMILIES = (
    *(("伊藤", "ｲﾄｳ"), ("山本", "ﾔﾏﾓﾄ"), ("中村", "ﾅｶﾑﾗ"), ("加藤", "ｶﾄｳ"), ("吉田", "ﾖｼﾀﾞ"), ("山田", "ﾔﾏﾀﾞ")),
    *(("佐々木", "ササキ"), ("山口", "ヤマグチ"), ("松本", "マツモト"), ("井上", "イノウエ"), ("木村", "キムラ")),
)
_GIVEN = (
    *(("結衣", "ﾕｲ"), ("大輔", "ﾀﾞｲｽｹ"), ("陽菜", "ﾋﾅ"), ("翔太", "ｼｮｳﾀ"), ("美穂", "ﾐﾎ")),
    *(("直樹", "ナオキ"), ("さくら", "サクラ"), ("誠", "マコト"), ("恵子", "ケイコ"), ("拓也", "タクヤ")),
)
_PLACES = (  # postal code, prefecture, municipality, town
    ("980-0811", "JP04", "仙台市青葉区", "一番町"),
    ("330-0063", "JP11", "さいたま市浦和区", "高砂"),
    ("260-0013", "JP12", "千葉市中央区", "中央"),
    ("160-0022", "JP13", "新宿区", "新宿"),
    ("460-0008", "JP23", "名古屋市中区", "栄"),
    ("650-0021", "JP28", "神戸市中央区", "三宮町"),
    ("730-0011", "JP34", "広島市中区", "基町"),
    ("790-0001", "JP38", "松山市", "一番町"),
)
_BUILDINGS = ("", "", "", "コーポ見本 {room}", "メゾン見本{room}号室", "見本マンション{room}")
_ORDINARY_PAYMENTS = ("stripe", "stripe", COD, "paidy")
_NOTES = ("", "", "", "", "置き配でお願いします。", "19時以降の配達を希望します。", "領収書希望")


def demo_orders(seed: int = 0, start: int = 0) -> Iterator[Checkout]:
    """Yield checkouts without end, from number ``start`` on.

    Number 0 is an ordinary one, number 1 a listed buyer with cash on delivery in another spelling.
    """
    return (checkout(number, seed) for number in count(start))


def checkout(number: int, seed: int = 0) -> Checkout:
    """Return checkout ``number`` of the sequence, which depends on nothing but ``seed``."""
    chance = Random(f"{seed}:{number}")
    return _STORIES[number % len(_STORIES)](number, chance)


def _ordinary(number: int, chance: Random) -> Checkout:
    """Somebody nobody knows."""
    (family, family_kana), (given, given_kana) = chance.choice(_FAMILIES), chance.choice(_GIVEN)
    postcode, state, city, town = chance.choice(_PLACES)
    room = f"{chance.randint(1, 9)}0{chance.randint(1, 8)}"
    billing = {
        "last_name": family,
        "first_name": given,
        "postcode": postcode,
        "state": state,
        "city": city,
        "address_1": f"{town}{chance.randint(1, 4)}-{chance.randint(1, 20)}-{chance.randint(1, 15)}",
        "address_2": chance.choice(_BUILDINGS).format(room=room),
        "phone": f"0{chance.choice('789')}0-0000-{chance.randint(2000, 9999)}",
        "email": f"buyer{number}.{chance.randint(100, 999)}@example.{chance.choice(('com', 'jp', 'net'))}",
    }
    return Checkout(
        billing,
        payment_method="stripe" if number == 0 else chance.choice(_ORDINARY_PAYMENTS),
        kana=(family_kana, given_kana) if chance.random() < 0.7 else None,
        items=chance.choice(((("TEA-30", 1),), (("TEA-30", 2), ("TEN-7", 1)), (("TEN-7", 3),), (("FIG-001", 1),))),
        customer_note=chance.choice(_NOTES),
        ip=f"203.0.113.{chance.randint(2, 250)}",
    )


def _listed(number: int, chance: Random) -> Checkout:
    """A listed buyer, written differently, who wants to pay at the door."""
    return _by(listed_buyers()[0] if number == 1 else chance.choice(listed_buyers()), chance)


def _listed_transfer(number: int, chance: Random) -> Checkout:
    """A listed buyer who pays before anything ships: on hold by nature."""
    return _by(chance.choice(listed_buyers()), chance, payment_method=BANK_TRANSFER)


def _listed_draft(number: int, chance: Random) -> Checkout:
    """A listed buyer who leaves the basket once and comes back."""
    return _by(chance.choice(listed_buyers()), chance, draft=True)


def _transfer(number: int, chance: Random) -> Checkout:
    return replace(_ordinary(number, chance), payment_method=BANK_TRANSFER)


def _draft(number: int, chance: Random) -> Checkout:
    return replace(_ordinary(number, chance), draft=True)


def _edited(number: int, chance: Random) -> Checkout:
    """Somebody who forgot the room and tells it afterwards."""
    return replace(_ordinary(number, chance), correction={"address_2": f"見本ハイツ{chance.randint(1, 9)}01"})


def _recycled(number: int, chance: Random) -> Checkout:
    """Somebody new with a listed person's old telephone number, and nothing else in common."""
    found = _ordinary(number, chance)
    return replace(found, billing={**found.billing, "phone": RECYCLED_PHONE}, payment_method=COD)


def _by(listed: ListedBuyer, chance: Random, *, payment_method: str = COD, draft: bool = False) -> Checkout:
    return Checkout(
        listed.billing,
        payment_method=payment_method,
        kana=listed.kana,
        items=(("FIG-001", 1),),
        ip=f"198.51.100.{chance.randint(2, 250)}",
        draft=draft,
    )


_STORIES: tuple[Callable[[int, Random], Checkout], ...] = (
    *(_ordinary, _listed, _ordinary, _transfer, _draft, _recycled),
    *(_ordinary, _edited, _listed, _ordinary, _listed_transfer, _ordinary, _listed_draft, _ordinary),
)
