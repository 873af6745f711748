"""Alembic's entry point of the history of the registry's store ``keys``."""

from shopguard.storage.migrations.environment import run

run()
