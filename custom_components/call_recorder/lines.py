"""Which recording belongs to which line."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import batched
import logging
from typing import Any, Final, Self

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from .api.client import RecorderClient
from .api.errors import RecorderError
from .api.models import ActiveRecording, ActiveRecordingFilter, Direction, LineAddress

_LOGGER = logging.getLogger(__name__)

SUBENTRY_TYPE_LINE: Final = "line"
CONF_AUTO_START: Final = "auto_start"
CONF_BUSY_ENTITY_ID: Final = "busy_entity_id"
CONF_DEVICE_NAME: Final = "device_name"
CONF_DIRECTORY_NUMBER: Final = "directory_number"
CONF_MUST_BE_RECORDED: Final = "must_be_recorded"
CONF_NUMERIC_USER_ID: Final = "numeric_user_id"
ADDRESS_FIELDS: Final = (
    CONF_DEVICE_NAME,
    CONF_DIRECTORY_NUMBER,
    "username",
    CONF_NUMERIC_USER_ID,
)

_REQUESTS_AT_ONCE: Final = 4
_TRIES: Final = 3
"""How many polls try to find a recording's line while the recorder fails at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A phone line that the user watches; all given parts of its address must match."""

    id: str
    """Of the subentry."""
    name: str
    device_name: str | None = None
    directory_number: str | None = None
    username: str | None = None
    numeric_user_id: str | None = None
    must_be_recorded: bool = False
    busy_entity_id: str | None = None
    auto_start: bool = False

    @classmethod
    def from_subentry(cls, subentry: ConfigSubentry) -> Self:
        """Read a line from its subentry."""
        data: Mapping[str, Any] = subentry.data
        return cls(
            id=subentry.subentry_id,
            name=subentry.title,
            device_name=data.get(CONF_DEVICE_NAME),
            directory_number=data.get(CONF_DIRECTORY_NUMBER),
            username=data.get("username"),
            numeric_user_id=data.get(CONF_NUMERIC_USER_ID),
            must_be_recorded=data.get(CONF_MUST_BE_RECORDED, False),
            busy_entity_id=data.get(CONF_BUSY_ENTITY_ID),
            auto_start=data.get(CONF_AUTO_START, False),
        )

    @property
    def address(self) -> LineAddress:
        """Return how orders name the line."""
        return LineAddress(
            device_name=self.device_name, directory_number=self.directory_number
        )

    @property
    def filter(self) -> ActiveRecordingFilter:
        """Return what the recorder is asked for to find the line's recordings."""
        return ActiveRecordingFilter(
            device_name=self.device_name,
            directory_number=self.directory_number,
            username=self.username,
            numeric_user_id=self.numeric_user_id,
        )

    def fits(self, recording: ActiveRecording) -> bool | None:
        """Compare with what the recording tells; `None` when only the recorder knows."""
        if self.is_called_by(recording):
            return True
        party = recording.local_party
        facts = (
            (self.username, party.username),
            (_digits(self.directory_number), _digits(party.number)),
            (self.device_name, None),
            (self.numeric_user_id, None),
        )
        told = [
            told and told.casefold() == wanted.casefold()
            for wanted, told in facts
            if wanted is not None
        ]
        if False in told:
            return False
        return None if None in told else True

    def is_called_by(self, recording: ActiveRecording) -> bool:
        """Tell whether another extension called the line: both are local parties."""
        return recording.direction is Direction.INTERNAL and self.has_number(
            recording.remote_party.phone_number
        )

    def has_number(self, number: str | None) -> bool:
        """Tell whether a number is the line's, however the two are written."""
        return number is not None and _digits(number) == _digits(self.directory_number)


def _digits(number: str | None) -> str | None:
    """Leave out what people write between the digits of a number."""
    return number and "".join(filter(str.isalnum, number))


def lines_of(entry: ConfigEntry) -> tuple[Line, ...]:
    """Return the lines that the user added to a recorder."""
    return tuple(
        Line.from_subentry(subentry)
        for subentry in entry.get_subentries_of_type(SUBENTRY_TYPE_LINE)
    )


@dataclass(slots=True)
class LineBook:
    """Remembers the line of each active recording.

    The recorder is asked only about recordings that are new and do not tell enough
    themselves, so an idle poll costs nothing more for any number of lines.
    """

    client: RecorderClient
    lines: tuple[Line, ...]
    usernames: set[str] = field(default_factory=set)
    """Users seen in live recordings, to be offered when a line is added."""
    _line_ids: dict[str, str | None] = field(default_factory=dict)
    _tries: dict[str, int] = field(default_factory=dict)
    _last_line_of_user: dict[str, str] = field(default_factory=dict)

    async def attribute(self, recordings: Iterable[ActiveRecording]) -> dict[str, str]:
        """Return the line of each recording that belongs to one.

        An attributed recording stays so. Raises nothing: while the recorder fails at
        telling, the recording belongs to no line.
        """
        active = {recording.id: recording for recording in recordings}
        self._forget_all_but(active)
        unknown = {
            recording_id: recording
            for recording_id, recording in active.items()
            if recording_id not in self._line_ids
        }
        if unknown:
            self.usernames.update(
                filter(None, (rec.local_party.username for rec in unknown.values()))
            )
            await self._find_lines(unknown)
        return {
            recording_id: line_id
            for recording_id, line_id in self._line_ids.items()
            if line_id is not None
        }

    def name_of(self, line_id: str | None) -> str | None:
        """Return the line's name."""
        return next((line.name for line in self.lines if line.id == line_id), None)

    def find(self, address: LineAddress) -> Line | None:
        """Return the line that an order's address means."""
        return next((line for line in self.lines if line.address == address), None)

    def called_by(self, recording: ActiveRecording) -> list[str]:
        """Return the lines that an internal call has beside the one it belongs to."""
        return [line.id for line in self.lines if line.is_called_by(recording)]

    def is_settled(self, recording_id: str) -> bool:
        """Tell whether it is known which line, if any, the recording belongs to."""
        return recording_id in self._line_ids

    def _forget_all_but(self, active: Mapping[str, ActiveRecording]) -> None:
        """Forget the recordings that have ended."""
        for memory in (self._line_ids, self._tries):
            for recording_id in memory.keys() - active.keys():
                del memory[recording_id]

    async def _find_lines(self, unknown: dict[str, ActiveRecording]) -> None:
        """Find the lines of new recordings, asking the recorder where needed."""
        for recording in list(unknown.values()):
            for line in self.lines:
                if line.fits(recording):
                    self._settle(unknown, recording.id, line)
                    break
        complete = True
        for some_lines in batched(
            self._to_be_asked(unknown), _REQUESTS_AT_ONCE, strict=False
        ):
            if not unknown:
                return
            answers = await asyncio.gather(*(self._ask(line) for line in some_lines))
            for line, found in zip(some_lines, answers, strict=True):
                complete = complete and found is not None
                for recording_id in unknown.keys() & (found or set()):
                    self._settle(unknown, recording_id, line)
        for recording_id in unknown:
            tries = self._tries[recording_id] = self._tries.get(recording_id, 0) + 1
            if complete or tries >= _TRIES:
                self._line_ids[recording_id] = None

    def _to_be_asked(self, unknown: Mapping[str, ActiveRecording]) -> Iterator[Line]:
        """Return the lines that new recordings may belong to, the likely ones first."""
        recordings = list(unknown.values())
        likely = {
            self._last_line_of_user.get(recording.local_party.username or "")
            for recording in recordings
        }
        candidates = [
            line
            for line in self.lines
            if any(line.fits(recording) is None for recording in recordings)
        ]
        return iter(sorted(candidates, key=lambda line: line.id not in likely))

    async def _ask(self, line: Line) -> set[str] | None:
        """Ask which recordings are the line's; `None` when the recorder fails at it."""
        try:
            state = await self.client.get_active_recordings(line.filter)
        except RecorderError as err:
            _LOGGER.debug("The recordings of a line cannot be told: %s", err)
            return None
        return {recording.id for recording in state.recordings or ()}

    def _settle(
        self, unknown: dict[str, ActiveRecording], recording_id: str, line: Line
    ) -> None:
        """Attribute a recording to a line, for as long as it runs."""
        recording = unknown.pop(recording_id)
        self._line_ids[recording_id] = line.id
        if username := recording.local_party.username:
            self._last_line_of_user[username] = line.id
