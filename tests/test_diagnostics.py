"""Diagnostics help to find a fault, and show nothing about people."""

from http import HTTPStatus

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import Poll
from tests.helpers.planted import CREDENTIALS, NAME, NUMBERS, TALKATIVE_FAULTS, found

pytestmark = pytest.mark.usefixtures("ten_oclock")


async def test_diagnostics(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    planted_recorder: MockConfigEntry,
    office: Office,
    pass_time: Poll,
    snapshot: SnapshotAssertion,
) -> None:
    """What there is to be known about a recorder that works."""
    office.pause(office.start_recording(office.connect("102", remote_name=None)))
    await pass_time(31)
    assert (
        await get_diagnostics_for_config_entry(hass, hass_client, planted_recorder)
        == snapshot
    )


@pytest.mark.parametrize(
    ("fault", "state", "reason"),
    [
        (Fault("status", status=502), "setup_retry", "cannot_connect"),
        (Fault("status", status=401), "setup_error", "invalid_auth"),
        (Fault("login_page"), "setup_retry", "unexpected_response"),
    ],
)
async def test_diagnostics_of_a_recorder_that_is_not_loaded(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    imagicle_entry: MockConfigEntry,
    simulator: Simulator,
    fault: Fault,
    state: str,
    reason: str,
) -> None:
    """Help is needed just when a recorder cannot be set up."""
    simulator.imagicle.faults.add(fault)
    await hass.config_entries.async_setup(imagicle_entry.entry_id)
    diagnostics = await get_diagnostics_for_config_entry(
        hass, hass_client, imagicle_entry
    )
    assert diagnostics == {
        "recorder": "imagicle",
        "state": state,
        "reason": reason,
        "verify_ssl": True,
        "options": [],
        "lines": 0,
        "issues": ["unencrypted"],
    }
    assert await hass.config_entries.async_unload(imagicle_entry.entry_id)
    diagnostics = await get_diagnostics_for_config_entry(
        hass, hass_client, imagicle_entry
    )
    assert diagnostics["state"] == "not_loaded"


async def test_diagnostics_of_an_outage(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    planted_recorder: MockConfigEntry,
    simulator: Simulator,
    pass_time: Poll,
) -> None:
    """Why a recorder cannot be read is shown by key and status."""
    simulator.imagicle.faults.add(Fault("status", status=502))
    await pass_time(31, times=3)
    diagnostics = await get_diagnostics_for_config_entry(
        hass, hass_client, planted_recorder
    )
    live = diagnostics["live"]
    assert isinstance(live, dict)
    assert live["last_update_success"] is False
    assert live["last_error"] == "cannot_connect: HTTP 502"
    assert isinstance(live["failures_in_a_row"], int)
    assert live["failures_in_a_row"] >= 2


@pytest.mark.parametrize(
    "fault",
    [None, *TALKATIVE_FAULTS],
    ids=lambda fault: fault and f"{fault.kind}-{fault.status}",
)
async def test_the_whole_dump_tells_nothing(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    planted_recorder: MockConfigEntry,
    simulator: Simulator,
    pass_time: Poll,
    fault: Fault | None,
) -> None:
    """Whatever went wrong last, the file that people attach to an issue is clean."""
    assert await async_setup_component(hass, "diagnostics", {})
    for laid in filter(None, [fault]):
        simulator.imagicle.faults.add(laid)
    await pass_time(31)
    await pass_time(31)
    client = await hass_client()
    response = await client.get(
        f"/api/diagnostics/config_entry/{planted_recorder.entry_id}"
    )
    assert response.status == HTTPStatus.OK
    dump = await response.text()
    assert '"recorder": "imagicle"' in dump
    assert found(dump, (*CREDENTIALS, *NUMBERS, NAME)) == []
    assert found(dump, [simulator.imagicle.url, "127.0.0.1"]) == []
