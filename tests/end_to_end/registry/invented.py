"""Invented buyers, entries and orders, as text for the commands."""

import json
from collections.abc import Iterable
from typing import Any

_FAMILIES = [("見本", "ミホン"), ("架空", "カクウ"), ("渡邊", "ワタナベ"), ("例田", "レイタ"), ("佐藤", "サトウ")]
_GIVEN = [
    ("花子", "ハナコ"),
    ("一郎", "イチロウ"),
    ("四郎", "シロウ"),
    ("幸子", "サチコ"),
    ("健一", "ケンイチ"),
    ("直子", "ナオコ"),
]
_TOWNS = [
    ("105-0011", "東京都", "港区", "芝公園"),
    ("150-0002", "東京都", "渋谷区", "渋谷"),
    ("160-0022", "東京都", "新宿区", "新宿"),
    ("104-0061", "東京都", "中央区", "銀座"),
]


def party(number: int) -> dict[str, Any]:
    """Somebody invented; no two numbers share a phone, a mailbox or a house, and only every thirtieth the name."""
    (family, family_kana), (given, given_kana) = _FAMILIES[number % 5], _GIVEN[number % 6]
    postal_code, region, city, town = _TOWNS[number % 4]
    return {
        "family": family,
        "given": given,
        "kana": f"{family_kana} {given_kana}",
        "country": "JP",
        "postal_code": postal_code,
        "region": region,
        "city": city,
        "lines": [f"{town}{1 + number % 3}-{1 + number // 12}-{1 + number % 12}"],
        "phones": [f"090-0000-{1000 + number:04d}"],
        "emails": ["".join("bdfghkmnrs"[int(digit)] + "o" for digit in f"{number:03d}") + "@example.jp"],
    }


def entry(number: int, **told: Any) -> dict[str, Any]:
    facts = {"category": "unpaid", "reporters": 4, "first_on": "2025-03-09", "last_on": "2026-08-14"}
    return {"id": f"E-{number}", **facts, "party": party(number), **told}


def lines(rows: Iterable[Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
