"""Channels of Asterisk, and the calls that they make up.

Source: Asterisk's documentation of the AMI action CoreShowChannels. The action Status
reports more, but does not escape the name that a caller gives.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
import re
from typing import Final

from ..models import Direction, LineAddress, LocalParty, RemoteParty
from ..numbers import is_same
from ..parsing import as_id, as_text
from .wire import Message

_NAME: Final = re.compile(r"[^/]+/(?P<endpoint>.+)-[0-9a-f]+(?:;[12])?")
"""`PJSIP/1002-00000003`, `Local/1002@from-queue-00000001;1`."""
_LOCAL: Final = "Local/"
_LONGEST_EXTENSION: Final = 6
"""Digits. A trunk is often named after its telephone number, which is longer."""
_MOST_LEGS: Final = 100
"""Channels of one call that are looked at: what each of them costs grows with them."""
_UNKNOWN: Final = ("<unknown>", "(null)")
_EPOCH: Final = re.compile(r"(?:.*-)?(\d{9,11})\.\d+")
"""A `Uniqueid`: the second in which the channel started, perhaps behind a system's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One leg of a call."""

    name: str
    unique_id: str
    call_id: str
    """What Asterisk calls `Linkedid`: the first channel of the call."""
    is_up: bool
    has_bridge: bool
    is_local: bool
    """Whether it is no phone's and no trunk's, but leads into the dialplan."""
    endpoint: str | None
    """How Asterisk's configuration names the phone or the trunk."""
    extension: str | None
    """The extension whose leg this is; `None` for a trunk's."""
    caller_number: str | None
    caller_name: str | None

    @classmethod
    def parse(cls, row: Message) -> Channel | None:
        """Read a row; `None` for one that names no channel."""
        # Of a key that comes twice, the first counts.
        fields = dict(reversed(row.fields))
        name, unique_id = as_id(fields.get("Channel")), as_id(fields.get("Uniqueid"))
        if not name or not unique_id:
            return None
        match = _NAME.fullmatch(name)
        is_local = name.startswith(_LOCAL)
        endpoint = match["endpoint"] if match and not is_local else None
        caller_number = _text(fields.get("CallerIDNum"))
        return cls(
            name=name,
            unique_id=unique_id,
            call_id=as_id(fields.get("Linkedid")) or unique_id,
            is_up=fields.get("ChannelStateDesc") == "Up",
            has_bridge=bool(fields.get("BridgeId")),
            is_local=is_local,
            endpoint=endpoint,
            extension=_extension(endpoint, caller_number),
            caller_number=caller_number,
            caller_name=_text(fields.get("CallerIDName")),
        )

    @property
    def is_bridged(self) -> bool:
        """Return whether this leg hears another one."""
        return self.is_up and self.has_bridge

    @property
    def is_connected(self) -> bool:
        """Return whether a person talks on this leg; Local channels only lead to one."""
        return self.is_bridged and not self.is_local

    def is_of(self, number: str) -> bool:
        """Return whether this is the leg of an extension, or of a phone of that name."""
        return is_same(number, self.extension) or is_same(number, self.endpoint)

    @property
    def began_at(self) -> datetime | None:
        """Return when the channel was made, by the PBX's clock."""
        return time_of(self.unique_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The channels that belong together."""

    id: str
    channels: tuple[Channel, ...]

    @property
    def is_connected(self) -> bool:
        """Return whether two talk."""
        return sum(channel.is_connected for channel in self.channels) >= 2

    @property
    def originator(self) -> Channel | None:
        """Return the leg that the call started with, unless it has left."""
        return next(
            (channel for channel in self.channels if channel.unique_id == self.id), None
        )

    @property
    def extensions(self) -> list[str]:
        """Return the extensions that talk now, the caller's first."""
        first = self.originator
        legs = sorted(self.channels, key=lambda leg: leg is not first)
        numbers = [leg.extension for leg in legs if leg.is_connected]
        return list(dict.fromkeys(extension for extension in numbers if extension))

    @property
    def names(self) -> set[str]:
        """Return what a talking line is known by: extensions, endpoints."""
        legs = [leg for leg in self.channels if leg.is_connected]
        names = [name for leg in legs for name in (leg.extension, leg.endpoint)]
        return set(filter(None, names))

    @property
    def direction(self) -> Direction | None:
        """Return the direction; `None` when the leg that shows it is gone.

        What the PBX dials by itself starts with a Local channel, which shows nothing.
        """
        first = self.originator
        if first is None or first.is_local:
            return None
        if first.extension is None:
            return Direction.INCOMING
        return Direction.INTERNAL if len(self.extensions) > 1 else Direction.OUTGOING

    @property
    def parties(self) -> tuple[LocalParty, RemoteParty]:
        """Return who talks: an extension, and whom it talks to."""
        extensions = self.extensions
        local = LocalParty(number=extensions[0] if extensions else None)
        if self.direction is Direction.INTERNAL:
            return local, RemoteParty(phone_number=extensions[1])
        for leg in self.channels:
            if leg.extension is None and leg.endpoint and leg.caller_number:
                name = leg.caller_name
                break
        else:
            return local, RemoteParty()
        return local, RemoteParty(
            first_name=name if name != leg.caller_number else None,
            phone_number=leg.caller_number,
        )

    @property
    def leg_to_record(self) -> Channel:
        """Return the leg that a recording of a connected call is started on."""
        first = self.originator
        if first is not None and first.is_connected:
            return first
        return next(leg for leg in self.channels if leg.is_connected)

    def counts(self, channel: Channel) -> bool:
        """Return whether what is recorded on a leg counts: not while it rings."""
        if channel.is_local:
            # It is bridged with the phone that was dialed first, while the other rings.
            return channel.is_bridged and self.is_connected
        return channel.is_connected

    def is_meant_by(self, line: LineAddress) -> bool:
        """Return whether a line address means the call; all given parts must match."""
        if line.call_id not in (None, self.id):
            return False
        number = line.directory_number
        return number is None or self.leg_of(number) is not None

    def leg_of(self, number: str) -> Channel | None:
        """Return the leg of an extension that talks now."""
        return next(
            (leg for leg in self.channels if leg.is_connected and leg.is_of(number)),
            None,
        )


def _extension(endpoint: str | None, caller_number: str | None) -> str | None:
    """Return the extension that an endpoint is named after; a trunk is not."""
    if endpoint is None or not (endpoint.isascii() and endpoint.isdecimal()):
        return None
    is_short = len(endpoint) <= _LONGEST_EXTENSION
    return endpoint if is_short or endpoint == caller_number else None


def parse_channels(rows: Iterable[Message]) -> list[Channel]:
    """Read the rows of CoreShowChannels; a bad one costs that row only."""
    channels = (
        Channel.parse(row) for row in rows if row.get("Event") == "CoreShowChannel"
    )
    return [channel for channel in channels if channel is not None]


def join_calls(channels: Iterable[Channel]) -> dict[str, Call]:
    """Join the channels of each call, by the call's id."""
    joined: defaultdict[str, list[Channel]] = defaultdict(list)
    for channel in channels:
        if len(legs := joined[channel.call_id]) < _MOST_LEGS:
            legs.append(channel)
    return {
        call_id: Call(id=call_id, channels=tuple(legs))
        for call_id, legs in joined.items()
    }


def time_of(unique_id: str) -> datetime | None:
    """Return the second that a `Uniqueid` starts with, by the PBX's clock."""
    match = _EPOCH.fullmatch(unique_id)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None


def _text(value: str | None) -> str | None:
    """Return a value that Asterisk knows."""
    text = as_text(value)
    return None if text in _UNKNOWN else text
