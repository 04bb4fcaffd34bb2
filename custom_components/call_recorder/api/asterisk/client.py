"""Asterisk: what is recorded and commands by AMI, the archive by ARI where it is given.

Sources: Asterisk's documentation of the AMI actions StopMixMonitor and MixMonitorMute;
the modules beside this one name theirs.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, tzinfo
from typing import Any, ClassVar, Final, override

from aiohttp import ClientSession

from ..audio import AudioDownload
from ..client import Capability, RecorderClient, Storage
from ..errors import ErrorKey, RefusedError
from ..models import (
    ActiveRecordingFilter,
    LineAddress,
    LiveState,
    Recording,
    RecordingMode,
    RecordingPage,
    RecordingQuery,
)
from ..transport import parse_address
from . import DEFAULT_PORT
from .archive import AsteriskArchive
from .ari import API_PATH
from .live import LiveView, Look, Running
from .names import recording_id
from .session import Session, host_of
from .starting import Starter

_CAPABILITIES: Final[Mapping[str, Capability]] = {
    "MixMonitor": Capability.START,
    "StopMixMonitor": Capability.STOP,
    "MixMonitorMute": Capability.PAUSE,
}
"""What a user can do who may give the command."""


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
        self._starter = Starter(self._live, self._session, time_zone)
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
        """Record a connected call ("MixMonitor"); return the recording's id."""
        self.raise_for_mode(mode)
        self.raise_for_fields(line)
        if line.is_empty:
            raise RefusedError(ErrorKey.LINE_NOT_SPECIFIED)
        path = await self._starter.start(line)
        return recording_id(self._live.name_of(path))

    @override
    async def stop_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """Stop a recording, also one that was not started here ("StopMixMonitor")."""
        one = await self._find(recording_id, line)
        # Without its id, the newest of the channel is stopped.
        which = (("MixMonitorID", one.monitor.id),) if one.monitor.id else ()
        await self._session.command(
            "StopMixMonitor", (("Channel", one.channel.name), *which)
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
        await self._session.command(
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
