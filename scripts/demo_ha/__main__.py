"""Starts the demo, and stops it at Ctrl-C or when the check is done."""

from argparse import ArgumentParser
import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
import signal
import socket
import sys
from tempfile import TemporaryDirectory
from typing import Final

from aiohttp import ClientError

from .asterisk import AsteriskOffice
from .check import check_recorder, require_clean, require_dashboard
from .furnishing import add_recorder, furnish, start_calls, stay_offline
from .home_assistant import HomeAssistant
from .processes import HOST, ROOT, Failure, free_port
from .simulator import Simulator

_FOLDER: Final = ROOT / ".cache" / "demo"
_TIME_LIMIT: Final = 180
"""Seconds that a check may take."""


async def demonstrate(folder: Path, port: int, *, asterisk: bool) -> None:
    """Run until Home Assistant ends or a signal comes, perhaps with a real Asterisk."""
    home_assistant = HomeAssistant(folder, port)
    simulator = Simulator(folder / "simulator.log", any_ports=False)
    async with simulator, home_assistant, AsyncExitStack() as stack:
        await stay_offline(home_assistant)
        await furnish(home_assistant, simulator)
        await start_calls(home_assistant, simulator)
        if asterisk:
            office = await stack.enter_async_context(
                AsteriskOffice(folder / "asterisk")
            )
            await add_recorder(home_assistant, "asterisk", office.settings)
        print(f"Open {home_assistant.url}   Stop: Ctrl-C", flush=True)
        await home_assistant.run()


async def check(folder: Path) -> None:
    """Prove that it works, in limited time; a failure prints Home Assistant's log."""
    home_assistant = HomeAssistant(folder, free_port())
    simulator = Simulator(folder / "simulator.log", any_ports=True)
    try:
        async with asyncio.timeout(_TIME_LIMIT), simulator, home_assistant:
            await stay_offline(home_assistant)
            entries = await furnish(home_assistant, simulator)
            await start_calls(home_assistant, simulator)
            for name, entry_id in entries.items():
                await check_recorder(home_assistant, simulator, name, entry_id)
            await require_dashboard(home_assistant)
        require_clean(home_assistant.log)
    except (Failure, TimeoutError) as err:
        print(home_assistant.log.read_text(), file=sys.stderr)
        raise Failure(str(err) or f"not done after {_TIME_LIMIT} seconds") from err


async def until_stopped(work: Coroutine[None, None, None]) -> None:
    """Cancel the work at the first signal; a second one would leave processes behind."""
    task = asyncio.ensure_future(work)

    def stop_once() -> None:
        if not task.cancelling():
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop_once)
    await task


def main() -> int:
    """Run the demo and return the exit code."""
    parser = ArgumentParser(prog="scripts/demo")
    parser.add_argument("--port", type=int, default=8123, help="Home Assistant's port")
    parser.add_argument(
        "--check", action="store_true", help="prove that it works, without a browser"
    )
    parser.add_argument(
        "--asterisk", action="store_true", help="add a real Asterisk with real calls"
    )
    options = parser.parse_args()
    try:
        if options.check:
            with TemporaryDirectory() as folder:
                asyncio.run(until_stopped(check(Path(folder))))
        else:
            _require_free(options.port)
            _FOLDER.mkdir(exist_ok=True)
            asyncio.run(
                until_stopped(
                    demonstrate(_FOLDER, options.port, asterisk=options.asterisk)
                )
            )
    except asyncio.CancelledError:
        return 1 if options.check else 0
    except (Failure, ClientError) as err:
        print(f"demo: {err}", file=sys.stderr)
        return 1
    return 0


def _require_free(port: int) -> None:
    """Raise Failure if a port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as err:
            text = f"port {port} is taken; choose another one with --port"
            raise Failure(text) from err


if __name__ == "__main__":
    sys.exit(main())
