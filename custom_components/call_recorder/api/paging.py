"""Goes through an archive by time, so that new recordings do not shift the pages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
from typing import Any, Final, Self

from .errors import ErrorKey, RefusedError
from .models import Recording, RecordingPage

_MAX_CURSOR: Final = 64 * 1024
"""Characters. Room for a thousand ids of recordings that started in one second."""


def write_cursor(*fields: Any) -> str:
    """Write the fields of a cursor as a `next_cursor`. They have to fit into JSON."""
    return urlsafe_b64encode(json.dumps(fields).encode()).decode()


def read_cursor[Cursor](text: str, make: Callable[..., Cursor]) -> Cursor:
    """Return the cursor that `make` makes of the fields of a `next_cursor`.

    Raises `RefusedError` for a text that is none of ours: `make` may raise
    `ValueError`, `TypeError` or `OverflowError` for fields that make no cursor.
    """
    if len(text) > _MAX_CURSOR:
        raise RefusedError(ErrorKey.INVALID_CURSOR)
    try:
        return make(*json.loads(urlsafe_b64decode(text)))
    except ValueError, TypeError, OverflowError, RecursionError:
        raise RefusedError(ErrorKey.INVALID_CURSOR) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePart:
    """The part of an archive that was read, newest first."""

    recordings: Sequence[Recording]
    read_to: datetime | None = None
    """Start of the last row, when the recorder has more behind it."""
    total: int | None = None
    """How many recordings the recorder counts in all for the same question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeCursor:
    """Where the page before ended: a second, and what was shown of that second."""

    second: datetime | None = None
    seen: frozenset[str] = frozenset()
    total: int | None = None

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """Read a `next_cursor`; raises `RefusedError` when it is none of ours."""
        return cls() if text is None else read_cursor(text, cls._make)

    @classmethod
    def _make(cls, second: str, seen: list[str], total: int | None) -> Self:
        """Check the fields of a `next_cursor`."""
        time = datetime.fromisoformat(second)
        if time.tzinfo is None or not isinstance(seen, list):
            raise ValueError("no cursor")
        cursor = cls(
            second=time.astimezone(UTC),
            seen=frozenset(map(str, seen)),
            total=None if total is None else int(total),
        )
        cursor.upper_bound(None)
        return cursor

    def __str__(self) -> str:
        """Write the `next_cursor`."""
        second = self.second and self.second.isoformat()
        return write_cursor(second, sorted(self.seen), self.total)

    def upper_bound(self, end: datetime | None) -> datetime | None:
        """Return the end (excluded) of the time that is still to be read."""
        return end if self.second is None else self.second + timedelta(seconds=1)

    def page(self, part: ArchivePart, *, limit: int) -> RecordingPage:
        """Cut a page out of what matched, newest first, from the upper bound on.

        The total of the first page stays: later parts count what is left.
        """
        total = part.total if self.second is None else self.total
        fresh = [rec for rec in part.recordings if rec.id not in self.seen]
        shown, read_to = tuple(fresh[:limit]), part.read_to
        if len(fresh) > limit:
            starts = (rec.started_at for rec in reversed(shown))
            read_to = next(filter(None, starts), None)
        cursor = str(self._behind(shown, read_to, total)) if read_to else None
        return RecordingPage(recordings=shown, next_cursor=cursor, total=total)

    def _behind(
        self, shown: Sequence[Recording], read_to: datetime, total: int | None
    ) -> TimeCursor:
        """Return the cursor for what started at `read_to` or before, and was not shown."""
        second = read_to.replace(microsecond=0)
        if second == self.second and not shown:
            # A server that gives the same full page again would never come to an end.
            second -= timedelta(seconds=1)
        seen = {
            rec.id
            for rec in shown
            if rec.started_at is None or rec.started_at.replace(microsecond=0) == second
        }
        if second == self.second:
            seen |= self.seen
        return TimeCursor(second=second, seen=frozenset(seen), total=total)
