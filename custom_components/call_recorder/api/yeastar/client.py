"""Yeastar P-Series (Open API v1.0).

Sources: the P-Series developer guide, here "Query Calls" and "Start", "Pause" and
"Resume Call Recording"; the modules beside this one name theirs.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any, ClassVar, Final, override

from aiohttp import ClientSession

from ..audio import AudioDownload
from ..client import Capability, RecorderClient, Storage
from ..errors import ErrorKey, RefusedError, UnexpectedResponseError
from ..models import (
    ActiveRecording,
    ActiveRecordingFilter,
    LineAddress,
    LiveState,
    Recording,
    RecordingMode,
    RecordingPage,
    RecordingQuery,
)
from ..parsing import as_object, as_text
from ..running_times import running_time_at
from . import RecordedCalls
from .archive import YeastarArchive
from .calls import Call, CallParser, find_channel, is_unknown_channel
from .ledger import CallLedger
from .push import Push
from .session import YeastarSession, account_of
from .wire import BASE, Answer, Errcode

_REFUSALS: Final[Mapping[int, ErrorKey]] = {
    Errcode.CHANNEL_ID_NOT_FOUND: ErrorKey.CHANNEL_NOT_FOUND,
    Errcode.OPERATION_NOT_SUPPORTED: ErrorKey.NOT_SUPPORTED,
}

_FACT: Final = "commands"


class YeastarClient(RecorderClient):
    """One Yeastar P-Series PBX, asked as one of its API applications."""

    manufacturer: ClassVar = "Yeastar"
    capabilities = frozenset(
        {
            Capability.ACTIVE_CALLS,
            Capability.ARCHIVE,
            Capability.ARCHIVE_SIZE,
            Capability.START,
            Capability.INFERRED_RECORDINGS,
        }
    )
    api_path: ClassVar = BASE
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
        """Take `url`, `client_id`, `client_secret`, and what is recorded.

        `recorded_calls` is one of `RecordedCalls`, `recorded_extensions` a list.
        """
        self._session = YeastarSession(session, settings, storage)
        self._ledger = CallLedger(
            RecordedCalls(settings.get("recorded_calls", RecordedCalls.ALL)),
            settings.get("recorded_extensions") or (),
        )
        self._is_ledger_loaded = False
        self._parser = CallParser()
        self._calls: tuple[Call, ...] | None = None
        self._state: LiveState | None = None
        """What is recorded; `None` when calls or commands have changed since."""
        self._archive = YeastarArchive(self._session, time_zone)
        self.info = self._archive.info

    @staticmethod
    @override
    def unique_id(settings: Mapping[str, Any]) -> str:
        """Combine the origin and the application."""
        return account_of(settings)

    @override
    async def sign_in(self) -> None:
        """Read once, and learn which PBX it is."""
        await self.get_live_state()
        await self._archive.learn()
        self.info = self._archive.info

    @override
    async def close(self) -> None:
        """Revoke the token."""
        await self._session.tokens.give_back()
        self._session.storage.close()

    @override
    async def retry_at_once(self) -> None:
        """Try again although the PBX had blocked us or had no token left."""
        await self._session.tokens.retry_at_once()

    @override
    async def listen(self, on_change: Callable[[], None]) -> None:
        """Read about the PBX once a day, and listen to its events about calls."""

        def set_connected(is_connected: bool) -> None:
            """Note whether the PBX sends events, so that polls can be rare."""
            self.push_connected = is_connected

        push = Push(self._session, set_connected)
        while not self._session.tokens.is_closed:
            await self._archive.learn()
            self.info = self._archive.info
            await asyncio.sleep(await push.watch(on_change))

    # --- Active recordings ---

    @override
    async def get_live_state(self) -> LiveState:
        """Read all calls ("Query Calls"); the options decide which are recorded."""
        calls, now = await self._read_calls_to_watch()
        state = self._state
        if state is None:
            state = self._state = self._make_state(calls, now)
        return replace(state, duration_of=running_time_at(now))

    def _make_state(self, calls: Iterable[Call], now: datetime) -> LiveState:
        """Return what is being recorded, without the durations."""
        connected = [call for call in calls if call.is_connected]
        return LiveState(
            recordings=self._ledger.recordings(connected, now),
            active_calls=len(connected),
            busy_numbers=frozenset(
                number for call in connected for number in call.local_numbers
            ),
        )

    @override
    async def get_active_recordings(
        self, recording_filter: ActiveRecordingFilter
    ) -> LiveState:
        """Read the active recordings of an extension; the PBX knows no other names."""
        self.raise_for_fields(recording_filter)
        calls, now = await self._read_calls_to_watch()
        connected = [call for call in calls if call.is_connected]
        recordings = self._ledger.recordings(
            connected, now, recording_filter.directory_number
        )
        duration_of = running_time_at(now)
        return LiveState(
            recordings=tuple(
                replace(recording, duration=duration_of(recording))
                for recording in recordings
            )
        )

    async def _read_calls_to_watch(self) -> tuple[tuple[Call, ...], datetime]:
        """Read all calls; firmware without "Query Calls" cannot be watched."""
        try:
            return await self._read_calls()
        except RefusedError as err:
            raise UnexpectedResponseError(f"errcode {err.code}") from None

    async def _read_calls(self) -> tuple[tuple[Call, ...], datetime]:
        """Read all calls, and return them with the recorder's time."""
        answer = await self._session.get("/call/query")
        calls = await self._parser.parse(answer.fields.get("data"))
        now = answer.server_time
        commands = await self._session.storage.get(_FACT)
        if not self._is_ledger_loaded:
            self._ledger.load(as_object(commands))
            self._is_ledger_loaded = True
        if calls is not self._calls:
            self._calls, self._state = calls, None
            if self._ledger.see(calls, now):
                await self._save_commands()
        return calls, now

    async def _save_commands(self) -> None:
        """Save the commands that were sent, for after a restart."""
        self._state = None
        await self._session.storage.set(_FACT, self._ledger.as_dict())

    # --- Commands ---

    async def _find_channel(self, line: LineAddress) -> tuple[str | None, str]:
        """Return the call, if it is known, and the channel that a start is meant for."""
        calls, _ = await self._read_calls()
        found = find_channel(
            calls,
            line.call_id,
            line.directory_number,
            # A call that is named is meant even when it is on hold.
            may_hold=line.call_id is not None,
        )
        if found is not None:
            return found[0].id, found[1]
        if line.directory_number is None and is_unknown_channel(calls, line.call_id):
            # The PBX knows better whether there is such a channel.
            return None, line.call_id or ""
        raise RefusedError(ErrorKey.NO_CONNECTED_CALL)

    @override
    async def start_recording(
        self, line: LineAddress, mode: RecordingMode | None
    ) -> str | None:
        """Record a connected call ("Start Call Recording"); return the call's id.

        The PBX never reports whether a call is recorded. A command whose answer is lost
        therefore stays `outcome_unknown`, and is never repeated.
        """
        self.raise_for_fields(line)
        self.raise_for_mode(mode)
        if line.is_empty:
            raise RefusedError(ErrorKey.LINE_NOT_SPECIFIED)
        call_id, channel_id = await self._find_channel(line)
        if call_id is not None and self._ledger.is_ours_alone(call_id):
            raise RefusedError(ErrorKey.ALREADY_RECORDING)
        answer = await self._command("record_start", channel_id)
        if (call_id := call_id or as_text(answer.fields.get("call_id"))) is not None:
            self._ledger.started(call_id, answer.server_time)
            await self._save_commands()
        return call_id

    @override
    async def pause_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """Pause a recording ("Pause Call Recording")."""
        return await self._set_paused(True, recording_id, line)

    @override
    async def resume_recording(
        self, recording_id: str | None, line: LineAddress
    ) -> str | None:
        """Resume a recording ("Resume Call Recording")."""
        return await self._set_paused(False, recording_id, line)

    async def _set_paused(
        self, is_paused: bool, recording_id: str | None, line: LineAddress
    ) -> str:
        """Pause or resume a recording, and remember it: the PBX does not report it."""
        self.raise_for_fields(line)
        calls, _ = await self._read_calls()
        call_id, extension = line.call_id, line.directory_number
        if recording_id is not None:
            call_id, extension = recording_id, None
        found = find_channel(calls, call_id, extension, may_hold=True)
        if found is None:
            raise RefusedError(ErrorKey.NOT_ACTIVE_RECORDING)
        call, channel_id = found
        await self._command(
            "record_pause" if is_paused else "record_unpause", channel_id
        )
        self._ledger.paused(call.id, is_paused)
        await self._save_commands()
        return call.id

    async def _command(self, name: str, channel_id: str) -> Answer:
        """Send a command about a channel."""
        return await self._session.post(
            f"/call/{name}", {"channel_id": channel_id}, _REFUSALS
        )

    # --- Archive ---

    @override
    async def get_recording(self, recording_id: str) -> Recording:
        """Read a row of the archive."""
        return await self._archive.get_recording(recording_id)

    @override
    async def get_recordings(self, query: RecordingQuery) -> RecordingPage:
        """Read a page of the archive."""
        # Rows name people as the PBX shows them, not as users.
        self.raise_for_fields(query)
        return await self._archive.get_recordings(query)

    @override
    async def get_oldest_start(self) -> datetime | None:
        """Read the last row of the archive."""
        return await self._archive.get_oldest_start()

    @override
    async def find_archived(self, active: ActiveRecording) -> Recording | None:
        """Find the recording of a call that was active."""
        return await self._archive.find_archived(active)

    @override
    def download(self, recording_id: str) -> AbstractAsyncContextManager[AudioDownload]:
        """Open the audio of a recording."""
        return self._archive.download(recording_id)
