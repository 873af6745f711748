"""Parts of the registry that are away: one clear refusal each, and answers again when they are back."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from structlog.testing import LogCapture

from shopguard.errors import StoreUnavailable
from shopguard.identity import Token
from shopguard.registry.epochs import EpochState
from shopguard.registry.index import Index
from shopguard.registry.messages import (
    CENTRE,
    LOOKUPS,
    ME,
)
from shopguard.registry.prf.client import PrfClient
from shopguard.registry.prf.function import Evaluated, KeyedFunction, MemberStanding
from shopguard.registry.prf.server import PrfServer
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import SignedRequest

if TYPE_CHECKING:
    from tests.integration.lookup.conftest import Centre

PHONE, EMAIL = Token(1, 1, 1, "+819000001111"), Token(1, 2, 2, "taro@example.jp")


class Away:
    """A keyed function that cannot be reached, or fails in a way that nobody thought of."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    registry_id = "example"

    def evaluate(self, request: SignedRequest, epochs: Sequence[int]) -> Evaluated:
        raise self._error

    def authenticate(self, request: SignedRequest) -> MemberStanding:
        raise self._error

    def administer(self, request: SignedRequest) -> bytes:
        raise self._error


@pytest.mark.parametrize(
    "error", [Refused(Refusal.UNAVAILABLE, "the keyed function is away", 2.0), RuntimeError(PHONE.value)]
)
def test_a_keyed_function_that_dies_between_two_batches_is_one_clear_refusal(
    centre: "Centre", log: LogCapture, error: Exception
) -> None:
    centre.add("E-1", PHONE, EMAIL)
    assert centre.handles(PHONE, EMAIL) == ["E-1"]
    alive, away = centre.prf, Away(error)
    _: KeyedFunction = away
    centre.serve(prf=away)
    for request in (centre.request("POST", LOOKUPS, centre.batch(PHONE)), centre.request("GET", ME)):
        refusal = centre.refusal(request)
        assert refusal.code == Refusal.UNAVAILABLE
        assert refusal.retry_after_s is not None
        assert PHONE.value not in refusal.message
    assert PHONE.value not in repr(log.entries)
    centre.serve(prf=alive)
    assert centre.handles(PHONE, EMAIL) == ["E-1"]


def test_a_process_of_the_keyed_function_that_is_replaced_is_asked_again(centre: "Centre", tmp_path: Path) -> None:
    centre.add("E-1", PHONE, EMAIL)
    path = tmp_path / "prf.sock"
    client = PrfClient(path)
    first = PrfServer(centre.prf, path)
    centre.serve(prf=client)
    assert centre.handles(PHONE, EMAIL) == ["E-1"]
    first.close()
    refusal = centre.refused(PHONE, EMAIL)
    assert (refusal.code, refusal.retry_after_s) == (Refusal.UNAVAILABLE, 5.0)
    second = PrfServer(centre.prf, path)
    assert centre.handles(PHONE, EMAIL) == ["E-1"]
    client.close()
    second.close()


@pytest.mark.parametrize("part", ["epochs", "find", "fulls", "blocked"])
@pytest.mark.parametrize(
    "error", [StoreUnavailable("the database cannot be used now"), ValueError("taro@example.jp")]
)
def test_a_store_that_is_away_is_one_clear_refusal(
    centre: "Centre", log: LogCapture, part: str, error: Exception
) -> None:
    centre.add("E-1", PHONE, EMAIL)

    def fail(*_: object) -> None:
        raise error

    centre.index = Index(centre.index_engine)
    setattr(centre.index, part, fail)
    centre.serve()
    refusal = centre.refused(PHONE, EMAIL)
    assert (refusal.code, refusal.retry_after_s) == (Refusal.UNAVAILABLE, 5.0)
    assert "taro" not in refusal.message + repr(log.entries)


def test_a_registry_without_an_epoch_says_so(centre: "Centre") -> None:
    centre.epoch(1, EpochState.PREPARING)
    centre.pass_time(1)
    assert centre.refusal(centre.request("GET", CENTRE)).code == Refusal.UNAVAILABLE
    assert centre.refused(PHONE).code == Refusal.PROFILE
