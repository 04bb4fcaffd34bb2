"""Finds a time in a sorted list of recordings, of which only pages can be read."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from .catapult import Page
from .readers import SortedListReader
from .rows import Row
from .times import SLACK

_MAX_PROBES: Final = 20
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


async def find_page(
    read: Callable[[int], Awaitable[Page[Row]]],
    reader: SortedListReader,
    *,
    end: datetime,
    size: int,
    total: int,
    oldest: datetime,
) -> int:
    """Return the number of the newest page with rows that started before `end`.

    This is an interpolation search: recordings come rather evenly, so the position
    follows from the time. Every third probe takes the middle, since they may not.
    A request costs a second, so two or three probes instead of ten are worth it.
    """
    newest = datetime.now(UTC)
    first, beyond = 0, total // size
    for probe in range(_MAX_PROBES):
        if first >= beyond or end >= newest:
            break
        share = 0.5 if probe % 3 == 2 else _share(newest, end, oldest)
        index = first + int((beyond - first) * share)
        page = await read(reader.number(index, size))
        starts = [row.started_at for row in reader.newest_first(page) if row.started_at]
        if not starts:
            # Beyond an end of the list that has moved.
            first, beyond = (first, index) if reader.step > 0 else (index + 1, beyond)
        elif starts[-1] < end + SLACK:
            beyond, oldest = index, starts[-1]
        else:
            first, newest = index + 1, starts[-1]
    return reader.number(first, size)


def _share(newest: datetime, time: datetime, oldest: datetime) -> float:
    """Return how far a time is from the newest to the oldest: 0 up to, not with, 1."""
    if newest == oldest:
        return 0.5
    return min(max((newest - time) / (newest - oldest), 0.0), 0.999)
