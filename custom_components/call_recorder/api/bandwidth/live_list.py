"""Knows which recordings are active, at the cost of one request per poll.

Catapult has one list for all recordings, without a filter and in an order that is not
documented. Where new rows appear is learned from a few pages of a sorted list (`Sample`),
otherwise from all (`Walk`); until then, the active recordings are not known. From then
on a poll reads the page where new rows appear, and reads each active recording that is
not on it by its id. Where rows appear anywhere, the walk is repeated, round by round.
"""

import asyncio
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Final, NamedTuple

from ..account_storage import AccountStorage
from ..errors import ErrorKey, RefusedError, UnexpectedResponseError
from ..models import oldest_first
from ..parsing import as_object
from ..row_cache import RowCache
from ..turns import Shared
from .catapult import MAX_SIZE, Catapult, Page, PageQuery
from .position import Position
from .readers import ListReader, SortedListReader, make_reader
from .rows import Row
from .sample import LONGEST_RECORDING, Sample
from .times import newest_start, reaches
from .walk import FIRST_PAGES, CatchUp, ListOrder, Walk

_MOST_ACTIVE: Final = 10_000
_LOOKUPS: Final = 20
"""Recordings that one poll reads by id; more are read in turn."""
_ROUND_PAUSE: Final = 10.0
"""Seconds between two rounds where rows appear anywhere."""
_SAVE_INTERVAL: Final = 600.0
"""Age in seconds of the saved position: what has come since is caught up with."""
_WALK_SAVE_INTERVAL: Final = 20.0
"""Seconds, and so pages, that a restart costs while the list is being read."""
_NEVER: Final = float("-inf")
_FACT: Final = "list"


class Poll(NamedTuple):
    """The result of a poll."""

    rows: tuple[Row, ...] | None
    """The active recordings, oldest first; `None` while not all are known."""
    now: datetime
    """The recorder's time."""


class LiveList:
    """The list of all recordings, seen from where new rows appear."""

    def __init__(self, catapult: Catapult, storage: AccountStorage) -> None:
        """Continue from what `storage` has of this account."""
        self._catapult = catapult
        self._storage = storage
        self._is_loaded = False
        self._saved_at = _NEVER
        self._polls: Shared[Poll] = Shared()
        self._cache: RowCache[Row] = RowCache()
        """The rows of the page that polls read."""

        self.position = Position()
        self.newest: tuple[Row, ...] | None = None
        """The newest rows, newest first, where rows appear anywhere."""
        self._elsewhere: set[str] = set()
        """The active ones that were not on the page of the last poll."""
        self._next_round_at = _NEVER

    async def poll(self) -> Poll:
        """Read the active recordings.

        A caller that waits for a poll that starts later shares its result.
        """
        return await self._polls.ask(self._poll)

    async def _poll(self) -> Poll:
        """Read the page where new rows appear, and the others by id."""
        await self._load()
        position = self.position
        page = await self.reader.read_newest()
        if position.order is None and position.walk is None:
            self._take_first(page)
        self._move_mark(page)
        if position.catch_up is not None:
            # What was missed seldom fills more than one page.
            await self._step(is_urgent=True)
        if position.order is not None:
            await self._look_up_others(page)
        if not position.is_known:
            return Poll(None, page.now)
        rows = tuple(sorted(position.active.values(), key=oldest_first))
        return Poll(rows, page.now)

    @property
    def reader(self) -> ListReader:
        """Return the reader for the order of the list, as far as that is known."""
        read = partial(self._read, is_urgent=True, cache=self._cache)
        return make_reader(read, self.position)

    async def read_row(
        self, recording_id: str, *, is_urgent: bool = False
    ) -> Row | None:
        """Read one recording ("Fetch Recording Information"); `None` for no such id."""
        reply = await self._catapult.get(
            "recordings", recording_id, is_urgent=is_urgent
        )
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
        position = self.position
        if position.series is None:
            return None
        if position.series is position.walk and position.order is ListOrder.ANYWHERE:
            return max(self._next_round_at - asyncio.get_running_loop().time(), 0.0)
        return 0.0

    async def step(self) -> bool:
        """Read one page that is missing; return whether a poll would report more now."""
        return await self._step(is_urgent=False)

    async def _step(self, *, is_urgent: bool) -> bool:
        """Read one page that is missing."""
        position = self.position
        series = position.series
        if series is None or (query := series.query) is None:
            return False
        known = self._known_ids()
        page = await self._read(query, strict=False, is_urgent=is_urgent)
        if series is not position.series or series.query != query:
            # A poll has read the same page in the meantime, or `listen` has.
            return False
        series.take(page)
        if isinstance(series, Walk) and series.pages == FIRST_PAGES:
            self._start_sample(series, page.now)
        if series.query is None:
            self._finish(series, page.now)
        if known is None and position.is_known:
            await self.save()
        else:
            await self._save_if_due()
        return known != self._known_ids()

    def _known_ids(self) -> frozenset[str] | None:
        """Return the ids that a poll would report if no row were new."""
        return frozenset(self.position.active) if self.position.is_known else None

    def _start_sample(self, walk: Walk, now: datetime) -> None:
        """Learn the order of a long list from some of its pages."""
        if self.position.order is None:
            sample = Sample(walk.spans, now)
            self.position.sample = sample if sample.query is not None else None

    def _finish(self, series: CatchUp | Sample | Walk, now: datetime) -> None:
        """Learn from pages that were all read."""
        match series:
            case CatchUp():
                self.position.catch_up = None
                self.position.is_known = True
            case Sample():
                self._finish_sample(series, now)
            case Walk():
                self._finish_walk(series)

    def _finish_sample(self, sample: Sample, now: datetime) -> None:
        """Learn the order of the list, and read what may still be recorded.

        Without an order, the walk has to end first.
        """
        position = self.position
        position.sample = None
        if sample.order is None:
            return
        position.order = sample.order
        position.total = sample.empty * MAX_SIZE
        known = now - LONGEST_RECORDING
        first, step, spans = 0, 1, sample.spans
        if sample.last is not None:
            first, step = sample.last, -1
            position.total += spans[first].rows - MAX_SIZE
            position.mark = spans[first].newest
            position.oldest = spans[0].low
        missing = first
        while missing in spans and spans[missing].low > known:
            missing += step
        if missing in spans or missing < 0:
            position.is_known = True
        else:
            position.catch_up = CatchUp(page=missing, step=step, known=known)

    def _finish_walk(self, walk: Walk) -> None:
        """Learn from a walk that has ended."""
        position = self.position
        order = walk.order()
        if order is ListOrder.ANYWHERE and walk.pages == 1:
            # One page shows the whole list: its order does not matter.
            order = None
        position.order = order
        position.is_known = True
        position.total = walk.count
        position.oldest = walk.oldest
        position.walk = position.sample = None
        self.newest = None
        if order is ListOrder.END:
            position.mark = walk.latest
        if order is ListOrder.ANYWHERE:
            self.newest = walk.newest() if walk.is_whole else None
            position.walk = Walk()
            self._next_round_at = asyncio.get_running_loop().time() + _ROUND_PAUSE

    # --- Pages ---

    async def _read(
        self,
        query: PageQuery,
        *,
        strict: bool = True,
        is_urgent: bool = False,
        cache: RowCache[Row] | None = None,
    ) -> Page[Row]:
        """Read a page, and note which recordings on it are active.

        With more of them than there can be, all that was learned is forgotten.
        """
        page = await self._catapult.get_page(
            "recordings",
            parse=Row.parse,
            query=query,
            strict=strict,
            is_urgent=is_urgent,
            cache=cache,
        )
        active = self.position.active
        for row in page.rows:
            if row.is_active:
                active[row.id] = row
            else:
                active.pop(row.id, None)
        if len(active) > _MOST_ACTIVE:
            self.position = Position()
            raise UnexpectedResponseError("too many active recordings")
        return page

    def _take_first(self, page: Page[Row]) -> None:
        """Learn from the first page; where it is the only one, it shows everything."""
        position = self.position
        walk = Walk()
        walk.take(page)
        if walk.query is None:
            position.active = {row.id: row for row in page.rows if row.is_active}
            self._finish_walk(walk)
        else:
            position.is_known = False
            position.walk = walk

    def _move_mark(self, page: Page[Row]) -> None:
        """Move the mark to the newest row of the page where new rows appear.

        More new rows than fit on the page leave a gap before it: catch up there.
        """
        position = self.position
        if position.mark is not None and not reaches(page, position.mark):
            reader = self.reader
            if not isinstance(reader, SortedListReader):
                # Only the end of the walk will show whether that matters.
                return
            known = position.mark
            if position.catch_up is not None:
                known = min(position.catch_up.known, known)
            position.catch_up = reader.catch_up(page, known)
            position.is_known = False
        position.mark = newest_start(page)

    async def _look_up_others(self, page: Page[Row]) -> None:
        """Read the active recordings that are not on the page, each by its id."""
        active = self.position.active
        on_page = {row.id for row in page.rows}
        others = [id_ for id_ in active if id_ not in on_page]
        for recording_id in others[:_LOOKUPS]:
            try:
                row = await self.read_row(recording_id, is_urgent=True)
            except RefusedError, UnexpectedResponseError:
                # Unreadable: it is as it was, and the others are as they are.
                row = active.get(recording_id)
            # Puts it behind those that were not read yet.
            active.pop(recording_id, None)
            if row is not None and row.is_active:
                active[recording_id] = row
        elsewhere = active.keys() & set(others)
        if elsewhere != self._elsewhere:
            self._elsewhere = elsewhere
            await self.save()
        else:
            await self._save_if_due()

    # --- Across restarts ---

    async def save(self) -> None:
        """Save what a restart needs."""
        if self.position.order is None and self.position.walk is None:
            return
        self._saved_at = asyncio.get_running_loop().time()
        await self._storage.set(_FACT, self.position.as_dict())

    async def _save_if_due(self) -> None:
        """Save the position when the saved one is old."""
        position = self.position
        is_walking = position.walk and position.order is not ListOrder.ANYWHERE
        interval = _WALK_SAVE_INTERVAL if is_walking else _SAVE_INTERVAL
        if asyncio.get_running_loop().time() - self._saved_at > interval:
            await self.save()

    async def _load(self) -> None:
        """Continue from what was saved, once; start anew where it cannot be read."""
        if self._is_loaded:
            return
        self._is_loaded = True
        try:
            position = Position.from_dict(await self._storage.get(_FACT))
        except KeyError, TypeError, ValueError:
            position = Position()
        if position.order is None and position.walk is not None:
            position.sample = Sample({}, datetime.now(UTC))
        self.position = position
