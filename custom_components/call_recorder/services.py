"""The actions: commands to a recorder, and queries that its states cannot answer."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
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

from .api.client import LINE_FIELDS, RecorderClient
from .api.errors import ErrorKey, RefusedError
from .api.models import (
    ActiveRecordingFilter,
    Direction,
    LineAddress,
    RecordingMode,
    RecordingQuery,
)
from .archive.export import async_export
from .archive.of_line import get_recordings_of_line
from .commands import (
    async_pause_recording,
    async_resume_recording,
    async_start_recording,
    async_stop_recording,
    translated_errors,
)
from .const import CONF_MASK_NUMBERS, DOMAIN
from .coordinator import LiveCoordinator
from .data import CallRecorderConfigEntry, CallRecorderData
from .device_targets import async_find_device
from .lines import Line
from .privacy import mask_active
from .recording_json import active_as_json, fields_as_json
from .rights import (
    async_get_user,
    async_raise_unless_may,
    async_raise_unless_may_listen,
    may_listen,
)

_TEXT: Final = vol.All(cv.string, vol.Strip)
_RECORDER: Final = {
    vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    vol.Optional(ATTR_DEVICE_ID): _TEXT,
}
_LINE: Final = {
    vol.Optional("device_name"): _TEXT,
    vol.Optional("directory_number"): _TEXT,
    vol.Optional("call_id"): _TEXT,
}
_START_SCHEMA: Final = vol.Schema(
    {
        **_RECORDER,
        **_LINE,
        vol.Optional("mode"): _TEXT,
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
# A missing recording is refused in a sentence, and not by the schema.
_RECORDING_SCHEMA: Final = vol.Schema(
    {**_RECORDER, vol.Optional("recording_id"): _TEXT}
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
            # As a float first: an infinite number is out of range, too.
            vol.Coerce(float),
            vol.Range(min=1, max=500),
            vol.Coerce(int),
        ),
        vol.Optional("cursor"): _TEXT,
    }
)
_EXPORT_SCHEMA: Final = vol.Schema(
    {
        **_RECORDER,
        vol.Optional("recording_id"): _TEXT,
        vol.Required("path"): cv.string,
    }
)
_NAMING_FIELDS: Final = (*LINE_FIELDS, "recording_id")
"""Fields that name a line or a recording."""
_FIRST_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_TIME: Final = datetime(2999, 1, 1, tzinfo=UTC)
"""No recording is older or newer, and every recorder can count with these times."""


class _Target(NamedTuple):
    """What an action is about."""

    entry: CallRecorderConfigEntry
    data: CallRecorderData
    """Of the entry. It has none any more when it is unloaded meanwhile."""
    line: Line | None
    """The line whose device was chosen."""

    @property
    def live(self) -> LiveCoordinator:
        """Return the coordinator of the recorder."""
        return self.data.live

    @property
    def client(self) -> RecorderClient:
        """Return the client of the recorder."""
        return self.live.client


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
    ):
        hass.services.async_register(
            DOMAIN, name, action, schema, supports_response=response
        )
    service.async_register_admin_service(
        hass, DOMAIN, "export_recording", _export_recording, _EXPORT_SCHEMA, optional
    )


async def _start_recording(call: ServiceCall) -> ServiceResponse:
    """Record the connected call of a line."""
    target = _get_target(call)
    await _raise_unless_may(call, POLICY_CONTROL, target)
    with translated_errors(target.live, what=call.service):
        result = await async_start_recording(
            target.live,
            _get_line(call, target),
            mode=_get_mode(call),
            ensure=call.data["ensure"],
        )
    return {"result": result.outcome, "recording_id": result.recording_id}


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
    target = _get_target(call)
    await _raise_unless_may(call, POLICY_CONTROL, target)
    line = _get_line(call, target)
    with translated_errors(target.live, what=call.service):
        recording_id = call.data.get("recording_id") or None
        if recording_id is None and line.is_empty and target.line is not None:
            recording_id = _newest_of(target.live, target.line)
        recording_id = await command(target.live, recording_id, line)
    return {"recording_id": recording_id}


async def _get_active_recordings(call: ServiceCall) -> ServiceResponse:
    """Return what is being recorded now."""
    target = _get_target(call)
    await _raise_unless_may(call, POLICY_READ, target)
    recording_filter = ActiveRecordingFilter(
        device_name=_get_field(call, target, "device_name"),
        directory_number=_get_field(call, target, "directory_number"),
        username=_get_field(call, target, "username"),
        numeric_user_id=_get_field(call, target, "numeric_user_id"),
    )
    with translated_errors(target.live, what=call.service):
        state = await target.client.get_active_recordings(recording_filter)
    if state.recordings is None:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key=ErrorKey.NOT_YET_KNOWN
        )
    recordings = state.recordings
    if target.entry.options.get(CONF_MASK_NUMBERS) and not may_listen(
        call.hass, await async_get_user(call.hass, call.context), target.entry
    ):
        recordings = tuple(map(mask_active, recordings))
    return {
        "recordings": [
            active_as_json(recording, target.live.line_of(recording.id))
            for recording in recordings
        ]
    }


async def _get_recording(call: ServiceCall) -> ServiceResponse:
    """Return all that the archive knows of a recording."""
    target = _get_target(call)
    await async_raise_unless_may_listen(call, target.entry)
    with translated_errors(target.live, what=call.service):
        recording = await target.client.get_recording(_get_recording_id(call))
    return fields_as_json(recording)


async def _get_recordings(call: ServiceCall) -> ServiceResponse:
    """Return a page of the archive, newest first."""
    target = _get_target(call)
    await async_raise_unless_may_listen(call, target.entry)
    query = RecordingQuery(
        start=_as_utc(call.data.get("start")),
        end=_as_utc(call.data.get("end")),
        number=call.data.get("number") or None,
        username=call.data.get("username") or None,
        direction=call.data.get("direction"),
        limit=call.data["limit"],
        cursor=call.data.get("cursor") or None,
    )
    with translated_errors(target.live, what=call.service):
        if target.line is None:
            page = await target.client.get_recordings(query)
        else:
            page = await get_recordings_of_line(target.client, query, target.line)
    return {
        "recordings": [fields_as_json(recording) for recording in page.recordings],
        "next_cursor": page.next_cursor,
        "total": page.total,
    }


async def _export_recording(call: ServiceCall) -> ServiceResponse:
    """Keep a copy of a recording in a folder of Home Assistant."""
    target = _get_target(call)
    async with target.data.export_lock:
        with translated_errors(target.live, what=call.service):
            recording = await target.client.get_recording(_get_recording_id(call))
            export = await async_export(
                call.hass,
                target.client,
                recording,
                fields_as_json(recording),
                call.data["path"],
            )
    return fields_as_json(export)


async def _raise_unless_may(call: ServiceCall, policy: str, target: _Target) -> None:
    """Raise `Unauthorized` unless the caller may read or control the target.

    A line's device alone means that line. What the other fields name may be anywhere,
    so it needs the right to the whole recorder.
    """
    is_line_alone = target.line and not any(map(call.data.get, _NAMING_FIELDS))
    line_id = target.line.id if target.line and is_line_alone else None
    await async_raise_unless_may(call, policy, target.entry, line_id)


def _as_utc(time: datetime | None) -> datetime | None:
    """Return a time in UTC; one without a zone is Home Assistant's local time."""
    if time is None:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=dt_util.get_default_time_zone())
    # Compared before it is converted: the first and last times cannot be.
    return dt_util.as_utc(min(max(time, _FIRST_TIME), _LAST_TIME))


def _get_target(call: ServiceCall) -> _Target:
    """Return the recorder and the line that are meant.

    Without a device, it is the named recorder, or the only one.
    """
    entry_id = call.data.get(ATTR_CONFIG_ENTRY_ID)
    if device_id := call.data.get(ATTR_DEVICE_ID):
        found = async_find_device(call.hass, device_id)
        if found is None or entry_id not in (None, found.entry_id):
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key=ErrorKey.DEVICE_NOT_FOUND
            )
        entry = _get_entry(call, found.entry_id)
        lines = entry.runtime_data.live.lines.by_ids(filter(None, [found.line_id]))
        return _Target(entry, entry.runtime_data, lines[0] if lines else None)
    if entry_id is None:
        loaded = call.hass.config_entries.async_loaded_entries(DOMAIN)
        if len(loaded) > 1:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key=ErrorKey.RECORDER_NOT_SPECIFIED,
            )
        if loaded:
            return _Target(loaded[0], loaded[0].runtime_data, None)
    entry = _get_entry(call, entry_id)
    return _Target(entry, entry.runtime_data, None)


def _get_entry(call: ServiceCall, entry_id: str | None) -> CallRecorderConfigEntry:
    """Return a recorder that is loaded; raise why there is none."""
    entry: CallRecorderConfigEntry = service.async_get_config_entry(
        call.hass, DOMAIN, entry_id
    )
    return entry


def _get_field(call: ServiceCall, target: _Target, name: str) -> str | None:
    """Return a field, or else what the chosen line has instead.

    An empty field counts as missing.
    """
    return call.data.get(name) or getattr(target.line, name, None)


def _get_line(call: ServiceCall, target: _Target) -> LineAddress:
    """Return the line that the fields or the device name."""
    return LineAddress(
        device_name=_get_field(call, target, "device_name"),
        directory_number=_get_field(call, target, "directory_number"),
        call_id=call.data.get("call_id") or None,
    )


def _get_mode(call: ServiceCall) -> RecordingMode | None:
    """Return the recording mode. Raises `RefusedError`."""
    if not (mode := call.data.get("mode")):
        return None
    if mode not in RecordingMode:
        raise RefusedError(ErrorKey.INVALID_MODE)
    return RecordingMode(mode)


def _get_recording_id(call: ServiceCall) -> str:
    """Return the id of the recording. Raises `RefusedError`."""
    if not (recording_id := call.data.get("recording_id")):
        raise RefusedError(ErrorKey.RECORDING_NOT_SPECIFIED)
    return str(recording_id)


def _newest_of(live: LiveCoordinator, line: Line) -> str:
    """Return the id of the line's newest active recording. Raises `RefusedError`."""
    recordings = live.data.of_line(line.id).recordings
    if not recordings:
        raise RefusedError(ErrorKey.NOT_ACTIVE_RECORDING)
    return recordings[-1].id
