"""Starts and stops the demo's programs, and waits for conditions."""

import asyncio
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Awaitable, Callable
from pathlib import Path
import socket
import sys
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
HOST: Final = "127.0.0.1"
DOMAIN: Final = "call_recorder"


class Failure(Exception):
    """An error that is shown as one sentence, without a traceback."""


async def start_module(
    *arguments: str, log: Path, stdout: int = DEVNULL, folder: Path = ROOT
) -> Process:
    """Start a Python module in a session of its own, so that Ctrl-C reaches only this process."""
    with log.open("w") as stderr:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *arguments),
            cwd=folder,
            stdin=DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )


async def stop(process: Process) -> None:
    """Terminate a process, and kill it if it does not end in 20 seconds."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(20):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def wait_for(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return when the condition is met."""
    while not await condition():
        await asyncio.sleep(0.2)


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
