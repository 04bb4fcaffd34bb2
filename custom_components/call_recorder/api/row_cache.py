"""Parses the rows of an answer only once, while they stay as they are."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import orjson

from .errors import UnexpectedResponseError
from .parsing import MAX_ROWS, as_object, check_count, report_unreadable

_PARSED_AT_ONCE: Final = 200
"""Rows that are parsed before other tasks get their turn."""
_MANY: Final = 1_000
"""Rows whose decoding and comparing is enough for one turn."""


class RowCache[Item]:
    """Keeps what the rows of the last answer were parsed to, and nothing older.

    A row is known by a fingerprint: to compare it takes a thirtieth of the time of
    parsing the row, and less memory than the row.
    """

    def __init__(self, *, moving: str | None = None) -> None:
        """Name the field that every answer changes. It is not compared."""
        self._moving = moving
        self._marks: list[int] = []
        self._of_rows: list[Item | None] = []
        self._moved: list[Any] = []
        self._items: tuple[Item, ...] = ()

    async def parse(
        self,
        rows: list[Any],
        parse: Callable[[dict[str, Any]], Item],
        *,
        limit: int = MAX_ROWS,
    ) -> tuple[Item, ...]:
        """Return an item for each row that can be read, in the order of the rows.

        `parse` is called for rows that are new or have changed. It raises `ValueError`
        for a row that cannot be read. The same tuple comes back while no row changes.

        Raises `UnexpectedResponseError` for more rows than `limit`, and when no row of
        a list with rows can be read.
        """
        check_count(rows, limit)
        if len(rows) > _MANY:
            await asyncio.sleep(0)
        moved = self._take_moving(rows)
        marks = _fingerprints(rows)
        if len(rows) > _MANY:
            await asyncio.sleep(0)
        if marks == self._marks:
            self._moved = moved
            return self._items
        known = dict(zip(self._marks, self._of_rows, strict=True))
        of_rows = list(map(known.get, marks))
        missing = [index for index, item in enumerate(of_rows) if item is None]
        if self._moving is not None:
            for index in missing:
                as_object(rows[index])[self._moving] = moved[index]
        await _parse_missing(rows, missing, of_rows, parse)
        self._marks, self._of_rows, self._moved = marks, of_rows, moved
        self._items = tuple([item for item in of_rows if item is not None])
        return self._items

    @property
    def moving(self) -> tuple[list[Item | None], list[Any]]:
        """Return, for each row of the last answer, its item and its moving field.

        The item of a row that could not be read is `None`.
        """
        return self._of_rows, self._moved

    def clear(self) -> None:
        """Drop all rows, so that each one is parsed again."""
        self._marks, self._of_rows, self._moved, self._items = [], [], [], ()

    def _take_moving(self, rows: list[Any]) -> list[Any]:
        """Take the moving field out of each row, and return its values."""
        if (name := self._moving) is None:
            return []
        return [row.pop(name, None) if isinstance(row, dict) else None for row in rows]


async def _parse_missing[Item](
    rows: list[Any],
    missing: list[int],
    of_rows: list[Item | None],
    parse: Callable[[dict[str, Any]], Item],
) -> None:
    """Parse the rows whose items are missing, as far as they can be read."""
    unreadable, reason = 0, ""
    for count, index in enumerate(missing, 1):
        try:
            of_rows[index] = parse(as_object(rows[index]))
        except (ValueError, OverflowError) as err:
            # Our own parsers' texts name the field only, never its content.
            unreadable, reason = unreadable + 1, str(err)
        if count % _PARSED_AT_ONCE == 0:
            await asyncio.sleep(0)
    report_unreadable(len(rows), unreadable, reason)


def _fingerprints(rows: list[Any]) -> list[int]:
    """Return a number for each row, the same for equal rows only."""
    dumps = orjson.dumps
    try:
        return [hash(dumps(row)) for row in rows]
    except TypeError:
        pass
    try:
        # Half characters and deep nesting, which only the tolerant decoder accepts.
        return [hash(repr(row)) for row in rows]
    except RecursionError:
        raise UnexpectedResponseError("nested too deeply") from None
