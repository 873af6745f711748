"""The registry's OpenAPI 3.1 document: paths by hand, shapes from the messages themselves."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shopguard.registry.desk import PART_PATTERN, Route
from shopguard.registry.messages import (
    ADDITIONS,
    CENTRE,
    LOOKUPS,
    MAX_CASE,
    MAX_TOKEN,
    MAX_TOKENS,
    ME,
    MY_KEYS,
    SEARCHES,
    TOKEN_HEAD,
    Additions,
    Centre,
    LookUp,
    LookUpAnswer,
    Me,
    NewKey,
    RefusalShape,
    Search,
    SearchAnswer,
)
from shopguard.registry.refusals import Refusal
from shopguard.registry.signing import ANSWER_HEADER

DOCUMENT_PATH = "/registry/openapi.json"
PERSONS_DOCUMENT_PATH = "/registry/v1/persons/openapi.json"
VERSION = "1"

Json = dict[str, Any]

_PROOF = (Refusal.NOT_AUTHENTICATED, Refusal.CLOCK, Refusal.REPLAYED)
_ALWAYS = (Refusal.TOO_LARGE, Refusal.UNAVAILABLE)
_BATCH = (
    Refusal.UNREADABLE,
    Refusal.TOO_MANY_TOKENS,
    Refusal.WRONG_CLASS,
    Refusal.OTHER_MEMBER,
    Refusal.EPOCH,
    Refusal.PROFILE,
    Refusal.ASKED_OTHERWISE,
    Refusal.SLOW_DOWN,
    Refusal.BUDGET_SPENT,
)

_ABOUT = f"""\
What members of a registry ask. Every request carries who asks and a signature over method, path with query, body,
time and a nonce in its `Authorization` header; every answer to a readable one is signed in `{ANSWER_HEADER}`, over
status, body, time and that nonce. docs/registry-api.md has the bytes. What listed persons ask is described apart, in
`{PERSONS_DOCUMENT_PATH}`. Every answer says `Cache-Control: no-store`."""


def document(more: Sequence[Route] = ()) -> Json:
    """Return the document as plain data, with what members may ask beside looking up."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "ShopGuard registry", "version": VERSION, "description": _ABOUT},
        "externalDocs": {"url": PERSONS_DOCUMENT_PATH, "description": "What listed persons ask, without a signature"},
        "paths": _paths() | _paths_of(more),
        "components": {
            "schemas": _schemas(more),
            "securitySchemes": {"signature": _SIGNATURE},
        },
        "security": [{"signature": []}],
    }


_SIGNATURE = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": 'ShopGuard member="…", key="…", time="…", nonce="…", signature="…"',
}


def _paths() -> Json:
    known = (*_PROOF, Refusal.SUSPENDED, *_ALWAYS)
    keys = (*known, Refusal.UNREADABLE, Refusal.FORBIDDEN)
    look_up = _operation("lookUp", "Who is listed among these tokens", LookUpAnswer, (*known, *_BATCH), LookUp)
    search = _operation(
        "search",
        "Who is listed among these tokens, for a person with a stated case",
        SearchAnswer,
        (*known, *_BATCH, Refusal.SEARCHES_SPENT, Refusal.FORBIDDEN),
        Search,
    )
    additions = _operation(
        "additions", "What became active", Additions, (*known, Refusal.UNREADABLE), parameters=(_AFTER,)
    )
    centre = _operation(
        "centre", "What everybody may know of the registry", Centre, (Refusal.NOT_AUTHENTICATED, *_ALWAYS)
    )
    me = _operation("me", "What the registry knows of the member who asks", Me, known)
    add = _operation("addKey", "Add a public key", Me, keys, NewKey)
    remove = _operation(
        "removeKey", "Remove a public key, but never the last", Me, (*keys, Refusal.NOT_FOUND), parameters=(_KEY,)
    )
    return {
        LOOKUPS: {"post": look_up},
        SEARCHES: {"post": search},
        ADDITIONS: {"get": additions},
        CENTRE: {"get": centre},
        ME: {"get": me},
        MY_KEYS: {"post": add},
        f"{MY_KEYS}/{{key}}": {"delete": remove},
        DOCUMENT_PATH: {"get": _open("openapi", "This document", "application/json", {"type": "object"})},
        "/healthz": {"get": _open("healthz", "Whether the process is alive", "text/plain", {"type": "string"})},
    }


_AFTER: Json = {
    "name": "after",
    "in": "query",
    "description": "the `next` of the answer before; 0 at the beginning",
    "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1, "default": 0},
}
_PART: Json = {"type": "string", "pattern": f"^{PART_PATTERN}$"}
_KEY: Json = {
    "name": "key",
    "in": "path",
    "required": True,
    "description": "the id of one of the member's own keys",
    "schema": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
}


def _paths_of(routes: Sequence[Route]) -> Json:
    paths: Json = {}
    for route in routes:
        path = route.path.replace("<", "{").replace(">", "}")
        paths.setdefault(path, {})[route.method.lower()] = _operation_of(route)
    return paths


def _operation_of(route: Route) -> Json:
    known = (*_PROOF, Refusal.SUSPENDED, Refusal.FORBIDDEN, Refusal.NOT_FOUND, Refusal.UNREADABLE, *_ALWAYS)
    parts = [_parameter(name, "path", _PART) for name in route.part_names]
    asked = [_parameter(name, "query", schema) for name, schema in route.query.items()]
    refuses = (*known, *route.refuses)
    return _operation(_name(route), route.summary, route.answers, refuses, route.reads, [*parts, *asked])


def _name(route: Route) -> str:
    """Return for instance ``putReportsIdFilesName``."""
    words = re.findall(r"[a-z]+", route.path.removeprefix("/registry/v1"))
    return route.method.lower() + "".join(word.capitalize() for word in words)


def _parameter(name: str, place: str, schema: Mapping[str, Any]) -> Json:
    return {"name": name, "in": place, "required": place == "path", "schema": dict(schema)}


def _operation(
    name: str,
    summary: str,
    answer: type[msgspec.Struct] | None,
    refusals: Sequence[Refusal],
    body: type[msgspec.Struct] | None = None,
    parameters: Sequence[Json] = (),
) -> Json:
    operation: Json = {"operationId": name, "summary": summary, "responses": _responses(answer, refusals)}
    if parameters:
        operation["parameters"] = list(parameters)
    if body is not None:
        operation["requestBody"] = {"required": True, "content": _content(body)}
    return operation


def _open(name: str, summary: str, media_type: str, schema: Json) -> Json:
    """An operation that asks for no signature and gives none."""
    answers = {"200": {"description": summary, "content": {media_type: {"schema": schema}}}}
    return {"operationId": name, "summary": summary, "security": [], "responses": answers}


def _responses(answer: type[msgspec.Struct] | None, refusals: Sequence[Refusal]) -> Json:
    signed = {ANSWER_HEADER: {"required": True, "schema": {"type": "string"}, "description": "the registry's proof"}}
    content = {"application/json": {"schema": {"type": "object"}}} if answer is None else _content(answer)
    responses: Json = {"200": {"description": "The answer", "content": content, "headers": signed}}
    for status in sorted({refusal.status for refusal in refusals}):
        codes = ", ".join(f"`{refusal}`" for refusal in refusals if refusal.status == status)
        responses[str(status)] = {"description": f"Refused: {codes}", "content": _content(RefusalShape)}
    return responses


def _content(shape: type[msgspec.Struct]) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}}


def _schemas(more: Sequence[Route]) -> Json:
    shapes: list[type[msgspec.Struct]] = [
        LookUp,
        LookUpAnswer,
        Search,
        SearchAnswer,
        Additions,
        Centre,
        Me,
        NewKey,
        RefusalShape,
    ]
    added = (shape for route in more for shape in (route.reads, route.answers) if shape is not None)
    shapes.extend(shape for shape in dict.fromkeys(added) if shape not in shapes)
    _, schemas = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    for name, fields in _LIMITS.items():
        for field, limits in fields.items():
            schemas[name]["properties"][field] |= limits
    element = schemas["Element"]
    element["prefixItems"] = [{"enum": [1, 2, 3]}, element["prefixItems"][1] | _base64(TOKEN_HEAD + 1, MAX_TOKEN)]
    element["items"] = False
    return dict(schemas)


def _base64(least: int, most: int) -> Json:
    """Text of ``least`` to ``most`` bytes, in the form that is accepted."""
    form = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
    return {"minLength": (least + 2) // 3 * 4, "maxLength": (most + 2) // 3 * 4, "pattern": form}


_U32 = {"minimum": 0, "maximum": 2**32 - 1}
_OF_A_BATCH: Mapping[str, Json] = {
    "member": {"pattern": "^[a-z0-9][a-z0-9-]{0,39}$"},
    "epoch": _U32,
    "profile": {"minimum": 0, "maximum": 255},
    "commitment": {"pattern": "^[A-Za-z0-9+/]{22}==$"},
    "tokens": {"minItems": 1, "maxItems": MAX_TOKENS},
}
_LIMITS: Mapping[str, Mapping[str, Json]] = {
    "LookUp": _OF_A_BATCH,
    "Search": {**_OF_A_BATCH, "case": {"minLength": 1, "maxLength": MAX_CASE, "pattern": r"\S"}},
    "NewKey": {"public": {"pattern": "^[A-Za-z0-9+/]{43}=$"}},
    "RefusalShape": {"code": {"enum": [str(refusal) for refusal in Refusal]}},
}
"""What the types of the shapes do not say."""
