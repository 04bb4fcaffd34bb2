"""The assurance that what must be recorded is recorded.

A recorder knows what it records, not what it misses. Home Assistant also knows who
is on the phone: a line that is in a call and has no live recording is a problem.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, callback
from homeassistant.helpers.event import async_call_later, async_track_state_change_event

from .api.client import Capability
from .api.errors import RecorderError, RefusedError
from .api.models import LocalParty
from .commands import async_start_recording, async_tell_refusal
from .const import DOMAIN
from .coordinator import LiveCoordinator
from .lines import Line
from .recording_events import (
    RecordingEvent,
    RecordingEventType,
    async_listen_events,
    async_send_event,
)

_GRACE: Final = 15
"""Seconds that a call may go on before it counts as not recorded."""
_RETRY_DELAYS: Final = (2, 5)
"""Seconds after which a start is tried again."""
_RETRYABLE: Final = ("no_connected_call", "pending")
_STARTED: Final = ("started", "already_recording", "pending")
_BUSY_STATES: Final = frozenset(
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
    """Tell whether an entity's state means a call; `None` when that is not known.

    A number (of calls) means one when it is not zero. Ringing is no call yet.
    """
    if state in (None, STATE_UNAVAILABLE, STATE_UNKNOWN):
        return None
    text = state.strip().lower().replace(" ", "_").replace("-", "_")
    try:
        return float(text) > 0
    except ValueError:
        return text in _BUSY_STATES


class LineWatch:
    """Watches one line: whether its calls are recorded, and starts that if asked to."""

    def __init__(self, live: LiveCoordinator, line: Line) -> None:
        """Begin without knowing whether the line is in a call."""
        self.line = line
        self._hass = live.hass
        self._entry = live.config_entry
        self._live = live
        self._busy: bool | None = None
        self._exposed = False
        """In a call and not recorded."""
        self._unrecorded_call = False
        """In a call for too long without a recording."""
        self._lost_recording = False
        """The last call that should be in the archive is not there."""
        self._refusal: str | None = None
        self._cancel_grace: CALLBACK_TYPE | None = None
        self._cancel_retry: CALLBACK_TYPE | None = None
        self._starting = False
        self._attempts = 0
        self._listeners: list[Callable[[], None]] = []

    @property
    def not_recorded(self) -> bool:
        """Tell whether something is missing that must be recorded."""
        return self._unrecorded_call or self._lost_recording

    @property
    def is_known(self) -> bool:
        """Tell whether anything can be said about the line."""
        return self._busy is not None

    @callback
    def async_start(self) -> None:
        """Watch until the recorder is unloaded."""
        unload = self._entry.async_on_unload
        unload(self._live.async_add_listener(self._handle_update))
        unload(self._cancel_timers)
        if Capability.ACTIVE_CALLS in self._live.client.capabilities:
            unload(async_listen_events(self._hass, self._handle_event))
        if entity_id := self.line.busy_entity_id:
            unload(
                async_track_state_change_event(
                    self._hass, entity_id, self._handle_busy_entity
                )
            )
            state = self._hass.states.get(entity_id)
            self._set_busy(is_busy(state.state if state else None))
        else:
            self._handle_update()

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener when `not_recorded` changes; return how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def _handle_busy_entity(self, event: Event[EventStateChangedData]) -> None:
        """Take over what the busy entity says."""
        state = event.data["new_state"]
        self._set_busy(is_busy(state.state if state else None))

    @callback
    def _handle_event(self, entry_id: str, event: RecordingEvent) -> None:
        """Settle a call after its end: this recorder tells calls, not recordings."""
        if entry_id == self._entry.entry_id and event.line_id == self.line.id:
            if event.type is RecordingEventType.LOST:
                self._set_problem(lost_recording=True)
            elif event.type is RecordingEventType.ARCHIVED:
                self._set_problem(lost_recording=False)

    @callback
    def _handle_update(self) -> None:
        """Look at a new snapshot; it may tell the calls of the line itself."""
        busy_numbers = self._live.data.busy_numbers
        if self.line.busy_entity_id is not None or busy_numbers is None:
            self._look()
        elif self._live.last_update_success:
            self._set_busy(any(map(self.line.has_number, busy_numbers)))
        else:
            self._set_busy(None)

    @callback
    def _set_busy(self, busy: bool | None) -> None:
        """Note whether the line is in a call, and act when one begins."""
        began = bool(busy) and not self._busy
        was_known = self.is_known
        self._busy = busy
        if began:
            self._refusal = None
            # The next poll may be half a minute away: the call is shorter than that.
            self._live.async_expect_change()
            self._attempts = 0
            if self.line.auto_start:
                self._try_start()
        self._look()
        if was_known != self.is_known:
            self._tell_listeners()

    @callback
    def _look(self) -> None:
        """Compare the call with the live recordings."""
        if not self._busy:
            self._cancel_timers()
        if not self._live.last_update_success and self._busy:
            # Nobody knows; what was known before stands until the recorder answers.
            return
        recordings = self._live.data.of_line(self.line.id).recordings
        exposed = bool(self._busy) and recordings == ()
        if exposed and not self._exposed and self.line.must_be_recorded:
            self._wait_for_recording()
        elif not exposed and self._cancel_grace is not None:
            self._cancel_grace()
            self._cancel_grace = None
        self._exposed = exposed
        if not exposed:
            self._set_problem(unrecorded_call=False)

    @callback
    def _wait_for_recording(self) -> None:
        """Give the recording some time to appear."""
        self._cancel_grace = async_call_later(
            self._hass, _GRACE, self._handle_grace_over
        )

    @callback
    def _handle_grace_over(self, _now: datetime) -> None:
        """Report a call that should be recorded by now."""
        if self._live.failures:
            # The recorder may be recording it: nobody knows while it does not answer.
            self._wait_for_recording()
            return
        self._cancel_grace = None
        self._set_problem(unrecorded_call=True)

    @callback
    def _set_problem(
        self,
        *,
        unrecorded_call: bool | None = None,
        lost_recording: bool | None = None,
    ) -> None:
        """Tell a change to the sensor, and a new problem to automations."""
        before = (self._unrecorded_call, self._lost_recording)
        if unrecorded_call is not None:
            self._unrecorded_call = unrecorded_call
        if lost_recording is not None:
            self._lost_recording = lost_recording
        if (self._unrecorded_call, self._lost_recording) == before:
            return
        self._tell_listeners()
        if unrecorded_call or lost_recording:
            event = RecordingEvent(
                type=RecordingEventType.NOT_RECORDED,
                line_id=self.line.id,
                local_party=LocalParty(
                    username=self.line.username, number=self.line.directory_number
                ),
                reason="recording_not_found" if lost_recording else self._refusal,
            )
            async_send_event(self._hass, self._entry.entry_id, event)

    @callback
    def _tell_listeners(self) -> None:
        """Let the sensor write its state."""
        for listener in list(self._listeners):
            listener()

    @callback
    def _try_start(self, _now: datetime | None = None) -> None:
        """Start a recording in the background, one attempt at a time."""
        if not self._starting:
            self._starting = True
            self._entry.async_create_background_task(
                self._hass,
                self._start(),
                f"{DOMAIN} {self._entry.entry_id} start {self.line.id}",
            )

    async def _start(self) -> None:
        """Start a recording; try again while the call is still being connected."""
        refusal: RefusedError | None = None
        try:
            outcome, _ = await async_start_recording(
                self._live, self.line.address, ensure=True, tell=False
            )
        except RefusedError as err:
            refusal, outcome = err, err.key
        except RecorderError as err:
            # The coordinator tells of outages and wrong credentials.
            outcome = err.key
        finally:
            self._starting = False
        self._refusal = None if outcome in _STARTED else outcome
        if outcome in _RETRYABLE and self._attempts < len(_RETRY_DELAYS) and self._busy:
            delay = _RETRY_DELAYS[self._attempts]
            self._attempts += 1
            self._cancel_retry = async_call_later(self._hass, delay, self._try_start)
        elif refusal is not None:
            async_tell_refusal(self._live, self.line.address, refusal)

    @callback
    def _cancel_timers(self) -> None:
        """Wait for nothing any more."""
        for cancel in (self._cancel_grace, self._cancel_retry):
            if cancel is not None:
                cancel()
        self._cancel_grace = self._cancel_retry = None


def create_watches(live: LiveCoordinator) -> dict[str, LineWatch]:
    """Return a watch for each line that something is expected of."""
    return {
        line.id: LineWatch(live, line)
        for line in live.lines.lines
        if line.must_be_recorded or line.auto_start
    }
