"""`/LiveRecordings`: Get Active Recordings (615), Start (533), Stop (534), Pause and Resume."""

from collections.abc import Callable
import json
from typing import Any

from aiohttp import web

from simulator.calls import Call, Line, Recording

from .identifiers import number_of_guid
from .refusals import is_guid, refused
from .rows import active_recording
from .suite import Suite
from .users import COMPLETE_MANAGEMENT, User


class LiveRecordings:
    """Handlers of `/LiveRecordings`."""

    def __init__(self, suite: Suite) -> None:
        """Serve a suite."""
        self._suite = suite
        self._office = suite.office

    async def get(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Get Active Recordings (615): filters ANDed, an empty array if none."""
        now = self._office.now
        rows = [
            active_recording(self._suite, recording, now)
            for recording in self._office.active_recordings()
            if _line_fits(recording.call.line, request)
        ]
        if self._suite.single_as_object and len(rows) == 1:
            return web.json_response(rows[0])
        return web.json_response(rows)

    async def start(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Start Recording (533); without a body the user's line (ucxcr)."""
        body = await request.text()
        if not body and self._suite.body_is_optional:
            if user.extension is None:
                return refused(400, 3)
            return self._start_wanted({"directoryNumber": user.extension})
        if user.level < COMPLETE_MANAGEMENT:
            return refused(403, 0)
        try:
            wanted = json.loads(body or "{}")
        except ValueError:
            wanted = None
        return self._start_wanted(wanted if isinstance(wanted, dict) else {})

    def _start_wanted(self, wanted: dict[str, Any]) -> web.Response:
        """Check the request itself (400) and the service's set-up (501)."""
        device, number = wanted.get("deviceName"), wanted.get("directoryNumber")
        if not device and not number:
            return refused(400, 0)
        if wanted.get("mode") not in (None, 0, 1):
            return refused(400, 2)
        lines = self._monitorable(device, number)
        if not lines:
            return refused(400, 1, deviceName=device)
        manual = [line for line in lines if line.manual_recording]
        if not manual:
            return refused(400, 4)
        return self._not_set_up() or self._start_on(manual)

    def _not_set_up(self) -> web.Response | None:
        """Refuse while the service cannot record at all (501)."""
        if not self._office.license_valid:
            return refused(501, 0)
        if not self._office.pilot_configured:
            return refused(501, 1)
        if not self._office.correctly_configured:
            return refused(501, 2)
        return None

    def _start_on(self, lines: list[Line]) -> web.Response:
        """Check the state of the lines (409) and of their calls (429, 403, 503)."""
        calls = self._connected_calls(lines)
        if not calls:
            return refused(409, 1, extension=None)
        unrecorded = [
            call for call in calls if self._office.unfinished_recording(call) is None
        ]
        if not unrecorded:
            pending = all(self._is_pending(call) for call in calls)
            return refused(429, 0 if pending else 1)
        call = unrecorded[-1]
        if not call.line.has_user:
            return refused(409, 0, extension=call.line.number)
        return self._forbidden(call) or self._start_call(call)

    def _connected_calls(self, lines: list[Line]) -> list[Call]:
        """Return the connected calls of the lines."""
        return [
            call
            for call in self._office.calls
            if call.line in lines and call.is_connected
        ]

    def _forbidden(self, call: Call) -> web.Response | None:
        """Refuse a call that the service's restrictions do not let record (403)."""
        if not call.line.authorized:
            return refused(403, 1, username=call.line.username)
        if call.direction not in self._office.recorded_directions:
            return refused(403, 2)
        if call.traffic_type not in self._office.recorded_traffic_types:
            return refused(403, 3)
        if call.remote_number in self._office.blacklist:
            return refused(403, 4)
        return None

    def _start_call(self, call: Call) -> web.Response:
        """Record the call: 201 with the id, or 503 without a free licensed channel."""
        if not self._office.channel_is_free():
            return web.Response(status=503)
        recording = self._office.start_recording(call)
        return web.json_response({"id": self._suite.id_of(recording)}, status=201)

    async def stop(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Stop Recording by id (534)."""
        return self._on_id(request, self._stop)

    async def stop_line(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Stop by Device and/or Directory Number (ucxcr/stop-a-recording)."""
        return self._on_line(request, self._stop)

    async def stop_mine(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Stop for Authenticated User (ucxcr/stop-a-recording)."""
        return self._stop(
            [] if user.extension is None else self._live_on(None, user.extension)
        )

    async def pause(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Pause by id (ucxcr/pause-resume-recording)."""
        return self._on_id(request, self._pause)

    async def pause_line(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Pause by device name and/or directory number."""
        return self._on_line(request, self._pause)

    async def resume(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Resume by id (ucxcr/pause-resume-recording)."""
        return self._on_id(request, self._resume)

    async def resume_line(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer Resume by device name and/or directory number."""
        return self._on_line(request, self._resume)

    def _stop(self, recordings: list[Recording]) -> web.Response:
        """Stop: 204, 409 without a live recording, 400 where the line does not allow it."""
        if not recordings:
            return web.Response(status=409)
        line = recordings[0].call.line
        if not line.monitorable:
            return refused(400, 1, deviceName=line.device_name)
        if not line.manual_recording:
            return refused(400, 2)
        for recording in recordings:
            self._office.stop(recording)
        return web.Response(status=204)

    def _pause(self, recordings: list[Recording]) -> web.Response:
        """Pause what is not paused yet."""
        running = [recording for recording in recordings if not recording.is_paused]
        return self._change(recordings, running, self._office.pause)

    def _resume(self, recordings: list[Recording]) -> web.Response:
        """Resume what is paused."""
        paused = [recording for recording in recordings if recording.is_paused]
        return self._change(recordings, paused, self._office.resume)

    def _change(
        self,
        recordings: list[Recording],
        changing: list[Recording],
        change: Callable[[Recording], None],
    ) -> web.Response:
        """Answer 204, 409 no live recording, 429 already in that state."""
        if self._suite.pause_refusal is not None:
            return web.Response(status=self._suite.pause_refusal)
        if not recordings:
            return web.Response(status=409)
        for recording in changing:
            change(recording)
        return web.Response(status=204 if changing else 429)

    def _on_id(
        self, request: web.Request, act: Callable[[list[Recording]], web.Response]
    ) -> web.Response:
        """Act on the live recording with the path's id; 400 if it is not a GUID."""
        identifier = request.match_info["id"]
        if not is_guid(identifier):
            return refused(400, 0)
        number = number_of_guid(self._office.seed, identifier)
        return act(
            [row for row in self._office.active_recordings() if row.number == number]
        )

    def _on_line(
        self, request: web.Request, act: Callable[[list[Recording]], web.Response]
    ) -> web.Response:
        """Act on the live recordings of a line: 400 if none is named or monitorable."""
        device = request.query.get("deviceName")
        number = request.query.get("directoryNumber")
        if not device and not number:
            return refused(400, 0)
        if not self._monitorable(device, number):
            return refused(400, 1, deviceName=device)
        return act(self._live_on(device, number))

    def _monitorable(self, device: str | None, number: str | None) -> list[Line]:
        """Return the lines with this device name and/or number that TAPI can watch."""
        return [
            line
            for line in self._office.lines
            if line.monitorable
            and device in (None, "", line.device_name)
            and number in (None, "", line.number)
        ]

    def _live_on(self, device: str | None, number: str | None) -> list[Recording]:
        """Return the active recordings on the lines with this device name and/or number."""
        return [
            recording
            for recording in self._office.active_recordings()
            if device in (None, "", recording.call.line.device_name)
            and number in (None, "", recording.call.line.number)
        ]

    def _is_pending(self, call: Call) -> bool:
        """Return whether a call's recording was commanded but has not started yet."""
        recording = self._office.unfinished_recording(call)
        return recording is not None and recording.is_pending(self._office.now)


def _line_fits(line: Line, request: web.Request) -> bool:
    """Return whether a line matches all filters of Get Active Recordings."""
    facts = {
        "deviceName": line.device_name,
        "directoryNumber": line.number,
        "username": line.username if line.has_user else None,
        "numericUserId": line.numeric_user_id if line.has_user else None,
    }
    return all(
        request.query.get(name) in (None, "", fact) for name, fact in facts.items()
    )
