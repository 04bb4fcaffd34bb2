"""Imagicle Call Recording (UCX Suite).

Sources: the vendor pages "Get Active Recordings", "Start Recording" and "Get
Recording" (cited by those names), and of the vendor's knowledge base "Stop Recording"
(kb 534) and "Pause/Resume Recording" (ucxcr). The modules beside this one read the
live list and the archive.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, tzinfo
from http import HTTPStatus
from typing import Any, ClassVar, Final, override

from aiohttp import ClientSession

from ..audio import AudioDownload
from ..client import Capability, RecorderClient, Storage, judge_lost_start
from ..errors import (
    CannotConnectError,
    ErrorKey,
    RecorderError,
    RefusedError,
    UnexpectedResponseError,
)
from ..models import (
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
from ..numbers import as_dialed
from ..parsing import as_id, as_object
from ..reply import Reply
from ..transport import Transport, basic_auth, parse_address, path_segment
from .archive import ImagicleArchive
from .clock import RecorderClock
from .live import LiveRecordings
from .refusals import (
    PAUSE_REFUSALS,
    START_REFUSALS,
    STOP_LINE_REFUSALS,
    STOP_REFUSALS,
    raise_refusal,
)
from .rows import BASE, LIVE, given, line_query

_MODES: Final = {RecordingMode.MEDIA_FORKING: 0, RecordingMode.DIAL_IN: 1}


class ImagicleClient(RecorderClient):
    """One Imagicle Call Recording server, asked as one of its users."""

    manufacturer: ClassVar = "Imagicle"
    capabilities = frozenset(
        {
            Capability.ARCHIVE,
            Capability.ARCHIVE_SIZE,
            Capability.CHANNELS,
            Capability.PAUSE,
            Capability.PAUSED,
            Capability.START,
            Capability.STOP,
        }
    )
    api_path: ClassVar = BASE
    line_fields: ClassVar = frozenset(
        {"device_name", "directory_number", "username", "numeric_user_id"}
    )
    audio_type: ClassVar = "audio/mpeg"

    @override
    def __init__(
        self,
        session: ClientSession,
        settings: Mapping[str, Any],
        *,
        time_zone: tzinfo,
        storage: Storage | None = None,
    ) -> None:
        """Take `url`, `username` and `password`."""
        self._transport = Transport(
            session,
            parse_address(settings["url"], BASE),
            {
                "Accept": "application/json",
                "Authorization": basic_auth(settings["username"], settings["password"]),
            },
        )
        clock = RecorderClock(time_zone)
        self._live = LiveRecordings(self._transport, clock)
        self._archive = ImagicleArchive(self._transport, clock)
        self.info = RecorderInfo(model="Call Recording")

    @staticmethod
    @override
    def unique_id(settings: Mapping[str, Any]) -> str:
        """Combine the address and the user."""
        address = str(parse_address(settings["url"], BASE))
        return f"{address}|{settings['username'].casefold()}"

    # --- Active recordings ---

    @override
    async def get_live_state(self) -> LiveState:
        """Read all active recordings ("Get Active Recordings")."""
        return await self._live.read_all()

    @override
    async def get_active_recordings(
        self, recording_filter: ActiveRecordingFilter
    ) -> LiveState:
        """Read the active recordings that meet all filters; the server applies them."""
        query = {
            "deviceName": recording_filter.device_name,
            "directoryNumber": as_dialed(recording_filter.directory_number or ""),
            "username": recording_filter.username,
            "numericUserId": recording_filter.numeric_user_id,
        }
        return LiveState(recordings=await self._live.read(given(query)))

    # --- Commands ---

    @override
    async def start_recording(
        self, line: LineAddress, mode: RecordingMode | None
    ) -> str | None:
        """Record the connected call of the line ("Start Recording")."""
        self.raise_for_fields(line)
        body: dict[str, str | int] = dict(line_query(line))
        if mode is not None:
            body["mode"] = _MODES[mode]
        sent_at = datetime.now(UTC)
        try:
            reply = await self._command("POST", LIVE, START_REFUSALS, body=body)
        except CannotConnectError as err:
            if not err.may_have_arrived:
                raise
            return await self._find_lost_start(line, sent_at)
        if reply.status != HTTPStatus.CREATED:
            # Not the documented answer: it may come from something else.
            return await self._find_lost_start(line, sent_at)
        try:
            return as_id(as_object(reply.json()).get("id"))
        except UnexpectedResponseError:
            # It was started; only its id cannot be read.
            return None

    async def _find_lost_start(self, line: LineAddress, sent_at: datetime) -> str:
        """Look in the live list for the recording of a start whose answer was lost."""
        try:
            active = await self._live.read(line_query(line))
        except RecorderError:
            raise RefusedError(ErrorKey.OUTCOME_UNKNOWN) from None
        return judge_lost_start(active, sent_at)

    @override
    async def stop_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """Stop a recording (kb 534), or what is recorded on a line (ucxcr)."""
        if recording_id is not None:
            if recording_id.casefold() == "mine":
                # Another call: it stops what our own user records (ucxcr).
                raise RefusedError(ErrorKey.INVALID_RECORDING_ID)
            path = f"{LIVE}/{path_segment(recording_id)}"
            reply = await self._command("DELETE", path, STOP_REFUSALS)
            await self._confirm(reply, lambda active: recording_id not in active)
            return recording_id
        self.raise_for_fields(line)
        query = line_query(line)
        active = await self._live.read(query)
        reply = await self._command("DELETE", LIVE, STOP_LINE_REFUSALS, query=query)
        stopped = {recording.id for recording in active}
        await self._confirm(reply, stopped.isdisjoint)
        return active[0].id if len(active) == 1 else None

    @override
    async def pause_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """Pause a recording (ucxcr, "Pause/Resume Recording")."""
        return await self._set_paused("Pause", recording_id, line)

    @override
    async def resume_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """Resume a recording (ucxcr, "Pause/Resume Recording")."""
        return await self._set_paused("Resume", recording_id, line)

    async def _set_paused(
        self, verb: str, recording_id: str | None, line: LineAddress
    ) -> str:
        """Pause or resume by id.

        A line's newest recording is looked up first: only the directory number is
        documented for lines, and the id is part of our answer anyway.
        """
        if recording_id is None:
            self.raise_for_fields(line)
            active = await self._live.read(line_query(line))
            if not active:
                raise RefusedError(ErrorKey.NOT_ACTIVE_RECORDING)
            recording_id = active[-1].id
        path = f"{LIVE}/{path_segment(recording_id)}/{verb}"
        done = HTTPStatus.TOO_MANY_REQUESTS
        reply = await self._command("PUT", path, PAUSE_REFUSALS, done=(done,))
        if reply.status != done:
            await self._confirm(
                reply,
                lambda active: (
                    recording_id in active
                    and active[recording_id].is_paused is (verb == "Pause")
                ),
            )
        return recording_id

    async def _confirm(
        self, reply: Reply, is_done: Callable[[Mapping[str, ActiveRecording]], bool]
    ) -> None:
        """Look into the live list where an answer is not the documented one (204).

        It may come from something else, such as a proxy. Raises
        `UnexpectedResponseError` when the command was not carried out.
        """
        if reply.status == HTTPStatus.NO_CONTENT:
            return
        active = await self._live.read({})
        if not is_done({recording.id: recording for recording in active}):
            raise UnexpectedResponseError("not the answer to a command")

    async def _command(
        self,
        method: str,
        path: str,
        refusals: Mapping[tuple[int, int | None], ErrorKey],
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        done: tuple[int, ...] = (),
    ) -> Reply:
        """Send a command once; raise what a refusal means.

        `done` are further statuses that mean that the wish is fulfilled already.
        """
        reply = await self._transport.request(method, path, query=query, body=body)
        if not reply.is_success and reply.status not in done:
            raise_refusal(reply, refusals)
        return reply

    # --- Archive ---

    @override
    async def get_recording(self, recording_id: str) -> Recording:
        """Read the metadata of a completed recording."""
        return await self._archive.get_recording(recording_id)

    @override
    async def get_recordings(self, query: RecordingQuery) -> RecordingPage:
        """Read a page of the completed recordings."""
        return await self._archive.get_recordings(query)

    @override
    async def get_oldest_start(self) -> datetime | None:
        """Return the start of the oldest completed recording."""
        return await self._archive.get_oldest_start()

    @override
    def download(self, recording_id: str) -> AbstractAsyncContextManager[AudioDownload]:
        """Open a recording's MP3; each time writes an audit event."""
        return self._archive.download(recording_id)
