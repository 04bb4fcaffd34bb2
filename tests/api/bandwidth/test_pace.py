"""Polls and commands go first, however many others wait for the vendor's limit."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from custom_components.call_recorder.api.bandwidth.pace import Pace
from custom_components.call_recorder.api.errors import CannotConnectError

_INTERVAL = 0.01


class Line:
    """Requests that wait for one endpoint, and the order in which they passed."""

    def __init__(self) -> None:
        """Open the endpoint."""
        self.passed: list[str] = []
        self.gate = asyncio.Event()
        self._pace = Pace()

    async def ask(self, name: str, *, is_urgent: bool = False) -> None:
        """Wait for the turn; the first one keeps it until the gate is open."""
        async with self._pace.turn(_INTERVAL, is_urgent=is_urgent):
            self.passed.append(name)
            await self.gate.wait()


@pytest.fixture
async def line() -> AsyncGenerator[Line]:
    """Return an endpoint that is being asked."""
    line = Line()
    first = asyncio.create_task(line.ask("first"))
    while not line.passed:
        await asyncio.sleep(0)
    yield line
    line.gate.set()
    await first


async def _settle() -> None:
    """Let the tasks reach what they wait for."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_urgent_requests_go_first(line: Line) -> None:
    """Of those that are not urgent, at most one is ahead of a poll."""
    waiting = [asyncio.create_task(line.ask(f"other {n}")) for n in range(5)]
    await _settle()
    polls = [asyncio.create_task(line.ask(f"poll {n}", is_urgent=True)) for n in "ab"]
    await _settle()
    line.gate.set()
    await asyncio.gather(*waiting, *polls)
    assert line.passed[0] == "first"
    assert {"poll a", "poll b"} <= set(line.passed[1:4])
    assert line.passed[-3:] == ["other 2", "other 3", "other 4"]


async def test_waiters_are_bounded(line: Line) -> None:
    """One more than can be served soon is refused at once; a poll never is."""
    waiting = [asyncio.create_task(line.ask(f"other {n}")) for n in range(5)]
    await _settle()
    with pytest.raises(CannotConnectError, match="waiting"):
        await line.ask("one more")
    poll = asyncio.create_task(line.ask("poll", is_urgent=True))
    await _settle()
    line.gate.set()
    await asyncio.gather(*waiting, poll)
    assert len(line.passed) == 7


async def test_a_waiter_that_gives_up(line: Line) -> None:
    """It frees its place, and holds up none of the others."""
    waiting = [asyncio.create_task(line.ask(f"other {n}")) for n in range(5)]
    await _settle()
    waiting[0].cancel()
    waiting[3].cancel()
    await _settle()
    late = asyncio.create_task(line.ask("late"))
    await _settle()
    line.gate.set()
    await asyncio.gather(*waiting, late, return_exceptions=True)
    assert line.passed == ["first", "other 1", "other 2", "other 4", "late"]


async def test_a_failed_request_frees_the_turn() -> None:
    """The interval counts from its end, and the next one passes."""
    pace = Pace()
    for is_urgent in (True, False):
        with pytest.raises(ValueError, match="failed"):
            async with pace.turn(_INTERVAL, is_urgent=is_urgent):
                raise ValueError("failed")
    async with pace.turn(_INTERVAL):
        pass


async def test_a_long_penalty_is_told() -> None:
    """A request that would have to wait for minutes is refused, with the seconds to wait."""
    pace = Pace()
    async with pace.turn(_INTERVAL):
        pace.penalty = 60.0
    for is_urgent in (True, False):
        with pytest.raises(CannotConnectError) as err:
            async with pace.turn(_INTERVAL, is_urgent=is_urgent):
                pass
        assert err.value.retry_after == pytest.approx(60, abs=5)
