"""Whether a request comes from the person it is about: two facts that only buyer and shop know. Pure, keeps nothing.

What stands on the letter that brought the code proves nothing more than the code does, and is no fact here.
"""

import hmac
import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal

from shopguard.identity.email import normalize_emails
from shopguard.identity.phone import normalize_phones
from shopguard.model import Party
from shopguard.registry.disputes.model import Fact
from shopguard.registry.reports.model import ReportContent

NEEDED = 2
"""Facts that must be right. One more that is wrong does no harm: people mistake their own."""

MOST_TRIES = 5
"""Wrong tries of one request, of facts and of a letter's code together; then only the office can help."""

_PHONE_END = 4  # digits
_MOST_TEXT = 200
_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,4})?")

Known = Mapping[Fact, frozenset[str]]
"""What is held, folded; a kind that is missing cannot be asked for."""


def known(parties: Iterable[Party], reported: Iterable[ReportContent]) -> Known:
    """Return the facts by which the person of these records can show who they are."""
    parties, reported = tuple(parties), tuple(reported)
    held = {
        Fact.ORDER_NUMBER: [_number(text) for one in reported for text in (one.order_number, one.order_id)],
        Fact.AMOUNT: [_amount(str(one.amount)) for one in reported if one.amount],
        Fact.PHONE_END: [end for party in parties for text in party.phones for end in _ends(text)],
        Fact.EMAIL: [mail for party in parties for text in party.emails for mail in normalize_emails(text)],
    }
    return {fact: frozenset(filter(None, values)) for fact, values in held.items() if any(values)}


def is_shown(told: Mapping[Fact, str], held: Known) -> bool:
    """Whether enough of what was told is right. Which of it is not, nobody is told."""
    right = [fact for fact, text in told.items() if _is_right(fact, text[:_MOST_TEXT], held.get(fact, frozenset()))]
    return len(right) >= NEEDED


def _is_right(fact: Fact, text: str, values: frozenset[str]) -> bool:
    folded = _FOLD[fact](text).encode()
    return bool(folded) and any(hmac.compare_digest(folded, value.encode()) for value in values)


def _number(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", unicodedata.normalize("NFKC", text).lower())


def _amount(text: str) -> str:
    plain = re.sub(r"[,\s¥円]|yen|jpy", "", unicodedata.normalize("NFKC", text).lower())
    return f"{Decimal(plain).normalize():f}" if _AMOUNT.fullmatch(plain) else ""


def _end(text: str) -> str:
    """The last four digits: whoever types in the whole number knows them too."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
    return digits[-_PHONE_END:] if len(digits) >= _PHONE_END else ""


def _ends(text: str) -> Iterable[str]:
    return [_end(number) for number in normalize_phones(text)] or [_end(text)]


def _email(text: str) -> str:
    return next(iter(normalize_emails(text)), "")


_FOLD = {Fact.ORDER_NUMBER: _number, Fact.AMOUNT: _amount, Fact.PHONE_END: _end, Fact.EMAIL: _email}
