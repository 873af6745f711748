"""A central registry with its office, and three member shops, all as real processes."""

from collections.abc import Iterator

import pytest

from .association import Association
from .wire import Reporter


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Association]:
    """One that does not run, to be copied."""
    made = Association(tmp_path_factory.mktemp("founded"))
    made.furnish()
    yield made
    made.commands.close()


@pytest.fixture(scope="module")
def running(founded: Association, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Association]:
    """One of a file's own: its clock may be moved, its processes killed."""
    made = founded.copied(tmp_path_factory.mktemp("running"))
    made.serve()
    yield made
    made.close()


@pytest.fixture(scope="session")
def shared(founded: Association, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Association]:
    """One that runs for all tests that leave clock and processes alone; each takes a person of its own."""
    made = founded.copied(tmp_path_factory.mktemp("shared"))
    made.serve()
    yield made
    made.close()


@pytest.fixture
def reporter(shared: Association) -> Reporter:
    """A member of the shared one that speaks HTTP itself."""
    return Reporter(shared.wired())
