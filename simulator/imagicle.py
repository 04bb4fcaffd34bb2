"""Imagicle Call Recording's REST API, as kbp.imagicle.com documents it.

Pages: Start Recording (533), Stop Recording (534), Get Recording (536), Download
Recording (540), Get Active Recordings (615), Get Recordings List (628), and the
newer ucxcr/start-a-recording, ucxcr/stop-a-recording, ucxcr/pause-resume-recording.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
import json
from ssl import SSLContext
from typing import Any, ClassVar
from uuid import UUID

from aiohttp import hdrs, web

from .audio import Mp3
from .calls import Call, Line, Recording
from .identifiers import guid, number_of_guid
from .imagicle_list import FilterError, PagingError, list_recordings
from .imagicle_rows import active_recording, finished_recording
from .office import Office
from .recorder import Recorder, basic_credentials

COMPLETE_MANAGEMENT = 10
BASE_ACCESS = 2

type _Action = Callable[[web.Request, "User"], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class User:
    """A user of the Imagicle suite."""

    username: str
    password: str
    level: int
    sso: bool = False
    """Signs in elsewhere: Basic authentication is refused (401) unless allowed."""
    extension: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Somebody downloaded a recording (Download Recording)."""

    recording_id: str
    username: str
    at: datetime


class Imagicle(Recorder):
    """The server below `/fw/Apps/Recorder/WebAPI`."""

    name: ClassVar[str] = "imagicle"
    root: ClassVar[str] = "/fw/Apps/Recorder/WebAPI"

    def __init__(
        self, office: Office, host: str, port: int, tls: SSLContext | None
    ) -> None:
        """Install the suite with an administrator, a plain user and an SSO user."""
        super().__init__(office, host, port, tls)
        self.username = "homeassistant"
        self.password = "Imagicle-10"
        first, second = office.lines[0], office.lines[-1]
        self.users = [
            User(self.username, self.password, COMPLETE_MANAGEMENT),
            User(first.username, "Imagicle-2", BASE_ACCESS, extension=first.number),
            User(
                second.username,
                "Imagicle-sso",
                COMPLETE_MANAGEMENT,
                True,
                second.number,
            ),
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
        live, finished = f"{self.root}/LiveRecordings", f"{self.root}/Recordings"
        routes: list[web.AbstractRouteDef] = [
            web.get(live, self._as_manager(self._get_active)),
            web.post(live, self._as_user(self._start)),
            web.delete(live, self._as_manager(self._stop_line)),
            web.delete(f"{live}/Mine", self._as_user(self._stop_mine)),
            web.delete(f"{live}/{{id}}", self._as_manager(self._stop)),
            web.get(f"{finished}{{slash:/?}}", self._as_user(self._list)),
            web.get(f"{finished}/{{id}}", self._as_user(self._get)),
            web.get(f"{finished}/{{id}}/Media", self._as_user(self._download)),
        ]
        for verb, paused in (("Pause", True), ("Resume", False)):
            routes += [
                web.put(f"{live}/{verb}", self._as_manager(self._pause_line(paused))),
                web.put(f"{live}/{{id}}/{verb}", self._as_manager(self._pause(paused))),
            ]
        return routes

    # Who asks

    def _as_user(
        self, action: _Action
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Let in whoever has Base Access: 401 wrong credentials or SSO, 403 no access."""
        return self._with_level(BASE_ACCESS, action)

    def _as_manager(
        self, action: _Action
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Let in whoever has Complete Management (lv. 10): otherwise 403."""
        return self._with_level(COMPLETE_MANAGEMENT, action)

    def _with_level(
        self, level: int, action: _Action
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Check authentication, authorization and that the service is there (504)."""

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

    # Active recordings

    async def _get_active(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Get Active Recordings (615): filters ANDed, an empty array if none."""
        now = self.office.now
        rows = [
            active_recording(self, recording, now)
            for recording in self.office.active_recordings()
            if _line_fits(recording.call.line, request)
        ]
        if self.single_as_object and len(rows) == 1:
            return web.json_response(rows[0])
        return web.json_response(rows)

    async def _start(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Start Recording (533): 201 with the id, or the reason of the refusal."""
        body = await request.text()
        if not body and self.body_is_optional:
            wanted: Any = {"directoryNumber": user.extension}
            if user.extension is None:
                return _refused(400, 3)
        elif user.level < COMPLETE_MANAGEMENT:
            return _refused(403, 0)
        else:
            try:
                wanted = json.loads(body or "{}")
            except ValueError:
                wanted = {}
        return self._start_wanted(wanted if isinstance(wanted, dict) else {})

    def _start_wanted(self, wanted: dict[str, Any]) -> web.Response:
        """Check the request itself (400) and the service's set-up (501)."""
        device, number = wanted.get("deviceName"), wanted.get("directoryNumber")
        if not device and not number:
            return _refused(400, 0)
        if wanted.get("mode") not in (None, 0, 1):
            return _refused(400, 2)
        lines = [line for line in self._lines(device, number) if line.monitorable]
        if not lines:
            return _refused(400, 1, deviceName=device)
        if not any(line.manual_recording for line in lines):
            return _refused(400, 4)
        if not self.office.license_valid:
            return _refused(501, 0)
        if not self.office.pilot_configured:
            return _refused(501, 1)
        if not self.office.correctly_configured:
            return _refused(501, 2)
        return self._start_on([line for line in lines if line.manual_recording])

    def _start_on(self, lines: list[Line]) -> web.Response:
        """Check the state of the lines (409) and of their calls (429, 403, 503)."""
        calls = [
            call
            for call in self.office.calls
            if call.line in lines and call.is_connected
        ]
        if not calls:
            return _refused(409, 1, extension=None)
        free = [call for call in calls if self._unfinished(call) is None]
        if not free:
            pending = all(self._is_pending(call) for call in calls)
            return _refused(429, 0 if pending else 1)
        call = free[-1]
        if not call.line.has_user:
            return _refused(409, 0, extension=call.line.number)
        refusal = self._forbidden(call)
        if refusal is not None:
            return refusal
        if not self.office.channel_is_free():
            return web.Response(status=503)
        recording = self.office.start_recording(call)
        return web.json_response({"id": self.id_of(recording)}, status=201)

    def _forbidden(self, call: Call) -> web.Response | None:
        """Refuse a call that the service's restrictions do not let record (403)."""
        office = self.office
        if not call.line.authorized:
            return _refused(403, 1, username=call.line.username)
        if call.direction not in office.recorded_directions:
            return _refused(403, 2)
        if call.traffic_type not in office.recorded_traffic_types:
            return _refused(403, 3)
        if call.remote_number in office.blacklist:
            return _refused(403, 4)
        return None

    async def _stop(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Stop Recording (534) by id: 204, 400 reasons 0 to 2, or 409."""
        identifier = request.match_info["id"]
        if not _is_guid(identifier):
            return _refused(400, 0)
        recording = self._live(identifier)
        return self._stop_live([recording] if recording else [])

    async def _stop_line(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Stop by Device and/or Directory Number (ucxcr/stop-a-recording)."""
        return self._on_line(request, self._stop_live)

    async def _stop_mine(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Stop for Authenticated User (ucxcr/stop-a-recording): 409 if none."""
        lines = self._lines(None, user.extension) if user.extension else []
        return self._stop_live(self._live_on(lines))

    def _stop_live(self, recordings: list[Recording]) -> web.Response:
        """Stop recordings; 409 without one, 400 where the line does not allow it."""
        if not recordings:
            return web.Response(status=409)
        line = recordings[0].call.line
        if not line.monitorable:
            return _refused(400, 1, deviceName=line.device_name)
        if not line.manual_recording:
            return _refused(400, 2)
        for recording in recordings:
            self.office.stop(recording)
        return web.Response(status=204)

    def _pause(self, paused: bool) -> _Action:
        """Answer Pause or Resume by id (ucxcr/pause-resume-recording)."""

        async def action(request: web.Request, user: User) -> web.StreamResponse:
            identifier = request.match_info["id"]
            if not _is_guid(identifier):
                return _refused(400, 0)
            recording = self._live(identifier)
            return self._set_paused([recording] if recording else [], paused)

        return action

    def _pause_line(self, paused: bool) -> _Action:
        """Answer Pause or Resume by device name and/or directory number."""

        async def action(request: web.Request, user: User) -> web.StreamResponse:
            return self._on_line(request, lambda rows: self._set_paused(rows, paused))

        return action

    def _set_paused(self, recordings: list[Recording], paused: bool) -> web.Response:
        """Pause or resume: 204, 409 no live recording, 429 already in that state."""
        if self.pause_refusal is not None:
            return web.Response(status=self.pause_refusal)
        if not recordings:
            return web.Response(status=409)
        changing = [
            recording for recording in recordings if recording.is_paused != paused
        ]
        if not changing:
            return web.Response(status=429)
        for recording in changing:
            (self.office.pause if paused else self.office.resume)(recording)
        return web.Response(status=204)

    # Finished recordings

    async def _list(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Get Recordings List (628): most recent first, in pages if asked for."""
        try:
            answer = list_recordings(self, request.query, self._own_username(user))
        except FilterError as err:
            return _refused(400, 0, message=str(err))
        except PagingError as err:
            return _refused(400, 1, message=str(err))
        return web.json_response(answer)

    async def _get(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Get Recording (536)."""
        recording = self._finished(request, user)
        if isinstance(recording, web.Response):
            return recording
        return web.json_response(finished_recording(self, recording))

    async def _download(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Download Recording (540); each download is an audit event."""
        recording = self._finished(request, user)
        if isinstance(recording, web.Response):
            return recording
        event = AuditEvent(self.id_of(recording), user.username, self.office.now)
        self.audit_events.append(event)
        return await self.media(request, self.audio_of(recording))

    def _finished(self, request: web.Request, user: User) -> Recording | web.Response:
        """Find a finished recording: 400 not a GUID, 404 no such one, 403 not the user's."""
        identifier = request.match_info["id"]
        if not _is_guid(identifier):
            return web.Response(status=400)
        number = number_of_guid(self.office.seed, identifier)
        recording = None if number is None else self.office.archive.find(number)
        if recording is None:
            return web.Response(status=404)
        if self._own_username(user) not in (None, recording.call.line.username):
            return web.Response(status=403)
        return recording

    # Finding things

    def id_of(self, recording: Recording) -> str:
        """Return a recording's GUID."""
        return guid(self.office.seed, recording.number)

    def audio_of(self, recording: Recording) -> Mp3:
        """Return a finished recording's sound."""
        seconds = recording.recorded_time(self.office.now).total_seconds()
        return Mp3(self.id_of(recording), seconds)

    def _own_username(self, user: User) -> str | None:
        """Return whose recordings a user sees, None for everybody's."""
        return None if user.level >= COMPLETE_MANAGEMENT else user.username

    def _lines(self, device: str | None, number: str | None) -> list[Line]:
        """Return the lines with this device name and/or directory number."""
        return [
            line
            for line in self.office.lines
            if device in (None, "", line.device_name)
            and number in (None, "", line.number)
        ]

    def _on_line(
        self, request: web.Request, act: Callable[[list[Recording]], web.Response]
    ) -> web.Response:
        """Act on the live recordings of a line: 400 if none is named or monitorable."""
        device = request.query.get("deviceName")
        number = request.query.get("directoryNumber")
        if not device and not number:
            return _refused(400, 0)
        lines = [line for line in self._lines(device, number) if line.monitorable]
        if not lines:
            return _refused(400, 1, deviceName=device)
        return act(self._live_on(lines))

    def _live_on(self, lines: list[Line]) -> list[Recording]:
        """Return the active recordings on these lines."""
        return [
            row for row in self.office.active_recordings() if row.call.line in lines
        ]

    def _live(self, identifier: str) -> Recording | None:
        """Return the active recording with this GUID."""
        number = number_of_guid(self.office.seed, identifier)
        return next(
            (row for row in self.office.active_recordings() if row.number == number),
            None,
        )

    def _unfinished(self, call: Call) -> Recording | None:
        """Return a call's pending or active recording."""
        return next(
            (row for row in self.office.recordings_of(call) if row.ended_at is None),
            None,
        )

    def _is_pending(self, call: Call) -> bool:
        """Tell whether a call's recording was asked for but has not started yet."""
        recording = self._unfinished(call)
        return recording is not None and recording.is_pending(self.office.now)


def _line_fits(line: Line, request: web.Request) -> bool:
    """Tell whether a line meets all filters of Get Active Recordings."""
    facts = {
        "deviceName": line.device_name,
        "directoryNumber": line.number,
        "username": line.username if line.has_user else None,
        "numericUserId": line.numeric_user_id if line.has_user else None,
    }
    return all(
        request.query.get(name) in (None, "", fact) for name, fact in facts.items()
    )


def _refused(status: int, reason: int, **details: str | None) -> web.Response:
    """Refuse with a reason body."""
    return web.json_response({"reason": reason, **details}, status=status)


def _is_guid(text: str) -> bool:
    """Tell whether a text is a GUID."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
