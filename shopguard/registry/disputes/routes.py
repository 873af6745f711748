"""The persons' desk over HTTP: JSON without an account, for whoever has a code; and what waits for members.

Nothing here is kept by a cache or found by a search engine, and no code stands in an address.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from flask import Blueprint, Response, request

from shopguard import wire
from shopguard.errors import PayloadInvalid
from shopguard.registry.desk import Asked, Role, Route
from shopguard.registry.disputes.door import Door
from shopguard.registry.disputes.mailroom import Mailroom
from shopguard.registry.disputes.openapi import document
from shopguard.registry.disputes.outbox import Message
from shopguard.registry.disputes.service import PersonsDesk
from shopguard.registry.disputes.shapes import (
    LETTERS,
    LOOK,
    PERSONS,
    PROOF,
    REQUESTS,
    STATUS,
    Code,
    MemberLetter,
    MemberLetters,
    NewRequest,
    Receipt,
    Refusing,
    Shown,
)
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both

BODY_LIMIT = 48 * 1024
"""Bytes: the longest text and contact, every character of them escaped, and some room."""

Asking = TypeVar("Asking", bound=msgspec.Struct)


def persons_routes(desk: PersonsDesk, door: Door, proxies: int = 0) -> Blueprint:
    """Return the open addresses of the persons' desk.

    Args:
        proxies: how many of our own stand in front, each adding one address to ``X-Forwarded-For``.
    """
    routes = Blueprint("persons", __name__)

    def answers(path: str, shape: type[Asking], answer: Callable[[Asking], msgspec.Struct]) -> None:
        def view() -> Response:
            return _answered(door, place_of(proxies), shape, answer)

        routes.add_url_rule(path, path, view, methods=["POST"], provide_automatic_options=False)

    answers(LOOK, Code, lambda asked: desk.what_is_recorded(asked.code))
    answers(REQUESTS, NewRequest, lambda new: desk.open_request(new.kind, new.text, new.contact, new.code))
    answers(STATUS, Receipt, lambda asked: desk.status(asked.receipt))
    answers(PROOF, Shown, lambda shown: desk.prove(shown.receipt, shown.facts, shown.letter_code))
    described = msgspec.json.encode(document())

    @routes.get(f"{PERSONS}/openapi.json", provide_automatic_options=False)
    def openapi() -> Response:
        return Response(described, content_type="application/json")

    return routes


def member_routes(mailroom: Mailroom) -> Sequence[Route]:
    """Return where members read the office's letters; what was read counts as sent."""

    def fetch(asked: Asked) -> msgspec.Struct:
        messages = mailroom.fetched(asked.caller.member)
        return MemberLetters(tuple(shape for message in messages for shape in _letter(message)))

    return (Route("GET", LETTERS, Role.REPORT, fetch, "The office's letters to this member", answers=MemberLetters),)


def _answered(door: Door, place: str, shape: type[Asking], answer: Callable[[Asking], msgspec.Struct]) -> Response:
    try:
        with door.let_in(place):
            asked = _read(shape)
            if isinstance(asked, NewRequest):
                door.take(place, has_code=asked.code is not None)
            return _json(200, answer(asked))
    except PayloadInvalid:  # says which field, and a field that is too many may be named after a person
        return _refused(Refused(Refusal.UNREADABLE, _UNREADABLE))
    except Refused as refused:
        return _refused(refused)


def _read(shape: type[Asking]) -> Asking:
    request.max_content_length = BODY_LIMIT
    body = request.get_data(cache=False)
    if request.content_length is None:
        request.stream.read(
            1
        )  # sent in chunks: werkzeug stops at the limit without a word, and tells whom asks for more
    return wire.decode(body, shape)


def place_of(proxies: int) -> str:
    """Return where this request comes from: of a chain of proxies only our own are believed."""
    if proxies:
        named = request.headers.get("X-Forwarded-For", "").split(",")
        if len(named) >= proxies:
            return named[-proxies].strip()
    return request.remote_addr or ""


def _refused(refused: Refused) -> Response:
    shape = Refusing(refused.code.value, str(refused), refused.retry_after_s)
    response = _json(refused.code.status, shape)
    if refused.retry_after_s is not None:
        response.headers["Retry-After"] = str(math.ceil(refused.retry_after_s))
    return response


def _json(status: int, shape: msgspec.Struct) -> Response:
    response = Response(msgspec.json.encode(shape), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _letter(message: Message) -> Iterator[MemberLetter]:
    if (letter := message.letter) is not None:
        drafted_at = datetime.fromtimestamp(message.drafted_at, UTC)
        yield MemberLetter(message.number, message.template, drafted_at, letter.ja, letter.en)


_UNREADABLE = both(
    "この内容は読み取れません。説明書（openapi.json）の形のJSONで送ってください。",
    "this cannot be read: send JSON of the form that openapi.json describes",
)
