"""The simulator answers as the vendors' pages say."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
import json
from typing import Any
from uuid import UUID

from aiohttp import (
    ClientError,
    ClientSession,
    WSServerHandshakeError,
    encode_basic_auth,
)
import pytest

from simulator.bandwidth.account import LinkStyle, ListOrder
from simulator.calls import Call
from simulator.faults import Fault, FaultKind
from simulator.imagicle.rows import iso_duration
from simulator.office import Office
from simulator.server import Simulator
from simulator.traffic import TrafficKind, start

LIVE, ARCHIVE = "/LiveRecordings", "/Recordings"


class Clock:
    """The office's time, which stands still until a test moves it."""

    def __init__(self) -> None:
        """Start at the start of the recording in Imagicle's example, in Rome."""
        self.now = datetime(2018, 7, 2, 13, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def tick(self, seconds: float) -> None:
        """Pass time."""
        self.now += timedelta(seconds=seconds)


class Answer:
    """A status, headers and a body."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        """Take an answer that was read to its end."""
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        """Return the body's JSON, None without a body."""
        return json.loads(self.body) if self.body else None


class Client:
    """Sends requests to one recorder."""

    def __init__(self, session: ClientSession, url: str, **headers: str) -> None:
        """Take the address that paths are appended to."""
        self.session, self.url, self.headers, self.token = session, url, headers, ""

    async def ask(
        self, method: str, path: str, *, root: str | None = None, **kwargs: Any
    ) -> Answer:
        """Send a request and read the answer."""
        headers = self.headers | kwargs.pop("headers", {})
        params = {"access_token": self.token} if self.token else {}
        params |= kwargs.pop("params", {})
        url = f"{self.url if root is None else root}{path}"
        async with self.session.request(
            method, url, headers=headers, params=params, allow_redirects=False, **kwargs
        ) as response:
            return Answer(response.status, response.headers, await response.read())


@pytest.fixture
def clock() -> Clock:
    """Return the time."""
    return Clock()


@pytest.fixture
def office(clock: Clock) -> Office:
    """Return an office whose line 101 is that of Imagicle's examples."""
    office = Office(clock=clock)
    line = office.line("101")
    line.device_name, line.username, line.numeric_user_id = (
        "SEP123456789ABC",
        "user1",
        "654321",
    )
    return office


@pytest.fixture
def imagicle(session: ClientSession, simulator: Simulator) -> Client:
    """Return the administrator's client."""
    server = simulator.imagicle
    auth = encode_basic_auth(server.username, server.password)
    return Client(session, server.url + server.root, Authorization=auth)


@pytest.fixture
def bandwidth(session: ClientSession, simulator: Simulator) -> Client:
    """Return the account's client."""
    server = simulator.bandwidth
    auth = encode_basic_auth(server.api_token, server.api_secret)
    return Client(session, server.url + server.root, Authorization=auth)


@pytest.fixture
async def yeastar(session: ClientSession, simulator: Simulator) -> Client:
    """Return a client that is signed in."""
    server = simulator.yeastar
    client = Client(session, server.url + server.root)
    credentials = {"username": server.client_id, "password": server.client_secret}
    client.token = (await client.ask("POST", "/get_token", json=credentials)).json[
        "access_token"
    ]
    return client


# Imagicle


async def test_imagicle_active_recordings(
    imagicle: Client, office: Office, clock: Clock
) -> None:
    """Get Active Recordings: an empty array, then the page's example."""
    assert (await imagicle.ask("GET", LIVE)).json == []
    call = office.connect("101", "+1555123456", remote_name=("John", "Doe"))
    office.start_recording(call)
    clock.tick(73)

    query = {"directoryNumber": "101", "username": "user1"}
    [row] = (await imagicle.ask("GET", LIVE, params=query)).json
    assert UUID(row.pop("id"))
    assert row == {
        "duration": "PT1M13S",
        "startedAt": "2018-07-02T15:07:00.0000000",
        "localParty": {"username": "user1"},
        "remoteParty": {
            "firstName": "John",
            "lastName": "Doe",
            "phoneNumber": "+1555123456",
        },
        "isPaused": False,
    }
    query["numericUserId"] = "1"
    assert (await imagicle.ask("GET", LIVE, params=query)).json == []


async def test_imagicle_single_recording_as_object(
    imagicle: Client, office: Office, simulator: Simulator
) -> None:
    """Get Active Recordings: the example has no array around the one recording."""
    simulator.imagicle.single_as_object = True
    office.start_recording(office.connect("101"))
    assert (await imagicle.ask("GET", LIVE)).json["localParty"] == {"username": "user1"}


async def test_imagicle_start_recording(imagicle: Client, office: Office) -> None:
    """Start Recording: the page's two examples."""
    office.connect("101")
    started = await imagicle.ask("POST", LIVE, json={"deviceName": "SEP123456789ABC"})
    assert started.status == 201
    assert UUID(started.json["id"])
    wanted = {"deviceName": "SEP123456789ABC", "directoryNumber": "101", "mode": 1}
    refused = await imagicle.ask("POST", LIVE, json=wanted)
    assert (refused.status, refused.json) == (429, {"reason": 1})


def _line(**changes: bool) -> Callable[[Office], None]:
    """Change the line of the call."""

    def change(office: Office) -> None:
        for name, value in changes.items():
            setattr(office.line("101"), name, value)

    return change


def _service(**changes: Any) -> Callable[[Office], None]:
    """Change the recording service."""

    def change(office: Office) -> None:
        for name, value in changes.items():
            setattr(office, name, value)

    return change


def _pending(office: Office) -> None:
    """Command a recording that has not started yet."""
    office.recording_delay = timedelta(seconds=5)
    office.start_recording(office.calls[0])


@pytest.mark.parametrize(
    ("change", "wanted", "status", "body"),
    [
        (_line(), {}, 400, {"reason": 0}),
        (_line(), {"directoryNumber": "999"}, 400, {"reason": 1, "deviceName": None}),
        (_line(), {"deviceName": "SEP0"}, 400, {"reason": 1, "deviceName": "SEP0"}),
        (_line(), {"directoryNumber": "101", "mode": 2}, 400, {"reason": 2}),
        (_line(manual_recording=False), None, 400, {"reason": 4}),
        (_line(authorized=False), None, 403, {"reason": 1, "username": "user1"}),
        (_service(recorded_directions={"outgoing"}), None, 403, {"reason": 2}),
        (_service(recorded_traffic_types={"internal"}), None, 403, {"reason": 3}),
        (_service(blacklist={"+15551234"}), None, 403, {"reason": 4}),
        (_line(has_user=False), None, 409, {"reason": 0, "extension": "101"}),
        (_line(), {"directoryNumber": "102"}, 409, {"reason": 1, "extension": None}),
        (_pending, None, 429, {"reason": 0}),
        (_service(license_valid=False), None, 501, {"reason": 0}),
        (_service(pilot_configured=False), None, 501, {"reason": 1}),
        (_service(correctly_configured=False), None, 501, {"reason": 2}),
        (_service(licensed_channels=0), None, 503, None),
        (_service(service_available=False), None, 504, None),
    ],
)
async def test_imagicle_refuses_to_start(
    imagicle: Client,
    office: Office,
    change: Callable[[Office], None],
    wanted: dict[str, Any] | None,
    status: int,
    body: dict[str, Any] | None,
) -> None:
    """Start Recording: every documented reason can be provoked."""
    office.connect("101")
    change(office)
    wanted = {"directoryNumber": "101"} if wanted is None else wanted
    refused = await imagicle.ask("POST", LIVE, json=wanted)
    assert (refused.status, refused.json) == (status, body)


async def test_imagicle_users(
    imagicle: Client, office: Office, simulator: Simulator
) -> None:
    """401 without credentials and for SSO, 403 below level 10, 400 reason 3 without an extension."""
    _, plain, sso = simulator.imagicle.users
    for user, status in ((None, 401), (sso, 401), (plain, 403)):
        auth = encode_basic_auth(user.username, user.password) if user else ""
        headers = {"Authorization": auth}
        assert (await imagicle.ask("GET", LIVE, headers=headers)).status == status
    assert (await imagicle.ask("POST", LIVE)).json == {"reason": 3}

    office.connect("101")
    headers = {"Authorization": encode_basic_auth(plain.username, plain.password)}
    named = await imagicle.ask(
        "POST", LIVE, headers=headers, json={"directoryNumber": "101"}
    )
    assert (named.status, named.json) == (403, {"reason": 0})
    assert (await imagicle.ask("POST", LIVE, headers=headers)).status == 201
    assert (await imagicle.ask("DELETE", f"{LIVE}/Mine", headers=headers)).status == 204
    assert (await imagicle.ask("DELETE", f"{LIVE}/Mine", headers=headers)).status == 409


async def test_imagicle_pause_resume_stop(imagicle: Client, office: Office) -> None:
    """Pause, Resume and Stop: 204, 429 already so, 409 no live recording, 400 reasons."""
    office.start_recording(office.connect("101"))
    [row] = (await imagicle.ask("GET", LIVE)).json
    one = f"{LIVE}/{row['id']}"
    line = {"directoryNumber": "101"}
    assert (await imagicle.ask("PUT", f"{one}/Resume")).status == 429
    assert (await imagicle.ask("PUT", f"{one}/Pause")).status == 204
    assert (await imagicle.ask("PUT", f"{LIVE}/Pause", params=line)).status == 429
    assert (await imagicle.ask("GET", LIVE)).json[0]["isPaused"]
    assert (await imagicle.ask("PUT", f"{LIVE}/Resume", params=line)).status == 204

    assert (await imagicle.ask("DELETE", f"{LIVE}/1")).json == {"reason": 0}
    office.line("101").manual_recording = False
    assert (await imagicle.ask("DELETE", one)).json == {"reason": 2}
    office.line("101").monitorable = False
    assert (await imagicle.ask("DELETE", one)).json["reason"] == 1
    office.line("101").manual_recording = office.line("101").monitorable = True
    assert (await imagicle.ask("DELETE", one)).status == 204
    assert (await imagicle.ask("DELETE", one)).status == 409
    assert (await imagicle.ask("PUT", f"{one}/Pause")).status == 409
    assert (await imagicle.ask("DELETE", LIVE)).json == {"reason": 0}


async def test_imagicle_get_and_download_recording(
    imagicle: Client, office: Office, clock: Clock, simulator: Simulator
) -> None:
    """Get Recording and Download Recording: same id as live, true size and hash, audit event."""
    office.start_recording(office.connect("101"))
    identifier = (await imagicle.ask("GET", LIVE)).json[0]["id"]
    assert (await imagicle.ask("GET", f"{ARCHIVE}/{identifier}")).status == 404
    clock.tick(90)
    office.hang_up(office.calls[0])

    recording = (await imagicle.ask("GET", f"{ARCHIVE}/{identifier}")).json
    assert recording["duration"] == "PT1M30S"
    assert recording["direction"] == 1
    assert recording["owner"]["username"] == "user1"
    media = await imagicle.ask(
        "GET", f"{ARCHIVE}/{identifier}/Media", headers={"Range": "bytes=0-9"}
    )
    assert (media.status, media.headers["Content-Type"]) == (200, "audio/mpeg")
    assert len(media.body) == recording["size"]
    assert sha256(media.body).hexdigest() == recording["hash"]["SHA256"]
    assert [event.recording_id for event in simulator.imagicle.audit_events] == [
        identifier
    ]
    assert (await imagicle.ask("GET", f"{ARCHIVE}/1")).status == 400


@pytest.mark.parametrize(
    ("query", "starts"),
    [
        ({}, [50, 40, 30, 20, 10, 0]),
        ({"page": "1", "pageSize": "4"}, [10, 0]),
        ({"startTime": "after:2018-07-02T13:27:00Z"}, [50, 40, 30]),
        ({"startTime": "before:2018-07-02T13:27:00Z"}, [10, 0]),
        ({"startTime": "between:2018-07-02T13:17:00Z;2018-07-02T13:37:00Z"}, [20, 10]),
        ({"startTime": "2018-07-02T13:17:00Z"}, [10]),
        ({"endTime": "after:2018-07-02T13:38:00Z"}, [50, 40]),
        ({"endTime": "before:2018-07-02T13:18:00Z", "direction": "1"}, [0]),
        ({"remotePartyNumber": "contains:9"}, [50, 30, 10]),
        ({"remoteParty": "+19"}, [50, 30, 10]),
        ({"localPartyNumber": "102"}, []),
        ({"ownerUsername": "equals:user1", "direction": "2"}, [40, 20]),
    ],
)
async def test_imagicle_list(
    imagicle: Client,
    office: Office,
    clock: Clock,
    query: dict[str, str],
    starts: list[int],
) -> None:
    """Get Recordings List: filters, pages, newest first; without pageSize all."""
    begin = clock.now
    for index in range(6):
        remote, direction = ("+19", "incoming") if index % 2 else ("+18", "outgoing")
        call = office.connect("101", remote, "incoming" if index == 0 else direction)  # type: ignore[arg-type]
        office.start_recording(call)
        clock.tick(60)
        office.hang_up(call)
        clock.tick(540)
    answer = (await imagicle.ask("GET", f"{ARCHIVE}/", params=query)).json
    times = [
        datetime.fromisoformat(row["startTime"]) - begin for row in answer["recordings"]
    ]
    assert [time / timedelta(minutes=1) for time in times] == starts
    assert answer["totalCount"] == (6 if "page" in query else len(starts))


async def test_imagicle_list_refuses(imagicle: Client) -> None:
    """Get Recordings List: 400 reason 0 for filters, 1 for paging."""
    for query, reason in (
        ({"startTime": "soon"}, 0),
        ({"direction": "7"}, 0),
        ({"ownerUsername": "contains:x"}, 0),
        ({"pageSize": "x"}, 1),
        ({"page": "-1"}, 1),
    ):
        answer = await imagicle.ask("GET", ARCHIVE, params=query)
        assert (answer.status, answer.json["reason"]) == (400, reason)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "PT0S"), (73, "PT1M13S"), (7200, "PT2H"), (86405, "P1DT5S"), (1.5, "PT1.5S")],
)
def test_iso_duration(seconds: float, text: str) -> None:
    """Durations are written as .NET does."""
    assert iso_duration(timedelta(seconds=seconds), fractions=True) == text


# Bandwidth


async def test_bandwidth_recording_states(
    bandwidth: Client, office: Office, clock: Clock
) -> None:
    """Recording States: recording, saving, complete; media and endTime only then."""
    office.saving_time = timedelta(seconds=5)
    call = office.connect("101")
    [listed] = (await bandwidth.ask("GET", "/calls/")).json
    path = f"/calls/{listed['id']}"
    assert (listed["state"], listed["from"], listed["direction"]) == (
        "active",
        "+15551234",
        "in",
    )
    enable = {"recordingEnabled": "true"}
    assert (await bandwidth.ask("POST", path, json=enable)).status == 200
    twice = await bandwidth.ask("POST", path, json={"recordingEnabled": True})
    assert (twice.status, twice.json["code"]) == (
        409,
        "conflicted-recording-values-request",
    )

    clock.tick(84.594)
    [row] = (await bandwidth.ask("GET", "/recordings")).json
    assert row["state"] == "recording"
    assert "endTime" not in row
    assert (
        await bandwidth.ask("POST", path, json={"recordingEnabled": "false"})
    ).status == 200
    [row] = (await bandwidth.ask("GET", f"{path}/recordings")).json
    assert (row["state"], row["endTime"]) == ("saving", "2018-07-02T13:08:24.594Z")
    clock.tick(5)
    [row] = (await bandwidth.ask("GET", "/recordings/")).json
    assert row["state"] == "complete"
    assert row["media"].endswith(f"/media/{listed['id']}-1.wav")
    assert (await bandwidth.ask("GET", f"/recordings/{row['id']}")).json == row

    part = await bandwidth.ask(
        "GET", row["media"], root="", headers={"Range": "bytes=0-3"}
    )
    assert (part.status, part.body) == (206, b"RIFF")
    assert (await bandwidth.ask("DELETE", row["media"], root="")).status == 200
    assert (await bandwidth.ask("GET", row["media"], root="")).json[
        "code"
    ] == "media-not-found"
    office.hang_up(call)
    late = await bandwidth.ask("POST", path, json=enable)
    assert (late.status, late.json["code"]) == (403, "call-invalid-state")


async def test_bandwidth_fates(bandwidth: Client, office: Office) -> None:
    """A recording can end in an error, or be lost."""
    for number, fate in (("101", "error"), ("102", "lost")):
        office.start_recording(office.connect(number)).fate = fate  # type: ignore[assignment]
    for call in list(office.calls):
        office.hang_up(call)
    [row] = (await bandwidth.ask("GET", "/recordings")).json
    assert row["state"] == "error"
    assert "media" not in row
    assert len(office.lost_recordings) == 1


async def test_bandwidth_refusals(
    bandwidth: Client, office: Office, clock: Clock, simulator: Simulator
) -> None:
    """errors.md and resourceRateLimits.md: category, code, and 429 without a message."""
    server = simulator.bandwidth
    call = office.connect("101")
    call.unavailable = True
    [listed] = (await bandwidth.ask("GET", "/calls")).json
    for method, path, status, code in (
        ("GET", "/recordings/r-1", 404, "recording-not-found"),
        ("GET", "/calls/c-1", 404, "call-not-found"),
        ("GET", "/recordings?size=1001", 400, "validation-error"),
        ("POST", f"/calls/{listed['id']}", 503, "call-unavailable"),
    ):
        refused = await bandwidth.ask(
            method, path, json={} if method == "POST" else None
        )
        assert (refused.status, refused.json["code"]) == (status, code)
    other = await bandwidth.ask("GET", "/v1/users/u-1/calls", root=server.url)
    assert (other.status, other.json["code"]) == (401, "user-access-denied")
    nobody = await bandwidth.ask("GET", "/calls", headers={"Authorization": ""})
    assert (nobody.status, nobody.json["category"]) == (401, "authentication")

    server.limits_rate = True
    assert (await bandwidth.ask("GET", "/recordings")).status == 200
    limited = await bandwidth.ask("GET", "/recordings/r-1")
    reset = str(int(clock.now.timestamp() + 1) * 1000)
    assert (limited.status, limited.headers["X-RateLimit-Reset"]) == (429, reset)
    assert "message" not in limited.json
    clock.tick(1)
    assert (await bandwidth.ask("GET", "/recordings")).status == 200


@pytest.mark.parametrize(
    ("style", "link"),
    [
        (
            "standard",
            '<{url}?page=0&size=1>; rel="first", <{url}?page=1&size=1>; rel="next"',
        ),
        ("relative", '<recordings?page=1&size=1>; rel="next"'),
        ("single_quotes", "<{url}?page=1&size=1>; rel='next'"),
        ("sort_key", '<{url}?sortKeyLT=1&size=1>; rel="next"'),
        ("malformed", '<{url}?page=1&size=1> rel="next"'),
        ("none", None),
    ],
)
async def test_bandwidth_links(
    clock: Clock, session: ClientSession, style: LinkStyle, link: str | None
) -> None:
    """The Link header in its several spellings; none on the last page."""
    async with Simulator(
        Office(clock=clock, archive_size=2), only=("bandwidth",)
    ) as simulator:
        server = simulator.bandwidth
        server.link_style = style
        auth = encode_basic_auth(server.api_token, server.api_secret)
        client = Client(
            session, f"{server.url}{server.root}/recordings", Authorization=auth
        )
        first = await client.ask("GET", "", params={"size": "1"})
        assert first.headers.get("Link") == (link and link.format(url=client.url))
        last = await client.ask("GET", "", params={"size": "1", "page": "1"})
        assert "Link" not in last.headers
        by_key = await client.ask("GET", "", params={"size": "1", "sortKeyLT": "1"})
        assert by_key.json == last.json != first.json


@pytest.mark.parametrize("order", ["newest_first", "oldest_first", "shuffled"])
async def test_bandwidth_orders(
    bandwidth: Client, clock: Clock, session: ClientSession, order: ListOrder
) -> None:
    """Whatever the order, each recording is listed once."""
    office = Office(clock=clock, archive_size=20)
    office.start_recording(office.connect("101"))
    async with Simulator(office, only=("bandwidth",)) as simulator:
        simulator.bandwidth.order = order
        bandwidth.url = simulator.bandwidth.url + simulator.bandwidth.root
        rows = (await bandwidth.ask("GET", "/recordings")).json
    assert len({row["id"] for row in rows}) == 21
    starts = [row["startTime"] for row in rows]
    assert (starts == sorted(starts)) is (order == "oldest_first")
    assert (starts == sorted(starts, reverse=True)) is (order == "newest_first")


# Yeastar


async def test_yeastar_recording_list(
    yeastar: Client, office: Office, clock: Clock, simulator: Simulator
) -> None:
    """Query Recording List: the first row of the page's example."""
    office.time_zone = timezone(timedelta(hours=8))
    clock.now = datetime(2022, 1, 12, 9, 36, 24, tzinfo=UTC)
    yeastar.token = simulator.yeastar.tokens.issue().access
    simulator.yeastar.zero_durations = True
    line = office.line("101")
    line.number, line.first_name, line.last_name = "5566", "Evelyn", "Carter"
    call = office.connect("5566", "5556", "internal", remote_name=("Dave", "Harris"))
    clock.tick(5)
    office.start_recording(call)
    clock.tick(51)
    office.hang_up(call)

    answer = (await yeastar.ask("GET", "/recording/list")).json
    [row] = answer.pop("data")
    assert answer == {"errcode": 0, "errmsg": "SUCCESS", "total_number": 1}
    assert row.pop("uid").startswith("20220112173624")
    assert row.pop("size") > 800_000
    assert row == {
        "id": 614,
        "time": "01/12/2022 17:36:24",
        "call_from": "Evelyn Carter<5566>",
        "call_to": "Dave Harris<5556>",
        "duration": 0,
        "call_type": "Internal",
        "file": "20220112173629-1641980184.0-5566-5556-Internal.wav",
    }


async def test_yeastar_search_and_download(
    clock: Clock, session: ClientSession, yeastar: Client
) -> None:
    """Search by Unix seconds, caller and id; the download is valid for half an hour."""
    office = Office(clock=clock, archive_size=1000)
    async with Simulator(office, only=("yeastar",)) as simulator:
        yeastar.url = simulator.yeastar.url + simulator.yeastar.root
        yeastar.token = simulator.yeastar.tokens.issue().access
        now = int(clock.now.timestamp())
        span = {"start_time": str(now - 3600), "end_time": str(now), "page_size": "100"}
        rows = (await yeastar.ask("GET", "/recording/search", params=span)).json["data"]
        assert [row["id"] for row in rows] == list(range(1609, 1614))
        assert all(
            now - 3600 <= int(row["file"].split("-")[1].split(".")[0]) for row in rows
        )
        ids = {"ids": "614,1613,99999"}
        found = (await yeastar.ask("GET", "/recording/search", params=ids)).json
        assert [row["id"] for row in found["data"]] == [614, 1613]
        dated = await yeastar.ask(
            "GET", "/recording/search", params={"start_time": "1/1/2022"}
        )
        assert dated.json["errcode"] == 40002

        newest = {"sort_by": "time", "order_by": "desc", "page_size": "1"}
        [row] = (await yeastar.ask("GET", "/recording/list", params=newest)).json[
            "data"
        ]
        assert row["id"] == 1613
        file = {"file": row["file"]}
        by_file = (await yeastar.ask("GET", "/recording/download", params=file)).json
        one = {"id": "1613"}
        prepared = (await yeastar.ask("GET", "/recording/download", params=one)).json
        assert by_file["file"] == prepared["file"] == row["file"]
        url = prepared["download_resource_url"]
        audio = await yeastar.ask("GET", url, root=simulator.yeastar.url)
        assert len(audio.body) == row["size"]
        assert audio.body.startswith(b"RIFF")
        clock.tick(1801)
        yeastar.token = simulator.yeastar.tokens.issue().access
        assert (await yeastar.ask("GET", url, root=simulator.yeastar.url)).status == 404


async def test_yeastar_tokens(
    yeastar: Client, clock: Clock, simulator: Simulator
) -> None:
    """Eight tokens at most, half an hour each; refreshing gives a new pair."""
    server = simulator.yeastar
    credentials = {"username": server.client_id, "password": server.client_secret}
    first = yeastar.token
    codes = [
        (await yeastar.ask("POST", "/get_token", json=credentials)).json["errcode"]
        for _ in range(8)
    ]
    assert codes == [0] * 7 + [60002]
    assert (await yeastar.ask("GET", "/del_token")).json["errcode"] == 0
    assert (await yeastar.ask("GET", "/call/query")).json["errcode"] == 10004
    pair = (await yeastar.ask("POST", "/get_token", json=credentials)).json
    clock.tick(1800)
    yeastar.token = pair["access_token"]
    assert (await yeastar.ask("GET", "/call/query")).json["errcode"] == 10004
    refresh = {"refresh_token": pair["refresh_token"]}
    renewed = (await yeastar.ask("POST", "/refresh_token", json=refresh)).json
    assert renewed["access_token_expire_time"] == 1800
    assert renewed["access_token"] not in (first, pair["access_token"])
    again = await yeastar.ask("POST", "/refresh_token", json=refresh)
    assert again.json["errcode"] == 10004


async def test_yeastar_refusals(
    yeastar: Client, office: Office, simulator: Simulator
) -> None:
    """HTTP 200 with an error code, and a closed connection."""
    server = simulator.yeastar
    not_json = await yeastar.ask("POST", "/get_token", data={"client": "x"})
    assert (not_json.status, not_json.json["errcode"]) == (200, -2)
    assert not_json.headers["Connection"] == "close"
    wrong = await yeastar.ask(
        "POST", "/get_token", json={"username": "x", "password": "y"}
    )
    assert wrong.json["errcode"] not in (0, -2, 60002, 70004, 70087, 70123)
    assert (await yeastar.ask("GET", "/call/record_stop")).json["errcode"] == 10001
    silent = await yeastar.ask("GET", "/call/query", headers={"User-Agent": ""})
    assert silent.json["errcode"] == 40002
    assert "data" not in (await yeastar.ask("GET", "/call/query")).json
    server.says_not_found = True
    assert (await yeastar.ask("GET", "/call/query")).json["errcode"] == 60001
    server.refusals["recording/"] = 10005
    assert (await yeastar.ask("GET", "/recording/list")).json["errcode"] == 10005
    server.blocks_after = 1
    assert (await yeastar.ask("GET", "/call/query")).json["errcode"] == 70004


async def test_yeastar_recording_control(yeastar: Client, office: Office) -> None:
    """Query Calls, then Start, Pause and Resume by a member's channel."""
    call = office.connect("101", ringing=True)
    [row] = (await yeastar.ask("GET", "/call/query", params={"type": "inbound"})).json[
        "data"
    ]
    trunk, extension = row["members"][0]["inbound"], row["members"][1]["extension"]
    assert (trunk["member_status"], extension["member_status"]) == ("ALERT", "RING")
    channel = {"channel_id": extension["channel_id"]}

    async def control(action: str, body: Any) -> int:
        answer = await yeastar.ask("POST", f"/call/record_{action}", json=body)
        code: int = answer.json["errcode"]
        return code

    assert await control("start", channel) == 70132
    office.answer(call)
    assert await control("start", {"channel_id": "PJSIP/1"}) == 70130
    assert await control("start", {"call_id": row["call_id"]}) == 40002
    assert await control("pause", channel) == 10009
    assert await control("start", channel) == 0
    assert await control("pause", channel) == 0
    [recording] = office.active_recordings()
    assert recording.is_paused
    assert await control("unpause", channel) == 0
    assert not recording.is_paused


@pytest.mark.parametrize(
    ("date_format", "time_format", "time", "reported"),
    [
        ("YYYY/MM/DD", "hh:mm:ss", "2018/07/02 15:07:00", "hh:mm:ss"),
        ("DD/MM/YYYY", "hh:mm:ss AM", "02/07/2018 03:07:00 PM", "hh:mm:ss PM"),
        ("MM-DD-YYYY", "HH:mm:ss", "07-02-2018 15:07:00", "HH:mm:ss"),
    ],
)
async def test_yeastar_system_information(
    yeastar: Client,
    simulator: Simulator,
    date_format: str,
    time_format: str,
    time: str,
    reported: str,
) -> None:
    """Query PBX Information: the display formats, and the time in them."""
    simulator.yeastar.date_format, simulator.yeastar.time_format = (
        date_format,
        time_format,
    )
    data = (await yeastar.ask("GET", "/system/information")).json["data"]
    assert (data["system_time"], data["system_time_format"]) == (time, reported)
    assert data["timestamp"] == 1530536820


async def test_yeastar_events(
    yeastar: Client, office: Office, clock: Clock, simulator: Simulator
) -> None:
    """Subscribe: 30011 as JSON in a string, 30012 at the end, heartbeat, expiry of the token."""
    url = f"{yeastar.url}/subscribe?access_token="
    with pytest.raises(WSServerHandshakeError):
        await yeastar.session.ws_connect(f"{url}nonsense")
    async with yeastar.session.ws_connect(url + yeastar.token) as socket:
        await socket.send_json({"topic_list": [30011, 30012]})
        assert (await socket.receive_json())["errcode"] == 0
        await socket.send_str("heartbeat")
        assert await socket.receive_str() == "heartbeat response"
        call = office.connect("101")
        event = await socket.receive_json()
        assert (event["type"], event["sn"]) == (30011, simulator.yeastar.serial_number)
        assert (
            json.loads(event["msg"])["members"][1]["extension"]["member_status"]
            == "ANSWER"
        )
        simulator.yeastar.message_as_object = True
        clock.tick(24)
        office.hang_up(call)
        assert (await socket.receive_json())["msg"]["members"]
        details = (await socket.receive_json())["msg"]
        assert (details["call_duration"], details["status"]) == (24, "ANSWERED")
        assert details["time_start"] == "2018-07-02 15:07:00"
        clock.tick(1800)
        simulator.catch_up()
        assert (await socket.receive()).type.name == "CLOSE"


# The office, the archive, faults


def test_office_is_the_same_each_time(clock: Clock) -> None:
    """The same seed and the same clock make the same calls."""

    def day(traffic: TrafficKind) -> list[tuple[str, str, datetime]]:
        office = Office(clock=clock)
        start(office, traffic)
        clock.tick(6 * 3600)
        office.advance()
        clock.tick(-6 * 3600)
        return [
            (call.line.number, call.remote_number, call.started_at)
            for call in office.ended_calls
        ]

    assert day("normal") == day("normal")
    assert len(day("quiet")) < len(day("normal")) < len(day("busy"))


def test_normal_traffic_looks_alive(clock: Clock) -> None:
    """Nearly always one to four calls, nearly always one that is not recorded."""
    office = Office(clock=clock)
    start(office, "normal")
    clock.tick(300)
    calls, unrecorded = [], []
    for _ in range(1000):
        clock.tick(17)
        office.advance()
        calls.append(len(office.calls))
        unrecorded += [
            any(
                call.is_connected and not office.recordings_of(call)
                for call in office.calls
            )
        ]
    assert sum(1 <= count <= 4 for count in calls) > 990
    assert sum(unrecorded) > 900
    for recording in office.archive.newer:
        assert recording.duration(clock.now) < timedelta(minutes=4)


def test_archive_of_a_million(clock: Clock) -> None:
    """Older recordings are sorted by start and found by number."""
    office = Office(clock=clock, archive_size=1_000_000)
    archive = office.archive
    assert len(archive) == 1_000_000
    assert archive[999_999].ended_at < clock.now  # type: ignore[operator]
    some = [archive[position] for position in range(500_000, 500_100)]
    starts = [recording.started_at for recording in some]
    assert starts == sorted(starts)
    assert archive.positions(starts[0], starts[-1]) == range(500_000, 500_099)
    found = archive.find(some[3].number)
    assert found is not None
    assert found.started_at == starts[3]

    def is_incoming(call: Call) -> bool:
        return call.direction == "incoming"

    assert archive.select(range(500_000, 500_100), is_incoming) == [
        recording.number for recording in some if is_incoming(recording.call)
    ]


@pytest.mark.parametrize(
    ("fault", "status", "content"),
    [
        (Fault("status", status=503, retry_after=7), 503, ""),
        (Fault("login_page"), 200, "<!DOCTYPE html>"),
        (Fault("invalid_json"), 200, '{"recordings": [{"id": '),
        (Fault("empty_body"), 200, ""),
        (Fault("empty_object"), 200, "{}"),
        (Fault("redirect", url="http://169.254.169.254/"), 302, ""),
        (Fault("delay", seconds=0.01), 200, "[{"),
        (Fault("wrong_content_type", content_type="text/plain"), 200, "[{"),
        (Fault("bare_object"), 200, '{"id"'),
        (Fault("bad_rows"), 200, "[null, {"),
        (Fault("body", body="hello", content_type="text/plain"), 200, "hello"),
        (Fault("huge_body", size=1_000_000), 200, '[{"row": "xxx'),
    ],
)
async def test_faults(
    imagicle: Client,
    office: Office,
    simulator: Simulator,
    fault: Fault,
    status: int,
    content: str,
) -> None:
    """Every fault does what its name says, until it is cleared."""
    office.start_recording(office.connect("101"))
    simulator.imagicle.faults.add(fault)
    answer = await imagicle.ask("GET", LIVE)
    assert answer.status == status
    assert answer.body.decode().startswith(content)
    simulator.imagicle.faults.clear()
    assert (await imagicle.ask("GET", LIVE)).json[0]["isPaused"] is False


@pytest.mark.parametrize(
    ("kind", "started"), [("drop", 0), ("drop_after", 1), ("half_body", 1)]
)
async def test_lost_answers(
    imagicle: Client,
    office: Office,
    simulator: Simulator,
    kind: FaultKind,
    started: int,
) -> None:
    """A start whose answer is lost may have taken effect."""
    office.connect("101")
    simulator.imagicle.faults.add(Fault(kind, times=1, method="POST", path=LIVE))
    with pytest.raises(ClientError):
        await imagicle.ask("POST", LIVE, json={"directoryNumber": "101"})
    assert len((await imagicle.ask("GET", LIVE)).json) == started
    assert [request.method for request in simulator.imagicle.requests] == [
        "POST",
        "GET",
    ]


async def test_hanging(imagicle: Client, office: Office, simulator: Simulator) -> None:
    """A request that hangs is served when released, also without its client; a stop cuts it."""
    server = simulator.imagicle
    office.connect("101")

    async def hang(method: str, **kwargs: Any) -> asyncio.Task[Answer]:
        """Send a request, and return when the server has it."""
        server.faults.add(Fault("hang", times=1))
        server.requests.clear()
        request = asyncio.create_task(imagicle.ask(method, LIVE, **kwargs))
        while not server.requests:
            await asyncio.sleep(0)
        return request

    abandoned = await hang("POST", json={"directoryNumber": "101"})
    abandoned.cancel()
    with pytest.raises(asyncio.CancelledError):
        await abandoned
    assert not office.recordings
    server.faults.release()
    assert len((await imagicle.ask("GET", LIVE)).json) == 1

    cut = await hang("GET")
    await server.stop()
    with pytest.raises(ClientError):
        await cut


async def test_media_faults_and_ranges(
    bandwidth: Client, clock: Clock, session: ClientSession
) -> None:
    """Audio breaks off, has a wrong content type, and comes in parts."""
    async with Simulator(
        Office(clock=clock, archive_size=1), only=("bandwidth",)
    ) as simulator:
        server = simulator.bandwidth
        bandwidth.url = server.url + server.root
        [row] = (await bandwidth.ask("GET", "/recordings")).json
        media = row["media"]
        whole = await bandwidth.ask("GET", media, root="")
        assert whole.headers["Content-Type"] == "audio/wav"
        for asked, status, size in (
            ("bytes=10-19", 206, 10),
            ("bytes=-5", 206, 5),
            ("bytes=0-", 206, len(whole.body)),
            ("bytes=99999999-", 416, 0),
            ("nonsense", 200, len(whole.body)),
        ):
            part = await bandwidth.ask("GET", media, root="", headers={"Range": asked})
            assert (part.status, len(part.body)) == (status, size)
        server.faults.add(Fault("wrong_content_type", times=1, path="/media"))
        labelled = await bandwidth.ask("GET", media, root="")
        assert labelled.headers["Content-Type"] == "text/html"
        server.faults.add(Fault("half_body", times=1, path="/media"))
        with pytest.raises(ClientError):
            await bandwidth.ask("GET", media, root="")


async def test_outage_and_date(
    imagicle: Client, clock: Clock, simulator: Simulator
) -> None:
    """A recorder stops and comes back at the same address; its Date is the office's."""
    url = simulator.imagicle.url
    await simulator.imagicle.stop()
    with pytest.raises(ClientError):
        await imagicle.ask("GET", LIVE)
    await simulator.imagicle.start()
    assert simulator.imagicle.url == url
    assert (await imagicle.ask("GET", LIVE)).headers[
        "Date"
    ] == "Mon, 02 Jul 2018 13:07:00 GMT"
    simulator.imagicle.sends_date = False
    assert "Date" not in (await imagicle.ask("GET", LIVE)).headers


async def test_control(imagicle: Client, simulator: Simulator) -> None:
    """People and scripts see the office, start calls and add faults."""
    root = f"{simulator.imagicle.url}/_simulator"
    call = await imagicle.ask(
        "POST", "/calls", root=root, json={"line": "101", "recorded": True}
    )
    assert call.status == 201
    truth = (await imagicle.ask("GET", "/office", root=root)).json
    assert [row["line"] for row in truth["recordings"]] == ["101"]
    path = f"/calls/{call.json['id']}/hang_up"
    assert (await imagicle.ask("POST", path, root=root)).json["ended"]
    assert (await imagicle.ask("POST", path, root=root)).status == 404
    fault = {"kind": "status", "status": 500, "times": 1}
    assert (await imagicle.ask("POST", "/faults", root=root, json=fault)).status == 201
    assert (await imagicle.ask("GET", LIVE)).status == 500
    nonsense = await imagicle.ask("POST", "/faults", root=root, json={"kind": "flood"})
    assert nonsense.status == 400
    assert (await imagicle.ask("DELETE", "/faults", root=root)).json == {"faults": 0}
    assert [request.path for request in simulator.imagicle.requests] == [
        f"{simulator.imagicle.root}{LIVE}"
    ]


async def test_tls(office: Office, session: ClientSession) -> None:
    """With TLS the certificate is self-signed."""
    async with Simulator(office, tls=True, only=("imagicle",)) as simulator:
        client = Client(session, simulator.imagicle.url + simulator.imagicle.root)
        assert client.url.startswith("https://")
        assert (await client.ask("GET", LIVE, ssl=False)).status == 401
