"""A real Asterisk with calls that come and go, for `scripts/demo --asterisk`."""

import asyncio
from contextlib import suppress
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Final, Self

from tests.real_asterisk.configuration import Ports
from tests.real_asterisk.server import RealAsterisk

from .processes import ROOT, Failure

_VERSION: Final = "22"
_PORTS: Final = Ports(ami=15038, http=18088, sip=15060, rtp=21_000, answering=15062)
"""The same at each start: the recorder that was added is found again."""
_CALLED: Final = ("601", "602", "501", "701", "401", "801")
"""Recorded or not, answered or not: what happens is described in `real_asterisk`."""
_CALLERS: Final = 3


class AsteriskOffice:
    """Runs Asterisk and calls it, while the context lasts."""

    def __init__(self, folder: Path) -> None:
        """Keep recordings below a folder."""
        self._folder = folder
        self._random = Random(1)  # noqa: S311 - only who calls when
        self._server: RealAsterisk | None = None
        self._callers: list[asyncio.Task[None]] = []

    @property
    def settings(self) -> dict[str, Any]:
        """Return the fields of the config form that reaches it."""
        return self._server.settings if self._server else {}

    async def __aenter__(self) -> Self:
        """Bring and start the server; the first calls come at once."""
        bring = await asyncio.create_subprocess_exec(
            ROOT / "scripts" / "asterisk", "--bring-only", _VERSION
        )
        if await bring.wait():
            raise Failure("there is no real Asterisk; leave --asterisk out")
        prefix = ROOT / ".cache" / "asterisk" / _VERSION
        self._server = RealAsterisk(prefix, self._folder, _PORTS)
        await asyncio.to_thread(self._server.start)
        self._callers = [
            asyncio.create_task(self._call(self._server)) for _ in range(_CALLERS)
        ]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the calls and the server."""
        for caller in self._callers:
            caller.cancel()
        await asyncio.wait(self._callers)
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)

    async def _call(self, server: RealAsterisk) -> None:
        """Call, talk, hang up, and again."""
        while True:
            called = self._random.choice(_CALLED)
            until = "Ring" if called.startswith("4") else "Up"
            with suppress(TimeoutError):
                call = await server.call(called, until=until)
                await asyncio.sleep(self._random.uniform(5, 60))
                await server.hang_up(call)
            await asyncio.sleep(self._random.uniform(1, 15))
