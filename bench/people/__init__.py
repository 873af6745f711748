"""Invented people and orders, as Japanese shops see them: who they are, how they write, how they hide."""
