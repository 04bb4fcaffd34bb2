"""What the office is made of: lines, calls and recordings."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

type Direction = Literal["incoming", "outgoing", "internal", "unknown"]
type TrafficType = Literal["external", "internal"]
type Fate = Literal["archived", "lost", "error"]
type FileFormat = Literal["wav", "mp3"]


@dataclass(slots=True, eq=False)
class Line:
    """A phone line, the phone that it rings on, and the person who uses it."""

    number: str
    phone_number: str
    device_name: str
    username: str
    numeric_user_id: str
    first_name: str
    last_name: str
    group: str
    department: str
    monitorable: bool = True
    """Imagicle can watch the phone through TAPI."""
    manual_recording: bool = True
    """Imagicle starts recordings on demand on this line; otherwise all are automatic."""
    authorized: bool = True
    """The line's user may record."""
    has_user: bool = True
    """A user of the recorder belongs to the line."""


@dataclass(slots=True, eq=False)
class Call:
    """A call on a line, from the first ring to the end."""

    number: int
    line: Line
    remote_number: str
    remote_name: tuple[str, str] | None
    direction: Direction
    traffic_type: TrafficType
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    held: bool = False
    recordings_made: int = 0
    unavailable: bool = False
    """Bandwidth is still setting up the call and refuses every change (503)."""

    @property
    def is_connected(self) -> bool:
        """Return whether the parties can hear each other now."""
        return self.answered_at is not None and self.ended_at is None and not self.held


@dataclass(slots=True, eq=False)
class Recording:
    """A recording of a call: pending, active, being saved, or finished."""

    number: int
    call: Call
    sequence: int
    """First, second, third... recording of its call."""
    started_at: datetime
    ended_at: datetime | None = None
    saved_at: datetime | None = None
    paused_since: datetime | None = None
    time_paused: timedelta = timedelta(0)
    fate: Fate = "archived"
    """What happens to it once it has ended; tests set it while it runs."""
    file_format: FileFormat = "wav"
    """The format that Bandwidth's client asked for (recordingFileFormat)."""
    note: str | None = None
    preserved: bool = False

    @property
    def is_paused(self) -> bool:
        """Return whether the recording is paused."""
        return self.paused_since is not None

    def is_pending(self, now: datetime) -> bool:
        """Return whether it was commanded but has not started yet."""
        return now < self.started_at

    def is_active(self, now: datetime) -> bool:
        """Return whether it is running now, paused or not."""
        return self.ended_at is None and not self.is_pending(now)

    def duration(self, now: datetime) -> timedelta:
        """Return the time from its start to its end, or to now."""
        return (self.ended_at or now) - self.started_at

    def recorded_time(self, now: datetime) -> timedelta:
        """Return the duration without the pauses."""
        paused = self.time_paused
        if self.paused_since is not None:
            paused += (self.ended_at or now) - self.paused_since
        return self.duration(now) - paused
