"""Phone numbers and mail addresses as buyers have them."""

import random

from people.places import PREFECTURES
from people.romaji import romaji
from people.words import pairs, words


def mobile(rng: random.Random) -> str:
    """Return a mobile number, digits only. 060 is not given out yet."""
    return f"{rng.choice(('090', '090', '080', '080', '070'))}{rng.randint(1000, 9999)}{rng.randint(0, 9999):04}"


def landline(rng: random.Random, prefecture: str) -> str:
    """Return a landline number of the prefecture, ten digits."""
    area = PREFECTURES[prefecture][1]
    exchange = rng.randint(2 * 10 ** (5 - len(area)), 10 ** (6 - len(area)) - 1)
    return f"{area}{exchange}{rng.randint(0, 9999):04}"


def hyphenated(number: str) -> str:
    """Return a domestic number with its usual hyphens."""
    if number.startswith(("070", "080", "090", "050")):
        return f"{number[:3]}-{number[3:7]}-{number[7:]}"
    area = max((code for _, code in PREFECTURES.values() if number.startswith(code)), key=len, default=number[:3])
    return f"{area}-{number[len(area) : -4]}-{number[-4:]}"


def mail(rng: random.Random, family_kana: str, given_kana: str) -> str:
    """Return a mail address; half of them contain the name."""
    local = _named(rng, romaji(family_kana), romaji(given_kana)) if rng.random() < 0.5 else _fancy(rng)
    return f"{local}@{provider(rng)}"


def mailbox(mail: str) -> str:
    """Return what tells one mailbox from another: Gmail knows no dots, and ezweb.ne.jp became au.com."""
    local, _, domain = mail.lower().partition("@")
    return f"{local.replace('.', '')}@{domain.replace('ezweb.ne.jp', 'au.com')}"


def provider(rng: random.Random) -> str:
    shares = pairs("mail", "provider")
    return rng.choices(tuple(shares), tuple(map(int, shares.values())))[0]


def _named(rng: random.Random, family: str, given: str) -> str:
    birthday = f"{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    digits = rng.choice(("", str(rng.randint(1, 99)), str(rng.randint(1950, 2008)), birthday))
    mark = rng.choice((".", "_", "-", ""))
    whole = (f"{given}{mark}{family}", f"{family}{mark}{given}")
    return f"{rng.choice((*whole, f'{given[0]}{mark}{family}', f'{family}{given[:2]}'))}{digits}".lower()


def _fancy(rng: random.Random) -> str:
    chosen = rng.sample(words("mail")["word"], rng.choice((1, 2, 2)))
    mark = rng.choice(("", "", "", ".", "_", "-"))
    return f"{mark.join(word for (word,) in chosen)}{rng.randint(0, 99999)}"
