"""Counts the requests of a poll, for a small archive and a large one.

Asks the simulated recorders over HTTP on loopback.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession

from custom_components.call_recorder.api import client_class
from custom_components.call_recorder.api.bandwidth.client import BandwidthClient
from custom_components.call_recorder.api.client import RecorderClient
from custom_components.call_recorder.api.models import RecordingQuery
from simulator.office import Office
from simulator.recorder import Recorder
from simulator.server import RECORDERS as SIMULATED, Simulator

from .table import Row

SMALL = 1_000
LARGE = 1_000_000
POLLS = 20


@dataclass(frozen=True)
class Subject:
    """A recorder with one of its options."""

    recorder: str
    remark: str = ""
    prepare: Callable[[Any], None] = lambda recorder: None
    large: int = LARGE
    """How many recordings its large archive has."""


def in_order(order: str) -> Callable[[Any], None]:
    """Return a function that sets the order of Bandwidth's list."""
    return lambda recorder: setattr(recorder, "order", order)


OPTIONS = {
    "bandwidth": (
        Subject("bandwidth", "newest first", in_order("newest_first")),
        Subject("bandwidth", "oldest first", in_order("oldest_first")),
    ),
    # It lists all that is stored in one answer.
    "asterisk": (Subject("asterisk", large=10_000),),
}
"""Recorders that are measured more than once, or otherwise."""


class Clock:
    """The office's time, which passes only between the polls."""

    def __init__(self) -> None:
        """Start now."""
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def pass_time(self) -> None:
        """Pass the ten seconds between two polls."""
        self.now += timedelta(seconds=10)


async def poll_until(client: RecorderClient, count: int) -> None:
    """Poll, and let the client read on in between, until it reports so many recordings."""
    recordings = (await client.get_live_state()).recordings
    if recordings is not None and len(recordings) >= count:
        return
    changed = asyncio.Event()
    listening = asyncio.create_task(client.listen(changed.set))
    while True:
        changed.clear()
        state = await client.get_live_state()
        if state.recordings is not None and len(state.recordings) >= count:
            break
        await changed.wait()
    listening.cancel()


async def polls(client: RecorderClient, recorder: Recorder, clock: Clock) -> float:
    """Return the average number of requests per poll."""
    recorder.requests.clear()
    for _ in range(POLLS):
        clock.pass_time()
        state = await client.get_live_state()
        assert state.recordings is not None
    return len(recorder.requests) / POLLS


async def count(subject: Subject, size: int) -> dict[str, float]:
    """Return the requests of each kind of poll."""
    clock = Clock()
    office = Office(seed=1, clock=clock, archive_size=size)
    async with (
        Simulator(office, only=[subject.recorder]) as simulator,
        ClientSession() as session,
    ):
        recorder = simulator.recorders[subject.recorder]
        subject.prepare(recorder)
        client = client_class(subject.recorder)(
            session, recorder.settings, time_zone=UTC
        )
        await poll_until(client, 0)
        known = len(recorder.requests)
        idle = await polls(client, recorder, clock)
        for number in ("101", "102", "103"):
            office.start_recording(office.connect(number))
        await poll_until(client, 3)
        busy = await polls(client, recorder, clock)
        recorder.requests.clear()
        await client.get_recordings(RecordingQuery(limit=50))
        archive = len(recorder.requests)
        await client.close()
    return {
        "until the active recordings are known": known,
        "of a poll without active recordings": idle,
        "of a poll with 3": busy,
        "for the newest page of the archive": archive,
    }


async def measure() -> list[Row]:
    """Count for all recorders, and compare a large archive with a small one."""
    BandwidthClient.request_interval = 0.0
    rows = []
    for name in SIMULATED:
        for subject in OPTIONS.get(name, [Subject(name)]):
            small = await count(subject, SMALL)
            large = await count(subject, subject.large)
            title = f"{subject.recorder} {subject.remark}".strip()
            rows += [
                Row(
                    name=f"{title}, archive of {subject.large:,}: requests {kind}",
                    ours=requests,
                    # A list without a filter has to be looked through at first.
                    most=10 if "until" in kind else small[kind],
                )
                for kind, requests in large.items()
            ]
    return rows
