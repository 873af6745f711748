"""Which accounts belong to which shops, and whose cases they keep out of."""

import pytest

from shopguard.registry.acts import Acts
from shopguard.registry.office.conflict import Conflicts
from shopguard.registry.refusals import Refused
from shopguard.registry.subjects import Subject, SubjectKind
from tests.integration.office.conftest import Centre

GROUPS = {"flower-shop": "one owner", "gift-shop": "one owner", "book-shop": "book-shop"}


@pytest.fixture
def conflicts(centre: Centre) -> Conflicts:
    vault, acts = centre.home.engine("vault"), centre.home.acts
    return Conflicts(vault, acts, lambda: GROUPS, lambda: centre.now.timestamp())


def test_an_account_of_no_shop_decides_everything(conflicts: Conflicts) -> None:
    assert conflicts.barred("aoki") == frozenset()


def test_an_account_keeps_out_of_its_shop_and_of_those_of_the_same_group(conflicts: Conflicts) -> None:
    conflicts.affiliate("aoki", "flower-shop", "baba", "owner")
    assert conflicts.barred("aoki") == {"flower-shop", "gift-shop"}
    assert conflicts.barred("baba") == frozenset()


def test_a_shop_that_left_its_group_still_bars_its_people(conflicts: Conflicts) -> None:
    conflicts.affiliate("aoki", "former-shop", "baba", "owner")
    assert conflicts.barred("aoki") == {"former-shop"}


def test_one_shop_of_several_is_enough(conflicts: Conflicts) -> None:
    conflicts.affiliate("aoki", "flower-shop", "baba", "owner")
    with pytest.raises(Refused):
        conflicts.check("aoki", ["book-shop", "gift-shop"])
    conflicts.check("aoki", ["book-shop"])


def test_nobody_ends_their_own_affiliation(conflicts: Conflicts) -> None:
    conflicts.affiliate("aoki", "flower-shop", "baba", "owner")
    with pytest.raises(Refused, match="somebody else"):
        conflicts.end("aoki", "flower-shop", "aoki", "sold")
    assert conflicts.barred("aoki")


def test_an_affiliation_that_another_ended_bars_no_more(conflicts: Conflicts) -> None:
    conflicts.affiliate("aoki", "flower-shop", "baba", "owner")
    conflicts.end("aoki", "flower-shop", "baba", "sold")
    assert conflicts.barred("aoki") == frozenset()
    assert conflicts.all() == {}


def test_what_was_never_recorded_cannot_be_ended(conflicts: Conflicts) -> None:
    with pytest.raises(Refused, match="not recorded"):
        conflicts.end("aoki", "flower-shop", "baba", "sold")


def test_who_said_so_is_kept_and_logged(centre: Centre, conflicts: Conflicts) -> None:
    conflicts.affiliate("aoki", "flower-shop", "baba", "owner")
    conflicts.affiliate("aoki", "flower-shop", "baba", "owner")
    conflicts.end("aoki", "flower-shop", "chiba", "sold")
    acts: Acts = centre.home.acts
    acts.settle()
    told = acts.of(Subject.of(SubjectKind.MEMBER, "flower-shop"))
    said = [(one.act.by, one.act.reason, one.act.before, one.act.after) for one in told]
    assert said == [("baba", "aoki: owner", "", "affiliated"), ("chiba", "aoki: sold", "affiliated", "")]
    assert all(one.leaf is not None for one in told)
