"""What the program itself says in English, put into the reader's language: findings of doctor, faults of settings,
why a platform or a delivery failed.

Such sentences are stored, logged, printed and made by adapters, none of which knows who will read them: so a page
tells by its form which one it is. All forms stand in ``translations/sentences``; there ``%(1)s`` is a value,
which may be such a sentence itself, and ``%(n1)s`` is a number.
"""

import re
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from shopguard.config import Language
from shopguard.web.bilingual import in_one_language
from shopguard.web.language import language

_FORMS = Path(__file__).parent / "translations" / "sentences"
_VALUE = re.compile(r"%\((n?\d+)\)s")
_NUMBER = r"-?[\d.,]+"
_KEY = re.compile(r"(?:[\w.#/-]*[\w#-]|order \S+): (?=\S)")
"""What a fault is about: the key of a setting, a place in an order."""


def in_words(text: str) -> str:
    """Return what the program said, in the reader's language; what is in no known form stays as it is."""
    reader = language()
    lines = in_one_language(text).splitlines()
    return "\n".join(lines if reader is Language.EN else [_line(line, reader) for line in lines])


def _line(line: str, reader: Language) -> str:
    for form, words in _forms(reader):
        if found := form.fullmatch(line):
            return words % {name[1:]: _value(value, reader) for name, value in found.groupdict().items()}
    if key := _KEY.match(line):
        return key[0] + _line(line[key.end() :], reader)
    return line


def _value(value: str, reader: Language) -> str:
    """A single word is a name, as of a setting, whatever else it means."""
    return _line(value, reader) if " " in value else value


@cache
def _forms(reader: Language) -> list[tuple[re.Pattern[str], str]]:
    """The forms, those that say most by themselves first."""
    with (_FORMS / f"{reader}.po").open("rb") as file:
        read = [(str(one.id), str(one.string)) for one in read_po(file, reader.value, abort_invalid=True) if one.id]
    return [(_form(said), words) for said, words in sorted(read, key=lambda one: -len(_VALUE.sub("", one[0])))]


def _form(said: str) -> re.Pattern[str]:
    parts = _VALUE.split(said)  # words and names of values in turn
    values = (f"(?P<_{name}>{_NUMBER if name[0] == 'n' else '.+?'})" for name in parts[1::2])
    words = (re.escape(part) for part in parts[::2])
    return re.compile("".join(word + value for word, value in zip(words, [*values, ""], strict=True)))
