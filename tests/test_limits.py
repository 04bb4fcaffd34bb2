"""What a hostile recorder can cost: so many rows, so many requests, and no more."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
import gc
from itertools import batched, count
import json
from typing import Any, ClassVar, Final

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.call_recorder.api import client_class
from custom_components.call_recorder.api.bandwidth.client import BandwidthClient
from custom_components.call_recorder.api.errors import (
    CannotConnectError,
    RecorderError,
    UnexpectedResponseError,
)
from custom_components.call_recorder.api.models import (
    ActiveRecording,
    ActiveRecordingFilter,
    LineAddress,
    Recording,
    RecordingQuery,
)
from custom_components.call_recorder.archive import known as known_module
from custom_components.call_recorder.archive.expected import ExpectedRecordings
from custom_components.call_recorder.archive.known import KnownRecordings
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator.asterisk import Asterisk
from simulator.faults import Fault
from simulator.office import Office
from simulator.recorder import Recorder
from simulator.server import Simulator
from tests.helpers.asterisk import SimulatedPbx
from tests.helpers.bandwidth import open_client
from tests.helpers.clock import Poll
from tests.helpers.entries import entry_data, set_up_recorder
from tests.helpers.states import value

_TOO_MANY: Final = 40_000
_TRIES: Final = {"imagicle": 40, "bandwidth": 2, "yeastar": 1, "asterisk": 2}
"""For forty questions at once. Imagicle makes none wait for another."""
_MOST_REQUESTS: Final = 30
"""Of one poll of the archive and the polls of what is active in the same minute."""


class _PacedClient(BandwidthClient):
    """Keeps to a limit, but not for long."""

    request_interval: ClassVar = 0.001


def on_rows(change: Callable[[list[Any]], list[Any]]) -> Callable[[bytes], bytes]:
    """Return what changes the rows of an answer, in a list or in an object."""

    def rewrite(body: bytes) -> bytes:
        answer = json.loads(body)
        if isinstance(answer, list):
            return json.dumps(change(answer)).encode()
        for name, rows in answer.items():
            if isinstance(rows, list):
                answer[name] = change(rows)
        return json.dumps(answer).encode()

    return rewrite


@pytest.fixture
def recorder(office: Office, simulator: Simulator, recorder_name: str) -> Recorder:
    """Return a recorder that has recorded, and records."""
    for _ in range(3):
        call = office.connect("101")
        office.start_recording(call)
        office.hang_up(call)
    office.start_recording(office.connect("101"))
    return simulator.recorders[recorder_name]


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.get_live_state(),
        lambda client: client.get_recordings(RecordingQuery(limit=5)),
    ],
    ids=["live", "archive"],
)
async def test_too_many_rows(recorder: Recorder, ask: Callable[[Any], Any]) -> None:
    """More rows than a recorder can have are not parsed: the answer is none."""
    if isinstance(recorder, Asterisk):
        pytest.skip("other limits, for it has no pages: tests/api/asterisk")

    def multiply(rows: list[Any]) -> list[Any]:
        return [{**rows[0], "id": str(number)} for number in range(_TOO_MANY)]

    async with ClientSession() as session:
        client = client_class(recorder.name)(
            session, recorder.settings, time_zone=dt_util.UTC
        )
        await ask(client)
        recorder.faults.add(Fault("rewrite", rewrite=on_rows(multiply)))
        with pytest.raises(UnexpectedResponseError):
            await ask(client)
        recorder.faults.clear()
        await client.close()


async def test_invented_recordings(
    hass: HomeAssistant, recorder: Recorder, pass_time: Poll
) -> None:
    """An archive in which each answer shows others does not keep us busy."""
    ids = count(10**9)

    def invent(rows: list[Any]) -> list[Any]:
        """Give all rows of a full page new ids, of the kind that they have."""
        page = rows * 50
        return [
            {**row, "id": next(ids) if isinstance(row["id"], int) else f"r-{next(ids)}"}
            for row in page
            if isinstance(row, dict) and "id" in row
        ] or rows

    await set_up_recorder(hass, entry_data(recorder))
    path = {"imagicle": "/Recordings", "yeastar": "/recording"}.get(recorder.name, "")
    recorder.faults.add(Fault("rewrite", path=path, rewrite=on_rows(invent)))
    for _ in range(6):
        recorder.requests.clear()
        await pass_time(61)
        assert len(recorder.requests) <= _MOST_REQUESTS
    recorder.faults.clear()
    await pass_time(301)


async def test_bandwidths_polls_go_first(office: Office, simulator: Simulator) -> None:
    """However many commands and questions wait for the vendor's limit, few are ahead."""
    recorder = simulator.bandwidth
    office.start_recording(office.connect("101"))
    line = LineAddress(directory_number=recorder.directory_number(office.lines[0]))
    async with open_client(recorder, kind=_PacedClient) as client:
        await client.get_live_state()
        recorder.requests.clear()
        async with asyncio.TaskGroup() as group:
            for number in range(40):
                for question in (
                    client.start_recording(line, None),
                    client.stop_recording(f"r-{number}", LineAddress()),
                    client.get_recording(f"r-{number}"),
                ):
                    group.create_task(_ignore_refusal(question))
            await asyncio.sleep(0)
            await client.get_live_state()
            ahead = len(recorder.requests)
        assert ahead <= 10
        assert len(recorder.requests) > 100


@pytest.mark.parametrize("size", [20_000, 10])
async def test_many_members_of_one_call(simulator: Simulator, size: int) -> None:
    """Of an army in one call of a Yeastar PBX, in one row or in many, so many count."""
    members = [
        {"extension": {"number": str(number), "member_status": "ANSWER"}}
        for number in range(20_000)
    ]
    rows = [
        {"call_id": "1795854077.1", "members": some}
        for some in batched(members, size, strict=False)
    ]
    fault = Fault(
        "body",
        path="/call/query",
        body=json.dumps({"errcode": 0, "data": rows}),
        content_type="application/json",
    )
    simulator.yeastar.faults.add(fault)
    async with ClientSession() as session:
        client = client_class("yeastar")(
            session, simulator.yeastar.settings, time_zone=dt_util.UTC
        )
        recordings = (await client.get_live_state()).recordings
        await client.close()
    assert recordings is not None
    (recording,) = recordings
    assert len(recording.further_local_parties) == 99


async def test_invented_rows_of_a_filter(simulator: Simulator) -> None:
    """What an Imagicle answers of one line does not pile up until the next poll."""
    ids = count(10**9)

    def invent(rows: list[Any]) -> list[Any]:
        """Return as many rows as there may be, with new ids."""
        return [{"id": f"r-{next(ids)}", "isPaused": True} for _ in range(15_000)]

    recorder = simulator.imagicle
    recorder.faults.add(Fault("rewrite", rewrite=on_rows(invent)))
    async with ClientSession() as session:
        client = client_class("imagicle")(
            session, recorder.settings, time_zone=dt_util.UTC
        )
        for _ in range(4):
            line = ActiveRecordingFilter(directory_number="101")
            state = await client.get_active_recordings(line)
            assert len(state.recordings or ()) == 15_000
        gc.collect()
        kept = sum(isinstance(one, ActiveRecording) for one in gc.get_objects())
    assert kept <= 35_000


async def test_one_look_for_all(socket_enabled: None) -> None:
    """However many wait for what Asterisk records, the next look answers them all."""
    pbx, lists = SimulatedPbx(), 0

    def count_lists(answer: bytes) -> bytes:
        nonlocal lists
        lists += answer.count(b"CoreShowChannelsComplete")
        return answer

    await pbx.start()
    await pbx.call("601")
    async with ClientSession() as session:
        client = client_class("asterisk")(session, pbx.settings, time_zone=dt_util.UTC)
        await client.get_live_state()
        pbx.asterisk.rewrite = count_lists
        everything = ActiveRecordingFilter()
        states = await asyncio.gather(
            *(client.get_active_recordings(everything) for _ in range(40)),
            client.get_live_state(),
        )
        await client.close()
    await pbx.stop()
    assert lists == 2
    assert [len(state.recordings or ()) for state in states] == [1] * 41


async def test_failures_are_shared(simulator: Simulator, recorder_name: str) -> None:
    """However many wait for a sign-in or a list that fails, few tries are made."""
    recorder = simulator.recorders[recorder_name]
    recorder.faults.add(Fault("status", status=503))
    async with ClientSession() as session:
        client = client_class(recorder.name)(
            session, recorder.settings, time_zone=dt_util.UTC
        )
        outcomes = await asyncio.gather(
            *(
                client.get_recordings(RecordingQuery(limit=5))
                if isinstance(recorder, Asterisk)
                else client.get_active_recordings(ActiveRecordingFilter())
                for _ in range(40)
            ),
            return_exceptions=True,
        )
        recorder.faults.clear()
        await client.close()
    assert {type(outcome) for outcome in outcomes} == {CannotConnectError}
    assert len(recorder.requests) == _TRIES[recorder.name]


async def _ignore_refusal(question: Awaitable[Any]) -> None:
    """Wait for an answer, or for none."""
    with suppress(RecorderError):
        await question


async def test_endless_recordings(
    office: Office, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list on which ever more is being recorded is forgotten, and learned anew."""
    monkeypatch.setattr(BandwidthClient, "request_interval", 0.0)
    office.start_recording(office.connect("101"))
    recorder, ids = simulator.bandwidth, count(10**9)

    def invent(rows: list[Any]) -> list[Any]:
        """Return a full page of new active recordings."""
        active = next(row for row in rows if row["state"] == "recording")
        return [{**active, "id": f"rec-{next(ids)}"} for _ in range(1_000)]

    async with ClientSession() as session:
        client = BandwidthClient(session, recorder.settings, time_zone=dt_util.UTC)
        fault = Fault("rewrite", path="/recordings", rewrite=on_rows(invent))
        recorder.faults.add(fault)
        for _ in range(2):
            for _ in range(10):
                assert (await client.get_live_state()).recordings is None
            with pytest.raises(UnexpectedResponseError):
                await client.get_live_state()
        await client.close()


async def test_all_recordings_are_others(
    hass: HomeAssistant, office: Office, simulator: Simulator, pass_time: Poll
) -> None:
    """Where more starts and ends than there can be, states follow and no events do."""
    office.start_recording(office.connect("101"))
    recorder, ids = simulator.imagicle, count(10**9)
    await set_up_recorder(hass, entry_data(recorder))
    counts = {2_001: None, 1_000: None, 999: "ended"}
    for number, event in counts.items():

        def invent(rows: list[Any], number: int = number) -> list[Any]:
            """Return so many recordings, each with a new id."""
            return [
                {**rows[0], "id": f"6b98303a-b295-473a-adae-{next(ids):012}"}
                for _ in range(number)
            ]

        recorder.faults.clear()
        fault = Fault("rewrite", path="/LiveRecordings", rewrite=on_rows(invent))
        recorder.faults.add(fault)
        await pass_time(11)
        assert value(hass, "sensor.imagicle_active_recordings") == str(number)
        state = hass.states.get("event.imagicle_recording_events")
        assert state is not None
        assert state.attributes["event_type"] == event


async def test_too_many_for_a_card(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    pass_time: Poll,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """A browser is sent 2,000 active recordings, those of lines first, and how many there are."""
    office.start_recording(office.connect("101"))
    lines = {"Reception": {"username": "anna.rossi"}}
    await set_up_recorder(hass, entry_data(simulator.imagicle), lines=lines)
    for number, shown in ((2_000, 2_000), (2_001, 2_000), (3_000, 2_000)):

        def multiply(rows: list[Any], number: int = number) -> list[Any]:
            """Return so many recordings; only the oldest one is the line's."""
            identifier = "6b98303a-b295-473a-adae-{:012}".format
            other = {**rows[0], "localParty": {"username": "marco.bianchi"}}
            others = [{**other, "id": identifier(one)} for one in range(number - 1)]
            return [rows[0], *others]

        simulator.imagicle.faults.clear()
        fault = Fault("rewrite", path="/LiveRecordings", rewrite=on_rows(multiply))
        simulator.imagicle.faults.add(fault)
        await pass_time(11)
        assert value(hass, "sensor.imagicle_active_recordings") == str(number)
        browser = await hass_ws_client(hass)
        await browser.send_json_auto_id({"type": "call_recorder/subscribe"})
        await browser.receive_json()
        (recorder,) = (await browser.receive_json())["event"]["recorders"]
        assert len(recorder["active"]) == shown
        assert recorder["unlisted"] == number - shown
        (line,) = recorder["lines"]
        assert [row for row in recorder["active"] if line["id"] in row["lines"]]
        await browser.close()


def test_too_many_are_expected() -> None:
    """No more ended recordings are waited for than there can be."""
    expected, now = ExpectedRecordings(), dt_util.utcnow()
    for number in range(10_010):
        expected.add(ActiveRecording(id=str(number)), (), now)
    assert len(expected) == 10_000


def test_too_many_in_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a limit the day is not known any more, and only the newest page is."""
    monkeypatch.setattr(known_module, "MOST_ROWS", 100)
    now = dt_util.utcnow()
    known = KnownRecordings(since=now - timedelta(hours=1))
    for number in range(101):
        known.add([Recording(id=str(number), started_at=now)])
    newest = [Recording(id="100", started_at=now)]
    known.forget(now - timedelta(hours=1), newest)
    assert set(known.ids) == {"100"}
    assert known.durations_between(now - timedelta(hours=1), now) is None
