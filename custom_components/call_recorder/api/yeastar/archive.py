"""The archive of a Yeastar PBX.

Sources: the vendor pages "Query Recording List", "Search Specific Recording",
"Download Recording" and "Query PBX Information".
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final, NamedTuple

from ..audio import AudioDownload
from ..errors import ErrorKey, RecorderError, RefusedError, UnexpectedResponseError
from ..models import (
    ActiveRecording,
    RecorderInfo,
    Recording,
    RecordingPage,
    RecordingQuery,
)
from ..paging import ArchivePart, TimeCursor
from ..parsing import as_int, as_object, as_text, check_count
from ..row_cache import RowCache
from ..transport import parse_url
from .pbx_time import PbxClock, parse_call_id, parse_file_name
from .rows import (
    archive_id,
    is_sieved,
    matches,
    parse_recording,
    search_filters,
    sort_newest_first,
)
from .session import YeastarSession
from .wire import Errcode, rows_of

_LARGEST_PAGE: Final = 100
"""Rows that are asked for at once. No document has the limit."""
_MOST_PAGES: Final = 10
"""Pages that one question reads at most."""
_INFORMATION_INTERVAL: Final = timedelta(days=1)
_INFORMATION_RETRY: Final = timedelta(hours=1)
_CALL_MARGIN: Final = timedelta(minutes=1)
"""How far the time in the archive may be from the one in the call's id."""


class _Page(NamedTuple):
    """Rows of the archive."""

    rows: list[Any]
    total: int | None
    """Rows of all pages, where the PBX reports it."""
    rows_read: int
    """Rows of this page and those before it."""
    has_more: bool


class YeastarArchive:
    """Reads the finished recordings of a PBX."""

    def __init__(self, session: YeastarSession, time_zone: tzinfo) -> None:
        """Take the zone in which the PBX probably is."""
        self.info = RecorderInfo(model="P-Series")
        self._session = session
        self._time_zone = time_zone
        self._clock = PbxClock(zone=time_zone)
        self._cache: RowCache[Recording] = RowCache()
        self._clock_of_cache = self._clock
        self._information_due: datetime | None = None
        self._mp3_turn = asyncio.Lock()
        """The PBX sends one MP3 at a time ("Download Recording")."""

    async def learn(self) -> None:
        """Read "Query PBX Information" once a day.

        Only times in rare forms depend on it, so it may fail.
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

        Up to 100 rows cost one request. A cursor goes on by time, not by page number:
        a recording that is archived between two pages would shift them.
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
            "sort_by": "time",
            "order_by": "desc",
        }
        recordings: dict[str, Recording] = {}
        total, has_more = None, False
        async for page in self._read_pages(filters, size):
            total, has_more = page.total, page.has_more
            known = len(recordings)
            recordings |= {rec.id: rec for rec in await self._parse(page.rows)}
            if len(recordings) == known:
                # Where a PBX does not know `page`, all pages are the first.
                has_more = len(page.rows) >= size
                break
            if wanted <= (
                sum(matches(rec, query, end) for rec in recordings.values())
                if is_sieved(query)
                # An unreadable row is no reason to ask for more.
                else page.rows_read
            ):
                break
        found = sort_newest_first(recordings.values())
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
        """Find the newest recording of a call: its file's name has the call's id."""
        started_at = parse_call_id(active.id) or active.started_at
        if started_at is None:
            return None
        filters = search_filters(started_at - _CALL_MARGIN, started_at + _CALL_MARGIN)
        of_call = [
            recording
            async for page in self._read_pages(filters, _LARGEST_PAGE)
            for recording in await self._parse(page.rows)
            if recording.pbx_call_id == active.id
        ]
        return max(of_call, key=lambda rec: int(rec.id), default=None)

    async def _read_pages(
        self, filters: Mapping[str, str], size: int
    ) -> AsyncIterator[_Page]:
        """Read the pages of a question, ten at most.

        A PBX may give fewer rows a page than asked for: a short page is the last one
        only where the total is not reported.
        """
        total, rows_read = None, 0
        for number in range(1, _MOST_PAGES + 1):
            reported, rows = await self._read_rows(
                {**filters, "page": str(number), "page_size": str(size)}
            )
            check_count(rows, _LARGEST_PAGE)
            total = reported if number == 1 else total
            rows_read += len(rows)
            is_short = len(rows) < size if total is None else rows_read >= total
            page = _Page(rows, total, rows_read, bool(rows) and not is_short)
            yield page
            if not page.has_more:
                return

    async def _read_rows(
        self, query: Mapping[str, str]
    ) -> tuple[int | None, list[Any]]:
        """Read a page of rows, and how many rows there are in all."""
        has_filter = not query.keys().isdisjoint({"start_time", "end_time", "ids"})
        path = "/recording/search" if has_filter else "/recording/list"
        answer = await self._session.get(path, query)
        rows = rows_of(answer.fields.get("data"))
        return as_int(answer.fields.get("total_number")), rows

    async def _parse(self, rows: list[Any]) -> tuple[Recording, ...]:
        """Parse rows; where a file's name has no time, read how the PBX shows times.

        Rows that the last answer had too are not parsed again.
        """
        if any(parse_file_name(as_object(row).get("file")) is None for row in rows):
            await self.learn()
        if self._clock != self._clock_of_cache:
            self._cache.clear()
            self._clock_of_cache = self._clock
        return await self._cache.parse(
            rows, lambda row: parse_recording(row, self._clock)
        )

    @asynccontextmanager
    async def download(self, recording_id: str) -> AsyncGenerator[AudioDownload]:
        """Open the audio of a recording ("Download Recording")."""
        answer = await self._session.get(
            "/recording/download", {"id": archive_id(recording_id)}
        )
        if answer.errcode == Errcode.DATA_NOT_FOUND:
            raise RefusedError(ErrorKey.RECORDING_NOT_FOUND)
        try:
            url = parse_url(as_text(answer.fields.get("download_resource_url")) or "")
        except ValueError:
            raise UnexpectedResponseError("no path to the audio") from None
        # Anything but a path would send the token to another address.
        if url.is_absolute() or not url.raw_path.startswith("/"):
            raise UnexpectedResponseError("no path to the audio")
        is_mp3 = url.path.casefold().endswith(".mp3")
        async with self._mp3_turn if is_mp3 else nullcontext():
            pair = await self._session.tokens.get()
            async with self._session.wire.transport.download(
                url.raw_path, query={"access_token": pair.access}
            ) as audio:
                yield audio
