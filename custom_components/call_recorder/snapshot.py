"""What is being recorded, as it was seen at one time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final

from .active_changes import ActiveChanges
from .api.models import ActiveRecording, LiveState
from .line_attribution import Attribution
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
    """Those that are known, by recording: as of that time, or of its own start.

    They move on all at once. Until then, recordings are only added and taken away.
    """

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
        if self.recordings is None or (self.recordings and not self.durations):
            return None
        return max(self.durations.values(), default=timedelta())

    @cached_property
    def total_duration(self) -> timedelta | None:
        """Return the sum of the durations; `None` unless all are known."""
        if self.recordings is None or len(self.durations) != len(self.recordings):
            return None
        return sum(self.durations.values(), timedelta())

    @cached_property
    def due_at(self) -> datetime | None:
        """Return when the durations should move on; `None` when nothing is recorded."""
        if self.measured_at is None:
            return None
        longest = self.longest_duration
        is_young = longest is not None and longest < _YOUNG
        return self.measured_at + (timedelta() if is_young else _MEASURE_INTERVAL)

    def is_due(self, now: datetime) -> bool:
        """Return whether the durations should move on."""
        return self.due_at is not None and now >= self.due_at


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
    active: Mapping[str, ActiveRecording] = field(
        default_factory=dict, compare=False, repr=False
    )
    """The recordings by id: those that were known last, while they are not known."""
    changes: ActiveChanges = field(
        default_factory=ActiveChanges, compare=False, repr=False
    )
    """How `active` differs from that of the snapshot before."""
    attribution: Attribution = field(default_factory=Attribution, repr=False)
    """The lines of each recording; one whose line is being looked for is left out."""

    @property
    def line_ids(self) -> Mapping[str, tuple[str, ...]]:
        """Return the lines of each recording, as far as they are known."""
        return self.attribution.line_ids

    def of_line(self, line_id: str) -> LineSnapshot:
        """Return what is being recorded on a line."""
        line = self.by_line.get(line_id)
        if line is not None:
            return line
        if self.recordings is None:
            return _UNKNOWN if self.busy_numbers is None else _UNKNOWN_NOT_IN_CALL
        return _IDLE if self.busy_numbers is None else _IDLE_NOT_IN_CALL

    def is_any_due(self, now: datetime) -> bool:
        """Return whether durations of the recorder or of a line should move on."""
        return any(part.is_due(now) for part in (self, *self.by_line.values()))

    def lines_changed_since(
        self, before: Snapshot, line_ids: Iterable[str]
    ) -> list[str]:
        """Return which of the lines are not as they were."""
        if self.of_line("") is before.of_line(""):
            # The others are neither in a call nor recorded, as they were.
            line_ids = {*before.by_line, *self.by_line}
        return [
            line_id
            for line_id in line_ids
            if self.of_line(line_id) is not before.of_line(line_id)
        ]


_UNKNOWN: Final = LineSnapshot(recordings=None)
_UNKNOWN_NOT_IN_CALL: Final = LineSnapshot(recordings=None, in_call=False)
_IDLE: Final = LineSnapshot(recordings=())
_IDLE_NOT_IN_CALL: Final = LineSnapshot(recordings=(), in_call=False)


def next_snapshot(
    before: Snapshot,
    state: LiveState,
    active: Mapping[str, ActiveRecording],
    changes: ActiveChanges,
    attribution: Attribution,
    lines: Lines,
    now: datetime,
) -> Snapshot:
    """Return the snapshot after an answer; the same object when no state has changed.

    What has not changed is taken over, so that a poll goes through the lines that are
    recorded and through the recordings that have changed.
    """
    if (
        state.recordings == before.recordings
        and attribution is before.attribution
        and state.active_calls == before.active_calls
        and state.busy_numbers == before.busy_numbers
        and not before.is_any_due(now)
    ):
        return before
    measured_at, durations = _durations(before, state, changes, now)
    return Snapshot(
        recordings=state.recordings,
        measured_at=measured_at,
        durations=durations,
        active_calls=state.active_calls,
        busy_numbers=state.busy_numbers,
        by_line=_by_line(before, state, attribution, lines, now),
        active=active,
        changes=changes,
        attribution=attribution,
    )


def _durations(
    before: Snapshot, state: LiveState, changes: ActiveChanges, now: datetime
) -> tuple[datetime | None, Mapping[str, timedelta]]:
    """Return the durations to show, and when they were measured."""
    if not state.recordings:
        return None, {}
    if before.measured_at is None or before.is_due(now):
        return now, _measure(state.recordings, state, now)
    if not (changes.started or changes.ended):
        return before.measured_at, before.durations
    durations = dict(before.durations)
    for recording in changes.ended:
        durations.pop(recording.id, None)
    durations.update(_measure(changes.started, state, now))
    return before.measured_at, durations


def _measure(
    recordings: Iterable[ActiveRecording], state: LiveState, now: datetime
) -> dict[str, timedelta]:
    """Return the durations of recordings, as far as they are known, by their ids.

    What the recorder reports comes first: our clock may be another one.
    """
    durations = {}
    for recording in recordings:
        duration = state.duration_of(recording)
        if duration is None and recording.started_at is not None:
            duration = max(now - recording.started_at, timedelta())
        if duration is not None:
            durations[recording.id] = duration
    return durations


def _by_line(
    before: Snapshot,
    state: LiveState,
    attribution: Attribution,
    lines: Lines,
    now: datetime,
) -> dict[str, LineSnapshot]:
    """Return the snapshots of the lines that are in a call or recorded."""
    # Many branches, because what is not reported stays unknown, each for itself.
    busy = _in_call(state.busy_numbers, lines)
    recorded = None if state.recordings is None else attribution.by_line
    found = {}
    for line_id in {*(recorded or ()), *(busy or ())}:
        recordings = None if recorded is None else recorded.get(line_id, ())
        in_call = None if busy is None else line_id in busy
        line = before.by_line.get(line_id)
        if line is None or _has_changed(line, recordings, in_call, now):
            line = LineSnapshot(
                recordings=recordings,
                measured_at=now if recordings else None,
                durations=_measure(recordings or (), state, now),
                in_call=in_call,
            )
        found[line_id] = line
    return found


def _has_changed(
    line: LineSnapshot,
    recordings: tuple[ActiveRecording, ...] | None,
    in_call: bool | None,
    now: datetime,
) -> bool:
    """Return whether a line differs from what it was, or its durations are due."""
    return (
        line.recordings != recordings or line.in_call is not in_call or line.is_due(now)
    )


def _in_call(busy_numbers: Iterable[str] | None, lines: Lines) -> set[str] | None:
    """Return the lines that are in a call; `None` where not reported."""
    if busy_numbers is None:
        return None
    return {line.id for number in busy_numbers for line in lines.with_number(number)}
