"""Runs `python -m simulator` in a process of its own, and controls its office."""

from asyncio.subprocess import PIPE, Process
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession

from simulator.server import RECORDERS

from .processes import Failure, start_module, stop


class Simulator:
    """The simulator's process; it runs while the context lasts."""

    _process: Process

    def __init__(
        self, log: Path, *, any_ports: bool, traffic: str = "normal", lines: int = 12
    ) -> None:
        """Choose the recorders' usual ports, or any that are free."""
        self.settings: dict[str, dict[str, Any]] = {}
        """Per kind of recorder, the fields of the config form that reaches it."""
        self._urls: dict[str, str] = {}
        self._log = log
        self._options = [f"--{name}-port=0" for name in RECORDERS if any_ports]
        self._options += [f"--traffic={traffic}", f"--lines={lines}"]

    async def __aenter__(self) -> Self:
        """Start, and return when the recorders listen."""
        self._process = await start_module(
            *("simulator", "--json", *self._options), log=self._log, stdout=PIPE
        )
        try:
            await self._read_settings()
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
        """Stop the process."""
        await stop(self._process)

    async def free_lines(self, name: str) -> list[dict[str, str]]:
        """Return the lines without a call, with the number that a recorder knows them by."""
        office = await self.office(name)
        busy = {call["line"] for call in office["calls"] if not call["ended"]}
        return [line for line in office["lines"] if line["number"] not in busy]

    async def office(self, name: str) -> dict[str, Any]:
        """Return the lines, calls and recordings of a recorder's office."""
        async with self._control(name) as session, session.get("office") as response:
            office: dict[str, Any] = await response.json()
        return office

    async def add_fault(self, name: str, **fault: Any) -> None:
        """Add a fault to a recorder."""
        async with self._control(name) as session:
            await session.post("faults", json=fault)

    async def clear_faults(self, name: str) -> None:
        """Remove a recorder's faults."""
        async with self._control(name) as session:
            await session.delete("faults")

    async def connect(self, name: str, line: str, **call: Any) -> None:
        """Connect a call on a line; it is not recorded unless the call says so."""
        async with self._control(name) as session:
            await session.post("calls", json={"line": line, **call})

    async def hang_up(self, name: str, *lines: str) -> None:
        """End the calls of these lines, or of all lines."""
        office = await self.office(name)
        async with self._control(name) as session:
            for call in office["calls"]:
                if not call["ended"] and (not lines or call["line"] in lines):
                    await session.post(f"calls/{call['id']}/hang_up")

    def _control(self, name: str) -> ClientSession:
        """Return a session with a recorder's control endpoints."""
        return ClientSession(f"{self._urls[name]}/_simulator/", raise_for_status=True)

    async def _read_settings(self) -> None:
        """Read what the simulator prints as soon as it listens."""
        output = self._process.stdout
        if output is None or not (line := await output.readline()):
            text = self._log.read_text().strip()
            raise Failure(f"no simulator; does another demo run? {text}")
        for name, recorder in json.loads(line).items():
            self._urls[name] = recorder["url"]
            self.settings[name] = recorder["settings"]
