"""The archive of a Yeastar PBX.

Sources: the vendor pages "Query Recording List", "Search Specific Recording",
"Download Recording" and "Query PBX Information".
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from yarl import URL

from ..errors import ErrorKey, RecorderError, RefusedError, UnexpectedResponseError
from ..models import (
    ActiveRecording,
    RecorderInfo,
    Recording,
    RecordingPage,
    RecordingQuery,
)
from ..paging import ArchivePart, TimeCursor
from ..parsing import as_int, as_object, as_text, parse_rows
from ..transport import AudioDownload
from .pbx_time import PbxClock, parse_call_id, parse_file_name
from .rows import (
    archive_id,
    is_sieved,
    matches,
    newest_first,
    parse_recording,
    search_filters,
)
from .session import YeastarSession
from .wire import Errcode, rows_of

_LARGEST_PAGE: Final = 100
"""How many rows are asked for at once. No document tells what is allowed."""
_MOST_PAGES: Final = 10
"""After how many pages a search for a number goes on in another call."""
_INFORMATION_INTERVAL: Final = timedelta(days=1)
_INFORMATION_RETRY: Final = timedelta(hours=1)
_CALL_MARGIN: Final = timedelta(minutes=1)
"""How far the time in the archive may be from the one in the call's id."""


class YeastarArchive:
    """Reads what a PBX has recorded."""

    def __init__(self, session: YeastarSession, time_zone: tzinfo) -> None:
        """Take where the PBX probably stands."""
        self.info = RecorderInfo(model="P-Series")
        self._session = session
        self._time_zone = time_zone
        self._clock = PbxClock(zone=time_zone)
        self._information_due: datetime | None = None
        self._mp3_turn = asyncio.Lock()
        """The PBX sends one MP3 at a time ("Download Recording")."""

    async def learn(self) -> None:
        """Read what the PBX tells of itself ("Query PBX Information"), if it is time.

        Nothing depends on it but rare forms of times, so it may fail.
        """
        now = datetime.now(UTC)
        if self._information_due is not None and now < self._information_due:
            return
        self._information_due = now + _INFORMATION_RETRY
        try:
            information = (await self._session.get("/system/information")).fields
        except RecorderError:
            return
        self._information_due = now + _INFORMATION_INTERVAL
        information = as_object(information.get("data")) or information
        self._clock = PbxClock.parse(information, self._time_zone)
        self.info = RecorderInfo(
            model=as_text(information.get("model_name")) or self.info.model,
            sw_version=as_text(information.get("firmware_version")),
            serial_number=as_text(information.get("sn")),
        )

    async def get_recording(self, recording_id: str) -> Recording:
        """Read a row of the archive ("Search Specific Recording", `ids`)."""
        recording_id = archive_id(recording_id)
        _, rows = await self._read_rows({"ids": recording_id})
        for recording in await self._parse(rows):
            if recording.id == recording_id:
                return recording
        raise RefusedError(ErrorKey.RECORDING_NOT_FOUND)

    async def get_recordings(self, query: RecordingQuery) -> RecordingPage:
        """Read a page of the archive, newest first.

        One request, as long as it needs no more than 100 rows. Goes on by time, not by
        page number: a recording that is archived between two pages would shift them.
        """
        cursor = TimeCursor.parse(query.cursor)
        end = cursor.upper_bound(query.end)
        wanted = query.limit + len(cursor.seen)
        if not is_sieved(query):
            part = await self._look_at(query, end, min(wanted, _LARGEST_PAGE), wanted)
            total = part.total
        else:
            part = await self._look_at(query, end, _LARGEST_PAGE, wanted)
            total = None
        found = [rec for rec in part.recordings if matches(rec, query, end)]
        total = len(found) if part.read_to is None else total
        return cursor.page(
            replace(part, recordings=found, total=total), limit=query.limit
        )

    async def _look_at(
        self, query: RecordingQuery, end: datetime | None, size: int, wanted: int
    ) -> ArchivePart:
        """Read pages of the archive until enough rows are found, or are all read."""
        filters = {
            **search_filters(query.start, end),
            "page_size": str(size),
            "sort_by": "time",
            "order_by": "desc",
        }
        recordings: dict[str, Recording] = {}
        total, rows_read, has_more = None, 0, True
        for page in range(1, _MOST_PAGES + 1):
            told, rows = await self._read_rows({**filters, "page": str(page)})
            total = told if page == 1 else total
            rows_read += len(rows)
            has_more = len(rows) >= size and (total is None or rows_read < total)
            recordings |= {rec.id: rec for rec in await self._parse(rows)}
            if not has_more or wanted <= (
                sum(matches(rec, query, end) for rec in recordings.values())
                if is_sieved(query)
                # An unreadable row is no reason to ask for more.
                else rows_read
            ):
                break
        found = newest_first(recordings.values())
        starts = (rec.started_at for rec in reversed(found))
        return ArchivePart(
            recordings=found,
            read_to=next(filter(None, starts), None) if has_more else None,
            total=total,
        )

    async def get_oldest_start(self) -> datetime | None:
        """Read the last row of the archive."""
        _, rows = await self._read_rows(
            {"page": "1", "page_size": "1", "sort_by": "time", "order_by": "asc"}
        )
        recordings = await self._parse(rows)
        return recordings[0].started_at if recordings else None

    async def find_archived(self, active: ActiveRecording) -> Recording | None:
        """Find the newest recording of a call: its file's name carries the call's id."""
        began_at = parse_call_id(active.id) or active.started_at
        if began_at is None:
            return None
        start, end = began_at - _CALL_MARGIN, began_at + _CALL_MARGIN
        _, rows = await self._read_rows(
            {**search_filters(start, end), "page": "1", "page_size": str(_LARGEST_PAGE)}
        )
        of_call = [
            rec for rec in await self._parse(rows) if rec.pbx_call_id == active.id
        ]
        return max(of_call, key=lambda rec: int(rec.id), default=None)

    async def _read_rows(
        self, query: Mapping[str, str]
    ) -> tuple[int | None, list[Any]]:
        """Read a page of rows, and how many there are."""
        has_filter = not query.keys().isdisjoint({"start_time", "end_time", "ids"})
        path = "/recording/search" if has_filter else "/recording/list"
        answer = await self._session.get(path, query)
        rows = rows_of(answer.fields.get("data"))
        return as_int(answer.fields.get("total_number")), rows

    async def _parse(self, rows: list[Any]) -> tuple[Recording, ...]:
        """Parse rows; ask how the PBX shows times where a file's name tells none."""
        if any(parse_file_name(as_object(row).get("file")) is None for row in rows):
            await self.learn()
        return parse_rows(rows, lambda row: parse_recording(row, self._clock))

    @asynccontextmanager
    async def download(self, recording_id: str) -> AsyncGenerator[AudioDownload]:
        """Open the sound of a recording ("Download Recording")."""
        answer = await self._session.get(
            "/recording/download", {"id": archive_id(recording_id)}
        )
        if answer.errcode == Errcode.DATA_NOT_FOUND:
            raise RefusedError(ErrorKey.RECORDING_NOT_FOUND)
        url = URL(as_text(answer.fields.get("download_resource_url")) or "")
        # Anything but a path would lead the token to another place.
        if url.is_absolute() or not url.raw_path.startswith("/"):
            raise UnexpectedResponseError("no path to the sound")
        is_mp3 = url.path.casefold().endswith(".mp3")
        async with self._mp3_turn if is_mp3 else nullcontext():
            pair = await self._session.tokens.get()
            async with self._session.wire.transport.download(
                url.raw_path, query={"access_token": pair.access}
            ) as sound:
                yield sound
