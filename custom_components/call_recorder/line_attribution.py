"""Which line each active recording belongs to, asking the recorder where needed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import batched
import logging
from typing import Final

from .api.errors import RecorderError
from .api.models import ActiveRecording, ActiveRecordingFilter, LiveState
from .lines import Line, Lines

_LOGGER = logging.getLogger(__name__)

_REQUESTS_AT_ONCE: Final = 4
_TRIES: Final = 3
"""How many polls try to find a recording's line while the recorder fails at it."""
_RECORDINGS_AT_ONCE: Final = 500
"""New recordings that are compared before other tasks get their turn."""
_MOST_USERNAMES: Final = 500

type AskRecorder = Callable[[ActiveRecordingFilter], Awaitable[LiveState]]


class LineAttribution:
    """Remembers the lines of each active recording, for as long as it runs.

    Lines follow who is in the call: they are found anew when its parties change. The
    recorder is asked only about new recordings that do not show it themselves, so
    an idle poll costs nothing more for any number of lines.
    """

    def __init__(self, lines: Lines, ask: AskRecorder) -> None:
        """Take the lines, and the request for a line's active recordings."""
        self.usernames: set[str] = set()
        """Users seen in active recordings, to be offered when a line is added."""
        self._lines = lines
        self._ask_recorder = ask
        self._attributed: tuple[ActiveRecording, ...] = ()
        self._recordings: dict[str, ActiveRecording] = {}
        """The recordings as they were when their lines were found."""
        self._line_ids: dict[str, tuple[str, ...]] = {}
        self._tries: dict[str, int] = {}
        self._last_line_of_user: dict[str, str] = {}

    async def attribute(
        self, recordings: tuple[ActiveRecording, ...]
    ) -> Mapping[str, tuple[str, ...]]:
        """Return the lines of each recording, none for one that belongs to no line.

        A recording is left out while its line is being looked for. Raises nothing:
        when the recorder has failed to answer three times, the recording has no line.
        The same mapping comes back while nothing has changed.
        """
        if recordings == self._attributed and len(recordings) == len(self._line_ids):
            return self._line_ids
        self._attributed = recordings
        active = {recording.id: recording for recording in recordings}
        self._forget_all_but(active)
        unknown = {
            recording_id: recording
            for recording_id, recording in active.items()
            if not self._is_known(recording)
        }
        if unknown:
            settled = dict(self._line_ids)
            await self._find_lines(unknown, settled)
            self._line_ids = settled
        return self._line_ids

    def _is_known(self, recording: ActiveRecording) -> bool:
        """Return whether the lines of the recording's parties are known."""
        known = self._recordings.get(recording.id)
        if known is recording:
            return True
        if known is None or _parties(known) != _parties(recording):
            return False
        self._recordings[recording.id] = recording
        return True

    def _forget_all_but(self, active: Mapping[str, ActiveRecording]) -> None:
        """Forget the recordings that have ended."""
        if self._line_ids.keys() - active.keys():
            self._line_ids = {
                recording_id: line_ids
                for recording_id, line_ids in self._line_ids.items()
                if recording_id in active
            }
        for memory in (self._recordings, self._tries):
            for recording_id in memory.keys() - active.keys():
                del memory[recording_id]

    async def _find_lines(
        self,
        unknown: dict[str, ActiveRecording],
        settled: dict[str, tuple[str, ...]],
    ) -> None:
        """Find the lines of new recordings, asking the recorder where needed."""
        for some in batched(tuple(unknown.values()), _RECORDINGS_AT_ONCE, strict=False):
            for recording in some:
                self._note_user(recording)
                if owners := self._lines.owners(recording.local_party):
                    self._settle(recording, owners, settled)
                    del unknown[recording.id]
            await asyncio.sleep(0)
        complete = await self._ask_for_lines(unknown, settled)
        for recording in unknown.values():
            tries = self._tries[recording.id] = self._tries.get(recording.id, 0) + 1
            if complete or tries >= _TRIES:
                self._settle(recording, [], settled)

    async def _ask_for_lines(
        self,
        unknown: dict[str, ActiveRecording],
        settled: dict[str, tuple[str, ...]],
    ) -> bool:
        """Ask for the recordings of each line that may have new ones.

        Return False when the recorder failed to answer for a line.
        """
        complete = True
        for some_lines in batched(
            self._lines_to_ask(unknown), _REQUESTS_AT_ONCE, strict=False
        ):
            if not unknown:
                break
            answers = await asyncio.gather(*map(self._ask, some_lines))
            for line, found in zip(some_lines, answers, strict=True):
                complete = complete and found is not None
                for recording_id in unknown.keys() & (found or set()):
                    recording = unknown.pop(recording_id)
                    self._settle(recording, [line], settled)
                    if username := recording.local_party.username:
                        self._last_line_of_user[username] = line.id
        return complete

    def _lines_to_ask(self, unknown: Mapping[str, ActiveRecording]) -> Sequence[Line]:
        """Return the lines that new recordings may belong to, the likely ones first."""
        parties = {recording.local_party for recording in unknown.values()}
        likely = {
            self._last_line_of_user.get(party.username or "") for party in parties
        }
        return sorted(
            self._lines.to_ask(parties), key=lambda line: line.id not in likely
        )

    async def _ask(self, line: Line) -> set[str] | None:
        """Return the ids of the line's recordings; `None` when the recorder fails."""
        try:
            state = await self._ask_recorder(line.filter)
        except RecorderError as err:
            _LOGGER.debug("The recordings of a line could not be read: %s", err)
            return None
        return {recording.id for recording in state.recordings or ()}

    def _settle(
        self,
        recording: ActiveRecording,
        owners: list[Line],
        settled: dict[str, tuple[str, ...]],
    ) -> None:
        """Note the lines of a recording: its owners, and those of the other parties."""
        lines = dict.fromkeys(
            line.id for line in (*owners, *self._lines.of_others(recording))
        )
        settled[recording.id] = tuple(lines)
        self._recordings[recording.id] = recording
        self._tries.pop(recording.id, None)

    def _note_user(self, recording: ActiveRecording) -> None:
        """Remember the user, to be offered when a line is added."""
        username = recording.local_party.username
        if username and len(self.usernames) < _MOST_USERNAMES:
            self.usernames.add(username)


def _parties(recording: ActiveRecording) -> tuple[object, ...]:
    """Return what the lines of a recording follow from."""
    return (
        recording.local_party,
        recording.further_local_parties,
        recording.remote_party,
        recording.direction,
    )
