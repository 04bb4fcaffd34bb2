"""Asking what is recorded now.

The refusals are quoted from the vendor's page "Get Active Recordings".
"""

from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from simulator.calls import Recording
from simulator.faults import Fault
from simulator.imagicle import Imagicle
from simulator.office import Office
from tests.helpers.actions import call_action, refused_action
from tests.helpers.clock import Poll


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
    assert await call_action(hass, "get_active_recordings") == {
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
    response = await call_action(hass, "get_active_recordings", **data)
    assert recorder.requests[-1].query == query
    assert {row["id"] for row in response["recordings"]} == {
        recorder.id_of(recordings[number]) for number in lines
    }


async def test_filter_by_device(
    hass: HomeAssistant, office: Office, recorder: Imagicle, recording: Recording
) -> None:
    """The device name is the phone's."""
    office.start_recording(office.connect("102"))
    response = await call_action(
        hass, "get_active_recordings", device_name=recording.call.line.device_name
    )
    assert [row["id"] for row in response["recordings"]] == [recorder.id_of(recording)]


async def test_active_recording_as_a_bare_object(
    hass: HomeAssistant, recorder: Imagicle, recording: Recording
) -> None:
    """The page's example shows one object where its text promises an array."""
    recorder.single_as_object = True
    response = await call_action(hass, "get_active_recordings")
    assert [row["id"] for row in response["recordings"]] == [recorder.id_of(recording)]


async def test_nothing_is_recorded(hass: HomeAssistant, recorder: Imagicle) -> None:
    """No recording is an answer, not an error.

    "If no active recording meeting the specified filters is found, an empty JSON array
    is returned."
    """
    recorder.faults.add(Fault("body", body="[]", content_type="application/json"))
    assert await call_action(hass, "get_active_recordings") == {"recordings": []}


@pytest.mark.parametrize("body", ["", " \r\n"])
async def test_an_empty_answer(
    hass: HomeAssistant, recorder: Imagicle, body: str
) -> None:
    """An answer without a list is no list: it may come from a proxy."""
    recorder.faults.add(Fault("body", body=body, content_type="text/plain"))
    key, _ = await refused_action(hass, "get_active_recordings")
    assert key == "unexpected_response"


async def test_what_an_active_recording_does_not_show(
    hass: HomeAssistant, recorder: Imagicle
) -> None:
    """What the recorder does not report is null, never a zero."""
    recorder.faults.add(
        Fault("body", body='{"id": "7"}', content_type="application/json")
    )
    assert await call_action(hass, "get_active_recordings") == {
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
    refusal, _ = await refused_action(hass, "get_active_recordings")
    assert refusal == key
