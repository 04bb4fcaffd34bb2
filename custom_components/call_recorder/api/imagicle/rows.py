"""Paths, filters and details of Imagicle's API.

Sources: the vendor pages "Get Active Recordings" and "Get Recording", and of the
knowledge base "Get Recordings List" (kb 628).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ..errors import ErrorKey, RefusedError
from ..models import Direction, LineAddress, Note, User
from ..numbers import as_dialed, comparable
from ..parsing import as_object, as_text

BASE: Final = "/fw/Apps/Recorder/WebAPI"
LIVE: Final = f"{BASE}/LiveRecordings"
ARCHIVE: Final = f"{BASE}/Recordings"

DIRECTIONS: Final = {
    Direction.UNKNOWN: 0,
    Direction.INCOMING: 1,
    Direction.OUTGOING: 2,
}
DIRECTION_NAMES: Final = {number: name for name, number in DIRECTIONS.items()}
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_NOTE: Final = 10_000
"""Characters of a note."""
_LONGEST_EXTENSION: Final = 6
"""Digits. Longer numbers are telephone numbers, which may start with a "+"."""


def number_filters(number: str) -> list[dict[str, str]]:
    """Return the filters that together find a number, however it was written.

    The server compares texts: the remote number by `contains:`, the local one whole,
    which may be written with a "+" unless it is an extension.
    """
    plain = as_dialed(number).removeprefix("+")
    local = [plain]
    if comparable(number).isdecimal() and len(plain) > _LONGEST_EXTENSION:
        local.append(f"+{plain}")
    contains = f"contains:{plain}"
    return [
        # kb 628 and ucxcr/list-recordings call this filter by different names.
        {"remotePartyNumber": contains, "remoteParty": contains},
        *({"localPartyNumber": text} for text in local),
    ]


def given(query: Mapping[str, str | None]) -> dict[str, str]:
    """Return the parameters that are given."""
    return {name: value for name, value in query.items() if value}


def line_query(line: LineAddress) -> dict[str, str]:
    """Return the line as "Start Recording" names it: by device, number or both."""
    if line.is_empty:
        raise RefusedError(ErrorKey.LINE_NOT_SPECIFIED)
    return given(
        {
            "deviceName": line.device_name,
            "directoryNumber": as_dialed(line.directory_number or ""),
        }
    )


def time_filter(start: datetime | None, end: datetime | None) -> str | None:
    """Return a range filter; the only operator with documented bounds is `between`."""
    if start is None and end is None:
        return None
    start = start or _EARLIEST
    end = end or datetime.now(UTC) + timedelta(days=1)
    if end.microsecond:
        end = end.replace(microsecond=0) + timedelta(seconds=1)
    return f"between:{utc_text(start)};{utc_text(end)}"


def utc_text(time: datetime) -> str:
    """Return a time as in the vendor's examples."""
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
    """Return the owner as the list names it: by user name only (kb 628)."""
    username = as_text(row.get("ownerUsername"))
    return User(username=username) if username else None


def parse_note(value: Any) -> Note | None:
    """Parse a note ("Get Recording", Note)."""
    if not (note := as_object(value)):
        return None
    return Note(
        owner=parse_user(note.get("owner")), text=_parse_lines(note.get("text"))
    )


def _parse_lines(value: Any) -> str | None:
    """Return a text of several lines."""
    if not isinstance(value, str):
        return as_text(value)
    lines = value.strip()[:_MAX_NOTE].splitlines()
    return "\n".join(as_text(line, _MAX_NOTE) or "" for line in lines).strip() or None


def full_name(user: User | None) -> str | None:
    """Return first and last name together."""
    if user is None:
        return None
    return " ".join(filter(None, (user.first_name, user.last_name))) or None
