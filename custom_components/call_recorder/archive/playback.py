"""Plays recordings: one download each, shared by all listeners.

A browser requests many parts of the audio while its slider is dragged. The recorder is
asked once (Imagicle logs each download): the audio goes into a temporary file, which
all listeners read, also while the download is under way.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
import logging
import os
import tempfile
from typing import IO, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..api.client import RecorderClient
from ..api.errors import ErrorKey, RecorderError, RefusedError
from ..const import DOMAIN

_LOGGER = logging.getLogger(__name__)

_GRACE: Final = 30
"""Seconds that a download goes on without a listener: a seek reconnects."""
_KEEP: Final = 600
"""Seconds that complete audio is kept, since it may be played again."""
_MOST_FILES: Final = 8
MOST_BYTES: Final = 1024 * 1024 * 1024
"""On the disk, for all recordings of a recorder together."""
_PIECE: Final = 64 * 1024


class Playback:
    """The audio of one recording, as far as it has been downloaded."""

    def __init__(
        self,
        hass: HomeAssistant,
        client: RecorderClient,
        recording_id: str,
        make_room: Callable[[int], bool],
    ) -> None:
        """Start the download. `make_room` returns whether so many bytes more may be kept."""
        self.recording_id = recording_id
        self.content_type = ""
        self.size: int | None = None
        """Bytes; `None` while it is not known."""
        self.received = 0
        self.is_complete = False
        self.listeners = 0
        self.heard_by: set[str] = set()
        """Ids of the users who have listened."""
        self.cancel_timer: CALLBACK_TYPE | None = None
        self._hass = hass
        self._client = client
        self._make_room = make_room
        self._file: IO[bytes] | None = None
        self._error: RecorderError | None = None
        self._is_closed = False
        self._changed = asyncio.Event()
        self._task = hass.async_create_background_task(
            self._download(), f"{DOMAIN} playback"
        )

    @property
    def has_failed(self) -> bool:
        """Return whether the download has failed."""
        return self._error is not None

    async def wait_until_open(self) -> None:
        """Wait until the recorder has started to send. Raises `RecorderError`."""
        await self._wait_until(lambda: bool(self.content_type))

    async def wait_until_complete(self) -> None:
        """Wait until the download is complete. Raises `RecorderError`."""
        await self._wait_until(lambda: self.is_complete)

    async def read(self, start: int, end: int | None) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` to before `end`, as they arrive.

        Raises `RecorderError`.
        """
        while end is None or start < end:
            await self._wait_until(partial(self._reaches_beyond, start))
            available = self.received if end is None else min(self.received, end)
            size = min(available - start, _PIECE)
            if size <= 0:
                return
            piece = await self._hass.async_add_executor_job(self._pread, size, start)
            if self._is_closed:
                # What was read may be of another file that has got the number since.
                raise RefusedError(ErrorKey.PLAYBACK_ENDED)
            yield piece
            start += len(piece)

    async def close(self) -> None:
        """Stop the download and delete the file."""
        self._is_closed = True
        self._fail(RefusedError(ErrorKey.PLAYBACK_ENDED))
        self._task.cancel()
        if self.cancel_timer is not None:
            self.cancel_timer()
        if self._file is not None:
            await self._hass.async_add_executor_job(self._file.close)

    def _reaches_beyond(self, position: int) -> bool:
        """Return whether data exists beyond `position`, or the download is complete."""
        return self.is_complete or self.received > position

    async def _wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition. Raises `RecorderError` when the download fails."""
        while not condition():
            if self._error is not None:
                raise self._error
            await self._changed.wait()

    async def _download(self) -> None:
        """Download the audio, piece by piece."""
        add_job = self._hass.async_add_executor_job
        try:
            # Has no name in the file system, so that nothing can be left behind.
            self._file = await add_job(tempfile.TemporaryFile)
            async with self._client.download(self.recording_id) as audio:
                self.size = audio.size
                self.content_type = audio.content_type
                self._wake()
                async for chunk in audio.chunks:
                    if not self._make_room(len(chunk)):
                        raise RefusedError(ErrorKey.RECORDING_TOO_LARGE)
                    await add_job(self._write, chunk)
                    self.received += len(chunk)
                    self._wake()
        except RecorderError as err:
            self._fail(err)
        except OSError as err:
            _LOGGER.warning("Audio cannot be kept while it is played: %s", err.strerror)
            self._fail(RefusedError(ErrorKey.PLAYBACK_FAILED))
        else:
            self.size = self.received
            self.is_complete = True
            self._wake()
        finally:
            if not self.is_complete:
                self._fail(RefusedError(ErrorKey.PLAYBACK_ENDED))

    def _fail(self, err: RecorderError) -> None:
        """Note the first error, and wake up all listeners."""
        self._error = self._error or err
        self._wake()

    def _wake(self) -> None:
        """Wake up all listeners."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _write(self, chunk: bytes) -> None:
        """Write a piece. Blocks."""
        if self._file is not None:
            self._file.write(chunk)
            self._file.flush()

    def _pread(self, size: int, start: int) -> bytes:
        """Read a piece, without moving where the download writes. Blocks."""
        if self._file is None:
            raise RefusedError(ErrorKey.PLAYBACK_ENDED)
        try:
            return os.pread(self._file.fileno(), size, start)
        except (OSError, ValueError) as err:
            # The recorder was unloaded meanwhile.
            raise RefusedError(ErrorKey.PLAYBACK_ENDED) from err


class Playbacks:
    """The recordings of a recorder that are being played."""

    def __init__(self, hass: HomeAssistant, client: RecorderClient) -> None:
        """Start with none."""
        self._hass = hass
        self._client = client
        self._playbacks: dict[str, Playback] = {}

    def __len__(self) -> int:
        """Return how many recordings are kept."""
        return len(self._playbacks)

    def __iter__(self) -> Iterator[Playback]:
        """Go through them, the oldest first."""
        return iter(tuple(self._playbacks.values()))

    @contextmanager
    def listen(self, recording_id: str) -> Iterator[Playback]:
        """Download a recording's audio, for as long as it has a listener."""
        playback = self._playbacks.get(recording_id)
        if playback is None or playback.has_failed:
            playback = self._start(recording_id)
        if playback.cancel_timer is not None:
            playback.cancel_timer()
            playback.cancel_timer = None
        playback.listeners += 1
        try:
            yield playback
        finally:
            playback.listeners -= 1
            if not playback.listeners:
                self._leave(playback)

    async def close(self) -> None:
        """Stop all downloads and delete all files."""
        for playback in self:
            await playback.close()
        self._playbacks.clear()

    def _start(self, recording_id: str) -> Playback:
        """Start a download, and end one without a listener if need be."""
        if len(self._playbacks) >= _MOST_FILES and not self._drop_idle():
            raise RefusedError(ErrorKey.TOO_MANY_PLAYBACKS)
        playback = Playback(self._hass, self._client, recording_id, self._make_room)
        self._playbacks[recording_id] = playback
        return playback

    def _make_room(self, size: int) -> bool:
        """Return whether so many bytes more may be kept; drop what has no listener."""
        while sum(playback.received for playback in self) + size > MOST_BYTES:
            if not self._drop_idle():
                return False
        return True

    def _drop_idle(self) -> bool:
        """Drop the oldest audio without a listener; return whether there was one."""
        for playback in self:
            if not playback.listeners:
                self._drop(playback)
                return True
        return False

    @callback
    def _leave(self, playback: Playback) -> None:
        """Drop audio some time after its last listener has left."""
        if playback.has_failed:
            self._drop(playback)
            return
        was_complete = playback.is_complete

        @callback
        def _drop_later(_: object) -> None:
            """Drop it, unless it has become complete meanwhile: then keep it."""
            playback.cancel_timer = None
            if playback.is_complete and not was_complete:
                self._leave(playback)
            else:
                self._drop(playback)

        playback.cancel_timer = async_call_later(
            self._hass, _KEEP if was_complete else _GRACE, _drop_later
        )

    @callback
    def _drop(self, playback: Playback) -> None:
        """Drop audio."""
        if self._playbacks.get(playback.recording_id) is playback:
            del self._playbacks[playback.recording_id]
        self._hass.async_create_background_task(
            playback.close(), f"{DOMAIN} end of playback"
        )
