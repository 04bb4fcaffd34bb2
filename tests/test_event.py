"""Events: what happens to recordings, told once and never invented."""

from collections.abc import Callable
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.const import DOMAIN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from simulator.office import Office
from simulator.server import Simulator
from tests.conftest import Poll, add_lines, make_entry, set_up

RECORDER = "event.imagicle_recording_events"
LINE = "event.reception_recording_events"

type Told = Callable[[str], list[str]]


@pytest.fixture
async def entry(hass: HomeAssistant, imagicle_data: dict[str, Any]) -> MockConfigEntry:
    """Return an Imagicle with one line."""
    entry = make_entry(
        hass,
        imagicle_data,
        subentries_data=add_lines(Reception={"directory_number": "101"}),
    )
    await set_up(hass, entry)
    return entry


@pytest.fixture
def told(hass: HomeAssistant) -> Told:
    """Return a function that tells the events of an event entity so far.

    An entity that comes back after an outage shows its last event again, with the
    time that the event had.
    """
    states: dict[tuple[str, str, str], None] = {}

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and (kind := state.attributes.get("event_type")):
            states.setdefault((state.entity_id, state.state, kind))

    hass.bus.async_listen("state_changed", note)
    return lambda entity_id: [kind for name, _, kind in states if name == entity_id]


async def test_a_life_of_a_recording(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    pass_time: Poll,
    told: Told,
) -> None:
    """Started, paused, resumed, ended: on the recorder and on the line."""
    call = office.connect("101")
    recording = office.start_recording(call)
    await pass_time(31)
    office.pause(recording)
    await pass_time(11)
    office.resume(recording)
    await pass_time(11)
    office.hang_up(call)
    await pass_time(11)
    live = ["started", "paused", "resumed", "ended"]
    assert [kind for kind in told(RECORDER) if kind in live] == live
    assert [kind for kind in told(LINE) if kind in live] == live


async def test_attributes(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    entry: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """An event tells what the contract names."""
    call = office.connect("101", remote="+15551234", remote_name=("John", "Doe"))
    recording = office.start_recording(call)
    await pass_time(31)
    state = hass.states.get(LINE)
    assert state is not None
    told = dict(state.attributes)
    assert told["recording_id"] == simulator.imagicle.id_of(recording)
    assert told["line"] == "Reception"
    assert told["started_at"] == recording.started_at.isoformat()
    assert told["duration"] is None
    assert told["local_party"] == {
        "username": office.line("101").username,
        "number": None,
    }
    assert told["remote_party"] == {
        "first_name": "John",
        "last_name": "Doe",
        "phone_number": "+15551234",
    }
    assert told["reason"] is None


async def test_the_end_tells_the_duration(
    hass: HomeAssistant, office: Office, entry: MockConfigEntry, pass_time: Poll
) -> None:
    """The duration is counted from the begin, in seconds."""
    durations: list[int] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and state.attributes.get("event_type") == "ended":
            durations.append(state.attributes["duration"])

    hass.bus.async_listen("state_changed", note)
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(31)
    office.hang_up(call)
    await pass_time(11)
    assert durations == [42, 42]


async def test_numbers_are_masked_if_asked(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """The option shows only the last digits of remote numbers."""
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    await hass.config_entries.options.async_configure(
        flow["flow_id"], {"mask_numbers": True}
    )
    await pass_time(1)
    office.start_recording(office.connect("101", remote="+15551234"))
    await pass_time(31)
    state = hass.states.get(RECORDER)
    assert state is not None
    assert state.attributes["remote_party"]["phone_number"] == "••••••234"


async def test_another_line_hears_nothing(
    office: Office, entry: MockConfigEntry, pass_time: Poll, told: Told
) -> None:
    """A line's events are its own."""
    office.start_recording(office.connect("102"))
    await pass_time(31)
    assert told(RECORDER) == ["started"]
    assert told(LINE) == []


async def test_the_first_snapshot_is_a_silent_baseline(
    hass: HomeAssistant,
    office: Office,
    imagicle_data: dict[str, Any],
    pass_time: Poll,
    told: Told,
) -> None:
    """What runs already when Home Assistant starts did not start now."""
    office.start_recording(office.connect("101"))
    await set_up(hass, make_entry(hass, imagicle_data))
    await pass_time(31)
    assert told(RECORDER) == []


async def test_an_outage_invents_nothing(
    office: Office,
    simulator: Simulator,
    entry: MockConfigEntry,
    pass_time: Poll,
    told: Told,
) -> None:
    """A recording that goes on through an outage neither ends nor starts."""
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(31)
    await simulator.imagicle.stop()
    for _ in range(4):
        await pass_time(61)
    await simulator.imagicle.start()
    await pass_time(301)
    assert told(RECORDER) == ["started"]
    office.hang_up(call)
    await pass_time(31)
    assert told(RECORDER)[:2] == ["started", "ended"]


async def test_a_reload_invents_nothing(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    pass_time: Poll,
    told: Told,
) -> None:
    """A recording that goes on through a restart neither ends nor starts."""
    office.start_recording(office.connect("101"))
    await pass_time(31)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await pass_time(31)
    assert told(LINE).count("started") == 1
    assert "ended" not in told(LINE)


async def test_between_two_polls(
    office: Office, entry: MockConfigEntry, pass_time: Poll, told: Told
) -> None:
    """What began and ended between two polls is archived, not made up as started."""
    await pass_time(301)
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(1)
    office.hang_up(call)
    await pass_time(301)
    assert told(RECORDER) == ["archived"]


async def test_a_refused_start_is_an_event(
    hass: HomeAssistant, entry: MockConfigEntry, told: Told
) -> None:
    """Automations hear of a start that was refused, with the reason."""
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(
            DOMAIN, "start_recording", {"directory_number": "101"}, blocking=True
        )
    for entity_id in (RECORDER, LINE):
        assert told(entity_id) == ["failed"]
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.attributes["reason"] == "no_connected_call"
        assert state.attributes["line"] == "Reception"


async def test_a_call_that_is_recorded_already_did_not_fail(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    told: Told,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A refusal, "the call is already being recorded", is no failure."""
    office.start_recording(office.connect("101"))
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(
            DOMAIN, "start_recording", {"directory_number": "101"}, blocking=True
        )
    assert told(RECORDER) == []
