"""Which recorder an action is meant for."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from simulator.calls import Call
from simulator.imagicle import Imagicle
from tests.helpers.actions import UNKNOWN_ID, call_action, refused_action, sent_requests


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("start_recording", {"directory_number": "101"}),
        ("stop_recording", {"recording_id": UNKNOWN_ID}),
        ("pause_recording", {"recording_id": UNKNOWN_ID}),
        ("resume_recording", {"recording_id": UNKNOWN_ID}),
        ("get_active_recordings", {}),
        ("get_recording", {"recording_id": UNKNOWN_ID}),
    ],
)
async def test_one_of_two_recorders_must_be_named(
    hass: HomeAssistant,
    recorder: Imagicle,
    second: MockConfigEntry,
    action: str,
    data: dict[str, Any],
) -> None:
    """With two recorders it is not guessed which one is meant."""
    seen = len(recorder.requests)
    key, _ = await refused_action(hass, action, **data)
    assert key == "recorder_not_specified"
    assert len(recorder.requests) == seen


async def test_the_named_recorder_is_asked(
    hass: HomeAssistant, recorder: Imagicle, second: MockConfigEntry, call: Call
) -> None:
    """The recorder that is named gets the command, with its own credentials."""
    headers = recorder.requests[-1].headers
    await call_action(
        hass,
        "start_recording",
        config_entry_id=second.entry_id,
        directory_number="101",
    )
    (command,) = sent_requests(recorder, "POST")
    assert command.headers["Authorization"] == headers["Authorization"]


async def test_the_only_loaded_recorder_needs_no_name(
    hass: HomeAssistant, recorder: Imagicle, second: MockConfigEntry, call: Call
) -> None:
    """A recorder that is not loaded is no choice."""
    await hass.config_entries.async_unload(second.entry_id)
    response = await call_action(hass, "start_recording", directory_number="101")
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
        await call_action(
            hass,
            "start_recording",
            config_entry_id={"second": second.entry_id}.get(entry_id, entry_id),
            directory_number="101",
        )
    assert err.value.translation_key == key
    assert sent_requests(recorder, "POST") == []


async def test_no_recorder_at_all(
    hass: HomeAssistant, recorder: Imagicle, imagicle: MockConfigEntry
) -> None:
    """The actions stay when the last recorder is unloaded, and say why they fail."""
    await hass.config_entries.async_unload(imagicle.entry_id)
    with pytest.raises(ServiceValidationError):
        await call_action(hass, "get_active_recordings")
