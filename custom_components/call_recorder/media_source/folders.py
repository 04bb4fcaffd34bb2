"""Folders of the media browser: what their identifiers mean."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
import re
from typing import Final, Self

from homeassistant.components.media_player import MediaClass, MediaType
from homeassistant.components.media_source import BrowseMediaSource
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..views import id_to_token

ALL_LINES: Final = "all"
RECORDING: Final = "recording"
"""Stands in a recording's identifier where a folder's has the line."""

FIRST_MONTH: Final = date(1970, 1, 1)
"""No recording is older."""
_DAY: Final = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder: `entry/line/month/day/page`, as far as it goes."""

    entry_id: str
    line_id: str = ALL_LINES
    is_line: bool = False
    """Whether the line was chosen, or the recorder is still at the choice."""
    until: str | None = None
    """Months are listed from this one back."""
    month: str | None = None
    day: str | None = None
    cursor: str | None = None

    @classmethod
    def parse(cls, identifier: str) -> Self:
        """Read an identifier. Raises `ValueError` or `IndexError` if it is not one."""
        entry_id, *rest = identifier.split("/", 4)
        if not rest:
            return cls(entry_id=entry_id)
        line_id, *rest = rest
        folder = cls(entry_id=entry_id, line_id=line_id, is_line=True)
        if not rest:
            return folder
        if rest[0] == "until":
            folder = replace(folder, until=rest[1])
        else:
            month, day, cursor = (*rest, None, None)[:3]
            folder = replace(folder, month=month, day=day, cursor=cursor)
        _, end = folder.span()
        if end is not None and end.date() < FIRST_MONTH:
            raise ValueError("before all recordings")
        return folder

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
        """Return the time of the folder's recordings. Raises `ValueError`."""
        if self.month is None:
            if self.until is None:
                return None, None
            end = first_of_next_month(first_of_month(self.until))
            return None, dt_util.start_of_local_day(end)
        first = date.fromisoformat(f"{self.month}-{self.day or '01'}")
        last = first + timedelta(days=1) if self.day else first_of_next_month(first)
        return dt_util.start_of_local_day(first), dt_util.start_of_local_day(last)


def recording_identifier(entry_id: str, recording_id: str) -> str:
    """Return the identifier by which a recording is resolved to be played."""
    return f"{entry_id}/{RECORDING}/{id_to_token(recording_id)}"


def browse_folder(
    identifier: str | None,
    title: str,
    children: list[BrowseMediaSource] | None = None,
    *,
    has_recordings: bool = False,
) -> BrowseMediaSource:
    """Return a folder as the media browser shows it.

    One that `has_recordings` is shown as a list, also with a folder among them: a grid
    would cut the titles.
    """
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
        children_media_class=MediaClass.MUSIC if has_recordings else None,
    )


def first_of_month(month: str | date) -> date:
    """Return the first day of a month, written as 2026-06. Raises `ValueError`."""
    first = date.fromisoformat(f"{month}-01") if isinstance(month, str) else month
    return date(first.year, first.month, 1)


def first_of_next_month(first: date) -> date:
    """Return the first day of the month after."""
    return (first + timedelta(days=31)).replace(day=1)


def span_of(text: str) -> tuple[datetime, datetime] | None:
    """Return the local time that a typed date or month means."""
    if not (match := _DAY.fullmatch(text)):
        return None
    year, month, day = match.groups()
    try:
        start, end = Folder(entry_id="", month=f"{year}-{month}", day=day).span()
    except ValueError, OverflowError:
        return None
    return (start, end) if start and end else None
