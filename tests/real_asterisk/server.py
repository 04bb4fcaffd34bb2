"""Starts the real Asterisk in a temporary folder, and makes things happen on it."""

import asyncio
from collections.abc import Callable
import contextlib
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
import signal
import socket
import subprocess
import time
from typing import Any, Final

from .configuration import (
    ARI_USERNAME,
    SECRET,
    USERNAME,
    WATCHER,
    Ports,
    write_configuration,
)
from .sipp import Phones
from .tones import ANSWERING, CALLER

_PATIENCE: Final = 60.0
"""Seconds in which the server starts, and in which a call gets to where it should be."""
_LOOK_INTERVAL: Final = 0.02
_TRUNK: Final = "127.0.0.9"
_PHONE_PORTS: Final = 250
"""Of each SIPp: an old one looks for no other port where one is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealCall:
    """A call that a SIPp has made."""

    number: str
    channel: str
    """Of the caller."""
    call_id: str
    """What the server calls `Linkedid`."""
    phone: subprocess.Popen[bytes]


class RealAsterisk:
    """One server, with phones around it."""

    tones: Final = (CALLER, ANSWERING)
    """What is heard in a recording, in Hz."""

    def __init__(self, prefix: Path, folder: Path, ports: Ports | None = None) -> None:
        """Write the configuration; `prefix` is where Asterisk was unpacked.

        Without `ports` any that are free are taken.
        """
        self.folder = folder
        self._program = prefix / "usr/sbin/asterisk"
        self._claim: socket.socket | None = None
        if ports is None:
            self._claim = _claim_audio_ports()
            ports = _free_ports(self._claim)
        self.ports = ports
        self._answering_rtp, *callers = range(
            self.ports.rtp + 1_000, self.ports.rtp + 2_000, _PHONE_PORTS
        )
        self._caller_rtp = cycle(callers)
        self._configuration = write_configuration(folder, prefix, self.ports)
        self._phones = Phones(prefix / "usr/bin/sipp", folder, self.ports.sip)
        self._process: subprocess.Popen[bytes] | None = None
        self._calls: list[RealCall] = []
        self._callers = 0

    @property
    def settings(self) -> dict[str, Any]:
        """Return what a user enters who may do everything."""
        return {
            "host": "127.0.0.1",
            "port": self.ports.ami,
            "username": USERNAME,
            "password": SECRET,
            "ssl": False,
            "verify_ssl": True,
            "ari_url": f"http://127.0.0.1:{self.ports.http}",
            "ari_username": ARI_USERNAME,
            "ari_password": SECRET,
        }

    @property
    def watcher_settings(self) -> dict[str, Any]:
        """Return what a user enters who may only watch, and has no archive."""
        settings = {**self.settings, "username": WATCHER}
        return {
            key: value for key, value in settings.items() if not key.startswith("ari_")
        }

    # --- The server ---

    @property
    def is_running(self) -> bool:
        """Return whether the server was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and the phones that answer; return when it answers."""
        with (self.folder / "log" / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [self._program, "-C", self._configuration, "-f"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + _PATIENCE
        while not self._is_booted():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"Asterisk does not start, see {self.folder}/log")
            time.sleep(_LOOK_INTERVAL)
        self._phones.answer(self.ports.answering, self._answering_rtp)

    def _is_booted(self) -> bool:
        """Return whether the server answers, and has loaded all."""
        with contextlib.suppress(OSError):
            # It answers before all modules are loaded.
            command = "Action: Command\r\nCommand: core waitfullybooted"
            return "has fully booted" in asyncio.run(self._ask_manager(command))
        return False

    async def crash(self) -> None:
        """Let the server crash; its calls are gone with it."""
        await asyncio.to_thread(self.kill)

    async def restart(self) -> None:
        """Start the server again."""
        await asyncio.to_thread(self.start)

    def stop(self) -> None:
        """End the server and all phones."""
        self._phones.close()
        self._end(signal.SIGTERM)
        if self._claim is not None:
            self._claim.close()

    def kill(self) -> None:
        """Kill the server, and end all phones."""
        self._end(signal.SIGKILL)
        self._phones.close()
        self._calls.clear()

    def _end(self, number: signal.Signals) -> None:
        """Send the server a signal, and wait for its end."""
        if self._process is not None:
            self._process.send_signal(number)
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    # --- Calls ---

    async def call(
        self,
        called: str,
        *,
        caller: str = "",
        name: str = "",
        digits: str = "",
        until: str = "Up",
    ) -> RealCall:
        """Call from outside, or from an extension; return when it has got so far."""
        self._callers += 1
        number = caller or f"+1555{self._callers:04}"
        phone = self._start_phone(called, number, name, digits, 1)
        channel, call_id = await self._wait_for(
            lambda rows: next(
                (
                    (row["Channel"], row["Linkedid"])
                    for row in rows
                    if row["CallerIDNum"] == number
                    and row["Exten"] == called
                    and row["ChannelStateDesc"] == until
                ),
                None,
            )
        )
        call = RealCall(number=number, channel=channel, call_id=call_id, phone=phone)
        self._calls.append(call)
        return call

    async def call_often(self, called: str, calls: int) -> None:
        """Make many calls at once; return when all are connected."""
        phone = self._start_phone(called, "+15559999", "", "", calls)
        await self._wait_for(
            lambda rows: (
                sum(
                    row["Exten"] == called and row["ChannelStateDesc"] == "Up"
                    for row in rows
                )
                >= calls
                or None
            )
        )
        self._calls.append(
            RealCall(number="+15559999", channel="", call_id="", phone=phone)
        )

    def _start_phone(
        self, called: str, number: str, name: str, digits: str, calls: int
    ) -> subprocess.Popen[bytes]:
        """Let a phone call, through the trunk if it is not one of the extensions."""
        address = _TRUNK if number.startswith("+") else "127.0.0.1"
        return self._phones.call(
            called,
            port=_free_port(socket.SOCK_DGRAM, address),
            rtp=next(self._caller_rtp),
            number=number,
            name=name,
            address=address,
            digits=digits,
            calls=calls,
        )

    async def press(self, call: RealCall) -> None:
        """Do nothing: the caller presses by itself, as soon as it is connected."""

    async def talk(self, call: RealCall, seconds: float) -> None:
        """Let the parties of a call talk."""
        await asyncio.sleep(seconds)

    async def set_folder(self, folder: str | None) -> None:
        """Let recordings that are started go to another folder, or to the usual one."""
        usual = f"{self.folder}/spool/recording/monitor/"
        await self._ask_manager(
            f"Action: Setvar\r\nVariable: MIXMON_DIR\r\nValue: {folder or usual}"
        )

    async def hang_up(self, call: RealCall) -> None:
        """Let the caller hang up; return when the server has no such call any more."""
        self._calls.remove(call)
        await asyncio.to_thread(self._phones.hang_up, call.phone)
        # An old SIPp goes without a word. Calls that were made at once have no name here.
        channel = call.channel or "/.*/"
        await self._ask_manager(f"Action: Hangup\r\nChannel: {channel}")
        await self._wait_for(
            lambda rows: (
                not any(row["Linkedid"] == call.call_id for row in rows) or None
            )
        )

    async def clear(self) -> None:
        """End all calls."""
        for call in tuple(self._calls):
            await self.hang_up(call)
        await self._wait_for(lambda rows: not rows or None)

    async def mute(self, call: RealCall, is_muted: bool) -> None:
        """Let another program pause or resume the recording of a call."""
        await self._ask_manager(
            f"Action: MixMonitorMute\r\nChannel: {call.channel}\r\n"
            f"Direction: both\r\nState: {is_muted:d}"
        )

    async def stop_recording(self, call: RealCall) -> None:
        """Let another program stop the recording of a call."""
        await self._ask_manager(
            f"Action: StopMixMonitor\r\nChannel: {call.channel}\r\n"
        )

    async def transfer(self, call: RealCall, called: str) -> None:
        """Let the other party transfer the caller; return when that has answered."""
        transferrer = await self._wait_for(
            lambda rows: next(
                (
                    row["Channel"]
                    for row in rows
                    if row["Linkedid"] == call.call_id
                    and row["Channel"] != call.channel
                    and row["BridgeId"]
                ),
                None,
            )
        )
        await self._ask_manager(
            f"Action: BlindTransfer\r\nChannel: {transferrer}\r\n"
            f"Context: office\r\nExten: {called}"
        )
        await self._wait_for(
            lambda rows: (
                any(
                    row["Channel"] == call.channel
                    and row["Exten"] == called
                    and row["BridgeId"]
                    for row in rows
                )
                or None
            )
        )

    # --- A look at the server, by a connection of its own ---

    async def _wait_for[Found](
        self, find: Callable[[list[dict[str, str]]], Found | None]
    ) -> Found:
        """Return what is found in the list of channels, as soon as it is there."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                if (found := find(await self._channels())) is not None:
                    return found
                await asyncio.sleep(_LOOK_INTERVAL)

    async def _channels(self) -> list[dict[str, str]]:
        """Return the server's channels."""
        answer = await self._ask_manager("Action: CoreShowChannels")
        blocks = answer.split("\r\n\r\n")
        return [
            dict(line.partition(": ")[::2] for line in block.split("\r\n"))
            for block in blocks
            if block.startswith("Event: CoreShowChannel\r")
        ]

    async def _ask_manager(self, action: str) -> str:
        """Give one command over AMI, and return all that is said until the farewell."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ports.ami)
        try:
            login = f"Action: Login\r\nUsername: {USERNAME}\r\nSecret: {SECRET}\r\nEvents: off"
            for text in (login, action, "Action: Logoff"):
                writer.write(f"{text}\r\n\r\n".encode())
            return (await reader.read(-1)).decode(errors="replace")
        finally:
            writer.close()


def _claim_audio_ports() -> socket.socket:
    """Return a socket at the first of 2,000 ports; no other process has one there."""
    for port in range(10_000, 30_000, 2_000):
        claim = socket.socket()
        try:
            claim.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
        else:
            return claim
    raise RuntimeError("too many servers run at once")


def _free_ports(claim: socket.socket) -> Ports:
    """Return ports that are not in use."""
    return Ports(
        ami=_free_port(socket.SOCK_STREAM),
        http=_free_port(socket.SOCK_STREAM),
        sip=_free_port(socket.SOCK_DGRAM),
        rtp=claim.getsockname()[1],
        answering=_free_port(socket.SOCK_DGRAM),
    )


def _free_port(kind: socket.SocketKind, address: str = "127.0.0.1") -> int:
    """Return a port that is not in use at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port
