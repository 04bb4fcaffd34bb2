"""Reads the finished recordings of one line."""

from dataclasses import replace
from typing import Final

from ..api.client import RecorderClient
from ..api.errors import ErrorKey, RefusedError
from ..api.models import Recording, RecordingPage, RecordingQuery
from ..api.numbers import is_same
from ..lines import Line

_MOST_PAGES: Final = 5
"""How many pages are read for one where many rows are not of the line."""


async def get_recordings_of_line(
    client: RecorderClient, query: RecordingQuery, line: Line
) -> RecordingPage:
    """Return a page of a line's recordings. Raises `RecorderError`.

    A user's name is enough to ask for, and costs one request where a number costs two.
    A recorder also finds numbers that only end with the line's: line 101 must not show
    the recordings of 2101. Then the total is not known.
    """
    if line.username:
        return await client.get_recordings(replace(query, username=line.username))
    if not line.directory_number:
        raise RefusedError(ErrorKey.NOT_SUPPORTED)
    # The line's number replaces a number that is asked for.
    query = replace(query, number=line.directory_number)
    page = await client.get_recordings(query)
    own = [rec for rec in page.recordings if _is_of_line(rec, line)]
    for _ in range(_MOST_PAGES - 1):
        if page.next_cursor is None or len(own) > query.limit // 2:
            break
        query = replace(query, cursor=page.next_cursor)
        page = await client.get_recordings(query)
        own += (rec for rec in page.recordings if _is_of_line(rec, line))
    return replace(page, recordings=tuple(own), total=None)


def _is_of_line(recording: Recording, line: Line) -> bool:
    """Return whether a recording is of a line that is given by its number.

    The line may be on either side: not every recorder marks internal calls.
    """
    return any(
        is_same(number, line.directory_number)
        for number in (recording.local_number, recording.remote_number)
    )
