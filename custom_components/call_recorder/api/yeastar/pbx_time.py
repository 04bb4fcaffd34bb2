"""Reads the times of a Yeastar PBX.

Its lists show times as its screens do: in a display format and a zone that only
`system/information` names ("Query PBX Information"). Call ids and the names of
recordings start with seconds since 1970, which need neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
import re
from typing import Any, Final, NamedTuple, Self

from ..parsing import as_int, as_text, local_zone, utc_offset

_YEAR_FIRST: Final = ("YMD",)
_YEAR_LAST: Final = ("DMY", "MDY")

_SHOWN: Final = re.compile(
    r"(\d{1,4})[^\d\s](\d{1,2})[^\d\s](\d{1,4})[\sT,]+"
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AP]M)?",
    re.ASCII | re.IGNORECASE,
)
_CALL_ID: Final = re.compile(r"(\d{9,10})\.(\d+)", re.ASCII)
_FILE_NAME: Final = re.compile(r"(\d{14})-((\d{1,10})\.\d+)-", re.ASCII)
_LONGEST_STAMP_LAG: Final = timedelta(days=2)
"""How far a file's stamp, in local time, can be from the start of its call."""


class FileName(NamedTuple):
    """The call of a recording, as its file's name has it."""

    call_id: str
    started_at: datetime


def parse_call_id(call_id: str) -> datetime | None:
    """Return when a call started, in UTC: its id is `<seconds since 1970>.<number>`."""
    match = _CALL_ID.fullmatch(call_id)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None


def parse_file_name(value: Any) -> FileName | None:
    """Read `YYYYMMDDHHMMSS-<call id>-<from>-<to>-<type>.wav`.

    The stamp in front must be about the time in the call id; otherwise that is not
    what it looks like.
    """
    name = (as_text(value) or "").replace("\\", "/").rpartition("/")[2]
    if (match := _FILE_NAME.match(name)) is None:
        return None
    try:
        stamp = datetime.strptime(f"{match[1]}+0000", "%Y%m%d%H%M%S%z")
    except ValueError:
        return None
    started_at = datetime.fromtimestamp(int(match[3]), UTC)
    if abs(stamp - started_at) > _LONGEST_STAMP_LAG:
        return None
    return FileName(match[2], started_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxClock:
    """How a PBX shows times."""

    zone: tzinfo
    date_order: str | None = None
    """Of year, month and day, such as `DMY`; `None` while it is not known."""
    is_12_hour: bool = False

    @classmethod
    def parse(cls, information: Mapping[str, Any], time_zone: tzinfo) -> Self:
        """Read the format and the zone from an answer of `system/information`.

        `time_zone` is where the PBX probably stands.
        """
        shown = as_text(information.get("system_time")) or ""
        # 24 hours are spelled `hh:mm:ss`. For 12 hours, AM or PM is behind it,
        # whichever it is now.
        time_format = as_text(information.get("system_time_format")) or shown
        clock = cls(
            zone=time_zone,
            date_order=_parse_date_order(information.get("system_date_format")),
            is_12_hour=time_format.upper().endswith(("AM", "PM")),
        )
        seconds = as_int(information.get("timestamp"))
        local = clock._read(shown)
        if local is None or seconds is None or not 0 <= seconds < 2**33:
            return clock
        now = datetime.fromtimestamp(seconds, UTC)
        return cls(
            zone=local_zone(utc_offset(local, now), time_zone, now),
            date_order=clock.date_order,
            is_12_hour=clock.is_12_hour,
        )

    def to_utc(self, value: Any) -> datetime | None:
        """Read a time as the PBX shows it; `None` where that would be a guess."""
        local = self._read(as_text(value) or "")
        return local and local.replace(tzinfo=self.zone).astimezone(UTC)

    def _read(self, text: str) -> datetime | None:
        """Read a time as the PBX shows it; the result is naive."""
        if (match := _SHOWN.fullmatch(text)) is None:
            return None
        hour = self._parse_hour(int(match[4]), match[7])
        parts = match.groups()[:3]
        is_year_first = len(parts[0]) == 4
        orders = _YEAR_FIRST if is_year_first else _YEAR_LAST
        # Where the format does not fit, it was changed since it was read.
        if self.date_order and self.date_order.startswith("Y") == is_year_first:
            orders = (self.date_order,)
        times = {
            _make_time(dict(zip(order, parts, strict=True)), hour, match[5], match[6])
            for order in orders
        } - {None}
        # 01/12 is the first of December or the twelfth of January: no guess.
        return times.pop() if len(times) == 1 else None

    def _parse_hour(self, hour: int, meridiem: str | None) -> int | None:
        """Return the hour of the day; `None` where it could be either half."""
        if meridiem is None:
            return None if self.is_12_hour and 1 <= hour <= 12 else hour
        if not 1 <= hour <= 12:
            return None
        return hour % 12 + (12 if meridiem.upper() == "PM" else 0)


def _make_time(
    date: Mapping[str, str], hour: int | None, minute: str, second: str | None
) -> datetime | None:
    """Put a time together; `None` when there is no such time."""
    year = int(date["Y"])
    if hour is None or not 1970 <= year < 9999:
        return None
    try:
        return datetime(
            year, int(date["M"]), int(date["D"]), hour, int(minute), int(second or 0)
        )
    except ValueError:
        return None


def _parse_date_order(value: Any) -> str | None:
    """Read the order of a date format such as `DD/MM/YYYY`."""
    letters = re.findall(r"(Y)+|(M)+|(D)+", (as_text(value) or "").upper())
    order = "".join("".join(found) for found in letters)
    return order if sorted(order) == ["D", "M", "Y"] else None
