"""What the tests of the Bandwidth client share."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import json
from typing import Any, ClassVar, Final

from aiohttp import ClientSession

from custom_components.call_recorder.api.account_storage import AccountStorage
from custom_components.call_recorder.api.bandwidth.catapult import (
    REQUEST_INTERVAL,
    Catapult,
)
from custom_components.call_recorder.api.bandwidth.client import BandwidthClient
from custom_components.call_recorder.api.bandwidth.live_list import LiveList
from simulator.bandwidth import Bandwidth
from simulator.faults import Fault
from simulator.office import Office
from simulator.recorder import Request

USER: Final = "/v1/users/u-dkjf9094802375s"


class Clock:
    """The office's time, which a test moves."""

    def __init__(self) -> None:
        """Start at noon."""
        self.now = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def tick(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class MemoryStorage:
    """Keeps what a client saves, as a file would."""

    def __init__(self) -> None:
        """Start empty."""
        self.data: str | None = None

    async def load(self) -> dict[str, Any] | None:
        """Return what was saved last."""
        saved: dict[str, Any] | None = json.loads(self.data) if self.data else None
        return saved

    async def save(self, data: dict[str, Any]) -> None:
        """Keep it as text."""
        self.data = json.dumps(data)


class PacedClient(BandwidthClient):
    """Keeps to the vendor's limit, as outside of the tests."""

    request_interval: ClassVar = REQUEST_INTERVAL


@asynccontextmanager
async def open_list(
    recorder: Bandwidth, storage: MemoryStorage | None = None
) -> AsyncGenerator[LiveList]:
    """Return the list of recordings alone, without a client."""
    async with ClientSession() as session:
        catapult = Catapult(session, recorder.settings, request_interval=0.0)
        yield LiveList(catapult, AccountStorage(storage, "account"))


@asynccontextmanager
async def open_client(
    recorder: Bandwidth,
    storage: MemoryStorage | None = None,
    *,
    kind: type[BandwidthClient] = BandwidthClient,
    **settings: str,
) -> AsyncGenerator[BandwidthClient]:
    """Return a client as a plain script has it, without Home Assistant."""
    async with ClientSession() as session:
        client = kind(
            session,
            {**recorder.settings, **settings},
            time_zone=UTC,
            storage=storage,
        )
        yield client
        await client.close()


def asked(recorder: Bandwidth, path: str = "", method: str = "GET") -> list[Request]:
    """Return what was asked for below the user's resources, by the path's start."""
    return [
        request
        for request in recorder.requests
        if request.method == method and request.path.startswith(USER + path)
    ]


def pages(recorder: Bandwidth) -> list[tuple[int, int]]:
    """Return which pages of the list of recordings were asked for: number, size."""
    return [
        (int(request.query["page"]), int(request.query["size"]))
        for request in asked(recorder, "/recordings")
        if request.path == f"{USER}/recordings"
    ]


def error(status: int, code: str, message: str, category: str = "") -> Fault:
    """Return one error as errors.md has it, for the next command."""
    body = {"category": category, "code": code, "message": message, "details": []}
    return Fault("status", method="POST", status=status, body=json.dumps(body), times=1)


def rows_fault(rows: Any, path: str = "/recordings") -> Fault:
    """Return a fault that answers with rows of our own."""
    return Fault(
        "body", path=path, body=json.dumps(rows), content_type="application/json"
    )


async def poll(client: BandwidthClient) -> set[str] | None:
    """Poll once; return the ids of the active recordings."""
    state = await client.get_live_state()
    if state.recordings is None:
        return None
    return {recording.id for recording in state.recordings}


async def poll_until_known(client: BandwidthClient) -> set[str]:
    """Poll, and let the client read on beside, until it knows."""
    changed = asyncio.Event()
    listening = asyncio.create_task(client.listen(changed.set))
    while (active := await poll(client)) is None:
        await asyncio.wait_for(changed.wait(), 30)
        changed.clear()
    listening.cancel()
    return active


def record_many(
    office: Office, clock: Clock, count: int, *, seconds: float = 2
) -> None:
    """Let many recordings happen, one behind the other."""
    for _ in range(count):
        call = office.connect("112")
        office.start_recording(call)
        clock.tick(seconds)
        office.hang_up(call)
