"""The reader's language: which it is, and what is written in it. The code says it in English.

Japanese stands in the catalogues under ``translations/ja``, one for each part of the pages, read as they are written:
nothing has to be compiled before.
"""

from collections.abc import Sequence
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations
from flask import g, has_request_context, request

from shopguard.config import Language

COOKIE = "language"
_CATALOGUES = Path(__file__).parent / "translations"


def language() -> Language:
    """Return what the reader reads: chosen in the account, or by the cookie, or asked for by the browser; Japanese
    where none of them says anything we have."""
    viewer = g.get("viewer")
    found: tuple[object, Language] | None = g.get("language")
    if found is None or found[0] is not viewer:  # a page asks hundreds of times
        chosen = (viewer and viewer.language) or request.cookies.get(COOKIE, "")
        found = g.language = viewer, next(filter(None, map(_known, [chosen, *_asked()])), Language.JA)
    return found[1]


def gettext(message: str, **values: object) -> str:
    """Return what a page says, in the reader's language; ``%(name)s`` stands for a value."""
    return _filled(_catalogue().gettext(message), values)


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """Return what a page says of ``num`` things, in the reader's language, the number with separators."""
    shown = format_decimal(num, locale=language().value if has_request_context() else Language.JA.value)
    return _filled(_catalogue().ngettext(singular, plural, num), {"num": shown, **values})


def later(message: str) -> str:
    """Mark words for the catalogue that are translated where they are shown."""
    return message


@cache
def catalogue(language: Language) -> NullTranslations:
    """Return all that is written in a language; English is what stands in the code."""
    if language is Language.EN:
        return NullTranslations()
    whole = Translations()
    for path in catalogues(language):
        compiled = BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, language.value, abort_invalid=True))
        compiled.seek(0)
        part = Translations(compiled)
        whole.merge(part)
        whole.plural = part.plural  # merging leaves out how many forms the language has
    return whole


def catalogues(language: Language) -> Sequence[Path]:
    """Return the files that hold what is written in a language."""
    return sorted((_CATALOGUES / language.value).glob("*.po"))


def _catalogue() -> NullTranslations:
    return catalogue(language() if has_request_context() else Language.JA)


def _filled(text: str, values: dict[str, object]) -> str:
    return text % values if values else text


def _known(tag: str) -> Language | None:
    main = tag.partition("-")[0].lower()
    return Language(main) if main in set(Language) else None


def _asked() -> Sequence[str]:
    return [tag for tag, quality in request.accept_languages if quality > 0]
