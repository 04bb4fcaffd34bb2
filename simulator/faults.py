"""Failures of a recorder, or of the network in front of it.

`recorder.faults.add(Fault("status", status=503))` adds a fault to a recorder. It stays
until it has struck `times` times, or until `recorder.faults.clear()`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from itertools import chain, repeat
import json
from typing import Any, Literal

from aiohttp import web

from .streaming import BREAKS_OFF, PAUSE, cut, stream

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type FaultKind = Literal[
    "status",  # answer with `status`, `body` and perhaps Retry-After
    "body",  # answer 200 with `body` and `content_type`
    "login_page",  # answer 200 with a page of HTML
    "invalid_json",  # answer 200 with JSON that breaks off
    "empty_body",
    "empty_object",  # answer 200 with {}
    "huge_body",  # answer 200 with `size` bytes of valid JSON
    "redirect",  # to `url`, with `status` 302 unless another is given
    "delay",  # answer after `seconds`, or when the fault is cleared
    "hang",  # answer when the fault is cleared
    "drop",  # close the connection, do nothing
    "drop_after",  # serve the request, then close the connection without an answer
    "drip",  # the true answer in ten pieces, each after `seconds`
    "half_body",  # close the connection after half of the true answer
    "wrong_content_type",  # the true answer, labelled `content_type`
    "bare_object",  # the true answer, its list replaced by the first row
    "bad_rows",  # the true answer, with unreadable rows between the true ones
    "rewrite",  # the true answer's bytes, changed by `rewrite`
]

CONTENT_TYPE = "content_type"
"""Key in a request: the content type that its answer is labelled with."""
_LOGIN_PAGE = (
    "<!DOCTYPE html><html><title>Sign in</title><form>Username, password</form></html>"
)
_BAD_ROWS: tuple[Any, ...] = (
    None,
    7,
    "row",
    [],
    {},
    {"id": None},
    {"id": {"a": 1}, "state": 3},
)
_PIECE = b'{"row": "' + b"x" * 65_524 + b'"},'


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its kind, what that kind needs, and the requests it is limited to."""

    kind: FaultKind
    _: KW_ONLY
    path: str = ""
    """Start of the path below the API's root: "/LiveRecordings"."""
    method: str = ""
    query: str = ""
    """Name of a parameter that the query must have."""
    times: int | None = None
    """Number of requests that it strikes; None: all, until it is cleared."""
    status: int | None = None
    retry_after: int | str | datetime | None = None
    """Seconds, a time (sent as an HTTP date), or the header's text."""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    content_type: str = "text/html"
    seconds: float | None = None
    url: str = ""
    size: int = 50_000_000
    rows: Sequence[Any] = _BAD_ROWS
    rewrite: Callable[[bytes], bytes] = bytes

    def matches(self, request: web.Request, path: str) -> bool:
        """Return whether the fault strikes a request to this path of the API."""
        return (
            self.method in ("", request.method)
            and path.startswith(self.path)
            and (not self.query or self.query in request.query)
        )


class Faults:
    """The faults of one recorder."""

    def __init__(self) -> None:
        """Start without any."""
        self._faults: list[Fault] = []
        self._struck: list[int] = []
        self._waiting: list[asyncio.Future[bool]] = []

    def add(self, fault: Fault) -> None:
        """Add a fault; of several that match a request, the oldest strikes."""
        if fault.kind not in (*_ANSWERS, "delay", "hang", "drip"):
            raise ValueError(f"There is no fault of the kind {fault.kind}")
        self._faults.append(fault)
        self._struck.append(0)

    def clear(self) -> None:
        """Remove all faults, and serve the requests that hang or are delayed."""
        self._faults.clear()
        self._struck.clear()
        self.release()

    def release(self) -> None:
        """Serve the requests that hang or are delayed; the faults stay."""
        self._end_waiting(served=True)

    def cut(self) -> None:
        """Cut the connections of the requests that hang or are delayed."""
        self._end_waiting(served=False)

    @property
    def waiting(self) -> int:
        """Return the number of requests that hang or are delayed."""
        return sum(not waiting.done() for waiting in self._waiting)

    def __len__(self) -> int:
        """Return the number of faults."""
        return len(self._faults)

    async def answer(
        self, request: web.Request, path: str, handler: Handler
    ) -> web.StreamResponse:
        """Answer a request, with the fault that strikes it if there is one."""
        fault = self._strike(request, path)
        if fault is None:
            return await handler(request)
        if fault.kind in ("delay", "hang"):
            if await self._wait(fault.seconds):
                return await handler(request)
            cut(request)
            return web.Response()
        if fault.kind == "drip":
            request[PAUSE] = partial(self._wait, fault.seconds)
            return await _in_pieces(request, handler)
        return await _ANSWERS[fault.kind](fault, request, handler)

    def _strike(self, request: web.Request, path: str) -> Fault | None:
        """Return the fault that strikes this request, and count it."""
        for index, fault in enumerate(self._faults):
            if fault.matches(request, path):
                self._struck[index] += 1
                if self._struck[index] == fault.times:
                    del self._faults[index], self._struck[index]
                return fault
        return None

    async def _wait(self, seconds: float | None) -> bool:
        """Wait for `seconds` or until released; return whether to serve the request."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        with suppress(TimeoutError):
            return await asyncio.wait_for(waiting, seconds)
        return True

    def _end_waiting(self, *, served: bool) -> None:
        """Release the waiting requests, to be served or to be cut."""
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(served)
        self._waiting.clear()


async def _status(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Answer with the fault's status."""
    headers = dict(fault.headers)
    if isinstance(fault.retry_after, datetime):
        headers["Retry-After"] = format_datetime(
            fault.retry_after.astimezone(UTC), usegmt=True
        )
    elif fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    return web.Response(status=fault.status or 500, text=fault.body, headers=headers)


async def _body(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Answer with the fault's body."""
    return web.Response(
        status=fault.status or 200,
        text=fault.body,
        content_type=fault.content_type,
        headers=fault.headers,
    )


async def _login_page(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Answer with HTML, as a captive portal or a proxy with a login does."""
    return web.Response(text=_LOGIN_PAGE, content_type="text/html")


async def _invalid_json(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Answer with JSON that breaks off."""
    return web.Response(text='{"recordings": [{"id": ', content_type="application/json")


async def _empty_body(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Answer 200 with an empty body."""
    return web.Response(content_type="application/json")


async def _empty_object(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Answer with an empty object."""
    return web.Response(text="{}", content_type="application/json")


async def _huge_body(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Stream `size` bytes of valid JSON: a list of rows."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    pieces = chain((b"[",), repeat(_PIECE, fault.size // len(_PIECE)), (b"{}]",))
    return await stream(request, response, pieces)


async def _redirect(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Redirect the client to `url`."""
    return web.Response(status=fault.status or 302, headers={"Location": fault.url})


async def _drop(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Close the connection without serving the request."""
    cut(request)
    return web.Response()


async def _drop_after(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Serve the request, but close the connection before the answer."""
    response = await handler(request)
    cut(request)
    return response


async def _half_body(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Send half of the true answer, then close the connection."""
    request[BREAKS_OFF] = True
    response = await handler(request)
    if not isinstance(response, web.Response):
        return response
    whole = response.body if isinstance(response.body, bytes) else b""
    broken = web.StreamResponse(status=response.status, headers=response.headers)
    broken.content_length = len(whole)
    return await stream(request, broken, (whole,))


async def _in_pieces(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Stream the true answer; audio is streamed anyway."""
    response = await handler(request)
    if not isinstance(response, web.Response):
        return response
    whole = response.body if isinstance(response.body, bytes) else b""
    size = len(whole) // 10 + 1
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    dripping = web.StreamResponse(status=response.status, headers=response.headers)
    dripping.content_length = len(whole)
    return await stream(request, dripping, pieces)


async def _wrong_content_type(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Give the true answer a wrong content type."""
    request[CONTENT_TYPE] = fault.content_type
    return await handler(request)


async def _bare_object(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Answer with the first row instead of the list."""
    return await _with_rows(request, handler, lambda rows: rows[0] if rows else {})


async def _bad_rows(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Put unreadable rows before, between and behind the true ones."""
    return await _with_rows(
        request,
        handler,
        lambda rows: [*fault.rows[:1], *rows[:1], *fault.rows[1:], *rows[1:]],
    )


async def _rewrite(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Change the true answer, whatever its status."""
    response = await handler(request)
    if not isinstance(response, web.Response):
        return response
    body = response.body if isinstance(response.body, bytes) else b""
    return web.Response(
        status=response.status,
        body=fault.rewrite(body),
        content_type=response.content_type,
    )


async def _with_rows(
    request: web.Request, handler: Handler, change: Callable[[list[Any]], Any]
) -> web.StreamResponse:
    """Change the rows of the true answer: a bare list, or lists in an object."""
    response = await handler(request)
    if not isinstance(response, web.Response):
        return response
    answer = json.loads(response.text or "null")
    if isinstance(answer, list):
        answer = change(answer)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            answer[name] = change(value) if isinstance(value, list) else value
    return web.json_response(answer, status=response.status)


_ANSWERS: dict[
    str, Callable[[Fault, web.Request, Handler], Awaitable[web.StreamResponse]]
] = {
    "status": _status,
    "body": _body,
    "login_page": _login_page,
    "invalid_json": _invalid_json,
    "empty_body": _empty_body,
    "empty_object": _empty_object,
    "huge_body": _huge_body,
    "redirect": _redirect,
    "drop": _drop,
    "drop_after": _drop_after,
    "half_body": _half_body,
    "wrong_content_type": _wrong_content_type,
    "bare_object": _bare_object,
    "bad_rows": _bad_rows,
    "rewrite": _rewrite,
}
