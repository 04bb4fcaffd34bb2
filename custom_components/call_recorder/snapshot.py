"""What is being recorded, as it was seen at one time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final

from .api.models import ActiveRecording, LiveState
from .lines import Lines

_MEASURE_INTERVAL: Final = timedelta(seconds=30)
"""How often durations move on, so that the database does not grow with each poll."""
_YOUNG: Final = timedelta(minutes=1)
"""Shorter durations move on at every poll: 30 seconds would be much of them."""


class LiveStatus(StrEnum):
    """What a recorder or a line is doing."""

    IDLE = "idle"
    RECORDING = "recording"
    PAUSED = "paused"


@dataclass(frozen=True, kw_only=True)
class Activity:
    """What is being recorded by a recorder or on a line.

    What is derived from it is worked out once, when it is first asked for.
    """

    recordings: tuple[ActiveRecording, ...] | None
    """Oldest first; `None` while the recorder has not reported enough to know."""
    measured_at: datetime | None = None
    """The time that durations are counted to; `None` when nothing is recorded."""
    durations: Mapping[str, timedelta] = field(
        default_factory=dict, compare=False, repr=False
    )
    """What the recorder reported at that time, by recording."""

    @cached_property
    def status(self) -> LiveStatus | None:
        """Return whether anything runs; it is paused when all recordings are."""
        if self.recordings is None:
            return None
        if not self.recordings:
            return LiveStatus.IDLE
        if all(recording.is_paused for recording in self.recordings):
            return LiveStatus.PAUSED
        return LiveStatus.RECORDING

    @property
    def is_recording(self) -> bool | None:
        """Return whether anything is recorded; `None` while that is not known."""
        return None if self.recordings is None else bool(self.recordings)

    @cached_property
    def paused_count(self) -> int | None:
        """Return how many recordings are paused; `None` unless all report it."""
        if self.recordings is None:
            return None
        paused = [recording.is_paused for recording in self.recordings]
        return None if None in paused else paused.count(True)

    @cached_property
    def oldest_start(self) -> datetime | None:
        """Return when the oldest recording started; one without a start is the last."""
        return self.recordings[0].started_at if self.recordings else None

    @cached_property
    def longest_duration(self) -> timedelta | None:
        """Return the longest duration: zero when nothing is recorded."""
        durations = self._durations
        if durations is None or (self.recordings and not durations):
            return None
        return max(durations, default=timedelta())

    @cached_property
    def total_duration(self) -> timedelta | None:
        """Return the sum of the durations; `None` unless all are known."""
        durations = self._durations
        if durations is None or len(durations) != len(self.recordings or ()):
            return None
        return sum(durations, timedelta())

    @cached_property
    def _durations(self) -> list[timedelta] | None:
        """Return the durations that are known; `None` when the recordings are not."""
        if self.recordings is None:
            return None
        durations = map(self._duration, self.recordings)
        return [duration for duration in durations if duration is not None]

    def _duration(self, recording: ActiveRecording) -> timedelta | None:
        """Return what the recorder reported, or else count: its clock may be off."""
        reported = self.durations.get(recording.id, recording.duration)
        if reported is not None:
            return reported
        if self.measured_at is None or recording.started_at is None:
            return None
        return max(self.measured_at - recording.started_at, timedelta())

    def is_due(self, now: datetime) -> bool:
        """Return whether the durations should move on."""
        if self.measured_at is None:
            return False
        longest = self.longest_duration
        return (longest is not None and longest < _YOUNG) or (
            now - self.measured_at >= _MEASURE_INTERVAL
        )


@dataclass(frozen=True, kw_only=True)
class LineSnapshot(Activity):
    """What is being recorded on a line."""

    in_call: bool | None = None
    """Whether the line is in a call, recorded or not; `None` where not reported."""


@dataclass(frozen=True, kw_only=True)
class Snapshot(Activity):
    """What a recorder is recording. Equal to another when no state has changed."""

    active_calls: int | None = None
    busy_numbers: frozenset[str] | None = None
    """Numbers that are in a call, where the recorder reports them."""
    by_line: Mapping[str, LineSnapshot] = field(default_factory=dict)
    """The lines (their subentries) that are in a call or recorded."""
    line_ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The lines of each recording; one whose line is being looked for is left out."""

    def has_same_recordings(self, other: Snapshot | None) -> bool:
        """Return whether the recordings and their lines are the very same objects."""
        return (
            other is not None
            and self.recordings is other.recordings
            and self.line_ids is other.line_ids
        )

    def of_line(self, line_id: str) -> LineSnapshot:
        """Return what is being recorded on a line."""
        line = self.by_line.get(line_id)
        if line is not None:
            return line
        if self.recordings is None:
            return _UNKNOWN if self.busy_numbers is None else _UNKNOWN_NOT_IN_CALL
        return _IDLE if self.busy_numbers is None else _IDLE_NOT_IN_CALL


_UNKNOWN: Final = LineSnapshot(recordings=None)
_UNKNOWN_NOT_IN_CALL: Final = LineSnapshot(recordings=None, in_call=False)
_IDLE: Final = LineSnapshot(recordings=())
_IDLE_NOT_IN_CALL: Final = LineSnapshot(recordings=(), in_call=False)


def next_snapshot(
    before: Snapshot | None,
    state: LiveState,
    lines: Lines,
    line_ids: Mapping[str, tuple[str, ...]],
    now: datetime,
) -> Snapshot:
    """Return the snapshot after an answer; the same object when no state has changed.

    What has not changed is taken over, so that an unchanged poll goes through the
    lines that are recorded, and through no recordings.
    """
    if before is None:
        before = Snapshot(recordings=None)
    same_recordings = state.recordings == before.recordings
    if (
        same_recordings
        and line_ids is before.line_ids
        and state.active_calls == before.active_calls
        and state.busy_numbers == before.busy_numbers
        and not _is_any_due(before, now)
    ):
        return before
    recordings, measured_at, durations = state.recordings, now, state.durations
    if same_recordings and not before.is_due(now):
        # With the durations that were reported at that time.
        recordings, measured_at = before.recordings, before.measured_at or now
        durations = before.durations
    return Snapshot(
        recordings=recordings,
        measured_at=measured_at if recordings else None,
        durations=durations,
        active_calls=state.active_calls,
        busy_numbers=state.busy_numbers,
        by_line=_by_line(before, state, lines, line_ids, now),
        line_ids=line_ids,
    )


def _is_any_due(snapshot: Snapshot, now: datetime) -> bool:
    """Return whether durations of the recorder or of a line should move on."""
    return any(part.is_due(now) for part in (snapshot, *snapshot.by_line.values()))


def _recordings_by_line(
    state: LiveState, line_ids: Mapping[str, tuple[str, ...]]
) -> dict[str, list[ActiveRecording]]:
    """Return the recordings of each line that has any."""
    recordings: dict[str, list[ActiveRecording]] = {}
    for recording in state.recordings or ():
        for line_id in line_ids.get(recording.id, ()):
            recordings.setdefault(line_id, []).append(recording)
    return recordings


def _by_line(
    before: Snapshot,
    state: LiveState,
    lines: Lines,
    line_ids: Mapping[str, tuple[str, ...]],
    now: datetime,
) -> dict[str, LineSnapshot]:
    """Return the snapshots of the lines that are in a call or recorded."""
    recordings = _recordings_by_line(state, line_ids)
    busy = _in_call(state.busy_numbers, lines)
    found = {}
    for line_id in recordings.keys() | (busy or set()):
        old = before.by_line.get(line_id)
        new = LineSnapshot(
            recordings=None
            if state.recordings is None
            else tuple(recordings.get(line_id, ())),
            durations=state.durations,
            in_call=None if busy is None else line_id in busy,
        )
        if old is None or old.is_due(now) or replace(old, measured_at=None) != new:
            old = replace(new, measured_at=now if new.recordings else None)
        found[line_id] = old
    return found


def _in_call(busy_numbers: Iterable[str] | None, lines: Lines) -> set[str] | None:
    """Return the lines that are in a call; `None` where not reported."""
    if busy_numbers is None:
        return None
    return {line.id for number in busy_numbers for line in lines.with_number(number)}
