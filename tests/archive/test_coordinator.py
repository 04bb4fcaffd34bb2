"""The archive's sensors count what was recorded, and nothing is lost unseen."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import voluptuous as vol

from custom_components.call_recorder.archive import coordinator as archive
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.calls import record
from tests.helpers.clock import Poll
from tests.helpers.entries import set_up
from tests.helpers.states import get_state, value

ARCHIVE = "/Recordings"
EVENT = "event.imagicle_recording_events"
_NOTHING_LIVE = Fault(
    "body", path="/LiveRecordings", body="[]", content_type="application/json"
)
"""Hides what is being recorded, so that only the archive shows it."""


def state(hass: HomeAssistant, key: str) -> str:
    """Return the state of one of the recorder's sensors."""
    return value(hass, f"sensor.imagicle_{key}")


def today(hass: HomeAssistant) -> tuple[str, str]:
    """Return how many recordings started today, and their time."""
    return state(hass, "recordings_today"), state(hass, "recorded_time_today")


@pytest.fixture
def sent(hass: HomeAssistant) -> list[tuple[str, str | None]]:
    """Return the events of the recorder, each with its reason, as they come."""
    events: list[tuple[str, str | None]] = []
    seen = set()

    @callback
    def _add(event: Event[EventStateChangedData]) -> None:
        """Take an event in, but not again when the entity comes back."""
        new = event.data["new_state"]
        if new is None or "recording_id" not in new.attributes:
            return
        sent = (new.attributes["event_type"], new.attributes["reason"])
        identity = (new.state, new.attributes["recording_id"], *sent)
        if identity not in seen:
            seen.add(identity)
            events.append(sent)

    async_track_state_change_event(hass, EVENT, _add)
    return events


@pytest.fixture(autouse=True)
async def _zone(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Start at noon, where the clock changes twice a year."""
    await hass.config.async_set_time_zone("Europe/Rome")
    freezer.move_to("2026-06-10 10:00:00+00:00")


async def test_a_finished_recording_is_counted(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """A recording shows up in the archive's sensors soon after its end."""
    assert state(hass, "last_recording") == STATE_UNKNOWN
    assert state(hass, "archived_recordings") == "0"
    assert today(hass) == ("0", "0")
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(31)
    office.hang_up(call)
    await pass_time(11)
    assert state(hass, "last_recording") == "2026-06-10T10:00:00+00:00"
    assert state(hass, "last_recording_duration") == "31"
    assert state(hass, "archived_recordings") == "1"
    assert today(hass) == ("1", "31")


async def test_idle_polls_cost_one_request_and_no_state(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """While nothing is new, one page is read every five minutes."""
    await pass_time(301)
    written = get_state(hass, "sensor.imagicle_recordings_today").last_reported
    simulator.imagicle.requests.clear()
    await pass_time(301)
    asked = [req for req in simulator.imagicle.requests if ARCHIVE in req.path]
    assert [req.query["pageSize"] for req in asked if "Live" not in req.path] == ["51"]
    after = get_state(hass, "sensor.imagicle_recordings_today").last_reported
    assert after == written


async def test_a_call_between_two_polls_is_archived(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    sent: list[tuple[str, str | None]],
) -> None:
    """A recording that no poll saw running makes its event, without a made-up start."""
    record(office, freezer, 5)
    await pass_time(301)
    assert sent == [("archived", None)]
    attributes = get_state(hass, EVENT).attributes
    assert attributes["started_at"] == "2026-06-10T10:00:00+00:00"
    assert attributes["duration"] == 5
    assert attributes["local_party"]["number"] == "101"


async def test_the_baseline_is_silent(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    sent: list[tuple[str, str | None]],
    imagicle_entry: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """What was archived before the start is counted, but is no news."""
    record(office, freezer, 60)
    record(office, freezer, 30)
    await set_up(hass, imagicle_entry)
    assert today(hass) == ("2", "90")
    await hass.config_entries.async_reload(imagicle_entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert today(hass) == ("2", "90")
    await pass_time(301)
    assert sent == []


async def test_many_recordings_of_today_are_read_in_pages(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    imagicle_entry: MockConfigEntry,
) -> None:
    """A restart counts the whole day, also beyond the newest page."""
    for _ in range(700):
        record(office, freezer, 10)
    await set_up(hass, imagicle_entry)
    assert today(hass) == ("700", "7000")
    assert state(hass, "archived_recordings") == "700"


async def test_an_outage_is_caught_up(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    sent: list[tuple[str, str | None]],
) -> None:
    """After an outage each recording makes its event, once, however many there are."""
    simulator.imagicle.faults.add(Fault("drop"))
    await pass_time(301)
    for _ in range(120):
        record(office, freezer, 10)
    await pass_time(301)
    assert today(hass) == (STATE_UNAVAILABLE, STATE_UNAVAILABLE)
    simulator.imagicle.faults.clear()
    await pass_time(301)
    await pass_time(301)
    assert sent == [("archived", None)] * 120
    assert today(hass) == ("120", "1200")


@pytest.mark.parametrize(
    ("evening", "night", "morning"),
    [
        pytest.param(
            "2026-03-28 22:58:00+00:00", 4, "2026-03-29 21:30:00+00:00", id="23-hours"
        ),
        pytest.param(
            "2026-10-24 21:58:00+00:00", 4, "2026-10-25 22:30:00+00:00", id="25-hours"
        ),
    ],
)
async def test_a_day_is_as_long_as_the_clock_says(
    hass: HomeAssistant,
    office: Office,
    imagicle_entry: MockConfigEntry,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    evening: str,
    night: int,
    morning: str,
) -> None:
    """The counters start at local midnight, also on the days of 23 and 25 hours."""
    freezer.move_to(evening)
    await set_up(hass, imagicle_entry)
    record(office, freezer, 60)
    await pass_time(31)
    assert today(hass) == ("0", "0")
    await pass_time(301)
    # Started before midnight: it belongs to the day before.
    assert today(hass) == ("0", "0")
    record(office, freezer, 45)
    await pass_time(301)
    assert today(hass) == ("1", "45")
    freezer.move_to(morning)
    await pass_time(1)
    assert today(hass) == ("1", "45")
    record(office, freezer, 5)
    await pass_time(301)
    assert today(hass) == ("2", "50")
    await hass.config_entries.async_reload(imagicle_entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert today(hass) == ("2", "50")
    await pass_time(1800)
    assert today(hass) == ("0", "0")


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        pytest.param("Europe/Rome", "2026-06-10 22:00", id="Rome"),
        pytest.param("America/St_Johns", "2026-06-11 02:30", id="half-hour"),
        pytest.param("Africa/Cairo", "2026-04-23 22:00", id="no-clock-shows-it"),
    ],
)
async def test_midnight_needs_no_answer(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    zone: str,
    midnight: str,
) -> None:
    """The counters go to 0 at midnight by themselves."""
    await hass.config.async_set_time_zone(zone)
    new_day = datetime.fromisoformat(f"{midnight}+00:00")
    freezer.move_to(new_day - timedelta(minutes=10))
    record(office, freezer, 60)
    await set_up(hass, imagicle_entry)
    assert today(hass) == ("1", "60")
    simulator.imagicle.faults.add(Fault("drop", path=ARCHIVE))
    freezer.move_to(new_day - timedelta(seconds=2))
    await pass_time(1)
    assert today(hass) == ("1", "60")
    await pass_time(1)
    assert today(hass) == ("0", "0")


async def test_the_archive_fails_alone(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    pass_time: Poll,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A recorder whose archive fails can still be watched, from the start."""
    simulator.imagicle.faults.add(Fault("status", path=ARCHIVE, status=500))
    await set_up(hass, imagicle_entry)
    await pass_time(61)
    assert state(hass, "active_recordings") == "0"
    assert state(hass, "recordings_today") == STATE_UNAVAILABLE
    assert not [
        row for row in caplog.records if row.levelname == "ERROR" and row.exc_info
    ]
    simulator.imagicle.faults.clear()
    await pass_time(301)
    assert state(hass, "recordings_today") == "0"


async def test_the_live_list_fails_alone(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """An archive that answers stays up while the live list fails."""
    simulator.imagicle.faults.add(Fault("status", path="/LiveRecordings", status=500))
    await pass_time(301)
    await pass_time(301)
    assert state(hass, "active_recordings") == STATE_UNAVAILABLE
    assert state(hass, "recordings_today") == "0"


async def test_an_archive_that_is_not_allowed(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A missing permission is something for the recorder's administrator."""
    issue = ("call_recorder", f"archive_not_allowed_{imagicle.entry_id}")
    simulator.imagicle.faults.add(Fault("status", path=ARCHIVE, status=403))
    await pass_time(301)
    assert issue_registry.async_get_issue(*issue) is not None
    assert state(hass, "recordings_today") == STATE_UNAVAILABLE
    simulator.imagicle.faults.clear()
    await pass_time(301)
    assert issue_registry.async_get_issue(*issue) is None
    assert state(hass, "recordings_today") == "0"


async def test_diagnostics(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    hass_client: ClientSessionGenerator,
) -> None:
    """The diagnostics show how the archive does, and nothing about people."""
    simulator.imagicle.faults.add(Fault("status", path=ARCHIVE, status=500))
    record(office, freezer, 60)
    await pass_time(301)
    simulator.imagicle.faults.clear()
    await pass_time(301)
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, imagicle)
    assert diagnostics["archive"] == {
        "last_update_success": True,
        "last_error": None,
        "failures_in_a_row": 0,
        "update_interval": 300.0,
        "newest_start": "2026-06-10T10:00:00+00:00",
        "total": 1,
        "today": 1,
        "known_since": "2026-06-10T00:00:00+02:00",
        "known": 1,
        "expected": 0,
        "lost_in_a_row": 0,
        "playbacks": 0,
    }


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, ["102", "101"]),
        ({"number": "101"}, ["101"]),
        ({"number": "7777"}, ["102"]),
        ({"number": "999"}, []),
        ({"direction": "outgoing"}, ["102"]),
        ({"direction": "internal"}, []),
        ({"start": "2026-06-10 12:00:30"}, ["102"]),
        ({"start": "2026-06-10T12:00:30+02:00"}, ["102"]),
        ({"end": "2026-06-10 12:00:30"}, ["101"]),
        ({"end": "2026-06-10 12:00:00"}, []),
        ({"limit": 1}, ["102"]),
        ({"number": "", "username": "", "cursor": ""}, ["102", "101"]),
    ],
)
async def test_get_recordings(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    fields: dict[str, Any],
    found: list[str],
) -> None:
    """The archive is asked by time, number, user and direction."""
    record(office, freezer, 60)
    call = office.connect("102", remote="+15557777", direction="outgoing")
    office.start_recording(call)
    freezer.tick(timedelta(seconds=60))
    office.hang_up(call)
    answer = await get_recordings(hass, **fields)
    assert [row["local_number"] for row in answer["recordings"]] == found
    assert (answer["next_cursor"] is None) is ("limit" not in fields)


async def test_get_recordings_of_a_user(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A recording is reported with all that its list has."""
    record(office, freezer, 60)
    username = office.line("101").username
    answer = await get_recordings(hass, username=username)
    assert answer["total"] == 1
    (row,) = answer["recordings"]
    assert row["started_at"] == "2026-06-10T10:00:00+00:00"
    assert row["ended_at"] == "2026-06-10T10:01:00+00:00"
    assert row["duration"] == 60
    assert row["direction"] == "incoming"
    assert row["owner"]["username"] == username
    assert row["sha256"] is None
    assert (await get_recordings(hass, username="nobody"))["recordings"] == []


@pytest.mark.parametrize(
    "fields", [{"limit": 0}, {"limit": 501}, {"direction": "up"}, {"start": "soon"}]
)
async def test_get_recordings_with_a_bad_field(
    hass: HomeAssistant, imagicle: MockConfigEntry, fields: dict[str, Any]
) -> None:
    """A field that means nothing is refused."""
    with pytest.raises(vol.Invalid):
        await get_recordings(hass, **fields)


async def test_get_recordings_with_a_bad_cursor(
    hass: HomeAssistant, imagicle: MockConfigEntry
) -> None:
    """A cursor that is none of ours is refused with a reason."""
    with pytest.raises(HomeAssistantError) as refused:
        await get_recordings(hass, cursor="x")
    assert refused.value.translation_key == "invalid_cursor"


async def get_recordings(hass: HomeAssistant, **fields: Any) -> dict[str, Any]:
    """Ask for a page of the archive."""
    answer = await hass.services.async_call(
        "call_recorder", "get_recordings", fields, blocking=True, return_response=True
    )
    assert answer is not None
    return dict(answer)


# --- New rows are found wherever they are ---


@pytest.mark.parametrize("year", [2027, 2031])
async def test_a_row_dated_in_the_future(
    hass: HomeAssistant,
    office: Office,
    imagicle_entry: MockConfigEntry,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    sent: list[tuple[str, str | None]],
    year: int,
) -> None:
    """A clock that once was wrong hides no recording, and is not the newest one."""
    freezer.move_to(f"{year}-06-10 10:00:00+00:00")
    for _ in range(60):
        record(office, freezer, 10)
    freezer.move_to("2026-06-10 10:00:00+00:00")
    await set_up(hass, imagicle_entry)
    assert state(hass, "last_recording") == STATE_UNKNOWN
    assert today(hass) == ("0", "0")
    for _ in range(120):
        record(office, freezer, 10)
    await pass_time(301)
    assert sent == [("archived", None)] * 120
    assert today(hass) == ("120", "1200")
    assert state(hass, "last_recording") == "2026-06-10T10:19:50+00:00"


async def test_new_rows_on_both_sides_of_a_known_one(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    sent: list[tuple[str, str | None]],
) -> None:
    """A short known call does not hide the unknown ones that started before it."""
    simulator.imagicle.faults.add(_NOTHING_LIVE)
    unseen = []
    for _ in range(60):
        call = office.connect("102")
        unseen.append((call, office.start_recording(call)))
        freezer.tick(timedelta(seconds=1))
    record(office, freezer, 3)
    await imagicle.runtime_data.archive.async_refresh()
    assert sent == [("archived", None)]
    for _ in range(30):
        record(office, freezer, 3)
    for call, _ in unseen:
        office.hang_up(call)
    await pass_time(301)
    assert sent == [("archived", None)] * 91


async def test_a_long_call_that_was_never_seen(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    sent: list[tuple[str, str | None]],
) -> None:
    """Behind a page of known rows, the total shows that one more has come."""
    simulator.imagicle.faults.add(_NOTHING_LIVE)
    freezer.move_to("2026-06-10 21:50:00+00:00")
    await pass_time(1)
    call = office.connect("102")
    office.start_recording(call)
    for _ in range(120):
        record(office, freezer, 20)
    await imagicle.runtime_data.archive.async_refresh()
    assert sent == [("archived", None)] * 120
    office.hang_up(call)
    await imagicle.runtime_data.archive.async_refresh()
    assert sent == [("archived", None)] * 121


async def test_the_archive_is_read_soon_after_an_end(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    sent: list[tuple[str, str | None]],
) -> None:
    """Within 10 s, also when another recording has just ended."""
    office.saving_time = timedelta(seconds=5)
    first, second = office.connect("101"), office.connect("102")
    office.start_recording(first)
    office.start_recording(second)
    await pass_time(31)
    office.hang_up(first)
    await pass_time(11)
    assert sent.count(("archived", None)) == 1
    office.hang_up(second)
    await pass_time(11)
    assert sent.count(("archived", None)) == 2
    simulator.imagicle.requests.clear()
    await pass_time(200)
    asked = [req for req in simulator.imagicle.requests if "/Recordings" in req.path]
    assert len(asked) <= 1


async def test_a_recording_that_is_saved_a_moment_later(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    sent: list[tuple[str, str | None]],
) -> None:
    """What is not there at the first look is looked for again within 10 s."""
    office.saving_time = timedelta(seconds=15)
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(31)
    office.hang_up(call)
    await pass_time(11)
    assert sent == [("started", None), ("ended", None)]
    await pass_time(11)
    assert sent[-1] == ("archived", None)


# --- Nothing is lost unseen ---


async def let_end(office: Office, pass_time: Poll, fate: str = "archived") -> None:
    """Record a call that the polls see, and let the recorder do with it what it does."""
    call = office.connect("101")
    office.start_recording(call).fate = fate  # type: ignore[assignment]
    await pass_time(31)
    office.hang_up(call)
    await pass_time(11)


async def test_a_lost_recording_is_reported(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    sent: list[tuple[str, str | None]],
) -> None:
    """Ten minutes after its end a recording is archived or lost."""
    await let_end(office, pass_time, "lost")
    await pass_time(61, times=9)
    assert ("lost", "recording_not_found") not in sent
    await pass_time(61)
    assert sent[-1] == ("lost", "recording_not_found")
    assert get_state(hass, EVENT).attributes["duration"] == 42
    await pass_time(61, times=11)
    assert [event for event, _ in sent] == ["started", "ended", "lost"]


async def test_a_slow_archive_is_waited_for(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    sent: list[tuple[str, str | None]],
) -> None:
    """A recording that takes nine minutes to be saved is not lost."""
    office.saving_time = timedelta(minutes=9)
    await let_end(office, pass_time)
    await pass_time(61, times=12)
    assert [event for event, _ in sent] == ["started", "ended", "archived"]


async def test_an_outage_raises_no_false_alarm(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    sent: list[tuple[str, str | None]],
) -> None:
    """While the recorder is out, nothing can be archived: the time is extended."""
    office.saving_time = timedelta(minutes=5)
    await let_end(office, pass_time, "lost")
    simulator.imagicle.faults.add(Fault("drop"))
    await pass_time(61, times=15)
    simulator.imagicle.faults.clear()
    await pass_time(61, times=9)
    assert [event for event, _ in sent] == ["started", "ended"]
    await pass_time(61, times=6)
    assert [event for event, _ in sent] == ["started", "ended", "lost"]


async def test_a_restart_raises_no_false_alarm(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    sent: list[tuple[str, str | None]],
) -> None:
    """What ended between two sessions is not reported as lost."""
    call = office.connect("101")
    office.start_recording(call).fate = "lost"
    await pass_time(31)
    assert await hass.config_entries.async_unload(imagicle.entry_id)
    office.hang_up(call)
    assert await hass.config_entries.async_setup(imagicle.entry_id)
    await pass_time(61, times=13)
    assert [event for event, _ in sent] == ["started"]


async def test_the_third_lost_recording_is_an_issue(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    issue_registry: ir.IssueRegistry,
    sent: list[tuple[str, str | None]],
) -> None:
    """Three in a row are no accident; the next good one takes the issue back."""
    issue = ("call_recorder", f"recordings_lost_{imagicle.entry_id}")
    for _ in range(2):
        await let_end(office, pass_time, "lost")
    await pass_time(61, times=12)
    assert issue_registry.async_get_issue(*issue) is None
    await let_end(office, pass_time, "lost")
    await pass_time(61, times=12)
    assert [event for event, _ in sent].count("lost") == 3
    assert issue_registry.async_get_issue(*issue) is not None
    await let_end(office, pass_time)
    await pass_time(61)
    assert issue_registry.async_get_issue(*issue) is None


async def test_a_recording_that_is_not_ours_to_see(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    sent: list[tuple[str, str | None]],
) -> None:
    """A recorder that refuses to show a recording has not lost it."""
    simulator.imagicle.faults.add(Fault("status", path=f"{ARCHIVE}/", status=403))
    office.saving_time = timedelta(minutes=30)
    await let_end(office, pass_time)
    await pass_time(61, times=15)
    assert [event for event, _ in sent] == ["started", "ended"]


async def test_a_long_call_behind_the_newest_page(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    sent: list[tuple[str, str | None]],
) -> None:
    """A recording that started long before its end is found and counted too."""
    call = office.connect("102")
    office.start_recording(call)
    await pass_time(31)
    for _ in range(60):
        record(office, freezer, 10)
    await pass_time(301)
    office.hang_up(call)
    await pass_time(31)
    await pass_time(61)
    assert [event for event, _ in sent].count("archived") == 61
    assert state(hass, "recordings_today") == "61"
    assert datetime.now(UTC).date().isoformat() == "2026-06-10"


async def test_many_that_end_while_the_archive_is_slow(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    sent: list[tuple[str, str | None]],
) -> None:
    """However many are missing: a poll looks for 20 at most, and finds all."""
    office.saving_time = timedelta(minutes=3)
    calls = [office.connect(f"{101 + n % 12}") for n in range(45)]
    for call in calls:
        office.start_recording(call)
    await pass_time(31)
    for call in calls:
        office.hang_up(call)
    simulator.imagicle.requests.clear()
    await pass_time(11)
    searches = [
        req for req in simulator.imagicle.requests if "/Recordings/" in req.path
    ]
    assert len(searches) == 20
    await pass_time(61, times=5)
    assert [event for event, _ in sent].count("archived") == 45
    assert [event for event, _ in sent].count("lost") == 0
    assert state(hass, "recordings_today") == "45"


async def test_what_ended_before_the_archive_answered(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    pass_time: Poll,
    sent: list[tuple[str, str | None]],
) -> None:
    """A recording that was seen makes its events, though the archive answered late."""
    simulator.imagicle.faults.add(Fault("status", path=ARCHIVE, status=500))
    await set_up(hass, imagicle_entry)
    await let_end(office, pass_time)
    simulator.imagicle.faults.clear()
    await pass_time(121)
    assert [event for event, _ in sent] == ["started", "ended", "archived"]
    assert today(hass) == ("1", "31")


async def test_a_day_that_is_too_long_to_be_read(
    hass: HomeAssistant,
    office: Office,
    freezer: FrozenDateTimeFactory,
    imagicle_entry: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """What could not be counted is not known, until the next day."""
    for _ in range(60):
        record(office, freezer, 10)
    with patch.object(archive, "MOST_PAGES", 1), patch.object(archive, "PAGE_SIZE", 5):
        await set_up(hass, imagicle_entry)
    assert today(hass) == (STATE_UNKNOWN, STATE_UNKNOWN)
    assert state(hass, "archived_recordings") == "60"
    freezer.move_to("2026-06-10 21:59:59+00:00")
    await pass_time(1)
    assert today(hass) == ("0", "0")


async def test_a_search_that_fails(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    sent: list[tuple[str, str | None]],
) -> None:
    """While single recordings cannot be asked for, none is said to be lost."""
    simulator.imagicle.faults.add(Fault("status", path=f"{ARCHIVE}/", status=500))
    await let_end(office, pass_time, "lost")
    await pass_time(61, times=13)
    assert [event for event, _ in sent] == ["started", "ended"]
    assert state(hass, "recordings_today") == "0"
    simulator.imagicle.faults.clear()
    await pass_time(61, times=12)
    assert [event for event, _ in sent] == ["started", "ended", "lost"]
