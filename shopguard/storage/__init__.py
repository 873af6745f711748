"""Databases: engines, the tables of the guard, their migrations, and the writer that groups commits."""
