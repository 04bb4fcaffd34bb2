"""The actions: orders to a recorder, and questions that a state cannot answer."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import voluptuous as vol

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, service
from homeassistant.util import dt as dt_util

from .api.errors import ErrorKey
from .api.models import (
    ActiveRecordingFilter,
    Direction,
    LineAddress,
    RecordingMode,
    RecordingQuery,
)
from .archive.export import async_export
from .commands import (
    async_pause_recording,
    async_resume_recording,
    async_start_recording,
    async_stop_recording,
    translated_errors,
)
from .const import DOMAIN
from .coordinator import LiveCoordinator
from .data import CallRecorderConfigEntry
from .recording_json import active_as_json, fields_as_json

_RECORDER: Final = {vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string}
_TEXT: Final = vol.All(cv.string, vol.Strip)
_LINE: Final = {
    vol.Optional("device_name"): _TEXT,
    vol.Optional("directory_number"): _TEXT,
    vol.Optional("call_id"): _TEXT,
}
_START_SCHEMA: Final = vol.Schema(
    {
        **_RECORDER,
        **_LINE,
        vol.Optional("mode"): vol.Coerce(RecordingMode),
        vol.Optional("ensure", default=False): cv.boolean,
    }
)
_RECORDING_OR_LINE_SCHEMA: Final = vol.Schema(
    {**_RECORDER, **_LINE, vol.Optional("recording_id"): _TEXT}
)
_ACTIVE_RECORDINGS_SCHEMA: Final = vol.Schema(
    {
        **_RECORDER,
        vol.Optional("device_name"): _TEXT,
        vol.Optional("directory_number"): _TEXT,
        vol.Optional("username"): _TEXT,
        vol.Optional("numeric_user_id"): _TEXT,
    }
)
_RECORDING_SCHEMA: Final = vol.Schema(
    {**_RECORDER, vol.Required("recording_id"): _TEXT}
)
_RECORDINGS_SCHEMA: Final = vol.Schema(
    {
        **_RECORDER,
        vol.Optional("start"): cv.datetime,
        vol.Optional("end"): cv.datetime,
        vol.Optional("number"): _TEXT,
        vol.Optional("username"): _TEXT,
        vol.Optional("direction"): vol.Coerce(Direction),
        vol.Optional("limit", default=50): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=500)
        ),
        vol.Optional("cursor"): _TEXT,
    }
)
_EXPORT_SCHEMA: Final = vol.Schema(
    {
        **_RECORDER,
        vol.Required("recording_id"): _TEXT,
        vol.Required("path"): cv.string,
    }
)


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
    """Register the actions, once for all recorders."""
    optional, only = SupportsResponse.OPTIONAL, SupportsResponse.ONLY
    for name, action, schema, response in (
        ("start_recording", _start_recording, _START_SCHEMA, optional),
        ("stop_recording", _stop_recording, _RECORDING_OR_LINE_SCHEMA, optional),
        ("pause_recording", _pause_recording, _RECORDING_OR_LINE_SCHEMA, optional),
        ("resume_recording", _resume_recording, _RECORDING_OR_LINE_SCHEMA, optional),
        (
            "get_active_recordings",
            _get_active_recordings,
            _ACTIVE_RECORDINGS_SCHEMA,
            only,
        ),
        ("get_recording", _get_recording, _RECORDING_SCHEMA, only),
        ("get_recordings", _get_recordings, _RECORDINGS_SCHEMA, only),
        ("export_recording", _export_recording, _EXPORT_SCHEMA, optional),
    ):
        hass.services.async_register(
            DOMAIN, name, action, schema, supports_response=response
        )


async def _start_recording(call: ServiceCall) -> ServiceResponse:
    """Record the connected call of a line."""
    entry = _get_entry(call)
    with translated_errors(entry.runtime_data.live):
        result = await async_start_recording(
            entry.runtime_data.live,
            _get_line(call),
            mode=call.data.get("mode"),
            ensure=call.data["ensure"],
        )
    return {"result": result.result, "recording_id": result.recording_id}


async def _stop_recording(call: ServiceCall) -> ServiceResponse:
    """Stop an active recording."""
    return await _command(call, async_stop_recording)


async def _pause_recording(call: ServiceCall) -> ServiceResponse:
    """Pause an active recording."""
    return await _command(call, async_pause_recording)


async def _resume_recording(call: ServiceCall) -> ServiceResponse:
    """Resume a paused recording."""
    return await _command(call, async_resume_recording)


async def _command(
    call: ServiceCall,
    command: Callable[
        [LiveCoordinator, str | None, LineAddress], Awaitable[str | None]
    ],
) -> ServiceResponse:
    """Send a command about a recording, named by its id or its line."""
    entry = _get_entry(call)
    with translated_errors(entry.runtime_data.live):
        recording_id = await command(
            entry.runtime_data.live,
            call.data.get("recording_id") or None,
            _get_line(call),
        )
    return {"recording_id": recording_id}


async def _get_active_recordings(call: ServiceCall) -> ServiceResponse:
    """Tell what is being recorded now."""
    entry = _get_entry(call)
    recording_filter = ActiveRecordingFilter(
        device_name=call.data.get("device_name") or None,
        directory_number=call.data.get("directory_number") or None,
        username=call.data.get("username") or None,
        numeric_user_id=call.data.get("numeric_user_id") or None,
    )
    with translated_errors(entry.runtime_data.live):
        state = await entry.runtime_data.client.get_active_recordings(recording_filter)
    if state.recordings is None:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key=ErrorKey.NOT_YET_KNOWN
        )
    live = entry.runtime_data.live
    return {
        "recordings": [
            active_as_json(recording, live.line_of(recording.id))
            for recording in state.recordings
        ]
    }


async def _get_recording(call: ServiceCall) -> ServiceResponse:
    """Tell all that the archive knows of a recording."""
    entry = _get_entry(call)
    with translated_errors(entry.runtime_data.live):
        recording = await entry.runtime_data.client.get_recording(
            call.data["recording_id"]
        )
    return fields_as_json(recording)


async def _get_recordings(call: ServiceCall) -> ServiceResponse:
    """Tell a page of the archive, newest first."""
    entry = _get_entry(call)
    query = RecordingQuery(
        start=_as_utc(call.data.get("start")),
        end=_as_utc(call.data.get("end")),
        number=call.data.get("number") or None,
        username=call.data.get("username") or None,
        direction=call.data.get("direction"),
        limit=call.data["limit"],
        cursor=call.data.get("cursor") or None,
    )
    with translated_errors(entry.runtime_data.live):
        page = await entry.runtime_data.client.get_recordings(query)
    return {
        "recordings": [fields_as_json(recording) for recording in page.recordings],
        "next_cursor": page.next_cursor,
        "total": page.total,
    }


async def _export_recording(call: ServiceCall) -> ServiceResponse:
    """Keep a copy of a recording in a folder of Home Assistant."""
    entry = _get_entry(call)
    data = entry.runtime_data
    async with data.export_lock:
        with translated_errors(entry.runtime_data.live):
            recording = await data.client.get_recording(call.data["recording_id"])
            export = await async_export(
                call.hass,
                data.client,
                recording,
                fields_as_json(recording),
                call.data["path"],
            )
    return fields_as_json(export)


def _as_utc(time: datetime | None) -> datetime | None:
    """Return a time in UTC; one without a zone is Home Assistant's local time."""
    return None if time is None else dt_util.as_utc(time)


def _get_entry(call: ServiceCall) -> CallRecorderConfigEntry:
    """Return the recorder that is meant: the only one, where none is named."""
    entry_id = call.data.get(ATTR_CONFIG_ENTRY_ID)
    if entry_id is None:
        loaded = call.hass.config_entries.async_loaded_entries(DOMAIN)
        if len(loaded) > 1:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key=ErrorKey.RECORDER_NOT_SPECIFIED,
            )
        if loaded:
            return loaded[0]
    entry: CallRecorderConfigEntry = service.async_get_config_entry(
        call.hass, DOMAIN, entry_id
    )
    return entry


def _get_line(call: ServiceCall) -> LineAddress:
    """Return the line that the fields name; an empty field counts as missing."""
    return LineAddress(
        device_name=call.data.get("device_name") or None,
        directory_number=call.data.get("directory_number") or None,
        call_id=call.data.get("call_id") or None,
    )
