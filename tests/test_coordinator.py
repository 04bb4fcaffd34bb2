"""The recorder is polled neither too often nor in vain, and an outage is reported as one."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import logging

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.call_recorder.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import IdleClock, Poll
from tests.helpers.states import value

ACTIVE = "sensor.imagicle_active_recordings"
PAUSED = "sensor.imagicle_paused_recordings"
LONGEST = "sensor.imagicle_longest_active_duration"
TOTAL = "sensor.imagicle_total_active_duration"
OLDEST = "sensor.imagicle_oldest_active_start"
RECORDING = "binary_sensor.imagicle_recording"
LIVE_ENTITIES = (ACTIVE, PAUSED, LONGEST, TOTAL, OLDEST, RECORDING)

LIVE_PATH = "/LiveRecordings"
COORDINATOR_LOG = "custom_components.call_recorder.polling"

# Everything that can come back, or not come back, in place of an answer.
OUTAGES = [
    pytest.param(Fault("status", path=LIVE_PATH, status=400), id="400"),
    pytest.param(Fault("status", path=LIVE_PATH, status=404), id="404"),
    # imagicle_get_active_recordings, Error response: "500 Internal Server Error".
    pytest.param(Fault("status", path=LIVE_PATH, status=500), id="500"),
    pytest.param(Fault("status", path=LIVE_PATH, status=502), id="502"),
    pytest.param(Fault("status", path=LIVE_PATH, status=503), id="503"),
    pytest.param(Fault("status", path=LIVE_PATH, status=504), id="504"),
    pytest.param(Fault("status", path=LIVE_PATH, status=429), id="429"),
    pytest.param(Fault("status", path=LIVE_PATH, status=304), id="304"),
    pytest.param(Fault("login_page", path=LIVE_PATH), id="login_page"),
    pytest.param(Fault("invalid_json", path=LIVE_PATH), id="invalid_json"),
    pytest.param(Fault("empty_object", path=LIVE_PATH), id="empty_object"),
    pytest.param(Fault("huge_body", path=LIVE_PATH), id="huge_body"),
    pytest.param(Fault("drop", path=LIVE_PATH), id="drop"),
    pytest.param(Fault("drop_after", path=LIVE_PATH), id="drop_after"),
    pytest.param(Fault("half_body", path=LIVE_PATH), id="half_body"),
    pytest.param(Fault("body", path=LIVE_PATH, body="null"), id="null"),
    pytest.param(Fault("body", path=LIVE_PATH, body="7"), id="number"),
    pytest.param(Fault("body", path=LIVE_PATH, body='"[]"'), id="text"),
    pytest.param(Fault("body", path=LIVE_PATH, body="[{}]"), id="no_id"),
    pytest.param(Fault("body", path=LIVE_PATH, body="[null, 7, []]"), id="no_rows"),
    pytest.param(
        Fault("body", path=LIVE_PATH, body='{"reason": 0}'), id="other_object"
    ),
    pytest.param(
        Fault("body", path=LIVE_PATH, body="[" * 100_000, content_type="text/json"),
        id="deep",
    ),
]


def polls(simulator: Simulator) -> int:
    """Return how often the list of active recordings was asked for."""
    return sum(
        request.method == "GET" and request.path.endswith(LIVE_PATH)
        for request in simulator.imagicle.requests
    )


def values(hass: HomeAssistant) -> dict[str, str]:
    """Return the states that the list of active recordings feeds."""
    return {entity_id: value(hass, entity_id) for entity_id in LIVE_ENTITIES}


@pytest.fixture(autouse=True)
def _frozen_time(freezer: FrozenDateTimeFactory) -> None:
    """Let time stand still from before the first poll on."""


@pytest.fixture
def writes(hass: HomeAssistant) -> list[str]:
    """Return the entities whose state was written, in the order of time."""
    writes: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        """Note one write."""
        writes.append(event.data["entity_id"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    return writes


@pytest.fixture
async def elsewhere(socket_enabled: None) -> AsyncGenerator[Simulator]:
    """Run another server, to which nothing may be sent."""
    async with Simulator(Office(seed=2), only=("imagicle",)) as simulator:
        yield simulator


# --- How often ---


async def test_an_idle_recorder_is_polled_every_30_seconds(
    simulator: Simulator, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """While nothing is recorded, half a minute passes between two polls."""
    assert polls(simulator) == 1
    for number in (2, 3, 4):
        await pass_time(28)
        assert polls(simulator) == number - 1
        await pass_time(3)
        assert polls(simulator) == number


async def test_a_busy_recorder_is_polled_every_10_seconds(
    office: Office, simulator: Simulator, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """While something is recorded, ten seconds pass between two polls."""
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(31)
    for number in (3, 4, 5):
        await pass_time(8)
        assert polls(simulator) == number - 1
        await pass_time(3)
        assert polls(simulator) == number
    office.hang_up(call)
    await pass_time(11)
    await pass_time(28)
    assert polls(simulator) == 6
    await pass_time(3)
    assert polls(simulator) == 7


async def test_a_poll_is_one_request(
    office: Office, simulator: Simulator, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """However many recordings run, a poll asks once, and for all of them."""
    for line in office.lines:
        office.start_recording(office.connect(line.number))
    await pass_time(31)
    simulator.imagicle.requests.clear()
    await pass_time(11)
    [request] = simulator.imagicle.requests
    assert (request.method, dict(request.query)) == ("GET", {})


# --- What is written ---


async def test_an_idle_poll_writes_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    writes: list[str],
) -> None:
    """Half an hour without recordings leaves no trace in the database."""
    reported = {
        state.entity_id: state.last_reported for state in hass.states.async_all()
    }
    await pass_time(31, times=60)
    assert polls(simulator) == 61
    assert writes == []
    assert reported == {
        state.entity_id: state.last_reported for state in hass.states.async_all()
    }


async def test_an_unchanged_poll_writes_nothing(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    writes: list[str],
) -> None:
    """Durations move at most every 30 seconds, and nothing else moves at all."""
    office.start_recording(office.connect("101"))
    office.pause(office.start_recording(office.connect("102")))
    await pass_time(31)
    await pass_time(31)
    written = polls(simulator)
    writes.clear()
    for _ in range(2):
        await pass_time(11)
        assert writes == []
    await pass_time(11)
    assert polls(simulator) == written + 3
    assert sorted(writes) == [LONGEST, TOTAL]
    assert (value(hass, LONGEST), value(hass, TOTAL)) == ("95", "190")


async def test_young_durations_move_at_every_poll(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """While the longest is shorter than a minute, it is as old as its start says."""
    await pass_time(31)
    office.start_recording(office.connect("101"))
    await pass_time(31)
    for seconds in ("31", "42", "53", "64"):
        assert value(hass, LONGEST) == value(hass, TOTAL) == seconds
        await pass_time(11)
    # From now on, they move every 30 seconds.
    assert value(hass, LONGEST) == "64"


async def test_durations_move_every_30_seconds(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    writes: list[str],
) -> None:
    """A quarter of an hour of recording writes each duration about 30 times."""
    office.start_recording(office.connect("101"))
    await pass_time(31)
    writes.clear()
    await pass_time(10, times=90)
    assert set(writes) == {LONGEST, TOTAL}
    assert 20 <= writes.count(LONGEST) <= 33
    assert writes.count(TOTAL) == writes.count(LONGEST)


async def test_durations_move_at_once_when_a_recording_starts_or_ends(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """A change of the set of recordings is counted to the second."""
    first = office.connect("101")
    office.start_recording(first)
    await pass_time(31)
    office.start_recording(office.connect("102"))
    await pass_time(11)
    assert values(hass) | {OLDEST: ""} == {
        ACTIVE: "2",
        PAUSED: "0",
        LONGEST: "42",
        TOTAL: "53",
        OLDEST: "",
        RECORDING: "on",
    }
    office.hang_up(first)
    await pass_time(11)
    assert (value(hass, ACTIVE), value(hass, LONGEST)) == ("1", "22")
    assert value(hass, TOTAL) == "22"


async def test_a_new_recording_moves_no_other_duration(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """Only the new duration is read; the others move when their 30 seconds are over."""
    office.start_recording(office.connect("101"))
    await pass_time(31)
    await pass_time(31)
    second = office.connect("102")
    office.start_recording(second)
    await pass_time(11)
    assert (value(hass, LONGEST), value(hass, TOTAL)) == ("62", "73")
    office.hang_up(second)
    await pass_time(11)
    assert value(hass, LONGEST) == value(hass, TOTAL) == "62"
    await pass_time(11)
    assert value(hass, LONGEST) == value(hass, TOTAL) == "95"


async def test_a_pause_is_counted(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """A paused recording is active, and is counted as paused."""
    recording = office.start_recording(office.connect("101"))
    await pass_time(31)
    office.pause(recording)
    await pass_time(11)
    assert (value(hass, ACTIVE), value(hass, PAUSED)) == ("1", "1")
    assert value(hass, RECORDING) == "on"
    office.resume(recording)
    await pass_time(11)
    assert (value(hass, ACTIVE), value(hass, PAUSED)) == ("1", "0")


@pytest.mark.parametrize("fractions", [True, False])
@pytest.mark.parametrize("counts_pauses", [True, False])
async def test_the_oldest_start_is_exact_and_stays(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    writes: list[str],
    freezer: FrozenDateTimeFactory,
    fractions: bool,
    counts_pauses: bool,
) -> None:
    """A start never jitters: not over many polls, not over a long pause."""
    simulator.imagicle.fractions = fractions
    simulator.imagicle.duration_counts_pauses = counts_pauses
    next_year = datetime.now(UTC).year + 1
    freezer.move_to(datetime(next_year, 7, 2, 12, 0, 0, 987_654, tzinfo=UTC))
    recording = office.start_recording(office.connect("101"))
    await pass_time(31)
    assert value(hass, OLDEST) == f"{next_year}-07-02T12:00:00+00:00"
    writes.clear()
    await pass_time(10.123, times=25)
    office.pause(recording)
    await pass_time(10.456, times=60)
    office.resume(recording)
    await pass_time(10.789, times=25)
    assert OLDEST not in writes
    assert value(hass, OLDEST) == f"{next_year}-07-02T12:00:00+00:00"


@pytest.mark.parametrize("skew", [timedelta(minutes=-7), timedelta(minutes=7)])
async def test_the_recorders_clock_may_be_wrong(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    skew: timedelta,
) -> None:
    """Durations do not depend on the two clocks showing the same time."""
    office.clock = lambda: datetime.now(UTC) + skew
    office.start_recording(office.connect("101"))
    await pass_time(31)
    assert (value(hass, LONGEST), value(hass, TOTAL)) == ("31", "31")


# --- Outages ---


@pytest.mark.parametrize("fault", OUTAGES)
async def test_an_outage(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    """One lost poll is tolerated, the second makes all unavailable, the next answer ends that.

    Never is a failure shown as "nothing is being recorded".
    """
    office.start_recording(office.connect("101"))
    office.start_recording(office.connect("102"))
    await pass_time(31)
    before = values(hass)
    caplog.clear()

    simulator.imagicle.faults.add(fault)
    await pass_time(11)
    assert values(hass) == before
    await pass_time(11)
    assert set(values(hass).values()) == {STATE_UNAVAILABLE}
    await pass_time(301, times=5)
    assert set(values(hass).values()) == {STATE_UNAVAILABLE}

    simulator.imagicle.faults.clear()
    await pass_time(301)
    assert values(hass) | {LONGEST: "", TOTAL: ""} == before | {LONGEST: "", TOTAL: ""}
    assert imagicle.state is ConfigEntryState.LOADED
    assert not list(imagicle.async_get_active_flows(hass, {"reauth"}))
    log = [
        (record.levelno, record.getMessage())
        for record in caplog.records
        if record.name.startswith("custom_components.call_recorder")
        and record.levelno >= logging.INFO
    ]
    assert [level for level, _ in log] == [logging.ERROR, logging.INFO]
    assert "Imagicle" in log[0][1]
    assert "recovered" in log[1][1]


async def test_an_empty_answer_says_nothing(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """A success without a body may come from a proxy: what was known stands."""
    office.start_recording(office.connect("101"))
    await pass_time(31)
    simulator.imagicle.faults.add(Fault("empty_body", path=LIVE_PATH, times=1))
    await pass_time(11)
    assert (value(hass, ACTIVE), value(hass, RECORDING)) == ("1", "on")


@pytest.mark.parametrize("kind", ["delay", "hang"])
async def test_no_answer_in_time(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    kind: str,
) -> None:
    """A recorder that keeps us waiting for more than 20 seconds does not answer."""
    simulator.imagicle.faults.add(
        Fault("delay", seconds=60) if kind == "delay" else Fault("hang")
    )
    await _poll_and_wait(hass, simulator, freezer, 31, 21)
    assert value(hass, ACTIVE) == "0"
    await _poll_and_wait(hass, simulator, freezer, 31, 21)
    assert value(hass, ACTIVE) == STATE_UNAVAILABLE
    simulator.imagicle.faults.clear()
    await pass_time(61)
    assert value(hass, ACTIVE) == "0"


async def test_a_late_answer_is_one(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A recorder may take its time for an answer."""
    office.start_recording(office.connect("101"))
    simulator.imagicle.faults.add(Fault("delay", seconds=15))
    await _poll_and_wait(hass, simulator, freezer, 31, 16)
    assert value(hass, ACTIVE) == "1"


async def _poll_and_wait(
    hass: HomeAssistant,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    *seconds: float,
) -> None:
    """Let a poll start, and its answer be late."""
    before = polls(simulator)
    freezer.tick(seconds[0])
    async_fire_time_changed(hass)
    while polls(simulator) == before:
        await hass.async_block_till_done()
    freezer.tick(seconds[1])
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_the_recorder_restarts(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The recorder goes away and comes back, and so do the entities, by themselves."""
    office.start_recording(office.connect("101"))
    await pass_time(31)
    before = values(hass)
    await simulator.imagicle.stop()
    await pass_time(11)
    assert values(hass) == before
    await pass_time(11)
    assert set(values(hass).values()) == {STATE_UNAVAILABLE}
    await pass_time(301)
    await simulator.imagicle.start()
    await pass_time(301)
    assert value(hass, ACTIVE) == "1"
    assert value(hass, OLDEST) == before[OLDEST]
    assert [
        record.levelname for record in caplog.records if record.name == COORDINATOR_LOG
    ].count("ERROR") == 1


async def test_back_off(
    simulator: Simulator, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """Twice as long after each failure, up to five minutes, and back at once."""
    fault = Fault("status", path=LIVE_PATH, status=500)
    simulator.imagicle.faults.add(fault)
    await pass_time(31)
    for seconds in (30, 60, 120, 240, 300, 300):
        before = polls(simulator)
        await pass_time(seconds - 2)
        assert polls(simulator) == before
        await pass_time(3)
        assert polls(simulator) == before + 1
    simulator.imagicle.faults.clear()
    await pass_time(301)
    before = polls(simulator)
    await pass_time(28)
    assert polls(simulator) == before
    await pass_time(3)
    assert polls(simulator) == before + 1


async def test_redirects_are_not_followed(
    hass: HomeAssistant,
    simulator: Simulator,
    elsewhere: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """The credentials are not carried to wherever a recorder points."""
    target = f"{elsewhere.imagicle.url}/fw/Apps/Recorder/WebAPI/LiveRecordings"
    simulator.imagicle.faults.add(Fault("redirect", path=LIVE_PATH, url=target))
    await pass_time(31)
    await pass_time(31)
    assert value(hass, ACTIVE) == STATE_UNAVAILABLE
    assert elsewhere.imagicle.requests == []


async def test_bad_rows_cost_those_rows_only(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """What can be read of a list is."""
    office.start_recording(office.connect("101"))
    office.start_recording(office.connect("102"))
    simulator.imagicle.faults.add(Fault("bad_rows", path=LIVE_PATH))
    await pass_time(31)
    await pass_time(11)
    assert (value(hass, ACTIVE), value(hass, TOTAL)) == ("2", "84")


async def test_a_wrong_label_is_forgiven(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """JSON is JSON, whatever the recorder calls it."""
    office.start_recording(office.connect("101"))
    simulator.imagicle.faults.add(Fault("wrong_content_type", path=LIVE_PATH))
    await pass_time(31)
    assert value(hass, ACTIVE) == "1"


# --- Retry-After ---


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        (120, 120),
        (7, 30),
        (86_400, 900),
        (timedelta(seconds=120), 120),
        (timedelta(days=1), 900),
    ],
)
async def test_the_recorder_asks_to_wait(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    status: int,
    retry_after: int | timedelta,
    seconds: int,
) -> None:
    """Retry-After says "not before": seconds or a date, up to 15 minutes.

    A recorder is never asked more often than a healthy one: every 30 seconds here.
    """
    await pass_time(28)
    # What is reported as a date is counted from the moment of the answer.
    asked = (
        format_datetime(dt_util.utcnow() + timedelta(seconds=3) + retry_after, True)
        if isinstance(retry_after, timedelta)
        else retry_after
    )
    simulator.imagicle.faults.add(
        Fault("status", path=LIVE_PATH, status=status, retry_after=asked, times=1)
    )
    await pass_time(3)
    assert polls(simulator) == 2
    await pass_time(seconds - 2)
    assert polls(simulator) == 2
    await pass_time(3)
    assert polls(simulator) == 3
    assert value(hass, ACTIVE) == "0"


@pytest.mark.parametrize("retry_after", [0, 1, "Sun, 06 Nov 1994 08:49:37 GMT"])
async def test_the_recorder_need_not_be_waited_for(
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    retry_after: int | str,
) -> None:
    """After no time at all, or a time that is past: when a healthy one is asked."""
    simulator.imagicle.faults.add(
        Fault("status", path=LIVE_PATH, status=429, retry_after=retry_after, times=1)
    )
    await pass_time(31)
    assert polls(simulator) == 2
    await pass_time(28)
    assert polls(simulator) == 2
    await pass_time(3)
    assert polls(simulator) == 3


async def test_a_recorder_that_asks_to_wait_shortly_is_not_asked_often(
    simulator: Simulator, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """A Retry-After of two seconds on every answer is an outage like any other."""
    simulator.imagicle.faults.add(
        Fault("status", path=LIVE_PATH, status=429, retry_after=2)
    )
    await pass_time(31)
    before = polls(simulator)
    await pass_time(2, times=22)
    assert polls(simulator) <= before + 2


async def test_nothing_is_asked_before_the_time_that_the_recorder_named(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """What happens by itself waits; a command of a person does not, and ends that."""
    simulator.imagicle.faults.add(
        Fault("status", path=LIVE_PATH, status=429, retry_after=600, times=1)
    )
    await pass_time(31)
    before = polls(simulator)
    imagicle.runtime_data.live.async_expect_change()
    await pass_time(2)
    assert polls(simulator) == before
    await hass.services.async_call(
        DOMAIN, "get_recordings", {}, blocking=True, return_response=True
    )
    imagicle.runtime_data.live.async_expect_change()
    await pass_time(2)
    assert polls(simulator) == before + 1


@pytest.mark.parametrize("retry_after", ["soon", "", "-1", "Thu, 99 Jul 2026"])
async def test_the_recorder_asks_nonsense(
    simulator: Simulator, imagicle: MockConfigEntry, pass_time: Poll, retry_after: str
) -> None:
    """A Retry-After that cannot be read changes nothing."""
    simulator.imagicle.faults.add(
        Fault("status", path=LIVE_PATH, status=503, retry_after=retry_after, times=1)
    )
    await pass_time(31)
    await pass_time(28)
    assert polls(simulator) == 2
    await pass_time(3)
    assert polls(simulator) == 3


async def test_the_recorder_asks_to_wait_again_and_again(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """A recorder that is overloaded for long is asked as rarely as it wishes."""
    simulator.imagicle.faults.add(
        Fault("status", path=LIVE_PATH, status=429, retry_after=600)
    )
    await pass_time(31)
    for number in (3, 4):
        await pass_time(598)
        assert polls(simulator) == number - 1
        await pass_time(3)
        assert polls(simulator) == number
        assert value(hass, ACTIVE) == STATE_UNAVAILABLE


async def test_the_recorder_asks_to_wait_at_first(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
) -> None:
    """An overloaded recorder does not fail the set-up for good."""
    simulator.imagicle.faults.add(
        Fault("status", path=LIVE_PATH, status=503, retry_after=60)
    )
    await hass.config_entries.async_setup(imagicle_entry.entry_id)
    assert imagicle_entry.state is ConfigEntryState.SETUP_RETRY
    assert imagicle_entry.error_reason_translation_key == "cannot_connect"


# --- Credentials and permissions ---


async def test_wrong_credentials(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """The second 401 asks to sign in again, and nothing is sent until then.

    imagicle_get_active_recordings, Error response: "401 Unauthorized: No
    authentication provided or wrong user credentials."
    """
    before = values(hass)
    simulator.imagicle.users[0].password = "another"
    await pass_time(31)
    assert values(hass) == before
    assert not list(imagicle.async_get_active_flows(hass, {"reauth"}))
    await pass_time(31)
    assert set(values(hass).values()) == {STATE_UNAVAILABLE}
    [flow] = imagicle.async_get_active_flows(hass, {"reauth"})
    assert flow["step_id"] == "reauth_confirm"
    asked = polls(simulator)
    # The archive is asked for on its own, and learns of it once.
    await pass_time(901)
    requests = len(simulator.imagicle.requests)
    await pass_time(901, times=5)
    assert polls(simulator) == asked
    assert len(simulator.imagicle.requests) == requests
    assert len(list(imagicle.async_get_active_flows(hass, {"reauth"}))) == 1


async def test_a_single_401_is_a_hiccup(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """One refusal, of a proxy for instance, is tolerated like any lost poll."""
    for _ in range(3):
        simulator.imagicle.faults.add(
            Fault("status", path=LIVE_PATH, status=401, times=1)
        )
        await pass_time(31)
        await pass_time(31)
    assert value(hass, ACTIVE) == "0"
    assert not list(imagicle.async_get_active_flows(hass, {"reauth"}))


@pytest.mark.parametrize("accepted", ["action", "archive"])
async def test_an_accepted_request_takes_the_polls_up_again(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    accepted: str,
) -> None:
    """Credentials that are accepted elsewhere are right: the user need not sign in."""
    fault = Fault("status", path=LIVE_PATH, status=401)
    simulator.imagicle.faults.add(fault)
    await pass_time(31)
    await pass_time(31)
    assert value(hass, ACTIVE) == STATE_UNAVAILABLE
    assert len(list(imagicle.async_get_active_flows(hass, {"reauth"}))) == 1
    simulator.imagicle.faults.clear()
    if accepted == "action":
        await hass.services.async_call(
            DOMAIN, "get_recordings", {}, blocking=True, return_response=True
        )
        await pass_time(1)
    else:
        await pass_time(301)
    assert value(hass, ACTIVE) == "0"
    assert not list(imagicle.async_get_active_flows(hass, {"reauth"}))


async def test_wrong_credentials_during_an_outage(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """After refusals, a failure is not tolerated: the old data is not true any more."""
    simulator.imagicle.users[0].password = "another"
    await pass_time(31)
    await pass_time(31)
    await simulator.imagicle.stop()
    await imagicle.runtime_data.live.async_refresh()
    assert value(hass, ACTIVE) == STATE_UNAVAILABLE
    await simulator.imagicle.start()


async def test_a_missing_permission(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A 403 is reported as what it is, not as wrong credentials, and clears itself.

    imagicle_get_active_recordings, Error response: "403 Forbidden: The
    authenticated user has no sufficient privileges"; "Minimum authorization level:
    Call Recording Complete Management (lv. 10)".
    """
    issue_id = f"insufficient_permissions_{imagicle.entry_id}"
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None
    simulator.imagicle.users[0].level = 9
    await pass_time(31)
    assert set(values(hass).values()) == {STATE_UNAVAILABLE}
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.ERROR
    assert issue.translation_key == "insufficient_permissions"
    assert issue.is_fixable
    assert not list(imagicle.async_get_active_flows(hass, {"reauth"}))
    await pass_time(61)
    simulator.imagicle.users[0].level = 10
    await pass_time(301)
    assert value(hass, ACTIVE) == "0"
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


@pytest.mark.parametrize("end", ["unload", "remove"])
async def test_an_issue_does_not_outlive_its_recorder(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    issue_registry: ir.IssueRegistry,
    end: str,
) -> None:
    """No issue is about a recorder that is not there."""
    simulator.imagicle.users[0].level = 9
    await pass_time(31)
    issue = ("call_recorder", f"insufficient_permissions_{imagicle.entry_id}")
    assert issue in issue_registry.issues
    await getattr(hass.config_entries, f"async_{end}")(imagicle.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issue not in issue_registry.issues


async def test_no_permission_at_first(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A permission that is missing at the start is reported, and waited for."""
    simulator.imagicle.users[0].level = 9
    await hass.config_entries.async_setup(imagicle_entry.entry_id)
    assert imagicle_entry.state is ConfigEntryState.SETUP_RETRY
    assert imagicle_entry.error_reason_translation_key == "insufficient_permissions"
    issue_id = f"insufficient_permissions_{imagicle_entry.entry_id}"
    assert ("call_recorder", issue_id) in issue_registry.issues
    await hass.config_entries.async_remove(imagicle_entry.entry_id)
    assert issue_registry.issues == {}


@pytest.mark.parametrize("fault", OUTAGES)
async def test_an_outage_at_first(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    fault: Fault,
) -> None:
    """A recorder that cannot be read at the start has no entities yet, not empty ones."""
    simulator.imagicle.faults.add(fault)
    await hass.config_entries.async_setup(imagicle_entry.entry_id)
    assert imagicle_entry.state is ConfigEntryState.SETUP_RETRY
    assert not er.async_entries_for_config_entry(
        entity_registry, imagicle_entry.entry_id
    )
    simulator.imagicle.faults.clear()


async def test_change_during_a_long_poll(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a recorder reports while a poll is under way is read right behind it."""
    clock = IdleClock(freezer, monkeypatch)
    live = imagicle.runtime_data.live
    simulator.imagicle.faults.add(Fault("drip", path=LIVE_PATH, seconds=3, times=1))
    poll = hass.async_create_task(live.async_refresh())
    await clock.pass_time(1)
    office.start_recording(office.connect("101"))
    live.async_refresh_soon()
    await clock.pass_time(3)
    assert not poll.done()
    await clock.run(poll)
    assert value(hass, ACTIVE) == "0"
    await clock.pass_time(2)
    assert value(hass, ACTIVE) == "1"
