"""Serves the sound of recordings to browsers that Home Assistant has let in.

Neither the recorder's address nor its credentials are in what is served.
"""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from http import HTTPStatus
import re
from typing import Final, NamedTuple

from aiohttp import hdrs, web

from homeassistant.components.http import HomeAssistantView
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from .archive.playback import Playback
from .commands import translated_errors
from .const import DOMAIN
from .data import CallRecorderConfigEntry

_PATIENCE: Final = 600
"""Seconds that a browser may leave a piece unread, as while the sound is paused."""
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_STATUSES: Final = {
    "invalid_recording_id": HTTPStatus.NOT_FOUND,
    "recording_not_found": HTTPStatus.NOT_FOUND,
    "too_many_playbacks": HTTPStatus.SERVICE_UNAVAILABLE,
}


@callback
def async_setup_views(hass: HomeAssistant) -> None:
    """Register the view, once for all recorders."""
    hass.http.register_view(RecordingView(hass))


def recording_path(entry_id: str, recording_id: str) -> str:
    """Return where a recording is served; Home Assistant signs the path."""
    return RecordingView.url.format(entry_id=entry_id, token=id_to_token(recording_id))


def id_to_token(recording_id: str) -> str:
    """Write an id so that it fits into a path and says nothing."""
    return urlsafe_b64encode(recording_id.encode()).decode().rstrip("=")


def id_from_token(token: str) -> str | None:
    """Read an id out of a path; `None` when it is none of ours."""
    try:
        return urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode() or None
    except ValueError:
        return None


class RecordingView(HomeAssistantView):
    """Serves one recording, whole or in part."""

    url = f"/api/{DOMAIN}/recording/{{entry_id}}/{{token}}"
    name = f"api:{DOMAIN}:recording"

    def __init__(self, hass: HomeAssistant) -> None:
        """Serve the recordings of all recorders."""
        self.hass = hass

    async def head(
        self, request: web.Request, entry_id: str, token: str
    ) -> web.StreamResponse:
        """Tell what would be served: some players ask before they play."""
        return await self.get(request, entry_id, token)

    async def get(
        self, request: web.Request, entry_id: str, token: str
    ) -> web.StreamResponse:
        """Serve a recording."""
        entry: CallRecorderConfigEntry | None = (
            self.hass.config_entries.async_get_entry(entry_id)
        )
        recording_id = id_from_token(token)
        if (
            entry is None
            or entry.domain != DOMAIN
            or entry.state is not ConfigEntryState.LOADED
            or recording_id is None
        ):
            return web.Response(status=HTTPStatus.NOT_FOUND)
        etag = _etag(entry_id, recording_id)
        response: web.StreamResponse | None = None
        try:
            with (
                translated_errors(self.hass, entry),
                entry.runtime_data.playbacks.listen(recording_id) as playback,
            ):
                await playback.wait_until_open()
                part = await _choose_part(request, playback, etag)
                response = _make_response(playback, part, etag)
                await response.prepare(request)
                if request.method == hdrs.METH_HEAD:
                    return response
                async for piece in playback.read(part.start, part.end):
                    async with asyncio.timeout(_PATIENCE):
                        await response.write(piece)
                await response.write_eof()
        except HomeAssistantError as err:
            if response is None:
                status = _STATUSES.get(
                    err.translation_key or "", HTTPStatus.BAD_GATEWAY
                )
                return self.json_message(
                    str(err),
                    status,
                    err.translation_key,
                    {hdrs.CACHE_CONTROL: "no-store"},
                )
            # What was begun must not look as if it were all.
            _cut_off(request)
        except ConnectionError, TimeoutError:
            # The listener has left, or has stopped listening long ago.
            _cut_off(request)
        return response or web.Response(status=HTTPStatus.BAD_GATEWAY)


class _Part(NamedTuple):
    """What of a sound is served: up to `end` (excluded), or to its own end."""

    start: int
    end: int | None
    status: HTTPStatus


async def _choose_part(request: web.Request, playback: Playback, etag: str) -> _Part:
    """Return the part that was asked for; the whole where that cannot be served."""
    wanted = _RANGE.fullmatch(request.headers.get(hdrs.RANGE, "").strip())
    whole = _Part(0, playback.size, HTTPStatus.OK)
    if wanted is None or request.headers.get(hdrs.IF_RANGE, etag) != etag:
        return whole
    first, last = wanted.groups()
    if playback.size is None:
        if first == "0" and not last:
            # A browser begins so. It need not wait until the size is known.
            return whole
        await playback.wait_until_complete()
    size = playback.size or 0
    if first:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return whole
    elif last:
        start, end = max(size - int(last), 0), size
    else:
        return whole
    if start >= end:
        return _Part(0, 0, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    return _Part(start, end, HTTPStatus.PARTIAL_CONTENT)


def _make_response(playback: Playback, part: _Part, etag: str) -> web.StreamResponse:
    """Make the head of the answer."""
    response = web.StreamResponse(
        status=part.status,
        headers={
            hdrs.ACCEPT_RANGES: "bytes",
            hdrs.CACHE_CONTROL: "private",
            hdrs.CONTENT_TYPE: playback.content_type,
            hdrs.ETAG: etag,
            "X-Content-Type-Options": "nosniff",
        },
    )
    if part.end is not None:
        response.content_length = part.end - part.start
    if part.status is HTTPStatus.PARTIAL_CONTENT and part.end is not None:
        response.headers[hdrs.CONTENT_RANGE] = (
            f"bytes {part.start}-{part.end - 1}/{playback.size}"
        )
    elif part.status is HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        response.headers[hdrs.CONTENT_RANGE] = f"bytes */{playback.size}"
    return response


def _etag(entry_id: str, recording_id: str) -> str:
    """Name the content: a finished recording never changes."""
    digest = sha256(f"{entry_id}/{recording_id}".encode()).hexdigest()
    return f'"{digest[:32]}"'


def _cut_off(request: web.Request) -> None:
    """Close the connection at once."""
    if request.transport is not None:
        request.transport.abort()
