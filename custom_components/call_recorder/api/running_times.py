"""How long recordings have run, by the recorder's clock."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import override

from .models import ActiveRecording
from .parsing import LONGEST_DURATION


class RunningTimes(Mapping[str, timedelta]):
    """Durations by id, counted from each start to `now` when they are asked for."""

    def __init__(self, recordings: Iterable[ActiveRecording], now: datetime) -> None:
        """Take the recordings and the recorder's time."""
        self._recordings = recordings
        self._now = now

    @cached_property
    def _starts(self) -> dict[str, datetime]:
        """Return the starts that are known, but for those that no clock can have."""
        return {
            recording.id: recording.started_at
            for recording in self._recordings
            if recording.started_at is not None
            and self._now - recording.started_at <= LONGEST_DURATION
        }

    @override
    def __getitem__(self, recording_id: str) -> timedelta:
        """Return a duration; raises `KeyError` where the start is not known."""
        return max(self._now - self._starts[recording_id], timedelta())

    @override
    def __iter__(self) -> Iterator[str]:
        """Iterate over the recordings whose start is known."""
        return iter(self._starts)

    @override
    def __len__(self) -> int:
        """Return how many those are."""
        return len(self._starts)
