"""`/_simulator/`: shows the office as it is and changes it, for people and scripts."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from .calls import Call, Line, Recording
from .faults import Fault, Faults
from .office import Office


def control_routes(
    office: Office,
    faults: Faults,
    directory_number: Callable[[Line], str],
    counts: Callable[[], Mapping[str, int]],
) -> Iterable[web.AbstractRouteDef]:
    """Return the control endpoints of one recorder.

    It knows lines by a number of its own, and counts what it was asked.
    """
    control = _Control(office, faults, directory_number, counts)
    return (
        web.get("/_simulator/office", control.get_office),
        web.post("/_simulator/calls", control.connect),
        web.post("/_simulator/calls/{number}/hang_up", control.hang_up),
        web.post("/_simulator/faults", control.add_fault),
        web.delete("/_simulator/faults", control.clear_faults),
    )


class _Control:
    """The control endpoints' handlers."""

    def __init__(
        self,
        office: Office,
        faults: Faults,
        directory_number: Callable[[Line], str],
        counts: Callable[[], Mapping[str, int]],
    ) -> None:
        """Control the office and one recorder's faults."""
        self._office = office
        self._faults = faults
        self._directory_number = directory_number
        self._counts = counts

    async def get_office(self, request: web.Request) -> web.Response:
        """Return the lines, calls and recordings of the office."""
        office = self._office
        return web.json_response(
            {
                "now": office.now.isoformat(),
                "lines": [
                    {
                        "number": line.number,
                        "phone_number": line.phone_number,
                        "device_name": line.device_name,
                        "username": line.username,
                        "numeric_user_id": line.numeric_user_id,
                        "directory_number": self._directory_number(line),
                    }
                    for line in office.lines
                ],
                "calls": [_call(call) for call in office.calls],
                "recordings": [
                    _recording(row, office.now) for row in office.recordings
                ],
                "archived_recordings": len(office.archive),
                "lost_recordings": len(office.lost_recordings),
                "faults": len(self._faults),
                **self._counts(),
            }
        )

    async def connect(self, request: web.Request) -> web.Response:
        """Connect a call: {"line": "101"}; optional: remote, direction, ringing, recorded.

        `seconds` is for how long a recorded call has lasted already.
        """
        try:
            wanted: dict[str, Any] = await request.json()
        except ValueError as err:
            return web.json_response({"error": f"This is not JSON: {err}"}, status=400)
        if wanted.get("line") not in {line.number for line in self._office.lines}:
            return web.json_response({"error": "There is no such line."}, status=404)
        call = self._office.connect(
            wanted["line"],
            wanted.get("remote", "+15551234"),
            wanted.get("direction", "incoming"),
            ringing=wanted.get("ringing", False),
        )
        if wanted.get("recorded"):
            recording = self._office.start_recording(call)
            recording.started_at -= timedelta(seconds=wanted.get("seconds", 0))
        return web.json_response(_call(call), status=201)

    async def hang_up(self, request: web.Request) -> web.Response:
        """End a call by its number."""
        for call in self._office.calls:
            if str(call.number) == request.match_info["number"]:
                self._office.hang_up(call)
                return web.json_response(_call(call))
        return web.json_response({"error": "There is no such call."}, status=404)

    async def add_fault(self, request: web.Request) -> web.Response:
        """Add a fault to this recorder: {"kind": "status", "status": 503, "times": 1}."""
        try:
            self._faults.add(Fault(**await request.json()))
        except (TypeError, ValueError) as err:
            return web.json_response({"error": str(err)}, status=400)
        return web.json_response({"faults": len(self._faults)}, status=201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Remove this recorder's faults."""
        self._faults.clear()
        return web.json_response({"faults": 0})


def _call(call: Call) -> dict[str, Any]:
    """Return a call as JSON."""
    return {
        "id": call.number,
        "line": call.line.number,
        "remote": call.remote_number,
        "direction": call.direction,
        "started_at": call.started_at.isoformat(),
        "connected": call.is_connected,
        "held": call.held,
        "ended": call.ended_at is not None,
    }


def _recording(recording: Recording, now: datetime) -> dict[str, Any]:
    """Return a recording as JSON."""
    return {
        "number": recording.number,
        "call": recording.call.number,
        "line": recording.call.line.number,
        "started_at": recording.started_at.isoformat(),
        "duration": recording.duration(now).total_seconds(),
        "pending": recording.is_pending(now),
        "active": recording.is_active(now),
        "paused": recording.is_paused,
        "fate": recording.fate,
    }
