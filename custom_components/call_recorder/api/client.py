"""What every recorder can be asked, and what this one can do."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from aiohttp import ClientSession

from .errors import ErrorKey, RecorderError, RefusedError
from .models import (
    ActiveRecording,
    ActiveRecordingFilter,
    LineAddress,
    LiveState,
    RecorderInfo,
    Recording,
    RecordingMode,
    RecordingPage,
    RecordingQuery,
)
from .transport import AudioDownload, parse_origin


class Capability(StrEnum):
    """What not every recorder can do or tell."""

    ACTIVE_CALLS = "active_calls"
    """Tells how many calls are connected, recorded or not."""
    ARCHIVE_SIZE = "archive_size"
    """Tells how many recordings it holds."""
    CHANNELS = "channels"
    """Says so when it refuses a start for want of a licensed channel."""
    PAUSED = "paused"
    """Tells whether an active recording is paused."""
    STOP = "stop"
    """Can stop a recording before the call ends."""


class Storage(Protocol):
    """Keeps a client's few facts across restarts (tokens, positions)."""

    async def load(self) -> dict[str, Any] | None:
        """Return what was saved last."""

    async def save(self, data: dict[str, Any]) -> None:
        """Save, at once."""


class RecorderClient(ABC):
    """One recorder. Every method raises a `RecorderError` when it fails.

    A method that is not overridden is one that the recorder has no call for.
    """

    manufacturer: ClassVar[str]
    capabilities: ClassVar[frozenset[Capability]]
    audio_type: ClassVar[str] = "audio/wav"
    """What its recordings usually are; the download itself tells for sure."""
    info: RecorderInfo
    """Grows with what the answers tell."""
    push_connected: bool = False
    """Whether the recorder tells changes by itself now, so that polls can be rare."""

    @abstractmethod
    def __init__(
        self,
        session: ClientSession,
        settings: Mapping[str, Any],
        *,
        time_zone: tzinfo,
        storage: Storage | None = None,
    ) -> None:
        """Take the form's fields as `settings`.

        `time_zone` is where the recorder probably stands. Without `storage`
        nothing outlives the client.
        """

    @classmethod
    def normalize(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the form's fields as they are kept, with the address cleaned.

        Raises `ValueError` when the address cannot be used.
        """
        return {**settings, "url": str(parse_origin(settings["url"]))}

    @staticmethod
    @abstractmethod
    def unique_id(settings: Mapping[str, Any]) -> str:
        """Tell which recorder and user the settings name, however they are spelled.

        Raises `ValueError` when the address is none.
        """

    async def close(self) -> None:  # noqa: B027 - most recorders lend nothing
        """Give back what the recorder lent (tokens); the session stays open."""

    async def listen(  # noqa: B027 - for most recorders, polls are all there is
        self, on_change: Callable[[], None]
    ) -> None:
        """Do what goes on beside the polls, until cancelled.

        Calls `on_change` when a poll now would tell something new. Raises nothing.
        """

    @abstractmethod
    async def get_live_state(self) -> LiveState:
        """Read what is being recorded now; the first call also signs in."""

    @abstractmethod
    async def get_active_recordings(
        self, recording_filter: ActiveRecordingFilter
    ) -> LiveState:
        """Read the active recordings that match the filter."""

    @abstractmethod
    async def start_recording(
        self, line: LineAddress, mode: RecordingMode | None
    ) -> str | None:
        """Record the connected call of the line; return the recording's id if told."""

    async def find_active_recording(self, line: LineAddress) -> str | None:
        """Return the id of the line's only active recording, if that can be told."""
        recording_filter = ActiveRecordingFilter(
            device_name=line.device_name, directory_number=line.directory_number
        )
        try:
            state = await self.get_active_recordings(recording_filter)
        except RecorderError:
            return None
        found = [
            recording.id
            for recording in state.recordings or ()
            if line.call_id in (None, recording.call_id)
        ]
        return found[0] if len(found) == 1 else None

    async def stop_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """Stop an active recording, named by its id or its line; return its id."""
        raise RefusedError(ErrorKey.NOT_SUPPORTED)

    async def pause_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """Pause an active recording, named by its id or its line; return its id."""
        raise RefusedError(ErrorKey.NOT_SUPPORTED)

    async def resume_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """Resume a paused recording, named by its id or its line; return its id."""
        raise RefusedError(ErrorKey.NOT_SUPPORTED)

    @abstractmethod
    async def get_recording(self, recording_id: str) -> Recording:
        """Read all that the archive knows of one recording."""

    @abstractmethod
    async def get_recordings(self, query: RecordingQuery) -> RecordingPage:
        """Read a page of the archive, newest first, no row twice in a row of pages."""

    async def get_oldest_start(self) -> datetime | None:
        """Read when the archive's oldest recording began; `None` where not told."""
        return None

    async def find_archived(self, active: ActiveRecording) -> Recording | None:
        """Find what became of a recording that was active; `None` when not there."""
        try:
            return await self.get_recording(active.id)
        except RefusedError as err:
            if err.key != ErrorKey.RECORDING_NOT_FOUND:
                raise
            return None

    def download(self, recording_id: str) -> AbstractAsyncContextManager[AudioDownload]:
        """Open the sound of a recording that is complete.

        Some recorders write each call down, so it is made only to listen or to keep.
        """
        raise RefusedError(ErrorKey.NOT_SUPPORTED)
