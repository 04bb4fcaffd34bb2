"""Starting a recording."""

import json
from typing import Any

import pytest
import voluptuous as vol

from custom_components.call_recorder.const import DOMAIN
from homeassistant.core import HomeAssistant
from simulator.calls import Call, Recording
from simulator.faults import Fault
from simulator.imagicle import Imagicle
from simulator.office import Office
from tests.helpers.actions import LIVE, call_action, refused_action, sent_requests


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ({"device_name": "{device}"}, {"deviceName": "{device}"}),
        ({"directory_number": "101"}, {"directoryNumber": "101"}),
        # YAML reads 101 as a number.
        ({"directory_number": 101}, {"directoryNumber": "101"}),
        ({"directory_number": " 101 "}, {"directoryNumber": "101"}),
        (
            {"device_name": "{device}", "directory_number": "101"},
            {"deviceName": "{device}", "directoryNumber": "101"},
        ),
        (
            {"device_name": "", "directory_number": "101", "call_id": "  "},
            {"directoryNumber": "101"},
        ),
        # RecordingMode: "0 Cisco Media Forking", "1 Dial-In".
        (
            {"directory_number": "101", "mode": "media_forking"},
            {"directoryNumber": "101", "mode": 0},
        ),
        (
            {"directory_number": "101", "mode": "dial_in"},
            {"directoryNumber": "101", "mode": 1},
        ),
    ],
)
async def test_start(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    call: Call,
    data: dict[str, Any],
    body: dict[str, Any],
) -> None:
    """A connected call is recorded: "201 Created: The call is being recorded"."""

    def named(values: dict[str, Any]) -> dict[str, Any]:
        return {
            key: call.line.device_name if value == "{device}" else value
            for key, value in values.items()
        }

    response = await call_action(hass, "start_recording", **named(data))
    (recording,) = office.active_recordings()
    assert response == {
        "result": "started",
        "recording_id": recorder.id_of(recording),
    }
    (command,) = sent_requests(recorder, "POST")
    assert command.path == LIVE
    assert command.query == {}
    assert command.headers["Content-Type"] == "application/json"
    assert json.loads(command.body) == named(body)


async def test_start_without_asking_for_the_response(
    hass: HomeAssistant, office: Office, recorder: Imagicle, call: Call
) -> None:
    """An automation that does not care for the response starts a recording too."""
    await hass.services.async_call(
        DOMAIN, "start_recording", {"directory_number": "101"}, blocking=True
    )
    assert len(office.active_recordings()) == 1


@pytest.mark.parametrize("body", ["", "{}", '{"id": null}', "[]", "<html>"])
async def test_start_whose_id_cannot_be_read(
    hass: HomeAssistant, recorder: Imagicle, body: str
) -> None:
    """201 means that the call is recorded, even if the answer does not report more."""
    recorder.faults.add(Fault("body", method="POST", status=201, body=body))
    response = await call_action(hass, "start_recording", directory_number="101")
    assert response == {"result": "started", "recording_id": None}


@pytest.mark.parametrize("body", ["", "null", "{}", "<html>Sign in"])
async def test_what_a_proxy_answers_is_no_success(
    hass: HomeAssistant, office: Office, recorder: Imagicle, body: str
) -> None:
    """An answer that is not the documented one is judged by the live list."""
    call = office.connect("102")
    for method in ("POST", "PUT", "DELETE"):
        recorder.faults.add(Fault("body", method=method, body=body))
    line = {"directory_number": "102"}
    key, _ = await refused_action(hass, "start_recording", **line)
    assert key == "outcome_unknown"
    recording = office.start_recording(call)
    for command in ("pause_recording", "stop_recording"):
        key, _ = await refused_action(hass, command, **line)
        assert key == "unexpected_response"
    office.pause(recording)
    key, _ = await refused_action(hass, "resume_recording", **line)
    assert key == "unexpected_response"
    # The same where what was wanted has happened.
    await call_action(hass, "pause_recording", **line)
    recording_id = (await call_action(hass, "pause_recording", **line))["recording_id"]
    office.stop(recording)
    await call_action(hass, "stop_recording", recording_id=recording_id)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"device_name": ""},
        {"device_name": "  ", "directory_number": "", "call_id": " "},
        {"mode": "dial_in", "ensure": True},
    ],
)
async def test_start_without_a_line(
    hass: HomeAssistant, recorder: Imagicle, data: dict[str, Any]
) -> None:
    """Blank fields count as missing, and an empty line means no line."""
    key, _ = await refused_action(hass, "start_recording", **data)
    assert key == "line_not_specified"
    assert sent_requests(recorder, "POST") == []


@pytest.mark.parametrize(
    "data",
    [
        {"ensure": "perhaps"},
        {"device_name": {"a": 1}},
        {"line": "101"},
    ],
)
async def test_start_with_fields_that_do_not_exist(
    hass: HomeAssistant, recorder: Imagicle, data: dict[str, Any]
) -> None:
    """What the action's form does not offer never reaches the recorder."""
    with pytest.raises(vol.Invalid):
        await call_action(hass, "start_recording", **{"directory_number": "101"} | data)
    assert sent_requests(recorder, "POST") == []


async def test_a_mode_that_does_not_exist(
    hass: HomeAssistant, recorder: Imagicle
) -> None:
    """The sentence says which modes there are."""
    key, text = await refused_action(
        hass, "start_recording", directory_number="101", mode="MediaForking"
    )
    assert key == "invalid_mode"
    assert "media_forking" in text
    assert sent_requests(recorder, "POST") == []


@pytest.mark.parametrize(
    "action",
    ["start_recording", "stop_recording", "pause_recording", "resume_recording"],
)
async def test_a_call_id_means_nothing_to_imagicle(
    hass: HomeAssistant, recorder: Imagicle, recording: Recording, action: str
) -> None:
    """Imagicle knows lines, not calls: it is not asked with half the wish."""
    seen = len(recorder.requests)
    key, text = await refused_action(
        hass, action, directory_number="101", call_id="c-1234"
    )
    assert key == "not_supported"
    assert text.endswith(": call_id")
    assert len(recorder.requests) == seen
