"""Learns where new rows appear in a list whose order is not documented.

A walk reads the whole list once and keeps its newest rows. If these stand together
at one end, new rows appear there, and one page at that end shows them all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from heapq import heappush, heappushpop, nlargest
from typing import Any, Final, NamedTuple, Self
from zlib import crc32

from .catapult import MAX_SIZE, Page, PageQuery, page_query
from .rows import Row
from .times import Span, newest_start, reaches

WINDOW: Final = 250
"""Rows of the page that a poll reads, at least."""
REACH: Final = 125
"""New rows appear within so many rows of one end: calls overlap."""
_WITNESSES: Final = 50
"""Number of newest rows that decide where new rows appear."""
_SHARE: Final = 0.9
"""Share of them that must be at one end; the rest may have wrong clocks."""
_NEWEST_KEPT: Final = 1000
FIRST_PAGES: Final = 3
"""Pages of which a walk keeps the times: a longer list is worth a sample."""
MAX_PAGES: Final = 20_000


class ListOrder(StrEnum):
    """Where new rows appear."""

    FRONT = "front"
    END = "end"
    ANYWHERE = "anywhere"


class _Standing(NamedTuple):
    """A row and where it stands. Compared by its time, then by chance."""

    started_at: float
    chance: int
    position: int
    row: Row | None


@dataclass(slots=True, kw_only=True)
class Walk:
    """Goes through the whole list, page by page.

    Memory: the newest thousand rows, however long the list.
    """

    query: PageQuery | None = field(default_factory=lambda: page_query(0, MAX_SIZE))
    """The page to read next; `None` at the end."""
    count: int = 0
    pages: int = 0
    oldest: datetime | None = None
    latest: datetime | None = None
    """Start of the newest row whose time is not in the future."""
    is_whole: bool = True
    """Started in this run, so that `newest` is complete."""
    spans: dict[int, Span] = field(default_factory=dict)
    """The times on the first pages, by their numbers."""
    _newest: list[_Standing] = field(default_factory=list)
    _first_id: str | None = None

    def take(self, page: Page[Row]) -> None:
        """Add the page that was read for `query`."""
        self.pages += 1
        first_id = page.rows[0].id if page.rows else None
        if first_id is not None and first_id == self._first_id:
            # Where a server does not know `page`, all pages are the first.
            self.query = None
            return
        self._first_id = first_id
        if self.pages <= FIRST_PAGES and (span := Span.of(page)) is not None:
            self.spans[self.pages - 1] = span
        for position, row in enumerate(page.rows, self.count):
            if row.started_at is not None:
                self._keep(row, row.started_at, position)
        self.latest = max(filter(None, (self.latest, newest_start(page))), default=None)
        self.count += page.count
        self.query = page.next if self.pages < MAX_PAGES else None

    def _keep(self, row: Row, started_at: datetime, position: int) -> None:
        """Keep the row while it is among the newest."""
        self.oldest = min(self.oldest or started_at, started_at)
        standing = _Standing(
            # Chance decides between rows of one time: the position must not.
            started_at.timestamp(),
            crc32(row.id.encode()),
            position,
            row,
        )
        if len(self._newest) < _NEWEST_KEPT:
            heappush(self._newest, standing)
        else:
            heappushpop(self._newest, standing)

    def order(self) -> ListOrder | None:
        """Return where new rows appear; `None` for a list that is too short."""
        if self.count < 2 * REACH:
            return None
        witnesses = nlargest(_WITNESSES, self._newest)
        enough = _SHARE * _WITNESSES
        if sum(row.position < REACH for row in witnesses) >= enough:
            return ListOrder.FRONT
        if sum(row.position >= self.count - REACH for row in witnesses) >= enough:
            return ListOrder.END
        return ListOrder.ANYWHERE

    def newest(self) -> tuple[Row, ...]:
        """Return the newest rows, newest first."""
        newest = sorted(self._newest, reverse=True)
        return tuple(standing.row for standing in newest if standing.row)

    def as_dict(self) -> dict[str, Any]:
        """Return what is needed to continue after a restart."""
        return {
            "query": self.query and dict(self.query),
            "count": self.count,
            "pages": self.pages,
            "oldest": time_to_text(self.oldest),
            "latest": time_to_text(self.latest),
            "newest": [list(row[:3]) for row in nlargest(_WITNESSES, self._newest)],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the walk that `as_dict` described."""
        return cls(
            query=data["query"],
            count=data["count"],
            pages=data["pages"],
            oldest=time_from_text(data["oldest"]),
            latest=time_from_text(data["latest"]),
            is_whole=False,
            _newest=sorted(
                _Standing(started_at, chance, position, None)
                for started_at, chance, position in data["newest"]
            ),
        )


@dataclass(slots=True, kw_only=True)
class CatchUp:
    """Reads the pages between the newest rows and those that are known."""

    page: int
    """Number of the page to read next."""
    step: int
    """1 where older rows are on the pages with higher numbers, otherwise -1."""
    known: datetime
    """Rows that started until then are known."""
    is_done: bool = False

    @property
    def query(self) -> PageQuery | None:
        """Return the page to read next; `None` when no row is missing any more."""
        return None if self.is_done else page_query(self.page, MAX_SIZE)

    def take(self, page: Page[Row]) -> None:
        """Add the page that was read for `query`."""
        last = page.next is None if self.step > 0 else self.page == 0
        self.is_done = last or reaches(page, self.known)
        self.page += self.step


def time_to_text(time: datetime | None) -> str | None:
    """Return a time as text for the storage."""
    return time.isoformat() if time else None


def time_from_text(text: str | None) -> datetime | None:
    """Parse the result of `time_to_text`."""
    return datetime.fromisoformat(text) if text else None
