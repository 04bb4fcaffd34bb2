"""Events: what happens to recordings, sent once and never invented."""

from collections.abc import Callable
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.const import DOMAIN
from custom_components.call_recorder.recording_events import async_listen_events
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.json import json_loads_object
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import Poll
from tests.helpers.entries import set_up_recorder
from tests.helpers.yeastar import answer, fault

RECORDER = "event.imagicle_recording_events"
LINE = "event.reception_recording_events"

type Sent = Callable[[str], list[str]]


@pytest.fixture
async def entry(hass: HomeAssistant, imagicle_data: dict[str, Any]) -> MockConfigEntry:
    """Return an Imagicle with one line."""
    return await set_up_recorder(
        hass, imagicle_data, lines={"Reception": {"directory_number": "101"}}
    )


@pytest.fixture
def sent(hass: HomeAssistant) -> Sent:
    """Return a function that shows the events of an event entity so far.

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
    sent: Sent,
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
    assert [kind for kind in sent(RECORDER) if kind in live] == live
    assert [kind for kind in sent(LINE) if kind in live] == live


async def test_attributes(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    entry: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """An event has what the contract names."""
    call = office.connect("101", remote="+15551234", remote_name=("John", "Doe"))
    recording = office.start_recording(call)
    await pass_time(31)
    state = hass.states.get(LINE)
    assert state is not None
    attributes = dict(state.attributes)
    assert attributes["recording_id"] == simulator.imagicle.id_of(recording)
    assert attributes["line"] == "Reception"
    assert attributes["started_at"] == recording.started_at.isoformat()
    assert attributes["duration"] is None
    assert attributes["local_party"] == {
        "username": office.line("101").username,
        "number": None,
    }
    assert attributes["remote_party"] == {
        "first_name": "John",
        "last_name": "Doe",
        "phone_number": "+15551234",
    }
    assert attributes["reason"] is None
    assert state.state_info is not None
    unrecorded = state.state_info["unrecorded_attributes"]
    assert {"local_party", "remote_party"} <= unrecorded


async def test_the_end_tells_the_duration(
    hass: HomeAssistant, office: Office, entry: MockConfigEntry, pass_time: Poll
) -> None:
    """The duration is counted from the start, in seconds."""
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
    office: Office, entry: MockConfigEntry, pass_time: Poll, sent: Sent
) -> None:
    """A line's events are its own."""
    office.start_recording(office.connect("102"))
    await pass_time(31)
    assert sent(RECORDER) == ["started"]
    assert sent(LINE) == []


async def test_the_first_snapshot_is_a_silent_baseline(
    hass: HomeAssistant,
    office: Office,
    imagicle_data: dict[str, Any],
    pass_time: Poll,
    sent: Sent,
) -> None:
    """What runs already when Home Assistant starts did not start now."""
    office.start_recording(office.connect("101"))
    await set_up_recorder(hass, imagicle_data)
    await pass_time(31)
    assert sent(RECORDER) == []


async def test_an_outage_invents_nothing(
    office: Office,
    simulator: Simulator,
    entry: MockConfigEntry,
    pass_time: Poll,
    sent: Sent,
) -> None:
    """A recording that goes on through an outage neither ends nor starts."""
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(31)
    await simulator.imagicle.stop()
    await pass_time(61, times=4)
    await simulator.imagicle.start()
    await pass_time(301)
    assert sent(RECORDER) == ["started"]
    office.hang_up(call)
    await pass_time(31)
    assert sent(RECORDER)[:2] == ["started", "ended"]


async def test_a_reload_invents_nothing(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    pass_time: Poll,
    sent: Sent,
) -> None:
    """A recording that goes on through a restart neither ends nor starts."""
    office.start_recording(office.connect("101"))
    await pass_time(31)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await pass_time(31)
    assert sent(LINE).count("started") == 1
    assert "ended" not in sent(LINE)


async def test_between_two_polls(
    office: Office, entry: MockConfigEntry, pass_time: Poll, sent: Sent
) -> None:
    """What started and ended between two polls is archived, not made up as started."""
    await pass_time(301)
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(1)
    office.hang_up(call)
    await pass_time(301)
    assert sent(RECORDER) == ["archived"]


async def test_a_refused_start_is_an_event(
    hass: HomeAssistant, entry: MockConfigEntry, sent: Sent
) -> None:
    """Automations hear of a start that was refused, with the reason."""
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(
            DOMAIN, "start_recording", {"directory_number": "101"}, blocking=True
        )
    for entity_id in (RECORDER, LINE):
        assert sent(entity_id) == ["failed"]
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.attributes["reason"] == "no_connected_call"
        assert state.attributes["line"] == "Reception"


async def test_a_call_that_is_recorded_already_did_not_fail(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    sent: Sent,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A refusal, "the call is already being recorded", is no failure."""
    office.start_recording(office.connect("101"))
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(
            DOMAIN, "start_recording", {"directory_number": "101"}, blocking=True
        )
    assert sent(RECORDER) == []


# --- Several lines ---


@pytest.fixture
async def extensions(
    hass: HomeAssistant, yeastar_data: dict[str, Any]
) -> MockConfigEntry:
    """Return a Yeastar with two extensions that must be recorded, and their manager."""
    return await set_up_recorder(
        hass,
        yeastar_data,
        lines={
            "Reception": {"directory_number": "101", "must_be_recorded": True},
            "Sales": {"directory_number": "102", "must_be_recorded": True},
            "Manager": {"directory_number": "103"},
        },
    )


def in_call(simulator: Simulator, *extensions: str) -> None:
    """Let the PBX answer that these extensions are in one call from outside."""
    members: list[dict[str, Any]] = [
        {"inbound": {"from": "+390551234567", "to": "900", "member_status": "ANSWERED"}}
    ]
    members += [
        {"extension": {"number": number, "member_status": "ANSWER"}}
        for number in extensions
    ]
    data = [{"call_id": "1650012665.266", "members": members}]
    simulator.yeastar.faults.clear()
    simulator.yeastar.faults.add(fault("/call/query", answer(0, data=data)))


async def test_an_internal_call_is_an_event_of_both_lines(
    hass: HomeAssistant,
    office: Office,
    extensions: MockConfigEntry,
    pass_time: Poll,
    sent: Sent,
) -> None:
    """Each line's events name that line; the recorder has one event of the call."""
    call = office.connect(
        "101", remote="102", direction="internal", traffic_type="internal"
    )
    await pass_time(61)
    office.hang_up(call)
    await pass_time(61)
    for name in ("reception", "sales", "yeastar"):
        assert sent(f"event.{name}_recording_events")[:2] == ["started", "ended"]
    assert sent("event.manager_recording_events") == []
    for name in ("Reception", "Sales"):
        state = hass.states.get(f"event.{name.lower()}_recording_events")
        assert state is not None
        assert state.attributes["line"] == name


async def test_a_transferred_call_leaves_one_line_and_joins_another(
    hass: HomeAssistant,
    simulator: Simulator,
    extensions: MockConfigEntry,
    pass_time: Poll,
    sent: Sent,
) -> None:
    """Ended there, started here; for the recorder, the recording goes on."""
    in_call(simulator, "101")
    await pass_time(61)
    in_call(simulator, "102")
    await pass_time(61)
    assert sent("event.reception_recording_events") == ["started", "ended"]
    assert sent("event.sales_recording_events") == ["started"]
    assert sent("event.yeastar_recording_events") == ["started"]
    for name, state in (("reception", "idle"), ("sales", "recording")):
        found = hass.states.get(f"sensor.{name}_recording_state")
        assert found is not None
        assert found.state == state


async def test_a_three_way_call_is_on_all_its_lines(
    hass: HomeAssistant,
    simulator: Simulator,
    extensions: MockConfigEntry,
    pass_time: Poll,
    sent: Sent,
) -> None:
    """A line that joins and leaves has its events; no call is missed."""
    in_call(simulator, "101")
    await pass_time(61)
    in_call(simulator, "101", "102")
    await pass_time(61)
    await pass_time(16)
    in_call(simulator, "101")
    await pass_time(61)
    assert sent("event.reception_recording_events") == ["started"]
    assert sent("event.sales_recording_events") == ["started", "ended"]
    assert sent("event.yeastar_recording_events") == ["started"]


# --- Who is called ---


async def test_an_event_calls_the_listeners_of_its_line_and_recorder_only(
    hass: HomeAssistant,
    office: Office,
    yeastar_data: dict[str, Any],
    pass_time: Poll,
) -> None:
    """With 200 lines, one call is an event of the recorder, the line and of any."""
    lines = {
        f"Line {number}": {"directory_number": str(number)} for number in range(200)
    }
    entry = await set_up_recorder(hass, yeastar_data, lines=lines)
    heard: list[str | None] = []

    def listen(source: str | None) -> None:
        async_listen_events(hass, callback(lambda _: heard.append(source)), source)

    for source in (None, entry.entry_id, *entry.subentries):
        listen(source)
    office.connect("101")
    await pass_time(61)
    line = next(
        subentry.subentry_id
        for subentry in entry.subentries.values()
        if subentry.title == "Line 101"
    )
    assert sorted(map(str, heard)) == sorted(map(str, (None, entry.entry_id, line)))


# --- Zero ---


async def test_a_recording_of_no_length(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    sent: Sent,
) -> None:
    """A duration of zero is 0, and can be written as JSON."""
    call = office.connect("101")
    office.start_recording(call)
    await entry.runtime_data.live.async_refresh()
    office.hang_up(call)
    await entry.runtime_data.live.async_refresh()
    for entity_id in (RECORDER, LINE):
        assert sent(entity_id) == ["started", "ended"]
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.attributes["duration"] == 0
        assert json_loads_object(state.as_dict_json)["entity_id"] == entity_id
