"""One recorder's archive as folders: lines, months, days, and pages of recordings."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
import re
from typing import Any, Final, Self

from homeassistant.components.media_player import BrowseError, MediaClass, MediaType
from homeassistant.components.media_source import BrowseMediaSource
from homeassistant.util import dt as dt_util

from ..api.errors import ErrorKey
from ..api.models import Direction, Recording, RecordingQuery, RecordingState
from ..const import CONF_MASK_NUMBERS, DOMAIN
from ..data import CallRecorderConfigEntry
from ..lines import Line
from ..privacy import mask_number
from ..views import id_from_token, id_to_token

RECORDING: Final = "recording"
"""Stands in a recording's identifier where a folder's has the line."""

_ALL_LINES: Final = "all"
_FIRST_YEAR: Final = 1970
_MONTHS: Final = 12
_PAGE: Final = 100
_MONTH_LOOK: Final = 500
"""With fewer recordings in a month, days without any are left out."""
_SEARCHED: Final = 1000
"""How many of the newest recordings are searched for what no recorder searches."""
_SEARCHED_PAGE: Final = 500
_ARROWS: Final = {
    Direction.INCOMING: "↙",
    Direction.OUTGOING: "↗",
    Direction.INTERNAL: "↔",
}
_NUMBER: Final = re.compile(r"\+?[\d ()/.-]{2,}")
_DAY: Final = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder: `entry/line/month/day/page`, as far as it goes."""

    entry_id: str
    line_id: str = _ALL_LINES
    is_line: bool = False
    """Whether the line was chosen, or the recorder is still at the choice."""
    until: str | None = None
    """Months are listed from this one back."""
    month: str | None = None
    day: str | None = None
    cursor: str | None = None

    @classmethod
    def parse(cls, identifier: str) -> Self:
        """Read an identifier; `ValueError` when it is none of ours."""
        entry_id, *rest = identifier.split("/", 4)
        if not rest:
            return cls(entry_id=entry_id)
        line_id, *rest = rest
        place = cls(entry_id=entry_id, line_id=line_id, is_line=True)
        if not rest:
            return place
        if rest[0] == "until":
            place = replace(place, until=rest[1])
        else:
            month, day, cursor = (*rest, None, None)[:3]
            place = replace(place, month=month, day=day, cursor=cursor)
        _, end = place.span()
        if end is not None and end.year < _FIRST_YEAR:
            raise ValueError("before all recordings")
        return place

    def __str__(self) -> str:
        """Write the identifier."""
        parts = [self.entry_id]
        if self.is_line or self.until or self.month:
            parts.append(self.line_id)
        if self.until:
            parts += ["until", self.until]
        parts += filter(None, (self.month, self.day, self.cursor))
        return "/".join(parts)

    def span(self) -> tuple[datetime | None, datetime | None]:
        """Return the local time that the folder is about. Raises `ValueError`."""
        if self.month is None:
            return (None, _start_of_month(self.until)) if self.until else (None, None)
        first = date.fromisoformat(f"{self.month}-{self.day or '01'}")
        last = first + timedelta(days=1) if self.day else _next_month(first)
        return dt_util.start_of_local_day(first), dt_util.start_of_local_day(last)


class Browser:
    """Browses the archive of one recorder. Raises `RecorderError`."""

    def __init__(self, entry: CallRecorderConfigEntry, texts: dict[str, str]) -> None:
        """Browse for somebody who reads the texts."""
        self._entry = entry
        self._data = entry.runtime_data
        self._texts = texts
        # A line that the archive cannot be asked for has no folder.
        self._lines = {
            line.id: line
            for line in self._data.live.lines
            if line.username or line.directory_number
        }
        self._mask = entry.options.get(CONF_MASK_NUMBERS, False)

    async def browse(self, place: Place) -> BrowseMediaSource:
        """Open a folder."""
        if not place.is_line and self._lines:
            children = [
                self._child(place, self._texts["all_recordings"], is_line=True),
                *(
                    self._child(place, line.name, line_id=line.id, is_line=True)
                    for line in self._lines.values()
                ),
            ]
        elif place.month is None:
            children = await self._months(place)
        elif place.day is None:
            children = await self._days(place)
        else:
            children = await self._recordings(place)
        return folder(str(place), self._title(place), children)

    async def _months(self, place: Place) -> list[BrowseMediaSource]:
        """List the months with recordings, newest first, a year at a time."""
        client, archive = self._data.client, self._data.archive.data
        if archive is not None and archive.newest is None:
            return []
        newest = archive and archive.newest and archive.newest.started_at
        month = _month_of(place.until or dt_util.as_local(newest or dt_util.utcnow()))
        oldest = await client.get_oldest_start()
        last = dt_util.as_local(oldest).date().replace(day=1) if oldest else None
        place = replace(place, until=None)
        folders = []
        for _ in range(_MONTHS):
            folders.append(self._child(place, f"{month:%Y-%m}", month=f"{month:%Y-%m}"))
            month = (month - timedelta(days=1)).replace(day=1)
            if last is not None and month < last:
                return folders
        earlier = self._child(place, self._texts["earlier"], until=f"{month:%Y-%m}")
        return [*folders, earlier]

    async def _days(self, place: Place) -> list[BrowseMediaSource]:
        """List the days of a month, newest first; where few, those with recordings."""
        page = await self._data.client.get_recordings(
            self._query(place, limit=_MONTH_LOOK)
        )
        if page.next_cursor is None:
            starts = (rec.started_at for rec in page.recordings)
            days = {dt_util.as_local(start).date() for start in starts if start}
        else:
            first = date.fromisoformat(f"{place.month}-01")
            last = min(_next_month(first), dt_util.now().date() + timedelta(days=1))
            days = {first + timedelta(days=n) for n in range((last - first).days)}
        return [
            self._child(place, f"{day:%Y-%m-%d}", day=f"{day:%d}")
            for day in sorted(days, reverse=True)
        ]

    async def _recordings(self, place: Place) -> list[BrowseMediaSource]:
        """List a page of a day's recordings, newest first."""
        query = replace(
            self._query(place, limit=_PAGE),
            cursor=id_from_token(place.cursor) if place.cursor else None,
        )
        page = await self._data.client.get_recordings(query)
        children = [self._recording(rec, "%H:%M:%S") for rec in page.recordings]
        if page.next_cursor is not None:
            cursor = id_to_token(page.next_cursor)
            children.append(self._child(place, self._texts["more"], cursor=cursor))
        return children

    async def search(self, place: Place, text: str) -> list[BrowseMediaSource]:
        """Find recordings by date, number, name or reference number, newest first."""
        if not text:
            return []
        query = self._query(place, limit=_PAGE)
        if span := _span_of(text):
            start, end = span
            query = replace(
                query,
                start=max(start, query.start or start),
                end=min(end, query.end or end),
            )
            found = [*(await self._data.client.get_recordings(query)).recordings]
        else:
            number = re.sub(r"[^\d+]", "", text) if _NUMBER.fullmatch(text) else None
            found = await self._search_newest(query, text.casefold(), number)
            # A line's own number takes the place of the number that is asked for.
            if number and query.number is None:
                page = await self._data.client.get_recordings(
                    replace(query, number=number)
                )
                found += page.recordings
        unique = {recording.id: recording for recording in found}
        newest = sorted(unique.values(), key=_start, reverse=True)[:_PAGE]
        return [self._recording(recording, "%Y-%m-%d %H:%M:%S") for recording in newest]

    async def _search_newest(
        self, query: RecordingQuery, text: str, number: str | None
    ) -> list[Recording]:
        """Search the newest recordings for what no recorder can be asked for."""
        found: list[Recording] = []
        query = replace(query, limit=_SEARCHED_PAGE)
        for _ in range(_SEARCHED // _SEARCHED_PAGE):
            page = await self._data.client.get_recordings(query)
            found += (rec for rec in page.recordings if _mentions(rec, text, number))
            if page.next_cursor is None:
                break
            query = replace(query, cursor=page.next_cursor)
        return found

    def _query(self, place: Place, *, limit: int) -> RecordingQuery:
        """Ask for what a folder is about."""
        start, end = place.span()
        line = self._line(place)
        return RecordingQuery(
            start=start,
            end=end,
            username=line.username if line else None,
            # A user's name says it all, and costs one request where a number costs two.
            number=line.directory_number if line and not line.username else None,
            limit=limit,
        )

    def _line(self, place: Place) -> Line | None:
        """Return the line of a folder, if it is a line's."""
        if place.line_id == _ALL_LINES:
            return None
        if line := self._lines.get(place.line_id):
            return line
        raise BrowseError(
            translation_domain=DOMAIN, translation_key=ErrorKey.MEDIA_NOT_FOUND
        )

    def _title(self, place: Place) -> str:
        """Name a folder."""
        if place.day is not None:
            return f"{place.month}-{place.day}"
        line = self._line(place)
        return place.month or (line.name if line else self._entry.title)

    def _child(self, place: Place, title: str, **changes: Any) -> BrowseMediaSource:
        """Make a folder below another one."""
        return folder(str(replace(place, **changes)), title)

    def _recording(self, recording: Recording, time_format: str) -> BrowseMediaSource:
        """Show a recording: when, with whom, on which line, and for how long."""
        number = recording.remote_number
        remote = recording.remote_name or (
            mask_number(number) if self._mask else number
        )
        arrow = _ARROWS.get(recording.direction or Direction.UNKNOWN)
        start, duration = recording.started_at, recording.duration
        parts = [
            dt_util.as_local(start).strftime(time_format) if start else None,
            " ".join(filter(None, (arrow, remote))),
            recording.local_name or recording.local_number,
            _clock(duration) if duration else None,
        ]
        can_play = recording.state in (None, RecordingState.COMPLETE)
        if not can_play:
            parts.append(self._texts[str(recording.state)])
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier=recording_identifier(self._entry.entry_id, recording.id),
            media_class=MediaClass.MUSIC,
            media_content_type=self._data.client.audio_type,
            title=" · ".join(filter(None, parts)),
            can_play=can_play,
            can_expand=False,
        )


def recording_identifier(entry_id: str, recording_id: str) -> str:
    """Return the identifier by which a recording is resolved to be played."""
    return f"{entry_id}/{RECORDING}/{id_to_token(recording_id)}"


def folder(
    identifier: str | None,
    title: str,
    children: list[BrowseMediaSource] | None = None,
) -> BrowseMediaSource:
    """Make a folder."""
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=identifier,
        media_class=MediaClass.DIRECTORY,
        media_content_type=MediaType.MUSIC,
        title=title,
        can_play=False,
        can_expand=True,
        can_search=True,
        search_media_classes=[MediaClass.MUSIC],
        children=children,
    )


def _month_of(when: str | date) -> date:
    """Return the first day of a month."""
    first = date.fromisoformat(f"{when}-01") if isinstance(when, str) else when
    return date(first.year, first.month, 1)


def _next_month(first: date) -> date:
    """Return the first day of the month after."""
    return (first + timedelta(days=31)).replace(day=1)


def _start_of_month(month: str) -> datetime:
    """Return the end of the months that are listed from this one back."""
    return dt_util.start_of_local_day(_next_month(_month_of(month)))


def _span_of(text: str) -> tuple[datetime, datetime] | None:
    """Return the local time that a date or a month means."""
    if not (match := _DAY.fullmatch(text)):
        return None
    year, month, day = match.groups()
    try:
        start, end = Place(entry_id="", month=f"{year}-{month}", day=day).span()
    except ValueError, OverflowError:
        return None
    return (start, end) if start and end else None


def _mentions(recording: Recording, text: str, number: str | None) -> bool:
    """Tell whether a name of the recording has the text in it, or is the number."""
    parties = (recording.local_number, recording.remote_number)
    if number and any(party and party.endswith(number) for party in parties):
        return True
    facts = (
        recording.remote_name,
        recording.local_name,
        recording.reference_number,
        recording.owner.username if recording.owner else None,
        recording.note.text if recording.note else None,
    )
    return any(fact is not None and text in fact.casefold() for fact in facts)


def _start(recording: Recording) -> float:
    """Sort by start, those without one as the oldest."""
    return recording.started_at.timestamp() if recording.started_at else 0


def _clock(duration: timedelta) -> str:
    """Write a duration as clocks do."""
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
