"""The events that a Yeastar PBX sends over a websocket.

Source: "Monitor Events via WebSocket" of the P-Series developer guide.
"""

import asyncio
from collections.abc import Callable
import json
import logging
import time
from typing import Any, Final

from aiohttp import ClientWebSocketResponse, WSMsgType

from ..errors import CannotConnectError, RecorderError
from ..parsing import as_int, as_object
from .session import YeastarSession
from .wire import BASE, Errcode

_LOGGER = logging.getLogger(__name__)

_TOPICS: Final = (30011, 30012)
"""Call Status Changed, and New CDR: a call has ended, perhaps with a recording."""
_HEARTBEAT_INTERVAL: Final = 30.0
"""Seconds; after 60 without a word the PBX closes the connection."""
_ANSWER_TIME: Final = 10.0
"""Seconds in which the PBX has to answer a heartbeat or a subscription."""
_MOST_MESSAGES: Final = 1_000
"""In a second; a call causes about ten in all."""
_MOST_CHARACTERS: Final = 1024 * 1024
"""In a second."""
_FIRST_PAUSE: Final = 5.0
_LONGEST_PAUSE: Final = 300.0
_STABLE_TIME: Final = 60.0
"""Seconds after which a connection that breaks was a good one."""


class _Messages:
    """The messages of a websocket, no more in a second than a PBX can have to send."""

    def __init__(self, websocket: ClientWebSocketResponse) -> None:
        """Take an open websocket."""
        self._websocket = websocket
        self._second_began = 0.0
        self._count = 0
        self._size = 0

    async def send(self, text: str) -> None:
        """Send a message."""
        await self._websocket.send_str(text)

    async def receive(self) -> str:
        """Return the next message; raise when the connection is closed, or flooded.

        What has arrived already comes at once: a flood would leave nothing else a turn.
        """
        message = await self._websocket.receive()
        if message.type is WSMsgType.TEXT:
            text = str(message.data)
        elif message.type is WSMsgType.BINARY:
            text = bytes(message.data).decode(errors="replace")
        else:
            raise CannotConnectError(message.type.name)
        self._count_in(len(text))
        return text

    def _count_in(self, size: int) -> None:
        """Raise `CannotConnectError` for more than a PBX can have to send."""
        if _now() > self._second_began + 1:
            self._second_began, self._count, self._size = _now(), 0, 0
        self._count += 1
        self._size += size
        if self._count > _MOST_MESSAGES or self._size > _MOST_CHARACTERS:
            raise CannotConnectError("too many messages")


class Push:
    """Listens to the PBX, one connection at a time."""

    def __init__(
        self, session: YeastarSession, set_connected: Callable[[bool], None]
    ) -> None:
        """Take what is called with whether there is a subscription now."""
        self._session = session
        self._set_connected = set_connected
        self._pause = _FIRST_PAUSE

    async def watch(self, on_change: Callable[[], None]) -> float:
        """Listen until the token or the connection ends; never raise.

        Returns the seconds to wait before the next time. The message of an event is
        not read: it has a part of what a poll reads as a whole.
        """
        subscribed_at: float | None = None
        try:
            # Polls sign in: there, a user is shown that the credentials are wrong.
            pair = await self._session.tokens.get(sign_in=False)
            async with self._session.wire.transport.websocket(
                f"{BASE}/subscribe", query={"access_token": pair.access}
            ) as websocket:
                messages = _Messages(websocket)
                await self._subscribe(messages)
                subscribed_at = _now()
                self._set_connected(True)
                # Calls may have changed before the subscription.
                on_change()
                await self._follow(messages, pair.access_until, on_change)
        except RecorderError as err:
            _LOGGER.debug("Nothing is pushed: %s", err)
        except Exception as err:  # noqa: BLE001 - polls do without, so nothing may stop it
            _LOGGER.debug("Nothing is pushed: %s", type(err).__name__)
        finally:
            self._set_connected(False)
        if subscribed_at is not None and not self._session.tokens.is_closed:
            # Polls take over, at once.
            on_change()
        if subscribed_at is not None and _now() - subscribed_at >= _STABLE_TIME:
            # Its token has ended, or has been renewed: another connection is due now.
            self._pause = _FIRST_PAUSE
            return 0.0
        pause, self._pause = self._pause, min(self._pause * 2, _LONGEST_PAUSE)
        return pause

    async def _subscribe(self, messages: _Messages) -> None:
        """Ask for the events, and wait for the consent."""
        await messages.send(json.dumps({"topic_list": list(_TOPICS)}))
        async with asyncio.timeout(_ANSWER_TIME):
            errcode = None
            while errcode is None:
                message = _parse(await messages.receive())
                errcode = as_int(message.get("errcode"))
        if errcode != Errcode.SUCCESS:
            raise CannotConnectError(f"errcode {errcode}")

    async def _follow(
        self,
        messages: _Messages,
        until: float,
        on_change: Callable[[], None],
    ) -> None:
        """Pass events on until the token ends (time.time()).

        Raises when the connection breaks or a heartbeat is not answered.
        """
        beat_at = _now() + _HEARTBEAT_INTERVAL
        is_answered = True
        while time.time() < until:
            try:
                async with asyncio.timeout(max(beat_at - _now(), 0)):
                    text = await messages.receive()
            except TimeoutError:
                if not is_answered:
                    raise CannotConnectError("no heartbeat") from None
                await messages.send("heartbeat")
                is_answered = False
                beat_at = _now() + _ANSWER_TIME
                continue
            if text.strip().lower().startswith("heartbeat"):
                is_answered = True
                beat_at = _now() + _HEARTBEAT_INTERVAL
            elif as_int(_parse(text).get("type")) in _TOPICS:
                on_change()


def _now() -> float:
    """Return the event loop's monotonic time in seconds."""
    return asyncio.get_running_loop().time()


def _parse(text: str) -> dict[str, Any]:
    """Read a message as JSON; an empty object stands for anything else."""
    try:
        return as_object(json.loads(text))
    except ValueError, RecursionError:
        return {}
