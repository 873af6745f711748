"""Changing a settings file without touching what stands around the change: comments and order stay as they are."""

from collections.abc import Mapping, Sequence
from textwrap import indent
from typing import Any

import yaml

from shopguard.errors import ConfigError

_INDENT = "  "


def with_shop(text: str, name: str, section: Mapping[str, Any]) -> str:
    """Return the file's ``text`` with a shop more; ``ConfigError`` if that name is taken, or it cannot be done."""
    before = _plain(text)
    shops = before.get("shops") or {}
    if name in shops:
        raise ConfigError(f"shops.{name}: is there already")
    return _checked(_inserted(text, name, section), {**before, "shops": {**shops, name: section}})


def with_value(text: str, path: Sequence[str], value: str) -> str:
    """Return the file's ``text`` with ``value`` at ``path``; ``ConfigError`` if a section within one is not there."""
    *sections, key = path
    parent: yaml.Node | None = _node(text)
    if len(sections) == 1 and sections[0] not in _plain(text):
        return _checked(_appended(text, {sections[0]: {key: value}}), _put(_plain(text), path, value))
    for name in sections:
        parent = _below(parent, name)
    if not isinstance(parent, yaml.MappingNode):
        raise ConfigError(f"{'.'.join(sections)}: is not in the settings")
    found = _below(parent, key)
    if found is not None:
        changed = text[: found.start_mark.index] + _scalar(value) + text[found.end_mark.index :]
    elif not parent.value:
        raise ConfigError(f"{'.'.join(path)}: add it to the file by hand")
    else:
        first = parent.value[0][0].start_mark
        between = ", " if parent.flow_style else "\n" + " " * first.column
        changed = f"{text[: first.index]}{key}: {_scalar(value)}{between}{text[first.index :]}"
    return _checked(changed, _put(_plain(text), path, value))


def _inserted(text: str, name: str, section: Mapping[str, Any]) -> str:
    root = _node(text)
    key = next((key for key, _ in root.value if key.value == "shops"), None) if root else None
    shops = _below(root, "shops")
    if key is None or shops is None:
        return _appended(text, {"shops": {name: section}})
    if isinstance(shops, yaml.MappingNode) and shops.value and not shops.flow_style:
        lines = text.splitlines(keepends=True)
        below = indent(_dumped({name: section}), " " * shops.value[0][0].start_mark.column)
        at = key.start_mark.line + 1
        return "".join([*lines[:at], below, *lines[at:]])
    others = _plain(text).get("shops") or {}
    whole = _dumped({"shops": {**others, name: section}}).rstrip("\n")
    return text[: key.start_mark.index] + whole + text[shops.end_mark.index :]


def _appended(text: str, section: Mapping[str, Any]) -> str:
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{end}{_dumped(section)}"


def _node(text: str) -> yaml.MappingNode | None:
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        raise ConfigError("the settings file cannot be read; run `shopguard config check`") from None
    if node is None or isinstance(node, yaml.MappingNode):
        return node
    raise ConfigError("the settings file must hold lines of `name: value`")


def _below(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for key, value in pairs if key.value == name), None)


def _plain(text: str) -> dict[str, Any]:
    _node(text)
    return yaml.safe_load(text) or {}


def _checked(changed: str, wanted: Mapping[str, Any]) -> str:
    """Return ``changed`` if it says exactly what is wanted: a file written in an odd way is better left alone."""
    try:
        said = yaml.safe_load(changed)
    except yaml.YAMLError:
        said = None
    if said != wanted:
        raise ConfigError("the settings file is written in a way that cannot be changed from here; do it by hand")
    return changed


def _put(into: Mapping[str, Any], path: Sequence[str], value: str) -> dict[str, Any]:
    key, *below = path
    return {**into, key: _put(into.get(key, {}), below, value) if below else value}


def _dumped(value: Mapping[str, Any]) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=110, indent=len(_INDENT))


def _scalar(value: str) -> str:
    text = yaml.safe_dump(value, allow_unicode=True, width=10_000)
    return text.removesuffix("...\n").strip()


def section_text(name: str, section: Mapping[str, Any]) -> str:
    """Return a shop's section as a person writes it below ``shops:``."""
    return indent(_dumped({name: section}), _INDENT)
