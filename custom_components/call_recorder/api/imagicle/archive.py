"""Imagicle's archive.

Sources: the vendor page "Get Recording", and of the knowledge base "Download Recording"
(kb 540) and "Get Recordings List" (kb 628, ucxcr/list-recordings).
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, tzinfo
from http import HTTPStatus
from typing import Any, Final

from ..audio import AudioDownload
from ..errors import AccessError, ErrorKey, UnexpectedResponseError
from ..models import (
    Direction,
    Recording,
    RecordingPage,
    RecordingQuery,
    RecordingState,
    newest_first,
)
from ..paging import ArchivePart, TimeCursor
from ..parsing import (
    as_int,
    as_object,
    as_text,
    end_time,
    parse_duration,
    parse_time,
    require_id,
)
from ..row_cache import RowCache
from ..transport import Transport, path_segment
from .clock import RecorderClock
from .refusals import raise_for_recording
from .rows import (
    ARCHIVE,
    DIRECTION_NAMES,
    DIRECTIONS,
    full_name,
    given,
    list_owner,
    number_filters,
    parse_note,
    parse_user,
    time_filter,
)

_MIN_PAGE: Final = 50


class ImagicleArchive:
    """Reads the completed recordings."""

    def __init__(self, transport: Transport, clock: RecorderClock) -> None:
        """Take the clock that the live list teaches."""
        self._transport = transport
        self._clock = clock
        self._cache: RowCache[Recording] = RowCache()
        self._zone_of_cache: tzinfo = clock.zone

    async def get_recording(self, recording_id: str) -> Recording:
        """Read the metadata of a completed recording ("Get Recording")."""
        path = f"{ARCHIVE}/{path_segment(recording_id)}"
        reply = await self._transport.request("GET", path)
        raise_for_recording(reply)
        try:
            return self._parse(as_object(reply.json()))
        except ValueError:
            raise UnexpectedResponseError("no recording") from None

    def download(self, recording_id: str) -> AbstractAsyncContextManager[AudioDownload]:
        """Open a recording's MP3 (kb 540); each time writes an audit event."""
        return self._transport.download(
            f"{ARCHIVE}/{path_segment(recording_id)}/Media",
            raise_failure=raise_for_recording,
        )

    async def get_oldest_start(self) -> datetime | None:
        """Read the last page: the list is sorted most recent first."""
        newest = await self._read({"page": "0", "pageSize": "1"})
        if not newest.total or not newest.recordings:
            return None
        # A server may give more rows a page than asked for.
        page = str((newest.total - 1) // len(newest.recordings))
        oldest = await self._read({"page": page, "pageSize": "1"})
        return oldest.recordings[-1].started_at if oldest.recordings else None

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
            found = await self._read(filters)
        else:
            found = await self._read_for_number(filters, query, query.number)
        # The recorder was asked for whole seconds.
        asked = [rec for rec in found.recordings if query.covers(rec.started_at)]
        return cursor.page(replace(found, recordings=asked), limit=query.limit)

    async def _read_for_number(
        self, filters: Mapping[str, str | None], query: RecordingQuery, number: str
    ) -> ArchivePart:
        """Ask for each party's number: the server requires all filters of a request."""
        parts = [
            await self._read({**filters, **number_filter})
            for number_filter in number_filters(number)
        ]
        # Behind the first row at which a part ends, others may lack rows.
        ends = (part.read_to for part in parts)
        read_to = max(filter(None, ends), default=None)
        matches = {
            rec.id: rec
            for part in parts
            for rec in part.recordings
            if query.is_of_number(rec)
            and (read_to is None or (rec.started_at and rec.started_at >= read_to))
        }
        return ArchivePart(
            recordings=sorted(matches.values(), key=newest_first), read_to=read_to
        )

    async def _read(self, filters: Mapping[str, str | None]) -> ArchivePart:
        """Read one page of the list, most recent first."""
        reply = await self._transport.request("GET", ARCHIVE, query=given(filters))
        if reply.status == HTTPStatus.FORBIDDEN:
            raise AccessError(ErrorKey.INSUFFICIENT_PERMISSIONS)
        reply.raise_for_read()
        answer = as_object(reply.json())
        rows = answer.get("recordings")
        if not isinstance(rows, list):
            raise UnexpectedResponseError("no list of recordings")
        size = int(filters["pageSize"] or 0)
        recordings = await self._parse_rows(rows, limit=max(size, _MIN_PAGE))
        total = as_int(answer.get("totalCount"))
        # A server may give fewer rows a page than asked for: the total decides.
        first = int(filters["page"] or 0) * size
        has_more = len(rows) >= size if total is None else first + len(rows) < total
        starts = (rec.started_at for rec in reversed(recordings))
        return ArchivePart(
            recordings=recordings,
            read_to=next(filter(None, starts), None) if has_more and rows else None,
            total=total,
        )

    async def _parse_rows(
        self, rows: list[Any], *, limit: int
    ) -> tuple[Recording, ...]:
        """Parse rows; those that are known are read again when the zone is another."""
        if self._zone_of_cache != self._clock.zone:
            self._zone_of_cache = self._clock.zone
            self._cache.clear()
        return await self._cache.parse(rows, self._parse, limit=limit)

    def _parse(self, row: dict[str, Any]) -> Recording:
        """Parse the metadata of a recording ("Get Recording", Response body)."""
        started_at = parse_time(row.get("startTime"))
        if started_at is not None:
            started_at = self._clock.to_utc(started_at)
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
