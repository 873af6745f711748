"""Texts with named placeholders: only names stand between braces, and no value breaks out of its place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from shopguard.errors import PlatformRefused

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def placeholders(template: object) -> Iterator[str]:
    """Yield the names between braces in all texts of ``template``, keys included."""
    if isinstance(template, str):
        yield from _PLACEHOLDER.findall(template)
    elif isinstance(template, Mapping):
        for key, value in template.items():
            yield from placeholders(key)
            yield from placeholders(value)
    elif isinstance(template, Sequence):
        for value in template:
            yield from placeholders(value)


def fill_text(template: str, values: Mapping[str, str]) -> str:
    """Return ``template`` with each placeholder replaced once; what a value contains is never read as one."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)


def fill_path(template: str, values: Mapping[str, str]) -> str:
    """Return the path with every value percent-encoded; ``PlatformRefused`` for one that would change the path."""
    for name in placeholders(template):
        if values[name] in ("", ".", ".."):
            raise PlatformRefused(f"{name} cannot stand in a path", "unaddressable")
    return fill_text(template, {name: quote(value, safe="") for name, value in values.items()})


def fill_json(template: object, values: Mapping[str, str]) -> object:
    """Return the structure with every text filled; the encoder escapes the result."""
    if isinstance(template, str):
        return fill_text(template, values)
    if isinstance(template, Mapping):
        return {key: fill_json(value, values) for key, value in template.items()}
    if isinstance(template, Sequence):
        return [fill_json(value, values) for value in template]
    return template
