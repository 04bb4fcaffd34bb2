"""Counts what a poll costs, for a small archive and a large one.

Asks the simulated recorders over HTTP on loopback. Usage, from the project's folder:
    .venv/bin/python -m benchmarks.polls [recorder ...]

All columns are requests but the last. `first` is the first poll of a new client, `until
known` all requests until it knows every active recording. After that, per poll: `idle`
without active recordings, `busy` with three, `new` when it first finds the three,
`archive page` for the 50 newest recordings. `ms` is the time of an idle poll.
Bandwidth allows one request per second: without that interval, as here, `until known`
is about its time in seconds. Where its list has no order, the walk that finds new
recordings (`later`) never ends: one page per second, beside the polls.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import sys
from time import perf_counter
from typing import Any

from aiohttp import ClientSession

from custom_components.call_recorder.api import client_class
from custom_components.call_recorder.api.bandwidth.client import BandwidthClient
from custom_components.call_recorder.api.client import RecorderClient
from custom_components.call_recorder.api.models import RecordingQuery
from simulator.office import Office
from simulator.recorder import Recorder
from simulator.server import RECORDERS as SIMULATED, Simulator

SIZES = (1_000, 1_000_000)
POLLS = 20


@dataclass(frozen=True)
class Subject:
    """A recorder with one of its options."""

    recorder: str
    remark: str = ""
    prepare: Callable[[Any], None] = lambda recorder: None


def in_order(order: str) -> Callable[[Any], None]:
    """Return a function that sets the order of Bandwidth's list."""
    return lambda recorder: setattr(recorder, "order", order)


OPTIONS = {
    "bandwidth": (
        Subject("bandwidth", "newest first", in_order("newest_first")),
        Subject("bandwidth", "oldest first", in_order("oldest_first")),
        Subject("bandwidth", "in no order", in_order("shuffled")),
    )
}
"""Recorders that are measured more than once."""


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


async def measure(subject: Subject, size: int) -> tuple[str, ...]:
    """Return a row of the table."""
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
        await client.get_live_state()
        first = len(recorder.requests)
        if (await client.get_live_state()).recordings is None:
            recorder.requests.pop()
            await poll_until(client, 0)
            known = str(len(recorder.requests))
        else:
            known = str(first)
        start = perf_counter()
        idle = await polls(client, recorder, clock)
        milliseconds = (perf_counter() - start) * 1000 / POLLS
        for number in ("101", "102", "103"):
            office.start_recording(office.connect(number))
        recorder.requests.clear()
        state = await client.get_live_state()
        new = str(len(recorder.requests)) if state.recordings else "later"
        await poll_until(client, 3)
        busy = await polls(client, recorder, clock)
        recorder.requests.clear()
        await client.get_recordings(RecordingQuery(limit=50))
        archive = len(recorder.requests)
        await client.close()
    return (
        f"{subject.recorder} {subject.remark}".strip(),
        f"{size:,}",
        f"{first}",
        known,
        f"{idle:g}",
        new,
        f"{busy:g}",
        f"{archive}",
        f"{milliseconds:.0f}",
    )


async def main(recorders: list[str]) -> None:
    """Print the table."""
    BandwidthClient.request_interval = 0.0
    head = ("recorder", "archive", "first", "until known", "idle", "new", "busy")
    print("| " + " | ".join((*head, "archive page", "ms")) + " |")
    print("|---|" + "--:|" * 8)
    for name in recorders or SIMULATED:
        for subject in OPTIONS.get(name, [Subject(name)]):
            for size in SIZES:
                print("| " + " | ".join(await measure(subject, size)) + " |")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
