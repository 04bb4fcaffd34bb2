"""Rows are parsed once, while they stay as they are."""

from typing import Any

import pytest

from custom_components.call_recorder.api.errors import UnexpectedResponseError
from custom_components.call_recorder.api.parsing import require_id
from custom_components.call_recorder.api.row_cache import RowCache


class _Rows:
    """Parses rows, and counts them."""

    def __init__(self) -> None:
        """Start without any."""
        self.cache: RowCache[tuple[str, Any]] = RowCache(moving="duration")
        self.parsed: list[str] = []

    def _parse(self, row: dict[str, Any]) -> tuple[str, Any]:
        """Return id and duration of a row."""
        row_id = require_id(row)
        self.parsed.append(row_id)
        return row_id, row.get("duration")

    async def read(self, rows: list[Any], **more: int) -> tuple[tuple[str, Any], ...]:
        """Parse the rows of an answer."""
        self.parsed.clear()
        return await self.cache.parse(rows, self._parse, **more)


@pytest.fixture
def rows() -> _Rows:
    """Return a cache without rows."""
    return _Rows()


def _answer(count: int, duration: int, **changed: Any) -> list[Any]:
    """Return an answer in which only the durations move, and what is given by id."""
    return [
        {"id": f"r{number}", "duration": duration, "party": {"name": "Ann"}}
        | changed.get(f"r{number}", {})
        for number in range(count)
    ]


async def test_an_unchanged_answer_is_not_parsed(rows: _Rows) -> None:
    """While only the durations move, no row is parsed, and the items are the same."""
    first = await rows.read(_answer(1000, 1))
    assert len(rows.parsed) == 1000
    assert first[7] == ("r7", 1)
    for duration in range(2, 10):
        assert await rows.read(_answer(1000, duration)) is first
        assert rows.parsed == []


async def test_only_what_changed_is_parsed(rows: _Rows) -> None:
    """Rows that changed are parsed again, and new ones are parsed."""
    first = await rows.read(_answer(1000, 1))
    changed = {"party": {"name": "Bob"}}
    items = await rows.read([*_answer(1000, 2, r5=changed), {"id": "new"}])
    assert rows.parsed == ["r5", "new"]
    assert items[5] == ("r5", 2)
    assert all(items[number] is first[number] for number in (0, 4, 6, 999))
    # What is not in the last answer is not kept.
    await rows.read(_answer(10, 3))
    assert rows.parsed == ["r5"]
    await rows.read(_answer(12, 4))
    assert rows.parsed == ["r10", "r11"]


async def test_another_order(rows: _Rows) -> None:
    """The items come in the order of the rows, without being parsed again."""
    await rows.read(_answer(3, 1))
    items = await rows.read(_answer(3, 2)[::-1])
    assert [row_id for row_id, _ in items] == ["r2", "r1", "r0"]
    assert rows.parsed == []


async def test_bad_rows(rows: _Rows, caplog: pytest.LogCaptureFixture) -> None:
    """A row that cannot be read costs itself only, and one line logs how many."""
    odd = [None, "row", {}, {"id": ["a"]}, {"id": True}, {"id": " "}, {"id": "x" * 999}]
    with caplog.at_level("DEBUG"):
        items = await rows.read([*odd, *_answer(2, 1)])
    assert [row_id for row_id, _ in items] == ["r0", "r1"]
    messages = [record.getMessage() for record in caplog.records]
    assert messages == ["Skipped 7 of 9 rows: no id"]
    with pytest.raises(UnexpectedResponseError, match="no row can be read"):
        await rows.read(odd)
    assert await rows.read([]) == ()


async def test_too_many_rows(rows: _Rows) -> None:
    """More rows than can be wanted are refused before one of them is parsed."""
    with pytest.raises(UnexpectedResponseError, match="too many rows"):
        await rows.read(_answer(11, 1), limit=10)
    with pytest.raises(UnexpectedResponseError, match="too many rows"):
        await rows.read([{}] * 1_000_000)
    assert rows.parsed == []


async def test_rows_that_orjson_cannot_write(rows: _Rows) -> None:
    """Half characters and numbers beyond 64 bits are compared as well."""
    odd = {"half": "\ud83d", "large": 10**30, "deep": [[[[]]]]}
    first = await rows.read(_answer(2, 1, r1=odd))
    assert await rows.read(_answer(2, 2, r1=odd)) is first
    assert rows.parsed == []


async def test_clear(rows: _Rows) -> None:
    """Behind it, each row is parsed again."""
    await rows.read(_answer(2, 1))
    rows.cache.clear()
    await rows.read(_answer(2, 2))
    assert rows.parsed == ["r0", "r1"]
