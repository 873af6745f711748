"""``python -m shopguard``."""

from shopguard.cli import main

main(prog_name="shopguard")
