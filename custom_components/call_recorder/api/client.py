"""What every recorder can be asked, and what one of them can do."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any, ClassVar, Final, Protocol

from aiohttp import ClientSession

from .audio import AudioDownload
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
from .transport import parse_address

LINE_FIELDS: Final = (
    "device_name",
    "directory_number",
    "username",
    "numeric_user_id",
    "call_id",
)
"""Fields by which lines, calls and users are named. No recorder knows all of them."""
_LOST_START_MARGIN: Final = timedelta(seconds=5)
"""How much older than our command its recording may seem: clocks are rounded."""


class Capability(StrEnum):
    """What not every recorder can do or report."""

    ACTIVE_CALLS = "active_calls"
    """Reports how many calls are connected, recorded or not."""
    ARCHIVE = "archive"
    """Lets finished recordings be read."""
    ARCHIVE_SIZE = "archive_size"
    """Reports how many recordings it holds."""
    CHANNELS = "channels"
    """Gives the reason when it refuses a start for want of a licensed channel."""
    INFERRED_RECORDINGS = "inferred_recordings"
    """Reports calls, not recordings: active ones are inferred from calls and rules.

    Whether a call was recorded shows only in the archive.
    """
    PAUSE = "pause"
    """Can pause and resume a recording."""
    PAUSED = "paused"
    """Reports whether an active recording is paused."""
    START = "start"
    """Can start a recording."""
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

    Where a recorder has no request for something, its client does not override the
    method, which then raises `not_supported`.
    """

    manufacturer: ClassVar[str]
    capabilities: frozenset[Capability]
    """May depend on what the account is allowed to do, known after the first poll."""
    api_path: ClassVar[str]
    """Where the API is, below the address that the user gives."""
    line_fields: ClassVar[frozenset[str]]
    """Those of `LINE_FIELDS` that the recorder knows."""
    has_web_page: ClassVar[bool] = True
    """Whether people can open its address in a browser."""
    audio_type: ClassVar[str] = "audio/wav"
    """What its recordings usually are; each download names its own type."""
    info: RecorderInfo
    """Completed as answers come in."""
    has_archive_credentials: ClassVar[bool] = False
    """Whether the archive has credentials of its own.

    That one pair is accepted then does not prove the other right.
    """
    push_connected: bool = False
    """Whether the recorder reports changes by itself now, so that polls can be rare."""

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
        address = parse_address(settings["url"], cls.api_path)
        return {**settings, "url": str(address)}

    @staticmethod
    def is_encrypted(settings: Mapping[str, Any]) -> bool:
        """Return whether the credentials travel encrypted to the recorder."""
        return str(settings["url"]).startswith("https:")

    @staticmethod
    @abstractmethod
    def unique_id(settings: Mapping[str, Any]) -> str:
        """Return the account and address that the settings name, however spelled.

        Raises `ValueError` when the address is none.
        """

    async def sign_in(self) -> None:
        """Try the settings: sign in, and read once."""
        await self.get_live_state()

    async def close(self) -> None:  # noqa: B027 - most clients hold nothing
        """Give back what the recorder counts (tokens); the session stays open."""

    async def retry_at_once(self) -> None:  # noqa: B027 - most recorders set no wait
        """Drop the waiting time that the recorder asked for.

        For what a person does: a reload, a sign-in, a "try again" button.
        """

    async def listen(  # noqa: B027 - for most recorders, polls are all there is
        self, on_change: Callable[[], None]
    ) -> None:
        """Do what goes on beside the polls, until cancelled.

        Calls `on_change` when a poll now would find a change. Raises nothing.
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
        """Record the connected call of the line; return the recording's id if known."""

    async def find_active_recording(self, line: LineAddress) -> str | None:
        """Return the id of the line's only active recording, if there is just one."""
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
        """Read the whole metadata of one recording in the archive."""

    @abstractmethod
    async def get_recordings(self, query: RecordingQuery) -> RecordingPage:
        """Read a page of the archive, newest first; no row comes on two pages."""

    async def get_oldest_start(self) -> datetime | None:
        """Return the start of the archive's oldest recording, if it is reported."""
        return None

    async def find_archived(self, active: ActiveRecording) -> Recording | None:
        """Return the finished recording of one that was active; `None` if not there."""
        try:
            return await self.get_recording(active.id)
        except RefusedError as err:
            if err.key != ErrorKey.RECORDING_NOT_FOUND:
                raise
            return None

    def download(self, recording_id: str) -> AbstractAsyncContextManager[AudioDownload]:
        """Open the audio of a recording that is complete.

        Some recorders log each download, so use it only to listen or to export.
        """
        raise RefusedError(ErrorKey.NOT_SUPPORTED)

    def raise_for_fields(
        self, asked: ActiveRecordingFilter | LineAddress | RecordingQuery
    ) -> None:
        """Raise `not_supported` for a field that the recorder does not know."""
        for name in LINE_FIELDS:
            if getattr(asked, name, None) and name not in self.line_fields:
                raise RefusedError(ErrorKey.NOT_SUPPORTED, text=name)

    @staticmethod
    def raise_for_mode(mode: RecordingMode | None) -> None:
        """Raise `not_supported` for a mode, at a recorder that has no modes."""
        if mode is not None:
            raise RefusedError(ErrorKey.NOT_SUPPORTED, text="mode")


def judge_lost_start(active: Sequence[ActiveRecording], sent_at: datetime) -> str:
    """Return the recording that a start has made whose answer was lost.

    `active` are the line's active recordings now, oldest first; `sent_at` is when the
    start was sent. The start is never repeated: it could record a call twice.

    Raises `outcome_unknown` when there is none, and `already_recording` when it is
    older than the start.
    """
    if not active:
        raise RefusedError(ErrorKey.OUTCOME_UNKNOWN)
    newest = active[-1]
    since_start = datetime.now(UTC) - sent_at + _LOST_START_MARGIN
    if newest.duration is not None and newest.duration > since_start:
        raise RefusedError(ErrorKey.ALREADY_RECORDING)
    return newest.id
