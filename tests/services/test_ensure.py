"""Starting with `ensure`: a line that is recorded already is no error."""

from datetime import timedelta

import pytest

from homeassistant.core import HomeAssistant
from simulator.calls import Call, Recording
from simulator.faults import Fault
from simulator.imagicle import Imagicle
from simulator.office import Office
from tests.helpers.actions import call_action


async def test_ensure_starts(
    hass: HomeAssistant, office: Office, recorder: Imagicle, call: Call
) -> None:
    """With `ensure` a call that is not recorded yet is started as usual."""
    response = await call_action(
        hass, "start_recording", directory_number="101", ensure=True
    )
    (recording,) = office.active_recordings()
    assert response == {
        "result": "started",
        "recording_id": recorder.id_of(recording),
    }


async def test_ensure_already_recording(
    hass: HomeAssistant, recorder: Imagicle, recording: Recording
) -> None:
    """429/1 "The call is already being recorded" is what was wished for."""
    response = await call_action(
        hass, "start_recording", directory_number="101", ensure=True
    )
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
    response = await call_action(
        hass, "start_recording", directory_number="101", ensure=True
    )
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
    """The wish is fulfilled, even if the list does not report the recording's id."""
    recorder.faults.add(fault)
    response = await call_action(
        hass, "start_recording", directory_number="101", ensure=True
    )
    assert response == {"result": "already_recording", "recording_id": None}


async def test_ensure_with_two_recordings(
    hass: HomeAssistant, office: Office, recorder: Imagicle, recording: Recording
) -> None:
    """Which of a line's two recordings is meant is not guessed."""
    office.start_recording(office.connect("101"))
    response = await call_action(
        hass, "start_recording", directory_number="101", ensure=True
    )
    assert response == {"result": "already_recording", "recording_id": None}
