"""Measures a poll against its lower bound, and against Home Assistant without Call Recorder.

Three ways to read what an Imagicle records now, by turns in one process:
- floor: the same GET on the same aiohttp session, and `orjson.loads`,
- rest: Home Assistant's own integration, with template sensors for count, paused,
  oldest and longest,
- ours, with its entities.
Figures are medians of this process' CPU time in milliseconds (not wall time: the machine
may have other work). Usage, from the project's folder:
    .venv/bin/python -m benchmarks.speed [--json FILE]
"""

import asyncio
from asyncio import events
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import gc
import json
import logging
from pathlib import Path
import platform
from statistics import median
import subprocess
import sys
import tempfile
from time import process_time, thread_time
import tracemalloc
from typing import Any

from aiohttp import encode_basic_auth
from freezegun import freeze_time
import orjson

from homeassistant import loader
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import EVENT_STATE_CHANGED, __version__
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import frame
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.setup import async_setup_component
from homeassistant.util.dt import utcnow
import tests.phacc_shim  # noqa: F401 - before the next import

from .other_process import RemoteOffice, office

from pytest_homeassistant_custom_component.common import (  # isort: skip
    MockConfigEntry,
    async_test_home_assistant,
)

ROUNDS = 15
SIZES = (10, 1_000, 10_000)
LINES = 200
ENTRY = "01BENCHMARK"
REST_SENSORS = {
    "count": "{{ value_json | count }}",
    "paused": "{{ value_json | selectattr('isPaused') | list | count }}",
    "oldest": "{{ value_json | map(attribute='startedAt') | min | default('') }}",
    "longest": (
        "{% set first = value_json | map(attribute='startedAt') | min | default(none) %}"
        "{{ (now() - as_datetime(first).replace(tzinfo=now().tzinfo)).total_seconds()"
        " | round if first else 0 }}"
    ),
}


@dataclass(frozen=True)
class Figure:
    """One row of the table."""

    name: str
    value: float
    unit: str
    target: float | None = None

    def __str__(self) -> str:
        """Return the row as Markdown."""
        target = "" if self.target is None else f"≤ {self.target:g}"
        reached = (
            ""
            if self.target is None
            else ("yes" if self.value <= self.target else "**no**")
        )
        return f"| {self.name} | {self.value:.3g} {self.unit} | {target} | {reached} |"


# --- What is measured ---


class LongestBlock:
    """Measures the longest callback of the event loop, in milliseconds of CPU time."""

    longest = 0.0

    def install(self) -> None:
        """Measure each callback from now on."""
        run = events.Handle._run  # noqa: SLF001 - asyncio offers no other place

        def measured(handle: events.Handle) -> None:
            start = thread_time()
            run(handle)
            self.longest = max(self.longest, (thread_time() - start) * 1000)

        events.Handle._run = measured  # type: ignore[method-assign, assignment] # noqa: SLF001


BLOCK = LongestBlock()


@dataclass
class Sample:
    """The times of one way to poll, in milliseconds."""

    times: list[float] = field(default_factory=list)
    blocks: list[float] = field(default_factory=list)

    async def take(self, work: Callable[[], Awaitable[Any]]) -> None:
        """Measure once, without the garbage collector."""
        gc.collect()
        gc.disable()
        # A callback of its own: the one before includes the collector's work.
        await asyncio.sleep(0)
        BLOCK.longest = 0.0
        start = process_time()
        await work()
        self.times.append((process_time() - start) * 1000)
        # The callback that ended the work is counted when it is over.
        await asyncio.sleep(0)
        self.blocks.append(BLOCK.longest)
        gc.enable()

    @property
    def ms(self) -> float:
        """Return the median."""
        return median(self.times)

    @property
    def block(self) -> float:
        """Return the median of the longest blocks."""
        return median(self.blocks)


@dataclass
class Subject:
    """A Home Assistant that can poll a recorder in each of the ways."""

    hass: HomeAssistant
    office: RemoteOffice
    entry: MockConfigEntry
    writes: dict[str, int] = field(default_factory=dict)
    """Number of state changes by way: each would be a row of the database."""

    async def floor(self) -> None:
        """Send the request and decode the answer, nothing else."""
        settings = self.office.settings
        authorization = encode_basic_auth(settings["username"], settings["password"])
        async with async_get_clientsession(self.hass).get(
            self.office.live_url, headers={"Authorization": authorization}
        ) as response:
            orjson.loads(await response.read())

    async def rest(self) -> None:
        """Poll by Home Assistant's own integration."""
        await self.hass.data["rest"]["coordinator"][0].async_refresh()
        await self.hass.async_block_till_done()

    async def ours(self) -> None:
        """Poll by Call Recorder."""
        await self.entry.runtime_data.live.async_refresh()
        await self.hass.async_block_till_done()

    @callback
    def count_write(self, event: Event[Any]) -> None:
        """Count a change of state."""
        name = "rest" if ".rest_" in event.data["entity_id"] else "ours"
        self.writes[name] = self.writes.get(name, 0) + 1


@asynccontextmanager
async def home_assistant(
    remote: RemoteOffice, lines: int, named_by: str = "username"
) -> AsyncGenerator[Subject]:
    """Run Home Assistant that polls the recorder by Call Recorder and by `rest`."""
    with tempfile.TemporaryDirectory() as folder:
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS, None)
            frame.async_setup(hass)
            for component, config in (("http", {}), ("rest", _rest(remote))):
                assert await async_setup_component(hass, component, {component: config})
            entry = MockConfigEntry(
                domain="call_recorder",
                title="Imagicle",
                data={"recorder": "imagicle", **remote.settings},
                entry_id=ENTRY,
                subentries_data=[
                    ConfigSubentryData(
                        subentry_type="line",
                        title=f"Line {number}",
                        data={named_by: value},
                        unique_id=None,
                    )
                    for number, value in enumerate(remote.lines[named_by][:lines])
                ],
            )
            entry.add_to_hass(hass)
            assert await hass.config_entries.async_setup(ENTRY)
            await hass.async_block_till_done()
            subject = Subject(hass, remote, entry)
            hass.bus.async_listen(EVENT_STATE_CHANGED, subject.count_write)
            yield subject
            await hass.async_stop(force=True)


def _rest(remote: RemoteOffice) -> dict[str, Any]:
    """Return the configuration.yaml of the `rest` integration."""
    return {
        "resource": remote.live_url,
        "authentication": "basic",
        "username": remote.settings["username"],
        "password": remote.settings["password"],
        "scan_interval": 3600,
        "sensor": [
            {"name": f"rest {name}", "value_template": template}
            for name, template in REST_SENSORS.items()
        ],
    }


async def polls(
    subject: Subject, *, new: int = 0, rounds: int = ROUNDS
) -> dict[str, Sample]:
    """Poll by turns in each of the ways; `new` recordings replace others before each poll."""
    ways = {"floor": subject.floor, "rest": subject.rest, "ours": subject.ours}
    samples = {name: Sample() for name in ways}
    for number in range(rounds + 2):
        for name, way in ways.items():
            subject.office.do("wait", 10.0)
            if new:
                subject.office.do("replace", new)
            await (way() if number < 2 else samples[name].take(way))
    return samples


async def active(size: int) -> list[Figure]:
    """Measure polls with `size` active recordings."""
    with office(12) as remote:
        remote.do("record", size)
        async with home_assistant(remote, 0) as subject:
            await subject.ours()
            subject.writes.clear()
            same = await polls(subject)
            changed = await polls(subject, new=3)
    name = f"{size:,} active"
    print(
        f"{name}: "
        + ", ".join(
            f"{way} {same[way].ms:.2f} / {changed[way].ms:.2f}" for way in same
        ),
        file=sys.stderr,
    )
    ours, floor, rest = same["ours"], same["floor"], same["rest"]
    figures = [
        Figure(f"{name}, floor", floor.ms, "ms"),
        Figure(f"{name}, rest", rest.ms, "ms"),
        Figure(f"{name}, ours", ours.ms, "ms"),
        Figure(f"{name}, 3 new, ours", changed["ours"].ms, "ms"),
    ]
    if size == SIZES[0]:
        return [
            *figures,
            Figure(f"{name}, ours - floor", ours.ms - floor.ms, "ms", 0.5),
        ]
    figures += [
        Figure(f"{name}, ours / floor", ours.ms / floor.ms, "x", 2.0),
        Figure(f"{name}, ours / rest", ours.ms / rest.ms, "x", 0.4),
        Figure(
            f"{name}, 3 new, ours / floor",
            changed["ours"].ms / changed["floor"].ms,
            "x",
            2.5,
        ),
    ]
    if size == SIZES[-1]:
        figures.append(
            Figure(
                f"{name}, longest block beyond the floor's",
                ours.block - floor.block,
                "ms",
                10,
            )
        )
    return figures


async def many_lines(named_by: str) -> list[Figure]:
    """Measure polls with many lines, and count their requests and state writes.

    Get Active Recordings names the user of a recording, not the number: for lines that
    are known by their number only, new recordings cost a further request.
    """
    with office(LINES) as remote:
        remote.do("record", 50)
        async with home_assistant(remote, LINES, named_by) as subject:
            await subject.ours()
            same = await polls(subject)
            changed = await polls(subject, new=3)
            # The durations of recordings of less than a minute move at every poll.
            remote.do("wait", 60.0)
            await subject.ours()
            subject.writes.clear()
            remote.do("wait", 1.0)
            await subject.ours()
            requests, writes = remote.do("wait", 0.0), subject.writes.get("ours", 0)
            remote.do("replace", 3)
            await subject.ours()
            new_requests = remote.do("wait", 0.0)
    name = f"{LINES} lines by {named_by}, 50 active"
    if named_by != "username":
        return [
            Figure(f"{name}, ours", same["ours"].ms, "ms"),
            Figure(f"{name}, 3 new, ours", changed["ours"].ms, "ms"),
            Figure(f"{name}, 3 new, requests", new_requests, ""),
        ]
    return [
        Figure(f"{name}, floor", same["floor"].ms, "ms"),
        Figure(f"{name}, ours", same["ours"].ms, "ms", 1),
        Figure(f"{name}, 3 new, ours", changed["ours"].ms, "ms", 3),
        Figure(f"{name}, requests of an unchanged poll", requests, "", 1),
        Figure(f"{name}, state writes of an unchanged poll", writes, "", 0),
        Figure(f"{name}, 3 new, requests", new_requests, "", 1),
    ]


async def hour() -> list[Figure]:
    """Count the rows that an hour with 30 calls of three minutes adds to the database."""
    with office(12) as remote:
        async with home_assistant(remote, 0) as subject:
            await subject.ours()
            await subject.rest()
            subject.writes.clear()
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
    ours, rest = subject.writes.get("ours", 0), subject.writes.get("rest", 0)
    return [
        Figure("rows of an hour with 30 calls, rest", rest, ""),
        Figure("rows of an hour with 30 calls, ours", ours, ""),
        Figure("rows of an hour with 30 calls, ours / rest", ours / rest, "x", 0.2),
    ]


async def memory() -> list[Figure]:
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
    return [Figure("memory per active recording", (after - before) / 5_000, "B", 1024)]


async def set_up() -> list[Figure]:
    """Count the requests of a set-up, and measure a start against a bare POST."""
    with office(ROUNDS * 2 + 4) as remote:
        remote.do("connect", ROUNDS * 2 + 4)
        async with home_assistant(remote, 0) as subject:
            # One of them is the template sensors'.
            requests = remote.do("wait", 0.0) - 1
            ours, floor = await _starts(subject)
    return [
        Figure("requests of a set-up", requests, "", 3),
        Figure("start_recording beyond a bare POST", ours.ms - floor.ms, "ms", 1),
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


def imports() -> list[Figure]:
    """Measure the import of the integration beyond Home Assistant's own modules."""
    probe = (
        "import sys, time\n"
        "import homeassistant.components.media_source, homeassistant.components.http\n"
        "import homeassistant.components.sensor, homeassistant.components.event\n"
        "import homeassistant.components.binary_sensor, homeassistant.components.button\n"
        "import homeassistant.components.switch, homeassistant.components.repairs\n"
        "import homeassistant.components.websocket_api, homeassistant.config_entries\n"
        "import homeassistant.helpers.selector, homeassistant.helpers.trigger\n"
        "import homeassistant.helpers.condition, orjson\n"
        "known = set(sys.modules)\n"
        "begin = time.process_time()\n"
        "from custom_components.call_recorder import (\n"
        "    binary_sensor, button, config_flow, event, sensor, switch)\n"
        "print((time.process_time() - begin) * 1000)\n"
    )
    times = [
        float(
            subprocess.run(  # noqa: S603 - our own program
                [sys.executable, "-c", probe],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for _ in range(5)
    ]
    return [Figure("import of the integration", median(times), "ms", 50)]


async def measure() -> list[Figure]:
    """Measure everything."""
    BLOCK.install()
    figures = []
    for size in SIZES:
        figures += await active(size)
    for named_by in ("username", "directory_number"):
        figures += await many_lines(named_by)
    figures += await hour()
    figures += await memory()
    figures += await set_up()
    return figures + await asyncio.get_running_loop().run_in_executor(None, imports)


def machine() -> str:
    """Return the versions and the processor."""
    return (
        f"Home Assistant {__version__}, Python {platform.python_version()}, "
        f"{platform.machine()}, {processor()}"
    )


def processor() -> str:
    """Return the processor's name (from Linux, where possible)."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
    return next(names, platform.processor())


def main(arguments: list[str]) -> None:
    """Print the table; with `--json FILE` write the figures to a file too."""
    figures = asyncio.run(measure())
    print(
        f"{machine()}\n\n| figure | measured | must reach | reached |\n|---|--:|--:|---|"
    )
    for figure in figures:
        print(figure)
    if arguments[:1] == ["--json"]:
        rows = {figure.name: figure.value for figure in figures}
        Path(arguments[1]).write_text(
            json.dumps({"machine": machine(), "figures": rows}, indent=2) + "\n",
            encoding="utf-8",
        )


if __name__ == "__main__":
    # Several Home Assistants in one process log warnings about each other.
    logging.disable()
    main(sys.argv[1:])
