"""`/Recordings`: Get Recordings List (628), Get Recording (536), Download Recording (540)."""

from aiohttp import web

from simulator.calls import Recording

from .identifiers import number_of_guid
from .listing import FilterError, PagingError, list_recordings
from .refusals import is_guid, refused
from .rows import finished_recording
from .suite import Suite
from .users import COMPLETE_MANAGEMENT, AuditEvent, User


class FinishedRecordings:
    """Handlers of `/Recordings`."""

    def __init__(self, suite: Suite) -> None:
        """Serve a suite."""
        self._suite = suite
        self._office = suite.office

    async def list(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Get Recordings List (628): newest first, in pages if `pageSize` is given."""
        try:
            answer = list_recordings(self._suite, request.query, _own_username(user))
        except FilterError as err:
            return refused(400, 0, message=str(err))
        except PagingError as err:
            return refused(400, 1, message=str(err))
        return web.json_response(answer)

    async def get(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Get Recording (536)."""
        recording = self._find(request, user)
        if isinstance(recording, web.Response):
            return recording
        return web.json_response(finished_recording(self._suite, recording))

    async def download(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Download Recording (540); each download is an audit event."""
        recording = self._find(request, user)
        if isinstance(recording, web.Response):
            return recording
        identifier = self._suite.id_of(recording)
        event = AuditEvent(identifier, user.username, self._office.now)
        self._suite.audit_events.append(event)
        return await self._suite.media(request, self._suite.audio_of(recording))

    def _find(self, request: web.Request, user: User) -> Recording | web.Response:
        """Return the recording, or the refusal: 400 not a GUID, 404 not found, 403 not the user's."""
        identifier = request.match_info["id"]
        if not is_guid(identifier):
            return web.Response(status=400)
        number = number_of_guid(self._office.seed, identifier)
        recording = None if number is None else self._office.archive.find(number)
        if recording is None:
            return web.Response(status=404)
        if _own_username(user) not in (None, recording.call.line.username):
            return web.Response(status=403)
        return recording


def _own_username(user: User) -> str | None:
    """Return the username whose recordings a user may see, None for all."""
    return None if user.level >= COMPLETE_MANAGEMENT else user.username
