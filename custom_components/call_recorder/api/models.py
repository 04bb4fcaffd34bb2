"""The recorders' common vocabulary: frozen data that is right once it exists.

What a recorder does not tell is `None`, never a zero or an empty text.
Every time is timezone-aware. Field names are those of the action responses.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Direction(StrEnum):
    """Direction of a recorded call, seen from the local party."""

    UNKNOWN = "unknown"
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"


class RecordingState(StrEnum):
    """What became of a finished recording."""

    COMPLETE = "complete"
    SAVING = "saving"
    ERROR = "error"


class RecordingMode(StrEnum):
    """How Imagicle gets at the audio (imagicle_start_recording, RecordingMode)."""

    MEDIA_FORKING = "media_forking"
    DIAL_IN = "dial_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderInfo:
    """What a recorder tells of itself."""

    model: str
    sw_version: str | None = None
    serial_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAddress:
    """Names the line that an order is meant for; all given parts must match."""

    device_name: str | None = None
    directory_number: str | None = None
    call_id: str | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether no part is given."""
        return not (self.device_name or self.directory_number or self.call_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRecordingFilter:
    """Narrows the list of active recordings; all given parts must match."""

    device_name: str | None = None
    directory_number: str | None = None
    username: str | None = None
    numeric_user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalParty:
    """The party whose line is recorded."""

    username: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteParty:
    """The party at the other end."""

    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRecording:
    """A recording that runs now, paused or not."""

    id: str
    started_at: datetime | None = None
    duration: timedelta | None = field(default=None, compare=False)
    """As told with this answer. Moves with every answer, so it is not compared."""
    is_paused: bool | None = None
    direction: Direction | None = None
    local_party: LocalParty = LocalParty()
    further_local_parties: tuple[LocalParty, ...] = ()
    """The others in the call whose lines it is on now: after a three-way call was set
    up, or at the other end of an internal call (Yeastar only)."""
    remote_party: RemoteParty = RemoteParty()
    call_id: str | None = None
    """The call that is recorded, where the recorder knows it by an id of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveState:
    """One answer to "what is being recorded now?"."""

    recordings: tuple[ActiveRecording, ...] | None
    """Oldest first; `None` while the recorder has not told enough to know."""
    active_calls: int | None = None
    """Connected calls, recorded or not (Yeastar only)."""
    busy_numbers: frozenset[str] | None = None
    """Lines that are in a connected call, recorded or not (Yeastar only)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user of the recorder (imagicle_get_recording, User)."""

    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None
    group: str | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note about a recording (imagicle_get_recording, Note)."""

    owner: User | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A finished recording, in the archive. Size in bytes, hash in lower-case hex."""

    id: str
    reference_number: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration: timedelta | None = None
    direction: Direction | None = None
    state: RecordingState | None = None
    local_number: str | None = None
    local_name: str | None = None
    remote_number: str | None = None
    remote_name: str | None = None
    owner: User | None = None
    preserving_user: User | None = None
    note: Note | None = None
    pbx_call_id: str | None = None
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingQuery:
    """Asks the archive. `start` is included, `end` is not; newest first."""

    start: datetime | None = None
    end: datetime | None = None
    number: str | None = None
    """Either party's number, whole or its last digits."""
    username: str | None = None
    direction: Direction | None = None
    limit: int = 50
    cursor: str | None = None
    """`next_cursor` of the page before, unchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPage:
    """Part of the archive, newest first."""

    recordings: tuple[Recording, ...]
    next_cursor: str | None = None
    """Where to go on; `None` at the end."""
    total: int | None = None
    """How many recordings the whole query matches, where told."""
