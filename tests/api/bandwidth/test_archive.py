"""Bandwidth's archive: newest first, whatever the order of the vendor's list is.

"There is no date filter, no sort parameter, no total count": all that a question is
about is found by reading pages ("List Recordings") and calls ("List Calls").
"""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
import json
from typing import Any, Final

from hypothesis import given, strategies as st
import pytest

from custom_components.call_recorder.api.bandwidth.archive import RowCursor
from custom_components.call_recorder.api.bandwidth.client import BandwidthClient
from custom_components.call_recorder.api.errors import RefusedError
from custom_components.call_recorder.api.models import (
    Direction,
    Recording,
    RecordingQuery,
    RecordingState,
)
from simulator.bandwidth import Bandwidth
from simulator.bandwidth.account import ListOrder as ServedOrder
from simulator.bandwidth.identifiers import bandwidth_id
from simulator.calls import Recording as OfficeRecording
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.bandwidth import (
    Clock,
    asked,
    open_client,
    pages,
    poll_until_known,
    record_many,
    rows_fault,
)

_SORTED: Final[list[ServedOrder]] = ["newest_first", "oldest_first"]


@pytest.fixture
def clock() -> Clock:
    """Return the office's time, which is not far from ours."""
    clock = Clock()
    clock.now = datetime.now(UTC).replace(microsecond=0)
    return clock


@pytest.fixture
def archive_size() -> int:
    """Return how many recordings there are."""
    return 2_500


@pytest.fixture
def office(clock: Clock, archive_size: int) -> Office:
    """Return an office that has recorded before."""
    return Office(seed=1, clock=clock, archive_size=archive_size)


@pytest.fixture
async def recorder(office: Office, socket_enabled: None) -> AsyncGenerator[Bandwidth]:
    """Run the account's server, which answers as fast as it is asked."""
    async with Simulator(office, only=["bandwidth"]) as simulator:
        yield simulator.bandwidth


@pytest.fixture
async def client(recorder: Bandwidth) -> AsyncGenerator[BandwidthClient]:
    """Return a client that has read the list."""
    async with open_client(recorder) as client:
        await poll_until_known(client)
        recorder.requests.clear()
        yield client


async def read_all(
    client: BandwidthClient, most: int = 100, **query: Any
) -> list[Recording]:
    """Read a query to its end, page by page."""
    found: list[Recording] = []
    cursor = None
    for _ in range(most):
        page = await client.get_recordings(RecordingQuery(cursor=cursor, **query))
        starts = [rec.started_at for rec in page.recordings if rec.started_at]
        assert starts == sorted(starts, reverse=True)
        found += page.recordings
        if (cursor := page.next_cursor) is None:
            return found
    raise AssertionError("no end")


def truth(
    office: Office, start: datetime | None = None, end: datetime | None = None
) -> list[OfficeRecording]:
    """Return the archived recordings of a time, newest first."""
    positions = office.archive.positions(start, end)
    return [office.archive[position] for position in reversed(positions)]


def ids(office: Office, recordings: list[OfficeRecording]) -> list[str]:
    """Return the ids of recordings."""
    return [bandwidth_id(office.seed, "r", rec.number) for rec in recordings]


# --- Pages ---


@pytest.mark.parametrize("order", _SORTED)
@pytest.mark.parametrize("archive_size", [0, 1, 240, 1_000, 2_500])
@pytest.mark.parametrize("limit", [70, 500])
async def test_every_row_once(
    office: Office, recorder: Bandwidth, order: ServedOrder, limit: int
) -> None:
    """All pages together are the archive, newest first."""
    recorder.order = order
    office.start_recording(office.connect("101"))
    async with open_client(recorder) as client:
        await poll_until_known(client)
        found = await read_all(client, limit=limit)
    assert [rec.id for rec in found] == ids(office, truth(office))
    assert all(rec.state is RecordingState.COMPLETE for rec in found)


@pytest.mark.parametrize("order", _SORTED)
async def test_new_recordings_between_the_pages(
    office: Office, clock: Clock, recorder: Bandwidth, order: ServedOrder
) -> None:
    """Rows move on to other pages; none comes twice, and none is left out."""
    recorder.order = order
    before = ids(office, truth(office))
    async with open_client(recorder) as client:
        await poll_until_known(client)
        found: list[str] = []
        cursor = None
        while True:
            query = RecordingQuery(limit=90, cursor=cursor)
            page = await client.get_recordings(query)
            found += [rec.id for rec in page.recordings]
            if (cursor := page.next_cursor) is None:
                break
            record_many(office, clock, 7)
    assert found == before


async def test_deletions_between_the_pages(office: Office, recorder: Bandwidth) -> None:
    """The row at which a page ended is gone: its time counts."""
    recorder.order = "oldest_first"
    async with open_client(recorder) as client:
        await poll_until_known(client)
        page = await client.get_recordings(RecordingQuery(limit=100))
        last = page.recordings[-1].id
        office.archive.older -= 150
        page = await client.get_recordings(
            RecordingQuery(limit=100, cursor=page.next_cursor)
        )
    assert last not in ids(office, truth(office))
    assert [rec.id for rec in page.recordings] == ids(office, truth(office))[:100]


@pytest.mark.parametrize("order", _SORTED)
@pytest.mark.parametrize("fewer", [0, 1, 30, 249])
async def test_newest_page_costs_one_request(
    office: Office, recorder: Bandwidth, order: ServedOrder, fewer: int
) -> None:
    """The archive is looked at often: only a short page is asked for."""
    office.archive.older -= fewer
    recorder.order = order
    async with open_client(recorder) as client:
        await poll_until_known(client)
        recorder.requests.clear()
        page = await client.get_recordings(RecordingQuery(limit=50))
    assert [rec.id for rec in page.recordings] == ids(office, truth(office)[:50])
    ((_, size),) = pages(recorder)
    assert size <= 500
    assert len(recorder.requests) == 1


async def test_rows_that_appear_anywhere(office: Office, recorder: Bandwidth) -> None:
    """Then the newest thousand are listed, as the last round has found them."""
    recorder.order = "shuffled"
    async with open_client(recorder) as client:
        await poll_until_known(client)
        newest = ids(office, truth(office))[:1000]
        recorder.requests.clear()
        found = await read_all(client, limit=170)
        assert [rec.id for rec in found] == newest
        assert not recorder.requests
        assert await client.get_oldest_start() == truth(office)[-1].started_at


async def test_one_page_in_no_order(office: Office, recorder: Bandwidth) -> None:
    """A list that one page shows is sorted here."""
    office.archive.older = 900
    recorder.order = "shuffled"
    async with open_client(recorder) as client:
        found = await read_all(client, limit=200)
    assert [rec.id for rec in found] == ids(office, truth(office))


@pytest.mark.parametrize("order", _SORTED)
async def test_a_server_that_knows_no_pages(
    office: Office, recorder: Bandwidth, order: ServedOrder
) -> None:
    """The same rows again and again are read twice, and not for ever."""
    recorder.order = order
    rows = [{"id": f"r-{n}", "state": "complete"} for n in range(500)]
    async with open_client(recorder) as client:
        await poll_until_known(client)
        recorder.faults.add(rows_fault(rows))
        recorder.requests.clear()
        found = await read_all(client, limit=100)
    assert sorted(rec.id for rec in found) == sorted(row["id"] for row in rows)
    assert len(recorder.requests) <= 12


# --- Times ---


@pytest.mark.parametrize("order", _SORTED)
@pytest.mark.parametrize("archive_size", [100, 4_300])
@pytest.mark.parametrize("days", [0, 1, 9, 29, 2_000])
async def test_a_day(
    office: Office, clock: Clock, recorder: Bandwidth, order: ServedOrder, days: int
) -> None:
    """A day of long ago is found without reading what came after it."""
    recorder.order = order
    end = clock.now - timedelta(days=days)
    start = end - timedelta(days=1)
    async with open_client(recorder) as client:
        await poll_until_known(client)
        recorder.requests.clear()
        found = await read_all(client, limit=100, start=start, end=end)
        assert len(recorder.requests) <= 12
    assert [rec.id for rec in found] == ids(office, truth(office, start, end))


async def test_from_a_time_on(office: Office, client: BandwidthClient) -> None:
    """A start without an end reads back to the start."""
    start = truth(office)[30].started_at
    found = await read_all(client, start=start)
    assert [rec.id for rec in found] == ids(office, truth(office)[:31])


async def test_times_are_computed(office: Office, client: BandwidthClient) -> None:
    """There is no field for the duration."""
    (found,) = (await client.get_recordings(RecordingQuery(limit=1))).recordings
    newest = truth(office)[0]
    assert found.started_at == newest.started_at
    assert found.ended_at == newest.ended_at
    assert found.ended_at and found.started_at
    assert found.duration == found.ended_at - found.started_at


@pytest.mark.parametrize(
    ("end", "duration"),
    [
        ("2026-03-04T11:01:30Z", timedelta(seconds=90)),
        ("2026-03-04T12:01:30.500+01:00", timedelta(seconds=90.5)),
        ("2026-03-04T11:01:30", timedelta(seconds=90)),
        (None, None),
        # Before its start: both are reported, and no duration follows.
        ("2026-03-04T10:00:00Z", None),
    ],
)
async def test_durations(
    recorder: Bandwidth, end: str | None, duration: timedelta | None
) -> None:
    """With and without milliseconds; UTC, whether it says so or not."""
    row = {"id": "r-1", "state": "saving", "startTime": "2026-03-04T11:00:00Z"}
    recorder.faults.add(rows_fault([{**row, "endTime": end}]))
    async with open_client(recorder) as client:
        (found,) = (await client.get_recordings(RecordingQuery())).recordings
    assert found.duration == duration
    assert found.state is RecordingState.SAVING


# --- Numbers and directions ---


@pytest.mark.parametrize(
    "number", ["+19195550101", "+1 919 555 0101", "9195550101", "0101"]
)
@pytest.mark.parametrize("archive_size", [300])
async def test_number(office: Office, client: BandwidthClient, number: str) -> None:
    """Either party's number, whole or by its last digits; the calls tell."""
    found = await read_all(client, number=number)
    wanted = [rec for rec in truth(office) if rec.call.line.number == "101"]
    assert wanted
    assert [rec.id for rec in found] == ids(office, wanted)
    assert {rec.local_number for rec in found} == {"+19195550101"}


@pytest.mark.parametrize("archive_size", [300])
async def test_remote_number(office: Office, client: BandwidthClient) -> None:
    """The other party counts too."""
    remote = truth(office)[5].call.remote_number
    found = await read_all(client, number=remote)
    wanted = [rec for rec in truth(office) if rec.call.remote_number == remote]
    assert [rec.id for rec in found] == ids(office, wanted)
    assert not await read_all(client, number="+15550000000")


async def test_whole_number_costs_no_request_per_call(
    office: Office, recorder: Bandwidth, client: BandwidthClient
) -> None:
    """The vendor compares whole numbers ("List Calls", from, to): two requests."""
    query = RecordingQuery(number="+19195550101", limit=500)
    page = await client.get_recordings(query)
    calls = [dict(request.query) for request in asked(recorder, "/calls")]
    assert calls == [
        {"page": "0", "size": "1000", "from": "+19195550101"},
        {"page": "0", "size": "1000", "to": "+19195550101"},
    ]
    wanted = [rec for rec in truth(office) if rec.call.line.number == "101"]
    assert [rec.id for rec in page.recordings] == ids(office, wanted)[:500]


async def test_last_digits_of_long_ago(
    office: Office, clock: Clock, recorder: Bandwidth, client: BandwidthClient
) -> None:
    """Ten calls are the most that one question asks for; the cursor says where it was."""
    end = clock.now - timedelta(days=12)
    start = end - timedelta(hours=4)
    query: dict[str, Any] = {"number": "0101", "start": start, "end": end}
    page = await client.get_recordings(RecordingQuery(**query))
    assert page.next_cursor
    assert len(asked(recorder, "/calls/")) == 10
    found = await read_all(client, **query)
    wanted = [rec for rec in truth(office, start, end) if rec.call.line.number == "101"]
    assert [rec.id for rec in found] == ids(office, wanted)


def _calls_fault(party: str, prefix: str, times: int | None = None) -> Fault:
    """Return a fault that answers with a full page of calls from or to a number."""
    rows = [{"id": f"c-{prefix}-{number}"} for number in range(1000)]
    return Fault(
        "body",
        path="/calls",
        query=party,
        body=json.dumps(rows),
        content_type="application/json",
        times=times,
    )


async def test_number_with_too_many_calls(
    office: Office, recorder: Bandwidth, client: BandwidthClient
) -> None:
    """Then each call has to be asked for, some at a time."""
    recorder.faults.add(_calls_fault("from", "x"))
    query: dict[str, Any] = {"number": "+19195550101", "limit": 20}
    page = await client.get_recordings(RecordingQuery(**query))
    wanted = [rec for rec in truth(office) if rec.call.line.number == "101"]
    assert [rec.id for rec in page.recordings] == ids(office, wanted)[:20]


async def test_calls_are_forgotten_after_a_while(
    office: Office, recorder: Bandwidth, client: BandwidthClient
) -> None:
    """Memory is limited; a call that is needed again is read again."""
    (recording,) = ids(office, truth(office)[-1:])

    async def read() -> int:
        """Read a recording; return how many calls were asked for."""
        recorder.requests.clear()
        await client.get_recording(recording)
        return len(asked(recorder, "/calls/"))

    assert [await read(), await read()] == [1, 0]
    for page in range(6):
        recorder.faults.add(_calls_fault("from", str(page), times=1))
    for number in ("+19990000000", "+19990000001"):
        await client.get_recordings(RecordingQuery(number=number, limit=1))
    assert await read() == 1


async def test_rows_without_a_start(recorder: Bandwidth) -> None:
    """They are reported, last, unless a time is asked for."""
    rows = [
        {"id": "r-1", "state": "error"},
        {"id": "r-2", "state": "complete", "startTime": "2026-03-04T11:00:00Z"},
    ]
    recorder.faults.add(rows_fault(rows))
    async with open_client(recorder) as client:
        found = await read_all(client)
        assert [rec.id for rec in found] == ["r-2", "r-1"]
        found = await read_all(client, end=datetime.now(UTC))
        assert [rec.id for rec in found] == ["r-2"]


@pytest.mark.parametrize("archive_size", [300])
@pytest.mark.parametrize("direction", [Direction.INCOMING, Direction.OUTGOING])
async def test_direction(
    office: Office, client: BandwidthClient, direction: Direction
) -> None:
    """The calls tell: "in" or "out"."""
    found = await read_all(client, direction=direction)
    wanted = [rec for rec in truth(office) if rec.call.direction == direction.value]
    assert [rec.id for rec in found] == ids(office, wanted)
    assert {rec.direction for rec in found} == {direction}


async def test_directions_that_catapult_does_not_know(client: BandwidthClient) -> None:
    """Nothing is internal."""
    query = RecordingQuery(direction=Direction.INTERNAL)
    assert not (await client.get_recordings(query)).recordings


# --- Cursors ---


@pytest.mark.parametrize("cursor", ["", "x", "W10=", "bnVsbA==", "WzEsMiwzLDRd"])
async def test_foreign_cursor(client: BandwidthClient, cursor: str) -> None:
    """What is no cursor of ours is refused."""
    with pytest.raises(RefusedError) as err:
        await client.get_recordings(RecordingQuery(cursor=cursor))
    assert err.value.key == "invalid_cursor"


@given(
    row_id=st.text(),
    started_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    page=st.integers(0, 10**6),
    size=st.integers(1, 1000),
)
def test_cursor_as_text(
    row_id: str, started_at: datetime | None, page: int, size: int
) -> None:
    """A cursor is what it was."""
    cursor = RowCursor(row_id, started_at, page, size)
    assert RowCursor.parse(str(cursor)) == cursor
