"""The simulated office in a process of its own, and the recorders in front of it."""

from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import ClientSession

from .processes import Failure, start_module, stop


@dataclass(frozen=True, slots=True)
class Recorder:
    """One of the simulator's recorders, and how to add it to Home Assistant."""

    name: str
    """What the simulator and the config flow call it."""
    line_is_called: str
    """What the simulator calls the number by which this recorder knows a line."""


RECORDERS: Final = (
    Recorder("imagicle", "number"),
    Recorder("bandwidth", "phone_number"),
    Recorder("yeastar", "number"),
)


class Simulator:
    """Runs while the context lasts."""

    _process: Process

    def __init__(self, log: Path, *, any_ports: bool) -> None:
        """Let the recorders listen on their usual ports, or on any."""
        self.access: dict[str, dict[str, str]] = {}
        """Each recorder's address and credentials."""
        self._log = log
        self._options = [
            f"--{recorder.name}-port=0" for recorder in RECORDERS if any_ports
        ]

    async def __aenter__(self) -> Self:
        """Start, and return when the recorders listen."""
        self._process = await start_module(
            *("simulator", "--json", *self._options), log=self._log, stdout=PIPE
        )
        try:
            await self._read_access()
        except BaseException:
            await stop(self._process)
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        await stop(self._process)

    async def free_lines(self, name: str) -> list[dict[str, str]]:
        """Return the lines on which nobody talks."""
        async with self._control(name) as session, session.get("office") as response:
            office: dict[str, Any] = await response.json()
        busy = {call["line"] for call in office["calls"] if not call["ended"]}
        return [line for line in office["lines"] if line["number"] not in busy]

    async def connect(self, name: str, line: str) -> None:
        """Put a line into a call that nobody records."""
        async with self._control(name) as session:
            await session.post("calls", json={"line": line})

    def _control(self, name: str) -> ClientSession:
        """Return a session with a recorder's control endpoints."""
        url = f"{self.access[name]['url']}/_simulator/"
        return ClientSession(url, raise_for_status=True)

    async def _read_access(self) -> None:
        """Read what the simulator prints when it listens."""
        output = self._process.stdout
        if output is None or not (line := await output.readline()):
            text = self._log.read_text().strip()
            raise Failure(f"no simulator; does another demo run? {text}")
        self.access = json.loads(line)
