"""The recorders' common vocabulary."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.call_recorder.api.models import (
    ActiveRecording,
    Recording,
    RecordingQuery,
    newest_first,
    oldest_first,
)

_NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "end", "covered"),
    [
        (None, None, True),
        (_NOON, None, True),
        (_NOON + _HOUR, None, False),
        (None, _NOON, False),
        (None, _NOON + _HOUR, True),
        (_NOON - _HOUR, _NOON + _HOUR, True),
    ],
)
def test_covers(start: datetime | None, end: datetime | None, covered: bool) -> None:
    """The start of the time that is asked for is included, its end is not."""
    assert RecordingQuery(start=start, end=end).covers(_NOON) is covered


def test_an_unknown_start_is_in_no_limited_time() -> None:
    """What has no start is found only where no time is asked for."""
    assert RecordingQuery().covers(None)
    assert not RecordingQuery(start=_NOON).covers(None)
    assert not RecordingQuery(end=_NOON).covers(None)


def test_sorting() -> None:
    """Recordings sort by start, those without one last, whatever the direction."""
    unknown = Recording(id="u")
    recordings = [
        unknown,
        Recording(id="b", started_at=_NOON),
        Recording(id="a", started_at=_NOON),
        Recording(id="c", started_at=_NOON - _HOUR),
    ]
    assert [rec.id for rec in sorted(recordings, key=oldest_first)] == list("cabu")
    assert [rec.id for rec in sorted(recordings, key=newest_first)] == list("abcu")
    assert oldest_first(ActiveRecording(id="u")) == oldest_first(unknown)
