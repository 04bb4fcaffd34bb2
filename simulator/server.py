"""The simulator: one office, and the recorders' servers that serve it."""

from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Final, Self

from .asterisk import Asterisk
from .bandwidth import Bandwidth
from .certificate import self_signed
from .imagicle import Imagicle
from .office import Office
from .recorder import Recorder
from .yeastar import Yeastar

RECORDERS: Final[dict[str, type[Recorder]]] = {
    recorder.name: recorder for recorder in (Imagicle, Bandwidth, Yeastar, Asterisk)
}
"""Every kind of recorder, by its name. A further one is added here, and to the attributes below."""


class Simulator:
    """Runs the recorders while the context lasts."""

    imagicle: Imagicle
    bandwidth: Bandwidth
    yeastar: Yeastar
    asterisk: Asterisk

    def __init__(
        self,
        office: Office,
        *,
        tls: bool = False,
        only: Collection[str] | None = None,
        host: str = "127.0.0.1",
        ports: Mapping[str, int] | None = None,
    ) -> None:
        """Make all recorders, to run those in `only`; a port that is not given is a free one."""
        context = self_signed(host) if tls else None
        ports = ports or {}
        self.office = office
        self.recorders: dict[str, Recorder] = {}
        """The recorders that run, by name."""
        for name, kind in RECORDERS.items():
            recorder = kind(office, host, ports.get(name, 0), context)
            setattr(self, name, recorder)
            if only is None or name in only:
                self.recorders[name] = recorder

    async def __aenter__(self) -> Self:
        """Start every recorder."""
        try:
            for recorder in self.recorders.values():
                await recorder.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop every recorder."""
        await self.stop()

    def catch_up(self) -> None:
        """Do what is due by now, without waiting for a request."""
        for recorder in self.recorders.values():
            recorder.catch_up()

    async def stop(self) -> None:
        """Stop every recorder."""
        for recorder in self.recorders.values():
            await recorder.stop()
