"""Turning the pages of long lists: addresses that can be shared, and name nobody."""

from urllib.parse import urlencode

from flask import request

_HERE = frozenset({"from", "did", "nothing_left"})


def asked(name: str, usual: int = 0) -> int:
    """Return a number out of the address; ``usual`` where there is none that a list could have."""
    said = request.args.get(name, "")
    return int(said) if said.isdecimal() and len(said) < 10 else usual


def skipped() -> int:
    """Return how many rows the address says come before this page."""
    return asked("from")


def turned(skip: int, page: int, total: int) -> tuple[str | None, str | None]:
    """Return the addresses of the page before and after, with the same filters; None where there is none."""
    before = _address(max(skip - page, 0)) if skip else None
    return before, _address(skip + page) if skip + page < total else None


def _address(skip: int) -> str:
    kept = [(name, value) for name, value in request.args.items() if name not in _HERE]
    return f"{request.path}?{urlencode([*kept, ('from', skip)])}"
