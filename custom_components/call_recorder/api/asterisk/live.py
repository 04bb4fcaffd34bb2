"""Looks at the channels of Asterisk, and at what is being recorded of them.

Source: Asterisk's documentation of the AMI action CoreShowChannels.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from ..errors import AccessError, CannotConnectError, ErrorKey
from ..models import ActiveRecording, LiveState, LocalParty, oldest_first
from ..parsing import MAX_ROWS, check_count
from ..turns import Shared
from .archive import AsteriskArchive
from .channels import Call, Channel, join_calls, parse_channels
from .monitors import Monitor, Monitors, get_variable
from .names import archive_name, recording_id
from .session import Session
from .wire import Message

LONGEST_LOOK: Final = 30.0
"""Seconds, with the looks that are waited for."""

type _Recorded = Mapping[str, tuple[Monitor, ...] | None]
"""The MixMonitors of each channel; `None` where they cannot be known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An active recording, and what commands need to name it."""

    recording: ActiveRecording
    call: Call
    channel: Channel
    monitor: Monitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen at one time."""

    calls: Mapping[str, Call]
    running: tuple[Running, ...] | None
    """Oldest first; `None` when it cannot be known of a channel."""

    def of_line(self, number: str) -> Look:
        """Return the same calls, and the recordings of those of an extension."""
        if self.running is None:
            return self
        found = tuple(one for one in self.running if one.call.leg_of(number))
        return Look(calls=self.calls, running=found)

    @property
    def state(self) -> LiveState:
        """Return its fields."""
        connected = [call for call in self.calls.values() if call.is_connected]
        return LiveState(
            recordings=None
            if self.running is None
            else tuple(one.recording for one in self.running),
            active_calls=len(connected),
            busy_numbers=frozenset(name for call in connected for name in call.names),
        )


class LiveView:
    """Remembers what events reported, so that a look asks only about what is new."""

    def __init__(self, archive: AsteriskArchive | None) -> None:
        """Take the archive, which learns from here what is being written."""
        self._archive = archive
        self.monitors = Monitors()
        self.spool: str | None = None
        """The folder of Asterisk in which ARI's is, known after the first look."""
        self.on_change: Callable[[], None] | None = None
        """Called when a look now would show a change."""
        self._first_seen: dict[str, datetime | None] = {}
        """When each active recording started, as far as it is known."""
        self._is_first_look = True
        self._is_telling = False
        self._looks: Shared[Look] = Shared()

    def forget(self) -> None:
        """Know nothing: what happened while nothing was heard is unknown."""
        self.monitors = Monitors()
        self._is_first_look = True

    def take_event(self, event: Message) -> None:
        """Learn from an event. However many come at once, a change is reported once."""
        if self.monitors.take_event(event) and not self._is_telling:
            self._is_telling = True
            asyncio.get_running_loop().call_soon(self._report_change)

    def _report_change(self) -> None:
        """Note that a look now would show a change."""
        self._is_telling = False
        if self.on_change is not None:
            self.on_change()

    async def look(self, session: Session) -> Look:
        """Read the channels and the MixMonitors of each.

        A caller that waits for a look that starts later shares its result. Raises
        `AccessError` when the user may do neither.
        """
        try:
            async with asyncio.timeout(LONGEST_LOOK):
                return await self._looks.ask(lambda: self._look(session))
        except TimeoutError:
            raise CannotConnectError("a look takes too long") from None

    async def _look(self, session: Session) -> Look:
        """Read all, and remember what is running."""
        wire = await session.connect()
        commands = session.commands
        if "CoreShowChannels" not in commands or not commands & {"Command", "Getvar"}:
            raise AccessError(ErrorKey.INSUFFICIENT_PERMISSIONS)
        if self.spool is None and "Getvar" in commands:
            self.spool = await get_variable(wire, "ASTSPOOLDIR")
        heard = self.monitors.heard
        channels = parse_channels(await wire.ask_list("CoreShowChannels"))
        for gone in heard.difference(channel.name for channel in channels):
            self.monitors.forget(gone)
        recorded = await self.monitors.look(wire, commands, channels)
        calls = join_calls(channels)
        running = {one.recording.id: one for one in self._running(calls, recorded)}
        for ended in self._first_seen.keys() - running.keys():
            del self._first_seen[ended]
        self._is_first_look = False
        self._inform_archive(recorded)
        if None in recorded.values():
            return Look(calls=calls, running=None)
        in_order = sorted(running.values(), key=lambda one: oldest_first(one.recording))
        return Look(calls=calls, running=tuple(in_order))

    def name_of(self, path: str) -> str:
        """Return how the archive calls a file."""
        return archive_name(path, self.spool)

    def _inform_archive(self, recorded: _Recorded) -> None:
        """Pass to the archive what is being written, and whether something was missed."""
        if self._archive is None:
            return
        # Also what does not count yet, because the call only rings.
        found = (one for monitors in recorded.values() for one in monitors or ())
        names = [self.name_of(monitor.path) for monitor in found]
        self._archive.note_active({recording_id(name): name for name in names})
        if self.monitors.has_missed_one:
            self.monitors.has_missed_one = False
            self._archive.note_gap()

    def _running(
        self, calls: Mapping[str, Call], recorded: _Recorded
    ) -> Iterator[Running]:
        """Go through the recordings of calls that are, or were, connected."""
        found = (
            (call, channel, monitor)
            for call in calls.values()
            for channel in call.channels
            for monitor in recorded.get(channel.name) or ()
        )
        check_count(bounded := list(islice(found, MAX_ROWS + 1)))
        for call, channel, monitor in bounded:
            active_id = recording_id(self.name_of(monitor.path))
            if active_id in self._first_seen or call.counts(channel):
                yield Running(
                    recording=self._describe(active_id, call, channel),
                    call=call,
                    channel=channel,
                    monitor=monitor,
                )

    def _describe(
        self, active_id: str, call: Call, channel: Channel
    ) -> ActiveRecording:
        """Describe an active recording."""
        if active_id not in self._first_seen:
            # What ran before we connected started some time after its channel.
            self._first_seen[active_id] = (
                channel.began_at if self._is_first_look else datetime.now(UTC)
            )
        local, remote = call.parties
        others = call.extensions[1:]
        return ActiveRecording(
            id=active_id,
            started_at=self._first_seen[active_id],
            is_paused=self.monitors.is_paused(channel.name),
            direction=call.direction,
            local_party=local,
            further_local_parties=tuple(LocalParty(number=other) for other in others),
            remote_party=remote,
            call_id=call.id,
        )
