"""Rows, filters and details of Imagicle's answers.

Sources: the vendor pages "Get Active Recordings" and "Get Recording", and of the
knowledge base "Get Recordings List" (kb 628).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from ..errors import ErrorKey, RefusedError, UnexpectedResponseError
from ..models import (
    ActiveRecording,
    Direction,
    LineAddress,
    Note,
    Recording,
    RecordingQuery,
    User,
)
from ..parsing import as_object, as_text
from ..transport import Reply

DIRECTIONS: Final = {
    Direction.UNKNOWN: 0,
    Direction.INCOMING: 1,
    Direction.OUTGOING: 2,
}
DIRECTION_NAMES: Final = {number: name for name, number in DIRECTIONS.items()}
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Found(NamedTuple):
    """Part of the archive that was read."""

    recordings: tuple[Recording, ...]
    read_to: datetime | None
    total: int | None


def live_rows(reply: Reply) -> list[Any]:
    """Return the rows of the live list: an array, a bare object, or nothing.

    The page promises an array when nothing matches, and shows a bare object.
    """
    if not reply.body.strip():
        return []
    answer = reply.json()
    if isinstance(answer, dict):
        return [answer]
    if isinstance(answer, list):
        return answer
    raise UnexpectedResponseError("no list of recordings")


def age(recording: ActiveRecording) -> tuple[datetime, str]:
    """Sort the oldest first, and those without a start last."""
    return recording.started_at or datetime.max.replace(tzinfo=UTC), recording.id


def start(recording: Recording) -> datetime:
    """Sort by start, those without one as the oldest."""
    return recording.started_at or _EARLIEST


def is_within(recording: Recording, query: RecordingQuery) -> bool:
    """Tell whether the recording began in the time that was asked for."""
    if (started_at := recording.started_at) is None:
        return True
    return (query.start is None or started_at >= query.start) and (
        query.end is None or started_at < query.end
    )


def has_number(recording: Recording, number: str) -> bool:
    """Tell whether either party has the number, whole or as its last digits."""
    parties = (recording.local_number, recording.remote_number)
    return any(party is not None and party.endswith(number) for party in parties)


def given(query: Mapping[str, str | None]) -> dict[str, str]:
    """Leave out the parameters that are not given."""
    return {name: value for name, value in query.items() if value}


def line_query(line: LineAddress) -> dict[str, str]:
    """Name the line as "Start Recording" wants it: device, number or both."""
    if line.call_id is not None:
        raise RefusedError(ErrorKey.NOT_SUPPORTED)
    if line.is_empty:
        raise RefusedError(ErrorKey.LINE_NOT_SPECIFIED)
    return given(
        {"deviceName": line.device_name, "directoryNumber": line.directory_number}
    )


def time_filter(start: datetime | None, end: datetime | None) -> str | None:
    """Write a range filter; the only operator with documented bounds is `between`."""
    if start is None and end is None:
        return None
    start = start or _EARLIEST
    end = end or datetime.now(UTC) + timedelta(days=1)
    if end.microsecond:
        end = end.replace(microsecond=0) + timedelta(seconds=1)
    return f"between:{utc_text(start)};{utc_text(end)}"


def utc_text(time: datetime) -> str:
    """Write a time as the vendor's examples do."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_user(value: Any) -> User | None:
    """Parse a user ("Get Recording", User)."""
    if not (user := as_object(value)):
        return None
    return User(
        username=as_text(user.get("username")),
        first_name=as_text(user.get("firstName")),
        last_name=as_text(user.get("lastName")),
        phone_number=as_text(user.get("phoneNumber")),
        group=as_text(user.get("group")),
        department=as_text(user.get("department")),
    )


def list_owner(row: dict[str, Any]) -> User | None:
    """Return the owner as the list tells it: by user name only (kb 628)."""
    username = as_text(row.get("ownerUsername"))
    return User(username=username) if username else None


def parse_note(value: Any) -> Note | None:
    """Parse a note ("Get Recording", Note)."""
    if not (note := as_object(value)):
        return None
    return Note(owner=parse_user(note.get("owner")), text=as_text(note.get("text")))


def full_name(user: User | None) -> str | None:
    """Return first and last name together."""
    if user is None:
        return None
    return " ".join(filter(None, (user.first_name, user.last_name))) or None
