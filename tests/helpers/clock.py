"""Time in tests: it stands still, or goes on only where nothing else can happen."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
import time
from typing import Any, Final, Protocol

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import HomeAssistant

TEN: Final = datetime(2027, 7, 2, 10, tzinfo=UTC)
"""Ten in the morning of the day at which `ten_oclock` stops the time."""
_GRACE: Final = 0.001
"""Seconds of real time in which the network may still deliver something."""
_LONGEST_LEAP: Final = 5.0
"""Seconds: the clock goes on in several steps, so that there are several such times."""
_JUST_AFTER: Final = 0.001
"""Seconds, so that rounding leaves no timer a hair in the future."""
_HAIR: Final = 0.000_001


class Poll(Protocol):
    """Lets seconds pass, as often as wanted, and what is due then happen."""

    async def __call__(self, seconds: float, times: int = 1) -> None:
        """Let the seconds pass `times` times."""


async def settle(hass: HomeAssistant) -> None:
    """Wait for all that is under way, but not for what never ends: listening.

    What the simulator has pushed takes some turns of the loop to arrive.
    """
    quiet = 0
    while quiet < 10:
        await asyncio.sleep(0)
        await hass.async_block_till_done()
        under_way = [
            task
            for task in hass._background_tasks  # noqa: SLF001 - no other list of them
            if not (
                isinstance(task, asyncio.Task) and task.get_name().endswith("listen")
            )
        ]
        quiet = 0 if under_way else quiet + 1
        if under_way:
            await asyncio.wait(under_way)


class IdleClock:
    """Lets the frozen time go on to the next timer, wherever the loop would wait for it.

    So a timeout comes where something really waits for it, and not where the machine is
    slow: as long as a callback is ready, a socket has data or a thread works, no time passes.
    """

    def __init__(
        self, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Stand between the running loop and what it waits with."""
        self._freezer = freezer
        self._goes = False
        self._threads = 0
        loop: Any = asyncio.get_running_loop()
        selector = loop._selector  # noqa: SLF001 - asyncio offers no other place
        self._select: Callable[[float | None], list[Any]] = selector.select
        self._run_in_executor: Callable[..., asyncio.Future[Any]] = loop.run_in_executor
        monkeypatch.setattr(selector, "select", self._wait_for_events)
        monkeypatch.setattr(loop, "run_in_executor", self._count_threads)

    async def run[Result](self, work: Awaitable[Result]) -> Result:
        """Wait for something, while time may pass."""
        self._goes = True
        try:
            return await work
        finally:
            self._goes = False

    async def pass_time(self, seconds: float) -> None:
        """Let time pass from timer to timer, and each do its work in its time."""
        await self.run(asyncio.sleep(seconds))

    def _wait_for_events(self, timeout: float | None = None) -> list[Any]:
        """Return what is ready; where nothing will be, go on to the next timer."""
        if not self._goes or timeout is None:
            return self._select(timeout)
        if timeout <= 0:
            # Home Assistant waits in a circle for a time that rounding keeps ahead.
            self._freezer.tick(_HAIR)
            return self._select(timeout)
        if self._threads:
            return self._select(_GRACE)
        if events := self._select(_GRACE):
            return events
        self._freezer.tick(min(timeout, _LONGEST_LEAP) + _JUST_AFTER)
        return []

    def _count_threads(self, *args: Any) -> asyncio.Future[Any]:
        """Run something in a thread, and know until when."""
        future = self._run_in_executor(*args)
        self._threads += 1
        future.add_done_callback(self._forget_thread)
        return future

    def _forget_thread(self, future: asyncio.Future[Any]) -> None:
        """Know that a thread has done its work."""
        self._threads -= 1


async def until(hass: HomeAssistant, condition: Callable[[], object]) -> None:
    """Wait until something is so, in real time: a frozen clock does not matter."""
    for _ in range(6000):
        if condition():
            return
        await hass.loop.run_in_executor(None, time.sleep, 0.01)
    raise AssertionError("it did not happen")
