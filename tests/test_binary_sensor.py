"""Whether anything is being recorded, and what is wrong with it."""

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.call_recorder.const import DOMAIN
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import Poll
from tests.helpers.states import value

pytestmark = pytest.mark.usefixtures("ten_oclock")

RECORDING = "binary_sensor.imagicle_recording"
NO_CHANNEL = "binary_sensor.imagicle_no_channel_available"
LINE_RECORDING = "binary_sensor.reception_recording"
PAUSE_FORGOTTEN = "binary_sensor.reception_pause_forgotten"


@pytest.fixture
def platforms() -> list[Platform]:
    """Return the platforms to set up."""
    return [Platform.BINARY_SENSOR]


@pytest.mark.usefixtures("all_enabled")
async def test_all_binary_sensors(
    hass: HomeAssistant,
    busy: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    """Every binary sensor is what it was, and shows what it should."""
    await snapshot_platform(hass, entity_registry, snapshot, busy.entry_id)


async def test_on_the_air(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """On while at least one recording is active, paused or not."""
    assert value(hass, RECORDING) == STATE_OFF
    first, second = office.connect("101"), office.connect("102")
    office.start_recording(first)
    await pass_time(31)
    assert value(hass, RECORDING) == STATE_ON
    office.pause(office.start_recording(second))
    office.hang_up(first)
    await pass_time(11)
    assert value(hass, RECORDING) == STATE_ON
    office.hang_up(second)
    await pass_time(11)
    assert value(hass, RECORDING) == STATE_OFF


async def test_a_line_on_the_air(
    hass: HomeAssistant,
    office: Office,
    busy: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """On while a call of this line is recorded, whatever the others do."""
    assert value(hass, LINE_RECORDING) == STATE_ON
    for call in [call for call in office.calls if call.line.number == "101"]:
        office.hang_up(call)
    await pass_time(11)
    assert value(hass, LINE_RECORDING) == STATE_OFF
    assert value(hass, RECORDING) == STATE_ON


async def test_no_channel(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    issue_registry: ir.IssueRegistry,
) -> None:
    """On from a start that was refused for want of a channel to one that was not.

    imagicle_start_recording: "503 Service Unavailable: The call cannot be recorded
    because all licensed channels are being used".
    """
    issue_id = f"no_channel_available_{imagicle.entry_id}"
    office.licensed_channels = 1
    office.connect("101")
    office.connect("102")
    assert value(hass, NO_CHANNEL) == STATE_OFF
    await _start(hass, "101")
    with pytest.raises(HomeAssistantError, match="channels"):
        await _start(hass, "102")
    await hass.async_block_till_done()
    assert value(hass, NO_CHANNEL) == STATE_ON
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None
    # Another reason does not mean that there are channels, nor does a poll.
    with pytest.raises(HomeAssistantError):
        await _start(hass, "103")
    await pass_time(31)
    assert value(hass, NO_CHANNEL) == STATE_ON
    office.licensed_channels = 2
    await _start(hass, "102")
    await hass.async_block_till_done()
    assert value(hass, NO_CHANNEL) == STATE_OFF
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


async def _start(hass: HomeAssistant, number: str) -> None:
    """Start a recording on a line."""
    await hass.services.async_call(
        DOMAIN, "start_recording", {"directory_number": number}, blocking=True
    )


@pytest.mark.usefixtures("all_enabled")
async def test_a_forgotten_pause(
    hass: HomeAssistant,
    office: Office,
    busy: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """On when a recording has been paused for more than five minutes, until it ends."""
    [recording] = [row for row in office.recordings if row.call.line.number == "101"]
    office.pause(recording)
    await pass_time(11)
    await pass_time(290)
    assert value(hass, PAUSE_FORGOTTEN) == STATE_OFF
    await pass_time(15)
    assert value(hass, PAUSE_FORGOTTEN) == STATE_ON
    office.resume(recording)
    await pass_time(11)
    assert value(hass, PAUSE_FORGOTTEN) == STATE_OFF
    # A pause that starts anew is counted anew.
    office.pause(recording)
    await pass_time(290)
    assert value(hass, PAUSE_FORGOTTEN) == STATE_OFF


async def test_an_outage_is_not_off(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """Nothing is reported as not recorded while that is not known."""
    simulator.imagicle.faults.add(Fault("empty_object"))
    await pass_time(31)
    await pass_time(31)
    assert value(hass, RECORDING) == STATE_UNAVAILABLE
