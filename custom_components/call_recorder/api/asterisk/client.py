"""Asterisk: what is recorded and commands by AMI, the archive by ARI where it is given.

Sources: Asterisk's documentation of the AMI actions CoreShowChannels, MixMonitor,
StopMixMonitor, MixMonitorMute, Getvar and Setvar; the modules beside this one name
theirs.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar, Final, override

from aiohttp import ClientSession

from ..audio import AudioDownload
from ..client import Capability, RecorderClient, Storage
from ..errors import CannotConnectError, ErrorKey, RecorderError, RefusedError
from ..models import (
    ActiveRecordingFilter,
    LineAddress,
    LiveState,
    Recording,
    RecordingMode,
    RecordingPage,
    RecordingQuery,
)
from ..parsing import as_text
from ..transport import parse_address
from ..turns import in_turn
from . import DEFAULT_PORT
from .archive import AsteriskArchive
from .ari import API_PATH
from .channels import Call, Channel
from .live import LiveView, Look, Running
from .monitors import get_variable
from .names import make_path, recording_id
from .session import Session, host_of
from .wire import Fields, Message, Wire

_ENDING: Final = "wav"
LONGEST_TURN: Final = 30.0
"""Seconds that a start waits for those before it."""
_LOOKS: Final = 5
_LOOK_INTERVAL: Final = 0.05
"""Seconds between two looks whether a recording has started."""
_OWN_VARIABLE: Final = "CALL_RECORDER_ID"
_CAPABILITIES: Final[Mapping[str, Capability]] = {
    "MixMonitor": Capability.START,
    "StopMixMonitor": Capability.STOP,
    "MixMonitorMute": Capability.PAUSE,
}
"""What a user can do who may give the command."""
_REFUSALS: Final[Mapping[str, ErrorKey]] = {
    "Permission denied": ErrorKey.NOT_AUTHORIZED,
    "Could not stop monitoring channel": ErrorKey.NOT_ACTIVE_RECORDING,
    "Cannot set mute flag": ErrorKey.NOT_ACTIVE_RECORDING,
}


class AsteriskClient(RecorderClient):
    """One Asterisk, asked as one of its manager users."""

    manufacturer: ClassVar = "Asterisk"
    capabilities = frozenset({Capability.ACTIVE_CALLS, Capability.PAUSED})
    api_path: ClassVar = API_PATH
    has_archive_credentials: ClassVar = True
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
        self._archive = AsteriskArchive.of(session, settings)
        self._live = LiveView(self._archive)
        self._session = Session(
            settings, on_connect=self._live.forget, on_event=self._live.take_event
        )
        self._time_zone = time_zone
        self._start_turn = asyncio.Lock()
        """One start at a time: each looks first whether the call is recorded."""
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
        allowed |= {
            capability
            for name, capability in _CAPABILITIES.items()
            if name in self._session.commands
        }
        return frozenset(allowed)

    # --- Push ---

    @override
    async def listen(self, on_change: Callable[[], None]) -> None:
        """Stay connected, and report when recordings or calls have changed."""
        self._live.on_change = on_change
        try:
            await self._session.follow(on_change, self._set_connected)
        finally:
            self._live.on_change = None
            await self._session.close()

    def _set_connected(self, is_connected: bool) -> None:
        """Let polls be rare, or not."""
        self.push_connected = is_connected
        if not is_connected and self._archive is not None:
            self._archive.note_gap()

    # --- Active recordings ---

    @override
    async def get_live_state(self) -> LiveState:
        """Read all channels, and what is being recorded of them."""
        return (await self._look()).state

    @override
    async def get_active_recordings(
        self, recording_filter: ActiveRecordingFilter
    ) -> LiveState:
        """Read the active recordings of an extension; Asterisk reports no other names."""
        self.raise_for_fields(recording_filter)
        look = await self._look()
        if (number := recording_filter.directory_number) is not None:
            look = look.of_line(number)
        return look.state

    async def _look(self) -> Look:
        """Look at the channels, and learn what the user may do."""
        try:
            return await self._live.look(self._session)
        except BaseException:
            if self._live.on_change is None:
                # The set-up has failed, and will be tried with another client.
                self._session.drop()
            raise
        finally:
            self.info = self._session.info
            self.capabilities = self._allowed()

    # --- Commands ---

    @override
    async def start_recording(
        self, line: LineAddress, mode: RecordingMode | None
    ) -> str | None:
        """Record a connected call ("MixMonitor"); return the recording's id.

        That Asterisk reports success proves nothing: what is being recorded is looked
        at before and after.
        """
        self.raise_for_mode(mode)
        self.raise_for_fields(line)
        if line.is_empty:
            raise RefusedError(ErrorKey.LINE_NOT_SPECIFIED)
        async with in_turn(self._start_turn, LONGEST_TURN):
            path = await self._start_line(line)
        return recording_id(self._live.name_of(path))

    async def _start_line(self, line: LineAddress) -> str:
        """Record the connected call of a line; return the path of its file."""
        look = await self._look()
        call = _find_call(look.calls.values(), line)
        if any(one.call.id == call.id for one in look.running or ()):
            raise RefusedError(ErrorKey.ALREADY_RECORDING)
        channel = call.leg_to_record
        wire = await self._session.connect()
        path = await self._new_path(wire, call, channel, line)
        await self._start(wire, channel, path)
        return path

    async def _new_path(
        self, wire: Wire, call: Call, channel: Channel, line: LineAddress
    ) -> str:
        """Choose a file of its own, where FreePBX and ARI find it."""
        folder = await get_variable(wire, "MIXMON_DIR")
        if folder is None:
            if self._live.spool is None:
                raise RefusedError(ErrorKey.NOT_AUTHORIZED)
            # FreePBX without that setting knows only its own folder, ARI the other.
            is_freepbx = await get_variable(wire, "MIXMON_FORMAT")
            folder = f"{self._live.spool}/{'' if is_freepbx else 'recording/'}monitor"
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
        is_written: bool | None = None
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
            if err.key is not ErrorKey.OUTCOME_UNKNOWN:
                raise
        else:
            is_written = await self._writes(wire, channel, path)
        if is_written is None and not await self._runs(path):
            raise RefusedError(ErrorKey.OUTCOME_UNKNOWN)
        if is_written is False:
            raise RefusedError(ErrorKey.RECORDER_ERROR)
        await self._tell_freepbx(wire, channel, path)

    async def _tell_freepbx(self, wire: Wire, channel: Channel, path: str) -> None:
        """Name the file in the call's record, where FreePBX looks for it.

        The recording runs, whether that succeeds or not.
        """
        name = f"{path.rpartition('/')[2]}.{_ENDING}"
        about = (("Variable", "CDR(recordingfile)"), ("Value", name))
        if "Setvar" in self._session.commands:
            with suppress(RecorderError):
                await wire.ask("Setvar", (("Channel", channel.name), *about))

    async def _writes(self, wire: Wire, channel: Channel, path: str) -> bool | None:
        """Look whether a MixMonitor has opened its file, which takes it a moment.

        `None` when the connection is lost meanwhile.
        """
        for _ in range(_LOOKS):
            try:
                monitors = await self._live.monitors.ask(
                    wire, self._session.commands, channel.name
                )
            except CannotConnectError:
                return None
            if any(monitor.path == path for monitor in monitors or ()):
                return True
            await asyncio.sleep(_LOOK_INTERVAL)
        return False

    async def _runs(self, path: str) -> bool:
        """Look, by another connection, whether a file is being written."""
        try:
            look = await self._look()
        except RecorderError:
            return False
        return any(one.monitor.path == path for one in look.running or ())

    @override
    async def stop_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """Stop a recording, also one that was not started here ("StopMixMonitor")."""
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

    async def _find(self, recording_id: str | None, line: LineAddress) -> Running:
        """Find the active recording that a command means."""
        self.raise_for_fields(line)
        if recording_id is None and line.is_empty:
            raise RefusedError(ErrorKey.LINE_NOT_SPECIFIED)
        look = await self._look()
        for one in look.running or ():
            if recording_id is not None:
                if one.recording.id == recording_id:
                    return one
            elif one.call.is_meant_by(line):
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
        raise RefusedError.unknown("", as_text(text))

    # --- Archive ---

    def _require_archive(self) -> AsteriskArchive:
        """Return the archive, or refuse: no ARI was given."""
        if self._archive is None:
            raise RefusedError(ErrorKey.NOT_SUPPORTED)
        return self._archive

    @override
    async def get_recording(self, recording_id: str) -> Recording:
        """Read what a file's name and size show."""
        return await self._require_archive().get_recording(recording_id)

    @override
    async def get_recordings(self, query: RecordingQuery) -> RecordingPage:
        """Read a page of the archive."""
        archive = self._require_archive()
        self.raise_for_fields(query)
        return await archive.get_recordings(query)

    @override
    async def get_oldest_start(self) -> datetime | None:
        """Return the oldest start that a file name shows."""
        return await self._require_archive().get_oldest_start()

    @override
    def download(self, recording_id: str) -> AbstractAsyncContextManager[AudioDownload]:
        """Open the audio of a recording."""
        return self._require_archive().download(recording_id)


def _find_call(calls: Iterable[Call], line: LineAddress) -> Call:
    """Return the connected call that a line address means."""
    for call in calls:
        if call.is_connected and call.is_meant_by(line):
            return call
    raise RefusedError(ErrorKey.NO_CONNECTED_CALL)
