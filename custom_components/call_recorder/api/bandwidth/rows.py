"""Bandwidth Catapult's recordings and calls, and what we make of them.

Sources: the vendor page "List Recordings"; ap-docs "List Calls" and "Fetch Call
Information" (methods/calls/getCalls.md, getCallsCallId.md).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from urllib.parse import unquote

from ..models import (
    ActiveRecording,
    Direction,
    LocalParty,
    Recording,
    RecordingState,
    RemoteParty,
)
from ..parsing import as_text, parse_time, require_id

_DIRECTIONS: Final = {"in": Direction.INCOMING, "out": Direction.OUTGOING}
_STATES: Final = {state.value: state for state in RecordingState}
_LATEST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A recording as "List Recordings" tells it."""

    id: str
    state: str
    started_at: datetime | None
    ended_at: datetime | None
    call_id: str | None
    media_name: str | None = None

    @classmethod
    def parse(cls, row: dict[str, Any]) -> Self:
        """Parse a row; `ValueError` when it is none or tells an impossible time."""
        if (state := as_text(row.get("state"))) is None:
            raise ValueError("no state")
        return cls(
            id=require_id(row),
            state=state.lower(),
            started_at=_parse_utc(row, "startTime"),
            ended_at=_parse_utc(row, "endTime"),
            call_id=_last_segment(row.get("call")),
            # Only the name counts: the sound is fetched from the account's own address.
            media_name=_last_segment(row.get("media")),
        )

    @property
    def is_active(self) -> bool:
        """Tell whether the recording runs now (Recording States, "recording")."""
        return self.state == "recording"

    @property
    def age(self) -> tuple[datetime, str]:
        """Sort the oldest first, and those without a start last."""
        return self.started_at or _LATEST, self.id

    def to_active(self, call: Call | None, now: datetime) -> ActiveRecording:
        """Make an active recording; its duration is counted to `now`."""
        call = call or _UNKNOWN_CALL
        duration = None
        if self.started_at is not None:
            duration = max(now - self.started_at, timedelta())
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
        """Make a recording of the archive. Catapult tells no duration: computed."""
        call = call or _UNKNOWN_CALL
        duration = None
        if self.started_at and self.ended_at and self.started_at <= self.ended_at:
            duration = self.ended_at - self.started_at
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
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What "Fetch Call Information" tells of a call and does not change later."""

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
        """Return the account's own number: who is called, or who calls out."""
        return self._by_direction(self.to_number, self.from_number)

    @property
    def remote_number(self) -> str | None:
        """Return the number at the other end."""
        return self._by_direction(self.from_number, self.to_number)

    def has_number(self, number: str) -> bool:
        """Tell whether either party has the number, whole or as its last digits."""
        parties = (self.from_number, self.to_number)
        return any(party is not None and _fits(party, number) for party in parties)

    def is_on(self, number: str) -> bool:
        """Tell whether this is a call of the account's own number."""
        if self.direction is None:
            return same_number(self.from_number, number) or same_number(
                self.to_number, number
            )
        return same_number(self.local_number, number)

    def _by_direction(self, incoming: str | None, outgoing: str | None) -> str | None:
        """Choose; nothing where the direction is not told."""
        match self.direction:
            case Direction.INCOMING:
                return incoming
            case Direction.OUTGOING:
                return outgoing
        return None


_UNKNOWN_CALL: Final = Call()


def same_number(one: str | None, other: str) -> bool:
    """Tell whether two spellings mean the same number or SIP address."""
    return one is not None and plain_number(one) == plain_number(other)


def plain_number(number: str) -> str:
    """Return the digits of a phone number; anything else in small letters."""
    digits = "".join(filter(str.isdecimal, number))
    if "@" in number or not digits:
        return number.strip().lower().removeprefix("sip:")
    return digits


def whole_number(number: str) -> str | None:
    """Write a number as "List Calls" wants it (E.164 or SIP address).

    `None` where something can be missing before it.
    """
    if "@" in number:
        return number
    return f"+{plain_number(number)}" if number.startswith("+") else None


def _fits(party: str, number: str) -> bool:
    """Compare a party with a whole number, or with last digits."""
    wanted = plain_number(number)
    if whole_number(number):
        return plain_number(party) == wanted
    return bool(wanted) and plain_number(party).endswith(wanted)


def _parse_utc(row: dict[str, Any], name: str) -> datetime | None:
    """Parse "ISO8601 format (UTC)"; `ValueError` for a time that is impossible.

    ap-docs has one in its own sample: "2013-02-08T13:15:65.887Z".
    """
    if row.get(name) in (None, ""):
        return None
    if (time := parse_time(row[name])) is None:
        raise ValueError(name)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


def _last_segment(address: Any) -> str | None:
    """Return the id at the end of a resource's address."""
    if not isinstance(address, str):
        return None
    # Not yarl's: a thousand rows have two thousand addresses.
    path = address.partition("?")[0].rstrip("/")
    return unquote(path.rpartition("/")[2]) or None
