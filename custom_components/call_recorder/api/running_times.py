"""How long recordings have run, by the recorder's clock."""

from collections.abc import Callable
from datetime import datetime, timedelta

from .models import ActiveRecording
from .parsing import LONGEST_DURATION


def running_time_at(now: datetime) -> Callable[[ActiveRecording], timedelta | None]:
    """Return how to count a recording's duration from its start to `now`.

    `now` is the recorder's time. The duration is `None` where the start is not known,
    or is one that no clock can have.
    """

    def duration_of(recording: ActiveRecording) -> timedelta | None:
        """Return the time since the start."""
        if recording.started_at is None:
            return None
        duration = now - recording.started_at
        return None if duration > LONGEST_DURATION else max(duration, timedelta())

    return duration_of
