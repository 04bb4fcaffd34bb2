"""System health shows how many recorders there are, and how many answer."""

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)

from custom_components.call_recorder.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.faults import Fault
from simulator.server import Simulator
from tests.helpers.clock import Poll


@pytest.fixture(autouse=True)
async def _system_health(hass: HomeAssistant) -> None:
    """Set up the system health page."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()


async def _info(hass: HomeAssistant) -> tuple[int, int]:
    """Return how many recorders there are, and how many of them answer."""
    info = await get_system_health_info(hass, DOMAIN)
    assert info.keys() == {"recorders", "reachable_recorders"}
    return info["recorders"], info["reachable_recorders"]


async def test_without_recorders(hass: HomeAssistant) -> None:
    """No recorder is set up."""
    assert await async_setup_component(hass, DOMAIN, {})
    assert await _info(hass) == (0, 0)


async def test_recorders(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    bandwidth: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """One of two recorders is out of reach, and comes back. No recorder is asked for this."""
    assert await _info(hass) == (2, 2)
    simulator.imagicle.faults.add(Fault("drop"))
    await pass_time(31)
    await pass_time(31)
    asked = len(simulator.imagicle.requests)
    assert await _info(hass) == (2, 1)
    assert len(simulator.imagicle.requests) == asked
    simulator.imagicle.faults.clear()
    await pass_time(301)
    assert await _info(hass) == (2, 2)


async def test_a_recorder_that_is_not_loaded(
    hass: HomeAssistant, simulator: Simulator, imagicle_entry: MockConfigEntry
) -> None:
    """A recorder that could not be set up is one that does not answer."""
    simulator.imagicle.faults.add(Fault("status", status=500))
    await hass.config_entries.async_setup(imagicle_entry.entry_id)
    assert await _info(hass) == (1, 0)
