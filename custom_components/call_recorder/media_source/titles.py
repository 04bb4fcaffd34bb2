"""What folders and recordings are called in the media browser."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from homeassistant.util import dt as dt_util

from ..api.models import Direction, Recording, RecordingState
from ..const import CONF_MASK_NUMBERS
from ..data import CallRecorderConfigEntry
from ..privacy import mask_recording

_ARROWS: Final = {
    Direction.INCOMING: "↙",
    Direction.OUTGOING: "↗",
    Direction.INTERNAL: "↔",
}


class Titles:
    """Writes titles in the language of the installation."""

    def __init__(
        self, entry: CallRecorderConfigEntry, texts: Mapping[str, str]
    ) -> None:
        """Take the recorder, and the texts under `common`."""
        self.texts = texts
        self.masks = entry.options.get(CONF_MASK_NUMBERS, False)
        self._archive = entry.runtime_data.archive

    def month(self, first: date) -> str:
        """Return the name of a month, with its year."""
        return self.texts["month_title"].format(
            month=self.texts[f"month_{first.month}"], year=first.year
        )

    def day(self, day: date) -> str:
        """Return the name of a day in its month."""
        return self.texts["day_title"].format(
            weekday=self.texts[f"weekday_{day.isoweekday()}"],
            month=self.texts[f"month_{day.month}"],
            day=day.day,
        )

    def recording(self, recording: Recording, time_format: str) -> str:
        """Return when a recording started, who talked with whom, and for how long."""
        lines = self._archive.lines_of(recording)
        if self.masks:
            recording = mask_recording(recording)
        arrow = _ARROWS.get(recording.direction or Direction.UNKNOWN)
        start, duration = recording.started_at, recording.duration
        parts = [
            dt_util.as_local(start).strftime(time_format) if start else None,
            " ".join(
                filter(None, (arrow, recording.remote_name or recording.remote_number))
            ),
            ", ".join(line.name for line in lines) or _local(recording),
            None if duration is None else _clock(duration),
        ]
        if recording.state not in (None, RecordingState.COMPLETE):
            parts.append(self.texts[recording.state])
        return " · ".join(filter(None, parts))


def _local(recording: Recording) -> str | None:
    """Return the name of the local party, or else its number."""
    owner = recording.owner
    return (
        recording.local_name
        or (owner and (owner.full_name or owner.username))
        or recording.local_number
    )


def _clock(duration: timedelta) -> str:
    """Return a duration as clocks show it."""
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
