"""Commands that pass one at a time, so that however many wait, no poll waits for all."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from .errors import BusyError


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
