"""Imagicle's own language: its times without a zone, and its archive."""

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
import json
import re
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.api.errors import (
    AccessError,
    CannotConnectError,
    InvalidAuthError,
    RecorderError,
    RefusedError,
    UnexpectedResponseError,
)
from custom_components.call_recorder.api.imagicle.client import ImagicleClient
from custom_components.call_recorder.api.models import (
    Direction,
    LiveState,
    Recording,
    RecordingQuery,
)
from custom_components.call_recorder.api.reply import Reply
from homeassistant.core import HomeAssistant
from simulator import calls
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import TEN, Poll
from tests.helpers.entries import set_up
from tests.helpers.states import value

pytestmark = pytest.mark.usefixtures("ten_oclock")

ACTIVE = "sensor.imagicle_active_recordings"
PAUSED = "sensor.imagicle_paused_recordings"
LONGEST = "sensor.imagicle_longest_active_duration"
OLDEST = "sensor.imagicle_oldest_active_start"

ROME = ZoneInfo("Europe/Rome")

# imagicle_get_active_recordings, Examples: "The response status is 200 OK, and its
# body is:". Every letter is the page's.
PAGE_EXAMPLE = """{
    "id": "6b98303a-b295-473a-adae-19b78aca468d",
    "duration": "PT1M13S",
    "startedAt": "2018-07-02T15:07:00.0000000",
    "localParty": {
        "username": "user1"
    },
    "remoteParty": {
        "firstName": "John",
        "lastName": "Doe",
        "phoneNumber": "+1555123456"
    },
    "isPaused": false
}"""


def answer(body: str) -> Fault:
    """Return a fault that answers the list of active recordings with this body."""
    return Fault(
        "body", path="/LiveRecordings", body=body, content_type="application/json"
    )


def live_rows(**changes: Any) -> Fault:
    """Answer with the page's example in an array, changed; `...` leaves a field out."""
    row = json.loads(PAGE_EXAMPLE) | changes
    return answer(
        json.dumps(
            [{name: reported for name, reported in row.items() if reported is not ...}]
        )
    )


async def set_up_at(
    hass: HomeAssistant, entry: MockConfigEntry, time_zone: str = "Europe/Rome"
) -> None:
    """Set the recorder up in a Home Assistant of that zone."""
    await hass.config.async_set_time_zone(time_zone)
    await set_up(hass, entry)


# --- Signing in ---


async def test_basic_authentication(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle_data: dict[str, Any],
) -> None:
    """The vendor's own vector (kb/overview_520) is what the recorder sees.

    imagicle_get_active_recordings: "GET fw/Apps/Recorder/WebAPI/LiveRecordings",
    "Requires authentication: Yes".
    """
    simulator.imagicle.users[0].username = "myuser"
    simulator.imagicle.users[0].password = "mypassword"
    data = imagicle_data | {"username": "myuser", "password": "mypassword"}
    entry = MockConfigEntry(domain="call_recorder", title="Imagicle", data=data)
    entry.add_to_hass(hass)
    await set_up_at(hass, entry)
    request = simulator.imagicle.requests[0]
    assert request.method == "GET"
    assert request.path == "/fw/Apps/Recorder/WebAPI/LiveRecordings"
    assert request.headers["Authorization"] == "Basic bXl1c2VyOm15cGFzc3dvcmQ="
    assert value(hass, ACTIVE) == "0"


@pytest.mark.parametrize("password", ["pässwörd", "a:b", " ", "€", '"\\'])
async def test_any_password(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    password: str,
) -> None:
    """A password may hold whatever a keyboard has."""
    simulator.imagicle.users[0].password = password
    hass.config_entries.async_update_entry(
        imagicle_entry, data={**imagicle_entry.data, "password": password}
    )
    await set_up_at(hass, imagicle_entry)
    assert value(hass, ACTIVE) == "0"


# --- When a recording started ---


@pytest.mark.parametrize("time_zone", ["Europe/Rome", "UTC", "US/Pacific"])
@pytest.mark.parametrize(
    ("hours", "start"),
    [
        (0, "2018-07-02T15:07:00+00:00"),
        (1, "2018-07-02T14:07:00+00:00"),
        (2, "2018-07-02T13:07:00+00:00"),
        (-3.5, "2018-07-02T18:37:00+00:00"),
        (5.75, "2018-07-02T09:22:00+00:00"),
        (14, "2018-07-02T01:07:00+00:00"),
        (-12, "2018-07-03T03:07:00+00:00"),
        (-8, "2018-07-02T23:07:00+00:00"),
    ],
)
async def test_the_pages_example(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    hours: float,
    start: str,
    time_zone: str,
) -> None:
    """A bare object is a list of one; its start is anchored by the duration.

    imagicle_get_active_recordings: "startedAt: ISO 8601 date, Recording start time",
    without a zone; "duration: ISO 8601 duration, Recording current duration".
    """
    reported = datetime(2018, 7, 2, 15, 8, 13, tzinfo=UTC)
    office.clock = lambda: reported - timedelta(hours=hours)
    simulator.imagicle.faults.add(answer(PAGE_EXAMPLE))
    await set_up_at(hass, imagicle_entry, time_zone)
    assert value(hass, ACTIVE) == "1"
    assert value(hass, PAUSED) == "0"
    assert value(hass, LONGEST) == "73"
    assert value(hass, OLDEST) == start


@pytest.mark.parametrize("late", [-430, -1, 0, 1, 430])
async def test_the_recorders_clock_need_not_be_exact(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    late: int,
) -> None:
    """Date header and start need not come from the same clock to the second."""
    reported = datetime(2018, 7, 2, 13, 8, 13, tzinfo=UTC) + timedelta(seconds=late)
    office.clock = lambda: reported
    simulator.imagicle.faults.add(answer(PAGE_EXAMPLE))
    await set_up_at(hass, imagicle_entry)
    assert value(hass, OLDEST) == "2018-07-02T13:07:00+00:00"


async def test_no_date_header(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Where the recorder does not report its time, our own clock stands in."""
    simulator.imagicle.sends_date = False
    freezer.move_to(TEN + timedelta(seconds=73))
    simulator.imagicle.faults.add(live_rows(startedAt="2027-07-02T06:30:00.0000000"))
    await set_up_at(hass, imagicle_entry)
    assert value(hass, OLDEST) == "2027-07-02T10:00:00+00:00"


@pytest.mark.parametrize("time_zone", ["Europe/Rome", "Asia/Kolkata"])
@pytest.mark.parametrize("minutes", [0, 10, 29, 31, 59, 61, 95])
@pytest.mark.parametrize(
    "change",
    [
        # Summer time ends in Rome: 02:00 to 03:00 comes twice.
        datetime(2027, 10, 31, 1, tzinfo=UTC),
        # Summer time starts: 02:00 to 03:00 does not come at all.
        datetime(2028, 3, 26, 1, tzinfo=UTC),
    ],
)
async def test_the_clocks_change(
    hass: HomeAssistant,
    office: Office,
    imagicle_entry: MockConfigEntry,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    change: datetime,
    minutes: int,
    time_zone: str,
) -> None:
    """In the hour that comes twice, a start is still reported to the second.

    One recording starts before we look for the first time, one while we watch.
    """
    start = change + timedelta(minutes=minutes - 60)
    freezer.move_to(start)
    call = office.connect("101")
    office.start_recording(call)
    freezer.tick(20 * 60)
    await set_up_at(hass, imagicle_entry, time_zone)
    assert value(hass, OLDEST) == start.isoformat()
    office.start_recording(office.connect("102"))
    second = datetime.now(UTC)
    for _ in range(8):
        await pass_time(600)
        assert value(hass, OLDEST) == start.isoformat()
    office.hang_up(call)
    await pass_time(11)
    assert value(hass, OLDEST) == second.isoformat()


@pytest.mark.parametrize("counts_pauses", [True, False])
@pytest.mark.parametrize("others", [[], ["102"], ["102", "103"]])
async def test_a_paused_recording_is_seen_first(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    others: list[str],
    counts_pauses: bool,
) -> None:
    """After a restart, a pause may or may not count in the duration."""
    simulator.imagicle.duration_counts_pauses = counts_pauses
    freezer.move_to(TEN)
    recording = office.start_recording(office.connect("101"))
    freezer.tick(60)
    office.pause(recording)
    freezer.tick(5 * 60 + 60 * 60 * len(others))
    for number in others:
        office.start_recording(office.connect(number))
        freezer.tick(30)
    await set_up_at(hass, imagicle_entry, "US/Pacific")
    assert value(hass, OLDEST) == TEN.isoformat()
    assert (value(hass, ACTIVE), value(hass, PAUSED)) == (str(1 + len(others)), "1")


async def test_a_long_pause_teaches_no_zone(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What was learned from other recordings is not given up for a resumed one."""
    simulator.imagicle.duration_counts_pauses = False
    freezer.move_to(TEN)
    resumed = office.start_recording(office.connect("101"))
    await set_up_at(hass, imagicle_entry, "US/Pacific")
    office.pause(resumed)
    await pass_time(3600)
    office.resume(resumed)
    await pass_time(31)
    # The next one is paused at once, so only what is known of the zone helps.
    office.pause(office.start_recording(office.connect("102")))
    second = datetime.now(UTC)
    await pass_time(3600)
    office.stop(resumed)
    await pass_time(11)
    assert value(hass, OLDEST) == second.isoformat()


@pytest.mark.parametrize("time_zone", ["Europe/Rome", "UTC", "US/Pacific"])
async def test_a_recording_that_is_paused_after_the_clocks_changed(
    session: ClientSession,
    office: Office,
    simulator: Simulator,
    imagicle_data: dict[str, Any],
    time_zone: str,
) -> None:
    """The zone is learned at each poll, from a recording that was known before too."""
    zone = ZoneInfo(time_zone)
    client = ImagicleClient(session, imagicle_data, time_zone=zone)
    # Summer time ends in Rome at 01:00 UTC. The recorder shows all times by its clock
    # of today; the duration of the first call tells which that is.
    start = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    first = {"id": "a", "isPaused": False}
    second = {"id": "b", "isPaused": True, "duration": "PT5S"}
    office.clock = lambda: start + timedelta(minutes=10)
    first |= {"startedAt": "2027-10-31T02:30:00", "duration": "PT10M"}
    simulator.imagicle.faults.add(replace(answer(json.dumps([first])), times=1))
    await client.get_live_state()
    office.clock = lambda: start + timedelta(minutes=60)
    first |= {"startedAt": "2027-10-31T01:30:00", "duration": "PT1H"}
    second |= {"startedAt": "2027-10-31T02:20:00"}
    simulator.imagicle.faults.add(answer(json.dumps([second, first])))
    state = await client.get_live_state()
    assert state.recordings is not None
    assert [recording.started_at for recording in state.recordings] == [
        start,
        start + timedelta(minutes=50),
    ]


async def test_what_is_unchanged_is_not_parsed_again(
    client: ImagicleClient, office: Office, simulator: Simulator
) -> None:
    """A poll gives the same recordings; their durations are those of its answer."""
    office.clock = lambda: TEN
    for number in ("101", "102", "103"):
        office.start_recording(office.connect(number))
    first = await client.get_live_state()
    office.clock = lambda: TEN + timedelta(seconds=10)
    second = await client.get_live_state()
    assert first.recordings is not None
    assert second.recordings is first.recordings
    for state, seconds in ((first, 0), (second, 10)):
        durations = [*map(state.duration_of, first.recordings)]
        assert durations == [timedelta(seconds=seconds)] * 3
    office.pause(office.active_recordings()[0])
    third = await client.get_live_state()
    assert third.recordings is not None
    pairs = list(zip(first.recordings, third.recordings, strict=True))
    assert sum(new.is_paused is True for _, new in pairs) == 1
    assert all(new.started_at == old.started_at for old, new in pairs)
    assert all((new is old) is not new.is_paused for old, new in pairs)


async def test_an_unchanged_list_is_not_decoded(
    client: ImagicleClient, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While only durations move, the answer is decoded only to read one of them."""
    decoded: list[Reply] = []
    decode = Reply.json

    def count(reply: Reply) -> Any:
        decoded.append(reply)
        return decode(reply)

    monkeypatch.setattr(Reply, "json", count)
    row = {
        "id": "1",
        "remoteParty": {"lastName": '"duration":"PT1S"', "firstName": "duration"},
        "startedAt": "2027-07-02T12:00:00",
    }

    async def poll(duration: object, **changed: object) -> LiveState:
        rows = [{**row, "duration": duration, **changed}]
        simulator.imagicle.faults.add(replace(answer(json.dumps(rows)), times=1))
        return await client.get_live_state()

    states = [await poll(f"PT{seconds}S") for seconds in range(10)]
    assert len(decoded) == 2
    recordings = states[0].recordings
    assert recordings is not None
    for seconds, state in enumerate(states):
        assert state.recordings is recordings
        assert state.duration_of(recordings[0]) == timedelta(seconds=seconds)
    assert len(decoded) == 10
    # Whatever else changes is seen, also in the duration's place.
    paused = (await poll("PT10S", isPaused=True)).recordings
    assert paused is not None
    assert paused[0].is_paused
    for unreported in (None, 10, "ten", ["PT10S"], "PT10S "):
        state = await poll(unreported, isPaused=True)
        assert state.recordings is paused
        assert state.duration_of(paused[0]) is None or unreported == "PT10S "
    named = (await poll("PT10S", remoteParty={"lastName": "PT2S"})).recordings
    assert named is not None
    assert named[0].remote_party.last_name == "PT2S"


async def test_durations_that_spoil_the_list(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Of a list that differs in its durations alone, and is none for it, starts count."""
    office.start_recording(office.connect("101"))
    await pass_time(31, times=3)

    def double(body: bytes) -> bytes:
        """Give each row its duration twice, with nothing in between."""
        return re.sub(rb'("duration": *"[^"]*")', rb"\1\1", body)

    fault = Fault("rewrite", path="/LiveRecordings", rewrite=double)
    simulator.imagicle.faults.add(fault)
    await pass_time(31, times=2)
    assert value(hass, "sensor.imagicle_active_recordings") == "1"
    # By our own clock, from the start that is known.
    assert float(value(hass, "sensor.imagicle_longest_active_duration")) > 93
    assert "Traceback" not in caplog.text


async def test_an_empty_answer_behind_an_empty_list(
    client: ImagicleClient, simulator: Simulator
) -> None:
    """A 204 is an empty list each time; a 200 without a body is none after it either."""
    empty = answer("")
    for _ in range(3):
        simulator.imagicle.faults.add(replace(empty, status=204, times=1))
        assert (await client.get_live_state()).recordings == ()
    simulator.imagicle.faults.add(replace(empty, times=1))
    with pytest.raises(UnexpectedResponseError):
        await client.get_live_state()


async def test_too_many_active_recordings(
    client: ImagicleClient, simulator: Simulator
) -> None:
    """More recordings than can run are refused before one of them is parsed."""
    simulator.imagicle.faults.add(answer("[" + "{}," * 100_000 + "{}]"))
    with pytest.raises(UnexpectedResponseError, match="too many rows"):
        await client.get_live_state()


@pytest.mark.parametrize(
    ("started_at", "start"),
    [
        ("2027-07-02T10:00:00.0000000Z", "2027-07-02T10:00:00+00:00"),
        ("2027-07-02T12:00:00.0000000+02:00", "2027-07-02T10:00:00+00:00"),
        ("2027-07-02T06:30:00-03:30", "2027-07-02T10:00:00+00:00"),
        # Reported with a zone, it is what it is, whatever the duration says.
        ("2027-07-02T09:00:00Z", "2027-07-02T09:00:00+00:00"),
        # Not reported, or no date: the duration says it.
        (..., "2027-07-02T10:00:00+00:00"),
        (None, "2027-07-02T10:00:00+00:00"),
        ("", "2027-07-02T10:00:00+00:00"),
        ("today", "2027-07-02T10:00:00+00:00"),
        (1751450400, "2027-07-02T10:00:00+00:00"),
        ("0001-01-01T00:00:00", "2027-07-02T10:00:00+00:00"),
        ("0001-01-01T00:00:00Z", "2027-07-02T10:00:00+00:00"),
        ("9999-12-31T23:59:59.9999999", "2027-07-02T10:00:00+00:00"),
        ("9999-12-31T23:59:59.9999999-14:00", "2027-07-02T10:00:00+00:00"),
        # Further off than any zone on Earth.
        ("2027-06-30T12:00:00", "2027-07-02T10:00:00+00:00"),
    ],
)
async def test_odd_starts(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    started_at: Any,
    start: str,
) -> None:
    """A start with a zone is taken as it is; one that is none is worked out."""
    freezer.move_to(TEN + timedelta(seconds=73))
    simulator.imagicle.faults.add(live_rows(startedAt=started_at))
    await set_up_at(hass, imagicle_entry)
    assert value(hass, OLDEST) == start
    assert value(hass, LONGEST) == "73"


@pytest.mark.parametrize(
    "duration", [..., None, "", "73", "P", "-PT1M", 73, "P99999999D", "P9000Y", []]
)
@pytest.mark.parametrize(
    ("started_at", "start", "longest"),
    [
        ("2027-07-02T10:00:00Z", "2027-07-02T10:00:00+00:00", "73"),
        # Nothing shows the zone, so it is Home Assistant's.
        ("2027-07-02T12:00:00.0000000", "2027-07-02T10:00:00+00:00", "73"),
        # Nothing shows the start: unknown is honest, zero is not.
        (..., "unknown", "unknown"),
        ("0001-01-01T00:00:00", "unknown", "unknown"),
        ("9999-12-31T23:59:59", "unknown", "unknown"),
    ],
)
async def test_odd_durations(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    duration: Any,
    started_at: Any,
    start: str,
    longest: str,
) -> None:
    """A recording whose duration is not reported is still one."""
    freezer.move_to(TEN + timedelta(seconds=73))
    simulator.imagicle.faults.add(live_rows(duration=duration, startedAt=started_at))
    await set_up_at(hass, imagicle_entry)
    assert value(hass, ACTIVE) == "1"
    assert value(hass, OLDEST) == start
    assert value(hass, LONGEST) == longest


@pytest.mark.parametrize(
    ("is_paused", "paused"),
    [
        (True, "1"),
        (False, "0"),
        ("true", "1"),
        (0, "0"),
        (..., "unknown"),
        (None, "unknown"),
        ("perhaps", "unknown"),
    ],
)
async def test_pauses(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    is_paused: Any,
    paused: str,
) -> None:
    """A recording that does not report whether it is paused is not taken for running.

    imagicle_get_active_recordings: "isPaused: boolean, True if the recording is
    paused, false otherwise".
    """
    simulator.imagicle.faults.add(live_rows(isPaused=is_paused))
    await set_up_at(hass, imagicle_entry)
    assert (value(hass, ACTIVE), value(hass, PAUSED)) == ("1", paused)


async def test_the_same_id_twice(
    hass: HomeAssistant, simulator: Simulator, imagicle_entry: MockConfigEntry
) -> None:
    """A recording that is listed twice is one."""
    simulator.imagicle.faults.add(answer(f"[{PAGE_EXAMPLE},{PAGE_EXAMPLE}]"))
    await set_up_at(hass, imagicle_entry)
    assert value(hass, ACTIVE) == "1"


async def test_an_empty_array(
    hass: HomeAssistant, simulator: Simulator, imagicle_entry: MockConfigEntry
) -> None:
    """Nothing is recorded.

    imagicle_get_active_recordings, Note: "If no active recording meeting the
    specified filters is found, an empty JSON array is returned."
    """
    simulator.imagicle.faults.add(answer(" [ ] "))
    await set_up_at(hass, imagicle_entry)
    assert value(hass, ACTIVE) == "0"
    assert value(hass, LONGEST) == "0"
    assert value(hass, OLDEST) == "unknown"


@pytest.mark.parametrize("leaves_out_unknown", [True, False])
async def test_what_is_not_reported_of_the_parties(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    leaves_out_unknown: bool,
) -> None:
    """Any party, and any part of it, may be missing."""
    simulator.imagicle.leaves_out_unknown = leaves_out_unknown
    office.lines[0].has_user = False
    office.start_recording(office.connect("101", remote_name=None))
    await set_up_at(hass, imagicle_entry)
    assert value(hass, ACTIVE) == "1"


# --- The archive ---


@pytest.fixture
def client(
    session: ClientSession, simulator: Simulator, imagicle_data: dict[str, Any]
) -> ImagicleClient:
    """Return a client of the simulated Imagicle."""
    return ImagicleClient(session, imagicle_data, time_zone=ROME)


@pytest.fixture
def large_archive(simulator: Simulator, office: Office) -> Office:
    """Return an office with a million recordings."""
    large = Office(archive_size=1_000_000, clock=lambda: TEN)
    office.archive = large.archive
    office.seed = large.seed
    return office


def put(
    office: Office,
    start: datetime,
    *,
    line: str = "101",
    remote: str = "+390584943232",
    direction: calls.Direction = "incoming",
    seconds: float = 60,
) -> calls.Recording:
    """Put a finished recording into the archive."""
    number = len(office.archive)
    ended = start + timedelta(seconds=seconds)
    call = calls.Call(
        number=number,
        line=office.line(line),
        remote_number=remote,
        remote_name=None,
        direction=direction,
        traffic_type="external",
        started_at=start,
        answered_at=start,
        ended_at=ended,
    )
    recording = calls.Recording(
        number=number,
        call=call,
        sequence=1,
        started_at=start,
        ended_at=ended,
        saved_at=ended,
    )
    office.archive.add(recording)
    return recording


def fill(office: Office, count: int, **details: Any) -> None:
    """Put recordings into the archive, one a minute, the last one at ten."""
    for index in range(count):
        put(office, TEN - timedelta(minutes=count - 1 - index), **details)


async def read_all(
    client: ImagicleClient, query: RecordingQuery
) -> list[tuple[Recording, ...]]:
    """Read page after page, as long as there are any."""
    pages = []
    cursor: str | None = None
    for _ in range(500):
        page = await client.get_recordings(
            RecordingQuery(
                start=query.start,
                end=query.end,
                number=query.number,
                username=query.username,
                direction=query.direction,
                limit=query.limit,
                cursor=cursor,
            )
        )
        pages.append(page.recordings)
        if (cursor := page.next_cursor) is None:
            return pages
    raise AssertionError("The archive has no end")


def ids(pages: list[tuple[Recording, ...]]) -> list[str]:
    """Return the ids of all pages, in their order."""
    return [recording.id for page in pages for recording in page]


def newest_first(simulator: Simulator) -> list[str]:
    """Return the ids of the whole archive."""
    imagicle, archive = simulator.imagicle, simulator.office.archive
    return [
        imagicle.id_of(archive[position]) for position in reversed(range(len(archive)))
    ]


async def test_the_first_page(
    client: ImagicleClient, office: Office, simulator: Simulator
) -> None:
    """Newest first, with what the list shows of each.

    kb 628: "sorted most recent first"; without `pageSize` the server returns all
    matches, so it is always sent.
    """
    fill(office, 120)
    page = await client.get_recordings(RecordingQuery(limit=2))
    assert [recording.id for recording in page.recordings] == newest_first(simulator)[
        :2
    ]
    assert page.total == 120
    assert page.next_cursor is not None
    recording = page.recordings[0]
    assert recording.started_at == TEN
    assert recording.ended_at == TEN + timedelta(seconds=60)
    assert recording.duration == timedelta(seconds=60)
    assert recording.direction is Direction.INCOMING
    assert (recording.local_number, recording.remote_number) == (
        "101",
        "+390584943232",
    )
    assert recording.owner is not None
    assert recording.owner.username == "anna.rossi"
    [request] = simulator.imagicle.requests
    assert request.path == "/fw/Apps/Recorder/WebAPI/Recordings"
    assert dict(request.query) == {"page": "0", "pageSize": "51"}


async def test_filters_are_encoded_as_documented(
    client: ImagicleClient, simulator: Simulator
) -> None:
    """Kb 628: `between:2018-11-01T00:00:00Z;2018-11-02T00:00:00Z`, direction 0/1/2."""
    await client.get_recordings(
        RecordingQuery(
            start=datetime(2018, 11, 1, 1, tzinfo=ROME),
            end=datetime(2018, 11, 2, tzinfo=UTC),
            username="user 1&x",
            direction=Direction.OUTGOING,
        )
    )
    [request] = simulator.imagicle.requests
    assert dict(request.query) == {
        "startTime": "between:2018-11-01T00:00:00Z;2018-11-02T00:00:00Z",
        "ownerUsername": "user 1&x",
        "direction": "2",
        "page": "0",
        "pageSize": "51",
    }


@pytest.mark.parametrize(
    "number",
    ["+390584943232", "390584943232", "+39 0584 943-232", "+39 (0584) 94.32.32"],
)
async def test_a_number_however_it_is_written(
    client: ImagicleClient, office: Office, simulator: Simulator, number: str
) -> None:
    """The digits count. The remote filter, which has two names, gets only them.

    The local one compares whole texts, so it is asked with and without a plus.
    """
    fill(office, 1)
    page = await client.get_recordings(RecordingQuery(number=number))
    assert len(page.recordings) == 1
    assert [dict(request.query) for request in simulator.imagicle.requests] == [
        {
            "remotePartyNumber": "contains:390584943232",
            "remoteParty": "contains:390584943232",
            "page": "0",
            "pageSize": "51",
        },
        {"localPartyNumber": "390584943232", "page": "0", "pageSize": "51"},
        {"localPartyNumber": "+390584943232", "page": "0", "pageSize": "51"},
    ]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, [0, 1, 2, 3]),
        (1, None, [1, 2, 3]),
        (None, 2, [0, 1]),
        (1, 2, [1]),
        (1, 3, [1, 2]),
        (2, 2, []),
        (3, 1, []),
        (0.5, 2.5, [1, 2]),
        (1.01, 2.01, [2]),
        (0.999, 1.001, [1]),
    ],
)
@pytest.mark.parametrize("fraction", [0, 250_000])
async def test_the_range(
    client: ImagicleClient,
    office: Office,
    simulator: Simulator,
    start: float | None,
    end: float | None,
    expected: list[int],
    fraction: int,
) -> None:
    """The start of the range is included, its end is not; to the fraction of a second."""
    origin = TEN.replace(microsecond=fraction)
    made = [put(office, origin + timedelta(seconds=index)) for index in range(4)]
    page = await client.get_recordings(
        RecordingQuery(
            start=None if start is None else origin + timedelta(seconds=start),
            end=None if end is None else origin + timedelta(seconds=end),
        )
    )
    assert {recording.id for recording in page.recordings} == {
        simulator.imagicle.id_of(made[index]) for index in expected
    }


@pytest.mark.parametrize("limit", [1, 7, 50, 51, 99, 100, 101, 500])
async def test_pages(
    client: ImagicleClient, office: Office, simulator: Simulator, limit: int
) -> None:
    """Page after page gives the whole archive, each row once, newest first."""
    fill(office, 101)
    pages = await read_all(client, RecordingQuery(limit=limit))
    assert ids(pages) == newest_first(simulator)
    assert all(len(page) == limit for page in pages[:-1])
    assert 0 < len(pages[-1]) <= limit
    assert all(request.query["pageSize"] for request in simulator.imagicle.requests)


@pytest.mark.parametrize(("limit", "count"), [(1, 10), (3, 10), (7, 130), (60, 130)])
async def test_rows_within_the_same_second(
    client: ImagicleClient,
    office: Office,
    simulator: Simulator,
    limit: int,
    count: int,
) -> None:
    """However many recordings started in one second, each comes once."""
    for index in range(count):
        put(office, TEN + timedelta(milliseconds=index * 7))
    pages = await read_all(client, RecordingQuery(limit=limit))
    assert sorted(ids(pages)) == sorted(newest_first(simulator))


@pytest.mark.parametrize("limit", [1, 5, 50])
async def test_pages_while_recordings_arrive(
    client: ImagicleClient, office: Office, simulator: Simulator, limit: int
) -> None:
    """What is archived between two pages shifts nothing: no row twice, none missing."""
    fill(office, 60)
    before = newest_first(simulator)
    seen: list[str] = []
    cursor: str | None = None
    for number in range(100):
        page = await client.get_recordings(RecordingQuery(limit=limit, cursor=cursor))
        seen += [recording.id for recording in page.recordings]
        assert page.total == 60
        if (cursor := page.next_cursor) is None:
            break
        put(office, TEN + timedelta(minutes=1 + number))
    assert seen == before


async def test_a_long_call_is_archived_late(
    client: ImagicleClient, office: Office, simulator: Simulator
) -> None:
    """A call that started earlier than what is still to be read comes in its place."""
    fill(office, 20)
    first = await client.get_recordings(RecordingQuery(limit=5))
    late = put(office, TEN - timedelta(minutes=10, seconds=30), seconds=1800)
    # This one started among what was read already: it belongs to no later page.
    put(office, TEN - timedelta(minutes=2, seconds=30), seconds=1800)
    pages = [first.recordings]
    cursor = first.next_cursor
    while cursor is not None:
        page = await client.get_recordings(RecordingQuery(limit=5, cursor=cursor))
        pages.append(page.recordings)
        cursor = page.next_cursor
    assert len(ids(pages)) == len(set(ids(pages))) == 21
    assert simulator.imagicle.id_of(late) in ids(pages)
    starts = [recording.started_at for page in pages for recording in page]
    assert starts == sorted(filter(None, starts), reverse=True)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+390584943232", ["incoming", "outgoing"]),
        ("943232", ["incoming", "outgoing"]),
        ("3232", ["incoming", "outgoing"]),
        ("101", ["local", "remote"]),
        ("102", ["incoming", "other", "outgoing"]),
        ("584", []),
        ("999", []),
    ],
)
async def test_by_number(
    client: ImagicleClient,
    office: Office,
    simulator: Simulator,
    number: str,
    expected: list[str],
) -> None:
    """Either party's number counts, whole or by its last digits."""
    made = {
        "incoming": put(office, TEN, line="102"),
        "outgoing": put(office, TEN, line="102", direction="outgoing"),
        "local": put(office, TEN, line="101", remote="+4930123456"),
        "remote": put(office, TEN, line="103", remote="+4930101"),
        "other": put(office, TEN, line="102", remote="+4930123456"),
    }
    names = {simulator.imagicle.id_of(row): name for name, row in made.items()}
    page = await client.get_recordings(RecordingQuery(number=number))
    assert sorted(names[recording.id] for recording in page.recordings) == expected
    assert page.next_cursor is None


@pytest.mark.parametrize("limit", [1, 4, 50])
async def test_pages_by_number(
    client: ImagicleClient, office: Office, simulator: Simulator, limit: int
) -> None:
    """Both parties' matches come in one order, each once, among many others."""
    wanted = []
    for index in range(200):
        start = TEN - timedelta(minutes=index)
        line, remote = [
            ("101", "+4930555"),
            ("102", "+49301015"),
            ("103", "+493010101"),
            ("104", "+4930777"),
        ][index % 4]
        recording = put(office, start, line=line, remote=remote)
        wanted += [simulator.imagicle.id_of(recording)] * (index % 4 in (0, 2))
    assert ids(await read_all(client, RecordingQuery(number="101", limit=limit))) == (
        wanted
    )


@pytest.mark.parametrize(
    ("direction", "count"),
    [
        (Direction.INCOMING, 3),
        (Direction.OUTGOING, 2),
        (Direction.UNKNOWN, 1),
        # Imagicle has no value for it (imagicle_get_recording, Direction).
        (Direction.INTERNAL, 0),
        (None, 6),
    ],
)
async def test_by_direction(
    client: ImagicleClient, office: Office, direction: Direction | None, count: int
) -> None:
    """imagicle_get_recording, Direction: 0 unknown, 1 incoming, 2 outgoing."""
    fill(office, 3, direction="incoming")
    fill(office, 2, direction="outgoing")
    fill(office, 1, direction="unknown")
    page = await client.get_recordings(RecordingQuery(direction=direction))
    assert len(page.recordings) == count
    assert page.total == count
    assert {recording.direction for recording in page.recordings} <= (
        set(Direction) if direction is None else {direction}
    )


async def test_by_username(client: ImagicleClient, office: Office) -> None:
    """Whose recordings they are, as the list shows it: `ownerUsername` (kb 628)."""
    fill(office, 3, line="101")
    fill(office, 2, line="103")
    page = await client.get_recordings(RecordingQuery(username="evelyn.carter"))
    assert len(page.recordings) == 2
    assert page.total == 2
    assert page.next_cursor is None


async def test_an_empty_archive(client: ImagicleClient) -> None:
    """Nothing is found, and there is nothing more."""
    page = await client.get_recordings(RecordingQuery())
    assert (page.recordings, page.next_cursor, page.total) == ((), None, 0)


@pytest.mark.parametrize("limit", [1, 50, 500])
async def test_a_million_recordings(
    client: ImagicleClient, large_archive: Office, simulator: Simulator, limit: int
) -> None:
    """A page costs one request, wherever it is, and asks for no more than it needs."""
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(5):
        page = await client.get_recordings(RecordingQuery(limit=limit, cursor=cursor))
        assert page.total == 1_000_000
        assert len(page.recordings) == limit
        seen += [recording.id for recording in page.recordings]
        cursor = page.next_cursor
    assert len(set(seen)) == limit * 5
    assert len(simulator.imagicle.requests) == 5
    for request in simulator.imagicle.requests:
        assert request.query["page"] == "0"
        assert int(request.query["pageSize"]) <= max(limit, 50) + limit + 1


@pytest.mark.parametrize("with_zone", [True, False])
async def test_times_of_the_archive(
    client: ImagicleClient, office: Office, simulator: Simulator, with_zone: bool
) -> None:
    """`startTime` comes with a zone or, as `startedAt` does, without one."""
    simulator.imagicle.archive_times_have_zone = with_zone
    winter = put(office, datetime(2027, 1, 2, 10, tzinfo=UTC))
    summer = put(office, TEN)
    page = await client.get_recordings(RecordingQuery())
    assert [recording.started_at for recording in page.recordings] == [
        summer.started_at,
        winter.started_at,
    ]


@pytest.mark.parametrize(
    ("time_zone", "office_zone"),
    [
        (ROME, ZoneInfo("Asia/Kathmandu")),
        (ZoneInfo("Asia/Kathmandu"), ROME),
        (UTC, ZoneInfo("America/St_Johns")),
    ],
)
async def test_the_live_list_tells_the_archives_zone(
    session: ClientSession,
    office: Office,
    simulator: Simulator,
    imagicle_data: dict[str, Any],
    time_zone: tzinfo,
    office_zone: ZoneInfo,
) -> None:
    """Once an active recording has shown the recorder's zone, the archive is read by it."""
    simulator.imagicle.archive_times_have_zone = False
    office.time_zone = office_zone
    office.clock = lambda: TEN
    office.start_recording(office.connect("101"))
    put(office, TEN - timedelta(minutes=5))
    client = ImagicleClient(session, imagicle_data, time_zone=time_zone)
    await client.get_live_state()
    [recording] = (await client.get_recordings(RecordingQuery())).recordings
    assert recording.started_at == TEN - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, {"started_at": None, "duration": None, "ended_at": None}),
        ({"startTime": "0001-01-01T00:00:00"}, {"started_at": None}),
        ({"startTime": "9999-12-31T23:59:59"}, {"started_at": None}),
        ({"startTime": "0001-01-01T00:00:00Z"}, {"started_at": None}),
        (
            {"startTime": "2027-07-02T10:00:00Z", "duration": "P9999999D"},
            {"started_at": TEN, "duration": None, "ended_at": None},
        ),
        ({"direction": 7}, {"direction": None}),
        ({"direction": "1"}, {"direction": Direction.INCOMING}),
        ({"size": "29"}, {"size": 29}),
        ({"hash": {"SHA256": "ABCDEF"}}, {"sha256": "abcdef"}),
        ({"hash": None, "note": None, "owner": None}, {"sha256": None, "note": None}),
        ({"pbxInfo": {"callId": 17}}, {"pbx_call_id": "17"}),
        ({"pbxCallId": "18", "pbxInfo": {}}, {"pbx_call_id": "18"}),
        ({"ownerUsername": ""}, {"owner": None, "local_name": None}),
    ],
)
async def test_odd_rows_of_the_archive(
    client: ImagicleClient,
    simulator: Simulator,
    row: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    """What a row does not report is not known, and costs nothing else."""
    body = {"totalCount": "1", "recordings": [{"id": "a", **row}]}
    simulator.imagicle.faults.add(Fault("body", body=json.dumps(body)))
    page = await client.get_recordings(RecordingQuery())
    assert page.total == 1
    [recording] = page.recordings
    assert {name: getattr(recording, name) for name in expected} == expected


async def test_bad_rows_of_the_archive(
    client: ImagicleClient, office: Office, simulator: Simulator
) -> None:
    """What can be read of the list is."""
    fill(office, 3)
    simulator.imagicle.faults.add(Fault("bad_rows"))
    page = await client.get_recordings(RecordingQuery())
    assert [recording.id for recording in page.recordings] == newest_first(simulator)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", status=401), InvalidAuthError),
        (Fault("status", status=403), AccessError),
        (Fault("status", status=400, body='{"reason": 0}'), UnexpectedResponseError),
        (Fault("status", status=404), UnexpectedResponseError),
        (Fault("status", status=429, retry_after=7), CannotConnectError),
        (Fault("status", status=500), CannotConnectError),
        (Fault("status", status=504), CannotConnectError),
        (Fault("drop"), CannotConnectError),
        (Fault("half_body"), CannotConnectError),
        (Fault("empty_object"), UnexpectedResponseError),
        (Fault("empty_body"), UnexpectedResponseError),
        (Fault("login_page"), UnexpectedResponseError),
        (Fault("invalid_json"), UnexpectedResponseError),
        (Fault("huge_body"), UnexpectedResponseError),
        (Fault("body", body="[]"), UnexpectedResponseError),
        (Fault("body", body='{"recordings": null}'), UnexpectedResponseError),
        (Fault("body", body='{"recordings": [{}, 7]}'), UnexpectedResponseError),
        (Fault("redirect", url="http://192.0.2.1/"), UnexpectedResponseError),
    ],
)
async def test_the_archive_fails(
    client: ImagicleClient,
    office: Office,
    simulator: Simulator,
    fault: Fault,
    error: type[RecorderError],
) -> None:
    """A list that cannot be read is an error, never an empty archive."""
    fill(office, 3)
    simulator.imagicle.faults.add(fault)
    with pytest.raises(error):
        await client.get_recordings(RecordingQuery())


def cursor_of(*parts: Any) -> str:
    """Write a cursor as ours are written."""
    return urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "ü",
        "AAAA",
        "bnVsbA==",
        cursor_of(),
        cursor_of(None, [], 1),
        cursor_of("yesterday", [], 1),
        cursor_of("2027-07-02T10:00:00+00:00", 7, 1),
        cursor_of("2027-07-02T10:00:00+00:00", [], "many"),
        cursor_of("2027-07-02T10:00:00+00:00", [], float("inf")),
        cursor_of("2027-07-02T10:00:00+00:00", []),
        cursor_of("9999-12-31T23:59:59+00:00", [], 1),
        pytest.param(urlsafe_b64encode(b"[" * 100_000).decode(), id="deep"),
    ],
)
async def test_a_cursor_of_somebody_else(
    client: ImagicleClient, simulator: Simulator, cursor: str
) -> None:
    """What is no cursor of ours is refused before anything is asked."""
    with pytest.raises(RefusedError, match="invalid_cursor"):
        await client.get_recordings(RecordingQuery(cursor=cursor))
    assert simulator.imagicle.requests == []


# --- Pages of another size than asked for ---


@pytest.mark.parametrize("limit", [1, 30, 500])
async def test_a_server_with_small_pages(
    client: ImagicleClient, office: Office, simulator: Simulator, limit: int
) -> None:
    """A short page is the last one only where no total is reported."""
    simulator.imagicle.rows_per_page = 20
    for index in range(70):
        put(office, TEN - timedelta(minutes=index))
    found: list[str] = []
    query = RecordingQuery(limit=limit)
    for _ in range(100):
        page = await client.get_recordings(query)
        assert page.total == 70
        found += [recording.id for recording in page.recordings]
        if page.next_cursor is None:
            break
        query = replace(query, cursor=page.next_cursor)
    assert len(found) == len(set(found)) == 70
    oldest = await client.get_oldest_start()
    assert oldest == TEN - timedelta(minutes=69)


async def test_small_pages_of_one_second(
    client: ImagicleClient, office: Office, simulator: Simulator
) -> None:
    """More recordings of one second than a page has are no endless loop."""
    simulator.imagicle.rows_per_page = 20
    for _ in range(30):
        put(office, TEN)
    put(office, TEN - timedelta(minutes=1))
    query = RecordingQuery(limit=50)
    found: list[str] = []
    pages = 0
    while pages < 10:
        page = await client.get_recordings(query)
        pages += 1
        found += [recording.id for recording in page.recordings]
        if page.next_cursor is None:
            break
        query = replace(query, cursor=page.next_cursor)
    assert pages == 3
    assert len(found) == len(set(found)) == 21


async def test_a_page_longer_than_asked_for(
    client: ImagicleClient, simulator: Simulator
) -> None:
    """It is refused before one of its rows is parsed."""
    rows = [{"id": f"r{number}"} for number in range(101)]
    body = json.dumps({"totalCount": 101, "recordings": rows})
    simulator.imagicle.faults.add(
        Fault("body", path="/Recordings", body=body, content_type="application/json")
    )
    with pytest.raises(UnexpectedResponseError, match="too many rows"):
        await client.get_recordings(RecordingQuery(limit=50))
    page = await client.get_recordings(RecordingQuery(limit=100))
    assert len(page.recordings) == 100


# --- Which recorder it is ---


@pytest.mark.parametrize(
    ("url", "username"),
    [
        ("http://imagicle.example", "user1"),
        ("http://imagicle.example/", "User1"),
        ("HTTP://IMAGICLE.EXAMPLE:80/fw/Apps/Recorder/WebAPI", "USER1"),
    ],
)
def test_the_same_recorder(url: str, username: str) -> None:
    """However address and user are spelled, the recorder is the same one."""
    settings = {"url": url, "username": username}
    assert ImagicleClient.unique_id(settings) == "http://imagicle.example|user1"
