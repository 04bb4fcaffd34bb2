"""The zone of Imagicle's times, which have none.

`startedAt` ("Get Active Recordings") has no zone and none is documented. The duration
shows how long ago that was, so the difference, in whole quarter-hours, is the zone.
"""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from ..parsing import utc_offset

_EXACT: Final = timedelta(minutes=1)
"""How far a start may be from a quarter-hour for its duration to have no pause in it."""


class RecorderClock:
    """What is known of the recorder's zone."""

    def __init__(self, home: tzinfo) -> None:
        """Start with the zone in which the recorder probably stands."""
        self._home = home
        self._is_learned = False
        self.zone = home

    def to_utc(self, time: datetime) -> datetime:
        """Return a time of the recorder in UTC."""
        if time.tzinfo is None:
            time = time.replace(tzinfo=self.zone)
        return time.astimezone(UTC)

    def learn(self, local: datetime, duration: timedelta, now: datetime) -> bool:
        """Learn from a recording that started at `local` and has run for `duration`.

        Returns whether that is enough. A duration that a pause has shortened fits no
        zone exactly, and is believed only while nothing better is known.
        """
        started_at = now - duration
        if (offset := utc_offset(local, started_at)) is None:
            return False
        is_exact = abs(local.replace(tzinfo=UTC) - started_at - offset) < _EXACT
        if is_exact or not self._is_learned:
            self._is_learned = True
            # The home zone knows the other half of the year, too. A recorder may show
            # a start by the clock of that time, or by today's.
            at_home = (started_at, now)
            is_home = offset in {
                time.astimezone(self._home).utcoffset() for time in at_home
            }
            self.zone = self._home if is_home else timezone(offset)
        return is_exact

    def started_at(
        self,
        local: datetime | None,
        duration: timedelta | None,
        now: datetime,
        *,
        is_paused: bool,
    ) -> datetime | None:
        """Return when an active recording started, as far as that is known.

        A pause may or may not count in the duration.
        """
        if local is None:
            return None if duration is None else now - duration
        if local.tzinfo is not None:
            return local.astimezone(UTC)
        if duration is None or (is_paused and self._is_learned):
            # In the hour that comes twice, the later one, if it has been.
            later = self.to_utc(local.replace(fold=1))
            return later if later <= now else self.to_utc(local)
        if (offset := utc_offset(local, now - duration)) is None:
            # In no zone on Earth was it that time: only the duration is believable.
            return now - duration
        return (local - offset).replace(tzinfo=UTC)
