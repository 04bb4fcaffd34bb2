"""Sending a body piece by piece."""

from collections.abc import Iterable
from contextlib import suppress

from aiohttp import web

BREAKS_OFF = "breaks_off"
"""Key in a request: its answer breaks off in the middle."""
PAUSE = "pause"
"""Key in a request: what is waited for before each piece of its answer."""


async def stream(
    request: web.Request, response: web.StreamResponse, pieces: Iterable[bytes]
) -> web.StreamResponse:
    """Send the pieces until all are sent, the client goes away, or the answer breaks off."""
    await response.prepare(request)
    rest = (response.content_length or 0) // 2 if BREAKS_OFF in request else None
    with suppress(ConnectionError):
        for piece in pieces:
            if PAUSE in request:
                await request[PAUSE]()
            await response.write(piece[:rest])
            if rest is not None:
                rest = max(rest - len(piece), 0)
    if BREAKS_OFF in request:
        cut(request)
    return response


def cut(request: web.Request) -> None:
    """Close the connection of a request."""
    if request.transport is not None:
        request.transport.close()
