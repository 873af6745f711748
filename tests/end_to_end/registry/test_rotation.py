"""Every key of the house changed while a shop keeps asking: no look-up fails, and the old keys are worth nothing."""

import hashlib
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .member import Member, Steady, key_id, public

if TYPE_CHECKING:
    from tests.end_to_end.registry.conftest import Stock
    from tests.end_to_end.registry.houses import Centre, MovedClock

pytestmark = pytest.mark.timeout(400)  # several waits, each as patient as a busy machine needs

KINDS = ("guard", "vault", "office", "answers", "member")


def keys_of(centre: "Centre") -> dict[str, list[str]]:
    """The keys of each kind, the newest first."""
    found: dict[str, list[str]] = {}
    for row in centre.json("registry", "keys", "list"):
        found.setdefault(row["keys"], []).append(row["id"])
    return {kind: ids for kind, ids in found.items() if kind != "epoch"}


def test_every_key_of_the_house_is_changed_while_a_shop_keeps_asking(
    watched: "Centre", clock: "MovedClock", stock: "Stock"
) -> None:
    with Steady(watched.member("steady"), stock.rounds) as shop:
        for keys in ("office", "member", "vault", "answers"):
            watched.run("registry", "keys", "rotate", keys)
        watched.run("registry", "keys", "rewrap")
        watched.run("keys", "rotate")
        watched.run("keys", "reseal")
        shop.wait_for(20)
        newer = keys_of(watched)
        assert {kind: len(ids) for kind, ids in newer.items()} == dict.fromkeys(KINDS, 2)

        shop.member.learn()
        clock.move_on(8 * 86_400.0)  # answers are signed under the new key from here on
        shop.wait_for(20)
        stranger = Member(watched.url, "steady", stock.keys["steady"], stock.answer_keys, clock)
        answered = stranger.get("/registry/v1/centre")
        assert f'key="{newer["answers"][0]}"' in answered.headers["ShopGuard-Answer"]

        for keys in ("vault", "office", "answers", "member"):
            watched.run("registry", "keys", "retire", keys, newer[keys][1])
        watched.run("keys", "retire", newer["guard"][1])
        assert keys_of(watched) == {kind: ids[:1] for kind, ids in newer.items()}
        shop.whole_round()
    under_way = shop.refused.pop("clock", 0)  # signed just before the clock was moved, and asked again
    assert (shop.wrong, dict(shop.refused)) == ([], {})
    assert under_way <= 1

    watched.run("registry", "block", "E-3")  # what the office says is believed under its new key
    tokens, entry = stock.rounds[3]
    assert entry not in {each["handle"] for each in shop.member.ask(tokens).json()["candidates"]}


def test_a_member_changes_its_key_by_itself_without_a_gap(shared: "Centre", stock: "Stock") -> None:
    old = shared.member("honest")
    fresh = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"a fresh key").digest())
    new = Member(shared.url, "honest", fresh, stock.answer_keys)
    tokens, entry = stock.rounds[5]
    assert new.ask(tokens).json()["code"] == "not_authenticated"
    assert old.add_key(public(fresh)).status_code == 200
    for member in (old, new):
        assert entry in {each["handle"] for each in member.ask(tokens).json()["candidates"]}

    assert new.end_key(key_id(public(old.key))).status_code == 200
    assert old.ask(tokens).json()["code"] == "not_authenticated"
    assert new.ask(tokens).status_code == 200
    assert new.end_key(key_id(public(fresh))).json()["code"] == "forbidden", "the last key stays"
    assert new.add_key(public(old.key)).status_code in {403, 409}, "a key that was ended never comes back"
