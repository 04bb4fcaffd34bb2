"""Lines are added, changed and removed by the UI."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.api import client_class
from custom_components.call_recorder.api.client import Capability
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator.office import Office
from tests.helpers.clock import Poll, settle
from tests.helpers.entries import make_entry, set_up_recorder
from tests.helpers.states import value

EXPECTED_NOTHING = {"must_be_recorded": False, "auto_start": False}


async def open_form(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Open the form that adds a line."""
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "line"), context={"source": SOURCE_USER}
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "user"
    return form


async def fill_in(hass: HomeAssistant, form: Any, **fields: Any) -> Any:
    """Send a form, and let the recorder be reloaded."""
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"], {**EXPECTED_NOTHING, **fields}
    )
    await settle(hass)
    return result


async def test_add_a_line(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """The line is there at once, with what was typed and no blanks around it."""
    form = await open_form(hass, imagicle)
    result = await fill_in(
        hass, form, name="Reception", directory_number=" 101 ", device_name=" "
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = imagicle.subentries.values()
    assert subentry.title == "Reception"
    assert subentry.data == {"directory_number": "101", **EXPECTED_NOTHING}
    assert value(hass, "sensor.reception_recording_state") == "idle"
    office.start_recording(office.connect("101"))
    await pass_time(31)
    assert value(hass, "sensor.reception_recording_state") == "recording"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "line_not_specified"),
        ({"device_name": "  "}, "line_not_specified"),
        ({"directory_number": "101"}, "line_already_configured"),
        ({"directory_number": "1-01"}, "line_already_configured"),
        ({"directory_number": "\uff11\uff10\uff11"}, "line_already_configured"),
        ({"directory_number": "103, 104"}, "several_numbers"),
        ({"directory_number": "103;+15550104"}, "several_numbers"),
    ],
)
async def test_a_line_that_cannot_be(
    hass: HomeAssistant,
    imagicle_data: dict[str, Any],
    fields: dict[str, str],
    error: str,
) -> None:
    """The form says what is wrong, and takes the next try."""
    entry = await set_up_recorder(
        hass, imagicle_data, lines={"Known": {"directory_number": "101"}}
    )
    form = await open_form(hass, entry)
    result = await fill_in(hass, form, name="New", **fields)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}
    result = await fill_in(hass, form, name="New", username="user1")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(entry.subentries) == 2


@pytest.mark.parametrize("wish", ["must_be_recorded", "auto_start"])
async def test_a_recorder_that_reports_no_calls(
    hass: HomeAssistant, recorder_data: dict[str, Any], wish: str
) -> None:
    """Where only an entity can show calls, one has to be given."""
    form = await open_form(hass, make_entry(hass, recorder_data))
    typed = {"name": "Reception", "directory_number": "101", wish: True}
    result = await fill_in(hass, form, **typed)
    recorder = client_class(recorder_data["recorder"])
    if Capability.ACTIVE_CALLS in recorder.capabilities:
        assert result["type"] is FlowResultType.CREATE_ENTRY
        return
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": "busy_entity_required"}
    result = await fill_in(hass, form, **typed, busy_entity_id="sensor.phone")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_users_seen_are_offered(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """The recorder's own user names, seen in live recordings, can be chosen."""
    office.start_recording(office.connect("103"))
    await pass_time(31)
    form = await open_form(hass, imagicle)
    selector = form["data_schema"].schema["username"]
    assert selector.config["options"] == [office.line("103").username]
    assert selector.config["custom_value"] is True


async def test_a_recorder_that_is_not_loaded(
    hass: HomeAssistant, imagicle: MockConfigEntry
) -> None:
    """A line can be added while the recorder is away."""
    assert await hass.config_entries.async_unload(imagicle.entry_id)
    form = await open_form(hass, imagicle)
    result = await fill_in(hass, form, name="Reception", directory_number="101")
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("recorder_name", ["bandwidth", "yeastar"])
async def test_fields_of_the_other_recorders(
    hass: HomeAssistant, recorder_data: dict[str, Any]
) -> None:
    """They know a line by its number only."""
    form = await open_form(hass, make_entry(hass, recorder_data))
    assert set(form["data_schema"].schema) == {
        "name",
        "directory_number",
        "must_be_recorded",
        "busy_entity_id",
        "auto_start",
    }


async def test_change_a_line(
    hass: HomeAssistant,
    office: Office,
    imagicle_data: dict[str, Any],
    entity_registry: er.EntityRegistry,
    pass_time: Poll,
) -> None:
    """The line keeps its device and entities, and watches what it is to watch now."""
    entry = await set_up_recorder(
        hass,
        imagicle_data,
        lines={"Reception": {"directory_number": "101", **EXPECTED_NOTHING}},
    )
    before = entity_registry.async_get("sensor.reception_recording_state")
    (subentry_id,) = entry.subentries
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "line"),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id},
    )
    assert form["step_id"] == "reconfigure"
    result = await fill_in(hass, form, name="Desk", directory_number="102")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert entry.subentries[subentry_id].title == "Desk"
    after = entity_registry.async_get("sensor.reception_recording_state")
    assert before is not None
    assert after is not None
    assert after.unique_id == before.unique_id
    office.start_recording(office.connect("102"))
    await pass_time(31)
    assert value(hass, "sensor.reception_recording_state") == "recording"


async def test_change_a_line_into_itself(
    hass: HomeAssistant, imagicle_data: dict[str, Any]
) -> None:
    """A line is no duplicate of itself."""
    entry = await set_up_recorder(
        hass,
        imagicle_data,
        lines={"Reception": {"directory_number": "101", **EXPECTED_NOTHING}},
    )
    (subentry_id,) = entry.subentries
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "line"),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id},
    )
    result = await fill_in(hass, form, name="Reception", directory_number="101")
    assert result["reason"] == "reconfigure_successful"


async def test_remove_a_line(
    hass: HomeAssistant,
    imagicle_data: dict[str, Any],
    device_registry: dr.DeviceRegistry,
) -> None:
    """Nothing is left of a removed line."""
    entry = await set_up_recorder(
        hass,
        imagicle_data,
        lines={"Reception": {"directory_number": "101", **EXPECTED_NOTHING}},
    )
    (subentry_id,) = entry.subentries
    assert hass.config_entries.async_remove_subentry(entry, subentry_id)
    await settle(hass)
    assert hass.states.get("sensor.reception_recording_state") is None
    devices = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    assert [device.name for device in devices] == ["Imagicle"]
