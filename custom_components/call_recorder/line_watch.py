"""Watches whether the calls of a line are recorded.

A recorder knows what it records, not what it misses. Home Assistant also knows which
phones are in a call: a line that is in a call without an active recording is a problem.
"""

from collections.abc import Callable
from datetime import datetime
from enum import Enum, auto
from typing import Final

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, callback
from homeassistant.helpers.event import async_call_later, async_track_state_change_event

from .api.client import Capability
from .api.errors import ErrorKey, RecorderError, RefusedError
from .api.models import LocalParty
from .commands import StartOutcome, async_send_refusal, async_start_recording
from .const import DOMAIN
from .coordinator import LiveCoordinator
from .lines import Line
from .recording_events import (
    RecordingChange,
    RecordingEvent,
    RecordingEventType,
    async_listen_events,
)

_GRACE: Final = 15
"""Seconds that a call may go on before it counts as not recorded."""
_RETRY_DELAYS: Final = (2, 5)
"""Seconds after which a start is tried again."""
_RETRYABLE: Final = (ErrorKey.NO_CONNECTED_CALL, StartOutcome.PENDING)
BUSY_STATES: Final = frozenset(
    {
        "on",
        "active",
        "answered",
        "busy",
        "connected",
        "in_call",
        "in_use",
        "on_call",
        "talking",
        "up",
    }
)


def is_busy(state: str | None) -> bool | None:
    """Return whether an entity's state means a call; `None` when that is not known.

    A number (of calls) means one when it is not zero. Ringing is no call yet.
    """
    if state in (None, STATE_UNAVAILABLE, STATE_UNKNOWN):
        return None
    text = state.strip().lower().replace(" ", "_").replace("-", "_")
    try:
        return float(text) > 0
    except ValueError:
        return text in BUSY_STATES


class WatchState(Enum):
    """What is known about the calls of a line."""

    UNKNOWN = auto()
    """Neither an entity nor the recorder shows whether the line is in a call."""
    IDLE = auto()
    """In no call."""
    GRACE = auto()
    """In a call that is not recorded yet."""
    UNRECORDED = auto()
    """In a call that should be recorded by now, and is not."""
    RECORDED = auto()
    """In a call that is recorded."""


_IN_CALL: Final = (WatchState.GRACE, WatchState.UNRECORDED, WatchState.RECORDED)


class LineWatch:
    """Watches the calls of one line, and starts their recordings if asked to."""

    def __init__(self, live: LiveCoordinator, line: Line) -> None:
        """Start without knowing whether the line is in a call."""
        self.line = line
        self._live = live
        self._state = WatchState.UNKNOWN
        self._is_recording_lost = False
        """Whether the last call that should be in the archive is not there."""
        self._cancel_grace: CALLBACK_TYPE | None = None
        self._listeners: list[Callable[[], None]] = []
        self._starter = _Starter(live, line, lambda: self._state in _IN_CALL)

    @property
    def not_recorded(self) -> bool | None:
        """Return whether a recording is missing; `None` while calls are not known."""
        if self._state is WatchState.UNKNOWN:
            return None
        return self._state is WatchState.UNRECORDED or self._is_recording_lost

    @callback
    def async_start(self) -> None:
        """Watch until the recorder is unloaded."""
        live, unload = self._live, self._live.config_entry.async_on_unload
        unload(live.async_add_listener(self._look, self.line.id))
        unload(self._stop_waiting)
        unload(self._starter.async_stop)
        if Capability.INFERRED_RECORDINGS in live.client.capabilities:
            unload(async_listen_events(live.hass, self._handle_event, self.line.id))
        if entity_id := self.line.busy_entity_id:
            unload(
                async_track_state_change_event(
                    live.hass, entity_id, self._handle_busy_entity
                )
            )
        self._look()

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener when `not_recorded` changes; return how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def _handle_busy_entity(self, _event: Event[EventStateChangedData]) -> None:
        """Look at what the busy entity has become."""
        self._look()

    @callback
    def _handle_event(self, event: RecordingEvent) -> None:
        """Judge a call by the archive: whether it was recorded shows only there."""
        if event.type is RecordingEventType.LOST:
            self._note_lost(is_lost=True)
        elif event.type is RecordingEventType.ARCHIVED:
            self._note_lost(is_lost=False)

    @callback
    def _look(self) -> None:
        """Compare the calls of the line with its active recordings."""
        in_call = self._in_call()
        if in_call is None:
            self._enter(WatchState.UNKNOWN)
        elif not in_call:
            self._enter(WatchState.IDLE)
        elif self._live.data.of_line(self.line.id).recordings:
            self._enter(WatchState.RECORDED)
        elif self._state not in _IN_CALL:
            self._enter(WatchState.GRACE)
            self._handle_call()
        elif self._state is WatchState.RECORDED and self._is_unrecorded():
            # The recording ended before its call.
            self._enter(WatchState.GRACE)

    def _in_call(self) -> bool | None:
        """Return whether the line is in a call, by the entity or else the recorder."""
        if entity_id := self.line.busy_entity_id:
            state = self._live.hass.states.get(entity_id)
            return is_busy(state.state if state else None)
        if not self._live.last_update_success:
            return None
        return self._live.data.of_line(self.line.id).in_call

    def _is_unrecorded(self) -> bool:
        """Return whether it is certain that nothing is recorded on the line.

        While the recorder does not answer, what was known before stands.
        """
        return (
            self._live.last_update_success
            and self._live.data.of_line(self.line.id).recordings == ()
        )

    @callback
    def _handle_call(self) -> None:
        """Act when a call starts."""
        # The next poll may be half a minute away: the call is shorter than that.
        self._live.async_expect_change()
        self._starter.async_handle_call()

    @callback
    def _enter(self, state: WatchState) -> None:
        """Enter a state: set its timer, send its event, and show it."""
        if state is self._state:
            return
        before, self._state = self.not_recorded, state
        self._stop_waiting()
        if state not in _IN_CALL:
            self._starter.async_stop()
        if state is WatchState.GRACE and self.line.must_be_recorded:
            self._wait_for_recording()
        if state is WatchState.UNRECORDED:
            self._send(self._starter.refusal)
        if self.not_recorded is not before:
            self._call_listeners()

    @callback
    def _wait_for_recording(self) -> None:
        """Give the recording some time to appear."""
        self._cancel_grace = async_call_later(
            self._live.hass, _GRACE, self._handle_grace_over
        )

    @callback
    def _handle_grace_over(self, _now: datetime) -> None:
        """Report a call that should be recorded by now."""
        if self._live.failures or not self._is_unrecorded():
            # The recorder may be recording the call without answering.
            self._wait_for_recording()
            return
        self._enter(WatchState.UNRECORDED)

    @callback
    def _note_lost(self, *, is_lost: bool) -> None:
        """Note whether the recording of the last call is missing in the archive."""
        before = self.not_recorded
        if is_lost and not self._is_recording_lost:
            self._send(ErrorKey.RECORDING_NOT_FOUND)
        self._is_recording_lost = is_lost
        if self.not_recorded is not before:
            self._call_listeners()

    @callback
    def _send(self, reason: ErrorKey | None) -> None:
        """Send the event that a call is not recorded."""
        change = RecordingChange(
            type=RecordingEventType.NOT_RECORDED,
            local_party=LocalParty(
                username=self.line.username, number=self.line.directory_number
            ),
            reason=reason,
        )
        self._live.events.async_send(change, [self.line])

    @callback
    def _call_listeners(self) -> None:
        """Let the sensor write its state."""
        for listener in tuple(self._listeners):
            listener()

    @callback
    def _stop_waiting(self) -> None:
        """Stop waiting for the recording."""
        if self._cancel_grace is not None:
            self._cancel_grace()
            self._cancel_grace = None


class _Starter:
    """Starts the recordings of a line that records its calls by itself."""

    def __init__(
        self, live: LiveCoordinator, line: Line, is_in_call: Callable[[], bool]
    ) -> None:
        """Take the line, and how to know whether its call goes on."""
        self.refusal: ErrorKey | None = None
        """What the last start failed with."""
        self._live = live
        self._line = line
        self._is_in_call = is_in_call
        self._attempts = 0
        self._is_starting = False
        self._cancel_retry: CALLBACK_TYPE | None = None

    @callback
    def async_handle_call(self) -> None:
        """Start recording a new call, if the line is to do so."""
        self.refusal = None
        self._attempts = 0
        if self._line.auto_start:
            self._try()

    @callback
    def async_stop(self) -> None:
        """Try no more."""
        if self._cancel_retry is not None:
            self._cancel_retry()
            self._cancel_retry = None

    @callback
    def _try(self, _now: datetime | None = None) -> None:
        """Start a recording in the background, one attempt at a time."""
        if not self._is_starting:
            self._is_starting = True
            entry = self._live.config_entry
            entry.async_create_background_task(
                self._live.hass,
                self._start(),
                f"{DOMAIN} {entry.entry_id} start {self._line.id}",
            )

    async def _start(self) -> None:
        """Start a recording; try again while the call is still being connected."""
        refused: RefusedError | None = None
        outcome: StartOutcome | ErrorKey
        try:
            outcome, _ = await async_start_recording(
                self._live, self._line.address, ensure=True, send_refusal=False
            )
        except RefusedError as err:
            refused, outcome = err, err.key
        except RecorderError as err:
            # The coordinator reports outages and wrong credentials.
            outcome = err.key
        finally:
            self._is_starting = False
        self.refusal = outcome if isinstance(outcome, ErrorKey) else None
        if (
            outcome in _RETRYABLE
            and self._attempts < len(_RETRY_DELAYS)
            and self._is_in_call()
        ):
            delay = _RETRY_DELAYS[self._attempts]
            self._attempts += 1
            self._cancel_retry = async_call_later(self._live.hass, delay, self._try)
        elif refused is not None:
            async_send_refusal(self._live, self._line.address, refused)


def create_watches(live: LiveCoordinator) -> dict[str, LineWatch]:
    """Return a watch for each line whose calls are to be recorded, by its id."""
    return {
        line.id: LineWatch(live, line)
        for line in live.lines
        if line.must_be_recorded or line.auto_start
    }
