"""What goes wrong between us and a PBX, on the simulated one."""

from datetime import UTC, datetime, timedelta
import json
import re

from aiohttp import ClientSession
import pytest

from custom_components.call_recorder.api.asterisk import archive as archive_module
from custom_components.call_recorder.api.asterisk.archive import AsteriskArchive
from custom_components.call_recorder.api.errors import (
    AccessError,
    CannotConnectError,
    ErrorKey,
    RefusedError,
    UnexpectedResponseError,
)
from custom_components.call_recorder.api.models import LineAddress, RecordingQuery
from simulator.asterisk.files import MONITOR_FOLDER
from simulator.faults import Fault
from tests.helpers.asterisk import SimulatedPbx

from .conftest import MakeWatcher, Watcher

_LINE = LineAddress(directory_number="1002")
_LIST = "/ari/recordings/stored"


@pytest.fixture
def pbx(simulated: SimulatedPbx) -> SimulatedPbx:
    """Return the PBX that the client watches."""
    return simulated


def _lists_read(pbx: SimulatedPbx) -> int:
    """Return how often the list of the archive was read."""
    return sum(request.path == _LIST for request in pbx.asterisk.requests)


def _files_read(pbx: SimulatedPbx) -> list[str]:
    """Return the files that were looked at."""
    paths = (request.path for request in pbx.asterisk.requests)
    return [path for path in paths if path.endswith("/file")]


async def test_lost_answer_of_a_start(
    simulated: SimulatedPbx, watcher: Watcher
) -> None:
    """Test that a start is known to have worked, although its answer was lost."""
    await simulated.call("501")
    simulated.asterisk.cut_after = "MixMonitor"
    started = await watcher.client.start_recording(_LINE, None)
    assert (await watcher.wait_for_recording()).id == started


@pytest.mark.parametrize("lost", ["Command", "Setvar"])
async def test_connection_lost_after_a_start(
    simulated: SimulatedPbx, watcher: Watcher, lost: str
) -> None:
    """Test that a recording that runs was started, whatever is lost behind it."""
    await simulated.call("501")
    await watcher.wait_for(lambda state: state.active_calls == 1)
    simulated.asterisk.cut_after = lost
    if lost == "Setvar":
        started = await watcher.client.start_recording(_LINE, None)
        assert (await watcher.wait_for_recording()).id == started
        return
    with pytest.raises(RefusedError) as caught:
        await watcher.client.start_recording(_LINE, None)
    assert caught.value.key is ErrorKey.OUTCOME_UNKNOWN


async def test_freepbx_finds_what_is_started(
    simulated: SimulatedPbx, watcher: Watcher
) -> None:
    """Test that the call's record names the file, from which FreePBX reads its day."""
    call = await simulated.call("501")
    await watcher.client.start_recording(_LINE, None)
    asked = simulated.asterisk.sessions[0].asked
    (record,) = [action for action in asked if action["Action"] == "Setvar"]
    assert record["Variable"] == "CDR(recordingfile)"
    (started,) = [action for action in asked if action["Action"] == "MixMonitor"]
    folder, _, name = started["File"].rpartition("/")
    assert record["Value"] == name
    kind, remote, local, day, _, _ = name.split("-")
    assert (kind, remote, local) == ("ondemand", call.number, "1002")
    assert folder.endswith(f"{day[:4]}/{day[4:6]}/{day[6:]}")


async def test_unknown_outcome_of_a_start(
    simulated: SimulatedPbx, watcher: Watcher
) -> None:
    """Test that a start is not repeated when its outcome is unknown."""
    await simulated.call("501")
    simulated.asterisk.cut_after = "MixMonitor"
    simulated.asterisk.users.clear()
    with pytest.raises(RefusedError) as caught:
        await watcher.client.start_recording(_LINE, None)
    assert caught.value.key is ErrorKey.OUTCOME_UNKNOWN
    assert len(simulated.office.active_recordings()) == 1


async def test_dialplan_without_ids(
    simulated: SimulatedPbx, make_watcher: MakeWatcher
) -> None:
    """Test that a user who may only watch knows what he heard, and no more."""
    simulated.asterisk.actions.keeps_ids = False
    async with make_watcher(simulated.watcher_settings) as watcher:
        call = await simulated.call("601")
        active = await watcher.wait_for_recording()
        async with make_watcher(simulated.watcher_settings) as latecomer:
            assert (await latecomer.client.get_live_state()).recordings is None
            await simulated.stop_recording(call)
            await latecomer.wait_for_none()
        await watcher.wait_for_none()
        assert active.call_id == call.call_id
        # It is there again, and this time it is we who stop it.
        simulated.office.start_recording(call.call)
        simulated.asterisk.report_changes()
        await watcher.wait_for_recording()
        await watcher.client.stop_recording(None, _LINE)
        await watcher.wait_for_none()


async def test_no_ari(simulated: SimulatedPbx, make_watcher: MakeWatcher) -> None:
    """Test a server whose REST interface is off."""
    simulated.asterisk.has_ari = False
    with pytest.raises(AccessError) as caught:
        async with make_watcher(simulated.settings):
            pass
    assert caught.value.key is ErrorKey.API_DISABLED


async def test_id_of_another_recording(
    simulated: SimulatedPbx, make_watcher: MakeWatcher
) -> None:
    """Test that a recording is not denied whose id the dialplan does not keep.

    The id of one that was stopped is still there; more cannot be told by a watcher.
    """
    old = re.compile(rb"(Variable: MIXMON_ID\r\nValue: )0x\w+")
    simulated.asterisk.rewrite = lambda body: old.sub(rb"\g<1>0x1", body)
    async with make_watcher(simulated.watcher_settings) as watcher:
        call = await simulated.call("601")
        await watcher.wait_for(lambda state: state.active_calls == 1)
        assert (await watcher.client.get_live_state()).recordings is None
        # As soon as it can be known, it is.
        simulated.asterisk.rewrite = bytes
        recordings = (await watcher.client.get_live_state()).recordings
        assert recordings is not None
        assert [one.call_id for one in recordings] == [call.call_id]


async def test_recording_of_a_party_on_hold(
    simulated: SimulatedPbx, watcher: Watcher
) -> None:
    """Test that a recording goes on while the call is with nobody for a moment."""
    await simulated.call("601")
    active = await watcher.wait_for_recording()
    bridge = re.compile(rb"BridgeId: \S+")
    simulated.asterisk.rewrite = lambda body: bridge.sub(b"BridgeId: ", body)
    state = await watcher.client.get_live_state()
    assert state.active_calls == 0
    assert state.recordings is not None
    assert [one.id for one in state.recordings] == [active.id]


async def test_start_that_was_seen(
    simulated: SimulatedPbx, watcher: Watcher, make_watcher: MakeWatcher
) -> None:
    """Test that a recording starts when it was heard, or else with its channel."""
    await watcher.wait_for_none()
    now, hour = datetime.now(UTC), timedelta(hours=1)
    call = await simulated.call("501")
    # What dials waits an hour until it records.
    old = f"{int((now - hour).timestamp())}.{call.call_id.partition('.')[2]}".encode()
    new = call.call_id.encode()
    simulated.asterisk.rewrite = lambda body: body.replace(new, old)
    simulated.office.start_recording(call.call)
    simulated.asterisk.report_changes()
    seen = await watcher.wait_for_recording()
    assert seen.started_at is not None
    assert seen.started_at >= now
    async with make_watcher(simulated.settings) as latecomer:
        found = await latecomer.wait_for_recording()
    assert found.started_at == (now - hour).replace(microsecond=0)


async def test_stop_one_of_two(simulated: SimulatedPbx, watcher: Watcher) -> None:
    """Test that of a call's recordings the one is stopped that is named."""
    await simulated.call("601")
    first = await watcher.wait_for_recording()
    board = simulated.asterisk.board
    board.start(next(iter(board.channels().values())), f"{MONITOR_FOLDER}second")
    simulated.asterisk.report_changes()
    await watcher.wait_for(
        lambda state: state.recordings is not None and len(state.recordings) == 2
    )
    assert await watcher.client.stop_recording(first.id, LineAddress()) == first.id
    assert (await watcher.wait_for_recording()).id != first.id


@pytest.mark.parametrize(
    ("recording_format", "folder"),
    [
        ("", "/var/spool/asterisk/recording/monitor/"),
        ("wav", "/var/spool/asterisk/monitor/"),
    ],
)
async def test_folder_of_a_start(
    simulated: SimulatedPbx, watcher: Watcher, recording_format: str, folder: str
) -> None:
    """Test where recordings go without `MIXMON_DIR`: to FreePBX's folder, or ARI's."""
    variables = simulated.asterisk.board.variables
    variables.update(MIXMON_DIR="(null)", MIXMON_FORMAT=recording_format)
    await simulated.call("501")
    await watcher.client.start_recording(_LINE, None)
    asked = simulated.asterisk.sessions[0].asked
    (started,) = [action for action in asked if action["Action"] == "MixMonitor"]
    assert started["File"].startswith(folder)


async def test_no_folder_for_a_start(
    simulated: SimulatedPbx, make_watcher: MakeWatcher
) -> None:
    """Test that nothing is started where it is not known where it would go."""
    simulated.asterisk.board.variables.update(MIXMON_DIR="", ASTSPOOLDIR="")
    await simulated.call("501")
    async with make_watcher(simulated.settings) as watcher:
        with pytest.raises(RefusedError) as caught:
            await watcher.client.start_recording(_LINE, None)
    assert caught.value.key is ErrorKey.NOT_AUTHORIZED
    assert not simulated.office.active_recordings()


async def test_part_of_ari(simulated: SimulatedPbx, watcher: Watcher) -> None:
    """Test a server that has loaded only a part of the REST interface."""
    body = json.dumps({"message": "Resource not found"})
    simulated.asterisk.faults.add(
        Fault("status", status=404, body=body, content_type="application/json")
    )
    with pytest.raises(CannotConnectError):
        await watcher.client.get_recordings(RecordingQuery())


@pytest.mark.parametrize("body", ["{}", "[]x", '[{"format": "wav"}]', "7"])
async def test_unreadable_list(
    simulated: SimulatedPbx, watcher: Watcher, body: str
) -> None:
    """Test a list that is none."""
    fault = Fault("body", body=body, content_type="application/json")
    simulated.asterisk.faults.add(fault)
    with pytest.raises(UnexpectedResponseError):
        await watcher.client.get_recordings(RecordingQuery())


async def test_bad_rows(simulated: SimulatedPbx, watcher: Watcher) -> None:
    """Test that a bad row costs that row only."""
    call = await simulated.call("601")
    active = await watcher.wait_for_recording()
    await simulated.talk(call, 5)
    await simulated.hang_up(call)
    await watcher.wait_for_none()
    simulated.asterisk.faults.add(Fault("bad_rows", path="/recordings/stored"))
    page = await watcher.client.get_recordings(RecordingQuery())
    assert [recording.id for recording in page.recordings] == [active.id]


async def test_list_is_not_polled(simulated: SimulatedPbx, watcher: Watcher) -> None:
    """Test that polls read the list once, and again only after an interruption."""
    poll = RecordingQuery(is_poll=True)
    await watcher.client.get_recordings(poll)
    assert _lists_read(simulated) == 1
    call = await simulated.call("601")
    active = await watcher.wait_for_recording()
    await simulated.talk(call, 5)
    await simulated.hang_up(call)
    await watcher.wait_for_none()
    page = await watcher.client.get_recordings(poll)
    assert [recording.id for recording in page.recordings] == [active.id]
    assert _lists_read(simulated) == 1
    await simulated.crash()
    await simulated.restart()
    await watcher.wait_for(lambda state: watcher.client.push_connected)
    await watcher.client.get_recordings(poll)
    assert _lists_read(simulated) == 2


async def test_file_that_grew_after_a_look(
    simulated: SimulatedPbx, session: ClientSession
) -> None:
    """Test that nothing is kept of a look at a file that turns out to be written."""
    call = await simulated.call("601")
    await simulated.talk(call, 5)
    await simulated.hang_up(call)
    archive = AsteriskArchive.of(session, simulated.settings)
    assert archive is not None
    (seen,) = (await archive.get_recordings(RecordingQuery())).recordings
    for active, recordings, looks in (
        ({}, 1, 1),
        ({seen.id: "its name is known"}, 0, 1),
        ({}, 1, 2),
    ):
        archive.note_active(active)
        page = await archive.get_recordings(RecordingQuery(is_poll=True))
        assert len(page.recordings) == recordings
        assert len(_files_read(simulated)) == looks


async def test_list_is_read_on_demand(
    simulated: SimulatedPbx, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Test that a user who asks sees what is there, though not at every click."""
    for expected in (1, 1):
        await watcher.client.get_recordings(RecordingQuery())
        assert _lists_read(simulated) == expected
    monkeypatch.setattr(archive_module, "FRESH_TIME", -1.0)
    await watcher.client.get_recordings(RecordingQuery())
    assert _lists_read(simulated) == 2


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U=", "WzEsMiwzXQ=="])
async def test_invalid_cursor(
    simulated: SimulatedPbx, watcher: Watcher, cursor: str
) -> None:
    """Test cursors that are none of ours."""
    with pytest.raises(RefusedError) as caught:
        await watcher.client.get_recordings(RecordingQuery(cursor=cursor))
    assert caught.value.key is ErrorKey.INVALID_CURSOR


@pytest.mark.parametrize(
    ("recording_id", "key"),
    [
        ("0" * 24, ErrorKey.RECORDING_NOT_FOUND),
        ("../../etc/passwd", ErrorKey.INVALID_RECORDING_ID),
        ("a" * 10_000, ErrorKey.INVALID_RECORDING_ID),
    ],
)
async def test_unknown_recording(
    simulated: SimulatedPbx, watcher: Watcher, recording_id: str, key: ErrorKey
) -> None:
    """Test ids that nothing has; what is none is not even looked for."""
    with pytest.raises(RefusedError) as caught:
        await watcher.client.get_recording(recording_id)
    assert caught.value.key is key
    assert _lists_read(simulated) == (key is ErrorKey.RECORDING_NOT_FOUND)


async def test_recording_elsewhere(simulated: SimulatedPbx, watcher: Watcher) -> None:
    """Test a recording in a folder that ARI does not show: nothing is said of its fate."""
    await simulated.set_folder("/var/spool/asterisk/monitor/")
    call = await simulated.call("501")
    await watcher.client.start_recording(_LINE, None)
    active = await watcher.wait_for_recording()
    await simulated.hang_up(call)
    await watcher.wait_for_none()
    with pytest.raises(RefusedError) as caught:
        await watcher.client.find_archived(active)
    assert caught.value.key is ErrorKey.NOT_SUPPORTED
    assert (await watcher.client.get_recordings(RecordingQuery())).recordings == ()
    assert _files_read(simulated) == []


async def test_short_recording(simulated: SimulatedPbx, watcher: Watcher) -> None:
    """Test that a recording that was not seen is found in the archive."""
    poll = RecordingQuery(is_poll=True)
    await watcher.client.get_recordings(poll)
    call = await simulated.call("601")
    await simulated.talk(call, 5)
    await simulated.hang_up(call)
    await watcher.wait_for(lambda state: state.active_calls == 0)
    page = await watcher.client.get_recordings(poll)
    assert len(page.recordings) == 1


async def test_an_archive_of_more_than_20_000_recordings(
    simulated: SimulatedPbx, watcher: Watcher
) -> None:
    """Test that only the size of the list limits it: it has no pages."""
    names = [
        {"name": f"monitor/in-1002-+15550100-20261128-092117-{second}.2"}
        for second in range(1_795_800_000, 1_795_825_000)
    ]
    simulated.asterisk.faults.add(Fault("body", body=json.dumps(names)))
    oldest = await watcher.client.get_oldest_start()
    assert oldest == datetime.fromtimestamp(1_795_800_000, UTC)
