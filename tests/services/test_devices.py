"""Actions take a device: a line, or a recorder."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.actions import call_action, refusal
from tests.helpers.clock import Poll
from tests.helpers.entries import set_up_recorder


@pytest.fixture
async def devices(
    hass: HomeAssistant,
    office: Office,
    imagicle_data: dict[str, Any],
    yeastar_data: dict[str, Any],
    device_registry: dr.DeviceRegistry,
) -> dict[str, str]:
    """Return the ids of all devices by their names: two recorders with lines."""
    await set_up_recorder(
        hass,
        imagicle_data,
        lines={
            "Reception": {"directory_number": "101"},
            "Boss": {"username": office.line("102").username},
            "Door": {"device_name": office.line("103").device_name},
        },
    )
    await set_up_recorder(
        hass, yeastar_data, lines={"Sales": {"directory_number": "104"}}
    )
    return {
        str(device.name): device.id
        for entry_id in ("01IMAGICLE", "01YEASTAR")
        for device in dr.async_entries_for_config_entry(device_registry, entry_id)
    }


async def test_a_line_is_recorded(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    devices: dict[str, str],
    pass_time: Poll,
) -> None:
    """A line's device stands for its recorder and for its address."""
    office.connect("101")
    office.connect("103")
    for name in ("Reception", "Door"):
        device = {"device_id": devices[name]}
        started = await call_action(hass, "start_recording", **device)
        assert started["result"] == "started"
        (active,) = (await call_action(hass, "get_active_recordings", **device))[
            "recordings"
        ]
        assert active["id"] == started["recording_id"]
        for action in ("pause_recording", "resume_recording", "stop_recording"):
            answer = await call_action(hass, action, **device)
            assert answer["recording_id"] == started["recording_id"]


async def test_a_line_that_is_given_by_its_user(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    devices: dict[str, str],
    pass_time: Poll,
) -> None:
    """Commands about it go to what is known to be recorded on it."""
    boss = {"device_id": devices["Boss"]}
    error = await refusal(hass, "stop_recording", **boss)
    assert error.translation_key == "not_active_recording"
    error = await refusal(hass, "start_recording", **boss)
    assert error.translation_key == "line_not_specified"
    recording = office.start_recording(office.connect("102"))
    await pass_time(31)
    answer = await call_action(hass, "pause_recording", **boss)
    assert answer["recording_id"] == simulator.imagicle.id_of(recording)
    assert recording.is_paused


async def test_the_archive_of_a_line(
    hass: HomeAssistant,
    office: Office,
    devices: dict[str, str],
    freezer: FrozenDateTimeFactory,
) -> None:
    """Only its own recordings are found, not those of a number that ends like it."""
    office.line("105").number = "2101"
    for number in ("101", "102", "2101", "103"):
        call = office.connect(number)
        office.start_recording(call)
        freezer.tick(timedelta(seconds=5))
        office.hang_up(call)
    for name, number in (("Reception", "101"), ("Boss", "102")):
        found = await call_action(hass, "get_recordings", device_id=devices[name])
        assert [rec["local_number"] for rec in found["recordings"]] == [number]
    found = await call_action(hass, "get_recordings", device_id=devices["Imagicle"])
    assert found["total"] == 4
    error = await refusal(hass, "get_recordings", device_id=devices["Door"])
    assert error.translation_key == "not_supported"
    (recording,) = (
        await call_action(hass, "get_recordings", device_id=devices["Reception"])
    )["recordings"]
    same = await call_action(
        hass,
        "get_recording",
        device_id=devices["Reception"],
        recording_id=recording["id"],
    )
    assert same["id"] == recording["id"]


async def test_a_device_that_is_something_else(
    hass: HomeAssistant, devices: dict[str, str], device_registry: dr.DeviceRegistry
) -> None:
    """Another device, or one of another recorder than the named one, is refused."""
    other = MockConfigEntry(domain="lamp")
    other.add_to_hass(hass)
    lamp = device_registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("lamp", "1")}
    )
    for data in (
        {"device_id": "nonsense"},
        {"device_id": lamp.id},
        {"device_id": devices["Sales"], "config_entry_id": "01IMAGICLE"},
    ):
        error = await refusal(hass, "get_active_recordings", **data)
        assert isinstance(error, ServiceValidationError)
        assert error.translation_key == "device_not_found"
    answer = await call_action(
        hass,
        "get_active_recordings",
        device_id=devices["Sales"],
        config_entry_id="01YEASTAR",
    )
    assert answer == {"recordings": []}


@pytest.mark.parametrize(
    "data",
    [
        {"start": "0001-01-01 00:00:00"},
        {"end": "9999-12-31 23:59:59"},
        {"start": "9999-12-31T23:59:59-12:00"},
        {"start": "0001-01-01T00:00:00+14:00", "limit": 500.0},
    ],
)
async def test_times_at_the_end_of_the_calendar(
    hass: HomeAssistant, devices: dict[str, str], data: dict[str, Any]
) -> None:
    """They mean everything, or nothing, and overflow nowhere."""
    for name in ("Imagicle", "Yeastar"):
        found = await call_action(
            hass, "get_recordings", device_id=devices[name], **data
        )
        assert found["recordings"] == []
