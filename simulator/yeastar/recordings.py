"""`recording/list`, `recording/search`, `recording/download`, and the download itself."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from simulator.calls import Call, Recording

from .errors import YeastarError, parameter_error
from .identifiers import number_of_yeastar_id
from .pbx import Pbx
from .rows import file_name, parties, recording_row

_DEFAULT_PAGE_SIZE, _LARGEST_PAGE_SIZE = 10, 10_000
_DOWNLOAD_TIME = timedelta(minutes=30)


class Recordings:
    """Handlers of the finished recordings."""

    def __init__(self, pbx: Pbx) -> None:
        """Serve a PBX; no download is prepared."""
        self._pbx = pbx
        self._office = pbx.office
        self._downloads: dict[str, tuple[Recording, datetime]] = {}

    async def list(self, request: web.Request) -> dict[str, Any]:
        """Answer Query Recording List."""
        archive = self._office.archive
        return self._page(request.query, range(archive.older), archive.newer)

    async def search(self, request: web.Request) -> dict[str, Any]:
        """Answer Search Specific Recordings: times in Unix seconds, caller, callee, ids."""
        query = request.query
        if "ids" in query:
            chosen = [self._find(identifier) for identifier in query["ids"].split(",")]
            return self._page(query, (), [row for row in chosen if row is not None])
        older, newer = self._between(
            _unix_time(query, "start_time") or datetime.min.replace(tzinfo=UTC),
            _unix_time(query, "end_time") or datetime.max.replace(tzinfo=UTC),
        )
        if fits := _party_test(query):
            older = self._office.archive.select(older, fits)
            newer = [row for row in newer if fits(row.call)]
        return self._page(query, older, newer)

    def _between(
        self, start: datetime, end: datetime
    ) -> tuple[Sequence[int], Sequence[Recording]]:
        """Return the older and the newer recordings whose calls started in that time."""
        archive = self._office.archive
        everything = range(archive.older)
        first = bisect_left(everything, start, key=self._call_start)
        beyond = bisect_right(everything, end, key=self._call_start)
        newer = [row for row in archive.newer if start <= row.call.started_at <= end]
        return everything[first:beyond], newer

    async def download(self, request: web.Request) -> dict[str, Any]:
        """Answer Download Recording: an address that is valid for 30 minutes."""
        recording = self._wanted(request.query)
        name = file_name(self._pbx, recording)
        stamp = f"{self._office.now.astimezone(self._office.time_zone):%Y%m%d%H%M%S}"
        resource = f"Recording-X.7.0.6-{len(self._downloads) + 1}-download-{stamp}.wav"
        self._downloads[resource] = recording, self._office.now + _DOWNLOAD_TIME
        url = f"{self._pbx.download_base}/api/download/{resource}"
        return {"file": name, "download_resource_url": url}

    async def resource(self, request: web.Request) -> web.StreamResponse:
        """Answer the download itself; 404 once the 30 minutes are over."""
        recording, until = self._downloads.get(
            request.match_info["resource"], (None, None)
        )
        if recording is None or until is None or self._office.now > until:
            return web.Response(status=404)
        return await self._pbx.media(request, self._pbx.audio_of(recording))

    def _page(
        self, query: Mapping[str, str], older: Sequence[int], newer: Sequence[Recording]
    ) -> dict[str, Any]:
        """Return one page, sorted by id or time; pages count from 1."""
        page = _number(query, "page", 1)
        size = _number(query, "page_size", _DEFAULT_PAGE_SIZE)
        if size > _LARGEST_PAGE_SIZE:
            raise parameter_error("page_size", query["page_size"])
        size = self._pbx.rows_per_page or size
        sort_by = _choice(query, "sort_by", "id", "time")
        order_by = _choice(query, "order_by", "asc", "desc")
        newer = sorted(
            newer,
            key=lambda row: row.call.started_at if sort_by == "time" else row.number,
        )
        total = len(older) + len(newer)
        if total == 0 and self._pbx.says_not_found:
            raise YeastarError(60001)
        positions = range(total) if order_by == "asc" else range(total - 1, -1, -1)
        rows = [
            self._office.archive[older[position]]
            if position < len(older)
            else newer[position - len(older)]
            for position in positions[(page - 1) * size : page * size]
        ]
        return {
            "total_number": total,
            "data": [recording_row(self._pbx, row) for row in rows],
        }

    def _call_start(self, position: int) -> datetime:
        """Return the start of an older recording's call."""
        return self._office.archive[position].call.started_at

    def _wanted(self, query: Mapping[str, str]) -> Recording:
        """Return the recording with the query's `id` or `file`; 60001 if there is none."""
        recording = self._find(query["id"]) if "id" in query else None
        if "file" in query:
            recording = self._find_file(query["file"])
        if recording is None:
            raise YeastarError(60001)
        return recording

    def _find(self, identifier: str) -> Recording | None:
        """Return the recording with this id, None if there is none."""
        if not identifier.isdecimal():
            raise parameter_error("id", identifier)
        return self._office.archive.find(number_of_yeastar_id(int(identifier)))

    def _find_file(self, name: str) -> Recording | None:
        """Return the recording with this file name, None if there is none."""
        for recording in self._office.archive.newer:
            if file_name(self._pbx, recording) == name:
                return recording
        epoch = name.partition("-")[2].partition(".")[0]
        if not epoch.isdecimal():
            return None
        moment = datetime.fromtimestamp(int(epoch), UTC)
        positions = self._office.archive.positions(
            moment, moment + timedelta(minutes=1)
        )
        near = (self._office.archive[position] for position in positions)
        return next((row for row in near if file_name(self._pbx, row) == name), None)


def _choice(query: Mapping[str, str], name: str, default: str, other: str) -> str:
    """Return a parameter that knows two values."""
    chosen = query.get(name, default)
    if chosen not in (default, other):
        raise parameter_error(name, chosen)
    return chosen


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    """Return a positive number of the query; anything else is 40002."""
    text = query.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise parameter_error(name, text)
    return int(text)


def _unix_time(query: Mapping[str, str], name: str) -> datetime | None:
    """Return a time in Unix seconds; a formatted date is 40002."""
    text = query.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise parameter_error(name, text)
    return datetime.fromtimestamp(int(text), UTC)


def _party_test(query: Mapping[str, str]) -> Callable[[Call], bool] | None:
    """Return the test for `caller` and `callee`: a part of the name or of the number."""
    wanted = query.get("caller", ""), query.get("callee", "")
    if wanted == ("", ""):
        return None
    return lambda call: all(
        part in name or part in number
        for part, (name, number) in zip(wanted, parties(call), strict=True)
    )
