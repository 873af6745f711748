"""What the vault and the store of keys give away, and what is left of an entry once its key is gone."""

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from shopguard.errors import ConfigError
from shopguard.identity import identify, tokens
from shopguard.registry.entry_keys import EntryKeys
from shopguard.registry.stores import history_of
from shopguard.storage import engine as storage_engine
from shopguard.storage.resealing import SealedRows
from tests.integration.publishing.conftest import ENTRY, PARTY, many

if TYPE_CHECKING:
    from tests.integration.publishing.conftest import Office


def test_the_files_hold_no_identifier_and_no_hash_that_could_be_guessed(one_file_office: "Office") -> None:
    office = one_file_office
    office.load(ENTRY)
    stored = b"".join(path.read_bytes() for path in office.folder.glob("registry-*.db*"))
    assert office.handles()[0] in stored, "the scan must see the files' content"
    asked = tokens(identify(PARTY))
    clear = {token.value for token in asked} | {"渡邊", "渡辺", "太郎", "芝公園", "ワタナベ", "09000001111", "E-1"}
    for text in clear:
        assert text.encode() not in stored
        assert text.encode("utf-16-le") not in stored
    for secret in [token.encode() for token in asked] + [text.encode() for text in clear]:
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            digest = hashlib.new(name, secret).digest()
            assert digest[:8] not in stored
            assert digest.hex()[:16].encode() not in stored
            assert base64.b64encode(digest)[:12] not in stored


def test_no_backup_of_the_other_stores_brings_an_erased_entry_back(one_file_office: "Office") -> None:
    office = one_file_office
    office.load(ENTRY, *many(2))
    yesterday = office.photograph()
    keys_of_yesterday = wrapped_keys(office)
    office.publisher.erase("E-1")
    files = b"".join(path.read_bytes() for path in office.folder.glob("registry-keys.db*"))
    assert [key in files for key in keys_of_yesterday.values()] == [False, True, True]
    office.restore(yesterday, "vault", "index", "prf")
    assert office.publisher.bury() == 1
    assert office.served(PARTY) == {1: set()}
    sealed = columns(office, "SELECT sealed FROM entry WHERE state = 'erased'")
    assert sealed == [None]
    assert len(columns(office, "SELECT sealed FROM entry WHERE state = 'active'")) == 2
    assert office.served(many(1)[0].party) == {1: {"E-0000"}}


def test_sealing_anew_erases_what_a_backup_of_other_stores_brought_back(one_file_office: "Office") -> None:
    office = one_file_office
    office.load(ENTRY, *many(2))
    yesterday = office.photograph()
    office.publisher.erase("E-1")
    office.restore(yesterday, "vault", "index", "prf")
    office.publisher.reseal()
    assert office.served(PARTY) == {1: set(), 2: set()}
    assert office.served(many(1)[0].party) == {1: {"E-0000"}, 2: {"E-0000"}}


def test_a_record_opens_under_its_own_key_and_number_alone(one_file_office: "Office") -> None:
    office = one_file_office
    office.load(*many(2))
    vault, keys = office.publisher.placing.vault, EntryKeys(office.engines["keys"], office.master).open([1, 2])
    with office.engines["vault"].connect() as connection:
        assert {entry.id for entry in vault.open(connection, keys).values()} == {"E-0000", "E-0001"}
        with pytest.raises(ConfigError, match="damaged"):
            vault.open(connection, {1: keys[2]})
    with office.engines["vault"].begin() as connection:
        swapped = "UPDATE entry SET sealed = (SELECT sealed FROM entry WHERE number = 1)"
        connection.execute(sa.text(swapped))
        with pytest.raises(ConfigError, match="damaged"):
            vault.open(connection, {2: keys[1]})


def test_the_master_is_changed_by_wrapping_the_entry_keys_anew(office: "Office") -> None:
    office.load(ENTRY)
    old = office.master.encryption_keys[0].id
    office.master.rotate()
    rows = SealedRows(office.engines["keys"])
    assert list(rows.needing(old, office.master.encryption_keys)) == [True]
    assert list(rows.reseal(office.master)) == [True]
    assert list(rows.needing(old, office.master.encryption_keys)) == [False]
    office.master.retire(old)
    assert office.publisher.reseal() == 1
    assert office.served(PARTY) == {1: {"E-1"}, 2: {"E-1"}}


@pytest.mark.parametrize("store", ["vault", "keys"])
def test_the_tables_can_be_taken_away_again(office: "Office", store: str) -> None:
    history = history_of(store)
    config = storage_engine._alembic(history)
    assert isinstance(config, Config)
    with office.engines[store].begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert sa.inspect(office.engines[store]).get_table_names() == [f"alembic_version_{history}"]


def wrapped_keys(office: "Office") -> dict[int, bytes]:
    with office.engines["keys"].connect() as connection:
        rows = connection.execute(sa.text("SELECT number, sealed FROM entry_key ORDER BY number"))
        return {number: bytes(sealed) for number, sealed in rows}


def columns(office: "Office", query: str) -> list[object]:
    with office.engines["vault"].connect() as connection:
        return list(connection.scalars(sa.text(query)))
