"""The recorders' common vocabulary: frozen data that is right once it exists.

What a recorder does not report is `None`, never a zero or an empty text.
Every time is timezone-aware. Field names are those of the action responses.

A "directory number" is how a line's number is called where lines are named (Imagicle's
word); for Yeastar and Asterisk it is the extension, for Bandwidth the phone number.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf
from operator import attrgetter
from types import MappingProxyType
from typing import Final, Protocol

from .numbers import ends_with

INTERNAL: Final = MappingProxyType({"is_internal": True})
"""Metadata of a field that is no part of an action's response."""


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
    """What a recorder reports about itself."""

    model: str
    sw_version: str | None = None
    serial_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAddress:
    """Names the line that a command is meant for; all given parts must match."""

    device_name: str | None = None
    directory_number: str | None = None
    call_id: str | None = None

    @property
    def is_empty(self) -> bool:
        """Return whether no part is given."""
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
    """As of this answer, so it is not compared. See `LiveState.duration_of`."""
    is_paused: bool | None = None
    direction: Direction | None = None
    local_party: LocalParty = LocalParty()
    further_local_parties: tuple[LocalParty, ...] = ()
    """The others in the call whose lines it is on now: after a three-way call was set
    up, or at the other end of an internal call (Yeastar, Asterisk)."""
    remote_party: RemoteParty = RemoteParty()
    call_id: str | None = None
    """The call that is recorded, where the recorder knows it by an id of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveState:
    """One answer to "what is being recorded now?"."""

    recordings: tuple[ActiveRecording, ...] | None
    """Oldest first; `None` while not enough is known to list them."""
    duration_of: Callable[[ActiveRecording], timedelta | None] = field(
        default=attrgetter("duration"), compare=False, repr=False
    )
    """Reads how long one of the recordings has run, as of this answer.

    A recording that is known stays the same object; its duration is read when needed.
    """
    active_calls: int | None = None
    """Connected calls, recorded or not (Yeastar, Asterisk)."""
    busy_numbers: frozenset[str] | None = None
    """Lines that are in a connected call, recorded or not (Yeastar, Asterisk)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user of the recorder (imagicle_get_recording, User)."""

    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None
    group: str | None = None
    department: str | None = None

    @property
    def full_name(self) -> str | None:
        """Return first and last name, as far as they are known."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or None


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
    audio_type: str | None = field(default=None, metadata=INTERNAL)
    """Type of the audio, where the name of its file shows it."""


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
    is_poll: bool = False
    """A poll: where the archive is dear to read, what has been heard of it will do."""

    def covers(self, started_at: datetime | None) -> bool:
        """Return whether a recording with this start is in the time that is asked for.

        One whose start is not known is in no limited time.
        """
        if started_at is None:
            return self.start is None and self.end is None
        return (self.start is None or self.start <= started_at) and (
            self.end is None or started_at < self.end
        )

    def is_of_number(self, recording: _Finished) -> bool:
        """Return whether either party has the number, whole or as its last digits."""
        return self.number is None or any(
            ends_with(number, self.number)
            for number in (recording.local_number, recording.remote_number)
        )

    def fits(self, recording: _Finished) -> bool:
        """Return whether start, direction and number are those that are asked for."""
        return (
            self.covers(recording.started_at)
            and self.direction in (None, recording.direction)
            and self.is_of_number(recording)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPage:
    """Part of the archive, newest first."""

    recordings: tuple[Recording, ...]
    next_cursor: str | None = None
    """Where the next page starts; `None` at the end."""
    total: int | None = None
    """How many recordings the whole query matches, where the recorder reports it."""


class _Finished(Protocol):
    """What a query asks of a finished recording."""

    @property
    def started_at(self) -> datetime | None:
        """Return the start, if it is known."""

    @property
    def direction(self) -> Direction | None:
        """Return the direction, if it is known."""

    @property
    def local_number(self) -> str | None:
        """Return the number of the local party, if it is known."""

    @property
    def remote_number(self) -> str | None:
        """Return the number of the remote party, if it is known."""


class _Started(Protocol):
    """A recording of any kind."""

    @property
    def id(self) -> str:
        """Return the id."""

    @property
    def started_at(self) -> datetime | None:
        """Return the start, if it is known."""


def oldest_first(recording: _Started) -> tuple[float, str]:
    """Return a key that sorts by start, those without one last."""
    started_at = recording.started_at
    return inf if started_at is None else started_at.timestamp(), recording.id


def newest_first(recording: _Started) -> tuple[float, str]:
    """Return a key that sorts by start backwards, those without one last."""
    started_at = recording.started_at
    return inf if started_at is None else -started_at.timestamp(), recording.id
