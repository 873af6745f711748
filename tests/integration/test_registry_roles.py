"""Roles of PostgreSQL by schema, as the guide tells to make them: who may read which store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from shopguard.registry.stores import migrate_store, open_store, store_is_current

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
ROLES = ("shopguard", "shopguard_prf", "shopguard_backup", "shopguard_auditor")


@pytest.fixture
def granted(empty_postgres: sa.Engine, tmp_path: Path) -> Iterator[sa.Engine]:
    """A database of the role ``shopguard`` in which every statement of the guide was run."""
    statements = [text for block in _sql() for text in block.split(";") if text.strip()]
    made, later = statements[:3], statements[3:]
    with empty_postgres.begin() as connection:
        for role in ROLES:
            connection.exec_driver_sql(f"DROP ROLE IF EXISTS {role}")
        connection.exec_driver_sql("CREATE ROLE shopguard LOGIN")
        connection.exec_driver_sql(f"ALTER DATABASE {empty_postgres.url.database} OWNER TO shopguard")
        for text in made:
            connection.exec_driver_sql(text)
    for role, store in (("shopguard_prf", "prf"), ("shopguard", "log"), ("shopguard", "vault")):
        engine = open_store(store, tmp_path, address(empty_postgres, role))
        migrate_store(engine, store)
        assert store_is_current(engine, store)
        engine.dispose()
    with empty_postgres.begin() as connection:
        for text in later:
            connection.exec_driver_sql(text)
    yield empty_postgres
    with empty_postgres.begin() as connection:
        for role in ROLES:
            connection.exec_driver_sql(f"REASSIGN OWNED BY {role} TO guard")
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")


def _sql() -> list[str]:
    return [block.partition("```")[0] for block in PAGE.read_text("utf-8").split("```sql\n")[1:]]


def address(engine: sa.Engine, role: str) -> str:
    return engine.url.set(username=role).render_as_string(hide_password=False)


def may_read(engine: sa.Engine, role: str, table: str) -> bool:
    other = sa.create_engine(address(engine, role), poolclass=sa.NullPool)
    try:
        with other.connect() as connection:
            connection.exec_driver_sql(f"SELECT * FROM {table}")
    except sa.exc.ProgrammingError as error:
        assert "permission denied" in str(error)
        return False
    return True


def test_each_role_reads_what_the_guide_says(granted: sa.Engine) -> None:
    tables = ("registry_prf.nonce", "registry_log.leaf", "registry_vault.member")
    found = {role: tuple(may_read(granted, role, table) for table in tables) for role in ROLES}
    assert found == {
        "shopguard": (False, True, True),
        "shopguard_prf": (True, False, False),
        "shopguard_backup": (True, True, True),
        "shopguard_auditor": (False, True, False),
    }
