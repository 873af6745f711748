"""Where signed requests of members arrive: who asks is proven, the right checked, the subject's own route answers."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from shopguard.registry.signing import SignedRequest


class Role(StrEnum):
    """What a key of a member may do."""

    LOOK_UP = "look_up"  # ask about orders: the guard's key
    REPORT = "report"
    SEARCH = "search"
    ADMIN = "admin"  # change keys, see fees


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, proven: a member, by which key, and what that key may do."""

    member: str
    key_id: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that has been let in. ``parts`` are the named parts of the path, ``query`` is as sent."""

    caller: Caller
    request: SignedRequest
    parts: dict[str, str] = field(default_factory=dict)
    query: str = ""


Answering = Callable[[Asked], msgspec.Struct]
"""Does what is asked and returns what is answered; raises ``Refused``."""


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the registry's API.

    Args:
        path: with ``<name>`` for parts (letters, digits, hyphens, dots).
        role: what the key needs; None: any key of a member that may ask at all.
        body_limit: bytes; a longer body is refused unread.
        reads, answers: the shapes of body and answer, for the description of the API; None: bytes, or nothing.
    """

    method: str
    path: str
    role: Role | None
    answer: Answering
    summary: str
    body_limit: int = 64 * 1024
    reads: type[msgspec.Struct] | None = None
    answers: type[msgspec.Struct] | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"<([a-z_]+)>", r"(?P<\1>[A-Za-z0-9.-]{1,100})", self.path))


def find(routes: Iterable[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | Sequence[str]:
    """Return the route of a request with the parts of its path; else the methods that the path takes (maybe none)."""
    takes = []
    for route in routes:
        if met := route.pattern.fullmatch(path):
            if route.method == method:
                return route, met.groupdict()
            takes.append(route.method)
    return takes
