"""The rows of a Yeastar PBX's list of recordings.

Source: the vendor page "Query Recording List"; "Search Specific Recording" adds the
filters, and newer editions of both the fields `call_from_number` and the like.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
import math
import re
from typing import Any, Final, NamedTuple

from ..audio import audio_type_of_name
from ..errors import ErrorKey, RefusedError
from ..models import Direction, Recording, RecordingQuery, RecordingState
from ..parsing import as_int, as_text, end_time
from .pbx_time import PbxClock, parse_file_name

_DIRECTIONS: Final[Mapping[str, Direction]] = {
    "inbound": Direction.INCOMING,
    "outbound": Direction.OUTGOING,
    "internal": Direction.INTERNAL,
}
_FILE_TYPE: Final = re.compile(r"-(inbound|outbound|internal)\.\w+", re.IGNORECASE)
_ID: Final = re.compile(r"\d{1,20}", re.ASCII)
"""Kept as text: a number of more than 53 bits would not stay exact everywhere."""
_HAS_DIGIT: Final = re.compile(r"\d", re.ASCII)
_LONGEST_DURATION: Final = 366 * 86400


class _Party(NamedTuple):
    """A caller or a called party."""

    number: str | None
    name: str | None


def parse_recording(row: dict[str, Any], clock: PbxClock) -> Recording:
    """Parse a row; `ValueError` for one without an id."""
    recording_id = as_text(row.get("id")) or ""
    if not _ID.fullmatch(recording_id):
        raise ValueError("no id")
    file = parse_file_name(row.get("file"))
    # The file's name needs no display format and no zone to be read.
    started_at = file.started_at if file else clock.to_utc(row.get("time"))
    size = as_int(row.get("size"))
    duration = _parse_duration(row.get("duration"), size)
    direction = _parse_direction(row)
    caller, callee = _parse_party(row, "call_from"), _parse_party(row, "call_to")
    incoming = direction is Direction.INCOMING
    local, remote = (callee, caller) if incoming else (caller, callee)
    return Recording(
        id=recording_id,
        reference_number=as_text(row.get("uid")),
        started_at=started_at,
        ended_at=end_time(started_at, duration),
        duration=duration,
        direction=direction,
        # A recording is listed when it is finished.
        state=RecordingState.COMPLETE,
        local_number=local.number,
        local_name=local.name,
        remote_number=remote.number,
        remote_name=remote.name,
        pbx_call_id=file.call_id if file else None,
        size=size if size is None or size >= 0 else None,
        audio_type=audio_type_of_name(as_text(row.get("file"))),
    )


def _parse_duration(value: Any, size: int | None) -> timedelta | None:
    """Return the duration of a call. The PBX writes 0 for one that it does not know."""
    seconds = as_int(value)
    if seconds is None or not 0 <= seconds <= _LONGEST_DURATION:
        return None
    return None if seconds == 0 and size != 0 else timedelta(seconds=seconds)


def _parse_direction(row: Mapping[str, Any]) -> Direction:
    """Return the direction of a call, from the file's name where the row has none."""
    call_type = as_text(row.get("call_type")) or ""
    if (direction := _DIRECTIONS.get(call_type.lower())) is not None:
        return direction
    match = _FILE_TYPE.search(as_text(row.get("file")) or "")
    return _DIRECTIONS[match[1].lower()] if match else Direction.UNKNOWN


def _parse_party(row: Mapping[str, Any], field: str) -> _Party:
    """Parse a party: from fields of its own if there are any, or from `Name<number>`."""
    text = as_text(row.get(field)) or ""
    before, bracket, rest = text.rpartition("<")
    if bracket and rest.endswith(">") and rest.count(">") == 1:
        name, number = as_text(before), as_text(rest[:-1])
    elif _HAS_DIGIT.search(text):
        name, number = None, text
    else:
        name, number = text or None, None
    return _Party(
        as_text(row.get(f"{field}_number")) or number,
        as_text(row.get(f"{field}_name")) or name,
    )


def search_filters(start: datetime | None, end: datetime | None) -> dict[str, str]:
    """Return a range as "Search Specific Recording" wants it: seconds since 1970.

    Whether it includes its ends is not documented: rows outside have to be left out
    of the answer.
    """
    filters = {}
    if start is not None:
        filters["start_time"] = str(max(math.floor(start.timestamp()), 0))
    if end is not None:
        filters["end_time"] = str(max(math.ceil(end.timestamp()), 0))
    return filters


def is_sieved(query: RecordingQuery) -> bool:
    """Return whether the PBX has no filter for what is asked for.

    It has none for the last digits of a number, nor for the direction.
    """
    return query.number is not None or query.direction is not None


def matches(recording: Recording, query: RecordingQuery, end: datetime | None) -> bool:
    """Return whether a recording is asked for, and started before `end`."""
    started_at = recording.started_at
    is_too_late = started_at and end and started_at >= end
    return not is_too_late and query.fits(recording)


def sort_newest_first(recordings: Iterable[Recording]) -> list[Recording]:
    """Sort by start; one whose start is not known stays behind the one before it."""
    keyed = []
    start = None
    for recording in recordings:
        start = recording.started_at or start
        keyed.append((start.timestamp() if start else math.inf, recording))
    keyed.sort(key=lambda item: item[0], reverse=True)
    return [recording for _, recording in keyed]


def archive_id(recording_id: str) -> str:
    """Return an id of a recording, which is a whole number; refuse any other text."""
    if not _ID.fullmatch(recording_id):
        raise RefusedError(ErrorKey.INVALID_RECORDING_ID)
    return recording_id
