"""Migrations lead to the tables the code uses, and back, on data; both databases; several processes at once."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from shopguard.errors import ConfigError, StoreUnavailable
from shopguard.storage import engine as storage
from shopguard.storage.engine import is_current, migrate, newest_revision, version_table
from shopguard.storage.tables import inbox, metadata, orders, review

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "shopguard" / "storage" / "migrations"
ROW = {
    "shop": "main-store",
    "delivery_key": "k-1",
    "source": "webhook",
    "received_at": 1.5,
    "sealed": b"sealed",
    "state": "received",
    "due_at": 1.5,
}


def differences(engine: sa.Engine) -> list[object]:
    sqlite = engine.dialect.name == "sqlite"  # it tells the default '' back in other words
    with engine.connect() as connection:
        options = {
            "version_table": version_table("guard"),
            "compare_type": True,
            "compare_server_default": not sqlite,
        }
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def move(engine: sa.Engine, direction: str, revision: str, history: str = "guard") -> None:
    with engine.begin() as connection:
        config = storage._alembic(history)
        config.attributes["connection"] = connection
        getattr(command, direction)(config, revision)


def test_the_migrated_tables_are_those_the_code_uses(engine: sa.Engine) -> None:
    assert differences(engine) == []


def test_migrations_lead_up_down_and_up_again(empty_engine: sa.Engine) -> None:
    migrate(empty_engine, "guard")
    with empty_engine.begin() as connection:
        connection.execute(inbox.insert(), ROW)
    move(empty_engine, "downgrade", "base")
    assert set(sa.inspect(empty_engine).get_table_names()) <= {version_table("guard")}
    migrate(empty_engine, "guard")
    assert differences(empty_engine) == []


def test_every_step_back_and_forth_keeps_the_data_of_the_first_tables(empty_engine: sa.Engine) -> None:
    move(empty_engine, "upgrade", "0001")
    with empty_engine.begin() as connection:
        connection.execute(inbox.insert(), ROW)
    migrate(empty_engine, "guard")
    move(empty_engine, "downgrade", "0001")
    migrate(empty_engine, "guard")
    with empty_engine.connect() as connection:
        kept = connection.execute(sa.select(inbox)).mappings().one()
    assert {key: kept[key] for key in ROW} == ROW


def test_what_waited_before_there_were_pick_ups_is_looked_at_by_its_age_and_can_go_back(
    empty_engine: sa.Engine,
) -> None:
    move(empty_engine, "upgrade", "0004")
    columns = "shop, order_id, generation, verdict, mode, state, opened_at"
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO review ({columns}) VALUES ('main-store', '1', 3, 'hold', 'hold', 'open', 1000.5)"
        )
        before = connection.exec_driver_sql("SELECT * FROM review").one()
    migrate(empty_engine, "guard")
    with empty_engine.connect() as connection:
        row = connection.execute(sa.select(review)).one()
    assert (row.opened_at, row.look_by, row.ship_by, row.asked_at, row.shipped) == (1000.5, 87_400.5, None, None, 0)
    move(empty_engine, "downgrade", "0004")
    with empty_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM review").one() == before


def test_entries_of_before_there_were_profiles_are_of_the_first_and_can_go_back(empty_engine: sa.Engine) -> None:
    move(empty_engine, "upgrade", "0001", "registry")
    columns = "number, handle, category, reporters, last_on, may_hold, fields"
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO vault_entry (number, id, sealed) VALUES (7, 'E-1', 'sealed')")
        connection.exec_driver_sql(
            f"INSERT INTO index_entry ({columns}, blocked) VALUES (7, 'E-1', 'other', 2, '2026-08-14', TRUE, 5, TRUE)"
        )
        before = connection.exec_driver_sql("SELECT * FROM index_entry").one()
    migrate(empty_engine, "registry")
    with empty_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM index_entry").one() == (*before, 1)
    move(empty_engine, "downgrade", "0001", "registry")
    with empty_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM index_entry").one() == before
    migrate(empty_engine, "registry")
    with empty_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT handle, profile FROM index_entry").one() == ("E-1", 1)


def test_migrating_again_changes_nothing(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(inbox.insert(), ROW)
    migrate(engine, "guard")
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(inbox)).scalar() == 1


def test_a_database_is_current_only_after_its_migration(empty_engine: sa.Engine) -> None:
    assert not is_current(empty_engine, "guard")
    migrate(empty_engine, "guard")
    assert is_current(empty_engine, "guard")


@pytest.mark.parametrize("history", sorted(path.parent.name for path in MIGRATIONS.glob("*/versions")))
def test_the_newest_revision_is_the_one_that_alembic_ends_at(history: str) -> None:
    assert newest_revision(history) == ScriptDirectory(str(MIGRATIONS / history)).get_current_head()


def test_a_database_of_a_newer_version_is_not_current_and_not_touched(empty_engine: sa.Engine) -> None:
    migrate(empty_engine, "guard")
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {version_table('guard')} SET version_num = '9999'")
    assert not is_current(empty_engine, "guard")
    with pytest.raises(ConfigError, match="newer version"):
        migrate(empty_engine, "guard")


def test_guard_and_registry_share_one_database(empty_engine: sa.Engine) -> None:
    migrate(empty_engine, "guard")
    assert not is_current(empty_engine, "registry")
    migrate(empty_engine, "registry")
    assert is_current(empty_engine, "guard")
    assert is_current(empty_engine, "registry")


def test_a_migration_that_fails_leaves_nothing_behind(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        orders.create(connection)  # in the way of the first migration, which stops half-way
    with pytest.raises((sa.exc.DBAPIError, StoreUnavailable)):
        migrate(empty_engine, "guard")
    assert sa.inspect(empty_engine).get_table_names() == ["orders"]


_MIGRATE = """
import sys
from shopguard.storage.engine import migrate, open_engine
engine = open_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
migrate(engine, "guard")
"""


def test_processes_that_start_together_take_turns(empty_engine: sa.Engine) -> None:
    url = empty_engine.url.render_as_string(hide_password=False)
    command_line = [sys.executable, "-c", _MIGRATE, url]
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(command_line, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert differences(empty_engine) == []
