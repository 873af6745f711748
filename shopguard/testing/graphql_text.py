"""Just enough GraphQL for a stub: reads one operation and cuts an answer to what was asked.

Knows fields, arguments, variables and nesting; neither fragments nor directives nor aliases.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r'"[^"]*"|\$?\w+|[{}()\[\]:!]')


class UnknownField(Exception):
    """A field was asked for that the stub's object does not have."""


@dataclass(frozen=True, slots=True)
class Field:
    """One asked field with its arguments (variables filled in) and the fields asked below it."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple["Field", ...] = ()

    def names(self) -> frozenset[str]:
        """Return the names of all fields at and below this one."""
        return frozenset({self.name}).union(*(below.names() for below in self.fields))


def read_operation(query: str, variables: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the root fields of ``query``; ``ValueError`` if it cannot be read."""
    return _Reader(query, variables).operation()


def cut(value: Any, wanted: tuple[Field, ...]) -> Any:
    """Return ``value`` with nothing but the ``wanted`` fields; ``UnknownField`` for one it does not have."""
    if isinstance(value, list):
        return [cut(item, wanted) for item in value]
    if not isinstance(value, dict):
        return value
    if not wanted:
        raise UnknownField("an object needs its fields named")
    unknown = [f.name for f in wanted if f.name not in value]
    if unknown:
        raise UnknownField(", ".join(unknown))
    return {f.name: cut(value[f.name], f.fields) for f in wanted}


class _Reader:
    def __init__(self, query: str, variables: Mapping[str, Any]) -> None:
        self._tokens = _TOKEN.findall(query)
        self._at = 0
        self._variables = variables

    def operation(self) -> tuple[Field, ...]:
        while self._peek() not in ("{", "("):
            self._next()
        if self._peek() == "(":
            while self._next() != ")":
                pass
        return self._fields()

    def _fields(self) -> tuple[Field, ...]:
        self._expect("{")
        found = []
        while self._peek() != "}":
            name = self._next()
            arguments = self._object(")") if self._peek() == "(" else {}
            found.append(Field(name, arguments, self._fields() if self._peek() == "{" else ()))
        self._expect("}")
        return tuple(found)

    def _object(self, end: str) -> dict[str, Any]:
        self._next()
        found = {}
        while self._peek() != end:
            name = self._next()
            self._expect(":")
            found[name] = self._value()
        self._expect(end)
        return found

    def _value(self) -> Any:
        if self._peek() == "{":
            return self._object("}")
        token = self._next()
        if token.startswith("$"):
            return self._variables[token[1:]]
        if token.startswith('"'):
            return token[1:-1]
        if token.isdecimal():
            return int(token)
        return {"true": True, "false": False, "null": None}.get(token, token)

    def _peek(self) -> str:
        if self._at >= len(self._tokens):
            raise ValueError("the operation ends too early")
        return str(self._tokens[self._at])

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise ValueError(f"expected {token}")
