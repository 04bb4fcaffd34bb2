"""The archive of Asterisk: a list of names, read rarely, and a look at single files."""

import asyncio
from bisect import bisect_right, insort_right
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched, islice
from typing import Any, Final, Self

from aiohttp import ClientSession

from ..audio import AudioDownload
from ..errors import ErrorKey, RefusedError, UnexpectedResponseError
from ..models import (
    Recording,
    RecordingPage,
    RecordingQuery,
    RecordingState,
    newest_first,
)
from ..paging import read_cursor, write_cursor
from ..reply import Reply
from ..transport import is_id
from ..turns import Shared
from .ari import MOST_STORED, Ari, StoredFile, parse_names
from .names import NameFacts, parse_name, recording_id

_MOST_NEW: Final = 1_000
"""Recordings that start between two looks. If there are more, the list is read."""
FRESH_TIME: Final = 30.0
"""Seconds in which a list that was read on demand is not read again."""
_LOOKS_AT_ONCE: Final = 4
_MOST_IN_VAIN: Final = 100
"""Files that one page looks at beside its recordings: those of unanswered calls."""
_MOST_DETAILS: Final = 10_000
"""Files of which the size is remembered."""
_HEADER: Final = 44
_BYTES_PER_SECOND: Final = 16_000
"""Of WAV as MixMonitor writes it: 8 kHz, 16 bit, mono."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A name in the archive, and what it shows."""

    id: str
    name: str
    facts: NameFacts

    @classmethod
    def of(cls, name: str) -> Self:
        """Read a name."""
        return cls(recording_id(name), name, parse_name(name))

    @property
    def started_at(self) -> datetime | None:
        """Return the start, if the name shows it."""
        return self.facts.started_at


@dataclass(frozen=True, slots=True)
class _Details:
    """What a look at a file showed."""

    state: RecordingState | None
    size: int | None
    duration: timedelta | None


class AsteriskArchive:
    """The recordings that ARI shows."""

    def __init__(self, ari: Ari) -> None:
        """Know nothing of the archive yet."""
        self._ari = ari
        self._entries: list[_Entry] = []
        """Newest first."""
        self._names: dict[str, str] = {}
        """Of all entries, and of what has been active, by id."""
        self._active: frozenset[str] = frozenset()
        self._details: dict[str, _Details] = {}
        self._read_at: float | None = None
        """When the list was read; `None` when something may have been missed."""
        self._reads: Shared[None] = Shared()

    @classmethod
    def of(cls, session: ClientSession, settings: Mapping[str, Any]) -> Self | None:
        """Make the archive where the settings have an `ari_url`."""
        return cls(Ari(session, settings)) if settings.get("ari_url") else None

    async def check(self) -> None:
        """Sign in."""
        await self._ari.check()

    # --- What is heard of active recordings ---

    def note_active(self, names: Mapping[str, str]) -> None:
        """Take in what is being written, by id: the list need not be read for it."""
        self._active = frozenset(names)
        for one in self._active & self._details.keys():
            # It was looked at before it was known that it is still being written.
            del self._details[one]
        new = [names[one] for one in names if one not in self._names]
        if len(new) > _MOST_NEW or len(self._names) + len(new) > MOST_STORED:
            self.note_gap()
        elif new:
            self._add(map(_Entry.of, new))

    def _add(self, new: Iterable[_Entry]) -> None:
        """Insert recordings where they are sorted to."""
        # A copy: a page may be read from the list as it was.
        self._entries = list(self._entries)
        for entry in new:
            self._names[entry.id] = entry.name
            insort_right(self._entries, entry, key=newest_first)

    def note_gap(self) -> None:
        """Remember that recordings may have ended unheard."""
        self._read_at = None

    # --- Reading ---

    async def get_recording(self, wanted_id: str) -> Recording:
        """Look at one file. Raises `RefusedError` when there is none of that id."""
        if not is_id(wanted_id):
            raise RefusedError(ErrorKey.INVALID_RECORDING_ID)
        if wanted_id not in self._names:
            await self._read_list(is_poll=False)
        if (name := self._names.get(wanted_id)) is None:
            raise RefusedError(ErrorKey.RECORDING_NOT_FOUND)
        if name.startswith("/"):
            # Not in the only folder that ARI shows.
            raise RefusedError(ErrorKey.NOT_SUPPORTED)
        entry = _Entry.of(name)
        if (details := await self._look_at(entry)) is None:
            raise RefusedError(ErrorKey.RECORDING_NOT_FOUND)
        return _recording(entry, details)

    async def _look_at_all(
        self, entries: Iterable[_Entry], most: int
    ) -> tuple[list[tuple[_Entry, Recording]], _Entry | None]:
        """Return the first entries that are recordings, at least `most` if there are.

        With too many in between that are none, return where the search ended, too.
        """
        found: list[tuple[_Entry, Recording]] = []
        looked = 0
        for some in batched(entries, _LOOKS_AT_ONCE, strict=False):
            looks = await asyncio.gather(*(self._look_at(one) for one in some))
            found += [
                (entry, _recording(entry, details))
                for entry, details in zip(some, looks, strict=True)
                if details is not None
            ]
            looked += len(some)
            if len(found) >= most:
                break
            if looked - len(found) >= _MOST_IN_VAIN:
                return found, some[-1]
        return found, None

    async def get_recordings(self, query: RecordingQuery) -> RecordingPage:
        """Read a page, newest first, without what is active or no recording.

        A poll reads the list only when recordings may have ended unheard.
        """
        after = _parse_cursor(query.cursor)
        if after is None:
            await self._read_list(is_poll=query.is_poll)
        entries = self._entries
        start = 0 if after is None else bisect_right(entries, after, key=newest_first)
        matching = (
            entry
            for entry in islice(entries, start, None)
            if entry.id not in self._active and query.fits(entry.facts)
        )
        found, last = await self._look_at_all(matching, query.limit + 1)
        shown = found[: query.limit]
        if len(found) > len(shown):
            last = shown[-1][0]
        return RecordingPage(
            recordings=tuple(recording for _, recording in shown),
            next_cursor=write_cursor(*newest_first(last)) if last else None,
        )

    async def get_oldest_start(self) -> datetime | None:
        """Return the oldest start that a file name shows."""
        await self._read_list(is_poll=True)
        starts = (one.started_at for one in reversed(self._entries))
        return next(filter(None, starts), None)

    @asynccontextmanager
    async def download(self, wanted_id: str) -> AsyncGenerator[AudioDownload]:
        """Open the audio of a recording."""
        recording = await self.get_recording(wanted_id)
        if recording.state is RecordingState.SAVING:
            raise RefusedError(ErrorKey.RECORDING_SAVING)
        name = self._names[wanted_id]
        async with self._ari.download(name) as audio:
            yield audio

    async def _read_list(self, *, is_poll: bool) -> None:
        """Read the list, unless it is known well enough."""

        def is_known() -> bool:
            """Return whether it is."""
            now = asyncio.get_running_loop().time()
            return self._read_at is not None and (
                is_poll or now - self._read_at < FRESH_TIME
            )

        async def read() -> None:
            """Read it, unless that was done while this waited."""
            if not is_known():
                await self._read_list_now()

        if not is_known():
            await self._reads.ask(read)

    async def _read_list_now(self) -> None:
        """Read the list; what is active may not be in it yet."""
        now = asyncio.get_running_loop().time()
        reply = await self._ari.list_stored()
        # A long list would hold up everything else.
        entries = await asyncio.to_thread(_parse_entries, reply)
        names = {entry.id: entry.name for entry in entries}
        active = [
            _Entry.of(self._names[one])
            for one in self._active - names.keys() & self._names.keys()
        ]
        self._entries, self._names = entries, names
        self._add(active)
        self._read_at = now

    async def _look_at(self, entry: _Entry) -> _Details | None:
        """Return what a file is; `None` for one that is gone or was never filled."""
        if entry.name.startswith("/"):
            return None
        if entry.id in self._active:
            return _Details(RecordingState.SAVING, None, None)
        if (known := self._details.get(entry.id)) is not None:
            return known
        try:
            file = await self._ari.look_at(entry.name)
        except RefusedError as err:
            if err.key is not ErrorKey.RECORDING_NOT_FOUND:
                raise
            return None
        except UnexpectedResponseError:
            # A format that is not sent as audio, or a proxy's page: it is there all
            # the same, so it is not lost.
            return _Details(None, None, None)
        details = _details(file)
        if details is not None and details.state is RecordingState.COMPLETE:
            self._details[entry.id] = details
            if len(self._details) > _MOST_DETAILS:
                del self._details[next(iter(self._details))]
        return details


def _details(file: StoredFile) -> _Details | None:
    """Judge a file that is not being written; `None` when it is a bare header.

    A crash leaves a WAV file whose header has no length yet.
    """
    if file.header[:4] == b"RIFF" and not any(file.header[4:8]):
        return _Details(RecordingState.ERROR, file.size, None)
    if file.size is not None and file.size <= _HEADER:
        return None
    duration = None
    if file.size is not None and _is_plain_wav(file.header):
        duration = timedelta(seconds=(file.size - _HEADER) / _BYTES_PER_SECOND)
    return _Details(RecordingState.COMPLETE, file.size, duration)


def _is_plain_wav(header: bytes) -> bool:
    """Return whether a header is that of PCM, 16,000 bytes a second."""
    rate = int.from_bytes(header[28:32], "little")
    is_pcm = header[20:22] == b"\x01\x00"
    return header[:4] == b"RIFF" and is_pcm and rate == _BYTES_PER_SECOND


def _parse_entries(reply: Reply) -> list[_Entry]:
    """Read a list, newest first."""
    return sorted(map(_Entry.of, set(parse_names(reply))), key=newest_first)


def _recording(entry: _Entry, details: _Details) -> Recording:
    """Describe a recording."""
    facts = entry.facts
    return Recording(
        id=entry.id,
        started_at=facts.started_at,
        duration=details.duration,
        direction=facts.direction,
        state=details.state,
        local_number=facts.local_number,
        remote_number=facts.remote_number,
        pbx_call_id=facts.call_id,
        size=details.size,
    )


def _parse_cursor(text: str | None) -> tuple[float, str] | None:
    """Read a `next_cursor`; raises `RefusedError` when it is none of ours."""
    return None if text is None else read_cursor(text, _check_cursor)


def _check_cursor(age: float, last_id: str) -> tuple[float, str]:
    """Return the position of the last recording of a page."""
    return float(age), str(last_id)
