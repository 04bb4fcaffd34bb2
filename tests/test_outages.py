"""What goes wrong in the middle: storms, restarts, clocks. Nothing is lost or invented."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import logging
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from _pytest.mark import ParameterSet
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.call_recorder.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from simulator.faults import Fault
from simulator.office import Office
from tests.helpers.house import FAULTS, House
from tests.helpers.states import get_state, value


class Diary:
    """The events of a recorder, in their order."""

    def __init__(self, house: House) -> None:
        """Start to write."""
        self.entries: list[tuple[Any, ...]] = []
        entity_id = f"event.{house.recorder.name}_recording_events"
        state = get_state(house.hass, entity_id)
        self._last: tuple[Any, ...] = (
            state.state,
            state.attributes.get("event_type"),
            state.attributes.get("recording_id"),
        )
        async_track_state_change_event(house.hass, entity_id, self._note)

    @callback
    def _note(self, event: Event[EventStateChangedData]) -> None:
        """Note an event; a state that comes back after an outage is none."""
        state = event.data["new_state"]
        if state is None or state.state in ("unknown", "unavailable"):
            return
        seen = (
            state.state,
            state.attributes["event_type"],
            state.attributes["recording_id"],
        )
        if seen != self._last:
            self._last = seen
            self.entries.append(seen[1:])

    def count(self) -> Counter[str]:
        """Return how many events of each type there were."""
        return Counter(event_type for event_type, _ in self.entries)


async def set_up(house: House) -> None:
    """Set the recorder up, while a recording is active."""
    await house.do(house.hass.config_entries.async_setup(house.entry.entry_id))
    await house.wait(61)
    assert house.active == "1"


@pytest.mark.parametrize("seed", range(2))
async def test_a_storm(house: House, seed: int) -> None:
    """All faults at random, while calls come and go: each is reported once, in the end."""
    await set_up(house)
    diary = Diary(house)
    random = Random(seed)
    kinds = [fault for fault in FAULTS.values() if fault.status != 401]
    kinds = [fault for fault in kinds if fault.kind not in ("hang", "drip", "delay")]
    finished = 0
    for _ in range(15):
        house.mend()
        for fault in random.sample(kinds, 5):
            house.lay(fault_once(fault))
        if random.random() < 0.5:
            for recording in house.office.active_recordings():
                house.office.hang_up(recording.call)
                finished += 1
            house.office.start_recording(house.office.connect("101"))
        await house.wait(random.choice((11, 31, 61)))
        assert house.active in ("1", "unavailable")
    house.mend()
    await house.wait_until(lambda: house.active == "1", 8)
    await house.wait(301)
    await house.wait(301)
    assert house.active == "1"
    count = diary.count()
    assert count["archived"] == finished
    assert len(set(diary.entries)) == len(diary.entries)
    assert count["started"] <= finished
    assert count["ended"] <= finished
    assert count.keys() <= {"started", "ended", "archived"}


def fault_once(fault: Fault) -> Fault:
    """Return the fault for one request."""
    return Fault(
        fault.kind,
        times=1,
        status=fault.status,
        retry_after=2 if fault.retry_after else None,
        body=fault.body,
        content_type=fault.content_type,
        url=fault.url,
        size=10_000_000,
    )


async def reload(hass: HomeAssistant, entry_id: str) -> None:
    """Reload a recorder."""
    await hass.config_entries.async_reload(entry_id)


async def remove(hass: HomeAssistant, entry_id: str) -> None:
    """Remove a recorder."""
    await hass.config_entries.async_remove(entry_id)


async def stop(hass: HomeAssistant, entry_id: str) -> None:
    """Stop Home Assistant."""
    await hass.async_stop()


@pytest.mark.parametrize("fault", ["503", "connection closed"])
@pytest.mark.parametrize("action", [reload, remove, stop])
async def test_in_the_middle_of_a_fault(
    house: House,
    action: Callable[[HomeAssistant, str], Awaitable[None]],
    fault: str,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A poll under way is no obstacle; what is over asks for nothing more."""
    caplog.set_level(logging.INFO)
    await set_up(house)
    house.lay(FAULTS[fault])
    freezer.tick(61)
    async_fire_time_changed(house.hass)
    await house.do(action(house.hass, house.entry.entry_id))
    house.mend()
    if action is reload:
        await house.wait_until(lambda: house.active == "1", 8)
        assert house.active == "1"
    else:
        house.recorder.requests.clear()
        if action is remove:
            await house.wait(301)
            assert house.hass.states.async_entity_ids("sensor") == []
        assert house.recorder.requests == []
    assert f"custom_components/{DOMAIN}/" not in caplog.text


@pytest.mark.parametrize(
    "clock",
    [
        lambda now: now + timedelta(hours=1),
        lambda now: now - timedelta(hours=1),
        lambda now: now - timedelta(days=365 * 56 + 300),
    ],
    ids=["an hour ahead", "an hour behind", "1970"],
)
async def test_the_clock_of_the_recorder_is_wrong(
    house: House,
    office: Office,
    clock: Callable[[datetime], datetime],
) -> None:
    """What is active, ends and is archived is reported all the same."""
    for recording in office.active_recordings():
        office.hang_up(recording.call)
    await house.wait(1)
    office.clock = lambda: clock(datetime.now(UTC))
    office.start_recording(office.connect("101"))
    await set_up(house)
    diary = Diary(house)
    longest = f"sensor.{house.recorder.name}_longest_active_duration"
    if house.recorder.name != "asterisk":
        # Its manager interface does not report the time.
        # Reported at the last poll, at most ten seconds ago.
        assert 50 <= float(value(house.hass, longest)) <= 61
    office.hang_up(office.active_recordings()[0].call)
    await house.wait_until(lambda: house.active == "0", 8)
    office.start_recording(office.connect("101"))
    await house.wait_until(lambda: house.active == "1", 8)
    await house.wait(301)
    assert diary.count() == Counter(started=1, ended=1, archived=1)


def _clock_change(zone: str, moment: datetime, name: str) -> ParameterSet:
    """Return a case that begins the day before, whatever day it is."""
    day_before = pytest.mark.freeze_time(moment - timedelta(days=1))
    return pytest.param(zone, moment, marks=day_before, id=name)


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        _clock_change(
            "Europe/Rome", datetime(2027, 3, 28, 0, 55, tzinfo=UTC), "to summer"
        ),
        _clock_change(
            "Europe/Rome", datetime(2027, 10, 31, 0, 55, tzinfo=UTC), "to winter"
        ),
        # Half an hour, and in the other half of the year.
        _clock_change(
            "Australia/Lord_Howe",
            datetime(2027, 4, 3, 14, 55, tzinfo=UTC),
            "Lord Howe to winter",
        ),
        _clock_change(
            "Australia/Lord_Howe",
            datetime(2027, 10, 2, 15, 25, tzinfo=UTC),
            "Lord Howe to summer",
        ),
    ],
)
async def test_clock_changes(
    hass: HomeAssistant,
    office: Office,
    house: House,
    freezer: FrozenDateTimeFactory,
    zone: str,
    moment: datetime,
) -> None:
    """Neither start nor duration jumps, and nothing ends, when clocks are changed."""
    await hass.config.async_set_time_zone(zone)
    office.time_zone = ZoneInfo(zone)
    for recording in office.active_recordings():
        office.hang_up(recording.call)
    freezer.move_to(moment)
    office.start_recording(office.connect("101"))
    await set_up(house)
    diary = Diary(house)
    start = f"sensor.{house.recorder.name}_oldest_active_start"
    started_at = datetime.fromisoformat(value(hass, start))
    assert abs(started_at - moment) <= timedelta(seconds=61)
    for _ in range(10):
        await house.wait(61)
        assert datetime.fromisoformat(value(hass, start)) == started_at
        assert_duration(house, datetime.now(UTC) - started_at)
    assert diary.entries == []
    office.hang_up(office.active_recordings()[0].call)
    await house.wait(61)
    await house.wait(301)
    assert diary.count() == Counter(ended=1, archived=1)
    last: Any = get_state(hass, f"sensor.{house.recorder.name}_last_recording")
    assert abs(datetime.fromisoformat(last.state) - moment) <= timedelta(seconds=61)


def assert_duration(house: House, expected: timedelta) -> None:
    """The duration is what it should be, to the half minute at which it is reported."""
    longest = f"sensor.{house.recorder.name}_longest_active_duration"
    shown = timedelta(seconds=float(value(house.hass, longest)))
    assert abs(shown - expected) <= timedelta(seconds=61)
    assert house.entry.state is ConfigEntryState.LOADED
