"""Which recordings have ended and are not in the archive yet."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ..api.models import ActiveRecording

_TIME: Final = timedelta(minutes=10)
"""How long a recorder may take to put a recording into its archive."""
_MOST: Final = 10_000
"""Recordings that are waited for; those that end meanwhile are found in the archive."""


@dataclass(slots=True, kw_only=True)
class Expectation:
    """A recording that was active and is to appear in the archive."""

    active: ActiveRecording
    line_ids: tuple[str, ...]
    ended_at: datetime
    deadline: datetime


@dataclass(slots=True)
class ExpectedRecordings:
    """The recordings that have ended and are not in the archive yet.

    Nothing is kept across a restart: a recording that ended while Home Assistant was
    not running is not known to be lost.
    """

    _expected: dict[str, Expectation] = field(default_factory=dict)
    _last_answer: datetime | None = None
    _outage: bool = False

    def __len__(self) -> int:
        """Return how many recordings are expected."""
        return len(self._expected)

    def __contains__(self, recording_id: object) -> bool:
        """Return whether a recording is expected."""
        return recording_id in self._expected

    def __iter__(self) -> Iterator[Expectation]:
        """Go through them, those that ended first at first."""
        return iter(tuple(self._expected.values()))

    def add(
        self, active: ActiveRecording, line_ids: tuple[str, ...], now: datetime
    ) -> None:
        """Expect a recording that has just ended, unless too many are expected."""
        if len(self._expected) >= _MOST:
            return
        self._expected[active.id] = Expectation(
            active=active, line_ids=line_ids, ended_at=now, deadline=now + _TIME
        )

    def remove(self, recording_id: str) -> None:
        """Expect it no longer: it is there, lost, active again or out of our sight."""
        self._expected.pop(recording_id, None)

    def note_answer(self, now: datetime) -> None:
        """Extend the deadlines by an outage that is over: it delays the archive too."""
        if self._outage:
            for expectation in self:
                ended_at = expectation.ended_at
                expectation.deadline += now - max(
                    self._last_answer or ended_at, ended_at
                )
        self._outage = False
        self._last_answer = now

    def note_outage(self) -> None:
        """Remember that the recorder could not be asked."""
        self._outage = True
