"""A start whose answer was lost: the recording is looked for."""

from typing import Any

from aiohttp import ClientTimeout
import pytest

from homeassistant.core import HomeAssistant
from simulator.calls import Call, Recording
from simulator.faults import Fault
from simulator.imagicle import Imagicle
from simulator.office import Office
from tests.helpers.actions import UNKNOWN_ID, call_action, refused_action, sent_requests
from tests.helpers.clock import Poll


@pytest.mark.parametrize("kind", ["drop_after", "half_body"])
async def test_lost_answer_is_found(
    hass: HomeAssistant,
    office: Office,
    recorder: Imagicle,
    call: Call,
    kind: Any,
) -> None:
    """A recording that runs was started, although the answer was lost; once."""
    recorder.faults.add(Fault(kind, method="POST"))
    response = await call_action(hass, "start_recording", directory_number="101")
    (recording,) = office.active_recordings()
    assert response == {
        "result": "started",
        "recording_id": recorder.id_of(recording),
    }
    assert len(sent_requests(recorder, "POST")) == 1


@pytest.mark.parametrize("ensure", [False, True])
async def test_lost_answer_and_nothing_there(
    hass: HomeAssistant, recorder: Imagicle, call: Call, ensure: bool
) -> None:
    """A command that may have arrived is never repeated: it could record twice."""
    recorder.faults.add(Fault("drop", method="POST"))
    key, _ = await refused_action(
        hass, "start_recording", directory_number="101", ensure=ensure
    )
    assert key == "outcome_unknown"
    assert len(sent_requests(recorder, "POST")) == 1


async def test_lost_answer_and_a_recording_elsewhere(
    hass: HomeAssistant, office: Office, recorder: Imagicle, call: Call
) -> None:
    """Another line's recording proves nothing."""
    office.start_recording(office.connect("102"))
    recorder.faults.add(Fault("drop", method="POST"))
    key, _ = await refused_action(hass, "start_recording", directory_number="101")
    assert key == "outcome_unknown"


@pytest.mark.parametrize(
    "fault", [Fault("status", status=500), Fault("drop"), Fault("login_page")]
)
async def test_lost_answer_and_no_list(
    hass: HomeAssistant, recorder: Imagicle, call: Call, fault: Fault
) -> None:
    """When the list cannot be read either, the outcome is unknown."""
    recorder.faults.add(Fault("drop_after", method="POST"))
    recorder.faults.add(fault)
    key, _ = await refused_action(hass, "start_recording", directory_number="101")
    assert key == "outcome_unknown"
    assert len(sent_requests(recorder, "POST")) == 1


async def test_no_answer_in_time(
    hass: HomeAssistant,
    recorder: Imagicle,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A command that timed out is not repeated either."""
    monkeypatch.setattr(
        "custom_components.call_recorder.api.transport.TIMEOUT",
        ClientTimeout(total=0.2),
    )
    recorder.faults.add(Fault("hang", method="POST"))
    key, _ = await refused_action(hass, "start_recording", directory_number="101")
    assert key == "outcome_unknown"
    assert len(sent_requests(recorder, "POST")) == 1


async def test_lost_answer_and_an_older_recording(
    hass: HomeAssistant,
    pass_time: Poll,
    recorder: Imagicle,
    recording: Recording,
) -> None:
    """A recording that ran before the command is not its doing."""
    await pass_time(60)
    recorder.faults.add(Fault("drop", method="POST"))
    key, _ = await refused_action(hass, "start_recording", directory_number="101")
    assert key == "already_recording"
    response = await call_action(
        hass, "start_recording", directory_number="101", ensure=True
    )
    assert response == {
        "result": "already_recording",
        "recording_id": recorder.id_of(recording),
    }


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("start_recording", {"directory_number": "101"}),
        ("stop_recording", {"recording_id": UNKNOWN_ID}),
        ("pause_recording", {"directory_number": "101"}),
        ("resume_recording", {"recording_id": UNKNOWN_ID}),
        ("get_active_recordings", {}),
        ("get_recording", {"recording_id": UNKNOWN_ID}),
    ],
)
async def test_nobody_answers(
    hass: HomeAssistant, recorder: Imagicle, action: str, data: dict[str, Any]
) -> None:
    """A command that never left is none whose outcome is unknown."""
    await recorder.stop()
    # Connections that are kept alive notice it, too.
    await hass.async_block_till_done()
    key, _ = await refused_action(hass, action, **data)
    assert key == "cannot_connect"
