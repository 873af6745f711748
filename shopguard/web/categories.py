"""What shops and the office call the categories of the registry; whom an entry is about reads gentler words."""

from collections.abc import Mapping
from enum import StrEnum

from shopguard.model import Category
from shopguard.web.language import later

CATEGORIES: Mapping[StrEnum, str] = {
    Category.UNPAID: later("Unpaid"),
    Category.COD_REFUSED: later("Cash on delivery not taken"),
    Category.PRANK_ORDER: later("Name or address not real"),
    Category.MALICIOUS_CLAIM: later("Claim that was not so"),
    Category.RESALE_ABUSE: later("First-purchase offer used again"),
    Category.OTHER: later("Something else"),
}
