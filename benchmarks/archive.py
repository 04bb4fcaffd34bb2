"""Measures what the archive costs: opening folders, playing an hour, keeping a copy.

Runs Home Assistant with the integration in front of a simulated Imagicle, which is in
another process. Requests and bytes are those of the recorder's answers; memory is
Python's peak above the start of the measurement (tracemalloc).
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
import tempfile
import tracemalloc
from typing import Any, NamedTuple

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

from .table import Row

from pytest_homeassistant_custom_component.common import (  # isort: skip
    MockConfigEntry,
    async_test_home_assistant,
)

SIZES = (1_000, 1_000_000)
HOUR = timedelta(hours=1)
ENTRY = "01BENCHMARK"
DAYS_AGO = 2
AUDIO = ("play an hour", "drag the slider")
"""What is answered by a download, which is not counted."""


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


def count_answers() -> None:
    """Count the answers of all recorders from now on."""
    request = Transport.request

    async def count(transport: Transport, *args: Any, **kwargs: Any) -> Reply:
        """Send a request, and count its answer."""
        reply = await request(transport, *args, **kwargs)
        Traffic.requests += 1
        Traffic.bytes += len(reply.body)
        return reply

    Transport.request = count  # type: ignore[assignment, method-assign]


class Cost(NamedTuple):
    """What something costs."""

    requests: int
    bytes: int
    mebibytes: float
    """Python's memory at most, above what there was."""


async def cost_of(work: Callable[[], Awaitable[Any]]) -> Cost:
    """Do the work, and return what it cost."""
    Traffic.requests = Traffic.bytes = 0
    tracemalloc.start()
    await work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Cost(Traffic.requests, Traffic.bytes, peak / 2**20)


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


async def costs(size: int) -> dict[str, Cost]:
    """Measure with an archive of a size; return the costs by what is done."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=serve, args=(theirs, size))
    process.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with home_assistant(ours, folder) as (hass, url, recording_id):
                return await _costs(hass, url, recording_id, Path(folder) / "copies")
    finally:
        ours.send(False)
        process.join()


async def _costs(
    hass: HomeAssistant, url: str, recording_id: str, copies: Path
) -> dict[str, Cost]:
    """Measure one thing after the other."""
    root = f"media-source://call_recorder/{ENTRY}"
    day = datetime.now(UTC) - timedelta(days=DAYS_AGO)
    archive = hass.config_entries.async_get_known_entry(ENTRY).runtime_data.archive
    month = f"{root}/all/{day:%Y-%m}"
    hass.config.allowlist_external_dirs = {str(copies.parent)}
    copy = {"recording_id": recording_id, "path": str(copies)}
    works: dict[str, Callable[[], Awaitable[Any]]] = {
        "look for new recordings": archive.async_refresh,
        "open the recorder": lambda: async_browse_media(hass, root),
        "open a month": lambda: async_browse_media(hass, month),
        "open a day": lambda: async_browse_media(hass, f"{month}/{day:%d}"),
        "play an hour": lambda: play(hass, url, recording_id, "bytes=0-"),
        "drag the slider": lambda: play(hass, url, recording_id, "bytes=7000000-"),
        "keep a copy of an hour": lambda: hass.services.async_call(
            "call_recorder",
            "export_recording",
            copy,
            blocking=True,
            return_response=True,
        ),
    }
    return {name: await cost_of(work) for name, work in works.items()}


async def measure() -> list[Row]:
    """Compare a large archive with a small one."""
    count_answers()
    small, large = [await costs(size) for size in SIZES]
    rows = []
    for name, cost in large.items():
        title = f"archive of 1,000,000 ({name})"
        if name not in AUDIO:
            most = small[name].requests
            rows += [
                Row(name=f"{title}: requests", ours=cost.requests, most=most),
                Row(name=f"{title}: kB", unit="kB", ours=cost.bytes / 1000),
            ]
        if name.endswith("an hour"):
            rows.append(Row(name=f"{title}: memory", unit="MiB", ours=cost.mebibytes))
    name = "look for new recordings"
    ratio = large[name].bytes / small[name].bytes
    rows.append(
        Row(
            name=f"{name}: bytes, archive of 1,000,000 over 1,000",
            ours=round(ratio, 2),
            most=1.0,
        )
    )
    return rows
