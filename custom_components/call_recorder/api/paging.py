"""Goes through an archive by time, so that new recordings do not shift the pages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
from typing import Self

from .errors import ErrorKey, RefusedError
from .models import Recording, RecordingPage


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeCursor:
    """Where the page before ended: a second, and what was shown of that second."""

    second: datetime | None = None
    seen: frozenset[str] = frozenset()
    total: int | None = None

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """Read a `next_cursor`; raises `RefusedError` when it is none of ours."""
        if text is None:
            return cls()
        try:
            second, seen, total = json.loads(urlsafe_b64decode(text))
            cursor = cls(
                second=datetime.fromisoformat(second).astimezone(UTC),
                seen=frozenset(map(str, seen)),
                total=total if total is None else int(total),
            )
            cursor.upper_bound(None)
        except ValueError, TypeError, OverflowError, RecursionError:
            raise RefusedError(ErrorKey.INVALID_CURSOR) from None
        return cursor

    def __str__(self) -> str:
        """Write the `next_cursor`."""
        second = self.second and self.second.isoformat()
        text = json.dumps([second, sorted(self.seen), self.total])
        return urlsafe_b64encode(text.encode()).decode()

    def upper_bound(self, end: datetime | None) -> datetime | None:
        """Return the end (excluded) of the time that is still to be read."""
        return end if self.second is None else self.second + timedelta(seconds=1)

    def page(
        self,
        recordings: Sequence[Recording],
        *,
        limit: int,
        read_to: datetime | None,
        total: int | None,
    ) -> RecordingPage:
        """Cut a page out of what matched, newest first, from the upper bound on.

        `read_to` is the start of the last row that was looked at, when the recorder
        has more behind it. `total` counts for the first page; later ones keep it.
        """
        total = total if self.second is None else self.total
        fresh = [rec for rec in recordings if rec.id not in self.seen]
        shown = tuple(fresh[:limit])
        if len(fresh) > limit:
            begins = (rec.started_at for rec in reversed(shown))
            read_to = next(filter(None, begins), None)
        if read_to is None:
            return RecordingPage(recordings=shown, total=total)
        second = read_to.replace(microsecond=0)
        seen = {
            rec.id
            for rec in shown
            if rec.started_at is None or rec.started_at.replace(microsecond=0) == second
        }
        if second == self.second:
            seen |= self.seen
        cursor = TimeCursor(second=second, seen=frozenset(seen), total=total)
        return RecordingPage(recordings=shown, next_cursor=str(cursor), total=total)
