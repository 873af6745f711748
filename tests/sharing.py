"""How one run is shared out among its workers: what stands on one costly installation stays with one worker."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

_END_TO_END = PurePosixPath("tests/end_to_end")
_LONG = ("tests/end_to_end/office/", "tests/end_to_end/", "tests/integration/")


class ByInstallation(LoadScopeScheduling):  # type: ignore[misc]  # xdist tells nothing of its types
    """Hands out whole files, and of the walks from end to end whole folders: each founds an installation once."""

    def _split_scope(self, nodeid: str) -> str:
        return undivided(nodeid)


def undivided(nodeid: str) -> str:
    """The file, or the folder, whose tests one worker runs."""
    path = PurePosixPath(nodeid.partition("::")[0])
    return str(path.parent if path.parent.parent == _END_TO_END else path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByInstallation:
    config.option.loadscopereorder = False  # the order of the tests counts, not how many a file has
    return ByInstallation(config, log)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """None to start beside this process where all that is asked for would go to one worker."""
    named = {undivided(each) for each in config.args}
    return 0 if len(named) == 1 and all(name.endswith(".py") for name in named) else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left alone with it; inside that the order stays random.

    Of several tests under one id a worker runs one alone, and says nothing: so all those that schemathesis makes of
    one test, which get from pytest 9.1 an id without what tells them apart, are given it here.
    """
    for item in items:
        told_apart_by = item.name.partition("[")[2].removesuffix("]")
        if told_apart_by and item.id.params is None:
            item._id = item.id.with_params(told_apart_by)
    if len({item.nodeid for item in items}) < len(items):
        raise pytest.UsageError("several tests have one id: all but one of them would not run")
    items.sort(key=lambda item: _place(item.nodeid, _LONG))


def _place(nodeid: str, beginnings: Sequence[str]) -> int:
    return next((n for n, beginning in enumerate(beginnings) if nodeid.startswith(beginning)), len(beginnings))
