"""Calls the actions, and reads what they sent to the recorder."""

from typing import Any, Final

import pytest

from custom_components.call_recorder.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulator.imagicle import Imagicle
from simulator.recorder import Request

LIVE: Final = "/fw/Apps/Recorder/WebAPI/LiveRecordings"
ARCHIVE: Final = "/fw/Apps/Recorder/WebAPI/Recordings"
UNKNOWN_ID: Final = "014309c0-cc7c-4be1-b6ee-6011a67441aa"

# The contract: these are `ServiceValidationError`; all others are the recorder's.
_USER_ERRORS: Final = {
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


async def call_action(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action and return its response."""
    return await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )


async def refusal(hass: HomeAssistant, action: str, **data: Any) -> HomeAssistantError:
    """Call an action that is refused, and return the error."""
    with pytest.raises(HomeAssistantError) as err:
        await call_action(hass, action, **data)
    return err.value


async def refused_action(
    hass: HomeAssistant, action: str, **data: Any
) -> tuple[str | None, str]:
    """Call an action that fails; return the error's key and its English text."""
    err = await refusal(hass, action, **data)
    key = err.translation_key
    assert err.translation_domain == DOMAIN
    assert type(err) is (
        ServiceValidationError if key in _USER_ERRORS else HomeAssistantError
    )
    return key, str(err)


def sent_requests(recorder: Imagicle, method: str) -> list[Request]:
    """Return the requests of a method that the recorder has seen."""
    return [request for request in recorder.requests if request.method == method]


def count_polls(recorder: Imagicle) -> int:
    """Count the polls that the recorder has seen."""
    return sum(
        request.path == LIVE and not request.query
        for request in sent_requests(recorder, "GET")
    )
