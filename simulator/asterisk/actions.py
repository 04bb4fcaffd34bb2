"""The AMI actions about channels, variables and MixMonitors."""

from collections.abc import Callable, Mapping
import re

from .switchboard import Block, Channel, Monitor, Switchboard

type Asked = Mapping[str, str]

VERSION = "22.10.1"
RIGHTS: Mapping[str, set[str]] = {
    "Command": {"command"},
    "CoreSettings": {"system", "reporting"},
    "CoreShowChannels": {"system", "reporting"},
    "Filter": {"system"},
    "Getvar": {"call", "reporting"},
    "ListCommands": set(),
    "Logoff": set(),
    "MixMonitor": {"system"},
    "MixMonitorMute": {"system", "call"},
    "Ping": set(),
    "Setvar": {"call"},
    "StopMixMonitor": {"system", "call"},
}
"""What a user needs one of, for each action; nothing where it is empty."""
_LIST = re.compile(r'mixmonitor list "?([^"]+?)"?')
_FUNCTION = re.compile(r"MIXMONITOR\((0x[0-9a-f]+),filename\)")
_NOTHING = "No such channel"


class AmiError(Exception):
    """An action is not carried out; its text is the answer's Message."""


class Actions:
    """What the PBX does when it is asked."""

    def __init__(self, board: Switchboard) -> None:
        """Act on a switchboard."""
        self._board = board
        self.is_starting = False
        """Whether `Command` is refused because modules are still being loaded."""
        self.keeps_ids = True
        """Whether the dialplan keeps a MixMonitor's id, as FreePBX does."""
        self.by_name: Mapping[str, Callable[[Asked], list[Block]]] = {
            "Command": self._command,
            "CoreSettings": self._core_settings,
            "CoreShowChannels": self._core_show_channels,
            "Getvar": self._getvar,
            "MixMonitor": self._mix_monitor,
            "MixMonitorMute": self._mix_monitor_mute,
            "Ping": self._ping,
            "Setvar": self._setvar,
            "StopMixMonitor": self._stop_mix_monitor,
        }

    def _ping(self, asked: Asked) -> list[Block]:
        """Answer a sign of life."""
        return [[("Ping", "Pong"), ("Timestamp", f"{self._board.office.now:%s}.0")]]

    def _core_settings(self, asked: Asked) -> list[Block]:
        """Return the version."""
        return [[("AMIversion", "11.0.0"), ("AsteriskVersion", VERSION)]]

    def _core_show_channels(self, asked: Asked) -> list[Block]:
        """List the channels."""
        rows: list[Block] = [
            [("Event", "CoreShowChannel"), *channel.row()]
            for channel in self._board.channels().values()
        ]
        end = [("EventList", "Complete"), ("ListItems", str(len(rows)))]
        return [
            [("EventList", "start"), ("Message", "Channels will follow")],
            *rows,
            [("Event", "CoreShowChannelsComplete"), *end],
        ]

    def _command(self, asked: Asked) -> list[Block]:
        """Answer "mixmonitor list CHANNEL"."""
        match = _LIST.fullmatch(asked.get("Command", ""))
        if self.is_starting or match is None:
            raise AmiError("Command output follows")
        answer = [("Message", "Command output follows")]
        channel = self._board.channels().get(match[1])
        if channel is None:
            text = f"No channel matching '{match[1]}' found."
            return [[*answer, ("Output", text)]]
        lines = [
            "MixMonitor ID\tFile\tReceive File\tTransmit File",
            "=" * 73,
            *(f"{one.id}\t{one.path}\t\t" for one in self._board.monitors(channel)),
        ]
        return [[*answer, *(("Output", line) for line in lines)]]

    def _getvar(self, asked: Asked) -> list[Block]:
        """Return a global variable, or the id or file of a channel's MixMonitor."""
        name = asked.get("Variable", "")
        value = self._board.variables.get(name, "")
        if "Channel" in asked:
            value = self._variable(self._channel(asked), name)
        return [[("Variable", name), ("Value", value)]]

    def _variable(self, channel: Channel, name: str) -> str:
        """Return a channel's variable; an unset one is empty."""
        monitors = self._board.monitors(channel)
        if match := _FUNCTION.fullmatch(name):
            paths = [one.path for one in monitors if one.id == match[1]]
            return f"{paths[0]}.wav" if paths and paths[0] else ""
        # Both stay after a stop: the dialplan sets them, and nothing takes them back.
        last = self._board.last_monitor(channel)
        if last is None:
            return ""
        variables = {"MIXMONITOR_FILENAME": f"{last.path}.wav"}
        if self.keeps_ids:
            variables["MIXMON_ID"] = last.id
        return variables.get(name, "")

    def _setvar(self, asked: Asked) -> list[Block]:
        """Set a global variable; what is set on a channel is not kept."""
        if "Channel" in asked:
            self._channel(asked)
        else:
            self._board.variables[asked["Variable"]] = asked.get("Value", "")
        return [[("Message", "Variable Set")]]

    def _mix_monitor(self, asked: Asked) -> list[Block]:
        """Start a MixMonitor: a success, whether it can write or not."""
        path = asked.get("File", "").rpartition(".")[0]
        return [[("MixMonitorID", self._board.start(self._channel(asked), path))]]

    def _stop_mix_monitor(self, asked: Asked) -> list[Block]:
        """Stop a channel's MixMonitor, or the newest."""
        monitor = self._monitor(asked, "Could not stop monitoring channel")
        if monitor.recording is not None:
            self._board.office.stop(monitor.recording)
        return [[]]

    def _mix_monitor_mute(self, asked: Asked) -> list[Block]:
        """Mute all MixMonitors of a channel, or end that."""
        self._monitor(asked, "Cannot set mute flag")
        for monitor in self._board.monitors(self._channel(asked)):
            if monitor.recording is not None and asked.get("State") == "1":
                self._board.office.pause(monitor.recording)
            elif monitor.recording is not None:
                self._board.office.resume(monitor.recording)
        return [[]]

    def _channel(self, asked: Asked) -> Channel:
        """Return the channel that an action names."""
        channel = self._board.channels().get(asked.get("Channel", ""))
        if channel is None:
            raise AmiError(_NOTHING)
        return channel

    def _monitor(self, asked: Asked, message: str) -> Monitor:
        """Return the MixMonitor that an action names, or the newest."""
        wanted = asked.get("MixMonitorID")
        for monitor in self._board.monitors(self._channel(asked)):
            if wanted in (None, monitor.id):
                return monitor
        raise AmiError(message)
