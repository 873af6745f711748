"""From the validator's nested exceptions to one line per fault: the full key, what is wrong, what to do."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, get_args

from cattrs import (
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
    StructureHandlerNotFoundError,
)

from shopguard.adapter import Secret
from shopguard.errors import ConfigError

_NAMES_A_KEY = re.compile(r"[a-z_][a-z0-9_.]*(: |#)")

NAMED = "write {env: NAME} or {stored: NAME}"


class Fault(ValueError):
    """What is wrong with one value, in words that follow its key."""


def one_of(allowed: Iterable[str]) -> str:
    return f"one of {', '.join(allowed)}"


def did_you_mean(wrong: object, known: Collection[str]) -> str:
    """Return ``; did you mean X?``, or nothing if no known word is near."""
    near = get_close_matches(str(wrong), known, n=1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else ""


def unknown_key(key: object, known: Collection[str]) -> str:
    return "unknown" + (did_you_mean(key, known) or f"; known are {', '.join(sorted(known))}")


def lines(error: Exception, path: str, also_known: Collection[str] = ()) -> Iterator[str]:
    """Yield one line per fault below ``path``.

    Args:
        also_known: keys that are right at ``path`` besides the fields of its class.
    """
    match error:
        case ClassValidationError():
            inside, at_class = error.group_exceptions()
            for cause, note in inside:
                key = _join(path, note.name)
                if isinstance(cause, KeyError):
                    yield f"{key}: missing{_secret_remedy(note.type)}"
                else:
                    yield from lines(cause, key)
            for cause in at_class:
                yield from lines(cause, path, also_known)
        case IterableValidationError():
            inside_list, at_list = error.group_exceptions()
            for cause, place in inside_list:
                yield from lines(cause, _item(path, place.index))
            for cause in at_list:
                yield from lines(cause, path)
        case ForbiddenExtraKeysError():
            known = {*(field.name for field in fields(error.cl)), *also_known}
            for key in sorted(error.extra_fields, key=str):
                yield f"{_join(path, key)}: {unknown_key(key, known)}"
        case ConfigError():  # an adapter's own check of its settings
            for fault in error.faults:
                yield f"{path}.{fault}" if _NAMES_A_KEY.match(fault) else f"{path}: {fault}"
        case StructureHandlerNotFoundError():
            yield f"{path}: has a type that cannot be written in YAML; its adapter must change it"
        case _:
            yield f"{path}: {error}"


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def _item(path: str, index: int | str) -> str:
    return f"{path}#{index + 1}" if isinstance(index, int) else _join(path, index)


def _secret_remedy(wanted: Any) -> str:
    return f"; {NAMED}" if wanted is Secret or Secret in get_args(wanted) else ""
