"""Bandwidth's calls: who speaks on a recording, and which call a number is in.

Sources: ap-docs "List Calls", "Fetch Call Information" and "List all Call
Recordings" (methods/calls).
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from operator import attrgetter
from typing import Final

from ..errors import ErrorKey, RefusedError, UnexpectedResponseError
from ..parsing import as_object
from ..transport import Reply
from .catapult import MAX_SIZE, Catapult, Page, Place, page_place, read_rows
from .rows import Call, Row, whole_number

_MAX_PAGES: Final = 3
"""Pages of the newest calls that are searched; a connected call is a new one."""
_KEPT: Final = 5000


class CallBook:
    """Reads calls, and remembers who speaks on them."""

    def __init__(self, catapult: Catapult) -> None:
        """Begin without any."""
        self._catapult = catapult
        self._calls: dict[str, Call | None] = {}
        """`None` for a call that Catapult does not know. Oldest reading first."""
        self._turn = asyncio.Lock()

    def peek(self, call_id: str | None) -> Call | None:
        """Return a call if it was read before."""
        return None if call_id is None else self._calls.get(call_id)

    def is_read(self, call_id: str | None) -> bool:
        """Tell whether reading the call would tell nothing new."""
        return call_id is None or call_id in self._calls

    async def get(self, call_id: str) -> Call | None:
        """Return a call, read at most once; `None` when there is no such call."""
        async with self._turn:
            if call_id not in self._calls:
                reply = await self._catapult.get("calls", call_id)
                self._keep(call_id, _parse_call(reply) if reply.is_success else None)
            return self._calls[call_id]

    async def find_active(self, number: str) -> str:
        """Return the id of the newest connected call of a number.

        Which numbers exist is not told, so a wrong one has no connected call.
        """
        # By startTime, newest first, unless asked otherwise ("List Calls", sortOrder).
        async for page in self._read_pages():
            for call in page.rows:
                if call.is_active and call.is_on(number):
                    return call.id
        raise RefusedError(ErrorKey.NO_CONNECTED_CALL)

    async def read_active_recordings(self, call_id: str) -> tuple[list[Row], datetime]:
        """Read a call's active recordings, oldest first, and the recorder's time.

        Raises `RefusedError` when there is no such call.
        """
        reply = await self._catapult.get("calls", call_id, "recordings")
        if not reply.is_success:
            raise RefusedError(ErrorKey.LINE_NOT_FOUND)
        rows, _ = read_rows(reply, Row.parse)
        active = sorted((row for row in rows if row.is_active), key=attrgetter("age"))
        return active, reply.server_time

    async def read_newest(self, size: int = MAX_SIZE) -> None:
        """Get to know the newest calls, many at once."""
        async for _ in self._read_pages({"size": str(size)}, most=1):
            pass

    async def of_number(self, number: str) -> frozenset[str] | None:
        """Return the ids of all calls from or to a number.

        `None` where that cannot be told: the vendor compares whole numbers ("List
        Calls", from and to), and thousands of calls are too many to read.
        """
        if (whole := whole_number(number)) is None:
            return None
        found: set[str] = set()
        is_all = False
        for party in ("from", "to"):
            async for page in self._read_pages({party: whole}):
                found.update(call.id for call in page.rows)
                is_all = page.next is None
            if not is_all:
                return None
        return frozenset(found)

    async def _read_pages(
        self, filters: Place | None = None, *, most: int = _MAX_PAGES
    ) -> AsyncIterator[Page[Call]]:
        """Read the first pages of "List Calls"."""
        place: Place | None = {**page_place(0, MAX_SIZE), **(filters or {})}
        for _ in range(most):
            if place is None:
                return
            page = await self._catapult.get_page("calls", parse=Call.parse, place=place)
            for call in page.rows:
                self._keep(call.id, call)
            yield page
            place = page.next

    def _keep(self, call_id: str, call: Call | None) -> None:
        """Remember a call, and forget the one that was read first."""
        self._calls.pop(call_id, None)
        self._calls[call_id] = call
        if len(self._calls) > _KEPT:
            del self._calls[next(iter(self._calls))]


def _parse_call(reply: Reply) -> Call:
    """Parse "Fetch Call Information"."""
    try:
        return Call.parse(as_object(reply.json()))
    except ValueError:
        raise UnexpectedResponseError("no call") from None
