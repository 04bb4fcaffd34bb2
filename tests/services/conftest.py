"""What the tests of the actions need."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.const import DOMAIN
from homeassistant.core import HomeAssistant
from simulator.calls import Call, Recording
from simulator.imagicle import Imagicle
from simulator.imagicle.users import COMPLETE_MANAGEMENT, User
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.entries import set_up


@pytest.fixture
def recorder(simulator: Simulator, imagicle: MockConfigEntry) -> Imagicle:
    """Return the simulated Imagicle; its entry is set up."""
    return simulator.imagicle


@pytest.fixture
def call(office: Office) -> Call:
    """Return a connected call on line 101."""
    return office.connect("101", "+390551234567")


@pytest.fixture
def recording(office: Office, call: Call) -> Recording:
    """Return an active recording on line 101."""
    return office.start_recording(call)


@pytest.fixture
async def second(
    hass: HomeAssistant, recorder: Imagicle, imagicle: MockConfigEntry
) -> MockConfigEntry:
    """Return a second entry that is set up, for another user of the recorder."""
    recorder.users.append(User("second", "Imagicle-10b", COMPLETE_MANAGEMENT))
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Second",
        data={**imagicle.data, "username": "second", "password": "Imagicle-10b"},
        unique_id=f"{recorder.url}|second",
    )
    entry.add_to_hass(hass)
    await set_up(hass, entry)
    return entry
