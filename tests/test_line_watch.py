"""The assurance that what must be recorded is recorded."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.line_watch import is_busy
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import Poll, settle
from tests.helpers.entries import entry_data, set_up_recorder
from tests.helpers.states import get_state, value

PHONE = "binary_sensor.phone"
NOT_RECORDED = "binary_sensor.reception_not_recorded"
EVENT = "event.reception_recording_events"


async def set_up_line(
    hass: HomeAssistant, data: dict[str, Any], **expected: bool
) -> MockConfigEntry:
    """Set up an Imagicle with one line, and a phone that is not in a call."""
    hass.states.async_set(PHONE, "off")
    line = {"directory_number": "101", "busy_entity_id": PHONE, **expected}
    return await set_up_recorder(hass, data, lines={"Reception": line})


@pytest.fixture
async def watched(
    hass: HomeAssistant, imagicle_data: dict[str, Any]
) -> MockConfigEntry:
    """Return an Imagicle with a line that must be recorded."""
    return await set_up_line(hass, imagicle_data, must_be_recorded=True)


@pytest.fixture
async def automatic(
    hass: HomeAssistant, imagicle_data: dict[str, Any]
) -> MockConfigEntry:
    """Return an Imagicle with a line that starts its recordings by itself."""
    return await set_up_line(
        hass, imagicle_data, must_be_recorded=True, auto_start=True
    )


def starts(simulator: Simulator) -> int:
    """Count the recordings that were asked for."""
    return sum(request.method == "POST" for request in simulator.imagicle.requests)


@pytest.mark.parametrize(
    ("state", "busy"),
    [
        ("on", True),
        ("off", False),
        ("talking", True),
        ("In use", True),
        ("in-call", True),
        ("idle", False),
        ("ringing", False),
        ("Not in use", False),
        ("0", False),
        ("2", True),
        ("unavailable", None),
        ("unknown", None),
        (None, None),
    ],
)
def test_what_a_busy_entity_may_say(state: str | None, busy: bool | None) -> None:
    """Any entity that says that the line is in a call can be used."""
    assert is_busy(state) is busy


async def test_a_call_that_is_not_recorded(
    hass: HomeAssistant, office: Office, watched: MockConfigEntry, pass_time: Poll
) -> None:
    """In a call for more than 15 s without a recording: a problem, until it ends."""
    call = office.connect("101")
    hass.states.async_set(PHONE, "on")
    await pass_time(14)
    assert value(hass, NOT_RECORDED) == "off"
    await pass_time(2)
    assert value(hass, NOT_RECORDED) == "on"
    event = get_state(hass, EVENT)
    assert event.attributes["event_type"] == "not_recorded"
    assert event.attributes["line"] == "Reception"
    assert event.attributes["reason"] is None
    office.hang_up(call)
    hass.states.async_set(PHONE, "off")
    await settle(hass)
    assert value(hass, NOT_RECORDED) == "off"


async def test_a_call_that_is_recorded(
    hass: HomeAssistant, office: Office, watched: MockConfigEntry, pass_time: Poll
) -> None:
    """A recording that the recorder starts by itself is found in time."""
    hass.states.async_set(PHONE, "on")
    office.start_recording(office.connect("101"))
    for _ in range(10):
        await pass_time(6)
        assert value(hass, NOT_RECORDED) == "off"


async def test_a_recording_that_ends_before_its_call(
    hass: HomeAssistant, office: Office, watched: MockConfigEntry, pass_time: Poll
) -> None:
    """The rest of the call is not recorded; a new recording ends that."""
    call = office.connect("101")
    hass.states.async_set(PHONE, "on")
    recording = office.start_recording(call)
    await pass_time(6)
    office.stop(recording)
    await pass_time(11)
    assert value(hass, NOT_RECORDED) == "off"
    await pass_time(16)
    assert value(hass, NOT_RECORDED) == "on"
    office.start_recording(call)
    await pass_time(31)
    assert value(hass, NOT_RECORDED) == "off"


async def test_two_calls_after_each_other(
    hass: HomeAssistant, watched: MockConfigEntry, pass_time: Poll
) -> None:
    """The 15 seconds count for each call."""
    for _ in range(3):
        hass.states.async_set(PHONE, "on")
        await pass_time(10)
        hass.states.async_set(PHONE, "off")
        await pass_time(10)
        assert value(hass, NOT_RECORDED) == "off"


async def test_an_outage_is_no_missing_recording(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    watched: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """While the recorder does not answer, what it records is unknown."""
    await simulator.imagicle.stop()
    await pass_time(31)
    await pass_time(31)
    hass.states.async_set(PHONE, "on")
    office.connect("101")
    await pass_time(16)
    assert value(hass, NOT_RECORDED) == "unavailable"
    await simulator.imagicle.start()
    await pass_time(301)
    await pass_time(16)
    assert value(hass, NOT_RECORDED) == "on"


async def test_an_unknown_phone_is_not_known_to_be_recorded(
    hass: HomeAssistant, watched: MockConfigEntry
) -> None:
    """Nothing reports calls: unknown, not off."""
    hass.states.async_set(PHONE, "unavailable")
    await settle(hass)
    assert value(hass, NOT_RECORDED) == STATE_UNKNOWN
    hass.states.async_set(PHONE, "off")
    await settle(hass)
    assert value(hass, NOT_RECORDED) == "off"


async def test_start_by_itself(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    automatic: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """A line that becomes busy is recorded at once."""
    office.connect("101")
    hass.states.async_set(PHONE, "on")
    await settle(hass)
    assert len(office.active_recordings()) == 1
    await pass_time(16)
    assert starts(simulator) == 1
    assert value(hass, NOT_RECORDED) == "off"
    assert get_state(hass, EVENT).attributes["event_type"] == "started"


async def test_start_again_while_the_call_is_being_connected(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    automatic: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """At once, after 2 s and after 5 s; a refusal in between is no event."""
    hass.states.async_set(PHONE, "on")
    await settle(hass)
    assert starts(simulator) == 1
    await pass_time(2)
    assert starts(simulator) == 2
    office.connect("101")
    await pass_time(5)
    assert starts(simulator) == 3
    assert len(office.active_recordings()) == 1
    await pass_time(6)
    assert get_state(hass, EVENT).attributes["event_type"] == "started"


async def test_give_up_after_the_third_time(
    hass: HomeAssistant,
    simulator: Simulator,
    automatic: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """The outcome is the event, and the reason of the problem."""
    hass.states.async_set(PHONE, "on")
    await settle(hass)
    await pass_time(2)
    assert value(hass, EVENT) == STATE_UNKNOWN
    await pass_time(5)
    assert get_state(hass, EVENT).attributes["event_type"] == "failed"
    assert get_state(hass, EVENT).attributes["reason"] == "no_connected_call"
    await pass_time(10, times=5)
    assert starts(simulator) == 3
    assert get_state(hass, EVENT).attributes["event_type"] == "not_recorded"
    assert get_state(hass, EVENT).attributes["reason"] == "no_connected_call"


async def test_stop_at_a_refusal_that_no_retry_can_mend(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    automatic: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """The reason "remote party is in the blacklist" stays: no second attempt."""
    office.blacklist.add("+15551234")
    office.connect("101", remote="+15551234")
    hass.states.async_set(PHONE, "on")
    await pass_time(5, times=4)
    assert starts(simulator) == 1
    assert value(hass, NOT_RECORDED) == "on"
    reason = get_state(hass, EVENT).attributes["reason"]
    assert reason == "remote_party_blacklisted"


async def test_no_start_after_the_call(
    hass: HomeAssistant,
    simulator: Simulator,
    automatic: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """A call that has ended is not started again."""
    hass.states.async_set(PHONE, "on")
    await settle(hass)
    hass.states.async_set(PHONE, "off")
    await pass_time(5, times=4)
    assert starts(simulator) == 1


async def test_unloading_stops_the_watch(
    hass: HomeAssistant,
    simulator: Simulator,
    automatic: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """A recorder that is unloaded starts nothing."""
    assert await hass.config_entries.async_unload(automatic.entry_id)
    hass.states.async_set(PHONE, "on")
    await pass_time(10)
    assert starts(simulator) == 0


async def test_forgotten_pause(
    hass: HomeAssistant,
    office: Office,
    entity_registry: er.EntityRegistry,
    imagicle_data: dict[str, Any],
    pass_time: Poll,
) -> None:
    """Paused for longer than five minutes is a problem; off by default."""
    entry = await set_up_line(hass, imagicle_data)
    forgotten = "binary_sensor.reception_pause_forgotten"
    registered = entity_registry.async_get(forgotten)
    assert registered is not None
    assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    entity_registry.async_update_entity(forgotten, disabled_by=None)
    assert await hass.config_entries.async_reload(entry.entry_id)
    recording = office.start_recording(office.connect("101"))
    office.pause(recording)
    await pass_time(31)
    assert value(hass, forgotten) == "off"
    await pass_time(299)
    assert value(hass, forgotten) == "off"
    await pass_time(2)
    assert value(hass, forgotten) == "on"
    office.resume(recording)
    await pass_time(11)
    assert value(hass, forgotten) == "off"


@pytest.fixture
async def extension(
    hass: HomeAssistant, yeastar_data: dict[str, Any]
) -> MockConfigEntry:
    """Return a Yeastar with an extension that must be recorded."""
    line = {"directory_number": "101", "must_be_recorded": True}
    return await set_up_recorder(
        hass,
        yeastar_data,
        options={"recorded_calls": "started_here", "recorded_extensions": []},
        lines={"Reception": line},
    )


async def test_a_call_of_an_extension_that_is_written_with_a_hyphen(
    hass: HomeAssistant,
    office: Office,
    yeastar_data: dict[str, Any],
    pass_time: Poll,
) -> None:
    """The PBX's own calls are found for the line, however its number is written."""
    line = {"directory_number": "1-01", "must_be_recorded": True}
    await set_up_recorder(
        hass,
        yeastar_data,
        options={"recorded_calls": "started_here", "recorded_extensions": []},
        lines={"Reception": line},
    )
    office.connect("101")
    await pass_time(61)
    await pass_time(16)
    assert value(hass, NOT_RECORDED) == "on"


async def test_the_calls_of_a_pbx_need_no_busy_entity(
    hass: HomeAssistant, office: Office, extension: MockConfigEntry, pass_time: Poll
) -> None:
    """Yeastar reports by itself which extensions are in a call."""
    assert value(hass, NOT_RECORDED) == "off"
    call = office.connect("101")
    await pass_time(61)
    await pass_time(16)
    assert value(hass, NOT_RECORDED) == "on"
    office.hang_up(call)
    await pass_time(61)
    assert value(hass, NOT_RECORDED) == "off"


async def test_a_call_that_the_pbx_did_not_record(
    hass: HomeAssistant,
    office: Office,
    yeastar_data: dict[str, Any],
    pass_time: Poll,
) -> None:
    """Settled after the call: it is not in the archive, until the next one is."""
    line = {"directory_number": "101", "must_be_recorded": True}
    await set_up_recorder(hass, yeastar_data, lines={"Reception": line})
    unrecorded = office.connect("101")
    await pass_time(61)
    office.hang_up(unrecorded)
    await pass_time(61, times=14)
    assert value(hass, NOT_RECORDED) == "on"
    reason = get_state(hass, EVENT).attributes["reason"]
    assert reason == "recording_not_found"
    recorded = office.connect("101")
    office.start_recording(recorded)
    await pass_time(61)
    office.hang_up(recorded)
    await pass_time(61, times=3)
    assert value(hass, NOT_RECORDED) == "off"


async def test_a_pbx_that_tells_its_recordings(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    pass_time: Poll,
) -> None:
    """Asterisk knows its calls and reports what it records: that decides, no archive."""
    line = {"directory_number": "101", "must_be_recorded": True}
    data = entry_data(simulator.asterisk)
    await set_up_recorder(hass, data, lines={"Reception": line})
    lost = office.connect("101")
    office.start_recording(lost).fate = "lost"
    await pass_time(61)
    assert value(hass, NOT_RECORDED) == "off"
    office.hang_up(lost)
    await pass_time(61, times=14)
    assert get_state(hass, EVENT).attributes["event_type"] == "lost"
    assert value(hass, NOT_RECORDED) == "off"
    unrecorded = office.connect("101")
    await pass_time(61)
    await pass_time(16)
    assert value(hass, NOT_RECORDED) == "on"
    office.hang_up(unrecorded)
    await pass_time(61, times=14)
    assert value(hass, NOT_RECORDED) == "off"
    assert get_state(hass, EVENT).attributes["event_type"] == "not_recorded"
