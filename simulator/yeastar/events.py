"""Events by WebSocket (Monitor Events via WebSocket): 30011 and 30012."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import json
from typing import Any

from aiohttp import WSMsgType, web

from simulator.calls import Call

from .pbx import Pbx
from .rows import call_row, ended_call_row
from .tokens import Token

CALL_STATE_CHANGED, CALL_ENDED = 30011, 30012
_SILENCE = timedelta(seconds=60)


@dataclass(slots=True, eq=False)
class _Subscriber:
    """One open WebSocket."""

    socket: web.WebSocketResponse
    token: Token
    heard_at: datetime
    topics: set[int] = field(default_factory=set)
    outbox: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    """Messages to send; None closes the socket."""


class Events:
    """The open WebSockets, and the events that are sent to them."""

    def __init__(self, pbx: Pbx) -> None:
        """Start without any."""
        self._pbx = pbx
        self._subscribers: list[_Subscriber] = []

    async def subscribe(self, request: web.Request) -> web.StreamResponse:
        """Serve a WebSocket until the client closes it, its token expires or it falls silent."""
        token = self._pbx.tokens.find(request.query.get("access_token"))
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        subscriber = _Subscriber(socket, token, self._pbx.office.now)
        self._subscribers.append(subscriber)
        writer = asyncio.create_task(self._write(subscriber))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    subscriber.heard_at = self._pbx.office.now
                    subscriber.outbox.put_nowait(_reply(subscriber, message.data))
        finally:
            self._subscribers.remove(subscriber)
            writer.cancel()
        return socket

    def call_changed(self, call: Call) -> None:
        """Send a call's new state to the subscribers, and its end."""
        self._send(CALL_STATE_CHANGED, call_row(call))
        if call.ended_at is not None:
            self._send(CALL_ENDED, ended_call_row(self._pbx, call))

    def close_dead(self) -> None:
        """Close the sockets with an invalid token or without a heartbeat for a minute."""
        now = self._pbx.office.now
        valid = self._pbx.tokens.valid()
        for subscriber in self._subscribers:
            if subscriber.token not in valid or now - subscriber.heard_at > _SILENCE:
                subscriber.outbox.put_nowait(None)

    async def close_all(self) -> None:
        """Close every socket, as when the PBX restarts."""
        for subscriber in list(self._subscribers):
            await subscriber.socket.close()

    def _send(self, topic: int, details: dict[str, Any]) -> None:
        """Queue an event for each subscriber of its topic."""
        message: Any = details if self._pbx.message_as_object else json.dumps(details)
        event = {"type": topic, "sn": self._pbx.serial_number, "msg": message}
        self.close_dead()
        for subscriber in self._subscribers:
            if topic in subscriber.topics:
                subscriber.outbox.put_nowait(json.dumps(event))

    async def _write(self, subscriber: _Subscriber) -> None:
        """Send the queued messages of a subscriber."""
        with suppress(ConnectionError):
            while (text := await subscriber.outbox.get()) is not None:
                await subscriber.socket.send_str(text)
            await subscriber.socket.close()


def _reply(subscriber: _Subscriber, text: str) -> str:
    """Return the reply to a heartbeat or to a list of topics."""
    if text == "heartbeat":
        return "heartbeat response"
    try:
        subscriber.topics = set(json.loads(text)["topic_list"])
    except ValueError, KeyError, TypeError:
        return json.dumps({"errcode": 40001, "errmsg": "PARAMETER SYNTAX ERROR"})
    return json.dumps({"errcode": 0, "errmsg": "SUCCESS"})
