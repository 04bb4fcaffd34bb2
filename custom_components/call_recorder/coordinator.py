"""Polls a recorder for what is active, and holds what it answered last."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
import logging
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .active_changes import ActiveChanges, compare
from .api.client import RecorderClient
from .api.errors import AccessError, ErrorKey, InvalidAuthError, RecorderError
from .api.models import ActiveRecording, LiveState
from .const import DOMAIN
from .issues import ACCESS_ISSUES, IssueKey, async_create_issue, async_delete_issue
from .line_attribution import LineAttribution
from .lines import Lines, lines_of
from .polling import PollingCoordinator, SignIn
from .recording_events import EventSender, RecordingEventType, from_active, pause_event
from .snapshot import Snapshot, next_snapshot

_LOGGER = logging.getLogger(__name__)

_ACTIVE_INTERVAL: Final = timedelta(seconds=10)
_IDLE_INTERVAL: Final = timedelta(seconds=30)
_PUSH_INTERVAL: Final = timedelta(seconds=60)
_EXPECTANT_INTERVAL: Final = timedelta(seconds=5)
_EXPECTANT_TIME: Final = timedelta(seconds=30)
_MOST_CHANGES: Final = 2_000
"""Recordings that can start, change and end between two polls; more are no events."""
_REFRESH_COOLDOWN: Final = 1.0
"""Seconds in which several commands share one poll."""


class LiveCoordinator(PollingCoordinator[Snapshot]):
    """Polls what is being recorded now."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, client: RecorderClient
    ) -> None:
        """Prepare the polls of what is active."""
        super().__init__(
            hass,
            entry,
            client,
            SignIn(hass, entry),
            interval=_IDLE_INTERVAL,
            cooldown=_REFRESH_COOLDOWN,
        )
        self.lines = Lines(lines_of(entry))
        self.attribution = LineAttribution(self.lines, client.get_active_recordings)
        self.events = EventSender(hass, entry)
        self.no_channel_available = False
        """Whether the last start was refused for want of a licensed channel."""
        self._expectant_until: datetime | None = None
        self._line_listeners: dict[str, list[CALLBACK_TYPE]] = {}
        self._shown: tuple[bool, Snapshot | None] = (True, None)
        """Success and snapshot that the listeners of the lines were called for."""
        self._sent: Snapshot | None = None
        """The last snapshot whose changes were sent."""

    @callback
    def async_listen(self) -> None:
        """Send events about what changes, and let the recorder ask for a poll."""
        self._send_changes()
        # Added after the entities: their states are right when an event arrives.
        self.config_entry.async_on_unload(self.async_add_listener(self._send_changes))
        self.config_entry.async_create_background_task(
            self.hass,
            self.client.listen(self.async_refresh_soon),
            f"{DOMAIN} {self.config_entry.entry_id} listen",
        )

    def line_of(self, recording_id: str) -> str | None:
        """Return the name of the first line that an active recording belongs to."""
        return next(
            map(self.lines.name_of, self.data.line_ids.get(recording_id, ())), None
        )

    # --- Listeners ---

    @callback
    @override
    def async_add_listener(
        self, update_callback: CALLBACK_TYPE, context: Any = None
    ) -> CALLBACK_TYPE:
        """Call the listener at each change; with a line's id, at those of the line.

        A line changes with what is recorded on it, whether it is in a call, and
        whether the recorder answers.
        """
        if context is None:
            return super().async_add_listener(update_callback)
        listeners = self._line_listeners.setdefault(context, [])
        listeners.append(update_callback)
        return partial(listeners.remove, update_callback)

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Call the listeners of the lines that have changed, then those of all."""
        (was_success, before), after = self._shown, self.data
        self._shown = (self.last_update_success, after)
        line_ids: Iterable[str] = self._line_listeners
        if before is not None and was_success is self.last_update_success:
            line_ids = after.lines_changed_since(before, line_ids)
        for line_id in line_ids:
            for listener in tuple(self._line_listeners.get(line_id, ())):
                # An error in it costs no other listener.
                try:
                    listener()
                except Exception:
                    _LOGGER.exception("Unexpected error updating %s", self.name)
        super().async_update_listeners()

    # --- Events ---

    @callback
    def _send_changes(self) -> None:
        """Send an event for each change since the last snapshot.

        An outage is no end: what was active before stands while nothing is known. A
        recording whose line is being looked for counts when that is settled. Where
        nearly all recordings are others, it is not the office of before.
        """
        before, after = self._sent, self.data
        self._sent = after
        if before is None or after is before or self._is_another_office(after):
            return
        self._send_differences(before, after)

    @callback
    def _send_differences(self, before: Snapshot, after: Snapshot) -> None:
        """Send the events that lead from one snapshot to the next."""
        known, changes = before.line_ids, after.changes
        for recording in after.attribution.settled:
            if recording.id not in known:
                self._send(RecordingEventType.STARTED, recording, after)
        for earlier, recording in changes.changed:
            event_type = pause_event(earlier, recording)
            if event_type is not None and recording.id in known:
                self._send(event_type, recording, after)
        for recording in changes.ended:
            if recording.id in known:
                self._send(RecordingEventType.ENDED, recording, before)
        for recording in after.attribution.settled:
            now = after.line_ids[recording.id]
            if (was := known.get(recording.id, now)) != now:
                self._send_move(recording, was, now)

    def _is_another_office(self, snapshot: Snapshot) -> bool:
        """Return whether more has changed than can change between two polls."""
        changes = snapshot.changes
        changed = (snapshot.attribution.settled, changes.changed, changes.ended)
        if (count := sum(map(len, changed))) <= _MOST_CHANGES:
            return False
        _LOGGER.debug("%s changes at once are no events", count)
        return True

    @callback
    def _send(
        self,
        event_type: RecordingEventType,
        recording: ActiveRecording,
        snapshot: Snapshot,
    ) -> None:
        """Send an event to the recorder's listeners, and to those of its lines then."""
        lines = self.lines.by_ids(snapshot.line_ids[recording.id])
        self.events.async_send(from_active(event_type, recording), lines)

    @callback
    def _send_move(
        self, recording: ActiveRecording, was: tuple[str, ...], now: tuple[str, ...]
    ) -> None:
        """Send the events of the lines that a transferred call has left and joined."""
        for event_type, line_ids in (
            (
                RecordingEventType.ENDED,
                [line_id for line_id in was if line_id not in now],
            ),
            (
                RecordingEventType.STARTED,
                [line_id for line_id in now if line_id not in was],
            ),
        ):
            self.events.async_send_to_lines(
                from_active(event_type, recording), self.lines.by_ids(line_ids)
            )

    # --- Commands ---

    @callback
    def async_expect_change(self) -> None:
        """Poll now, and often for a while: a command was sent, or a call has started."""
        self._expectant_until = dt_util.utcnow() + _EXPECTANT_TIME
        self.async_refresh_soon()

    @callback
    def async_note_start(self, *, refusal: ErrorKey | None) -> None:
        """Remember whether the last start lacked a licensed channel."""
        lacking = refusal is ErrorKey.NO_CHANNEL_AVAILABLE
        if lacking:
            async_create_issue(
                self.hass, self.config_entry, IssueKey.NO_CHANNEL_AVAILABLE
            )
        elif refusal is None:
            async_delete_issue(
                self.hass, self.config_entry, IssueKey.NO_CHANNEL_AVAILABLE
            )
        else:
            return
        if lacking != self.no_channel_available:
            self.no_channel_available = lacking
            self.async_update_listeners()

    # --- Polls ---

    @override
    async def _async_update_data(self) -> Snapshot:
        """Read what is being recorded now."""
        self.is_wanted_again = False
        try:
            state = await self._read()
        except RecorderError as err:
            if isinstance(err, AccessError):
                async_create_issue(self.hass, self.config_entry, IssueKey(err.key))
            is_setup = self.data is None
            interval = _IDLE_INTERVAL if is_setup else self._interval(self.data)
            return self._tolerate_or_raise(err, interval, is_setup=is_setup)
        if self.failures or self.data is None:
            for key in ACCESS_ISSUES:
                async_delete_issue(self.hass, self.config_entry, key)
        self._note_success()
        self.sign_in.async_withdraw()
        snapshot = await self._next_snapshot(
            self.data or Snapshot(recordings=None), state
        )
        self.update_interval = self._interval(snapshot)
        if self.is_wanted_again:
            # The debouncer forgets what is asked for more than a second before the end.
            self.async_refresh_soon()
        return snapshot

    async def _next_snapshot(self, before: Snapshot, state: LiveState) -> Snapshot:
        """Return the snapshot after an answer, and what has changed."""
        active, changes = before.active, ActiveChanges()
        if state.recordings is not None and state.recordings != before.recordings:
            active = {recording.id: recording for recording in state.recordings}
            changes = compare(before.active, active)
        attribution = await self.attribution.attribute(before.attribution, changes)
        now = dt_util.utcnow()
        if state.recordings and before.is_any_due(now):
            # The first duration may cost the decoding of the list: a turn of its own.
            state.duration_of(state.recordings[0])
            await asyncio.sleep(0)
        return next_snapshot(
            before, state, active, changes, attribution, self.lines, now
        )

    async def _read(self) -> LiveState:
        """Ask the recorder; at set-up, ask twice before the user has to sign in."""
        try:
            return await self.client.get_live_state()
        except InvalidAuthError:
            if self.data is not None:
                raise
            self.sign_in.async_note_refused()
            return await self.client.get_live_state()

    def _interval(self, snapshot: Snapshot) -> timedelta:
        """Return when to poll again."""
        if self._expectant_until and dt_util.utcnow() < self._expectant_until:
            return _EXPECTANT_INTERVAL
        if self.client.push_connected:
            return _PUSH_INTERVAL
        return _ACTIVE_INTERVAL if snapshot.recordings else _IDLE_INTERVAL
