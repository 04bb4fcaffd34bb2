"""Asking for one finished recording.

The refusals are quoted from the vendor's page "Get Recording".
"""

import pytest

from homeassistant.core import HomeAssistant
from simulator.calls import Recording
from simulator.faults import Fault
from simulator.imagicle import Imagicle
from simulator.imagicle.users import BASE_ACCESS, COMPLETE_MANAGEMENT
from simulator.office import Office
from tests.helpers.actions import ARCHIVE, UNKNOWN_ID, call_action, refused_action
from tests.helpers.clock import Poll


async def test_get_recording(
    hass: HomeAssistant,
    pass_time: Poll,
    office: Office,
    recorder: Imagicle,
    recording: Recording,
) -> None:
    """The whole metadata model of the page, by the contract's names."""
    recording.note = "Called about the invoice"
    recording.preserved = True
    await pass_time(65)
    office.hang_up(recording.call)
    anna = {
        "username": "anna.rossi",
        "first_name": "Anna",
        "last_name": "Rossi",
        "phone_number": "101",
        "group": "Sales",
        "department": "Front Office",
    }
    recording_id = recorder.id_of(recording)
    response = await call_action(
        hass, "get_recording", recording_id=recording_id.upper()
    )
    assert recording.ended_at is not None
    sha256 = response.pop("sha256")
    assert len(bytes.fromhex(sha256)) == 32
    assert sha256 == sha256.lower()
    assert response.pop("size") == recorder.audio_of(recording).size
    assert response == {
        "id": recording_id,
        "reference_number": f"{recording.started_at:%Y}200000000",
        "started_at": recording.started_at.isoformat(),
        "ended_at": recording.ended_at.isoformat(),
        "duration": 65,
        "direction": "incoming",
        "state": "complete",
        "local_number": "101",
        "local_name": "Anna Rossi",
        "remote_number": "+390551234567",
        "remote_name": None,
        "owner": anna,
        "preserving_user": anna,
        "note": {"owner": anna, "text": "Called about the invoice"},
        "pbx_call_id": "17000000",
    }


async def test_get_recording_that_tells_little(
    hass: HomeAssistant, recorder: Imagicle
) -> None:
    """The response has the same keys, whatever the recorder leaves out."""
    recorder.faults.add(
        Fault("body", body='{"id": "7", "size": 0}', content_type="application/json")
    )
    assert await call_action(hass, "get_recording", recording_id=7) == {
        "id": "7",
        "reference_number": None,
        "started_at": None,
        "ended_at": None,
        "duration": None,
        "direction": "unknown",
        "state": "complete",
        "local_number": None,
        "local_name": None,
        "remote_number": None,
        "remote_name": None,
        "owner": None,
        "preserving_user": None,
        "note": None,
        "pbx_call_id": None,
        "size": 0,
        "sha256": None,
    }
    assert recorder.requests[-1].path == f"{ARCHIVE}/7"


@pytest.mark.parametrize(
    ("level", "recording_id", "key"),
    [
        pytest.param(
            COMPLETE_MANAGEMENT,
            "75A90276",
            "invalid_recording_id",
            id="400 Id is not a valid GUID",
        ),
        pytest.param(
            COMPLETE_MANAGEMENT,
            UNKNOWN_ID,
            "recording_not_found",
            id="404 Missing id or recording does not exist.",
        ),
        pytest.param(
            BASE_ACCESS,
            None,
            "not_authorized",
            id="403 The authenticated user has no sufficient privileges to access "
            "the requested recording.",
        ),
    ],
)
async def test_get_recording_refused(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    recording: Recording,
    level: int,
    recording_id: str | None,
    key: str,
) -> None:
    """Each refusal of the page is an error of its own."""
    office.hang_up(recording.call)
    recorder.users[0].level = level
    refusal, _ = await refused_action(
        hass, "get_recording", recording_id=recording_id or recorder.id_of(recording)
    )
    assert refusal == key


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        pytest.param(
            Fault("status", status=401),
            "invalid_auth",
            id="401 No authentication provided or wrong user credentials",
        ),
        pytest.param(Fault("status", status=500), "cannot_connect", id="500"),
        pytest.param(Fault("half_body"), "cannot_connect", id="half body"),
        pytest.param(Fault("empty_body"), "unexpected_response", id="empty body"),
        pytest.param(Fault("empty_object"), "unexpected_response", id="{}"),
        pytest.param(Fault("login_page"), "unexpected_response", id="login page"),
    ],
)
async def test_get_recording_fails(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    recording: Recording,
    fault: Fault,
    key: str,
) -> None:
    """What cannot be read as a recording is none."""
    office.hang_up(recording.call)
    recorder.faults.add(fault)
    refusal, _ = await refused_action(
        hass, "get_recording", recording_id=recorder.id_of(recording)
    )
    assert refusal == key


@pytest.mark.parametrize("data", [{}, {"recording_id": ""}, {"recording_id": "  "}])
async def test_get_recording_without_an_id(
    hass: HomeAssistant, recorder: Imagicle, data: dict[str, str]
) -> None:
    """A blank id is not taken for the whole archive; the sentence says what lacks."""
    seen = len(recorder.requests)
    key, text = await refused_action(hass, "get_recording", **data)
    assert key == "recording_not_specified"
    assert "ID of the recording" in text
    assert len(recorder.requests) == seen
