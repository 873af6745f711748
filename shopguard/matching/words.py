"""The words for fields, as they may stand on an order: 電話・住所, or phone, address."""

from collections.abc import Collection

from shopguard.model import Comparison

FIELD_WORDS = {
    "ja": {"phone": "電話", "address": "住所", "name": "氏名", "email": "メール"},
    "en": {"phone": "phone", "address": "address", "name": "name", "email": "email"},
}
_BETWEEN = {"ja": "・", "en": ", "}


def agreeing_fields(comparison: Comparison) -> frozenset[str]:
    """Return the fields that speak for one and the same person."""
    return frozenset(item.field for item in comparison.evidence if item.weight > 0)


def field_words(fields: Collection[str], language: str = "ja") -> str:
    """Return the fields in ``language`` (``ja``, anything else is English), always in the same order."""
    spoken = "ja" if language.startswith("ja") else "en"
    return _BETWEEN[spoken].join(word for field, word in FIELD_WORDS[spoken].items() if field in fields)
