"""What the tests of Yeastar's client share."""

import pytest

from simulator.server import Simulator
from simulator.yeastar import Yeastar


@pytest.fixture
def pbx(simulator: Simulator) -> Yeastar:
    """Return the simulated PBX."""
    return simulator.yeastar
