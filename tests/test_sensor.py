"""The sensors show what the recorder says."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from simulator.office import Office

from .conftest import Poll


async def test_recordings_come_and_go(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """A recording is counted while it runs."""
    assert hass.states.get("sensor.imagicle_active_recordings").state == "0"
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(31)
    assert hass.states.get("sensor.imagicle_active_recordings").state == "1"
    assert hass.states.get("sensor.imagicle_longest_active_duration").state == "31"
    assert hass.states.get("binary_sensor.imagicle_recording").state == "on"
    office.hang_up(call)
    await pass_time(31)
    assert hass.states.get("sensor.imagicle_active_recordings").state == "0"
