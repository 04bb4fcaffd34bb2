"""Which calls of a Yeastar PBX count as recorded.

No answer and no event reports whether a call is being recorded. The option
`recorded_calls` defines which calls the PBX's own rules record, and the commands that we
sent are known.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from ..models import ActiveRecording, LocalParty, RemoteParty, oldest_first
from ..numbers import comparable, is_same, split_numbers
from ..parsing import as_bool, as_object, parse_time
from . import RecordedCalls
from .calls import Call
from .pbx_time import parse_call_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCommand:
    """What our commands did to a call."""

    started_at: datetime | None = None
    """When we started its recording; `None` when we did not."""
    is_paused: bool | None = None
    """The last command; `None` when we neither started nor paused the recording."""

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Parse the result of `as_dict`."""
        stored = as_object(value)
        return cls(
            started_at=parse_time(stored.get("started_at")),
            is_paused=as_bool(stored.get("is_paused")),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what is kept across a restart."""
        return {
            "started_at": self.started_at and self.started_at.isoformat(),
            "is_paused": self.is_paused,
        }


class CallLedger:
    """What is known of the current calls beyond the last answer."""

    def __init__(
        self, recorded_calls: RecordedCalls, recorded_extensions: Collection[str]
    ) -> None:
        """Take the options that define which calls are recorded."""
        self._recorded_calls = recorded_calls
        self._recorded_extensions = frozenset(
            comparable(extension)
            for text in recorded_extensions
            for extension in split_numbers(text)
        )
        self._ringing: set[str] = set()
        self._starts: dict[str, datetime] = {}
        self._locals: dict[str, str] = {}
        self._commands: dict[str, CallCommand] = {}
        self._known: dict[str, tuple[Call, CallCommand | None, ActiveRecording]] = {}
        """The recordings of the last poll, and what they were made of."""

    def load(self, stored: Mapping[str, Any]) -> None:
        """Take the commands that were sent before a restart."""
        self._commands = {
            call_id: CallCommand.parse(command) for call_id, command in stored.items()
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the commands, to be kept across a restart."""
        return {
            call_id: command.as_dict() for call_id, command in self._commands.items()
        }

    def see(self, calls: Collection[Call], now: datetime) -> bool:
        """Learn from all current calls.

        A recording starts when its call is connected. That is now, if the call was
        seen ringing; otherwise only the start of the call is known. Return True if a
        remembered command belonged to a call that has ended.
        """
        current = {call.id for call in calls}
        self._ringing &= current
        for known in (self._starts, self._locals):
            for call_id in known.keys() - current:
                del known[call_id]
        for call in calls:
            if not call.is_connected:
                self._ringing.add(call.id)
            elif call.id not in self._starts:
                started_at = (
                    None if call.id in self._ringing else parse_call_id(call.id)
                )
                self._starts[call.id] = min(started_at or now, now)
        gone = self._commands.keys() - current
        for call_id in gone:
            del self._commands[call_id]
        return bool(gone)

    def started(self, call_id: str, now: datetime) -> None:
        """Note that we started the recording of a call."""
        self._commands[call_id] = CallCommand(started_at=now, is_paused=False)

    def paused(self, call_id: str, is_paused: bool) -> None:
        """Note that we paused or resumed the recording of a call."""
        command = self._commands.get(call_id, CallCommand())
        self._commands[call_id] = replace(command, is_paused=is_paused)

    def is_ours_alone(self, call_id: str) -> bool:
        """Return whether a call is recorded because of our command alone."""
        command = self._commands.get(call_id, CallCommand())
        only_ours = self._recorded_calls is RecordedCalls.STARTED_HERE
        return only_ours and command.started_at is not None

    def recordings(
        self, calls: Iterable[Call], now: datetime, extension: str | None = None
    ) -> tuple[ActiveRecording, ...]:
        """Return which of the connected calls count as recorded, oldest first.

        Without an extension, these are all; one that has not changed is the same
        object as before. With an extension, only those in which it takes part.
        """
        recorded = [
            call for call in calls if self._has_rule(call) or self._started_at(call)
        ]
        if extension is None:
            self._known = {call.id: self._know(call, now) for call in recorded}
            recordings = [recording for *_, recording in self._known.values()]
        else:
            recordings = [
                self._recording(call, now, extension)
                for call in recorded
                if call.has_extension(extension)
            ]
        recordings.sort(key=oldest_first)
        return tuple(recordings)

    def _know(
        self, call: Call, now: datetime
    ) -> tuple[Call, CallCommand | None, ActiveRecording]:
        """Return the recording of a call, and what it was made of."""
        command = self._commands.get(call.id)
        known = self._known.get(call.id)
        if known is not None and known[:2] == (call, command):
            return known
        return call, command, self._recording(call, now, None)

    def _has_rule(self, call: Call) -> bool:
        """Return whether the PBX's own rules record a connected call."""
        match self._recorded_calls:
            case RecordedCalls.ALL:
                return True
            case RecordedCalls.EXTENSIONS:
                return not self._recorded_extensions.isdisjoint(
                    map(comparable, call.local_numbers)
                )
            case RecordedCalls.STARTED_HERE:
                return False

    def _started_at(self, call: Call) -> datetime | None:
        """Return when we started the recording of a call, if we did."""
        return self._commands.get(call.id, CallCommand()).started_at

    def _recording(
        self, call: Call, now: datetime, extension: str | None
    ) -> ActiveRecording:
        """Return the recording of a call."""
        command = self._commands.get(call.id, CallCommand())
        started_at = self._starts.get(call.id, now)
        if command.started_at is not None and not self._has_rule(call):
            started_at = command.started_at
        numbers = self._local_numbers(call, extension)
        local = numbers[0] if numbers else None
        return ActiveRecording(
            id=call.id,
            started_at=started_at,
            is_paused=command.is_paused,
            direction=call.direction,
            local_party=LocalParty(number=local),
            further_local_parties=tuple(
                LocalParty(number=number) for number in numbers[1:]
            ),
            remote_party=RemoteParty(phone_number=call.remote_number(local)),
            call_id=call.id,
        )

    def _local_numbers(self, call: Call, extension: str | None) -> list[str]:
        """Return the numbers of the call's lines; the first one is the recording's.

        That is `extension` where it is given. Otherwise it is the same in each poll
        while it takes part, and one that the PBX's rules record where there is one.
        """
        first = self._locals.get(call.id)
        numbers = sorted(
            dict.fromkeys(call.local_numbers),
            key=lambda number: (
                extension is not None and not is_same(extension, number),
                comparable(number) not in self._recorded_extensions,
                number != first,
            ),
        )
        if numbers and extension is None:
            self._locals[call.id] = numbers[0]
        return numbers
