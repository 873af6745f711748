"""The queue: what comes first, and who has it in hand."""

import pytest

from shopguard.model import Category
from shopguard.registry.office.queue import DAYS_A_SHOP, MOST_DAYS, WORK_S, Filters
from shopguard.registry.refusals import Refused
from shopguard.storage.engine import writing
from tests.integration.office.conftest import Centre, somebody


def test_the_oldest_comes_first(centre: Centre) -> None:
    first = centre.file()
    centre.pass_time(hours=1)
    second = centre.file()
    assert [one.number for one in centre.queue.page()] == [first.number, second.number]


def test_whoever_goes_from_shop_to_shop_comes_before_their_turn(either_centre: Centre) -> None:
    ordinary = either_centre.file(party=somebody(1)).number
    either_centre.pass_time(days=DAYS_A_SHOP - 1)
    alike = [either_centre.file(member).number for member in ("flower-shop", "book-shop")]
    either_centre.hasten(*alike)
    assert [one.number for one in either_centre.queue.page()] == [*alike, ordinary]


def test_nothing_waits_for_ever_behind_what_is_urgent(centre: Centre) -> None:
    ordinary = centre.file(party=somebody(1)).number
    centre.pass_time(days=MOST_DAYS + 1)
    alike = [centre.file(f"shop-{at}").number for at in range(20)]
    centre.hasten(*alike)
    assert centre.queue.page()[0].number == ordinary


def test_one_shop_that_reports_somebody_twice_is_not_urgent(centre: Centre) -> None:
    alike = [centre.file().number, centre.file().number]
    centre.hasten(*alike)
    assert {one.urgency for one in centre.queue.page()} == {0}


def test_a_rejected_report_makes_no_other_urgent(centre: Centre) -> None:
    rejected, other = centre.file("flower-shop"), centre.file("book-shop")
    centre.office.reject(rejected.id, "aoki", "it was paid")
    centre.hasten(rejected.number, other.number)
    assert centre.queue.page()[0].urgency == 0


def test_pages_follow_one_another_without_a_gap(centre: Centre) -> None:
    filed = [centre.file(party=somebody(at)).number for at in range(5)]
    pages = [centre.queue.page(skip=skip, limit=2) for skip in (0, 2, 4)]
    assert [one.number for page in pages for one in page] == filed
    assert centre.queue.count() == 5


@pytest.mark.parametrize(
    ("filters", "met"),
    [
        (Filters(category=Category.COD_REFUSED), {"cod"}),
        (Filters(member="book-shop"), {"book"}),
        (Filters(checked=True), {"checked"}),
        (Filters(checked=False), {"cod", "book", "held"}),
        (Filters(is_free=True), {"cod", "book", "checked"}),
    ],
)
def test_a_filter_leaves_what_it_says(centre: Centre, filters: Filters, met: set[str]) -> None:
    numbers = {
        "cod": centre.file(category=Category.COD_REFUSED).number,
        "book": centre.file("book-shop").number,
        "held": centre.file().number,
        "checked": centre.file().number,
    }
    with writing(centre.home.engine("vault")) as connection:
        centre.queue.claim(connection, numbers["held"], "aoki")
        centre.queue.checked(connection, numbers["checked"], "aoki")
    assert {one.number for one in centre.queue.page(filters)} == {numbers[name] for name in met}


def test_two_accounts_get_two_reports(either_centre: Centre) -> None:
    filed = {either_centre.file().number, either_centre.file().number}
    assert {either_centre.queue.claim_next(by, ()) for by in ("aoki", "baba")} == filed


def test_whoever_has_a_report_in_hand_gets_it_again(centre: Centre) -> None:
    centre.file()
    centre.file()
    assert centre.queue.claim_next("aoki", ()) == centre.queue.claim_next("aoki", ())


def test_there_is_no_next_one_when_others_have_them_all(either_centre: Centre) -> None:
    either_centre.file()
    either_centre.queue.claim_next("aoki", ())
    assert either_centre.queue.claim_next("baba", ()) is None


def test_a_report_that_was_left_alone_is_given_to_the_next(centre: Centre) -> None:
    number = centre.file().number
    centre.queue.claim_next("aoki", ())
    centre.pass_time(seconds=WORK_S - 1)
    assert centre.queue.claim_next("baba", ()) is None
    centre.pass_time(seconds=1)
    assert centre.queue.claim_next("baba", ()) == number


def test_working_on_a_report_keeps_it(centre: Centre) -> None:
    number = centre.file().number
    centre.queue.claim_next("aoki", ())
    centre.pass_time(seconds=WORK_S - 1)
    with writing(centre.home.engine("vault")) as connection:
        centre.queue.claim(connection, number, "aoki")
    centre.pass_time(seconds=WORK_S - 1)
    assert centre.queue.claim_next("baba", ()) is None


def test_a_report_in_hand_cannot_be_taken_by_another(centre: Centre) -> None:
    number = centre.file().number
    centre.queue.claim_next("aoki", ())
    with pytest.raises(Refused, match="somebody else"), writing(centre.home.engine("vault")) as connection:
        centre.queue.claim(connection, number, "baba")


def test_nobody_is_given_a_report_of_a_member_they_are_barred_from(centre: Centre) -> None:
    centre.file("flower-shop")
    number = centre.file("book-shop").number
    assert centre.queue.claim_next("aoki", {"flower-shop"}) == number


def test_a_report_in_hand_is_not_given_again_to_whom_its_shop_bars_by_now(centre: Centre) -> None:
    centre.file("flower-shop")
    centre.queue.claim_next("aoki", ())
    assert centre.queue.claim_next("aoki", {"flower-shop"}) is None


def test_nobody_is_given_what_they_checked_already(centre: Centre) -> None:
    number = centre.file().number
    with writing(centre.home.engine("vault")) as connection:
        centre.queue.checked(connection, number, "aoki")
    assert centre.queue.claim_next("aoki", ()) is None
    assert centre.queue.claim_next("baba", ()) == number


def test_to_check_twice_counts_once(centre: Centre) -> None:
    number = centre.file().number
    with writing(centre.home.engine("vault")) as connection:
        centre.queue.checked(connection, number, "aoki")
        assert centre.queue.checked(connection, number, "aoki") == ("aoki",)
        assert centre.queue.checked(connection, number, "baba") == ("aoki", "baba")
