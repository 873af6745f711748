"""A YAML file as plain values: what cannot be read is named by its line, a key written twice by its path."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from shopguard.errors import ConfigError


def read_yaml(path: Path) -> Mapping[str, Any]:
    """Return the section at the top of the file; ``ConfigError`` names the file and the line."""
    return parse_yaml(_text(path), str(path))


def parse_yaml(text: str, name: str) -> Mapping[str, Any]:
    """Return the section that ``text`` is; ``ConfigError`` names the line, and the text by ``name``."""
    try:
        read = _parse(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(f"{name}, line {mark.line + 1 if mark else 1}: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError) as error:  # a control character; a date such as 2026-13-40
        raise ConfigError(f"{name}: is no YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise ConfigError(f"{name}: is nested too deeply: see that every bracket is closed") from None
    if read is None:
        return {}
    if not isinstance(read, dict):
        raise ConfigError(f"{name}: must hold lines of `name: value`")
    return read


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: missing; run `shopguard init`, or name another with --config") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not in UTF-8; save it so") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def _parse(text: str) -> Any:
    loader = yaml.SafeLoader(text)
    node = loader.get_single_node()
    repeated = list(_repeated_keys(node, "", set()))
    if repeated:
        raise ConfigError(*repeated)
    return None if node is None else loader.construct_document(node)


def _repeated_keys(node: yaml.Node | None, path: str, seen: set[int]) -> Iterator[str]:
    """Yield a fault for each key that stands twice in one section; YAML itself would silently keep the last."""
    if node is None or id(node) in seen:  # an alias leads to a node again
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value, start=1):
            yield from _repeated_keys(item, f"{path}#{number}", seen)
    elif isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            below = f"{path}.{name}" if path else name
            if name in first:
                yield f"{below}: stands twice, in lines {first[name]} and {line}; keep one"
            first.setdefault(name, line)
            yield from _repeated_keys(value, below, seen)
