"""Catapult's routes, and the checks that come before each."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from ssl import SSLContext

from aiohttp import web

from simulator.calls import Recording
from simulator.office import Office
from simulator.recorder import basic_credentials

from .account import Account
from .calls import Calls
from .errors import BadCredentialsError, CatapultError, rate_limit_reached
from .identifiers import number_of_bandwidth_id
from .listing import page_of, recordings_in_order
from .rows import recording_row

type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_RATE = timedelta(seconds=1)


class Bandwidth(Account):
    """Bandwidth Catapult v1 below `/v1/users/{userId}`."""

    def __init__(
        self, office: Office, host: str, port: int, tls: SSLContext | None
    ) -> None:
        """Open an account without requests."""
        super().__init__(office, host, port, tls)
        self._last_requests: dict[str, datetime] = {}

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Return the documented calls."""
        calls = Calls(self)
        user = "/v1/users/{user}"
        return (
            web.get(f"{user}/recordings{{slash:/?}}", self._checked(self._list)),
            web.get(f"{user}/recordings/{{id}}", self._checked(self._get)),
            web.get(f"{user}/calls{{slash:/?}}", self._checked(calls.list)),
            web.get(f"{user}/calls/{{id}}", self._checked(calls.get)),
            web.post(f"{user}/calls/{{id}}", self._checked(calls.update)),
            web.get(
                f"{user}/calls/{{id}}/recordings{{slash:/?}}",
                self._checked(calls.recordings),
            ),
            web.get(f"{user}/media/{{name}}", self._checked(self._download)),
            web.delete(f"{user}/media/{{name}}", self._checked(self._delete_media)),
        )

    def _checked(self, action: _Handler) -> _Handler:
        """Check credentials, user and rate before an action, and answer errors."""

        async def handler(request: web.Request) -> web.StreamResponse:
            try:
                self._check_user(request)
                return self._rate_limit(request) or await action(request)
            except CatapultError as err:
                return err.response()

        return handler

    def _check_user(self, request: web.Request) -> None:
        """Refuse wrong credentials, and a user who is not the token's (errors.md, 401)."""
        if basic_credentials(request) != (self.api_token, self.api_secret):
            raise BadCredentialsError
        user = request.match_info["user"]
        if user != self.user_id:
            message = f"User `{self.user_id}` does not have permission to access user `{user}`"
            raise CatapultError(401, "user-access-denied", message)

    def _rate_limit(self, request: web.Request) -> web.Response | None:
        """Refuse a second request within a second (resourceRateLimits.md)."""
        if not self.limits_rate:
            return None
        endpoint = request.path.split("/")[4]
        now = self.office.now
        reset = self._last_requests.get(endpoint, now - _RATE) + _RATE
        if now < reset:
            milliseconds = int(reset.timestamp() * 1000)
            return rate_limit_reached(
                request, milliseconds, self.sends_rate_limit_reset
            )
        self._last_requests[endpoint] = now
        return None

    async def _list(self, request: web.Request) -> web.StreamResponse:
        """Answer List Recordings (getRecordings.md)."""
        total, recording = recordings_in_order(self.office, self.order)
        return page_of(
            self, request, total, lambda index: recording_row(self, recording(index))
        )

    async def _get(self, request: web.Request) -> web.StreamResponse:
        """Answer Fetch Recording Information (getRecordingsRecordingId.md)."""
        identifier = request.match_info["id"]
        number = number_of_bandwidth_id(self.office.seed, "r", identifier)
        recording = None if number is None else self._find(number)
        if recording is None:
            message = f"The recording `{identifier}` could not be found"
            raise CatapultError(404, "recording-not-found", message)
        return web.json_response(recording_row(self, recording))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """Answer Download Media (getMediaMediaName.md)."""
        return await self.media(request, self.audio_of(self._find_media(request)))

    async def _delete_media(self, request: web.Request) -> web.StreamResponse:
        """Answer Remove Media (deleteMediaMediaName.md)."""
        self.deleted_media.add(self.media_name(self._find_media(request)))
        return web.Response()

    def _find(self, number: int) -> Recording | None:
        """Return the recording with this running number, in any state."""
        now = self.office.now
        for recording in self.office.recordings:
            if recording.number == number and not recording.is_pending(now):
                return recording
        return self.office.archive.find(number)

    def _find_media(self, request: web.Request) -> Recording:
        """Return the complete recording of a media name; 404 media-not-found if there is none."""
        name = request.match_info["name"]
        call = number_of_bandwidth_id(self.office.seed, "c", name.rpartition("-")[0])
        recordings = [] if call is None else self.office.archive.of_call(call)
        for recording in recordings:
            if self.media_name(recording) == name and name not in self.deleted_media:
                return recording
        message = f"The media resource named `{name}` could not be found"
        raise CatapultError(404, "media-not-found", message)
