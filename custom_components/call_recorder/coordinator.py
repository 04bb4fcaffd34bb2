"""Polls a recorder for what is active, and holds what it said last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
import logging
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .api.client import RecorderClient
from .api.errors import AccessError, CannotConnectError, InvalidAuthError, RecorderError
from .api.models import ActiveRecording, LiveState
from .const import CONF_MASK_NUMBERS, DOMAIN
from .issues import ACCESS_ISSUES, IssueKey, async_create_issue, async_delete_issue
from .lines import LineBook, lines_of
from .recording_events import RecordingEvent, async_send_event, changes, from_active

_LOGGER = logging.getLogger(__name__)

_ACTIVE_INTERVAL: Final = timedelta(seconds=10)
_IDLE_INTERVAL: Final = timedelta(seconds=30)
_PUSH_INTERVAL: Final = timedelta(seconds=60)
_EXPECTANT_INTERVAL: Final = timedelta(seconds=5)
_EXPECTANT_TIME: Final = timedelta(seconds=30)
_LONGEST_INTERVAL: Final = timedelta(minutes=5)
_MEASURE_INTERVAL: Final = timedelta(seconds=30)
"""How often the durations move, so that the database does not grow with each poll."""
_REFRESH_COOLDOWN: Final = 1.0
"""Seconds in which several orders share one poll."""


class LiveStatus(StrEnum):
    """What a recorder or a line is doing."""

    IDLE = "idle"
    RECORDING = "recording"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is being recorded. Two snapshots are equal when no state has changed."""

    recordings: tuple[ActiveRecording, ...] | None
    """Oldest first; `None` while the recorder has not told enough to know."""
    active_calls: int | None = None
    busy_numbers: frozenset[str] | None = None
    """Lines that are in a call, where the recorder tells."""
    measured_at: datetime | None = None
    """The time that durations are counted to; `None` when nothing is recorded."""
    by_line: Mapping[str, tuple[ActiveRecording, ...]] = field(default_factory=dict)
    """The recordings of each line (its subentry) that has any."""
    line_ids: Mapping[str, str] = field(default_factory=dict)
    """The line of each recording that belongs to one."""

    @property
    def status(self) -> LiveStatus | None:
        """Tell whether anything runs; it is paused when all recordings are."""
        if self.recordings is None:
            return None
        if not self.recordings:
            return LiveStatus.IDLE
        if all(recording.is_paused for recording in self.recordings):
            return LiveStatus.PAUSED
        return LiveStatus.RECORDING

    def of_line(self, line_id: str) -> Snapshot:
        """Return what is being recorded on one line."""
        if self.recordings is None:
            return self
        recordings = self.by_line.get(line_id, ())
        return Snapshot(
            recordings=recordings,
            measured_at=self.measured_at if recordings else None,
        )

    def durations(self) -> list[timedelta] | None:
        """Return how long each recording has run; `None` when that is not known."""
        if self.recordings is None:
            return None
        durations = map(self._duration, self.recordings)
        return [duration for duration in durations if duration is not None]

    def _duration(self, recording: ActiveRecording) -> timedelta | None:
        """Return what the recorder told, or else count: its clock may not be ours."""
        if recording.duration is not None:
            return recording.duration
        if self.measured_at is None or recording.started_at is None:
            return None
        return max(self.measured_at - recording.started_at, timedelta())


class PollingCoordinator[DataT](DataUpdateCoordinator[DataT]):
    """What the polls of a recorder share: how failures are borne."""

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: RecorderClient,
        *,
        interval: timedelta,
        cooldown: float,
    ) -> None:
        """Prepare the polls of a recorder."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=interval,
            request_refresh_debouncer=Debouncer(
                hass, _LOGGER, cooldown=cooldown, immediate=True
            ),
            # An unchanged poll writes no state.
            always_update=False,
        )
        self.client = client
        self.failures = 0

    @callback
    def async_refresh_soon(self) -> None:
        """Poll in the background: nobody waits for it."""
        self.config_entry.async_create_background_task(
            self.hass,
            self.async_request_refresh(),
            f"{DOMAIN} {self.config_entry.entry_id} refresh",
        )

    def _bear_or_raise(self, err: RecorderError, interval: timedelta) -> DataT:
        """Keep what was said last after a first failure; otherwise raise.

        A single lost poll is no outage. Wrong credentials and missing permissions
        do not go away by waiting.
        """
        self.failures += 1
        if isinstance(err, InvalidAuthError):
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN, translation_key=err.key
            ) from err
        retry_after = (
            err.retry_after
            if isinstance(err, CannotConnectError | AccessError)
            else None
        )
        self.update_interval = (
            min(interval * 2 ** min(self.failures - 1, 10), _LONGEST_INTERVAL)
            if retry_after is None
            else timedelta(seconds=retry_after)
        )
        if self.failures > 1 or self.data is None or isinstance(err, AccessError):
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key=err.key,
                retry_after=retry_after,
            ) from err
        _LOGGER.debug("One poll of %s failed: %s", self.name, err)
        return self.data


class LiveCoordinator(PollingCoordinator[Snapshot]):
    """Polls what is being recorded now."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: RecorderClient,
    ) -> None:
        """Prepare the polls of what is active."""
        super().__init__(
            hass, entry, client, interval=_IDLE_INTERVAL, cooldown=_REFRESH_COOLDOWN
        )
        self.lines = LineBook(client, lines_of(entry))
        self.no_channel_available = False
        """Whether the last start was refused for want of a licensed channel."""
        self._told: tuple[ActiveRecording, ...] | None = None
        self._line_ids: Mapping[str, str] = {}
        self._expectant_until: datetime | None = None

    @callback
    def async_listen(self) -> None:
        """Tell what changes, and let the recorder tell when a poll is worth while."""
        self._tell_changes()
        # Added after the entities: their states are right when an event arrives.
        self.config_entry.async_on_unload(self.async_add_listener(self._tell_changes))
        self.config_entry.async_create_background_task(
            self.hass,
            self.client.listen(self.async_refresh_soon),
            f"{DOMAIN} {self.config_entry.entry_id} listen",
        )

    @callback
    def _tell_changes(self) -> None:
        """Send an event for each change since the last snapshot that was told.

        Nothing is told of a snapshot that says nothing: an outage is no end.
        """
        if self.data.recordings is None:
            return
        # One whose line is still being looked for is told of when that is settled.
        after = tuple(filter(self._is_settled, self.data.recordings))
        before, self._told = self._told, after
        line_ids, self._line_ids = self._line_ids, self.data.line_ids
        if before is None:
            return
        line_ids = {**line_ids, **self._line_ids}
        for event_type, recording in changes(before, after):
            event = from_active(event_type, recording, line_ids.get(recording.id))
            async_send_event(self.hass, self.config_entry.entry_id, event)

    def attributes_of(self, event: RecordingEvent) -> dict[str, Any]:
        """Return what is told of an event, with numbers as the user wants to see them."""
        return event.attributes(
            line=self.lines.name_of(event.line_id),
            mask=self.config_entry.options.get(CONF_MASK_NUMBERS, False),
        )

    def _is_settled(self, recording: ActiveRecording) -> bool:
        """Tell whether it is known which line, if any, the recording belongs to."""
        return self.lines.is_settled(recording.id)

    @callback
    def async_expect_change(self) -> None:
        """Poll now, and often for a while: an order was given."""
        self._expectant_until = dt_util.utcnow() + _EXPECTANT_TIME
        self.async_refresh_soon()

    @callback
    def async_note_start(self, *, refusal: str | None) -> None:
        """Remember whether the last start lacked a licensed channel."""
        lacking = refusal == "no_channel_available"
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

    @override
    async def _async_update_data(self) -> Snapshot:
        """Read what is being recorded now."""
        try:
            state = await self.client.get_live_state()
        except RecorderError as err:
            if isinstance(err, AccessError):
                async_create_issue(self.hass, self.config_entry, IssueKey(err.key))
            interval = self._interval(self.data) if self.data else _IDLE_INTERVAL
            return self._bear_or_raise(err, interval)
        self.failures = 0
        for key in ACCESS_ISSUES:
            async_delete_issue(self.hass, self.config_entry, key)
        line_ids = await self.lines.attribute(state.recordings or ())
        snapshot = self._measure(state, line_ids)
        self.update_interval = self._interval(snapshot)
        return snapshot

    def _measure(self, state: LiveState, line_ids: Mapping[str, str]) -> Snapshot:
        """Make a snapshot, with durations that move at most every 30 seconds."""
        recordings, now = state.recordings, dt_util.utcnow()
        before, measured_at = self.data, now
        if (
            before is not None
            and before.measured_at is not None
            and before.recordings == state.recordings
            and now - before.measured_at < _MEASURE_INTERVAL
        ):
            # With the durations that were told at that time.
            recordings, measured_at = before.recordings, before.measured_at
        by_line: dict[str, tuple[ActiveRecording, ...]] = {}
        for recording in recordings or ():
            owner = [line_ids[recording.id]] if recording.id in line_ids else []
            for line_id in {*owner, *self.lines.called_by(recording)}:
                by_line[line_id] = (*by_line.get(line_id, ()), recording)
        return Snapshot(
            recordings=recordings,
            active_calls=state.active_calls,
            busy_numbers=state.busy_numbers,
            measured_at=measured_at if recordings else None,
            by_line=by_line,
            line_ids=line_ids,
        )

    def _interval(self, snapshot: Snapshot) -> timedelta:
        """Choose when to poll again."""
        if self._expectant_until and dt_util.utcnow() < self._expectant_until:
            return _EXPECTANT_INTERVAL
        if self.client.push_connected:
            return _PUSH_INTERVAL
        return _ACTIVE_INTERVAL if snapshot.recordings else _IDLE_INTERVAL
