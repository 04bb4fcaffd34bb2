"""Bandwidth Catapult v1.

Sources: the vendor page "List Recordings"; for the rest the vendor's archived
documentation (ap-docs): methods/recordings, methods/calls, errors.md. This module
has the client and its commands; the modules beside it have its parts.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
import logging
from typing import Any, ClassVar, Final, override

from aiohttp import ClientSession

from ..account_storage import AccountStorage
from ..audio import AudioDownload
from ..client import Capability, RecorderClient, Storage, judge_lost_start
from ..errors import (
    AccessError,
    CannotConnectError,
    ErrorKey,
    RecorderError,
    RefusedError,
    UnexpectedResponseError,
)
from ..models import (
    ActiveRecording,
    ActiveRecordingFilter,
    LineAddress,
    LiveState,
    RecorderInfo,
    Recording,
    RecordingMode,
    RecordingPage,
    RecordingQuery,
)
from ..reply import Reply
from ..running_times import running_time_at
from ..transport import is_id, parse_address
from ..turns import in_turn
from . import DEFAULT_URL
from .archive import Archive
from .calls import CallCache
from .catapult import API_PATH, REQUEST_INTERVAL, Catapult
from .live_list import LiveList
from .refusals import START_LINE_REFUSALS, START_REFUSALS, STOP_REFUSALS, raise_refusal
from .rows import Call, Row
from .walk import WINDOW

_LOGGER = logging.getLogger(__name__)

LONGEST_TURN: Final = 120.0
"""Seconds that a command waits for those before it; each costs two to four."""
_GONE_POLLS: Final = 3
_GONE_TIME: Final = timedelta(minutes=15)
"""How long nothing was found at the address when the service counts as gone."""


class BandwidthClient(RecorderClient):
    """One account of Bandwidth Catapult v1."""

    manufacturer: ClassVar = "Bandwidth"
    capabilities = frozenset({Capability.ARCHIVE, Capability.START, Capability.STOP})
    request_interval: ClassVar = REQUEST_INTERVAL
    api_path: ClassVar = API_PATH
    has_web_page: ClassVar = False
    line_fields: ClassVar = frozenset({"directory_number", "call_id"})

    @override
    def __init__(
        self,
        session: ClientSession,
        settings: Mapping[str, Any],
        *,
        time_zone: tzinfo,
        storage: Storage | None = None,
    ) -> None:
        """Take `user_id`, `api_token`, `api_secret` and perhaps `url`.

        All of Catapult's times are UTC. `storage` keeps the position in the list.
        """
        self._catapult = Catapult(
            session, settings, request_interval=self.request_interval
        )
        self._calls = CallCache(self._catapult)
        self._storage = AccountStorage(storage, self.unique_id(settings))
        self._live = LiveList(self._catapult, self._storage)
        self._archive = Archive(self._catapult, self._live, self._calls)
        self._facts: dict[str, tuple[Row, Call | None]] = {}
        """What the active recordings were made of, by their ids."""
        self._recordings: dict[str, ActiveRecording] = {}
        self._has_polled = asyncio.Event()
        self._command_turn = asyncio.Lock()
        """One command at a time: no more than one is ahead of a poll."""
        self._sought_among_newest: frozenset[str] = frozenset()
        self._failed_since: datetime | None = None
        self._failures = 0
        self.info = RecorderInfo(model="Catapult v1")

    @staticmethod
    @override
    def unique_id(settings: Mapping[str, Any]) -> str:
        """Combine the origin and the user's id."""
        address = parse_address(settings.get("url") or DEFAULT_URL, API_PATH)
        return f"{address!s}|{settings['user_id'].strip()}"

    @override
    async def close(self) -> None:
        """Save the position in the list."""
        await self._live.save()
        self._storage.close()

    # --- Active recordings ---

    @override
    async def get_live_state(self) -> LiveState:
        """Read what is being recorded now, usually with one request ("List Recordings").

        A second one reads the numbers of new recordings. The recordings are `None`
        until the order of the list is known (see `listen`).

        Raises `AccessError("service_gone")` when for 15 minutes nothing was found at
        the address.
        """
        try:
            rows, now = await self._live.poll()
        except RecorderError as err:
            self._judge_failure(err)
            raise
        self._failed_since, self._failures = None, 0
        self._has_polled.set()
        if rows is None:
            return LiveState(recordings=None)
        await self._read_calls(rows)
        return LiveState(
            recordings=self._to_active(rows), duration_of=running_time_at(now)
        )

    def _to_active(self, rows: Iterable[Row]) -> tuple[ActiveRecording, ...]:
        """Return the active recordings; one that has not changed is the same object."""
        facts = {row.id: (row, self._calls.peek(row.call_id)) for row in rows}
        self._recordings = {
            row_id: self._recordings[row_id]
            if self._facts.get(row_id) == (row, call)
            else row.to_active(call)
            for row_id, (row, call) in facts.items()
        }
        self._facts = facts
        return tuple(self._recordings.values())

    async def _read_calls(self, rows: Iterable[Row]) -> None:
        """Read the calls of new recordings, with one request.

        The next poll reads those that are left.
        """
        unread = frozenset(
            row.call_id
            for row in rows
            if row.call_id is not None and not self._calls.is_read(row.call_id)
        )
        if not unread:
            return
        with suppress(RecorderError):
            if len(unread) > 1 and not unread <= self._sought_among_newest:
                self._sought_among_newest = unread
                await self._calls.read_newest(WINDOW, is_urgent=True)
            else:
                await self._calls.get(next(iter(unread)), is_urgent=True)

    def _judge_failure(self, err: RecorderError) -> None:
        """Raise `service_gone` for an address at which nothing was found for long."""
        if not (isinstance(err, CannotConnectError) and err.unknown_address):
            self._failed_since, self._failures = None, 0
            return
        now = datetime.now(UTC)
        self._failed_since = self._failed_since or now
        self._failures += 1
        if self._failures >= _GONE_POLLS and now - self._failed_since >= _GONE_TIME:
            raise AccessError(ErrorKey.SERVICE_GONE) from None

    @override
    async def get_active_recordings(
        self, recording_filter: ActiveRecordingFilter
    ) -> LiveState:
        """Read the active recordings, of one number if it is given.

        Raises `RefusedError(ErrorKey.NOT_SUPPORTED)` for what Catapult does not know:
        devices and users.
        """
        self.raise_for_fields(recording_filter)
        state = await self.get_live_state()
        if state.recordings is None:
            return state
        number = recording_filter.directory_number
        return LiveState(
            recordings=tuple(
                [
                    replace(recording, duration=state.duration_of(recording))
                    for recording in state.recordings
                    if number is None or await self._is_on(recording, number)
                ]
            )
        )

    async def _is_on(self, recording: ActiveRecording, number: str) -> bool:
        """Return whether the call of a recording is one of the account's number."""
        if recording.call_id is None:
            return False
        call = await self._calls.get(recording.call_id)
        return call is not None and call.is_on(number)

    @override
    async def listen(self, on_change: Callable[[], None]) -> None:
        """Read what a poll has no time for, until cancelled.

        That is the list, as far as it is unknown. Its order is learned from a few pages
        if it is sorted. A million recordings take about 20 minutes to read, at the one
        request per second that the vendor allows.
        """
        while True:
            self._has_polled.clear()
            delay = self._live.step_delay()
            try:
                if delay == 0 and await self._live.step():
                    on_change()
            except RecorderError as err:
                _LOGGER.debug("Reading on after the next poll: %s", err)
                # A poll that succeeds shows that it is worth trying.
                delay = None
            if delay != 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(delay):
                        await self._has_polled.wait()

    # --- Commands ---

    @override
    async def start_recording(
        self, line: LineAddress, mode: RecordingMode | None
    ) -> str | None:
        """Record a call ("Update active Call", recordingEnabled).

        The call is that of `call_id`, or the newest connected one of the account's
        number `directory_number`. Raises `RefusedError(ErrorKey.NOT_SUPPORTED)` for a
        device or a mode: both are Imagicle's.
        """
        self.raise_for_mode(mode)
        async with in_turn(self._command_turn, LONGEST_TURN):
            return await self._start(line)

    async def _start(self, line: LineAddress) -> str | None:
        """Start a recording; return its id if it is known."""
        call_id = await self._find_call(line)
        refusals = START_REFUSALS if line.call_id else START_LINE_REFUSALS
        sent_at = datetime.now(UTC)
        try:
            reply = await self._set_recording(call_id, "true", refusals)
        except CannotConnectError as err:
            if not err.may_have_arrived:
                raise
            return await self._find_lost_start(call_id, sent_at)
        if reply.body.strip():
            # Not the documented answer: it may come from something else.
            return await self._find_lost_start(call_id, sent_at)
        try:
            active, _ = await self._calls.read_active_recordings(call_id)
        except RecorderError:
            # It was started; only its id cannot be read.
            return None
        return active[0].id if len(active) == 1 else None

    async def _find_lost_start(self, call_id: str, sent_at: datetime) -> str:
        """Find out by the call's recordings what a start did whose answer was lost."""
        try:
            active, now = await self._calls.read_active_recordings(call_id)
        except RecorderError:
            raise RefusedError(ErrorKey.OUTCOME_UNKNOWN) from None
        return judge_lost_start([row.to_active(None, now) for row in active], sent_at)

    @override
    async def stop_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """Stop a recording ("Update active Call", recordingEnabled)."""
        async with in_turn(self._command_turn, LONGEST_TURN):
            return await self._stop(recording_id, line)

    async def _stop(self, recording_id: str | None, line: LineAddress) -> str:
        """Stop a recording; return its id."""
        if recording_id is not None:
            row = await self._read_recording(recording_id, is_urgent=True)
            if not row.is_active or row.call_id is None:
                raise RefusedError(ErrorKey.NOT_ACTIVE_RECORDING)
            call_id = row.call_id
        else:
            call_id = await self._find_call(line)
            active, _ = await self._calls.read_active_recordings(call_id)
            if not active:
                raise RefusedError(ErrorKey.NOT_ACTIVE_RECORDING)
            recording_id = active[-1].id
        try:
            reply = await self._set_recording(call_id, "false", STOP_REFUSALS)
        except CannotConnectError as err:
            if not err.may_have_arrived:
                raise
            if (await self._read_recording(recording_id, is_urgent=True)).is_active:
                raise
            return recording_id
        if reply.body.strip():
            # Not the documented answer: it may come from something else.
            row = await self._read_recording(recording_id, is_urgent=True)
            if row.is_active:
                raise UnexpectedResponseError("not the answer to a command")
        return recording_id

    async def _find_call(self, line: LineAddress) -> str:
        """Return the id of the call that a command is meant for."""
        self.raise_for_fields(line)
        if line.call_id is None:
            if line.directory_number is None:
                raise RefusedError(ErrorKey.LINE_NOT_SPECIFIED)
            return await self._calls.find_active(line.directory_number)
        if not is_id(line.call_id):
            raise RefusedError(ErrorKey.LINE_NOT_FOUND)
        if line.directory_number is not None:
            call = await self._calls.get(line.call_id, is_urgent=True)
            if call is None or not call.is_on(line.directory_number):
                raise RefusedError(ErrorKey.LINE_NOT_FOUND)
        return line.call_id

    async def _set_recording(
        self, call_id: str, enabled: str, refusals: Mapping[str, ErrorKey]
    ) -> Reply:
        """Send a command once; raise what a refusal means.

        `enabled` is a text, as in the vendor's examples. The documented answer has no
        body.
        """
        reply = await self._catapult.post(
            "calls", call_id, body={"recordingEnabled": enabled}
        )
        if not reply.is_success:
            raise_refusal(reply, refusals)
        return reply

    # --- Archive ---

    @override
    @asynccontextmanager
    async def download(self, recording_id: str) -> AsyncGenerator[AudioDownload]:
        """Open the audio of a recording ("Download Media"): WAV, or MP3."""
        row = await self._read_recording(recording_id)
        if row.state == "saving":
            raise RefusedError(ErrorKey.RECORDING_SAVING)
        if row.media_name is None:
            raise RefusedError(ErrorKey.RECORDING_FAILED)
        async with self._catapult.download("media", row.media_name) as audio:
            yield audio

    @override
    async def get_oldest_start(self) -> datetime | None:
        """Return the oldest start that the walk has found."""
        if not self._live.position.is_known:
            await self._live.poll()
        return self._live.position.oldest

    @override
    async def get_recording(self, recording_id: str) -> Recording:
        """Read a recording and its call ("Fetch Recording", "Fetch Call Information")."""
        row = await self._read_recording(recording_id)
        call = None
        if row.call_id is not None:
            with suppress(RecorderError):
                # Only the numbers are missing without it.
                call = await self._calls.get(row.call_id)
        return row.to_recording(call)

    async def _read_recording(
        self, recording_id: str, *, is_urgent: bool = False
    ) -> Row:
        """Read a recording; raises `RefusedError` when there is none."""
        row = await self._live.read_row(recording_id, is_urgent=is_urgent)
        if row is None:
            raise RefusedError(ErrorKey.RECORDING_NOT_FOUND)
        return row

    @override
    async def get_recordings(self, query: RecordingQuery) -> RecordingPage:
        """Read a page of the finished recordings ("List Recordings").

        The vendor filters nothing and documents no order; what was learned of it
        decides how to read. Where new rows appear at one end, the pages go on from
        there, each newest first, and no row comes twice or is left out, whatever is
        recorded meanwhile. So it is where one page shows the whole list. Where rows
        appear anywhere, only the newest thousand are listed, as of the last round.

        A page may have fewer rows than asked for, even none, and yet a
        `next_cursor`: five pages of the list and ten calls (a second each, for
        `number` and `direction`) are the most that one question costs. A number
        with a "+" needs none of the latter. Raises `RefusedError` with `not_yet_known`
        until the order of the list is known, and with `not_supported` for a user.
        """
        self.raise_for_fields(query)
        return await self._archive.get_recordings(query)
