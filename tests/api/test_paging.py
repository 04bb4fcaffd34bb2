"""Pages of an archive, and the cursors between them."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.call_recorder.api.errors import RefusedError
from custom_components.call_recorder.api.paging import TimeCursor

_TIME = "2026-11-28T10:00:00+00:00"


@given(
    st.datetimes(
        datetime(1970, 1, 1),
        datetime(9000, 1, 1),
        timezones=st.just(UTC),
    ),
    st.frozensets(st.text(st.characters(codec="utf-8"))),
    st.none() | st.integers(0, 1 << 40),
)
def test_cursors_round_trip(
    second: datetime, seen: frozenset[str], total: int | None
) -> None:
    """A cursor that was given out is read as it was."""
    cursor = TimeCursor(second=second, seen=seen, total=total)
    assert TimeCursor.parse(str(cursor)) == cursor


@given(st.text() | st.binary().map(lambda raw: urlsafe_b64encode(raw).decode()))
def test_no_text_is_a_cursor(text: str) -> None:
    """Nothing but what was given out is taken for a position in the archive."""
    with pytest.raises(RefusedError, match="invalid_cursor"):
        TimeCursor.parse(text)


def test_no_cursor_is_the_beginning() -> None:
    """The first page has none before it."""
    assert TimeCursor.parse(None) == TimeCursor()


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [_TIME],
        [_TIME, [], None, None],
        [None, [], None],
        ["2026-11-28T10:00:00", [], None],
        ["9999-12-31T23:59:59.5+00:00", [], None],
        [_TIME, None, None],
        [_TIME, "abc", None],
        [_TIME, [], "many"],
        [_TIME, [], 1e999],
        [_TIME, [str(number) for number in range(1_000_000)], None],
    ],
)
def test_odd_cursors(fields: list[Any]) -> None:
    """A cursor that could not have been given out is refused, whatever its size."""
    text = urlsafe_b64encode(json.dumps(fields).encode()).decode()
    with pytest.raises(RefusedError, match="invalid_cursor"):
        TimeCursor.parse(text)


def test_deep_cursor() -> None:
    """A cursor that is nested deeply is refused."""
    with pytest.raises(RefusedError, match="invalid_cursor"):
        TimeCursor.parse(urlsafe_b64encode(b"[" * 40_000).decode())
