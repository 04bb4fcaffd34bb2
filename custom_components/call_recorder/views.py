"""Serves the audio of recordings to browsers that Home Assistant has let in.

Neither the recorder's address nor its credentials are in what is served.
"""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from http import HTTPStatus
from typing import Final, NamedTuple

from aiohttp import hdrs, web

from homeassistant.auth.models import User
from homeassistant.components.http import KEY_HASS_USER, HomeAssistantView
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from .api.errors import ErrorKey
from .archive.playback import Playback
from .commands import translated_errors
from .const import DOMAIN, EVENT_PLAYED
from .data import CallRecorderConfigEntry
from .rights import may_listen

_PATIENCE: Final = 600
"""Seconds that a browser may leave a piece unread, as while the player is paused."""
_WHOLE: Final = slice(None, None, 1)
_FROM_THE_START: Final = slice(0, None, 1)
_STATUSES: Final[dict[str, HTTPStatus]] = {
    ErrorKey.INVALID_RECORDING_ID: HTTPStatus.NOT_FOUND,
    ErrorKey.RECORDING_NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorKey.TOO_MANY_PLAYBACKS: HTTPStatus.SERVICE_UNAVAILABLE,
}


@callback
def async_setup_views(hass: HomeAssistant) -> None:
    """Register the view, once for all recorders."""
    hass.http.register_view(RecordingView(hass))


def recording_path(entry_id: str, recording_id: str) -> str:
    """Return where a recording is served; Home Assistant signs the path."""
    return RecordingView.url.format(entry_id=entry_id, token=id_to_token(recording_id))


def id_to_token(recording_id: str) -> str:
    """Encode an id as one URL segment. Base64: not secret."""
    return urlsafe_b64encode(recording_id.encode()).decode().rstrip("=")


def id_from_token(token: str) -> str | None:
    """Decode an id from a URL segment; `None` when it is not one of ours."""
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
        """Return the headers of what `get` would serve: some players ask first."""
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
        if not may_listen(self.hass, request[KEY_HASS_USER], entry):
            return web.Response(status=HTTPStatus.FORBIDDEN)
        etag = _etag(entry_id, recording_id)
        if any(etag == f'"{tag.value}"' for tag in request.if_none_match or ()):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=_headers(etag))
        return await self._serve(request, entry, recording_id, etag)

    async def _serve(
        self,
        request: web.Request,
        entry: CallRecorderConfigEntry,
        recording_id: str,
        etag: str,
    ) -> web.StreamResponse:
        """Send a recording while it comes from the recorder."""
        response: web.StreamResponse | None = None
        try:
            with (
                translated_errors(entry.runtime_data.live, may_be_cached=True),
                entry.runtime_data.playbacks.listen(recording_id) as playback,
            ):
                await playback.wait_until_open()
                part = await _choose_part(request, playback, etag)
                response = _make_response(playback, part, etag)
                await response.prepare(request)
                if request.method == hdrs.METH_HEAD:
                    return response
                self._note_listener(request[KEY_HASS_USER], entry, playback)
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
            # A response that has started must not look complete.
            _cut_off(request)
        except ConnectionError, TimeoutError:
            # The listener has left, or has stopped reading long ago.
            _cut_off(request)
        return response or web.Response(status=HTTPStatus.BAD_GATEWAY)

    @callback
    def _note_listener(
        self, user: User, entry: CallRecorderConfigEntry, playback: Playback
    ) -> None:
        """Fire an event for each user who listens to a playback, once.

        A player asks for a recording part by part.
        """
        if user.id in playback.heard_by:
            return
        playback.heard_by.add(user.id)
        # What Home Assistant's own user signs is played by an automation.
        user_id = None if user.system_generated else user.id
        self.hass.bus.async_fire(
            EVENT_PLAYED,
            {
                "user_id": user_id,
                ATTR_CONFIG_ENTRY_ID: entry.entry_id,
                "recorder": entry.title,
                "recording_id": playback.recording_id,
            },
            context=Context(user_id=user_id),
        )


class _Part(NamedTuple):
    """The part of the audio that is served: up to `end` (excluded), or to its end."""

    start: int
    end: int | None
    status: HTTPStatus


async def _choose_part(request: web.Request, playback: Playback, etag: str) -> _Part:
    """Return the part that was asked for; the whole where that cannot be served."""
    whole = _Part(0, playback.size, HTTPStatus.OK)
    try:
        asked = request.http_range
    except ValueError:
        return whole
    if asked == _WHOLE or request.headers.get(hdrs.IF_RANGE, etag) != etag:
        return whole
    if playback.size is None:
        if asked == _FROM_THE_START:
            # A browser asks so first. It need not wait until the size is known.
            return whole
        await playback.wait_until_complete()
    start, end, _ = asked.indices(playback.size or 0)
    if start >= end:
        return _Part(0, 0, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    return _Part(start, end, HTTPStatus.PARTIAL_CONTENT)


def _make_response(playback: Playback, part: _Part, etag: str) -> web.StreamResponse:
    """Make the head of the answer."""
    response = web.StreamResponse(
        status=part.status,
        headers={
            **_headers(etag),
            hdrs.ACCEPT_RANGES: "bytes",
            hdrs.CONTENT_TYPE: playback.content_type,
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


def _headers(etag: str) -> dict[str, str]:
    """Return the headers of each answer: nothing of it is kept or passed on."""
    return {
        hdrs.CACHE_CONTROL: "private, no-store",
        hdrs.ETAG: etag,
        hdrs.REFERRER_POLICY: "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def _etag(entry_id: str, recording_id: str) -> str:
    """Return the ETag: the content of a finished recording never changes."""
    digest = sha256(f"{entry_id}/{recording_id}".encode()).hexdigest()
    return f'"{digest[:32]}"'


def _cut_off(request: web.Request) -> None:
    """Close the connection at once."""
    if request.transport is not None:
        request.transport.abort()
