"""Measures what the archive costs: opening folders, playing an hour, keeping a copy.

Runs Home Assistant with the integration in front of a simulated Imagicle, which is in
another process. Usage, from the project's folder:
    .venv/bin/python -m benchmarks.archive

Requests and bytes are those of the recorder's answers. `MiB held` is Python's peak
memory above the start of the measurement (tracemalloc); `MiB grown` is the growth of
the process's largest resident set, which includes the C libraries.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import logging
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
import resource
import tempfile
from time import perf_counter
import tracemalloc
from typing import Any

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from custom_components.call_recorder.api.reply import Reply
from custom_components.call_recorder.api.transport import Transport
from homeassistant import loader
from homeassistant.components.http.auth import async_sign_path
from homeassistant.components.media_source import async_browse_media
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame
from homeassistant.setup import async_setup_component
from simulator.office import Office
from simulator.server import Simulator
import tests.phacc_shim  # noqa: F401 - before the next import

from pytest_homeassistant_custom_component.common import (  # isort: skip
    MockConfigEntry,
    async_test_home_assistant,
)

SIZES = (1_000, 1_000_000)
HOUR = timedelta(hours=1)
ENTRY = "01BENCHMARK"
DAYS_AGO = 2


# --- The recorder, in a process of its own ---


def serve(pipe: Connection, size: int) -> None:
    """Run an Imagicle with an archive whose newest recording lasts an hour."""
    asyncio.run(_serve(pipe, size))


async def _serve(pipe: Connection, size: int) -> None:
    """Run it until the pipe yields False; answer True with the number of audit events."""
    now = datetime.now(UTC) - HOUR
    office = Office(seed=1, clock=lambda: now, archive_size=size)
    call = office.connect("101")
    recording = office.start_recording(call)
    now += HOUR
    office.hang_up(call)
    async with Simulator(office, only=["imagicle"]) as simulator:
        imagicle = simulator.imagicle
        pipe.send(
            {
                "recorder": imagicle.name,
                **imagicle.settings,
                "recording_id": imagicle.id_of(recording),
            }
        )
        while await asyncio.get_running_loop().run_in_executor(None, pipe.recv):
            pipe.send(len(imagicle.audit_events))


# --- What is counted ---


class Traffic:
    """Number and bytes of the recorder's answers."""

    requests = 0
    bytes = 0


_request = Transport.request


async def _count(transport: Transport, *args: Any, **kwargs: Any) -> Reply:
    """Send a request, and count its answer."""
    reply = await _request(transport, *args, **kwargs)
    Traffic.requests += 1
    Traffic.bytes += len(reply.body)
    return reply


Transport.request = _count  # type: ignore[assignment, method-assign]


async def measure(name: str, work: Callable[[], Awaitable[Any]]) -> Any:
    """Do the work, print what it cost, and return its result."""
    Traffic.requests = Traffic.bytes = 0
    tracemalloc.start()
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = perf_counter()
    result = await work()
    seconds = perf_counter() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident
    print(
        f"  {name:<26}{Traffic.requests:>9}{Traffic.bytes:>11,}{seconds:>9.2f}"
        f"{peak / 2**20:>10.1f}{grown / 2**10:>10.1f}"
    )
    return result


# --- Home Assistant ---


@asynccontextmanager
async def home_assistant(
    pipe: Connection, folder: str
) -> AsyncGenerator[tuple[HomeAssistant, str, str]]:
    """Run Home Assistant; yield it, its address and the id of the recording of an hour."""
    data = await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
    recording_id = data.pop("recording_id")
    async with async_test_home_assistant(config_dir=folder) as hass:
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS, None)
        frame.async_setup(hass)
        assert await async_setup_component(hass, "http", {})
        assert await async_setup_component(hass, "media_source", {})
        entry = MockConfigEntry(
            domain="call_recorder", title="Imagicle", data=data, entry_id=ENTRY
        )
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(ENTRY)
        await hass.async_block_till_done(wait_background_tasks=True)
        server = TestServer(hass.http.app)
        await server.start_server()
        yield hass, str(server.make_url("")), recording_id
        await server.close()
        await hass.async_stop(force=True)


async def play(hass: HomeAssistant, url: str, recording_id: str, ranged: str) -> int:
    """Play a recording as a browser does; return the number of bytes."""
    from custom_components.call_recorder.views import recording_path  # noqa: PLC0415

    path = async_sign_path(
        hass, recording_path(ENTRY, recording_id), HOUR, use_content_user=True
    )
    size = 0
    async with (
        ClientSession() as session,
        session.get(url.rstrip("/") + path, headers={"Range": ranged}) as response,
    ):
        response.raise_for_status()
        async for chunk in response.content.iter_chunked(64 * 1024):
            size += len(chunk)
    return size


async def benchmark(size: int) -> None:
    """Measure with an archive of a size."""
    print(f"{size:,} recordings")
    print(
        "                              requests      bytes  seconds  MiB held  MiB grown"
    )
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=serve, args=(theirs, size))
    process.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with home_assistant(ours, folder) as (hass, url, recording_id):
                await _benchmark(hass, url, recording_id, Path(folder) / "copies")
            ours.send(True)
            print(f"  audit events of Imagicle:  {ours.recv()}")
    finally:
        ours.send(False)
        process.join()


async def _benchmark(
    hass: HomeAssistant, url: str, recording_id: str, copies: Path
) -> None:
    """Measure one operation after the other."""
    root = f"media-source://call_recorder/{ENTRY}"
    day = datetime.now(UTC) - timedelta(days=DAYS_AGO)
    archive = hass.config_entries.async_get_known_entry(ENTRY).runtime_data.archive
    month = f"{root}/all/{day:%Y-%m}"
    hass.config.allowlist_external_dirs = {str(copies.parent)}

    await measure("idle poll", archive.async_refresh)
    await measure("open the recorder", lambda: async_browse_media(hass, root))
    await measure("open a month", lambda: async_browse_media(hass, month))
    await measure("open a day", lambda: async_browse_media(hass, f"{month}/{day:%d}"))
    size = await measure(
        "play an hour", lambda: play(hass, url, recording_id, "bytes=0-")
    )
    await measure(
        "drag the slider", lambda: play(hass, url, recording_id, f"bytes={size // 2}-")
    )
    await measure(
        "keep a copy of an hour",
        lambda: hass.services.async_call(
            "call_recorder",
            "export_recording",
            {"recording_id": recording_id, "path": str(copies)},
            blocking=True,
            return_response=True,
        ),
    )
    print(f"  size of the hour:          {size:,} bytes")


async def main() -> None:
    """Measure with each size of the archive."""
    for size in SIZES:
        await benchmark(size)


if __name__ == "__main__":
    # Two Home Assistants in one process log warnings about each other.
    logging.disable()
    asyncio.run(main())
