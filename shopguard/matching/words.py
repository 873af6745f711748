"""The words for fields, as they may stand on an order: 電話, 住所, or phone, address."""

FIELD_WORDS = {
    "ja": {"phone": "電話", "address": "住所", "name": "氏名", "email": "メール"},
    "en": {"phone": "phone", "address": "address", "name": "name", "email": "email"},
}
"""By language, in the order in which a text names several fields: the most telling first."""


def field_word(field: str, language: str = "ja") -> str:
    """Return the word for an evidence's ``field`` in ``language`` (``ja`` or ``en``)."""
    return FIELD_WORDS[language][field]
