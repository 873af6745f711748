"""Receiver and worker killed with -9 under load: nothing is lost, nothing is done twice. bench/crash.py at length."""

import importlib.util
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).parents[2] / "bench" / "crash.py"


@pytest.mark.timeout(300)
def test_kills_cost_no_order_and_repeat_no_effect(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("crash", _SCRIPT)
    assert spec and spec.loader
    crash = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(crash)

    outcome = crash.storm(tmp_path / "crash", kills=3, orders_per_s=10, seed=7)

    assert outcome.kills == {"receiver": 3, "worker": 3}
    assert outcome.held > 0
    assert (outcome.unjudged, outcome.unfinished, outcome.repeated, outcome.missing) == (0, 0, 0, 0)
