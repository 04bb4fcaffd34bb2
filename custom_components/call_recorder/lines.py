"""The lines that the user watches, and which recordings are known to be theirs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from .api.models import (
    ActiveRecording,
    ActiveRecordingFilter,
    Direction,
    LineAddress,
    LocalParty,
    Recording,
)
from .api.numbers import comparable

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
        """Return how commands name the line."""
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

    def fits(self, party: LocalParty) -> bool | None:
        """Compare with a party of a recording; `None` when only the recorder knows."""
        facts = (
            (_fold(self.username), _fold(party.username)),
            (_number(self.directory_number), _number(party.number)),
            (self.device_name, None),
            (self.numeric_user_id, None),
        )
        found = [
            None if reported is None else reported == wanted
            for wanted, reported in facts
            if wanted is not None
        ]
        if False in found:
            return False
        return None if None in found else True


class Lines:
    """The lines of a recorder, found without going through all of them."""

    def __init__(self, lines: Iterable[Line]) -> None:
        """Sort the lines by what a recording may contain of its party."""
        self._by_id = {line.id: line for line in lines}
        self._by_number: dict[str, list[Line]] = {}
        self._by_username: dict[str, list[Line]] = {}
        self._without_username: dict[str, list[Line]] = {}
        """Lines that name no user, by their number."""
        self._only_asked: list[Line] = []
        """Lines that name neither a user nor a number."""
        for line in self:
            number, username = _number(line.directory_number), _fold(line.username)
            if number:
                self._by_number.setdefault(number, []).append(line)
            if username:
                self._by_username.setdefault(username, []).append(line)
            elif number:
                self._without_username.setdefault(number, []).append(line)
            else:
                self._only_asked.append(line)

    def __iter__(self) -> Iterator[Line]:
        """Go through the lines in the order in which they were added."""
        return iter(self._by_id.values())

    def __len__(self) -> int:
        """Return how many lines are watched."""
        return len(self._by_id)

    def name_of(self, line_id: str | None) -> str | None:
        """Return the line's name."""
        line = self._by_id.get(line_id or "")
        return line.name if line else None

    def by_ids(self, line_ids: Iterable[str]) -> list[Line]:
        """Return the lines with the ids."""
        return [self._by_id[line_id] for line_id in line_ids]

    def find(self, address: LineAddress) -> Line | None:
        """Return the line that a command's address means."""
        return next((line for line in self if _is_same(line.address, address)), None)

    def with_number(self, number: str | None) -> list[Line]:
        """Return the lines that have a number, however it is written."""
        return self._by_number.get(_number(number) or "", [])

    def of_archived(self, recording: Recording) -> list[Line]:
        """Return the lines of a finished recording, as far as it shows them."""
        owners = self.owners(
            LocalParty(
                username=recording.owner.username if recording.owner else None,
                number=recording.local_number,
            )
        )
        if recording.direction is not Direction.INTERNAL:
            return owners
        called = self.with_number(recording.remote_number)
        return [*owners, *(line for line in called if line not in owners)]

    def of_others(self, recording: ActiveRecording) -> list[Line]:
        """Return the lines of the parties in the call beside the local party."""
        lines = [
            line
            for party in recording.further_local_parties
            for line in self.owners(party)
        ]
        if recording.direction is Direction.INTERNAL:
            lines += self.with_number(recording.remote_party.phone_number)
        return lines

    def owners(self, party: LocalParty) -> list[Line]:
        """Return the lines that a party certainly is on."""
        number, username = _number(party.number), _fold(party.username)
        candidates = [
            *self._by_username.get(username or "", []),
            *self._without_username.get(number or "", []),
        ]
        return [line for line in candidates if line.fits(party)]

    def to_ask(self, parties: Iterable[LocalParty]) -> list[Line]:
        """Return the lines of which only the recorder knows whether a party is on them."""
        wanted: dict[str, Line] = {}
        for party in parties:
            if len(wanted) == len(self._by_id):
                break
            for line in self._candidates(party):
                if line.id not in wanted and line.fits(party) is None:
                    wanted[line.id] = line
        return list(wanted.values())

    def _candidates(self, party: LocalParty) -> Iterator[Line]:
        """Return the lines that a party does not contradict at first sight."""
        for reported, lines in (
            (_fold(party.username), self._by_username),
            (_number(party.number), self._without_username),
        ):
            if reported is not None:
                yield from lines.get(reported, [])
            else:
                for some in lines.values():
                    yield from some
        yield from self._only_asked


def lines_of(entry: ConfigEntry) -> tuple[Line, ...]:
    """Return the lines that the user added to a recorder."""
    return tuple(
        Line.from_subentry(subentry)
        for subentry in entry.get_subentries_of_type(SUBENTRY_TYPE_LINE)
    )


def _number(number: str | None) -> str | None:
    """Return a number in the form in which numbers are compared."""
    return None if number is None else comparable(number)


def _is_same(one: LineAddress, other: LineAddress) -> bool:
    """Return whether two addresses mean the same, however their number is written."""
    return (one.device_name, _number(one.directory_number), one.call_id) == (
        other.device_name,
        _number(other.directory_number),
        other.call_id,
    )


def _fold(name: str | None) -> str | None:
    """Return a name in the form in which names are compared."""
    return None if name is None else name.casefold()
