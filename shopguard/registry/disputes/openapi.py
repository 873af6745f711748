"""The description of the persons' desk, beside that of the members' API: no signature, no account."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shopguard.registry.disputes.model import Opened, Recorded, Status
from shopguard.registry.disputes.shapes import (
    LOOK,
    PROOF,
    REQUESTS,
    STATUS,
    Code,
    NewRequest,
    Receipt,
    Refusing,
    Shown,
)
from shopguard.registry.refusals import Refusal

Json = dict[str, Any]

_ABOUT = """\
What a person can ask by the code of a letter, without an account. Every answer says `Cache-Control: no-store`.
Wrong codes and new requests are counted by where they come from, and answered with 429 for a while after too many."""

_ALWAYS = (Refusal.UNREADABLE, Refusal.TOO_LARGE, Refusal.SLOW_DOWN, Refusal.UNAVAILABLE)


def document() -> Json:
    """Return the document as plain data."""
    shapes = [Code, NewRequest, Receipt, Shown, Recorded, Opened, Status, Refusing]
    _, schemas = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    known = (*_ALWAYS, Refusal.NOT_FOUND)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ShopGuard registry: the persons' desk", "version": "1", "description": _ABOUT},
        "paths": {
            LOOK: _post("look", "What is recorded under a code", Code, Recorded, known),
            REQUESTS: _post("ask", "Ask for something", NewRequest, Opened, (*known, Refusal.STATE)),
            STATUS: _post("status", "How a request stands", Receipt, Status, known),
            PROOF: _post("prove", "Show who asks", Shown, Status, (*known, Refusal.STATE, Refusal.FORBIDDEN)),
        },
        "components": {"schemas": dict(schemas)},
    }


def _post(
    name: str,
    summary: str,
    reads: type[msgspec.Struct],
    answers: type[msgspec.Struct],
    refusals: Sequence[Refusal],
) -> Mapping[str, Json]:
    responses: Json = {"200": {"description": "The answer", "content": _content(answers)}}
    for status in sorted({refusal.status for refusal in refusals}):
        codes = ", ".join(f"`{refusal}`" for refusal in refusals if refusal.status == status)
        responses[str(status)] = {"description": f"Refused: {codes}", "content": _content(Refusing)}
    body = {"required": True, "content": _content(reads)}
    return {"post": {"operationId": name, "summary": summary, "requestBody": body, "responses": responses}}


def _content(shape: type[msgspec.Struct]) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}}
