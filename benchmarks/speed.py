"""Measures a poll against its lower bound, and against Home Assistant without Call Recorder.

Times are medians of this process' CPU time in milliseconds, not wall time: the machine
may have other work. The recorder is in another process.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
import gc
import os
from statistics import median
import subprocess
import sys
import tracemalloc
from typing import Any

from aiohttp import encode_basic_auth
from freezegun import freeze_time
import orjson

from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util.dt import utcnow

from .other_process import RemoteOffice, office
from .subject import BLOCK, ROUNDS, Sample, Subject, home_assistant, polls
from .table import Row

SIZES = (10, 1_000, 10_000)
LINES = 200
PROBE = """
import importlib, sys, time

def load():
    from custom_components.call_recorder import (
        binary_sensor, button, config_flow, event, sensor, switch)
    from custom_components.call_recorder.api import client_class
    client_class("imagicle")

known = set(sys.argv[1:])
for module in ("homeassistant.components.http", *known):
    importlib.import_module(module)
start = time.process_time()
load()
if known:
    print((time.process_time() - start) * 1000)
else:
    print(*(name for name in sys.modules if name.startswith("homeassistant.")))
"""


def _cpu(name: str, samples: Mapping[str, Sample], **more: Any) -> Row:
    """Return the row of one kind of poll, in each of the ways; `more` is of the row."""
    return Row(
        name=name,
        unit="ms",
        floor=samples["floor"].ms,
        rest=samples["rest"].ms,
        ours=samples["ours"].ms,
        **more,
    )


async def active(size: int) -> list[Row]:
    """Measure polls with `size` active recordings."""
    with office(12) as remote:
        remote.do("record", size)
        async with home_assistant(remote, 0) as subject:
            await subject.ours()
            same = await polls(subject)
            changed = await polls(subject, new=3)
    name = f"CPU of an unchanged poll, {size:,} active"
    new = _cpu(
        f"the same with 3 new recordings, {size:,} active",
        changed,
        most_of_floor=None if size == SIZES[0] else 2.5,
        reason="A list that has changed is decoded, as for the floor, and each row of it is "
        "compared, which takes half as long again; the six events and the states that change "
        "cost as much as with 10 active.",
    )
    if size == SIZES[0]:
        return [_cpu(name, same, most_beyond_floor=0.5), new]
    first = _cpu(
        name,
        same,
        most_of_floor=2.0,
        most_of_rest=0.4,
        reason="The request alone takes most of it: only durations have moved, and the list "
        "is not even decoded.",
    )
    if size != SIZES[-1]:
        return [first, new]
    block = Row(
        name=f"longest block of the event loop in any of these polls, {size:,} active",
        unit="ms",
        floor=same["floor"].block,
        ours=max(*same["ours"].blocks, *changed["ours"].blocks),
        most_beyond_floor=10,
        reason="The longest of all: where the durations of all recordings move in the "
        "same poll in which some are new.",
    )
    return [first, new, block]


async def many_lines() -> list[Row]:
    """Measure polls with many lines, and count their requests and state writes."""
    with office(LINES) as remote:
        remote.do("record", 50)
        async with home_assistant(remote, LINES) as subject:
            await subject.ours()
            same = await polls(subject)
            subject.take_writes()
            changed = await polls(subject, new=3)
            _, changes = subject.take_writes()
            states = round(changes.total() / (ROUNDS + 2))
            bare = await _write_states(subject, states)
            # The durations of recordings of less than a minute move at every poll.
            remote.do("wait", 60.0)
            await subject.ours()
            subject.take_writes()
            remote.do("wait", 1.0)
            requests, writes = await _count_poll(subject, remote)
            remote.do("record", 1)
            new_requests, started = await _count_poll(subject, remote)
    name = f"{LINES} lines, 50 active"
    return [
        _cpu(
            f"{name}: CPU of an unchanged poll",
            same,
            most=1,
            reason="On this machine, the request and its JSON alone take most of it: the "
            "difference to the floor is what is ours.",
        ),
        _cpu(
            f"{name}: CPU with 3 new recordings",
            changed,
            most=3,
            reason=f"Three calls that end and three that start, and the calls that are younger "
            f"than a minute, change {states} states, twelve of them events. The request takes "
            f"{changed['floor'].ms:.1f} ms; Home Assistant's state machine alone takes "
            f"{bare.ms:.1f} ms to take in so many states, and its entities nearly as long to "
            "work them out. The other half goes to the rows, to about a hundred entities of "
            "the lines that have changed, and to the events and the activity log.",
        ),
        Row(name=f"{name}: requests of an unchanged poll", ours=requests, most=1),
        Row(name=f"{name}: states written by it", ours=writes.total(), most=0),
        Row(name=f"{name}: requests with a new recording", ours=new_requests, most=1),
        Row(
            name=f"{name}: event entities called for a start (its line and recorder)",
            ours=sum(entity.startswith("event.") for entity in started),
            most=2,
        ),
    ]


async def _count_poll(
    subject: Subject, remote: RemoteOffice
) -> tuple[int, Counter[str]]:
    """Count the requests of a poll, and the state writes by entity."""
    await subject.ours()
    _, writes = subject.take_writes()
    return remote.do("wait", 0.0), writes


async def _write_states(subject: Subject, count: int) -> Sample:
    """Measure Home Assistant's state machine: so many new states, and nothing else."""
    sample = Sample()

    async def write() -> None:
        for number in range(count):
            subject.hass.states.async_set(
                f"sensor.bare_{number}", str(len(sample.times))
            )

    for _ in range(ROUNDS):
        await sample.take(write)
    return sample


async def hour() -> list[Row]:
    """Count the rows that an hour with 30 calls of three minutes adds to the database."""
    with office(12) as remote:
        async with home_assistant(remote, 0) as subject:
            await subject.ours()
            await subject.rest()
            subject.take_writes()
            # The event loop's clock is not frozen, or each request would time out.
            with freeze_time(utcnow(), ignore=["asyncio"]) as clock:
                for poll in range(360):
                    clock.tick(10.0)
                    remote.do("wait", 10.0)
                    if poll % 12 == 0:
                        remote.do("record", 1)
                    if poll % 12 == 6 and poll > 12:
                        remote.do("end", 1)
                    await subject.ours()
                    await subject.rest()
                    if poll % 12 == 11:
                        await subject.entry.runtime_data.archive.async_refresh()
            rest, ours = subject.take_writes()
    kinds = _by_kind(ours)
    parts = ", ".join(f"{name} {count}" for name, count in kinds.items())
    return [
        Row(
            name="database rows of an hour with 30 calls",
            rest=rest.total(),
            ours=ours.total(),
            most_of_rest=0.2,
            reason=f"Each row is a state that has changed: {parts}. The count and the oldest "
            "start, which `rest` has as well and which change only with the calls, are alone "
            f"{kinds['count'] + kinds['oldest start']} rows, a fifth of its. Its longest "
            f"duration moves at each poll ({rest['sensor.rest_longest']} rows); ours, and the "
            "sum of all durations, every 30 seconds. It has no events, three for each call, "
            "and no archive, in which each recording changes up to five states.",
        )
    ]


def _by_kind(writes: Counter[str]) -> dict[str, int]:
    """Return the number of states by what they are about."""
    kinds = {
        "events": ("event.",),
        "durations": ("_longest_active_duration", "_total_active_duration"),
        "count": ("_active_recordings",),
        "oldest start": ("_oldest_active_start",),
        "archive": (
            "_last_recording",
            "_last_recording_duration",
            "_recordings_today",
            "_recorded_time_today",
            "_archived_recordings",
        ),
    }
    found = {
        kind: sum(
            count
            for entity, count in writes.items()
            if entity.startswith(marks) or entity.endswith(marks)
        )
        for kind, marks in kinds.items()
    }
    return {**found, "others": writes.total() - sum(found.values())}


async def memory() -> list[Row]:
    """Measure the memory per active recording, entities included."""
    with office(12) as remote:
        async with home_assistant(remote, 0) as subject:
            await subject.ours()
            await subject.floor()
            tracemalloc.start()
            before, _ = tracemalloc.get_traced_memory()
            remote.do("record", 5_000)
            await subject.ours()
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    size = (after - before) / 5_000
    return [Row(name="memory per active recording", unit="B", ours=size, most=1024)]


async def two_days() -> list[Row]:
    """Measure how much memory a day with 144 calls leaves behind, after a first day."""
    with office(12) as remote:
        remote.do("record", 2)
        async with home_assistant(remote, 0) as subject:
            with freeze_time(utcnow(), ignore=["asyncio"]) as clock:
                tracemalloc.start()
                sizes = []
                for _ in range(2):
                    for _ in range(144):
                        await _ten_minutes(subject, remote, clock.tick)
                    gc.collect()
                    sizes.append(tracemalloc.get_traced_memory()[0])
                tracemalloc.stop()
    grown = (sizes[1] - sizes[0]) / 1024
    return [
        Row(
            name="memory that 24 simulated hours with 144 calls leave behind",
            unit="KiB",
            ours=grown,
            most=64,
        )
    ]


async def _ten_minutes(
    subject: Subject, remote: RemoteOffice, tick: Callable[[timedelta], object]
) -> None:
    """Let a call end and another one start, poll, and read the archive."""
    remote.do("replace", 1)
    for _ in range(2):
        tick(timedelta(minutes=5))
        remote.do("wait", 300.0)
        await subject.ours()
    await subject.entry.runtime_data.archive.async_refresh()


async def set_up() -> list[Row]:
    """Count the requests of a set-up, and measure a start against a bare POST."""
    with office(ROUNDS * 2 + 4) as remote:
        remote.do("connect", ROUNDS * 2 + 4)
        async with home_assistant(remote, 0) as subject:
            # One of them is the template sensors'.
            requests = remote.do("wait", 0.0) - 1
            # The poll that follows a start goes on beside it.
            await subject.entry.runtime_data.live.async_shutdown()
            ours, floor = await _starts(subject)
    return [
        Row(
            name="CPU of `start_recording` beside a bare POST",
            unit="ms",
            floor=floor.ms,
            ours=ours.ms,
            most_beyond_floor=1,
        ),
        Row(name="requests of a set-up", ours=requests, most=3),
    ]


async def _starts(subject: Subject) -> tuple[Sample, Sample]:
    """Start recordings by turns with the action and with a bare POST."""
    ours, floor = Sample(), Sample()
    settings = subject.office.settings
    headers = {
        "Authorization": encode_basic_auth(settings["username"], settings["password"])
    }
    number = 100

    async def post() -> None:
        async with async_get_clientsession(subject.hass).post(
            subject.office.live_url,
            json={"directoryNumber": str(number)},
            headers=headers,
        ) as response:
            assert response.status == 201
            orjson.loads(await response.read())

    async def act() -> None:
        await subject.hass.services.async_call(
            "call_recorder",
            "start_recording",
            {"directory_number": str(number)},
            blocking=True,
            return_response=True,
        )

    for turn in range(ROUNDS + 2):
        for sample, work in ((floor, post), (ours, act)):
            number += 1
            await (work() if turn < 2 else sample.take(work))
            await subject.hass.async_block_till_done(wait_background_tasks=False)
    return ours, floor


def imports() -> list[Row]:
    """Measure the import of the integration beyond Home Assistant's own modules."""
    known = _probe().split()
    times = [float(_probe(*known)) for _ in range(7)]
    return [
        Row(
            name="import of the integration, with the client of one recorder",
            unit="ms",
            ours=median(times),
            most=50,
            reason="Home Assistant asks for the actions, forms, platforms and the media "
            "browser at once. Two fifths of the time is what Python takes to make 33 data "
            "classes, nearly half a millisecond each; the machine had other work.",
        )
    ]


def _probe(*known: str) -> str:
    """Import the integration in a process of its own that knows some modules already.

    Python keeps what it has compiled, as it does at a user's.
    """
    environment = {**os.environ}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROBE, *known],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    ).stdout


async def measure() -> list[Row]:
    """Measure everything."""
    BLOCK.install()
    rows = []
    for size in SIZES:
        rows += await active(size)
    for part in (many_lines, hour, memory, two_days, set_up):
        rows += await part()
    return rows + await asyncio.to_thread(imports)
