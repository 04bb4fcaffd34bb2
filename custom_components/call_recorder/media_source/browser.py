"""Browses and searches one recorder's archive: lines, months, days, recordings."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from homeassistant.components.media_player import BrowseError, MediaClass
from homeassistant.components.media_source import BrowseMediaSource
from homeassistant.util import dt as dt_util

from ..api.errors import ErrorKey
from ..api.models import (
    Recording,
    RecordingPage,
    RecordingQuery,
    RecordingState,
    newest_first,
)
from ..archive.of_line import get_recordings_of_line
from ..const import DOMAIN
from ..data import CallRecorderConfigEntry
from ..lines import Line
from ..views import id_from_token, id_to_token
from .folders import (
    ALL_LINES,
    FIRST_MONTH,
    Folder,
    browse_folder,
    first_of_month,
    first_of_next_month,
    recording_identifier,
    span_of,
)
from .search import Wanted
from .titles import Titles

_MONTHS: Final = 12
_PAGE: Final = 100
_MONTH_LOOK: Final = 500
"""With fewer recordings in a month, days without any are left out."""
_SEARCHED: Final = 1000
"""How many of the newest recordings are searched for what no recorder searches."""
_SEARCHED_PAGE: Final = 500


class Browser:
    """Browses the archive of one recorder. Raises `RecorderError`."""

    def __init__(self, entry: CallRecorderConfigEntry, titles: Titles) -> None:
        """Take the recorder, which is loaded."""
        self._entry = entry
        self._data = entry.runtime_data
        self._titles = titles
        # A line that the archive cannot be asked for has no folder.
        self._lines = {
            line.id: line
            for line in self._data.live.lines
            if line.username or line.directory_number
        }

    async def browse(self, folder: Folder) -> BrowseMediaSource:
        """Open a folder."""
        if not folder.is_line and self._lines:
            children = self._line_folders(folder)
        elif folder.month is None:
            children = await self._months(folder)
        elif folder.day is None:
            children = await self._days(folder)
        else:
            children = await self._recordings(folder)
        return browse_folder(
            str(folder),
            self._title(folder),
            children,
            has_recordings=folder.day is not None,
        )

    def _line_folders(self, folder: Folder) -> list[BrowseMediaSource]:
        """List the lines, behind the folder of all recordings."""
        everything = self._titles.texts["all_recordings"]
        return [
            self._child(folder, everything, is_line=True),
            *(
                self._child(folder, line.name, line_id=line.id, is_line=True)
                for line in self._lines.values()
            ),
        ]

    def _newest_day(self) -> date:
        """Return the local day of the newest recording, or today."""
        archive = self._data.archive.data
        newest = archive.newest if archive else None
        started_at = newest.started_at if newest else None
        return dt_util.as_local(started_at or dt_util.utcnow()).date()

    async def _months(self, folder: Folder) -> list[BrowseMediaSource]:
        """List the months with recordings, newest first, a year at a time."""
        archive = self._data.archive.data
        if archive is not None and archive.total == 0:
            return []
        month = max(first_of_month(folder.until or self._newest_day()), FIRST_MONTH)
        last = FIRST_MONTH
        if oldest := await self._data.live.client.get_oldest_start():
            last = max(last, first_of_month(dt_util.as_local(oldest).date()))
        folder = replace(folder, until=None)
        children = []
        for _ in range(_MONTHS):
            title = self._titles.month(month)
            children.append(self._child(folder, title, month=f"{month:%Y-%m}"))
            month = first_of_month(month - timedelta(days=1))
            if month < last:
                return children
        earlier = self._titles.texts["earlier"]
        return [*children, self._child(folder, earlier, until=f"{month:%Y-%m}")]

    async def _days(self, folder: Folder) -> list[BrowseMediaSource]:
        """List the days of a month, newest first; where few, those with recordings."""
        page = await self._read(self._query(folder, limit=_MONTH_LOOK), folder)
        if page.next_cursor is None:
            starts = (rec.started_at for rec in page.recordings)
            days = {dt_util.as_local(start).date() for start in starts if start}
        else:
            first = first_of_month(folder.month or "")
            end = min(first_of_next_month(first), dt_util.now().date() + timedelta(1))
            days = {first + timedelta(days=n) for n in range((end - first).days)}
        return [
            self._child(folder, self._titles.day(day), day=f"{day:%d}")
            for day in sorted(days, reverse=True)
        ]

    async def _recordings(self, folder: Folder) -> list[BrowseMediaSource]:
        """List a page of a day's recordings, newest first."""
        cursor = id_from_token(folder.cursor) if folder.cursor else None
        query = replace(self._query(folder, limit=_PAGE), cursor=cursor)
        page = await self._read(query, folder)
        children = [self._recording(rec, "%H:%M:%S") for rec in page.recordings]
        if page.next_cursor is not None:
            more, cursor = self._titles.texts["more"], id_to_token(page.next_cursor)
            children.append(self._child(folder, more, cursor=cursor))
        return children

    async def search(self, folder: Folder, text: str) -> list[BrowseMediaSource]:
        """Find recordings by date, line, name, number or reference number.

        The newest first. Without a folder's line, a line's name finds its recordings.
        """
        query = self._query(folder, limit=_PAGE)
        if not text:
            found: list[Recording] = []
        elif span := span_of(text):
            start, end = span
            query = replace(
                query,
                start=max(start, query.start or start),
                end=min(end, query.end or end),
            )
            found = [*(await self._read(query, folder)).recordings]
        else:
            wanted = Wanted.parse(text, masks=self._titles.masks)
            found = [
                *await self._search_newest(query, folder, wanted),
                *await self._search_number(query, folder, wanted),
                *await self._search_lines(folder, wanted),
            ]
        return [self._recording(rec, "%Y-%m-%d %H:%M:%S") for rec in _newest(found)]

    async def _search_newest(
        self, query: RecordingQuery, folder: Folder, wanted: Wanted
    ) -> list[Recording]:
        """Search the newest recordings for what no recorder can be asked for."""
        found: list[Recording] = []
        query = replace(query, limit=_SEARCHED_PAGE)
        for _ in range(_SEARCHED // _SEARCHED_PAGE):
            page = await self._read(query, folder)
            found += (rec for rec in page.recordings if self._fits(rec, wanted))
            if page.next_cursor is None:
                break
            query = replace(query, cursor=page.next_cursor)
        return found

    def _fits(self, recording: Recording, wanted: Wanted) -> bool:
        """Return whether a recording, or the name of one of its lines, is meant.

        The archive shows no devices: a line that is given by its device only is known
        of the recordings that were seen while they ran.
        """
        return wanted.fits(recording) or any(
            wanted.text in line.name.casefold()
            for line in self._data.archive.lines_of(recording)
        )

    async def _search_number(
        self, query: RecordingQuery, folder: Folder, wanted: Wanted
    ) -> list[Recording]:
        """Ask the recorder for a number, in the whole archive.

        Not in the folder of a line that is given by its number: a recorder can be
        asked for one number only.
        """
        line = self._line(folder)
        if wanted.number is None or (line and not line.username):
            return []
        page = await self._read(replace(query, number=wanted.number), folder)
        return list(filter(wanted.fits, page.recordings))

    async def _search_lines(self, folder: Folder, wanted: Wanted) -> list[Recording]:
        """Return the newest recordings of the lines that have a name like this."""
        if folder.line_id != ALL_LINES:
            return []
        found: list[Recording] = []
        for line in self._lines.values():
            if wanted.text in line.name.casefold():
                of_line = replace(folder, line_id=line.id)
                page = await self._read(self._query(of_line, limit=_PAGE), of_line)
                found += page.recordings
        return found

    def _query(self, folder: Folder, *, limit: int) -> RecordingQuery:
        """Return the query for a folder's recordings."""
        start, end = folder.span()
        return RecordingQuery(start=start, end=end, limit=limit)

    async def _read(self, query: RecordingQuery, folder: Folder) -> RecordingPage:
        """Read a page of a folder's recordings."""
        line = self._line(folder)
        if line is None:
            return await self._data.live.client.get_recordings(query)
        return await get_recordings_of_line(self._data.live.client, query, line)

    def _line(self, folder: Folder) -> Line | None:
        """Return the line of a folder, if it is a line's."""
        if folder.line_id == ALL_LINES:
            return None
        if line := self._lines.get(folder.line_id):
            return line
        raise BrowseError(
            translation_domain=DOMAIN, translation_key=ErrorKey.MEDIA_NOT_FOUND
        )

    def _title(self, folder: Folder) -> str:
        """Return the title of an open folder."""
        if folder.day is not None:
            return self._titles.day(date.fromisoformat(f"{folder.month}-{folder.day}"))
        if folder.month is not None:
            return self._titles.month(first_of_month(folder.month))
        line = self._line(folder)
        return line.name if line else self._entry.title

    def _child(self, folder: Folder, title: str, **changes: Any) -> BrowseMediaSource:
        """Return a folder below another one."""
        return browse_folder(str(replace(folder, **changes)), title)

    def _recording(self, recording: Recording, time_format: str) -> BrowseMediaSource:
        """Return a recording as the media browser shows it."""
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier=recording_identifier(self._entry.entry_id, recording.id),
            media_class=MediaClass.MUSIC,
            media_content_type=recording.audio_type
            or self._data.live.client.audio_type,
            title=self._titles.recording(recording, time_format),
            can_play=recording.state in (None, RecordingState.COMPLETE),
            can_expand=False,
        )


def _newest(recordings: Iterable[Recording]) -> list[Recording]:
    """Return the newest recordings, each once; those without a start are the oldest."""
    unique = {recording.id: recording for recording in recordings}
    return sorted(unique.values(), key=newest_first)[:_PAGE]
