"""Kinds of phone numbers and mail addresses."""

import random
from collections.abc import Callable
from dataclasses import replace

from people import contacts
from people.kinds.kind import kind
from people.person import Person
from people.writing import Written

_FULL = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_TYPOS = {
    "gmail.com": ("gmial.com", "gmail.co", "gmai.com", "gmail.con", "gamil.com"),
    "yahoo.co.jp": ("yahoo.ne.jp", "yahoo.co", "yaho.co.jp", "yahoo.com"),
    "docomo.ne.jp": ("docomo.co.jp", "docmo.ne.jp"),
    "softbank.ne.jp": ("softbank.co.jp", "softbank.jp"),
    "icloud.com": ("icloud.co.jp", "iclould.com", "icloud.ne.jp"),
    "ezweb.ne.jp": ("ezweb.co.jp", "ezweb.jp"),
    "hotmail.co.jp": ("hotmail.jp", "hotmai.co.jp"),
}


def _first_phone(w: Written, change: Callable[[str], str]) -> Written:
    return replace(w, phones=(change(w.phones[0]), *w.phones[1:])) if w.phones else w


def _domestic(w: Written) -> bool:
    return bool(w.phones) and w.phones[0].startswith("0")


def _digits(number: str) -> str:
    return "".join(c for c in number if c.isdigit())


@kind("phone hyphens", "phone", "hyphens set, left out or replaced by dots and spaces", weight=3)
def _hyphens(rng: random.Random, w: Written, who: Person) -> Written:
    if not _domestic(w):
        return w
    other = rng.choice(("", "-", ".", " ", "ー", "−"))
    return _first_phone(w, lambda number: contacts.hyphenated(_digits(number)).replace("-", other))


@kind("phone with country code", "phone", "+81 90…, 0081…, +81(0)90…", weight=1.5)
def _country(rng: random.Random, w: Written, who: Person) -> Written:
    if not _domestic(w):
        return w
    head = rng.choice(("+81", "+81 ", "+81-", "+81(0)", "0081", "81", "+810"))
    return _first_phone(w, lambda number: head + contacts.hyphenated(_digits(number))[1:])


@kind("phone with brackets", "phone", "03(1234)5678, (03)1234-5678", weight=0.7)
def _brackets(rng: random.Random, w: Written, who: Person) -> Written:
    if not _domestic(w):
        return w
    area, middle, last = contacts.hyphenated(_digits(w.phones[0])).split("-")
    shape = rng.choice((f"({area}){middle}-{last}", f"{area}({middle}){last}", f"{area}（{middle}）{last}"))
    return _first_phone(w, lambda number: shape)


@kind("leading zero lost", "phone", "9012345678, as spreadsheets leave it", weight=0.7)
def _zero(rng: random.Random, w: Written, who: Person) -> Written:
    return _first_phone(w, lambda number: _digits(number)[1:]) if _domestic(w) else w


@kind("phone in full width", "phone", "０９０－１２３４－５６７８", weight=1.5)
def _wide(rng: random.Random, w: Written, who: Person) -> Written:
    return _first_phone(w, lambda number: number.translate(_FULL))


@kind("phone digit wrong", "phone", "one digit of the last eight wrong", "slip", 0.7)
def _wrong(rng: random.Random, w: Written, who: Person) -> Written:
    def change(number: str) -> str:
        at = rng.choice([at for at, c in enumerate(number) if c.isdigit()][-8:])
        return f"{number[:at]}{(int(number[at]) + rng.randint(1, 9)) % 10}{number[at + 1 :]}"

    return _first_phone(w, change) if w.phones and w.phones[0][-1:].isascii() else w


@kind("phone digits swapped", "phone", "two neighbouring digits swapped", "slip", 0.5)
def _swapped(rng: random.Random, w: Written, who: Person) -> Written:
    def change(number: str) -> str:
        places = [
            at for at in range(3, len(number) - 1) if number[at : at + 2].isdigit() and number[at] != number[at + 1]
        ]
        if not places:
            return number
        at = rng.choice(places)
        return number[:at] + number[at + 1] + number[at] + number[at + 2 :]

    return _first_phone(w, change) if w.phones and w.phones[0][-1:].isascii() else w


@kind("two phones in one field", "phone", "mobile and landline in one field", weight=0.5)
def _two(rng: random.Random, w: Written, who: Person) -> Written:
    if who.home is None or not w.phones:
        return w
    other = (
        w.phones[1] if len(w.phones) > 1 else contacts.hyphenated(contacts.landline(rng, who.home.town.prefecture))
    )
    mark = rng.choice((" / ", "、", " ", "，", " または "))
    pair = [w.phones[0], other]
    rng.shuffle(pair)
    return replace(w, phones=(mark.join(pair),))


@kind("phone with words", "phone", "携帯 or 自宅 or a note beside the number", weight=0.5)
def _words(rng: random.Random, w: Written, who: Person) -> Written:
    words = rng.choice(("携帯{}", "TEL:{}", "{}（携帯）", "{} 18時以降", "{}(自宅)"))
    return _first_phone(w, lambda number: words.format(number))


# --- mail ---


def _first_mail(w: Written, change: Callable[[str, str], str]) -> Written:
    if not w.emails:
        return w
    local, _, domain = w.emails[0].partition("@")
    return replace(w, emails=(change(local, domain), *w.emails[1:])) if domain else w


@kind("mail in capitals", "mail", "first letter or all in capitals", weight=2)
def _capitals(rng: random.Random, w: Written, who: Person) -> Written:
    upper = rng.choice((str.upper, str.capitalize))
    return _first_mail(w, lambda local, domain: upper(f"{local}@{domain}"))


@kind("mail in full width", "mail", "full-width letters or only ＠", weight=1)
def _wide_mail(rng: random.Random, w: Written, who: Person) -> Written:
    if rng.random() < 0.5:
        return _first_mail(w, lambda local, domain: f"{local}＠{domain}")
    return _first_mail(w, lambda local, domain: f"{local}@{domain}".translate(_FULL))


@kind("mail +tag", "mail", "a tag that the provider ignores", weight=1)
def _tag(rng: random.Random, w: Written, who: Person) -> Written:
    tag = rng.choice(("shop", "1", "2", "test", "order", "ec"))
    fits = w.emails and w.emails[0].endswith(
        ("gmail.com", "icloud.com", "outlook.jp", "hotmail.com", "hotmail.co.jp")
    )
    return _first_mail(w, lambda local, domain: f"{local}+{tag}@{domain}") if fits else w


@kind("mail dots", "mail", "dots that Gmail ignores", weight=1)
def _dots(rng: random.Random, w: Written, who: Person) -> Written:
    if not w.emails or not w.emails[0].endswith("@gmail.com") or "+" in w.emails[0]:
        return w
    return _first_mail(w, lambda local, domain: ".".join((local[:2], local[2:].replace(".", ""))) + f"@{domain}")


@kind("googlemail", "mail", "googlemail.com for gmail.com", weight=0.2)
def _googlemail(rng: random.Random, w: Written, who: Person) -> Written:
    return _first_mail(
        w, lambda local, domain: f"{local}@googlemail.com" if domain == "gmail.com" else f"{local}@{domain}"
    )


@kind("other provider", "mail", "the same name at another provider", "disguise", 1)
def _provider(rng: random.Random, w: Written, who: Person) -> Written:
    return _first_mail(w, lambda local, domain: f"{local}@{contacts.provider(rng)}")


@kind("mail digits changed", "mail", "another number behind the same name", "disguise", 1)
def _mail_digits(rng: random.Random, w: Written, who: Person) -> Written:
    def change(local: str, domain: str) -> str:
        stem = local.rstrip("0123456789")
        return f"{stem}{rng.randint(1, 999)}@{domain}" if len(stem) > 2 else f"{local}@{domain}"

    return _first_mail(w, change)


@kind("mail domain mistyped", "mail", "gmial.com, yahoo.ne.jp", "slip", 0.7)
def _typo(rng: random.Random, w: Written, who: Person) -> Written:
    return _first_mail(w, lambda local, domain: f"{local}@{rng.choice(_TYPOS.get(domain, (domain,)))}")


@kind("mail one letter wrong", "mail", "a letter of the name doubled or missing", "slip", 0.7)
def _letter(rng: random.Random, w: Written, who: Person) -> Written:
    def change(local: str, domain: str) -> str:
        at = rng.randrange(1, max(2, len(local) - 1))
        return f"{local[:at]}{rng.choice(('', local[at : at + 1] * 2))}{local[at + 1 :]}@{domain}"

    return _first_mail(w, change)


@kind("ezweb and au", "mail", "ezweb.ne.jp became au.com", weight=0.5)
def _au(rng: random.Random, w: Written, who: Person) -> Written:
    other = {"ezweb.ne.jp": "au.com", "au.com": "ezweb.ne.jp"}
    return _first_mail(w, lambda local, domain: f"{local}@{other.get(domain, domain)}")


@kind("mail with spaces", "mail", "spaces or brackets around the address", weight=0.7)
def _mail_spaces(rng: random.Random, w: Written, who: Person) -> Written:
    return _first_mail(
        w, lambda local, domain: rng.choice((" {} ", "<{}>", "{}\u3000", "mailto:{}")).format(f"{local}@{domain}")
    )
