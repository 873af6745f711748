"""docs/registry-api.md against the program: its example can be checked by anybody, and no refusal is missing."""

import re
from pathlib import Path

import pytest

from shopguard.registry import messages
from shopguard.registry.lookup.openapi import document
from shopguard.registry.lookup.routes import BODY_LIMIT
from shopguard.registry.refusals import Refusal
from shopguard.registry.signing import SignedRequest, Signer, verify

PAGE = (Path(__file__).parents[2] / "docs" / "registry-api.md").read_text("utf-8")
FENCES = re.findall(r"^```\w+\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
SIGNER = Signer.of_seed(bytes(range(32)))


def test_the_signed_example_fits() -> None:
    header, body, lines = FENCES[:3]
    request = SignedRequest.read("POST", messages.LOOKUPS, body.encode(), header)
    verify(request, SIGNER.public)
    assert request.signed_bytes.decode() == lines
    assert request.key_id == SIGNER.key_id
    assert SIGNER.public.hex() in PAGE


@pytest.mark.parametrize("refusal", list(Refusal))
def test_every_refusal_is_explained_with_its_status(refusal: Refusal) -> None:
    assert f"| {refusal.status} | `{refusal}` |" in PAGE


def test_every_route_is_named() -> None:
    for path, methods in document()["paths"].items():
        for method in methods:
            name = path.replace("{key}", "ID")
            assert re.search(rf"`{method.upper()} {re.escape(name)}(\?after=N)?`", PAGE), (method, path)


def test_the_limits_are_those_of_the_program() -> None:
    assert f"{messages.MAX_TOKENS} of `[class, bytes]`" in PAGE
    assert f"{messages.MAX_OF_CLASS[1]} of class 1" in PAGE
    assert f"{messages.MAX_OF_CLASS[3]} of class 3" in PAGE
    assert f"{BODY_LIMIT // 1024} KiB" in PAGE
