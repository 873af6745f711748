"""Alembic histories, one folder each: ``guard`` and ``registry``."""
