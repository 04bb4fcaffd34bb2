"""After a command the recorder is polled more often."""

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import HomeAssistant
from simulator.calls import Call, Recording
from simulator.faults import Fault
from simulator.imagicle import Imagicle
from simulator.office import Office
from tests.helpers.actions import call_action, count_polls, refused_action
from tests.helpers.clock import Poll, settle
from tests.helpers.states import value


@pytest.fixture
def full_second(freezer: FrozenDateTimeFactory) -> None:
    """Stop the clock at a full second: Home Assistant rounds what it schedules."""
    freezer.move_to("2026-07-02T13:07:00+00:00")


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("start_recording", {"directory_number": "101", "ensure": "true"}),
        ("stop_recording", {"directory_number": "101"}),
        ("pause_recording", {"directory_number": "101"}),
        ("resume_recording", {"directory_number": "101"}),
    ],
)
async def test_the_result_of_an_order_is_seen_at_once(
    hass: HomeAssistant,
    recorder: Imagicle,
    recording: Recording,
    action: str,
    data: dict[str, str],
) -> None:
    """A command is followed by a poll, without waiting for the next one."""
    before = count_polls(recorder)
    await call_action(hass, action, **data)
    await settle(hass)
    assert count_polls(recorder) == before + 1


async def measure_intervals(
    recorder: Imagicle, pass_time: Poll, polls: int
) -> list[int]:
    """Return the seconds that pass before each of the next polls."""
    intervals = []
    for _ in range(polls):
        seconds, before = 0, count_polls(recorder)
        while count_polls(recorder) == before:
            await pass_time(1)
            seconds += 1
        intervals.append(seconds)
    return intervals


async def test_polls_are_frequent_after_a_command(
    hass: HomeAssistant,
    full_second: None,
    recorder: Imagicle,
    call: Call,
    pass_time: Poll,
) -> None:
    """Every 5 s for half a minute, then every 10 s while something is recorded."""
    await call_action(hass, "start_recording", directory_number="101")
    await settle(hass)
    assert value(hass, "sensor.imagicle_active_recordings") == "1"
    assert await measure_intervals(recorder, pass_time, 10) == [5] * 6 + [10] * 4


async def test_polls_become_rare_when_all_is_quiet(
    hass: HomeAssistant,
    full_second: None,
    recorder: Imagicle,
    recording: Recording,
    pass_time: Poll,
) -> None:
    """Half a minute after the last recording was stopped, every 30 s is enough."""
    await call_action(hass, "stop_recording", recording_id=recorder.id_of(recording))
    await settle(hass)
    assert value(hass, "sensor.imagicle_active_recordings") == "0"
    assert await measure_intervals(recorder, pass_time, 8) == [5] * 6 + [30] * 2


async def test_a_refused_order_changes_no_polls(
    hass: HomeAssistant, recorder: Imagicle
) -> None:
    """Nothing has changed, so there is nothing to look for."""
    before = count_polls(recorder)
    await refused_action(hass, "start_recording", directory_number="101")
    await settle(hass)
    assert count_polls(recorder) == before


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", method="GET", status=500),
        Fault("status", method="GET", status=401),
        Fault("status", method="GET", status=403),
        Fault("drop", method="GET"),
        Fault("hang", method="GET"),
    ],
)
async def test_the_result_does_not_depend_on_the_poll(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    call: Call,
    fault: Fault,
) -> None:
    """A poll that fails afterwards takes nothing back of what was done."""
    recorder.faults.add(fault)
    response = await call_action(hass, "start_recording", directory_number="101")
    recorder.faults.clear()
    (recording,) = office.active_recordings()
    assert response == {
        "result": "started",
        "recording_id": recorder.id_of(recording),
    }
