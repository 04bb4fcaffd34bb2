"""The simulated Asterisk: AMI and ARI in front of the office."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from ssl import SSLContext
from typing import Any, ClassVar

from aiohttp import web

from simulator.audio import Audio
from simulator.calls import Call, Recording
from simulator.office import Office
from simulator.recorder import Recorder, basic_credentials

from .actions import VERSION, Actions
from .files import SPOOL, MixMonitorWav, Unfinished, call_number
from .manager import Session
from .switchboard import Switchboard

type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_AMI_PORT_OFFSET = 1000
_ARCHIVE = f"{SPOOL}/recording/"


class Asterisk(Recorder):
    """Asterisk 22 with MixMonitor recordings, in the folder that ARI shows."""

    name: ClassVar[str] = "asterisk"
    root = "/ari"

    def __init__(
        self, office: Office, host: str, port: int, tls: SSLContext | None
    ) -> None:
        """Know two manager users, and one of the REST interface."""
        super().__init__(office, host, port, tls)
        self.username, self.watcher = "homeassistant", "watcher"
        self.secret = "Asterisk-secret"
        self.users = {
            self.username: (self.secret, {"system", "call", "reporting", "command"}),
            self.watcher: (self.secret, {"call", "reporting"}),
        }
        self.ari_username, self.ari_password = "archive", "Asterisk-ari"
        self.serves_ranges = False
        self.has_ari = True
        """Whether the REST interface is on."""
        self.cut_after = ""
        self.rewrite: Callable[[bytes], bytes] = bytes
        self.board = Switchboard(office)
        self.actions = Actions(self.board)
        self.sessions: list[Session] = []
        """The open connections of manager users."""
        self._ami_port = port and port + _AMI_PORT_OFFSET
        self._ami: asyncio.Server | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """Return the fields of the config form that reaches this PBX."""
        return {
            "host": self._host,
            "port": self._ami_port,
            "ssl": self.is_self_signed,
            "username": self.username,
            "password": self.secret,
            "ari_url": self.url,
            "ari_username": self.ari_username,
            "ari_password": self.ari_password,
            "verify_ssl": not self.is_self_signed,
        }

    def counts(self) -> dict[str, int]:
        """Add the open connections of manager users."""
        return super().counts() | {"sessions": len(self.sessions)}

    # --- The manager interface ---

    async def start(self) -> None:
        """Listen on both ports, and watch the calls for the events."""
        await super().start()
        self._ami = await asyncio.start_server(
            self._serve, self._host, self._ami_port, ssl=self._tls
        )
        self._ami_port = self._ami.sockets[0].getsockname()[1]
        self.office.call_listeners.append(self._call_changed)

    async def stop(self) -> None:
        """Cut all connections, and stop listening."""
        if self._call_changed in self.office.call_listeners:
            self.office.call_listeners.remove(self._call_changed)
        if self._ami is not None:
            ami, self._ami = self._ami, None
            ami.close()
            for session in self.sessions:
                session.cut()
            await ami.wait_closed()
        await super().stop()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve a manager user until the connection ends."""
        session = Session(self, reader, writer)
        self.sessions.append(session)
        try:
            await session.serve()
        finally:
            self.sessions.remove(session)

    def catch_up(self) -> None:
        """Do what is due by now, and send its events."""
        super().catch_up()
        self.report_changes()

    def report_changes(self) -> None:
        """Send the events of what has changed."""
        for event in self.board.events():
            for session in self.sessions:
                session.send_event(event)

    def _call_changed(self, call: Call) -> None:
        """Send the events of a call's new state."""
        self.report_changes()

    # --- The REST interface ---

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Return the resources that matter; HEAD is not allowed on them."""
        stored = f"{self.root}/recordings/stored"
        return (
            self._get(f"{self.root}/asterisk/info", self._info),
            self._get(stored, self._stored),
            self._get(f"{stored}/{{name}}", self._one),
            self._get(f"{stored}/{{name}}/file", self._file),
            web.route("*", f"{self.root}/{{resource:.*}}", self._signed_in(self._none)),
        )

    def _get(self, path: str, handler: _Handler) -> web.RouteDef:
        """Return a resource that can be read by its user."""
        return web.get(path, self._signed_in(handler), allow_head=False)

    def _signed_in(self, handler: _Handler) -> _Handler:
        """Check the credentials, unless the interface is off."""

        async def answer(request: web.Request) -> web.StreamResponse:
            if not self.has_ari:
                text = "<html><title>404 Not Found</title></html>"
                return web.Response(status=404, text=text, content_type="text/html")
            if basic_credentials(request) != (self.ari_username, self.ari_password):
                return _message(401, "Authentication required")
            return await handler(request)

        return answer

    async def _info(self, request: web.Request) -> web.Response:
        """Return the version."""
        system = {"version": VERSION, "entity_id": "02:00:00:00:00:01"}
        return web.json_response({"system": system})

    async def _stored(self, request: web.Request) -> web.Response:
        """List all files, unsorted."""
        rows = [
            {"name": name, "format": "wav"}
            for name in (self._name(recording) for recording in self._files())
            if name
        ]
        return web.json_response(rows)

    async def _one(self, request: web.Request) -> web.Response:
        """Show one file's name and format."""
        name = request.match_info["name"]
        if self._find(name) is None:
            return _message(404, "Recording not found")
        return web.json_response({"name": name, "format": "wav"})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Send a file, always as a whole."""
        recording = self._find(request.match_info["name"])
        if recording is None:
            return _message(404, "Recording not found")
        return await self.media(request, self.audio_of(recording))

    async def _none(self, request: web.Request) -> web.Response:
        """Answer that there is no such resource."""
        return _message(404, "Resource not found")

    def _files(self) -> Iterator[Recording]:
        """Return all recordings that have a file, finished or not."""
        archive = self.office.archive
        yield from (archive[position] for position in range(len(archive)))
        yield from self.office.recordings

    def _name(self, recording: Recording) -> str | None:
        """Return a file's name below the folder that ARI shows; None if it is elsewhere."""
        path = self.board.path(recording)
        return path.removeprefix(_ARCHIVE) if path.startswith(_ARCHIVE) else None

    def _find(self, name: str) -> Recording | None:
        """Return the recording with a name."""
        try:
            number = call_number(name)
        except ValueError:
            return None
        of_call = self.office.archive.of_call(number) + [
            row for row in self.office.recordings if row.call.number == number
        ]
        return next((row for row in of_call if self._name(row) == name), None)

    def audio_of(self, recording: Recording) -> Audio:
        """Return a file's audio: silence is written while it is paused."""
        if recording.ended_at is None or recording.fate == "error":
            return Unfinished()
        if recording.call.answered_at is None:
            return MixMonitorWav(0)
        return MixMonitorWav(recording.duration(self.office.now).total_seconds())


def _message(status: int, text: str) -> web.Response:
    """Return an error as ARI words it."""
    return web.json_response({"message": text}, status=status)
