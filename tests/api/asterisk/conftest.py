"""A client of a PBX, which listens."""

import asyncio
from collections.abc import AsyncGenerator, Callable
import contextlib
from datetime import UTC
from typing import Any, Final

from aiohttp import ClientSession
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.call_recorder.api.asterisk.client import AsteriskClient
from custom_components.call_recorder.api.models import ActiveRecording, LiveState
from tests.helpers.asterisk import SimulatedPbx
from tests.helpers.clock import IdleClock
from tests.helpers.pbx import Pbx

_PATIENCE: Final = 60.0
"""Seconds: fifty real calls at once take long where other tests run beside them."""


class Watcher:
    """A client that listens, and looks when something has changed."""

    def __init__(self, client: AsteriskClient) -> None:
        """Wrap a client that does not listen yet."""
        self.client = client
        self._changed = asyncio.Event()

    async def listen(self) -> None:
        """Listen until cancelled."""
        await self.client.listen(self._changed.set)

    async def wait_for(self, is_so: Callable[[LiveState], bool]) -> LiveState:
        """Return the first state that is as wanted; only a push brings the next look."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                state = await self.client.get_live_state()
                if is_so(state):
                    return state
                await self.wait_for_change()

    async def wait_for_change(self) -> None:
        """Return when a change is pushed."""
        async with asyncio.timeout(_PATIENCE):
            await self._changed.wait()
        self._changed.clear()

    async def wait_for_recording(self) -> ActiveRecording:
        """Return the only active recording, as soon as there is one."""
        state = await self.wait_for(lambda state: bool(state.recordings))
        assert state.recordings is not None
        (recording,) = state.recordings
        return recording

    async def wait_for_none(self) -> None:
        """Return when nothing is being recorded."""
        await self.wait_for(lambda state: state.recordings == ())


type MakeWatcher = Callable[
    [dict[str, Any]], contextlib.AbstractAsyncContextManager[Watcher]
]


@pytest.fixture
async def simulated(socket_enabled: None) -> AsyncGenerator[SimulatedPbx]:
    """Return a simulated PBX without calls."""
    pbx = SimulatedPbx()
    await pbx.start()
    yield pbx
    await pbx.stop()
    await asyncio.get_running_loop().shutdown_default_executor()


@pytest.fixture
async def clock(
    freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> IdleClock:
    """Return the clock, which passes only where nothing else can happen."""
    return IdleClock(freezer, monkeypatch)


@pytest.fixture
async def make_watcher() -> AsyncGenerator[MakeWatcher]:
    """Return a function that makes a listening client of settings."""
    async with ClientSession() as session:

        @contextlib.asynccontextmanager
        async def make(settings: dict[str, Any]) -> AsyncGenerator[Watcher]:
            client = AsteriskClient(session, settings, time_zone=UTC)
            watcher = Watcher(client)
            await client.sign_in()
            listening = asyncio.create_task(watcher.listen())
            try:
                yield watcher
            finally:
                listening.cancel()
                await asyncio.wait([listening])
                await client.close()

        yield make


@pytest.fixture
async def watcher(pbx: Pbx, make_watcher: MakeWatcher) -> AsyncGenerator[Watcher]:
    """Return a listening client that may do everything."""
    async with make_watcher(pbx.settings) as watcher:
        yield watcher
