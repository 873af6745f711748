"""What the keyed function is told of members and when: rights are taken there first, and given there last."""

import pytest
import sqlalchemy as sa

from shopguard.registry.members import Members, State
from shopguard.registry.members.store import member, member_act, member_key
from shopguard.registry.prf.function import MEMBERS
from shopguard.registry.refusals import Refusal, Refused
from tests.integration.members.conftest import NAME, Watched, fails, refusal, signer


def test_rights_are_taken_at_the_keyed_function_before_the_vault(members: Members, prf: Watched) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public)
    members.add_key("shop-1", signer().public)
    for act in (
        lambda: members.suspend("shop-1", ""),
        lambda: members.remove_key("shop-1", key.key_id),
        lambda: members.set_budget("shop-1", 10),
        lambda: members.leave("shop-1"),
    ):
        before = members.show("shop-1")
        prf.before = fails
        with pytest.raises(Refused, match="away"):
            act()
        prf.before = lambda path: None
        assert members.show("shop-1") == before


def test_rights_are_given_at_the_vault_before_the_keyed_function(members: Members, prf: Watched) -> None:
    key, new = signer(), signer()
    members.create("shop-1", NAME, key.public)
    prf.before = fails
    with pytest.raises(Refused, match="registry members sync"):
        members.add_key("shop-1", new.public)
    assert members.show("shop-1").key_ids == (new.key_id, key.key_id)
    prf.before = lambda path: None
    assert refusal(prf, new) is Refusal.NOT_AUTHENTICATED
    assert members.sync() == 1
    assert refusal(prf, new) is None


def test_sync_tells_what_a_restored_keyed_function_forgot_and_nothing_twice(members: Members, prf: Watched) -> None:
    keys = {name: signer() for name in ("shop-1", "shop-2")}
    for name, key in keys.items():
        members.create(name, NAME, key.public)
    members.suspend("shop-2", "")
    with prf._store._engine.begin() as connection:
        for table in ("member_key", "member"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    assert refusal(prf, keys["shop-1"]) is Refusal.NOT_AUTHENTICATED
    assert members.sync() == 2
    assert [refusal(prf, keys[name], name) for name in keys] == [None, Refusal.SUSPENDED]
    prf.paths.clear()
    assert members.sync() == 0
    assert prf.paths == [MEMBERS]


def test_sync_stops_whom_a_restored_vault_does_not_know(members: Members, prf: Watched, vault: sa.Engine) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public)
    with vault.begin() as connection:
        for table in (member_act, member_key, member):
            connection.execute(sa.delete(table))
    assert members.sync() == 1
    assert refusal(prf, key) is Refusal.SUSPENDED
    assert members.sync() == 0


def test_a_change_that_is_told_late_tells_what_the_vault_says_by_then(members: Members, prf: Watched) -> None:
    key, new = signer(), signer()
    members.create("shop-1", NAME, key.public)
    meanwhile = iter([lambda: members.suspend("shop-1", "stolen")])
    settle = members._settle_log

    def between() -> None:
        settle()
        for act in meanwhile:
            act()

    members._settle_log = between  # type: ignore[method-assign]  # between the commit and the telling
    members.add_key("shop-1", new.public)
    assert members.show("shop-1").state is State.SUSPENDED
    assert refusal(prf, new) is Refusal.SUSPENDED
