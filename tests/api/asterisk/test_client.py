"""Recordings of calls, on the real Asterisk and on the simulated one."""

from collections.abc import Awaitable

import pytest

from custom_components.call_recorder.api.client import Capability
from custom_components.call_recorder.api.errors import (
    CannotConnectError,
    ErrorKey,
    InvalidAuthError,
    RefusedError,
)
from custom_components.call_recorder.api.models import (
    ActiveRecordingFilter,
    Direction,
    LineAddress,
    LiveState,
    Recording,
    RecordingMode,
    RecordingQuery,
    RecordingState,
)
from tests.helpers.pbx import Pbx
from tests.real_asterisk.tones import strength

from .conftest import MakeWatcher, Watcher

_NOBODY = LineAddress()
_LINE = LineAddress(directory_number="1002")


async def _refusal(answer: Awaitable[object]) -> ErrorKey:
    """Return the key of a refusal."""
    with pytest.raises(RefusedError) as caught:
        await answer
    return caught.value.key


async def _archived(watcher: Watcher) -> tuple[Recording, ...]:
    """Return what the archive shows when it is asked."""
    page = await watcher.client.get_recordings(RecordingQuery(limit=500))
    return page.recordings


async def _audio(watcher: Watcher, recording_id: str) -> bytes:
    """Download a recording."""
    async with watcher.client.download(recording_id) as audio:
        assert audio.content_type.startswith("audio/")
        return b"".join([chunk async for chunk in audio.chunks])


async def test_dialplan_recording(pbx: Pbx, watcher: Watcher) -> None:
    """Test a call that the PBX records by itself, from its start to its audio."""
    call = await pbx.call("601", name="Carla Client")
    active = await watcher.wait_for_recording()
    assert active.call_id == call.call_id
    assert active.direction is Direction.INCOMING
    assert active.local_party.number == "1002"
    assert active.remote_party.phone_number == call.number
    assert active.remote_party.first_name == "Carla Client"
    assert active.is_paused is False
    assert active.started_at is not None
    assert call.number[1:] not in active.id

    saving = await watcher.client.get_recording(active.id)
    assert saving.state is RecordingState.SAVING
    assert saving not in await _archived(watcher)
    assert await _refusal(_audio(watcher, active.id)) is ErrorKey.RECORDING_SAVING

    await pbx.talk(call, 1.0)
    await pbx.hang_up(call)
    await watcher.wait_for_none()
    archived = await watcher.client.find_archived(active)
    assert archived is not None
    assert archived.id == active.id
    assert archived.state is RecordingState.COMPLETE
    assert archived.direction is Direction.INCOMING
    assert archived.local_number == "1002"
    assert archived.remote_number == call.number
    assert archived.duration is not None and archived.duration.total_seconds() > 0.5
    assert archived in await _archived(watcher)

    audio = await _audio(watcher, active.id)
    assert len(audio) == archived.size
    assert all(strength(audio, tone) > 0.5 for tone in pbx.tones)
    assert strength(audio, 700) < 0.1


async def test_name_that_imitates_an_event(pbx: Pbx, watcher: Watcher) -> None:
    """Test that lines in a caller's name are no lines: this one would mean a pause."""
    call = await pbx.call("301")
    active = await watcher.wait_for_recording()
    assert (active.remote_party.first_name or "").startswith("Carla")
    assert active.is_paused is False
    await pbx.hang_up(call)
    await watcher.wait_for_none()


async def test_recorded_through_a_local_channel(pbx: Pbx, watcher: Watcher) -> None:
    """Test a recording on the way to an extension, as of ring groups and queues."""
    call = await pbx.call("201")
    active = await watcher.wait_for_recording()
    assert active.call_id == call.call_id
    assert active.direction is Direction.INCOMING
    assert active.local_party.number == "1002"
    assert active.remote_party.phone_number == call.number
    assert await watcher.client.pause_recording(None, _LINE) == active.id
    assert await watcher.client.stop_recording(None, _LINE) == active.id
    await watcher.wait_for_none()
    assert (await watcher.client.get_live_state()).active_calls == 1


async def test_unrecorded_call(pbx: Pbx, watcher: Watcher) -> None:
    """Test that a call that is not recorded is known to be one."""
    await pbx.call("501")
    state = await watcher.wait_for(lambda state: state.active_calls == 1)
    assert state.recordings == ()
    assert state.busy_numbers == frozenset({"1002", "trunk"})
    assert watcher.client.push_connected
    assert (watcher.client.info.sw_version or "").startswith(("16.", "22."))


async def test_ringing_call(pbx: Pbx, watcher: Watcher) -> None:
    """Test that a call that only rings is no recording, although it has a file."""
    before = await _archived(watcher)
    call = await pbx.call("401", until="Ring")
    state = await watcher.client.get_live_state()
    assert state.recordings == ()
    assert state.active_calls == 0
    assert state.busy_numbers == frozenset()
    await pbx.hang_up(call)
    assert await _archived(watcher) == before


async def test_feature_code(pbx: Pbx, watcher: Watcher) -> None:
    """Test that a recording ends when a caller's keys stop it, and the call goes on."""
    call = await pbx.call("701", digits="*1")
    await watcher.wait_for_recording()
    await pbx.press(call)
    await watcher.wait_for_none()
    assert (await watcher.client.get_live_state()).active_calls == 1


async def test_paused_by_somebody(pbx: Pbx, watcher: Watcher) -> None:
    """Test that a pause that another program commands is heard."""
    call = await pbx.call("601")
    active = await watcher.wait_for_recording()
    await pbx.mute(call, True)
    await watcher.wait_for(
        lambda state: bool(state.recordings and state.recordings[0].is_paused)
    )
    assert await watcher.client.resume_recording(None, _LINE) == active.id
    await watcher.wait_for(
        lambda state: bool(state.recordings and not state.recordings[0].is_paused)
    )
    assert await watcher.client.pause_recording(active.id, _NOBODY) == active.id
    await watcher.wait_for(
        lambda state: bool(state.recordings and state.recordings[0].is_paused)
    )


async def test_pause_heard_by_nobody(
    pbx: Pbx, watcher: Watcher, make_watcher: MakeWatcher
) -> None:
    """Test that nothing is said of a pause that happened before we came."""
    call = await pbx.call("601")
    active = await watcher.wait_for_recording()
    await pbx.mute(call, True)
    await watcher.wait_for(
        lambda state: bool(state.recordings and state.recordings[0].is_paused)
    )
    async with make_watcher(pbx.settings) as latecomer:
        seen = await latecomer.wait_for_recording()
    assert seen.id == active.id
    assert seen.is_paused is None


async def test_transfer(pbx: Pbx, watcher: Watcher) -> None:
    """Test that a transferred call goes on being one recording, on another line."""
    call = await pbx.call("601")
    before = await watcher.wait_for_recording()
    await pbx.transfer(call, "801")
    state = await watcher.wait_for(
        lambda state: state.busy_numbers == frozenset({"1003", "trunk"})
    )
    assert state.recordings is not None
    (after,) = state.recordings
    assert (after.id, after.started_at) == (before.id, before.started_at)
    assert after.local_party.number == "1003"
    for number, found in (("1002", ()), ("1003", (after,))):
        state = await watcher.client.get_active_recordings(
            ActiveRecordingFilter(directory_number=number)
        )
        assert state.recordings == found


async def test_internal_call(pbx: Pbx, watcher: Watcher) -> None:
    """Test that a call between two extensions is on both of their lines."""
    await pbx.call("601", caller="1001")
    active = await watcher.wait_for_recording()
    assert active.direction is Direction.INTERNAL
    assert active.local_party.number == "1001"
    assert [party.number for party in active.further_local_parties] == ["1002"]
    assert active.remote_party.phone_number == "1002"
    for number in ("1001", "1002"):
        line = LineAddress(directory_number=number)
        assert await watcher.client.find_active_recording(line) == active.id
    assert (await watcher.client.get_live_state()).busy_numbers == frozenset(
        {"1001", "1002"}
    )


async def test_outgoing_call(pbx: Pbx, watcher: Watcher) -> None:
    """Test a call from an extension to the outside."""
    call = await pbx.call("901", caller="1001")
    active = await watcher.wait_for_recording()
    assert active.direction is Direction.OUTGOING
    assert active.local_party.number == "1001"
    assert active.remote_party.phone_number == "901"
    await pbx.talk(call, 1.0)
    await pbx.hang_up(call)
    await watcher.wait_for_none()
    archived = await watcher.client.find_archived(active)
    assert archived is not None
    assert archived.direction is Direction.OUTGOING
    assert (archived.local_number, archived.remote_number) == ("1001", "901")


async def test_fifty_at_once(pbx: Pbx, watcher: Watcher) -> None:
    """Test fifty recorded calls."""
    await pbx.call_often("601", 50)
    state = await watcher.wait_for(
        lambda state: state.recordings is not None and len(state.recordings) == 50
    )
    assert state.active_calls == 50
    assert state.recordings is not None
    assert len({recording.id for recording in state.recordings}) == 50
    await pbx.clear()
    await watcher.wait_for_none()


async def test_crash(pbx: Pbx, watcher: Watcher) -> None:
    """Test that a PBX that is killed is out of reach, and found again by itself."""
    await pbx.call("601")
    active = await watcher.wait_for_recording()
    await pbx.crash()
    with pytest.raises(CannotConnectError):
        await watcher.wait_for(lambda state: False)
    await pbx.restart()
    # Nothing is pushed until the connection is there again.
    state = await _reconnected(watcher)
    assert state.recordings == ()
    lost = await watcher.client.find_archived(active)
    assert lost is not None
    assert lost.state is RecordingState.ERROR
    await pbx.call("601")
    assert (await watcher.wait_for_recording()).id != active.id


async def _reconnected(watcher: Watcher) -> LiveState:
    """Return the first state after an outage."""
    while True:
        try:
            return await watcher.wait_for(lambda state: watcher.client.push_connected)
        except CannotConnectError:
            await watcher.wait_for_change()


async def test_start(pbx: Pbx, watcher: Watcher) -> None:
    """Test a recording that we start and stop."""
    call = await pbx.call("501")
    await watcher.wait_for(lambda state: state.active_calls == 1)
    started = await watcher.client.start_recording(_LINE, None)
    active = await watcher.wait_for_recording()
    assert active.id == started
    assert active.is_paused is False
    assert (
        await _refusal(watcher.client.start_recording(_LINE, None))
        is ErrorKey.ALREADY_RECORDING
    )
    await pbx.talk(call, 1.0)
    assert await watcher.client.stop_recording(None, _LINE) == started
    await watcher.wait_for_none()
    archived = await watcher.client.find_archived(active)
    assert archived is not None and archived.state is RecordingState.COMPLETE
    assert (archived.local_number, archived.remote_number) == ("1002", call.number)
    audio = await _audio(watcher, active.id)
    assert all(strength(audio, tone) > 0.5 for tone in pbx.tones)


async def test_stop_what_the_dialplan_started(pbx: Pbx, watcher: Watcher) -> None:
    """Test that a recording that another program started is stopped too."""
    await pbx.call("601")
    active = await watcher.wait_for_recording()
    assert await watcher.client.stop_recording(active.id, _NOBODY) == active.id
    await watcher.wait_for_none()
    for command in (
        watcher.client.stop_recording,
        watcher.client.pause_recording,
        watcher.client.resume_recording,
    ):
        assert await _refusal(command(active.id, _NOBODY)) is (
            ErrorKey.NOT_ACTIVE_RECORDING
        )


async def test_refused_start(pbx: Pbx, watcher: Watcher) -> None:
    """Test why a recording cannot be started."""
    start = watcher.client.start_recording
    assert await _refusal(start(_NOBODY, None)) is ErrorKey.LINE_NOT_SPECIFIED
    assert await _refusal(start(_LINE, None)) is ErrorKey.NO_CONNECTED_CALL
    assert await _refusal(start(_LINE, RecordingMode.DIAL_IN)) is ErrorKey.NOT_SUPPORTED
    assert (
        await _refusal(start(LineAddress(device_name="Phone"), None))
        is ErrorKey.NOT_SUPPORTED
    )
    await pbx.call("401", until="Ring")
    assert await _refusal(start(_LINE, None)) is ErrorKey.NO_CONNECTED_CALL


async def test_unwritable_folder(pbx: Pbx, watcher: Watcher) -> None:
    """Test that a start that writes nothing is an error, although Asterisk is content."""
    call = await pbx.call("501")
    await watcher.wait_for(lambda state: state.active_calls == 1)
    await pbx.set_folder("/proc/nowhere/")
    try:
        assert (
            await _refusal(
                watcher.client.start_recording(LineAddress(call_id=call.call_id), None)
            )
            is ErrorKey.RECORDER_ERROR
        )
    finally:
        await pbx.set_folder(None)
    assert (await watcher.client.get_live_state()).recordings == ()


async def test_watch_only(pbx: Pbx, make_watcher: MakeWatcher) -> None:
    """Test a user who may only watch: all is seen, nothing can be started."""
    async with make_watcher(pbx.watcher_settings) as watcher:
        assert watcher.client.capabilities == {
            Capability.ACTIVE_CALLS,
            Capability.PAUSE,
            Capability.PAUSED,
            Capability.STOP,
        }
        call = await pbx.call("601")
        active = await watcher.wait_for_recording()
        assert active.local_party.number == "1002"
        assert await watcher.client.pause_recording(active.id, _NOBODY) == active.id
        await watcher.wait_for(
            lambda state: bool(state.recordings and state.recordings[0].is_paused)
        )
        assert await _refusal(
            watcher.client.start_recording(LineAddress(call_id=call.call_id), None)
        ) in (ErrorKey.ALREADY_RECORDING, ErrorKey.NOT_AUTHORIZED)
        assert await watcher.client.stop_recording(None, _LINE) == active.id
        await watcher.wait_for_none()
        assert (
            await _refusal(watcher.client.start_recording(_LINE, None))
            is ErrorKey.NOT_AUTHORIZED
        )
        assert (
            await _refusal(watcher.client.get_recordings(RecordingQuery()))
            is ErrorKey.NOT_SUPPORTED
        )


async def test_watcher_of_what_we_start(
    pbx: Pbx, watcher: Watcher, make_watcher: MakeWatcher
) -> None:
    """Test that who may only watch sees what was started before, and can stop it."""
    await pbx.call("501")
    await watcher.wait_for(lambda state: state.active_calls == 1)
    started = await watcher.client.start_recording(_LINE, None)
    async with make_watcher(pbx.watcher_settings) as latecomer:
        assert (await latecomer.wait_for_recording()).id == started
        assert await latecomer.client.stop_recording(None, _LINE) == started
    await watcher.wait_for_none()


@pytest.mark.parametrize("field", ["password", "ari_password"])
async def test_wrong_secret(pbx: Pbx, make_watcher: MakeWatcher, field: str) -> None:
    """Test that either secret is tried at sign-in."""
    with pytest.raises(InvalidAuthError):
        async with make_watcher({**pbx.settings, field: "wrong"}):
            pass


async def test_pages(pbx: Pbx, watcher: Watcher) -> None:
    """Test that the archive is read in pages, newest first, each recording once."""
    for _ in range(3):
        call = await pbx.call("601")
        await watcher.wait_for_recording()
        await pbx.talk(call, 0.2)
        await pbx.hang_up(call)
        await watcher.wait_for_none()
    everything = await _archived(watcher)
    query = RecordingQuery(limit=1)
    paged: list[Recording] = []
    while True:
        page = await watcher.client.get_recordings(query)
        paged += page.recordings
        if page.next_cursor is None:
            break
        query = RecordingQuery(limit=1, cursor=page.next_cursor)
    assert tuple(paged) == everything
    starts = [recording.started_at for recording in everything if recording.started_at]
    assert starts == sorted(starts, reverse=True)
    assert len(starts) >= 3
    oldest = await watcher.client.get_oldest_start()
    # Files of calls that were never answered count here.
    assert oldest is not None and oldest <= starts[-1]
    number = everything[0].remote_number or ""
    found = await watcher.client.get_recordings(RecordingQuery(number=number[-7:]))
    assert found.recordings == everything[:1]
