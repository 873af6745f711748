"""Invented buyers, what a shop reports of them, and evidence that a test makes itself."""

import struct
import zlib
from datetime import datetime, timedelta, timezone
from typing import Any

_FAMILIES = [
    ("渡邊", "ワタナベ"),
    ("佐藤", "サトウ"),
    ("小鳥遊", "タカナシ"),
    ("高橋", "タカハシ"),
    ("田中", "タナカ"),
]
_GIVEN = [
    ("太郎", "タロウ"),
    ("健一", "ケンイチ"),
    ("幸子", "サチコ"),
    ("直子", "ナオコ"),
    ("花子", "ハナコ"),
    ("一郎", "イチロウ"),
]
TODAY = datetime.now(timezone(timedelta(hours=9))).date()
"""In Japan, where the shops are."""


def ago(days: int) -> str:
    return (TODAY - timedelta(days)).isoformat()


def party(number: int) -> dict[str, Any]:
    """Somebody invented; no two numbers share a phone, a mailbox or a house."""
    (family, family_kana), (given, given_kana) = _FAMILIES[number % 5], _GIVEN[number % 6]
    return {
        "name": f"{family} {given}",
        "kana": f"{family_kana} {given_kana}",
        "country": "JP",
        "postal_code": "105-0011",
        "region": "東京都",
        "city": "港区",
        "lines": [f"芝公園{1 + number % 3}-{1 + number // 12}-{1 + number % 12}"],
        "phones": [f"090-0000-{3000 + number:04d}"],
        "emails": ["".join("bdfghkmnrs"[int(digit)] + "o" for digit in f"{number:04d}") + "@example.jp"],
    }


def order(number: int, **told: Any) -> dict[str, Any]:
    """What a member's guard sees: an order cash on delivery of that person."""
    return {
        "id": f"O-{number}",
        "currency": "JPY",
        "total": "12800",
        "payment": {"kind": "cod"},
        "buyer": party(number),
    } | told


def unpaid(number: int, **told: Any) -> dict[str, Any]:
    """A whole report on an unpaid order, which every rule allows."""
    return {
        "order_id": f"U-{number}",
        "order_number": f"#{number}",
        "category": "unpaid",
        "party": party(number),
        "ordered_on": ago(120),
        "payment": "pay_later",
        "items": "お茶 3点",
        "amount": "12800",
        "shipped_on": ago(118),
        "carrier": "見本運輸",
        "tracking": "0000-1111-2222",
        "delivered_on": ago(116),
        "due_on": ago(80),
        "reminders": [
            {"on": ago(60), "channel": "mail", "by_person": True},
            {"on": ago(40), "channel": "letter", "by_person": True},
        ],
        "warned_on": ago(40),
        "answers": ANSWERS,
    } | told


def refused(number: int, **told: Any) -> dict[str, Any]:
    """A whole report on a parcel that was not taken at the door."""
    whole = unpaid(number, order_id=f"C-{number}", category="cod_refused", payment="cod", reminders=[])
    for name in ("due_on", "delivered_on", "warned_on"):
        del whole[name]
    return whole | {"refused_on": ago(100), "return_reason": "受取辞退"} | told


ANSWERS = {
    "ground": "商品は届きましたが、期日を過ぎても代金のお支払いがありません。",
    "clear": "請求書と送り状は、この注文のものです。",
    "fits": "後払いの代金についての報告です。",
    "acted": "督促を二回送り、期限を過ぎました。",
    "evidence": {"ground": ["slip.png"], "clear": ["invoice.pdf"], "fits": ["invoice.pdf"], "acted": ["letter.txt"]},
}

LETTER = "ご入金の確認ができておりません。お支払いをお願いいたします。\n".encode()


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + b"\xff\xee\xdd" * 8 for _ in range(8))
    drawn = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + drawn


def pdf(catalog: bytes = b"") -> bytes:
    """One page; ``catalog`` is added to the root object."""
    text = b"BT /F1 12 Tf 20 100 Td (Invoice 12800 yen) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 6\n0000000000 65535 f \n" + table
    return out + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % out.index(b"xref\n")


def evidence() -> dict[str, bytes]:
    return {"letter.txt": LETTER, "invoice.pdf": pdf(), "slip.png": png()}
