"""Two hundred lines: a poll costs what has changed, not what is watched."""

from functools import partial
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import Poll
from tests.helpers.entries import set_up_recorder

LINES = 200


@pytest.fixture
async def entry(
    hass: HomeAssistant, office: Office, imagicle_data: dict[str, Any]
) -> MockConfigEntry:
    """Return an Imagicle with 200 lines: those of the office, and many idle ones."""
    users = [line.username for line in office.lines]
    users += [f"user{number}" for number in range(LINES - len(users))]
    lines = {user: {"username": user} for user in users}
    return await set_up_recorder(hass, imagicle_data, lines=lines)


@pytest.fixture
def written(hass: HomeAssistant, entry: MockConfigEntry) -> list[str]:
    """Return the entities whose states were written since, changed or not."""
    entity_ids: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        entity_ids.append(event.data["entity_id"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    hass.bus.async_listen(
        EVENT_STATE_REPORTED, note, event_filter=callback(lambda _: True)
    )
    return entity_ids


def line_id(entry: MockConfigEntry, name: str) -> str:
    """Return the subentry of a line."""
    return next(
        subentry.subentry_id
        for subentry in entry.subentries.values()
        if subentry.title == name
    )


async def test_an_unchanged_poll_writes_no_state(
    office: Office,
    simulator: Simulator,
    entry: MockConfigEntry,
    pass_time: Poll,
    written: list[str],
) -> None:
    """With calls that are older than a minute, only the durations move: every 30 s."""
    for number in ("101", "102", "103"):
        office.start_recording(office.connect(number))
    await pass_time(31)
    await pass_time(31)
    simulator.imagicle.requests.clear()
    written.clear()
    await pass_time(11)
    await pass_time(11)
    live = [
        request
        for request in simulator.imagicle.requests
        if request.path.endswith("/LiveRecordings")
    ]
    assert len(live) == 2
    assert written == []
    await pass_time(11)
    assert {entity_id.rpartition("_")[2] for entity_id in written} == {"duration"}


async def test_a_change_writes_the_states_of_its_line_only(
    office: Office,
    entity_registry: er.EntityRegistry,
    entry: MockConfigEntry,
    pass_time: Poll,
    written: list[str],
) -> None:
    """A call that starts concerns the recorder and one of its lines."""
    await pass_time(31)
    written.clear()
    office.start_recording(office.connect("101"))
    await pass_time(31)
    registered = map(entity_registry.async_get, written)
    lines = {found.config_subentry_id for found in registered if found}
    assert lines == {None, line_id(entry, office.line("101").username)}


def note_calls(entry: MockConfigEntry) -> list[str]:
    """Return the lines whose listeners are called, from now on."""
    live = entry.runtime_data.live
    called: list[str] = []
    for line_id in entry.subentries:
        live.async_add_listener(partial(called.append, line_id), line_id)
    return called


async def test_a_change_writes_no_state_that_is_as_it_was(
    hass: HomeAssistant, office: Office, entry: MockConfigEntry, pass_time: Poll
) -> None:
    """Not even the first change after the start writes a state again."""
    reported: list[str] = []
    hass.bus.async_listen(
        EVENT_STATE_REPORTED,
        callback(lambda event: reported.append(event.data["entity_id"])),
        event_filter=callback(lambda _: True),
    )
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(31)
    office.hang_up(call)
    await pass_time(31)
    assert reported == []


async def test_a_listener_of_a_line_is_called_for_that_line_only(
    office: Office, entry: MockConfigEntry, pass_time: Poll
) -> None:
    """A change calls the listeners of one line of 200, an outage those of all."""
    called = note_calls(entry)
    office.start_recording(office.connect("101"))
    await pass_time(31)
    assert set(called) == {line_id(entry, office.line("101").username)}


async def test_an_outage_concerns_every_line(
    simulator: Simulator, entry: MockConfigEntry, pass_time: Poll
) -> None:
    """Each line is reported once that the recorder does not answer, and once that it does."""
    called = note_calls(entry)
    await simulator.imagicle.stop()
    await pass_time(301, times=3)
    assert sorted(called) == sorted(entry.subentries)
    called.clear()
    await simulator.imagicle.start()
    await pass_time(301)
    assert sorted(called) == sorted(entry.subentries)
