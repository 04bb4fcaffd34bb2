"""Bandwidth in Home Assistant: what is recorded, and the commands about it.

Quotes are from the vendor page "List Recordings" and from ap-docs: methods/recordings,
methods/calls, methods/media, errors.md and rateLimits/resourceRateLimits.md.
"""

from collections.abc import Callable
from datetime import timedelta
import json
import logging
from pathlib import Path
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from simulator.bandwidth import Bandwidth
from simulator.bandwidth.identifiers import bandwidth_id
from simulator.calls import Call
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.actions import call_action, refusal
from tests.helpers.bandwidth import USER, asked, error, rows_fault
from tests.helpers.clock import Poll, until
from tests.helpers.states import value

_ACTIVE: Final = "sensor.bandwidth_active_recordings"
_RECORDING: Final = "binary_sensor.bandwidth_recording"
_LINE_101: Final = "+19195550101"
_REMOTE: Final = "+15551234"

# "The above command returns JSON structured like this" (List Recordings, example).
_EXAMPLE: Final = """
[
{
    "endTime": "2013-02-08T13:17:12.181Z",
    "id": "{recordingId1}",
    "media": "https://.../v1/users/.../media/{callId1}-1.wav",
    "call": "https://.../v1/users/.../calls/{callId1}",
    "startTime": "2013-02-08T13:15:47.587Z",
    "state": "complete"
  },
  {
    "endTime": "2013-02-08T14:05:15.587Z",
    "id": "{recordingId2}",
    "media": "https://.../v1/users/.../media/{callId1}-2.wav",
    "call": "https://.../v1/users/.../calls/{callId1}",
    "startTime": "2013-02-08T14:03:47.587Z",
    "state": "complete"
  },
  {
    "endTime": "2013-02-08T13:34:07.507Z",
    "id": "{recordingId3}",
    "media": "https://.../v1/users/.../media/{callId2}-1.wav",
    "call": "https://.../v1/users/.../calls/{call2}",
    "startTime": "2013-02-08T13:28:47.587Z",
    "state": "complete"
  }
]
"""


@pytest.fixture
def recorder(simulator: Simulator, bandwidth: MockConfigEntry) -> Bandwidth:
    """Return the simulated account; its entry is set up."""
    return simulator.bandwidth


@pytest.fixture
def call(office: Office) -> Call:
    """Return a connected call on line 101."""
    return office.connect("101", _REMOTE)


# --- What is recorded ---


async def test_vendors_example(
    hass: HomeAssistant, recorder: Bandwidth, pass_time: Poll
) -> None:
    """The page's example is read whole; a duration is its end less its start."""
    recorder.faults.add(Fault("body", body=_EXAMPLE, content_type="application/json"))
    await pass_time(31)
    assert value(hass, _ACTIVE) == "0"
    recordings = (await call_action(hass, "get_recordings"))["recordings"]
    listed = [(row["id"], row["started_at"], row["duration"]) for row in recordings]
    assert listed == [
        ("{recordingId2}", "2013-02-08T14:03:47.587000+00:00", 88.0),
        ("{recordingId3}", "2013-02-08T13:28:47.587000+00:00", 319.92),
        ("{recordingId1}", "2013-02-08T13:15:47.587000+00:00", 84.594),
    ]
    assert {row["state"] for row in recordings} == {"complete"}
    assert [row["pbx_call_id"] for row in recordings] == [
        "{callId1}",
        "{call2}",
        "{callId1}",
    ]


@pytest.mark.parametrize("milliseconds", [True, False])
async def test_recordings_come_and_go(
    hass: HomeAssistant,
    office: Office,
    recorder: Bandwidth,
    call: Call,
    pass_time: Poll,
    milliseconds: bool,
) -> None:
    """A recording is counted while its state is "recording"."""
    recorder.milliseconds = milliseconds
    assert value(hass, _ACTIVE) == "0"
    office.start_recording(call)
    await pass_time(31)
    assert value(hass, _ACTIVE) == "1"
    assert value(hass, _RECORDING) == "on"
    duration = float(value(hass, "sensor.bandwidth_longest_active_duration"))
    # Times in whole seconds are known no better than that.
    assert duration == pytest.approx(31, abs=1.1)
    office.hang_up(call)
    await pass_time(31)
    assert value(hass, _ACTIVE) == "0"
    assert value(hass, "sensor.bandwidth_longest_active_duration") == "0"
    assert value(hass, "sensor.bandwidth_recordings_today") == "1"


async def test_too_many_questions(hass: HomeAssistant, recorder: Bandwidth) -> None:
    """One is asked and five wait; a person who asks more is told so, at once."""
    recorder.faults.add(Fault("hang"))
    questions = [
        hass.async_create_task(
            refusal(hass, "get_recording", recording_id=f"r-{number}")
        )
        for number in range(8)
    ]
    await until(hass, lambda: recorder.faults.waiting and questions[-1].done())
    recorder.faults.clear()
    keys = [(await question).translation_key for question in questions]
    assert keys == ["recording_not_found"] * 6 + ["too_many_requests"] * 2


async def test_numbers_of_an_active_recording(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, pass_time: Poll
) -> None:
    """Who calls whom stands with the call ("direction", "from", "to")."""
    office.start_recording(office.connect("101", _REMOTE, "incoming"))
    office.start_recording(office.connect("102", _REMOTE, "outgoing"))
    recordings = (await call_action(hass, "get_active_recordings"))["recordings"]
    assert {
        (row["local_party"]["number"], row["remote_party"]["phone_number"])
        for row in recordings
    } == {(_LINE_101, _REMOTE), ("+19195550102", _REMOTE)}
    assert {row["is_paused"] for row in recordings} == {None}


async def test_active_recordings_of_a_number(
    hass: HomeAssistant, office: Office, recorder: Bandwidth
) -> None:
    """Asked for by the account's number; the other party's does not count."""
    wanted = office.start_recording(office.connect("101", _REMOTE))
    office.start_recording(office.connect("102", _REMOTE))
    for number in (_LINE_101, "1 919 555 0101"):
        answer = await call_action(
            hass, "get_active_recordings", directory_number=number
        )
        assert [row["id"] for row in answer["recordings"]] == [
            bandwidth_id(office.seed, "r", wanted.number)
        ]
    answer = await call_action(hass, "get_active_recordings", directory_number=_REMOTE)
    assert answer == {"recordings": []}


@pytest.mark.parametrize(
    ("call", "number"),
    [
        # Without a direction, either party may be the account's.
        ({"id": "c-1", "from": _REMOTE, "to": _LINE_101}, _LINE_101),
        ({"id": "c-1", "from": _LINE_101, "direction": "out"}, _LINE_101),
        ({"id": "c-1", "to": "sip:Me@Home.com", "direction": "in"}, "sip:me@home.com"),
    ],
)
async def test_odd_calls(
    hass: HomeAssistant, recorder: Bandwidth, call: dict[str, str], number: str
) -> None:
    """What a call does not report is missing, and what it reports counts."""
    recorder.faults.add(rows_fault([_GOOD]))
    recorder.faults.add(rows_fault(call, "/calls"))
    answer = await call_action(hass, "get_active_recordings", directory_number=number)
    assert [row["id"] for row in answer["recordings"]] == ["r-good"]


@pytest.mark.parametrize("call", [{}, [], {"from": _REMOTE}])
async def test_unreadable_calls(
    hass: HomeAssistant, recorder: Bandwidth, call: Any
) -> None:
    """A recording is reported without numbers, and of no line as long as they are unknown."""
    recorder.faults.add(rows_fault([_GOOD, {**_GOOD, "id": "r-2", "call": 7}]))
    recorder.faults.add(rows_fault(call, "/calls"))
    answer = await call_action(hass, "get_active_recordings")
    parties = [row["local_party"]["number"] for row in answer["recordings"]]
    assert parties == [None, None]
    err = await refusal(hass, "get_active_recordings", directory_number=_LINE_101)
    assert err.translation_key == "unexpected_response"


async def test_a_new_recording_costs_one_request_for_its_call(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, pass_time: Poll
) -> None:
    """Numbers of one call are read by its id, of several with the newest calls."""
    for new in (("101",), ("102", "103", "104")):
        for number in new:
            office.start_recording(office.connect(number))
        recorder.requests.clear()
        await pass_time(31)
        assert len(asked(recorder, "/calls")) == 1
    recorder.requests.clear()
    await pass_time(11)
    assert [request.path for request in recorder.requests] == [f"{USER}/recordings"]


async def test_an_unknown_call_is_asked_for_once(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, pass_time: Poll
) -> None:
    """A recording whose call is not reported keeps its place, without numbers."""
    recorder.faults.add(Fault("status", path="/calls", status=404))
    office.start_recording(office.connect("101"))
    await pass_time(31)
    await pass_time(11)
    assert value(hass, _ACTIVE) == "1"
    assert len(asked(recorder, "/calls")) == 1


async def test_recordings_are_reported_while_calls_are_not(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, pass_time: Poll
) -> None:
    """Without leave to read calls, recordings have no numbers."""
    recorder.faults.add(Fault("status", path="/calls", status=403))
    office.start_recording(office.connect("101"))
    await pass_time(31)
    assert value(hass, _ACTIVE) == "1"


async def test_archive_states(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, pass_time: Poll
) -> None:
    """What is "saving", "error" or "complete" is in the archive."""
    for number, fate in (("101", "error"), ("102", "archived")):
        office.saving_time = timedelta(seconds=100)
        call = office.connect(number)
        recording = office.start_recording(call)
        recording.fate = fate  # type: ignore[assignment]
        office.hang_up(call)
    await pass_time(31)
    assert value(hass, _ACTIVE) == "0"
    answer = await call_action(hass, "get_recordings")
    assert [row["state"] for row in answer["recordings"]] == ["saving", "saving"]
    await pass_time(101)
    answer = await call_action(hass, "get_recordings")
    assert {row["state"] for row in answer["recordings"]} == {"complete", "error"}


_GOOD: Final = {
    "id": "r-good",
    "state": "recording",
    "startTime": "2026-03-04T11:00:00Z",
    "call": "https://api.catapult.inetwork.com/v1/users/u/calls/c-1",
}


@pytest.mark.parametrize(
    "bad",
    [
        # ap-docs, getCallsCallIdRecordings.md: a sample with a 65th second.
        {**_GOOD, "id": "r-bad", "endTime": "2013-02-08T13:15:65.887Z"},
        {**_GOOD, "id": "r-bad", "startTime": "0001-01-01T00:00:00+14:00"},
        {**_GOOD, "id": "r-bad", "startTime": 1362320147},
        {**_GOOD, "id": "r-bad", "state": None},
        {**_GOOD, "id": None},
        "r-bad",
        None,
    ],
)
async def test_a_bad_row_costs_itself_only(
    hass: HomeAssistant,
    recorder: Bandwidth,
    pass_time: Poll,
    caplog: pytest.LogCaptureFixture,
    bad: Any,
) -> None:
    """The other rows count; the log says so without saying what was in the row."""
    caplog.set_level(logging.DEBUG, "custom_components.call_recorder")
    recorder.faults.add(rows_fault([bad, _GOOD, bad]))
    await pass_time(31)
    assert value(hass, _ACTIVE) == "1"
    assert "Skipped 2 of 3 rows" in caplog.text
    assert "r-bad" not in caplog.text


@pytest.mark.parametrize(
    "answer", ["{}", "[{}]", "[null]", '"x"', "null", "", "[", "7"]
)
async def test_an_unreadable_answer_is_a_failed_poll(
    hass: HomeAssistant,
    office: Office,
    recorder: Bandwidth,
    call: Call,
    pass_time: Poll,
    answer: str,
) -> None:
    """What cannot be read as a list of recordings does not mean "none"."""
    office.start_recording(call)
    await pass_time(31)
    recorder.faults.add(
        Fault("body", path="/recordings", body=answer, content_type="application/json")
    )
    await pass_time(11)
    assert value(hass, _ACTIVE) == "1"
    await pass_time(11)
    assert value(hass, _ACTIVE) == "unavailable"
    recorder.faults.clear()
    await pass_time(301)
    assert value(hass, _ACTIVE) == "1"


async def test_a_single_object_is_a_list_of_one(
    hass: HomeAssistant, recorder: Bandwidth, pass_time: Poll
) -> None:
    """Seen from other interfaces: one row comes without the array."""
    recorder.faults.add(rows_fault(_GOOD))
    await pass_time(31)
    assert value(hass, _ACTIVE) == "1"


async def test_no_entity_for_what_is_not_told(
    hass: HomeAssistant, bandwidth: MockConfigEntry
) -> None:
    """Catapult reports neither pauses nor how many recordings it holds."""
    registry = er.async_get(hass)
    entries = er.async_entries_for_config_entry(registry, bandwidth.entry_id)
    keys = {entry.translation_key for entry in entries}
    assert "active_recordings" in keys
    assert not keys & {"paused_recordings", "archived_recordings", "active_calls"}


# --- Failures ---


async def test_credentials_that_are_not_accepted(
    hass: HomeAssistant, recorder: Bandwidth, pass_time: Poll
) -> None:
    """401 asks for new credentials."""
    recorder.api_secret = "changed"
    await pass_time(31, times=2)
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]


async def test_unknown_user(
    hass: HomeAssistant, recorder: Bandwidth, pass_time: Poll
) -> None:
    """404 "user-not-found": the user's id is the third of the credentials."""
    body = json.dumps({"category": "not-found", "code": "user-not-found"})
    recorder.faults.add(Fault("status", status=404, body=body))
    await pass_time(31, times=2)
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]


async def test_forbidden(
    hass: HomeAssistant,
    bandwidth: MockConfigEntry,
    recorder: Bandwidth,
    pass_time: Poll,
    issue_registry: ir.IssueRegistry,
) -> None:
    """403 becomes a repair issue, which goes away with the next poll that works."""
    recorder.faults.add(Fault("status", path="/recordings", status=403))
    await pass_time(31)
    name = f"insufficient_permissions_{bandwidth.entry_id}"
    assert issue_registry.async_get_issue(DOMAIN, name)
    recorder.faults.clear()
    await pass_time(301)
    assert not issue_registry.async_get_issue(DOMAIN, name)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_service_that_is_gone(
    hass: HomeAssistant,
    bandwidth: MockConfigEntry,
    recorder: Bandwidth,
    pass_time: Poll,
    issue_registry: ir.IssueRegistry,
    status: int,
) -> None:
    """404 or 410 is an outage at first, and after 15 minutes a repair issue."""
    name = f"service_gone_{bandwidth.entry_id}"
    recorder.faults.add(Fault("status", path="/recordings", status=status))
    for _ in range(2):
        await pass_time(301)
        assert value(hass, _ACTIVE) in ("0", "unavailable")
        assert not issue_registry.async_get_issue(DOMAIN, name)
    await pass_time(301, times=2)
    assert issue_registry.async_get_issue(DOMAIN, name)
    recorder.faults.clear()
    await pass_time(301)
    assert value(hass, _ACTIVE) == "0"
    assert not issue_registry.async_get_issue(DOMAIN, name)


async def test_an_outage_is_not_the_end_of_the_service(
    hass: HomeAssistant,
    bandwidth: MockConfigEntry,
    recorder: Bandwidth,
    pass_time: Poll,
    issue_registry: ir.IssueRegistry,
) -> None:
    """503 for an hour, with a 404 between, does not mean that the address is wrong."""
    recorder.faults.add(Fault("status", path="/recordings", status=404, times=1))
    recorder.faults.add(Fault("status", path="/recordings", status=503))
    await pass_time(301, times=12)
    assert not issue_registry.async_get_issue(
        DOMAIN, f"service_gone_{bandwidth.entry_id}"
    )


async def test_rate_limit(
    hass: HomeAssistant,
    recorder: Bandwidth,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """429: the next poll waits until X-RateLimit-Reset, which is in milliseconds."""
    reset = int((freezer().timestamp() + 31 + 120) * 1000)
    recorder.faults.add(
        Fault(
            "status",
            path="/recordings",
            status=429,
            headers={"X-RateLimit-Reset": str(reset)},
            times=1,
        )
    )
    await pass_time(31)
    recorder.requests.clear()
    await pass_time(110)
    assert not asked(recorder, "/recordings")
    await pass_time(15)
    assert asked(recorder, "/recordings")
    assert value(hass, _ACTIVE) == "0"


# --- Commands ---


async def test_start_and_stop(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, call: Call
) -> None:
    """The active call of the number is recorded ("Turn call recording ON")."""
    office.connect("102")
    answer = await call_action(hass, "start_recording", directory_number=_LINE_101)
    (recording,) = office.active_recordings()
    assert recording.call is call
    started = {
        "result": "started",
        "recording_id": bandwidth_id(office.seed, "r", recording.number),
    }
    assert answer == started
    (request,) = asked(recorder, "/calls", "POST")
    # The documents' examples send a text.
    assert json.loads(request.body) == {"recordingEnabled": "true"}
    assert request.path == f"{USER}/calls/{recorder.call_id(call)}"
    answer = await call_action(hass, "stop_recording", directory_number=_LINE_101)
    assert answer == {"recording_id": started["recording_id"]}
    assert not office.active_recordings()
    assert json.loads(asked(recorder, "/calls", "POST")[1].body) == {
        "recordingEnabled": "false"
    }


async def test_start_by_call_id(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, call: Call
) -> None:
    """A call that is named need not be looked for."""
    await call_action(hass, "start_recording", call_id=recorder.call_id(call))
    assert [recording.call for recording in office.active_recordings()] == [call]
    assert not [
        request
        for request in asked(recorder, "/calls")
        if request.path == f"{USER}/calls"
    ]


async def test_stop_by_recording_id(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, call: Call
) -> None:
    """The recording names its call, and the call's recording is turned off."""
    office.start_recording(office.connect("102"))
    recording = office.start_recording(call)
    recording_id = bandwidth_id(office.seed, "r", recording.number)
    answer = await call_action(hass, "stop_recording", recording_id=recording_id)
    assert answer == {"recording_id": recording_id}
    assert recording not in office.active_recordings()
    assert len(office.active_recordings()) == 1
    err = await refusal(hass, "stop_recording", recording_id=recording_id)
    assert err.translation_key == "not_active_recording"


async def test_number_and_call_must_both_match(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, call: Call
) -> None:
    """All given parts of a line must match."""
    line = {"call_id": recorder.call_id(call)}
    err = await refusal(
        hass, "start_recording", directory_number="+19195550102", **line
    )
    assert err.translation_key == "line_not_found"
    assert not asked(recorder, "", "POST")
    await call_action(hass, "start_recording", directory_number=_LINE_101, **line)
    assert office.active_recordings()


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        ("+1 (919) 555-0101", True),
        ("19195550101", True),
        ("+19195550109", False),
        # The caller's number is not the line's.
        (_REMOTE, False),
        ("anonymous", False),
    ],
)
async def test_spelling_of_a_number(
    hass: HomeAssistant,
    office: Office,
    recorder: Bandwidth,
    call: Call,
    number: str,
    fits: bool,
) -> None:
    """A number means the same with and without blanks and brackets."""
    if fits:
        await call_action(hass, "start_recording", directory_number=number)
        assert office.active_recordings()
    else:
        err = await refusal(hass, "start_recording", directory_number=number)
        assert err.translation_key == "no_connected_call"


async def test_a_ringing_call_is_not_recorded(
    hass: HomeAssistant, office: Office, recorder: Bandwidth
) -> None:
    """Only a call in the state "active" can be; the newest of several is."""
    ringing = office.connect("101", ringing=True)
    err = await refusal(hass, "start_recording", directory_number=_LINE_101)
    assert err.translation_key == "no_connected_call"
    err = await refusal(hass, "start_recording", call_id=recorder.call_id(ringing))
    # "Unable to update call. Invalid call state": 403, call-invalid-state.
    assert err.translation_key == "no_connected_call"


@pytest.mark.parametrize(
    ("status", "code", "message", "key"),
    [
        (404, "call-not-found", "The call `c` could not be found", "line_not_found"),
        (403, "call-id-not-found", "Call Id not found. callId `c`", "line_not_found"),
        (
            403,
            "call-invalid-state",
            "Unable to update call `c`. Invalid call state `completed`",
            "no_connected_call",
        ),
        (
            409,
            "conflicted-recording-values-request",
            "Call recording is been executed already!",
            "already_recording",
        ),
        (
            409,
            "recording-update-conflict",
            "The recording `r` could not be updated because another update was is progress",
            "recording_pending",
        ),
        (
            409,
            "call-update-conflict",
            "The call `c` could not be updated because another update was is progress",
            "recorder_unavailable",
        ),
        (
            503,
            "call-unavailable",
            "The call `c` is being initialized and cannot be modified now retry your operation later",
            "recorder_unavailable",
        ),
        (503, "gateway-unavailable", "temporarily unavailable", "recorder_unavailable"),
        (500, "backend", "", "recorder_error"),
        (
            403,
            "maximum-recording-value-request",
            "Recording call maximum duration cannot exceed `7200` seconds.",
            "request_refused",
        ),
        (400, "validation-error", "Bad parameters", "request_refused"),
        (401, "user-access-denied", "No permission to access user", "invalid_auth"),
        (429, "rate-limit-reached", "", "cannot_connect"),
    ],
)
async def test_refused_start(
    hass: HomeAssistant,
    recorder: Bandwidth,
    call: Call,
    status: int,
    code: str,
    message: str,
    key: str,
) -> None:
    """errors.md: each documented reason is an error of its own."""
    recorder.faults.add(error(status, code, message))
    err = await refusal(hass, "start_recording", call_id=recorder.call_id(call))
    assert err.translation_key == key
    if key == "request_refused":
        assert code in str(err) and message in str(err)
    # A command is never sent twice.
    assert len(asked(recorder, "", "POST")) == 1


async def test_a_call_that_has_just_ended(
    hass: HomeAssistant, recorder: Bandwidth, call: Call
) -> None:
    """The line exists, as far as can be told: it is its call that does not."""
    recorder.faults.add(error(404, "call-not-found", "could not be found"))
    err = await refusal(hass, "start_recording", directory_number=_LINE_101)
    assert err.translation_key == "no_connected_call"


async def test_already_recording(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, call: Call
) -> None:
    """409 is an error, or with `ensure` a result."""
    recording = office.start_recording(call)
    err = await refusal(hass, "start_recording", directory_number=_LINE_101)
    assert err.translation_key == "already_recording"
    assert isinstance(err, ServiceValidationError)
    answer = await call_action(
        hass, "start_recording", directory_number=_LINE_101, ensure=True
    )
    assert answer == {
        "result": "already_recording",
        "recording_id": bandwidth_id(office.seed, "r", recording.number),
    }


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("start_recording", {"directory_number": _LINE_101, "mode": "dial_in"}),
        ("start_recording", {"directory_number": _LINE_101, "mode": "media_forking"}),
        ("start_recording", {"device_name": "SEP0123"}),
        ("stop_recording", {"device_name": "SEP0123"}),
        ("pause_recording", {"directory_number": _LINE_101}),
        ("resume_recording", {"recording_id": "r-1"}),
        ("get_active_recordings", {"device_name": "SEP0123"}),
        ("get_active_recordings", {"username": "mrossi"}),
        ("get_active_recordings", {"numeric_user_id": "1"}),
        ("get_recordings", {"username": "mrossi"}),
    ],
)
async def test_not_supported(
    hass: HomeAssistant, recorder: Bandwidth, action: str, data: dict[str, str]
) -> None:
    """Catapult knows no devices, users, modes or pauses."""
    err = await refusal(hass, action, **data)
    assert err.translation_key == "not_supported"
    assert isinstance(err, ServiceValidationError)


async def test_start_without_a_line(hass: HomeAssistant, recorder: Bandwidth) -> None:
    """Something has to say which call."""
    err = await refusal(hass, "start_recording")
    assert err.translation_key == "line_not_specified"


@pytest.mark.parametrize("action", ["start_recording", "stop_recording"])
@pytest.mark.parametrize("call_id", ["..", "../recordings/r-1", "c-1?x=1", "c 1", "ć"])
async def test_a_call_id_that_is_none(
    hass: HomeAssistant, recorder: Bandwidth, action: str, call_id: str
) -> None:
    """It names no call, and leads nowhere."""
    recorder.requests.clear()
    err = await refusal(hass, action, call_id=call_id)
    assert err.translation_key == "line_not_found"
    assert not asked(recorder, "/calls") + asked(recorder, "", "POST")


async def test_stop_what_is_not_recorded(
    hass: HomeAssistant, recorder: Bandwidth, call: Call
) -> None:
    """Nothing is sent for a call without an active recording."""
    for line in (
        {"directory_number": _LINE_101},
        {"call_id": recorder.call_id(call)},
    ):
        err = await refusal(hass, "stop_recording", **line)
        assert err.translation_key == "not_active_recording"
    err = await refusal(hass, "stop_recording", call_id="c-nobodys")
    assert err.translation_key == "line_not_found"
    err = await refusal(hass, "stop_recording", recording_id="r-nobodys")
    assert err.translation_key == "recording_not_found"
    assert not asked(recorder, "", "POST")


@pytest.mark.parametrize(
    ("status", "code", "key"),
    [
        (404, "call-not-found", "not_active_recording"),
        (403, "call-invalid-state", "not_active_recording"),
        (409, "recording-update-conflict", "recorder_unavailable"),
        (409, "conflicted-recording-values-request", "request_refused"),
        (500, "backend", "recorder_error"),
    ],
)
async def test_refused_stop(
    hass: HomeAssistant,
    office: Office,
    recorder: Bandwidth,
    call: Call,
    status: int,
    code: str,
    key: str,
) -> None:
    """A call that has ended has no active recording."""
    office.start_recording(call)
    recorder.faults.add(error(status, code, ""))
    err = await refusal(hass, "stop_recording", directory_number=_LINE_101)
    assert err.translation_key == key


# --- Commands whose answer is lost ---


async def test_lost_start(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, call: Call
) -> None:
    """The call's recordings show what became of the command."""
    recorder.faults.add(Fault("drop_after", method="POST", times=1))
    answer = await call_action(hass, "start_recording", directory_number=_LINE_101)
    (recording,) = office.active_recordings()
    assert answer == {
        "result": "started",
        "recording_id": bandwidth_id(office.seed, "r", recording.number),
    }
    assert len(asked(recorder, "", "POST")) == 1


@pytest.mark.parametrize("status", [502, 504])
async def test_start_that_was_lost_on_its_way(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, call: Call, status: int
) -> None:
    """What stands before the service gave up waiting: the command may still arrive."""
    recorder.faults.add(Fault("status", method="POST", status=status, times=1))
    err = await refusal(hass, "start_recording", directory_number=_LINE_101)
    assert err.translation_key == "outcome_unknown"
    assert not office.active_recordings()
    assert len(asked(recorder, "", "POST")) == 1


async def test_lost_refusal(
    hass: HomeAssistant,
    office: Office,
    recorder: Bandwidth,
    call: Call,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A recording that is older than the command was there before it."""
    office.start_recording(call)
    freezer.tick(60)
    recorder.faults.add(Fault("drop_after", method="POST", times=1))
    err = await refusal(hass, "start_recording", directory_number=_LINE_101)
    assert err.translation_key == "already_recording"


async def test_lost_start_that_cannot_be_found_out(
    hass: HomeAssistant, recorder: Bandwidth, call: Call
) -> None:
    """When the recordings cannot be read either, the outcome is unknown."""
    identifier = recorder.call_id(call)
    recorder.faults.add(Fault("drop", method="POST", times=1))
    recorder.faults.add(Fault("status", path=f"/calls/{identifier}/rec", status=500))
    err = await refusal(hass, "start_recording", call_id=identifier)
    assert err.translation_key == "outcome_unknown"


async def test_start_without_an_id(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, call: Call
) -> None:
    """A start is done even if the id of the recording cannot be read."""
    identifier = recorder.call_id(call)
    recorder.faults.add(Fault("status", path=f"/calls/{identifier}/rec", status=500))
    answer = await call_action(hass, "start_recording", call_id=identifier)
    assert answer == {"result": "started", "recording_id": None}
    assert office.active_recordings()


@pytest.mark.parametrize("body", ["null", "{}", "<html>Sign in"])
async def test_an_answer_that_is_not_the_documented_one(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, call: Call, body: str
) -> None:
    """What a proxy answers proves nothing: the recordings of the call do."""
    recorder.faults.add(Fault("body", method="POST", body=body))
    err = await refusal(hass, "start_recording", directory_number=_LINE_101)
    assert err.translation_key == "outcome_unknown"
    office.start_recording(call)
    err = await refusal(hass, "stop_recording", directory_number=_LINE_101)
    assert err.translation_key == "unexpected_response"
    assert office.active_recordings()
    office.stop(office.active_recordings()[0])
    recorder.faults.clear()
    recorder.faults.add(
        Fault("rewrite", method="POST", rewrite=lambda _: body.encode())
    )
    answer = await call_action(hass, "start_recording", directory_number=_LINE_101)
    assert answer["recording_id"]
    await call_action(hass, "stop_recording", directory_number=_LINE_101)
    assert not office.active_recordings()


async def test_start_that_never_left(
    hass: HomeAssistant, recorder: Bandwidth, pass_time: Poll
) -> None:
    """A recorder that cannot be reached has not been sent a command."""
    await recorder.stop()
    # Notices that the connection that it kept is closed.
    await pass_time(31)
    err = await refusal(hass, "start_recording", call_id="c-1")
    assert err.translation_key == "cannot_connect"


async def test_lost_stop(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, call: Call
) -> None:
    """The recording itself shows whether it was stopped."""
    office.start_recording(call)
    recorder.faults.add(Fault("drop", method="POST", times=1))
    err = await refusal(hass, "stop_recording", directory_number=_LINE_101)
    assert err.translation_key == "cannot_connect"
    recorder.faults.add(Fault("drop_after", method="POST", times=1))
    await call_action(hass, "stop_recording", directory_number=_LINE_101)
    assert not office.active_recordings()


# --- One recording ---


async def test_get_recording(
    hass: HomeAssistant,
    office: Office,
    recorder: Bandwidth,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A recording and its call show the whole together."""
    call = office.connect("101", _REMOTE, "outgoing")
    recording = office.start_recording(call)
    freezer.tick(30)
    office.hang_up(call)
    identifier = bandwidth_id(office.seed, "r", recording.number)
    answer = await call_action(hass, "get_recording", recording_id=identifier)
    assert answer["id"] == identifier
    assert answer["duration"] == pytest.approx(30)
    assert answer["direction"] == "outgoing"
    assert answer["local_number"] == _LINE_101
    assert answer["remote_number"] == _REMOTE
    assert answer["state"] == "complete"
    assert answer["pbx_call_id"] == recorder.call_id(call)
    for field in ("reference_number", "owner", "note", "size", "sha256"):
        assert answer[field] is None


async def test_get_recording_without_its_call(
    hass: HomeAssistant, office: Office, recorder: Bandwidth, call: Call
) -> None:
    """What the call would show is missing, and nothing else."""
    office.start_recording(call)
    office.hang_up(call)
    recorder.faults.add(Fault("status", path="/calls", status=500))
    identifier = bandwidth_id(office.seed, "r", 0)
    answer = await call_action(hass, "get_recording", recording_id=identifier)
    assert answer["state"] == "complete"
    assert answer["local_number"] is answer["direction"] is None


@pytest.mark.parametrize(
    ("status", "key"),
    [
        (404, "recording_not_found"),
        (400, "invalid_recording_id"),
        (403, "insufficient_permissions"),
        (500, "cannot_connect"),
    ],
)
async def test_get_recording_fails(
    hass: HomeAssistant, recorder: Bandwidth, status: int, key: str
) -> None:
    """404: "The recording could not be found"."""
    recorder.faults.add(Fault("status", path="/recordings/r-1", status=status))
    err = await refusal(hass, "get_recording", recording_id="r-1")
    assert err.translation_key == key


@pytest.mark.parametrize("recording_id", ["..", "../calls/c-1", "r-1?x=1", "r 1"])
async def test_an_id_stays_one_segment(
    hass: HomeAssistant, recorder: Bandwidth, recording_id: str
) -> None:
    """What a user writes as an id leads to no other resource."""
    recorder.requests.clear()
    err = await refusal(hass, "get_recording", recording_id=recording_id)
    assert err.translation_key in ("invalid_recording_id", "recording_not_found")
    assert all(
        request.path.startswith(f"{USER}/recordings/") for request in recorder.requests
    )


async def test_export(
    hass: HomeAssistant,
    office: Office,
    recorder: Bandwidth,
    call: Call,
    freezer: FrozenDateTimeFactory,
    tmp_path: Path,
) -> None:
    """The audio comes by its name from the account's own address ("Download Media")."""
    recorder.media_base = "https://elsewhere.invalid/v1/users/u-1/media"
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    office.start_recording(call)
    freezer.tick(5)
    office.hang_up(call)
    answer = await call_action(
        hass,
        "export_recording",
        recording_id=bandwidth_id(office.seed, "r", 0),
        path=str(tmp_path),
    )
    assert answer["verified"] is None
    assert answer["size"] > 0
    (request,) = asked(recorder, "/media")
    assert request.path == f"{USER}/media/{recorder.call_id(call)}-1.wav"
    assert "Authorization" in request.headers


@pytest.mark.parametrize(
    ("deleted", "key"), [(True, "recording_not_found"), (False, "recording_saving")]
)
async def test_export_without_audio(
    hass: HomeAssistant,
    office: Office,
    recorder: Bandwidth,
    call: Call,
    tmp_path: Path,
    deleted: bool,
    key: str,
) -> None:
    """Media can be deleted; while a recording is being saved there are none yet."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    office.start_recording(call)
    if deleted:
        recorder.deleted_media.add(f"{recorder.call_id(call)}-1.wav")
    else:
        office.saving_time = timedelta(hours=1)
    office.hang_up(call)
    err = await refusal(
        hass,
        "export_recording",
        recording_id=bandwidth_id(office.seed, "r", 0),
        path=str(tmp_path),
    )
    assert err.translation_key == key


# --- Nothing private is written down ---


async def test_log_holds_nothing_private(
    hass: HomeAssistant,
    office: Office,
    recorder: Bandwidth,
    call: Call,
    pass_time: Poll,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither credentials nor numbers nor addresses, whatever goes wrong."""
    caplog.set_level(logging.DEBUG, "custom_components.call_recorder")
    caplog.clear()
    office.start_recording(call)
    await pass_time(31)
    for make_fault in _FAULTS:
        recorder.faults.add(make_fault())
        await pass_time(301)
        await refusal(hass, "start_recording", directory_number=_REMOTE)
        recorder.faults.clear()
        await pass_time(301)
    ours = "\n".join(
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.call_recorder")
    )
    for secret in (
        recorder.api_token,
        recorder.api_secret,
        recorder.user_id,
        recorder.url,
        _REMOTE,
        _LINE_101,
    ):
        assert secret not in ours


_FAULTS: Final[tuple[Callable[[], Fault], ...]] = (
    lambda: Fault("status", status=500),
    lambda: Fault("status", status=429),
    lambda: Fault("drop"),
    lambda: Fault("login_page"),
    lambda: Fault("half_body"),
    lambda: Fault("bad_rows"),
    lambda: Fault("redirect", url="http://169.254.169.254/"),
)
