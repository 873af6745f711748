"""Alembic's entry point of the registry history."""

from shopguard.storage.migrations.environment import run

run()
