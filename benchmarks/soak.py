"""Runs a real Home Assistant with recorders that fail at random, for some minutes.

Prints the memory, tasks, connections, files and tokens that it holds at the start, at the
end, and every five minutes: what grows is a leak. Calls come and go (the simulator's
traffic), recordings are started and stopped, the archive is searched and played. Faults
last from a second to a minute. Usage, from the project's folder:
    scripts/soak MINUTES
"""

import asyncio
from base64 import urlsafe_b64encode
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
import re
import sys
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Final

from aiohttp import ClientError, ClientSession

from scripts.demo_ha.furnishing import add_recorder, stay_offline
from scripts.demo_ha.home_assistant import HomeAssistant
from scripts.demo_ha.processes import DOMAIN, Failure, free_port
from scripts.demo_ha.simulator import Simulator

_FAULTS: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503, "retry_after": 5},
    {"kind": "status", "status": 429, "retry_after": 2},
    {"kind": "status", "status": 401, "times": 1},
    {"kind": "login_page"},
    {"kind": "invalid_json"},
    {"kind": "empty_body"},
    {"kind": "empty_object"},
    {"kind": "huge_body"},
    {"kind": "hang"},
    {"kind": "drop"},
    {"kind": "drop_after"},
    {"kind": "half_body"},
    {"kind": "wrong_content_type"},
    {"kind": "bad_rows"},
    {"kind": "redirect", "url": "http://127.0.0.1:9/elsewhere"},
)
_WARM_UP: Final = 60.0
"""Seconds before the first count: caches fill, and Home Assistant finishes starting."""
_LOOK_EVERY: Final = 300.0
"""Seconds between two counts."""


class Soak:
    """Uses Home Assistant and makes the simulated recorders fail."""

    def __init__(
        self,
        home_assistant: HomeAssistant,
        simulator: Simulator,
        entries: dict[str, str],
    ) -> None:
        """Take the running processes, and the id of each recorder's entry."""
        self._ha = home_assistant
        self._simulator = simulator
        self._entries = entries
        self._random = Random(1)
        self.done: Counter[str] = Counter()

    async def run(self, seconds: float) -> None:
        """Use all recorders and make them fail, for some seconds."""
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for name in self._entries:
                group.create_task(self._fail(name))
                group.create_task(self._use(name))

    async def _fail(self, name: str) -> None:
        """Add one fault after the other to a recorder, with pauses."""
        while True:
            await asyncio.sleep(self._random.uniform(5, 60))
            fault = self._random.choice(_FAULTS)
            await self._simulator.add_fault(name, **fault)
            self.done[f"fault {fault['kind']} {fault.get('status', '')}".strip()] += 1
            await asyncio.sleep(self._random.uniform(1, 60))
            await self._simulator.clear_faults(name)

    async def _use(self, name: str) -> None:
        """Start, stop, search, play and reload at random."""
        uses = (
            *(self._start, self._start, self._hang_up),
            *(self._stop, self._search, self._play),
        )
        while True:
            await asyncio.sleep(self._random.uniform(1, 10))
            use = self._random.choice(uses)
            with suppress(Failure, ClientError, TimeoutError):
                # Longer than the client's own time limit for a recorder that hangs.
                async with asyncio.timeout(60):
                    await use(name)
                self.done[use.__name__.strip("_")] += 1
            if self._random.random() < 0.02:
                path = f"/api/config/config_entries/entry/{self._entries[name]}/reload"
                with suppress(Failure):
                    await self._ha.post(path, {})
                self.done["reload"] += 1

    async def _act(self, name: str, action: str, **data: Any) -> Any:
        answer = await self._ha.post(
            f"/api/services/{DOMAIN}/{action}?return_response",
            {"config_entry_id": self._entries[name], **data},
        )
        return answer["service_response"]

    async def _start(self, name: str) -> None:
        if not (free := await self._simulator.free_lines(name)):
            raise Failure("all lines are busy")
        line = self._random.choice(free)
        await self._simulator.connect(name, line["number"])
        await self._act(
            name, "start_recording", directory_number=line["directory_number"]
        )

    async def _hang_up(self, name: str) -> None:
        office = await self._simulator.office(name)
        for call in office["calls"][:3]:
            await self._simulator.hang_up(name, call["id"])

    async def _stop(self, name: str) -> None:
        active = await self._act(name, "get_active_recordings")
        for row in active["recordings"][:1]:
            await self._act(name, "stop_recording", recording_id=row["id"])

    async def _search(self, name: str) -> None:
        await self._act(name, "get_recordings", limit=self._random.choice((1, 50, 500)))

    async def _play(self, name: str) -> None:
        page = await self._act(name, "get_recordings", limit=5)
        row = self._random.choice(page["recordings"])
        token = urlsafe_b64encode(row["id"].encode()).decode().rstrip("=")
        media = await self._ha.command(
            type="media_source/resolve_media",
            media_content_id=f"media-source://{DOMAIN}/{self._entries[name]}/recording/{token}",
        )
        async with (
            ClientSession() as session,
            session.get(self._ha.url + media["url"]) as response,
        ):
            # Some play the whole recording, others stop early.
            size = self._random.choice((1, 100_000, 100_000_000))
            await response.content.read(size)


class Looker:
    """Counts what Home Assistant and the recorders hold."""

    def __init__(self, home_assistant: HomeAssistant, simulator: Simulator) -> None:
        """Take the running processes."""
        self._ha = home_assistant
        self._simulator = simulator

    async def look(self) -> dict[str, int]:
        """Return the counts."""
        # A token is valid for half an hour.
        await self._ha.sign_in()
        probe = await self._ha.get("/api/soak_probe")
        offices = [
            await self._simulator.office(name) for name in self._simulator.settings
        ]
        process = Path(f"/proc/{self._ha.process_id}")
        files = [*_links(process / "fd")]
        log = self._ha.log.read_text()
        return {
            "memory, MiB": probe["memory_kib"] // 1024,
            "objects": probe["objects"],
            "tasks": probe["tasks"],
            "open files": len(files),
            "of these connections": sum(name.startswith("socket:") for name in files),
            "tokens held": sum(office.get("tokens", 0) for office in offices),
            "requests": sum(office["requests"] for office in offices),
            "log lines of ours": len(re.findall(rf"{DOMAIN}", log)),
            "tracebacks of ours": len(re.findall(rf"custom_components/{DOMAIN}/", log)),
        }


def _links(folder: Path) -> list[str]:
    """Return the targets of a folder's symbolic links."""
    names = []
    for link in folder.iterdir():
        with suppress(OSError):
            names.append(str(link.readlink()))
    return names


async def soak(minutes: float) -> bool:
    """Run for some minutes; return whether the log has no traceback of the integration."""
    with TemporaryDirectory() as folder:
        simulator = Simulator(Path(folder) / "simulator.log", any_ports=True)
        home_assistant = HomeAssistant(
            Path(folder), free_port(), Path(__file__).parent / "soak_probe"
        )
        async with simulator, home_assistant:
            await stay_offline(home_assistant)
            entries = {
                name: str(await add_recorder(home_assistant, name, settings))
                for name, settings in simulator.settings.items()
            }
            subject = Soak(home_assistant, simulator, entries)
            looker = Looker(home_assistant, simulator)
            await asyncio.sleep(_WARM_UP)
            looks = [await looker.look()]
            end = monotonic() + minutes * 60
            while (left := end - monotonic()) > 0:
                with suppress(TimeoutError):
                    await subject.run(min(left, _LOOK_EVERY))
                looks.append(await looker.look())
                print(looks[-1], file=sys.stderr, flush=True)
            for name in entries:
                await simulator.clear_faults(name)
            await asyncio.sleep(_WARM_UP)
            looks.append(await looker.look())
        _print(looks, subject.done)
        if looks[-1]["tracebacks of ours"]:
            print(home_assistant.log.read_text(), file=sys.stderr)
    return not looks[-1]["tracebacks of ours"]


def _print(looks: list[dict[str, int]], done: Counter[str]) -> None:
    """Print the first counts beside the last, and how often each thing was done."""
    print("| held | start | end |\n|---|--:|--:|")
    for name, first in looks[0].items():
        print(f"| {name} | {first:,} | {looks[-1][name]:,} |")
    print(", ".join(f"{count} x {name}" for name, count in sorted(done.items())))


def main(minutes: str) -> int:
    """Soak for some minutes and return the exit code."""
    return 0 if asyncio.run(soak(float(minutes))) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
