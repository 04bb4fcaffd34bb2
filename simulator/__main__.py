"""Run the simulator by itself: `python -m simulator`."""

import argparse
import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
import json
import signal
import sys

from .office import Office, real_clock
from .server import NAMES, Simulator

_TICK = 0.2
_DEFAULT_PORTS = dict(zip(NAMES, (8801, 8802, 8803), strict=True))


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A small office with phones, and three call recorders in front of it.",
        epilog="The truth about the office: GET /_simulator/office on any of the ports. Start a call: "
        """POST /_simulator/calls {"line": "101"}. Let a recorder fail: """
        """POST /_simulator/faults {"kind": "status", "status": 503, "times": 1}.""",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    for name, port in _DEFAULT_PORTS.items():
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
    """Return a clock that runs faster or slower from now on."""
    begin = datetime.now(UTC)
    return (
        real_clock
        if speed == 1
        else lambda: begin + (datetime.now(UTC) - begin) * speed
    )


def _credentials(simulator: Simulator) -> dict[str, dict[str, str]]:
    """Return each recorder's address and what it asks for."""
    imagicle, bandwidth, yeastar = (
        simulator.imagicle,
        simulator.bandwidth,
        simulator.yeastar,
    )
    return {
        "imagicle": {
            "url": imagicle.url,
            "username": imagicle.username,
            "password": imagicle.password,
        },
        "bandwidth": {
            "url": bandwidth.url,
            "user_id": bandwidth.user_id,
            "api_token": bandwidth.api_token,
            "api_secret": bandwidth.api_secret,
        },
        "yeastar": {
            "url": yeastar.url,
            "client_id": yeastar.client_id,
            "client_secret": yeastar.client_secret,
        },
    }


def _print(simulator: Simulator, as_json: bool) -> None:
    """Tell where the recorders are and how to sign in."""
    credentials = _credentials(simulator)
    if as_json:
        print(json.dumps(credentials), flush=True)
        return
    for name, facts in credentials.items():
        print(name.capitalize())
        for fact, value in facts.items():
            print(f"  {fact:<14} {value}")
    print(
        f"\nThe truth: {simulator.imagicle.url}/_simulator/office   Stop: Ctrl-C",
        flush=True,
    )


async def _run(arguments: argparse.Namespace) -> None:
    """Run until somebody stops it."""
    office = Office(
        seed=arguments.seed,
        clock=_clock(arguments.speed),
        archive_size=arguments.archive,
        traffic=None if arguments.traffic == "none" else arguments.traffic,
        lines=arguments.lines,
        record=arguments.record,
    )
    ports = {name: getattr(arguments, f"{name}_port") for name in NAMES}
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
    """Run the simulator; a port that cannot be had is said in one sentence."""
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
