"""What a kind of writing is, and the list that the modules of this package fill."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from people.person import Person
from people.writing import Written

Change = Callable[[random.Random, Written, Person], Written]
Sort = Literal["writing", "slip", "disguise"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which the same details come out differently.

    ``apply`` returns what it was given where the kind does not fit (no room, no kana). ``sort``: a habit of writing,
    a mistake, or an attempt to hide. ``weight``: how often it is met, 1 being usual. ``foreign``: of people with
    foreign names or addresses.
    """

    name: str
    group: str
    says: str
    apply: Change
    sort: Sort
    weight: float
    foreign: bool


KINDS: dict[str, Kind] = {}


def kind(
    name: str, group: str, says: str, sort: Sort = "writing", weight: float = 1.0, foreign: bool = False
) -> Callable[[Change], Change]:
    """Register the decorated function as a kind."""

    def register(change: Change) -> Change:
        KINDS[name] = Kind(name, group, says, change, sort, weight, foreign)
        return change

    return register
