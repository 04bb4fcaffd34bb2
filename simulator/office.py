"""An office with phone lines, the calls on them, and their recordings.

Everything follows from the clock, nothing from timers: a test with a frozen clock
and a person with a running one see the same office. What the recorders may do is a
plain attribute that can be set at any time.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

from .archive import Archive
from .calls import Call, Direction, Line, Recording, TrafficType
from .people import hire

type Clock = Callable[[], datetime]
type CallListener = Callable[[Call], None]


def real_clock() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


class Mover(Protocol):
    """Changes the office by itself, step by step."""

    @property
    def next_step_at(self) -> datetime:
        """Return when its next step is due."""

    def step(self) -> None:
        """Do the next step."""


class Office:
    """Lines, the calls on them, and their recordings."""

    def __init__(
        self,
        seed: int = 1,
        clock: Clock = real_clock,
        archive_size: int = 0,
        lines: int = 12,
    ) -> None:
        """Open the office without calls (`traffic.start` adds them)."""
        self.seed = seed
        self.clock = clock
        self.time_zone: tzinfo = ZoneInfo("Europe/Rome")
        self.lines: list[Line] = hire(lines)
        self.archive = Archive(seed, archive_size, clock(), self.lines)
        self.calls: list[Call] = []
        self.ended_calls: list[Call] = []
        self.recordings: list[Recording] = []
        """Recordings that are pending, active, being saved, or ended in an error."""
        self.lost_recordings: list[Recording] = []
        self.call_listeners: list[CallListener] = []
        self.movers: list[Mover] = []

        self.recording_delay = timedelta(0)
        """Time from the start command to the start of the recording."""
        self.saving_time = timedelta(0)
        """Time from the end of a recording until the archive has it."""
        self.licensed_channels: int | None = None
        self.blacklist: set[str] = set()
        self.recorded_directions: set[Direction] = {
            "incoming",
            "outgoing",
            "internal",
            "unknown",
        }
        self.recorded_traffic_types: set[TrafficType] = {"external", "internal"}
        self.license_valid = True
        self.pilot_configured = True
        self.correctly_configured = True
        self.service_available = True

        self._call_numbers = archive_size
        self._recording_numbers = archive_size
        self._moment: datetime | None = None

    @property
    def now(self) -> datetime:
        """Return the office's time: the clock's, or that of the step being done."""
        return self._moment or self.clock()

    def advance(self) -> None:
        """Do all movers' steps up to the clock's time, and archive what is saved by then."""
        if self.movers:
            present = self.clock()
            while True:
                mover = min(self.movers, key=lambda mover: mover.next_step_at)
                if mover.next_step_at > present:
                    break
                self._moment = mover.next_step_at
                mover.step()
            self._moment = None
        self._file_saved()

    def line(self, number: str) -> Line:
        """Return the line with this number; raise KeyError if there is none."""
        for line in self.lines:
            if line.number == number:
                return line
        raise KeyError(number)

    def connect(
        self,
        number: str,
        remote: str = "+15551234",
        direction: Direction = "incoming",
        *,
        ringing: bool = False,
        remote_name: tuple[str, str] | None = None,
        traffic_type: TrafficType = "external",
    ) -> Call:
        """Start a call on a line; it is connected at once unless it rings first."""
        call = Call(
            number=self._call_numbers,
            line=self.line(number),
            remote_number=remote,
            remote_name=remote_name,
            direction=direction,
            traffic_type=traffic_type,
            started_at=self.now,
            answered_at=None if ringing else self.now,
        )
        self._call_numbers += 1
        self.calls.append(call)
        self._notify(call)
        return call

    def answer(self, call: Call) -> None:
        """Connect a ringing call."""
        call.answered_at = self.now
        self._notify(call)

    def hold(self, call: Call) -> None:
        """Put a call on hold."""
        call.held = True
        self._notify(call)

    def hang_up(self, call: Call) -> None:
        """End a call and with it its recordings; a call that has ended stays so."""
        if call.ended_at is not None:
            return
        for recording in self.recordings_of(call):
            self.stop(recording)
        call.ended_at = self.now
        self.calls.remove(call)
        self.ended_calls.append(call)
        self._notify(call)

    def start_recording(self, call: Call) -> Recording:
        """Record a call, from the end of `recording_delay` on."""
        call.recordings_made += 1
        recording = Recording(
            number=self._recording_numbers,
            call=call,
            sequence=call.recordings_made,
            started_at=self.now + self.recording_delay,
        )
        self._recording_numbers += 1
        self.recordings.append(recording)
        return recording

    def pause(self, recording: Recording) -> None:
        """Pause a recording."""
        recording.paused_since = self.now

    def resume(self, recording: Recording) -> None:
        """Resume a paused recording; one that runs stays as it is."""
        if recording.paused_since is not None:
            recording.time_paused += self.now - recording.paused_since
            recording.paused_since = None

    def stop(self, recording: Recording) -> None:
        """End a recording; one that has not started yet is removed."""
        if recording.ended_at is not None:
            return
        if recording.is_pending(self.now):
            self.recordings.remove(recording)
            return
        self.resume(recording)
        recording.ended_at = self.now
        recording.saved_at = self.now + self.saving_time
        self._file_saved()

    def recordings_of(self, call: Call) -> list[Recording]:
        """Return a call's recordings that are not in the archive (yet)."""
        return [recording for recording in self.recordings if recording.call is call]

    def unfinished_recording(self, call: Call) -> Recording | None:
        """Return a call's pending or active recording, None if there is none."""
        recordings = self.recordings_of(call)
        return next((row for row in recordings if row.ended_at is None), None)

    def active_recordings(self) -> list[Recording]:
        """Return the recordings that run now, oldest first."""
        now = self.now
        return [recording for recording in self.recordings if recording.is_active(now)]

    def channel_is_free(self) -> bool:
        """Return whether the licensed channels suffice for one more recording."""
        used = sum(recording.ended_at is None for recording in self.recordings)
        return self.licensed_channels is None or used < self.licensed_channels

    def _file_saved(self) -> None:
        """Move the recordings saved by now to the archive, or to where their fate sends them."""
        now = self.now
        for recording in [
            row for row in self.recordings if row.saved_at and row.saved_at <= now
        ]:
            if recording.fate == "error":
                continue
            self.recordings.remove(recording)
            if recording.fate == "lost":
                self.lost_recordings.append(recording)
            else:
                self.archive.add(recording)

    def _notify(self, call: Call) -> None:
        """Call the listeners: this call changed."""
        for listener in self.call_listeners:
            listener(call)
