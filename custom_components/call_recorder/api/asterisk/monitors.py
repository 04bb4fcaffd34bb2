"""Which channels are being recorded (MixMonitor): asked once, then followed by events.

Sources: Asterisk's documentation of the CLI command "mixmonitor list", the function
MIXMONITOR and the AMI events MixMonitorStart, MixMonitorStop and MixMonitorMute. The
variable MIXMONITOR_FILENAME stays after a stop, and REC_STATUS is inherited: neither
shows what is being recorded now.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import batched, islice
from typing import Final

from ..errors import AccessError, ErrorKey
from ..parsing import MAX_ROWS, as_text
from .channels import Channel
from .session import require
from .wire import Message, Wire

_QUESTIONS_AT_ONCE: Final = 50
_MOST_MONITORS: Final = 10
"""MixMonitors of one channel that are looked at."""
_ID_VARIABLES: Final = ("MIXMON_ID", "LOCAL_MIXMON_ID", "CALL_RECORDER_ID")
"""Where FreePBX, and this integration, keep the id of a channel's MixMonitor."""
_BOTH: Final = frozenset({"read", "write"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """A MixMonitor that writes a file."""

    id: str
    """Empty where it is not known."""
    path: str
    """Of the file on the PBX, without the ending."""


@dataclass(slots=True)
class _Heard:
    """What events reported of a channel."""

    muted: frozenset[str] | None = None
    """The directions that are silent; `None` if that was never heard."""
    running: int | None = None
    """How many MixMonitors run, by the events alone; `None` without any."""
    is_unsure: bool = False
    """Whether it has to be asked what runs."""


class Monitors:
    """What is known of the channels of one connection."""

    def __init__(self) -> None:
        """Know nothing."""
        self._known: dict[str, tuple[Monitor, ...] | None] = {}
        """Of each channel that was asked about; `None` where that cannot be known."""
        self._heard: dict[str, _Heard] = {}
        self._hears_events = False
        self.has_missed_one = False
        """Whether a recording started on a channel that was gone before it was asked about."""

    # --- Events ---

    def take_event(self, event: Message) -> bool:
        """Learn from an event; return whether a look at the channels is worth while."""
        kind, channel = event.get("Event"), event.get("Channel")
        self._hears_events = True
        if kind == "Newstate":
            return event.get("ChannelStateDesc") == "Up"
        if kind == "BridgeEnter":
            return True
        if kind == "Hangup":
            return self.forget(channel)
        return kind.startswith("MixMonitor") and self._take_monitor(
            kind, channel, event
        )

    def _take_monitor(self, kind: str, channel: str, event: Message) -> bool:
        """Learn from an event about a MixMonitor; return `False` when it is dropped."""
        if channel not in self._heard and len(self._heard) >= MAX_ROWS:
            # More channels than there can be.
            return False
        heard = self._heard.setdefault(channel, _Heard())
        if kind == "MixMonitorMute":
            _take_mute(heard, event)
        elif kind == "MixMonitorStart":
            heard.muted, heard.is_unsure = frozenset(), True
            heard.running = (heard.running or 0) + 1
        else:
            heard.is_unsure = True
            heard.running = max((heard.running or 0) - 1, 0)
        return True

    @property
    def heard(self) -> frozenset[str]:
        """Return the channels of whose recordings something was heard."""
        return frozenset(self._heard)

    def forget(self, channel: str) -> bool:
        """Drop a channel that is gone; return whether it was known."""
        heard = self._heard.pop(channel, None)
        if heard is not None and heard.is_unsure and not self._known.get(channel):
            self.has_missed_one = True
        return self._known.pop(channel, False) is not False or heard is not None

    def is_paused(self, channel: str) -> bool | None:
        """Return whether recordings of a channel are silent; `None` if never heard."""
        heard = self._heard.get(channel)
        return None if heard is None or heard.muted is None else heard.muted >= _BOTH

    # --- Questions ---

    async def look(
        self, wire: Wire, commands: frozenset[str], channels: Iterable[Channel]
    ) -> dict[str, tuple[Monitor, ...] | None]:
        """Return the MixMonitors of each channel, newest first.

        `None` where that cannot be known. Asks only about channels that may have changed
        since they were asked about; without events that is all of them.
        """
        names = {channel.name for channel in channels}
        for gone in self._known.keys() - names:
            del self._known[gone]
        asked = sorted(self._unsure(names) if self._hears_events else names)
        for some in batched(asked, _QUESTIONS_AT_ONCE, strict=False):
            await self._ask_about(wire, commands, some)
        return {name: self._known.get(name) for name in names}

    def _unsure(self, names: set[str]) -> set[str]:
        """Return the channels that may have changed since they were asked about."""
        unsure = {name for name, heard in self._heard.items() if heard.is_unsure}
        known = {name for name, found in self._known.items() if found is not None}
        return names & unsure | names - known

    async def _ask_about(
        self, wire: Wire, commands: frozenset[str], names: tuple[str, ...]
    ) -> None:
        """Ask for the MixMonitors of some channels at once, and keep the answers."""
        for name in self._heard.keys() & names:
            # Unless something is heard meanwhile.
            self._heard[name].is_unsure = False
        try:
            answers = await asyncio.gather(
                *(self.ask(wire, commands, name) for name in names)
            )
        except BaseException:
            for name in names:
                self._known.pop(name, None)
            raise
        self._known.update(zip(names, answers, strict=True))

    async def ask(
        self, wire: Wire, commands: frozenset[str], channel: str
    ) -> tuple[Monitor, ...] | None:
        """Ask for the MixMonitors of one channel, newest first."""
        if "Command" in commands:
            command = (("Command", f'mixmonitor list "{channel}"'),)
            return parse_list(require(await wire.ask("Command", command)))
        return await self._ask_variables(wire, channel)

    async def _ask_variables(
        self, wire: Wire, channel: str
    ) -> tuple[Monitor, ...] | None:
        """Ask without the right to run CLI commands.

        Where the dialplan keeps no ids, what was heard has to do.
        """
        last_path = await get_variable(wire, "MIXMONITOR_FILENAME", channel)
        if last_path is None:
            return ()
        ids = [await get_variable(wire, name, channel) for name in _ID_VARIABLES]
        monitors = await _read_monitors(wire, channel, filter(None, ids))
        heard = self._heard.get(channel)
        running = heard.running if heard else None
        if any(ids):
            # More that run than have an id: what they write is not known.
            return monitors if len(monitors) >= (running or 0) else None
        if running is None:
            return None
        return (Monitor(id="", path=last_path.rpartition(".")[0]),) if running else ()


async def _read_monitors(
    wire: Wire, channel: str, ids: Iterable[str]
) -> tuple[Monitor, ...]:
    """Ask what each MixMonitor of a channel writes; one that does not run is left out."""
    monitors = []
    for monitor_id in dict.fromkeys(ids):
        file = f"MIXMONITOR({monitor_id},filename)"
        if path := await get_variable(wire, file, channel):
            monitors.append(Monitor(id=monitor_id, path=path.rpartition(".")[0]))
    return tuple(monitors)


def _take_mute(heard: _Heard, event: Message) -> None:
    """Learn that a channel's recordings fall silent, or not any more."""
    direction = event.get("Direction")
    directions = _BOTH if direction == "both" else frozenset({direction}) & _BOTH
    before = heard.muted or frozenset()
    is_muted = event.get("State") == "1"
    heard.muted = before | directions if is_muted else before - directions


def parse_list(answer: Message) -> tuple[Monitor, ...]:
    """Read the answer to "mixmonitor list": id, file, and files of each direction.

    One that cannot write is listed too, without a file.
    """
    rows = (line.split("\t", 2) for line in answer.get_all("Output"))
    monitors = (
        Monitor(id=row[0], path=path)
        for row in rows
        if len(row) > 1 and row[0].startswith("0x") and (path := as_text(row[1]))
    )
    return tuple(islice(monitors, _MOST_MONITORS))


async def get_variable(wire: Wire, name: str, channel: str | None = None) -> str | None:
    """Return a variable ("Getvar"), of a channel or global; `None` when it is unset.

    Raises `AccessError` when the user may not ask.
    """
    about = (("Channel", channel),) if channel else ()
    answer = await wire.ask("Getvar", (*about, ("Variable", name)))
    if answer.get("Message") == "Permission denied":
        raise AccessError(ErrorKey.INSUFFICIENT_PERMISSIONS)
    value = as_text(answer.get("Value"))
    return None if value == "(null)" else value
