"""Reads Bandwidth's list from where new rows appear: a reader for each list order."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import ClassVar, Final, override

from ..errors import UnexpectedResponseError
from .catapult import MAX_SIZE, Page, PageQuery, page_query
from .position import Position
from .rows import Row
from .walk import MAX_PAGES, REACH, WINDOW, CatchUp, ListOrder

_ROOM: Final = 75
"""Rows that can still be added to a page at the end of the list."""

type ReadPage = Callable[[PageQuery], Awaitable[Page[Row]]]


class ListReader:
    """Reads the first page, where new rows may appear anywhere."""

    size: ClassVar = WINDOW

    def __init__(self, read: ReadPage, position: Position) -> None:
        """Read pages with `read`; keep `position` up to date."""
        self._read = read
        self._position = position

    async def read_newest(self) -> Page[Row]:
        """Read the page on which new rows appear."""
        return await self._read(page_query(0, self.size))


class WholeListReader(ListReader):
    """Reads a list that fits on one page."""

    size: ClassVar = MAX_SIZE


class SortedListReader(ListReader):
    """Reads a list that has its new rows at one end.

    Its pages can also be read from that end on, each newest first.
    """

    step: ClassVar[int]
    """From a page's number to that of the page with older rows."""

    @abstractmethod
    def number(self, index: int, size: int) -> int:
        """Return the number of a page, counted by `index` from the newest one."""

    def newest_page(self, size: int) -> tuple[int, int]:
        """Return number and size of the page with the newest rows, of about `size`."""
        return self.number(0, size), size

    @abstractmethod
    def newest_first(self, page: Page[Row]) -> list[Row]:
        """Return the rows of a page."""

    @abstractmethod
    def is_oldest(self, number: int, page: Page[Row]) -> bool:
        """Return whether no page has older rows than this one."""

    @abstractmethod
    def catch_up(self, page: Page[Row], known: datetime) -> CatchUp:
        """Return how to read from the newest page back to what is known."""


class FrontReader(SortedListReader):
    """Reads a list that has its new rows at its front."""

    step: ClassVar = 1

    @override
    def number(self, index: int, size: int) -> int:
        return index

    @override
    def newest_first(self, page: Page[Row]) -> list[Row]:
        return list(page.rows)

    @override
    def is_oldest(self, number: int, page: Page[Row]) -> bool:
        return page.next is None

    @override
    def catch_up(self, page: Page[Row], known: datetime) -> CatchUp:
        return CatchUp(page=page.count // MAX_SIZE, step=self.step, known=known)


class EndReader(SortedListReader):
    """Reads a list that has its new rows at its end, wherever that is by now."""

    step: ClassVar = -1

    @override
    def number(self, index: int, size: int) -> int:
        return self._position.total // size - index

    @override
    def newest_page(self, size: int) -> tuple[int, int]:
        if size > WINDOW:
            return super().newest_page(size)
        query = end_query(self._position.total)
        return int(query["page"]), int(query["size"])

    @override
    def newest_first(self, page: Page[Row]) -> list[Row]:
        return list(reversed(page.rows))

    @override
    def is_oldest(self, number: int, page: Page[Row]) -> bool:
        return number == 0

    @override
    def catch_up(self, page: Page[Row], known: datetime) -> CatchUp:
        last_missed = max(self._position.total - page.count - 1, 0)
        return CatchUp(page=last_missed // MAX_SIZE, step=self.step, known=known)

    @override
    async def read_newest(self) -> Page[Row]:
        query = end_query(self._position.total)
        start = int(query["page"]) * int(query["size"])
        page = await self._read(query)
        self._position.total = start + page.count
        if page.next is None and (page.count or not start):
            return page
        return await self._find_end(start // MAX_SIZE)

    async def _find_end(self, number: int) -> Page[Row]:
        """Find the last page, from page `number` on by growing steps, then by halves.

        The list has grown by more than fitted on the page that was read, or has lost
        so many of its oldest rows that it ends before that page.
        """
        pages: dict[int, Page[Row]] = {}
        filled, empty, step = number, number + 1, 1
        if await self._has_rows(number, pages):
            while await self._has_rows(empty, pages):
                filled, step = empty, step * 2
                empty += step
        else:
            filled, empty = number - 1, number
            while filled >= 0 and not await self._has_rows(filled, pages):
                empty, step = filled, step * 2
                filled = max(filled - step, -1)
        while empty - filled > 1:
            middle = (filled + empty) // 2
            if await self._has_rows(middle, pages):
                filled = middle
            else:
                empty = middle
        last = pages[max(filled, 0)]
        self._position.total = max(filled, 0) * MAX_SIZE + last.count
        return last

    async def _has_rows(self, number: int, pages: dict[int, Page[Row]]) -> bool:
        """Return whether a page has rows; `pages` keeps what was read for that."""
        if number > MAX_PAGES:
            raise UnexpectedResponseError("a list without an end")
        if (before := pages.get(number - 1)) is not None and before.next is None:
            return False
        if number not in pages:
            pages[number] = await self._read(page_query(number, MAX_SIZE))
        return pages[number].count > 0


def make_reader(read: ReadPage, position: Position) -> ListReader:
    """Return the reader for the order of the list."""
    match position.order:
        case ListOrder.FRONT:
            return FrontReader(read, position)
        case ListOrder.END:
            return EndReader(read, position)
        case None if position.walk is None:
            return WholeListReader(read, position)
    return ListReader(read, position)


def end_query(total: int) -> PageQuery:
    """Return the page that shows the end of a list of `total` rows.

    Any size can be asked for. The page starts well before the end and has room for
    new rows, so that a poll needs no second request.
    """
    # A size below 500 always fits.
    size = next(size for size in range(WINDOW, MAX_SIZE) if _shows_end(total, size))
    return page_query(total // size, size)


def _shows_end(total: int, size: int) -> bool:
    """Return whether the last page of this size has enough rows, and enough room."""
    page, rows = divmod(total, size)
    return rows <= size - _ROOM and (rows >= REACH or page == 0)
