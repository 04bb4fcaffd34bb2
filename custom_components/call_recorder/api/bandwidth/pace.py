"""How often an endpoint of Bandwidth Catapult may be asked."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from ..errors import BusyError

_MOST_WAITING: Final = 5
"""Requests that may wait, urgent ones apart. One more is refused at once."""
_LONGEST_WAIT: Final = 5.0
"""Longest wait in seconds for the rate limit; a longer one is refused at once."""


class Pace:
    """Lets one request at a time pass to an endpoint, an interval after the last.

    Urgent requests (polls, commands) pass before the others, however many wait: at
    most one of those is ahead of them.
    """

    def __init__(self) -> None:
        """Let the first request pass at once."""
        self.penalty = 0.0
        """Seconds that the recorder asked to wait besides the interval (429)."""
        self._free_at = 0.0
        """Loop time at which the next request may be sent."""
        self._turn = asyncio.Lock()
        self._turn_of_others = asyncio.Lock()
        self._waiting = 0

    @asynccontextmanager
    async def turn(
        self, interval: float, *, is_urgent: bool = False
    ) -> AsyncGenerator[None]:
        """Wait until a request may be sent; the context ends with its answer.

        Raises `BusyError` when that would take too long.
        """
        if is_urgent:
            async with self._turn, self._paced(interval):
                yield
            return
        if self._waiting >= _MOST_WAITING:
            raise BusyError("too many requests are waiting")
        self._waiting += 1
        try:
            await self._turn_of_others.acquire()
        finally:
            self._waiting -= 1
        try:
            async with self._turn, self._paced(interval):
                yield
        finally:
            self._turn_of_others.release()

    @asynccontextmanager
    async def _paced(self, interval: float) -> AsyncGenerator[None]:
        """Wait for the interval, which counts from the answer to the last request.

        What the network delays cannot bring two requests closer together than they
        were sent.
        """
        clock = asyncio.get_running_loop().time
        if (delay := self._free_at - clock()) > _LONGEST_WAIT:
            raise BusyError("rate limit", retry_after=delay)
        if delay > 0:
            await asyncio.sleep(delay)
        try:
            yield
        finally:
            self._free_at = clock() + interval + self.penalty
            self.penalty = 0.0
