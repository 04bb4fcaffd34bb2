"""Reads loosely typed answers: liberal in what is accepted, never guessing."""

from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, timezone, tzinfo
import logging
import re
from typing import Any, Final

from .errors import UnexpectedResponseError

_LOGGER = logging.getLogger(__name__)

_QUARTER_HOUR: Final = timedelta(minutes=15)
_LARGEST_OFFSET: Final = timedelta(hours=14)

_NUMBER: Final = r"(\d+(?:[.,]\d+)?)"
_DURATION: Final = re.compile(
    rf"P(?:{_NUMBER}W|(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)",
    re.ASCII | re.IGNORECASE,
)
_LONGEST_DURATION: Final = timedelta(days=36_500)
_DURATION_UNITS: Final = (
    timedelta(weeks=1),
    timedelta(days=365),
    timedelta(days=30),
    timedelta(days=1),
    timedelta(hours=1),
    timedelta(minutes=1),
    timedelta(seconds=1),
)
_ALTERNATIVE_DURATION: Final = re.compile(
    r"P(\d{4})-?(\d{2})-?(\d{2})T(\d{2}):?(\d{2}):?(\d{2}(?:[.,]\d+)?)", re.ASCII
)


def parse_rows[Row](
    rows: list[Any], parse: Callable[[dict[str, Any]], Row]
) -> tuple[Row, ...]:
    """Parse each row; a bad one costs that row only.

    `parse` raises `ValueError` for a row that cannot be read. Raises
    `UnexpectedResponseError` when no row of a list with rows can be.
    """
    parsed = []
    for row in rows:
        try:
            parsed.append(parse(as_object(row)))
        except ValueError as err:
            # Our own parsers' texts name the field only, never its content.
            _LOGGER.debug("Skipped a row that cannot be read: %s", err)
    if rows and not parsed:
        raise UnexpectedResponseError("no row can be read")
    return tuple(parsed)


def as_object(value: Any) -> dict[str, Any]:
    """Return a nested object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def as_text(value: Any) -> str | None:
    """Return a text without blanks around it; `None` for an empty or missing one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def as_int(value: Any) -> int | None:
    """Return a whole number, also one that came as a text."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
        return int(number) if number == int(number) else None
    except TypeError, ValueError, OverflowError:
        return None


def as_bool(value: Any) -> bool | None:
    """Return a truth value, also one that came as a text or number."""
    if isinstance(value, str):
        value = {"true": True, "1": True, "false": False, "0": False}.get(
            value.strip().lower()
        )
    return bool(value) if isinstance(value, bool | int) else None


def require_id(row: dict[str, Any]) -> str:
    """Return the row's id; `ValueError` for a row without one."""
    if (row_id := as_text(row.get("id"))) is None:
        raise ValueError("no id")
    return row_id


def parse_time(value: Any) -> datetime | None:
    """Parse an ISO 8601 time, with up to any number of digits in the second.

    The result is naive when the text tells no zone. The first and the last year
    that can be written are how programs say "no date".
    """
    try:
        time = datetime.fromisoformat(value.strip())
    except AttributeError, ValueError:
        return None
    return time if MINYEAR < time.year < MAXYEAR else None


def parse_duration(value: Any) -> timedelta | None:
    """Parse an ISO 8601 duration in any of its forms.

    A year counts 365 days and a month 30: a recording that long is none. Nor is a
    duration of more than 100 years, with which no time can be reckoned.
    """
    if not isinstance(value, str):
        return None
    text = value.strip()
    if match := _ALTERNATIVE_DURATION.fullmatch(text):
        units: tuple[timedelta, ...] = _DURATION_UNITS[1:]
    elif (match := _DURATION.fullmatch(text)) and any(match.groups()):
        units = _DURATION_UNITS
    else:
        return None
    try:
        duration = sum(
            (
                float(number.replace(",", ".")) * unit
                for number, unit in zip(match.groups(), units, strict=True)
                if number
            ),
            timedelta(),
        )
    except OverflowError:
        return None
    return duration if duration <= _LONGEST_DURATION else None


def utc_offset(local: datetime, utc: datetime) -> timedelta | None:
    """Return how far a naive local time is ahead of UTC, in whole quarter-hours.

    `None` when the two are too far apart for any zone on Earth.
    """
    offset = round((local.replace(tzinfo=UTC) - utc) / _QUARTER_HOUR) * _QUARTER_HOUR
    return offset if abs(offset) <= _LARGEST_OFFSET else None


def local_zone(offset: timedelta | None, time_zone: tzinfo, now: datetime) -> tzinfo:
    """Choose the zone of a recorder's zone-less times.

    `offset` is what the recorder's clock showed at `now`. Where the given zone has
    the same, it is taken, since it also knows the other half of the year.
    """
    if offset is None or now.astimezone(time_zone).utcoffset() == offset:
        return time_zone
    return timezone(offset)
