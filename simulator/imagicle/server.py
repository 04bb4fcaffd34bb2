"""The server below `/fw/Apps/Recorder/WebAPI`: its users, its options, its calls."""

from collections.abc import Awaitable, Callable, Iterable
from ssl import SSLContext
from typing import ClassVar

from aiohttp import hdrs, web

from simulator.audio import Mp3
from simulator.calls import Recording
from simulator.office import Office
from simulator.recorder import Recorder, basic_credentials

from .finished import FinishedRecordings
from .identifiers import guid
from .live import LiveRecordings
from .users import BASE_ACCESS, COMPLETE_MANAGEMENT, AuditEvent, User

type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type _Action = Callable[[web.Request, User], Awaitable[web.StreamResponse]]


class Imagicle(Recorder):
    """Imagicle Call Recording in front of the office."""

    name: ClassVar[str] = "imagicle"
    root = "/fw/Apps/Recorder/WebAPI"

    def __init__(
        self, office: Office, host: str, port: int, tls: SSLContext | None
    ) -> None:
        """Install the suite with an administrator, a plain user and an SSO user."""
        super().__init__(office, host, port, tls)
        self.username = "homeassistant"
        self.password = "Imagicle-10"
        first, last = office.lines[0], office.lines[-1]
        self.users = [
            User(self.username, self.password, COMPLETE_MANAGEMENT),
            User(first.username, "Imagicle-2", BASE_ACCESS, extension=first.number),
            User(f"{last.username}.sso", "Imagicle-sso", COMPLETE_MANAGEMENT, sso=True),
        ]
        self.audit_events: list[AuditEvent] = []
        self.serves_ranges = False
        self.allows_basic_for_sso = False
        """`AllowBasicAuthForSsoUsersViaWebApi` (ucxcr/product-integration-apis)."""
        self.single_as_object = False
        """One active recording is answered bare, as the page's example has it."""
        self.body_is_optional = True
        """A start without a body records the user's own line (newer versions)."""
        self.pause_refusal: int | None = None
        """404 or 405: an older version, which has no Pause and Resume."""
        self.leaves_out_unknown = False
        """What is not known is left out instead of null."""
        self.fractions = False
        """Durations carry fractions of a second."""
        self.duration_counts_pauses = True
        self.archive_times_have_zone = True
        """`startTime` in UTC with a Z; otherwise local without a zone, as `startedAt` is."""

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Return the documented calls."""
        live, finished = LiveRecordings(self), FinishedRecordings(self)
        active = f"{self.root}/LiveRecordings"
        archive = f"{self.root}/Recordings"
        return (
            web.get(active, self._as_manager(live.get)),
            web.post(active, self._as_user(live.start)),
            web.delete(active, self._as_manager(live.stop_line)),
            web.delete(f"{active}/Mine", self._as_user(live.stop_mine)),
            web.delete(f"{active}/{{id}}", self._as_manager(live.stop)),
            web.put(f"{active}/Pause", self._as_manager(live.pause_line)),
            web.put(f"{active}/Resume", self._as_manager(live.resume_line)),
            web.put(f"{active}/{{id}}/Pause", self._as_manager(live.pause)),
            web.put(f"{active}/{{id}}/Resume", self._as_manager(live.resume)),
            web.get(f"{archive}{{slash:/?}}", self._as_user(finished.list)),
            web.get(f"{archive}/{{id}}", self._as_user(finished.get)),
            web.get(f"{archive}/{{id}}/Media", self._as_user(finished.download)),
        )

    def id_of(self, recording: Recording) -> str:
        """Return a recording's GUID."""
        return guid(self.office.seed, recording.number)

    def audio_of(self, recording: Recording) -> Mp3:
        """Return a finished recording's sound."""
        seconds = recording.recorded_time(self.office.now).total_seconds()
        return Mp3(self.id_of(recording), seconds)

    def _as_user(self, action: _Action) -> _Handler:
        """Let in whoever has Base Access (lv. 2)."""
        return self._with_level(BASE_ACCESS, action)

    def _as_manager(self, action: _Action) -> _Handler:
        """Let in whoever has Complete Management (lv. 10)."""
        return self._with_level(COMPLETE_MANAGEMENT, action)

    def _with_level(self, level: int, action: _Action) -> _Handler:
        """Check credentials (401), level (403) and that the service is there (504)."""

        async def handler(request: web.Request) -> web.StreamResponse:
            user = self._user(request)
            if user is None:
                challenge = {hdrs.WWW_AUTHENTICATE: 'Basic realm="Imagicle"'}
                return web.Response(status=401, headers=challenge)
            if user.level < level:
                return web.Response(status=403)
            if not self.office.service_available:
                return web.Response(status=504)
            return await action(request, user)

        return handler

    def _user(self, request: web.Request) -> User | None:
        """Return the user who asks, None where the suite would answer 401."""
        credentials = basic_credentials(request)
        for user in self.users:
            if credentials == (user.username, user.password):
                return user if self.allows_basic_for_sso or not user.sso else None
        return None
