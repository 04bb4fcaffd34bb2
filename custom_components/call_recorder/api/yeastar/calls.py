"""Calls as a Yeastar PBX tells them, and which of them count as recorded.

Sources: "Query Calls" and "(30011) Call Status Changed". Neither says whether a
call is being recorded. The option `recorded_calls` says which calls the PBX's own
rules record, and the orders that we gave are known.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import itemgetter
from typing import Any, Final, Self

from ..models import ActiveRecording, Direction, LocalParty, RemoteParty
from ..parsing import as_bool, as_object, as_text, parse_rows, parse_time
from .pbx_time import parse_call_id
from .wire import rows_of

_EXTENSION: Final = "extension"
_INBOUND: Final = "inbound"
_OUTBOUND: Final = "outbound"

# ALERT is a caller who waits; the others are called and have not answered.
_RINGING: Final = frozenset({"RING", "EARLYMEDIA"})
_TALKING: Final = frozenset({"ANSWERED", "ANSWER"})
_HOLD: Final = "HOLD"
_BYE: Final = "BYE"


class RecordedCalls(StrEnum):
    """Which calls the PBX's own rules record, as the user tells us."""

    ALL = "all"
    EXTENSIONS = "extensions"
    STARTED_HERE = "started_here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody in a call: an extension, or the other end of a trunk."""

    kind: str
    status: str
    number: str | None = None
    """Of an extension."""
    caller: str | None = None
    callee: str | None = None
    channel_id: str | None = None

    @property
    def is_talking(self) -> bool:
        """Tell whether the member's side was answered and is not held."""
        return self.status in _TALKING

    @property
    def is_answered(self) -> bool:
        """Tell whether the member's side was answered, held now or not."""
        return self.is_talking or self.status == _HOLD

    @property
    def is_caller(self) -> bool:
        """Tell whether the member began the call, as far as its status tells."""
        return self.status in ("ALERT", "ANSWERED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call, with those who have not hung up."""

    id: str
    members: tuple[Member, ...]

    @property
    def is_connected(self) -> bool:
        """Tell whether somebody called somebody who answered.

        A caller's ANSWERED alone is not enough: a menu or a queue answers too, and
        a phone that dials for its user answers before the other end rings.
        """
        answered = [member for member in self.members if member.is_answered]
        if len(answered) != 1:
            return bool(answered)
        only = answered[0]
        if only.status == _HOLD:
            return True
        is_called = only.status == "ANSWER" or only.kind == _OUTBOUND
        return is_called and all(
            member.status not in _RINGING for member in self.members
        )

    @property
    def direction(self) -> Direction:
        """Return the direction that the trunks in the call give it."""
        if self._find(_INBOUND):
            return Direction.INCOMING
        return Direction.OUTGOING if self._find(_OUTBOUND) else Direction.INTERNAL

    @property
    def local_numbers(self) -> list[str]:
        """Return the extensions that take part: who called, who talks, the others.

        Where the PBX does not tell any, the trunk's own end stands for it.
        """
        found = [
            member
            for member in self.members
            if member.kind == _EXTENSION and member.status not in _RINGING
        ]
        found.sort(key=lambda member: (not member.is_caller, not member.is_talking))
        if numbers := [member.number for member in found if member.number]:
            return numbers
        if trunk := self._find(_INBOUND):
            return [trunk.callee] if trunk.callee else []
        trunk = self._find(_OUTBOUND)
        return [trunk.caller] if trunk and trunk.caller else []

    @property
    def age(self) -> tuple[datetime, int, str]:
        """Sort by begin; those whose id does not tell it are the oldest."""
        begin = parse_call_id(self.id) or datetime.fromtimestamp(0, UTC)
        return begin, len(self.id), self.id

    def remote_number(self, local_number: str | None) -> str | None:
        """Return the number at the other end."""
        if trunk := self._find(_INBOUND):
            return trunk.caller
        if trunk := self._find(_OUTBOUND):
            return trunk.callee
        others = (number for number in self.local_numbers if number != local_number)
        return next(others, None)

    def _find(self, kind: str) -> Member | None:
        """Return the first member of a kind."""
        return next((m for m in self.members if m.kind == kind), None)


def parse_calls(data: Any) -> tuple[Call, ...]:
    """Parse the `data` of "Query Calls"; an idle PBX leaves it out.

    Raises `UnexpectedResponseError` when it is no list of calls.
    """
    calls: dict[str, Call] = {}
    for call in parse_rows(rows_of(data), _parse_call):
        known = calls.get(call.id)
        members = known.members + call.members if known else call.members
        calls[call.id] = replace(call, members=members)
    return tuple(calls.values())


def _parse_call(row: dict[str, Any]) -> Call:
    """Parse a call; `ValueError` for a row without an id."""
    if (call_id := as_text(row.get("call_id"))) is None:
        raise ValueError("no call_id")
    members = row.get("members")
    return Call(
        id=call_id,
        members=tuple(
            parsed
            for member in (members if isinstance(members, list) else [members])
            for parsed in _parse_member(as_object(member))
            if parsed.status != _BYE
        ),
    )


def _parse_member(row: dict[str, Any]) -> Iterable[Member]:
    """Parse a member: an object in an object that tells the kind."""
    for kind in (_EXTENSION, _INBOUND, _OUTBOUND):
        if member := as_object(row.get(kind)):
            yield Member(
                kind=kind,
                status=(as_text(member.get("member_status")) or "").upper(),
                number=as_text(member.get("number")),
                caller=as_text(member.get("from")),
                callee=as_text(member.get("to")),
                channel_id=as_text(member.get("channel_id")),
            )


def find_channel(
    calls: Iterable[Call],
    call_id: str | None,
    extension: str | None,
    *,
    may_hold: bool,
) -> tuple[Call, str] | None:
    """Find the channel that an order is meant for, and its call.

    `call_id` is that of a call or of a channel; what is given must match. An extension
    goes before a trunk, whoever talks before whoever holds, and a newer call before an
    older one. Nobody who only rings is found.
    """
    found = [
        ((member.kind == _EXTENSION, member.is_talking, call.age), call, channel_id)
        for call in calls
        if call.is_connected
        for member in call.members
        if (channel_id := member.channel_id) is not None
        and (member.is_talking or (may_hold and member.is_answered))
        and extension in (None, member.number)
        and call_id in (None, call.id, channel_id)
    ]
    if not found:
        return None
    _, call, channel_id = max(found, key=itemgetter(0))
    return call, channel_id


def is_unknown_channel(calls: Iterable[Call], call_id: str | None) -> bool:
    """Tell whether this is a channel (`PJSIP/2002-00000076`) of none of the calls."""
    return "/" in (call_id or "") and all(
        call_id != member.channel_id for call in calls for member in call.members
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What we did to a call."""

    started_at: datetime | None = None
    """When we started its recording; `None` when we did not."""
    is_paused: bool | None = None
    """What we did last; `None` when we neither started nor paused it."""

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Read what `as_dict` wrote."""
        stored = as_object(value)
        return cls(
            started_at=parse_time(stored.get("started_at")),
            is_paused=as_bool(stored.get("is_paused")),
        )

    def as_dict(self) -> dict[str, Any]:
        """Write what outlives a restart."""
        return {
            "started_at": self.started_at and self.started_at.isoformat(),
            "is_paused": self.is_paused,
        }


class CallBook:
    """What is known of the calls that go on, beyond the last answer."""

    def __init__(
        self, recorded_calls: RecordedCalls, recorded_extensions: Collection[str]
    ) -> None:
        """Take the options that say which calls are recorded."""
        self._recorded_calls = recorded_calls
        self._recorded_extensions = frozenset(
            extension.strip() for extension in recorded_extensions
        )
        self._ringing: set[str] = set()
        self._starts: dict[str, datetime] = {}
        self._locals: dict[str, str] = {}
        self._orders: dict[str, Order] = {}

    def load(self, stored: Mapping[str, Any]) -> None:
        """Take the orders that were given before a restart."""
        self._orders = {
            call_id: Order.parse(order) for call_id, order in stored.items()
        }

    def as_dict(self) -> dict[str, Any]:
        """Write the orders, for after a restart."""
        return {call_id: order.as_dict() for call_id, order in self._orders.items()}

    def see(self, calls: Collection[Call], now: datetime) -> bool:
        """Learn from all calls that there are; tell whether an order fell away.

        A recording begins when its call is connected. That is now, if the call was
        seen ringing; otherwise all that is known is when the call began.
        """
        going_on = {call.id for call in calls}
        self._ringing &= going_on
        for known in (self._starts, self._locals):
            for call_id in known.keys() - going_on:
                del known[call_id]
        for call in calls:
            if not call.is_connected:
                self._ringing.add(call.id)
            elif call.id not in self._starts:
                began_at = None if call.id in self._ringing else parse_call_id(call.id)
                self._starts[call.id] = min(began_at or now, now)
        gone = self._orders.keys() - going_on
        for call_id in gone:
            del self._orders[call_id]
        return bool(gone)

    def started(self, call_id: str, now: datetime) -> None:
        """Note that we started the recording of a call."""
        self._orders[call_id] = Order(started_at=now, is_paused=False)

    def paused(self, call_id: str, is_paused: bool) -> None:
        """Note that we paused or resumed the recording of a call."""
        order = self._orders.get(call_id, Order())
        self._orders[call_id] = replace(order, is_paused=is_paused)

    def is_ours_alone(self, call_id: str) -> bool:
        """Tell whether a call is recorded because of us alone."""
        order = self._orders.get(call_id, Order())
        only_ours = self._recorded_calls is RecordedCalls.STARTED_HERE
        return only_ours and order.started_at is not None

    def recordings(
        self, calls: Iterable[Call], now: datetime, extension: str | None = None
    ) -> tuple[ActiveRecording, ...]:
        """Return which of the connected calls count as recorded, oldest first.

        With an extension, only those in which it takes part.
        """
        recordings = [
            self._recording(call, now, extension)
            for call in calls
            if (self._has_rule(call) or self._started_at(call))
            and (extension is None or extension in call.local_numbers)
        ]
        recordings.sort(key=lambda rec: (rec.started_at or now, rec.id))
        return tuple(recordings)

    def _has_rule(self, call: Call) -> bool:
        """Tell whether the PBX's own rules record a connected call."""
        match self._recorded_calls:
            case RecordedCalls.ALL:
                return True
            case RecordedCalls.EXTENSIONS:
                return not self._recorded_extensions.isdisjoint(call.local_numbers)
            case RecordedCalls.STARTED_HERE:
                return False

    def _started_at(self, call: Call) -> datetime | None:
        """Return when we started the recording of a call, if we did."""
        return self._orders.get(call.id, Order()).started_at

    def _recording(
        self, call: Call, now: datetime, extension: str | None
    ) -> ActiveRecording:
        """Describe the recording of a call."""
        order = self._orders.get(call.id, Order())
        started_at = self._starts.get(call.id, now)
        if order.started_at is not None and not self._has_rule(call):
            started_at = order.started_at
        local = extension or self._choose_local(call)
        return ActiveRecording(
            id=call.id,
            started_at=started_at,
            duration=max(now - started_at, timedelta()),
            is_paused=order.is_paused,
            direction=call.direction,
            local_party=LocalParty(number=local),
            remote_party=RemoteParty(phone_number=call.remote_number(local)),
            call_id=call.id,
        )

    def _choose_local(self, call: Call) -> str | None:
        """Choose whose recording it is: the same each time while it takes part."""
        before = self._locals.get(call.id)
        numbers = call.local_numbers
        numbers.sort(
            key=lambda number: (
                number not in self._recorded_extensions,
                number != before,
            )
        )
        if not numbers:
            return None
        self._locals[call.id] = numbers[0]
        return numbers[0]
