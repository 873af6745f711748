"""What is counted of a member's reports, over their whole life."""

from datetime import timedelta

from shopguard.registry.office.quality import Counted, Quality
from shopguard.registry.reports.ending import Periods
from shopguard.registry.signing import Signer
from shopguard.registry.timers import Sweeper
from tests.integration.office.conftest import Centre


def test_what_the_office_decides_is_counted_for_who_filed(either_centre: Centre) -> None:
    for _ in range(2):
        either_centre.office.accept(either_centre.file("flower-shop").id, "aoki", "shown")
    either_centre.office.reject(either_centre.file("flower-shop").id, "aoki", "it was paid")
    either_centre.office.send_back(either_centre.file("flower-shop").id, "aoki", "which order?")
    assert either_centre.qualities("flower-shop", "book-shop") == {
        "flower-shop": Quality(accepted=2, rejected=1),
        "book-shop": Quality(),
    }


def test_a_first_check_counts_nothing_yet(centre: Centre) -> None:
    centre.office.accept(centre.file().id, "aoki", "shown", may_hold=True)
    assert centre.qualities("flower-shop")["flower-shop"].accepted == 0


def test_what_the_office_asked_and_nobody_answered_is_late(centre: Centre) -> None:
    centre.office.send_back(centre.file().id, "aoki", "which order?")
    home, fires = centre.home, centre.home.reports.ending.fires()
    sweeper = Sweeper(home.engine("vault"), home.timers, fires, lambda *_: None, lambda: centre.now.timestamp())
    centre.now += timedelta(days=Periods().answer_days - 1)
    sweeper.sweep()
    assert centre.qualities("flower-shop")["flower-shop"].late == 0
    centre.pass_time(days=2)
    sweeper.sweep()
    assert centre.qualities("flower-shop")["flower-shop"].late == 1


def test_nothing_is_kept_of_a_member_that_has_left(centre: Centre) -> None:
    for member in ("flower-shop", "book-shop"):
        centre.home.members.create(member, member, Signer.of_seed(member.encode().ljust(32)).public)
        centre.count(member, Counted.FILED, 3)
        centre.home.conflicts.affiliate("aoki", member, "baba", "owner")
    centre.home.members.leave("flower-shop")
    centre.home.leaving.finish()
    assert centre.qualities("flower-shop", "book-shop") == {"flower-shop": Quality(), "book-shop": Quality(filed=3)}
    assert centre.home.conflicts.all() == {"aoki": {"book-shop"}}
