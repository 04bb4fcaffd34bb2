"""Where new rows appear in a list whose order nobody documents.

A walk reads the whole list once and keeps its newest rows. If these stand together
at one end, that is where new rows appear, and one page there shows them all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from heapq import heappush, heappushpop, nlargest
from typing import Any, Final, NamedTuple, Self
from zlib import crc32

from .catapult import MAX_SIZE, Page, Place, page_place
from .rows import Row

WINDOW: Final = 250
"""Rows of the page that a poll reads, at least."""
_REACH: Final = 125
"""New rows appear within so many rows of one end: started later, listed earlier..."""
_ROOM: Final = 75
"""Rows that can still be added to a page at the end of the list."""
_WITNESSES: Final = 50
"""Newest rows that are asked where they stand."""
_SHARE: Final = 0.9
"""How many of them have to agree: some clocks were wrong."""
_NEWEST_KEPT: Final = 1000
MAX_PAGES: Final = 20_000


class Order(StrEnum):
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

    place: Place | None = field(default_factory=lambda: page_place(0, MAX_SIZE))
    """Where to read next; `None` at the end."""
    count: int = 0
    pages: int = 0
    oldest: datetime | None = None
    latest: datetime | None = None
    """When the newest row began, wrong clocks aside."""
    is_whole: bool = True
    """Begun in this run, so that `newest` lacks nothing."""
    _newest: list[_Standing] = field(default_factory=list)
    _first_id: str | None = None

    def take(self, page: Page[Row]) -> None:
        """Take in the page that was read at `place`."""
        self.pages += 1
        first_id = page.rows[0].id if page.rows else None
        if first_id is not None and first_id == self._first_id:
            # Where a server does not know `page`, all pages are the first.
            self.place = None
            return
        self._first_id = first_id
        for position, row in enumerate(page.rows, self.count):
            if row.started_at is not None:
                self._keep(row, row.started_at, position)
        self.latest = max(filter(None, (self.latest, newest_start(page))), default=None)
        self.count += page.count
        self.place = page.next if self.pages < MAX_PAGES else None

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

    def order(self) -> Order | None:
        """Judge where new rows appear; `None` for a list too short to tell."""
        if self.count < 2 * _REACH:
            return None
        witnesses = nlargest(_WITNESSES, self._newest)
        enough = _SHARE * _WITNESSES
        if sum(row.position < _REACH for row in witnesses) >= enough:
            return Order.FRONT
        if sum(row.position >= self.count - _REACH for row in witnesses) >= enough:
            return Order.END
        return Order.ANYWHERE

    def newest(self) -> tuple[Row, ...]:
        """Return the newest rows, newest first."""
        newest = sorted(self._newest, reverse=True)
        return tuple(standing.row for standing in newest if standing.row)

    def as_dict(self) -> dict[str, Any]:
        """Return what a restart needs to go on here."""
        return {
            "place": self.place and dict(self.place),
            "count": self.count,
            "pages": self.pages,
            "oldest": time_to_text(self.oldest),
            "latest": time_to_text(self.latest),
            "newest": [list(row[:3]) for row in nlargest(_WITNESSES, self._newest)],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Go on where `as_dict` was called."""
        return cls(
            place=data["place"],
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
    """Reads back from the newest row to one that is known: what was missed."""

    page: int
    forward: bool
    """Whether older rows are on the pages with higher numbers."""
    known: datetime
    """Rows up to this time are known."""
    is_done: bool = False

    @property
    def place(self) -> Place | None:
        """Return where to read next; `None` when nothing is missing any more."""
        return None if self.is_done else page_place(self.page, MAX_SIZE)

    def take(self, page: Page[Row]) -> None:
        """Take in the page that was read at `place`."""
        last = page.next is None if self.forward else self.page == 0
        self.is_done = last or reaches(page, self.known)
        self.page += 1 if self.forward else -1


def reaches(page: Page[Row], known: datetime | None) -> bool:
    """Tell whether a page reaches back to what is known."""
    return known is None or any(
        row.started_at is not None and row.started_at <= known for row in page.rows
    )


def newest_start(page: Page[Row]) -> datetime | None:
    """Return when the newest row began; a wrong clock's future does not count."""
    starts = [row.started_at for row in page.rows if row.started_at]
    return max((start for start in starts if start <= page.now), default=None)


def end_place(total: int) -> Place:
    """Choose the page that shows the end of a list of `total` rows.

    Any size can be asked for, so the page is one that begins well before the end
    and has room for new rows: no poll needs a second request for being at a seam.
    """
    # One of less than 500 always fits.
    size = next(size for size in range(WINDOW, MAX_SIZE) if _shows_end(total, size))
    return page_place(total // size, size)


def _shows_end(total: int, size: int) -> bool:
    """Tell whether the last page of this size has enough rows, and enough room."""
    page, rows = divmod(total, size)
    return rows <= size - _ROOM and (rows >= _REACH or page == 0)


def time_to_text(time: datetime | None) -> str | None:
    """Write a time for the storage."""
    return time.isoformat() if time else None


def time_from_text(text: str | None) -> datetime | None:
    """Read what `time_to_text` wrote."""
    return datetime.fromisoformat(text) if text else None
