"""An office, its recorders on loopback, and Home Assistant in front of them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.call_recorder.const import DOMAIN
from homeassistant.core import HomeAssistant
from simulator.office import Office
from simulator.server import Simulator

type Poll = Callable[[float], Awaitable[None]]


@pytest.fixture(autouse=True)
def _enable_custom_integration(enable_custom_integrations: None) -> None:
    """Let Home Assistant find this integration."""


@pytest.fixture
def office() -> Office:
    """Return an office in which nobody is on the phone."""
    return Office(seed=1)


@pytest.fixture
async def simulator(office: Office, socket_enabled: None) -> AsyncGenerator[Simulator]:
    """Run the recorders' servers on loopback."""
    async with Simulator(office) as simulator:
        yield simulator


@pytest.fixture
def imagicle_data(simulator: Simulator) -> dict[str, Any]:
    """Return the data of an entry for the simulated Imagicle."""
    return {
        "recorder": "imagicle",
        "url": simulator.imagicle.url,
        "username": simulator.imagicle.username,
        "password": simulator.imagicle.password,
        "verify_ssl": True,
    }


@pytest.fixture
def imagicle_entry(
    hass: HomeAssistant, imagicle_data: dict[str, Any]
) -> MockConfigEntry:
    """Return an entry for the simulated Imagicle, not set up yet."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Imagicle",
        data=imagicle_data,
        unique_id=f"{imagicle_data['url']}|{imagicle_data['username']}",
        entry_id="01IMAGICLE",
    )
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def imagicle(
    hass: HomeAssistant, imagicle_entry: MockConfigEntry
) -> MockConfigEntry:
    """Return an entry for the simulated Imagicle that is set up."""
    assert await hass.config_entries.async_setup(imagicle_entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return imagicle_entry


@pytest.fixture
def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Poll:
    """Return a function that lets seconds pass, and what is due then happen."""

    async def pass_time(seconds: float) -> None:
        freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)

    return pass_time
