"""Imagicle's list of active recordings.

Source: the vendor page "Get Active Recordings".
"""

from bisect import insort
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from itertools import islice
import re
from typing import Any, Final

from ..errors import AccessError, ErrorKey, UnexpectedResponseError
from ..models import ActiveRecording, LiveState, LocalParty, RemoteParty, oldest_first
from ..parsing import (
    MAX_ROWS,
    as_bool,
    as_object,
    as_text,
    parse_duration,
    parse_rows,
    parse_time,
    require_id,
)
from ..reply import Reply
from ..row_cache import RowCache
from ..transport import Transport
from .clock import RecorderClock
from .rows import LIVE

_TEACHERS: Final = 20
"""Rows at most that one answer's zone is learned from."""
_DURATION: Final = re.compile(rb'"duration":\s*"[0-9A-Za-z.,:+-]*"')
"""What every answer changes. In a text, the quotation marks would be escaped."""


class LiveRecordings:
    """Reads the active recordings. Each keeps the start that it had at first.

    A pause that does not count in the duration would move the start otherwise.
    """

    def __init__(self, transport: Transport, clock: RecorderClock) -> None:
        """Start without any."""
        self._transport = transport
        self._clock = clock
        self._mark: tuple[int, int] | None = None
        """Of the last answer, if nothing had changed in it but durations."""
        self._cache: RowCache[ActiveRecording] = RowCache(moving="duration")
        self._items: tuple[ActiveRecording, ...] = ()
        self._recordings: tuple[ActiveRecording, ...] = ()
        self._known: dict[str, ActiveRecording] = {}
        self._paused_once: set[str] = set()
        """Their durations may lack a pause, so that they teach no zone."""

    async def read_all(self) -> LiveState:
        """Read all active recordings, oldest first.

        A recording that has not changed is the same object as before.
        """
        reply = await self._request({})
        if self._mark is not None and self._mark == _mark_of(reply):
            # Decoding is most of the work: it waits until a duration is asked for.
            recordings, _ = self._cache.moving
            durations = _Durations(
                recordings, lambda: _durations_in(reply, len(recordings))
            )
            return LiveState(recordings=self._recordings, duration_of=durations)
        before = self._items
        await self._take_in(reply)
        # While every answer brings changes, it would only cost to look for none.
        self._mark = _mark_of(reply) if self._items is before else None
        recordings, values = self._cache.moving
        durations = _Durations(recordings, lambda: values)
        return LiveState(recordings=self._recordings, duration_of=durations)

    async def _take_in(self, reply: Reply) -> None:
        """Parse what has changed in the list of all recordings."""
        rows, now = _rows_of(reply), reply.server_time
        self._learn_zone(rows, now)
        items = await self._cache.parse(
            rows, lambda row: replace(self._parse(row, now), duration=None)
        )
        if items is not self._items or not items:
            self._items = items
            self._known = {recording.id: recording for recording in items}
            self._paused_once &= self._known.keys()
            self._recordings = _in_order(self._recordings, self._known)

    async def read(self, query: Mapping[str, str]) -> tuple[ActiveRecording, ...]:
        """Read the active recordings that match, oldest first, with their durations."""
        reply = await self._request(query)
        rows, now = _rows_of(reply), reply.server_time
        self._learn_zone(rows, now)
        found = {
            recording.id: recording
            for recording in parse_rows(rows, lambda row: self._parse(row, now))
        }
        self._known |= found
        if len(self._known) > MAX_ROWS:
            # Others each time. Polls forget what is over; here, it only piles up.
            self._known = found
            self._paused_once &= found.keys()
        return tuple(sorted(found.values(), key=oldest_first))

    async def _request(self, query: Mapping[str, str]) -> Reply:
        """Return the answer of a recorder that has given one."""
        reply = await self._transport.request("GET", LIVE, query=query)
        if reply.status == HTTPStatus.FORBIDDEN:
            raise AccessError(ErrorKey.INSUFFICIENT_PERMISSIONS)
        reply.raise_for_read()
        return reply

    def _parse(self, row: dict[str, Any], now: datetime) -> ActiveRecording:
        """Parse a row ("Get Active Recordings", Response body)."""
        recording_id = require_id(row)
        duration = parse_duration(row.get("duration"))
        is_paused = as_bool(row.get("isPaused"))
        if is_paused:
            self._paused_once.add(recording_id)
        known = self._known.get(recording_id)
        started_at = (known and known.started_at) or self._clock.started_at(
            parse_time(row.get("startedAt")), duration, now, is_paused=bool(is_paused)
        )
        local = as_object(row.get("localParty"))
        remote = as_object(row.get("remoteParty"))
        return ActiveRecording(
            id=recording_id,
            started_at=started_at,
            duration=duration,
            is_paused=is_paused,
            local_party=LocalParty(username=as_text(local.get("username"))),
            remote_party=RemoteParty(
                first_name=as_text(remote.get("firstName")),
                last_name=as_text(remote.get("lastName")),
                phone_number=as_text(remote.get("phoneNumber")),
            ),
        )

    def _learn_zone(self, rows: list[Any], now: datetime) -> None:
        """Learn the recorder's zone from recordings that were never paused."""
        teachers = (
            row
            for row in rows
            if isinstance(row, dict)
            and not as_bool(row.get("isPaused"))
            and as_text(row.get("id")) not in self._paused_once
        )
        for row in islice(teachers, _TEACHERS):
            local = parse_time(row.get("startedAt"))
            duration = parse_duration(row.get("duration"))
            if local is None or local.tzinfo is not None or duration is None:
                continue
            if self._clock.learn(local, duration, now):
                return


class _Durations:
    """The durations of one answer. Each is parsed when it is asked for."""

    def __init__(
        self,
        recordings: list[ActiveRecording | None],
        values: Callable[[], list[Any]],
    ) -> None:
        """Take the recording of each row, and how to get the duration of each row."""
        self._recordings = recordings
        self._values = values

    @cached_property
    def _value_of(self) -> dict[str, Any]:
        """Return what each recording's row has for its duration."""
        return {
            recording.id: value
            for recording, value in zip(self._recordings, self._values(), strict=True)
            if recording is not None
        }

    def __call__(self, recording: ActiveRecording) -> timedelta | None:
        """Return a duration; `None` where it is not reported."""
        return parse_duration(self._value_of.get(recording.id))


def _in_order(
    before: tuple[ActiveRecording, ...], now: Mapping[str, ActiveRecording]
) -> tuple[ActiveRecording, ...]:
    """Return the recordings, oldest first; those that were there are sorted already."""
    kept = [recording for recording in before if now.get(recording.id) is recording]
    if not kept:
        return tuple(sorted(now.values(), key=oldest_first))
    for recording_id in now.keys() - {recording.id for recording in kept}:
        insort(kept, now[recording_id], key=oldest_first)
    return tuple(kept)


def _mark_of(reply: Reply) -> tuple[int, int]:
    """Return what is the same for two answers that differ in nothing but durations."""
    return reply.status, hash(_DURATION.sub(b"", reply.body))


def _durations_in(reply: Reply, count: int) -> list[Any]:
    """Return what each row has for its duration; nothing where that cannot be read.

    A list may look the same without its durations, and yet be none.
    """
    try:
        values = [as_object(row).get("duration") for row in _rows_of(reply)]
    except UnexpectedResponseError:
        values = []
    return values if len(values) == count else [None] * count


def _rows_of(reply: Reply) -> list[Any]:
    """Return the rows of the list: an array, or a bare object.

    The page promises an array when nothing matches, and shows a bare object. An empty
    200 is no list: it may come from a proxy, and nothing is known then.
    """
    if reply.status == HTTPStatus.NO_CONTENT:
        return []
    answer = reply.json()
    if isinstance(answer, dict):
        return [answer]
    if isinstance(answer, list):
        return answer
    raise UnexpectedResponseError("no list of recordings")
