"""What strangers and bugs send: signatures that prove nothing, bodies that are no order."""

import json
from collections.abc import Iterator
from typing import Any

_LONG = "長" * 5_000
OTHER_VALUES: tuple[Any, ...] = (None, True, -1, 1e308, 10**30, "", "\x00", _LONG, [], [[]], {}, {"": None})
OTHER_TYPES: tuple[Any, ...] = (None, _LONG, [])
_LIST_ITEMS_TRIED = 2

BAD_SIGNATURES: tuple[str, ...] = (
    "",
    " ",
    "forged",
    "sha256=",
    "v1,",
    "!!! not base64 !!!",
    "A" * 43 + "=",  # base64 of 32 bytes
    "0" * 64,  # hexadecimal of 32 bytes
    "A" * 100_000,
    "署名",
    "\u0661\u0662\u0663",  # digits, but not ASCII
    "é" * 44,
    "\x00",
    "\udcff",
)

ODD_BODIES: tuple[tuple[str, bytes], ...] = (
    ("empty", b""),
    ("white space", b" \r\n"),
    ("not JSON", b"<html>not found</html>"),
    ("not UTF-8", b'{"id": "\xff\xfe"}'),
    ("byte-order mark", b"\xef\xbb\xbf{}"),
    ("NUL bytes", b"\x00" * 100),
    ("cut short", b'{"id": 1, "name'),
    ("null", b"null"),
    ("a number", b"17"),
    ("a text", b'"text"'),
    ("a list", b'[1, {"id": 2}]'),
    ("an empty object", b"{}"),
    ("a huge whole number", b'{"id": ' + b"9" * 5000 + b"}"),
    ("a huge fraction", b'{"id": 1, "total": 1e400, "total_price": "1e999999999"}'),
    ("lists 100,000 deep", b"[" * 100_000 + b"]" * 100_000),
    ("objects 100,000 deep", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    ("lone surrogates", b'{"id": "\\ud800", "name": "\\udfff"}'),
    ("a form", b"id=1&name=%ff&id=2&&=&" + b"a=1&" * 2000),
)


def changed_bodies(body: bytes) -> Iterator[bytes]:
    """Yield ``body`` with one bit flipped at its start, middle and end, and with one byte more."""
    for at in {0, len(body) // 2, len(body) - 1} if body else ():
        yield body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    yield body + b" "


def mutants(body: bytes, values: tuple[Any, ...] = OTHER_VALUES) -> Iterator[tuple[str, bytes]]:
    """Yield the place and ``body`` with each part of its JSON in turn removed or made one of ``values``.

    A body that is not JSON is cut short instead.
    """
    try:
        root = json.loads(body)
    except (ValueError, RecursionError):
        for at in range(0, len(body), max(1, len(body) // 20)):
            yield f"cut after {at} bytes", body[:at]
        return
    for path in list(_paths(root)):
        parent, key, place = _parent(root, path), path[-1], ".".join(map(str, path))
        before = parent[key]
        for value in values:
            parent[key] = value
            yield f"{place} = {type(value).__name__}", _encode(root)
        del parent[key]
        yield f"{place} removed", _encode(root)
        _put_back(parent, key, before)


def _paths(node: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    children: list[tuple[str | int, object]] = []
    if isinstance(node, dict):
        children = list(node.items())
    elif isinstance(node, list):
        children = list(enumerate(node[:_LIST_ITEMS_TRIED]))
    for key, child in children:
        yield (*path, key)
        yield from _paths(child, (*path, key))


def _parent(root: Any, path: tuple[str | int, ...]) -> Any:
    for key in path[:-1]:
        root = root[key]
    return root


def _put_back(parent: Any, key: Any, value: object) -> None:
    if isinstance(parent, list):
        parent.insert(key, value)
    else:
        parent[key] = value


def _encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, check_circular=False).encode()
