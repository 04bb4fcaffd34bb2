"""Imagicle's Get Recordings List (628): pages, and filters in RHS colon syntax."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.archive import Archive
from simulator.calls import Call

from .rows import DIRECTIONS, listed_recording
from .suite import Suite

type _Span = tuple[datetime | None, datetime | None]
type _Test = Callable[[Call], bool]

_LONGEST = timedelta(days=1)
"""Longest duration: a recording started this long before a moment has ended by then."""
_SECOND = timedelta(seconds=1)


class FilterError(ValueError):
    """A filter that is refused: 400, reason 0."""


class PagingError(ValueError):
    """Paging that is refused: 400, reason 1."""


def list_recordings(
    suite: Suite, query: Mapping[str, str], only_of: str | None
) -> dict[str, Any]:
    """Return the answer; without `pageSize` it holds ALL matches (628, Paging)."""
    page, size = _paging(query)
    size = suite.rows_per_page or size
    archive = suite.office.archive
    positions = _ended_within(
        archive, _span(query.get("endTime")), _span(query.get("startTime"))
    )
    tests = _tests(query)
    if only_of is not None:
        tests.append(lambda call: call.line.username == only_of)
    if tests:
        positions = archive.select(
            positions, lambda call: all(test(call) for test in tests)
        )
    newest_first = positions[::-1]
    shown = (
        newest_first if size is None else newest_first[page * size : (page + 1) * size]
    )
    return {
        "totalCount": len(positions),
        "recordings": [
            listed_recording(suite, archive[position]) for position in shown
        ],
    }


def _ended_within(archive: Archive, end: _Span, start: _Span) -> Sequence[int]:
    """Return the positions of the recordings whose start and end lie in these spans."""
    if end == (None, None):
        return archive.positions(*start)
    doubtful = {
        position
        for edge in end
        if edge is not None
        for position in archive.positions(edge - _LONGEST, edge)
    }
    earliest, latest = end
    started = archive.positions(earliest and earliest - _LONGEST, latest)
    chosen = archive.positions(*start)
    return [
        position
        for position in range(
            max(started.start, chosen.start), min(started.stop, chosen.stop)
        )
        if position not in doubtful or _within(archive[position].ended_at, end)
    ]


def _paging(query: Mapping[str, str]) -> tuple[int, int | None]:
    """Return `page` (0-based) and `pageSize`."""
    try:
        page = int(query.get("page") or 0)
        size = int(query["pageSize"]) if query.get("pageSize") else None
    except ValueError:
        raise PagingError("page and pageSize must be integers") from None
    if page < 0 or (size is not None and size < 1):
        raise PagingError("page and pageSize must be positive")
    return page, size


def _tests(query: Mapping[str, str]) -> list[_Test]:
    """Return the tests for number, owner and direction; two names of the remote number."""
    tests: list[_Test] = []
    if wanted := query.get("localPartyNumber"):
        local = _equals(wanted)
        tests.append(lambda call: call.line.number == local)
    tests += [
        _remote_number(wanted)
        for name in ("remotePartyNumber", "remoteParty")
        if (wanted := query.get(name))
    ]
    if wanted := query.get("ownerUsername"):
        owner = _equals(wanted)
        tests.append(lambda call: call.line.username == owner)
    if wanted := query.get("direction"):
        direction = _equals(wanted)
        if direction not in ("0", "1", "2"):
            raise FilterError("direction must be 0, 1 or 2")
        tests.append(lambda call: str(DIRECTIONS[call.direction]) == direction)
    return tests


def _remote_number(wanted: str) -> _Test:
    """Return the test for the remote number: [equals] or contains."""
    if wanted.startswith("contains:"):
        part = wanted.removeprefix("contains:")
        return lambda call: part in call.remote_number
    whole = _equals(wanted)
    return lambda call: call.remote_number == whole


def _equals(wanted: str) -> str:
    """Return the value of a filter whose only operator is [equals]."""
    operator, colon, value = wanted.partition(":")
    if not colon:
        return wanted
    if operator != "equals":
        raise FilterError(f"Unknown operator {operator}")
    return value


def _span(wanted: str | None) -> _Span:
    """Return start and end (excluded) of a filter: [equals], before, after, between."""
    if not wanted:
        return None, None
    operator, _, value = wanted.partition(":")
    if operator == "before":
        return None, _moment(value)
    if operator == "after":
        return _moment(value) + timedelta.resolution, None
    if operator == "between":
        lower, _, upper = value.partition(";")
        return _moment(lower), _moment(upper)
    moment = _moment(value if operator == "equals" else wanted)
    return moment, moment + _SECOND


def _moment(text: str) -> datetime:
    """Return a time; one without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FilterError(f"{text} is not a date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _within(moment: datetime | None, span: _Span) -> bool:
    """Return whether a moment lies in a span."""
    start, end = span
    return (
        moment is not None
        and (start is None or moment >= start)
        and (end is None or moment < end)
    )
