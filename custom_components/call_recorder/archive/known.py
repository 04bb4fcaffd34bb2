"""The part of the archive that is known: today's recordings, and the newest ones."""

from collections.abc import Collection, Iterable, Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from homeassistant.util import dt as dt_util

from ..api.models import Recording, RecordingState

MOST_ROWS: Final = 200_000
"""Recordings that are kept: about 80 MB."""


class _Row(NamedTuple):
    """What is kept of a recording."""

    started_at: datetime | None
    duration: timedelta | None
    state: RecordingState | None


@dataclass(slots=True)
class KnownRecordings:
    """Separates new recordings from known ones, and counts those of the day.

    Grows with the day, not with the archive, and up to a limit.
    """

    since: datetime
    """Everything that started since then is known."""
    _rows: dict[str, _Row] = field(default_factory=dict)

    def __contains__(self, recording_id: object) -> bool:
        """Return whether a recording is known."""
        return recording_id in self._rows

    @property
    def ids(self) -> AbstractSet[str]:
        """Return the ids of the recordings that are kept."""
        return self._rows.keys()

    def __len__(self) -> int:
        """Return how many recordings are kept."""
        return len(self._rows)

    def add(
        self, recordings: Iterable[Recording], *, expected: Collection[str] = ()
    ) -> list[Recording]:
        """Take in what was read; return what is newly complete.

        A recording older than `since` is new only if it was expected, because its row
        may have been dropped.
        """
        fresh = []
        for recording in recordings:
            before = self._rows.get(recording.id)
            self._rows[recording.id] = _Row(
                recording.started_at, recording.duration, recording.state
            )
            if not _is_complete(recording.state):
                continue
            if before is not None and _is_complete(before.state):
                continue
            if (
                before is not None
                or recording.id in expected
                or recording.started_at is None
                or recording.started_at >= self.since
            ):
                fresh.append(recording)
        return fresh

    def forget(self, before: datetime, newest: Collection[Recording]) -> None:
        """Drop the rows that started before a time and are older than the newest page.

        With too many left, all but that page are dropped, and the day is not known.
        """
        starts = filter(None, (recording.started_at for recording in newest))
        cut = min((before, *starts))
        kept = {recording.id for recording in newest}
        self._rows = {
            recording_id: row
            for recording_id, row in self._rows.items()
            if recording_id in kept
            or (row.started_at is not None and row.started_at >= cut)
        }
        self.since = max(self.since, cut)
        if len(self._rows) > MOST_ROWS:
            self._rows = {one: row for one, row in self._rows.items() if one in kept}
            self.since = dt_util.utcnow()

    def durations_between(
        self, start: datetime, end: datetime
    ) -> list[timedelta | None] | None:
        """Return the durations of what started in a time (`end` excluded).

        `None` when not everything since its start is known. Without the recordings
        that could not be saved.
        """
        if start < self.since:
            return None
        return [
            row.duration
            for row in self._rows.values()
            if row.started_at is not None
            and start <= row.started_at < end
            and row.state is not RecordingState.ERROR
        ]


def _is_complete(state: RecordingState | None) -> bool:
    """Return whether a recording can be played."""
    return state in (None, RecordingState.COMPLETE)
