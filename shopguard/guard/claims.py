"""Who works on a row: a stable worker name, and a boot id that changes at every start."""

import random
from dataclasses import dataclass, field
from uuid import uuid4

_LONGEST_WAIT_S = 3600.0


@dataclass(frozen=True, slots=True)
class Claimant:
    """One running worker. Rows of the same name under another ``boot`` belong to a dead predecessor."""

    name: str
    lease_s: float
    boot: str = field(default_factory=lambda: uuid4().hex)


def backoff_s(attempts: int, longest_s: float = _LONGEST_WAIT_S) -> float:
    """Return how long to wait after ``attempts`` failures: doubling from 2 s up to ``longest_s`` (an hour), with full
    jitter above the half, so that orders which failed together do not come back together."""
    ceiling = min(longest_s, 2.0 ** min(attempts, 12))
    return ceiling * random.uniform(0.5, 1.0)
