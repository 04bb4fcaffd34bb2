"""`call/query`, `call/record_start`, `call/record_pause`, `call/record_unpause`."""

from typing import Any

from aiohttp import web

from simulator.calls import Call, Recording

from .errors import YeastarError, not_json, parameter_error
from .pbx import Pbx
from .rows import call_id, call_row, channel_ids

_TYPES = {
    "inbound": ("incoming", "unknown"),
    "outbound": ("outgoing",),
    "internal": ("internal",),
}


class Calls:
    """Handlers of the calls that are in progress."""

    def __init__(self, pbx: Pbx) -> None:
        """Serve a PBX."""
        self._pbx = pbx
        self._office = pbx.office

    async def query(self, request: web.Request) -> dict[str, Any]:
        """Answer Query Calls; without calls the answer has no `data`, or is 60001."""
        wanted_type = request.query.get("type")
        if wanted_type not in (None, *_TYPES):
            raise parameter_error("type", wanted_type)
        rows = [
            call_row(call) for call in self._office.calls if _is_wanted(call, request)
        ]
        if rows:
            return {"data": rows}
        if self._pbx.says_not_found:
            raise YeastarError(60001)
        return {}

    async def record_start(self, request: web.Request) -> dict[str, Any]:
        """Answer Start Call Recording; repeating it changes nothing."""
        call = await self._call(request)
        if call.answered_at is None:
            raise YeastarError(70132)
        if self._office.unfinished_recording(call) is None:
            self._office.start_recording(call)
        return {"call_id": call_id(call)}

    async def record_pause(self, request: web.Request) -> dict[str, Any]:
        """Answer Pause Call Recording."""
        call = await self._call(request)
        recording = self._recorded(call)
        if not recording.is_paused:
            self._office.pause(recording)
        return {"call_id": call_id(call)}

    async def record_unpause(self, request: web.Request) -> dict[str, Any]:
        """Answer Resume Call Recording."""
        call = await self._call(request)
        self._office.resume(self._recorded(call))
        return {"call_id": call_id(call)}

    async def _call(self, request: web.Request) -> Call:
        """Return the call with the body's channel; 70130 if there is none, 70132 without control."""
        body = await request.text()
        try:
            wanted = (await request.json())["channel_id"]
        except ValueError:
            raise not_json(body) from None
        except KeyError, TypeError:
            raise parameter_error("channel_id", None) from None
        if not self._pbx.can_control_recording:
            raise YeastarError(70132)
        for call in self._office.calls:
            if wanted in channel_ids(call):
                return call
        raise YeastarError(70130)

    def _recorded(self, call: Call) -> Recording:
        """Return the running recording of a call; 10009 if there is none."""
        recording = self._office.unfinished_recording(call)
        if recording is None:
            raise YeastarError(10009)
        return recording


def _is_wanted(call: Call, request: web.Request) -> bool:
    """Return whether a call matches the query's `call_id`, `type` and `extension`."""
    extensions = [call.line.number]
    if call.direction == "internal":
        extensions.append(call.remote_number)
    query = request.query
    return (
        query.get("call_id") in (None, call_id(call))
        and ("type" not in query or call.direction in _TYPES[query["type"]])
        and query.get("extension") in (None, *extensions)
    )
