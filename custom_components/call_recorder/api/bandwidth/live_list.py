"""Knows which recordings are active, at the cost of one request per poll.

Catapult has one list for all recordings, without a filter and in an order that nobody
documents. A walk through it (`Walk`) finds those that are active and learns where new
rows appear; until it has ended, nobody knows. From then on a poll reads the page
where new rows appear, and asks for each active recording that is not on it by its id.
Where rows appear anywhere, the walk goes on, round by round.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from operator import attrgetter
from typing import Any, Final

from ..client import Storage
from ..errors import ErrorKey, RefusedError, UnexpectedResponseError
from ..parsing import as_object
from .catapult import MAX_SIZE, Catapult, Page, Place, page_place
from .rows import Row
from .walk import (
    MAX_PAGES,
    WINDOW,
    CatchUp,
    Order,
    Walk,
    end_place,
    newest_start,
    reaches,
    time_from_text,
    time_to_text,
)

_LOOKUPS: Final = 20
"""Recordings that one poll asks for by id; more are asked in turn."""
_ROUND_PAUSE: Final = 10.0
"""Seconds between two rounds where rows appear anywhere."""
_SAVE_INTERVAL: Final = 600.0
"""Seconds. So old may the saved position be: what has come since is caught up with."""
_WALK_SAVE_INTERVAL: Final = 20.0
"""Seconds, and so pages, that a restart costs while the list is being read."""
_NEVER: Final = float("-inf")

type Told = tuple[tuple[Row, ...] | None, datetime]


class LiveList:
    """The list of all recordings, seen from where new rows appear."""

    def __init__(self, catapult: Catapult, storage: Storage | None) -> None:
        """Begin with what `storage` knows from before."""
        self._catapult = catapult
        self._storage = storage
        self._is_loaded = False
        self._saved_at = _NEVER
        self._turn = asyncio.Lock()

        self.order: Order | None = None
        """`None` while it is not known, or when one page shows the whole list."""
        self.is_known = False
        """Whether all active recordings are known."""
        self.total = 0
        """Rows of the list when they were last counted."""
        self.oldest: datetime | None = None
        self.newest: tuple[Row, ...] | None = None
        """The newest rows, newest first, where rows appear anywhere."""
        self._active: dict[str, Row] = {}
        """Those that have to be asked for by id next come first."""
        self._elsewhere: set[str] = set()
        """The active ones that were not on the page of the last poll."""
        self._mark: datetime | None = None
        """At one end of the list, every row begun until then has been seen."""
        self._walk: Walk | None = None
        self._catch_up: CatchUp | None = None
        self._next_round_at = _NEVER
        self._last_poll: tuple[float, Told] | None = None
        """When it began, and what it told."""

    async def poll(self) -> Told:
        """Return the active recordings, oldest first, and the recorder's time.

        `None` in place of the recordings while not all of them are known. Who asks
        before a poll of somebody else has begun shares its answer.
        """
        clock = asyncio.get_running_loop().time
        asked_at = clock()
        async with self._turn:
            if self._last_poll is None or self._last_poll[0] <= asked_at:
                begun_at = clock()
                self._last_poll = begun_at, await self._poll()
            return self._last_poll[1]

    async def _poll(self) -> Told:
        """Read the page where new rows appear, and the others by id."""
        await self._load()
        if self.order is Order.END:
            page = await self._read_end()
        elif self.order is None and self._walk is None:
            page = await self._read_all()
        else:
            page = await self._read(page_place(0, WINDOW))
        self._move_mark(page)
        if self._catch_up is not None:
            # What was missed seldom fills more than one page.
            await self.step()
        if self.order is not None:
            await self._look_up_others(page)
        if not self.is_known:
            return None, page.now
        return tuple(sorted(self._active.values(), key=attrgetter("age"))), page.now

    async def read_row(self, recording_id: str) -> Row | None:
        """Read one recording ("Fetch Recording Information"); `None` for no such id."""
        reply = await self._catapult.get("recordings", recording_id)
        if reply.status == HTTPStatus.BAD_REQUEST:
            raise RefusedError(ErrorKey.INVALID_RECORDING_ID)
        if not reply.is_success:
            return None
        try:
            return Row.parse(as_object(reply.json()))
        except ValueError:
            raise UnexpectedResponseError("no recording") from None

    # --- Beside the polls ---

    def step_delay(self) -> float | None:
        """Return in how many seconds `step` is due; `None` when nothing is missing."""
        if self._catch_up is None and self._walk is None:
            return None
        if self._catch_up is None and self.order is Order.ANYWHERE:
            return max(self._next_round_at - asyncio.get_running_loop().time(), 0.0)
        return 0.0

    async def step(self) -> bool:
        """Read one page that is missing; tell whether a poll would tell more now."""
        walk = self._catch_up or self._walk
        if walk is None or (place := walk.place) is None:
            return False
        told = self._told
        page = await self._read(place, strict=False)
        if walk is not (self._catch_up or self._walk) or walk.place != place:
            # The other of the two that step, a poll and `listen`, was faster.
            return False
        walk.take(page)
        if walk.place is None:
            if isinstance(walk, Walk):
                self._finish(walk)
            else:
                self._catch_up = None
                self.is_known = True
        if told is None and self.is_known:
            await self.save()
        else:
            await self._save_if_due()
        return told != self._told

    @property
    def _told(self) -> frozenset[str] | None:
        """Return what a poll would tell if nothing were new."""
        return frozenset(self._active) if self.is_known else None

    def _finish(self, walk: Walk) -> None:
        """Learn from a walk that has ended."""
        order = walk.order()
        if order is Order.ANYWHERE and walk.pages == 1:
            # One page shows the whole list: no need to know more.
            order = None
        self.order = order
        self.is_known = True
        self.total = walk.count
        self.oldest = walk.oldest
        self.newest = None
        self._walk = None
        if order is Order.END:
            self._mark = walk.latest
        if order is Order.ANYWHERE:
            self.newest = walk.newest() if walk.is_whole else None
            self._walk = Walk()
            self._next_round_at = asyncio.get_running_loop().time() + _ROUND_PAUSE

    # --- Pages ---

    async def _read(self, place: Place, *, strict: bool = True) -> Page[Row]:
        """Read a page, and note who is active on it."""
        page = await self._catapult.get_page(
            "recordings", parse=Row.parse, place=place, strict=strict
        )
        for row in page.rows:
            if row.is_active:
                self._active[row.id] = row
            else:
                self._active.pop(row.id, None)
        return page

    async def _read_all(self) -> Page[Row]:
        """Read the first page; where it is the only one, it tells everything."""
        page = await self._read(page_place(0, MAX_SIZE))
        self._mark = newest_start(page)
        walk = Walk()
        walk.take(page)
        if walk.place is None:
            self._active = {row.id: row for row in page.rows if row.is_active}
            self._finish(walk)
        else:
            self.is_known = False
            self._walk = walk
        return page

    async def _read_end(self) -> Page[Row]:
        """Read the page at the end of the list, wherever that is by now."""
        place = end_place(self.total)
        start = int(place["page"]) * int(place["size"])
        page = await self._read(place)
        self.total = start + page.count
        if page.next is not None or (start and not page.count):
            return await self._find_end(start // MAX_SIZE)
        return page

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
        self.total = max(filled, 0) * MAX_SIZE + last.count
        return last

    async def _has_rows(self, number: int, pages: dict[int, Page[Row]]) -> bool:
        """Tell whether a page has rows; `pages` keeps what was read for that."""
        if number > MAX_PAGES:
            raise UnexpectedResponseError("a list without an end")
        if (before := pages.get(number - 1)) is not None and before.next is None:
            return False
        if number not in pages:
            pages[number] = await self._read(page_place(number, MAX_SIZE))
        return pages[number].count > 0

    def _move_mark(self, page: Page[Row]) -> None:
        """Move the mark to the newest row of the page where new rows appear.

        More new rows than fit on the page leave a gap before it: catch up there.
        """
        if self._mark is not None and not reaches(page, self._mark):
            if self.order not in (Order.FRONT, Order.END):
                # Only the end of the walk will show whether that matters.
                return
            forward = self.order is Order.FRONT
            known = self._catch_up.known if self._catch_up else self._mark
            # The first row that is not on the page that was read.
            beyond = page.count if forward else max(self.total - page.count - 1, 0)
            self._catch_up = CatchUp(
                page=beyond // MAX_SIZE, forward=forward, known=min(known, self._mark)
            )
            self.is_known = False
        self._mark = newest_start(page)

    async def _look_up_others(self, page: Page[Row]) -> None:
        """Ask for the active recordings that are not on the page, each by its id."""
        on_page = {row.id for row in page.rows}
        others = [id_ for id_ in self._active if id_ not in on_page]
        for recording_id in others[:_LOOKUPS]:
            try:
                row = await self.read_row(recording_id)
            except RefusedError, UnexpectedResponseError:
                # Unreadable: it is as it was, and the others are as they are.
                row = self._active.get(recording_id)
            # Puts it behind those that were not asked for yet.
            self._active.pop(recording_id, None)
            if row is not None and row.is_active:
                self._active[recording_id] = row
        elsewhere = self._active.keys() & set(others)
        if elsewhere != self._elsewhere:
            self._elsewhere = elsewhere
            await self.save()
        else:
            await self._save_if_due()

    # --- Across restarts ---

    async def save(self) -> None:
        """Save what a restart needs."""
        if self._storage is None or (self.order is None and self._walk is None):
            return
        at_one_end = self.order in (Order.FRONT, Order.END)
        mark = self._catch_up.known if self._catch_up else self._mark
        self._saved_at = asyncio.get_running_loop().time()
        await self._storage.save(
            {
                "order": self.order if at_one_end else None,
                "total": self.total,
                "oldest": time_to_text(self.oldest),
                "mark": time_to_text(mark),
                "active": [
                    [row.id, time_to_text(row.started_at), row.call_id]
                    for row in self._active.values()
                ],
                "walk": self._walk.as_dict() if self._walk else None,
            }
        )

    async def _save_if_due(self) -> None:
        """Save now and then."""
        interval = _SAVE_INTERVAL if self.is_known else _WALK_SAVE_INTERVAL
        if asyncio.get_running_loop().time() - self._saved_at > interval:
            await self.save()

    async def _load(self) -> None:
        """Go on from what was saved, once; begin anew where it cannot be read."""
        if self._is_loaded:
            return
        self._is_loaded = True
        saved = await self._storage.load() if self._storage else None
        if saved is not None:
            try:
                self._restore(saved)
            except KeyError, TypeError, ValueError:
                self.order = self._walk = self._mark = None
                self.is_known = False
                self._active = {}

    def _restore(self, saved: Mapping[str, Any]) -> None:
        """Take over what `save` wrote."""
        self._active = {
            row_id: Row(
                id=row_id,
                state="recording",
                started_at=time_from_text(started_at),
                ended_at=None,
                call_id=call_id,
            )
            for row_id, started_at, call_id in saved["active"]
        }
        self._mark = time_from_text(saved["mark"])
        self.total = int(saved["total"])
        self.oldest = time_from_text(saved["oldest"])
        self._walk = Walk.from_dict(saved["walk"]) if saved["walk"] else None
        self.order = Order(saved["order"]) if saved["order"] else None
        self.is_known = self.order is not None
