"""For authors of adapters, ours or a stranger's: the contract as tests, and fakes for everything around it."""

from shopguard.testing.contract import AdapterContract
from shopguard.testing.fakes import FakePlatform, FixedClock, MemoryTokens
from shopguard.testing.write_back import SimulatedPlatform

__all__ = ["AdapterContract", "FakePlatform", "FixedClock", "MemoryTokens", "SimulatedPlatform"]
