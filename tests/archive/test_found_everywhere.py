"""New recordings are found wherever they stand in a list: at every recorder."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.call_recorder.recording_events import (
    RecordingEvent,
    RecordingEventType,
    async_listen_events,
)
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.asterisk import Asterisk
from simulator.calls import Call, Recording
from simulator.faults import Fault
from simulator.office import Office
from simulator.recorder import Recorder
from simulator.server import Simulator
from tests.helpers.clock import Poll
from tests.helpers.devices import find_device
from tests.helpers.entries import set_up_recorder
from tests.helpers.states import value

_NOON = datetime(2026, 6, 10, 10, tzinfo=UTC)


@pytest.fixture
def recorder(simulator: Simulator, recorder_name: str) -> Recorder:
    """Return the recorder."""
    return simulator.recorders[recorder_name]


@pytest.fixture
def archived(hass: HomeAssistant) -> list[str | None]:
    """Return the ids of the recordings whose events say that they are archived, as they come."""
    ids: list[str | None] = []

    def take(event: RecordingEvent) -> None:
        """Take an event in."""
        if event.type is RecordingEventType.ARCHIVED:
            ids.append(event.change.recording_id)

    async_listen_events(hass, take)
    return ids


@pytest.fixture(autouse=True)
async def _zone(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Start at noon."""
    await hass.config.async_set_time_zone("Europe/Rome")
    freezer.move_to(_NOON)


def file(office: Office, start: datetime, seconds: float = 10) -> Recording:
    """Put a recording into the archive that was not seen running."""
    number = len(office.archive)
    ended = start + timedelta(seconds=seconds)
    call = Call(
        number=number,
        line=office.line("101"),
        remote_number=f"+1555{number:07}",
        remote_name=None,
        direction="incoming",
        traffic_type="external",
        started_at=start,
        answered_at=start,
        ended_at=ended,
    )
    recording = Recording(
        number=number,
        call=call,
        sequence=1,
        started_at=start,
        ended_at=ended,
        saved_at=ended,
    )
    office.archive.add(recording)
    office.ended_calls.append(call)
    return recording


def file_short_calls(office: Office, count: int, minutes: int) -> None:
    """File calls of 5 s, ten seconds apart; the first so many minutes after noon."""
    for number in range(count):
        file(office, _NOON + timedelta(minutes=minutes, seconds=10 * number), 5)


async def notice(recorder: Recorder, pass_time: Poll) -> None:
    """Let the archive be polled; Asterisk's list is read when something was missed."""
    if isinstance(recorder, Asterisk):
        await recorder.stop()
        await recorder.start()
    await pass_time(61, times=6)


async def test_a_row_dated_in_the_future(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    office: Office,
    recorder: Recorder,
    recorder_name: str,
    recorder_data: dict[str, Any],
    archived: list[str | None],
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A clock that once was wrong hides no recording, and is not the newest one."""
    assert await async_setup_component(hass, "media_source", {})
    for number in range(60):
        file(office, datetime(2031, 6, 10, 10, number, tzinfo=UTC))
    entry = await set_up_recorder(hass, recorder_data)
    assert value(hass, f"sensor.{recorder_name}_last_recording") == "unknown"
    for number in range(120):
        file(office, _NOON + timedelta(seconds=10 * number))
    freezer.tick(timedelta(minutes=20))
    await notice(recorder, pass_time)
    assert len(archived) == len(set(archived)) == 120
    assert value(hass, f"sensor.{recorder_name}_recordings_today") == "120"
    last = value(hass, f"sensor.{recorder_name}_last_recording")
    assert datetime.fromisoformat(last) == _NOON + timedelta(seconds=1190)

    client = await hass_ws_client(hass)
    place = f"media-source://call_recorder/{entry.entry_id}"
    await client.send_json_auto_id(
        {"type": "media_source/browse_media", "media_content_id": place}
    )
    answer = await client.receive_json()
    await client.close()
    newest = answer["result"]["children"][0]["media_content_id"]
    assert newest.endswith("/2026-06")


async def test_new_rows_behind_known_ones(
    hass: HomeAssistant,
    office: Office,
    recorder: Recorder,
    recorder_name: str,
    recorder_data: dict[str, Any],
    archived: list[str | None],
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What is known of the newest page does not hide what started before it."""
    await set_up_recorder(hass, recorder_data)
    freezer.tick(timedelta(minutes=90))
    # Short calls that are known; then long ones around them, that were not seen.
    file_short_calls(office, 60, minutes=40)
    await notice(recorder, pass_time)
    assert len(archived) == 60
    for number in range(60):
        file(office, _NOON + timedelta(minutes=35, seconds=20 * number), 1500)
    await notice(recorder, pass_time)
    assert len(archived) == len(set(archived)) == 120
    assert value(hass, f"sensor.{recorder_name}_recordings_today") == "120"


async def test_a_long_call_behind_new_and_known_rows(
    hass: HomeAssistant,
    office: Office,
    recorder: Recorder,
    recorder_data: dict[str, Any],
    archived: list[str | None],
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """While a page has unknown rows, there may be more behind it."""
    await set_up_recorder(hass, recorder_data)
    freezer.tick(timedelta(minutes=50))
    file_short_calls(office, 60, minutes=20)
    await notice(recorder, pass_time)
    assert len(archived) == 60
    file_short_calls(office, 30, minutes=35)
    file(office, _NOON + timedelta(minutes=10), 2400)
    await notice(recorder, pass_time)
    assert len(archived) == len(set(archived)) == 91


# The others report no total; what lasts as long as this is seen while it runs.
@pytest.mark.parametrize("recorder_name", ["imagicle", "yeastar"])
async def test_a_long_call_behind_a_page_of_known_rows(
    hass: HomeAssistant,
    office: Office,
    recorder: Recorder,
    recorder_data: dict[str, Any],
    archived: list[str | None],
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A call that started 40 minutes ago and that was not seen is not lost."""
    await set_up_recorder(hass, recorder_data)
    freezer.tick(timedelta(minutes=50))
    file_short_calls(office, 120, minutes=20)
    await notice(recorder, pass_time)
    assert len(archived) == 120
    file(office, _NOON + timedelta(minutes=10), 2400)
    await notice(recorder, pass_time)
    assert len(archived) == len(set(archived)) == 121


async def test_a_recorder_that_always_asks_to_wait_shortly(
    hass: HomeAssistant,
    office: Office,
    recorder: Recorder,
    recorder_data: dict[str, Any],
    pass_time: Poll,
) -> None:
    """`Retry-After: 2` on each answer: never asked more often than a healthy one."""
    await set_up_recorder(hass, recorder_data)
    recorder.requests.clear()
    await pass_time(2, times=150)
    healthy = len(recorder.requests)
    recorder.faults.add(Fault("status", status=429, retry_after=2))
    recorder.requests.clear()
    await pass_time(2, times=150)
    assert len(recorder.requests) <= healthy + 1


async def test_a_line_is_not_another_one_that_ends_like_it(
    hass: HomeAssistant,
    office: Office,
    recorder: Recorder,
    recorder_data: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> None:
    """A line shows neither another one's calls nor those with a caller who ends so."""
    number = recorder.directory_number(office.lines[0])
    longer = f"2{number.removeprefix('+')}"
    office.lines[1].number = office.lines[1].phone_number = longer
    own = file(office, _NOON)
    file(office, _NOON + timedelta(minutes=1)).call.line = office.lines[1]
    other = file(office, _NOON + timedelta(minutes=2)).call
    other.line, other.remote_number = office.lines[2], longer
    freezer.tick(timedelta(minutes=10))
    lines = {"Reception": {"directory_number": number}}
    entry = await set_up_recorder(hass, recorder_data, lines=lines)
    line = find_device(hass, entry, "Reception")
    page: Any = await hass.services.async_call(
        "call_recorder",
        "get_recordings",
        {"device_id": line.id},
        blocking=True,
        return_response=True,
    )
    starts = [found["started_at"] for found in page["recordings"]]
    assert starts == [own.started_at.isoformat()]
