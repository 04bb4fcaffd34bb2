"""Stopping, pausing and resuming.

The refusals are quoted from the vendor's knowledge base: "Stop Recording" (kb 534),
ucxcr/stop-a-recording, ucxcr/pause-resume-recording.
"""

from datetime import timedelta
from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from simulator.calls import Recording
from simulator.faults import Fault
from simulator.imagicle import Imagicle
from simulator.imagicle.users import BASE_ACCESS
from simulator.office import Office
from tests.helpers.actions import (
    LIVE,
    UNKNOWN_ID,
    call_action,
    refused_action,
    sent_requests,
)


@pytest.mark.parametrize(
    ("data", "path", "query"),
    [
        ({"recording_id": "{id}"}, f"{LIVE}/{{id}}", {}),
        ({"recording_id": " {id} "}, f"{LIVE}/{{id}}", {}),
        ({"directory_number": 101}, LIVE, {"directoryNumber": "101"}),
        ({"device_name": "{device}"}, LIVE, {"deviceName": "{device}"}),
        (
            {
                "recording_id": "",
                "device_name": "{device}",
                "directory_number": "101",
            },
            LIVE,
            {"deviceName": "{device}", "directoryNumber": "101"},
        ),
    ],
)
async def test_stop(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    recording: Recording,
    data: dict[str, Any],
    path: str,
    query: dict[str, str],
) -> None:
    """A recording is stopped by its id, or by its line; the call goes on."""
    names = {
        "id": recorder.id_of(recording),
        "device": recording.call.line.device_name,
    }
    response = await call_action(
        hass,
        "stop_recording",
        **{key: str(value).format(**names) for key, value in data.items()},
    )
    assert response == {"recording_id": names["id"]}
    assert office.active_recordings() == []
    assert recording.call in office.calls
    (command,) = sent_requests(recorder, "DELETE")
    assert command.path == path.format(**names)
    assert command.query == {key: value.format(**names) for key, value in query.items()}


async def test_stop_all_of_a_line(
    hass: HomeAssistant, office: Office, recorder: Imagicle, recording: Recording
) -> None:
    """A line's recordings are stopped together; then no id is the id."""
    office.start_recording(office.connect("101"))
    response = await call_action(hass, "stop_recording", directory_number="101")
    assert response == {"recording_id": None}
    assert office.active_recordings() == []


@pytest.mark.parametrize(
    "data",
    [{"recording_id": "{id}"}, {"directory_number": "101"}],
    ids=["by id", "by line"],
)
async def test_pause_and_resume(
    hass: HomeAssistant,
    recorder: Imagicle,
    recording: Recording,
    data: dict[str, str],
) -> None:
    """204: paused, resumed; 429 "already in that state" is what was wished for."""
    recording_id = recorder.id_of(recording)
    data = {key: value.format(id=recording_id) for key, value in data.items()}
    for action, paused in (
        ("pause_recording", True),
        ("pause_recording", True),
        ("resume_recording", False),
        ("resume_recording", False),
    ):
        assert await call_action(hass, action, **data) == {"recording_id": recording_id}
        assert recording.is_paused is paused
    assert [request.path for request in sent_requests(recorder, "PUT")] == [
        f"{LIVE}/{recording_id}/{verb}"
        for verb in ("Pause", "Pause", "Resume", "Resume")
    ]


async def test_pause_the_newest_of_a_line(
    hass: HomeAssistant, office: Office, recorder: Imagicle, recording: Recording
) -> None:
    """Of a line's recordings the newest is the one that is meant."""
    office.recording_delay = timedelta(seconds=-10)
    older = office.start_recording(office.connect("101"))
    response = await call_action(hass, "pause_recording", directory_number="101")
    assert response == {"recording_id": recorder.id_of(recording)}
    assert recording.is_paused
    assert not older.is_paused


@pytest.mark.parametrize(
    "action", ["stop_recording", "pause_recording", "resume_recording"]
)
@pytest.mark.parametrize(
    "data", [{}, {"recording_id": ""}, {"recording_id": " ", "device_name": " "}]
)
async def test_an_order_about_nothing(
    hass: HomeAssistant,
    recorder: Imagicle,
    recording: Recording,
    action: str,
    data: dict[str, str],
) -> None:
    """A command needs a recording or a line, else it could hit all of them."""
    seen = len(recorder.requests)
    key, _ = await refused_action(hass, action, **data)
    assert key == "line_not_specified"
    assert len(recorder.requests) == seen


@pytest.mark.parametrize(
    ("action", "status", "body", "key"),
    [
        # kb 534: "204; 400 reason 0 not a GUID / 1 not monitorable via TAPI
        # (+`deviceName`) / 2 device set to automatic recording; 403; 409 = id is not
        # a live recording; 500; 504".
        ("stop_recording", 400, '{"reason": 0}', "invalid_recording_id"),
        ("stop_recording", 400, '{"reason": 1}', "line_not_found"),
        ("stop_recording", 400, '{"reason": 2}', "manual_recording_disabled"),
        ("stop_recording", 400, '{"reason": 3}', "request_refused"),
        ("stop_recording", 401, "", "invalid_auth"),
        ("stop_recording", 403, "", "not_authorized"),
        ("stop_recording", 409, "", "not_active_recording"),
        ("stop_recording", 500, "", "recorder_error"),
        ("stop_recording", 503, "", "request_refused"),
        ("stop_recording", 504, "", "recorder_unavailable"),
        # ucxcr/pause-resume-recording: "204 done, 409 no live recording, 429 already
        # in that state"; "404/405 = this version has no such call".
        ("pause_recording", 401, "", "invalid_auth"),
        ("pause_recording", 403, "", "not_authorized"),
        ("pause_recording", 404, "", "not_supported"),
        ("pause_recording", 405, "", "not_supported"),
        ("pause_recording", 409, "", "not_active_recording"),
        ("pause_recording", 500, "", "recorder_error"),
        ("pause_recording", 504, "", "recorder_unavailable"),
        ("resume_recording", 401, "", "invalid_auth"),
        ("resume_recording", 403, "", "not_authorized"),
        ("resume_recording", 404, "", "not_supported"),
        ("resume_recording", 405, "", "not_supported"),
        ("resume_recording", 409, "", "not_active_recording"),
        ("resume_recording", 418, "", "request_refused"),
    ],
)
async def test_order_refused(
    hass: HomeAssistant,
    recorder: Imagicle,
    recording: Recording,
    action: str,
    status: int,
    body: str,
    key: str,
) -> None:
    """Each documented refusal of a command is an error of its own."""
    fault = Fault("body", status=status, body=body, content_type="application/json")
    recorder.faults.add(fault)
    refusal, _ = await refused_action(
        hass, action, recording_id=recorder.id_of(recording)
    )
    assert refusal == key


@pytest.mark.parametrize(
    ("line", "user", "recording_id", "key"),
    [
        pytest.param(
            {}, {}, UNKNOWN_ID, "not_active_recording", id="409 no live recording"
        ),
        pytest.param({}, {}, "7", "invalid_recording_id", id="400/0 not a GUID"),
        pytest.param(
            {"monitorable": False}, {}, None, "line_not_found", id="400/1 via TAPI"
        ),
        pytest.param(
            {"manual_recording": False},
            {},
            None,
            "manual_recording_disabled",
            id="400/2 device set to automatic recording",
        ),
        pytest.param(
            {}, {"level": BASE_ACCESS}, None, "not_authorized", id="403 no privileges"
        ),
    ],
)
async def test_stop_by_id_refused_by_the_office(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    recording: Recording,
    line: dict[str, Any],
    user: dict[str, Any],
    recording_id: str | None,
    key: str,
) -> None:
    """A recorder that refuses to stop goes on recording."""
    for name, value in line.items():
        setattr(recording.call.line, name, value)
    for name, value in user.items():
        setattr(recorder.users[0], name, value)
    refusal, _ = await refused_action(
        hass, "stop_recording", recording_id=recording_id or recorder.id_of(recording)
    )
    assert refusal == key
    assert office.active_recordings() == [recording]


@pytest.mark.parametrize(
    ("status", "body", "key"),
    [
        # ucxcr/stop-a-recording: "204; 400 if neither given or not monitorable;
        # 401/403/409/500".
        (400, '{"reason": 0}', "line_not_specified"),
        (400, '{"reason": 1}', "line_not_found"),
        (401, "", "invalid_auth"),
        (403, "", "not_authorized"),
        (409, "", "not_active_recording"),
        (500, "", "recorder_error"),
    ],
)
async def test_stop_by_line_refused(
    hass: HomeAssistant, recorder: Imagicle, status: int, body: str, key: str
) -> None:
    """Each documented refusal to stop a line is an error of its own."""
    recorder.faults.add(
        Fault(
            "body",
            method="DELETE",
            status=status,
            body=body,
            content_type="application/json",
        )
    )
    refusal, _ = await refused_action(hass, "stop_recording", directory_number="101")
    assert refusal == key


@pytest.mark.parametrize(
    ("action", "number", "key"),
    [
        ("stop_recording", "999", "line_not_found"),
        ("stop_recording", "102", "not_active_recording"),
        ("pause_recording", "999", "not_active_recording"),
        ("pause_recording", "102", "not_active_recording"),
        ("resume_recording", "102", "not_active_recording"),
    ],
)
async def test_a_line_on_which_nothing_is_recorded(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    recording: Recording,
    action: str,
    number: str,
    key: str,
) -> None:
    """Another line's recording is left alone."""
    refusal, _ = await refused_action(hass, action, directory_number=number)
    assert refusal == key
    assert office.active_recordings() == [recording]
    assert not recording.is_paused


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize("action", ["pause_recording", "resume_recording"])
async def test_a_version_that_cannot_pause(
    hass: HomeAssistant,
    recorder: Imagicle,
    recording: Recording,
    action: str,
    status: int,
) -> None:
    """A recorder without these calls is told apart from a missing recording."""
    recorder.pause_refusal = status
    key, text = await refused_action(hass, action, directory_number="101")
    assert key == "not_supported"
    assert text.endswith(f": {action}")
