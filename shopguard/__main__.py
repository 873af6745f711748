"""``python -m shopguard``."""

from shopguard.cli import run

run()
