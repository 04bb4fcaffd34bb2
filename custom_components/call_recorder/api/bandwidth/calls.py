"""Bandwidth's calls: the parties of a recording, and the call that a number is in.

Sources: ap-docs "List Calls", "Fetch Call Information" and "List all Call
Recordings" (methods/calls).
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from ..errors import ErrorKey, RefusedError, UnexpectedResponseError
from ..models import oldest_first
from ..parsing import as_object
from ..reply import Reply
from .catapult import MAX_SIZE, Catapult, Page, PageQuery, page_query, read_rows
from .rows import Call, Row, whole_number

_MAX_PAGES: Final = 3
"""Pages of the newest calls that are searched; a connected call is a new one."""
_KEPT: Final = 5000


class CallCache:
    """Reads calls, and keeps their parties."""

    def __init__(self, catapult: Catapult) -> None:
        """Start without any."""
        self._catapult = catapult
        self._calls: dict[str, Call | None] = {}
        """`None` for a call that Catapult does not know. Oldest reading first."""

    def peek(self, call_id: str | None) -> Call | None:
        """Return a call if it was read before."""
        return None if call_id is None else self._calls.get(call_id)

    def is_read(self, call_id: str | None) -> bool:
        """Return whether the call was read before, or there is none to read."""
        return call_id is None or call_id in self._calls

    async def get(self, call_id: str, *, is_urgent: bool = False) -> Call | None:
        """Return a call, with a request unless it was read before; `None` for no such id."""
        if call_id not in self._calls:
            reply = await self._catapult.get("calls", call_id, is_urgent=is_urgent)
            self._keep(call_id, _parse_call(reply) if reply.is_success else None)
        return self._calls[call_id]

    async def find_active(self, number: str) -> str:
        """Return the id of the newest connected call of a number.

        Catapult does not list an account's numbers: a wrong one has no connected call.
        """
        # By startTime, newest first, unless asked otherwise ("List Calls", sortOrder).
        async for page in self._read_pages(is_urgent=True):
            for call in page.rows:
                if call.is_active and call.is_on(number):
                    return call.id
        raise RefusedError(ErrorKey.NO_CONNECTED_CALL)

    async def read_active_recordings(self, call_id: str) -> tuple[list[Row], datetime]:
        """Read a call's active recordings, oldest first, and the recorder's time.

        Raises `RefusedError` when there is no such call.
        """
        reply = await self._catapult.get("calls", call_id, "recordings", is_urgent=True)
        if not reply.is_success:
            raise RefusedError(ErrorKey.LINE_NOT_FOUND)
        rows, _ = await read_rows(reply, Row.parse)
        active = sorted((row for row in rows if row.is_active), key=oldest_first)
        return active, reply.server_time

    async def read_newest(
        self, size: int = MAX_SIZE, *, is_urgent: bool = False
    ) -> None:
        """Read the newest calls, many at once."""
        sizes = {"size": str(size)}
        async for _ in self._read_pages(sizes, most=1, is_urgent=is_urgent):
            pass

    async def of_number(self, number: str) -> frozenset[str] | None:
        """Return the ids of all calls from or to a number.

        `None` where they cannot be listed: the vendor compares whole numbers ("List
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
        self,
        filters: PageQuery | None = None,
        *,
        most: int = _MAX_PAGES,
        is_urgent: bool = False,
    ) -> AsyncIterator[Page[Call]]:
        """Read the first pages of "List Calls"."""
        query: PageQuery | None = {**page_query(0, MAX_SIZE), **(filters or {})}
        for _ in range(most):
            if query is None:
                return
            page = await self._catapult.get_page(
                "calls", parse=Call.parse, query=query, is_urgent=is_urgent
            )
            for call in page.rows:
                self._keep(call.id, call)
            yield page
            query = page.next

    def _keep(self, call_id: str, call: Call | None) -> None:
        """Keep a call, and drop the one that was read first."""
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
