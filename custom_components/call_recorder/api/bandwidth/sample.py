"""Finds the order of a long list by a few of its pages.

Where the times on the first pages, on some between and on the last one are in order,
new rows appear at one end. The walk through the whole list checks that later.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Final

from .catapult import MAX_SIZE, Page, PageQuery, page_query
from .rows import Row
from .times import SLACK, SPAN_SHARE, Span
from .walk import FIRST_PAGES, MAX_PAGES, ListOrder

LONGEST_RECORDING: Final = timedelta(days=1)
"""A recording lasts an hour unless a call asks for more, and errors.md has a maximum
(methods/calls/postCalls.md, recordingMaxDuration). Older rows are for the walk."""
_PROBES: Final = (8, 64, 512, 4096)
"""Pages that are read where new rows seem to appear at the front."""
_SECOND: Final = timedelta(seconds=1)
_MAX_PROBES: Final = 20
"""Pages that a sample reads at most; then the order is left to the walk."""


class Sample:
    """Reads some pages of a list until its order is known, or seems to be none."""

    def __init__(self, spans: Mapping[int, Span], now: datetime) -> None:
        """Take the pages that were read already, by their numbers."""
        self.spans = dict(spans)
        self.order: ListOrder | None = None
        """Where new rows appear; `None` while it is not known."""
        self.last: int | None = None
        """Number of the last page, if it was found."""
        self.empty = MAX_PAGES + 1
        """Number of a page that has no rows."""
        self._now = now
        self._probes = 0
        self._is_beyond = False
        """Whether the page that was read last has no rows."""
        self.query = self._next()
        """The page to read next; `None` when no more are needed."""

    def take(self, page: Page[Row]) -> None:
        """Add the page that was read for `query`."""
        number = int((self.query or {})["page"])
        self._now = page.now
        self._probes += 1
        self._is_beyond = not page.count
        self.query = None
        if not page.count:
            self.empty = min(self.empty, number)
        elif (span := Span.of(page)) is not None:
            self.spans[number] = span
            if page.next is None:
                self.empty = min(self.empty, number + 1)
        else:
            return
        self.query = self._next()

    def _next(self) -> PageQuery | None:
        """Return the page to read next, or learn the order and return `None`."""
        number = next((n for n in range(FIRST_PAGES - 1) if n not in self.spans), None)
        if self._probes >= _MAX_PROBES or (number or 0) >= self.empty:
            return None
        if number is None:
            number = self._next_in_order()
        return None if number is None else page_query(number, MAX_SIZE)

    def _next_in_order(self) -> int | None:
        """Return the page that proves the order of the first ones, or learn the order."""
        number = None
        if self._is_ordered(rising=False):
            number = next(self._front_probes(), None)
            if number is None and max(self.spans) >= _PROBES[0]:
                self.order = ListOrder.FRONT
        elif self._is_ordered(rising=True):
            number = self._guess_last()
            if number is None:
                self.last = self.empty - 1
                self.order = ListOrder.END
        return number

    def _is_ordered(self, *, rising: bool) -> bool:
        """Return whether the times on and between the pages go one way."""
        spans = [span for _, span in sorted(self.spans.items())]
        if not rising:
            spans.reverse()
        on_pages = all(span.is_rising if rising else span.is_falling for span in spans)
        moves = spans[-1].low > spans[0].high
        return (
            on_pages
            and moves
            and all(
                later.low >= earlier.high - SLACK for earlier, later in pairwise(spans)
            )
        )

    def _front_probes(self) -> Iterator[int]:
        """Return the pages that are still to be read for a list with falling times."""
        for number in _PROBES:
            if number < self.empty and number not in self.spans:
                yield number

    def _guess_last(self) -> int | None:
        """Guess by time which page is the last; `None` when it was read.

        Until now, the traffic may have gone on as on the last page that was found, or
        as since the page before it: the lower one is taken. Nights and campaigns
        mislead each of them. Behind a page beyond the end, halves find it surely.
        """
        last = max(self.spans)
        if last + 1 >= self.empty:
            return None
        span, earlier = self.spans[last], max(self.spans.keys() - {last}, default=last)
        on_page = (span.high - span.low) / SPAN_SHARE
        before = (span.high - self.spans[earlier].high) / max(last - earlier, 1)
        ahead = max((self._now - span.high) / max(on_page, before, _SECOND), 1)
        if self._is_beyond or last + ahead > self.empty:
            return (last + self.empty) // 2
        return min(last + ceil(ahead), self.empty - 1)
