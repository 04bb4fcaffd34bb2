"""Parses the rows of Bandwidth Catapult's recordings and calls.

Sources: the vendor page "List Recordings"; ap-docs "List Calls" and "Fetch Call
Information" (methods/calls/getCalls.md, getCallsCallId.md).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from urllib.parse import unquote

from ..audio import audio_type_of_name
from ..models import (
    ActiveRecording,
    Direction,
    LocalParty,
    Recording,
    RecordingState,
    RemoteParty,
)
from ..numbers import as_dialed, ends_with, is_same
from ..parsing import LONGEST_DURATION, as_id, as_text, parse_time, require_id

_DIRECTIONS: Final = {"in": Direction.INCOMING, "out": Direction.OUTGOING}
_STATES: Final = {state.value: state for state in RecordingState}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A recording of "List Recordings"."""

    id: str
    state: str
    started_at: datetime | None
    ended_at: datetime | None
    call_id: str | None
    media_name: str | None = None

    @classmethod
    def parse(cls, row: dict[str, Any]) -> Self:
        """Parse a row; `ValueError` when it is none or has an impossible time."""
        if (state := as_text(row.get("state"))) is None:
            raise ValueError("no state")
        return cls(
            id=require_id(row),
            state=state.lower(),
            started_at=_parse_utc(row, "startTime"),
            ended_at=_parse_utc(row, "endTime"),
            call_id=_last_segment(row.get("call")),
            # Only the name counts: the audio is read from the account's own address.
            media_name=_last_segment(row.get("media")),
        )

    @property
    def is_active(self) -> bool:
        """Return whether the recording runs now (Recording States, "recording")."""
        return self.state == "recording"

    def to_active(
        self, call: Call | None, now: datetime | None = None
    ) -> ActiveRecording:
        """Return the active recording; its duration is counted to `now`."""
        call = call or _UNKNOWN_CALL
        duration = None
        if self.started_at is not None and now is not None:
            duration = _between(self.started_at, max(now, self.started_at))
        return ActiveRecording(
            id=self.id,
            started_at=self.started_at,
            duration=duration,
            direction=call.direction,
            local_party=LocalParty(number=call.local_number),
            remote_party=RemoteParty(phone_number=call.remote_number),
            call_id=self.call_id,
        )

    def to_recording(self, call: Call | None) -> Recording:
        """Return the finished recording. Its duration is computed from its times."""
        call = call or _UNKNOWN_CALL
        duration = None
        if self.started_at is not None and self.ended_at is not None:
            duration = _between(self.started_at, self.ended_at)
        return Recording(
            id=self.id,
            started_at=self.started_at,
            ended_at=self.ended_at,
            duration=duration,
            direction=call.direction,
            state=_STATES.get(self.state),
            local_number=call.local_number,
            remote_number=call.remote_number,
            pbx_call_id=self.call_id,
            audio_type=audio_type_of_name(self.media_name),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The part of "Fetch Call Information" that does not change later."""

    id: str = ""
    direction: Direction | None = None
    from_number: str | None = None
    to_number: str | None = None
    is_active: bool = field(default=False, compare=False)
    """Connected when this was read."""

    @classmethod
    def parse(cls, row: dict[str, Any]) -> Self:
        """Parse a call; `ValueError` when it has no id."""
        return cls(
            id=require_id(row),
            direction=_DIRECTIONS.get((as_text(row.get("direction")) or "").lower()),
            from_number=as_text(row.get("from")),
            to_number=as_text(row.get("to")),
            is_active=(as_text(row.get("state")) or "").lower() == "active",
        )

    @property
    def local_number(self) -> str | None:
        """Return the account's own number: the called one, or the one that calls out."""
        return self._by_direction(self.to_number, self.from_number)

    @property
    def remote_number(self) -> str | None:
        """Return the number at the other end."""
        return self._by_direction(self.from_number, self.to_number)

    def has_number(self, number: str) -> bool:
        """Return whether a party has the number, whole or as its last digits."""
        fits = is_same if whole_number(number) else ends_with
        return fits(self.from_number, number) or fits(self.to_number, number)

    def is_on(self, number: str) -> bool:
        """Return whether this is a call of the account's own number."""
        if self.direction is None:
            return is_same(self.from_number, number) or is_same(self.to_number, number)
        return is_same(self.local_number, number)

    def _by_direction(self, incoming: str | None, outgoing: str | None) -> str | None:
        """Return one of the two; `None` where the direction is not known."""
        match self.direction:
            case Direction.INCOMING:
                return incoming
            case Direction.OUTGOING:
                return outgoing
        return None


_UNKNOWN_CALL: Final = Call()


def whole_number(number: str) -> str | None:
    """Return a number as "List Calls" wants it (E.164 or SIP address).

    `None` where digits may be missing before it.
    """
    if "@" in number:
        return number.strip()
    dialed = as_dialed(number)
    return dialed if dialed.startswith("+") else None


def _parse_utc(row: dict[str, Any], name: str) -> datetime | None:
    """Parse "ISO8601 format (UTC)"; `ValueError` for a time that is impossible.

    ap-docs has one in its own sample: "2013-02-08T13:15:65.887Z".
    """
    if row.get(name) in (None, ""):
        return None
    if (time := parse_time(row[name])) is None:
        raise ValueError(name)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


def _between(start: datetime, end: datetime) -> timedelta | None:
    """Return the time between the two; `None` for what cannot be a duration."""
    duration = end - start
    return duration if timedelta() <= duration <= LONGEST_DURATION else None


def _last_segment(address: Any) -> str | None:
    """Return the id at the end of a resource's address."""
    if not isinstance(address, str):
        return None
    # Not yarl's: a thousand rows have two thousand addresses.
    path = address.partition("?")[0].rstrip("/")
    return as_id(unquote(path.rpartition("/")[2]))
