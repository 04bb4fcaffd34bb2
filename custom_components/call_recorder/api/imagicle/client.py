"""Imagicle Call Recording (UCX Suite).

Sources: the vendor pages "Get Active Recordings", "Start Recording" and "Get
Recording" (cited by those names below), and for the rest the vendor's knowledge
base: "Stop Recording" (kb 534), "Download Recording" (kb 540), "Get Recordings
List" (kb 628) and "Pause/Resume Recording" (ucxcr).
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from http import HTTPStatus
from typing import Any, ClassVar, Final, override

from aiohttp import ClientSession

from ..audio import AudioDownload
from ..client import Capability, RecorderClient, Storage, judge_lost_start
from ..errors import (
    AccessError,
    CannotConnectError,
    ErrorKey,
    RecorderError,
    RefusedError,
    UnexpectedResponseError,
)
from ..models import (
    ActiveRecording,
    ActiveRecordingFilter,
    Direction,
    LineAddress,
    LiveState,
    LocalParty,
    RecorderInfo,
    Recording,
    RecordingMode,
    RecordingPage,
    RecordingQuery,
    RecordingState,
    RemoteParty,
    newest_first,
    oldest_first,
)
from ..paging import ArchivePart, TimeCursor
from ..parsing import (
    as_bool,
    as_int,
    as_object,
    as_text,
    end_time,
    local_zone,
    parse_duration,
    parse_rows,
    parse_time,
    require_id,
    utc_offset,
)
from ..transport import Reply, Transport, basic_auth, parse_address, path_segment
from .refusals import (
    PAUSE_REFUSALS,
    START_REFUSALS,
    STOP_LINE_REFUSALS,
    STOP_REFUSALS,
    raise_for_recording,
    raise_refusal,
)
from .rows import (
    DIRECTION_NAMES,
    DIRECTIONS,
    full_name,
    given,
    has_number,
    line_query,
    list_owner,
    live_rows,
    number_filters,
    parse_note,
    parse_user,
    time_filter,
)

_BASE: Final = "/fw/Apps/Recorder/WebAPI"
_LIVE: Final = f"{_BASE}/LiveRecordings"
_ARCHIVE: Final = f"{_BASE}/Recordings"

_MODES: Final = {RecordingMode.MEDIA_FORKING: 0, RecordingMode.DIAL_IN: 1}
_MIN_PAGE: Final = 50


class ImagicleClient(RecorderClient):
    """One Imagicle Call Recording server, asked as one of its users."""

    manufacturer: ClassVar = "Imagicle"
    capabilities = frozenset(
        {
            Capability.ARCHIVE,
            Capability.ARCHIVE_SIZE,
            Capability.CHANNELS,
            Capability.PAUSED,
            Capability.START,
            Capability.STOP,
        }
    )
    api_path: ClassVar = _BASE
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
            parse_address(settings["url"], _BASE),
            {
                "Accept": "application/json",
                "Authorization": basic_auth(settings["username"], settings["password"]),
            },
        )
        self._time_zone = time_zone
        self._offset: timedelta | None = None
        self._starts: dict[str, datetime] = {}
        self.info = RecorderInfo(model="Call Recording")

    @staticmethod
    @override
    def unique_id(settings: Mapping[str, Any]) -> str:
        """Combine the origin and the user."""
        address = str(parse_address(settings["url"], _BASE))
        return f"{address}|{settings['username'].casefold()}"

    # --- Active recordings ---

    @override
    async def get_live_state(self) -> LiveState:
        """Read all active recordings ("Get Active Recordings")."""
        return LiveState(recordings=await self._get_live({}, everything=True))

    @override
    async def get_active_recordings(
        self, recording_filter: ActiveRecordingFilter
    ) -> LiveState:
        """Read the active recordings that meet all filters; the server applies them."""
        query = {
            "deviceName": recording_filter.device_name,
            "directoryNumber": recording_filter.directory_number,
            "username": recording_filter.username,
            "numericUserId": recording_filter.numeric_user_id,
        }
        return LiveState(recordings=await self._get_live(given(query)))

    async def _get_live(
        self, query: Mapping[str, str], *, everything: bool = False
    ) -> tuple[ActiveRecording, ...]:
        """Read the live list, oldest first, every start as it was first told."""
        reply = await self._transport.request("GET", _LIVE, query=query)
        if reply.status == HTTPStatus.FORBIDDEN:
            raise AccessError(ErrorKey.INSUFFICIENT_PERMISSIONS)
        reply.raise_for_read()
        rows = live_rows(reply)
        # A pause may or may not count in `duration`: learn from the others first.
        rows.sort(key=lambda row: as_bool(as_object(row).get("isPaused")) or False)
        now = reply.server_time
        recordings = {
            recording.id: recording
            for recording in parse_rows(rows, lambda row: self._parse_live(row, now))
        }
        starts = {
            recording.id: recording.started_at
            for recording in recordings.values()
            if recording.started_at
        }
        self._starts = starts if everything else self._starts | starts
        return tuple(sorted(recordings.values(), key=oldest_first))

    def _parse_live(self, row: dict[str, Any], now: datetime) -> ActiveRecording:
        """Parse a row of the live list ("Get Active Recordings", Response body)."""
        recording_id = require_id(row)
        duration = parse_duration(row.get("duration"))
        is_paused = as_bool(row.get("isPaused"))
        # A known recording keeps the start that it had at first: a pause that does
        # not count in `duration` would move it.
        started_at = self._starts.get(recording_id) or self._anchor(
            parse_time(row.get("startedAt")), duration, now, is_paused=is_paused
        )
        local = as_object(row.get("localParty"))
        remote = as_object(row.get("remoteParty"))
        return ActiveRecording(
            id=recording_id,
            started_at=started_at,
            duration=duration,
            is_paused=is_paused,
            local_party=LocalParty(username=as_text(local.get("username"))),
            remote_party=RemoteParty(
                first_name=as_text(remote.get("firstName")),
                last_name=as_text(remote.get("lastName")),
                phone_number=as_text(remote.get("phoneNumber")),
            ),
        )

    def _anchor(
        self,
        started_at: datetime | None,
        duration: timedelta | None,
        now: datetime,
        *,
        is_paused: bool | None,
    ) -> datetime | None:
        """Work out when a recording began.

        `startedAt` has no zone and none is documented. The duration says how long
        ago it was, so the difference, in whole quarter-hours, is the zone.
        """
        if started_at is None:
            return None if duration is None else now - duration
        if started_at.tzinfo is not None:
            return started_at.astimezone(UTC)
        if duration is None or (is_paused and self._offset is not None):
            zone = local_zone(self._offset, self._time_zone, now)
            return started_at.replace(tzinfo=zone).astimezone(UTC)
        offset = utc_offset(started_at, now - duration)
        if offset is None:
            # In no zone on Earth was it that time: only the duration is believable.
            return now - duration
        self._offset = offset
        return (started_at - offset).replace(tzinfo=UTC)

    # --- Orders ---

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
            reply = await self._order("POST", _LIVE, START_REFUSALS, body=body)
        except CannotConnectError as err:
            if not err.may_have_arrived:
                raise
            return await self._find_lost_start(line, sent_at)
        try:
            return as_text(as_object(reply.json()).get("id"))
        except UnexpectedResponseError:
            # It was started (2xx); only its id cannot be read.
            return None

    async def _find_lost_start(self, line: LineAddress, sent_at: datetime) -> str:
        """Look in the live list for the recording of a start whose answer was lost."""
        try:
            active = await self._get_live(line_query(line))
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
            path = f"{_LIVE}/{path_segment(recording_id)}"
            await self._order("DELETE", path, STOP_REFUSALS)
            return recording_id
        self.raise_for_fields(line)
        query = line_query(line)
        active = await self._get_live(query)
        await self._order("DELETE", _LIVE, STOP_LINE_REFUSALS, query=query)
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
            active = await self._get_live(line_query(line))
            if not active:
                raise RefusedError(ErrorKey.NOT_ACTIVE_RECORDING)
            recording_id = active[-1].id
        path = f"{_LIVE}/{path_segment(recording_id)}/{verb}"
        await self._order(
            "PUT", path, PAUSE_REFUSALS, done=(HTTPStatus.TOO_MANY_REQUESTS,)
        )
        return recording_id

    async def _order(
        self,
        method: str,
        path: str,
        refusals: Mapping[tuple[int, int | None], ErrorKey],
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        done: tuple[int, ...] = (),
    ) -> Reply:
        """Send an order once; raise what a refusal means.

        `done` are further statuses that mean that the wish is fulfilled already.
        """
        reply = await self._transport.request(method, path, query=query, body=body)
        if not reply.is_success and reply.status not in done:
            raise_refusal(reply, refusals)
        return reply

    # --- Archive ---

    @override
    async def get_recording(self, recording_id: str) -> Recording:
        """Read the metadata of a completed recording ("Get Recording")."""
        path = f"{_ARCHIVE}/{path_segment(recording_id)}"
        reply = await self._transport.request("GET", path)
        raise_for_recording(reply)
        try:
            return self._parse_recording(as_object(reply.json()))
        except ValueError:
            raise UnexpectedResponseError("no recording") from None

    @override
    def download(self, recording_id: str) -> AbstractAsyncContextManager[AudioDownload]:
        """Open a recording's MP3 (kb 540); each time writes an audit event."""
        return self._transport.download(
            f"{_ARCHIVE}/{path_segment(recording_id)}/Media",
            raise_failure=raise_for_recording,
        )

    @override
    async def get_oldest_start(self) -> datetime | None:
        """Read the last page of one row: the list is sorted most recent first."""
        newest = await self._read_archive({"page": "0", "pageSize": "1"})
        if not newest.total:
            return None
        page = str(newest.total - 1)
        oldest = await self._read_archive({"page": page, "pageSize": "1"})
        return oldest.recordings[0].started_at if oldest.recordings else None

    @override
    async def get_recordings(self, query: RecordingQuery) -> RecordingPage:
        """Read a page of the completed recordings (kb 628, ucxcr/list-recordings).

        Goes on by time, not by page number: a recording that is archived between
        two pages would shift the pages.
        """
        if query.direction is Direction.INTERNAL:
            return RecordingPage(recordings=(), total=0)
        cursor = TimeCursor.parse(query.cursor)
        filters = {
            "startTime": time_filter(query.start, cursor.upper_bound(query.end)),
            "ownerUsername": query.username,
            "direction": query.direction and str(DIRECTIONS[query.direction]),
            "page": "0",
            # Always sent: without it the server returns the whole archive.
            "pageSize": str(max(query.limit, _MIN_PAGE) + len(cursor.seen) + 1),
        }
        if query.number is None:
            found = await self._read_archive(filters)
        else:
            found = await self._read_archive_for_number(filters, query.number)
        # The recorder was asked for whole seconds.
        asked = [rec for rec in found.recordings if query.covers(rec.started_at)]
        return cursor.page(replace(found, recordings=asked), limit=query.limit)

    async def _read_archive_for_number(
        self, filters: Mapping[str, str | None], number: str
    ) -> ArchivePart:
        """Ask for each party's number: the server requires all filters of a request."""
        parts = [
            await self._read_archive({**filters, **number_filter})
            for number_filter in number_filters(number)
        ]
        # Behind the first place where a part ends, others may lack rows.
        ends = (part.read_to for part in parts)
        read_to = max(filter(None, ends), default=None)
        matches = {
            rec.id: rec
            for part in parts
            for rec in part.recordings
            if has_number(rec, number)
            and (read_to is None or (rec.started_at and rec.started_at >= read_to))
        }
        return ArchivePart(
            recordings=sorted(matches.values(), key=newest_first), read_to=read_to
        )

    async def _read_archive(self, filters: Mapping[str, str | None]) -> ArchivePart:
        """Read one page of the list, most recent first."""
        reply = await self._transport.request("GET", _ARCHIVE, query=given(filters))
        if reply.status == HTTPStatus.FORBIDDEN:
            raise AccessError(ErrorKey.INSUFFICIENT_PERMISSIONS)
        reply.raise_for_read()
        answer = as_object(reply.json())
        rows = answer.get("recordings")
        if not isinstance(rows, list):
            raise UnexpectedResponseError("no list of recordings")
        recordings = parse_rows(rows, self._parse_recording)
        has_more = len(rows) >= int(filters["pageSize"] or 0)
        return ArchivePart(
            recordings=recordings,
            read_to=recordings[-1].started_at if has_more else None,
            total=as_int(answer.get("totalCount")),
        )

    def _parse_recording(self, row: dict[str, Any]) -> Recording:
        """Parse the metadata of a recording ("Get Recording", Response body)."""
        started_at = parse_time(row.get("startTime"))
        if started_at is not None:
            zone = local_zone(self._offset, self._time_zone, datetime.now(UTC))
            started_at = started_at.replace(tzinfo=started_at.tzinfo or zone)
            started_at = started_at.astimezone(UTC)
        duration = parse_duration(row.get("duration"))
        owner = parse_user(row.get("owner")) or list_owner(row)
        pbx_info = as_object(row.get("pbxInfo"))
        sha256 = as_text(as_object(row.get("hash")).get("SHA256"))
        return Recording(
            id=require_id(row),
            reference_number=as_text(row.get("referenceNumber")),
            started_at=started_at,
            ended_at=end_time(started_at, duration),
            duration=duration,
            direction=DIRECTION_NAMES.get(as_int(row.get("direction")) or 0),
            state=RecordingState.COMPLETE,
            local_number=as_text(row.get("localPartyNumber")),
            local_name=full_name(owner),
            remote_number=as_text(row.get("remotePartyNumber")),
            owner=owner,
            preserving_user=parse_user(row.get("preservingUser")),
            note=parse_note(row.get("note")),
            pbx_call_id=as_text(pbx_info.get("callId"))
            or as_text(row.get("pbxCallId")),
            size=as_int(row.get("size")),
            sha256=sha256 and sha256.lower(),
        )
