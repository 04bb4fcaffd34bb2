"""A simulated recorder in a process of its own, so that its CPU time is not measured."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from simulator.calls import Call
from simulator.office import Office
from simulator.server import Simulator


class RemoteOffice:
    """Controls the office of the other process; its time passes only on command."""

    def __init__(self, pipe: Connection) -> None:
        """Wait until the recorder listens."""
        self._pipe = pipe
        self.settings: dict[str, Any] = pipe.recv()
        """The fields of the config form that reaches the recorder."""
        self.live_url: str = self.settings.pop("live_url")
        """The address of Imagicle's Get Active Recordings."""
        self.lines: dict[str, list[str]] = self.settings.pop("lines")
        """By field of a line's form, the values of all lines."""

    def do(self, command: str, *arguments: Any) -> int:
        """Call a method of `_World`; return the number of requests since the last call."""
        self._pipe.send((command, *arguments))
        requests: int = self._pipe.recv()
        return requests


@contextmanager
def office(
    lines: int, archive: int = 0, recorder: str = "imagicle"
) -> Iterator[RemoteOffice]:
    """Run an office with a recorder while the context lasts."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(
        target=_run, args=(theirs, lines, archive, recorder)
    )
    process.start()
    try:
        yield RemoteOffice(ours)
    finally:
        ours.send(None)
        process.join()


def _run(pipe: Connection, lines: int, archive: int, name: str) -> None:
    asyncio.run(_serve(pipe, lines, archive, name))


async def _serve(pipe: Connection, lines: int, archive: int, name: str) -> None:
    world = _World(lines, archive)
    async with Simulator(world.office, only=[name]) as simulator:
        recorder = simulator.recorders[name]
        people = world.office.lines
        pipe.send(
            {
                **recorder.settings,
                "live_url": f"{recorder.url.rstrip('/')}{recorder.root}/LiveRecordings",
                "lines": {
                    "username": [line.username for line in people],
                    "directory_number": [line.number for line in people],
                },
            }
        )
        loop = asyncio.get_running_loop()
        receive: Callable[[], tuple[Any, ...] | None] = pipe.recv
        while command := await loop.run_in_executor(None, receive):
            method, *arguments = command
            getattr(world, method)(*arguments)
            requests = len(recorder.requests)
            recorder.requests.clear()
            pipe.send(requests)


class _World:
    """The office and its calls."""

    def __init__(self, lines: int, archive: int) -> None:
        self._now = datetime.now(UTC)
        self.office = Office(
            seed=1, clock=lambda: self._now, lines=lines, archive_size=archive
        )
        self._calls: list[Call] = []
        self._made = 0

    def record(self, count: int) -> None:
        """Connect and record `count` calls."""
        for _ in range(count):
            line = self.office.lines[self._made % len(self.office.lines)]
            call = self.office.connect(line.number, f"+1555{self._made:07}")
            self.office.start_recording(call)
            self._calls.append(call)
            self._made += 1

    def end(self, count: int) -> None:
        """End the `count` oldest calls."""
        for call in self._calls[:count]:
            self.office.hang_up(call)
        del self._calls[:count]

    def replace(self, count: int) -> None:
        """End the `count` oldest calls, and record as many new ones."""
        self.end(count)
        self.record(count)

    def connect(self, count: int) -> None:
        """Connect `count` calls without recording them, one per line."""
        for line in self.office.lines[:count]:
            self._calls.append(self.office.connect(line.number))

    def wait(self, seconds: float) -> None:
        """Pass time."""
        self._now += timedelta(seconds=seconds)
