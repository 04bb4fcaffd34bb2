"""What happens to recordings: worked out once, told to all who listen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.util import dt as dt_util

from .api.models import ActiveRecording, Direction, LocalParty, Recording, RemoteParty
from .const import DOMAIN
from .privacy import mask_number

_SIGNAL: Final = f"{DOMAIN}_event"


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
class RecordingEvent:
    """Something that happened to a recording, or to one that should have been."""

    type: RecordingEventType
    line_id: str | None = None
    """Subentry of the line; `None` where the recording belongs to none of them."""
    recording_id: str | None = None
    started_at: datetime | None = None
    duration: timedelta | None = None
    direction: Direction | None = None
    local_party: LocalParty = field(default_factory=LocalParty)
    remote_party: RemoteParty = field(default_factory=RemoteParty)
    reason: str | None = None
    """Key of the exception or issue that says why (`failed`, `lost`, `not_recorded`)."""

    def attributes(self, *, line: str | None, mask: bool) -> dict[str, Any]:
        """Return the attributes of an event entity: the contract's names, as JSON."""
        number = self.remote_party.phone_number
        return {
            "recording_id": self.recording_id,
            "line": line,
            "started_at": self.started_at and self.started_at.isoformat(),
            # No `and`: a duration of zero is false.
            "duration": None
            if self.duration is None
            else round(self.duration.total_seconds()),
            "direction": self.direction,
            "local_party": {
                "username": self.local_party.username,
                "number": self.local_party.number,
            },
            "remote_party": {
                "first_name": self.remote_party.first_name,
                "last_name": self.remote_party.last_name,
                "phone_number": mask_number(number) if mask else number,
            },
            "reason": self.reason,
        }


def from_active(
    event_type: RecordingEventType, recording: ActiveRecording, line_id: str | None
) -> RecordingEvent:
    """Tell what happened to an active recording."""
    duration = None
    if event_type is not RecordingEventType.STARTED and recording.started_at:
        duration = max(dt_util.utcnow() - recording.started_at, timedelta())
    return RecordingEvent(
        type=event_type,
        line_id=line_id,
        recording_id=recording.id,
        started_at=recording.started_at,
        duration=duration,
        direction=recording.direction,
        local_party=recording.local_party,
        remote_party=recording.remote_party,
    )


def from_archived(
    event_type: RecordingEventType, recording: Recording, line_id: str | None
) -> RecordingEvent:
    """Tell what happened to a finished recording."""
    return RecordingEvent(
        type=event_type,
        line_id=line_id,
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


def changes(
    before: tuple[ActiveRecording, ...], after: tuple[ActiveRecording, ...]
) -> Iterator[tuple[RecordingEventType, ActiveRecording]]:
    """Compare two snapshots, recording by recording."""
    known = {recording.id: recording for recording in before}
    for recording in after:
        earlier = known.pop(recording.id, None)
        if earlier is None:
            yield RecordingEventType.STARTED, recording
        elif recording.is_paused and not earlier.is_paused:
            yield RecordingEventType.PAUSED, recording
        elif earlier.is_paused and recording.is_paused is False:
            yield RecordingEventType.RESUMED, recording
    for recording in known.values():
        yield RecordingEventType.ENDED, recording


@callback
def async_send_event(hass: HomeAssistant, entry_id: str, event: RecordingEvent) -> None:
    """Tell what happened at a recorder."""
    async_dispatcher_send(hass, _SIGNAL, entry_id, event)


@callback
def async_listen_events(
    hass: HomeAssistant, listener: Callable[[str, RecordingEvent], None]
) -> CALLBACK_TYPE:
    """Call the listener with each event and its recorder; return how to stop that.

    The events of recorders that are reloaded or added later come too.
    """
    return async_dispatcher_connect(hass, _SIGNAL, listener)
