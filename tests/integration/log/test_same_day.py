"""A store out of another day than the others: it is noticed, nothing is served, and one command mends it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shopguard.crypto import Keyring
from shopguard.model import ScreeningState
from shopguard.registry.same_day import StoresApart
from tests.integration.log.backed_up import ENTRY, NEW, OTHER, PARTY, Registry

UNSCREENED = (ScreeningState.UNSCREENED, 0)
SECOND = replace(ENTRY, id="E-2", party=OTHER)


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry that listed E-1 when its backup was made, and lists E-2 since."""
    folder = tmp_path_factory.mktemp("two-days")
    Keyring.create(folder / "keys.json")
    made = Registry(folder)
    made.home.prepare()
    made.load(ENTRY)
    made.backup()
    made.load(SECOND)
    made.home.close()
    return folder


@pytest.fixture
def registry(tmp_path: Path, two_days: Path) -> Iterator[Registry]:
    shutil.copytree(two_days, tmp_path / "registry")
    made = Registry(tmp_path / "registry")
    yield made
    made.home.close()


def met(registry: Registry) -> tuple[bool, bool]:
    return registry.meets(PARTY), registry.meets(OTHER)


@pytest.mark.parametrize("restored", [("vault",), ("index",), ("vault", "keys"), ("index", "keys")])
def test_beside_another_days_vault_or_index_nothing_is_served(registry: Registry, restored: tuple[str, ...]) -> None:
    registry.restore(*restored)
    assert registry.asked(PARTY) == registry.asked(OTHER) == UNSCREENED
    with pytest.raises(StoresApart, match=r"shopguard registry reseal|shopguard registry erasures apply"):
        registry.start()


def test_beside_another_days_keys_nothing_is_served_until_what_has_none_is_erased(registry: Registry) -> None:
    registry.restore("keys")
    assert registry.asked(PARTY) == UNSCREENED
    with pytest.raises(StoresApart, match="shopguard registry erasures apply"):
        registry.start()
    registry.home.erasures.apply("aoki", None)
    assert met(registry) == (True, False)


@pytest.mark.parametrize(("restored", "served"), [("vault", (True, False)), ("index", (True, True))])
def test_sealing_anew_serves_what_the_vault_holds(
    registry: Registry, restored: str, served: tuple[bool, bool]
) -> None:
    registry.restore(restored)
    registry.mend()
    assert met(registry) == served
    registry.load(replace(ENTRY, id="E-3", party=NEW))
    registry.start()
    assert registry.meets(NEW)


def test_sealing_anew_leaves_no_row_of_the_other_day(registry: Registry) -> None:
    registry.restore("vault")
    before = registry.count("index", "sealed_row")
    registry.mend()
    assert registry.count("index", "sealed_row") == before // 2
    assert registry.count("index", "epoch", "WHERE state IN ('live', 'closing')") == 1


def test_sealing_anew_that_broke_off_leaves_the_stores_apart(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.restore("index")
    placing = registry.home.publisher.placing

    def crash() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(placing.changes, "agree", crash)
    with pytest.raises(KeyboardInterrupt):
        registry.mend()
    registry.home.close()
    registry.open()
    assert registry.asked(PARTY) == UNSCREENED
    registry.mend()
    assert met(registry) == (True, True)


def test_what_is_placed_meanwhile_does_not_bring_stores_together(registry: Registry) -> None:
    registry.restore("index")
    registry.load(replace(ENTRY, id="E-3", party=NEW))
    assert registry.asked(PARTY) == UNSCREENED


def test_an_index_from_before_an_epoch_was_closed_is_noticed(registry: Registry) -> None:
    registry.home.publisher.reseal()
    registry.backup("later")
    registry.home.publisher.close_epoch(1, force=True)
    registry.restore("index", name="later")
    assert registry.asked(PARTY) == UNSCREENED
    registry.mend()
    assert met(registry) == (True, True)


def test_all_stores_of_one_day_are_served_at_once(registry: Registry) -> None:
    registry.restore()
    registry.start()
    assert met(registry) == (True, False)


def test_a_registry_that_is_running_notices_within_a_minute(registry: Registry) -> None:
    now = [datetime.fromisoformat("2026-11-02T01:15:00+00:00")]
    clock: Callable[[], datetime] = lambda: now[0]  # noqa: E731
    registry.home.clock = clock
    assert met(registry) == (True, True)
    with registry.home.engine("index").begin() as connection:
        connection.exec_driver_sql("UPDATE change_mark SET mark = x'00'")
    assert met(registry) == (True, True)  # not looked at for each order
    now[0] += timedelta(seconds=60)
    assert registry.asked(PARTY) == UNSCREENED
