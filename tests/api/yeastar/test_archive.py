"""The archive of a Yeastar PBX, and its times.

Quotes are from the vendor's page "Query Recording List", from "Search Specific
Recording", "Query PBX Information" and "Download Recording" of the P-Series guide.
"""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.api.errors import (
    AccessError,
    RecorderError,
    RefusedError,
    UnexpectedResponseError,
)
from custom_components.call_recorder.api.models import (
    ActiveRecording,
    Direction,
    Recording,
    RecordingQuery,
)
from custom_components.call_recorder.api.yeastar.client import YeastarClient
from custom_components.call_recorder.api.yeastar.pbx_time import (
    PbxClock,
    parse_call_id,
    parse_file_name,
)
from custom_components.call_recorder.api.yeastar.rows import parse_recording
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from simulator.calls import Call
from simulator.faults import Fault
from simulator.office import Office
from simulator.yeastar import Yeastar
from simulator.yeastar.identifiers import yeastar_id
from simulator.yeastar.rows import call_id
from tests.helpers.actions import call_action, refusal
from tests.helpers.yeastar import answer, asked, fault

# The example of the vendor's page, row by row.
_EXAMPLE: Final[list[dict[str, Any]]] = [
    {
        "id": 614,
        "time": "01/12/2022 17:36:24",
        "uid": "2022011217362446627",
        "call_from": "Evelyn<5566>",
        "call_to": "Dave Harris<5556>",
        "duration": 0,
        "size": 825588,
        "call_type": "Internal",
        "file": "20220112173629-1641980184.14-5566-5556-Internal.wav",
    },
    {
        "id": 615,
        "time": "01/13/2022 14:09:04",
        "uid": "202201131409043E81A",
        "call_from": "Leo Ball<5555>",
        "call_to": "Dave Harris<5556>",
        "duration": 0,
        "size": 4148,
        "call_type": "Internal",
        "file": "20220113140906-1642054144.17-5555-5556-Internal.wav",
    },
    {
        "id": 618,
        "time": "01/25/2022 14:32:06",
        "uid": "202201251432063097C",
        "call_from": "Leo Ball<5555>",
        "call_to": "Dave Harris<5556>",
        "duration": 0,
        "size": 177588,
        "call_type": "Internal",
        "file": "20220125143212-1643092326.23-5555-5556-Internal.wav",
    },
]
_ROME: Final = ZoneInfo("Europe/Rome")


@pytest.fixture
def office() -> Office:
    """Return an office with an archive."""
    return Office(seed=1, archive_size=1234)


@pytest.fixture
async def client(
    pbx: Yeastar, yeastar_data: dict[str, Any]
) -> AsyncGenerator[YeastarClient]:
    """Return a client that is signed in."""
    async with ClientSession() as session:
        client = YeastarClient(session, yeastar_data, time_zone=_ROME)
        await client.get_live_state()
        pbx.requests.clear()
        yield client


def made(row: dict[str, Any]) -> Any:
    """Return a fault that answers with one row."""
    return fault("/recording/", answer(0, total_number=1, data=[row]))


async def read(client: YeastarClient, pbx: Yeastar, **changes: Any) -> Recording:
    """Read the first row of the example with changes."""
    pbx.faults.clear()
    pbx.faults.add(made(_EXAMPLE[0] | changes))
    (recording,) = (await client.get_recordings(RecordingQuery())).recordings
    return recording


# --- Rows ---


@pytest.mark.parametrize("row", _EXAMPLE, ids=lambda row: row["id"])
async def test_the_example_of_the_page(
    hass: HomeAssistant, pbx: Yeastar, yeastar: MockConfigEntry, row: dict[str, Any]
) -> None:
    """The epoch in the file's name is the time minus eight hours, in all three rows."""
    pbx.faults.add(made(row))
    local = datetime.strptime(f"{row['time']} +0800", "%m/%d/%Y %H:%M:%S %z")
    caller, _, caller_number = row["call_from"].rstrip(">").partition("<")
    assert await call_action(hass, "get_recording", recording_id=str(row["id"])) == {
        "id": str(row["id"]),
        "reference_number": row["uid"],
        "started_at": local.astimezone(UTC).isoformat(),
        "ended_at": None,
        # 0 for a file that is not empty means that the size is not known.
        "duration": None,
        "direction": "internal",
        "state": "complete",
        "local_number": caller_number,
        "local_name": caller,
        "remote_number": "5556",
        "remote_name": "Dave Harris",
        "owner": None,
        "preserving_user": None,
        "note": None,
        "pbx_call_id": row["file"].split("-")[1],
        "size": row["size"],
        "sha256": None,
    }


@pytest.mark.parametrize(
    ("file", "audio_type"),
    [("a.wav", "audio/wav"), ("a.MP3", "audio/mpeg"), ("a", None), (None, None)],
)
def test_the_type_of_the_audio(file: str | None, audio_type: str | None) -> None:
    """The name of a row's file shows how its audio is played."""
    row = {"id": 1, "file": file}
    assert parse_recording(row, PbxClock(zone=UTC)).audio_type == audio_type


async def test_the_whole_example(client: YeastarClient, pbx: Yeastar) -> None:
    """`total_number` is of the whole list, `data` is a part of it."""
    pbx.faults.add(
        fault("/recording/list", answer(0, total_number=184, data=_EXAMPLE[::-1]))
    )
    page = await client.get_recordings(RecordingQuery(limit=3))
    assert [recording.id for recording in page.recordings] == ["618", "615", "614"]
    assert page.total == 184
    assert page.next_cursor is not None


@pytest.mark.parametrize(
    ("call_type", "direction", "local"),
    [
        ("Inbound", Direction.INCOMING, "5556"),
        ("inbound", Direction.INCOMING, "5556"),
        ("Outbound", Direction.OUTGOING, "5566"),
        ("Internal", Direction.INTERNAL, "5566"),
        # Not reported, or something new: the file's name shows it too.
        (None, Direction.INTERNAL, "5566"),
        ("Paging", Direction.INTERNAL, "5566"),
    ],
)
async def test_direction(
    pbx: Yeastar,
    client: YeastarClient,
    call_type: str | None,
    direction: Direction,
    local: str,
) -> None:
    """The local party is who was called, or who called."""
    recording = await read(client, pbx, call_type=call_type)
    assert recording.direction is direction
    assert recording.local_number == local
    assert {recording.local_number, recording.remote_number} == {"5566", "5556"}


async def test_no_direction_at_all(pbx: Yeastar, client: YeastarClient) -> None:
    """It is unknown then."""
    recording = await read(client, pbx, call_type="", file="20220112.wav")
    assert recording.direction is Direction.UNKNOWN


@pytest.mark.parametrize(
    ("shown", "number", "name"),
    [
        ("Evelyn<5566>", "5566", "Evelyn"),
        ("Dave Harris<5556>", "5556", "Dave Harris"),
        ("A <b> C<+39 06 1>", "+39 06 1", "A <b> C"),
        ("<5566>", "5566", None),
        ("5566", "5566", None),
        ("+390612345", "+390612345", None),
        ("Anonymous", None, "Anonymous"),
        ("Anonymous<>", None, "Anonymous"),
        ("Evelyn<5566", "Evelyn<5566", None),
        ("Evelyn>5566<", "Evelyn>5566<", None),
        ("Evelyn" + " " * 1_000_000 + "<5566>", None, "Evelyn"),
        ("", None, None),
        (None, None, None),
        (5566, "5566", None),
        (["5566"], None, None),
    ],
)
async def test_parties(
    pbx: Yeastar,
    client: YeastarClient,
    shown: Any,
    number: str | None,
    name: str | None,
) -> None:
    """`Name<number>`, or less."""
    recording = await read(client, pbx, call_from=shown)
    assert recording.local_number == number
    assert recording.local_name == name


async def test_newer_fields(pbx: Yeastar, client: YeastarClient) -> None:
    """Fields of their own go before what has to be taken apart."""
    recording = await read(
        client,
        pbx,
        call_from_number="5567",
        call_from_name="Eve",
        call_to_number="",
        call_to_name=None,
    )
    assert (recording.local_number, recording.local_name) == ("5567", "Eve")
    assert (recording.remote_number, recording.remote_name) == ("5556", "Dave Harris")


@pytest.mark.parametrize(
    ("duration", "size", "seconds"),
    [
        (0, 825588, None),
        (0, None, None),
        (0, 0, 0),
        (250, 825588, 250),
        ("250", "825588", 250),
        (-1, 825588, None),
        (10**12, 825588, None),
        (None, 825588, None),
        ("4:10", 825588, None),
    ],
)
async def test_duration(
    pbx: Yeastar, client: YeastarClient, duration: Any, size: Any, seconds: float | None
) -> None:
    """Whole seconds; 0 is what the PBX says of recordings that are not empty."""
    recording = await read(client, pbx, duration=duration, size=size)
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert recording.duration == expected
    if seconds:
        assert recording.started_at
        assert recording.ended_at == recording.started_at + timedelta(seconds=seconds)
    assert recording.size == (None if size is None else int(size))


async def test_rows_that_cannot_be_read(pbx: Yeastar, client: YeastarClient) -> None:
    """They cost themselves only, and no further request."""
    pbx.faults.add(Fault("bad_rows", path="/recording/list"))
    page = await client.get_recordings(RecordingQuery(limit=20))
    assert len(page.recordings) == 20
    assert asked(pbx, "/recording/list") == 1


@pytest.mark.parametrize(
    "body", ["<html/>", "{}", answer(0, data="x"), answer(0, data=[{"id": "x"}])]
)
async def test_lists_that_are_none(
    pbx: Yeastar, client: YeastarClient, body: str
) -> None:
    """They are no empty archive."""
    pbx.faults.add(fault("/recording/list", body))
    with pytest.raises(UnexpectedResponseError):
        await client.get_recordings(RecordingQuery())


@pytest.mark.parametrize("body", [answer(60001), answer(0), answer(0, data=[])])
async def test_an_empty_archive(pbx: Yeastar, client: YeastarClient, body: str) -> None:
    """60001 DATA NOT FOUND "means empty / idle, not failure"."""
    pbx.faults.add(fault("/recording/list", body))
    page = await client.get_recordings(RecordingQuery())
    assert (page.recordings, page.next_cursor, page.total) == ((), None, 0)


@pytest.mark.parametrize(
    ("errcode", "error"),
    [
        (10001, RefusedError),
        (10005, AccessError),
        (40002, UnexpectedResponseError),
        (70123, AccessError),
    ],
)
async def test_a_refused_list(
    pbx: Yeastar,
    client: YeastarClient,
    errcode: int,
    error: type[RecorderError],
) -> None:
    """A firmware without it, or an application that may not read it."""
    pbx.faults.add(fault("/recording/list", answer(errcode)))
    with pytest.raises(error):
        await client.get_recordings(RecordingQuery())


# --- Pages ---


async def test_the_newest_page_is_one_request(
    client: YeastarClient, pbx: Yeastar, office: Office
) -> None:
    """As the coordinator asks for it; the total comes with it."""
    page = await client.get_recordings(RecordingQuery(limit=50))
    (request,) = pbx.requests
    assert (
        request.query.items()
        >= {
            "page": "1",
            "page_size": "50",
            "sort_by": "time",
            "order_by": "desc",
        }.items()
    )
    assert page.total == len(office.archive)
    starts = [recording.started_at for recording in page.recordings]
    assert len(starts) == 50
    assert starts == sorted(
        starts, key=lambda start: start or datetime.max, reverse=True
    )


@pytest.mark.parametrize("limit", [1, 7, 99, 100, 101, 500])
async def test_no_row_twice_and_none_left_out(
    client: YeastarClient, office: Office, limit: int
) -> None:
    """Whatever is archived while pages are read."""
    query = RecordingQuery(limit=limit)
    everything = {
        str(recording.id)
        for recording in (
            await client.get_recordings(RecordingQuery(limit=500))
        ).recordings
    }
    seen: list[str] = []
    for _ in range(6):
        page = await client.get_recordings(query)
        assert len(page.recordings) == limit or page.next_cursor is None
        assert page.total == 1234
        seen += [recording.id for recording in page.recordings]
        if page.next_cursor is None:
            break
        query = replace(query, cursor=page.next_cursor)
        archive_one(office)
    assert len(seen) == len(set(seen))
    assert set(seen[:500]) == everything & set(seen)
    assert set(seen) >= everything or len(seen) < 500


def archive_one(
    office: Office,
    *,
    number: str = "101",
    remote: str = "+39061",
    direction: Literal["incoming", "internal"] = "incoming",
) -> Call:
    """Let a recorded call happen."""
    call = office.connect(number, remote, direction)
    office.start_recording(call)
    office.hang_up(call)
    return call


async def test_the_whole_archive(client: YeastarClient, office: Office) -> None:
    """Page after page, to the end."""
    query, seen = RecordingQuery(limit=500), []
    while True:
        page = await client.get_recordings(query)
        seen += [recording.id for recording in page.recordings]
        if page.next_cursor is None:
            break
        query = replace(query, cursor=page.next_cursor)
    assert len(seen) == len(set(seen)) == 1234


@pytest.mark.parametrize("filters", [{}, {"number": "101"}])
async def test_a_pbx_with_small_pages(
    client: YeastarClient, pbx: Yeastar, office: Office, filters: dict[str, Any]
) -> None:
    """20 rows a page, whatever is asked for: the total shows that there are more."""
    pbx.rows_per_page = 20
    office.archive.older = 300
    wanted = [
        rec
        for rec in reversed([office.archive[place] for place in range(300)])
        if not filters or rec.call.line.number == "101"
    ]
    found: list[str] = []
    cursor = None
    while True:
        page = await client.get_recordings(RecordingQuery(cursor=cursor, **filters))
        found += [recording.id for recording in page.recordings]
        if (cursor := page.next_cursor) is None:
            break
        assert page.recordings
    assert found == [str(yeastar_id(rec.number)) for rec in wanted]
    oldest = await client.get_oldest_start()
    assert oldest == office.archive[0].call.started_at.replace(microsecond=0)


async def test_a_pbx_that_knows_no_pages(client: YeastarClient, pbx: Yeastar) -> None:
    """The same rows again and again, and a total that promises more."""
    rows = [_EXAMPLE[0] | {"id": number} for number in range(50)]
    pbx.faults.add(fault("/recording/", answer(0, total_number=10**6, data=rows)))
    page = await client.get_recordings(RecordingQuery(limit=500))
    assert len(page.recordings) == 50
    assert page.next_cursor is None
    assert asked(pbx, "/recording/list") == 2


async def test_a_call_among_many_on_small_pages(
    client: YeastarClient, pbx: Yeastar
) -> None:
    """The recording of a call is on the third page of its time."""
    row = {"file": "20220125143213-1643092333.25-5555-5556-Internal.wav"}
    other = {"file": "20220125143213-1643092333.26-5555-5556-Internal.wav"}
    for place in range(1, 4):
        rows = [
            _EXAMPLE[0]
            | (row if place == 3 and number == 10 else other)
            | {"id": place * 100 + number}
            for number in range(20)
        ]
        body = answer(0, total_number=60, data=rows)
        pbx.faults.add(fault("/recording/search", body, times=1))
    found = await client.find_archived(ActiveRecording(id="1643092333.25"))
    assert found is not None
    assert found.id == "310"


async def test_a_row_that_has_not_changed_is_not_parsed_again(
    client: YeastarClient, pbx: Yeastar, office: Office
) -> None:
    """The newest page is read often, and seldom has something new."""
    before = (await client.get_recordings(RecordingQuery())).recordings
    archive_one(office)
    after = (await client.get_recordings(RecordingQuery())).recordings
    assert after[0] not in before
    assert all(one is other for one, other in zip(after[1:], before, strict=False))


async def test_ids_of_more_than_53_bits(client: YeastarClient, pbx: Yeastar) -> None:
    """Two ids that one float stands for are two recordings."""
    ids = [2**53, 2**53 + 1, 2**64 - 1, 2**64 - 2]
    rows = [_EXAMPLE[0] | {"id": number} for number in ids]
    pbx.faults.add(fault("/recording/", answer(0, total_number=4, data=rows)))
    page = await client.get_recordings(RecordingQuery())
    assert [recording.id for recording in page.recordings] == [*map(str, ids)]
    found = await client.get_recording(str(2**53 + 1))
    assert found.id == str(2**53 + 1)


async def test_many_recordings_of_one_second(
    client: YeastarClient, pbx: Yeastar
) -> None:
    """They are told apart by their ids."""
    rows = [
        {"id": number, "file": f"20220112173629-1641980184.{number}-1-2-Internal.wav"}
        for number in range(30)
    ]
    pbx.faults.add(fault("/recording/list", answer(0, total_number=30, data=rows[:9])))
    pbx.faults.add(fault("/recording/search", answer(0, total_number=30, data=rows)))
    page = await client.get_recordings(RecordingQuery(limit=9))
    seen = [recording.id for recording in page.recordings]
    while page.next_cursor:
        page = await client.get_recordings(
            RecordingQuery(limit=9, cursor=page.next_cursor)
        )
        seen += [recording.id for recording in page.recordings]
    assert sorted(seen, key=int) == [str(number) for number in range(30)]


async def test_a_cursor_that_is_none(client: YeastarClient) -> None:
    """It is refused."""
    with pytest.raises(RefusedError):
        await client.get_recordings(RecordingQuery(cursor="none"))


async def test_a_range(client: YeastarClient, pbx: Yeastar, office: Office) -> None:
    """`start_time`, `end_time`: "a Unix timestamp in seconds"."""
    newest = (await client.get_recordings(RecordingQuery(limit=200))).recordings
    first, last = newest[150].started_at, newest[50].started_at
    assert first
    assert last
    pbx.requests.clear()
    page = await client.get_recordings(RecordingQuery(start=first, end=last, limit=500))
    # `start` is included, `end` is not.
    assert page.recordings == newest[51:151]
    assert page.total == 100
    assert pbx.requests[0].query["start_time"] == str(int(first.timestamp()))
    assert pbx.requests[0].query["end_time"] == str(int(last.timestamp()))
    assert {request.path for request in pbx.requests} == {
        "/openapi/v1.0/recording/search"
    }
    half = timedelta(milliseconds=500)
    page = await client.get_recordings(
        RecordingQuery(start=first + half, end=last + half, limit=500)
    )
    assert page.recordings == newest[50:150]


async def test_a_number(client: YeastarClient, office: Office) -> None:
    """Either party's, whole or its last digits."""
    for number in ("+390698765432", "+390698765499"):
        archive_one(office, number="103", remote=number)
    for number, found in (("+390698765432", 1), ("765432", 1), ("98765", 0)):
        page = await client.get_recordings(RecordingQuery(number=number))
        assert len(page.recordings) == found
        if found:
            assert page.recordings[0].remote_number == "+390698765432"
    page = await client.get_recordings(RecordingQuery(number="103", limit=5))
    assert {recording.local_number for recording in page.recordings} == {"103"}
    assert page.next_cursor


async def test_a_rare_number(client: YeastarClient, pbx: Yeastar) -> None:
    """A search goes on in another call before it takes too many requests."""
    page = await client.get_recordings(RecordingQuery(number="nobody's"))
    assert len(pbx.requests) == 10
    assert page.recordings == ()
    assert page.next_cursor
    page = await client.get_recordings(
        RecordingQuery(number="nobody's", cursor=page.next_cursor)
    )
    assert page.next_cursor is None
    assert len(pbx.requests) == 13


@pytest.mark.parametrize(
    "direction", [Direction.INCOMING, Direction.OUTGOING, Direction.INTERNAL]
)
async def test_a_direction(
    client: YeastarClient, office: Office, direction: Direction
) -> None:
    """The PBX has no such filter."""
    archive_one(office, remote="102", direction="internal")
    page = await client.get_recordings(RecordingQuery(direction=direction, limit=20))
    assert page.recordings
    assert {recording.direction for recording in page.recordings} == {direction}


async def test_a_username(client: YeastarClient) -> None:
    """No row has a user name."""
    with pytest.raises(RefusedError, match="not_supported"):
        await client.get_recordings(RecordingQuery(username="anna"))


async def test_the_oldest(client: YeastarClient, pbx: Yeastar) -> None:
    """One row, from the other end."""
    page = await client.get_recordings(RecordingQuery(limit=500))
    while page.next_cursor:
        page = await client.get_recordings(
            RecordingQuery(limit=500, cursor=page.next_cursor)
        )
    pbx.requests.clear()
    assert await client.get_oldest_start() == page.recordings[-1].started_at
    assert len(pbx.requests) == 1


# --- One recording ---


@pytest.mark.parametrize(
    ("recording_id", "key"),
    [
        ("99999999", "recording_not_found"),
        ("x", "invalid_recording_id"),
        ("1,2", "invalid_recording_id"),
        ("-1", "invalid_recording_id"),
        ("1.5", "invalid_recording_id"),
        ("²", "invalid_recording_id"),
        ("../list", "invalid_recording_id"),
    ],
)
@pytest.mark.parametrize("says_not_found", [True, False])
async def test_no_such_recording(
    hass: HomeAssistant,
    pbx: Yeastar,
    yeastar: MockConfigEntry,
    recording_id: str,
    key: str,
    says_not_found: bool,
) -> None:
    """An id is a whole number; 60001 and an empty list both mean: not there."""
    pbx.says_not_found = says_not_found
    pbx.requests.clear()
    error = await refusal(hass, "get_recording", recording_id=recording_id)
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == key
    assert asked(pbx, "/recording/search") == (key == "recording_not_found")


async def test_another_recording_than_asked_for(
    hass: HomeAssistant, pbx: Yeastar, yeastar: MockConfigEntry
) -> None:
    """A PBX that does not know `ids` answers with its list."""
    pbx.faults.add(fault("/recording/", answer(0, total_number=3, data=_EXAMPLE)))
    response = await call_action(hass, "get_recording", recording_id="615")
    assert response["id"] == "615"
    error = await refusal(hass, "get_recording", recording_id="616")
    assert error.translation_key == "recording_not_found"


async def test_what_became_of_a_call(client: YeastarClient, office: Office) -> None:
    """The file's name carries the call's id."""
    calls = [archive_one(office) for _ in range(3)]
    for call in calls:
        found = await client.find_archived(ActiveRecording(id=call_id(call)))
        assert found
        assert found.pbx_call_id == call_id(call)
    unrecorded = office.connect("102")
    office.hang_up(unrecorded)
    assert await client.find_archived(ActiveRecording(id=call_id(unrecorded))) is None
    assert await client.find_archived(ActiveRecording(id="?")) is None


async def test_download(client: YeastarClient, office: Office) -> None:
    """`download_resource_url` is a path below the host."""
    (recording,) = (await client.get_recordings(RecordingQuery(limit=1))).recordings
    async with client.download(recording.id) as audio:
        size = sum([len(chunk) async for chunk in audio.chunks])
    assert audio.content_type == "audio/wav"
    assert size == audio.size == recording.size


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/api/download/x.wav",
        "//127.0.0.1:1/x.wav",
        "https://example.com/x.wav",
        "https://[",
        "//[]@",
        "https://x:port/x.wav",
        "x.wav",
        "",
        None,
    ],
)
async def test_a_download_from_elsewhere(
    pbx: Yeastar, client: YeastarClient, url: str | None
) -> None:
    """The token must not go there."""
    body = answer(0, file="x.wav", download_resource_url=url)
    pbx.faults.add(fault("/recording/download", body))
    with pytest.raises(UnexpectedResponseError):
        async with client.download("1"):
            pass
    assert len(pbx.requests) == 1


async def test_a_download_of_nothing(client: YeastarClient) -> None:
    """60001 DATA NOT FOUND."""
    with pytest.raises(RefusedError, match="recording_not_found"):
        async with client.download("99999999"):
            pass
    with pytest.raises(RefusedError, match="invalid_recording_id"):
        async with client.download("x"):
            pass


# --- Times ---


@pytest.mark.parametrize(
    ("date_format", "time_format"),
    [
        (date_format, time_format)
        for date_format in ("YYYY/MM/DD", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY")
        for time_format in ("hh:mm:ss", "hh:mm:ss AM", "hh:mm:ss PM")
    ],
)
async def test_times_in_the_format_of_the_pbx(
    office: Office,
    pbx: Yeastar,
    client: YeastarClient,
    date_format: str,
    time_format: str,
) -> None:
    """Where the file's name shows no time, the display format and the zone do."""
    pbx.date_format, pbx.time_format = date_format, time_format
    office.time_zone = timezone(timedelta(hours=-3, minutes=-30))
    shown = {"DD": "01", "MM": "12", "YYYY": "2022"}
    text = date_format
    for part, value in shown.items():
        text = text.replace(part, value)
    text += " 05:36:24 PM" if time_format.endswith("M") else " 17:36:24"
    recording = await read(client, pbx, time=text, file="recording.wav")
    assert recording.started_at == datetime(2022, 12, 1, 21, 6, 24, tzinfo=UTC)


async def test_times_without_a_format(pbx: Yeastar, client: YeastarClient) -> None:
    """01/12 is never guessed; 13/01 can be the thirteenth only."""
    pbx.refusals["system/"] = 10005
    recording = await read(client, pbx, time="01/12/2022 17:36:24", file="x.wav")
    assert recording.started_at is None
    recording = await read(client, pbx, time="13/01/2022 17:36:24", file="x.wav")
    assert recording.started_at
    recording = await read(client, pbx, time="01/12/2022 17:36:24")
    assert recording.started_at == datetime(2022, 1, 12, 9, 36, 24, tzinfo=UTC)


async def test_a_page_of_rows_without_times(
    pbx: Yeastar, client: YeastarClient
) -> None:
    """They stay where the PBX has put them."""
    rows = [{"id": 9, "file": _EXAMPLE[0]["file"]}, {"id": 8}, {"id": 7}]
    pbx.faults.add(fault("/recording/", answer(0, total_number=3, data=rows)))
    page = await client.get_recordings(RecordingQuery(limit=3))
    assert [recording.id for recording in page.recordings] == ["9", "8", "7"]
    assert [recording.started_at is None for recording in page.recordings] == [
        False,
        True,
        True,
    ]


# [D, Software page] and [L, P570 37.23.0.83]
_SOFTWARE: Final = {
    "system_time": "2025/08/22 16:44:40",
    "system_date_format": "YYYY/MM/DD",
    "system_time_format": "hh:mm:ss",
    "timestamp": 1755852280,
}
_P570: Final = {
    "system_time": "30/07/2026 09:31:37 PM",
    "system_date_format": "DD/MM/YYYY",
    "system_time_format": "hh:mm:ss PM",
    "timestamp": 1785436297,
}


@pytest.mark.parametrize(
    ("information", "text", "utc"),
    [
        (
            _SOFTWARE,
            "2025/08/22 16:44:40",
            datetime(2025, 8, 22, 8, 44, 40, tzinfo=UTC),
        ),
        (
            _SOFTWARE,
            "2025/08/22 04:44:40",
            datetime(2025, 8, 21, 20, 44, 40, tzinfo=UTC),
        ),
        (
            _P570,
            "30/07/2026 09:31:37 PM",
            datetime(2026, 7, 30, 18, 31, 37, tzinfo=UTC),
        ),
        # The meridiem in the format is that of now, not of each time.
        (_P570, "01/12/2026 09:31:37 AM", datetime(2026, 12, 1, 6, 31, 37, tzinfo=UTC)),
        (_P570, "01/12/2026 12:00:00 AM", datetime(2026, 11, 30, 21, 0, tzinfo=UTC)),
        (_P570, "01/12/2026 12:00:00 PM", datetime(2026, 12, 1, 9, 0, tzinfo=UTC)),
        # Half of the day is missing.
        (_P570, "01/12/2026 09:31:37", None),
        (_P570, "01/12/2026 13:31:37 PM", None),
        (_P570, "31/11/2026 09:31:37 AM", None),
        # A third party's fixture spells 24 hours so.
        (
            _SOFTWARE | {"system_time_format": "HH:mm:ss"},
            "2025/08/22 16:44:40",
            datetime(2025, 8, 22, 8, 44, 40, tzinfo=UTC),
        ),
        # The format was changed since it was read.
        (
            _SOFTWARE,
            "22/08/2025 16:44:40",
            datetime(2025, 8, 22, 8, 44, 40, tzinfo=UTC),
        ),
        (_SOFTWARE, "01/12/2025 16:44:40", None),
        (_SOFTWARE, "", None),
        (_SOFTWARE, "0001/01/01 00:00:00", None),
        (_SOFTWARE, "9999/12/31 23:59:59", None),
        ({}, "2025/08/22 16:44:40", datetime(2025, 8, 22, 14, 44, 40, tzinfo=UTC)),
        ({}, "01/12/2025 16:44:40", None),
        ({}, "12/12/2025 16:44:40", datetime(2025, 12, 12, 15, 44, 40, tzinfo=UTC)),
        (
            {"timestamp": "x", "system_time": 7, "system_date_format": "YY"},
            "01/12/2025 16:44:40",
            None,
        ),
        (_SOFTWARE | {"timestamp": 10**30}, "01/12/2025 16:44:40", None),
    ],
)
def test_clock(information: dict[str, Any], text: str, utc: datetime | None) -> None:
    """UTC offset = system_time read as UTC, minus timestamp."""
    assert PbxClock.parse(information, _ROME).to_utc(text) == utc


@pytest.mark.parametrize(
    ("name", "call", "start"),
    [
        (_EXAMPLE[0]["file"], "1641980184.14", 1641980184),
        # (30012) Call End Details: call_id and recording of one call.
        (
            "20220427190445-1651057476.362-2005-2002-Internal.wav",
            "1651057476.362",
            1651057476,
        ),
        # (30033) Recording Download Completed
        (
            "20250819095658-1755568612.24-2192-2193-Internal.mp3",
            "1755568612.24",
            1755568612,
        ),
        ("2022/01/20220112173629-1641980184.14-a-b.wav", "1641980184.14", 1641980184),
        (None, None, None),
        ("", None, None),
        ("recording.wav", None, None),
        # What looks like seconds is too far from the stamp to be them.
        ("20220112173629-0612345678.1-5566-5556-Internal.wav", None, None),
        ("20221312173629-1641980184.14-5566-5556-Internal.wav", None, None),
        ("20220112173629-1641980184-5566-5556-Internal.wav", None, None),
    ],
)
def test_file_name(name: str | None, call: str | None, start: int | None) -> None:
    """`YYYYMMDDHHMMSS-<epoch>.<seq>-<from>-<to>-<Type>.wav`."""
    found = parse_file_name(name)
    assert (found and found.call_id) == call
    assert (found and found.started_at.timestamp()) == start


def test_call_id() -> None:
    """`<epoch>.<seq>`."""
    assert parse_call_id("1650012665.266") == datetime(
        2022, 4, 15, 8, 51, 5, tzinfo=UTC
    )
    for other in ("", "x", "1650012665", "1.1", "1650012665.x", "-1650012665.1"):
        assert parse_call_id(other) is None


_FORMATS: Final = {
    "YYYY/MM/DD": "%Y/%m/%d",
    "YYYY-MM-DD": "%Y-%m-%d",
    "DD/MM/YYYY": "%d/%m/%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD.MM.YYYY": "%d.%m.%Y",
}
_MOMENTS: Final = st.datetimes(
    datetime(2020, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)
).map(lambda moment: moment.replace(microsecond=0))


@given(
    now=_MOMENTS,
    moment=_MOMENTS,
    date_format=st.sampled_from(sorted(_FORMATS)),
    is_12_hour=st.booleans(),
    quarters=st.integers(-12 * 4, 14 * 4),
)
def test_any_format_and_zone(
    now: datetime,
    moment: datetime,
    date_format: str,
    is_12_hour: bool,
    quarters: int,
) -> None:
    """What the PBX shows is read back, whatever it is set to."""
    zone = timezone(quarters * timedelta(minutes=15))
    time = "%I:%M:%S %p" if is_12_hour else "%H:%M:%S"
    shown = f"{_FORMATS[date_format]} {time}"
    clock = PbxClock.parse(
        {
            "system_time": now.astimezone(zone).strftime(shown),
            "system_date_format": date_format,
            "system_time_format": "hh:mm:ss" + (f" {now:%p}" if is_12_hour else ""),
            "timestamp": int(now.timestamp()),
        },
        zone,
    )
    assert clock.to_utc(moment.astimezone(zone).strftime(shown)) == moment


@given(moment=_MOMENTS, date_format=st.sampled_from(sorted(_FORMATS)))
def test_never_wrong_without_a_format(moment: datetime, date_format: str) -> None:
    """Unknown, or right."""
    text = moment.strftime(f"{_FORMATS[date_format]} %H:%M:%S")
    assert PbxClock(zone=UTC).to_utc(text) in (None, moment)


@given(text=st.text(max_size=40))
def test_any_text(text: str) -> None:
    """Nothing raises."""
    PbxClock(zone=UTC, date_order="DMY").to_utc(text)
    parse_file_name(text)
    parse_call_id(text)
