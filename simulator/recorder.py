"""Base of every simulated recorder: address, log of requests, faults, the office's time."""

from abc import ABC, abstractmethod
from base64 import b64decode
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from os import strerror
from ssl import SSLContext
from typing import Any, ClassVar

from aiohttp import hdrs, web

from .audio import Audio
from .calls import Line
from .control import control_routes
from .faults import CONTENT_TYPE, Faults, Handler
from .office import Office
from .streaming import stream

_LARGEST_BODY = 64 * 1024 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request that a recorder received."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Recorder(ABC):
    """A recorder's REST server in front of the office."""

    name: ClassVar[str]
    """What the config flow and the simulator's options call this kind of recorder."""
    root: str
    """Path of the API; a fault's path counts from here."""

    def __init__(
        self, office: Office, host: str, port: int, tls: SSLContext | None
    ) -> None:
        """Record an office's calls; `start` makes it listen."""
        self.office = office
        self.requests: list[Request] = []
        self.faults = Faults()
        self.sends_date = True
        """Whether answers carry a Date header (the office's time)."""
        self.keeps_alive = True
        """Whether a connection serves more than one request."""
        self.serves_ranges = True
        """Whether media are served in parts (206) when a Range is asked for."""
        self._host = host
        self._port = port
        self._tls = tls
        self._runner: web.AppRunner | None = None

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Return the fields of the config form that reaches this recorder."""

    @abstractmethod
    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Return the routes of the recorder's API."""

    def directory_number(self, line: Line) -> str:
        """Return the number by which this recorder knows a line."""
        return line.number

    @property
    def is_self_signed(self) -> bool:
        """Return whether it has a certificate that clients cannot verify."""
        return self._tls is not None

    @property
    def url(self) -> str:
        """Return the address, without a path and without a slash at its end."""
        return f"{'https' if self._tls else 'http'}://{self._host}:{self._port}"

    async def start(self) -> None:
        """Start listening; after a stop on the same port again."""
        app = web.Application(
            client_max_size=_LARGEST_BODY, middlewares=[self._middleware]
        )
        app.add_routes(
            control_routes(self.office, self.faults, self.directory_number, self.counts)
        )
        app.add_routes(self.routes())
        app.on_response_prepare.append(self._finish_headers)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner,
            self._host,
            self._port,
            ssl_context=self._tls,
            reuse_address=True,
        )
        try:
            await site.start()
        except OSError as err:
            await self.stop()
            reason = strerror(err.errno) if err.errno else err
            message = f"{self.name.capitalize()} cannot listen on {self._host}:{self._port}: {reason}"
            raise OSError(err.errno, message) from err
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and cut the open requests; the faults stay."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            self.faults.cut()
            await runner.cleanup()

    def catch_up(self) -> None:
        """Do what is due by now."""
        self.office.advance()

    def counts(self) -> dict[str, int]:
        """Return how much the recorder was asked; a subclass adds what it holds."""
        return {"requests": len(self.requests)}

    @web.middleware
    async def _middleware(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Advance the office to now, log the request, and serve it or let a fault strike."""
        self.catch_up()
        if request.path.startswith("/_simulator/"):
            return await handler(request)
        self.requests.append(
            Request(
                request.method,
                request.path,
                dict(request.query),
                dict(request.headers),
                await request.read(),
            )
        )
        path = request.path.removeprefix(self.root)
        response = await self.faults.answer(request, path, handler)
        if not self.keeps_alive:
            response.force_close()
        return response

    async def _finish_headers(
        self, request: web.Request, response: web.StreamResponse
    ) -> None:
        """Set or leave out the Date header (the office's time); set a fault's content type."""
        if self.sends_date:
            now = self.office.now.astimezone(UTC)
            response.headers[hdrs.DATE] = format_datetime(now, usegmt=True)
        else:
            response.headers.popall(hdrs.DATE, None)
        if CONTENT_TYPE in request:
            response.headers[hdrs.CONTENT_TYPE] = request[CONTENT_TYPE]

    async def media(self, request: web.Request, audio: Audio) -> web.StreamResponse:
        """Stream a recording's audio, whole or the requested range."""
        part = self._requested_part(request, audio.size)
        start, end = part or (0, audio.size)
        if start >= end:
            headers = {hdrs.CONTENT_RANGE: f"bytes */{audio.size}"}
            return web.Response(status=416, headers=headers)
        response = web.StreamResponse(status=206 if part else 200)
        response.content_type = audio.content_type
        response.content_length = end - start
        if not self.keeps_alive:
            response.force_close()
        if self.serves_ranges:
            response.headers[hdrs.ACCEPT_RANGES] = "bytes"
        if part:
            response.headers[hdrs.CONTENT_RANGE] = (
                f"bytes {start}-{end - 1}/{audio.size}"
            )
        return await stream(request, response, _gather(audio.read(start, end)))

    def _requested_part(
        self, request: web.Request, size: int
    ) -> tuple[int, int] | None:
        """Return start and end of a Range; None without a readable one (RFC 9110, 14.2)."""
        try:
            wanted = request.http_range
        except ValueError:
            return None
        if not self.serves_ranges or wanted == slice(None, None, 1):
            return None
        start, end, _ = wanted.indices(size)
        return start, end


def basic_credentials(request: web.Request) -> tuple[str, str] | None:
    """Return the name and the password of HTTP Basic authentication (RFC 7617)."""
    scheme, _, encoded = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = b64decode(encoded, validate=True).decode().partition(":")
    except binascii.Error, UnicodeDecodeError:
        return None
    return name, password


def _gather(pieces: Iterable[bytes]) -> Iterable[bytes]:
    """Join small pieces into larger ones."""
    gathered = bytearray()
    for piece in pieces:
        gathered += piece
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)
