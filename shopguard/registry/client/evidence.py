"""Names of evidence files as the registry takes them, and which answer each file shows."""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath

_NOT_SENT = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 80


def names_to_send(names: Iterable[str]) -> Sequence[str]:
    """Return for each file a name of its own that can be sent: 請求書.pdf goes as evidence-1.pdf."""
    sent: list[str] = []
    for number, name in enumerate(names, start=1):
        path = PurePath(name)
        stem, ending = (_NOT_SENT.sub("-", part).strip("-") for part in (path.stem, path.suffix))
        fitting = f"{stem[:_LONGEST_NAME]}{ending}" if stem.strip("._-") else f"evidence-{number}{ending}"
        sent.append(fitting if fitting not in sent else f"{number}-{fitting}")
    return sent
