"""Members at the office: what is kept, what the keyed function is told and when, what the log gets."""

import itertools
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from shopguard.crypto import Keyring
from shopguard.errors import StoreUnavailable
from shopguard.model import Party
from shopguard.registry.desk import ALL_ROLES, Role
from shopguard.registry.log import LeafKind, Log
from shopguard.registry.members import Members, State
from shopguard.registry.members.independence import Tie
from shopguard.registry.members.model import MAX_KEYS, public_key
from shopguard.registry.members.particulars import Particulars, TraitKind
from shopguard.registry.members.store import MemberStore, member, member_act, member_key, metadata
from shopguard.registry.messages import ME
from shopguard.registry.prf.function import MEMBERS, OFFICE, PUT_MEMBER, MemberStanding, PutMember
from shopguard.registry.prf.seeds import EpochSeeds
from shopguard.registry.prf.service import PrfService
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.rotation import tell_keyed_function, tell_office
from shopguard.registry.seen import Seen, is_one_person
from shopguard.registry.signing import SignedRequest, Signer
from shopguard.registry.signing_keys import SigningKeys
from shopguard.registry.stores import history_of, migrate_store, open_store
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage import engine as storage

NOW = 1_793_580_000.0
NAME, CONTACT = "見本商店", "見本 花子 <hanako@example.com>"


class Watched(PrfService):
    """The keyed function, which remembers what it was asked and can be taken away."""

    def begin(self) -> "Watched":
        self.paths: list[str] = []
        self.before: Callable[[str], None] = lambda path: None
        return self

    def administer(self, request: SignedRequest) -> bytes:
        self.before(request.path)
        self.paths.append(request.path)
        return super().administer(request)


@pytest.fixture
def office(tmp_path: Path) -> SigningKeys:
    return SigningKeys.create(tmp_path / "registry-keys" / "office.json")


@pytest.fixture
def prf(tmp_path: Path, office: SigningKeys) -> Iterator[Watched]:
    engine = open_store("prf", tmp_path)
    migrate_store(engine, "prf")
    seeds = EpochSeeds.create(tmp_path / "registry-keys" / "prf.json", office.signer.public, "example")
    yield Watched(engine, seeds, lambda: datetime.fromtimestamp(NOW, UTC)).begin()
    engine.dispose()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    engine = open_store("log", tmp_path)
    migrate_store(engine, "log")
    yield Log(engine, lambda: NOW)
    engine.dispose()


@pytest.fixture
def vault(empty_engine: sa.Engine) -> sa.Engine:
    migrate_store(empty_engine, "vault")
    return empty_engine


@pytest.fixture
def members(vault: sa.Engine, keyring: Keyring, prf: Watched, office: SigningKeys, log: Log) -> Members:
    return Members(vault, keyring, prf, office, log, lambda: NOW)


def signer() -> Signer:
    return Signer.of_seed(secrets.token_bytes(32))


def ask(prf: PrfService, by: Signer, member_id: str = "shop-1") -> MemberStanding:
    return prf.authenticate(by.request("GET", ME, b"", member_id, int(NOW)))


def refusal(prf: PrfService, by: Signer, member_id: str = "shop-1") -> Refusal | None:
    try:
        ask(prf, by, member_id)
    except Refused as refused:
        return refused.code
    return None


def fails(_path: str) -> None:
    raise Refused(Refusal.UNAVAILABLE, "the keyed function is away")


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


# --- what is told when ----------------------------------------------------------------------------------------------


def state_in_vault(members: Members) -> State:
    return members.show("shop-1").state


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
    assert state_in_vault(members) is State.SUSPENDED
    assert refusal(prf, new) is Refusal.SUSPENDED


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


# --- who is one voice with whom -------------------------------------------------------------------------------------


def shop(**changed: str) -> Particulars:
    """A shop that shares nothing with another one but what is told."""
    count = next(_shops)
    stated = {
        "legal_name": f"株式会社見本{count}",
        "representative": f"見本 {'一二三四五六七八九'[count % 9]}郎",
        "address": f"東京都港区芝公園4-2-{count}",
        "phone": f"090-1234-{count:04}",
        "mail": f"shop-{count}@example.jp",
        "site": "https://shop.example.jp",
        "bank_account": f"0001 001 {count:07}",
    }
    return Particulars(**{**stated, **changed})


_shops = itertools.count(1)


def test_shops_with_one_bank_account_are_one_voice(members: Members) -> None:
    for name in ("shop-1", "shop-2", "shop-3", "shop-4"):
        members.create(name, NAME, signer().public)
    members.describe("shop-2", shop(bank_account="0001 009 7654321"))
    members.describe("shop-3", shop(bank_account="０００１－００９－７６５４３２１"))
    members.describe("shop-4", shop())
    assert members.groups() == {"shop-1": "shop-1", "shop-2": "shop-2", "shop-3": "shop-2", "shop-4": "shop-4"}
    assert members.ties() == [Tie("shop-2", "shop-3", TraitKind.BANK)]


def test_what_a_shop_states_anew_replaces_what_it_stated(members: Members) -> None:
    for name in ("shop-1", "shop-2"):
        members.create(name, NAME, signer().public)
        members.describe(name, shop(phone="06-6345-1234"))
    assert members.groups() == {"shop-1": "shop-1", "shop-2": "shop-1"}
    members.describe("shop-2", shop())
    assert members.groups() == {"shop-1": "shop-1", "shop-2": "shop-2"}


def test_what_the_office_found_out_counts_until_it_takes_it_back(members: Members) -> None:
    for name in ("shop-1", "shop-2"):
        members.create(name, NAME, signer().public)
    members.tie("shop-2", "shop-1", "one family {}", "clerk")
    members.tie("shop-1", "shop-2", "once more")
    members.describe("shop-2", shop())
    assert members.groups() == {"shop-1": "shop-1", "shop-2": "shop-1"}
    said = [(act.kind, act.by, act.detail) for act in members.acts("shop-1")]
    assert said[0] == (LeafKind.MEMBER_CHANGED, "clerk", "one with shop-2: one family {}")
    assert len(said) == 2
    members.untie("shop-1", "shop-2", "sold", "clerk")
    assert members.groups() == {"shop-1": "shop-1", "shop-2": "shop-2"}
    assert members.acts("shop-2")[0].detail == "not one with shop-1: sold"


def test_who_left_is_of_no_group(members: Members) -> None:
    for name in ("shop-1", "shop-2", "shop-3"):
        members.create(name, NAME, signer().public)
    members.tie("shop-1", "shop-2", "one family")
    members.tie("shop-2", "shop-3", "one family")
    members.leave("shop-2")
    assert members.groups() == {"shop-1": "shop-1", "shop-3": "shop-3"}
    assert members.ties() == []
    with pytest.raises(Refused, match="left"):
        members.tie("shop-1", "shop-2", "again")
    with pytest.raises(Refused, match="left"):
        members.describe("shop-2", shop())


def test_a_shop_is_not_tied_to_itself_or_nobody(members: Members) -> None:
    members.create("shop-1", NAME, signer().public)
    for other in ("shop-1", "nobody"):
        with pytest.raises(Refused):
            members.tie("shop-1", other, "x")


def test_people_of_a_shop_are_met_by_what_they_order_under(
    members: Members, vault: sa.Engine, keyring: Keyring
) -> None:
    members.create("shop-1", NAME, signer().public)
    stated = shop()
    staff = Party(name="見本 梅子", phones=("080-0000-1111",), emails=("umeko@example.com",))
    members.describe("shop-1", msgspec.structs.replace(stated, people=(staff,)))
    seen, subject = Seen(vault, keyring), Subject.of(SubjectKind.MEMBER, "shop-1")
    for party in (staff, stated.owner):
        assert is_one_person(seen.like(party)[subject])
    assert seen.like(Party(name="別野 太郎", phones=("080-0000-2222",))) == {}
