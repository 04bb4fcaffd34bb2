"""Signs in at a manager interface, and stays connected.

Sources: Asterisk's documentation of the AMI actions Challenge, Login, ListCommands,
Filter, CoreSettings and Ping.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
import hashlib
import logging
import ssl
from typing import Any, Final

from ..errors import (
    AccessError,
    CannotConnectError,
    ErrorKey,
    InvalidAuthError,
    RecorderError,
    RefusedError,
    UnexpectedResponseError,
)
from ..models import RecorderInfo
from ..parsing import as_text
from ..transport import require_name
from . import DEFAULT_PORT
from .wire import Fields, Message, Wire

_LOGGER = logging.getLogger(__name__)

MODEL: Final = "Asterisk"

_EVENTS: Final = ("MixMonitor", "Hangup", "Newstate", "BridgeEnter")
"""Beginnings of the events that are followed: a call causes dozens of others."""
_PING_INTERVAL: Final = 30.0
"""Seconds after which a silent connection is tried."""
_FIRST_PAUSE: Final = 0.5
_SHORT_PAUSE: Final = 5.0
_LONG_PAUSE: Final = 60.0
_REFUSED_PAUSE: Final = 300.0
_HOPEFUL_TIME: Final = 60.0
"""Seconds in which a restart is awaited, with short pauses between the tries."""
_REFUSALS: Final[Mapping[str, ErrorKey]] = {
    "Permission denied": ErrorKey.NOT_AUTHORIZED,
    "Could not stop monitoring channel": ErrorKey.NOT_ACTIVE_RECORDING,
    "Cannot set mute flag": ErrorKey.NOT_ACTIVE_RECORDING,
}
"""What the refusals of commands mean."""
_NO_HOST: Final = frozenset(" /@?#\\[]")
"""What is in no host, but in what people paste."""


def host_of(settings: Mapping[str, Any]) -> str:
    """Return the host that the settings name; `ValueError` when it is none."""
    host = str(settings["host"]).strip().strip("[]").lower()
    # One colon is in front of a port, which has a field of its own.
    if not host or host.count(":") == 1 or _NO_HOST.intersection(host):
        raise ValueError("not a host")
    require_name(host)
    return host


class Session:
    """One user's connection to one server, made anew when it is lost."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        on_connect: Callable[[], None],
        on_event: Callable[[Message], None],
    ) -> None:
        """Take `host`, `port`, `username`, `password`, `ssl` and `verify_ssl`.

        `on_connect` is called when a connection starts: what was heard on the one
        before may have changed unheard.
        """
        self._host = host_of(settings)
        self._port = int(settings.get("port", DEFAULT_PORT))
        self._username = str(settings["username"]).strip()
        self._password = str(settings["password"])
        self._uses_tls = bool(settings.get("ssl", False))
        self._verifies = bool(settings.get("verify_ssl", True))
        self._on_connect = on_connect
        self._on_event = on_event
        self._tls: ssl.SSLContext | None = None
        self._wire: Wire | None = None
        self._lock = asyncio.Lock()
        self._is_closed = False
        self.commands: frozenset[str] = frozenset()
        """What the user may do, known once connected."""
        self.info = RecorderInfo(model=MODEL)

    async def connect(self) -> Wire:
        """Return the connection; sign in when there is none.

        Raises `InvalidAuthError` for a wrong secret, and for an address that the
        server does not permit: the answer is the same.
        """
        async with self._lock:
            if self._wire is None or self._wire.closed.is_set():
                self._wire = await self._sign_in()
            return self._wire

    async def command(
        self,
        action: str,
        fields: Fields,
        *,
        no_channel: ErrorKey = ErrorKey.NOT_ACTIVE_RECORDING,
    ) -> None:
        """Give a command, once; raise `RefusedError` with what a refusal means.

        `no_channel` is what it means that the channel is gone.
        """
        wire = await self.connect()
        try:
            answer = await wire.ask(action, fields)
        except RecorderError as err:
            if isinstance(err, CannotConnectError) and not err.may_have_arrived:
                raise
            raise RefusedError(ErrorKey.OUTCOME_UNKNOWN) from None
        if answer.is_success:
            return
        text = answer.get("Message")
        if text == "No such channel":
            raise RefusedError(no_channel)
        if (key := _REFUSALS.get(text)) is not None:
            raise RefusedError(key)
        raise RefusedError.unknown("", as_text(text))

    async def close(self) -> None:
        """End the connection for good."""
        self._is_closed = True
        self.drop()

    def drop(self) -> None:
        """End the connection; the next question makes another one."""
        if self._wire is not None:
            self._wire.close()

    async def _sign_in(self) -> Wire:
        """Connect, sign in without sending the secret, and ask what is allowed."""
        if self._is_closed:
            raise CannotConnectError("closed")
        wire = await Wire.open(
            self._host, self._port, tls=await self._context(), on_event=self._on_event
        )
        try:
            await self._log_in(wire)
            self._on_connect()
            listed = await wire.ask("ListCommands")
            self.commands = frozenset(name for name, _ in listed.fields)
            if "Filter" in self.commands:
                for event in _EVENTS:
                    # A pattern over the whole event, without an anchor.
                    await wire.ask(
                        "Filter",
                        (("Operation", "Add"), ("Filter", f"Event: {event}")),
                    )
            await self._learn(wire)
        except BaseException:
            wire.close()
            raise
        return wire

    async def _log_in(self, wire: Wire) -> None:
        """Prove that the secret is known ("Challenge", "Login")."""
        challenge = await wire.ask("Challenge", (("AuthType", "MD5"),))
        if not (text := challenge.get("Challenge")):
            raise UnexpectedResponseError("no challenge")
        key = hashlib.md5(f"{text}{self._password}".encode(), usedforsecurity=False)
        answer = await wire.ask(
            "Login",
            (
                ("AuthType", "MD5"),
                ("Username", self._username),
                ("Key", key.hexdigest()),
            ),
        )
        if not answer.is_success:
            raise InvalidAuthError

    async def _learn(self, wire: Wire) -> None:
        """Ask for the version, where that is allowed ("CoreSettings")."""
        settings = await wire.ask("CoreSettings")
        if version := as_text(settings.get("AsteriskVersion")):
            self.info = RecorderInfo(model=MODEL, sw_version=version)

    async def _context(self) -> ssl.SSLContext | None:
        """Make what TLS needs, once; it reads files."""
        if self._uses_tls and self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context)
            if not self._verifies:
                self._tls.check_hostname = False
                self._tls.verify_mode = ssl.CERT_NONE
        return self._tls

    async def follow(
        self, on_change: Callable[[], None], set_connected: Callable[[bool], None]
    ) -> None:
        """Stay connected until closed or cancelled; raise nothing.

        Calls `on_change` when the connection is lost, and when it is there again.
        """
        loop = asyncio.get_running_loop()
        was_lost, waits = False, pauses()
        while not self._is_closed:
            try:
                wire = await self.connect()
            except InvalidAuthError:
                # The poll reports it to the user. More tries could get us blocked.
                on_change()
                await asyncio.sleep(_REFUSED_PAUSE)
                continue
            except RecorderError as err:
                _LOGGER.debug("Asterisk is not connected: %s", err)
            else:
                if was_lost:
                    on_change()
                connected_at = loop.time()
                set_connected(True)
                try:
                    await self._keep_alive(wire)
                finally:
                    set_connected(False)
                if self._is_closed:
                    return
                on_change()
                if loop.time() - connected_at > _HOPEFUL_TIME:
                    waits = pauses()
            was_lost = True
            await asyncio.sleep(next(waits))

    async def _keep_alive(self, wire: Wire) -> None:
        """Return when the connection has ended; try it while it is silent."""
        while not wire.closed.is_set():
            try:
                async with asyncio.timeout(_PING_INTERVAL):
                    await wire.closed.wait()
            except TimeoutError:
                try:
                    await wire.ask("Ping")
                except RecorderError as err:
                    _LOGGER.debug("Asterisk does not answer: %s", err)


def pauses() -> Iterator[float]:
    """Yield the seconds to wait before each try: short ones first, for a restart."""
    pause, waited = _FIRST_PAUSE, 0.0
    while True:
        yield pause
        waited += pause
        longest = _SHORT_PAUSE if waited < _HOPEFUL_TIME else _LONG_PAUSE
        pause = min(pause * 2, longest)


def require(answer: Message) -> Message:
    """Return an answer that is a success; raise what an error means for a question."""
    if answer.is_success:
        return answer
    if answer.get("Message") == "Permission denied":
        raise AccessError(ErrorKey.INSUFFICIENT_PERMISSIONS)
    if answer.get("Message") == "Command output follows":
        # Asterisk is still starting.
        raise CannotConnectError("not booted")
    raise UnexpectedResponseError("an error")
