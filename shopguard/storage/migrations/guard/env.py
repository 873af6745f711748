"""Alembic's entry point of the guard history."""

from shopguard.storage.migrations.environment import run

run()
