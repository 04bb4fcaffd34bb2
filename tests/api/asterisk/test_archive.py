"""The archive behind ARI: what single files turn out to be."""

from collections.abc import AsyncGenerator

from aiohttp import ClientSession
import pytest

from custom_components.call_recorder.api.asterisk.archive import AsteriskArchive
from custom_components.call_recorder.api.asterisk.names import recording_id
from custom_components.call_recorder.api.models import RecordingQuery, RecordingState
from simulator.asterisk.files import MixMonitorWav
from simulator.faults import Fault
from tests.helpers.asterisk import SimulatedPbx

_FILES = "/recordings/stored/"
_EVERYTHING = RecordingQuery()


@pytest.fixture
async def archive(simulated: SimulatedPbx) -> AsyncGenerator[AsteriskArchive]:
    """Return an archive with one recording of five seconds."""
    call = await simulated.call("601")
    await simulated.talk(call, 5)
    await simulated.hang_up(call)
    async with ClientSession() as session:
        archive = AsteriskArchive.of(session, simulated.settings)
        assert archive is not None
        yield archive


class _Wideband(MixMonitorWav):
    """Audio of twice the rate, as `wav16`."""

    rate = 16_000


async def test_other_format(
    simulated: SimulatedPbx,
    archive: AsteriskArchive,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Test that no duration is guessed of audio that is not 16,000 bytes a second."""
    monkeypatch.setattr(simulated.asterisk, "audio_of", lambda recording: _Wideband(5))
    (recording,) = (await archive.get_recordings(_EVERYTHING)).recordings
    assert recording.state is RecordingState.COMPLETE
    assert recording.duration is None
    assert recording.size == 160_044


async def test_file_that_is_no_audio(
    simulated: SimulatedPbx, archive: AsteriskArchive
) -> None:
    """Test that a recording is not lost of which something else is sent."""
    simulated.asterisk.faults.add(Fault("login_page", path=_FILES))
    (recording,) = (await archive.get_recordings(_EVERYTHING)).recordings
    assert recording.state is None
    assert recording.size is None


async def test_recording_that_is_not_listed_yet(archive: AsteriskArchive) -> None:
    """Test that what is written is known, although a list that is read lacks it."""
    active = recording_id("monitor/new")
    archive.note_active({active: "monitor/new"})
    page = await archive.get_recordings(_EVERYTHING)
    assert len(page.recordings) == 1
    recording = await archive.get_recording(active)
    assert recording.state is RecordingState.SAVING
