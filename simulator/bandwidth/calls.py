"""`/calls`: List Calls, Fetch Call, Update Call (recordingEnabled), Call Recordings."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from simulator.calls import Call, FileFormat

from .account import Account
from .errors import CatapultError
from .identifiers import number_of_bandwidth_id
from .listing import page_of
from .rows import call_row, call_state, recording_row, single_call_row


class Calls:
    """Handlers of `/calls`."""

    def __init__(self, account: Account) -> None:
        """Serve an account."""
        self._account = account
        self._office = account.office

    async def list(self, request: web.Request) -> web.StreamResponse:
        """Answer List Calls (getCalls.md), sorted by startTime, newest first by default."""
        archive = self._office.archive
        recent = [
            call
            for call in (*self._office.calls, *self._office.ended_calls)
            if _is_wanted(call, request)
        ]
        recent.sort(key=lambda call: (call.started_at, call.number))
        older: Sequence[int] = range(archive.older)
        if "from" in request.query or "to" in request.query:
            older = archive.select(older, lambda call: _is_wanted(call, request))
        total = len(older) + len(recent)

        def row(index: int) -> dict[str, Any]:
            position = (
                index if request.query.get("sortOrder") == "asc" else total - 1 - index
            )
            if position < len(older):
                return call_row(self._account, archive[older[position]].call)
            return call_row(self._account, recent[position - len(older)])

        return page_of(self._account, request, total, row)

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Answer Fetch Call Information (getCallsCallId.md)."""
        return web.json_response(single_call_row(self._account, self._find(request)))

    async def recordings(self, request: web.Request) -> web.StreamResponse:
        """Answer List all Call Recordings (getCallsCallIdRecordings.md)."""
        call = self._find(request)
        now = self._office.now
        live = [
            row for row in self._office.recordings_of(call) if not row.is_pending(now)
        ]
        rows = [*self._office.archive.of_call(call.number), *live]
        return web.json_response([recording_row(self._account, row) for row in rows])

    async def update(self, request: web.Request) -> web.StreamResponse:
        """Answer Update active Call (postCallsCallId.md): 200 with an empty body."""
        call = self._find(request)
        identifier = request.match_info["id"]
        try:
            wanted: dict[str, Any] = await request.json()
        except ValueError:
            raise CatapultError(400, "validation-error", "Bad parameters") from None
        if call.unavailable:
            message = (
                f"The call `{identifier}` is being initialized and cannot be modified now "
                "retry your operation later"
            )
            raise CatapultError(503, "call-unavailable", message)
        if call_state(call) != "active" and wanted.get("state") != "active":
            message = f"Unable to update call `{identifier}`. Invalid call state `{call_state(call)}`"
            raise CatapultError(403, "call-invalid-state", message)
        self._change(call, wanted)
        return web.Response()

    def _change(self, call: Call, wanted: dict[str, Any]) -> None:
        """Change a call's state and recording."""
        if wanted.get("state") == "active" and call.answered_at is None:
            self._office.answer(call)
        enabled = wanted.get("recordingEnabled")
        if enabled in (True, "true"):
            self._start(call, wanted.get("recordingFileFormat", "wav"))
        elif enabled in (False, "false"):
            self._stop(call)
        elif enabled is not None:
            raise CatapultError(400, "validation-error", "Bad parameters")
        if wanted.get("state") == "completed":
            self._office.hang_up(call)

    def _start(self, call: Call, file_format: FileFormat) -> None:
        """Start recording a call; 409 while it is recorded."""
        if self._office.unfinished_recording(call) is not None:
            message = "Call recording is been executed already!"
            raise CatapultError(409, "conflicted-recording-values-request", message)
        self._office.start_recording(call).file_format = file_format

    def _stop(self, call: Call) -> None:
        """Stop recording a call."""
        for recording in self._office.recordings_of(call):
            self._office.stop(recording)

    def _find(self, request: web.Request) -> Call:
        """Return the call of the path; 404 call-not-found if there is none."""
        identifier = request.match_info["id"]
        number = number_of_bandwidth_id(self._office.seed, "c", identifier)
        for call in (*self._office.calls, *self._office.ended_calls):
            if call.number == number:
                return call
        if number is not None and number < self._office.archive.older:
            return self._office.archive[number].call
        message = f"The call `{identifier}` could not be found"
        raise CatapultError(404, "call-not-found", message)


def _is_wanted(call: Call, request: web.Request) -> bool:
    """Return whether a call matches the query's `from` and `to`."""
    numbers = [call.line.phone_number, call.remote_number]
    if call.direction in ("incoming", "unknown"):
        numbers.reverse()
    wanted = [request.query.get("from"), request.query.get("to")]
    return all(
        want in (None, number) for want, number in zip(wanted, numbers, strict=True)
    )
