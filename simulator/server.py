"""The simulator: one office, and the recorders' servers in front of it."""

from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Self

from .bandwidth import Bandwidth
from .certificate import self_signed
from .imagicle import Imagicle
from .office import Office
from .recorder import Recorder
from .yeastar import Yeastar

NAMES = ("imagicle", "bandwidth", "yeastar")


class Simulator:
    """Runs the recorders while the context lasts."""

    def __init__(
        self,
        office: Office,
        *,
        tls: bool = False,
        only: Collection[str] = NAMES,
        host: str = "127.0.0.1",
        ports: Mapping[str, int] | None = None,
    ) -> None:
        """Put the recorders before the office; a port that is not given is a free one."""
        context = self_signed(host) if tls else None
        ports = ports or {}
        self.office = office
        self.imagicle = Imagicle(office, host, ports.get("imagicle", 0), context)
        self.bandwidth = Bandwidth(office, host, ports.get("bandwidth", 0), context)
        self.yeastar = Yeastar(office, host, ports.get("yeastar", 0), context)
        recorders: tuple[Recorder, ...] = (self.imagicle, self.bandwidth, self.yeastar)
        self.recorders = [recorder for recorder in recorders if recorder.name in only]

    async def __aenter__(self) -> Self:
        """Let every recorder listen."""
        try:
            for recorder in self.recorders:
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
        """Stop them all."""
        await self.stop()

    def catch_up(self) -> None:
        """Let happen what is due by now, also when nobody asks the recorders anything."""
        for recorder in self.recorders:
            recorder.catch_up()

    async def stop(self) -> None:
        """Stop every recorder."""
        for recorder in self.recorders:
            await recorder.stop()
