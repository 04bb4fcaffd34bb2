"""The routes of a P-Series PBX, and the checks that come before each."""

from collections.abc import Awaitable, Callable, Iterable
import json
from ssl import SSLContext
from typing import Any

from aiohttp import hdrs, web

from simulator.office import Office

from .calls import Calls
from .display import system_information
from .errors import MESSAGES, YeastarError, not_json, parameter_error
from .events import Events
from .pbx import Pbx
from .recordings import Recordings
from .tokens import token_answer

type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type _Action = Callable[[web.Request], Awaitable[dict[str, Any]]]


class Yeastar(Pbx):
    """Yeastar P-Series below `/openapi/v1.0`."""

    def __init__(
        self, office: Office, host: str, port: int, tls: SSLContext | None
    ) -> None:
        """Start without an open WebSocket."""
        super().__init__(office, host, port, tls)
        self._events = Events(self)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Return the documented interfaces; any other is 10001."""
        calls, recordings = Calls(self), Recordings(self)
        root = self.root
        return (
            web.post(f"{root}/get_token", self._open(self._get_token)),
            web.post(f"{root}/refresh_token", self._open(self._refresh_token)),
            web.get(f"{root}/del_token", self._signed_in(self._del_token)),
            web.get(f"{root}/system/information", self._signed_in(self._information)),
            web.get(f"{root}/recording/list", self._signed_in(recordings.list)),
            web.get(f"{root}/recording/search", self._signed_in(recordings.search)),
            web.get(f"{root}/recording/download", self._signed_in(recordings.download)),
            web.get(f"{root}/call/query", self._signed_in(calls.query)),
            web.post(f"{root}/call/record_start", self._signed_in(calls.record_start)),
            web.post(f"{root}/call/record_pause", self._signed_in(calls.record_pause)),
            web.post(
                f"{root}/call/record_unpause", self._signed_in(calls.record_unpause)
            ),
            web.get(f"{root}/subscribe", self._answered(self._events.subscribe)),
            web.get(
                "/api/download/{resource}", self._answered(self._resource(recordings))
            ),
            web.route("*", f"{root}/{{interface:.*}}", self._open(self._unknown)),
        )

    async def start(self) -> None:
        """Listen, and watch the calls for the events."""
        await super().start()
        self.office.call_listeners.append(self._events.call_changed)

    async def stop(self) -> None:
        """Close the WebSockets and stop listening."""
        if self._events.call_changed in self.office.call_listeners:
            self.office.call_listeners.remove(self._events.call_changed)
        await self._events.close_all()
        await super().stop()

    def catch_up(self) -> None:
        """Do what is due by now, and close the WebSockets that are dead."""
        super().catch_up()
        self._events.close_dead()

    def _answered(self, handler: _Handler) -> _Handler:
        """Check what every request needs, and answer errors with HTTP 200."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                self._check(request)
                return await handler(request)
            except YeastarError as err:
                return _answer(err.code, err.details)

        return answer

    def _open(self, action: _Action) -> _Handler:
        """Answer an interface that needs no token."""

        async def handler(request: web.Request) -> web.StreamResponse:
            return _answer(0, await action(request))

        return self._answered(handler)

    def _signed_in(self, action: _Action) -> _Handler:
        """Answer an interface that needs a valid access token in the query (10004)."""

        async def handler(request: web.Request) -> web.StreamResponse:
            self.tokens.find(request.query.get("access_token"))
            return _answer(0, await action(request))

        return self._answered(handler)

    def _check(self, request: web.Request) -> None:
        """Refuse requests without a User-Agent (40002), of a blocked address, and by `refusals`."""
        if not request.headers.get(hdrs.USER_AGENT):
            raise parameter_error("User-Agent", "")
        if self.blocks_after is not None and self.failures >= self.blocks_after:
            raise YeastarError(70004)
        interface = request.path.removeprefix(f"{self.root}/")
        for start, code in self.refusals.items():
            if interface.startswith(start):
                raise YeastarError(code)

    async def _get_token(self, request: web.Request) -> dict[str, Any]:
        """Answer Get Access Token; 60002 while eight are valid."""
        wanted = await _json(request)
        if (wanted.get("username"), wanted.get("password")) != (
            self.client_id,
            self.client_secret,
        ):
            self.failures += 1
            raise YeastarError(self.bad_credentials_code)
        self.failures = 0
        return token_answer(self.tokens.issue())

    async def _refresh_token(self, request: web.Request) -> dict[str, Any]:
        """Answer Refresh Access Token: a new pair replaces the old one."""
        wanted = await _json(request)
        return token_answer(self.tokens.renew(str(wanted.get("refresh_token"))))

    async def _del_token(self, request: web.Request) -> dict[str, Any]:
        """Answer Revoke Access Token."""
        self.tokens.revoke(self.tokens.find(request.query.get("access_token")))
        return {}

    async def _information(self, request: web.Request) -> dict[str, Any]:
        """Answer Query PBX Information."""
        return system_information(self)

    async def _unknown(self, request: web.Request) -> dict[str, Any]:
        """Answer an unknown interface: 10001."""
        raise YeastarError(10001)

    def _resource(self, recordings: Recordings) -> _Handler:
        """Answer a download, which needs a valid token."""

        async def handler(request: web.Request) -> web.StreamResponse:
            self.tokens.find(request.query.get("access_token"))
            return await recordings.resource(request)

        return handler


def _answer(code: int, details: dict[str, Any]) -> web.Response:
    """Answer with HTTP 200, also an error (Response Result)."""
    return web.json_response(
        {"errcode": code, "errmsg": MESSAGES.get(code, "FAILURE"), **details}
    )


async def _json(request: web.Request) -> dict[str, Any]:
    """Return the body's object; a body that is not JSON is -2."""
    body = await request.text()
    try:
        wanted = json.loads(body)
    except ValueError:
        raise not_json(body) from None
    return wanted if isinstance(wanted, dict) else {}
