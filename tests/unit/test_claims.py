"""Who claims, and how long to wait after a failure."""

from hypothesis import given
from hypothesis import strategies as st

from shopguard.guard.claims import Claimant, backoff_s


def test_every_start_has_a_boot_id_of_its_own() -> None:
    first, second = Claimant("w", 60.0), Claimant("w", 60.0)
    assert first.name == second.name
    assert first.boot != second.boot
    assert len(first.boot) <= 40  # the column's length


@given(st.integers(0, 10_000))
def test_the_wait_doubles_up_to_an_hour_with_jitter_above_the_half(attempts: int) -> None:
    most = min(3600.0, 2.0 ** min(attempts, 12))
    assert most / 2 <= backoff_s(attempts) <= most


def test_orders_that_failed_together_do_not_come_back_together() -> None:
    assert len({backoff_s(5) for _ in range(20)}) > 10
