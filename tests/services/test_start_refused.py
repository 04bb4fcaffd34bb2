"""Every documented reason for which a start is refused.

The refusals are quoted from the vendor's page "Start Recording".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import pytest

from custom_components.call_recorder.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from simulator.calls import Call
from simulator.faults import Fault
from simulator.imagicle import Imagicle
from simulator.imagicle.users import BASE_ACCESS
from simulator.office import Office
from tests.helpers.actions import refused_action, sent_requests


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
    key, text = await refused_action(hass, "start_recording", **refusal.data)
    assert key == refusal.key
    assert text not in ("", key) and "{" not in text
    assert office.recordings == before
    assert len(sent_requests(recorder, "POST")) == 1


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
    """An unknown reason keeps its code and its words, but without numbers."""
    recorder.faults.add(_answer(status, body))
    key, message = await refused_action(hass, "start_recording", directory_number="101")
    assert key == "request_refused"
    assert message.rstrip() == text


@pytest.mark.parametrize("reason", ['"1"', "1.0", '" 1 "'])
async def test_a_reason_is_read_liberally(
    hass: HomeAssistant, recorder: Imagicle, reason: str
) -> None:
    """A reason that came as a text is the same reason."""
    recorder.faults.add(_answer(409, f'{{"reason": {reason}}}'))
    key, _ = await refused_action(hass, "start_recording", directory_number="101")
    assert key == "no_connected_call"


async def test_wrong_credentials_are_asked_for(
    hass: HomeAssistant, recorder: Imagicle, call: Call
) -> None:
    """401: "wrong user credentials" starts reauthentication, once."""
    recorder.users[0].password = "changed"
    for _ in range(2):
        key, _ = await refused_action(hass, "start_recording", directory_number="101")
        assert key == "invalid_auth"
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH


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
    key, _ = await refused_action(hass, "start_recording", **refusal.data, ensure=True)
    assert key == refusal.key
