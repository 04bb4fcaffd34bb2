"""Requests that pass one at a time, so that however many wait, no poll waits for all."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from .errors import BusyError, CannotConnectError, RecorderError


@asynccontextmanager
async def in_turn(lock: asyncio.Lock, longest: float) -> AsyncGenerator[None]:
    """Wait until the commands before this one have ended, and hold up those behind it.

    Raises `BusyError` when that takes more than `longest` seconds.
    """
    try:
        await asyncio.wait_for(lock.acquire(), longest)
    except TimeoutError:
        raise BusyError("other commands take too long") from None
    try:
        yield
    finally:
        lock.release()


class Shared[Answer]:
    """A question that many ask: those that wait share the next answer, or its failure."""

    def __init__(self) -> None:
        """Start without an answer."""
        self._turn = asyncio.Lock()
        self._asked_at = float("-inf")
        self._outcome: Answer | RecorderError = CannotConnectError("not asked yet")

    async def ask(self, question: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return the answer to a question that is asked from now on.

        Raises what the question raises.
        """
        clock = asyncio.get_running_loop().time
        called_at = clock()
        async with self._turn:
            if self._asked_at <= called_at:
                asked_at = clock()
                try:
                    self._outcome = await question()
                except RecorderError as err:
                    self._outcome = err
                self._asked_at = asked_at
            outcome = self._outcome
        if isinstance(outcome, RecorderError):
            raise outcome
        return outcome
