"""Where signed requests of members arrive: who asks is proven, the right checked, the subject's own route answers."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from shopguard.errors import PayloadInvalid
from shopguard.registry.prf.function import KeyedFunction
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both
from shopguard.registry.signing import SignedRequest


class Role(StrEnum):
    """What a key of a member may do."""

    LOOK_UP = "look_up"  # ask about orders: the guard's key
    REPORT = "report"
    SEARCH = "search"
    ADMIN = "admin"  # change keys, see fees


ALL_ROLES = frozenset(Role)


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
    parts: Mapping[str, str] = field(default_factory=dict)
    query: str = ""


Answering = Callable[[Asked], msgspec.Struct]
"""Does what is asked and returns what is answered; raises ``Refused``, or ``PayloadInvalid`` for the unreadable."""


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the registry's API.

    Args:
        path: with ``<name>`` for parts (letters, digits, hyphens, underscores, dots).
        role: what the key needs; None: any key of a member that may ask at all.
        body_limit: bytes; a longer body is refused unread.
        reads, answers: the shapes of body and answer, for the description of the API; None: nothing.
        query: by name, the JSON schemas of what may be asked behind a question mark.
        refuses: what may be wrong beside what may be wrong with any request of a member.
    """

    method: str
    path: str
    role: Role | None
    answer: Answering
    summary: str
    body_limit: int = 64 * 1024
    reads: type[msgspec.Struct] | None = None
    answers: type[msgspec.Struct] | None = None
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    refuses: Sequence[Refusal] = ()

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(_PART.sub(rf"(?P<\1>{PART_PATTERN})", self.path))

    @property
    def part_names(self) -> Sequence[str]:
        return _PART.findall(self.path)


PART_PATTERN = "[A-Za-z0-9._-]{1,100}"
_PART = re.compile(r"<([a-z_]+)>")

RolesOf = Callable[[str, str], frozenset[Role]]
"""What a key may do, by its member and its id."""


class Desk:
    """The routes of all subjects.

    Args:
        prf: proves who signed. It gets the digest of the body and never the body.
        roles: see ``RolesOf``.
    """

    def __init__(self, routes: Iterable[Route], prf: KeyedFunction, roles: RolesOf) -> None:
        self._routes = [(route, route.pattern) for route in routes]
        self._prf, self._roles = prf, roles

    def answer(self, request: SignedRequest) -> msgspec.Struct:
        """Return what the route of a request answers; ``Refused`` where there is none, or the key may not."""
        path, _, query = request.path.partition("?")
        route, parts = self._find(request.method, path)
        if len(request.body) > route.body_limit:
            raise too_large(route.body_limit)
        caller = self._caller(request)
        if route.role is not None:
            check_role(route.role, caller.roles)
        try:
            return route.answer(Asked(caller, request, parts, query))
        except PayloadInvalid as error:
            raise Refused(Refusal.UNREADABLE, str(error)) from None

    def _find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        takes = []
        for route, pattern in self._routes:
            if met := pattern.fullmatch(path):
                if route.method == method:
                    return route, met.groupdict()
                takes.append(route.method)
        if takes:
            raise Refused(Refusal.METHOD, f"this address takes {', '.join(takes)}")
        raise Refused(Refusal.NOT_FOUND, "there is nothing at this address")

    def _caller(self, request: SignedRequest) -> Caller:
        standing = self._prf.authenticate(request.without_body())
        return Caller(standing.member, request.key_id, self._roles(standing.member, request.key_id))


def check_role(role: Role, roles: frozenset[Role]) -> None:
    """Raise ``Refused`` unless ``role`` is among what a key may do."""
    if role not in roles:
        raise Refused(Refusal.FORBIDDEN, f"this key is not for {role}: sign with one of yours that is")


def too_large(limit: int) -> Refused:
    """What is said of a body that has more bytes than an address takes."""
    kilobytes = f"{limit // 1024:,} KB"
    ja, en = f"送られたデータが大きすぎます。ここでは{kilobytes}までです。", f"this address takes {kilobytes} at most"
    return Refused(Refusal.TOO_LARGE, both(ja, en))
