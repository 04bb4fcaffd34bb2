"""Polls the archive of a recorder: what is new, what is missing, what started today."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import logging
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from ..api.client import Capability, RecorderClient
from ..api.errors import ErrorKey, RecorderError, RefusedError
from ..api.models import Recording, RecordingPage, RecordingQuery, RecordingState
from ..coordinator import LiveCoordinator
from ..issues import IssueKey, async_create_issue, async_delete_issue
from ..lines import Line
from ..polling import PollingCoordinator, SignIn
from ..recording_events import RecordingEventType, from_active, from_archived
from ..recording_json import running_time
from ..snapshot import Snapshot
from .expected import Expectation, ExpectedRecordings
from .known import KnownRecordings

_LOGGER = logging.getLogger(__name__)

_INTERVAL: Final = timedelta(minutes=5)
_EXPECTANT_INTERVAL: Final = timedelta(minutes=1)
"""While a recording that has ended is not in the archive, and after a failure."""
_EAGER_INTERVAL: Final = timedelta(seconds=10)
"""For the first `_EAGER_TIME` after a recording has ended."""
_EAGER_TIME: Final = timedelta(seconds=30)
_REFRESH_COOLDOWN: Final = 10.0
"""Seconds in which several recordings that end share one poll."""
_NEWEST: Final = 50
PAGE_SIZE: Final = 500
MOST_PAGES: Final = 40
"""How far back is read for today, or after an outage: 20,000 recordings."""
_TAIL: Final = 10
"""How many of a page's oldest rows decide whether the next page is read.

More than one, since a recorder may list by another time than the start.
"""
_CLOCK_ERROR: Final = timedelta(days=1)
"""A start further ahead than this is a mistake of the recorder's clock."""
_LOOK_BACK: Final = timedelta(hours=4)
"""How far back a recording may have started that was never seen and has just ended."""
_MOST_SEARCHES: Final = 20
"""How many recordings that have ended are looked for at one time."""
_LOST_UNTIL_ISSUE: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSnapshot:
    """What the archive's sensors show."""

    newest: Recording | None
    recent: tuple[Recording, ...]
    """The newest page; also recordings that could not be saved."""
    total: int | None
    today: int | None
    """How many recordings started today; `None` when not all could be read."""
    today_duration: timedelta | None
    """`None` also when the duration of one of them is not known."""


class ArchiveCoordinator(PollingCoordinator[ArchiveSnapshot]):
    """Polls the newest page of the archive, and no more when nothing is new."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: RecorderClient,
        live: LiveCoordinator,
    ) -> None:
        """Prepare the polls of the archive."""
        super().__init__(
            hass,
            entry,
            client,
            SignIn(hass, entry) if client.has_archive_credentials else live.sign_in,
            interval=_INTERVAL,
            cooldown=_REFRESH_COOLDOWN,
        )
        self.name = f"{entry.title} archive"
        self._asks_when_refused = client.has_archive_credentials
        self.expected = ExpectedRecordings()
        self.known: KnownRecordings | None = None
        self.lost_in_a_row = 0
        self._live = live
        self._handled: Snapshot | None = None
        """The last snapshot of what is active whose ends were noted."""
        self._archived_line_ids: dict[str, tuple[str, ...]] = {}
        """The lines of each known recording that was seen active before."""
        self._cancel_midnight: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Follow the archive, if there is one, for as long as the recorder is loaded.

        Does not wait for it: a recorder without an archive can still be watched.
        """
        if Capability.ARCHIVE not in self.client.capabilities:
            return
        entry = self.config_entry
        # Events and missing recordings are found out even when no entity is enabled.
        entry.async_on_unload(self.async_add_listener(_do_nothing))
        entry.async_on_unload(self._live.async_add_listener(self._handle_live))
        entry.async_on_unload(self._async_stop)
        self._handle_live()
        self._track_midnight()
        self.async_refresh_soon()

    @callback
    def _async_stop(self) -> None:
        """Stop waiting for midnight."""
        if self._cancel_midnight is not None:
            self._cancel_midnight()

    # --- Midnight ---

    @callback
    def _track_midnight(self) -> None:
        """Wait for the next local midnight, which no clock has to show."""
        tomorrow = dt_util.now().date() + timedelta(days=1)
        self._cancel_midnight = async_track_point_in_utc_time(
            self.hass, self._handle_midnight, dt_util.start_of_local_day(tomorrow)
        )

    @callback
    def _handle_midnight(self, now: datetime) -> None:
        """Count for the new day, whether the recorder answers now or not."""
        if self.known is not None and self.data is not None:
            data = self.data
            self.data = _snapshot(self.known, data.newest, data.recent, data.total)
            self.async_update_listeners()
        self._track_midnight()

    # --- What has ended ---

    @callback
    def _handle_live(self) -> None:
        """Expect in the archive what is no longer active."""
        before, after = self._handled, self._live.data
        self._handled = after
        if before is None or after is before:
            return
        now = dt_util.utcnow()
        for recording in after.changes.ended:
            line_ids = before.line_ids.get(recording.id, ())
            self.expected.add(recording, line_ids, now)
        for expectation in self.expected:
            if expectation.active.id in after.active:
                self.expected.remove(expectation.active.id)
        # A recorder with one list for both could not read the archive before.
        is_now_known = before.recordings is None and after.recordings is not None
        if after.changes.ended or (is_now_known and self.data is None):
            self.async_refresh_soon()

    # --- Polls ---

    @override
    async def _async_update_data(self) -> ArchiveSnapshot:
        """Read what is new in the archive."""
        try:
            page = await self.client.get_recordings(
                RecordingQuery(limit=_NEWEST, is_poll=True)
            )
            recordings, read_to = await self._read_on(page)
        except RecorderError as err:
            return self._tolerate_outage(err)
        self._note_success()
        if self.known is None:
            # The silent baseline: what ended before the first poll is no news.
            self.known = KnownRecordings(since=read_to)
            self.known.add(rec for rec in recordings if rec.id not in self.expected)
        await self._take_in(self.known, recordings)
        self._forget_old(self.known, page)
        self.update_interval = self._interval()
        newest = (rec for rec in recordings if not (_has_failed(rec) or _is_ahead(rec)))
        recent = tuple(rec for rec in page.recordings if not _is_ahead(rec))
        return _snapshot(self.known, next(newest, None), recent, page.total)

    @callback
    @override
    def _note_success(self) -> None:
        """Note that the archive was read: it is allowed, with these credentials."""
        super()._note_success()
        if self.client.has_archive_credentials:
            self.sign_in.async_withdraw()
        async_delete_issue(self.hass, self.config_entry, IssueKey.ARCHIVE_NOT_ALLOWED)

    def _forget_old(self, known: KnownRecordings, newest: RecordingPage) -> None:
        """Drop what no sensor and no event needs any more."""
        known.forget(_start_of_interest(), newest.recordings)
        for recording_id in self._archived_line_ids.keys() - known.ids:
            del self._archived_line_ids[recording_id]

    def _interval(self) -> timedelta:
        """Return when to poll again: soon while a recording is awaited."""
        ends = [expectation.ended_at for expectation in self.expected]
        if not ends:
            return _INTERVAL
        if dt_util.utcnow() - max(ends) < _EAGER_TIME:
            return _EAGER_INTERVAL
        return _EXPECTANT_INTERVAL

    def _tolerate_outage(self, err: RecorderError) -> ArchiveSnapshot:
        """Note that the archive was not read, and whether that is not allowed."""
        self.expected.note_outage()
        if err.key == ErrorKey.NOT_YET_KNOWN:
            # No failure: a list that is read for the first time takes a while.
            self.update_interval = _EXPECTANT_INTERVAL
            return self.data
        if err.key == ErrorKey.INSUFFICIENT_PERMISSIONS:
            async_create_issue(
                self.hass, self.config_entry, IssueKey.ARCHIVE_NOT_ALLOWED
            )
        return self._tolerate_or_raise(err, _EXPECTANT_INTERVAL)

    async def _read_on(self, page: RecordingPage) -> tuple[list[Recording], datetime]:
        """Read on while there may be new rows; at first, until today is known.

        Return what was read, and the time since which that is everything.
        """
        known = self.known
        until = _start_of_interest() if known is None else known.since
        growth = self._growth(page.total)
        recordings = list(page.recordings)
        for _ in range(MOST_PAGES):
            if page.next_cursor is None or (
                self._is_settled(page, until) and self._count_new(recordings) >= growth
            ):
                return recordings, until
            page = await self.client.get_recordings(
                RecordingQuery(limit=PAGE_SIZE, cursor=page.next_cursor, is_poll=True)
            )
            recordings += page.recordings
            if _is_older(page, until):
                return recordings, until
        starts = [rec.started_at for rec in recordings if not _is_ahead(rec)]
        until = min(filter(None, starts), default=dt_util.utcnow())
        if known is not None:
            known.since = until
        return recordings, until

    def _growth(self, total: int | None) -> int:
        """Return by how much the archive has grown, as far as that is known."""
        before = self.data.total if self.data is not None else None
        if self.known is None or total is None or before is None:
            return 0
        return total - before

    def _count_new(self, recordings: list[Recording]) -> int:
        """Return how many of the recordings are not known yet."""
        known = () if self.known is None else self.known
        return sum(rec.id not in known for rec in recordings)

    def _is_settled(self, page: RecordingPage, until: datetime) -> bool:
        """Return whether a page has nothing new that started since `until`.

        Only its end counts where the growth of the total shows what is behind it.
        """
        rows = [rec for rec in page.recordings if not _is_ahead(rec)]
        decisive = rows if page.total is None else rows[-_TAIL:]
        return bool(rows) and not any(
            rec.started_at is not None
            and rec.started_at >= until
            and (self.known is None or rec.id not in self.known)
            for rec in decisive
        )

    async def _take_in(
        self, known: KnownRecordings, recordings: list[Recording]
    ) -> None:
        """Send an event for each new recording, and look for those that are missing."""
        found = await self._find_expected({rec.id: rec for rec in recordings})
        line_ids = {rec.id: expectation.line_ids for expectation, rec in found}
        self._archived_line_ids |= line_ids
        missing = [rec for _, rec in found if rec.id not in known]
        fresh = known.add([*missing, *reversed(recordings)], expected=line_ids.keys())
        for recording in fresh:
            self._live.events.async_send(
                from_archived(recording), self.lines_of(recording)
            )

    async def _find_expected(
        self, on_page: Mapping[str, Recording]
    ) -> list[tuple[Expectation, Recording]]:
        """Return the expected recordings that have arrived; report those that are lost."""
        found: list[tuple[Expectation, Recording]] = []
        searches = 0
        for expectation in self.expected:
            active = expectation.active
            recording = on_page.get(active.id)
            if recording is None:
                searches += 1
                if searches > _MOST_SEARCHES:
                    continue
                try:
                    recording = await self.client.find_archived(active)
                except RefusedError as err:
                    # Whether it arrived cannot be known: it is neither there nor lost.
                    _LOGGER.debug("A recording cannot be looked for: %s", err)
                    self.expected.remove(active.id)
                    continue
                except RecorderError as err:
                    _LOGGER.debug("Recordings cannot be looked for now: %s", err)
                    self.expected.note_outage()
                    return found
            self.expected.note_answer(dt_util.utcnow())
            arrived = self._arrived(expectation, recording)
            if arrived is not None:
                found.append((expectation, arrived))
        self.expected.note_answer(dt_util.utcnow())
        return found

    @callback
    def _arrived(
        self, expectation: Expectation, recording: Recording | None
    ) -> Recording | None:
        """Return the recording if it is complete; report one that is lost."""
        if recording is None or recording.state is RecordingState.SAVING:
            if dt_util.utcnow() >= expectation.deadline:
                self._report_lost(expectation, ErrorKey.RECORDING_NOT_FOUND)
            return None
        if _has_failed(recording):
            self._report_lost(expectation, ErrorKey.RECORDING_FAILED)
            return None
        self.expected.remove(expectation.active.id)
        self.lost_in_a_row = 0
        async_delete_issue(self.hass, self.config_entry, IssueKey.RECORDINGS_LOST)
        return recording

    @callback
    def _report_lost(self, expectation: Expectation, reason: ErrorKey) -> None:
        """Send the event that a recording did not arrive in the archive."""
        active = expectation.active
        self.expected.remove(active.id)
        duration = (
            running_time(active.started_at, expectation.ended_at)
            if active.started_at
            else None
        )
        change = from_active(RecordingEventType.LOST, active)
        self._live.events.async_send(
            replace(change, duration=duration, reason=reason),
            self._live.lines.by_ids(expectation.line_ids),
        )
        self.lost_in_a_row += 1
        if self.lost_in_a_row >= _LOST_UNTIL_ISSUE:
            async_create_issue(self.hass, self.config_entry, IssueKey.RECORDINGS_LOST)

    def lines_of(self, recording: Recording) -> list[Line]:
        """Return the lines that a recording of the archive belongs to."""
        lines = self._live.lines
        line_ids = self._archived_line_ids.get(recording.id, ())
        return lines.by_ids(line_ids) or lines.of_archived(recording)


def _snapshot(
    known: KnownRecordings,
    newest: Recording | None,
    recent: tuple[Recording, ...],
    total: int | None,
) -> ArchiveSnapshot:
    """Count the recordings of today."""
    today = dt_util.now().date()
    durations = known.durations_between(
        dt_util.start_of_local_day(today),
        dt_util.start_of_local_day(today + timedelta(days=1)),
    )
    known_durations = [duration for duration in durations or () if duration is not None]
    return ArchiveSnapshot(
        newest=newest,
        recent=recent,
        total=total,
        today=None if durations is None else len(durations),
        today_duration=sum(known_durations, timedelta())
        if durations is not None and len(known_durations) == len(durations)
        else None,
    )


def _start_of_interest() -> datetime:
    """Return the time since which all recordings are to be known."""
    return min(dt_util.start_of_local_day(), dt_util.utcnow() - _LOOK_BACK)


def _has_failed(recording: Recording) -> bool:
    """Return whether the recorder could not save the recording."""
    return recording.state is RecordingState.ERROR


def _is_ahead(recording: Recording) -> bool:
    """Return whether the start is in the future: the recorder's clock was wrong."""
    start = recording.started_at
    return start is not None and start > dt_util.utcnow() + _CLOCK_ERROR


def _is_older(page: RecordingPage, time: datetime) -> bool:
    """Return whether the end of a page, newest first, started before a time."""
    starts = [rec.started_at for rec in page.recordings[-_TAIL:]]
    return bool(starts) and all(start is not None and start < time for start in starts)


@callback
def _do_nothing() -> None:
    """Listen, so that the polls go on."""
