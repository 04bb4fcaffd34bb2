"""A PBX to test against: the same tests run on the real ones and on the simulated one."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
import contextlib
from datetime import UTC
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.call_recorder.api.asterisk import AsteriskClient
from custom_components.call_recorder.api.models import ActiveRecording, LiveState
from tests.helpers.asterisk import SimulatedPbx
from tests.real_asterisk.servers import Servers

from .pbx import Pbx


@pytest.fixture(scope="session")
def real_servers(tmp_path_factory: pytest.TempPathFactory) -> Generator[Servers]:
    """Start real servers when they are first asked for."""
    servers = Servers(tmp_path_factory.mktemp("asterisk"))
    yield servers
    servers.close()


@pytest.fixture(
    params=[
        "simulated",
        pytest.param("22", marks=pytest.mark.real_asterisk),
        pytest.param("16", marks=pytest.mark.real_asterisk),
    ]
)
async def pbx(
    request: pytest.FixtureRequest, real_servers: Servers, socket_enabled: None
) -> AsyncGenerator[Pbx]:
    """Return a PBX without calls."""
    if request.param == "simulated":
        simulated = SimulatedPbx()
        await simulated.start()
        yield simulated
        await simulated.stop()
    else:
        server = await asyncio.to_thread(real_servers.get, request.param)
        yield server
        await server.clear()
    await asyncio.get_running_loop().shutdown_default_executor()


class Watcher:
    """A client that is told of changes, and looks when it is."""

    def __init__(self, client: AsteriskClient) -> None:
        """Wrap a client that does not listen yet."""
        self.client = client
        self._changed = asyncio.Event()

    async def listen(self) -> None:
        """Listen until cancelled."""
        await self.client.listen(self._changed.set)

    async def wait_for(self, is_so: Callable[[LiveState], bool]) -> LiveState:
        """Return the first state that is as wanted; only a push brings the next look."""
        async with asyncio.timeout(20):
            while True:
                state = await self.client.get_live_state()
                if is_so(state):
                    return state
                await self.wait_for_change()

    async def wait_for_change(self) -> None:
        """Return when a change is pushed."""
        async with asyncio.timeout(20):
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
