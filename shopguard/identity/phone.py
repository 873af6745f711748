"""Phone numbers to E.164; numbers that say nothing about a person become None."""

import re

import phonenumbers

from shopguard.identity.text import fold

_RUN = re.compile(r"\+?[0-9(][0-9()\s.,・\-‐‑‒–—―−ー~_]*")
_PREFIX = re.compile(r"(?:\+|00|010)81|^81(?=[1-9][0-9]{8,9}$|0[1-9][0-9]{8,9}$)")
_JAPANESE = re.compile(r"0[1-9][0-9]{8}|0[5-9]0[0-9]{8}")
_MOBILE = re.compile(r"\+81[6-9]0[0-9]{8}")
_NOT_A_PERSON = ("0120", "0800", "0570", "0990", "0180", "0170")  # free call, navigation dial, services
_SEQUENCES = ("0123456789", "1234567890", "0987654321", "01234567890")


def normalize_phone(raw: str, country: str = "JP") -> str | None:
    """Return the first plausible number of ``raw`` in E.164 (``+819000001111``), or None if there is none.

    Width, brackets, hyphens and a lost leading zero do not matter. Free-call and service numbers and obvious
    dummies (000-0000-0000, 0123456789) are None: many unrelated people give them.

    Args:
        country: two letters, used when the number carries no country code.

    Source: ITU-T E.164; the Japanese numbering plan of the Ministry of Internal Affairs (read 2026-10).
    """
    for run in _RUN.findall(fold(raw)):
        digits = re.sub(r"[^0-9+]", "", run)
        found = _japanese(digits, country) or _foreign(digits, country)
        if found is not None:
            return found
    return None


def is_mobile(e164: str) -> bool:
    """Say whether the number is a Japanese mobile one: one person's, where a landline is a household's."""
    return _MOBILE.fullmatch(e164) is not None


def _japanese(digits: str, country: str) -> str | None:
    marked = _PREFIX.match(digits)
    if marked is None and (digits.startswith("+") or country != "JP"):
        return None
    national = digits[marked.end() :] if marked else digits
    if not national.startswith("0"):
        national = "0" + national  # a spreadsheet ate the zero, or the country code replaced it
    if _JAPANESE.fullmatch(national) is None or national.startswith(_NOT_A_PERSON) or _is_dummy(national):
        return None
    return "+81" + national[1:]


def _is_dummy(national: str) -> bool:
    subscriber = national[3:] if len(national) == 11 else national[2:]
    return set(subscriber) == {"0"} or len(set(national[1:])) == 1 or national in _SEQUENCES


def _foreign(digits: str, country: str) -> str | None:
    if len(digits) < 7 or _PREFIX.match(digits) or (country == "JP" and not digits.startswith(("+", "00", "010"))):
        return None
    if country == "JP":
        digits = re.sub(r"^(?:010|00)", "+", digits)
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
