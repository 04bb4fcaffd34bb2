"""The simulated Asterisk, made to do what the real one does: same methods, same calls."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from simulator.asterisk import Asterisk
from simulator.asterisk.files import MONITOR_FOLDER, unique_id
from simulator.calls import Call, Direction, Line
from simulator.office import Office
from simulator.server import Simulator

_EVENT: Final = "\r\n\r\nEvent: MixMonitorMute\r\nDirection: both\r\nState: 1\r\n\r\n"
_EXTENSIONS: Final = ("1001", "1002", "1003")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCall:
    """A call of the office."""

    number: str
    call_id: str
    call: Call


class SimulatedPbx:
    """An office whose Asterisk numbers its lines and its services as the real one does."""

    tones: Final = (400,)
    """What is heard in a recording, in Hz."""

    def __init__(self, *, tls: bool = False) -> None:
        """Open the office; `start` lets Asterisk serve it."""
        self._offset = timedelta()
        self.office = Office(clock=lambda: datetime.now(UTC) + self._offset)
        self.office.lines = [_line(number) for number in _EXTENSIONS]
        self._simulator = Simulator(self.office, only=("asterisk",), tls=tls)
        self._callers = 0

    @property
    def asterisk(self) -> Asterisk:
        """Return the server."""
        return self._simulator.asterisk

    @property
    def settings(self) -> dict[str, Any]:
        """Return what a user enters who may do everything."""
        return self.asterisk.settings

    @property
    def watcher_settings(self) -> dict[str, Any]:
        """Return what a user enters who may only watch, and has no archive."""
        settings = {**self.settings, "username": self.asterisk.watcher}
        return {
            key: value for key, value in settings.items() if not key.startswith("ari_")
        }

    async def start(self) -> None:
        """Start the server."""
        await self.asterisk.start()

    async def restart(self) -> None:
        """Start the server again, on the same ports."""
        await self.asterisk.start()

    async def stop(self) -> None:
        """Stop the server."""
        await self.asterisk.stop()

    async def crash(self) -> None:
        """Stop without a word; all calls are gone, and their files stay unfinished."""
        await self.asterisk.stop()
        for recording in self.office.active_recordings():
            recording.fate = "error"
        await self.clear()

    # --- Calls ---

    async def call(
        self,
        called: str,
        *,
        caller: str = "",
        name: str = "",
        digits: str = "",
        until: str = "Up",
    ) -> SimulatedCall:
        """Call from outside, or from an extension; the first digit says what happens."""
        self._callers += 1
        number = caller or f"+1555{self._callers:04}"
        if called.startswith("3"):
            name = f"Carla {_EVENT}"
        call = self._call(called, number, name)
        return SimulatedCall(number=number, call_id=unique_id(call, 0), call=call)

    async def call_often(self, called: str, calls: int) -> None:
        """Make many calls at once."""
        for _ in range(calls):
            self._call(called, "+15559999", "")

    def _call(self, called: str, number: str, name: str) -> Call:
        """Connect a call, or let it ring, recorded or not."""
        first, _, last = name.partition(" ")
        line = "1003" if called.startswith("8") else "1002"
        remote = number
        direction: Direction = "incoming"
        if number in _EXTENSIONS:
            outside = called.startswith("9")
            line, remote = number, called if outside else line
            direction = "outgoing" if outside else "internal"
        call = self.office.connect(
            line,
            remote,
            direction,
            ringing=True,
            remote_name=(first, last) if name else None,
        )
        if called.startswith("2"):
            self.asterisk.board.through_local.add(call.number)
        if called[0] in "234679":
            self.office.start_recording(call)
            self.asterisk.report_changes()
        if not called.startswith("4"):
            self.office.answer(call)
        return call

    async def press(self, call: SimulatedCall) -> None:
        """Let the caller press `*1`, which stops the recording."""
        await self.stop_recording(call)

    async def talk(self, call: SimulatedCall, seconds: float) -> None:
        """Let time pass."""
        self._offset += timedelta(seconds=seconds)

    async def hang_up(self, call: SimulatedCall) -> None:
        """Let the caller hang up."""
        self.office.hang_up(call.call)

    async def clear(self) -> None:
        """End all calls."""
        for call in tuple(self.office.calls):
            self.office.hang_up(call)

    async def mute(self, call: SimulatedCall, is_muted: bool) -> None:
        """Let another program pause or resume the recording of a call."""
        for recording in self.office.recordings_of(call.call):
            (self.office.pause if is_muted else self.office.resume)(recording)
        self.asterisk.report_changes()

    async def stop_recording(self, call: SimulatedCall) -> None:
        """Let another program stop the recording of a call."""
        for recording in self.office.recordings_of(call.call):
            self.office.stop(recording)
        self.asterisk.report_changes()

    async def transfer(self, call: SimulatedCall, called: str) -> None:
        """Transfer the caller to another number."""
        call.call.line = self.office.line("1003" if called.startswith("8") else "1002")
        self.asterisk.report_changes()

    async def set_folder(self, folder: str | None) -> None:
        """Let recordings that are started go to another folder, or to the usual one."""
        self.asterisk.board.variables["MIXMON_DIR"] = folder or MONITOR_FOLDER


def _line(number: str) -> Line:
    """Return a line of the office."""
    return Line(
        number=number,
        phone_number=f"+1919555{number}",
        device_name=f"SEP{number}",
        username=f"user{number}",
        numeric_user_id=number,
        first_name="Otto",
        last_name="Office",
        group="Office",
        department="Office",
    )
