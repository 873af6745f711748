"""One value as people write it: a day of either calendar, an amount, a word for a category. Odd ones are ``Odd``."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from shopguard.model import Category, PaymentKind
from shopguard.registry.reports.model import Channel
from shopguard.registry.reports.wording import FaultCode

W = TypeVar("W", Category, PaymentKind, Channel)


class Odd(Exception):
    """A value that cannot be read. ``values`` are what the sentence about it names."""

    def __init__(self, code: FaultCode, **values: object) -> None:
        super().__init__(code.value)
        self.code, self.values = code, values


def text(value: Any, limit: int, lines: bool = False) -> str:
    """Return the text (or number, as text) without spaces around it. Markup stays what it is: text.

    Args:
        limit: characters. ``lines``: more than one line is in order.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Odd(FaultCode.UNREADABLE, ja="文字で書いてください。", en="give text.")
    read = str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(_is_control(character, lines) for character in read):
        raise Odd(FaultCode.CONTROL)
    if "\ufffd" in read:
        raise Odd(FaultCode.BAD_CHARACTERS)
    if len(read) > limit:
        raise Odd(FaultCode.TOO_LONG, limit=f"{limit:,}")
    return read


def day(value: Any) -> date:
    """Return the day: 2026-04-01, 2026/4/1 10:15, 20260401, 2026年4月1日, 令和8年4月1日, R8.4.1, 令和八年四月一日."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Odd(FaultCode.BAD_DAY)
    plain = _arabic(_folded(str(value)))
    if found := _GREGORIAN.fullmatch(plain) or _EIGHT_DIGITS.fullmatch(plain):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := _ERA.fullmatch(plain):
        return _in_era(*found.groups())
    if _SERIAL.fullmatch(plain):
        raise Odd(FaultCode.SERIAL_DAY)
    raise Odd(FaultCode.SHORT_YEAR if _TWO_DIGITS.fullmatch(plain) else FaultCode.BAD_DAY)


def money(value: Any) -> Decimal:
    """Return the amount, zero or more, in the main unit of whatever currency it is in (see ``currency``)."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise Odd(FaultCode.BAD_MONEY)
    plain = _folded(str(value))
    if _ROUNDED.fullmatch(plain):
        raise Odd(FaultCode.ROUNDED)
    number = _CURRENCY_WORDS.sub("", _TAX_INCLUDED.sub("", plain))
    if _NEGATIVE.match(number):
        raise Odd(FaultCode.NEGATIVE)
    if not _AMOUNT.fullmatch(number):
        raise Odd(FaultCode.BAD_MONEY)
    return Decimal(number.replace(",", ""))


def currency(value: Any) -> str | None:
    """Return the ISO 4217 code of the currency that an amount is written in, or None if it names none."""
    plain = _folded(str(value))
    found = _CURRENCY_WORDS.search(plain)
    if found is None:
        return None
    return _code(found[0])


def named_currency(value: Any) -> str:
    """Return the ISO 4217 code that is named alone: three letters, or a word or symbol that stands for them."""
    plain = _folded(value) if isinstance(value, str) else ""
    if not _CURRENCY_WORDS.fullmatch(plain):
        raise Odd(
            FaultCode.UNREADABLE, ja="JPY のような大文字3字の記号です。", en="three capital letters such as JPY."
        )
    return _code(plain)


def yes(value: Any) -> bool:
    """Return whether a word or a mark means yes; empty means no."""
    if isinstance(value, bool):
        return value
    plain = _folded("" if value is None else str(value))
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    raise Odd(FaultCode.UNKNOWN_WORD, words="はい, いいえ, yes, no")


def category(value: Any) -> Category:
    """Return what a word such as 未払い, 受取拒否 or ``unpaid`` means."""
    return _word(value, Category, _CATEGORY_WORDS, "未払い, 受取拒否, いたずら, 悪質な請求, 転売, その他")


def payment(value: Any) -> PaymentKind:
    """Return the kind of payment that a shop's own wording means."""
    return _word(
        value, PaymentKind, _PAYMENT_WORDS, "代引, 後払い, NP後払い, 銀行振込, 前払い, カード, PayPay, その他"
    )


def channel(value: Any) -> Channel:
    """Return the way a reminder went."""
    return _word(value, Channel, _CHANNEL_WORDS, "メール, 手紙, 内容証明, 電話, メッセージ")


def _word(value: Any, kind: type[W], words: Mapping[str, W], shown: str) -> W:
    plain = _folded(str(value)) if isinstance(value, str) else ""
    try:
        return kind(plain)
    except ValueError:
        pass
    for word, meant in words.items():
        if word in plain:
            return meant
    raise Odd(
        FaultCode.UNKNOWN_WORD, words=", ".join([shown, *dict.fromkeys(meant.value for meant in words.values())])
    )


def _code(currency_word: str) -> str:
    return _SYMBOLS.get(currency_word, currency_word.upper())


def _folded(value: str) -> str:
    """One width, lower case, and no spaces but between two digits: 4/1 10:15 is no eleventh."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", value).strip()).casefold()


def _is_control(character: str, lines: bool) -> bool:
    if character in "\n\t":
        return not lines
    return unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") or character in _REORDERING


_REORDERING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

_SPACES = re.compile(r"(?<!\d)\s+|\s+(?!\d)")
_GREGORIAN = re.compile(
    r"((?:19|20|21)\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\([月火水木金土日a-z]+\))?"
    r"(?:[t ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)?"
)
_EIGHT_DIGITS = re.compile(r"((?:19|20|21)\d\d)(\d\d)(\d\d)")
_ERA = re.compile(
    r"(明治|大正|昭和|平成|令和|[mtshr])(元|\d{1,2})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\([月火水木金土日]\))?"
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_TWO_DIGITS = re.compile(r"\d{1,2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?")

_ERAS: Mapping[str, tuple[date, date]] = {
    "明治": (date(1873, 1, 1), date(1912, 7, 29)),  # days before were counted by another calendar
    "大正": (date(1912, 7, 30), date(1926, 12, 24)),
    "昭和": (date(1926, 12, 25), date(1989, 1, 7)),
    "平成": (date(1989, 1, 8), date(2019, 4, 30)),
    "令和": (date(2019, 5, 1), date.max),
}
"""First and last day. Source: National Diet Library's table of eras (read 2026-11)."""
_FIRST_YEARS = {"明治": 1868, "大正": 1912, "昭和": 1926, "平成": 1989, "令和": 2019}
_LETTERS = dict(zip("mtshr", _ERAS, strict=True))

_DIGITS = {c: str(n) for n, c in enumerate("〇一二三四五六七八九")}


def _arabic(value: str) -> str:
    """Return the text with kanji numbers below 100 as digits, where it begins with an era: 令和八年十一月二日."""
    if not value.startswith(tuple(_ERAS)):
        return value
    return value[:2] + re.sub(r"[〇一二三四五六七八九十]+", lambda found: _below_100(found[0]), value[2:])


def _below_100(kanji: str) -> str:
    tens, ten, ones = kanji.rpartition("十")
    digits = "".join(_DIGITS.get(c, "x") for c in ones)
    if not ten:
        return digits
    return (_DIGITS.get(tens, "x") if tens else "1") + (digits or "0")


def _date(year: int, month: int, day_of_month: int) -> date:
    try:
        return date(year, month, day_of_month)
    except ValueError:
        raise Odd(FaultCode.BAD_DAY) from None


def _in_era(name: str, year: str, month: str, day_of_month: str) -> date:
    era = _LETTERS.get(name, name)
    number = 1 if year == "元" else int(year)
    if not number:
        raise Odd(FaultCode.BAD_DAY)
    found = _date(_FIRST_YEARS[era] + number - 1, int(month), int(day_of_month))
    first, last = _ERAS[era]
    if not first <= found <= last:
        raise Odd(FaultCode.ERA)
    return found


_SYMBOLS = {
    "円": "JPY",
    "¥": "JPY",
    "\\": "JPY",  # what a yen sign is in CP932
    "yen": "JPY",
    "$": "USD",
    "ドル": "USD",
    "€": "EUR",
    "ユーロ": "EUR",
    "£": "GBP",
    "ポンド": "GBP",
    "₩": "KRW",
    "ウォン": "KRW",
    "元": "CNY",
}
_CURRENCY_WORDS = re.compile("|".join([*map(re.escape, _SYMBOLS), "[a-z]{3}(?![a-z])"]))
_TAX_INCLUDED = re.compile(r"\(?税込み?\)?")
_NEGATIVE = re.compile(r"[-−‐‑–—△▲]\d|\(\d[\d,.]*\)$")
_AMOUNT = re.compile(r"(?:\d{1,12}|\d{1,3}(?:,\d{3}){1,3})(?:\.\d{1,4})?")
_ROUNDED = re.compile(r"\d(?:\.\d+)?e\+?\d+")

_YES = frozenset({"true", "yes", "y", "1", "はい", "有", "有り", "あり", "○", "〇", "◯", "該当"})
_NO = frozenset({"false", "no", "n", "0", "", "いいえ", "無", "無し", "なし", "×", "-", "非該当"})

# The first word that is part of what was written decides: the narrower ones come first.
_CATEGORY_WORDS: Mapping[str, Category] = {
    "受取拒否": Category.COD_REFUSED,
    "受け取り拒否": Category.COD_REFUSED,
    "受取り拒否": Category.COD_REFUSED,
    "受領拒否": Category.COD_REFUSED,
    "受取辞退": Category.COD_REFUSED,
    "代引拒否": Category.COD_REFUSED,
    "代引き拒否": Category.COD_REFUSED,
    "長期不在": Category.COD_REFUSED,
    "保管期限": Category.COD_REFUSED,
    "refused": Category.COD_REFUSED,
    "未払": Category.UNPAID,
    "未入金": Category.UNPAID,
    "不払": Category.UNPAID,
    "滞納": Category.UNPAID,
    "notpaid": Category.UNPAID,
    "いたずら": Category.PRANK_ORDER,
    "イタズラ": Category.PRANK_ORDER,
    "悪戯": Category.PRANK_ORDER,
    "虚偽注文": Category.PRANK_ORDER,
    "prank": Category.PRANK_ORDER,
    "クレーム": Category.MALICIOUS_CLAIM,
    "クレーマー": Category.MALICIOUS_CLAIM,
    "不当請求": Category.MALICIOUS_CLAIM,
    "不当要求": Category.MALICIOUS_CLAIM,
    "悪質な請求": Category.MALICIOUS_CLAIM,
    "falseclaim": Category.MALICIOUS_CLAIM,
    "転売": Category.RESALE_ABUSE,
    "resale": Category.RESALE_ABUSE,
    "その他": Category.OTHER,
}
_PAYMENT_WORDS: Mapping[str, PaymentKind] = {
    "代引": PaymentKind.COD,
    "代金引換": PaymentKind.COD,
    "着払": PaymentKind.COD,
    "cashondelivery": PaymentKind.COD,
    "np後払": PaymentKind.PAY_LATER_PROVIDER,
    "gmo後払": PaymentKind.PAY_LATER_PROVIDER,
    "後払い.com": PaymentKind.PAY_LATER_PROVIDER,
    "クロネコ": PaymentKind.PAY_LATER_PROVIDER,
    "スコア後払": PaymentKind.PAY_LATER_PROVIDER,
    "atone": PaymentKind.PAY_LATER_PROVIDER,
    "アトネ": PaymentKind.PAY_LATER_PROVIDER,
    "paidy": PaymentKind.PAY_LATER_PROVIDER,
    "ペイディ": PaymentKind.PAY_LATER_PROVIDER,
    "後払": PaymentKind.PAY_LATER,
    "請求書": PaymentKind.PAY_LATER,
    "掛売": PaymentKind.PAY_LATER,
    "掛け": PaymentKind.PAY_LATER,
    "郵便振替": PaymentKind.PAY_LATER,
    "invoice": PaymentKind.PAY_LATER,
    "コンビニ": PaymentKind.PREPAID,
    "前払": PaymentKind.PREPAID,
    "先払": PaymentKind.PREPAID,
    "振込": PaymentKind.BANK_TRANSFER,
    "振り込み": PaymentKind.BANK_TRANSFER,
    "banktransfer": PaymentKind.BANK_TRANSFER,
    "カード": PaymentKind.CARD,
    "クレジット": PaymentKind.CARD,
    "creditcard": PaymentKind.CARD,
    "paypay": PaymentKind.WALLET,
    "d払い": PaymentKind.WALLET,
    "楽天ペイ": PaymentKind.WALLET,
    "その他": PaymentKind.OTHER,
}
_CHANNEL_WORDS: Mapping[str, Channel] = {
    "内容証明": Channel.REGISTERED,
    "書留": Channel.REGISTERED,
    "registered": Channel.REGISTERED,
    "メッセージ": Channel.MESSAGE,
    "sms": Channel.MESSAGE,
    "ショートメール": Channel.MESSAGE,
    "line": Channel.MESSAGE,
    "チャット": Channel.MESSAGE,
    "メール": Channel.MAIL,
    "mail": Channel.MAIL,
    "電話": Channel.PHONE,
    "tel": Channel.PHONE,
    "phone": Channel.PHONE,
    "call": Channel.PHONE,
    "手紙": Channel.LETTER,
    "書面": Channel.LETTER,
    "郵送": Channel.LETTER,
    "督促状": Channel.LETTER,
    "はがき": Channel.LETTER,
    "ハガキ": Channel.LETTER,
    "letter": Channel.LETTER,
}
