"""Parses the rows of an answer only once, while they stay as they are."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import orjson

from .errors import UnexpectedResponseError
from .parsing import MAX_ROWS, check_count, report_unreadable

_PARSED_AT_ONCE: Final = 200
"""Rows that are parsed before other tasks get their turn."""


class RowCache[Item]:
    """Keeps what the rows of the last answer were parsed to, and nothing older.

    A row is known by its id, and compared by a fingerprint: that takes a tenth of the
    time of parsing it, and none of its memory.
    """

    def __init__(self, *, id_name: str = "id", moving: str | None = None) -> None:
        """Name the field with the id, and the one that every answer changes."""
        self._id_name = id_name
        self._moving = moving
        self._fingerprint: int | None = None
        self._items: tuple[Item, ...] = ()
        self._of_rows: list[Item | None] = []
        self._moved: list[Any] = []
        self._known: dict[str | int, tuple[int, Item]] = {}

    async def parse(
        self,
        rows: list[Any],
        parse: Callable[[dict[str, Any], Item | None], Item],
        *,
        limit: int = MAX_ROWS,
    ) -> tuple[Item, ...]:
        """Return an item for each row that can be read, in the order of the rows.

        `parse` is called for rows that are new or have changed, with the row and what
        it was parsed to before. It raises `ValueError` for a row that cannot be read.
        The same tuple comes back while no row has changed.

        Raises `UnexpectedResponseError` for more rows than `limit`, and when no row of
        a list with rows can be read.
        """
        check_count(rows, limit)
        moved = [self._take_moving(row) for row in rows]
        fingerprint = _fingerprint_of(rows)
        if fingerprint == self._fingerprint:
            self._moved = moved
            return self._items
        last = self._known
        known: dict[str | int, tuple[int, Item]] = {}
        of_rows: list[Item | None] = []
        unreadable, parsed, reason = 0, 0, ""
        for row, moving in zip(rows, moved, strict=True):
            try:
                row_id = self._id_of(row)
                entry = last.get(row_id)
                mark = _fingerprint_of(row)
                if entry is None or entry[0] != mark:
                    if self._moving is not None:
                        row[self._moving] = moving
                    entry = mark, parse(row, entry and entry[1])
                    parsed += 1
                known[row_id] = entry
                of_rows.append(entry[1])
            except (ValueError, OverflowError) as err:
                of_rows.append(None)
                # Our own parsers' texts name the field only, never its content.
                unreadable, reason = unreadable + 1, str(err)
            if parsed == _PARSED_AT_ONCE:
                parsed = 0
                await asyncio.sleep(0)
        report_unreadable(len(rows), unreadable, reason)
        self._known, self._fingerprint = known, fingerprint
        self._of_rows, self._moved = of_rows, moved
        self._items = tuple(item for _, item in known.values())
        return self._items

    @property
    def moving(self) -> tuple[list[Item | None], list[Any]]:
        """Return, for each row of the last answer, its item and its moving field.

        The item of a row that could not be read is `None`.
        """
        return self._of_rows, self._moved

    def clear(self) -> None:
        """Forget all rows, so that each one is parsed again."""
        self._known, self._fingerprint, self._items = {}, None, ()

    def _take_moving(self, row: Any) -> Any:
        """Take the moving field out of a row, and return its value."""
        if self._moving is None or not isinstance(row, dict):
            return None
        return row.pop(self._moving, None)

    def _id_of(self, row: Any) -> str | int:
        """Return the id by which a row is known."""
        row_id = row.get(self._id_name) if isinstance(row, dict) else None
        if not isinstance(row_id, str | int):
            raise ValueError(f"no {self._id_name}")  # noqa: TRY004 - a row's fault
        return row_id


def _fingerprint_of(value: Any) -> int:
    """Return a number that is the same for equal values only."""
    try:
        return hash(orjson.dumps(value))
    except TypeError:
        pass
    try:
        # Half characters and deep nesting, which only the tolerant decoder accepts.
        return hash(repr(value))
    except RecursionError:
        raise UnexpectedResponseError("nested too deeply") from None
