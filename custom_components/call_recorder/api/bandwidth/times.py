"""The times on a page of Bandwidth's list."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple, Self

from .catapult import Page
from .rows import Row

SLACK: Final = timedelta(hours=1)
"""How far the starts may be out of order: the list may go by the ends of the calls."""
_OUTLIERS: Final = 0.05
"""Share of rows at either side that may have wrong clocks."""
SPAN_SHARE: Final = 1 - 2 * _OUTLIERS
"""Share of a page's rows between the two ends of its span."""
_IN_ORDER: Final = 0.9
"""Share of neighboring rows on a page that must be in order."""


class Span(NamedTuple):
    """The times on one page of the list."""

    low: datetime
    high: datetime
    newest: datetime | None
    rows: int
    is_rising: bool
    is_falling: bool

    @classmethod
    def of(cls, page: Page[Row]) -> Self | None:
        """Return the times on a page; `None` where its rows have none."""
        starts = [row.started_at for row in page.rows if row.started_at]
        if not starts:
            return None
        steps = [later - earlier for earlier, later in pairwise(starts)]
        enough = _IN_ORDER * len(steps)
        cut = int(_OUTLIERS * len(starts))
        ordered = sorted(starts)
        return cls(
            low=ordered[cut],
            high=ordered[-1 - cut],
            newest=newest_start(page),
            rows=page.count,
            is_rising=sum(step >= -SLACK for step in steps) >= enough,
            is_falling=sum(step <= SLACK for step in steps) >= enough,
        )


def reaches(page: Page[Row], known: datetime | None) -> bool:
    """Return whether a page has a row that started until `known`."""
    return known is None or any(
        row.started_at is not None and row.started_at <= known for row in page.rows
    )


def newest_start(page: Page[Row]) -> datetime | None:
    """Return the latest start that is not in the future."""
    starts = [row.started_at for row in page.rows if row.started_at]
    return max((start for start in starts if start <= page.now), default=None)
