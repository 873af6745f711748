"""The keys of a member and of the office: what each is for, and how it is changed without a gap."""

from pathlib import Path

import msgspec
import pytest

from shopguard.registry.desk import ALL_ROLES, Role
from shopguard.registry.log import LeafKind
from shopguard.registry.members import Members
from shopguard.registry.members.model import MAX_KEYS, public_key
from shopguard.registry.prf.function import MEMBERS, OFFICE, PUT_MEMBER, PutMember
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.rotation import tell_keyed_function, tell_office
from shopguard.registry.signing_keys import SigningKeys
from tests.integration.members.conftest import NAME, NOW, Watched, ask, fails, refusal, signer

# --- keys -----------------------------------------------------------------------------------------------------------


def test_a_member_changes_its_key_without_a_gap(members: Members, prf: Watched) -> None:
    old, new = signer(), signer()
    members.create("shop-1", NAME, old.public)
    assert members.add_key("shop-1", new.public) == (new.key_id, old.key_id)
    assert (refusal(prf, old), refusal(prf, new)) == (None, None)
    assert members.remove_key("shop-1", old.key_id) == (new.key_id,)
    assert (refusal(prf, old), refusal(prf, new)) == (Refusal.NOT_AUTHENTICATED, None)


def test_the_last_key_stays(members: Members, prf: Watched) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public)
    with pytest.raises(Refused, match="the last key stays"):
        members.remove_key("shop-1", key.key_id)
    assert refusal(prf, key) is None


def test_a_key_that_is_added_twice_is_added_once(members: Members) -> None:
    key, new = signer(), signer()
    members.create("shop-1", NAME, key.public)
    assert members.add_key("shop-1", new.public) == members.add_key("shop-1", new.public)
    assert len(members.acts("shop-1")) == 2


def test_a_key_that_is_not_there_is_said(members: Members) -> None:
    members.create("shop-1", NAME, signer().public)
    with pytest.raises(Refused) as refused:
        members.remove_key("shop-1", "0" * 16)
    assert refused.value.code is Refusal.NOT_FOUND


def test_a_member_has_so_many_keys_at_a_time(members: Members) -> None:
    members.create("shop-1", NAME, signer().public)
    for _ in range(MAX_KEYS - 1):
        members.add_key("shop-1", signer().public)
    with pytest.raises(Refused, match="at most"):
        members.add_key("shop-1", signer().public)


def test_no_key_belongs_to_two_or_comes_back(members: Members) -> None:
    first, second = signer(), signer()
    members.create("shop-1", NAME, first.public)
    members.add_key("shop-1", second.public)
    members.remove_key("shop-1", first.key_id)
    with pytest.raises(Refused, match="used before"):
        members.add_key("shop-1", first.public)
    with pytest.raises(Refused, match="used before"):
        members.create("shop-2", NAME, second.public)
    assert [found.id for found in members.all()] == ["shop-1"]


# --- what a key is for ----------------------------------------------------------------------------------------------


def test_the_first_key_is_for_everything(members: Members) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public)
    assert members.roles("shop-1", key.key_id) == ALL_ROLES


def test_a_key_is_for_what_it_was_added_for(members: Members, prf: Watched) -> None:
    first, staff = signer(), signer()
    members.create("shop-1", NAME, first.public)
    members.add_key("shop-1", staff.public, roles={Role.REPORT})
    assert members.roles("shop-1", staff.key_id) == {Role.REPORT}
    assert members.roles("shop-1", first.key_id) == ALL_ROLES
    assert ask(prf, first).barred == {staff.key_id: ("look_up", "search")}


def test_a_key_or_member_nobody_knows_is_for_nothing(members: Members) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public)
    assert members.roles("shop-1", "0" * 16) == members.roles("shop-2", key.key_id) == frozenset()


def test_what_is_taken_from_a_key_reaches_the_keyed_function_before_it_is_committed(
    members: Members, prf: Watched
) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public)
    prf.before = fails
    with pytest.raises(Refused, match="away"):
        members.set_roles("shop-1", key.key_id, {Role.REPORT})
    assert members.roles("shop-1", key.key_id) == ALL_ROLES
    prf.before = lambda path: None
    members.set_roles("shop-1", key.key_id, {Role.REPORT, Role.SEARCH}, "clerk")
    assert ask(prf, key).barred == {key.key_id: ("look_up",)}
    members.set_roles("shop-1", key.key_id, ALL_ROLES, "clerk")
    assert ask(prf, key).barred == {}


def test_changed_roles_are_in_the_log_once(members: Members) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public)
    for _ in range(2):
        members.set_roles("shop-1", key.key_id, {Role.SEARCH, Role.LOOK_UP}, "clerk")
    latest, _ = members.acts("shop-1")
    assert (latest.kind, latest.by, latest.detail) == (
        LeafKind.MEMBER_CHANGED,
        "clerk",
        f"{key.key_id}: look_up, search",
    )


def test_a_key_for_nothing_and_roles_of_no_key_are_refused(members: Members) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public)
    with pytest.raises(Refused, match="for something"):
        members.set_roles("shop-1", key.key_id, set())
    with pytest.raises(Refused, match="no such key"):
        members.set_roles("shop-1", "0" * 16, {Role.REPORT})


def test_sync_tells_the_keyed_function_what_keys_are_for(members: Members, prf: Watched) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public)
    members.set_roles("shop-1", key.key_id, {Role.REPORT})
    body = msgspec.msgpack.encode(PutMember("shop-1", "active", 50, (key.public,)))
    prf.administer(members._office.signer.request("POST", PUT_MEMBER, body, OFFICE, int(NOW)))
    assert members.sync() == 1
    assert ask(prf, key).barred == {key.key_id: ("look_up", "search")}


def test_a_printed_key_is_read_and_anything_else_refused() -> None:
    assert public_key(" " + "A" * 43 + "=\n") == bytes(32)
    for text in ("", "A" * 43, "A" * 42 + "==", "ä" * 44, "A" * 88):
        with pytest.raises(Refused, match="no public key"):
            public_key(text)


# --- rotation -------------------------------------------------------------------------------------------------------


def test_the_office_changes_its_key_without_a_gap(members: Members, office: SigningKeys, prf: Watched) -> None:
    tell = tell_keyed_function(prf, office, lambda: NOW)
    old = office.signer
    new = office.rotate(tell=tell)
    members.create("shop-1", NAME, signer().public)
    assert office.signer.key_id == new.id
    prf.administer(old.request("POST", MEMBERS, b"", OFFICE, int(NOW)))
    office.retire(old.key_id, tell)
    members.suspend("shop-1", "")
    with pytest.raises(Refused) as refused:
        prf.administer(old.request("POST", MEMBERS, b"", OFFICE, int(NOW)))
    assert refused.value.code is Refusal.NOT_AUTHENTICATED


def test_an_office_key_that_the_keyed_function_was_not_told_of_is_not_used(
    members: Members, office: SigningKeys, prf: Watched
) -> None:
    before = office.all()
    prf.before = fails
    with pytest.raises(Refused, match="away"):
        office.rotate(tell=tell_keyed_function(prf, office, lambda: NOW))
    prf.before = lambda path: None
    assert office.all() == before
    members.create("shop-1", NAME, signer().public)


def test_an_installation_changes_the_key_of_its_own_member(members: Members, prf: Watched, tmp_path: Path) -> None:
    own = SigningKeys.create(tmp_path / "member.json")
    members.create("own", NAME, own.signer.public, None)
    old, elsewhere = own.signer, signer()
    own.rotate(tell=tell_office(members, "own", "ann"))
    assert refusal(prf, own.signer, "own") is refusal(prf, old, "own") is None
    own.retire(old.key_id, tell_office(members, "own", "ann", ended=old.key_id))
    members.add_key("own", elsewhere.public)
    assert (refusal(prf, own.signer, "own"), refusal(prf, old, "own")) == (None, Refusal.NOT_AUTHENTICATED)
    tell_office(members, "own", "ann")(own.publics)  # says nothing of keys that others have
    assert members.show("own").key_ids == (elsewhere.key_id, own.signer.key_id)
