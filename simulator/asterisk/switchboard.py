"""The office's calls as channels of Asterisk, and their recordings as MixMonitors."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from simulator.calls import Call, Recording
from simulator.office import Office

from .files import MONITOR_FOLDER, SPOOL, monitor_path, unique_id

type Block = list[tuple[str, str]]
"""The lines of an event or of an answer."""

_FIRST_ID = 0x7F04E4000000


@dataclass(frozen=True, slots=True)
class Channel:
    """One leg of a call."""

    name: str
    state: str
    number: str
    caller_name: str
    connected_number: str
    unique_id: str
    call: Call
    is_bridged: bool

    def fields(self) -> Block:
        """Return what every event about a channel carries."""
        return [
            ("Channel", self.name),
            ("ChannelState", {"Ring": "4", "Ringing": "5", "Up": "6"}[self.state]),
            ("ChannelStateDesc", self.state),
            ("CallerIDNum", self.number),
            ("CallerIDName", _escape(self.caller_name) or "<unknown>"),
            ("ConnectedLineNum", self.connected_number),
            ("ConnectedLineName", "<unknown>"),
            ("Language", "en"),
            ("AccountCode", ""),
            ("Context", "office"),
            ("Exten", ""),
            ("Priority", "1"),
            ("Uniqueid", self.unique_id),
            ("Linkedid", unique_id(self.call, 0)),
        ]

    def row(self) -> Block:
        """Return a row of CoreShowChannels."""
        return [
            *self.fields(),
            ("Application", "Dial"),
            ("Duration", "00:00:01"),
            ("BridgeId", f"bridge-{self.call.number}" if self.is_bridged else ""),
        ]


@dataclass(frozen=True, slots=True)
class Monitor:
    """A MixMonitor on a channel."""

    id: str
    path: str
    """Without the ending; empty where it cannot write."""
    recording: Recording | None


class Switchboard:
    """Channels, MixMonitors, and the events that their changes cause."""

    def __init__(self, office: Office) -> None:
        """Serve an office."""
        self.office = office
        self.variables = {"MIXMON_DIR": MONITOR_FOLDER, "ASTSPOOLDIR": SPOOL}
        """Global variables."""
        self.through_local: set[int] = set()
        """Calls that reach their line through a Local channel, which is recorded."""
        self._paths: dict[int, str] = {}
        """Of the recordings that were started by AMI, or seen while they ran."""
        self._broken: dict[str, list[Monitor]] = {}
        self._ids = count(1)
        self._channels: dict[str, Channel] = {}
        self._last: dict[str, Monitor] = {}
        self._monitors: dict[str, dict[str, bool]] = {}
        """By channel, whether each MixMonitor is muted."""

    def channels(self) -> dict[str, Channel]:
        """Return the channels of all calls, by name."""
        legs = (leg for call in self.office.calls for leg in self._legs(call))
        return {leg.name: leg for leg in legs}

    def _legs(self, call: Call) -> list[Channel]:
        """Return a call's channels: the caller's first."""
        legs = _legs(call)
        if call.number in self.through_local:
            name = f"Local/{call.line.number}@office-{call.number:08x}"
            halves = (f"{name};1", f"{name};2")
            legs += [replace(legs[1], name=half, unique_id=half) for half in halves]
        return legs

    def monitors(self, channel: Channel) -> list[Monitor]:
        """Return a channel's MixMonitors, newest first: the caller's leg has them."""
        call = channel.call
        recorded = self._legs(call)[-1 if call.number in self.through_local else 0]
        if channel.name != recorded.name:
            return []
        now = self.office.now
        found = [
            Monitor(
                f"{_FIRST_ID + recording.number * 16:#x}",
                self.path(recording),
                recording,
            )
            for recording in self.office.recordings_of(channel.call)
            if recording.is_active(now)
        ]
        return [*self._broken.get(channel.name, ()), *reversed(found)]

    def last_monitor(self, channel: Channel) -> Monitor | None:
        """Return the MixMonitor that was started last, whether it still runs or not."""
        return self._last.get(channel.name)

    def path(self, recording: Recording) -> str:
        """Return where a recording is written, without the ending."""
        kept = self._paths.get(recording.number)
        if kept is None:
            kept = monitor_path(recording, self.office.time_zone)
            if recording.ended_at is None:
                # It keeps its name when the call is transferred.
                self._paths[recording.number] = kept
        return kept

    def start(self, channel: Channel, path: str) -> str:
        """Start a MixMonitor, whether it can write or not; return its id."""
        if path.startswith("/proc/"):
            monitor = Monitor(f"{_FIRST_ID + next(self._ids):#x}", "", None)
            self._broken.setdefault(channel.name, []).insert(0, monitor)
            return monitor.id
        recording = self.office.start_recording(channel.call)
        self._paths[recording.number] = path
        return f"{_FIRST_ID + recording.number * 16:#x}"

    def events(self) -> Iterator[Block]:
        """Yield the events of all that has changed since the last time."""
        channels = self.channels()
        for name in self._channels.keys() - channels.keys():
            gone = self._channels[name].fields()
            yield [("Event", "Hangup"), *gone, ("Cause", "16")]
            self._monitors.pop(name, None)
            self._broken.pop(name, None)
        for name, channel in channels.items():
            yield from self._changes(self._channels.get(name), channel)
        self._channels = channels

    def _changes(self, before: Channel | None, now: Channel) -> Iterator[Block]:
        """Yield the events of one channel."""
        fields = now.fields()
        if before is None:
            yield [("Event", "Newchannel"), *fields]
        if before is None or before.state != now.state:
            yield [("Event", "Newstate"), *fields]
        if now.is_bridged and not (before and before.is_bridged):
            yield [("Event", "BridgeEnter"), *fields]
        yield from self._monitor_changes(now)

    def _monitor_changes(self, now: Channel) -> Iterator[Block]:
        """Yield the events of one channel's MixMonitors."""
        fields = now.fields()
        known = self._monitors.setdefault(now.name, {})
        running = {
            monitor.id: bool(monitor.recording and monitor.recording.is_paused)
            for monitor in self.monitors(now)
        }
        for monitor in self.monitors(now):
            if monitor.id in known:
                continue
            self._last[now.name] = monitor
            yield [("Event", "MixMonitorStart"), *fields]
        for _ in known.keys() - running.keys():
            yield [("Event", "MixMonitorStop"), *fields]
        is_muted = any(running.values())
        if is_muted != any(known.values()) and running:
            state = [("Direction", "both"), ("State", f"{is_muted:d}")]
            yield [("Event", "MixMonitorMute"), *fields, *state]
        self._monitors[now.name] = running


def _escape(name: str) -> str:
    """Return a name as events carry it: it can start no line of its own."""
    return name.replace("\r", "\\r").replace("\n", "\\n")


def _legs(call: Call) -> list[Channel]:
    """Return a call's channels: the caller's first."""
    ours, theirs = call.line.number, call.remote_number
    name = " ".join(call.remote_name or ())
    far = f"PJSIP/{theirs if call.direction == 'internal' else 'trunk'}"
    ends = [(f"PJSIP/{ours}", ours, "", theirs), (far, theirs, name, ours)]
    if call.direction not in ("outgoing", "internal"):
        ends.reverse()
    is_answered = call.answered_at is not None
    return [
        Channel(
            name=f"{endpoint}-{2 * call.number + leg:08x}",
            state="Up" if is_answered else ("Ring", "Ringing")[leg],
            number=number,
            caller_name=caller_name,
            connected_number=connected,
            unique_id=unique_id(call, leg),
            call=call,
            is_bridged=is_answered,
        )
        for leg, (endpoint, number, caller_name, connected) in enumerate(ends)
    ]
