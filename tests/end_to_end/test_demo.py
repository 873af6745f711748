"""What a newcomer sees: ``shopguard demo`` as a process, its shop over HTTP, a release from the command line."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..running_demo import Demo, running_demo
from ..waiting import until


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with running_demo(tmp_path) as demo:
        yield demo
    assert not _members_of(demo.session), "a process outlived the demo"


@pytest.mark.timeout(240)
def test_a_listed_buyer_is_held_and_released_and_an_ordinary_one_untouched(demo: Demo) -> None:
    ours = until(lambda: _our_notes(demo.orders().get("1002")), "our note on the listed buyer's order")
    held = demo.orders()["1002"]
    assert held["status"] == "on-hold"
    assert len(ours) == 1
    assert re.fullmatch(r"ShopGuard: 要確認（[^）]*一致、\d+件、直近\d{4}年\d{1,2}月）", ours[0])
    assert held["buyer"] not in ours[0]

    ordinary = demo.orders()["1001"]
    assert ordinary["status"] == "processing"
    assert not _our_notes(ordinary)

    assert "1002" in demo.shopguard("reviews")
    demo.shopguard("release", "1002")
    released = until(lambda: (o := demo.orders()["1002"])["status"] == "processing" and o, "the earlier status")
    assert "1002" not in demo.shopguard("reviews")
    assert any(note == "ShopGuard: 確認済み" for note in released["notes"])


def _our_notes(order: dict[str, Any] | None) -> list[str]:
    return [note for note in order["notes"] if "ShopGuard" in note] if order else []


def _members_of(session: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,sess=,stat="], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listed.splitlines())
    return [int(pid) for pid, sess, state in rows if int(sess) == session and not state.startswith("Z")]
