"""A Home Assistant that can poll a simulated Imagicle in three ways, and what that takes.

- floor: the same GET on the same aiohttp session, and `orjson.loads`,
- rest: Home Assistant's own integration, with template sensors for count, paused,
  oldest and longest,
- ours, with its entities.
"""

import asyncio
from asyncio import events
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import gc
from statistics import median
import tempfile
from time import process_time, thread_time
from typing import Any

from aiohttp import encode_basic_auth
import orjson

from homeassistant import loader
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import frame
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.setup import async_setup_component
import tests.phacc_shim  # noqa: F401 - before the next import

from .other_process import RemoteOffice

# Home Assistant's own clock stands still with the others.
import pytest_homeassistant_custom_component.patch_time  # isort: skip  # noqa: F401
from pytest_homeassistant_custom_component.common import (  # isort: skip
    MockConfigEntry,
    async_test_home_assistant,
)

ROUNDS = 15
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
    writes: Counter[str] = field(default_factory=Counter)
    """Number of state changes by entity: each would be a row of the database."""

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

    async def ours(self) -> None:
        """Poll by Call Recorder."""
        await self.entry.runtime_data.live.async_refresh()

    @callback
    def count_write(self, event: Event[Any]) -> None:
        """Count a change of state."""
        self.writes[event.data["entity_id"]] += 1

    def take_writes(self) -> tuple[Counter[str], Counter[str]]:
        """Return the changes of the template sensors and of ours since the last call."""
        rest = Counter({key: n for key, n in self.writes.items() if ".rest_" in key})
        ours = self.writes - rest
        self.writes.clear()
        return rest, ours


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
    """Poll by turns in each of the ways; `new` recordings replace others before each turn.

    All of a turn get the same answer.
    """
    ways = {"floor": subject.floor, "rest": subject.rest, "ours": subject.ours}
    samples = {name: Sample() for name in ways}
    for number in range(rounds + 2):
        subject.office.do("wait", 10.0)
        subject.office.do("replace", new)
        for name, way in ways.items():
            await (way() if number < 2 else samples[name].take(way))
            # What has started in the background is measured with no poll.
            await subject.hass.async_block_till_done()
    return samples
