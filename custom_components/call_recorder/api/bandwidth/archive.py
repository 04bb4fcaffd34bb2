"""Pages through Bandwidth's recordings, newest first, by what the walk has learnt."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
import json
from typing import Final, NamedTuple, Self

from ..errors import CannotConnectError, ErrorKey, RefusedError
from ..models import Direction, Recording, RecordingPage, RecordingQuery
from .calls import CallBook
from .catapult import MAX_SIZE, Catapult, Page, page_place
from .live_list import LiveList
from .rows import Row
from .walk import WINDOW, Order, time_from_text, time_to_text

_MAX_PAGES: Final = 5
"""Pages of the list that one question costs at most, once its begin is found."""
_MAX_LOOKUPS: Final = 10
"""Calls that one question may cost: one request, and so one second, each."""
_MAX_PROBES: Final = 20
_SLACK: Final = timedelta(hours=1)
"""How far the starts may be out of order: the list may go by the ends."""
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Archive:
    """The finished recordings."""

    def __init__(self, catapult: Catapult, live: LiveList, calls: CallBook) -> None:
        """Read the list of which `live` knows the order."""
        self._catapult = catapult
        self._live = live
        self._calls = calls

    async def get_recordings(self, query: RecordingQuery) -> RecordingPage:
        """Read a page; see `BandwidthClient.get_recordings`."""
        if query.username is not None:
            # Catapult knows no users of its recordings.
            raise RefusedError(ErrorKey.NOT_SUPPORTED)
        if query.direction is Direction.INTERNAL:
            return RecordingPage(recordings=())
        cursor = _Cursor.parse(query.cursor)
        if not self._live.is_known:
            await self._live.poll()
        judge = _Judge(self._calls, query)
        await judge.prepare()
        found: list[Recording] = []
        is_last = False
        async for part in self._read(query, cursor):
            is_last = part.is_last
            for row in part.rows:
                fits = await judge.fits(row) if len(found) < query.limit else None
                if fits is None:
                    return _page(found, cursor)
                if fits:
                    found.append(row.to_recording(self._calls.peek(row.call_id)))
                cursor = _Cursor(row.id, row.started_at, part.page, part.size)
            if len(found) == query.limit:
                break
        return _page(found, None if is_last else cursor)

    def _read(
        self, query: RecordingQuery, cursor: _Cursor | None
    ) -> AsyncIterator[_Part]:
        """Read the list in the way that its order asks for."""
        live = self._live
        if live.order in (Order.FRONT, Order.END):
            return self._read_sequence(query, cursor)
        if live.newest is not None or (live.order is None and live.is_known):
            return self._read_whole(cursor)
        raise CannotConnectError("the archive is still being read")

    async def _read_whole(self, cursor: _Cursor | None) -> AsyncIterator[_Part]:
        """Sort what can be had at once: the only page, or what the walk has kept."""
        rows = self._live.newest
        if rows is None:
            rows = (await self._read_page(0, MAX_SIZE)).rows
        older = [row for row in rows if cursor is None or cursor.is_before(row)]
        older.sort(key=_newness, reverse=True)
        yield _Part(older, 0, MAX_SIZE, True)

    async def _read_sequence(
        self, query: RecordingQuery, cursor: _Cursor | None
    ) -> AsyncIterator[_Part]:
        """Read pages from the end where new rows appear, on from the cursor's row.

        New rows and deletions move rows on to other pages: the row is looked for
        on two pages. If it is gone, its time counts.
        """
        forward = self._live.order is Order.FRONT
        pages: dict[int, Page[Row]] = {}
        if cursor is not None:
            size, number = cursor.size, cursor.page
        else:
            is_plain = not (query.number or query.direction or query.start)
            size = WINDOW if is_plain and query.limit <= WINDOW // 2 else MAX_SIZE
            number = await self._find_first(query.end, size, pages)
        passed: list[Row] | None = None
        for _ in range(_MAX_PAGES):
            page = pages.get(number) or await self._read_page(number, size)
            rows = list(page.rows if forward else reversed(page.rows))
            is_last = page.next is None if forward else number == 0
            if query.start and rows and _start(rows[-1]) < query.start - _SLACK:
                is_last = True
            if cursor is not None:
                behind = cursor.cut([*(passed or ()), *rows])
                if behind is None and passed is None and not is_last:
                    passed = rows
                elif behind is None:
                    rows = [*filter(cursor.is_before, [*(passed or ()), *rows])]
                    cursor = None
                else:
                    rows, cursor = behind, None
            if cursor is None:
                yield _Part(rows, number, size, is_last)
            if is_last:
                return
            number += 1 if forward else -1

    async def _find_first(
        self, end: datetime | None, size: int, pages: dict[int, Page[Row]]
    ) -> int:
        """Return the number of the newest page with rows begun before `end`.

        Guesses by time where that page is, since recordings come rather evenly, and
        halves now and then, since they may not. `pages` keeps what was read.
        """
        last = self._live.total // size
        forward = self._live.order is Order.FRONT
        newest, oldest = datetime.now(UTC), self._live.oldest or _EARLIEST
        first, beyond = 0, last
        if end is None or end >= newest:
            beyond = 0
        for probe in range(_MAX_PROBES):
            if end is None or first >= beyond:
                break
            span = newest - oldest
            share = 0.5 if probe % 3 == 2 or not span else (newest - end) / span
            middle = first + int((beyond - first) * min(max(share, 0.0), 0.999))
            number = middle if forward else last - middle
            page = pages[number] = await self._read_page(number, size)
            starts = [row.started_at for row in page.rows if row.started_at]
            if not starts:
                # Beyond an end of the list that has moved.
                first, beyond = (first, middle) if forward else (middle + 1, beyond)
            elif (start := starts[-1 if forward else 0]) < end + _SLACK:
                beyond, oldest = middle, start
            else:
                first, newest = middle + 1, start
        return first if forward else last - first

    async def _read_page(self, number: int, size: int) -> Page[Row]:
        """Read a page of the list; unreadable rows are no reason to stop."""
        return await self._catapult.get_page(
            "recordings",
            parse=Row.parse,
            place=page_place(number, size),
            strict=number == 0,
        )


class _Part(NamedTuple):
    """Rows of one page of the list, newest first."""

    rows: Sequence[Row]
    page: int
    size: int
    is_last: bool
    """Whether nothing that is asked for can be behind them."""


class _Cursor(NamedTuple):
    """The row that was looked at last, and on which page of the list it was."""

    row_id: str
    started_at: datetime | None
    page: int
    size: int

    @classmethod
    def parse(cls, text: str | None) -> Self | None:
        """Read a `next_cursor`; raises `RefusedError` when it is none of ours."""
        if text is None:
            return None
        try:
            row_id, started_at, page, size = json.loads(urlsafe_b64decode(text))
            place = max(int(page), 0), min(max(int(size), 1), MAX_SIZE)
            return cls(str(row_id), time_from_text(started_at), *place)
        except ValueError, TypeError:
            raise RefusedError(ErrorKey.INVALID_CURSOR) from None

    def __str__(self) -> str:
        """Write the `next_cursor`."""
        started_at = time_to_text(self.started_at)
        text = json.dumps([self.row_id, started_at, self.page, self.size])
        return urlsafe_b64encode(text.encode()).decode()

    def is_before(self, row: Row) -> bool:
        """Tell whether a row is older than this one."""
        return _newness(row) < (self.started_at or _EARLIEST, self.row_id)

    def cut(self, rows: list[Row]) -> list[Row] | None:
        """Return the rows behind this one; `None` when it is not among them."""
        ids = [row.id for row in rows]
        return rows[ids.index(self.row_id) + 1 :] if self.row_id in ids else None


class _Judge:
    """Tells which recordings fit a query, within a limited number of requests."""

    def __init__(self, calls: CallBook, query: RecordingQuery) -> None:
        """Judge by a query."""
        self._calls = calls
        self._query = query
        self._lookups = _MAX_LOOKUPS
        self._call_ids: frozenset[str] | None = None
        """All calls of the number, where the vendor tells them."""

    async def prepare(self) -> None:
        """Get to know many calls at once where numbers or directions count."""
        if self._query.number is not None:
            self._call_ids = await self._calls.of_number(self._query.number)
        if self._call_ids is None and (self._query.number or self._query.direction):
            await self._calls.read_newest()

    async def fits(self, row: Row) -> bool | None:
        """Tell whether a recording fits; `None` when that takes too many requests."""
        query = self._query
        if row.is_active or not self._is_in_time(row):
            return False
        if query.number is None and query.direction is None:
            return True
        if self._call_ids is not None and row.call_id not in self._call_ids:
            return False
        if row.call_id is not None and not self._calls.is_read(row.call_id):
            if not self._lookups:
                return None
            self._lookups -= 1
            await self._calls.get(row.call_id)
        call = self._calls.peek(row.call_id)
        has_number = query.number is None or (call and call.has_number(query.number))
        direction = (call and call.direction) or Direction.UNKNOWN
        return bool(has_number) and query.direction in (None, direction)

    def _is_in_time(self, row: Row) -> bool:
        """Tell whether a recording began in the time that is asked for."""
        start, end = self._query.start, self._query.end
        if row.started_at is None:
            return start is None and end is None
        return (start is None or start <= row.started_at) and (
            end is None or row.started_at < end
        )


def _page(found: list[Recording], cursor: _Cursor | None) -> RecordingPage:
    """Make a page, newest first."""
    found.sort(key=_newness, reverse=True)
    return RecordingPage(
        recordings=tuple(found), next_cursor=str(cursor) if cursor else None
    )


def _newness(row: Row | Recording) -> tuple[datetime, str]:
    """Sort by start, those without one as the oldest."""
    return _start(row), row.id


def _start(row: Row | Recording) -> datetime:
    """Return when a recording began, or a time before all of them."""
    return row.started_at or _EARLIEST
