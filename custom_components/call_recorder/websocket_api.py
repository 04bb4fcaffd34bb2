"""The data of the card: what each recorder records now and recorded last.

A subscription to `call_recorder/subscribe` is sent a snapshot, then what changes:

- `{"type": "snapshot", "now": time, "recorders": [...]}`: at first, and when a recorder
  is loaded, fails or goes. It replaces all that was sent before.
- `{"type": "change", "recorder": {"entry_id": ..., ...}}`: the fields that changed. Of the
  active recordings, `changed` has those that are new or look different, and `ended` the
  ids of those that are over.

`active` has at most 2,000 recordings: those of lines, and the newest of the others;
`unlisted` is the number of those that were left out.

Times are ISO 8601 in UTC, durations seconds. Nothing is sent for the passing of time.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import voluptuous as vol

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.components import websocket_api
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util

from .api.client import Capability, RecorderClient
from .api.models import ActiveRecording, Recording
from .const import CONF_MASK_NUMBERS, DOMAIN
from .data import CallRecorderConfigEntry
from .device_targets import async_get_device, shown_name
from .lines import Line, lines_of
from .media_source.folders import recording_identifier
from .privacy import mask_active, mask_recording
from .recording_json import as_json
from .rights import may, may_listen

_MOST_ACTIVE: Final = 2_000
"""How many active recordings are sent of each recorder."""
_RECENT: Final = 20
"""How many finished recordings are sent of each recorder."""
_PASSING_STATES: Final = (
    ConfigEntryState.NOT_LOADED,
    ConfigEntryState.SETUP_IN_PROGRESS,
    ConfigEntryState.UNLOAD_IN_PROGRESS,
)
"""States of a reload, during which what was sent before stands."""


@callback
def async_setup_websocket_api(hass: HomeAssistant) -> None:
    """Register the command, once for all recorders."""
    websocket_api.async_register_command(hass, _subscribe)


@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/subscribe"})
@callback
def _subscribe(
    hass: HomeAssistant,
    connection: websocket_api.ActiveConnection,
    msg: dict[str, Any],
) -> None:
    """Send what the user may see, now and whenever it changes."""
    subscription = _Subscription(
        hass,
        connection.user,
        lambda event: connection.send_message(
            websocket_api.event_message(msg["id"], event)
        ),
    )
    connection.subscriptions[msg["id"]] = subscription.async_stop
    connection.send_result(msg["id"])
    subscription.async_start()


class _Subscription:
    """Sends one browser what its user may see."""

    def __init__(
        self,
        hass: HomeAssistant,
        user: User,
        send: Callable[[dict[str, Any]], None],
    ) -> None:
        """Send nothing yet."""
        self._hass = hass
        self._user = user
        self._send = send
        self._sent: dict[str, dict[str, Any]] = {}
        """What the browser knows of each recorder (its entry)."""
        self._unlisten: list[CALLBACK_TYPE] = []
        self._stop_following: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Send the first snapshot, and follow all recorders."""
        self._stop_following = async_dispatcher_connect(
            self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._handle_entry_change
        )
        self._send_snapshot()

    @callback
    def async_stop(self) -> None:
        """Send nothing any more."""
        if self._stop_following is not None:
            self._stop_following()
        self._stop_listening()

    @callback
    def _handle_entry_change(
        self, change: ConfigEntryChange, entry: ConfigEntry
    ) -> None:
        """Send a new snapshot when a recorder was loaded, failed or went."""
        if entry.domain != DOMAIN:
            return
        is_passing = entry.state in _PASSING_STATES and not entry.disabled_by
        if change is ConfigEntryChange.REMOVED or not is_passing:
            self._send_snapshot()

    @callback
    def _send_snapshot(self) -> None:
        """Send all that the user may see, and listen to what changes it."""
        self._stop_listening()
        self._sent = {}
        for entry in self._hass.config_entries.async_entries(
            DOMAIN, include_ignore=False, include_disabled=False
        ):
            if not may(self._hass, self._user, POLICY_READ, entry):
                continue
            self._sent[entry.entry_id] = _recorder(self._hass, self._user, entry)
            if entry.state is ConfigEntryState.LOADED:
                self._listen(entry)
        self._send(
            {
                "type": "snapshot",
                "now": dt_util.utcnow().isoformat(),
                "recorders": list(self._sent.values()),
            }
        )

    @callback
    def _listen(self, entry: CallRecorderConfigEntry) -> None:
        """Listen to all that a recorder's data is made of."""

        @callback
        def _handle_update() -> None:
            """Send what has changed, unless the recorder is being reloaded."""
            if entry.state is ConfigEntryState.LOADED:
                self._send_changes(entry)

        data = entry.runtime_data
        self._unlisten += [
            data.live.async_add_listener(_handle_update),
            data.archive.async_add_listener(_handle_update),
            *(watch.async_listen(_handle_update) for watch in data.watches.values()),
        ]

    @callback
    def _stop_listening(self) -> None:
        """Listen to no recorder any more."""
        for unlisten in self._unlisten:
            unlisten()
        self._unlisten = []

    @callback
    def _send_changes(self, entry: CallRecorderConfigEntry) -> None:
        """Send what looks different from what the browser knows."""
        before = self._sent[entry.entry_id]
        after = _recorder(self._hass, self._user, entry)
        changes = {
            key: value for key, value in after.items() if value != before.get(key)
        }
        if not changes:
            return
        self._sent[entry.entry_id] = after
        if "active" in changes and before["active"] and after["active"]:
            del changes["active"]
            changes |= _active_changes(before["active"], after["active"])
        changes["entry_id"] = entry.entry_id
        self._send({"type": "change", "recorder": changes})


def _active_changes(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> dict[str, Any]:
    """Compare two lists of active recordings, row by row."""
    known = {row["id"]: row for row in before}
    changed = [row for row in after if known.pop(row["id"], None) != row]
    return {"changed": changed, "ended": list(known)}


def _recorder(
    hass: HomeAssistant, user: User, entry: CallRecorderConfigEntry
) -> dict[str, Any]:
    """Return what a user may see of a recorder, as JSON."""
    device = async_get_device(hass, entry)
    description: dict[str, Any] = {
        "entry_id": entry.entry_id,
        "device_id": device.id if device else None,
        "name": shown_name(device, entry.title),
        "available": entry.state in _PASSING_STATES,
        "can_pause": False,
        "can_stop": False,
        "active": None,
        "unlisted": 0,
        "lines": [
            _line(hass, user, entry, line)
            for line in lines_of(entry)
            if may(hass, user, POLICY_READ, entry, line.id)
        ],
        "today": None,
        "recent": None,
    }
    if entry.state is not ConfigEntryState.LOADED:
        return description
    return description | _live(hass, user, entry) | _archive(hass, user, entry)


def _live(
    hass: HomeAssistant, user: User, entry: CallRecorderConfigEntry
) -> dict[str, Any]:
    """Return what is recorded now, and what the user may do about it."""
    live = entry.runtime_data.live
    capabilities = live.client.capabilities
    may_control = may(hass, user, POLICY_CONTROL, entry)
    recordings, line_ids = live.data.recordings, live.data.line_ids
    listed = recordings and _listed(recordings, line_ids)
    return {
        "available": live.last_update_success,
        "can_pause": may_control and Capability.PAUSE in capabilities,
        "can_stop": may_control and Capability.STOP in capabilities,
        "active": None
        if listed is None
        else [
            _active_recording(entry, recording, line_ids.get(recording.id, ()))
            for recording in listed
        ],
        "unlisted": len(recordings or ()) - len(listed or ()),
    }


def _listed(
    recordings: Sequence[ActiveRecording], line_ids: Mapping[str, Sequence[str]]
) -> Sequence[ActiveRecording]:
    """Return the recordings to send: those of lines first, for what the lines show."""
    if len(recordings) <= _MOST_ACTIVE:
        return recordings
    newest_first = recordings[::-1]
    return sorted(newest_first, key=lambda one: not line_ids.get(one.id))[:_MOST_ACTIVE]


def _archive(
    hass: HomeAssistant, user: User, entry: CallRecorderConfigEntry
) -> dict[str, Any]:
    """Return what is finished, as far as it is known and the user may hear it."""
    data = entry.runtime_data.archive.data
    if data is None:
        return {}
    if not may_listen(hass, user, entry):
        return {"today": data.today}
    recent = [_recording(entry, recording) for recording in data.recent[:_RECENT]]
    return {"today": data.today, "recent": recent}


def _can_start(client: RecorderClient, line: Line) -> bool:
    """Return whether the recorder can be asked to record the line."""
    return Capability.START in client.capabilities and not line.address.is_empty


def _line(
    hass: HomeAssistant, user: User, entry: CallRecorderConfigEntry, line: Line
) -> dict[str, Any]:
    """Return what a user may see of a line, as JSON."""
    device = async_get_device(hass, entry, line.id)
    description: dict[str, Any] = {
        "id": line.id,
        "device_id": device.id if device else None,
        "name": shown_name(device, line.name),
        "start": None,
        "not_recorded": None,
    }
    if entry.state is not ConfigEntryState.LOADED:
        return description
    data = entry.runtime_data
    if _can_start(data.live.client, line) and may(
        hass, user, POLICY_CONTROL, entry, line.id
    ):
        description["start"] = _start_fields(entry, line)
    if line.must_be_recorded and (watch := data.watches.get(line.id)):
        description["not_recorded"] = watch.not_recorded
    return description


def _start_fields(entry: ConfigEntry, line: Line) -> dict[str, str]:
    """Return the fields of `start_recording` that mean the line."""
    fields = {
        "config_entry_id": entry.entry_id,
        "device_name": line.address.device_name,
        "directory_number": line.address.directory_number,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _active_recording(
    entry: CallRecorderConfigEntry, recording: ActiveRecording, line_ids: Sequence[str]
) -> dict[str, Any]:
    """Return an active recording as JSON."""
    if entry.options.get(CONF_MASK_NUMBERS):
        recording = mask_active(recording)
    local, remote = recording.local_party, recording.remote_party
    names = (remote.first_name, remote.last_name)
    return {
        "id": recording.id,
        "lines": list(line_ids),
        "started_at": as_json(recording.started_at),
        "is_paused": recording.is_paused,
        "direction": recording.direction,
        "local": {
            "name": local.username,
            "number": local.number,
        },
        "remote": {
            "name": " ".join(filter(None, names)) or None,
            "number": remote.phone_number,
        },
    }


def _recording(entry: CallRecorderConfigEntry, recording: Recording) -> dict[str, Any]:
    """Return a finished recording as JSON. Where it is played is asked for later."""
    identifier = recording_identifier(entry.entry_id, recording.id)
    if entry.options.get(CONF_MASK_NUMBERS):
        recording = mask_recording(recording)
    return {
        "id": recording.id,
        "media_content_id": f"media-source://{DOMAIN}/{identifier}",
        "lines": [line.id for line in entry.runtime_data.archive.lines_of(recording)],
        "started_at": as_json(recording.started_at),
        "duration": as_json(recording.duration),
        "direction": recording.direction,
        "state": recording.state,
        "local": {
            "name": recording.local_name
            or (recording.owner.username if recording.owner else None),
            "number": recording.local_number,
        },
        "remote": {
            "name": recording.remote_name,
            "number": recording.remote_number,
        },
    }
