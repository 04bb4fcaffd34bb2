"""Asterisk: what is recorded and commands by AMI, the archive by ARI where it is given.

Sources: Asterisk's documentation of the AMI actions CoreShowChannels, MixMonitor,
StopMixMonitor, MixMonitorMute, Getvar and Setvar; the modules beside this one name
theirs.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar, Final, override

from aiohttp import ClientSession

from ..audio import AudioDownload
from ..client import Capability, RecorderClient, Storage
from ..errors import (
    AccessError,
    CannotConnectError,
    ErrorKey,
    RecorderError,
    RefusedError,
)
from ..models import (
    ActiveRecording,
    ActiveRecordingFilter,
    LineAddress,
    LiveState,
    LocalParty,
    Recording,
    RecordingMode,
    RecordingPage,
    RecordingQuery,
    oldest_first,
)
from ..transport import parse_address
from .archive import AsteriskArchive
from .ari import API_PATH
from .channels import Call, Channel, join_calls, parse_channels
from .monitors import Monitor, Monitors, get_variable
from .names import archive_name, make_path, recording_id
from .session import DEFAULT_PORT, Session, host_of
from .wire import Fields, Message, Wire

_ENDING: Final = "wav"
_LOOKS: Final = 5
_LOOK_INTERVAL: Final = 0.05
"""Seconds between two looks whether a recording has begun."""
_OWN_VARIABLE: Final = "CALL_RECORDER_ID"
_REFUSALS: Final[Mapping[str, ErrorKey]] = {
    "Permission denied": ErrorKey.NOT_AUTHORIZED,
    "Could not stop monitoring channel": ErrorKey.NOT_ACTIVE_RECORDING,
    "Cannot set mute flag": ErrorKey.NOT_ACTIVE_RECORDING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """An active recording, and what commands need to name it."""

    recording: ActiveRecording
    call: Call
    channel: Channel
    monitor: Monitor


@dataclass(frozen=True, slots=True, kw_only=True)
class _Live:
    """One look at the PBX."""

    calls: Mapping[str, Call]
    running: tuple[_Running, ...] | None
    """Oldest first; `None` when it cannot be told of a channel."""


class AsteriskClient(RecorderClient):
    """One Asterisk, asked as one of its manager users."""

    manufacturer: ClassVar = "Asterisk"
    capabilities = frozenset({Capability.ACTIVE_CALLS, Capability.PAUSED})
    api_path: ClassVar = API_PATH
    line_fields: ClassVar = frozenset({"directory_number", "call_id"})

    @override
    def __init__(
        self,
        session: ClientSession,
        settings: Mapping[str, Any],
        *,
        time_zone: tzinfo,
        storage: Storage | None = None,
    ) -> None:
        """Take `host`, `port`, `username`, `password`, `ssl` and `verify_ssl`.

        For the archive, `ari_url`, `ari_username` and `ari_password` too; `session`
        is for these only.
        """
        self._session = Session(
            settings, on_connect=self._forget, on_event=self._take_event
        )
        self._time_zone = time_zone
        self._archive = AsteriskArchive.of(session, settings)
        self._monitors = Monitors()
        self._first_seen: dict[str, datetime | None] = {}
        """When each active recording began, as far as it is known."""
        self._is_first_look = True
        self._spool: str | None = None
        self._lock = asyncio.Lock()
        self._on_change: Callable[[], None] | None = None
        self.info = self._session.info

    @classmethod
    @override
    def normalize(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the form's fields with the addresses cleaned."""
        cleaned = {**settings, "host": host_of(settings)}
        if url := str(settings.get("ari_url") or "").strip():
            return {**cleaned, "ari_url": str(parse_address(url, cls.api_path))}
        return {
            key: value for key, value in cleaned.items() if not key.startswith("ari_")
        }

    @classmethod
    @override
    def is_encrypted(cls, settings: Mapping[str, Any]) -> bool:
        """Return whether no secret travels in clear: AMI's is never sent."""
        return not str(settings.get("ari_url", "")).startswith("http:")

    @staticmethod
    @override
    def unique_id(settings: Mapping[str, Any]) -> str:
        """Combine the address and the manager user."""
        port = int(settings.get("port", DEFAULT_PORT))
        return f"{host_of(settings)}:{port}|{str(settings['username']).strip()}"

    @override
    async def sign_in(self) -> None:
        """Read once by AMI, and once by ARI where that is given."""
        await self.get_live_state()
        if self._archive is not None:
            await self._archive.check()

    @override
    async def close(self) -> None:
        """End the connection."""
        await self._session.close()

    def _allowed(self) -> frozenset[Capability]:
        """Return what the user's rights, once they are known, and ARI allow."""
        allowed = set(type(self).capabilities)
        if self._archive is not None:
            allowed.add(Capability.ARCHIVE)
        if "MixMonitor" in self._session.commands:
            allowed |= {Capability.START, Capability.STOP}
        return frozenset(allowed)

    # --- Push ---

    @override
    async def listen(self, on_change: Callable[[], None]) -> None:
        """Stay connected, and say when recordings or calls have changed."""
        self._on_change = on_change
        try:
            await self._session.follow(on_change, self._set_connected)
        finally:
            self._on_change = None
            await self._session.close()

    def _set_connected(self, is_connected: bool) -> None:
        """Let polls be rare, or not."""
        self.push_connected = is_connected
        if not is_connected and self._archive is not None:
            self._archive.note_gap()

    def _take_event(self, event: Message) -> None:
        """Learn from an event."""
        if self._monitors.take_event(event) and self._on_change is not None:
            self._on_change()

    def _forget(self) -> None:
        """Know nothing: what happened while nothing was heard is unknown."""
        self._monitors = Monitors()
        self._is_first_look = True

    # --- Active recordings ---

    @override
    async def get_live_state(self) -> LiveState:
        """Read all channels, and what is being recorded of them."""
        return self._state_of(await self._look())

    @override
    async def get_active_recordings(
        self, recording_filter: ActiveRecordingFilter
    ) -> LiveState:
        """Read the active recordings of an extension; Asterisk tells no other names."""
        self.raise_for_fields(recording_filter)
        live = await self._look()
        number = recording_filter.directory_number
        if number is None or live.running is None:
            return self._state_of(live)
        found = tuple(one for one in live.running if one.call.leg_of(number))
        return self._state_of(_Live(calls=live.calls, running=found))

    def _state_of(self, live: _Live) -> LiveState:
        """Return a look as what is told of it."""
        connected = [call for call in live.calls.values() if call.is_connected]
        return LiveState(
            recordings=None
            if live.running is None
            else tuple(one.recording for one in live.running),
            active_calls=len(connected),
            busy_numbers=frozenset(name for call in connected for name in call.names),
        )

    async def _look(self) -> _Live:
        """Read the channels ("CoreShowChannels") and the MixMonitors of each.

        Raises `AccessError` when the user may do neither.
        """
        async with self._lock:
            wire = await self._session.connect()
            commands = self._session.commands
            self.info = self._session.info
            self.capabilities = self._allowed()
            if "CoreShowChannels" not in commands or not (
                commands & {"Command", "Getvar"}
            ):
                raise AccessError(ErrorKey.INSUFFICIENT_PERMISSIONS)
            if self._spool is None and "Getvar" in commands:
                self._spool = await get_variable(wire, "ASTSPOOLDIR")
            channels = parse_channels(await wire.ask_list("CoreShowChannels"))
            recorded = await self._monitors.look(wire, commands, channels)
            calls = join_calls(channels)
            running = sorted(
                self._running(calls, recorded),
                key=lambda one: oldest_first(one.recording),
            )
            ids = {one.recording.id for one in running}
            for gone in self._first_seen.keys() - ids:
                del self._first_seen[gone]
            self._is_first_look = False
            self._tell_archive(recorded)
        is_known = None not in recorded.values()
        return _Live(calls=calls, running=tuple(running) if is_known else None)

    def _tell_archive(self, recorded: Mapping[str, tuple[Monitor, ...] | None]) -> None:
        """Tell the archive what is being written, and whether something was missed."""
        if self._archive is None:
            return
        # Also what does not count yet, because the call only rings.
        found = (one for monitors in recorded.values() for one in monitors or ())
        names = [self._name(monitor) for monitor in found]
        self._archive.note_active({recording_id(name): name for name in names})
        if self._monitors.has_missed_one:
            self._monitors.has_missed_one = False
            self._archive.note_gap()

    def _running(
        self,
        calls: Mapping[str, Call],
        recorded: Mapping[str, tuple[Monitor, ...] | None],
    ) -> Iterator[_Running]:
        """Go through the recordings of calls that are, or were, connected."""
        for call in calls.values():
            for channel in call.channels:
                for monitor in recorded.get(channel.name) or ():
                    name = recording_id(self._name(monitor))
                    if name in self._first_seen or channel.is_connected:
                        yield self._make(name, call, channel, monitor)

    def _make(
        self, name: str, call: Call, channel: Channel, monitor: Monitor
    ) -> _Running:
        """Describe an active recording."""
        if name not in self._first_seen:
            # What ran already when we came began some time after its channel.
            self._first_seen[name] = (
                channel.began_at if self._is_first_look else datetime.now(UTC)
            )
        local, remote = call.parties
        others = call.extensions[1:]
        recording = ActiveRecording(
            id=name,
            started_at=self._first_seen[name],
            is_paused=self._monitors.is_paused(channel.name),
            direction=call.direction,
            local_party=local,
            further_local_parties=tuple(LocalParty(number=other) for other in others),
            remote_party=remote,
            call_id=call.id,
        )
        return _Running(
            recording=recording, call=call, channel=channel, monitor=monitor
        )

    def _name(self, monitor: Monitor) -> str:
        """Return how the archive calls what a MixMonitor writes."""
        return archive_name(monitor.path, self._spool)

    # --- Commands ---

    @override
    async def start_recording(
        self, line: LineAddress, mode: RecordingMode | None
    ) -> str | None:
        """Record a connected call ("MixMonitor"); return the recording's id.

        That Asterisk reports success proves nothing: what is being recorded is looked
        at before and after.
        """
        if mode is not None:
            raise RefusedError(ErrorKey.INVALID_MODE)
        self.raise_for_fields(line)
        if line.is_empty:
            raise RefusedError(ErrorKey.LINE_NOT_SPECIFIED)
        live = await self._look()
        call = _find_call(live.calls.values(), line)
        if any(one.call.id == call.id for one in live.running or ()):
            raise RefusedError(ErrorKey.ALREADY_RECORDING)
        channel = call.originator
        if channel is None or not channel.is_connected:
            channel = next(leg for leg in call.channels if leg.is_connected)
        wire = await self._session.connect()
        path = await self._new_path(wire, call, channel, line)
        await self._start(wire, channel, path)
        return recording_id(archive_name(path, self._spool))

    async def _new_path(
        self, wire: Wire, call: Call, channel: Channel, line: LineAddress
    ) -> str:
        """Choose a file of its own, where FreePBX and ARI find it."""
        folder = await get_variable(wire, "MIXMON_DIR")
        if folder is None:
            if self._spool is None:
                raise RefusedError(ErrorKey.NOT_AUTHORIZED)
            # FreePBX without that setting knows only its own folder, ARI the other.
            is_freepbx = await get_variable(wire, "MIXMON_FORMAT")
            folder = f"{self._spool}/{'' if is_freepbx else 'recording/'}monitor"
        local, remote = call.parties
        return make_path(
            folder,
            local=line.directory_number or local.number,
            remote=remote.phone_number,
            unique_id=channel.unique_id,
            now=datetime.now(UTC),
            time_zone=self._time_zone,
        )

    async def _start(self, wire: Wire, channel: Channel, path: str) -> None:
        """Start a MixMonitor, and look whether it writes."""
        try:
            await self._command(
                wire,
                "MixMonitor",
                (
                    ("Channel", channel.name),
                    ("File", f"{path}.{_ENDING}"),
                    ("Options", f"ai({_OWN_VARIABLE})"),
                ),
                no_channel=ErrorKey.NO_CONNECTED_CALL,
            )
        except RefusedError as err:
            if err.key is not ErrorKey.OUTCOME_UNKNOWN or not await self._runs(path):
                raise
            return
        if not await self._writes(wire, channel, path):
            raise RefusedError(ErrorKey.RECORDER_ERROR)
        if "Setvar" in self._session.commands:
            name = f"{path.rpartition('/')[2]}.{_ENDING}"
            await wire.ask(
                "Setvar",
                (
                    ("Channel", channel.name),
                    ("Variable", "CDR(recordingfile)"),
                    ("Value", name),
                ),
            )

    async def _writes(self, wire: Wire, channel: Channel, path: str) -> bool:
        """Look whether a MixMonitor has opened its file, which takes it a moment."""
        for _ in range(_LOOKS):
            monitors = await self._monitors.ask(
                wire, self._session.commands, channel.name
            )
            if any(monitor.path == path for monitor in monitors or ()):
                return True
            await asyncio.sleep(_LOOK_INTERVAL)
        return False

    async def _runs(self, path: str) -> bool:
        """Look, by another connection, whether a file is being written."""
        try:
            live = await self._look()
        except RecorderError:
            return False
        return any(one.monitor.path == path for one in live.running or ())

    @override
    async def stop_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """Stop a recording, whoever started it ("StopMixMonitor")."""
        one = await self._find(recording_id, line)
        # Without its id, the newest of the channel is stopped.
        which = (("MixMonitorID", one.monitor.id),) if one.monitor.id else ()
        await self._command(
            await self._session.connect(),
            "StopMixMonitor",
            (("Channel", one.channel.name), *which),
        )
        return one.recording.id

    @override
    async def pause_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """Let a recording fall silent ("MixMonitorMute")."""
        return await self._mute("1", recording_id, line)

    @override
    async def resume_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """End the silence of a recording ("MixMonitorMute")."""
        return await self._mute("0", recording_id, line)

    async def _mute(
        self, state: str, recording_id: str | None, line: LineAddress
    ) -> str:
        """Mute all recordings of the channel, or end that."""
        one = await self._find(recording_id, line)
        await self._command(
            await self._session.connect(),
            "MixMonitorMute",
            (("Channel", one.channel.name), ("Direction", "both"), ("State", state)),
        )
        return one.recording.id

    async def _find(self, recording_id: str | None, line: LineAddress) -> _Running:
        """Find the active recording that a command means."""
        self.raise_for_fields(line)
        if recording_id is None and line.is_empty:
            raise RefusedError(ErrorKey.LINE_NOT_SPECIFIED)
        live = await self._look()
        for one in live.running or ():
            if recording_id is not None:
                if one.recording.id == recording_id:
                    return one
            elif _is_meant(one.call, line):
                return one
        raise RefusedError(ErrorKey.NOT_ACTIVE_RECORDING)

    async def _command(
        self,
        wire: Wire,
        action: str,
        fields: Fields,
        *,
        no_channel: ErrorKey = ErrorKey.NOT_ACTIVE_RECORDING,
    ) -> Message:
        """Give a command, once; raise what a refusal means."""
        try:
            answer = await wire.ask(action, fields)
        except CannotConnectError as err:
            if err.may_have_arrived:
                raise RefusedError(ErrorKey.OUTCOME_UNKNOWN) from None
            raise
        if answer.is_success:
            return answer
        text = answer.get("Message")
        if text == "No such channel":
            raise RefusedError(no_channel)
        if (key := _REFUSALS.get(text)) is not None:
            raise RefusedError(key)
        raise RefusedError.unknown("", text)

    # --- Archive ---

    def _require_archive(self) -> AsteriskArchive:
        """Return the archive, or refuse: no ARI was given."""
        if self._archive is None:
            raise RefusedError(ErrorKey.NOT_SUPPORTED)
        return self._archive

    @override
    async def get_recording(self, recording_id: str) -> Recording:
        """Read what a file's name and size tell."""
        return await self._require_archive().get_recording(recording_id)

    @override
    async def get_recordings(self, query: RecordingQuery) -> RecordingPage:
        """Read a page of the archive."""
        archive = self._require_archive()
        self.raise_for_fields(query)
        return await archive.get_recordings(query)

    @override
    async def get_oldest_start(self) -> datetime | None:
        """Return when the oldest recording began whose name tells it."""
        return await self._require_archive().get_oldest_start()

    @override
    def download(self, recording_id: str) -> AbstractAsyncContextManager[AudioDownload]:
        """Open the audio of a recording."""
        return self._require_archive().download(recording_id)


def _find_call(calls: Iterable[Call], line: LineAddress) -> Call:
    """Return the connected call that a line address means."""
    for call in calls:
        if call.is_connected and _is_meant(call, line):
            return call
    raise RefusedError(ErrorKey.NO_CONNECTED_CALL)


def _is_meant(call: Call, line: LineAddress) -> bool:
    """Return whether a line address means a call; all given parts must match."""
    if line.call_id not in (None, call.id):
        return False
    number = line.directory_number
    return number is None or call.leg_of(number) is not None
