"""Reads Bandwidth's finished recordings page by page, newest first."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, NamedTuple, Self

from ..errors import ErrorKey, RefusedError
from ..models import Direction, Recording, RecordingPage, RecordingQuery, newest_first
from ..paging import read_cursor, write_cursor
from ..row_cache import RowCache
from .calls import CallCache
from .catapult import MAX_SIZE, Catapult, Page, page_query
from .live_list import LiveList
from .readers import SortedListReader
from .rows import Call, Row
from .search import EARLIEST, find_page
from .times import SLACK
from .walk import WINDOW, time_from_text, time_to_text

_MAX_PAGES: Final = 5
"""Pages of the list that one question reads at most, once its first page is found."""
_MAX_LOOKUPS: Final = 10
"""Calls that one question reads at most: one request, and so one second, each."""


class Archive:
    """The finished recordings."""

    def __init__(self, catapult: Catapult, live: LiveList, calls: CallCache) -> None:
        """Read the list by the order that `live` has learned."""
        self._catapult = catapult
        self._live = live
        self._calls = calls
        self._cache: RowCache[Row] = RowCache()

    async def get_recordings(self, query: RecordingQuery) -> RecordingPage:
        """Read a page; see `BandwidthClient.get_recordings`."""
        if query.direction is Direction.INTERNAL:
            return RecordingPage(recordings=())
        cursor = RowCursor.parse(query.cursor)
        if not self._live.position.is_known:
            await self._live.poll()
        judge = _Judge(self._calls, query)
        await judge.prepare()
        found: list[Recording] = []
        is_last = False
        with suppress(_TooManyRequests):
            async for part in self._read(query, cursor):
                for row in part.rows:
                    if len(found) == query.limit:
                        return _page(found, cursor)
                    if await judge.fits(row):
                        found.append(row.to_recording(self._calls.peek(row.call_id)))
                    cursor = RowCursor(row.id, row.started_at, part.page, part.size)
                is_last = part.is_last
                if len(found) == query.limit:
                    break
        return _page(found, None if is_last else cursor)

    def _read(
        self, query: RecordingQuery, cursor: RowCursor | None
    ) -> AsyncIterator[_Part]:
        """Read the list in the way that its order asks for."""
        reader = self._live.reader
        if isinstance(reader, SortedListReader):
            return self._read_sorted(reader, query, cursor)
        position = self._live.position
        if self._live.newest is not None or (
            position.order is None and position.is_known
        ):
            return self._read_whole(cursor)
        raise RefusedError(ErrorKey.NOT_YET_KNOWN)

    async def _read_whole(self, cursor: RowCursor | None) -> AsyncIterator[_Part]:
        """Sort the only page, or the rows that the walk has kept."""
        rows = self._live.newest
        if rows is None:
            rows = (await _Pages(self._catapult, MAX_SIZE, self._cache).read(0)).rows
        older = [row for row in rows if cursor is None or cursor.is_before(row)]
        older.sort(key=newest_first)
        yield _Part(older, 0, MAX_SIZE, True)

    async def _read_sorted(
        self, reader: SortedListReader, query: RecordingQuery, cursor: RowCursor | None
    ) -> AsyncIterator[_Part]:
        """Read pages from the end where new rows appear, on from the cursor's row."""
        if cursor is None:
            is_plain = not (query.number or query.direction or query.start)
            size = WINDOW if is_plain and query.limit <= WINDOW // 2 else MAX_SIZE
            number, size = reader.newest_page(size)
            pages = _Pages(self._catapult, size, self._cache)
            if query.end is not None:
                number = await find_page(
                    pages.read,
                    reader,
                    end=query.end,
                    size=size,
                    total=self._live.position.total,
                    oldest=self._live.position.oldest or EARLIEST,
                )
            parts = _read_parts(pages, reader, number, query.start)
        else:
            pages = _Pages(self._catapult, cursor.size, self._cache)
            parts = cursor.skip(_read_parts(pages, reader, cursor.page, query.start))
        async for part in parts:
            yield part


class _Pages:
    """Pages of one size, each read once."""

    def __init__(self, catapult: Catapult, size: int, cache: RowCache[Row]) -> None:
        """Start without any."""
        self.size = size
        self._catapult = catapult
        self._cache = cache
        self._pages: dict[int, Page[Row]] = {}

    async def read(self, number: int) -> Page[Row]:
        """Return a page. On all but the first, every row may be unreadable."""
        if number not in self._pages:
            self._pages[number] = await self._catapult.get_page(
                "recordings",
                parse=Row.parse,
                query=page_query(number, self.size),
                strict=number == 0,
                cache=self._cache,
            )
        return self._pages[number]


def _ends_before(rows: list[Row], start: datetime | None) -> bool:
    """Return whether rows, newest first, go back beyond a start."""
    starts = (row.started_at for row in reversed(rows) if row.started_at)
    oldest = next(starts, None)
    return start is not None and oldest is not None and oldest < start - SLACK


async def _read_parts(
    pages: _Pages, reader: SortedListReader, number: int, start: datetime | None
) -> AsyncIterator[_Part]:
    """Read pages from `number` on to older rows, back to `start`."""
    newest: Row | None = None
    for _ in range(_MAX_PAGES):
        page = await pages.read(number)
        rows = reader.newest_first(page)
        # Where a server does not know `page`, all pages are the first.
        is_repeated = bool(rows) and rows[0] == newest
        newest = rows[0] if rows else None
        rows = [] if is_repeated else rows
        is_last = (
            is_repeated or reader.is_oldest(number, page) or _ends_before(rows, start)
        )
        yield _Part(rows, number, pages.size, is_last)
        if is_last:
            return
        number += reader.step


class _Part(NamedTuple):
    """Rows of one page of the list, newest first."""

    rows: Sequence[Row]
    page: int
    size: int
    is_last: bool
    """Whether no later page can have what is asked for."""


class RowCursor(NamedTuple):
    """The last row that was read, and the page of the list that it was on."""

    id: str
    started_at: datetime | None
    page: int
    size: int

    @classmethod
    def parse(cls, text: str | None) -> Self | None:
        """Read a `next_cursor`; raises `RefusedError` when it is none of ours."""
        return None if text is None else read_cursor(text, cls._check)

    @classmethod
    def _check(cls, row_id: Any, started_at: Any, page: Any, size: Any) -> Self:
        """Check the fields of a `next_cursor`."""
        time = time_from_text(started_at)
        if not isinstance(row_id, str) or (time and time.tzinfo is None):
            raise ValueError("no cursor")
        page, size = max(int(page), 0), min(max(int(size), 1), MAX_SIZE)
        return cls(row_id, time, page, size)

    def __str__(self) -> str:
        """Write the `next_cursor`."""
        started_at = time_to_text(self.started_at)
        return write_cursor(self.id, started_at, self.page, self.size)

    def is_before(self, row: Row) -> bool:
        """Return whether a row is older than this one."""
        return newest_first(row) > newest_first(self)

    async def skip(self, parts: AsyncIterator[_Part]) -> AsyncIterator[_Part]:
        """Leave out the rows up to this one.

        New rows and deletions move rows on to other pages: the row is looked for
        on two pages. If it is gone, its time decides.
        """
        passed: list[Row] = []
        async for part in parts:
            rows = [*passed, *part.rows]
            ids = [row.id for row in rows]
            if self.id in ids:
                behind = rows[ids.index(self.id) + 1 :]
            elif passed or part.is_last:
                behind = [row for row in rows if self.is_before(row)]
            else:
                passed = rows
                continue
            yield part._replace(rows=behind)
            break
        async for part in parts:
            yield part


class _TooManyRequests(Exception):
    """A question costs more requests than it may."""


class _Judge:
    """Finds out which recordings fit a query, within a limited number of requests."""

    def __init__(self, calls: CallCache, query: RecordingQuery) -> None:
        """Judge by a query."""
        self._calls = calls
        self._query = query
        self._lookups = _MAX_LOOKUPS
        self._call_ids: frozenset[str] | None = None
        """All calls of the number, where the vendor can list them."""

    async def prepare(self) -> None:
        """Read many calls at once where numbers or directions count."""
        if self._query.number is not None:
            self._call_ids = await self._calls.of_number(self._query.number)
        if self._call_ids is None and (self._query.number or self._query.direction):
            await self._calls.read_newest()

    async def fits(self, row: Row) -> bool:
        """Return whether a recording fits; raise `_TooManyRequests` at the limit."""
        if row.is_active or not self._query.covers(row.started_at):
            return False
        if self._query.number is None and self._query.direction is None:
            return True
        if self._call_ids is not None and row.call_id not in self._call_ids:
            return False
        return self._is_call_wanted(await self._read_call(row.call_id))

    async def _read_call(self, call_id: str | None) -> Call | None:
        """Return a call; each that was not read before costs a request."""
        if call_id is not None and not self._calls.is_read(call_id):
            if not self._lookups:
                raise _TooManyRequests
            self._lookups -= 1
            return await self._calls.get(call_id)
        return self._calls.peek(call_id)

    def _is_call_wanted(self, call: Call | None) -> bool:
        """Return whether a call has the number and the direction that are wanted."""
        number = self._query.number
        if number is not None and not (call and call.has_number(number)):
            return False
        direction = (call and call.direction) or Direction.UNKNOWN
        return self._query.direction in (None, direction)


def _page(found: list[Recording], cursor: RowCursor | None) -> RecordingPage:
    """Make a page, newest first."""
    found.sort(key=newest_first)
    return RecordingPage(
        recordings=tuple(found), next_cursor=str(cursor) if cursor else None
    )
