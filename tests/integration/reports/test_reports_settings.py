"""What the settings ask of reports reaches whoever judges them."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest

from shopguard.bootstrap import Installation
from shopguard.config import Config, RegistrySettings, ReportingSettings
from shopguard.config.periods import Periods
from shopguard.crypto import Keyring
from shopguard.registry.home import RegistryHome
from shopguard.registry.reports.reading import read_content
from shopguard.registry.reports.wording import FaultCode
from tests.integration.reports.conftest import NOW, SHOP, UNPAID, Registry

USUAL = RegistrySettings(name="example")
STRICT = RegistrySettings(
    name="example",
    reporting=ReportingSettings(due_days=180, reminders=3, floor=Decimal(50_000)),
    periods=Periods(unpaid_years=1),
)
RULES = {FaultCode.NOT_DUE, FaultCode.TOO_FEW_REMINDERS, FaultCode.BELOW_FLOOR, FaultCode.TOO_OLD}


@pytest.fixture(params=[USUAL, STRICT], ids=["usual", "strict"])
def home(request: pytest.FixtureRequest, registry: Registry) -> Iterator[RegistryHome]:
    folder = registry.home.data_dir
    installation = Installation(Config(registry=request.param), Keyring.load(folder / "keys.json"), folder, {})
    installation.home.clock = lambda: NOW
    yield installation.home
    installation.close()


def codes(home: RegistryHome, **told: object) -> set[FaultCode]:
    """Which of the rules that settings change a report breaks."""
    content = read_content(msgspec.json.encode({**UNPAID, **told}))
    return {fault.code for fault in home.reports.draft(SHOP, content).faults} & RULES


def test_settings_say_what_is_asked_of_a_report(home: RegistryHome, request: pytest.FixtureRequest) -> None:
    is_strict = "strict" in request.node.name

    assert codes(home) == (RULES - {FaultCode.TOO_OLD} if is_strict else set())


def test_settings_say_which_case_is_too_old(home: RegistryHome, request: pytest.FixtureRequest) -> None:
    long_ago = {"ordered_on": "2025-06-01", "shipped_on": "2025-06-02", "delivered_on": "2025-06-03"}
    found = codes(home, **long_ago, due_on="2025-07-01")

    assert (FaultCode.TOO_OLD in found) == ("strict" in request.node.name)
