"""The finished recordings: many older ones, computed on demand, and the new ones.

A million older recordings take no memory: each is computed from the seed and its
running number. All are sorted by start, so that a span of time is found by bisecting.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from .calls import Call, Direction, Line, Recording
from .identifiers import mix
from .people import CALLERS, caller

SPACING = timedelta(minutes=10)
_LONGEST = timedelta(minutes=5)
_NOTES = (
    "Called back about the order.",
    "Complaint, see ticket.",
    "Wants an offer by Friday.",
)
_TIMES, _PARTIES = 2, 3
_DIRECTIONS: tuple[Direction, ...] = (
    "incoming",
    "incoming",
    "incoming",
    "outgoing",
    "outgoing",
)


class Archive:
    """The finished recordings, oldest first."""

    def __init__(
        self, seed: int, size: int, until: datetime, lines: list[Line]
    ) -> None:
        """Fill the archive with `size` older recordings, the last just before `until`."""
        self.seed = seed
        self.older = size
        self.newer: list[Recording] = []
        self._first_start = until - _LONGEST - size * SPACING
        self._lines = list(lines)
        self._parties = len(lines) * CALLERS * len(_DIRECTIONS)

    def __len__(self) -> int:
        """Return how many recordings there are."""
        return self.older + len(self.newer)

    def __getitem__(self, position: int) -> Recording:
        """Return the recording at a position, 0 being the oldest."""
        if position < self.older:
            return self._older(position)
        return self.newer[position - self.older]

    def add(self, recording: Recording) -> None:
        """Insert a finished recording, sorted by its start."""
        index = bisect_left(
            self.newer, recording.started_at, key=lambda row: row.started_at
        )
        self.newer.insert(index, recording)

    def find(self, number: int) -> Recording | None:
        """Return the recording with this running number, None if there is none."""
        if 0 <= number < self.older:
            return self._older(number)
        return next((row for row in self.newer if row.number == number), None)

    def of_call(self, call_number: int) -> list[Recording]:
        """Return the recordings of one call."""
        if 0 <= call_number < self.older:
            return [self._older(call_number)]
        return [row for row in self.newer if row.call.number == call_number]

    def positions(self, start: datetime | None, end: datetime | None) -> range:
        """Return the positions of the recordings started from `start` to before `end`."""
        first = self._position(start) if start else 0
        last = self._position(end) if end else len(self)
        return range(first, max(first, last))

    def select(
        self, positions: Iterable[int], fits: Callable[[Call], bool]
    ) -> list[int]:
        """Return the positions whose call fits; `fits` may look at its parties and direction only."""
        known: dict[int, bool] = {}
        chosen = []
        for position in positions:
            if position >= self.older:
                verdict = fits(self.newer[position - self.older].call)
            else:
                parties = mix(self.seed, position, _PARTIES) % self._parties
                if parties not in known:
                    known[parties] = fits(self._older(position).call)
                verdict = known[parties]
            if verdict:
                chosen.append(position)
        return chosen

    def _position(self, moment: datetime) -> int:
        """Return the position of the first recording started at `moment` or later."""
        return bisect_left(
            range(len(self)), moment, key=lambda position: self[position].started_at
        )

    def _older(self, number: int) -> Recording:
        """Return one of the older recordings, computed from its number."""
        bits = mix(self.seed, number, _TIMES)
        started_at = (
            self._first_start
            + number * SPACING
            + timedelta(milliseconds=bits % 290_000)
        )
        ended_at = started_at + timedelta(seconds=5 + (bits >> 20) % 280)
        return Recording(
            number=number,
            call=self._older_call(number, started_at, ended_at),
            sequence=1,
            started_at=started_at,
            ended_at=ended_at,
            saved_at=ended_at,
            note=_NOTES[(bits >> 54) % 3] if (bits >> 50) % 8 == 0 else None,
            preserved=(bits >> 56) % 16 == 0,
        )

    def _older_call(
        self, number: int, started_at: datetime, ended_at: datetime
    ) -> Call:
        """Return the call of one of the older recordings."""
        parties = mix(self.seed, number, _PARTIES) % self._parties
        parties, direction = divmod(parties, len(_DIRECTIONS))
        line, remote = divmod(parties, CALLERS)
        remote_number, remote_name = caller(remote)
        return Call(
            number=number,
            line=self._lines[line],
            remote_number=remote_number,
            remote_name=remote_name,
            direction=_DIRECTIONS[direction],
            traffic_type="external",
            started_at=started_at - timedelta(seconds=2 + number % 8),
            answered_at=started_at,
            ended_at=ended_at,
        )
