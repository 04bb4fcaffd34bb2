"""Reads loosely typed answers: liberal in what is accepted, never guessing."""

from collections.abc import Callable, Iterable, Sized
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, timezone, tzinfo
import logging
import re
from typing import Any, Final

from .errors import UnexpectedResponseError

_LOGGER = logging.getLogger(__name__)

_QUARTER_HOUR: Final = timedelta(minutes=15)
_LARGEST_OFFSET: Final = timedelta(hours=14)

MAX_ROWS: Final = 20_000
_MAX_TEXT: Final = 500
"""Characters of a name, a number or an id; notes may be longer."""
_MAX_TIME: Final = 64
"""Characters of a time or a duration."""
_LARGEST_INT: Final = 2**63 - 1
"""What JSON and databases can hold."""
_LARGEST_EXACT_INT: Final = 2**64 - 1
"""What orjson decodes as a whole number."""
_LARGEST_EXACT_FLOAT: Final = 2.0**53
_NO_CHARACTER: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_BLANK: Final = re.compile(r"[\t\n\x0b\f\r\x85\u2028\u2029]+")
_WHOLE_NUMBER: Final = re.compile(r"[+-]?\d+", re.ASCII)

_NUMBER: Final = r"(\d+(?:[.,]\d+)?)"
_SHORT_DURATION: Final = re.compile(
    r"PT(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,5}(?:\.\d{1,9})?)S)?", re.ASCII
)
"""What the recorders really send."""
_DURATION: Final = re.compile(
    rf"P(?:{_NUMBER}W|(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)",
    re.ASCII | re.IGNORECASE,
)
LONGEST_DURATION: Final = timedelta(days=36_500)
"""A longer one is a mistake, and no time could be reckoned with it."""
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
    rows: list[Any],
    parse: Callable[[dict[str, Any]], Row],
    *,
    limit: int = MAX_ROWS,
) -> tuple[Row, ...]:
    """Parse each row; a bad one costs that row only.

    `parse` raises `ValueError` for a row that cannot be read. Raises
    `UnexpectedResponseError` when there are more rows than `limit`, which are not
    parsed at all, and when no row of a list with rows can be read.
    """
    check_count(rows, limit)
    parsed: list[Row] = []
    reason = ""
    for row in rows:
        try:
            parsed.append(parse(as_object(row)))
        except (ValueError, OverflowError) as err:
            # Our own parsers' texts name the field only, never its content.
            reason = str(err)
    report_unreadable(len(rows), len(rows) - len(parsed), reason)
    return tuple(parsed)


def check_count(rows: Sized, limit: int = MAX_ROWS) -> None:
    """Raise `UnexpectedResponseError` for more rows than can be wanted."""
    if len(rows) > limit:
        raise UnexpectedResponseError("too many rows")


def report_unreadable(count: int, unreadable: int, reason: str) -> None:
    """Log how many of `count` rows could not be read, and why the last one.

    Raises `UnexpectedResponseError` when it is all of them.
    """
    if not unreadable:
        return
    _LOGGER.debug("Skipped %s of %s rows: %s", unreadable, count, reason)
    if unreadable == count:
        raise UnexpectedResponseError("no row can be read")


def as_object(value: Any) -> dict[str, Any]:
    """Return a nested object, or an empty one instead of anything else."""
    return value if isinstance(value, dict) else {}


def as_text(value: Any, limit: int = _MAX_TEXT) -> str | None:
    """Return a text in one line without blanks around it, or `None` for an empty one.

    What is no character (control characters, halves of surrogates) becomes U+FFFD, so
    that every JSON encoder accepts the text. It is cut to `limit` characters. A number
    is a text too, unless it is too large to be exact.
    """
    if isinstance(value, str):
        text = value.strip()[:limit]
        if not (text.isascii() and text.isprintable()):
            text = _NO_CHARACTER.sub("\ufffd", _BLANK.sub(" ", text))
        return text.strip() or None
    return _number_as_text(value)


def _number_as_text(value: Any) -> str | None:
    """Return a number as a text; `None` for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) <= _LARGEST_EXACT_INT else None
    if isinstance(value, float) and abs(value) < _LARGEST_EXACT_FLOAT:
        # A number of a telephone has no ".0" at its end.
        return str(int(value) if value.is_integer() else value)
    return None


def as_int(value: Any) -> int | None:
    """Return a whole number, also one that came as a text; exact, up to 64 bits."""
    if isinstance(value, str):
        value = _number_of(value.strip())
    if isinstance(value, float) and abs(value) < _LARGEST_EXACT_FLOAT:
        return int(value) if value.is_integer() else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) <= _LARGEST_INT else None
    return None


def _number_of(text: str) -> float | None:
    """Return the number that a text is."""
    if len(text) > _MAX_TIME or "_" in text:
        return None
    try:
        return int(text) if _WHOLE_NUMBER.fullmatch(text) else float(text)
    except ValueError:
        return None


def as_bool(value: Any) -> bool | None:
    """Return a truth value, also one that came as a text or number."""
    if isinstance(value, str):
        value = {"true": True, "1": True, "false": False, "0": False}.get(
            value.strip().lower()
        )
    return bool(value) if isinstance(value, bool | int) else None


def as_id(value: Any) -> str | None:
    """Return an id; `None` for one that is cut or has characters that cannot be seen.

    It would not be the recorder's any more, or could be mistaken for another one.
    """
    if isinstance(value, str) and len(value) >= _MAX_TEXT:
        return None
    text = as_text(value)
    if text is None or "\ufffd" in text:
        return None
    return text if text.isprintable() else None


def require_id(row: dict[str, Any], name: str = "id") -> str:
    """Return the row's id; raises `ValueError` for a row without a usable one."""
    if (row_id := as_id(row.get(name))) is None:
        raise ValueError(f"no {name}")
    return row_id


def parse_time(value: Any) -> datetime | None:
    """Parse an ISO 8601 time, with any number of digits in the second.

    The result is naive when the text has no zone. The first and the last year that
    can be written stand for "no date" in many programs.
    """
    if not isinstance(value, str) or len(value) > _MAX_TIME:
        return None
    try:
        time = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return time if MINYEAR < time.year < MAXYEAR else None


def parse_duration(value: Any) -> timedelta | None:
    """Parse an ISO 8601 duration in any of its forms.

    A year counts 365 days and a month 30: no recording is that long. A duration of
    more than 100 years is `None`, since no time can be reckoned with it.
    """
    if not isinstance(value, str) or len(value) > _MAX_TIME:
        return None
    if (match := _SHORT_DURATION.fullmatch(value)) and match.lastindex:
        hours, minutes, seconds = match.groups("0")
        # Half the time of naming the units; both are exact to a microsecond.
        return timedelta(0, int(hours) * 3600 + int(minutes) * 60 + float(seconds))
    text = value.strip()
    if match := _ALTERNATIVE_DURATION.fullmatch(text):
        units: tuple[timedelta, ...] = _DURATION_UNITS[1:]
    elif (match := _DURATION.fullmatch(text)) and any(match.groups()):
        units = _DURATION_UNITS
    else:
        return None
    return _sum_units(match.groups(), units)


def _sum_units(
    numbers: Iterable[str | None], units: Iterable[timedelta]
) -> timedelta | None:
    """Return so many of each unit together; `None` when that is too long."""
    parts = (
        float(number.replace(",", ".")) * unit
        for number, unit in zip(numbers, units, strict=True)
        if number
    )
    try:
        duration = sum(parts, timedelta())
    except OverflowError:
        return None
    return duration if duration <= LONGEST_DURATION else None


def end_time(
    started_at: datetime | None, duration: timedelta | None
) -> datetime | None:
    """Return when a recording ended, if start and duration are known.

    `None` also for an end behind the last year that can be written.
    """
    if started_at is None or duration is None:
        return None
    try:
        return started_at + duration
    except OverflowError:
        return None


def utc_offset(local: datetime, utc: datetime) -> timedelta | None:
    """Return how far a naive local time is ahead of UTC, in whole quarter-hours.

    `None` when the two are too far apart for any zone on Earth.
    """
    offset = round((local.replace(tzinfo=UTC) - utc) / _QUARTER_HOUR) * _QUARTER_HOUR
    return offset if abs(offset) <= _LARGEST_OFFSET else None


def local_zone(offset: timedelta | None, time_zone: tzinfo, now: datetime) -> tzinfo:
    """Return the zone of a recorder's times without a zone.

    `offset` is what the recorder's clock showed at `now`. Where the given zone has
    the same, it is taken, since it also knows the other half of the year.
    """
    if offset is None or now.astimezone(time_zone).utcoffset() == offset:
        return time_zone
    return timezone(offset)
