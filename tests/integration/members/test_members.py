"""Members at the office: who is taken in, stopped and let go, what is kept of it, and what the log gets."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from shopguard.errors import StoreUnavailable
from shopguard.registry.log import LeafKind, Log
from shopguard.registry.members import Members, State
from shopguard.registry.members.store import MemberStore, metadata
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.stores import history_of, migrate_store
from shopguard.storage import engine as storage
from tests.integration.members.conftest import CONTACT, NAME, Watched, ask, refusal, shop, signer

# --- taking in ------------------------------------------------------------------------------------------------------


def test_a_new_member_may_ask_at_once(members: Members, prf: Watched) -> None:
    key = signer()
    made = members.create("shop-1", NAME, key.public, 80, CONTACT)
    standing = ask(prf, key)
    assert (standing.state, standing.daily_orders, standing.keys) == ("active", 80, (key.key_id,))
    assert members.show("shop-1") == made
    assert (made.name, made.contact, made.state, made.key_ids) == (NAME, CONTACT, State.ACTIVE, (key.key_id,))
    assert members.standings()["shop-1"].keys == (key.key_id,)


def test_a_member_without_a_limit_has_none(members: Members, prf: Watched) -> None:
    key = signer()
    members.create("own", NAME, key.public, None)
    assert ask(prf, key, "own").daily_orders is None


def test_members_come_in_the_order_of_their_ids(members: Members) -> None:
    for name in ("shop-2", "shop-1"):
        members.create(name, NAME, signer().public)
    assert [found.id for found in members.all()] == ["shop-1", "shop-2"]


BAD_MEMBERS = [
    ("Shop", NAME, bytes(32), 50, "id"),
    ("office", NAME, bytes(32), 50, "id"),
    ("x" * 41, NAME, bytes(32), 50, "id"),
    ("shop-1", " ", bytes(32), 50, "name"),
    ("shop-1", "x" * 501, bytes(32), 50, "500"),
    ("shop-1", NAME, bytes(31), 50, "public key"),
    ("shop-1", NAME, bytes(32), 0, "daily orders"),
    ("shop-1", NAME, bytes(32), 1_000_001, "daily orders"),
]


@pytest.mark.parametrize(("member_id", "name", "public", "orders", "word"), BAD_MEMBERS)
def test_what_cannot_be_a_member_is_refused_and_nothing_kept(
    members: Members, member_id: str, name: str, public: bytes, orders: int, word: str
) -> None:
    with pytest.raises(Refused, match=word):
        members.create(member_id, name, public, orders)
    assert (members.all(), members.standings()) == ((), {})


def test_an_id_is_given_once(members: Members) -> None:
    members.create("shop-1", NAME, signer().public)
    with pytest.raises(Refused, match="there is such a member already"):
        members.create("shop-1", "another", signer().public)
    assert members.show("shop-1").name == NAME


def test_an_unknown_member_is_said(members: Members) -> None:
    with pytest.raises(Refused) as refused:
        members.show("nobody")
    assert refused.value.code is Refusal.NOT_FOUND


# --- stopping and letting go ----------------------------------------------------------------------------------------


def test_a_suspended_member_may_not_ask_until_it_is_resumed(members: Members, prf: Watched) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public)
    assert members.suspend("shop-1", "key lost").reason == "key lost"
    assert refusal(prf, key) is Refusal.SUSPENDED
    with pytest.raises(Refused, match="suspended already"):
        members.suspend("shop-1", "again")
    assert members.resume("shop-1").reason == ""
    assert refusal(prf, key) is None


def test_who_has_left_never_comes_back_under_this_id(members: Members, prf: Watched) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public)
    members.leave("shop-1", "contract ended")
    assert refusal(prf, key) is Refusal.SUSPENDED
    for act in (members.resume, lambda name: members.suspend(name, ""), members.leave):
        with pytest.raises(Refused, match="final"):
            act("shop-1")
    with pytest.raises(Refused, match="left"):
        members.add_key("shop-1", signer().public)
    assert refusal(prf, key) is Refusal.SUSPENDED


def test_of_who_has_left_nothing_is_kept_that_says_who_it_was(members: Members, vault: sa.Engine) -> None:
    members.create("shop-1", NAME, signer().public, contact=CONTACT)
    members.describe("shop-1", shop())
    left = members.leave("shop-1", "contract ended")
    assert (left.name, left.contact, left.record, members.show("shop-1")) == ("", "", None, left)
    with storage.reading(vault) as connection:
        for table in ("member_trait", "seen_token"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0, table


def test_a_budget_is_changed_both_ways(members: Members, prf: Watched) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public, 100)
    for orders in (400, 60, None, 500):
        assert members.set_budget("shop-1", orders).daily_orders == orders
        assert ask(prf, key).daily_orders == orders
    with pytest.raises(Refused, match="daily orders"):
        members.set_budget("shop-1", 0)


def test_a_stopped_member_is_resumed_by_a_person(members: Members, prf: Watched) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public)
    with prf._store.writing() as books:
        known = books.member("shop-1")
        assert known is not None
        books.keep_account(replace(known, account=replace(known.account, stopped=True)))
    assert members.standings()["shop-1"].stopped
    members.resume_budget("shop-1")
    assert not members.standings()["shop-1"].stopped


# --- what is kept, and shown ----------------------------------------------------------------------------------------


def test_the_tables_show_neither_name_nor_contact_nor_key(members: Members, vault: sa.Engine) -> None:
    key = signer()
    members.create("shop-1", NAME, key.public, contact=CONTACT)
    members.suspend("shop-1", "Ms. Mihon called")
    with vault.connect() as connection:
        rows = [row for table in metadata.tables.values() for row in connection.execute(sa.select(table))]
    held = b"|".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)
    for secret in (NAME.encode(), CONTACT.encode(), "花子".encode(), b"Mihon", key.public):
        assert secret not in held
    assert b"shop-1" in held


def test_a_member_shows_no_personal_data_by_accident(members: Members) -> None:
    made = members.create("shop-1", NAME, signer().public, contact=CONTACT)
    members.suspend("shop-1", "a reason")
    shown = repr(made) + repr(members.show("shop-1"))
    assert "花子" not in shown
    assert NAME not in shown
    assert "a reason" not in shown


def test_every_act_is_kept_with_who_did_it(members: Members) -> None:
    first, second = signer(), signer()
    members.create("shop-1", NAME, first.public, by="ann")
    members.add_key("shop-1", second.public)
    members.remove_key("shop-1", first.key_id)
    members.set_budget("shop-1", 70, by="ann")
    members.suspend("shop-1", "late", by="bob")
    acts = [(act.kind, act.by, act.detail) for act in members.acts("shop-1")]
    assert acts == [
        (LeafKind.MEMBER_SUSPENDED, "bob", "late"),
        (LeafKind.MEMBER_BUDGET, "ann", "70 orders a day"),
        (LeafKind.MEMBER_KEY_ENDED, "the member", first.key_id),
        (LeafKind.MEMBER_KEY_ADDED, "the member", second.key_id),
        (LeafKind.MEMBER_CREATED, "ann", first.key_id),
    ]
    assert [act.leaf for act in members.acts("shop-1")] == [4, 3, 2, 1, 0]


def test_a_refused_change_leaves_no_act(members: Members, log: Log) -> None:
    members.create("shop-1", NAME, signer().public)
    with pytest.raises(Refused):
        members.remove_key("shop-1", "0" * 16)
    assert (len(members.acts("shop-1")), log.size()) == (1, 1)


def test_what_the_log_missed_it_gets_later_and_once(
    members: Members, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise StoreUnavailable("the database cannot be used now (SQLITE_FULL)")

    with monkeypatch.context() as patch:
        patch.setattr(log, "append", full)
        members.create("shop-1", NAME, signer().public)
        members.suspend("shop-1", "")
    assert (log.size(), [act.leaf for act in members.acts("shop-1")]) == (0, [None, None])
    with monkeypatch.context() as patch:
        patch.setattr(MemberStore, "logged", full)  # as if it ended between the log and the vault
        members.sync()
    members.sync()
    assert (log.size(), [act.leaf for act in members.acts("shop-1")]) == (2, [1, 0])


def test_the_same_act_twice_has_two_leaves_that_say_nothing(members: Members, log: Log) -> None:
    members.create("shop-1", NAME, signer().public)
    roots = set()
    for _ in range(2):
        members.resume_budget("shop-1")
        roots.add(log.root())
    assert (log.size(), len(roots)) == (3, 2)


def test_the_migration_makes_these_tables_and_leads_back(vault: sa.Engine) -> None:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name in metadata.tables

    history = history_of("vault")
    with vault.connect() as connection:
        options = {
            "version_table": storage.version_table(history),
            "compare_type": True,
            "include_name": ours,
        }
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    with vault.begin() as connection:
        config = storage._alembic(history)
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    assert not set(metadata.tables) & set(sa.inspect(vault).get_table_names())
    migrate_store(vault, "vault")
