"""What a shop says of itself, what is wrong with that, and what shows that two shops are one. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import msgspec

from shopguard.identity import Type, identify, tokens
from shopguard.identity.company import company_core
from shopguard.model import Party
from shopguard.registry.reports.wording import both

_LONGEST_TEXT = 200
_MOST_PEOPLE = 50
_FEWEST_BANK_DIGITS = 8  # of any account in Japan: bank 4, branch 3, number 7; of the Japan Post Bank 5 and 1 to 8


class Particulars(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shop, as it states itself. Personal data.

    Args:
        representative: who answers for the shop.
        corporate_number: 13 digits, of a company; a sole trader has none.
        site: where the shop sells.
        sign_in: what it signs in as, where that is not ``mail``.
        bank_account: bank, branch and number; never kept, it only shows whether two shops have one account.
        needs_licence: it sells what a licence is needed for (second-hand goods, alcohol and the like).
        licence: the number of that licence.
        people: owner and staff, whom nobody of the network may report; kept as digests alone.
    """

    legal_name: str
    representative: str
    address: str
    phone: str
    mail: str
    site: str
    bank_account: str
    postal_code: str = ""
    corporate_number: str = ""
    sign_in: str = ""
    needs_licence: bool = False
    licence: str = ""
    people: tuple[Party, ...] = ()

    @property
    def owner(self) -> Party:
        """The representative, as somebody orders under that name."""
        return Party(
            name=self.representative,
            country="JP",
            postal_code=self.postal_code or None,
            lines=(self.address,),
            phones=(self.phone,),
            emails=(self.mail,),
        )

    @property
    def to_keep(self) -> "Particulars":
        """The part that is kept while the shop is a member."""
        return msgspec.structs.replace(self, bank_account="", people=())

    def __repr__(self) -> str:
        return "Particulars(***)"


class TraitKind(StrEnum):
    """What two shops may have in common."""

    OWNER = "owner"  # one corporate number
    ADDRESS = "address"  # one room, or one house where neither names a room
    BANK = "bank"
    SIGN_IN = "sign_in"  # one mail address
    PHONE = "phone"
    OFFICE = "office"  # the office has found out that they are one
    NAME = "name"  # of the representative: maybe a namesake
    FIRM = "firm"  # the same name in trade
    HOUSE = "house"  # one building

    @property
    def ties(self) -> bool:
        """Whether shops that share it are one voice; else it is a hint that a person looks into."""
        return self not in (TraitKind.NAME, TraitKind.FIRM, TraitKind.HOUSE)


@dataclass(frozen=True, slots=True)
class Trait:
    kind: TraitKind
    value: str

    def __repr__(self) -> str:
        return f"Trait({self.kind})"


def traits(shop: Particulars) -> Sequence[Trait]:
    """Return what another shop would share with this one if they were one."""
    return tuple(dict.fromkeys(_traits(shop)))


def _traits(shop: Particulars) -> Iterator[Trait]:
    found: dict[int, list[str]] = {}
    for token in tokens(identify(shop.owner)):
        found.setdefault(token.type, []).append(token.value)
    homes = found.get(Type.ADDRESS_ROOM) or found.get(Type.ADDRESS, [])
    values = {
        TraitKind.OWNER: _digits(shop.corporate_number),
        TraitKind.BANK: _digits(shop.bank_account),
        TraitKind.FIRM: company_core(_folded(shop.legal_name)),
    }
    yield from (Trait(kind, value) for kind, value in values.items() if value)
    yield from (Trait(TraitKind.ADDRESS, home) for home in homes)
    yield from (Trait(TraitKind.HOUSE, house) for house in found.get(Type.ADDRESS, ()))
    yield from (Trait(TraitKind.PHONE, phone) for phone in found.get(Type.PHONE, ()))
    yield from (Trait(TraitKind.NAME, name) for name in found.get(Type.NAME, ()))
    mails = (*found.get(Type.EMAIL, ()), _folded(shop.sign_in))
    yield from (Trait(TraitKind.SIGN_IN, mail) for mail in mails if mail)


def faults(shop: Particulars) -> Mapping[str, str]:
    """Return by field what is wrong with an application, one sentence each in Japanese and English."""
    return dict(_faults(shop))


def _faults(shop: Particulars) -> Iterator[tuple[str, str]]:
    texts = {name: value for name, value in msgspec.structs.asdict(shop).items() if isinstance(value, str)}
    unfit = [name for name, text in texts.items() if len(text) > _LONGEST_TEXT or _CONTROL.search(text)]
    for name, label in _NEEDED.items():
        if not texts[name].strip():
            yield name, both(f"{label[0]}を記入してください。", f"{label[1]} ({name}) is missing.")
    if unfit:
        yield from ((name, _NO_TEXT) for name in unfit)
        return
    owner, digits = identify(shop.owner), _digits(shop.corporate_number)
    wrong = {
        "address": shop.address.strip() and not any(token.type == Type.ADDRESS for token in tokens(owner)),
        "phone": shop.phone.strip() and not owner.phones,
        "mail": shop.mail.strip() and not owner.emails,
        "site": shop.site.strip() and not _is_site(shop.site),
        "bank_account": shop.bank_account.strip() and len(_digits(shop.bank_account)) < _FEWEST_BANK_DIGITS,
        "corporate_number": shop.corporate_number.strip() and not is_corporate_number(digits),
        "licence": shop.needs_licence and not shop.licence.strip(),
        "people": len(shop.people) > _MOST_PEOPLE,
    }
    yield from ((name, both(*_WRONG[name])) for name, is_wrong in wrong.items() if is_wrong)


def is_corporate_number(digits: str) -> bool:
    """Whether ``digits`` is a corporate number of Japan: twelve digits after a check digit that fits them.

    Source: Ministry of Finance order on corporate numbers art. 2 (read 2026-11): 9 less the remainder by 9 of the sum
    of the digits, every second of them (from the right, beginning with the second) doubled.
    """
    if len(digits) != 13 or not digits.isascii() or not digits.isdigit():
        return False
    total = sum(int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits[1:])))
    return int(digits[0]) == 9 - total % 9


_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_NO_TEXT = both(
    f"一つの項目は{_LONGEST_TEXT}文字までで、改行や制御文字は使えません。",
    f"No text has more than {_LONGEST_TEXT} characters, line breaks or control characters.",
)
_WRONG = {
    "address": ("住所を読み取れません。都道府県から書いてください。", "The address is not one: write all of it."),
    "phone": ("電話番号が正しくありません。", "The phone number is not one that can be called."),
    "mail": ("メールアドレスが正しくありません。", "The mail address is not one."),
    "site": ("サイトのアドレスは https:// から書いてください。", "The site's address begins with https://."),
    "bank_account": ("口座は銀行・支店・番号の数字で書いてください。", "Write bank, branch and account in digits."),
    "corporate_number": ("法人番号が正しくありません（13桁）。", "The corporate number is not one (13 digits)."),
    "licence": ("許可・免許の番号を記入してください。", "The number of the licence is missing."),
    "people": (f"関係者は{_MOST_PEOPLE}人までです。", f"At most {_MOST_PEOPLE} people."),
}
_NEEDED = {
    "legal_name": ("商号（または屋号・氏名）", "The legal name"),
    "representative": ("代表者", "The representative"),
    "address": ("住所", "The address"),
    "phone": ("電話番号", "The phone number"),
    "mail": ("メールアドレス", "The mail address"),
    "site": ("サイトのアドレス", "The site's address"),
    "bank_account": ("口座", "The bank account"),
}


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _digits(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text) if char.isascii() and char.isdigit())


def _is_site(text: str) -> bool:
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "")
