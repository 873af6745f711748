"""Telling people outside of the pages: what to tell whom and when, and how it gets there."""
