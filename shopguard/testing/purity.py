"""Watching code that must be pure: no network, no clock; and code that must keep quiet about persons."""

import datetime
import gc
import logging
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from types import FrameType
from typing import Any

from shopguard.adapter import Secret

_CLOCKS = {
    (id(time), name)
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime", "sleep")
} | {(id(kind), name) for kind in (datetime.datetime, datetime.date) for name in ("now", "utcnow", "today")}
_MAY_READ_CLOCKS = ("logging", "structlog")  # a log line carries its time; that decides nothing


class Impure(AssertionError):
    """Code that must only compute reached for the network or the clock."""


@contextmanager
def sealed() -> Iterator[None]:
    """Let nothing in the block open a socket, resolve a name or read a clock; raises ``Impure`` at its end."""
    broken: list[str] = []

    def watch(frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and (id(getattr(called, "__self__", None)), getattr(called, "__name__", "")) in _CLOCKS:
            module = str(frame.f_globals.get("__name__"))
            if module.partition(".")[0] not in _MAY_READ_CLOCKS:
                broken.append(f"{module}:{frame.f_lineno} reads the clock ({called.__name__})")

    before, collecting = sys.getprofile(), gc.isenabled()
    gc.disable()  # a collection may call back into whoever measures it, and would be taken for the adapter
    with no_network():
        sys.setprofile(watch)
        try:
            yield
        finally:
            sys.setprofile(before)
            if collecting:
                gc.enable()
    if broken:
        raise Impure("; ".join(dict.fromkeys(broken)))


@contextmanager
def no_network() -> Iterator[None]:
    """Make every socket and every name look-up in the block raise ``Impure``."""

    class Refused(socket.socket):
        def __new__(cls, *_args: object, **_kwargs: object) -> "Refused":
            raise Impure("opens a socket")

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise Impure("resolves a name or opens a connection")

    names = ("socket", "create_connection", "getaddrinfo")
    before = {name: getattr(socket, name) for name in names}
    socket.socket = Refused  # type: ignore[misc]  # replaced on purpose, put back below
    socket.create_connection = socket.getaddrinfo = refuse  # type: ignore[assignment]  # as above
    try:
        yield
    finally:
        for name, original in before.items():
            setattr(socket, name, original)


@contextmanager
def log_lines() -> Iterator[list[str]]:
    """Collect every log line of the block, at every level."""
    lines: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.getMessage()} {record.exc_text or ''} {record.exc_info or ''}")

    root, handler = logging.getLogger(), Collector(logging.DEBUG)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def said_by(error: BaseException) -> str:
    """Return everything a traceback of ``error`` would show of its messages, with the errors behind it."""
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        parts += [str(current), repr(current), *getattr(current, "__notes__", ())]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(parts)


def secrets_in(thing: object, depth: int = 4) -> set[str]:
    """Return the texts of all secrets that ``thing`` holds in its attributes."""
    if isinstance(thing, Secret):
        return {thing.reveal()} if len(thing.reveal()) >= 6 else set()
    if depth == 0 or isinstance(thing, str | bytes):
        return set()
    return {text for part in _parts_of(thing) for text in secrets_in(part, depth - 1)}


def settings_in(thing: object) -> list[object]:
    """Return the dataclasses that ``thing`` keeps in its attributes."""
    return [part for part in vars(thing).values() if is_dataclass(part)] if hasattr(thing, "__dict__") else []


def _parts_of(thing: object) -> list[object]:
    if isinstance(thing, Mapping):
        return list(thing.values())
    if isinstance(thing, Sequence | set | frozenset):
        return list(thing)
    if is_dataclass(thing):
        return [getattr(thing, part.name) for part in fields(thing)]
    return list(vars(thing).values()) if hasattr(thing, "__dict__") else []
