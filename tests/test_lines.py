"""Lines: whose recording is whose, and what that costs."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.const import DOMAIN
from homeassistant.const import STATE_UNAVAILABLE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import Poll
from tests.helpers.entries import set_up_recorder
from tests.helpers.states import value


@pytest.fixture
async def lines(
    hass: HomeAssistant, office: Office, imagicle_data: dict[str, Any]
) -> MockConfigEntry:
    """Return an Imagicle with two lines: one given by number, one by its user."""
    return await set_up_recorder(
        hass,
        imagicle_data,
        lines={
            "Reception": {"directory_number": "101"},
            "Sales": {"username": office.line("102").username},
        },
    )


async def test_a_line_is_a_device_behind_the_recorder(
    hass: HomeAssistant, lines: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    """Each line has a device of its own, with the recorder before it."""
    devices = dr.async_entries_for_config_entry(device_registry, lines.entry_id)
    names = {device.name: device for device in devices}
    assert names.keys() == {"Imagicle", "Reception", "Sales"}
    assert names["Reception"].via_device_id == names["Imagicle"].id
    assert names["Sales"].via_device_id == names["Imagicle"].id


async def test_what_is_seen_at_first(
    hass: HomeAssistant,
    imagicle_data: dict[str, Any],
    entity_registry: er.EntityRegistry,
) -> None:
    """A line has few entities at first, so that twenty lines can be looked over."""
    entry = await set_up_recorder(
        hass,
        imagicle_data,
        lines={"Reception": {"directory_number": "101", "must_be_recorded": True}},
    )
    entities = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    of_line = {
        (entity.domain, entity.translation_key)
        for entity in entities
        if entity.config_subentry_id and not entity.disabled
    }
    assert of_line == {
        ("binary_sensor", "recording"),
        ("binary_sensor", "not_recorded"),
        ("button", "start_recording"),
        ("event", "recording"),
        ("sensor", "state"),
        ("sensor", "active_duration"),
        ("switch", "recording"),
    }
    disabled = {entity.translation_key for entity in entities if entity.disabled}
    assert disabled == {"active_start", "pause_forgotten"}
    diagnostic = {
        entity.translation_key
        for entity in entities
        if entity.entity_category is EntityCategory.DIAGNOSTIC
    }
    assert diagnostic == {"archived_recordings", "no_channel_available"}


async def test_a_recording_belongs_to_its_line_only(
    hass: HomeAssistant, office: Office, lines: MockConfigEntry, pass_time: Poll
) -> None:
    """The line of a recording is recorded, the others are idle."""
    office.start_recording(office.connect("101"))
    await pass_time(31)
    assert value(hass, "sensor.reception_recording_state") == "recording"
    assert value(hass, "sensor.reception_active_duration") == "31"
    assert value(hass, "binary_sensor.reception_recording") == "on"
    assert value(hass, "switch.reception_record_call") == "on"
    assert value(hass, "sensor.sales_recording_state") == "idle"
    assert value(hass, "sensor.sales_active_duration") == "0"
    assert value(hass, "binary_sensor.sales_recording") == "off"


async def test_two_calls_on_one_line(
    hass: HomeAssistant, office: Office, lines: MockConfigEntry, pass_time: Poll
) -> None:
    """Two calls are two recordings; the first one's end is not the line's end."""
    first, second = office.connect("101"), office.connect("101")
    office.start_recording(first)
    await pass_time(31)
    office.start_recording(second)
    await pass_time(11)
    assert value(hass, "sensor.reception_active_duration") == "42"
    office.hang_up(first)
    await pass_time(11)
    assert value(hass, "sensor.reception_recording_state") == "recording"
    assert value(hass, "sensor.reception_active_duration") == "22"
    office.hang_up(second)
    await pass_time(11)
    assert value(hass, "sensor.reception_recording_state") == "idle"


async def test_a_line_is_paused_when_all_its_recordings_are(
    hass: HomeAssistant, office: Office, lines: MockConfigEntry, pass_time: Poll
) -> None:
    """A line's state is recording when any runs, paused when all are paused."""
    first = office.start_recording(office.connect("101"))
    second = office.start_recording(office.connect("101"))
    office.pause(first)
    await pass_time(31)
    assert value(hass, "sensor.reception_recording_state") == "recording"
    office.pause(second)
    await pass_time(11)
    assert value(hass, "sensor.reception_recording_state") == "paused"
    office.resume(first)
    await pass_time(11)
    assert value(hass, "sensor.reception_recording_state") == "recording"


async def test_an_idle_poll_is_one_request_for_200_lines(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle_data: dict[str, Any],
    pass_time: Poll,
) -> None:
    """Attribution costs nothing when nothing happens."""
    many = {
        f"Line {number}": {"directory_number": str(number)} for number in range(200)
    }
    await set_up_recorder(hass, imagicle_data, lines=many)
    simulator.imagicle.requests.clear()
    await pass_time(31, times=4)
    live = [
        request
        for request in simulator.imagicle.requests
        if request.path.endswith("/LiveRecordings")
    ]
    assert len(live) == 4


async def test_only_a_new_recording_is_asked_about(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    lines: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """A line given by its user is never asked for; the other one once per recording."""
    office.start_recording(office.connect("101"))
    simulator.imagicle.requests.clear()
    await pass_time(31, times=4)
    filtered = [dict(request.query) for request in simulator.imagicle.requests]
    assert [query for query in filtered if "directoryNumber" in query] == [
        {"directoryNumber": "101"}
    ]
    assert not [query for query in filtered if "username" in query]


async def test_a_user_seen_before_is_tried_on_his_line_first(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle_data: dict[str, Any],
    pass_time: Poll,
) -> None:
    """With many lines, the second recording of a user costs one request."""
    many = {
        f"Line {line.number}": {"device_name": line.device_name}
        for line in office.lines
    }
    await set_up_recorder(hass, imagicle_data, lines=many)
    last = office.lines[-1]
    call = office.connect(last.number)
    office.start_recording(call)
    await pass_time(31)
    office.hang_up(call)
    await pass_time(31)
    simulator.imagicle.requests.clear()
    office.start_recording(office.connect(last.number))
    await pass_time(31)
    asked = [
        request.query["deviceName"]
        for request in simulator.imagicle.requests
        if "deviceName" in request.query
    ]
    assert asked[0] == last.device_name
    assert len(asked) <= 4
    assert value(hass, f"sensor.line_{last.number}_recording_state") == "recording"


async def test_a_recorder_that_fails_at_telling_the_line(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    lines: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """The recording counts at once, and for its line when that is reported."""
    office.start_recording(office.connect("101"))
    simulator.imagicle.faults.add(Fault("drop", query="directoryNumber"))
    await pass_time(31)
    assert value(hass, "sensor.imagicle_active_recordings") == "1"
    assert value(hass, "sensor.reception_recording_state") == "idle"
    simulator.imagicle.faults.clear()
    await pass_time(11)
    assert value(hass, "sensor.reception_recording_state") == "recording"
    event = hass.states.get("event.reception_recording_events")
    assert event is not None
    assert event.attributes["event_type"] == "started"


@pytest.mark.parametrize("decorate", ["{}", "\u202a{}\u202c", "tel:{}"])
async def test_a_number_may_be_written_as_people_do(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    recorder_name: str,
    recorder_data: dict[str, Any],
    pass_time: Poll,
    decorate: str,
) -> None:
    """What is between the digits, or was pasted along with them, makes no other line."""
    recorder = simulator.recorders[recorder_name]
    number = recorder.directory_number(office.line("101"))
    typed = decorate.format(f"{number[:-2]}-{number[-2:]}")
    await set_up_recorder(
        hass, recorder_data, lines={"Reception": {"directory_number": typed}}
    )
    office.start_recording(office.connect("101"))
    await pass_time(61)
    assert value(hass, "sensor.reception_recording_state") == "recording"
    await hass.services.async_call(
        DOMAIN,
        "stop_recording" if recorder_name != "yeastar" else "pause_recording",
        {"directory_number": typed},
        blocking=True,
    )


async def test_an_internal_call_is_on_two_lines(
    hass: HomeAssistant,
    office: Office,
    yeastar_data: dict[str, Any],
    device_registry: dr.DeviceRegistry,
    pass_time: Poll,
) -> None:
    """Both the caller and the called extension are in the call that is recorded."""
    entry = await set_up_recorder(
        hass,
        yeastar_data,
        lines={
            "Caller": {"directory_number": "101"},
            "Called": {"directory_number": "102"},
        },
    )
    office.connect("101", remote="102", direction="internal", traffic_type="internal")
    await pass_time(61)
    assert value(hass, "sensor.yeastar_active_recordings") == "1"
    assert value(hass, "sensor.caller_recording_state") == "recording"
    assert value(hass, "sensor.called_recording_state") == "recording"
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, entry.entry_id), entry.entry_id
    )
    assert device is not None
    # Read after the set-up, and shown when there is something to show.
    assert device.sw_version is not None


async def test_lines_become_unavailable_and_recover(
    hass: HomeAssistant, simulator: Simulator, lines: MockConfigEntry, pass_time: Poll
) -> None:
    """An outage makes a line unavailable, never idle."""
    await simulator.imagicle.stop()
    await pass_time(31)
    await pass_time(31)
    assert value(hass, "sensor.reception_recording_state") == STATE_UNAVAILABLE
    await simulator.imagicle.start()
    await pass_time(301)
    assert value(hass, "sensor.reception_recording_state") == "idle"


async def test_start_button(
    hass: HomeAssistant, office: Office, lines: MockConfigEntry, pass_time: Poll
) -> None:
    """The button records the connected call, or shows why it cannot."""
    button = {"entity_id": "button.reception_start_recording"}
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call("button", "press", button, blocking=True)
    assert refused.value.translation_key == "no_connected_call"
    office.connect("101")
    await hass.services.async_call("button", "press", button, blocking=True)
    await pass_time(1)
    assert value(hass, "sensor.reception_recording_state") == "recording"


async def test_switch(
    hass: HomeAssistant, office: Office, lines: MockConfigEntry, pass_time: Poll
) -> None:
    """The switch starts and stops; starting twice is no error, stopping nothing is."""
    switch = {"entity_id": "switch.reception_record_call"}
    office.connect("101")
    for _ in range(2):
        await hass.services.async_call("switch", "turn_on", switch, blocking=True)
        await pass_time(2)
    assert value(hass, "switch.reception_record_call") == "on"
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    await pass_time(2)
    assert value(hass, "switch.reception_record_call") == "off"
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    assert refused.value.translation_key == "not_active_recording"


async def test_no_button_for_a_line_that_no_order_can_name(
    hass: HomeAssistant, lines: MockConfigEntry
) -> None:
    """Imagicle starts devices and numbers, not users."""
    assert hass.states.get("button.sales_start_recording") is None
    assert hass.states.get("switch.sales_record_call") is None


async def test_no_channel_available(
    hass: HomeAssistant,
    office: Office,
    lines: MockConfigEntry,
    pass_time: Poll,
    issue_registry: Any,
) -> None:
    """A refusal, "all licensed channels are being used", stands until a success."""
    office.licensed_channels = 0
    office.connect("101")
    call = {"directory_number": "101"}
    assert value(hass, "binary_sensor.imagicle_no_channel_available") == "off"
    with pytest.raises(HomeAssistantError) as refused:
        await hass.services.async_call(DOMAIN, "start_recording", call, blocking=True)
    assert refused.value.translation_key == "no_channel_available"
    assert value(hass, "binary_sensor.imagicle_no_channel_available") == "on"
    issue = (DOMAIN, f"no_channel_available_{lines.entry_id}")
    assert issue_registry.async_get_issue(*issue)
    office.licensed_channels = None
    await hass.services.async_call(DOMAIN, "start_recording", call, blocking=True)
    assert value(hass, "binary_sensor.imagicle_no_channel_available") == "off"
    assert not issue_registry.async_get_issue(*issue)


async def test_get_active_recordings_names_the_line(
    hass: HomeAssistant, office: Office, lines: MockConfigEntry, pass_time: Poll
) -> None:
    """The response says which line a recording belongs to."""
    office.start_recording(office.connect("101"))
    office.start_recording(office.connect("103"))
    await pass_time(31)
    response = await hass.services.async_call(
        DOMAIN, "get_active_recordings", {}, blocking=True, return_response=True
    )
    assert response is not None
    recordings: Any = response["recordings"]
    assert sorted(str(recording["line"]) for recording in recordings) == [
        "None",
        "Reception",
    ]
