"""The actions give orders to the recorder, and say what became of them.

Imagicle's refusals are quoted from the vendor's pages "Start Recording", "Get
Active Recordings" and "Get Recording", and for the rest from its knowledge base:
"Stop Recording" (kb 534), ucxcr/stop-a-recording, ucxcr/pause-resume-recording.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
import json
from typing import Any, Final

from aiohttp import ClientTimeout
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.call_recorder.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulator.calls import Call, Recording
from simulator.faults import Fault
from simulator.imagicle import Imagicle
from simulator.imagicle.users import BASE_ACCESS, COMPLETE_MANAGEMENT, User
from simulator.office import Office
from simulator.recorder import Request
from simulator.server import Simulator
from tests.conftest import Poll, settle

_LIVE: Final = "/fw/Apps/Recorder/WebAPI/LiveRecordings"
_ARCHIVE: Final = "/fw/Apps/Recorder/WebAPI/Recordings"
_NOBODYS_ID: Final = "014309c0-cc7c-4be1-b6ee-6011a67441aa"

# The contract: "The caller can mend ... All others are the recorder's."
_CALLER_CAN_MEND: Final = {
    "line_not_specified",
    "line_not_found",
    "invalid_mode",
    "no_connected_call",
    "already_recording",
    "recording_pending",
    "not_supported",
    "recording_not_found",
    "invalid_recording_id",
    "not_active_recording",
    "path_not_allowed",
    "recorder_not_specified",
    "recording_not_specified",
}


@pytest.fixture
def recorder(simulator: Simulator, imagicle: MockConfigEntry) -> Imagicle:
    """Return the simulated Imagicle; its entry is set up."""
    return simulator.imagicle


@pytest.fixture
def call(office: Office) -> Call:
    """Return a connected call on line 101."""
    return office.connect("101", "+390551234567")


@pytest.fixture
def recording(office: Office, call: Call) -> Recording:
    """Return an active recording on line 101."""
    return office.start_recording(call)


@pytest.fixture
async def second(
    hass: HomeAssistant, recorder: Imagicle, imagicle: MockConfigEntry
) -> MockConfigEntry:
    """Return a second entry that is set up, for another user of the recorder."""
    recorder.users.append(User("second", "Imagicle-10b", COMPLETE_MANAGEMENT))
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Second",
        data={**imagicle.data, "username": "second", "password": "Imagicle-10b"},
        unique_id=f"{recorder.url}|second",
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


async def _call(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action and return its response."""
    return await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )


async def _refused(
    hass: HomeAssistant, action: str, **data: Any
) -> tuple[str | None, str]:
    """Call an action that fails; return the error's key and its English text."""
    with pytest.raises(HomeAssistantError) as err:
        await _call(hass, action, **data)
    key = err.value.translation_key
    assert err.value.translation_domain == DOMAIN
    assert err.type is (
        ServiceValidationError if key in _CALLER_CAN_MEND else HomeAssistantError
    )
    return key, str(err.value)


def _sent(recorder: Imagicle, method: str) -> list[Request]:
    """Return the requests of a method that the recorder has seen."""
    return [request for request in recorder.requests if request.method == method]


def _polls(recorder: Imagicle) -> int:
    """Count the polls that the recorder has seen."""
    return sum(
        request.path == _LIVE and not request.query
        for request in _sent(recorder, "GET")
    )


def _state(hass: HomeAssistant, entity_id: str) -> str:
    """Return a state."""
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


# --- Starting ---


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

    response = await _call(hass, "start_recording", **named(data))
    (recording,) = office.active_recordings()
    assert response == {
        "result": "started",
        "recording_id": recorder.id_of(recording),
    }
    (order,) = _sent(recorder, "POST")
    assert order.path == _LIVE
    assert order.query == {}
    assert order.headers["Content-Type"] == "application/json"
    assert json.loads(order.body) == named(body)


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
    """201 means that the call is recorded, even if the answer does not tell more."""
    recorder.faults.add(Fault("body", method="POST", status=201, body=body))
    response = await _call(hass, "start_recording", directory_number="101")
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
    key, _ = await _refused(hass, "start_recording", **line)
    assert key == "outcome_unknown"
    recording = office.start_recording(call)
    for command in ("pause_recording", "stop_recording"):
        key, _ = await _refused(hass, command, **line)
        assert key == "unexpected_response"
    office.pause(recording)
    key, _ = await _refused(hass, "resume_recording", **line)
    assert key == "unexpected_response"
    # The same where what was wanted has happened.
    await _call(hass, "pause_recording", **line)
    recording_id = (await _call(hass, "pause_recording", **line))["recording_id"]
    office.stop(recording)
    await _call(hass, "stop_recording", recording_id=recording_id)


@dataclass(frozen=True, kw_only=True)
class _Refusal:
    """A refusal of the page "Start Recording", and how it is brought about."""

    page: str
    key: str
    office: Mapping[str, Any] = field(default_factory=dict)
    line: Mapping[str, Any] = field(default_factory=dict)
    call: Mapping[str, Any] = field(default_factory=dict)
    user: Mapping[str, Any] = field(default_factory=dict)
    recorded: bool = False
    answer: Fault | None = None
    data: Mapping[str, Any] = field(default_factory=lambda: {"directory_number": "101"})


def _answer(status: int, body: str) -> Fault:
    """Return an answer that the simulated office has no reason to give."""
    return Fault(
        "body", method="POST", status=status, body=body, content_type="application/json"
    )


_REFUSALS: Final = (
    _Refusal(
        page="400/0 The request body contains neither the device name nor the "
        "directory number",
        key="line_not_specified",
        answer=_answer(400, '{"reason": 0}'),
    ),
    _Refusal(
        page="400/1 The line identified by given device name and/or directory number "
        "does not exist",
        key="line_not_found",
        data={"directory_number": "999"},
    ),
    _Refusal(
        page="400/1 or isn't monitorable through TAPI",
        key="line_not_found",
        line={"monitorable": False},
    ),
    _Refusal(
        page="Example: the call on the line will be recorded only if it belongs to "
        "the given device",
        key="line_not_found",
        data={"directory_number": "101", "device_name": "SEP123456789ABC"},
    ),
    _Refusal(
        page="400/2 Invalid recording mode",
        key="invalid_mode",
        answer=_answer(400, '{"reason": 2}'),
    ),
    _Refusal(
        page="400/3 requesting user lacks an extension number",
        key="no_extension",
        answer=_answer(400, '{"reason": 3}'),
    ),
    _Refusal(
        page="400/4 The device is not configured to manually start recording a call",
        key="manual_recording_disabled",
        line={"manual_recording": False},
    ),
    _Refusal(
        page="403/0 Authenticated user is unauthorized",
        key="not_authorized",
        user={"level": BASE_ACCESS},
    ),
    _Refusal(
        page="403/1 The user associated to the call is not authorized to record",
        key="user_not_authorized",
        line={"authorized": False},
    ),
    _Refusal(
        page="403/2 The call direction doesn't match the filter set on the Imagicle "
        "Call Recording service",
        key="direction_filtered",
        office={"recorded_directions": {"outgoing"}},
    ),
    _Refusal(
        page="403/3 The call traffic type doesn't match the filter set on the "
        "Imagicle Call Recording service",
        key="traffic_type_filtered",
        office={"recorded_traffic_types": {"internal"}},
    ),
    _Refusal(
        page="403/4 Remote party is in the blacklist set on the Imagicle Call "
        "Recording service",
        key="remote_party_blacklisted",
        office={"blacklist": {"+390551234567"}},
    ),
    _Refusal(
        page="409/0 The call connected on given device is on a line with no IAS user "
        "associated to it",
        key="no_user_on_line",
        line={"has_user": False},
    ),
    _Refusal(
        page="409/1 There is no connected call on given device",
        key="no_connected_call",
        call={"held": True},
    ),
    _Refusal(
        page="409/1 There is no connected call on given device (it rings)",
        key="no_connected_call",
        call={"answered_at": None},
    ),
    _Refusal(
        page="429/0 Another recording request has already been received for this "
        "call (the recording has not started yet)",
        key="recording_pending",
        office={"recording_delay": timedelta(minutes=1)},
        recorded=True,
    ),
    _Refusal(
        page="429/1 The call is already being recorded",
        key="already_recording",
        recorded=True,
    ),
    _Refusal(
        page="500 An error occurred while processing the request",
        key="recorder_error",
        answer=_answer(500, ""),
    ),
    _Refusal(
        page="501/0 Invalid Imagicle Call Recording license",
        key="invalid_license",
        office={"license_valid": False},
    ),
    _Refusal(
        page="501/1 No recording pilot has been configured on the Imagicle Call "
        "Recording service",
        key="no_recording_pilot",
        office={"pilot_configured": False},
    ),
    _Refusal(
        page="501/2 Configured recording pilot doesn't route calls to the Imagicle "
        "Call Recording service",
        key="recording_misconfigured",
        office={"correctly_configured": False},
    ),
    _Refusal(
        page="503 The call cannot be recorded because all licensed channels are being "
        "used",
        key="no_channel_available",
        office={"licensed_channels": 0},
    ),
    _Refusal(
        page="504 Imagicle Call Recording service is unavailable",
        key="recorder_unavailable",
        office={"service_available": False},
    ),
    _Refusal(
        page="401 No authentication provided or wrong user credentials",
        key="invalid_auth",
        user={"password": "changed"},
    ),
)


def _bring_about(
    refusal: _Refusal, office: Office, recorder: Imagicle, call: Call
) -> None:
    """Make the recorder refuse."""
    for target, values in (
        (office, refusal.office),
        (call.line, refusal.line),
        (call, refusal.call),
        (recorder.users[0], refusal.user),
    ):
        for name, value in values.items():
            setattr(target, name, value)
    for _ in range(refusal.recorded):
        office.start_recording(call)
    for fault in filter(None, (refusal.answer,)):
        recorder.faults.add(fault)


@pytest.mark.parametrize("refusal", _REFUSALS, ids=lambda refusal: refusal.page)
async def test_start_refused(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    call: Call,
    refusal: _Refusal,
) -> None:
    """Each reason of the page is an error of its own, and nothing is recorded."""
    _bring_about(refusal, office, recorder, call)
    before = list(office.recordings)
    key, text = await _refused(hass, "start_recording", **refusal.data)
    assert key == refusal.key
    assert text not in ("", key) and "{" not in text
    assert office.recordings == before
    assert len(_sent(recorder, "POST")) == 1


def test_every_reason_of_the_contract_is_brought_about() -> None:
    """The contract names one translation key per documented reason."""
    assert {refusal.key for refusal in _REFUSALS} - {"invalid_auth"} == {
        "line_not_specified",
        "line_not_found",
        "invalid_mode",
        "no_extension",
        "manual_recording_disabled",
        "not_authorized",
        "user_not_authorized",
        "direction_filtered",
        "traffic_type_filtered",
        "remote_party_blacklisted",
        "no_user_on_line",
        "no_connected_call",
        "recording_pending",
        "already_recording",
        "recorder_error",
        "invalid_license",
        "no_recording_pilot",
        "recording_misconfigured",
        "no_channel_available",
        "recorder_unavailable",
    }


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (
            400,
            '{"reason": 9, "message": "Not on a Sunday."}',
            "The recorder refused with code 400/9. Not on a Sunday.",
        ),
        (
            403,
            '{"reason": 17, "message": "+39 055 123-4567 called 00390559876543"}',
            "The recorder refused with code 403/17. … called …",
        ),
        (409, '{"reason": -1}', "The recorder refused with code 409/-1."),
        (429, "{}", "The recorder refused with code 429."),
        (501, '{"reason": null}', "The recorder refused with code 501."),
        (400, '{"reason": {"code": 1}}', "The recorder refused with code 400."),
        (418, "", "The recorder refused with code 418."),
        (404, "<html>Not found</html>", "The recorder refused with code 404."),
        (302, "", "The recorder refused with code 302."),
    ],
)
async def test_start_refused_for_a_reason_that_no_page_names(
    hass: HomeAssistant, recorder: Imagicle, status: int, body: str, text: str
) -> None:
    """An unknown reason keeps its code and its words, but nobody's number."""
    recorder.faults.add(_answer(status, body))
    key, message = await _refused(hass, "start_recording", directory_number="101")
    assert key == "request_refused"
    assert message.rstrip() == text


@pytest.mark.parametrize("reason", ['"1"', "1.0", '" 1 "'])
async def test_a_reason_is_read_liberally(
    hass: HomeAssistant, recorder: Imagicle, reason: str
) -> None:
    """A reason that came as a text is the same reason."""
    recorder.faults.add(_answer(409, f'{{"reason": {reason}}}'))
    key, _ = await _refused(hass, "start_recording", directory_number="101")
    assert key == "no_connected_call"


async def test_wrong_credentials_are_asked_for(
    hass: HomeAssistant, recorder: Imagicle, call: Call
) -> None:
    """401: "wrong user credentials" starts reauthentication, once."""
    recorder.users[0].password = "changed"
    for _ in range(2):
        key, _ = await _refused(hass, "start_recording", directory_number="101")
        assert key == "invalid_auth"
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH


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
    """Blank fields count as missing, and no line is nobody's line."""
    key, _ = await _refused(hass, "start_recording", **data)
    assert key == "line_not_specified"
    assert _sent(recorder, "POST") == []


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
        await _call(hass, "start_recording", **{"directory_number": "101"} | data)
    assert _sent(recorder, "POST") == []


async def test_a_mode_that_does_not_exist(
    hass: HomeAssistant, recorder: Imagicle
) -> None:
    """The sentence says which modes there are."""
    key, text = await _refused(
        hass, "start_recording", directory_number="101", mode="MediaForking"
    )
    assert key == "invalid_mode"
    assert "media_forking" in text
    assert _sent(recorder, "POST") == []


@pytest.mark.parametrize(
    "action",
    ["start_recording", "stop_recording", "pause_recording", "resume_recording"],
)
async def test_a_call_id_means_nothing_to_imagicle(
    hass: HomeAssistant, recorder: Imagicle, recording: Recording, action: str
) -> None:
    """Imagicle knows lines, not calls: it is not asked with half the wish."""
    seen = len(recorder.requests)
    key, text = await _refused(hass, action, directory_number="101", call_id="c-1234")
    assert key == "not_supported"
    assert text.endswith(": call_id")
    assert len(recorder.requests) == seen


# --- Ensuring ---


async def test_ensure_starts(
    hass: HomeAssistant, office: Office, recorder: Imagicle, call: Call
) -> None:
    """With `ensure` a call that is not recorded yet is started as usual."""
    response = await _call(hass, "start_recording", directory_number="101", ensure=True)
    (recording,) = office.active_recordings()
    assert response == {
        "result": "started",
        "recording_id": recorder.id_of(recording),
    }


async def test_ensure_already_recording(
    hass: HomeAssistant, recorder: Imagicle, recording: Recording
) -> None:
    """429/1 "The call is already being recorded" is what was wished for."""
    response = await _call(hass, "start_recording", directory_number="101", ensure=True)
    assert response == {
        "result": "already_recording",
        "recording_id": recorder.id_of(recording),
    }


async def test_ensure_pending(
    hass: HomeAssistant, office: Office, recorder: Imagicle, call: Call
) -> None:
    """429/0 "the recording has not started yet": so it has no id in the list."""
    office.recording_delay = timedelta(minutes=1)
    office.start_recording(call)
    response = await _call(hass, "start_recording", directory_number="101", ensure=True)
    assert response == {"result": "pending", "recording_id": None}


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", method="GET", status=500),
        Fault("login_page", method="GET"),
        Fault("empty_body", method="GET"),
    ],
    ids=lambda fault: str(fault.kind),
)
async def test_ensure_without_an_id(
    hass: HomeAssistant, recorder: Imagicle, recording: Recording, fault: Fault
) -> None:
    """The wish is fulfilled, even if the list does not tell the recording's id."""
    recorder.faults.add(fault)
    response = await _call(hass, "start_recording", directory_number="101", ensure=True)
    assert response == {"result": "already_recording", "recording_id": None}


async def test_ensure_with_two_recordings(
    hass: HomeAssistant, office: Office, recorder: Imagicle, recording: Recording
) -> None:
    """Which of a line's two recordings is meant is not guessed."""
    office.start_recording(office.connect("101"))
    response = await _call(hass, "start_recording", directory_number="101", ensure=True)
    assert response == {"result": "already_recording", "recording_id": None}


_NOT_ENSURED: Final = tuple(
    refusal
    for refusal in _REFUSALS
    if refusal.key not in ("already_recording", "recording_pending")
)


@pytest.mark.parametrize("refusal", _NOT_ENSURED, ids=lambda refusal: refusal.page)
async def test_ensure_swallows_nothing_else(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    call: Call,
    refusal: _Refusal,
) -> None:
    """With `ensure`, a refusal stays a refusal."""
    _bring_about(refusal, office, recorder, call)
    key, _ = await _refused(hass, "start_recording", **refusal.data, ensure=True)
    assert key == refusal.key


# --- A start whose answer was lost ---


@pytest.mark.parametrize("kind", ["drop_after", "half_body"])
async def test_lost_answer_is_found(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    call: Call,
    kind: Any,
) -> None:
    """A recording that runs was started, although nobody heard it; once."""
    recorder.faults.add(Fault(kind, method="POST"))
    response = await _call(hass, "start_recording", directory_number="101")
    (recording,) = office.active_recordings()
    assert response == {
        "result": "started",
        "recording_id": recorder.id_of(recording),
    }
    assert len(_sent(recorder, "POST")) == 1


@pytest.mark.parametrize("ensure", [False, True])
async def test_lost_answer_and_nothing_there(
    hass: HomeAssistant, recorder: Imagicle, call: Call, ensure: bool
) -> None:
    """An order that may have arrived is never repeated: it could record twice."""
    recorder.faults.add(Fault("drop", method="POST"))
    key, _ = await _refused(
        hass, "start_recording", directory_number="101", ensure=ensure
    )
    assert key == "outcome_unknown"
    assert len(_sent(recorder, "POST")) == 1


async def test_lost_answer_and_a_recording_elsewhere(
    hass: HomeAssistant, office: Office, recorder: Imagicle, call: Call
) -> None:
    """Another line's recording proves nothing."""
    office.start_recording(office.connect("102"))
    recorder.faults.add(Fault("drop", method="POST"))
    key, _ = await _refused(hass, "start_recording", directory_number="101")
    assert key == "outcome_unknown"


@pytest.mark.parametrize(
    "fault", [Fault("status", status=500), Fault("drop"), Fault("login_page")]
)
async def test_lost_answer_and_no_list(
    hass: HomeAssistant, recorder: Imagicle, call: Call, fault: Fault
) -> None:
    """When the list cannot be read either, nobody knows."""
    recorder.faults.add(Fault("drop_after", method="POST"))
    recorder.faults.add(fault)
    key, _ = await _refused(hass, "start_recording", directory_number="101")
    assert key == "outcome_unknown"
    assert len(_sent(recorder, "POST")) == 1


async def test_no_answer_in_time(
    hass: HomeAssistant,
    recorder: Imagicle,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An order that timed out is not repeated either."""
    monkeypatch.setattr(
        "custom_components.call_recorder.api.transport._TIMEOUT",
        ClientTimeout(total=0.2),
    )
    recorder.faults.add(Fault("hang", method="POST"))
    key, _ = await _refused(hass, "start_recording", directory_number="101")
    assert key == "outcome_unknown"
    assert len(_sent(recorder, "POST")) == 1


async def test_lost_answer_and_an_older_recording(
    hass: HomeAssistant,
    pass_time: Poll,
    recorder: Imagicle,
    recording: Recording,
) -> None:
    """A recording that ran before the order is not the order's."""
    await pass_time(60)
    recorder.faults.add(Fault("drop", method="POST"))
    key, _ = await _refused(hass, "start_recording", directory_number="101")
    assert key == "already_recording"
    response = await _call(hass, "start_recording", directory_number="101", ensure=True)
    assert response == {
        "result": "already_recording",
        "recording_id": recorder.id_of(recording),
    }


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("start_recording", {"directory_number": "101"}),
        ("stop_recording", {"recording_id": _NOBODYS_ID}),
        ("pause_recording", {"directory_number": "101"}),
        ("resume_recording", {"recording_id": _NOBODYS_ID}),
        ("get_active_recordings", {}),
        ("get_recording", {"recording_id": _NOBODYS_ID}),
    ],
)
async def test_nobody_answers(
    hass: HomeAssistant, recorder: Imagicle, action: str, data: dict[str, Any]
) -> None:
    """An order that never left is no order whose outcome is unknown."""
    await recorder.stop()
    # Connections that are kept alive notice it, too.
    await hass.async_block_till_done()
    key, _ = await _refused(hass, action, **data)
    assert key == "cannot_connect"


# --- Stopping, pausing and resuming ---


@pytest.mark.parametrize(
    ("data", "path", "query"),
    [
        ({"recording_id": "{id}"}, f"{_LIVE}/{{id}}", {}),
        ({"recording_id": " {id} "}, f"{_LIVE}/{{id}}", {}),
        ({"directory_number": 101}, _LIVE, {"directoryNumber": "101"}),
        ({"device_name": "{device}"}, _LIVE, {"deviceName": "{device}"}),
        (
            {
                "recording_id": "",
                "device_name": "{device}",
                "directory_number": "101",
            },
            _LIVE,
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
    response = await _call(
        hass,
        "stop_recording",
        **{key: str(value).format(**names) for key, value in data.items()},
    )
    assert response == {"recording_id": names["id"]}
    assert office.active_recordings() == []
    assert recording.call in office.calls
    (order,) = _sent(recorder, "DELETE")
    assert order.path == path.format(**names)
    assert order.query == {key: value.format(**names) for key, value in query.items()}


async def test_stop_all_of_a_line(
    hass: HomeAssistant, office: Office, recorder: Imagicle, recording: Recording
) -> None:
    """A line's recordings are stopped together; then no id is the id."""
    office.start_recording(office.connect("101"))
    response = await _call(hass, "stop_recording", directory_number="101")
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
        assert await _call(hass, action, **data) == {"recording_id": recording_id}
        assert recording.is_paused is paused
    assert [request.path for request in _sent(recorder, "PUT")] == [
        f"{_LIVE}/{recording_id}/{verb}"
        for verb in ("Pause", "Pause", "Resume", "Resume")
    ]


async def test_pause_the_newest_of_a_line(
    hass: HomeAssistant, office: Office, recorder: Imagicle, recording: Recording
) -> None:
    """Of a line's recordings the newest is the one that is meant."""
    office.recording_delay = timedelta(seconds=-10)
    older = office.start_recording(office.connect("101"))
    response = await _call(hass, "pause_recording", directory_number="101")
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
    """An order needs a recording or a line, else it could hit all of them."""
    seen = len(recorder.requests)
    key, _ = await _refused(hass, action, **data)
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
    """Each documented refusal of an order is an error of its own."""
    fault = Fault("body", status=status, body=body, content_type="application/json")
    recorder.faults.add(fault)
    refusal, _ = await _refused(hass, action, recording_id=recorder.id_of(recording))
    assert refusal == key


@pytest.mark.parametrize(
    ("line", "user", "recording_id", "key"),
    [
        pytest.param(
            {}, {}, _NOBODYS_ID, "not_active_recording", id="409 no live recording"
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
    refusal, _ = await _refused(
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
    refusal, _ = await _refused(hass, "stop_recording", directory_number="101")
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
    refusal, _ = await _refused(hass, action, directory_number=number)
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
    key, text = await _refused(hass, action, directory_number="101")
    assert key == "not_supported"
    assert text.endswith(f": {action}")


# --- Ids that would be a way to somewhere else ---


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
    key, _ = await _refused(hass, action, recording_id=recording_id)
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
    key, _ = await _refused(hass, action, recording_id=recording_id)
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
    key, _ = await _refused(hass, "stop_recording", recording_id=recording_id)
    assert key == "invalid_recording_id"
    assert office.active_recordings() == [recording]
    assert _sent(recorder, "DELETE") == []


# --- Asking what is recorded now ---


async def test_get_active_recordings(
    hass: HomeAssistant, pass_time: Poll, office: Office, recorder: Imagicle
) -> None:
    """All that the contract promises of an active recording; the oldest first."""
    older = office.start_recording(
        office.connect("101", "+390551234567", remote_name=("John", "Doe"))
    )
    await pass_time(73)
    newer = office.start_recording(office.connect("102", "+15551234"))
    office.pause(newer)
    assert await _call(hass, "get_active_recordings") == {
        "recordings": [
            {
                "id": recorder.id_of(older),
                "started_at": older.started_at.isoformat(),
                "duration": 73,
                "is_paused": False,
                "local_party": {"username": "anna.rossi", "number": None},
                "remote_party": {
                    "first_name": "John",
                    "last_name": "Doe",
                    "phone_number": "+390551234567",
                },
                "line": None,
            },
            {
                "id": recorder.id_of(newer),
                "started_at": newer.started_at.isoformat(),
                "duration": 0,
                "is_paused": True,
                "local_party": {"username": "marco.bianchi", "number": None},
                "remote_party": {
                    "first_name": None,
                    "last_name": None,
                    "phone_number": "+15551234",
                },
                "line": None,
            },
        ]
    }


@pytest.mark.parametrize(
    ("data", "query", "lines"),
    [
        # "If no filters are specifed, the service returns the complete list".
        ({}, {}, ["101", "102", "103"]),
        ({"directory_number": "102"}, {"directoryNumber": "102"}, ["102"]),
        ({"directory_number": 102}, {"directoryNumber": "102"}, ["102"]),
        ({"username": "evelyn.carter"}, {"username": "evelyn.carter"}, ["103"]),
        ({"numeric_user_id": 654321}, {"numericUserId": "654321"}, ["101"]),
        # "If multiple fitlers are applied, all of them have to be met".
        (
            {"directory_number": "102", "username": "marco.bianchi"},
            {"directoryNumber": "102", "username": "marco.bianchi"},
            ["102"],
        ),
        (
            {"directory_number": "102", "username": "evelyn.carter"},
            {"directoryNumber": "102", "username": "evelyn.carter"},
            [],
        ),
        (
            {"device_name": "SEP123456789ABC", "numeric_user_id": "654321"},
            {"deviceName": "SEP123456789ABC", "numericUserId": "654321"},
            [],
        ),
        (
            {"device_name": "", "directory_number": " ", "username": "anna.rossi"},
            {"username": "anna.rossi"},
            ["101"],
        ),
    ],
)
async def test_filters(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    data: dict[str, Any],
    query: dict[str, str],
    lines: list[str],
) -> None:
    """The filters go to the recorder as they are; it ANDs them."""
    recordings = {
        number: office.start_recording(office.connect(number))
        for number in ("101", "102", "103")
    }
    response = await _call(hass, "get_active_recordings", **data)
    assert recorder.requests[-1].query == query
    assert {row["id"] for row in response["recordings"]} == {
        recorder.id_of(recordings[number]) for number in lines
    }


async def test_filter_by_device(
    hass: HomeAssistant, office: Office, recorder: Imagicle, recording: Recording
) -> None:
    """The device name is the phone's."""
    office.start_recording(office.connect("102"))
    response = await _call(
        hass, "get_active_recordings", device_name=recording.call.line.device_name
    )
    assert [row["id"] for row in response["recordings"]] == [recorder.id_of(recording)]


async def test_active_recording_as_a_bare_object(
    hass: HomeAssistant, recorder: Imagicle, recording: Recording
) -> None:
    """The page's example shows one object where its text promises an array."""
    recorder.single_as_object = True
    response = await _call(hass, "get_active_recordings")
    assert [row["id"] for row in response["recordings"]] == [recorder.id_of(recording)]


async def test_nothing_is_recorded(hass: HomeAssistant, recorder: Imagicle) -> None:
    """No recording is an answer, not an error.

    "If no active recording meeting the specified filters is found, an empty JSON array
    is returned."
    """
    recorder.faults.add(Fault("body", body="[]", content_type="application/json"))
    assert await _call(hass, "get_active_recordings") == {"recordings": []}


@pytest.mark.parametrize("body", ["", " \r\n"])
async def test_an_empty_answer(
    hass: HomeAssistant, recorder: Imagicle, body: str
) -> None:
    """An answer without a list is no list: it may come from a proxy."""
    recorder.faults.add(Fault("body", body=body, content_type="text/plain"))
    key, _ = await _refused(hass, "get_active_recordings")
    assert key == "unexpected_response"


async def test_what_an_active_recording_does_not_tell(
    hass: HomeAssistant, recorder: Imagicle
) -> None:
    """What the recorder does not tell is null, never a zero."""
    recorder.faults.add(
        Fault("body", body='{"id": "7"}', content_type="application/json")
    )
    assert await _call(hass, "get_active_recordings") == {
        "recordings": [
            {
                "id": "7",
                "started_at": None,
                "duration": None,
                "is_paused": None,
                "local_party": {"username": None, "number": None},
                "remote_party": {
                    "first_name": None,
                    "last_name": None,
                    "phone_number": None,
                },
                "line": None,
            }
        ]
    }


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        # Get Active Recordings, Error response.
        pytest.param(
            Fault("status", status=401),
            "invalid_auth",
            id="401 No authentication provided or wrong user credentials.",
        ),
        pytest.param(
            Fault("status", status=403),
            "insufficient_permissions",
            id="403 The authenticated user has no sufficient privileges to access "
            "the requested recording.",
        ),
        pytest.param(
            Fault("status", status=500),
            "cannot_connect",
            id="500 An error occurred while processing the request.",
        ),
        pytest.param(Fault("drop"), "cannot_connect", id="drop"),
        pytest.param(Fault("login_page"), "unexpected_response", id="login page"),
        pytest.param(Fault("empty_object"), "unexpected_response", id="{}"),
    ],
)
async def test_get_active_recordings_fails(
    hass: HomeAssistant, recorder: Imagicle, fault: Fault, key: str
) -> None:
    """A question that fails is an error, never an empty list."""
    recorder.faults.add(fault)
    refusal, _ = await _refused(hass, "get_active_recordings")
    assert refusal == key


# --- Asking for one finished recording ---


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
    response = await _call(hass, "get_recording", recording_id=recording_id.upper())
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
    assert await _call(hass, "get_recording", recording_id=7) == {
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
    assert recorder.requests[-1].path == f"{_ARCHIVE}/7"


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
            _NOBODYS_ID,
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
    refusal, _ = await _refused(
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
    refusal, _ = await _refused(
        hass, "get_recording", recording_id=recorder.id_of(recording)
    )
    assert refusal == key


@pytest.mark.parametrize("data", [{}, {"recording_id": ""}, {"recording_id": "  "}])
async def test_get_recording_without_an_id(
    hass: HomeAssistant, recorder: Imagicle, data: dict[str, str]
) -> None:
    """A blank id is not taken for the whole archive; the sentence says what lacks."""
    seen = len(recorder.requests)
    key, text = await _refused(hass, "get_recording", **data)
    assert key == "recording_not_specified"
    assert "ID of the recording" in text
    assert len(recorder.requests) == seen


# --- Which recorder ---


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("start_recording", {"directory_number": "101"}),
        ("stop_recording", {"recording_id": _NOBODYS_ID}),
        ("pause_recording", {"recording_id": _NOBODYS_ID}),
        ("resume_recording", {"recording_id": _NOBODYS_ID}),
        ("get_active_recordings", {}),
        ("get_recording", {"recording_id": _NOBODYS_ID}),
    ],
)
async def test_one_of_two_recorders_must_be_named(
    hass: HomeAssistant,
    recorder: Imagicle,
    second: MockConfigEntry,
    action: str,
    data: dict[str, Any],
) -> None:
    """With two recorders nobody guesses which one is meant."""
    seen = len(recorder.requests)
    key, _ = await _refused(hass, action, **data)
    assert key == "recorder_not_specified"
    assert len(recorder.requests) == seen


async def test_the_named_recorder_is_asked(
    hass: HomeAssistant, recorder: Imagicle, second: MockConfigEntry, call: Call
) -> None:
    """The recorder that is named gets the order, with its own credentials."""
    headers = recorder.requests[-1].headers
    await _call(
        hass,
        "start_recording",
        config_entry_id=second.entry_id,
        directory_number="101",
    )
    (order,) = _sent(recorder, "POST")
    assert order.headers["Authorization"] == headers["Authorization"]


async def test_the_only_loaded_recorder_needs_no_name(
    hass: HomeAssistant, recorder: Imagicle, second: MockConfigEntry, call: Call
) -> None:
    """A recorder that is not loaded is no choice."""
    await hass.config_entries.async_unload(second.entry_id)
    response = await _call(hass, "start_recording", directory_number="101")
    assert response["result"] == "started"


@pytest.mark.parametrize(
    ("entry_id", "key"),
    [
        ("unknown", "service_config_entry_not_found"),
        ("other", "service_config_entry_wrong_domain"),
        ("second", "service_config_entry_not_loaded"),
    ],
)
async def test_a_recorder_that_cannot_be_asked(
    hass: HomeAssistant,
    recorder: Imagicle,
    second: MockConfigEntry,
    call: Call,
    entry_id: str,
    key: str,
) -> None:
    """Home Assistant says what is wrong with the entry; no other one is asked."""
    MockConfigEntry(domain="sun", entry_id="other").add_to_hass(hass)
    await hass.config_entries.async_unload(second.entry_id)
    with pytest.raises(ServiceValidationError) as err:
        await _call(
            hass,
            "start_recording",
            config_entry_id={"second": second.entry_id}.get(entry_id, entry_id),
            directory_number="101",
        )
    assert err.value.translation_key == key
    assert _sent(recorder, "POST") == []


async def test_no_recorder_at_all(
    hass: HomeAssistant, recorder: Imagicle, imagicle: MockConfigEntry
) -> None:
    """The actions stay when the last recorder is unloaded, and say why they fail."""
    await hass.config_entries.async_unload(imagicle.entry_id)
    with pytest.raises(ServiceValidationError):
        await _call(hass, "get_active_recordings")


# --- After an order ---


@pytest.fixture
def full_second(freezer: FrozenDateTimeFactory) -> None:
    """Stop the clock at a full second: Home Assistant rounds what it schedules."""
    freezer.move_to("2026-07-02T13:07:00+00:00")


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("start_recording", {"directory_number": "101", "ensure": "true"}),
        ("stop_recording", {"directory_number": "101"}),
        ("pause_recording", {"directory_number": "101"}),
        ("resume_recording", {"directory_number": "101"}),
    ],
)
async def test_the_result_of_an_order_is_seen_at_once(
    hass: HomeAssistant,
    recorder: Imagicle,
    recording: Recording,
    action: str,
    data: dict[str, str],
) -> None:
    """An order is followed by a poll, without waiting for the next one."""
    before = _polls(recorder)
    await _call(hass, action, **data)
    await settle(hass)
    assert _polls(recorder) == before + 1


async def test_polls_are_frequent_after_an_order(
    hass: HomeAssistant,
    full_second: None,
    recorder: Imagicle,
    call: Call,
    pass_time: Poll,
) -> None:
    """Every 5 s for half a minute, then every 10 s while something is recorded."""
    await _call(hass, "start_recording", directory_number="101")
    await settle(hass)
    assert _state(hass, "sensor.imagicle_active_recordings") == "1"
    intervals = []
    for _ in range(10):
        seconds, before = 0, _polls(recorder)
        while _polls(recorder) == before:
            await pass_time(1)
            seconds += 1
        intervals.append(seconds)
    assert intervals == [5] * 6 + [10] * 4


async def test_polls_become_rare_when_all_is_quiet(
    hass: HomeAssistant,
    full_second: None,
    recorder: Imagicle,
    recording: Recording,
    pass_time: Poll,
) -> None:
    """Half a minute after the last recording was stopped, every 30 s is enough."""
    await _call(hass, "stop_recording", recording_id=recorder.id_of(recording))
    await settle(hass)
    assert _state(hass, "sensor.imagicle_active_recordings") == "0"
    intervals = []
    for _ in range(8):
        seconds, before = 0, _polls(recorder)
        while _polls(recorder) == before:
            await pass_time(1)
            seconds += 1
        intervals.append(seconds)
    assert intervals == [5] * 6 + [30] * 2


async def test_a_refused_order_changes_no_polls(
    hass: HomeAssistant, recorder: Imagicle
) -> None:
    """Nothing has changed, so there is nothing to look for."""
    before = _polls(recorder)
    await _refused(hass, "start_recording", directory_number="101")
    await settle(hass)
    assert _polls(recorder) == before


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", method="GET", status=500),
        Fault("status", method="GET", status=401),
        Fault("status", method="GET", status=403),
        Fault("drop", method="GET"),
        Fault("hang", method="GET"),
    ],
)
async def test_the_result_does_not_depend_on_the_poll(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    call: Call,
    fault: Fault,
) -> None:
    """A poll that fails afterwards takes nothing back of what was done."""
    recorder.faults.add(fault)
    response = await _call(hass, "start_recording", directory_number="101")
    recorder.faults.clear()
    (recording,) = office.active_recordings()
    assert response == {
        "result": "started",
        "recording_id": recorder.id_of(recording),
    }
