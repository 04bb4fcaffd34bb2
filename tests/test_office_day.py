"""A day in a large office: every call is compared with what the simulator knows.

200 lines and 2,000 calls, an outage and a restart. Nothing may be missing, and nothing
invented. The day is pressed into two hours: more calls at a time, and a faster test.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.call_recorder.recording_events import (
    RecordingEvent,
    RecordingEventType,
    async_listen_events,
)
from homeassistant.core import HomeAssistant
from simulator.calls import Call, Recording
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import settle
from tests.helpers.entries import set_up_recorder

LINES = 200
CALLS = 2000
DAY = timedelta(hours=2)
STEP = timedelta(seconds=11)
"""A little more than the interval of polls while something is active."""
OUTAGE = (timedelta(minutes=40), timedelta(minutes=50))
RESTART = timedelta(minutes=80)
NOTICED = timedelta(seconds=45)
"""An unrecorded call of this length must be noticed: 15 s of grace, polls, steps."""


@dataclass(eq=False)
class Planned:
    """A call of the day."""

    line: str
    start: timedelta
    end: timedelta
    is_recorded: bool
    call: Call | None = None
    recording: Recording | None = None


def plan_day() -> list[Planned]:
    """Plan calls of 30 s to 4 min; one in ten is not recorded. One at a time per line."""
    random = Random(1)
    busy_until = dict.fromkeys((str(101 + n) for n in range(LINES)), timedelta())
    planned = []
    for seconds in sorted(random.uniform(60, 6_900) for _ in range(CALLS)):
        start = timedelta(seconds=seconds)
        line = random.choice([n for n, end in busy_until.items() if end < start])
        length = timedelta(seconds=random.uniform(30, 240))
        busy_until[line] = start + length + 2 * STEP
        planned.append(Planned(line, start, start + length, random.random() < 0.9))
    return planned


class Day:
    """Lets the day happen."""

    def __init__(
        self, hass: HomeAssistant, office: Office, freezer: FrozenDateTimeFactory
    ) -> None:
        """Start in the morning."""
        self.hass = hass
        self.office = office
        self.freezer = freezer
        self.morning = office.now
        self.calls = plan_day()
        moments = [(call.start, call) for call in self.calls]
        moments += [(call.end, call) for call in self.calls]
        self._moments = sorted(moments, key=lambda moment: moment[0])

    def steps(self) -> Iterator[timedelta]:
        """Go through the day, step by step; phones ring in between."""
        time = timedelta()
        while time < DAY:
            time += STEP
            while self._moments and self._moments[0][0] <= time:
                moment, call = self._moments.pop(0)
                self.freezer.move_to(self.morning + moment)
                self._start(call) if call.call is None else self._end(call, call.call)
            self.freezer.move_to(self.morning + time)
            yield time

    def _start(self, planned: Planned) -> None:
        """Connect a call, and record it where it is recorded."""
        planned.call = self.office.connect(planned.line)
        if planned.is_recorded:
            planned.recording = self.office.start_recording(planned.call)
        self.hass.states.async_set(f"binary_sensor.phone_{planned.line}", "on")

    def _end(self, planned: Planned, call: Call) -> None:
        """Hang up."""
        self.office.hang_up(call)
        self.hass.states.async_set(f"binary_sensor.phone_{planned.line}", "off")


@pytest.fixture
def office() -> Office:
    """Return a large office in which there are no calls."""
    return Office(seed=1, lines=LINES)


@pytest.fixture
async def entry(
    hass: HomeAssistant, office: Office, imagicle_data: dict[str, Any]
) -> MockConfigEntry:
    """Return an Imagicle with all lines, every second one given by its user."""
    lines = {}
    for index, line in enumerate(office.lines):
        phone = f"binary_sensor.phone_{line.number}"
        hass.states.async_set(phone, "off")
        address = (
            {"directory_number": line.number}
            if index % 2
            else {"username": line.username}
        )
        expected = {"must_be_recorded": True, "busy_entity_id": phone}
        lines[line.number] = {**address, **expected}
    return await set_up_recorder(hass, imagicle_data, lines=lines)


@dataclass(kw_only=True)
class Seen:
    """What was seen of the day."""

    events: list[RecordingEvent] = field(default_factory=list)
    went_dark: timedelta = timedelta()
    """When the recorder may have been asked for the last time before the outage."""
    came_back: timedelta = timedelta()
    """When it was certainly asked again after it."""

    def count(self, event_type: RecordingEventType) -> Counter[tuple[str | None, ...]]:
        """Count the events of a type, by recording and line."""
        return Counter(
            (event.change.recording_id, event.line)
            for event in self.events
            if event.type is event_type
        )


async def let_pass(day: Day, simulator: Simulator, entry: MockConfigEntry) -> Seen:
    """Let the day pass, with an outage and a restart."""
    seen = Seen()
    hass = day.hass
    async_listen_events(hass, seen.events.append)
    restarted = False
    for time in day.steps():
        if not seen.went_dark and time >= OUTAGE[0]:
            seen.went_dark = time - STEP
            await simulator.imagicle.stop()
        if seen.went_dark and not seen.came_back and time >= OUTAGE[1]:
            await simulator.imagicle.start()
            seen.came_back = time + timedelta(minutes=5)
        async_fire_time_changed(hass)
        await settle(hass)
        if not restarted and time >= RESTART:
            restarted = True
            assert await hass.config_entries.async_reload(entry.entry_id)
            await settle(hass)
    return seen


@pytest.mark.timeout(600)
async def test_a_day(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Every call that was seen makes its events once, with its line, and no other."""
    day = Day(hass, office, freezer)
    seen = await let_pass(day, simulator, entry)

    def recorded(*, outage_until: timedelta) -> Counter[tuple[str | None, ...]]:
        """Count the recordings, but not those of which only the archive knows."""
        return Counter(
            (simulator.imagicle.id_of(call.recording), call.line)
            for call in day.calls
            if call.recording is not None
            and not (seen.went_dark < call.start and call.end < outage_until)
        )

    for event_type in (RecordingEventType.STARTED, RecordingEventType.ENDED):
        events = seen.count(event_type)
        assert recorded(outage_until=seen.came_back) - events == Counter()
        assert events - recorded(outage_until=OUTAGE[1]) == Counter()
    assert_not_recorded(day, seen)


def assert_not_recorded(day: Day, seen: Seen) -> None:
    """Each long call without a recording was reported, and none that had one."""
    reported = Counter(
        str(event.line)
        for event in seen.events
        if event.type is RecordingEventType.NOT_RECORDED
    )
    unrecorded = [call for call in day.calls if not call.is_recorded]
    certain = Counter(
        call.line
        for call in unrecorded
        if call.end - call.start > NOTICED
        and not (seen.went_dark < call.end and call.start < seen.came_back)
    )
    assert sum(certain.values()) > CALLS / 20
    assert certain - reported == Counter()
    assert reported - Counter(call.line for call in unrecorded) == Counter()
