"""What happens to recordings: worked out once, complete when it is sent.

A listener gets an event that names its line and shows numbers as the user wants to
see them, so that it looks nothing up.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.signal_type import SignalType

from .api.errors import ErrorKey
from .api.models import ActiveRecording, Direction, LocalParty, Recording, RemoteParty
from .api.numbers import last_digits
from .const import CONF_MASK_NUMBERS, DOMAIN, EVENT_ACTIVITY
from .device_targets import async_get_device, async_get_entity_id, shown_name
from .lines import Line
from .privacy import mask_parties
from .recording_json import as_json, running_time

_ATTRIBUTES: Final = (
    "recording_id",
    "started_at",
    "duration",
    "direction",
    "local_party",
    "remote_party",
    "reason",
)


class RecordingEventType(StrEnum):
    """What can happen to a recording."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    ENDED = "ended"
    ARCHIVED = "archived"
    FAILED = "failed"
    LOST = "lost"
    NOT_RECORDED = "not_recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingChange:
    """What happened to a recording, or to one that should have been."""

    type: RecordingEventType
    recording_id: str | None = None
    started_at: datetime | None = None
    duration: timedelta | None = None
    direction: Direction | None = None
    local_party: LocalParty = field(default_factory=LocalParty)
    remote_party: RemoteParty = field(default_factory=RemoteParty)
    reason: ErrorKey | None = None
    """Why it `failed`, was `lost` or `not_recorded`."""


@dataclass(frozen=True, kw_only=True)
class RecordingEvent:
    """A change, as it is sent to the listeners of a recorder or a line."""

    change: RecordingChange
    entry_id: str
    recorder: str
    """Title of the recorder's entry."""
    line_id: str | None
    """Subentry of the line; `None` where the recording belongs to none."""
    line: str | None
    """Name of the line."""

    @property
    def type(self) -> RecordingEventType:
        """Return what happened."""
        return self.change.type

    @cached_property
    def attributes(self) -> Mapping[str, Any]:
        """Return the attributes of an event entity: the contract's names, as JSON."""
        facts = {name: as_json(getattr(self.change, name)) for name in _ATTRIBUTES}
        return {**facts, "line": self.line}


def from_active(
    event_type: RecordingEventType, recording: ActiveRecording
) -> RecordingChange:
    """Return a change of an active recording."""
    duration = None
    if event_type is not RecordingEventType.STARTED and recording.started_at:
        duration = running_time(recording.started_at, dt_util.utcnow())
    return RecordingChange(
        type=event_type,
        recording_id=recording.id,
        started_at=recording.started_at,
        duration=duration,
        direction=recording.direction,
        local_party=recording.local_party,
        remote_party=recording.remote_party,
    )


def from_archived(recording: Recording) -> RecordingChange:
    """Return the change that a recording has arrived in the archive."""
    return RecordingChange(
        type=RecordingEventType.ARCHIVED,
        recording_id=recording.id,
        started_at=recording.started_at,
        duration=recording.duration,
        direction=recording.direction,
        local_party=LocalParty(
            username=recording.owner.username if recording.owner else None,
            number=recording.local_number,
        ),
        remote_party=RemoteParty(
            last_name=recording.remote_name, phone_number=recording.remote_number
        ),
    )


def pause_event(
    before: ActiveRecording, after: ActiveRecording
) -> RecordingEventType | None:
    """Return whether a recording was paused or resumed, if either."""
    if after.is_paused and not before.is_paused:
        return RecordingEventType.PAUSED
    if before.is_paused and after.is_paused is False:
        return RecordingEventType.RESUMED
    return None


class EventSender:
    """Sends the changes at one recorder as events."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Send in the name of the recorder's entry."""
        self._hass = hass
        self._entry = entry

    @callback
    def async_send(self, change: RecordingChange, lines: Iterable[Line] = ()) -> None:
        """Send a change to the recorder's listeners, and to those of its lines.

        The recorder's listeners get it once, with the name of the first line.
        """
        lines = tuple(lines)
        self._log(change, lines or (None,))
        change = self._masked(change)
        first = lines[0] if lines else None
        sources = (None, self._entry.entry_id, *(line.id for line in lines[:1]))
        self._send(change, first, *sources)
        self._send_to_lines(change, lines[1:])

    @callback
    def async_send_to_lines(
        self, change: RecordingChange, lines: Iterable[Line]
    ) -> None:
        """Send a change of the lines only: a recording that changed its line."""
        lines = tuple(lines)
        self._log(change, lines)
        self._send_to_lines(self._masked(change), lines)

    def _send_to_lines(self, change: RecordingChange, lines: Iterable[Line]) -> None:
        """Send a change to the listeners of each line."""
        for line in lines:
            self._send(change, line, line.id)

    def _send(
        self, change: RecordingChange, line: Line | None, *sources: str | None
    ) -> None:
        """Send an event that names the line to the listeners of the sources."""
        event = RecordingEvent(
            change=change,
            entry_id=self._entry.entry_id,
            recorder=self._entry.title,
            line_id=line.id if line else None,
            line=line.name if line else None,
        )
        for source in sources:
            async_dispatcher_send(self._hass, _signal(source), event)

    def _log(self, change: RecordingChange, lines: Iterable[Line | None]) -> None:
        """Fire an event for the activity log: for each line, or the recorder (`None`).

        The database keeps it, so it has only the last digits of the remote number.

        The page of a device finds it by the device, the filters of the log by an
        entity. The start button has no rows of its own, so that nothing is lost when
        all other entities of the line are excluded from the log.
        """
        for line in lines:
            line_id, name = (line.id, line.name) if line else (None, self._entry.title)
            device = async_get_device(self._hass, self._entry, line_id)
            button = async_get_entity_id(
                self._hass, "button", "start_recording", self._entry, line_id
            )
            self._hass.bus.async_fire(
                EVENT_ACTIVITY,
                {
                    ATTR_DEVICE_ID: device and device.id,
                    ATTR_ENTITY_ID: button,
                    "name": shown_name(device, name),
                    "type": change.type,
                    "direction": change.direction,
                    "number": last_digits(change.remote_party.phone_number),
                },
            )

    def _masked(self, change: RecordingChange) -> RecordingChange:
        """Return the change with the numbers as the user wants to see them."""
        if not self._entry.options.get(CONF_MASK_NUMBERS):
            return change
        local, remote = mask_parties(
            change.direction, change.local_party, change.remote_party
        )
        return replace(change, local_party=local, remote_party=remote)


@callback
def async_listen_events(
    hass: HomeAssistant,
    listener: Callable[[RecordingEvent], None],
    source: str | None = None,
) -> CALLBACK_TYPE:
    """Call the listener with each event of a source; return how to stop that.

    The source is a recorder (the id of its entry), a line (the id of its subentry) or
    any recorder (`None`). It need not be loaded yet, and may be reloaded.
    """
    return async_dispatcher_connect(hass, _signal(source), listener)


def _signal(source: str | None) -> SignalType[RecordingEvent]:
    """Return the dispatcher's signal for the events of a source."""
    return SignalType(f"{DOMAIN}_event_{source or 'any'}")
