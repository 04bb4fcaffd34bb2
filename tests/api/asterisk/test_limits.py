"""What a hostile PBX can cost: so many channels, names, questions and connections."""

import asyncio
from collections.abc import Iterator
from itertools import count, islice
import json

from aiohttp import ClientSession
import pytest

from custom_components.call_recorder.api.asterisk import (
    live,
    session as session_module,
    starting,
)
from custom_components.call_recorder.api.asterisk.archive import AsteriskArchive
from custom_components.call_recorder.api.asterisk.ari import MOST_STORED, parse_names
from custom_components.call_recorder.api.asterisk.channels import Channel, join_calls
from custom_components.call_recorder.api.asterisk.live import LiveView
from custom_components.call_recorder.api.asterisk.monitors import Monitors, parse_list
from custom_components.call_recorder.api.asterisk.names import parse_name, recording_id
from custom_components.call_recorder.api.asterisk.session import Session, pauses
from custom_components.call_recorder.api.asterisk.wire import Message
from custom_components.call_recorder.api.errors import (
    CannotConnectError,
    UnexpectedResponseError,
)
from custom_components.call_recorder.api.models import LineAddress, RecordingQuery
from custom_components.call_recorder.api.parsing import MAX_ROWS
from custom_components.call_recorder.api.reply import Reply
from tests.helpers.asterisk import SimulatedPbx

from .conftest import Watcher

_SIZE = 1_000_000
_TEXTS = [
    "x" * _SIZE,
    "a" + " " * _SIZE + "b",
    "\r\n" * (_SIZE // 2),
    "/" * _SIZE,
    "PJSIP/" + "-a" * (_SIZE // 2) + "x",
    "-20261128-092117-" * (_SIZE // 17),
    "in" + "-20261128-092117-1795854077" * (_SIZE // 27),
    "1795854077." * (_SIZE // 11),
    "\x00\ud83d" * (_SIZE // 2),
]


@pytest.fixture
def pbx(simulated: SimulatedPbx) -> SimulatedPbx:
    """Return the PBX that the client watches."""
    return simulated


def _message(**fields: str) -> Message:
    """Return a message with these lines."""
    return Message(tuple(fields.items()))


def _started(number: int) -> Message:
    """Return the event of a recording that starts on a channel of that number."""
    return _message(Event="MixMonitorStart", Channel=f"PJSIP/trunk-{number:08x}")


# --- Texts ---


@pytest.mark.parametrize("text", _TEXTS, ids=range(len(_TEXTS)))
def test_long_texts(text: str) -> None:
    """A megabyte of the worst is read at once, and nothing long is kept of it."""
    usual = {"Channel": "PJSIP/1002-00000003", "Uniqueid": "1795854077.2"}
    for key in ("CallerIDNum", "CallerIDName", "Linkedid"):
        channel = Channel.parse(_message(**usual, **{key: text}))
        assert channel is not None
        assert len(repr(channel)) < 2_000
        assert (channel.call_id, channel.extension) == ("1795854077.2", "1002")
    for key in ("Channel", "Uniqueid"):
        assert Channel.parse(_message(**usual | {key: text})) is None
    for monitor in parse_list(_message(Output=f"0x1\t{text}\t\t")):
        assert len(monitor.path) <= 500
        parse_name(monitor.path)
    parse_name(text[:500])
    recording_id(text)


def test_one_call_of_all_channels() -> None:
    """What each leg costs grows with the others, so that only so many are looked at."""
    usual = {"Uniqueid": "1795854077.2", "Linkedid": "1795854077.1"}
    legs = [
        Channel.parse(_message(Channel=f"PJSIP/{number}-1", **usual))
        for number in range(20_000)
    ]
    (call,) = join_calls(filter(None, legs)).values()
    assert len(call.channels) == 100


def test_many_recordings_of_one_channel() -> None:
    """A channel's list of MixMonitors is cut."""
    rows = tuple(
        ("Output", f"0x{number:x}\t/spool/a{number}\t\t") for number in range(99)
    )
    assert len(parse_list(Message(rows))) == 10


# --- Events ---


def test_events_of_invented_channels() -> None:
    """No more channels are remembered than there can be."""
    monitors = Monitors()
    for number in range(MAX_ROWS + 10):
        monitors.take_event(_started(number))
    assert len(monitors.heard) == MAX_ROWS
    monitors.take_event(_message(Event="Hangup", Channel="PJSIP/trunk-00000000"))
    assert len(monitors.heard) == MAX_ROWS - 1


def test_silence_of_one_direction() -> None:
    """A recording is paused when neither of its directions is heard."""
    monitors = Monitors()
    channel = "PJSIP/trunk-00000001"
    monitors.take_event(_started(1))
    for direction, state, is_paused in (
        ("read", "1", False),
        ("write", "1", True),
        ("read", "0", False),
        ("both", "1", True),
        ("both", "0", False),
    ):
        event = _message(
            Event="MixMonitorMute", Channel=channel, Direction=direction, State=state
        )
        assert monitors.take_event(event)
        assert monitors.is_paused(channel) is is_paused


async def test_invented_channels_are_forgotten(simulated: SimulatedPbx) -> None:
    """What was heard of a channel that is not there is gone with the next look."""
    view = LiveView(None)
    session = Session(
        simulated.settings, on_connect=view.forget, on_event=view.take_event
    )
    call = await simulated.call("601")
    await view.look(session)
    for number in range(100, 110):
        view.take_event(_started(number))
    view.take_event(_message(Event="MixMonitorStart", Channel=call_channel(simulated)))
    assert len(view.monitors.heard) == 11
    look = await view.look(session)
    assert view.monitors.heard == {call_channel(simulated)}
    assert look.state.recordings is not None
    assert [one.call_id for one in look.state.recordings] == [call.call_id]
    await session.close()


def call_channel(simulated: SimulatedPbx) -> str:
    """Return the channel of the caller of the only call."""
    return next(iter(simulated.asterisk.board.channels()))


async def test_flood_of_events(simulated: SimulatedPbx, watcher: Watcher) -> None:
    """Events that come at once ask for a look once, not once each."""
    changes = 0

    def note_change() -> None:
        nonlocal changes
        changes += 1

    async with asyncio.TaskGroup() as group:
        listening = group.create_task(watcher.client.listen(note_change))
        await simulated.call("601")
        (server,) = simulated.asterisk.sessions
        changes = 0
        for _ in range(5_000):
            server.send_event([("Event", "Newstate"), ("ChannelStateDesc", "Up")])
        # An answer comes behind the events.
        await watcher.client.get_live_state()
        assert 0 < changes < 500
        listening.cancel()


# --- Time ---


async def test_slow_answers(
    simulated: SimulatedPbx, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look has its time, however many questions it takes; waiters get its result too."""
    await simulated.call("601")
    simulated.asterisk.rewrite = lambda body: b"" if b"Output" in body else body
    monkeypatch.setattr(live, "LONGEST_LOOK", 0.2)
    looks = [watcher.client.get_live_state() for _ in range(3)]
    outcomes = await asyncio.gather(*looks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [CannotConnectError] * 3
    # What was not answered is asked again.
    simulated.asterisk.rewrite = bytes
    monkeypatch.undo()
    await watcher.wait_for_recording()


async def test_slow_answer_after_a_stop(
    simulated: SimulatedPbx, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was known of a channel does not stand when a question is not answered."""
    call = await simulated.call("601")
    await watcher.wait_for_recording()
    simulated.asterisk.rewrite = lambda body: b"" if b"Output" in body else body
    monkeypatch.setattr(live, "LONGEST_LOOK", 0.2)
    await simulated.stop_recording(call)
    with pytest.raises(CannotConnectError):
        await watcher.wait_for_none()
    simulated.asterisk.rewrite = bytes
    monkeypatch.undo()
    state = await watcher.client.get_live_state()
    assert state.recordings == ()


async def test_starts_that_wait(
    simulated: SimulatedPbx, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that waits for others gives up, and says so."""
    call = await simulated.call("501")
    simulated.asterisk.rewrite = lambda body: b"" if b"Output" in body else body
    monkeypatch.setattr(live, "LONGEST_LOOK", 0.5)
    monkeypatch.setattr(starting, "LONGEST_TURN", 0.05)
    line = LineAddress(call_id=call.call_id)
    starts = [watcher.client.start_recording(line, None) for _ in range(3)]
    outcomes = await asyncio.gather(*starts, return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == [
        "cannot_connect: a look takes too long",
        "too_many_requests: other commands take too long",
        "too_many_requests: other commands take too long",
    ]


def test_pauses() -> None:
    """For a minute a restart is awaited with a try every five seconds, then rarely."""
    waits = list(islice(pauses(), 40))
    first_minute = [wait for at, wait in enumerate(waits) if sum(waits[:at]) < 60]
    assert max(first_minute) <= 5
    assert sum(first_minute) >= 60
    assert waits[-1] == 60
    assert sum(waits[:3]) < 5


async def test_server_that_hangs_up(
    simulated: SimulatedPbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each connection that ends at once is paused after, longer and longer."""
    waits: list[float] = []

    def record() -> Iterator[float]:
        for wait in pauses():
            waits.append(wait)
            yield 0.0

    monkeypatch.setattr(session_module, "pauses", record)
    connections = count()

    def note(is_connected: bool) -> None:
        """Cut each connection as soon as it is there."""
        if is_connected:
            for one in simulated.asterisk.sessions:
                one.cut()
            if next(connections) == 8:
                raise RuntimeError("enough")

    session = Session(
        simulated.settings, on_connect=lambda: None, on_event=lambda event: None
    )
    with pytest.raises(RuntimeError, match="enough"):
        await session.follow(lambda: None, note)
    await session.close()
    assert len(waits) == 8
    assert waits == sorted(waits)
    assert waits[-1] == 5


# --- The archive's list ---


def _stored(number: int) -> Reply:
    """Return a list of so many recordings."""
    rows = [{"name": f"monitor/{one}", "format": "wav"} for one in range(number)]
    return Reply(status=200, headers={}, body=json.dumps(rows).encode())


def test_long_list() -> None:
    """As many recordings as fit into the largest answer are read, and no more."""
    assert len(parse_names(_stored(30_000))) == 30_000
    with pytest.raises(UnexpectedResponseError):
        parse_names(_stored(MOST_STORED + 1))


async def test_invented_recordings(simulated: SimulatedPbx) -> None:
    """Where too many start at once, the list is read again in their place."""
    poll = RecordingQuery(is_poll=True)
    async with ClientSession() as http_session:
        archive = AsteriskArchive.of(http_session, simulated.settings)
        assert archive is not None
        for before, lists_read in ((0, 1), (1_000, 1), (1_001, 2)):
            names = [f"monitor/{before}-{one}" for one in range(before)]
            archive.note_active({recording_id(name): name for name in names})
            await archive.get_recordings(poll)
            paths = [request.path for request in simulated.asterisk.requests]
            assert paths.count("/ari/recordings/stored") == lists_read


async def test_files_without_audio(simulated: SimulatedPbx, watcher: Watcher) -> None:
    """A page looks at so many files of unanswered calls; the next one goes on there."""
    for _ in range(230):
        await simulated.hang_up(await simulated.call("401", until="Ring"))
    await watcher.wait_for_none()
    cursor: str | None = None
    for looks in (100, 100, 30):
        simulated.asterisk.requests.clear()
        query = RecordingQuery(limit=5, cursor=cursor)
        page = await watcher.client.get_recordings(query)
        assert page.recordings == ()
        files = [one for one in simulated.asterisk.requests if "/file" in one.path]
        assert len(files) == looks
        cursor = page.next_cursor
    assert cursor is None
