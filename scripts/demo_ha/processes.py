"""Programs that the demo starts and stops, and waiting for them."""

import asyncio
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Awaitable, Callable
from pathlib import Path
import sys
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
HOST: Final = "127.0.0.1"


class Failure(Exception):
    """What a person should read instead of a traceback."""


async def start_module(*arguments: str, log: Path, stdout: int = DEVNULL) -> Process:
    """Start a Python program, in a session of its own: Ctrl-C reaches it only through us."""
    with log.open("w") as stderr:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *arguments),
            cwd=ROOT,
            stdin=DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )


async def stop(process: Process) -> None:
    """Let a process end, and end it if it does not."""
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
    """Return when something has come true."""
    while not await condition():
        await asyncio.sleep(0.2)
