"""Signed heads: notes that anybody can check, and that nobody else can have written."""

import base64
from dataclasses import replace
from hashlib import sha256

import pytest

from shopguard.errors import SignatureInvalid
from shopguard.registry.log.heads import Head, origin_of, read_head
from shopguard.registry.signing import Signer

SIGNER = Signer.of_seed(bytes(range(32)))
OTHER = Signer.of_seed(bytes(32))
HEAD = Head("shopguard/example", 12, sha256(b"root").digest(), 1_793_582_100)
NOTE = HEAD.signed(SIGNER)


def test_a_head_is_a_checkpoint_of_four_lines_and_a_signature_by_name() -> None:
    text, signature = NOTE.split("\n\n")
    assert text.split("\n") == [
        "shopguard/example",
        "12",
        base64.b64encode(HEAD.root).decode(),
        "time 1793582100",
    ]
    dash, name, blob = signature.rstrip("\n").split(" ")
    assert (dash, name) == ("—", "shopguard/example")
    assert base64.b64decode(blob)[:4] == sha256(b"shopguard/example\n\x01" + SIGNER.public).digest()[:4]


def test_a_head_is_read_under_any_of_the_known_keys() -> None:
    assert read_head(NOTE, [OTHER.public, SIGNER.public]) == HEAD


@pytest.mark.parametrize("keys", [[], [OTHER.public]])
def test_a_head_under_an_unknown_key_is_refused(keys: list[bytes]) -> None:
    with pytest.raises(SignatureInvalid, match="no known key"):
        read_head(NOTE, keys)


@pytest.mark.parametrize(
    "note",
    [
        NOTE.replace("\n12\n", "\n13\n"),
        NOTE.replace("1793582100", "1793582101"),
        NOTE.replace(base64.b64encode(HEAD.root).decode(), base64.b64encode(bytes(32)).decode()),
        NOTE.replace("shopguard/example", "shopguard/another"),
        NOTE.replace("shopguard/example\n12", "shopguard/another\n12"),
        NOTE.replace("\n12\n", "\n012\n"),
        NOTE + "x",
        NOTE[:-1],
        NOTE + NOTE,
        "",
        "—" * 3_000,
    ],
)
def test_a_head_that_was_changed_is_refused(note: str) -> None:
    with pytest.raises(SignatureInvalid):
        read_head(note, [SIGNER.public])


def test_a_head_signed_under_the_name_of_another_key_is_refused() -> None:
    blob = base64.b64decode(NOTE.rsplit(" ", 1)[1])
    forged = base64.b64encode(sha256(b"shopguard/example\n\x01" + OTHER.public).digest()[:4] + blob[4:]).decode()
    with pytest.raises(SignatureInvalid):
        read_head(f"{NOTE.rsplit(' ', 1)[0]} {forged}\n", [SIGNER.public, OTHER.public])


@pytest.mark.parametrize("name", ["example", "My Registry +1", "登録簿\n"])
def test_any_name_of_a_registry_makes_an_origin_that_can_be_read_back(name: str) -> None:
    head = replace(HEAD, origin=origin_of(name))
    assert read_head(head.signed(SIGNER), [SIGNER.public]) == head


def test_different_registries_have_different_origins() -> None:
    assert origin_of("a b") != origin_of("a+b") != origin_of("a%20b")
