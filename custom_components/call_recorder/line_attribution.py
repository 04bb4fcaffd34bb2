"""Which line each active recording belongs to, asking the recorder where needed."""

import asyncio
from collections.abc import (
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
    Set as AbstractSet,
)
from dataclasses import dataclass, field
from itertools import batched
import logging
from typing import Final

from .active_changes import ActiveChanges
from .api.errors import RecorderError
from .api.models import ActiveRecording, ActiveRecordingFilter, LiveState, oldest_first
from .lines import Line, Lines

_LOGGER = logging.getLogger(__name__)

_REQUESTS_AT_ONCE: Final = 4
_TRIES: Final = 3
"""How many polls try to find a recording's line while the recorder fails at it."""
_RECORDINGS_AT_ONCE: Final = 500
"""New recordings that are compared before other tasks get their turn."""
_MOST_USERNAMES: Final = 500

type AskRecorder = Callable[[ActiveRecordingFilter], Awaitable[LiveState]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Attribution:
    """Which recordings belong to which lines. Another object for each change."""

    line_ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The lines of each recording; one whose line is being looked for is left out."""
    by_line: Mapping[str, tuple[ActiveRecording, ...]] = field(default_factory=dict)
    """The recordings of each line that has any, oldest first."""
    settled: tuple[ActiveRecording, ...] = ()
    """Those whose lines were found, or found anew, since the attribution before."""


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
        self._unknown: dict[str, ActiveRecording] = {}
        """The recordings whose lines are being looked for."""
        self._tries: dict[str, int] = {}
        self._last_line_of_user: dict[str, str] = {}

    async def attribute(
        self, before: Attribution, changes: ActiveChanges
    ) -> Attribution:
        """Return the lines of each recording, none for one that belongs to no line.

        A recording is left out while its line is being looked for. Raises nothing:
        when the recorder has failed to answer three times, the recording has no line.
        The same object comes back while nothing has changed.
        """
        for recording in changes.ended:
            self._unknown.pop(recording.id, None)
            self._tries.pop(recording.id, None)
        for recording in changes.started:
            self._unknown[recording.id] = recording
        for earlier, recording in changes.changed:
            if recording.id in self._unknown or _parties(earlier) != _parties(
                recording
            ):
                self._unknown[recording.id] = recording
        settled: dict[str, tuple[str, ...]] = {}
        unknown = dict(self._unknown)
        if unknown:
            await self._find_lines(unknown, settled)
        if not (settled or changes.changed or changes.ended):
            return before
        return _next_attribution(before, changes, self._take(settled), settled)

    def _take(self, found: Mapping[str, object]) -> tuple[ActiveRecording, ...]:
        """Return the recordings whose lines were found, and look for them no more."""
        recordings = [rec for rec in self._unknown.values() if rec.id in found]
        for recording in recordings:
            del self._unknown[recording.id]
            self._tries.pop(recording.id, None)
        return tuple(recordings)

    async def _find_lines(
        self,
        unknown: dict[str, ActiveRecording],
        settled: dict[str, tuple[str, ...]],
    ) -> None:
        """Find the lines of new recordings, asking the recorder where needed."""
        for number, some in enumerate(
            batched(tuple(unknown.values()), _RECORDINGS_AT_ONCE, strict=False)
        ):
            if number:
                await asyncio.sleep(0)
            for recording in some:
                self._note_user(recording)
                if owners := self._lines.owners(recording.local_party):
                    settled[recording.id] = self._line_ids(recording, owners)
                    del unknown[recording.id]
        complete = await self._ask_for_lines(unknown, settled)
        for recording in unknown.values():
            tries = self._tries[recording.id] = self._tries.get(recording.id, 0) + 1
            if complete or tries >= _TRIES:
                settled[recording.id] = self._line_ids(recording, [])

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
                    settled[recording_id] = self._line_ids(recording, [line])
                    self._note_line(recording, line)
        return complete

    def _note_line(self, recording: ActiveRecording, line: Line) -> None:
        """Remember where a user was found: that line is asked first next time."""
        if username := recording.local_party.username:
            self._last_line_of_user[username] = line.id
            if len(self._last_line_of_user) > _MOST_USERNAMES:
                del self._last_line_of_user[next(iter(self._last_line_of_user))]

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

    def _line_ids(
        self, recording: ActiveRecording, owners: list[Line]
    ) -> tuple[str, ...]:
        """Return the lines of a recording: its owners', and the other parties'."""
        lines = (*owners, *self._lines.of_others(recording))
        return tuple(dict.fromkeys(line.id for line in lines))

    def _note_user(self, recording: ActiveRecording) -> None:
        """Remember the user, to be offered when a line is added."""
        username = recording.local_party.username
        if username and len(self.usernames) < _MOST_USERNAMES:
            self.usernames.add(username)


def _next_attribution(
    before: Attribution,
    changes: ActiveChanges,
    settled: tuple[ActiveRecording, ...],
    found: Mapping[str, tuple[str, ...]],
) -> Attribution:
    """Return what has become of an attribution; `found` has the lines of the settled."""
    line_ids = {**before.line_ids, **found}
    for recording in changes.ended:
        line_ids.pop(recording.id, None)
    changed = (recording for _, recording in changes.changed)
    new = {recording.id: recording for recording in (*changed, *settled)}
    old = new.keys() | {recording.id for recording in changes.ended}
    by_line = _next_by_line(before, old, _group_by_line(new.values(), line_ids))
    return Attribution(line_ids=line_ids, by_line=by_line, settled=settled)


def _next_by_line(
    before: Attribution,
    old: AbstractSet[str],
    added: Mapping[str, list[ActiveRecording]],
) -> dict[str, tuple[ActiveRecording, ...]]:
    """Return the recordings of each line: without the old ones, with the added ones.

    Only the lines of recordings that have changed are gone through.
    """
    touched = {line_id for gone in old for line_id in before.line_ids.get(gone, ())}
    by_line = dict(before.by_line)
    for line_id in touched | added.keys():
        kept = [rec for rec in by_line.pop(line_id, ()) if rec.id not in old]
        if recordings := kept + added.get(line_id, []):
            by_line[line_id] = tuple(sorted(recordings, key=oldest_first))
    return by_line


def _group_by_line(
    recordings: Iterable[ActiveRecording], line_ids: Mapping[str, tuple[str, ...]]
) -> dict[str, list[ActiveRecording]]:
    """Return the recordings of each line that has any."""
    grouped: dict[str, list[ActiveRecording]] = {}
    for recording in recordings:
        for line_id in line_ids.get(recording.id, ()):
            grouped.setdefault(line_id, []).append(recording)
    return grouped


def _parties(recording: ActiveRecording) -> tuple[object, ...]:
    """Return what the lines of a recording follow from."""
    return (
        recording.local_party,
        recording.further_local_parties,
        recording.remote_party,
        recording.direction,
    )
