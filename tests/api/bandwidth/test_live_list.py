"""Bandwidth's list of recordings: a million rows in an order that is not documented.

"List all users' call recordings", with `page` and `size` ("Maximum value 1000") and
nothing else ("List Recordings", Supported Parameters).
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
import json
from typing import Any, Final, overload
from zlib import crc32

from hypothesis import given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.call_recorder.api.bandwidth.catapult import Page, page_query
from custom_components.call_recorder.api.bandwidth.live_list import LiveList
from custom_components.call_recorder.api.bandwidth.position import Position
from custom_components.call_recorder.api.bandwidth.readers import end_query
from custom_components.call_recorder.api.bandwidth.rows import Row
from custom_components.call_recorder.api.bandwidth.sample import Sample
from custom_components.call_recorder.api.bandwidth.times import Span
from custom_components.call_recorder.api.bandwidth.walk import ListOrder, Walk
from custom_components.call_recorder.api.errors import (
    RefusedError,
    UnexpectedResponseError,
)
from custom_components.call_recorder.api.models import RecordingQuery
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator.bandwidth import Bandwidth
from simulator.bandwidth.account import LinkStyle, ListOrder as ServedOrder
from simulator.bandwidth.identifiers import bandwidth_id
from simulator.calls import Recording
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.bandwidth import (
    USER,
    Clock,
    MemoryStorage,
    asked,
    open_client,
    open_list,
    pages,
    poll,
    poll_until_known,
    record_many,
    rows_fault,
)
from tests.helpers.clock import settle, until
from tests.helpers.entries import make_entry
from tests.helpers.states import value

_ORDERS: Final[list[ServedOrder]] = ["newest_first", "oldest_first", "shuffled"]
_SORTED: Final[list[ServedOrder]] = ["newest_first", "oldest_first"]


@pytest.fixture
def clock() -> Clock:
    """Return the office's time."""
    return Clock()


@pytest.fixture
def office(clock: Clock, archive_size: int) -> Office:
    """Return an office that has recorded before."""
    return Office(seed=1, clock=clock, archive_size=archive_size)


@pytest.fixture
def archive_size() -> int:
    """Return how many recordings there are: three pages, the last not full."""
    return 2_500


@pytest.fixture
async def recorder(office: Office, socket_enabled: None) -> AsyncGenerator[Bandwidth]:
    """Run the account's server, which answers as fast as it is asked."""
    async with Simulator(office, only=["bandwidth"]) as simulator:
        yield simulator.bandwidth


async def poll_list(live: LiveList) -> set[str] | None:
    """Poll the list alone; return the ids of the active recordings."""
    rows = (await live.poll()).rows
    return None if rows is None else {row.id for row in rows}


async def read_until_known(live: LiveList) -> set[str]:
    """Poll the list alone, and read on, until all active recordings are known."""
    while (active := await poll_list(live)) is None:
        while not await live.step():
            pass
    return active


def truth(office: Office) -> set[str]:
    """Return the ids of what is really being recorded."""
    return {id_of(office, recording) for recording in office.active_recordings()}


def id_of(office: Office, recording: Recording) -> str:
    """Return a recording's id."""
    return bandwidth_id(office.seed, "r", recording.number)


# --- One request per poll ---


@pytest.mark.parametrize("order", _ORDERS)
@pytest.mark.parametrize(
    ("archive_size", "known_at_once"),
    [(0, True), (100, True), (900, True), (999, True), (1_000, False), (2_500, False)],
)
async def test_known_at_once_or_after_a_walk(
    office: Office,
    recorder: Bandwidth,
    order: ServedOrder,
    archive_size: int,
    known_at_once: bool,
) -> None:
    """One page is everything. With more, nothing is known until all has been read once."""
    recorder.order = order
    office.start_recording(office.connect("101"))
    if archive_size == 999:
        office.archive.older -= 1  # The active one is the 999th.
    async with open_client(recorder) as client:
        first = await poll(client)
        assert first == (truth(office) if known_at_once else None)
        assert pages(recorder) == [(0, 1000)]
        assert await poll_until_known(client) == truth(office)
        numbers = [number for number, size in pages(recorder) if size == 1000]
        # No page is read twice, and nothing but pages.
        assert sorted(set(numbers)) == list(range(max(numbers) + 1))


@pytest.mark.parametrize("order", _SORTED)
@pytest.mark.parametrize("archive_size", [300, 5_500])
async def test_one_request_per_poll(
    office: Office, clock: Clock, recorder: Bandwidth, order: ServedOrder
) -> None:
    """However long the list, and whatever starts and ends meanwhile."""
    recorder.order = order
    lines = [f"{number}" for number in range(101, 111)]
    async with open_client(recorder) as client:
        await poll_until_known(client)
        for turn in range(40):
            clock.tick(10)
            if turn % 5 in (0, 1, 3):
                office.start_recording(office.connect(lines[turn % 10]))
            if turn % 3 and office.calls:
                office.hang_up(office.calls[turn % len(office.calls)])
            recorder.requests.clear()
            assert await poll(client) == truth(office)
            assert len(asked(recorder, "/recordings")) == 1


@pytest.mark.parametrize("order", ["front", "end"])
@pytest.mark.parametrize("archive_size", [1_000, 1_000_000])
async def test_a_million_rows_cost_what_a_thousand_cost(
    office: Office, clock: Clock, recorder: Bandwidth, order: str, archive_size: int
) -> None:
    """One request, and not many rows."""
    recorder.order = "newest_first" if order == "front" else "oldest_first"
    storage = MemoryStorage()
    saved = {
        "order": order,
        "total": archive_size,
        "oldest": None,
        "mark": (clock.now - timedelta(hours=1)).isoformat(),
        "active": [],
        "walk": None,
    }
    await storage.save({"account": "account", "list": saved})
    async with open_list(recorder, storage) as live:
        for count in range(5):
            assert await poll_list(live) == truth(office)
            assert len(recorder.requests) == count + 1
            office.start_recording(office.connect("101"))
    assert all(size <= 500 for _, size in pages(recorder))


@pytest.mark.parametrize("order", _SORTED)
async def test_old_active_recordings_are_asked_for_by_id(
    office: Office, clock: Clock, recorder: Bandwidth, order: ServedOrder
) -> None:
    """A recording that runs while hundreds come and go costs a request of its own."""
    recorder.order = order
    async with open_client(recorder) as client:
        await poll_until_known(client)
        call = office.connect("101")
        recording = office.start_recording(call)
        await poll(client)
        for _ in range(8):
            record_many(office, clock, 60)
            assert await poll(client) == truth(office)
        recorder.requests.clear()
        assert await poll(client) == {id_of(office, recording)}
        assert [request.path for request in recorder.requests] == [
            f"{USER}/recordings",
            f"{USER}/recordings/{id_of(office, recording)}",
        ]
        office.hang_up(call)
        assert await poll(client) == set()
        recorder.requests.clear()
        assert await poll(client) == set()
        assert len(recorder.requests) == 1


async def test_many_old_active_recordings_are_asked_for_in_turn(
    office: Office, clock: Clock, recorder: Bandwidth
) -> None:
    """Rows that stay "recording" for years must not make a poll last for minutes."""
    calls = [office.connect(f"{101 + number % 10}") for number in range(50)]
    for call in calls:
        office.start_recording(call)
    async with open_client(recorder) as client:
        await poll_until_known(client)
        record_many(office, clock, 300)
        await poll(client)
        for call in calls[:49]:
            office.hang_up(call)
        for _ in range(3):
            recorder.requests.clear()
            await poll(client)
            assert len(asked(recorder, "/recordings/")) <= 20
        assert await poll(client) == truth(office)


async def test_an_unreadable_old_recording_stays_as_it_was(
    office: Office, clock: Clock, recorder: Bandwidth
) -> None:
    """What is answered for one recording concerns no other."""
    recording = office.start_recording(office.connect("101"))
    async with open_client(recorder) as client:
        await poll_until_known(client)
        record_many(office, clock, 300)
        await poll(client)
        path = f"/recordings/{id_of(office, recording)}"
        for fault in (
            rows_fault({"id": 1}, path),
            Fault("status", path=path, status=400),
        ):
            recorder.faults.add(fault)
            assert await poll(client) == {id_of(office, recording)}
            recorder.faults.clear()
        recorder.faults.add(Fault("status", path=path, status=404))
        assert await poll(client) == set()


async def test_a_recording_that_has_not_changed_is_the_same_object(
    office: Office, clock: Clock, recorder: Bandwidth
) -> None:
    """Its row is not parsed again; only its duration grows, by the recorder's clock."""
    office.start_recording(office.connect("101"))
    async with open_client(recorder) as client:
        await poll_until_known(client)
        before = await client.get_live_state()
        clock.tick(30)
        office.start_recording(office.connect("102"))
        await client.get_live_state()
        clock.tick(30)
        after = await client.get_live_state()
        assert before.recordings is not None
        assert after.recordings is not None
        assert len(after.recordings) == 2
        assert after.recordings[0] is before.recordings[0]
        assert [*map(after.duration_of, after.recordings)] == [
            timedelta(seconds=60),
            timedelta(seconds=30),
        ]


@pytest.mark.parametrize("archive_size", [100])
async def test_endless_active_recordings(office: Office, recorder: Bandwidth) -> None:
    """More than can be is no list of recordings: it fails, and nothing is kept."""
    row = {"state": "recording", "startTime": "2026-03-04T11:00:00Z"}
    async with open_list(recorder) as live:
        for page in range(11):
            rows = [{"id": f"r-{page}-{number}", **row} for number in range(1000)]
            recorder.faults.clear()
            recorder.faults.add(rows_fault(rows))
            if page == 0:
                assert await poll_list(live) is None
            elif page < 10:
                await live.step()
            else:
                with pytest.raises(UnexpectedResponseError):
                    await live.step()
        assert not live.position.active
        recorder.faults.clear()
        assert await poll_list(live) == truth(office)


async def test_a_page_longer_than_any(recorder: Bandwidth) -> None:
    """Its rows are not even parsed."""
    recorder.faults.add(rows_fault([{"id": f"r-{n}"} for n in range(1001)]))
    async with open_list(recorder) as live:
        with pytest.raises(UnexpectedResponseError, match="too many rows"):
            await live.poll()


# --- The list changes ---


@pytest.mark.parametrize("order", _SORTED)
@pytest.mark.parametrize("missed", [60, 240, 600, 1_400])
async def test_more_new_rows_than_a_page_shows(
    office: Office, clock: Clock, recorder: Bandwidth, order: ServedOrder, missed: int
) -> None:
    """What came between two polls is caught up with; until then, nothing is known."""
    recorder.order = order
    async with open_client(recorder) as client:
        await poll_until_known(client)
        call = office.connect("101")
        office.start_recording(call)
        record_many(office, clock, missed)
        office.start_recording(office.connect("102"))
        assert await poll(client) in (None, truth(office))
        assert await poll_until_known(client) == truth(office)
        recorder.requests.clear()
        assert await poll(client) == truth(office)
        assert len(pages(recorder)) == 1


async def test_who_waits_for_a_poll_shares_it(
    office: Office, recorder: Bandwidth
) -> None:
    """Many ask at once which recordings are theirs: the list is not read for each."""
    async with open_client(recorder) as client:
        await poll_until_known(client)
        office.start_recording(office.connect("101"))
        recorder.requests.clear()
        answers = await asyncio.gather(*(poll(client) for _ in range(10)))
        assert answers == [truth(office)] * 10
        assert len(pages(recorder)) <= 2
        assert await poll(client) == truth(office)
        assert len(pages(recorder)) <= 3


async def test_many_new_rows_during_the_walk(
    office: Office, clock: Clock, recorder: Bandwidth
) -> None:
    """What came in front of the walk, and has passed the page of the polls."""
    async with open_list(recorder) as live:
        assert await poll_list(live) is None
        await live.step()
        office.start_recording(office.connect("101"))
        record_many(office, clock, 1_300)
        assert await poll_list(live) is None
        assert await read_until_known(live) == truth(office)


async def test_polls_and_the_walk_do_not_disturb_each_other(
    office: Office, clock: Clock, recorder: Bandwidth
) -> None:
    """A page that both have asked for counts once."""
    async with open_client(recorder) as client:
        await poll_until_known(client)
        record_many(office, clock, 2_200)
        office.start_recording(office.connect("101"))
        listening = asyncio.create_task(client.listen(lambda: None))
        for _ in range(3):
            await asyncio.gather(*(poll(client) for _ in range(3)))
        assert await poll(client) == truth(office)
        listening.cancel()


@pytest.mark.parametrize("lost", [1, 100, 200, 999, 1_000, 2_000, 2_400, 2_500])
async def test_a_list_that_shrinks(
    office: Office, recorder: Bandwidth, lost: int
) -> None:
    """Old rows are deleted: the end of the list is found again."""
    recorder.order = "oldest_first"
    async with open_client(recorder) as client:
        await poll_until_known(client)
        office.archive.older -= lost
        office.start_recording(office.connect("101"))
        assert await poll_until_known(client) == truth(office)
        recorder.requests.clear()
        assert await poll(client) == truth(office)
        assert len(pages(recorder)) == 1


async def test_a_list_that_grows_from_nothing(
    office: Office, clock: Clock, recorder: Bandwidth
) -> None:
    """The only page fills up: by then it is known where new rows appear."""
    office.archive.older = 0
    recorder.order = "oldest_first"
    async with open_client(recorder) as client:
        for _ in range(24):
            record_many(office, clock, 50)
            office.start_recording(office.connect("101"))
            recorder.requests.clear()
            assert await poll(client) == truth(office)
            assert len(pages(recorder)) == 1


async def test_a_server_that_knows_no_pages(
    office: Office, recorder: Bandwidth
) -> None:
    """The same rows again and again are no endless list."""
    rows = [
        {"id": f"r-{number}", "state": "complete", "startTime": "2026-01-01T00:00:00Z"}
        for number in range(1000)
    ]
    recorder.faults.add(rows_fault(rows))
    async with open_client(recorder) as client:
        assert await poll_until_known(client) == set()
        assert len(pages(recorder)) <= 4


# --- Rows appear anywhere ---


async def test_rows_that_appear_anywhere(office: Office, recorder: Bandwidth) -> None:
    """Where there is no order, the walk goes on and finds what is new."""
    recorder.order = "shuffled"
    async with open_list(recorder) as live:
        assert await read_until_known(live) == set()
        call = office.connect("101")
        recording = office.start_recording(call)
        assert await poll_list(live) == set()
        # The next round is due after a pause.
        assert (live.step_delay() or 0) > 0
        while not await live.step():
            pass
        recorder.requests.clear()
        assert await poll_list(live) == {id_of(office, recording)}
        # What is known is asked for by its id, so that its end is noticed at once.
        assert len(asked(recorder, "/recordings/")) == 1
        office.hang_up(call)
        assert await poll_list(live) == set()


# --- The order of a long list ---


@pytest.mark.parametrize("order", _SORTED)
@pytest.mark.parametrize("archive_size", [3_001, 8_000, 9_500, 64_000, 1_000_000])
async def test_a_sorted_list_is_known_after_ten_requests(
    office: Office, clock: Clock, recorder: Bandwidth, order: ServedOrder
) -> None:
    """However long the list, and the figure is right from the first one on."""
    recorder.order = order
    office.start_recording(office.connect("101"))
    async with open_list(recorder) as live:
        assert await poll_list(live) is None
        while live.position.order is None:
            await live.step()
        assert await read_until_known(live) == truth(office)
        assert len(recorder.requests) <= 11
        for _ in range(3):
            office.start_recording(office.connect("102"))
            clock.tick(10)
            assert await poll_list(live) == truth(office)
            # The walk goes on behind the polls.
            await live.step()


@pytest.mark.parametrize("order", _SORTED)
@pytest.mark.parametrize("archive_size", [12_000])
async def test_the_walk_finds_what_a_sample_has_not(
    office: Office, clock: Clock, recorder: Bandwidth, order: ServedOrder
) -> None:
    """A recording that is older than any call should be is found later."""
    recorder.order = order
    office.start_recording(office.connect("101"))
    record_many(office, clock, 3_200, seconds=100)
    late = office.start_recording(office.connect("102"))
    async with open_list(recorder) as live:
        assert id_of(office, late) in await read_until_known(live)
        while live.step_delay() == 0.0:
            await live.step()
        assert await poll_list(live) == truth(office)


@pytest.mark.parametrize("order", _SORTED)
@pytest.mark.parametrize("archive_size", [12_000])
async def test_the_walk_corrects_a_sample(
    office: Office, recorder: Bandwidth, order: ServedOrder
) -> None:
    """The order was none after all: from the walk's end on, each round shows what is."""
    recorder.order = order
    async with open_list(recorder) as live:
        await read_until_known(live)
        assert live.position.is_sorted
        recorder.order = "shuffled"
        office.start_recording(office.connect("101"))
        while live.position.is_sorted:
            await live.step()
        while await poll_list(live) != truth(office):
            await live.step()
        assert live.position.order is ListOrder.ANYWHERE


@pytest.mark.parametrize("order", _SORTED)
@pytest.mark.parametrize("archive_size", [0])
async def test_a_list_that_began_today(
    office: Office, clock: Clock, recorder: Bandwidth, order: ServedOrder
) -> None:
    """All of its pages are of the last day, and the first one ends the search."""
    recorder.order = order
    office.start_recording(office.connect("101"))
    record_many(office, clock, 3_300, seconds=10)
    async with open_list(recorder) as live:
        assert await read_until_known(live) == truth(office)
        assert all(number >= 0 for number, _ in pages(recorder))


@pytest.mark.parametrize("archive_size", [12_000])
async def test_a_list_in_no_order_is_read_as_a_whole(
    office: Office, recorder: Bandwidth
) -> None:
    """Nothing is known before the walk has ended."""
    recorder.order = "shuffled"
    office.start_recording(office.connect("101"))
    async with open_list(recorder) as live:
        assert await read_until_known(live) == truth(office)
    numbers = [number for number, size in pages(recorder) if size == 1000]
    assert numbers == list(range(13))


@pytest.mark.parametrize("order", _SORTED)
@pytest.mark.parametrize("archive_size", [40_000])
async def test_a_restart_samples_again(
    office: Office, recorder: Bandwidth, order: ServedOrder
) -> None:
    """A walk that was interrupted is no reason to wait for its end."""
    recorder.order = order
    office.start_recording(office.connect("101"))
    storage = MemoryStorage()
    walk = Walk(query=page_query(20, 1000), count=20_000, pages=20)
    saved = Position(walk=walk).as_dict()
    await storage.save({"account": "account", "list": saved})
    async with open_list(recorder, storage) as live:
        assert await poll_list(live) is None
        assert await read_until_known(live) == truth(office)
        assert len(recorder.requests) <= 10
        await live.step()
    # The walk goes on where it was.
    assert pages(recorder)[-1] == (20, 1000)


# --- A walk and its troubles ---


@pytest.mark.parametrize(
    "style",
    ["standard", "relative", "single_quotes", "sort_key", "malformed", "none"],
)
@pytest.mark.parametrize("order", _ORDERS)
async def test_links(
    office: Office, recorder: Bandwidth, order: ServedOrder, style: LinkStyle
) -> None:
    """The next page is found however the Link is written, and without one."""
    recorder.order = order
    recorder.link_style = style
    office.start_recording(office.connect("101"))
    async with open_client(recorder) as client:
        assert await poll_until_known(client) == truth(office)
        follows = any("sortKeyLT" in request.query for request in recorder.requests)
        assert follows == (style == "sort_key")


async def test_a_link_to_another_host(
    simulator: Simulator, recorder: Bandwidth
) -> None:
    """Credentials do not go where a Link leads, and the list is read all the same."""
    recorder.link_style = "other_host"
    recorder.link_host = simulator.bandwidth.url
    async with open_client(recorder) as client:
        assert await poll_until_known(client) == set()
    assert not simulator.bandwidth.requests


@pytest.mark.parametrize("order", _ORDERS)
@pytest.mark.parametrize("archive_size", [5_500])
async def test_a_walk_goes_on_after_a_restart(
    office: Office, recorder: Bandwidth, order: ServedOrder
) -> None:
    """What was read before need not be read again."""
    recorder.order = order
    office.start_recording(office.connect("101"))
    storage = MemoryStorage()
    async with open_list(recorder, storage) as live:
        assert await poll_list(live) is None
        for _ in range(3):
            await live.step()
        await live.save()
    recorder.requests.clear()
    async with open_list(recorder, storage) as live:
        assert await read_until_known(live) == truth(office)
        while live.step_delay() == 0.0:
            await live.step()
        walked = [number for number, size in pages(recorder) if size == 1000]
        assert 2 not in walked
        assert {4, 5} <= set(walked)
    recorder.requests.clear()
    async with open_list(recorder, storage) as live:
        known = await poll_list(live)
        if order != "shuffled":
            # And what was learned is known at once.
            assert known == truth(office)
            assert len(pages(recorder)) == 1


@pytest.mark.parametrize("order", _SORTED)
async def test_a_position_of_another_address(
    office: Office, clock: Clock, recorder: Bandwidth, order: ServedOrder
) -> None:
    """*Reconfigure* points the recorder elsewhere: the list there is read anew."""
    recorder.order = order
    storage = MemoryStorage()
    office.start_recording(office.connect("102"))
    async with open_client(recorder, storage) as client:
        await poll_until_known(client)
    elsewhere = Office(seed=2, clock=clock, archive_size=1_500)
    elsewhere.start_recording(elsewhere.connect("101"))
    async with Simulator(elsewhere, only=["bandwidth"]) as simulator:
        other = simulator.bandwidth
        other.order = "oldest_first" if order == "newest_first" else "newest_first"
        async with open_client(other, storage) as client:
            assert await poll(client) is None
            assert await client.get_oldest_start() is None
            # No id of the first account is asked for.
            assert {request.path for request in other.requests} == {
                f"{USER}/recordings"
            }
            assert await poll_until_known(client) == truth(elsewhere)


async def test_a_position_of_another_account(
    office: Office, recorder: Bandwidth
) -> None:
    """Nor does what was learned of one account count for another at the same address."""
    storage = MemoryStorage()
    office.start_recording(office.connect("102"))
    async with open_client(recorder, storage) as client:
        await poll_until_known(client)
    recorder.user_id = "u-another"
    recorder.requests.clear()
    recorder.faults.add(rows_fault([], path=""))
    async with open_client(recorder, storage) as client:
        assert await poll(client) == set()
        assert await client.get_oldest_start() is None
    assert {request.path for request in recorder.requests} == {
        "/v1/users/u-another/recordings"
    }


@pytest.mark.parametrize("order", _SORTED)
@pytest.mark.parametrize("missed", [50, 2_100])
@pytest.mark.parametrize("archive_size", [5_500])
async def test_a_long_time_off(
    office: Office, clock: Clock, recorder: Bandwidth, order: ServedOrder, missed: int
) -> None:
    """After a restart, what came meanwhile is read, and no more than that."""
    recorder.order = order
    storage = MemoryStorage()
    async with open_client(recorder, storage) as client:
        await poll_until_known(client)
    office.start_recording(office.connect("101"))
    record_many(office, clock, missed)
    recorder.requests.clear()
    async with open_client(recorder, storage) as client:
        assert await poll_until_known(client) == truth(office)
    assert sum(size for _, size in pages(recorder)) <= 2 * missed + 5_000


@pytest.mark.parametrize(
    "saved",
    ["{}", '{"active": 3}', '{"active": [], "mark": "x", "total": 1, "walk": null}'],
)
async def test_a_position_that_cannot_be_read(
    office: Office, recorder: Bandwidth, saved: str
) -> None:
    """Starts anew."""
    office.start_recording(office.connect("101"))
    storage = MemoryStorage()
    await storage.save({"account": "account", "list": json.loads(saved)})
    async with open_list(recorder, storage) as live:
        assert await read_until_known(live) == truth(office)


async def test_a_walk_that_fails_goes_on_after_the_next_poll(
    office: Office, recorder: Bandwidth
) -> None:
    """A page that is refused once is asked for again, later."""
    office.start_recording(office.connect("101"))
    async with open_client(recorder) as client:
        assert await poll(client) is None
        changed = asyncio.Event()
        recorder.faults.add(Fault("status", path="/recordings", status=500, times=1))
        listening = asyncio.create_task(client.listen(changed.set))
        while len(pages(recorder)) < 2:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert len(pages(recorder)) == 2
        assert await poll(client) is None
        await asyncio.wait_for(changed.wait(), 30)
        listening.cancel()
        assert await poll(client) == truth(office)


async def test_an_unreadable_page_far_behind(
    office: Office, recorder: Bandwidth
) -> None:
    """The last page has one row, and that cannot be read: it costs itself only."""
    office.archive.older = 2_000
    async with open_list(recorder) as live:
        assert await poll_list(live) is None
        assert not await live.step()
        recorder.faults.add(rows_fault([{"id": None}]))
        assert await live.step()
        recorder.faults.clear()
        assert await poll_list(live) == set()


async def test_an_archive_that_is_still_being_read(recorder: Bandwidth) -> None:
    """Where the newest recordings are is not known before the walk has ended."""
    async with open_client(recorder) as client:
        assert await client.get_oldest_start() is None
        with pytest.raises(RefusedError) as err:
            await client.get_recordings(RecordingQuery())
        assert err.value.key == "not_yet_known"


async def test_all_rows_unreadable(recorder: Bandwidth) -> None:
    """A list of which no row is readable is a failure, not an empty list."""
    recorder.faults.add(rows_fault([{"id": "r-1"}, 7]))
    async with open_client(recorder) as client:
        with pytest.raises(UnexpectedResponseError):
            await client.get_live_state()


# --- In Home Assistant ---


async def test_entities_are_up_before_the_walk_has_ended(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    bandwidth_data: dict[str, Any],
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is not known yet is unknown and no error, and known as soon as all is read."""
    sensor = "sensor.bandwidth_active_recordings"
    office.start_recording(office.connect("101"))
    recorder = simulator.bandwidth
    entry = make_entry(hass, bandwidth_data)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert value(hass, sensor) == "unknown"
    await until(hass, lambda: value(hass, sensor) == "1")
    today = "sensor.bandwidth_recordings_today"
    assert value(hass, today) == "unavailable"
    # The list has shown the archive, too: it is read again soon.
    await settle(hass)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=11))
    await settle(hass)
    assert value(hass, today) == "0"
    assert not [row for row in caplog.records if row.levelname == "ERROR"]
    assert await hass.config_entries.async_unload(entry.entry_id)
    saved = hass_storage[f"call_recorder.{entry.entry_id}"]["data"]
    assert saved["list"]["order"] == "front"
    recorder.requests.clear()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert value(hass, sensor) == "1"
    assert len(pages(recorder)) == 1
    await settle(hass)


# --- What the walk learns ---


def _row(number: int, minutes: float | None) -> Row:
    """Return a row that started so many minutes after the first."""
    return Row(
        id=f"r-{number}",
        state="complete",
        started_at=None
        if minutes is None
        else Clock().now + timedelta(minutes=minutes),
        ended_at=None,
        call_id=None,
    )


def _walk(minutes: list[float | None]) -> Walk:
    """Walk through a list of rows."""
    walk = Walk()
    rows = [_row(number, minute) for number, minute in enumerate(minutes)]
    for first in range(0, len(rows), 1000):
        part = tuple(rows[first : first + 1000])
        following = page_query(first // 1000 + 1, 1000)
        is_last = first + 1000 >= len(rows)
        walk.take(
            Page(
                rows=part,
                count=len(part),
                next=None if is_last else following,
                now=Clock().now + timedelta(days=3650),
            )
        )
    return walk


def _shuffled(minutes: list[float]) -> list[float]:
    """Return the same in an order that means nothing."""
    return sorted(minutes, key=lambda minute: crc32(f"{minute}".encode()))


_TIMES: Final = [float(number) for number in range(3000)]


@pytest.mark.parametrize(
    ("minutes", "order"),
    [
        (_TIMES, ListOrder.END),
        (_TIMES[::-1], ListOrder.FRONT),
        (_shuffled(_TIMES), ListOrder.ANYWHERE),
        # Too few to tell.
        (_TIMES[:200], None),
        # Out of order by as much as calls overlap.
        (
            [time + 40 * (number % 2) for number, time in enumerate(_TIMES)],
            ListOrder.END,
        ),
        # Old rows were brought from another system, in no order.
        ([*_shuffled(_TIMES), *_TIMES[:200]], ListOrder.ANYWHERE),
        ([*_shuffled(_TIMES[:2900]), *_TIMES[2900:]], ListOrder.END),
        # Some clocks were wrong.
        ([*_TIMES[:1000], 1e6, 1e6, None, *_TIMES[1000:]], ListOrder.END),
        # All at one time: nothing tells where the newest are.
        ([5.0] * 3000, ListOrder.ANYWHERE),
        ([None] * 3000, ListOrder.ANYWHERE),
        # Sorted by something else, and the newest are in the middle.
        (
            [*_TIMES[:1500], *[time + 9000 for time in _TIMES[:100]], *_TIMES[1500:]],
            ListOrder.ANYWHERE,
        ),
    ],
)
def test_where_new_rows_appear(
    minutes: list[float | None], order: ListOrder | None
) -> None:
    """The newest rows stand where rows appear."""
    assert _walk(minutes).order() is order


def test_memory_of_a_walk() -> None:
    """A walk keeps a thousand rows of any number."""
    walk = _walk([float(number) for number in range(20_000)])
    assert walk.count == 20_000
    assert len(walk.newest()) == 1000
    assert walk.newest()[0].id == "r-19999"
    assert len(str(walk.as_dict())) < 5000


@given(total=st.integers(0, 20_000_000))
def test_page_at_the_end(total: int) -> None:
    """The page starts well before the end, and has room behind it."""
    query = end_query(total)
    page, size = int(query["page"]), int(query["size"])
    assert size <= 500
    shown = total - page * size
    assert 0 <= shown <= size - 75
    assert page == 0 or shown >= 125


@settings(max_examples=20)
@given(st.lists(st.floats(0, 1e5), max_size=300))
def test_a_walk_that_is_stored(minutes: list[float]) -> None:
    """A walk that goes on learns what it would have learned at once."""
    walk = _walk([*_TIMES, *minutes])
    stored = Walk.from_dict(walk.as_dict())
    assert stored.order() == walk.order()
    assert stored.as_dict() == walk.as_dict()


# --- Samples ---


def _serve(starts: Sequence[datetime], number: int, now: datetime) -> Page[Row]:
    """Return a page of a list of which only the starts matter."""
    part = starts[number * 1000 : number * 1000 + 1000]
    rows = tuple(
        Row(
            id=f"r-{start}",
            state="complete",
            started_at=start,
            ended_at=None,
            call_id=None,
        )
        for start in part
    )
    is_last = (number + 1) * 1000 >= len(starts)
    following = None if is_last else page_query(number + 1, 1000)
    return Page(rows=rows, count=len(rows), next=following, now=now)


def _sample(starts: Sequence[datetime], now: datetime) -> tuple[Sample, int]:
    """Sample a list; also return how many pages were read."""
    spans = {n: Span.of(_serve(starts, n, now)) for n in range(3)}
    sample = Sample({n: span for n, span in spans.items() if span}, now)
    count = len(spans)
    while sample.query is not None:
        sample.take(_serve(starts, int(sample.query["page"]), now))
        count += 1
    return sample, count


class _Starts(Sequence[datetime]):
    """Starts of a list, worked out when asked for."""

    def __init__(self, size: int, growth: float, *, forward: bool) -> None:
        """Let the traffic grow: position = time ** growth."""
        self._size, self._growth, self._forward = size, growth, forward

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self._size

    @overload
    def __getitem__(self, key: int) -> datetime: ...

    @overload
    def __getitem__(self, key: slice) -> list[datetime]: ...

    def __getitem__(self, key: int | slice) -> datetime | list[datetime]:
        """Return starts by their places in the list."""
        if isinstance(key, slice):
            return [self[place] for place in range(*key.indices(self._size))]
        place = key if self._forward else self._size - 1 - key
        share = (place / self._size) ** (1 / self._growth)
        return Clock().now + timedelta(days=1000 * share)


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize(
    ("growth", "most"), [(0.5, 17), (0.8, 13), (1.0, 7), (1.5, 8), (3.0, 12)]
)
@pytest.mark.parametrize("size", [9_000, 10_000, 64_123, 250_000, 1_000_000])
def test_a_sample_of_uneven_traffic(
    size: int, growth: float, most: int, forward: bool
) -> None:
    """Recordings that become more, or fewer, over the years cost few requests too."""
    now = Clock().now + timedelta(days=1000, minutes=1)
    sample, count = _sample(_Starts(size, growth, forward=forward), now)
    assert sample.order is (ListOrder.END if forward else ListOrder.FRONT)
    if forward:
        assert sample.last == (size - 1) // 1000
    assert count <= most


@pytest.mark.parametrize("days", [200, 1000, 5000])
def test_a_sample_of_working_hours(days: int) -> None:
    """Nights and weekends, in which nothing is recorded, mislead no guess for long."""
    begin = Clock().now
    starts = [
        begin + timedelta(days=day, hours=9, seconds=call * 28)
        for day in range(days)
        if day % 7 < 5
        for call in range(1000)
    ]
    sample, count = _sample(starts, starts[-1] + timedelta(minutes=1))
    assert sample.order is ListOrder.END
    assert sample.last == (len(starts) - 1) // 1000
    assert count <= 10


@pytest.mark.parametrize(
    "minutes",
    [
        _shuffled([float(number) for number in range(12_000)]),
        # In order on the first pages only.
        [
            *map(float, range(6_000)),
            *_shuffled([float(n) for n in range(6_000, 12_000)]),
        ],
        # Newest first, and then something old, and then newest first again.
        [*map(float, range(6_000, 0, -1)), *map(float, range(12_000, 6_000, -1))],
        [5.0] * 12_000,
        [*map(float, range(3_000)), *map(float, range(9_000, 0, -1))],
    ],
)
def test_a_sample_of_no_order(minutes: list[float]) -> None:
    """What is not in order is left to the walk."""
    starts = [Clock().now + timedelta(minutes=minute) for minute in minutes]
    sample, count = _sample(starts, Clock().now + timedelta(days=3650))
    assert sample.order is None
    assert count <= 3 + 20


def test_a_sample_with_some_wrong_clocks() -> None:
    """A row in a hundred that is years off changes nothing."""
    starts = [Clock().now + timedelta(minutes=minute) for minute in range(20_000)]
    starts[::100] = [Clock().now + timedelta(days=9_000)] * 200
    sample, _ = _sample(starts, Clock().now + timedelta(minutes=20_001))
    assert sample.order is ListOrder.END
    assert sample.last == 19
