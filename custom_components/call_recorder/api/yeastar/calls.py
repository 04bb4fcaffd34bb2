"""Calls as a Yeastar PBX reports them, and the channels that commands are meant for.

Sources: "Query Calls" and "(30011) Call Status Changed".
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from operator import itemgetter
import re
from typing import Any, Final

from ..models import Direction
from ..numbers import is_same
from ..parsing import as_object, as_text, require_id
from ..row_cache import RowCache
from .pbx_time import parse_call_id
from .wire import rows_of

_EXTENSION: Final = "extension"
_INBOUND: Final = "inbound"
_OUTBOUND: Final = "outbound"

# ALERT is a waiting caller; the others are called and have not answered.
_RINGING: Final = frozenset({"RING", "EARLYMEDIA"})
_TALKING: Final = frozenset({"ANSWERED", "ANSWER"})
_HOLD: Final = "HOLD"
_CHANNEL: Final = re.compile(r"\w+/[\w/@.:;,+-]{1,100}", re.ASCII)
_BYE: Final = "BYE"
_MOST_MEMBERS: Final = 100
"""Members of one call that are looked at: each is a line's, and is told to browsers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A participant of a call: an extension, or the other end of a trunk."""

    kind: str
    status: str
    number: str | None = None
    """Of an extension."""
    caller: str | None = None
    callee: str | None = None
    channel_id: str | None = None

    @property
    def is_talking(self) -> bool:
        """Return whether the member's side was answered and is not held."""
        return self.status in _TALKING

    @property
    def is_answered(self) -> bool:
        """Return whether the member's side was answered, held now or not."""
        return self.is_talking or self.status == _HOLD

    def can_be_recorded(self, *, may_hold: bool) -> bool:
        """Return whether a start may be meant for the member's channel."""
        return self.is_answered if may_hold else self.is_talking

    @property
    def is_caller(self) -> bool:
        """Return whether the member started the call, as far as its status shows it."""
        return self.status in ("ALERT", "ANSWERED")


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call, with the members that have not hung up.

    What follows from them is worked out once: a call stays the same for many polls.
    """

    id: str
    members: tuple[Member, ...]

    @cached_property
    def is_connected(self) -> bool:
        """Return whether a called party has answered.

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

    @cached_property
    def direction(self) -> Direction:
        """Return the direction that the trunks in the call give it."""
        if self._find(_INBOUND):
            return Direction.INCOMING
        return Direction.OUTGOING if self._find(_OUTBOUND) else Direction.INTERNAL

    @cached_property
    def local_numbers(self) -> tuple[str, ...]:
        """Return the extensions that take part: the caller, then those that talk.

        Where the PBX reports no extension, the trunk's own end stands for it.
        """
        found = [
            member
            for member in self.members
            if member.kind == _EXTENSION and member.status not in _RINGING
        ]
        found.sort(key=lambda member: (not member.is_caller, not member.is_talking))
        numbers = tuple(member.number for member in found if member.number)
        return numbers or tuple(filter(None, (self._own_end_of_trunk,)))

    @property
    def _own_end_of_trunk(self) -> str | None:
        """Return the number on this side of the call's trunk."""
        if trunk := self._find(_INBOUND):
            return trunk.callee
        trunk = self._find(_OUTBOUND)
        return trunk.caller if trunk else None

    def has_extension(self, number: str) -> bool:
        """Return whether an extension takes part, however its number is written."""
        return any(is_same(number, local) for local in self.local_numbers)

    @property
    def age(self) -> tuple[datetime, int, str]:
        """Return a sort key: by start; calls whose id does not show it are the oldest."""
        started_at = parse_call_id(self.id) or datetime.fromtimestamp(0, UTC)
        return started_at, len(self.id), self.id

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


class CallParser:
    """Parses the answers of "Query Calls", each row once while it stays as it is."""

    def __init__(self) -> None:
        """Start without any."""
        self._cache: RowCache[Call] = RowCache()
        self._rows: tuple[Call, ...] = ()
        self._calls: tuple[Call, ...] = ()

    async def parse(self, data: Any) -> tuple[Call, ...]:
        """Return the calls in `data`, which an idle PBX leaves out.

        The same tuple comes back while no call changes. Raises
        `UnexpectedResponseError` when `data` is no list of calls.
        """
        rows = await self._cache.parse(rows_of(data), _parse_call)
        if rows is not self._rows:
            self._rows, self._calls = rows, _merge(rows)
        return self._calls


def _merge(rows: Iterable[Call]) -> tuple[Call, ...]:
    """Put the rows of one call together: each may have some of its members."""
    calls: dict[str, Call] = {}
    for call in rows:
        if (known := calls.get(call.id)) is not None:
            members = known.members + call.members
            call = replace(known, members=members[:_MOST_MEMBERS])
        calls[call.id] = call
    return tuple(calls.values())


def _parse_call(row: dict[str, Any]) -> Call:
    """Parse a call; `ValueError` for a row without an id."""
    members = row.get("members")
    parsed = (
        parsed
        for member in (members if isinstance(members, list) else [members])
        for parsed in _parse_member(as_object(member))
        if parsed.status != _BYE
    )
    return Call(
        id=require_id(row, "call_id"),
        members=tuple(islice(parsed, _MOST_MEMBERS)),
    )


def _parse_member(row: dict[str, Any]) -> Iterable[Member]:
    """Parse a member: an object in an object, whose field names the kind."""
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
    """Find the channel that a command is meant for, and its call.

    `call_id` is that of a call or of a channel; what is given must match. An extension
    goes before a trunk, a member that talks before one on hold, and a newer call before
    an older one. A ringing member is never found.
    """
    found = [
        ((member.kind == _EXTENSION, member.is_talking, call.age), call, channel_id)
        for call in calls
        if call.is_connected
        for member in call.members
        if (channel_id := member.channel_id) is not None
        and member.can_be_recorded(may_hold=may_hold)
        and (extension is None or is_same(extension, member.number))
        and call_id in (None, call.id, channel_id)
    ]
    if not found:
        return None
    _, call, channel_id = max(found, key=itemgetter(0))
    return call, channel_id


def is_unknown_channel(calls: Iterable[Call], call_id: str | None) -> bool:
    """Return whether this is a channel (`PJSIP/2002-00000076`) of none of the calls."""
    if call_id is None or not _CHANNEL.fullmatch(call_id):
        return False
    channels = {member.channel_id for call in calls for member in call.members}
    return call_id not in channels
