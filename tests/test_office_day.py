"""A day in a large office: every call is compared with what the simulator knows.

200 lines and 2,000 calls, an outage and a restart. Nothing may be missing, and nothing
invented. The day is pressed into two hours: more calls at a time, and a faster test.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    begin: timedelta
    end: timedelta
    is_recorded: bool
    call: Call | None = None
    recording: Recording | None = None


def plan_day() -> list[Planned]:
    """Plan calls of 30 s to 4 min; one in ten is not recorded. One at a time per line."""
    random = Random(1)
    busy_until = dict.fromkeys((str(101 + n) for n in range(LINES)), timedelta())
    planned = []
    for begin in sorted(random.uniform(60, 6_900) for _ in range(CALLS)):
        begins = timedelta(seconds=begin)
        line = random.choice([n for n, end in busy_until.items() if end < begins])
        length = timedelta(seconds=random.uniform(30, 240))
        busy_until[line] = begins + length + 2 * STEP
        planned.append(Planned(line, begins, begins + length, random.random() < 0.9))
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
        moments = [(call.begin, call) for call in self.calls]
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
                self._begin(call) if call.call is None else self._end(call, call.call)
            self.freezer.move_to(self.morning + time)
            yield time

    def _begin(self, planned: Planned) -> None:
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


@pytest.mark.timeout(600)
async def test_a_day(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Every call that was seen is told of once, with its line, and no other."""
    day = Day(hass, office, freezer)
    names = {
        subentry_id: subentry.title
        for subentry_id, subentry in entry.subentries.items()
    }
    events: list[tuple[datetime, RecordingEvent]] = []
    async_listen_events(hass, lambda event: events.append((office.now, event)))
    went_dark = came_back = timedelta()
    restarted = False

    for time in day.steps():
        if not went_dark and time >= OUTAGE[0]:
            went_dark = time - STEP
            await simulator.imagicle.stop()
        if went_dark and not came_back and time >= OUTAGE[1]:
            await simulator.imagicle.start()
            came_back = time + timedelta(minutes=5)
        async_fire_time_changed(hass)
        await settle(hass)
        if not restarted and time >= RESTART:
            restarted = True
            assert await hass.config_entries.async_reload(entry.entry_id)
            await settle(hass)

    def told(event_type: RecordingEventType) -> Counter[tuple[str | None, str | None]]:
        return Counter(
            (event.change.recording_id, names.get(event.line_id or ""))
            for _, event in events
            if event.type is event_type
        )

    def expected(*, surely: bool) -> Counter[tuple[str | None, str | None]]:
        return Counter(
            (simulator.imagicle.id_of(call.recording), call.line)
            for call in day.calls
            if call.recording is not None
            # Wholly in the outage: only the archive knows of it.
            and not (
                went_dark < call.begin
                and call.end < (came_back if surely else OUTAGE[1])
            )
        )

    for event_type in (RecordingEventType.STARTED, RecordingEventType.ENDED):
        assert expected(surely=True) - told(event_type) == Counter()
        assert told(event_type) - expected(surely=False) == Counter()

    not_recorded = Counter(
        names[event.line_id or ""]
        for _, event in events
        if event.type is RecordingEventType.NOT_RECORDED
    )
    unrecorded = [call for call in day.calls if not call.is_recorded]
    possible = Counter(call.line for call in unrecorded)
    certain = Counter(
        call.line
        for call in unrecorded
        if call.end - call.begin > NOTICED
        and not (went_dark < call.end and call.begin < came_back)
    )
    assert sum(certain.values()) > CALLS / 20
    assert certain - not_recorded == Counter()
    assert not_recorded - possible == Counter()
