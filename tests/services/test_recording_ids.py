"""Ids that would be a way to somewhere else are not sent."""

import pytest

from homeassistant.core import HomeAssistant
from simulator.calls import Recording
from simulator.imagicle import Imagicle
from simulator.office import Office
from tests.helpers.actions import refused_action, sent_requests


@pytest.mark.parametrize(
    "action",
    ["stop_recording", "pause_recording", "resume_recording", "get_recording"],
)
@pytest.mark.parametrize(
    "recording_id",
    [
        "a/b",
        "{id}/Pause",
        "{id}/Media",
        "x/../{id}",
        "../Recordings/{id}",
        "..%2f{id}",
        "{id}?deviceName=SEP1",
        "{id}#top",
        "{id};a",
        "..\\{id}",
        "%2e%2e",
        "ü",
        "\0",
    ],
)
async def test_an_id_that_is_none_is_not_sent(
    hass: HomeAssistant,
    recorder: Imagicle,
    recording: Recording,
    action: str,
    recording_id: str,
) -> None:
    """What could lead to somewhere else in a path is refused here."""
    seen = len(recorder.requests)
    recording_id = recording_id.format(id=recorder.id_of(recording))
    key, _ = await refused_action(hass, action, recording_id=recording_id)
    assert key == "invalid_recording_id"
    assert len(recorder.requests) == seen


@pytest.mark.parametrize("recording_id", [".", ".."])
@pytest.mark.parametrize(
    "action",
    ["stop_recording", "pause_recording", "resume_recording", "get_recording"],
)
async def test_an_id_that_is_a_step_up(
    hass: HomeAssistant,
    recorder: Imagicle,
    recording: Recording,
    action: str,
    recording_id: str,
) -> None:
    """No encoding keeps dots from being a step, so nothing is sent."""
    seen = len(recorder.requests)
    key, _ = await refused_action(hass, action, recording_id=recording_id)
    assert key == "invalid_recording_id"
    assert len(recorder.requests) == seen


@pytest.mark.parametrize("recording_id", ["Mine", "mine", " MINE "])
async def test_an_id_that_is_another_call(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    recording: Recording,
    recording_id: str,
) -> None:
    """`DELETE LiveRecordings/Mine` would stop what our own user records."""
    recorder.users[0].extension = "101"
    key, _ = await refused_action(hass, "stop_recording", recording_id=recording_id)
    assert key == "invalid_recording_id"
    assert office.active_recordings() == [recording]
    assert sent_requests(recorder, "DELETE") == []
