"""Phone numbers to E.164; numbers that say nothing about a person become None."""

import re
from collections.abc import Iterator
from itertools import islice

import phonenumbers

from shopguard.identity.text import fold

MOST_PHONES = 4
"""Numbers read from one field; the registry takes no more of one party."""

_LONGEST = 300  # characters of a field that are read: four numbers with their labels

# The quick way: nothing but digits and the marks between them. Everything else takes the long way round.
_NARROW = {ord("０") + digit: ord("0") + digit for digit in range(10)} | {
    ord(mark): None for mark in "-‐‑‒–—―−－ー() （）　."
}

# Japan: a mobile or IP number has eleven digits with its zero, a landline ten (0A to 0ABCDE before the rest).
# Ten digits that begin like a mobile one lack a digit. The zero may be lost: spreadsheets eat it. 184 and 186 before
# the number hide and show it to whom one calls.
_JAPANESE = re.compile(
    r"(?:(?:\+|0|00|010|011|0011)?81(?=0?[1-9]0?[0-9]{8}$)|18[46](?=0[1-9]))?"
    r"(?:0{0,2}([6-9]0[0-9]{8}|[25]0[0-9]{8})|0?((?![25789]0|10)[1-9][0-9]{8}))"
)
_MOBILE = re.compile(r"\+81[6-9]0[0-9]{8}")
_NOT_A_PERSON = ("120", "800", "570", "990", "180", "170")  # free call, navigation dial, services
_NO_SERVICE = re.compile(  # 080-0000-… is a mobile number, 0800-000-… a free call; 099-000-… lies in Kagoshima
    r"\+81|(?<![0-9])(?:81|18[46])?\(?0?(?:80(?:[^0-9]|0000)|(?:1[78]|99)(?:[^0-9]|00))"
)

_COUNTING = "01234567890" + "1234567890"
_COUNTING_DOWN = _COUNTING[::-1]
_FAMOUS = ("01234567", "12345678")  # 090-1234-5678 stands on every form as the example

# The long way: numbers inside other text, after folding.
_READABLE = str.maketrans("〇零○◯一二三四五六七八九", "0000123456789") | dict.fromkeys(
    map(ord, "‐‑‒–—―−─━ー~〜_"), "-"
)
_ONE_AS_HYPHEN = re.compile("(?<=[0-9])一(?=[0-9])")
_SPOKEN = re.compile("(?<=[0-9])(?:の|局の?)(?=[0-9(])")  # 03局0000の1111
_MISREAD = re.compile(r"(?<![a-z])[0-9oil|][0-9oil|()\s-]{7,18}[0-9oil|](?![a-z])")
_LOOK_ALIKES = str.maketrans("oil|", "0111")
_EXTENSION = re.compile(
    r"(?<=[0-9)\s;,、(-])(?:\(?内線?(?:番号)?\)?|ext(?:ension|n)?|#|x)[\s.:=-]{0,3}[0-9]{1,6}(?![0-9-])"
)
_RUN = re.compile(r"\+?[\s(]{0,3}[0-9][0-9()\s.,、・/-]*")
_DIGIT_TOO_MANY = re.compile(r"(?P<whole>\(?0[0-9()]{1,6}[ -]?[0-9]{1,4}[)-][0-9]{4})-[0-9]")  # 080-0000-1111-0
_BETWEEN = re.compile(r"[()\s.,、・/]+")
_CHINESE_MOBILE = re.compile(r"1[3-9][0-9](?P<mark>[ -]?)[0-9]{4}(?P=mark)[0-9]{4}")
_KOREAN_MOBILE = re.compile("010[0-9]{8}")


def normalize_phone(raw: str, country: str = "JP") -> str | None:
    """Return the first plausible number of ``raw`` in E.164 (``+819000001111``), or None if there is none.

    Width, brackets, hyphens, kanji digits, a lost leading zero, an extension and text around do not matter.
    Free-call and service numbers and placeholders (000-0000-0000, 0123456789) are None: many unrelated people
    give them. 090-1234-5678 stays a number, see ``is_dummy_phone``.

    Args:
        country: two letters, used when the number carries no country code.

    Source: ITU-T E.164; the Japanese numbering plan of the Ministry of Internal Affairs, with the mobile numbers
    060 that are given out from July 2026 (read 2026-10).
    """
    return next(iter(normalize_phones(raw, country)), None)


def normalize_phones(raw: str, country: str = "JP") -> tuple[str, ...]:
    """Return every plausible number of a field (``自宅 03-… / 携帯 090-…``), in order, at most ``MOST_PHONES``."""
    usable = (number for number in _read(raw, country) if not _is_placeholder(number))
    return tuple(islice(dict.fromkeys(usable), MOST_PHONES))


def is_dummy_phone(raw: str, country: str = "JP") -> bool:
    """Say whether the field holds digits, but only ones that nobody is reached by: 000, 0123456789, 090-1234-5678.

    A signal, not identity. An empty field is no dummy, and neither is a number that is only misspelt.
    """
    numbers = list(_read(raw, country))
    if numbers:
        return all(_is_placeholder(number) or _is_famous(number) for number in numbers)
    digits = re.sub("[^0-9]", "", fold(raw[:_LONGEST]))
    return bool(digits) and (len(set(digits)) == 1 or (len(digits) > 3 and _counts(digits)))


def is_mobile(e164: str) -> bool:
    """Say whether the number is a mobile one: one person's, where a landline is a household's.

    Countries that do not tell the two apart (the United States) have none.
    """
    if e164.startswith("+81"):
        return _MOBILE.fullmatch(e164) is not None
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE)


def _read(raw: str, country: str) -> Iterator[str]:
    """Yield the numbers of ``raw`` in E.164, placeholders included."""
    country = country.strip().upper() if country != "JP" else country
    if country == "JP" and len(raw) < 30:
        quick = _JAPANESE.fullmatch(raw.translate(_NARROW))
        if quick is not None:
            if (number := _of_a_person(quick, raw)) is not None:
                yield number
            return
    country = {"UK": "GB"}.get(country, country)
    country = country if country in phonenumbers.SUPPORTED_REGIONS else "JP"
    text = _SPOKEN.sub("-", _ONE_AS_HYPHEN.sub("-", fold(raw[:_LONGEST])).translate(_READABLE))
    text = _MISREAD.sub(lambda found: found[0].translate(_LOOK_ALIKES), text)
    for run in _RUN.findall(_EXTENSION.sub(" ; ", text)):
        yield from _read_run(run.strip(), country)


def _read_run(run: str, country: str) -> Iterator[str]:
    """Yield the one number that ``run`` is, or else the numbers that stand in it one after the other."""
    whole = _number(run, country)
    if whole is not None:
        yield whole
        return
    pieces = [piece for piece in _BETWEEN.split(run) if piece]
    start = 0
    while start < len(pieces):
        for end in range(min(start + 6, len(pieces)), start, -1):
            found = _number(" ".join(pieces[start:end]), country)
            if found is not None:
                yield found
                start = end - 1
                break
        start += 1


def _number(written: str, country: str) -> str | None:
    if country == "JP" and (longer := _DIGIT_TOO_MANY.fullmatch(written)) is not None:
        written = longer["whole"]
    digits = re.sub("[^0-9+]", "", written)
    if digits.startswith("+0"):  # no country's code
        digits = digits[1:]
    if not 8 < len(digits) < 21:
        return None
    japanese = _JAPANESE.fullmatch(digits)
    if country == "JP":
        return _of_a_person(japanese, written) if japanese else _from_abroad(written, digits)
    if digits.startswith("+"):
        return _of_a_person(japanese, written) if japanese else _parsed(digits, None, valid=False)
    return (
        _parsed(digits, country, valid=True)
        or (_of_a_person(japanese, written) if japanese else None)  # a Japanese number given abroad
        or _parsed(digits, country, valid=False)
    )


def _of_a_person(found: re.Match[str], written: str) -> str | None:
    national = found[1] or found[2]
    is_service = national.startswith(_NOT_A_PERSON) and not _NO_SERVICE.search(fold(written))
    return None if is_service else "+81" + national


def _from_abroad(written: str, digits: str) -> str | None:
    """Return a number of another country in a Japanese field: its code is there, or the form gives it away."""
    if digits.startswith("+"):
        return _parsed(digits, None, valid=False)
    if _CHINESE_MOBILE.fullmatch(written):
        return "+86" + digits
    if _KOREAN_MOBILE.fullmatch(digits):
        return "+82" + digits[1:]
    bare = re.sub("^(?:00[1-9]?010|010|00)", "", digits)  # with or without a carrier's code (001-010-…)
    return _parsed("+" + bare, None, valid=bare == digits) if bare[:1] != "0" else None


def _parsed(digits: str, country: str | None, *, valid: bool) -> str | None:
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return None
    if number.country_code == 81 and _JAPANESE.fullmatch(f"+81{number.national_number}") is None:
        return None
    # Numbers in no plan yet are possible: plans grow, and a number written twice alike is evidence all the same.
    if not (phonenumbers.is_valid_number(number) if valid else _has_full_length(number)):
        return None
    e164 = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    if number.italian_leading_zero and phonenumbers.parse(e164, None) != number:
        return None  # zeros that belong to no number: 0000 0000 1 in China
    return e164


def _has_full_length(number: phonenumbers.PhoneNumber) -> bool:
    reason = phonenumbers.is_possible_number_with_reason(number)
    return bool(reason == phonenumbers.ValidationResult.IS_POSSIBLE)


def _is_placeholder(e164: str) -> bool:
    last = e164[-8:]
    if len(set(last)) == 1 or e164.endswith("0000000"):
        return True
    if not e164.startswith("+81"):
        return _counts(e164[3:])  # the country code of most; a digit more or less of it changes no answer
    if len(e164) == 13:  # a mobile number's last eight digits are the subscriber's
        return last == "87654321"
    return e164.endswith("000000") or len(set(e164[-7:])) == 1 or _counts(last) or _counts("0" + e164[3:])


def _is_famous(e164: str) -> bool:
    return _MOBILE.fullmatch(e164) is not None and e164.endswith(_FAMOUS)


def _counts(digits: str) -> bool:
    return (digits in _COUNTING and digits[0] in "01") or (digits in _COUNTING_DOWN and digits[0] in "09")
