"""Run the simulator by itself: `python -m simulator`."""

import argparse
import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
import json
import signal
import sys

from . import traffic
from .office import Office, real_clock
from .server import RECORDERS, Simulator

_TICK = 0.2
"""Seconds between two looks at what is due."""
_FIRST_PORT = 8801


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A small office with phones, and call recorders in front of it.",
        epilog="The truth about the office: GET /_simulator/office on any of the ports. Start a call: "
        """POST /_simulator/calls {"line": "101"}. Let a recorder fail: """
        """POST /_simulator/faults {"kind": "status", "status": 503, "times": 1}.""",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    for port, name in enumerate(RECORDERS, _FIRST_PORT):
        parser.add_argument(
            f"--{name}-port", type=int, default=port, help="0: any free port"
        )
    parser.add_argument(
        "--tls", action="store_true", help="https, with a self-signed certificate"
    )
    parser.add_argument(
        "--traffic",
        choices=("none", "quiet", "normal", "busy"),
        default="normal",
        help="how much the phones ring by themselves",
    )
    parser.add_argument(
        "--record",
        choices=("all", "some", "none"),
        default="some",
        help="which calls are recorded by themselves",
    )
    parser.add_argument(
        "--speed", type=float, default=1, help="how fast the office's time runs"
    )
    parser.add_argument(
        "--archive", type=int, default=1000, help="number of older recordings"
    )
    parser.add_argument(
        "--lines", type=int, default=12, help="number of lines, from 101 on"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="another seed, another office"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one line of JSON, for scripts"
    )
    return parser.parse_args()


def _clock(speed: float) -> Callable[[], datetime]:
    """Return a clock that runs `speed` times as fast from now on."""
    start = datetime.now(UTC)
    return (
        real_clock
        if speed == 1
        else lambda: start + (datetime.now(UTC) - start) * speed
    )


def _print(simulator: Simulator, as_json: bool) -> None:
    """Print where the recorders are and what Home Assistant's form needs."""
    if as_json:
        recorders = {
            name: {"url": recorder.url, "settings": recorder.settings}
            for name, recorder in simulator.recorders.items()
        }
        print(json.dumps(recorders), flush=True)
        return
    for name, recorder in simulator.recorders.items():
        print(name.capitalize())
        for field, value in recorder.settings.items():
            print(f"  {field:<14} {value}")
    url = next(iter(simulator.recorders.values())).url
    print(f"\nThe truth: {url}/_simulator/office   Stop: Ctrl-C", flush=True)


async def _run(arguments: argparse.Namespace) -> None:
    """Run until a signal comes."""
    office = Office(
        seed=arguments.seed,
        clock=_clock(arguments.speed),
        archive_size=arguments.archive,
        lines=arguments.lines,
    )
    if arguments.traffic != "none":
        traffic.start(office, arguments.traffic, arguments.record)
    ports = {name: getattr(arguments, f"{name}_port") for name in RECORDERS}
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with Simulator(
        office, tls=arguments.tls, host=arguments.host, ports=ports
    ) as simulator:
        _print(simulator, arguments.json)
        while not stopped.is_set():
            simulator.catch_up()
            await asyncio.sleep(_TICK)


def main() -> None:
    """Run the simulator; a taken port is reported in one sentence, without a traceback."""
    arguments = _arguments()
    try:
        asyncio.run(_run(arguments))
    except OSError as err:
        text = f"{err.strerror or err}."
        if not arguments.json:
            text += " Choose another port (0: any free one), see --help."
        sys.exit(text)


if __name__ == "__main__":
    main()
